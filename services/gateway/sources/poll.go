package sources

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
)

// The reasons of a wish to poll soon.
const (
	reasonPerson = "person"
	reasonPush   = "push"
)

// pollGap is the least time between two wishes of people for one listing.
const pollGap = time.Minute

// Poll asks for a listing to be polled out of turn, at most once a minute. One that is
// paused is problem.Conflict.
func (s *Service) Poll(ctx context.Context, org, id string) (time.Time, error) {
	listing, err := s.own(ctx, org, id)
	if err != nil {
		return time.Time{}, err
	}
	if !listing.Enabled {
		return time.Time{}, problem.New(problem.Conflict, "listing_paused", "This listing is paused. Resume it first.")
	}
	now := s.cfg.Now().UTC().Truncate(time.Millisecond)
	err = s.cfg.Store.ChangePollHint(ctx, org, id, func(doc *collections.PollHint, exists bool) error {
		if since := now.Sub(doc.At); exists && doc.Reason == reasonPerson && since < pollGap {
			wait := min(pollGap-since, pollGap)
			e := problem.New(problem.RateLimited, "polled_just_now", "This listing is being polled already. Ask again in %d seconds.", int(wait.Seconds())+1)
			e.RetryAfter = wait
			return e
		}
		doc.Adapter, doc.At, doc.Reason = listing.Adapter, now, reasonPerson
		return nil
	})
	if err != nil {
		return time.Time{}, err
	}
	return now, nil
}

// Bounds of one notification: how many listings it can make due, and how many are
// looked through where it does not name its account.
const (
	maxHeard  = 200
	maxPasses = 40
)

// Notification is what a site tells of a place: something is new or changed there.
type Notification struct {
	Adapter string
	// Place is the address listings have as their Ref. Review is the name of the review
	// it is about, which begins with the full address where Place has only its end.
	Place, Review string
	// Partial is set where Place is only the end of a Ref.
	Partial bool
	// Concerns reports whether a listing with this Ref is the one meant.
	Concerns func(ref string) bool
}

// Hear makes the listings due that a notification is about, in whatever organization
// they are, and says how many. Nothing of them goes back to who sent it.
func (s *Service) Hear(ctx context.Context, n Notification) (int, error) {
	listings, err := s.heard(ctx, n)
	if err != nil {
		return 0, err
	}
	now, done := s.cfg.Now().UTC(), 0
	var faults []error
	for _, listing := range listings {
		err := s.cfg.Store.ChangePollHint(ctx, listing.OrgID, listing.ID, func(doc *collections.PollHint, _ bool) error {
			doc.Adapter, doc.At, doc.Reason = listing.Adapter, now, reasonPush
			return nil
		})
		if err != nil {
			faults = append(faults, fmt.Errorf("ask for a poll: %w", err))
			continue
		}
		done++
	}
	return done, errors.Join(faults...)
}

// heard finds the enabled listings that a notification is about.
func (s *Service) heard(ctx context.Context, n Notification) ([]collections.Listing, error) {
	refs := []string{n.Place}
	if before, _, named := strings.Cut(n.Review, "/reviews/"); named && n.Partial && strings.HasSuffix(before, "/"+n.Place) {
		refs = append(refs, before)
	}
	var found []collections.Listing
	for _, ref := range refs {
		at, err := s.cfg.Store.ListingsAt(ctx, n.Adapter, ref, maxHeard)
		if err != nil {
			return nil, fmt.Errorf("find the listings of a notification: %w", err)
		}
		for _, listing := range at {
			if listing.Enabled {
				found = append(found, listing)
			}
		}
	}
	if len(found) > 0 || !n.Partial {
		return found, nil
	}
	// Only the end of the address is known, which no index begins with.
	cursor := ""
	for range maxPasses {
		listings, next, err := s.cfg.Store.EnabledListings(ctx, n.Adapter, cursor)
		if err != nil {
			return nil, fmt.Errorf("look for the listings of a notification: %w", err)
		}
		for _, listing := range listings {
			if n.Concerns(listing.Ref) && len(found) < maxHeard {
				found = append(found, listing)
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	return found, nil
}
