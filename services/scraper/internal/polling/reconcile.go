package polling

import (
	"context"
	"fmt"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/scraper/schedule"
)

const (
	// newcomersOverlap covers clocks of gateways that differ when new listings are
	// looked for by the time they were made.
	newcomersOverlap = 2 * time.Minute
	// fullShare bounds the share of time that looking at all listings may take: with
	// very many of them changes are noticed a little later, and new ones at once still.
	fullShare = 20
)

// roster remembers which revision of each listing the poll states are matched
// with, so that a look at all listings reads no states.
type roster struct {
	revs     map[string]int64 // by "org/id"
	newest   time.Time        // creation of the newest listing met
	looked   time.Time        // when the last look began
	nextFull time.Time
	hinted   time.Time            // the newest hint met
	heeded   map[string]time.Time // hints met lately, by "org/id"
}

func newRoster() *roster { return &roster{revs: map[string]int64{}} }

// reconcile makes and resets poll states as the listings of an adapter say.
func (s *Scraper) reconcile(ctx context.Context, adapter string) error {
	r := s.known[adapter]
	started := s.now()
	full := !started.Before(r.nextFull)
	since := time.Time{}
	if !full {
		// By both clocks: an import makes many listings at one time, and they must not be
		// newcomers until the next one is made.
		since = r.newest.Add(-newcomersOverlap)
		if own := r.looked.Add(-newcomersOverlap); own.After(since) {
			since = own
		}
	}
	met := map[string]int64{}
	count := s.newSharing(adapter)
	for cursor := ""; ; {
		listings, next, err := s.cfg.Store.Listings(ctx, adapter, since, cursor)
		if err != nil {
			return fmt.Errorf("read the listings of adapter %s: %w", adapter, err)
		}
		if err := s.adopt(ctx, r, listings); err != nil {
			return err
		}
		for _, l := range listings {
			met[l.OrgID+"/"+l.ID] = l.Rev
			count.add(l)
			if l.CreatedAt.After(r.newest) && !l.CreatedAt.After(s.now()) {
				r.newest = l.CreatedAt
			}
		}
		if next == "" {
			break
		}
		cursor = next
	}
	r.looked = started
	if full {
		// Listings that are gone are forgotten, so that one that comes back is taken up.
		r.revs = met
		s.shared.Store(adapter, count.of)
		r.nextFull = s.now().Add(max(s.cfg.Tick/2, fullShare*s.now().Sub(started)))
	}
	return nil
}

// adopt brings the states of listings in line that changed since they were met.
func (s *Scraper) adopt(ctx context.Context, r *roster, listings []collections.Listing) error {
	changed := map[string][]collections.Listing{} // by organization
	for _, l := range listings {
		if rev, ok := r.revs[l.OrgID+"/"+l.ID]; !ok || rev != l.Rev {
			changed[l.OrgID] = append(changed[l.OrgID], l)
		}
	}
	for org, of := range changed {
		ids := make([]string, len(of))
		for i, l := range of {
			ids[i] = l.ID
		}
		states, err := s.cfg.Store.States(ctx, org, ids)
		if err != nil {
			return fmt.Errorf("read poll states: %w", err)
		}
		matched := map[string]int64{}
		for _, state := range states {
			matched[state.ID] = state.ListingRev
		}
		for _, l := range of {
			if rev, ok := matched[l.ID]; !ok || rev != l.Rev {
				err := s.cfg.Store.PutState(ctx, org, l.ID, func(state *collections.PollState) bool {
					return schedule.Adopt(state, l, s.now())
				})
				if err != nil {
					return fmt.Errorf("take up a listing: %w", err)
				}
				s.logger.InfoContext(ctx, "listing taken up", "listing", l.ID, "org", org, "adapter", l.Adapter)
			}
			r.revs[l.OrgID+"/"+l.ID] = l.Rev
		}
	}
	return nil
}

// sharing counts how many listings of an adapter share each budget.
type sharing struct {
	*Scraper
	site  sites.Site // nil if it counts no calls
	known map[string]string
	of    map[string]int // by the budget's id
}

func (s *Scraper) newSharing(adapter string) *sharing {
	out := &sharing{Scraper: s, known: map[string]string{}, of: map[string]int{}}
	if s.purseOf(s.cfg.Sites[adapter], "") != nil {
		out.site = s.cfg.Sites[adapter]
	}
	return out
}

func (c *sharing) add(l collections.Listing) {
	if c.site == nil {
		return
	}
	name := l.OrgID + "/" + l.Credential
	id, ok := c.known[name]
	if !ok {
		if secret, err := c.secret(l); err == nil {
			id = purseID(c.site.Adapter(), secret)
		}
		c.known[name] = id
	}
	c.of[id]++
}

// sharers is how many listings share a budget, as far as is known.
func (s *Scraper) sharers(p *purse) int {
	if p == nil {
		return 0
	}
	of, _ := s.shared.Load(p.adapter)
	counts, _ := of.(map[string]int)
	return max(counts[p.id], 1)
}
