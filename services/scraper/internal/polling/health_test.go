package polling

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/scraper/schedule"
)

func TestPoll_Failures_GiveHealthWithWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		err     error
		health  collections.Health
		says    string
		atLeast time.Duration
	}{
		"rate limited":        {&problem.Error{Kind: problem.RateLimited, RetryAfter: 3 * time.Hour}, collections.HealthRateLimited, "nothing needs to be done", 3 * time.Hour},
		"refused":             {problem.New(problem.Forbidden, "site_forbidden", "the site refuses us"), collections.HealthNotAuthorised, "Renew the credential", 14 * time.Minute},
		"robots":              {problem.New(problem.Forbidden, "robots_disallowed", "no"), collections.HealthNotAuthorised, "robots.txt", 14 * time.Minute},
		"unknown":             {problem.New(problem.NotFound, "site_not_found", "nothing here"), collections.HealthEnded, "Check its address", 14 * time.Minute},
		"unreadable at first": {problem.New(problem.Invalid, "no_markup", "the page has no review markup"), collections.HealthLate, "Check that the address", 20 * time.Second},
		"too large":           {problem.New(problem.TooLarge, "body_too_large", "too large"), collections.HealthLate, "cannot be read", 20 * time.Second},
		"no answer":           {context.DeadlineExceeded, collections.HealthLate, "tried again", 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			l := d.listing("a")
			d.place.fail(l.Ref, "", c.err)
			s := d.scraper()
			d.poll(s)
			state := d.state("a")
			require.Equal(t, c.health, state.Health)
			require.Contains(t, state.Problem, c.says)
			require.Equal(t, 1, state.Failures)
			require.False(t, state.DueAt.Before(d.clock.at.Add(c.atLeast-time.Second)), "due at %s", state.DueAt)
			d.clock.pass(48 * time.Hour)
			d.poll(s)
			require.Equal(t, collections.HealthOK, d.state("a").Health, "health clears by itself")
		})
	}
}

func TestPoll_AdapterPanics_FailsOnlyItsListing(t *testing.T) {
	d := newDesk(t)
	bad, good := d.listing("bad"), d.listing("good")
	d.place.put(good.Ref, writing("x", "text"))
	d.place.onFetch = func(req sites.Request) {
		if req.Listing.ID == bad.ID {
			panic("broken page")
		}
	}
	d.poll(d.scraper())
	require.Equal(t, collections.HealthLate, d.state("bad").Health)
	require.Equal(t, collections.HealthOK, d.state("good").Health)
	require.Len(t, d.inbox("good"), 1)
}

func TestPoll_UnfitReviews_AreLeftOutAndCounted(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	d.place.put(l.Ref, writing("long", strings.Repeat("x", events.MaxTextBytes+1)))
	d.place.put(l.Ref, writing("", "nobody's"))
	d.place.put(l.Ref, writing("ctrl\x01", "an id with a control character"))
	d.place.put(l.Ref, writing("fine", "bad \xff byte and \x00 nul"))
	d.poll(d.scraper())
	require.Len(t, d.inbox("a"), 1)
	require.Equal(t, "bad \uFFFD byte and \uFFFD nul", d.inbox("a")["fine"].Text)
	state := d.state("a")
	require.Equal(t, collections.HealthOK, state.Health)
	require.Contains(t, state.Problem, "longer than 256 KiB")
	require.Contains(t, state.Problem, "gives no id")
	require.Contains(t, state.Problem, "event format")
}

func TestPoll_Facts_AreToldWhenTheyChange(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	d.place.put(l.Ref, writing("x", "text"))
	d.place.facts[l.Ref] = events.ListingFacts{Name: "Harbor Eye", Telephone: "555 0100"}
	s := d.scraper()
	for range 2 {
		d.poll(s)
		d.clock.pass(time.Hour)
	}
	require.Len(t, d.line.facts, 1)
	d.place.facts[l.Ref] = events.ListingFacts{Name: "Harbor Eye", Telephone: "555 0199"}
	d.poll(s)
	require.Len(t, d.line.facts, 2)
	fact, err := d.docs.ListingFacts.Get(context.Background(), docstore.Org(testOrg), "a")
	require.NoError(t, err)
	require.Equal(t, "555 0199", fact.Facts.Telephone)
	require.Equal(t, "loc_1", fact.LocationID)
}

func TestPoll_HostileFacts_DoNotStopTheReviews(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	d.place.put(l.Ref, writing("x", "text"))
	d.place.facts[l.Ref] = events.ListingFacts{Name: "n", URL: "javascript:alert(1)"}
	d.cfg.Bus = checked{d.line}
	d.poll(d.scraper())
	require.Equal(t, collections.HealthOK, d.state("a").Health)
	require.Contains(t, d.state("a").Problem, "practice's own data")
	require.Len(t, d.inbox("a"), 1)
}

func TestPoll_CredentialUnknown_SaysSo(t *testing.T) {
	d := newDesk(t)
	d.listing("a", func(l *collections.Listing) { l.Credential = "nobody" })
	d.cfg.Secret = func(string, string) (string, error) {
		return "", problem.New(problem.Forbidden, schedule.CodeCredentialMissing, "not configured")
	}
	d.poll(d.scraper())
	require.Equal(t, collections.HealthNotAuthorised, d.state("a").Health)
	require.Contains(t, d.state("a").Problem, "Correct the name in the listing")
	require.Empty(t, d.place.asked())
}

func TestPoll_OwnStoreFails_BlamesNoSite(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	d.place.put(l.Ref, writing("x", "text"))
	d.cfg.Store = failing{d.store}
	d.poll(d.scraper())
	state := d.state("a")
	require.Equal(t, collections.HealthNew, state.Health)
	require.Zero(t, state.Failures)
	require.Empty(t, state.LeaseHolder)
	require.WithinDuration(t, d.clock.at, state.DueAt, 10*time.Second, "it is tried again soon")
	d.cfg.Store = d.store
	d.clock.pass(10 * time.Second)
	d.poll(d.scraper())
	require.Len(t, d.inbox("a"), 1)
}

func TestPoll_EmptyListWhereThereWereReviews_RaisesAlarmAndRemovesNothing(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	kept := []sites.Review{}
	for i := range 5 {
		d.place.put(l.Ref, writing(fmt.Sprint("r", i), fmt.Sprint("text ", i)))
	}
	kept = append(kept, d.place.listings[l.Ref]...)
	s := d.scraper()
	d.poll(s)
	d.place.listings[l.Ref] = nil
	for range 4 {
		d.clock.pass(2 * time.Hour)
		d.poll(s)
		state := d.state("a")
		require.Equal(t, collections.HealthChangedShape, state.Health)
		require.Contains(t, state.Problem, "where there were 5")
	}
	require.Len(t, d.line.published(), 5)
	d.place.listings[l.Ref] = kept
	d.clock.pass(2 * time.Hour)
	d.poll(s)
	require.Equal(t, collections.HealthOK, d.state("a").Health)
	require.Len(t, d.line.published(), 5)
}

// checked validates facts as the real bus does.
type checked struct{ *line }

func (c checked) Observed(ctx context.Context, e *events.ListingObserved) error {
	if _, err := events.Encode(e); err != nil {
		return err
	}
	return c.line.Observed(ctx, e)
}

// failing is a store that cannot read fingerprints now.
type failing struct{ Store }

func (failing) Fingerprints(context.Context, string, []string) ([]collections.Fingerprint, error) {
	return nil, problem.New(problem.Unavailable, "store", "the store is away")
}
