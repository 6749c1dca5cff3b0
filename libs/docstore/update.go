package docstore

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
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
	return c.swap(ctx, key, func(doc *T, exists bool) error {
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
	return c.swap(ctx, key, change)
}

// swap reads, changes and stores until nobody else did so in between.
func (c *Collection[T]) swap(ctx context.Context, key Key, change func(*T, bool) error) (T, error) {
	var none T
	// Updates of one document queue up within the process, so that only other
	// processes can make an attempt fail.
	unlock, err := c.locks.lock(ctx, key)
	if err != nil {
		return none, wrap(err, "updating a document of", c.schema)
	}
	defer unlock()
	if prev, known, ok := c.recent.get(key); ok {
		doc, next, err := c.propose(key, prev, known, change)
		if err == nil {
			if done, err := c.replace(ctx, prev, next, doc); done || err != nil {
				return doc, err
			}
			c.recent.stale(key)
		}
		// What change refuses it must refuse of the stored document.
	}
	for attempt := range maxAttempts {
		if err := pause(ctx, attempt); err != nil {
			return none, wrap(err, "updating a document of", c.schema)
		}
		prev, err := c.read(ctx, key)
		exists := err == nil
		if err != nil && !errors.Is(err, ErrNotFound) {
			return none, err
		}
		doc, next, err := c.propose(key, prev, nil, change)
		if errors.Is(err, ErrSkip) {
			return c.unchanged(prev, exists)
		}
		if err != nil {
			return none, err
		}
		var done bool
		if exists {
			done, err = c.replace(ctx, prev, next, doc)
		} else {
			done, err = c.insert(ctx, next, doc)
		}
		if err != nil {
			return none, err
		}
		if done {
			return doc, nil
		}
	}
	return none, c.busy()
}

func (c *Collection[T]) busy() error {
	return problem.New(problem.Conflict, "busy", "a document of %s is being changed by many at once", c.schema.Name)
}

// propose changes a copy of a record's document, which is decoded unless it is known, and
// encodes it as the next revision. The zero Record stands for a new document.
func (c *Collection[T]) propose(key Key, prev Record, known *T, change func(*T, bool) error) (doc T, next Record, err error) {
	var none T
	exists := prev.Doc != nil
	if known != nil {
		doc = *known
	} else if exists {
		if doc, err = c.codec.decode(prev); err != nil {
			return none, next, err
		}
	} else {
		*c.def.Base(&doc) = Base{ID: key.ID, OrgID: key.Org}
	}
	rev := c.def.Base(&doc).Rev
	if err := change(&doc, exists); err != nil {
		return none, next, err
	}
	b := c.def.Base(&doc)
	if b.ID != key.ID || (!c.schema.Global && b.OrgID != key.Org) {
		return none, next, problem.New(problem.Invalid, "identity_changed", "an update of %s changes the document's identity", c.schema.Name)
	}
	b.Rev = rev + 1
	if next, err = c.codec.encode(&doc); err != nil {
		return none, next, err
	}
	return doc, next, nil
}

func (c *Collection[T]) insert(ctx context.Context, next Record, doc T) (bool, error) {
	inserted, err := c.table.Insert(ctx, []Record{next})
	if err != nil {
		return false, wrap(err, "storing a document of", c.schema)
	}
	if inserted[0] {
		c.recent.put(next, doc)
	}
	return inserted[0], nil
}

// replace stores the revision after prev; false if prev is not what is stored.
func (c *Collection[T]) replace(ctx context.Context, prev, next Record, doc T) (bool, error) {
	if err := c.complete(&prev, next); err != nil {
		return false, err
	}
	done, err := c.table.Replace(ctx, prev, next)
	if err != nil {
		return false, wrap(err, "updating a document of", c.schema)
	}
	if done {
		c.recent.put(next, doc)
	}
	return done, nil
}

// complete fills in what a record that was read lacks to be replaced by next.
func (c *Collection[T]) complete(prev *Record, next Record) error {
	prev.Rev = next.Rev - 1
	if prev.Values != nil {
		return nil
	}
	if err := c.schema.Extract(prev); err != nil {
		return wrap(err, "updating a document of", c.schema)
	}
	return nil
}

// unchanged gives the stored document, whatever change did to its copy.
func (c *Collection[T]) unchanged(prev Record, exists bool) (T, error) {
	if !exists {
		var none T
		return none, nil
	}
	return c.codec.decode(prev)
}

// Claim walks a query and takes up to limit documents for which take returns true
// after it has marked them (a lease holder and its end, say). Two claimers never
// both take a document: each is an atomic update in which take sees the current
// document. With AllOrgs each document is updated in its own organization. Take
// may see a document several times; what it does to one it does not take is lost.
// What is taken is stored in few round trips. One that others changed so soon that
// nobody can tell whether it was taken is not returned. After an error the documents
// returned are taken, and others may be.
func (c *Collection[T]) Claim(ctx context.Context, s Scope, q Query, limit int, take func(*T) bool) ([]T, error) {
	taken := []T{}
	if limit <= 0 {
		return taken, nil
	}
	if q.Limit == 0 {
		q.Limit = min(max(limit, 8), MaxLimit)
	}
	seen := map[Key]bool{}
	for {
		records, next, err := c.find(ctx, s, q)
		if err != nil {
			return taken, err
		}
		// Those seen before moved ahead because this call took them.
		records = slices.DeleteFunc(records, func(r Record) bool {
			again := seen[r.Key]
			seen[r.Key] = true
			return again
		})
		for len(records) > 0 {
			var docs []T
			docs, records, err = c.claimSome(ctx, records, limit-len(taken), take)
			taken = append(taken, docs...)
			if err != nil || len(taken) == limit {
				return taken, err
			}
		}
		if next == "" {
			return taken, nil
		}
		q.Cursor = next
	}
}

// claimSome tries for up to limit of the records and gives those that it did not come to.
func (c *Collection[T]) claimSome(ctx context.Context, records []Record, limit int, take func(*T) bool) (docs []T, rest []Record, err error) {
	var items []*item[T]
	for len(records) > 0 && len(items) < limit {
		it := &item[T]{key: records[0].Key, prev: records[0], known: true}
		records = records[1:]
		taking := false
		c.proposeItem(it, func(doc *T) error {
			if taking = take(doc); !taking {
				return ErrSkip
			}
			return nil
		})
		if taking || it.err != nil {
			items = append(items, it)
		}
	}
	took := make([]bool, len(items))
	for i := range took {
		took[i] = true
	}
	c.swapMany(ctx, items, func(i int, doc *T) error {
		if took[i] = take(doc); !took[i] {
			return ErrSkip
		}
		return nil
	})
	for i, it := range items {
		switch {
		case it.err == nil && took[i]:
			docs = append(docs, it.doc)
		case it.err != nil && !errors.Is(it.err, ErrNotFound) && !errors.Is(it.err, ErrUnclear):
			err = errors.Join(err, it.err)
		}
	}
	return docs, records, err
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
