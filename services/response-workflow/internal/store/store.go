// Package store keeps reviews and their cases in the document store. It is the
// only writer of reviews and case_events.
//
// It promises: an observation has the effect that package casework says, once,
// however often it is delivered; a change of a review and the events that tell of
// it are one write, and whatever is interrupted after it is made good by Sweep;
// every operation is confined to one organization.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/replycheck"
	"github.com/bedside-health/bedside/libs/replycheck/practice"
	"github.com/bedside-health/bedside/libs/routing"
)

// Announcer tells others that reviews changed. It returns after all changes are
// told, or an error after which any of them may have been.
type Announcer interface {
	Announce(ctx context.Context, changes []events.ReviewChanged) error
}

// Teller makes notifications of case events. It is told again what it was told before if a process
// was interrupted, and makes nothing twice of it.
type Teller interface {
	Tell(ctx context.Context, org string, docs []collections.Review) error
}

// Publisher says how a review is answered.
type Publisher interface {
	Way(ctx context.Context, doc collections.Review) (byHand bool, url string, err error)
}

// Checker reads one reply.
type Checker interface {
	Check(in replycheck.Input) replycheck.Report
}

// Config configures Cases.
type Config struct {
	Backend   docstore.Backend
	Announcer Announcer
	// Teller hears of every case event before it leaves the outbox, perhaps more than once; nil
	// means that nobody is told.
	Teller Teller
	// Publisher says how a review is answered; nil means by hand.
	Publisher Publisher
	// Checker reads every reply before it is approved or published.
	Checker Checker
	// UndoFor is how long a published reply waits before it leaves.
	UndoFor time.Duration
	// Plan is that of organizations that have none of their own.
	Plan   routing.Plan
	Logger *slog.Logger
	// Registerer gets the metrics; nil means none.
	Registerer prometheus.Registerer
	// Parallel bounds the store operations of one batch at a time.
	Parallel int
	// RosterAge is how long people, locations and loads are remembered.
	RosterAge time.Duration
	// AnnounceWait bounds how long a command waits for its change to be told; it is
	// done by then, and Sweep tells it later.
	AnnounceWait time.Duration
	// Clock is the time; nil means time.Now.
	Clock func() time.Time
}

// Validate returns all faults joined.
func (c Config) Validate() error {
	var faults []error
	if c.Backend == nil {
		faults = append(faults, errors.New("a backend is required"))
	}
	if c.Announcer == nil {
		faults = append(faults, errors.New("an announcer is required"))
	}
	if c.Logger == nil {
		faults = append(faults, errors.New("a logger is required"))
	}
	if c.Parallel < 1 || c.Parallel > 1024 {
		faults = append(faults, errors.New("parallel must be between 1 and 1024"))
	}
	if c.RosterAge <= 0 || c.AnnounceWait <= 0 {
		faults = append(faults, errors.New("roster age and announce wait must be positive"))
	}
	if c.Checker == nil {
		faults = append(faults, errors.New("a checker of replies is required"))
	}
	return errors.Join(faults...)
}

// Cases is all reviews with their cases. It is safe for concurrent use.
type Cases struct {
	cfg     Config
	reviews *docstore.Collection[collections.Review]
	history *docstore.Collection[collections.CaseEvent]
	people  *docstore.Collection[collections.Person]
	checks  practice.Store
	roster  *roster
	metrics metrics
	// waking and placing are where the walks of Wake and Place stand; full are the locations where
	// nobody had room on the present walk of Place, which holds it.
	waking, placing rounds
	full            map[string]bool
}

// New binds the collections.
func New(ctx context.Context, cfg Config) (*Cases, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure the store of cases: %w", err)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	c := &Cases{cfg: cfg, metrics: newMetrics(cfg.Registerer), full: map[string]bool{}}
	var locations *docstore.Collection[collections.Location]
	var organizations *docstore.Collection[collections.Organization]
	var plans *docstore.Collection[collections.RoutingPlan]
	var err error
	for _, bind := range []func() error{
		func() error { c.reviews, err = docstore.Bind(ctx, cfg.Backend, collections.Reviews()); return err },
		func() error { c.history, err = docstore.Bind(ctx, cfg.Backend, collections.CaseEvents()); return err },
		func() error { c.people, err = docstore.Bind(ctx, cfg.Backend, collections.People()); return err },
		func() error { locations, err = docstore.Bind(ctx, cfg.Backend, collections.Locations()); return err },
		func() error {
			organizations, err = docstore.Bind(ctx, cfg.Backend, collections.Organizations())
			return err
		},
		func() error { plans, err = docstore.Bind(ctx, cfg.Backend, collections.Routing()); return err },
	} {
		if err := bind(); err != nil {
			return nil, fmt.Errorf("open the collections of cases: %w", err)
		}
	}
	c.checks = practice.Store{Organizations: organizations, Locations: locations, People: c.people, Reviews: c.reviews}
	c.roster = newRoster(rosterConfig{
		people: c.people, locations: locations, reviews: c.reviews, plans: plans, initial: cfg.Plan,
		age: cfg.RosterAge, clock: cfg.Clock, logger: cfg.Logger,
	})
	return c, nil
}
