package polling

import (
	"context"
	"fmt"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
)

const (
	// censusDuty is the duty of the one scraper that counts the listings of its adapters.
	censusDuty = "census-"
	censusMin  = time.Minute
	// censusTicks is how many looks for due listings there are at least for each count.
	censusTicks = 20
	// censusShare bounds the share of time that counting may take.
	censusShare = 50
	// maxSites bounds the sites that have a metric of their own; organizations name them.
	maxSites   = 50
	otherSites = "other"
)

// healths are the states that a count is shown for, also when it is zero.
var healths = []collections.Health{
	collections.HealthNew, collections.HealthOK, collections.HealthLate, collections.HealthRateLimited,
	collections.HealthNotAuthorised, collections.HealthChangedShape, collections.HealthSilent, collections.HealthEnded,
}

// countAlways counts the listings by their health until ctx ends.
func (s *Scraper) countAlways(ctx context.Context) {
	timer := time.NewTimer(s.cfg.Tick)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		began := s.now()
		for _, adapter := range s.adapters {
			if err := s.census(ctx, adapter); err != nil && ctx.Err() == nil {
				s.logger.WarnContext(ctx, "counting listings failed; it is tried again", "adapter", adapter, "error", err.Error())
			}
		}
		timer.Reset(max(s.censusEvery(), censusShare*s.now().Sub(began)))
	}
}

func (s *Scraper) censusEvery() time.Duration { return max(censusMin, censusTicks*s.cfg.Tick) }

// census counts the listings of an adapter if no other scraper does.
func (s *Scraper) census(ctx context.Context, adapter string) error {
	now := s.now()
	mine, err := s.cfg.Store.TakeDuty(ctx, censusDuty+adapter, s.holder, now, now.Add(3*s.censusEvery()))
	if err != nil {
		return fmt.Errorf("take the duty of counting: %w", err)
	}
	if !mine {
		s.metrics.forget(adapter)
		return nil
	}
	counts, alarms, unheard := map[collections.Health]int{}, 0, map[string]time.Duration{}
	for cursor := ""; ; {
		states, next, err := s.cfg.Store.Polled(ctx, adapter, cursor)
		if err != nil {
			return fmt.Errorf("read poll states: %w", err)
		}
		for _, state := range states {
			counts[state.Health]++
			if state.Alarm {
				alarms++
			}
			if state.LastOKAt.IsZero() || s.isOnce(adapter) {
				continue
			}
			site := state.Site
			if _, known := unheard[site]; !known && len(unheard) >= maxSites {
				site = otherSites
			}
			unheard[site] = max(unheard[site], now.Sub(state.LastOKAt))
		}
		if next == "" {
			break
		}
		cursor = next
	}
	s.metrics.forget(adapter)
	for _, health := range healths {
		s.metrics.listings.WithLabelValues(adapter, string(health)).Set(float64(counts[health]))
	}
	s.metrics.alarms.WithLabelValues(adapter).Set(float64(alarms))
	for site, since := range unheard {
		s.metrics.unheard.WithLabelValues(adapter, site).Set(since.Minutes())
	}
	return nil
}
