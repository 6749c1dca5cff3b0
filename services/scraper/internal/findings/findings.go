// Package findings compares what sites show about the practices with the locations' own
// records and keeps the differences as findings: opened when they are first met, resolved
// by themselves when the site or the record was put right.
//
// It promises: one finding at a time for a listing and field, with the time since when;
// nothing is resolved on the ground of documents that could not be read; a crash or a second
// scraper repeats work and changes nothing; an organization's documents are compared with
// its own alone.
package findings

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bedside-health/bedside/libs/collections"
)

// Store is what comparing reads and keeps; package store documents each method.
type Store interface {
	Organizations(ctx context.Context, cursor string) ([]collections.Organization, string, error)
	Locations(ctx context.Context, org, cursor string) ([]collections.Location, string, error)
	Watched(ctx context.Context, org, cursor string) ([]collections.Listing, string, error)
	AllFacts(ctx context.Context, org, cursor string) ([]collections.ListingFact, string, error)
	OpenFindings(ctx context.Context, org, cursor string) ([]collections.Finding, string, error)
	PutFinding(ctx context.Context, org, id string, change func(f *collections.Finding, exists bool) bool) error
	TakeDuty(ctx context.Context, name, holder string, now, until time.Time) (bool, error)
	LeaveDuty(ctx context.Context, name, holder string) error
}

// Config is what a Comparer needs. Store and Holder are required.
type Config struct {
	Store Store
	// Holder names this process among those that could do the same.
	Holder string
	// Every is the least time between two comparisons of everything. Comparing takes at
	// most a twentieth of the time, however much there is.
	Every time.Duration

	Now        func() time.Time // nil is time.Now
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Comparer compares whenever no other process does.
type Comparer struct {
	cfg    Config
	logger *slog.Logger
	now    func() time.Time
	open   *prometheus.GaugeVec
}

const (
	duty = "findings"
	// share bounds the part of the time that comparing takes.
	share = 20
	// lastWords bounds what is written after the context has ended.
	lastWords = 10 * time.Second
)

// New makes a Comparer.
func New(cfg Config) (*Comparer, error) {
	if cfg.Store == nil || cfg.Holder == "" || cfg.Every <= 0 {
		return nil, errors.New("findings configuration: a store, a holder and a time between comparisons are required")
	}
	c := &Comparer{
		cfg: cfg, logger: cfg.Logger, now: cfg.Now,
		open: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "bedside_listing_findings",
			Help: "Open differences between what sites show and the locations' own records, told by the scraper that compares.",
		}, []string{"site", "field"}),
	}
	if c.logger == nil {
		c.logger = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = time.Now
	}
	if cfg.Registerer != nil {
		if err := cfg.Registerer.Register(c.open); err != nil {
			return nil, fmt.Errorf("register the metrics of findings: %w", err)
		}
	}
	return c, nil
}

// Run compares until ctx ends.
func (c *Comparer) Run(ctx context.Context) {
	defer func() {
		bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
		defer cancel()
		_ = c.cfg.Store.LeaveDuty(bound, duty, c.cfg.Holder) // it passes on by itself, only later
	}()
	for {
		began := c.now()
		if err := c.once(ctx); err != nil && ctx.Err() == nil {
			c.logger.WarnContext(ctx, "comparing listings failed; it is tried again", "error", err.Error())
		}
		timer := time.NewTimer(max(c.cfg.Every, share*c.now().Sub(began)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// once compares everything if no other process does.
func (c *Comparer) once(ctx context.Context) error {
	counts := map[[2]string]int{}
	var failed error // the first organization that could not be compared; the others still are
	err := pages(func(cursor string) (string, error) {
		if err := c.keepDuty(ctx); err != nil {
			return "", err
		}
		organizations, next, err := c.cfg.Store.Organizations(ctx, cursor)
		if err != nil {
			return "", fmt.Errorf("read the organizations: %w", err)
		}
		for _, o := range organizations {
			if err := c.keepDuty(ctx); err != nil {
				return "", err
			}
			if err := c.compare(ctx, o.ID, counts); err != nil && failed == nil {
				failed = fmt.Errorf("compare the listings of organization %s: %w", o.ID, err)
			}
			if ctx.Err() != nil {
				return "", fmt.Errorf("compare the listings of all organizations: %w", ctx.Err())
			}
		}
		return next, nil
	})
	c.open.Reset()
	if errors.Is(err, errOthers) {
		return nil
	}
	if err = cmp.Or(err, failed); err != nil {
		return err
	}
	for key, n := range counts {
		c.open.WithLabelValues(key[0], key[1]).Set(float64(n))
	}
	return nil
}

// errOthers says that another scraper has the duty of comparing.
var errOthers = errors.New("another scraper compares")

func (c *Comparer) keepDuty(ctx context.Context) error {
	now := c.now()
	mine, err := c.cfg.Store.TakeDuty(ctx, duty, c.cfg.Holder, now, now.Add(max(time.Minute, 3*c.cfg.Every)))
	if err != nil {
		return fmt.Errorf("take the duty of comparing: %w", err)
	}
	if !mine {
		return errOthers
	}
	return nil
}

// pages calls read with the cursor of each page until there is none.
func pages(read func(cursor string) (next string, err error)) error {
	for cursor := ""; ; {
		next, err := read(cursor)
		if err != nil || next == "" {
			return err
		}
		cursor = next
	}
}
