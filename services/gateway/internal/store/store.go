// Package store is the gateway's view of the document store: what it owns
// (organizations, locations, people, listings, imports, sessions, tokens, routing plans,
// templates, channels, settings of notifications, who writes a reply, what was done to many
// reviews) and what it only reads (reviews, case events, notifications, poll states, listing facts).
//
// It promises that everything but sign-in is confined to one organization, that a
// document of another organization is told from one that does not exist by nothing,
// and that failures are of package problem's kinds.
package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
)

// Store is safe for concurrent use.
type Store struct {
	shared   *collections.Store
	sessions *docstore.Collection[session]
	tokens   *docstore.Collection[token]
	editors  *docstore.Collection[editing]
	bulk     *docstore.Collection[bulkAct]
	now      func() time.Time
}

// Open binds the collections on a backend, which stays the caller's.
func Open(ctx context.Context, backend docstore.Backend, now func() time.Time) (*Store, error) {
	if backend == nil || now == nil {
		return nil, errors.New("open the gateway's store: a backend and a clock are required")
	}
	shared, err := collections.Bind(ctx, backend)
	if err != nil {
		return nil, fmt.Errorf("open the shared collections: %w", err)
	}
	s := &Store{shared: shared, now: now}
	if s.sessions, err = docstore.Bind(ctx, backend, sessions()); err != nil {
		return nil, fmt.Errorf("open the sessions: %w", err)
	}
	if s.tokens, err = docstore.Bind(ctx, backend, tokens()); err != nil {
		return nil, fmt.Errorf("open the tokens: %w", err)
	}
	if s.editors, err = docstore.Bind(ctx, backend, draftEditors()); err != nil {
		return nil, fmt.Errorf("open who writes: %w", err)
	}
	if s.bulk, err = docstore.Bind(ctx, backend, bulkActs()); err != nil {
		return nil, fmt.Errorf("open what was done to many: %w", err)
	}
	return s, nil
}

// Shared returns the shared collections, for what is written at start.
func (s *Store) Shared() *collections.Store { return s.shared }

// missing turns an error of a read by id into problem.NotFound with a code where
// there is no such document in the organization. An id that cannot be one names
// nothing, too.
func missing(err error, code, detail string) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, docstore.ErrNotFound) || problem.KindOf(err) == problem.Invalid {
		return problem.New(problem.NotFound, code, "%s", detail)
	}
	return err
}

// badCursor turns the refusal of a cursor into problem.Invalid.
func badCursor(err error) error {
	if errors.Is(err, docstore.ErrCursor) {
		return problem.New(problem.Invalid, "bad_cursor",
			"This cursor does not belong to this query. Start again without a cursor.")
	}
	return err
}

// all reads every document of a small collection.
func all[T any](ctx context.Context, c *docstore.Collection[T], scope docstore.Scope, q docstore.Query) ([]T, error) {
	items := []T{}
	q.Limit = 500
	for {
		page, err := c.Page(ctx, scope, q)
		if err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
		if page.Next == "" {
			return items, nil
		}
		q.Cursor = page.Next
	}
}
