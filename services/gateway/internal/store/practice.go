package store

import (
	"context"
	"errors"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
)

// ChangeLocation changes a location of an organization.
func (s *Store) ChangeLocation(
	ctx context.Context, org, id string, change func(*collections.Location) error,
) (collections.Location, error) {
	doc, err := s.shared.Locations.Update(ctx, docstore.Org(org), id, change)
	if errors.Is(err, docstore.ErrNotFound) {
		return doc, missing(err, "location_not_found", "There is no such location.")
	}
	return doc, err
}

// Lexicon reads an organization's topics and terms; without any it is empty, with
// revision 0.
func (s *Store) Lexicon(ctx context.Context, org string) (collections.Lexicon, error) {
	doc, err := s.shared.Lexicons.Get(ctx, docstore.Org(org), org)
	if errors.Is(err, docstore.ErrNotFound) {
		return collections.Lexicon{}, nil
	}
	return doc, err
}

// ChangeLexicon changes an organization's topics and terms; its first starts empty.
func (s *Store) ChangeLexicon(
	ctx context.Context, org string, change func(*collections.Lexicon) error,
) (collections.Lexicon, error) {
	return s.shared.Lexicons.Upsert(ctx, docstore.Org(org), org, func(doc *collections.Lexicon, _ bool) error {
		return change(doc)
	})
}

// Corrected reads one page of the reviews whose tags people corrected, in the order
// they came in.
func (s *Store) Corrected(ctx context.Context, org string, limit int, cursor string) ([]collections.Review, string, error) {
	page, err := s.shared.Reviews.Page(ctx, docstore.Org(org), docstore.Query{
		Index: "corrected", Where: []docstore.Cond{docstore.Is("corrected", true)}, Limit: limit, Cursor: cursor,
	})
	return page.Items, page.Next, badCursor(err)
}
