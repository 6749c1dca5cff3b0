package store

import (
	"context"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/services/scraper/schedule"
)

// States reads the poll states of listings, those that exist.
func (s *Store) States(ctx context.Context, org string, ids []string) ([]collections.PollState, error) {
	return s.docs.PollStates.GetMany(ctx, docstore.Org(org), ids)
}

// PutState makes or changes the poll state of a listing. change returns false to
// leave it as it is.
func (s *Store) PutState(ctx context.Context, org, id string, change func(*collections.PollState) bool) error {
	_, err := s.docs.PollStates.Upsert(ctx, docstore.Org(org), id, func(doc *collections.PollState, _ bool) error {
		if !change(doc) {
			return docstore.ErrSkip
		}
		return nil
	})
	return err
}

// UpdateState changes a poll state; an error of change leaves it as it is and is
// returned.
func (s *Store) UpdateState(ctx context.Context, org, id string, change func(*collections.PollState) error) (collections.PollState, error) {
	return s.docs.PollStates.Update(ctx, docstore.Org(org), id, change)
}

// UpdateStates is UpdateState of several states in few round trips; the errors are
// parallel to keys, of which none comes twice.
func (s *Store) UpdateStates(ctx context.Context, keys []docstore.Key, change func(i int, state *collections.PollState) error) []error {
	_, errs := s.docs.PollStates.UpdateMany(ctx, keys, change)
	return errs
}

// Claim takes up to limit states of an adapter that are due before a time and that
// take accepts after it has marked them.
func (s *Store) Claim(ctx context.Context, adapter string, before time.Time, limit int, take func(*collections.PollState) bool) ([]collections.PollState, error) {
	return s.docs.PollStates.Claim(ctx, docstore.AllOrgs(), docstore.Query{
		Index: "due",
		Where: []docstore.Cond{docstore.Is("adapter", adapter), docstore.Below("due_at", before)},
	}, limit, take)
}

// OldestDue is when the state of an adapter was due that waits longest; zero if
// none is due before a time.
func (s *Store) OldestDue(ctx context.Context, adapter string, before time.Time) (time.Time, error) {
	page, err := s.docs.PollStates.Page(ctx, docstore.AllOrgs(), docstore.Query{
		Index: "due",
		Where: []docstore.Cond{docstore.Is("adapter", adapter), docstore.Below("due_at", before)},
		Limit: 1,
	})
	if err != nil || len(page.Items) == 0 {
		return time.Time{}, err
	}
	return page.Items[0].DueAt, nil
}

// Due reads the first states of an adapter that are due before a time, those that wait
// longest first.
func (s *Store) Due(ctx context.Context, adapter string, before time.Time, limit int) ([]collections.PollState, error) {
	page, err := s.docs.PollStates.Page(ctx, docstore.AllOrgs(), docstore.Query{
		Index: "due",
		Where: []docstore.Cond{docstore.Is("adapter", adapter), docstore.Below("due_at", before)},
		Limit: limit,
	})
	return page.Items, err
}

// Polled reads a page of the states of an adapter that are polled, over all
// organizations. next is empty after the last page.
func (s *Store) Polled(ctx context.Context, adapter, cursor string) (items []collections.PollState, next string, err error) {
	page, err := s.docs.PollStates.Page(ctx, docstore.AllOrgs(), docstore.Query{
		Index: "due",
		Where: []docstore.Cond{docstore.Is("adapter", adapter), docstore.Below("due_at", schedule.Parked)},
		Limit: listingsPage, Cursor: cursor,
	})
	return page.Items, page.Next, err
}

// Hints reads a page of the hints for an adapter's listings that were given since a
// time, oldest first. next is empty after the last page.
func (s *Store) Hints(ctx context.Context, adapter string, since time.Time, cursor string) (items []collections.PollHint, next string, err error) {
	page, err := s.docs.PollHints.Page(ctx, docstore.AllOrgs(), docstore.Query{
		Index: "by_time",
		Where: []docstore.Cond{docstore.Is("adapter", adapter), docstore.From("at", since)},
		Limit: listingsPage, Cursor: cursor,
	})
	return page.Items, page.Next, err
}
