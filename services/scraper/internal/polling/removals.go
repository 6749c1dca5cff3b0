package polling

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/services/scraper/detect"
)

// removals compares what is known of the listing with a complete list. A review that
// is missing for the first time is marked; one that was missing from the complete
// list before as well is told removed, if the inbox has it.
func (r *run) removals(ctx context.Context) error {
	if r.plan.Full {
		if err := r.recall(ctx); err != nil {
			return err
		}
	}
	for cursor := ""; ; {
		prints, next, err := r.cfg.Store.Present(ctx, r.state.OrgID, r.listing.ID, cursor)
		if err != nil {
			return fmt.Errorf("read the listing's fingerprints: %w", err)
		}
		var first, again []collections.Fingerprint
		for _, p := range prints {
			switch _, there := r.seen[p.ID]; {
			case there:
			case p.MissedAt.IsZero():
				first = append(first, p)
			case p.MissedAt.Before(r.plan.StartedAt):
				again = append(again, p)
			}
		}
		if err := r.mark(ctx, first); err != nil {
			return err
		}
		if err := r.remove(ctx, again); err != nil {
			return err
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}

// recall makes fingerprints of reviews that the inbox has of the listing, that the site
// shows no more, and that this scraper does not remember. There is hardly ever one.
func (r *run) recall(ctx context.Context) error {
	surplus, err := r.cfg.Store.Surplus(ctx, r.state.OrgID, r.listing.ID)
	if err != nil {
		return fmt.Errorf("compare the inbox with what is known: %w", err)
	}
	if !surplus {
		return nil
	}
	for cursor := ""; ; {
		reviews, next, err := r.cfg.Store.Inbox(ctx, r.state.OrgID, r.listing.ID, cursor)
		if err != nil {
			return fmt.Errorf("read the listing's reviews from the inbox: %w", err)
		}
		var lost []collections.Fingerprint
		for _, review := range reviews {
			if _, there := r.seen[review.ID]; !there {
				lost = append(lost, detect.Recall(review))
			}
		}
		if len(lost) > 0 {
			// Those that are remembered stay as they are.
			if err := r.cfg.Store.AddFingerprints(ctx, r.state.OrgID, lost); err != nil {
				return fmt.Errorf("remember reviews again: %w", err)
			}
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}

// mark notes that reviews are missing for the first time.
func (r *run) mark(ctx context.Context, missing []collections.Fingerprint) error {
	r.out.Missed += len(missing)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelWrites)
	for _, p := range missing {
		g.Go(func() error {
			return r.cfg.Store.UpdateFingerprint(gctx, r.state.OrgID, p.ID, func(doc *collections.Fingerprint) bool {
				if !doc.MissedAt.IsZero() || !doc.SeenAt.Equal(p.SeenAt) {
					return false
				}
				doc.MissedAt = r.plan.StartedAt
				return true
			})
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("mark missing reviews: %w", err)
	}
	return nil
}

// removeAtOnce bounds how many reviews are read from the inbox with their texts.
const removeAtOnce = 100

// remove tells that reviews are gone. One that is still on its way to the inbox waits for
// the next complete list, which is asked for soon: what is told must not overtake what it
// is about. One that the inbox had and has no more was erased there on purpose.
func (r *run) remove(ctx context.Context, gone []collections.Fingerprint) error {
	for start := 0; start < len(gone); start += removeAtOnce {
		part := gone[start:min(start+removeAtOnce, len(gone))]
		ids := make([]string, len(part))
		for i, p := range part {
			ids[i] = p.ID
		}
		reviews, err := r.cfg.Store.Reviews(ctx, r.state.OrgID, ids)
		if err != nil {
			return fmt.Errorf("read reviews from the inbox: %w", err)
		}
		shown := make(map[string]collections.Review, len(reviews))
		for _, review := range reviews {
			shown[review.ID] = review
		}
		var changes []detect.Change
		for _, p := range part {
			switch review, ok := shown[p.ID]; {
			case ok && review.Version >= p.Version:
				changes = append(changes, detect.Remove(p, review, r.plan.StartedAt))
			case !p.Confirmed:
				r.out.Missed++
				r.out.Held++
			}
		}
		if err := r.tell(ctx, changes); err != nil {
			return err
		}
	}
	return nil
}
