package polling

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/scraper/detect"
	"github.com/bedside-health/bedside/services/scraper/schedule"
)

// parallelWrites bounds how many fingerprints are changed at once.
const parallelWrites = 16

// candidate is a review of a page with its identity.
type candidate struct {
	id     string
	review sites.Review
}

// take tells what a page shows and remembers it, in this order.
func (r *run) take(ctx context.Context, page sites.Page, at time.Time) error {
	for _, warning := range page.Warnings {
		r.warns[warning], r.partial = struct{}{}, true
	}
	candidates := r.sift(page.Reviews, at)
	known, err := r.fingerprints(ctx, candidates)
	if err != nil {
		return err
	}
	var changes []detect.Change
	for _, c := range candidates {
		r.newest(c.review)
		print, seenBefore := known[c.id]
		if !seenBefore {
			if change, ok := detect.Compare(r.about, nil, c.review, at); ok {
				changes = append(changes, change)
			}
			continue
		}
		ours, err := r.ours(ctx, print, c.review)
		if err != nil {
			return err
		}
		if !ours {
			continue
		}
		if change, ok := detect.Compare(r.about, &print, c.review, at); ok {
			changes = append(changes, change)
		}
	}
	if err := r.tell(ctx, changes); err != nil {
		return err
	}
	r.fetched = true
	return r.facts(ctx, page.Facts, at)
}

// sift keeps the reviews that can be taken and were not on this poll's pages before:
// lists shift while they are read, and the first sight of a review counts.
func (r *run) sift(reviews []sites.Review, at time.Time) []candidate {
	out := make([]candidate, 0, len(reviews))
	for _, raw := range reviews {
		review, fault := detect.Clean(raw, at)
		if fault == detect.NoID {
			r.refuse(fault)
			continue
		}
		id := r.about.ReviewID(review.ExternalID)
		if _, again := r.seen[id]; again {
			continue
		}
		// A review that is refused is on the site all the same, and not removed.
		r.seen[id] = struct{}{}
		if fault != detect.Sound {
			r.refuse(fault)
			continue
		}
		out = append(out, candidate{id: id, review: review})
	}
	return out
}

func (r *run) refuse(fault detect.Fault) {
	r.faults[fault]++
	r.metrics.refused.WithLabelValues(r.state.Adapter, string(fault)).Inc()
}

// newest follows the source times for the watermark.
func (r *run) newest(review sites.Review) {
	for _, t := range []time.Time{review.PostedAt, review.UpdatedAt} {
		if t.After(r.out.Newest) && !t.After(r.began) {
			r.out.Newest = t
		}
	}
	if t := review.PostedAt; t.After(r.out.Latest) && !t.After(r.began) {
		r.out.Latest = t
	}
}

func (r *run) fingerprints(ctx context.Context, candidates []candidate) (map[string]collections.Fingerprint, error) {
	ids := make([]string, len(candidates))
	for i, c := range candidates {
		ids[i] = c.id
	}
	prints, err := r.cfg.Store.Fingerprints(ctx, r.state.OrgID, ids)
	if err != nil {
		return nil, fmt.Errorf("read fingerprints: %w", err)
	}
	known := make(map[string]collections.Fingerprint, len(prints))
	for _, p := range prints {
		known[p.ID] = p
	}
	return known, nil
}

// ours decides who speaks for a review that two listings of one site show. The listing
// that showed it first keeps it while it is polled; an import never overrules a site.
func (r *run) ours(ctx context.Context, print collections.Fingerprint, review sites.Review) (bool, error) {
	if print.ListingID == r.listing.ID {
		return true, nil
	}
	free, decided := r.owners[print.ListingID]
	if !decided {
		owner, found, err := r.cfg.Store.Listing(ctx, r.state.OrgID, print.ListingID)
		if err != nil {
			return false, fmt.Errorf("read the listing that showed a review before: %w", err)
		}
		free = !found || !owner.Enabled || r.isOnce(owner.Adapter)
		r.owners[print.ListingID] = free
	}
	changed := print.Hash != detect.ContentHash(review.Author, review.Rating, review.Title, review.Text)
	switch {
	case !free && changed && !r.once:
		r.refuse(detect.SharedID)
		return false, nil
	case !free:
		return false, nil
	case r.once && !changed && !print.Removed:
		return false, nil // importing the same rows again changes nothing
	default:
		return true, nil
	}
}

func (s *Scraper) isOnce(adapter string) bool {
	for _, once := range s.cfg.Once {
		if once == adapter {
			return true
		}
	}
	return false
}

// tell publishes changes and then remembers them. Once published, remembering goes on
// even when ctx ends, so that an orderly stop publishes nothing twice.
func (r *run) tell(ctx context.Context, changes []detect.Change) error {
	var batch []*events.ReviewCollected
	var told []int // place in changes of each of batch
	for i, c := range changes {
		if c.Event != nil {
			batch, told = append(batch, c.Event), append(told, i)
		}
	}
	out := map[int]bool{}
	if len(batch) > 0 {
		refused, err := r.cfg.Bus.Collected(ctx, batch)
		if err != nil {
			return err
		}
		for _, i := range refused {
			out[told[i]] = true
			r.refuse(detect.Unreadable)
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(lastWords, r.cfg.Lease))
	defer cancel()
	return r.remember(ctx, changes, out)
}

// remember stores the fingerprints of changes, except those left out.
func (r *run) remember(ctx context.Context, changes []detect.Change, out map[int]bool) error {
	var added []collections.Fingerprint
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelWrites)
	for i, c := range changes {
		switch {
		case out[i]:
			continue
		case c.New:
			added = append(added, c.Next)
		default:
			g.Go(func() error {
				return r.cfg.Store.UpdateFingerprint(gctx, r.state.OrgID, c.Next.ID, c.Apply)
			})
		}
		r.count(c)
	}
	err := g.Wait()
	if err == nil && len(added) > 0 {
		err = r.cfg.Store.AddFingerprints(ctx, r.state.OrgID, added)
	}
	if err != nil {
		return fmt.Errorf("store fingerprints: %w", err)
	}
	return nil
}

// arrived keeps the source times of the newest of the new reviews.
func (r *run) arrived(c detect.Change) {
	at := c.Event.PostedAt
	if at.IsZero() {
		at = c.Event.ObservedAt
	}
	if len(r.out.Arrivals) == 2*schedule.MaxArrivals {
		slices.SortFunc(r.out.Arrivals, func(a, b time.Time) int { return b.Compare(a) })
		r.out.Arrivals = r.out.Arrivals[:schedule.MaxArrivals]
	}
	r.out.Arrivals = append(r.out.Arrivals, at)
}

func (r *run) count(c detect.Change) {
	if c.Event == nil {
		return
	}
	r.unreported++
	label := string(c.Event.Change)
	if c.New {
		r.out.New++
		r.arrived(c)
	}
	if c.Restored {
		label = "restored"
	}
	r.metrics.reviews.WithLabelValues(r.state.Adapter, label).Inc()
}
