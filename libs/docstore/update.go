package docstore

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/bedside-health/bedside/libs/problem"
)

// maxAttempts bounds how often an update starts again because another process
// was faster.
const maxAttempts = 64

// Update changes one document atomically: change sees the current document and
// may run several times (it must not have effects of its own, and must not update
// the same document through the store). An error of change leaves the document as
// it is and is returned, ErrSkip as nil. ErrNotFound if there is no such document.
// The document after the call is returned.
func (c *Collection[T]) Update(ctx context.Context, s Scope, id string, change func(*T) error) (T, error) {
	var none T
	key, err := c.key(s, id)
	if err != nil {
		return none, err
	}
	return c.swap(ctx, key, Record{}, func(doc *T, exists bool) error {
		if !exists {
			return notFound(c.schema)
		}
		return change(doc)
	})
}

// Upsert is Update that starts from a new document (only Base set) where there is
// none; exists tells which.
func (c *Collection[T]) Upsert(ctx context.Context, s Scope, id string, change func(doc *T, exists bool) error) (T, error) {
	key, err := c.key(s, id)
	if err != nil {
		var none T
		return none, err
	}
	return c.swap(ctx, key, Record{}, change)
}

// swap reads, changes and stores until nobody else did so in between. known is
// a record read before, to save the first read; the zero Record reads.
func (c *Collection[T]) swap(ctx context.Context, key Key, known Record, change func(*T, bool) error) (T, error) {
	var none T
	// Updates of one document queue up within the process, so that only other
	// processes can make an attempt fail.
	unlock, err := c.locks.lock(ctx, key)
	if err != nil {
		return none, wrap(err, "updating a document of", c.schema)
	}
	defer unlock()
	for attempt := range maxAttempts {
		if err := pause(ctx, attempt); err != nil {
			return none, wrap(err, "updating a document of", c.schema)
		}
		prev := known
		known = Record{}
		if prev.Doc == nil {
			prev, err = c.read(ctx, key)
		}
		exists := err == nil
		if err != nil && !errors.Is(err, ErrNotFound) {
			return none, err
		}
		doc, done, err := c.attempt(ctx, key, prev, exists, change)
		if done || err != nil {
			return doc, err
		}
	}
	return none, problem.New(problem.Conflict, "busy", "a document of %s is being changed by many at once", c.schema.Name)
}

// attempt makes one try; done is false if another writer was faster.
func (c *Collection[T]) attempt(ctx context.Context, key Key, prev Record, exists bool, change func(*T, bool) error) (doc T, done bool, err error) {
	var none T
	if exists {
		if doc, err = c.codec.decode(prev); err != nil {
			return none, false, err
		}
	} else {
		*c.def.Base(&doc) = Base{ID: key.ID, OrgID: key.Org}
	}
	before := *c.def.Base(&doc)
	if err := change(&doc, exists); err != nil {
		if errors.Is(err, ErrSkip) {
			return c.unchanged(prev, exists)
		}
		return none, false, err
	}
	b := c.def.Base(&doc)
	if b.ID != key.ID || (!c.schema.Global && b.OrgID != key.Org) {
		return none, false, problem.New(problem.Invalid, "identity_changed", "an update of %s changes the document's identity", c.schema.Name)
	}
	b.Rev = before.Rev + 1
	next, err := c.codec.encode(&doc)
	if err != nil {
		return none, false, err
	}
	if !exists {
		inserted, err := c.table.Insert(ctx, []Record{next})
		if err != nil {
			return none, false, wrap(err, "storing a document of", c.schema)
		}
		return doc, inserted[0], nil
	}
	prev.Rev = before.Rev
	if err := c.schema.Extract(&prev); err != nil {
		return none, false, wrap(err, "updating a document of", c.schema)
	}
	done, err = c.table.Replace(ctx, prev, next)
	if err != nil {
		return none, false, wrap(err, "updating a document of", c.schema)
	}
	return doc, done, nil
}

// unchanged gives the stored document, whatever change did to its copy.
func (c *Collection[T]) unchanged(prev Record, exists bool) (T, bool, error) {
	if !exists {
		var none T
		return none, true, nil
	}
	doc, err := c.codec.decode(prev)
	return doc, err == nil, err
}

// Claim walks a query and takes up to limit documents for which take returns true
// after it has marked them (a lease holder and its end, say). Two claimers never
// both take a document: each is an atomic update in which take sees the current
// document. With AllOrgs each document is updated in its own organization. Take
// may see a document several times; what it does to one it does not take is lost.
func (c *Collection[T]) Claim(ctx context.Context, s Scope, q Query, limit int, take func(*T) bool) ([]T, error) {
	taken := []T{}
	if limit <= 0 {
		return taken, nil
	}
	if q.Limit == 0 {
		q.Limit = min(max(limit, 16), MaxLimit)
	}
	seen := map[Key]bool{}
	for {
		records, next, err := c.find(ctx, s, q)
		if err != nil {
			return taken, err
		}
		for _, r := range records {
			if seen[r.Key] {
				continue // it moved ahead because this call took it
			}
			seen[r.Key] = true
			doc, ok, err := c.claimOne(ctx, r, take)
			if err != nil {
				return taken, err
			}
			if !ok {
				continue
			}
			if taken = append(taken, doc); len(taken) == limit {
				return taken, nil
			}
		}
		if next == "" {
			return taken, nil
		}
		q.Cursor = next
	}
}

func (c *Collection[T]) claimOne(ctx context.Context, r Record, take func(*T) bool) (T, bool, error) {
	var none T
	look, err := c.codec.decode(r)
	if err != nil {
		return none, false, err
	}
	if !take(&look) {
		return none, false, nil
	}
	ok := false
	doc, err := c.swap(ctx, r.Key, r, func(doc *T, exists bool) error {
		ok = exists && take(doc)
		if !ok {
			return ErrSkip
		}
		return nil
	})
	return doc, ok && err == nil, err
}

// pause waits longer, and less predictably, with each attempt.
func pause(ctx context.Context, attempt int) error {
	if attempt == 0 {
		return ctx.Err()
	}
	most := min(time.Millisecond<<min(attempt, 7), 100*time.Millisecond)
	timer := time.NewTimer(rand.N(most))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
