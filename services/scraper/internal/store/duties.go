package store

import (
	"context"
	"time"

	"github.com/bedside-health/bedside/libs/docstore"
)

// duty is work that one scraper does for all of them, and until when.
type duty struct {
	docstore.Base
	Holder string    `json:"holder"`
	Until  time.Time `json:"until"`
}

func dutyDefinition() docstore.Definition[duty] {
	return docstore.Definition[duty]{
		Name:   "scraper_duties",
		Base:   func(d *duty) *docstore.Base { return &d.Base },
		Global: true,
	}
}

// TakeDuty takes or keeps a duty for holder until a time. It reports false while
// another holder's time runs.
func (s *Store) TakeDuty(ctx context.Context, name, holder string, now, until time.Time) (bool, error) {
	taken := false
	_, err := s.duties.Upsert(ctx, docstore.AllOrgs(), name, func(d *duty, exists bool) error {
		taken = !exists || d.Holder == holder || !d.Until.After(now)
		if !taken {
			return docstore.ErrSkip
		}
		d.Holder, d.Until = holder, until
		return nil
	})
	return taken && err == nil, err
}

// LeaveDuty gives a duty up early, so that the next scraper need not wait.
func (s *Store) LeaveDuty(ctx context.Context, name, holder string) error {
	_, err := s.duties.Upsert(ctx, docstore.AllOrgs(), name, func(d *duty, exists bool) error {
		if !exists || d.Holder != holder {
			return docstore.ErrSkip
		}
		d.Until = time.Time{}
		return nil
	})
	return err
}
