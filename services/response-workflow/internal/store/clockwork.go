package store

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

// Bounds of one round of work that begins by itself; what is left waits for the next.
const (
	wakePage  = 100
	wakePages = 10
)

// rounds is a walk over what waits that may take more than one round of work: each begins where the
// one before stopped, and after the end at the beginning, so that what cannot be done now keeps
// nothing behind it waiting. begin and end belong together; between them nobody else walks.
type rounds struct {
	mu   sync.Mutex
	left docstore.Query // how the walk goes on; without a cursor it begins anew
}

func (r *rounds) begin(anew func() docstore.Query) docstore.Query {
	r.mu.Lock()
	if r.left.Cursor == "" {
		return anew()
	}
	return r.left
}

func (r *rounds) end(q docstore.Query) {
	r.left = q
	r.mu.Unlock()
}

// Wake carries out what became due by itself: due-soon and overdue, escalations, ends of holds and
// snoozes, reminders. It returns how many cases changed. Any number of processes may run it at once.
func (c *Cases) Wake(ctx context.Context) (int, error) {
	changed := 0
	var first error
	q := c.waking.begin(func() docstore.Query {
		return docstore.Query{Index: "by_wake", Where: []docstore.Cond{docstore.Below("case.wake_at", c.cfg.Clock().Add(1))}, Limit: wakePage}
	})
	defer func() { c.waking.end(q) }()
	for range wakePages {
		page, err := c.reviews.Page(ctx, docstore.AllOrgs(), q)
		if err != nil {
			q.Cursor = ""
			return changed, fmt.Errorf("look for cases that are due: %w", err)
		}
		q.Cursor = page.Next
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
	}
	return changed, first
}

func (c *Cases) wake(ctx context.Context, found collections.Review) (bool, error) {
	desk, err := c.roster.desk(ctx, found.OrgID)
	if err != nil {
		return false, err
	}
	return c.byItself(ctx, found, false, func(doc collections.Review) (collections.Review, bool) {
		return desk.Tick(doc, c.cfg.Clock())
	})
}

// byItself applies a change that nobody asked for, and tells of it. One that somebody else was
// faster with is left, as is one whose review's outbox is full, unless it must be kept.
func (c *Cases) byItself(ctx context.Context, found collections.Review, must bool, change func(collections.Review) (collections.Review, bool)) (bool, error) {
	scope, changed := docstore.Org(found.OrgID), false
	doc, err := c.reviews.Update(ctx, scope, found.ID, func(doc *collections.Review) error {
		changed = false
		if !must && casework.Full(*doc) {
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
// location wait behind it. A queue that is longer than a round is gone on with in the next; the
// organizations that cannot be read now keep nobody else waiting.
func (c *Cases) Place(ctx context.Context) (int, error) {
	placed := 0
	var first error
	sick := map[string]bool{} // organizations that cannot be read
	q := c.placing.begin(func() docstore.Query {
		clear(c.full)
		return docstore.Query{Index: "queued", Where: []docstore.Cond{docstore.Is("case.queued", true)}, Limit: wakePage}
	})
	defer func() { c.placing.end(q) }()
	for range wakePages {
		page, err := c.reviews.Page(ctx, docstore.AllOrgs(), q)
		if err != nil {
			q.Cursor = ""
			return placed, fmt.Errorf("look for cases without an owner: %w", err)
		}
		q.Cursor = page.Next
		for _, found := range page.Items {
			at := found.OrgID + "/" + found.LocationID
			if c.full[at] || sick[found.OrgID] {
				continue
			}
			done, waits, err := c.place(ctx, found)
			if err != nil {
				sick[found.OrgID] = true
				if first == nil {
					first = err
				}
				continue
			}
			if waits {
				c.full[at] = true
			}
			if done {
				placed++
				c.metrics.placed.Inc()
			}
		}
		if page.Next == "" || ctx.Err() != nil {
			break
		}
	}
	return placed, first
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
	done, err = c.byItself(ctx, found, false, func(doc collections.Review) (collections.Review, bool) {
		return desk.Place(doc, decision, c.cfg.Clock())
	})
	settle(done)
	return done, false, err
}
