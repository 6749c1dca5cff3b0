package polling

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
)

// errLeaseLost ends a poll whose listing was claimed again meanwhile.
var errLeaseLost = errors.New("the lease of the listing was lost")

// lastWords bounds what is written after a context has ended.
const lastWords = 10 * time.Second

// lease gives a state to a poll of this scraper. Every claim has a holder of its own,
// so that a poll that was suspended past its lease notices even when this very
// process claimed the listing again.
func (s *Scraper) lease(state *collections.PollState) {
	state.LeaseHolder = s.holder + "/" + strconv.FormatUint(s.claims.Add(1), 10)
	s.extend(state)
}

// extend lets a lease run its whole length from now. The due time moves along, so
// that others do not meet a leased listing among those that are due.
func (s *Scraper) extend(state *collections.PollState) {
	state.LeaseUntil = s.now().Add(s.cfg.Lease)
	state.DueAt = state.LeaseUntil
}

// inherited reports whether a lease is that of an earlier process of this instance.
func (s *Scraper) inherited(holder string) bool {
	instance, _, found := strings.Cut(holder, "/")
	return found && instance == s.cfg.Instance && !strings.HasPrefix(holder, s.holder+"/")
}

// holding changes the state of the listing as long as this poll holds its lease.
func (r *run) holding(ctx context.Context, change func(*collections.PollState)) (collections.PollState, error) {
	return r.cfg.Store.UpdateState(ctx, r.state.OrgID, r.state.ID, r.ifHeld(change))
}

// ifHeld makes a change only of a state whose lease this poll holds.
func (r *run) ifHeld(change func(*collections.PollState)) func(*collections.PollState) error {
	return func(state *collections.PollState) error {
		if state.LeaseHolder != r.state.LeaseHolder {
			return errLeaseLost
		}
		change(state)
		return nil
	}
}

// release ends the lease together with the last change of a poll. It works even when
// ctx has ended, within bounds.
func (r *run) release(ctx context.Context, change func(*collections.PollState)) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	return r.endings.end(ctx, keyOf(r.state), r.ifHeld(func(state *collections.PollState) {
		change(state)
		state.LeaseHolder, state.LeaseUntil = "", time.Time{}
	}))
}

// keepLease renews the lease until ctx ends. It calls lost when the lease is gone, or
// must be taken for gone because the store has not answered for as long as it
// runs. The caller ends ctx and then calls stop, which waits. Most polls are over
// before there is anything to renew.
func (r *run) keepLease(ctx context.Context, lost func(error)) (stop func()) {
	renewed, done := r.now(), make(chan struct{})
	first := time.AfterFunc(r.cfg.Lease/3, func() {
		defer close(done)
		r.renewLease(ctx, renewed, lost)
	})
	return func() {
		if !first.Stop() {
			<-done
		}
	}
}

func (r *run) renewLease(ctx context.Context, renewed time.Time, lost func(error)) {
	tick := time.NewTicker(r.cfg.Lease / 3)
	defer tick.Stop()
	for ctx.Err() == nil {
		now := r.now()
		_, err := r.holding(ctx, r.extend)
		switch {
		case err == nil:
			renewed = now
		case ctx.Err() != nil:
			return
		case errors.Is(err, errLeaseLost) || r.now().Sub(renewed) >= r.cfg.Lease:
			lost(errLeaseLost)
			return
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}
