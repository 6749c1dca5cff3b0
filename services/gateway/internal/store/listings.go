package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/sources"
)

// AddListing stores a new listing. One for the same site and address in the
// organization is problem.Conflict.
func (s *Store) AddListing(ctx context.Context, org string, doc *collections.Listing) error {
	_, err := s.shared.Listings.InsertIfAbsent(ctx, docstore.Org(org), doc)
	if errors.Is(err, docstore.ErrDup) {
		return problem.New(problem.Conflict, "listing_exists",
			"This listing is watched already. Change the one that is there instead.")
	}
	return err
}

// Listing reads a listing of an organization.
func (s *Store) Listing(ctx context.Context, org, id string) (collections.Listing, error) {
	doc, err := s.shared.Listings.Get(ctx, docstore.Org(org), id)
	return doc, missing(err, "listing_not_found", "There is no such listing.")
}

// Listings reads all listings of an organization in the order they were added.
func (s *Store) Listings(ctx context.Context, org string) ([]collections.Listing, error) {
	return all(ctx, s.shared.Listings, docstore.Org(org), docstore.Query{
		Index: "by_created", Where: []docstore.Cond{docstore.OneOf("adapter", sources.Adapters())},
	})
}

// ChangeListing changes a listing.
func (s *Store) ChangeListing(
	ctx context.Context, org, id string, change func(*collections.Listing) error,
) (collections.Listing, error) {
	doc, err := s.shared.Listings.Update(ctx, docstore.Org(org), id, change)
	if errors.Is(err, docstore.ErrNotFound) {
		return doc, missing(err, "listing_not_found", "There is no such listing.")
	}
	return doc, err
}

// DropListing removes a listing; its reviews stay.
func (s *Store) DropListing(ctx context.Context, org, id string) error {
	if err := s.shared.PollHints.Delete(ctx, docstore.Org(org), id); err != nil {
		return fmt.Errorf("remove the wish to poll a listing: %w", err)
	}
	return s.shared.Listings.Delete(ctx, docstore.Org(org), id)
}

// PollStates reads how polling of some listings goes, by listing; those never
// polled are left out.
func (s *Store) PollStates(ctx context.Context, org string, listings []string) (map[string]collections.PollState, error) {
	found, err := s.shared.PollStates.GetMany(ctx, docstore.Org(org), listings)
	if err != nil {
		return nil, err
	}
	states := make(map[string]collections.PollState, len(found))
	for _, state := range found {
		states[state.ID] = state
	}
	return states, nil
}

// ListingFacts reads what sites show about the practice, by listing.
func (s *Store) ListingFacts(ctx context.Context, org string, listings []string) (map[string]collections.ListingFact, error) {
	found, err := s.shared.ListingFacts.GetMany(ctx, docstore.Org(org), listings)
	if err != nil {
		return nil, err
	}
	facts := make(map[string]collections.ListingFact, len(found))
	for _, fact := range found {
		facts[fact.ID] = fact
	}
	return facts, nil
}
