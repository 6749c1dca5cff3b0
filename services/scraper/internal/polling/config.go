package polling

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/scraper/schedule"
)

// Config is what a Scraper needs. Store, Bus and Sites are required.
type Config struct {
	Store Store
	Bus   Bus
	// Sites are the adapters whose listings are polled, by name.
	Sites map[string]sites.Site
	// Once names adapters whose listings are read once to their end.
	Once []string
	// Secret resolves the credential a listing of an organization names; nil
	// knows none.
	Secret func(org, name string) (string, error)
	Policy schedule.Policy

	// Instance names this scraper where that name is its own for certain: leases of an
	// earlier process of the same name are then taken over at once. Empty picks
	// a name nobody had before.
	Instance string
	// Lease is how long a listing stays with a scraper that went silent.
	Lease time.Duration
	// Tick is how often new and due listings are looked for.
	Tick time.Duration
	// Concurrency is how many listings of each adapter are read at once.
	Concurrency int
	// PageTimeout bounds the reading of one page.
	PageTimeout time.Duration
	// ConfirmAfter is how long an observation may take to reach the inbox before it is
	// looked for there; ConfirmEvery is how often.
	ConfirmAfter time.Duration
	ConfirmEvery time.Duration

	Now            func() time.Time // nil is time.Now
	Chance         func() float64   // nil is rand.Float64
	Logger         *slog.Logger
	Registerer     prometheus.Registerer
	TracerProvider trace.TracerProvider
}

// Validate returns all faults joined.
func (c Config) Validate() error {
	var faults []error
	if c.Store == nil || c.Bus == nil || len(c.Sites) == 0 {
		faults = append(faults, errors.New("a store, a bus and at least one site are required"))
	}
	for name, site := range c.Sites {
		if site == nil || site.Adapter() != name {
			faults = append(faults, fmt.Errorf("site %q is not the adapter of that name", name))
		}
	}
	for name, d := range map[string]time.Duration{
		"lease": c.Lease, "tick": c.Tick, "page timeout": c.PageTimeout, "confirm after": c.ConfirmAfter, "confirm every": c.ConfirmEvery,
	} {
		if d <= 0 {
			faults = append(faults, fmt.Errorf("%s: must be more than zero", name))
		}
	}
	if c.Concurrency < 1 {
		faults = append(faults, errors.New("concurrency: must be at least 1"))
	}
	if strings.Contains(c.Instance, "/") {
		faults = append(faults, errors.New("instance: must not contain a slash"))
	}
	return errors.Join(append(faults, c.Policy.Validate())...)
}

// Scraper polls listings. It is made by New and works in Run.
type Scraper struct {
	cfg      Config
	holder   string // of leases: instance and this process's own part
	adapters []string
	logger   *slog.Logger
	tracer   trace.Tracer
	metrics  *metrics
	now      func() time.Time
	chance   func() float64
	known    map[string]*roster // by adapter; used by the reconciling goroutine alone
	pulse    pulse
	claims   atomic.Uint64
	endings  *endings
	shared   sync.Map // map[string]int by adapter: how many listings share each budget
}

// New makes a Scraper.
func New(cfg Config) (*Scraper, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("polling configuration: %w", err)
	}
	own, err := uuid.NewRandom()
	if err != nil {
		return nil, fmt.Errorf("name this scraper: %w", err)
	}
	s := &Scraper{
		cfg:      cfg,
		holder:   cfg.Instance + "/" + own.String(),
		adapters: slices.Sorted(maps.Keys(cfg.Sites)),
		logger:   cfg.Logger,
		metrics:  newMetrics(cfg.Registerer),
		now:      cfg.Now,
		chance:   cfg.Chance,
		known:    map[string]*roster{},
		endings:  &endings{store: cfg.Store},
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.chance == nil {
		s.chance = rand.Float64
	}
	provider := cfg.TracerProvider
	if provider == nil {
		provider = noop.NewTracerProvider()
	}
	s.tracer = provider.Tracer("github.com/bedside-health/bedside/services/scraper")
	for _, adapter := range s.adapters {
		s.known[adapter] = newRoster()
	}
	return s, nil
}
