package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

// sweepPage is how many reviews one step of a sweep holds in memory.
const sweepPage = 50

// drain brings the events of reviews as they were read to where they belong: into
// the history, to those who listen, and only then out of the outbox. Each step may be
// repeated, so that an interruption anywhere costs nothing but doing it again. The answers
// are parallel to docs: the reviews with their outboxes empty (or as they were, after an error).
func (c *Cases) drain(ctx context.Context, scope docstore.Scope, docs []collections.Review) ([]collections.Review, []error) {
	errs := make([]error, len(docs))
	c.keep(ctx, scope, docs, errs)
	var told []int
	var changes []events.ReviewChanged
	for i := range docs {
		if errs[i] == nil {
			told, changes = append(told, i), append(changes, changeOf(&docs[i]))
		}
	}
	if len(told) == 0 {
		return docs, errs
	}
	if c.cfg.Teller != nil {
		if err := c.tellPeople(ctx, scope.OrgID(), docs, told); err != nil {
			for _, i := range told {
				errs[i] = err
			}
			return docs, errs
		}
	}
	if err := c.cfg.Announcer.Announce(ctx, changes); err != nil {
		for _, i := range told {
			errs[i] = fmt.Errorf("announce changes of reviews: %w", err)
		}
		return docs, errs
	}
	out := slices.Clone(docs)
	each(len(told), c.cfg.Parallel, func(n int) {
		i := told[n]
		if doc, err := c.empty(ctx, scope, &docs[i]); err != nil {
			errs[i] = err
		} else {
			out[i] = doc
		}
	})
	return out, errs
}

// tellPeople makes notifications of what the outboxes hold.
func (c *Cases) tellPeople(ctx context.Context, org string, docs []collections.Review, of []int) error {
	changed := make([]collections.Review, 0, len(of))
	for _, i := range of {
		changed = append(changed, docs[i])
	}
	if err := c.cfg.Teller.Tell(ctx, org, changed); err != nil {
		return fmt.Errorf("make notifications of case events: %w", err)
	}
	return nil
}

// keep stores events in the history, unless they are there.
func (c *Cases) keep(ctx context.Context, scope docstore.Scope, docs []collections.Review, errs []error) {
	var entries []*collections.CaseEvent
	var of []int
	for i := range docs {
		for _, e := range docs[i].Outbox {
			entries, of = append(entries, &e), append(of, i)
		}
	}
	stored, faults := insertEach(ctx, c.history, scope, entries)
	for n, i := range of {
		if faults[n] != nil {
			errs[i] = faults[n]
		} else if stored[n] {
			c.metrics.events.WithLabelValues(entries[n].Type).Inc()
		}
	}
}

// empty takes what was told out of the outbox; what came in since stays.
func (c *Cases) empty(ctx context.Context, scope docstore.Scope, doc *collections.Review) (collections.Review, error) {
	last := doc.Outbox[len(doc.Outbox)-1].Seq
	return c.reviews.Update(ctx, scope, doc.ID, func(now *collections.Review) error {
		if !now.HasOutbox || now.Outbox[0].Seq > last {
			return docstore.ErrSkip
		}
		rev := now.Rev
		*now = casework.Drained(*now, last)
		now.DrainedRev = rev
		return nil
	})
}

// changeOf tells of a review with what is in its outbox.
func changeOf(doc *collections.Review) events.ReviewChanged {
	last := doc.Outbox[len(doc.Outbox)-1]
	change := events.ReviewChanged{
		EventID: last.ID, OrgID: doc.OrgID, ReviewID: doc.ID, LocationID: doc.LocationID, Site: doc.Site,
		Status: doc.Case.Status, OwnerID: doc.Case.OwnerID, Rev: doc.Rev, At: last.At,
	}
	for _, e := range doc.Outbox {
		if !slices.Contains(change.Types, e.Type) {
			change.Types = append(change.Types, e.Type)
		}
	}
	return change
}

// Sweep tells what was left untold by an interruption: events in outboxes whose
// newest is at least age old. It returns how many reviews it made good and the first error,
// after trying all.
func (c *Cases) Sweep(ctx context.Context, age time.Duration) (int, error) {
	q := docstore.Query{Index: "outbox", Where: []docstore.Cond{docstore.Is("has_outbox", true)}, Limit: sweepPage}
	swept, waiting := 0, 0
	var first error
	for {
		page, err := c.reviews.Page(ctx, docstore.AllOrgs(), q)
		if err != nil {
			return swept, fmt.Errorf("look for reviews with untold events: %w", err)
		}
		byOrg := map[string][]collections.Review{}
		for _, doc := range page.Items {
			if len(doc.Outbox) == 0 || c.cfg.Clock().Sub(doc.Outbox[len(doc.Outbox)-1].At) < age {
				continue // on its way
			}
			byOrg[doc.OrgID] = append(byOrg[doc.OrgID], doc)
		}
		for org, docs := range byOrg {
			_, errs := c.drain(ctx, docstore.Org(org), docs)
			for _, err := range errs {
				if err == nil {
					swept++
					c.metrics.swept.Inc()
					continue
				}
				waiting++
				if first == nil {
					first = err
				}
			}
		}
		if ctx.Err() != nil {
			return swept, ctx.Err()
		}
		if page.Next == "" {
			c.metrics.outboxes.Set(float64(waiting))
			return swept, first
		}
		q.Cursor = page.Next
	}
}
