package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// CounterConfig configures a Counter.
type CounterConfig struct {
	// Count counts in the store.
	Count func(ctx context.Context, org string, f Filter) (Counts, error)
	// Keep is how long counts are given again to who asks the same. Counts of
	// an organization that Forget was told of are not.
	Keep time.Duration
	// Remember bounds the different questions that are kept for one organization.
	Remember int
	// Patience bounds one count in the store.
	Patience time.Duration
	Now      func() time.Time
}

// Counter counts reviews once for everybody who asks the same at about the same
// time: each change of a review makes every open inbox ask again at once. It is
// safe for concurrent use.
type Counter struct {
	cfg     CounterConfig
	flights singleflight.Group
	mu      sync.Mutex
	// generation counts what was forgotten over all organizations; an answer that
	// began in an earlier one of its organization is not kept.
	generation uint64
	orgs       map[string]*orgCounts
}

type orgCounts struct {
	generation uint64
	kept       map[string]keptCounts
}

type keptCounts struct {
	counts Counts
	until  time.Time
}

// NewCounter makes a Counter.
func NewCounter(cfg CounterConfig) (*Counter, error) {
	if cfg.Count == nil || cfg.Now == nil || cfg.Keep <= 0 || cfg.Patience <= 0 || cfg.Remember < 1 {
		return nil, errors.New("configure counting: the store, the clock and positive bounds are required")
	}
	return &Counter{cfg: cfg, orgs: map[string]*orgCounts{}}, nil
}

// Count counts the reviews of an organization under a filter. The answer is shared
// and must not be changed.
func (c *Counter) Count(ctx context.Context, org string, f Filter) (Counts, error) {
	question, err := question(f)
	if err != nil {
		return Counts{}, err
	}
	counts, generation, found := c.look(org, question)
	if found {
		return counts, nil
	}
	// The generation is part of the flight's name, so that who asks after a change
	// does not get an answer that began before it.
	name := fmt.Sprintf("%d %d:%s %s", generation, len(org), org, question)
	flight := c.flights.DoChan(name, func() (any, error) {
		// The count goes on for the others if the first who asked leaves.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.Patience)
		defer cancel()
		counts, err := c.cfg.Count(ctx, org, f)
		if err == nil {
			c.keep(org, question, generation, counts)
		}
		return counts, err
	})
	select {
	case <-ctx.Done():
		return Counts{}, ctx.Err()
	case result := <-flight:
		if result.Err != nil {
			return Counts{}, result.Err
		}
		counts, _ := result.Val.(Counts)
		return counts, nil
	}
}

// Forget is told that reviews of an organization have changed.
func (c *Counter) Forget(org string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, counted := c.orgs[org]; counted {
		c.generation++
		c.orgs[org] = &orgCounts{generation: c.generation}
	}
}

// question writes a filter so that equal ones are the same. The clock is left out:
// what is kept is younger than the difference it makes.
func question(f Filter) (string, error) {
	f.Now = time.Time{}
	b, err := json.Marshal(f)
	if err != nil {
		return "", fmt.Errorf("compare filters: %w", err)
	}
	return string(b), nil
}

func (c *Counter) look(org, question string) (Counts, uint64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.orgs[org]
	if known == nil {
		known = &orgCounts{generation: c.generation}
		c.orgs[org] = known
	}
	kept, found := known.kept[question]
	return kept.counts, known.generation, found && c.cfg.Now().Before(kept.until)
}

func (c *Counter) keep(org, question string, generation uint64, counts Counts) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.orgs[org]
	if known.generation != generation {
		return
	}
	// Answers are small and short-lived; when there are many, all make room.
	if known.kept == nil || len(known.kept) >= c.cfg.Remember {
		known.kept = map[string]keptCounts{}
	}
	known.kept[question] = keptCounts{counts: counts, until: c.cfg.Now().Add(c.cfg.Keep)}
}
