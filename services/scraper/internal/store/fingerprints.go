package store

import (
	"context"
	"errors"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
)

// Fingerprints reads those of an organization's fingerprints that exist.
func (s *Store) Fingerprints(ctx context.Context, org string, ids []string) ([]collections.Fingerprint, error) {
	return s.docs.Fingerprints.GetMany(ctx, docstore.Org(org), ids)
}

// AddFingerprints stores fingerprints of one organization; those that exist stay
// as they are.
func (s *Store) AddFingerprints(ctx context.Context, org string, prints []collections.Fingerprint) error {
	docs := make([]*collections.Fingerprint, len(prints))
	for i := range prints {
		docs[i] = &prints[i]
	}
	_, err := s.docs.Fingerprints.InsertManyIfAbsent(ctx, docstore.Org(org), docs)
	return err
}

// UpdateFingerprint changes a fingerprint; change returns false to leave it as it
// is. One that is gone is left alone.
func (s *Store) UpdateFingerprint(ctx context.Context, org, id string, change func(*collections.Fingerprint) bool) error {
	_, err := s.docs.Fingerprints.Update(ctx, docstore.Org(org), id, func(doc *collections.Fingerprint) error {
		if !change(doc) {
			return docstore.ErrSkip
		}
		return nil
	})
	if errors.Is(err, docstore.ErrNotFound) {
		return nil
	}
	return err
}

// Present reads a page of the fingerprints of a listing's reviews that were not
// told removed. next is empty after the last page.
func (s *Store) Present(ctx context.Context, org, listingID, cursor string) (items []collections.Fingerprint, next string, err error) {
	page, err := s.docs.Fingerprints.Page(ctx, docstore.Org(org), docstore.Query{
		Index: "by_listing",
		Where: []docstore.Cond{docstore.Is("listing_id", listingID), docstore.Is("removed", false)},
		Limit: fingerprintsPage, Cursor: cursor,
	})
	return page.Items, page.Next, err
}

// Unconfirmed reads a page of the fingerprints over all organizations that the
// inbox was not yet seen to have and that were published before a time, oldest first.
func (s *Store) Unconfirmed(ctx context.Context, before time.Time, cursor string) (items []collections.Fingerprint, next string, err error) {
	page, err := s.docs.Fingerprints.Page(ctx, docstore.AllOrgs(), docstore.Query{
		Index: "unconfirmed",
		Where: []docstore.Cond{docstore.Is("confirmed", false), docstore.Below("updated_at", before)},
		Limit: textsPage, Cursor: cursor,
	})
	return page.Items, page.Next, err
}

// Surplus reports whether the inbox has more reviews of a listing than there are
// fingerprints of it.
func (s *Store) Surplus(ctx context.Context, org, listingID string) (bool, error) {
	of := []docstore.Cond{docstore.Is("listing_id", listingID)}
	reviews, err := s.docs.Reviews.Count(ctx, docstore.Org(org), docstore.Query{Index: "by_listing", Where: of})
	if err != nil {
		return false, err
	}
	prints, err := s.docs.Fingerprints.Count(ctx, docstore.Org(org), docstore.Query{Index: "by_listing", Where: of})
	return reviews > prints, err
}

// Inbox reads a page of the reviews that the inbox has of a listing. next is empty
// after the last page.
func (s *Store) Inbox(ctx context.Context, org, listingID, cursor string) (items []collections.Review, next string, err error) {
	page, err := s.docs.Reviews.Page(ctx, docstore.Org(org), docstore.Query{
		Index: "by_listing", Where: []docstore.Cond{docstore.Is("listing_id", listingID)},
		Limit: textsPage, Cursor: cursor,
	})
	return page.Items, page.Next, err
}
