// Package polling is the scraper at work: it takes up listings, claims those that
// are due, reads their sites page by page, tells what changed, and sees to it that
// what was told reaches the inbox.
//
// The order of its steps is what keeps reviews from being lost: an observation is
// published (acknowledged by all in-sync replicas) before its fingerprint is
// stored, the fingerprints of a page before the poll's place, and the place in all
// pages before the watermark. A crash between two steps repeats the earlier one,
// which consumers recognise. Only the holder of a listing's lease reads it.
package polling

import (
	"context"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/scraper/schedule"
)

// Store is what polling keeps; package store documents each method.
type Store interface {
	Listings(ctx context.Context, adapter string, since time.Time, cursor string) ([]collections.Listing, string, error)
	Listing(ctx context.Context, org, id string) (collections.Listing, bool, error)
	ListingsOf(ctx context.Context, keys []docstore.Key) ([]collections.Listing, error)

	States(ctx context.Context, org string, ids []string) ([]collections.PollState, error)
	PutState(ctx context.Context, org, id string, change func(*collections.PollState) bool) error
	UpdateState(ctx context.Context, org, id string, change func(*collections.PollState) error) (collections.PollState, error)
	UpdateStates(ctx context.Context, keys []docstore.Key, change func(i int, state *collections.PollState) error) []error
	Claim(ctx context.Context, adapter string, before time.Time, limit int, take func(*collections.PollState) bool) ([]collections.PollState, error)
	OldestDue(ctx context.Context, adapter string, before time.Time) (time.Time, error)
	Due(ctx context.Context, adapter string, before time.Time, limit int) ([]collections.PollState, error)
	Polled(ctx context.Context, adapter, cursor string) ([]collections.PollState, string, error)
	Hints(ctx context.Context, adapter string, since time.Time, cursor string) ([]collections.PollHint, string, error)

	Spend(ctx context.Context, id, adapter string, rule sites.BudgetRule, now time.Time) (left schedule.Budget, ok bool, err error)
	Account(ctx context.Context, id, adapter string, rule sites.BudgetRule, said sites.Budget, now time.Time) error
	Exhaust(ctx context.Context, id, adapter string, rule sites.BudgetRule, until, now time.Time) error

	Fingerprints(ctx context.Context, org string, ids []string) ([]collections.Fingerprint, error)
	AddFingerprints(ctx context.Context, org string, prints []collections.Fingerprint) error
	UpdateFingerprint(ctx context.Context, org, id string, change func(*collections.Fingerprint) bool) error
	Present(ctx context.Context, org, listingID, cursor string) ([]collections.Fingerprint, string, error)
	Unconfirmed(ctx context.Context, before time.Time, cursor string) ([]collections.Fingerprint, string, error)

	Facts(ctx context.Context, org, listingID string) (collections.ListingFact, bool, error)
	PutFacts(ctx context.Context, fact collections.ListingFact) error
	Surplus(ctx context.Context, org, listingID string) (bool, error)
	Inbox(ctx context.Context, org, listingID, cursor string) ([]collections.Review, string, error)
	Reviews(ctx context.Context, org string, ids []string) ([]collections.Review, error)

	TakeDuty(ctx context.Context, name, holder string, now, until time.Time) (bool, error)
	LeaveDuty(ctx context.Context, name, holder string) error
}

// Bus is where observations go; package bus documents it.
type Bus interface {
	Collected(ctx context.Context, batch []*events.ReviewCollected) (refused []int, err error)
	Observed(ctx context.Context, event *events.ListingObserved) error
}
