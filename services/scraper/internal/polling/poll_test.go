package polling

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/scraper/detect"
)

func changes(all []events.ReviewCollected) []string {
	out := make([]string, len(all))
	for i, e := range all {
		out[i] = fmt.Sprintf("%s %s v%d", e.ExternalID, e.Change, e.Version)
	}
	return out
}

func TestPoll_NewListing_PublishesEveryReviewOnceAndRecordsHealth(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	for i := range 8 {
		d.place.put(l.Ref, writing(fmt.Sprint("r", i), fmt.Sprint("text ", i)))
		d.clock.pass(2 * time.Hour)
	}
	s := d.scraper()
	d.poll(s)

	require.Len(t, d.line.published(), 8)
	require.Len(t, d.inbox("a"), 8)
	state := d.state("a")
	require.Equal(t, collections.HealthOK, state.Health)
	require.Empty(t, state.Problem)
	require.EqualValues(t, 8, state.Published)
	require.Equal(t, 8, state.Reviews)
	require.Empty(t, state.LeaseHolder)
	require.True(t, state.LeaseUntil.IsZero())
	require.WithinDuration(t, d.clock.at.Add(15*time.Minute*10/11), state.DueAt, 5*time.Second)

	d.poll(s) // not due
	d.clock.pass(20 * time.Minute)
	d.poll(s)
	require.Len(t, d.line.published(), 8, "what is known is not told again")
	require.Len(t, d.place.asked(), 3+1, "the second poll stops at the watermark")
	require.False(t, d.place.asked()[3].Since.IsZero())
}

func TestPoll_EditReplyRemovalRestore_AreToldAsSuch(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	d.place.put(l.Ref, writing("x", "first"))
	d.place.put(l.Ref, writing("y", "other"))
	s := d.scraper()
	next := func() {
		d.clock.pass(8 * 24 * time.Hour) // complete lists
		d.poll(s)
	}
	d.poll(s)

	d.place.put(l.Ref, writing("x", "second"))
	next()
	answered := writing("x", "second")
	answered.Reply = &events.Reply{Text: "thank you"}
	d.place.put(l.Ref, answered)
	next()
	d.place.drop(l.Ref, "x")
	next()
	require.Equal(t, []string{"y posted v1", "x posted v1", "x edited v2", "x source_reply v2"}, changes(d.line.published()),
		"one list without a review says nothing yet")
	next()
	require.True(t, d.inbox("a")["x"].Removed)
	d.place.put(l.Ref, answered)
	next()
	require.False(t, d.inbox("a")["x"].Removed)
	d.place.drop(l.Ref, "x")
	next()
	next()
	d.place.put(l.Ref, writing("x", "third"))
	next()
	require.Equal(t, []string{
		"y posted v1", "x posted v1", "x edited v2", "x source_reply v2", "x removed v2", "x edited v2", "x removed v2", "x edited v3",
	}, changes(d.line.published()))
	require.Equal(t, "third", d.inbox("a")["x"].Text)
	last := time.Time{}
	for _, e := range d.line.published() {
		if e.ExternalID == "x" {
			require.True(t, e.ObservedAt.After(last), "observation times of a review only grow")
			last = e.ObservedAt
		}
	}
}

func TestPoll_RemovalOfReviewTheInboxLacks_Waits(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	d.place.put(l.Ref, writing("x", "first"))
	d.place.put(l.Ref, writing("y", "other"))
	d.line.hold = true
	s := d.scraper()
	d.poll(s)
	d.place.drop(l.Ref, "x")
	for range 3 {
		d.clock.pass(20 * time.Minute)
		d.poll(s)
	}
	require.Len(t, d.line.published(), 2, "no removal is told of a review that is still on its way")
	d.line.flush(context.Background())
	d.clock.pass(8 * 24 * time.Hour)
	d.poll(s)
	require.True(t, d.inbox("a")["x"].Removed)
}

func TestPoll_RemovalOfReviewThatIsOnItsWay_IsToldWhenItArrived(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	d.place.put(l.Ref, writing("old", "one that ends a list of news"))
	d.clock.pass(3 * time.Hour)
	d.place.put(l.Ref, writing("x", "first"))
	d.place.put(l.Ref, writing("y", "other"))
	d.line.hold = true
	s := d.scraper()
	d.poll(s)
	d.place.drop(l.Ref, "x")
	d.clock.pass(8 * 24 * time.Hour)
	d.poll(s)
	d.clock.pass(20 * time.Minute)
	d.poll(s)
	require.Len(t, d.line.published(), 3, "it was missing from two complete lists and is still on its way")
	d.line.flush(context.Background())
	d.clock.pass(20 * time.Minute)
	d.poll(s)
	require.True(t, d.inbox("a")["x"].Removed, "the next poll tells it, not the complete list of the week after")
}

func TestPoll_RemovalOfReviewThatNeverArrives_DoesNotReadTheCompleteListForEver(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a", func(l *collections.Listing) { l.Interval = 300 })
	d.place.put(l.Ref, writing("old", "one that ends a list of news"))
	d.clock.pass(3 * time.Hour)
	d.place.put(l.Ref, writing("x", "first"))
	d.place.put(l.Ref, writing("y", "other"))
	d.line.hold = true
	s := d.scraper()
	d.poll(s)
	d.place.drop(l.Ref, "x")
	d.clock.pass(8 * 24 * time.Hour)
	before := len(d.place.asked())
	for range 24 * 12 {
		d.poll(s)
		d.clock.pass(5 * time.Minute)
	}
	complete := 0
	for _, req := range d.place.asked()[before:] {
		if req.Since.IsZero() {
			complete++
		}
	}
	require.LessOrEqual(t, complete, 12, "the waits double")
	require.GreaterOrEqual(t, complete, 8, "it is looked for all the same")
}

func TestPoll_SecondLookDoesNotAddUp_MissingReviewIsLookedForAgainWithinTheHour(t *testing.T) {
	d := newDesk(t)
	d.place.total = true
	l := d.listing("a")
	for i := range 5 {
		d.place.put(l.Ref, writing(fmt.Sprint("r", i), fmt.Sprint("text ", i)))
		d.clock.pass(24 * time.Hour)
	}
	s := d.scraper()
	d.poll(s)
	d.place.drop(l.Ref, "r2")
	d.clock.pass(8 * 24 * time.Hour)
	d.poll(s)
	require.True(t, d.state("a").NeedFull)

	d.place.surplus = 2
	d.clock.pass(20 * time.Minute)
	d.poll(s)
	require.False(t, d.inbox("a")["r2"].Removed, "a list that does not add up proves nothing")
	d.place.surplus = 0
	d.clock.pass(time.Hour)
	d.poll(s)
	require.True(t, d.inbox("a")["r2"].Removed)
}

func TestPoll_PageFailsHalfway_ConcludesNothingAndResumesThere(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	for i := range 9 {
		d.place.put(l.Ref, writing(fmt.Sprint("r", i), fmt.Sprint("text ", i)))
	}
	d.place.fail(l.Ref, "6", problem.New(problem.Unavailable, "site_unavailable", "the site cannot answer now"))
	s := d.scraper()
	d.poll(s)

	state := d.state("a")
	require.Equal(t, collections.HealthLate, state.Health)
	require.Contains(t, state.Problem, "tried again by itself")
	require.Equal(t, "6", state.NextPage)
	require.True(t, state.Watermark.IsZero())
	require.EqualValues(t, 6, state.Published)
	require.WithinDuration(t, d.clock.at.Add(30*time.Second), state.DueAt, time.Second)

	d.clock.pass(time.Minute)
	d.poll(s)
	require.Equal(t, "6", d.place.asked()[3].Page, "the poll goes on at the page that failed")
	require.Len(t, d.inbox("a"), 9)
	require.Len(t, d.line.published(), 9)
	state = d.state("a")
	require.Equal(t, collections.HealthOK, state.Health)
	require.Zero(t, state.Failures)
	require.True(t, state.LastFullAt.IsZero(), "a list read in two parts is not a complete list")
}

func TestPoll_ListReadInTwoParts_RhythmIsThatOfItsNewestReviews(t *testing.T) {
	for name, fault := range map[string]error{
		"the site fails":        problem.New(problem.Unavailable, "down", "no answer"),
		"the host has no turn":  polite.Refused(polite.CodeHostQueue, "somewhere.example", time.Minute),
		"the budget is used up": problem.New(problem.RateLimited, codeBudgetSpent, "no calls are left"),
		"the source is not yet": problem.New(problem.Conflict, "not_ready", "wait"),
		"our store is away":     problem.New(problem.Unavailable, polite.CodeHostUnknown, "the store is away"),
	} {
		t.Run(name, func(t *testing.T) {
			d, newest := oldList(t)
			d.place.fail("ref-a", "3", fault)
			s := d.scraper()
			d.poll(s)
			require.Len(t, d.inbox("a"), 3)
			d.clock.pass(10 * time.Minute)
			d.poll(s)
			require.Len(t, d.inbox("a"), 9)
			state := d.state("a")
			require.True(t, state.NewestAt.Equal(newest), "the part that was read last has the oldest reviews, by which the listing is dormant")
			require.NotZero(t, state.Gaps)
		})
	}
}

// oldList is a listing of nine reviews over a year, the newest just written.
func oldList(t *testing.T) (d *desk, newest time.Time) {
	t.Helper()
	d = newDesk(t)
	l := d.listing("a")
	for i := range 9 {
		d.clock.pass(40 * 24 * time.Hour)
		d.place.put(l.Ref, writing(fmt.Sprint("r", i), fmt.Sprint("text ", i)))
	}
	return d, d.place.listings[l.Ref][0].PostedAt
}

func TestPoll_ScraperDiesBetweenTwoPages_RhythmIsThatOfTheNewestReviews(t *testing.T) {
	d, newest := oldList(t)
	whole := d.cfg.Store
	for calls := 1; ; calls++ {
		require.Less(t, calls, 1000)
		d.cfg.Store = &mortal{Store: d.store, left: calls}
		_ = round(context.Background(), d.scraper())
		state, err := d.docs.PollStates.Get(context.Background(), docstore.Org(testOrg), "a")
		if err == nil && state.NextPage != "" {
			break
		}
		d.clock.pass(2 * time.Minute) // the lease of the dead one
	}
	d.cfg.Store = whole
	d.clock.pass(10 * time.Minute)
	s := d.scraper()
	d.poll(s)
	require.Len(t, d.inbox("a"), 9)
	require.True(t, d.state("a").NewestAt.Equal(newest))
	d.clock.pass(time.Hour)
	d.poll(s)
	require.True(t, d.state("a").NewestAt.Equal(newest))
}

func TestPoll_ResumedPageFailsAgain_StartsFromTheBeginning(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	for i := range 9 {
		d.place.put(l.Ref, writing(fmt.Sprint("r", i), fmt.Sprint("text ", i)))
	}
	broken := problem.New(problem.Invalid, "bad_page", "the page token is not one of this adapter's")
	d.place.fail(l.Ref, "6", broken, broken)
	s := d.scraper()
	for range 3 {
		d.poll(s)
		d.clock.pass(20 * time.Minute)
	}
	var pages []string
	for _, r := range d.place.asked() {
		pages = append(pages, r.Page)
	}
	require.Equal(t, []string{"", "3", "6", "6", "", "3", "6"}, pages)
	require.Len(t, d.inbox("a"), 9)
}

func TestPoll_NotModified_AsksOncePerPollAndKeepsTheSchedule(t *testing.T) {
	d := newDesk(t)
	d.place.etags = true
	l := d.listing("a")
	for i := range 7 {
		d.place.put(l.Ref, writing(fmt.Sprint("r", i), fmt.Sprint("text ", i)))
	}
	s := d.scraper()
	d.poll(s)
	asked := len(d.place.asked())
	d.clock.pass(20 * time.Minute)
	d.poll(s)
	require.Len(t, d.place.asked(), asked+1)
	require.NotEmpty(t, d.place.asked()[asked].ETag)
	require.Equal(t, collections.HealthOK, d.state("a").Health)
	require.Equal(t, 7, d.state("a").Reviews)

	d.clock.pass(8 * 24 * time.Hour)
	d.poll(s)
	require.Empty(t, d.place.asked()[asked+1].ETag, "the weekly complete list takes no 304 for an answer")
}

func TestPoll_SiteShowsOnlyItsLatest_StillSendsValidators(t *testing.T) {
	d := newDesk(t)
	d.place.etags, d.place.partial = true, true
	l := d.listing("a")
	d.place.put(l.Ref, writing("x", "text"))
	s := d.scraper()
	d.poll(s)
	d.clock.pass(20 * time.Minute)
	d.poll(s)
	require.NotEmpty(t, d.place.asked()[1].ETag)
}

func TestPoll_SameReviewTwiceInOneList_IsToldOnce(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	d.place.listings[l.Ref] = []sites.Review{writing("x", "one"), writing("y", "y"), writing("z", "z"), writing("x", "two")}
	s := d.scraper()
	for range 3 {
		d.poll(s)
		d.clock.pass(8 * 24 * time.Hour)
	}
	require.Len(t, d.line.published(), 3)
}

func TestPoll_ListLeadsInCircles_EndsAsProblem(t *testing.T) {
	d := newDesk(t)
	d.listing("a")
	d.cfg.Sites[testAdapter] = circular{}
	d.poll(d.scraper())
	require.Contains(t, d.state("a").Problem, "circles")
	require.Empty(t, d.state("a").NextPage)
}

type circular struct{}

func (circular) Adapter() string { return testAdapter }

func (circular) Fetch(_ context.Context, req sites.Request) (sites.Page, error) {
	if req.Page == "a" {
		return sites.Page{Next: "b"}, nil
	}
	return sites.Page{Next: "a"}, nil
}

func TestPoll_FutureDates_DoNotMoveTheWatermarkAhead(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	odd := writing("x", "from the future")
	odd.PostedAt, odd.UpdatedAt = d.clock.at.Add(24*time.Hour), d.clock.at.Add(40*time.Hour)
	d.place.listings[l.Ref] = []sites.Review{odd}
	d.poll(d.scraper())
	require.Len(t, d.inbox("a"), 1)
	require.True(t, d.state("a").Watermark.IsZero())
}

func TestPoll_SitesCountDoesNotAddUp_ReadsTheCompleteListNext(t *testing.T) {
	d := newDesk(t)
	d.place.total = true
	l := d.listing("a")
	for i := range 20 {
		d.place.put(l.Ref, writing(fmt.Sprint("r", i), fmt.Sprint("text ", i)))
		d.clock.pass(24 * time.Hour)
	}
	s := d.scraper()
	d.poll(s)
	d.clock.pass(7 * time.Hour)
	// A held review is released with its old date and stands at the end of the list.
	held := writing("held", "released late")
	held.UpdatedAt, held.PostedAt = d.place.listings[l.Ref][19].UpdatedAt.Add(-time.Hour), d.place.listings[l.Ref][19].UpdatedAt.Add(-time.Hour)
	d.place.listings[l.Ref] = append(d.place.listings[l.Ref], held)
	d.poll(s)
	require.NotContains(t, d.inbox("a"), "held")
	require.True(t, d.state("a").NeedFull)
	d.clock.pass(20 * time.Minute)
	d.poll(s)
	require.Contains(t, d.inbox("a"), "held")
	require.False(t, d.state("a").NeedFull)
}

func TestPoll_TwoListingsShowOneReview_FirstOneKeepsIt(t *testing.T) {
	d := newDesk(t)
	a := d.listing("a")
	d.place.put(a.Ref, writing("x", "same"))
	d.place.put(a.Ref, writing("clash", "words of a"))
	s := d.scraper()
	d.poll(s)
	b := d.listing("b")
	d.place.put(b.Ref, writing("x", "same"))
	d.place.put(b.Ref, writing("clash", "words of b"))
	for range 4 {
		d.poll(s)
		d.clock.pass(8 * 24 * time.Hour)
	}
	require.Len(t, d.line.published(), 2, "two listings must not take turns")
	require.Contains(t, d.state("b").Problem, "another listing of this site")

	_, err := d.docs.Listings.Update(context.Background(), docstore.Org(testOrg), "a", func(l *collections.Listing) error {
		l.Enabled = false
		return nil
	})
	require.NoError(t, err)
	d.clock.pass(8 * 24 * time.Hour)
	d.poll(s)
	require.Equal(t, "words of b", d.inbox("b")["clash"].Text, "a listing that is still read takes over")
	require.Equal(t, "b", d.fingerprint("x").ListingID)
}

func TestPoll_OtherOrganization_HasReviewsOfItsOwn(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	d.listing("b", func(other *collections.Listing) { other.OrgID, other.Ref = "org_2", l.Ref })
	d.place.put(l.Ref, writing("x", "seen by both"))
	d.poll(d.scraper())
	require.Len(t, d.line.published(), 2)
	ids := map[string]string{}
	for _, e := range d.line.published() {
		ids[e.ReviewID] = e.OrgID
	}
	require.Len(t, ids, 2)
	require.Equal(t, testOrg, ids[detect.Listing{OrgID: testOrg, Site: testSite}.ReviewID("x")])
}
