// Package pacing spaces the requests to one host over all scrapers that share a
// store.
//
// It promises that all of them together ask a host no faster than one alone might,
// that a wait which the site asked of one is kept by all, and that a store which does
// not answer makes everything wait and nothing faster. The clocks of the machines
// must agree to within the time between two requests; where they do not, the one
// that is ahead waits longer.
package pacing

import (
	"context"
	"errors"
	"time"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
)

// Store is where turns are taken; package store documents it.
type Store interface {
	Turn(ctx context.Context, host string, now time.Time, every time.Duration, burst int, patience time.Duration) (wait, held time.Duration, err error)
	HeldHost(ctx context.Context, host string, now time.Time) (time.Duration, error)
	HoldHost(ctx context.Context, host string, until time.Time) error
}

// Config of a Limiter.
type Config struct {
	Store     Store   // required
	PerSecond float64 // requests a second to each host
	Burst     int     // after a pause
	// Now is the clock; nil is time.Now. Waiting itself is done by the runtime's.
	Now func() time.Time
}

// Limiter is a polite.HostLimiter that replicas share. It is safe for concurrent use.
type Limiter struct {
	store Store
	every time.Duration
	burst int
	now   func() time.Time
}

var _ polite.HostLimiter = (*Limiter)(nil)

// New makes a Limiter.
func New(cfg Config) (*Limiter, error) {
	if cfg.Store == nil || cfg.PerSecond <= 0 || cfg.Burst < 1 {
		return nil, errors.New("pacing: a store, a rate and a burst of at least one are required")
	}
	l := &Limiter{store: cfg.Store, every: time.Duration(float64(time.Second) / cfg.PerSecond), burst: cfg.Burst, now: cfg.Now}
	if l.now == nil {
		l.now = time.Now
	}
	return l, nil
}

const (
	// unbounded is the patience of a caller without a deadline.
	unbounded = 365 * 24 * time.Hour
	// firstRetry and lastRetry are the waits before a store that failed is asked again.
	firstRetry = 100 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// Wait implements polite.HostLimiter.
func (l *Limiter) Wait(ctx context.Context, host string, minInterval time.Duration) error {
	every, burst := l.every, l.burst
	if minInterval > every {
		every, burst = minInterval, 1
	}
	retry := firstRetry
	for {
		now := l.now()
		patience := unbounded
		deadline, bounded := ctx.Deadline()
		if bounded {
			patience = max(deadline.Sub(now), 0)
		}
		wait, held, err := l.store.Turn(ctx, host, now, every, burst, patience)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && retry > patience:
			return problem.Wrap(problem.Unavailable, polite.CodeHostUnknown, err, "whose turn it is to ask the site cannot be told now")
		case err != nil:
			if err := sleep(ctx, retry); err != nil {
				return err
			}
			retry = min(2*retry, lastRetry)
		case held > patience:
			return polite.Refused(polite.CodeHostHeld, host, held)
		case held > 0:
			if err := sleep(ctx, held); err != nil {
				return err
			}
		case wait > patience:
			return polite.Refused(polite.CodeHostQueue, host, wait)
		case wait > 0:
			if err := sleep(ctx, wait); err != nil {
				return err
			}
			// While this one stood in line the site may have asked another to wait.
			if held, err := l.store.HeldHost(ctx, host, l.now()); err == nil && held == 0 {
				return nil
			}
		default:
			return nil
		}
	}
}

// Hold implements polite.HostLimiter.
func (l *Limiter) Hold(ctx context.Context, host string, until time.Time) error {
	if err := l.store.HoldHost(ctx, host, until); err != nil {
		return problem.Wrap(problem.Unavailable, polite.CodeHostUnknown, err, "hold requests to a host")
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
