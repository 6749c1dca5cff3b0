// Package store keeps what polling knows in the document store. It owns the
// collections poll_states, fingerprints and listing_facts (and its private
// scraper_duties, host_paces and budgets) and only reads listings, poll_hints, imports
// and reviews.
//
// Everything it reads in bulk comes in bounded pages; what it reads over all
// organizations goes through an index declared for that, and every write is
// confined to the organization of its document.
package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
)

const (
	listingsPage     = 500
	fingerprintsPage = 500
	// textsPage is smaller because these documents carry texts.
	textsPage = 100
)

// Store keeps the scraper's documents. It is safe for concurrent use.
type Store struct {
	docs    *collections.Store
	duties  *docstore.Collection[duty]
	paces   *docstore.Collection[pace]
	budgets *docstore.Collection[budget]
}

// Open binds the collections on a backend.
func Open(ctx context.Context, backend docstore.Backend) (*Store, error) {
	docs, err := collections.Bind(ctx, backend)
	if err != nil {
		return nil, fmt.Errorf("bind the shared collections: %w", err)
	}
	duties, err := docstore.Bind(ctx, backend, dutyDefinition())
	if err != nil {
		return nil, fmt.Errorf("bind the scraper's duties: %w", err)
	}
	paces, err := docstore.Bind(ctx, backend, paceDefinition())
	if err != nil {
		return nil, fmt.Errorf("bind the paces of hosts: %w", err)
	}
	budgets, err := docstore.Bind(ctx, backend, budgetDefinition())
	if err != nil {
		return nil, fmt.Errorf("bind the budgets of credentials: %w", err)
	}
	return &Store{docs: docs, duties: duties, paces: paces, budgets: budgets}, nil
}

// Listings reads a page of the enabled listings of an adapter over all
// organizations, oldest first, beginning with those created at since. next is
// empty after the last page.
func (s *Store) Listings(ctx context.Context, adapter string, since time.Time, cursor string) (items []collections.Listing, next string, err error) {
	where := []docstore.Cond{docstore.Is("adapter", adapter), docstore.Is("enabled", true)}
	if !since.IsZero() {
		where = append(where, docstore.From("created_at", since))
	}
	page, err := s.docs.Listings.Page(ctx, docstore.AllOrgs(), docstore.Query{
		Index: "to_poll", Where: where, Limit: listingsPage, Cursor: cursor,
	})
	return page.Items, page.Next, err
}

// Listing reads one listing; found is false if it was deleted.
func (s *Store) Listing(ctx context.Context, org, id string) (l collections.Listing, found bool, err error) {
	return one(s.docs.Listings.Get(ctx, docstore.Org(org), id))
}

// ListingsOf reads those of the listings that exist; they may be of several organizations.
func (s *Store) ListingsOf(ctx context.Context, keys []docstore.Key) ([]collections.Listing, error) {
	return s.docs.Listings.GetKeys(ctx, keys)
}

// Import reads an import; found is false if it was deleted.
func (s *Store) Import(ctx context.Context, org, id string) (i collections.Import, found bool, err error) {
	return one(s.docs.Imports.Get(ctx, docstore.Org(org), id))
}

// ImportChunk reads part n of an import; found is false if there is none.
func (s *Store) ImportChunk(ctx context.Context, org, importID string, n int) (c collections.ImportChunk, found bool, err error) {
	return one(s.docs.ImportChunks.Get(ctx, docstore.Org(org), fmt.Sprintf("%s.%d", importID, n)))
}

// Reviews reads those of the reviews that the inbox has.
func (s *Store) Reviews(ctx context.Context, org string, ids []string) ([]collections.Review, error) {
	return s.docs.Reviews.GetMany(ctx, docstore.Org(org), ids)
}

// Facts reads what is known of a listing from its site.
func (s *Store) Facts(ctx context.Context, org, listingID string) (f collections.ListingFact, found bool, err error) {
	return one(s.docs.ListingFacts.Get(ctx, docstore.Org(org), listingID))
}

// PutFacts stores what a site says of a listing; later observations win.
func (s *Store) PutFacts(ctx context.Context, fact collections.ListingFact) error {
	_, err := s.docs.ListingFacts.Upsert(ctx, docstore.Org(fact.OrgID), fact.ID, func(doc *collections.ListingFact, exists bool) error {
		if exists && doc.ObservedAt.After(fact.ObservedAt) {
			return docstore.ErrSkip
		}
		fact.Base = doc.Base
		*doc = fact
		return nil
	})
	return err
}

// one turns "no such document" into an answer.
func one[T any](doc T, err error) (T, bool, error) {
	if errors.Is(err, docstore.ErrNotFound) {
		var none T
		return none, false, nil
	}
	return doc, err == nil, err
}
