package polling

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

const (
	// batchAhead is how much earlier than due a listing may be read to share a call.
	batchAhead = 2 * time.Minute
	// gatherAtOnce bounds how many due states are looked at to fill batches.
	gatherAtOnce = 500
	// batchReach is how far behind a listing's last poll a batch looks; a review that
	// comes with an older date is found by the listing's own list.
	batchReach = 48 * time.Hour
	// maxBatchReviews bounds what is held of a batch; news are few, and what is more
	// is no batch's business.
	maxBatchReviews = 2000
)

// gather makes units of claimed states that are read together, and claims more that fit
// in. Every unit takes one hand.
func (s *Scraper) gather(ctx context.Context, adapter string, states []collections.PollState) [][]collections.PollState {
	batcher, ok := s.cfg.Sites[adapter].(sites.Batcher)
	most := 1
	if ok {
		most = batcher.MaxBatch()
	}
	var units [][]collections.PollState
	open := map[string]int{} // the unit with room, by key
	for _, state := range states {
		key := s.batchKey(batcher, state)
		if at, found := open[key]; key != "" && found && len(units[at]) < most {
			units[at] = append(units[at], state)
			continue
		}
		units = append(units, []collections.PollState{state})
		if key != "" {
			open[key] = len(units) - 1
		}
	}
	if len(open) > 0 && most > 1 {
		// A failure leaves the batches smaller, no more.
		if err := s.fill(ctx, adapter, batcher, units, open, most); err != nil && ctx.Err() == nil {
			s.logger.WarnContext(ctx, "filling batches failed", "adapter", adapter, "error", err.Error())
		}
	}
	return units
}

// batchKey is the same for states whose listings one call can read; empty for one that
// must be read by its own list now. Listings of two organizations never share one.
func (s *Scraper) batchKey(batcher sites.Batcher, state collections.PollState) string {
	if batcher == nil || !s.cfg.Policy.Plan(state, s.now()).Batch {
		return ""
	}
	secret, err := s.secret(collections.Listing{Base: state.Base, Credential: state.Credential})
	if err != nil {
		return ""
	}
	key := batcher.BatchKey(sites.Listing{
		ID: state.ID, OrgID: state.OrgID, Site: state.Site, Adapter: state.Adapter, Ref: state.Ref, Secret: secret,
	})
	if key == "" {
		return ""
	}
	return state.OrgID + "/" + key + "/" + secret
}

func (s *Scraper) fill(ctx context.Context, adapter string, batcher sites.Batcher, units [][]collections.PollState, open map[string]int, most int) error {
	now := s.now()
	due, err := s.cfg.Store.Due(ctx, adapter, now.Add(batchAhead), gatherAtOnce)
	if err != nil {
		return fmt.Errorf("read what is due soon: %w", err)
	}
	for _, state := range due {
		key := s.batchKey(batcher, state)
		at, found := open[key]
		if key == "" || !found || len(units[at]) >= most || !idle(state, now) {
			continue
		}
		claimed, err := s.cfg.Store.UpdateState(ctx, state.OrgID, state.ID, func(doc *collections.PollState) error {
			if !idle(*doc, now) || doc.DueAt.After(now.Add(batchAhead)) {
				return errLeaseLost
			}
			s.lease(doc)
			return nil
		})
		switch {
		case err == nil:
			units[at] = append(units[at], claimed)
		case errors.Is(err, errLeaseLost) || errors.Is(err, docstore.ErrNotFound): // somebody was faster
		default:
			return fmt.Errorf("claim a listing for a batch: %w", err)
		}
	}
	return nil
}

func keyOf(state collections.PollState) docstore.Key {
	return docstore.Key{Org: state.OrgID, ID: state.ID}
}

// listingsOf reads the listings of claimed states at once. What it does not get is read
// by the polls themselves.
func (s *Scraper) listingsOf(ctx context.Context, units [][]collections.PollState) map[docstore.Key]*collections.Listing {
	var keys []docstore.Key
	for _, unit := range units {
		for _, state := range unit {
			keys = append(keys, keyOf(state))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	listings, err := s.cfg.Store.ListingsOf(ctx, keys)
	if err != nil {
		return nil
	}
	out := make(map[docstore.Key]*collections.Listing, len(listings))
	for i, l := range listings {
		out[docstore.Key{Org: l.OrgID, ID: l.ID}] = &listings[i]
	}
	return out
}

// idle reports whether nobody reads a listing and its site does not want it left alone.
func idle(state collections.PollState, now time.Time) bool {
	return !state.LeaseUntil.After(now) && !state.NotBefore.After(now)
}

// pollAll reads leased listings, together where there are several. listings are those
// that were read since, by key.
func (s *Scraper) pollAll(ctx context.Context, states []collections.PollState, listings map[docstore.Key]*collections.Listing) {
	if len(states) == 1 {
		s.poll(ctx, states[0], listings[keyOf(states[0])])
		return
	}
	ctx, span := s.tracer.Start(ctx, "poll together", trace.WithAttributes(
		attribute.Int("bedside.listings", len(states)), attribute.String("bedside.adapter", states[0].Adapter)))
	defer span.End()
	var groups []*batch
	bySecret := map[string]*batch{}
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, state := range states {
		r := s.newRun(state)
		r.listed = listings[keyOf(state)]
		err := r.prepare(ctx)
		if err != nil || !r.plan.Batch {
			wg.Go(func() {
				s.report(ctx, span, r, func(ctx context.Context) (string, error) {
					return r.supervised(ctx, func(ctx context.Context) error {
						if err != nil || r.plan.StartedAt.IsZero() {
							return err
						}
						return r.list(ctx)
					})
				})
			})
			continue
		}
		group := bySecret[r.target.Secret]
		if group == nil {
			group = &batch{Scraper: s, ready: make(chan struct{}), alone: make(chan struct{}, 1), news: map[string][]sites.Review{}, unsure: map[string]bool{}}
			bySecret[r.target.Secret] = group
			groups = append(groups, group)
		}
		group.runs = append(group.runs, r)
	}
	for _, group := range groups {
		for _, r := range group.runs {
			wg.Go(func() {
				s.report(ctx, span, r, func(ctx context.Context) (string, error) {
					return r.supervised(ctx, func(ctx context.Context) error { return group.conclude(ctx, r) })
				})
			})
		}
		group.fetch(ctx)
	}
}

// batch is several polls that share the reading.
type batch struct {
	*Scraper
	runs []*run

	// What follows is written before ready is closed and read afterwards.
	ready  chan struct{}
	news   map[string][]sites.Review // by listing
	unsure map[string]bool           // listings whose page may lack reviews
	at     time.Time
	failed error

	alone chan struct{} // holds one token: one after another where the batch failed
}

// fetch reads what is new of all listings and wakes their polls.
func (b *batch) fetch(ctx context.Context) {
	defer close(b.ready)
	outcome := outcomeOK
	if len(b.runs) < 2 {
		b.failed = errAlone
		return
	}
	if b.failed = b.pages(ctx); b.failed != nil {
		outcome = string(problem.KindOf(b.failed))
	}
	b.metrics.batches.WithLabelValues(b.runs[0].state.Adapter, outcome).Inc()
}

// errAlone makes listings be read by their own lists.
var errAlone = problem.New(problem.Invalid, "batch_not_used", "the listing is read by its own list")

func (b *batch) pages(ctx context.Context) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = siteError{problem.New(problem.Internal, "adapter_panic", "reading a batch failed inside the adapter: %v", v)}
		}
	}()
	first := b.runs[0]
	batcher, _ := first.site.(sites.Batcher)
	req := sites.BatchRequest{Since: b.since()}
	member := map[string]bool{}
	for _, r := range b.runs {
		req.Listings = append(req.Listings, r.target)
		member[r.target.ID] = true
	}
	tokens := map[string]bool{}
	for held := 0; ; {
		bound, cancel := context.WithTimeout(first.purse.opened(ctx), b.cfg.PageTimeout)
		page, err := batcher.FetchBatch(bound, req)
		cancel()
		if ctx.Err() == nil {
			if own := first.purse.heard(ctx, page.Budget, err); own != nil {
				return own
			}
		}
		if err != nil {
			return siteError{err}
		}
		if b.at.IsZero() {
			b.at = b.now()
		}
		for id, of := range page.ByListing {
			if !member[id] {
				continue // an answer about what was not asked for
			}
			held += len(of.Reviews)
			b.news[id] = append(b.news[id], of.Reviews...)
			b.unsure[id] = b.unsure[id] || len(of.Warnings) > 0
		}
		tokens[req.Page] = true
		switch {
		case page.Next == "":
			return nil
		case tokens[page.Next] || held > maxBatchReviews:
			return errAlone
		}
		req.Page = page.Next
	}
}

// since is where everything older is known of every listing.
func (b *batch) since() time.Time {
	var since time.Time
	for _, r := range b.runs {
		own := r.plan.Since
		if reach := r.state.LastOKAt.Add(-batchReach); reach.After(own) {
			own = reach
		}
		if since.IsZero() || own.Before(since) {
			since = own
		}
	}
	return since
}

// conclude is the part of one listing's poll that follows the shared reading.
func (b *batch) conclude(ctx context.Context, r *run) error {
	select {
	case <-b.ready:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if b.failed != nil && together(b.failed) {
		return b.failed
	}
	if b.failed != nil || b.unsure[r.target.ID] {
		select {
		case b.alone <- struct{}{}:
			defer func() { <-b.alone }()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		return r.list(ctx)
	}
	r.out.Batch = true
	// The page is at most as new as the first of its parts.
	if err := r.take(ctx, sites.Page{Reviews: b.news[r.target.ID]}, b.at); err != nil {
		return err
	}
	return r.conclude(ctx)
}

// together reports whether a failure is that of all listings of a batch: the site or we
// are not able now. Any other may be about one of them only.
func together(err error) bool {
	switch problem.KindOf(err) {
	case problem.RateLimited, problem.Unavailable:
		return true
	}
	return errors.Is(err, context.Canceled)
}
