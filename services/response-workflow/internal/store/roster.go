package store

import (
	"context"
	"sync"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/response-workflow/routing"
)

// maxRosters bounds the organizations remembered at a time.
const maxRosters = 1000

// roster knows who can get a case and how much each has. What it read is
// remembered for a short while, during which its own assignments are added, so that a burst
// of reviews is spread evenly without a count for each.
type roster struct {
	people    *docstore.Collection[collections.Person]
	locations *docstore.Collection[collections.Location]
	reviews   *docstore.Collection[collections.Review]
	age       time.Duration
	clock     func() time.Time

	mu   sync.Mutex
	orgs map[string]*team
}

// team is what is known of one organization.
type team struct {
	mu        sync.Mutex // held while reading, so that one reads for all
	readAt    time.Time
	people    []collections.Person
	locations map[string]*collections.Location
	load      map[string]int
	// unstored counts cases given by choose that are not stored yet, and so are not
	// in a count.
	unstored map[string]int
	// last is who got the last case of each location.
	last map[string]string
}

func newRoster(people *docstore.Collection[collections.Person], locations *docstore.Collection[collections.Location], reviews *docstore.Collection[collections.Review], age time.Duration, clock func() time.Time) *roster {
	return &roster{people: people, locations: locations, reviews: reviews, age: age, clock: clock, orgs: map[string]*team{}}
}

// choose decides who gets a new case. The caller calls the answer's settle once it
// is stored (true) or will not be, or is no work (false).
func (r *roster) choose(ctx context.Context, org, locationID string) (d routing.Decision, settle func(stored bool), err error) {
	t := r.team(org)
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := r.clock(); t.readAt.IsZero() || now.Sub(t.readAt) >= r.age || now.Before(t.readAt) {
		if err := r.read(ctx, org, t); err != nil {
			return routing.Decision{}, nil, err
		}
		t.readAt = now
	}
	d = routing.Choose(routing.Input{Location: t.locations[locationID], People: t.people, Load: t.load, After: t.last[locationID]})
	if d.OwnerID == "" {
		return d, func(bool) {}, nil
	}
	t.load[d.OwnerID]++
	t.unstored[d.OwnerID]++
	t.last[locationID] = d.OwnerID
	return d, func(stored bool) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.unstored[d.OwnerID]--; t.unstored[d.OwnerID] == 0 {
			delete(t.unstored, d.OwnerID)
		}
		if !stored {
			t.load[d.OwnerID]--
		}
	}, nil
}

func (r *roster) team(org string) *team {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.orgs[org]
	if t == nil {
		if len(r.orgs) >= maxRosters {
			// Whose turn it was is forgotten with it, which no promise rests on.
			clear(r.orgs)
		}
		t = &team{unstored: map[string]int{}, last: map[string]string{}}
		r.orgs[org] = t
	}
	return t
}

// read reads everything about one organization. Locations no case was opened for
// stay out of memory only by being few; an organization has at most thousands.
func (r *roster) read(ctx context.Context, org string, t *team) error {
	scope := docstore.Org(org)
	people, err := all(ctx, r.people, scope, docstore.Query{Index: "by_name"})
	if err != nil {
		return err
	}
	locations, err := all(ctx, r.locations, scope, docstore.Query{Index: "by_sort"})
	if err != nil {
		return err
	}
	load := map[string]int{}
	for _, status := range review.Statuses() {
		if !status.Pending() {
			continue
		}
		buckets, err := r.reviews.Group(ctx, scope, docstore.GroupQuery{
			Index: "load", Where: []docstore.Cond{docstore.Is("case.status", status)}, By: []string{"case.owner_id"},
		})
		if err != nil {
			return err
		}
		for _, b := range buckets {
			if owner, ok := b.Key[0].(string); ok {
				load[owner] += int(b.Count)
			}
		}
	}
	for owner, n := range t.unstored {
		load[owner] += n
	}
	t.people, t.load = people, load
	t.locations = make(map[string]*collections.Location, len(locations))
	for i := range locations {
		t.locations[locations[i].ID] = &locations[i]
	}
	return nil
}

// all reads all pages of a query.
func all[T any](ctx context.Context, c *docstore.Collection[T], scope docstore.Scope, q docstore.Query) ([]T, error) {
	q.Limit = docstore.MaxLimit
	var out []T
	for {
		page, err := c.Page(ctx, scope, q)
		if err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
		if page.Next == "" {
			return out, nil
		}
		q.Cursor = page.Next
	}
}
