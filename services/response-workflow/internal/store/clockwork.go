package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

// Bounds of one round of work that begins by itself; what is left waits for the next.
const (
	wakePage  = 100
	wakePages = 10
)

// Wake carries out what became due by itself: due-soon and overdue, escalations, ends of holds and
// snoozes, reminders. It returns how many cases changed. Any number of processes may run it at once.
func (c *Cases) Wake(ctx context.Context) (int, error) {
	changed := 0
	var first error
	q := docstore.Query{
		Index: "by_wake", Where: []docstore.Cond{docstore.Below("case.wake_at", c.cfg.Clock().Add(1))}, Limit: wakePage,
	}
	for range wakePages {
		page, err := c.reviews.Page(ctx, docstore.AllOrgs(), q)
		if err != nil {
			return changed, fmt.Errorf("look for cases that are due: %w", err)
		}
		woken := make([]bool, len(page.Items))
		faults := make([]error, len(page.Items))
		each(len(page.Items), c.cfg.Parallel, func(i int) { woken[i], faults[i] = c.wake(ctx, page.Items[i]) })
		for i := range woken {
			if woken[i] {
				changed++
				c.metrics.woken.Inc()
			}
			if first == nil {
				first = faults[i]
			}
		}
		if page.Next == "" || ctx.Err() != nil {
			break
		}
		q.Cursor = page.Next
	}
	return changed, first
}

func (c *Cases) wake(ctx context.Context, found collections.Review) (bool, error) {
	desk, err := c.roster.desk(ctx, found.OrgID)
	if err != nil {
		return false, err
	}
	return c.byItself(ctx, found, func(doc collections.Review) (collections.Review, bool) {
		return desk.Tick(doc, c.cfg.Clock())
	})
}

// byItself applies a change that nobody asked for, and tells of it. One that somebody else was
// faster with, or whose review's outbox is full, is left for the next round.
func (c *Cases) byItself(ctx context.Context, found collections.Review, change func(collections.Review) (collections.Review, bool)) (bool, error) {
	scope, changed := docstore.Org(found.OrgID), false
	doc, err := c.reviews.Update(ctx, scope, found.ID, func(doc *collections.Review) error {
		changed = false
		if casework.Full(*doc) {
			return docstore.ErrSkip
		}
		next, some := change(*doc)
		if !some {
			return docstore.ErrSkip
		}
		changed = true
		*doc = next
		return nil
	})
	switch {
	case errors.Is(err, docstore.ErrNotFound):
		return false, nil // erased since it was found
	case err != nil:
		return false, fmt.Errorf("change a case that is due: %w", err)
	case !changed || !doc.HasOutbox:
		return changed, nil
	}
	if err := c.drainSoon(ctx, scope, &doc); err != nil {
		c.cfg.Logger.WarnContext(ctx, "a change is announced later", "review_id", doc.ID, "org_id", doc.OrgID, "error", err.Error())
	}
	return true, nil
}

// Place gives cases that wait for an owner to people who have room again, oldest first, and
// returns how many found one. Where the first of a location finds nobody, the others of that
// location wait behind it.
func (c *Cases) Place(ctx context.Context) (int, error) {
	placed := 0
	full := map[string]bool{} // locations without anybody with room
	q := docstore.Query{Index: "queued", Where: []docstore.Cond{docstore.Is("case.queued", true)}, Limit: wakePage}
	for range wakePages {
		page, err := c.reviews.Page(ctx, docstore.AllOrgs(), q)
		if err != nil {
			return placed, fmt.Errorf("look for cases without an owner: %w", err)
		}
		for _, found := range page.Items {
			at := found.OrgID + "/" + found.LocationID
			if full[at] {
				continue
			}
			done, waits, err := c.place(ctx, found)
			if err != nil {
				return placed, err
			}
			full[at] = waits
			if done {
				placed++
				c.metrics.placed.Inc()
			}
		}
		if page.Next == "" || ctx.Err() != nil {
			break
		}
		q.Cursor = page.Next
	}
	return placed, nil
}

func (c *Cases) place(ctx context.Context, found collections.Review) (done, waits bool, err error) {
	decision, desk, settle, err := c.roster.choose(ctx, found.OrgID, found)
	if err != nil {
		return false, false, err
	}
	if decision.Queued {
		settle(false)
		return false, true, nil
	}
	done, err = c.byItself(ctx, found, func(doc collections.Review) (collections.Review, bool) {
		return desk.Place(doc, decision, c.cfg.Clock())
	})
	settle(done)
	return done, false, err
}
