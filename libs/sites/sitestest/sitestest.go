// Package sitestest is the contract every review site's adapter keeps. An
// adapter's own test makes a Fixture around a server that speaks the site's
// language and calls Run.
package sitestest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

// MinReviews is how many reviews a fixture has at least, spread over three
// pages or more.
const MinReviews = 12

// Fixture is one adapter with one listing it can read.
type Fixture struct {
	Site    sites.Site
	Listing sites.Listing
	// Want are the reviews the listing has, at least MinReviews. Their texts are
	// different from each other and none is older than 2026-01-01. Compared are
	// Text, Author, Rating and PostedAt, and ExternalID where Want gives one.
	Want []sites.Review
	// Other is a second listing whose reviews have the same authors and dates
	// but texts of their own.
	Other sites.Listing
	// Set makes requests for a page (from 1; 0 is every page) fail, until it is
	// called with NoFault.
	Set func(page int, fault Fault)
	// Faults are those the site can have.
	Faults []Fault
	// Repeat makes every page begin with the last review of the page before, as
	// lists do that grow while they are read; nil where a site cannot.
	Repeat func()
	// Conditional: the site answers "not modified".
	Conditional bool
	// Removals: a list that was read to its end proves what is gone.
	Removals bool
	// Latest is for a site that shows only its latest reviews, so many at most and
	// on one page: Want may then be as short. 0 is a site that lists all.
	Latest int
}

// least is how many reviews Want must have.
func (f *Fixture) least() int {
	if f.Latest > 0 {
		return f.Latest
	}
	return MinReviews
}

// Fault is something that goes wrong at the site.
type Fault string

// The faults.
const (
	NoFault      Fault = ""
	RateLimit    Fault = "rate_limit"  // wants RateLimited with RetryAfter of RetryAfter
	Unauthorized Fault = "auth"        // wants Forbidden
	Missing      Fault = "missing"     // wants NotFound
	ServerFault  Fault = "server"      // wants Unavailable
	CutBody      Fault = "cut"         // wants Unavailable
	Garbage      Fault = "garbage"     // wants Invalid
	LoginPage    Fault = "login"       // wants Invalid or Forbidden
	HugeBody     Fault = "huge"        // wants TooLarge
	DeepBody     Fault = "deep"        // wants an error or nothing, soon
	Hang         Fault = "hang"        // no answer until the request ends
	Temporary    Fault = "unavailable" // wants Unavailable with RetryAfter of RetryAfter
)

// RetryAfter is the wait a site asks for in the faults that ask for one.
const RetryAfter = 77 * time.Second

// ListAll follows a listing to its end.
func ListAll(ctx context.Context, site sites.Site, listing sites.Listing, since time.Time) (reviews []sites.Review, last sites.Page, err error) {
	const mostPages = 1000
	req := sites.Request{Listing: listing, Since: since}
	for range mostPages {
		page, err := site.Fetch(ctx, req)
		if err != nil {
			return reviews, sites.Page{}, err
		}
		reviews = append(reviews, page.Reviews...)
		if page.Next == "" {
			return reviews, page, nil
		}
		req.Page = page.Next
	}
	return reviews, sites.Page{}, problem.New(problem.Internal, "endless", "the list did not end after %d pages", mostPages)
}

// byID is what a consumer keeps: one review for each external id.
func byID(reviews []sites.Review) map[string]sites.Review {
	out := map[string]sites.Review{}
	for _, r := range reviews {
		out[r.ExternalID] = r
	}
	return out
}

// Run checks the contract. setup makes a fresh fixture for each part.
func Run(t *testing.T, setup func(t *testing.T) *Fixture) {
	t.Helper()
	t.Run("ListAll_EveryReviewOnce", func(t *testing.T) { everyReviewOnce(t, setup(t)) })
	t.Run("ListAll_TwoListings_ShareNoIDs", func(t *testing.T) { listingsShareNoIDs(t, setup(t)) })
	t.Run("ListAll_RepeatedItems_DoNotDouble", func(t *testing.T) { repeatsDoNotDouble(t, setup(t)) })
	t.Run("ListAll_Since_MissesNothingNew", func(t *testing.T) { sinceMissesNothing(t, setup(t)) })
	t.Run("Fetch_LaterPageFails_ErrorNotPartial", func(t *testing.T) { laterPageFails(t, setup(t)) })
	t.Run("Fetch_KnownETag_NotModified", func(t *testing.T) { notModified(t, setup(t)) })
	t.Run("Fetch_Cancelled_ReturnsSoon", func(t *testing.T) { cancelled(t, setup(t)) })
	t.Run("Fetch_ForeignPageToken_Invalid", func(t *testing.T) { foreignToken(t, setup(t)) })
	t.Run("Fetch_ManyAtOnce_SameAnswers", func(t *testing.T) { manyAtOnce(t, setup(t)) })
	for fault, want := range map[Fault][]problem.Kind{
		RateLimit: {problem.RateLimited}, Temporary: {problem.Unavailable}, Unauthorized: {problem.Forbidden},
		Missing: {problem.NotFound}, ServerFault: {problem.Unavailable}, CutBody: {problem.Unavailable}, Garbage: {problem.Invalid},
		LoginPage: {problem.Invalid, problem.Forbidden}, HugeBody: {problem.TooLarge},
		DeepBody: {problem.Invalid, problem.TooLarge},
	} {
		t.Run("Fetch_Fault_"+string(fault), func(t *testing.T) { faultIsOfKind(t, setup(t), fault, want) })
	}
}

func requireSame(t *testing.T, want, got sites.Review) {
	t.Helper()
	require.Equal(t, want.Text, got.Text)
	require.Equal(t, want.Author, got.Author)
	require.Equal(t, want.Rating, got.Rating)
	require.True(t, want.PostedAt.Equal(got.PostedAt), "posted at %v, want %v", got.PostedAt, want.PostedAt)
	require.NotEmpty(t, got.ExternalID)
	if want.ExternalID != "" {
		require.Equal(t, want.ExternalID, got.ExternalID)
	}
}

func everyReviewOnce(t *testing.T, f *Fixture) {
	require.GreaterOrEqual(t, len(f.Want), f.least(), "the fixture is too small to show anything")
	reviews, last, err := ListAll(t.Context(), f.Site, f.Listing, time.Time{})
	require.NoError(t, err)
	require.Len(t, reviews, len(f.Want))
	require.Len(t, byID(reviews), len(f.Want), "external ids must differ")
	texts := map[string]sites.Review{}
	for _, r := range reviews {
		texts[r.Text] = r
	}
	for _, want := range f.Want {
		got, ok := texts[want.Text]
		require.True(t, ok, "missing: %q", want.Text)
		requireSame(t, want, got)
	}
	require.Equal(t, f.Removals, last.Complete)

	first, err := f.Site.Fetch(t.Context(), sites.Request{Listing: f.Listing})
	require.NoError(t, err)
	if f.Latest > 0 {
		require.Empty(t, first.Next, "the latest reviews are on one page")
		require.False(t, f.Removals, "the latest reviews prove nothing gone")
		return
	}
	require.NotEmpty(t, first.Next, "the fixture must have several pages")
	require.False(t, first.Complete, "only the last page completes a list")
}

func listingsShareNoIDs(t *testing.T, f *Fixture) {
	a, _, err := ListAll(t.Context(), f.Site, f.Listing, time.Time{})
	require.NoError(t, err)
	b, _, err := ListAll(t.Context(), f.Site, f.Other, time.Time{})
	require.NoError(t, err)
	require.NotEmpty(t, b)
	ids := byID(a)
	for _, r := range b {
		require.NotContains(t, ids, r.ExternalID)
	}
}

func repeatsDoNotDouble(t *testing.T, f *Fixture) {
	if f.Repeat == nil {
		t.Skip("this site's pages cannot overlap")
	}
	before, _, err := ListAll(t.Context(), f.Site, f.Listing, time.Time{})
	require.NoError(t, err)
	f.Repeat()
	after, _, err := ListAll(t.Context(), f.Site, f.Listing, time.Time{})
	require.NoError(t, err)
	require.Greater(t, len(after), len(before), "the fixture must repeat items")
	require.Equal(t, slices.Sorted(maps.Keys(byID(before))), slices.Sorted(maps.Keys(byID(after))))
}

func sinceMissesNothing(t *testing.T, f *Fixture) {
	for _, want := range f.Want {
		reviews, _, err := ListAll(t.Context(), f.Site, f.Listing, want.PostedAt)
		require.NoError(t, err)
		ids := map[string]bool{}
		for _, r := range reviews {
			ids[r.Text] = true
		}
		for _, w := range f.Want {
			if !w.PostedAt.Before(want.PostedAt) {
				require.True(t, ids[w.Text], "posted %v, since %v", w.PostedAt, want.PostedAt)
			}
		}
	}
}

func laterPageFails(t *testing.T, f *Fixture) {
	if f.Latest > 0 {
		t.Skip("this site has one page")
	}
	for _, fault := range []Fault{ServerFault, CutBody, Garbage} {
		if !slices.Contains(f.Faults, fault) {
			continue
		}
		f.Set(2, fault)
		_, last, err := ListAll(t.Context(), f.Site, f.Listing, time.Time{})
		require.Error(t, err, "fault %s", fault)
		require.False(t, last.Complete)
		f.Set(2, NoFault)
	}
	_, _, err := ListAll(t.Context(), f.Site, f.Listing, time.Time{})
	require.NoError(t, err, "the site is well again")
}

func notModified(t *testing.T, f *Fixture) {
	if !f.Conditional {
		t.Skip("this site has no conditional requests")
	}
	first, err := f.Site.Fetch(t.Context(), sites.Request{Listing: f.Listing})
	require.NoError(t, err)
	require.False(t, first.NotModified)
	require.NotEmpty(t, first.ETag)
	again, err := f.Site.Fetch(t.Context(), sites.Request{Listing: f.Listing, ETag: first.ETag, LastModified: first.LastModified})
	require.NoError(t, err)
	require.True(t, again.NotModified)
	require.Empty(t, again.Reviews)
	require.False(t, again.Complete, "an answer without a list proves nothing gone")
	changed, err := f.Site.Fetch(t.Context(), sites.Request{Listing: f.Listing, ETag: `"of another time"`})
	require.NoError(t, err)
	require.False(t, changed.NotModified)
	require.NotEmpty(t, changed.Reviews)
}

func cancelled(t *testing.T, f *Fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.Site.Fetch(ctx, sites.Request{Listing: f.Listing})
	require.ErrorIs(t, err, context.Canceled)
	if !slices.Contains(f.Faults, Hang) {
		return
	}
	f.Set(0, Hang)
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	start := time.Now()
	_, err = f.Site.Fetch(ctx, sites.Request{Listing: f.Listing})
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, time.Since(start), 15*time.Second, "the site would not have answered at all")
}

func foreignToken(t *testing.T, f *Fixture) {
	for _, token := range []string{"x", "-1", "0", "1|2|http://127.0.0.1:1/elsewhere", "|", "999999999999999999999"} {
		_, err := f.Site.Fetch(t.Context(), sites.Request{Listing: f.Listing, Page: token})
		require.Equal(t, problem.Invalid, problem.KindOf(err), "token %q", token)
	}
}

func manyAtOnce(t *testing.T, f *Fixture) {
	var wg sync.WaitGroup
	errs := make([]error, 8)
	counts := make([]int, 8)
	for i := range errs {
		wg.Go(func() {
			reviews, _, err := ListAll(t.Context(), f.Site, f.Listing, time.Time{})
			errs[i], counts[i] = err, len(byID(reviews))
		})
	}
	wg.Wait()
	for i := range errs {
		require.NoError(t, errs[i])
		require.Equal(t, len(f.Want), counts[i])
	}
}

func faultIsOfKind(t *testing.T, f *Fixture, fault Fault, want []problem.Kind) {
	if !slices.Contains(f.Faults, fault) {
		t.Skip("this site cannot have this fault")
	}
	f.Set(0, fault)
	start := CPUTime()
	page, err := f.Site.Fetch(t.Context(), sites.Request{Listing: f.Listing})
	require.Error(t, err)
	require.Empty(t, page.Reviews, "an error brings no reviews")
	require.Contains(t, want, problem.KindOf(err), "%v", err)
	require.Less(t, CPUTime()-start, 20*time.Second)
	if fault == RateLimit || fault == Temporary {
		require.InDelta(t, RetryAfter.Seconds(), problem.RetryAfter(err).Seconds(), 2)
	}
}
