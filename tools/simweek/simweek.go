package simweek

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/services/scraper"
)

// Run simulates. It must be called in a bubble of testing/synctest. path is where the
// store is kept; logger gets the scrapers' lines.
func Run(ctx context.Context, cfg Config, path string, logger *slog.Logger) (*Report, error) {
	backend, err := connect.Open(ctx, "sqlite:"+path, logger)
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	defer func() { _ = backend.Close() }()
	docs, err := collections.Bind(ctx, backend)
	if err != nil {
		return nil, fmt.Errorf("bind the collections: %w", err)
	}
	start := time.Now()
	s := &simulation{cfg: cfg, world: newWorld(cfg, start), gate: newGate(cfg, start), docs: docs, backend: backend, logger: logger}
	s.breakLists()
	s.inbox = &inbox{world: s.world, docs: docs}
	for range cfg.Days {
		s.inbox.away = append(s.inbox.away, s.gate.window(cfg.span(), 10*time.Minute))
	}
	s.network = newNetwork()
	server := s.network.serve(s.gate.serve(&sites{world: s.world, gate: s.gate}))
	defer func() {
		_ = server.Close()
		rest(context.WithoutCancel(ctx), 2*time.Minute) // until the last handlers are through
	}()
	if err := s.watch(ctx); err != nil {
		return nil, err
	}
	if err := s.play(ctx); err != nil {
		return nil, err
	}
	return s.report(ctx)
}

// simulation is one run.
type simulation struct {
	cfg     Config
	world   *world
	gate    *gate
	inbox   *inbox
	docs    *collections.Store
	backend docstore.Backend
	network *network
	logger  *slog.Logger
	hinted  int
}

// breakLists lets lists fail half-way and pages show nothing for a while.
func (s *simulation) breakLists() {
	span := s.cfg.span()
	for i, l := range s.world.listings {
		switch i % 5 {
		case 0:
			l.broken = append(l.broken, window{s.world.start, s.world.start.Add(20 * time.Minute)}, s.gate.window(span, 40*time.Minute))
		case 1:
			l.empty = append(l.empty, s.gate.window(span, 40*time.Minute))
		}
	}
}

// watch makes the listings.
func (s *simulation) watch(ctx context.Context) error {
	for _, l := range s.world.listings {
		doc := collections.Listing{
			Base: docstore.Base{ID: l.id, OrgID: l.org}, LocationID: l.location, Site: string(l.kind), Adapter: string(l.kind),
			Ref: l.ref, Credential: l.credential, Enabled: true, CreatedAt: s.world.start,
		}
		if _, err := s.docs.Listings.InsertIfAbsent(ctx, docstore.Org(l.org), &doc); err != nil {
			return fmt.Errorf("make a listing: %w", err)
		}
	}
	return nil
}

// play runs two scrapers, one of which is stopped and started again and again while
// things happen.
func (s *simulation) play(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var running sync.WaitGroup
	failed := make(chan error, 64)
	running.Go(func() { failed <- s.scrape(ctx, "one") })
	running.Go(func() {
		for ctx.Err() == nil {
			until := time.Now().Add(2*time.Hour + 17*time.Minute)
			if until.After(s.world.end) {
				until = s.world.end.Add(s.cfg.settle())
			}
			part, end := context.WithDeadline(ctx, until)
			if err := s.scrape(part, "two"); err != nil {
				failed <- err
			}
			<-part.Done()
			end()
			rest(ctx, 3*time.Hour)
		}
	})
	for _, e := range s.world.events {
		rest(ctx, time.Until(e.at))
		s.world.mu.Lock()
		before := s.world.number
		e.do(time.Now())
		arrived := s.world.number > before
		s.world.mu.Unlock()
		if arrived {
			if err := s.notify(ctx); err != nil {
				return err
			}
		}
	}
	rest(ctx, time.Until(s.world.end.Add(s.cfg.settle())))
	stop()
	running.Wait()
	close(failed)
	var all error
	for err := range failed {
		all = errors.Join(all, err)
	}
	return all
}

// rest lets time pass, unless ctx ends.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// notify is Google's push for some of the reviews that arrive: the last one is the news.
func (s *simulation) notify(ctx context.Context) error {
	for _, l := range s.world.listings {
		if l.kind != google || len(l.reviews) == 0 || !l.reviews[len(l.reviews)-1].arrived.Equal(time.Now()) {
			continue
		}
		if s.hinted++; s.hinted%3 == 0 {
			continue // some notifications are lost
		}
		_, err := s.docs.PollHints.Upsert(ctx, docstore.Org(l.org), l.id, func(h *collections.PollHint, _ bool) error {
			h.Adapter, h.At, h.Reason = string(google), time.Now(), "push"
			return nil
		})
		if err != nil {
			return fmt.Errorf("give a hint: %w", err)
		}
	}
	return nil
}

// scrape runs one scraper until ctx ends.
func (s *simulation) scrape(ctx context.Context, instance string) error {
	secrets := map[string]string{}
	for _, l := range s.world.listings {
		if l.credential != "" {
			secrets[l.credential] = l.credential
		}
	}
	credentials, err := json.Marshal(secrets)
	if err != nil {
		return fmt.Errorf("write the credentials: %w", err)
	}
	cfg := scraper.DefaultConfig()
	cfg.Adapters = nil
	for _, share := range shares {
		cfg.Adapters = append(cfg.Adapters, string(share.kind))
	}
	cfg.FullEvery, cfg.Tick, cfg.ConfirmAfter, cfg.ConfirmEvery = s.cfg.FullEvery, time.Minute, 10*time.Minute, 5*time.Minute
	cfg.RequestsPerSecond, cfg.Burst, cfg.Contact = perSecond, burst, "https://practice.example/contact"
	cfg.GoogleURL, cfg.YelpURL, cfg.FacebookURL = "http://google.sim", "http://yelp.sim", "http://facebook.sim"
	cfg.TrustpilotURL, cfg.CareOpinionURL = "http://trustpilot.sim", "http://careopinion.sim"
	cfg.Credentials, cfg.Instance, cfg.AdminListen = config.Secret(credentials), instance, ""
	cfg.Chance = chances(s.cfg.Seed, instance)
	cfg.Backend, cfg.Bus, cfg.Dial, cfg.Logger = s.backend, s.inbox, s.network.dial, s.logger
	if err := scraper.Run(ctx, cfg); err != nil {
		return fmt.Errorf("scraper %s: %w", instance, err)
	}
	return nil
}

// chances are the random numbers of one scraper.
func chances(seed uint64, instance string) func() float64 {
	var mu sync.Mutex
	numbers := rand.New(rand.NewPCG(seed, hash(instance)))
	return func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return numbers.Float64()
	}
}

// Report is how a simulation went. It went well if Faults is empty.
type Report struct {
	Listings, Reviews, Edits, Removals, Replies int
	Requests                                    map[string]int
	Answers                                     map[string]int
	Events, Repeated                            int
	Health                                      map[string]int
	News, Gone                                  string // how long news and removals took
	Faults                                      []string
}

// report compares the inbox with the sites.
func (s *simulation) report(ctx context.Context) (*Report, error) {
	out := &Report{
		Listings: len(s.world.listings), Requests: s.gate.requests, Answers: s.gate.answers, Events: s.inbox.events,
		Health: map[string]int{}, News: s.inbox.news.String(), Gone: s.inbox.removals.String(), Faults: append(s.gate.violations, s.inbox.strange...),
	}
	for _, l := range s.world.listings {
		if err := s.compare(ctx, l, out); err != nil {
			return nil, err
		}
		state, err := s.docs.PollStates.Get(ctx, docstore.Org(l.org), l.id)
		if err != nil {
			return nil, fmt.Errorf("read a poll state: %w", err)
		}
		out.Health[string(state.Health)]++
		if want := collections.HealthNotAuthorised; l.closed && state.Health != want {
			out.Faults = append(out.Faults, fmt.Sprintf("%s is %s and not %s", l.id, state.Health, want))
		}
	}
	return out, nil
}

// compare checks one listing.
func (s *simulation) compare(ctx context.Context, l *listing, out *Report) error {
	have, err := s.inbox.all(ctx, l)
	if err != nil {
		return err
	}
	fault := func(r *review, format string, args ...any) {
		if len(out.Faults) < 200 {
			out.Faults = append(out.Faults, l.id+" "+r.id+": "+fmt.Sprintf(format, args...))
		}
	}
	known := 0
	for _, r := range l.reviews {
		doc, found := have[r.id]
		if l.closed {
			if found {
				fault(r, "read in spite of robots.txt")
			}
			continue
		}
		if !found {
			fault(r, "is lost; arrived %s after the start", r.arrived.Sub(s.world.start))
			continue
		}
		known++
		out.Reviews++
		out.Edits += r.version - 1
		if r.removed {
			out.Removals++
		}
		if r.reply != "" {
			out.Replies++
		}
		for _, times := range r.told {
			out.Repeated += times - 1
		}
		s.compareReview(r, doc, fault)
	}
	if known != len(have) {
		out.Faults = append(out.Faults, fmt.Sprintf("%s: the inbox has %d reviews, of the site are %d", l.id, len(have), known))
	}
	return nil
}

func (s *simulation) compareReview(r *review, doc collections.Review, fault func(*review, string, ...any)) {
	if doc.Text != r.text || doc.Author != r.author || doc.Title != r.title {
		fault(r, "has the text %q and not %q (by %q, title %q)", doc.Text, r.text, doc.Author, doc.Title)
	}
	if doc.Version != r.version {
		fault(r, "has version %d and not %d", doc.Version, r.version)
	}
	if doc.Removed != r.removed {
		fault(r, "removed is %t and not %t; it last changed %s after the start", doc.Removed, r.removed, r.settled.Sub(s.world.start))
	}
	if !doc.PostedAt.Equal(r.posted) {
		fault(r, "was posted at %s and not at %s", doc.PostedAt, r.posted)
	}
	if doc.FirstSeenAt.Before(r.arrived) {
		fault(r, "was first seen before it arrived")
	}
	reply, state := "", ""
	if doc.SourceReply != nil {
		reply, state = doc.SourceReply.Text, string(doc.SourceReply.State)
	}
	if reply != r.reply {
		fault(r, "has the reply %q and not %q", reply, r.reply)
	}
	if (r.state == "REJECTED") != (state == "rejected") {
		fault(r, "has a reply of state %q and not %q", state, r.state)
	}
}
