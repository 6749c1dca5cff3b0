package store

import (
	"context"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
)

// PollHints reads which polls out of turn were asked for, by listing.
func (s *Store) PollHints(ctx context.Context, org string, listings []string) (map[string]collections.PollHint, error) {
	found, err := s.shared.PollHints.GetMany(ctx, docstore.Org(org), listings)
	if err != nil {
		return nil, err
	}
	hints := make(map[string]collections.PollHint, len(found))
	for _, hint := range found {
		hints[hint.ID] = hint
	}
	return hints, nil
}

// ChangePollHint changes the wish to poll a listing; exists tells whether there was one.
func (s *Store) ChangePollHint(
	ctx context.Context, org, listing string, change func(doc *collections.PollHint, exists bool) error,
) error {
	_, err := s.shared.PollHints.Upsert(ctx, docstore.Org(org), listing, change)
	return err
}

// ListingsAt finds the listings at an adapter's address over all organizations: what a
// site tells of a place concerns everybody who watches it.
func (s *Store) ListingsAt(ctx context.Context, adapter, ref string, most int) ([]collections.Listing, error) {
	page, err := s.shared.Listings.Page(ctx, docstore.AllOrgs(), docstore.Query{
		Index: "by_adapter_ref", Where: []docstore.Cond{docstore.Is("adapter", adapter), docstore.Is("ref", ref)}, Limit: most,
	})
	return page.Items, err
}

// EnabledListings reads one page of the enabled listings of an adapter over all
// organizations.
func (s *Store) EnabledListings(ctx context.Context, adapter, cursor string) ([]collections.Listing, string, error) {
	page, err := s.shared.Listings.Page(ctx, docstore.AllOrgs(), docstore.Query{
		Index: "to_poll", Where: []docstore.Cond{docstore.Is("adapter", adapter), docstore.Is("enabled", true)}, Limit: 500, Cursor: cursor,
	})
	return page.Items, page.Next, err
}
