// Package sitesim is a simulator of review sites for demonstrations and tests:
// it speaks Google's Business Profile API for six locations, where asked also the
// APIs of Yelp, Facebook, Trustpilot and Care Opinion with their quotas, and serves pages
// of two invented directories with schema.org markup, or a folder of saved pages.
// Its reviews, practices and people are invented.
//
// It promises to be like real sites in what matters to a scraper: ids are
// stable, pages can be asked for conditionally, reviews arrive, change and
// disappear, and everything that goes wrong with sites can be made to go wrong.
// With the same seed the same reviews arrive in the same order; with a state file
// a restart goes on where it was, as a real site does.
package sitesim

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Names of the sites that the simulator plays, as reviews carry them.
const (
	Google     = "google"
	CareFinder = "carefinder" // a directory with JSON-LD
	DocPages   = "docpages"   // a directory with microdata
	Saved      = "saved"      // the folder of saved pages
)

// Token is the access token that Google's API accepts by default.
const Token = "sitesim-token"

// Config of a Sim. The zero value serves the demo reviews unchanging.
type Config struct {
	// Seed decides which reviews are generated and in what order they arrive.
	Seed uint64
	// Arrivals is the time between new reviews once Start was called; zero none.
	Arrivals time.Duration
	// Epoch is the day that the ages of demo reviews count from. Default: the day
	// in the state file, otherwise the day of New.
	Epoch time.Time
	// Generate adds so many synthetic reviews, spread over the locations' Google
	// listings, for load tests.
	Generate int
	// Pages is a folder of saved .html pages, served below /pages/.
	Pages string
	// State is a file that keeps what changed since the first start. Empty: nothing
	// is kept.
	State string
	// Token that Google's API accepts. Default Token.
	Token string
	// Moderation is how long Google holds a published reply. Zero shows it at once.
	Moderation time.Duration
	// RejectWords are the words for which Google's moderation refuses a reply,
	// once Moderation has passed; case does not matter.
	RejectWords []string
	// PushURL gets Google's notifications of new and changed reviews, as Pub/Sub
	// pushes them, from Start on. Empty sends none.
	PushURL string
	// Sites are further sites to serve, of MoreSites; each has a listing for every
	// location. Arriving reviews are spread over them, too.
	Sites []string
	// PerListing is how many synthetic reviews each listing of Sites has from the beginning.
	PerListing int
	// Quotas of Sites.
	Quotas Quotas
	// Faults from the beginning.
	Faults Faults
	// BaseURL of the links and listings, for a Handler that is served by
	// somebody else; Start sets it.
	BaseURL string
	// Now is the clock. Default time.Now.
	Now func() time.Time
	// Logger gets one line for each start and failure; nil discards them.
	Logger *slog.Logger
}

// Validate returns all faults joined.
func (c Config) Validate() error {
	var faults []error
	if c.Arrivals < 0 || c.Moderation < 0 || c.Generate < 0 {
		faults = append(faults, errors.New("durations and counts must not be negative"))
	}
	if c.Generate > 2_000_000 {
		faults = append(faults, errors.New("generate: at most 2,000,000 reviews"))
	}
	if c.Pages != "" {
		if info, err := os.Stat(c.Pages); err != nil || !info.IsDir() {
			faults = append(faults, fmt.Errorf("pages: there is no folder %s", c.Pages))
		}
	}
	if u, err := url.Parse(c.PushURL); c.PushURL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		faults = append(faults, errors.New("push url: want an http or https address"))
	}
	for i, site := range c.Sites {
		if !slices.Contains(MoreSites(), site) || slices.Contains(c.Sites[:i], site) {
			faults = append(faults, fmt.Errorf("sites: want each of %s at most once, not %q", strings.Join(MoreSites(), ", "), site))
		}
	}
	if c.PerListing < 0 || c.PerListing > 100_000 {
		faults = append(faults, errors.New("reviews per listing: want 0 to 100,000"))
	}
	return errors.Join(append(faults, c.Faults.validate())...)
}

// ListingRef is one listing the simulator serves: what a scraper needs to poll
// it. Google listings want Sim.Token as their secret.
type ListingRef struct {
	Site        string
	Adapter     string // the scraper's adapter: google, directory or a further site's name
	Ref         string
	LocationKey string // one of Locations; empty for saved pages
}

// Sim is a simulator. It is safe for concurrent use.
type Sim struct {
	cfg    Config
	mux    *http.ServeMux
	world  *world
	faults *faultPlan
	meter  *meter
	quotas Quotas

	mu      sync.Mutex
	baseURL string
	done    chan struct{}
	err     error
}

// New makes a simulator of the demo's locations.
func New(cfg Config) (*Sim, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("site simulator: %w", err)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Token == "" {
		cfg.Token = Token
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	w, err := newWorld(cfg)
	if err != nil {
		return nil, fmt.Errorf("site simulator: %w", err)
	}
	s := &Sim{cfg: cfg, world: w, faults: newFaultPlan(cfg.Faults), meter: newMeter(), quotas: cfg.Quotas.withDefaults(), baseURL: strings.TrimSuffix(cfg.BaseURL, "/")}
	if cfg.PushURL != "" {
		w.pushes = make(chan push, maxWaitingPushes)
	}
	s.mux = s.routes()
	return s, nil
}

func (s *Sim) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("User-agent: *\nDisallow: /_sim/\nDisallow: /v4/\n"))
	})
	mux.HandleFunc("GET /{$}", s.serveIndex)
	google := s.withFaults(http.HandlerFunc(s.serveReviews))
	mux.Handle("GET /v4/accounts/{account}/locations/{location}/reviews", google)
	mux.Handle("POST /v4/accounts/{account}/{method}", s.withFaults(http.HandlerFunc(s.serveBatch)))
	mux.Handle("PUT /v4/accounts/{account}/locations/{location}/reviews/{review}/reply", s.withFaults(http.HandlerFunc(s.putReply)))
	mux.Handle("DELETE /v4/accounts/{account}/locations/{location}/reviews/{review}/reply", s.withFaults(http.HandlerFunc(s.deleteReply)))
	mux.Handle("GET /d/{site}/{location}", s.withFaults(http.HandlerFunc(s.servePage)))
	mux.Handle("GET /"+TownHealth+"/{location}", s.withFaults(http.HandlerFunc(s.servePlain)))
	if s.cfg.Pages != "" {
		mux.Handle("GET /pages/{file}", s.withFaults(http.HandlerFunc(s.serveSaved)))
	}
	s.moreRoutes(mux)
	s.controlRoutes(mux)
	return mux
}

// Handler serves the sites and, below /_sim/, the control of the simulator.
func (s *Sim) Handler() http.Handler { return s.mux }

// Token is the access token that the Google listings accept.
func (s *Sim) Token() string { return s.cfg.Token }

// URL is where the simulator is reached; empty before Start without BaseURL.
func (s *Sim) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.baseURL
}

// Start listens on addr (host:port, port 0 picks one), and serves until ctx
// ends. It returns when the address is bound; Wait waits for the end.
func (s *Sim) Start(ctx context.Context, addr string) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("start the site simulator: %w", err)
	}
	s.mu.Lock()
	if s.done != nil {
		s.mu.Unlock()
		_ = listener.Close()
		return errors.New("the site simulator was started already")
	}
	s.baseURL, s.done = "http://"+listener.Addr().String(), make(chan struct{})
	s.mu.Unlock()
	server := &http.Server{Handler: s.mux, ReadHeaderTimeout: 10 * time.Second}
	go s.serve(ctx, server, listener)
	return nil
}

// serve owns the server and the arrivals; Wait waits for it.
func (s *Sim) serve(ctx context.Context, server *http.Server, listener net.Listener) {
	defer close(s.done)
	var running sync.WaitGroup
	running.Go(func() { s.arrivals(ctx) })
	running.Go(func() { s.sendPushes(ctx) })
	running.Go(func() {
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if err := server.Shutdown(stop); err != nil {
			_ = server.Close() // slow bodies on purpose do not end by themselves
		}
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		s.mu.Lock()
		s.err = err
		s.mu.Unlock()
		s.cfg.Logger.ErrorContext(ctx, "site simulator stopped", "error", err)
	}
	running.Wait()
}

func (s *Sim) arrivals(ctx context.Context) {
	if s.cfg.Arrivals <= 0 {
		return
	}
	tick := time.NewTicker(s.cfg.Arrivals)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.Arrive(1); err != nil {
				s.cfg.Logger.ErrorContext(ctx, "state of the site simulator could not be kept", "error", err)
			}
		}
	}
}

// Wait returns when everything Start began has ended, with the error that ended
// it before its context did.
func (s *Sim) Wait() error {
	s.mu.Lock()
	done := s.done
	s.mu.Unlock()
	if done == nil {
		return nil
	}
	<-done
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Arrive lets the next n reviews arrive now.
func (s *Sim) Arrive(n int) error { return s.world.arrive(n) }

// Listings are the listings that are served, in a stable order. The refs of
// pages need URL, so this is for after Start.
func (s *Sim) Listings() []ListingRef {
	base := s.URL()
	var out []ListingRef
	for _, l := range locations {
		out = append(out, ListingRef{Site: Google, Adapter: "google", Ref: l.resource(), LocationKey: l.key})
	}
	for _, l := range locations {
		out = append(out, ListingRef{Site: l.directory, Adapter: "directory", Ref: base + "/d/" + l.directory + "/" + l.key, LocationKey: l.key})
	}
	out = append(out, s.moreListings()...)
	for _, file := range s.savedPages() {
		out = append(out, ListingRef{Site: Saved, Adapter: "directory", Ref: base + "/pages/" + file})
	}
	return out
}

func (s *Sim) savedPages() []string {
	if s.cfg.Pages == "" {
		return nil
	}
	entries, err := fs.ReadDir(os.DirFS(s.cfg.Pages), ".")
	if err != nil {
		return nil
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() && path.Ext(e.Name()) == ".html" {
			files = append(files, e.Name())
		}
	}
	slices.Sort(files)
	return files
}
