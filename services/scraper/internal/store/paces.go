package store

import (
	"context"
	"time"

	"github.com/bedside-health/bedside/libs/docstore"
)

// pace is when a host may be asked next; its id is the host. Times are microseconds
// since 1970, because turns are finer than the milliseconds of a stored time.
type pace struct {
	docstore.Base
	// Free is when the host's whole burst is free again (the theoretical arrival time
	// of the generic cell rate algorithm).
	Free int64 `json:"free"`
	// Held is until when the host asked to be left alone.
	Held int64 `json:"held,omitempty"`
}

func paceDefinition() docstore.Definition[pace] {
	return docstore.Definition[pace]{
		Name:   "host_paces",
		Base:   func(p *pace) *docstore.Base { return &p.Base },
		Global: true,
		// Every request changes one, and scrapers mostly ask hosts of their own.
		Remember: 1024,
	}
}

// Turn takes a host's next turn: one every so often after a first burst. A turn that
// would come later than patience is not taken. held is how long the host asked to be
// left alone, then no turn is taken either.
func (s *Store) Turn(ctx context.Context, host string, now time.Time, every time.Duration, burst int, patience time.Duration) (wait, held time.Duration, err error) {
	at, step := now.UnixMicro(), every.Microseconds()
	_, err = s.paces.Upsert(ctx, docstore.AllOrgs(), host, func(p *pace, _ bool) error {
		wait, held = 0, 0
		if p.Held > at {
			held = time.Duration(p.Held-at) * time.Microsecond
			return docstore.ErrSkip
		}
		free := max(p.Free, at)
		if ahead := free - at - step*int64(max(burst, 1)-1); ahead > 0 {
			wait = time.Duration(ahead) * time.Microsecond
		}
		if wait > patience {
			return docstore.ErrSkip
		}
		p.Free, p.Held = free+step, 0
		return nil
	})
	return wait, held, err
}

// HeldHost is how long a host asked to be left alone.
func (s *Store) HeldHost(ctx context.Context, host string, now time.Time) (time.Duration, error) {
	p, found, err := one(s.paces.Get(ctx, docstore.AllOrgs(), host))
	if err != nil || !found {
		return 0, err
	}
	return max(time.Duration(p.Held-now.UnixMicro())*time.Microsecond, 0), nil
}

// HoldHost lets no turn begin before a time.
func (s *Store) HoldHost(ctx context.Context, host string, until time.Time) error {
	_, err := s.paces.Upsert(ctx, docstore.AllOrgs(), host, func(p *pace, _ bool) error {
		if p.Held >= until.UnixMicro() {
			return docstore.ErrSkip
		}
		p.Held = until.UnixMicro()
		return nil
	})
	return err
}
