package docstore

import (
	"context"
	"errors"

	"github.com/bedside-health/bedside/libs/problem"
)

// UpdateMany is Update of many documents, which may be of several organizations, in
// few round trips. The answers are parallel to keys: the documents after the call, and
// an error where Update would give one. Each document is updated atomically, all of
// them are not. A key must not come twice. ErrUnclear (MongoDB only, rare) says that
// others changed a document so soon that nobody can tell whether this change was
// among what they saw.
func (c *Collection[T]) UpdateMany(ctx context.Context, keys []Key, change func(i int, doc *T) error) ([]T, []error) {
	docs, errs := make([]T, len(keys)), make([]error, len(keys))
	items := make([]*item[T], len(keys))
	seen := make(map[Key]bool, len(keys))
	for i, key := range keys {
		items[i] = &item[T]{key: key}
		items[i].err = c.checkKey(key)
		if seen[key] {
			items[i].err = problem.New(problem.Invalid, "bad_id", "a document of %s is to be updated twice at once", c.schema.Name)
		}
		seen[key] = true
		items[i].settled = items[i].err != nil
		if !items[i].settled {
			items[i].prev, items[i].was, _ = c.recent.get(key)
		}
	}
	c.swapMany(ctx, items, change)
	for i, it := range items {
		docs[i], errs[i] = it.doc, it.err
	}
	return docs, errs
}

// GetKeys reads those of the documents that exist, in the order of keys, which may be
// of several organizations.
func (c *Collection[T]) GetKeys(ctx context.Context, keys []Key) ([]T, error) {
	for _, key := range keys {
		if err := c.checkKey(key); err != nil {
			return nil, err
		}
	}
	return c.getAll(ctx, keys)
}

// checkKey holds an identity to the rules of Scope.
func (c *Collection[T]) checkKey(key Key) error {
	s := Org(key.Org)
	if c.schema.Global && key.Org == "" {
		s = AllOrgs()
	}
	_, err := c.key(s, key.ID)
	return err
}

// item is one document of a swapMany.
type item[T any] struct {
	key Key
	// prev is the record to begin with, read now or, unless known is set, remembered.
	prev  Record
	known bool
	was   *T // prev's document, if it is known

	doc     T
	err     error
	settled bool
	// next is what is to be stored instead, once it is proposed.
	next     Record
	proposed bool
}

func (it *item[T]) settle(doc T, err error) { it.doc, it.err, it.settled = doc, err, true }

// swapMany reads, changes and stores documents until nobody else did so in between.
// Items begin with the record they bring and read none that is known.
func (c *Collection[T]) swapMany(ctx context.Context, items []*item[T], change func(i int, doc *T) error) {
	var none T
	left := func() (open []*item[T]) {
		for _, it := range items {
			if !it.settled {
				open = append(open, it)
			}
		}
		return open
	}
	fail := func(of []*item[T], err error) {
		for _, it := range of {
			it.settle(none, err)
		}
	}
	for attempt := range maxAttempts {
		open := left()
		if len(open) == 0 {
			return
		}
		// What was only remembered is read without a pause.
		if err := pause(ctx, max(attempt-1, 0)); err != nil {
			fail(open, wrap(err, "updating documents of", c.schema))
			return
		}
		if err := c.readItems(ctx, open); err != nil {
			fail(open, err)
			return
		}
		var swaps []Swap
		var swapped []*item[T]
		for i, it := range items {
			if !it.settled && !it.proposed {
				c.proposeItem(it, func(doc *T) error { return change(i, doc) })
			}
			if it.settled || !it.proposed {
				continue
			}
			swaps, swapped = append(swaps, Swap{Prev: it.prev, Next: it.next}), append(swapped, it)
		}
		if len(swaps) == 0 {
			continue
		}
		results, err := c.table.ReplaceMany(ctx, swaps)
		if err != nil {
			fail(swapped, wrap(err, "updating documents of", c.schema))
			continue
		}
		for i, it := range swapped {
			switch {
			case results[i] == nil:
				c.recent.put(it.next, it.doc)
				it.settled = true
			case errors.Is(results[i], ErrStale):
				c.recent.stale(it.key)
				it.prev, it.was, it.known, it.proposed = Record{}, nil, false, false
			default:
				it.settle(none, wrap(results[i], "updating documents of", c.schema))
			}
		}
	}
	fail(left(), c.busy())
}

// readItems reads the documents of items that bring none.
func (c *Collection[T]) readItems(ctx context.Context, items []*item[T]) error {
	byKey := map[Key]*item[T]{}
	var keys []Key
	for _, it := range items {
		if it.prev.Doc == nil {
			keys, byKey[it.key] = append(keys, it.key), it
		}
	}
	if len(keys) == 0 {
		return nil
	}
	records, err := c.table.Get(ctx, keys)
	if err != nil {
		return wrap(err, "reading documents of", c.schema)
	}
	for _, r := range records {
		byKey[r.Key].prev, byKey[r.Key].known = r, true
	}
	for _, it := range byKey {
		if it.prev.Doc == nil {
			var none T
			it.settle(none, notFound(c.schema))
		}
	}
	return nil
}

// proposeItem makes an item's next record, or settles it, or gives up what was only
// remembered of it.
func (c *Collection[T]) proposeItem(it *item[T], change func(*T) error) {
	doc, next, err := c.propose(it.key, it.prev, it.was, func(doc *T, _ bool) error { return change(doc) })
	if err == nil {
		err = c.complete(&it.prev, next)
	}
	switch {
	case err == nil:
		it.doc, it.next, it.proposed = doc, next, true
	case !it.known:
		// What change refuses it must refuse of the stored document.
		it.prev, it.was = Record{}, nil
	case errors.Is(err, ErrSkip):
		it.settle(c.unchanged(it.prev, true))
	default:
		it.settle(doc, err)
	}
}
