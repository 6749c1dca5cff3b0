package store

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

// maxRosters bounds the organizations remembered at a time.
const maxRosters = 1000

// roster knows the plan of each organization, who can get a case and how much each has. What it
// read is remembered for a short while, during which its own assignments are added, so that a burst
// of reviews is spread evenly without a count for each.
type roster struct {
	rosterConfig

	mu   sync.Mutex
	orgs map[string]*team
}

// rosterConfig is what a roster reads, and how long it is remembered.
type rosterConfig struct {
	people    *docstore.Collection[collections.Person]
	locations *docstore.Collection[collections.Location]
	reviews   *docstore.Collection[collections.Review]
	plans     *docstore.Collection[collections.RoutingPlan]
	// initial is the plan of organizations that have none of their own.
	initial routing.Plan
	age     time.Duration
	clock   func() time.Time
	logger  *slog.Logger
}

// team is what is known of one organization.
type team struct {
	mu     sync.Mutex // held while reading, so that one reads for all
	readAt time.Time
	// desk goes by the organization's plan and locations.
	desk      casework.Desk
	people    []collections.Person
	locations map[string]*collections.Location
	load      map[string]int
	// assigned counts the cases each person was given in the window of the plan's capacity; nil
	// where it has none.
	assigned map[string]int
	// unstored counts cases given by choose that are not stored yet, and so are not
	// in a count.
	unstored map[string]int
	// last is who got the last case of each location, or of each team there.
	last map[string]string
}

func newRoster(cfg rosterConfig) *roster { return &roster{rosterConfig: cfg, orgs: map[string]*team{}} }

// desk applies what happens to the cases of an organization.
func (r *roster) desk(ctx context.Context, org string) (casework.Desk, error) {
	t := r.team(org)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := r.refresh(ctx, org, t); err != nil {
		return casework.Desk{}, err
	}
	return t.desk, nil
}

// refresh reads anew what was read too long ago.
func (r *roster) refresh(ctx context.Context, org string, t *team) error {
	now := r.clock()
	if !t.readAt.IsZero() && now.Sub(t.readAt) < r.age && !now.Before(t.readAt) {
		return nil
	}
	if err := r.read(ctx, org, t, now); err != nil {
		return err
	}
	t.readAt = now
	return nil
}

// choose decides who gets a case that nobody has. The caller calls the answer's settle once it
// is stored (true) or will not be, or is no work (false).
func (r *roster) choose(ctx context.Context, org string, doc collections.Review) (d routing.Decision, desk casework.Desk, settle func(stored bool), err error) {
	t := r.team(org)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := r.refresh(ctx, org, t); err != nil {
		return routing.Decision{}, casework.Desk{}, nil, err
	}
	now := r.clock()
	at := t.locations[doc.LocationID]
	subject := routing.SubjectOf(doc, located(at))
	outcome := t.desk.Plan.Outcome(subject)
	turn := doc.LocationID + "/" + outcome.Owner.Team
	d = routing.Choose(routing.Input{
		Plan: *t.desk.Plan, Outcome: outcome, Location: at, People: t.people, Load: t.load, Assigned: t.assigned,
		After: t.last[turn], Urgent: len(subject.Urgent) > 0, Stale: t.desk.Plan.Stale(subject, now), Now: now,
	})
	if d.OwnerID == "" {
		return d, t.desk, func(bool) {}, nil
	}
	t.load[d.OwnerID]++
	if t.assigned != nil {
		t.assigned[d.OwnerID]++
	}
	t.unstored[d.OwnerID]++
	t.last[turn] = d.OwnerID
	return d, t.desk, func(stored bool) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.unstored[d.OwnerID]--; t.unstored[d.OwnerID] == 0 {
			delete(t.unstored, d.OwnerID)
		}
		if !stored {
			t.load[d.OwnerID]--
			if t.assigned != nil {
				t.assigned[d.OwnerID]--
			}
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
func (r *roster) read(ctx context.Context, org string, t *team, now time.Time) error {
	scope := docstore.Org(org)
	plan, version, err := r.readPlan(ctx, org)
	if err != nil {
		return err
	}
	people, err := all(ctx, r.people, scope, docstore.Query{Index: "by_name"})
	if err != nil {
		return err
	}
	locations, err := all(ctx, r.locations, scope, docstore.Query{Index: "by_sort"})
	if err != nil {
		return err
	}
	load, err := r.owned(ctx, scope, review.Status.Pending)
	if err != nil {
		return err
	}
	var assigned map[string]int
	if plan.Capacity.Limited() {
		since := now.Add(-plan.Capacity.Window())
		if assigned, err = r.owned(ctx, scope, review.Status.Valid, docstore.From("case.assigned_at", since)); err != nil {
			return err
		}
	}
	for owner, n := range t.unstored {
		load[owner] += n
		if assigned != nil {
			assigned[owner] += n
		}
	}
	t.people, t.load, t.assigned = people, load, assigned
	t.locations = make(map[string]*collections.Location, len(locations))
	for i := range locations {
		t.locations[locations[i].ID] = &locations[i]
	}
	t.desk = casework.Desk{Plan: plan, Version: version, Locations: t.locations}
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

// owned counts the cases of each owner whose status is among those asked for.
func (r *roster) owned(ctx context.Context, scope docstore.Scope, among func(review.Status) bool, and ...docstore.Cond) (map[string]int, error) {
	counts := map[string]int{}
	for _, status := range review.Statuses() {
		if !among(status) {
			continue
		}
		buckets, err := r.reviews.Group(ctx, scope, docstore.GroupQuery{
			Index: "load", Where: append([]docstore.Cond{docstore.Is("case.status", status)}, and...), By: []string{"case.owner_id"},
		})
		if err != nil {
			return nil, err
		}
		for _, b := range buckets {
			if owner, ok := b.Key[0].(string); ok {
				counts[owner] += int(b.Count)
			}
		}
	}
	return counts, nil
}
