package polling

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
)

const (
	// hintsBefore is how far back a scraper that starts looks for hints: those that
	// were followed are recognised.
	hintsBefore = time.Hour
	// hintsOverlap covers clocks of gateways that differ.
	hintsOverlap = 2 * time.Minute
)

// heed makes listings due that a hint was given for. It goes back a little each time and
// tells what it heeded before by the state, so that replicas and restarts follow a hint
// once.
func (s *Scraper) heed(ctx context.Context, adapter string) error {
	r := s.known[adapter]
	if r.hinted.IsZero() {
		r.hinted = s.now().Add(-hintsBefore)
	}
	newest := r.hinted
	met := map[string]time.Time{}
	for cursor := ""; ; {
		hints, next, err := s.cfg.Store.Hints(ctx, adapter, r.hinted.Add(-hintsOverlap), cursor)
		if err != nil {
			return fmt.Errorf("read the hints for adapter %s: %w", adapter, err)
		}
		for _, hint := range hints {
			key := hint.OrgID + "/" + hint.ID
			met[key] = hint.At
			if r.heeded[key].Equal(hint.At) {
				continue
			}
			if err := s.follow(ctx, hint); err != nil {
				return err
			}
			if hint.At.After(newest) && !hint.At.After(s.now()) {
				newest = hint.At
			}
		}
		if next == "" {
			break
		}
		cursor = next
	}
	r.hinted, r.heeded = newest, met
	return nil
}

func (s *Scraper) follow(ctx context.Context, hint collections.PollHint) error {
	followed := false
	_, err := s.cfg.Store.UpdateState(ctx, hint.OrgID, hint.ID, func(state *collections.PollState) error {
		followed = s.cfg.Policy.Hint(state, hint, s.now())
		if !followed {
			return docstore.ErrSkip
		}
		return nil
	})
	switch {
	case errors.Is(err, docstore.ErrNotFound):
		return nil // a listing that was not taken up yet is due at once anyway
	case err != nil:
		return fmt.Errorf("follow a hint: %w", err)
	case followed:
		s.metrics.hints.WithLabelValues(hint.Adapter).Inc()
		s.logger.DebugContext(ctx, "hint followed", "listing", hint.ID, "org", hint.OrgID, "adapter", hint.Adapter)
	}
	return nil
}
