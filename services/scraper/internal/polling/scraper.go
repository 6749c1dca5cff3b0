package polling

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
)

// Run polls until ctx ends, then lets go of what is under way, so that another
// scraper goes on with it at once, and returns nil. Outages of the store and the
// broker are waited out.
func (s *Scraper) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { s.confirmAlways(ctx) })
	work.Go(func() { s.countAlways(ctx) })

	polls := s.crews()
	defer polls.wait()
	tick := time.NewTicker(s.cfg.Tick)
	defer tick.Stop()
	s.takeOver(ctx, polls)
	for {
		s.round(ctx, polls)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-polls.freed():
			// A full crew leaves due listings waiting; the first free hand takes the
			// next one instead of waiting for the tick.
		}
	}
}

// round looks for new listings and hands out what is due.
func (s *Scraper) round(ctx context.Context, polls crews) {
	err := s.look(ctx, polls)
	if err != nil && ctx.Err() == nil {
		s.logger.WarnContext(ctx, "looking for due listings failed; it is tried again", "error", err.Error())
	}
	s.pulse.beat(s.now(), err)
}

func (s *Scraper) look(ctx context.Context, polls crews) error {
	for _, adapter := range s.adapters {
		if err := s.reconcile(ctx, adapter); err != nil {
			return err
		}
		if err := s.heed(ctx, adapter); err != nil {
			return err
		}
		now := s.now()
		all, err := s.handOut(ctx, polls, adapter, now, func(state *collections.PollState) bool {
			return !state.DueAt.After(now) && !state.LeaseUntil.After(now)
		})
		if err != nil {
			return err
		}
		lag := 0.0
		if !all {
			oldest, err := s.cfg.Store.OldestDue(ctx, adapter, now)
			if err != nil {
				return fmt.Errorf("read what is due: %w", err)
			}
			if !oldest.IsZero() {
				lag = now.Sub(oldest).Seconds()
			}
		}
		s.metrics.dueLag.WithLabelValues(adapter).Set(lag)
	}
	return nil
}

// takeOver claims what an earlier process of the same instance held: it is gone for
// certain, and waiting for its leases to run out would only delay.
func (s *Scraper) takeOver(ctx context.Context, polls crews) {
	if s.cfg.Instance == "" {
		return
	}
	for _, adapter := range s.adapters {
		// Leased states are due when their lease ends.
		_, err := s.handOut(ctx, polls, adapter, s.now().Add(s.cfg.Lease+time.Second), func(state *collections.PollState) bool {
			return s.inherited(state.LeaseHolder)
		})
		if err != nil && ctx.Err() == nil {
			s.logger.WarnContext(ctx, "taking over earlier leases failed; they run out by themselves", "error", err.Error())
		}
	}
}

// handOut claims states of an adapter that are due before a time, as many as there
// are free hands, and starts a poll of each. It reports whether none was left.
func (s *Scraper) handOut(ctx context.Context, polls crews, adapter string, before time.Time, take func(*collections.PollState) bool) (all bool, err error) {
	for {
		hands := polls[adapter].take()
		if hands == 0 {
			return false, nil
		}
		states, err := s.cfg.Store.Claim(ctx, adapter, before.Add(time.Millisecond), hands, func(state *collections.PollState) bool {
			if !take(state) {
				return false
			}
			s.lease(state)
			return true
		})
		units := s.gather(ctx, adapter, states)
		listings := s.listingsOf(ctx, units)
		polls[adapter].giveBack(hands - len(units))
		for _, unit := range units {
			polls[adapter].start(func() { s.pollAll(ctx, unit, listings) })
		}
		if err != nil {
			return false, fmt.Errorf("claim due listings of adapter %s: %w", adapter, err)
		}
		if len(states) < hands {
			return true, nil
		}
	}
}

// Ready is nil while the store answers the search for due listings.
func (s *Scraper) Ready(context.Context) error {
	return s.pulse.check(s.now(), max(15*time.Second, 5*s.cfg.Tick))
}

// pulse is when looking for due listings last went well.
type pulse struct {
	mu   sync.Mutex
	good time.Time
	err  error
}

func (p *pulse) beat(now time.Time, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err = err; err == nil {
		p.good = now
	}
}

func (p *pulse) check(now time.Time, patience time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil && now.Sub(p.good) < patience {
		return nil
	}
	err := p.err
	if err == nil {
		err = errors.New("no look at the listings has finished lately")
	}
	return problem.Wrap(problem.Unavailable, "not_polling", err, "due listings cannot be looked for")
}

// crews are the hands of each adapter: an import must not wait for slow sites.
type crews map[string]*crew

func (s *Scraper) crews() crews {
	freed := make(chan struct{}, 1)
	out := crews{}
	for _, adapter := range s.adapters {
		out[adapter] = &crew{free: s.cfg.Concurrency, enough: (s.cfg.Concurrency + 1) / 2, freed: freed, work: make(chan func()), home: make(chan struct{})}
	}
	return out
}

// freed tells when a hand is free again.
func (c crews) freed() <-chan struct{} {
	for _, one := range c {
		return one.freed
	}
	return nil
}

// wait lets all hands finish. Nothing may be started any more.
func (c crews) wait() {
	for _, one := range c {
		close(one.home)
		one.wg.Wait()
	}
}

// handsWithin bounds how long a free hand waits for others, so that one claim serves many.
const handsWithin = 50 * time.Millisecond

// handsLinger is how long a hand waits for its next poll before it goes.
const handsLinger = time.Second

// crew bounds how many polls of an adapter run at once.
type crew struct {
	wg     sync.WaitGroup
	mu     sync.Mutex
	free   int
	enough int           // free hands that are worth a claim
	busy   bool          // there was no free hand, so that listings may be waiting
	timer  *time.Timer   // wakes while fewer are free
	freed  chan struct{} // shared by all crews
	work   chan func()
	home   chan struct{} // closed when there is nothing to do any more
}

// take gives all free hands.
func (c *crew) take() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.free
	c.free = 0
	return n
}

func (c *crew) giveBack(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free += n
}

// start runs f with a hand that was taken, which is free again afterwards. Where there
// were free hands all along nothing due was left waiting, so nobody is woken.
func (c *crew) start(f func()) {
	select {
	case c.work <- f:
		return // a hand that goes on has the stack that a poll needs
	default:
	}
	c.wg.Go(func() {
		linger := time.NewTimer(handsLinger)
		defer linger.Stop()
		for {
			f()
			c.done()
			linger.Reset(handsLinger)
			select {
			case f = <-c.work:
			case <-linger.C:
				return
			case <-c.home:
				return
			}
		}
	})
}

// done frees a hand.
func (c *crew) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = c.busy || c.free == 0
	c.free++
	switch {
	case c.busy && c.free >= c.enough:
		c.wake()
	case c.busy && c.timer == nil:
		c.timer = time.AfterFunc(handsWithin, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.wake()
		})
	}
}

// wake tells that hands are free. The caller holds the lock.
func (c *crew) wake() {
	c.busy = false
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	select {
	case c.freed <- struct{}{}:
	default:
	}
}
