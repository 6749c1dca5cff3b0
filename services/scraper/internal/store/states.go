package store

import (
	"context"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
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
