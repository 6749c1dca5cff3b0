package store

import (
	"context"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
)

// Organizations reads a page of all organizations. next is empty after the last page.
func (s *Store) Organizations(ctx context.Context, cursor string) (items []collections.Organization, next string, err error) {
	page, err := s.docs.Organizations.Page(ctx, docstore.AllOrgs(), docstore.Query{Index: "all", Limit: listingsPage, Cursor: cursor})
	return page.Items, page.Next, err
}

// Locations reads a page of an organization's locations.
func (s *Store) Locations(ctx context.Context, org, cursor string) (items []collections.Location, next string, err error) {
	page, err := s.docs.Locations.Page(ctx, docstore.Org(org), docstore.Query{Index: "by_sort", Limit: listingsPage, Cursor: cursor})
	return page.Items, page.Next, err
}

// Watched reads a page of an organization's enabled listings, oldest first.
func (s *Store) Watched(ctx context.Context, org, cursor string) (items []collections.Listing, next string, err error) {
	page, err := s.docs.Listings.Page(ctx, docstore.Org(org), docstore.Query{
		Index: "by_created", Where: []docstore.Cond{docstore.Is("enabled", true)}, Limit: listingsPage, Cursor: cursor,
	})
	return page.Items, page.Next, err
}

// AllFacts reads a page of what sites show of an organization.
func (s *Store) AllFacts(ctx context.Context, org, cursor string) (items []collections.ListingFact, next string, err error) {
	page, err := s.docs.ListingFacts.Page(ctx, docstore.Org(org), docstore.Query{Index: "by_location", Limit: textsPage, Cursor: cursor})
	return page.Items, page.Next, err
}

// OpenFindings reads a page of an organization's open findings.
func (s *Store) OpenFindings(ctx context.Context, org, cursor string) (items []collections.Finding, next string, err error) {
	page, err := s.docs.Findings.Page(ctx, docstore.Org(org), docstore.Query{
		Index: "newest", Where: []docstore.Cond{docstore.Is("open", true)}, Limit: listingsPage, Cursor: cursor,
	})
	return page.Items, page.Next, err
}

// PutFinding makes or changes a finding. change returns false to leave it as it is.
func (s *Store) PutFinding(ctx context.Context, org, id string, change func(f *collections.Finding, exists bool) bool) error {
	_, err := s.docs.Findings.Upsert(ctx, docstore.Org(org), id, func(doc *collections.Finding, exists bool) error {
		if !change(doc, exists) {
			return docstore.ErrSkip
		}
		return nil
	})
	return err
}
