package trustpilot_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
	"github.com/bedside-health/bedside/libs/sites/trustpilot"
)

// canned answers every request with one answer and keeps the last request.
type canned struct {
	status int
	body   string
	last   polite.Request
}

func (c *canned) Do(_ context.Context, req polite.Request) (*polite.Response, error) {
	c.last = req
	if c.status >= 300 {
		kind := map[int]problem.Kind{401: problem.Forbidden, 403: problem.Forbidden, 404: problem.NotFound, 429: problem.RateLimited, 503: problem.Unavailable}[c.status]
		return nil, problem.Wrap(kind, "site", &polite.StatusError{Status: c.status, Body: []byte(c.body)}, "refused")
	}
	return &polite.Response{Status: c.status, Header: http.Header{}, Body: []byte(c.body)}, nil
}

var (
	listing = sites.Listing{Ref: "46d6a890000064000500e0c3", Secret: "token"}
	since   = time.Date(2026, 3, 31, 15, 4, 5, 0, time.UTC)
)

func site(t *testing.T, c trustpilot.Fetcher) *trustpilot.Site {
	t.Helper()
	s, err := trustpilot.New(trustpilot.Config{Client: c})
	require.NoError(t, err)
	return s
}

func read(t *testing.T, body string, since time.Time, page string) (sites.Page, error) {
	t.Helper()
	return site(t, &canned{status: 200, body: body}).Fetch(t.Context(), sites.Request{Listing: listing, Since: since, Page: page})
}

func one(t *testing.T, fields string) sites.Review {
	t.Helper()
	page, err := read(t, `{"reviews":[{"id":"r1",`+fields+`}]}`, time.Time{}, "")
	require.NoError(t, err)
	require.Empty(t, page.Warnings)
	require.Len(t, page.Reviews, 1)
	return page.Reviews[0]
}

// full is a page of n reviews of which the last was posted at a time.
func full(n int, last string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(`{"id":"r%d","createdAt":"2026-03-30T00:00:00Z"}`, i)
	}
	items[n-1] = `{"id":"last","createdAt":"` + last + `"}`
	return `{"reviews":[` + strings.Join(items, ",") + `]}`
}

func TestFetch_Request_AsTheAPIWantsIt(t *testing.T) {
	c := &canned{status: 200, body: `{"reviews":[]}`}
	for _, tc := range []struct {
		secret string
		req    sites.Request
		path   string
		query  url.Values
		header http.Header
	}{
		{"token", sites.Request{}, "/v1/private/business-units/46d6a890000064000500e0c3/reviews",
			url.Values{"page": {"1"}, "perPage": {"100"}, "orderBy": {"createdat.desc"}},
			http.Header{"Accept": {"application/json"}, "Authorization": {"Bearer token"}}},
		{"apikey: k1", sites.Request{Page: "3!", Since: since}, "/v1/business-units/46d6a890000064000500e0c3/reviews",
			url.Values{"page": {"3"}, "perPage": {"100"}, "orderBy": {"createdat.desc"}, "startDateTime": {"2026-03-01T00:00:00"}},
			http.Header{"Accept": {"application/json"}, "Apikey": {"k1"}}},
	} {
		tc.req.Listing = sites.Listing{Ref: listing.Ref, Secret: tc.secret}
		_, err := site(t, c).Fetch(t.Context(), tc.req)
		require.NoError(t, err)
		address, err := url.Parse(c.last.URL)
		require.NoError(t, err)
		require.Equal(t, "https://api.trustpilot.com"+tc.path, address.Scheme+"://"+address.Host+address.Path)
		require.Equal(t, tc.query, address.Query())
		require.Equal(t, tc.header, c.last.Header)
		require.True(t, c.last.NoRedirects)
	}
}

func TestFetch_Review_TitleTextTimesAndReply(t *testing.T) {
	r := one(t, `"stars":2,"title":"Late again","text":"An hour.\n\nNever again.","createdAt":"2026-04-18T19:32:11.123Z","updatedAt":"2026-04-19T01:00:00+02:00",
		"consumer":{"id":"c","displayName":" Ada L. "},"companyReply":{"text":"We are sorry","createdAt":"2026-04-20T00:00:00Z","updatedAt":"2026-04-21T00:00:00Z"}`)
	require.Equal(t, "Late again", r.Title)
	require.Equal(t, "An hour.\n\nNever again.", r.Text)
	require.Equal(t, "Ada L.", r.Author)
	require.Equal(t, "2/5", r.RawRating)
	require.Equal(t, time.Date(2026, 4, 18, 19, 32, 11, 123e6, time.UTC), r.PostedAt)
	require.Equal(t, time.Date(2026, 4, 18, 23, 0, 0, 0, time.UTC), r.UpdatedAt)
	require.Equal(t, "We are sorry", r.Reply.Text)
	require.Equal(t, time.Date(2026, 4, 21, 0, 0, 0, 0, time.UTC), r.Reply.UpdatedAt)
	require.Equal(t, "https://www.trustpilot.com/reviews/r1", r.URL)
	require.Equal(t, time.Date(2026, 4, 20, 0, 0, 0, 0, time.UTC), one(t, `"companyReply":{"text":"x","createdAt":"2026-04-20T00:00:00"}`).Reply.UpdatedAt)
	require.Nil(t, one(t, `"companyReply":{"text":""}`).Reply)
	for _, stars := range []string{"0", "6", "null"} {
		require.Nil(t, one(t, `"stars":`+stars).Rating)
	}
}

func TestFetch_CompleteList_EndsAtAnEmptyPageOnly(t *testing.T) {
	page, err := read(t, full(3, "2026-01-01T00:00:00Z"), time.Time{}, "")
	require.NoError(t, err)
	require.Equal(t, "2", page.Next, "a short page proves nothing")
	require.False(t, page.Complete)
	page, err = read(t, `{"reviews":[]}`, time.Time{}, "2")
	require.NoError(t, err)
	require.Empty(t, page.Next)
	require.True(t, page.Complete)
	page, err = read(t, `{"reviews":[]}`, time.Time{}, "")
	require.NoError(t, err)
	require.True(t, page.Complete, "a business without reviews")
}

func TestFetch_News_EndWhereKnownReviewsBegin(t *testing.T) {
	for _, tc := range []struct {
		body string
		ends bool
	}{
		{full(100, "2026-03-29T00:00:00Z"), false},
		{full(100, "2026-02-28T00:00:00Z"), true}, // a site that does not look at startDateTime
		{full(99, "2026-03-29T00:00:00Z"), true},
		{`{"reviews":[]}`, true},
	} {
		page, err := read(t, tc.body, since, "")
		require.NoError(t, err)
		require.Equal(t, tc.ends, page.Next == "")
		require.False(t, page.Complete)
	}
}

func TestFetch_UnreadableReview_KeepsAllPagesFromBeingComplete(t *testing.T) {
	first, err := read(t, `{"reviews":[{"id":"a"},7,{"id":"../x"},{"id":"b","createdAt":"soon"},{"id":"a"}]}`, time.Time{}, "")
	require.NoError(t, err)
	require.Len(t, first.Reviews, 1)
	require.Len(t, first.Warnings, 3)
	second, err := read(t, full(1, "2026-01-01T00:00:00Z"), time.Time{}, first.Next)
	require.NoError(t, err)
	last, err := read(t, `{"reviews":[]}`, time.Time{}, second.Next)
	require.NoError(t, err)
	require.Empty(t, last.Warnings)
	require.Empty(t, last.Next)
	require.False(t, last.Complete)
}

func TestFetch_Refusals_SayWhatToDo(t *testing.T) {
	for status, want := range map[int]struct {
		kind problem.Kind
		code string
	}{
		401: {problem.Forbidden, "trustpilot_credential"}, 403: {problem.Forbidden, "trustpilot_permission"},
		404: {problem.NotFound, "trustpilot_not_found"}, 429: {problem.RateLimited, "site"}, 503: {problem.Unavailable, "site"},
	} {
		_, err := site(t, &canned{status: status}).Fetch(t.Context(), sites.Request{Listing: listing})
		var e *problem.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, want.kind, e.Kind)
		require.Equal(t, want.code, e.Code)
	}
}

func TestFetch_BadListing_IsRefusedWithoutARequest(t *testing.T) {
	c := &canned{status: 200, body: `{"reviews":[]}`}
	for _, ref := range []string{"", "a/b", "..", "a?b", "example.com"} {
		_, err := site(t, c).Fetch(t.Context(), sites.Request{Listing: sites.Listing{Ref: ref, Secret: "x"}})
		require.Equal(t, problem.Invalid, problem.KindOf(err), ref)
	}
	_, err := site(t, c).Fetch(t.Context(), sites.Request{Listing: sites.Listing{Ref: listing.Ref, Secret: " "}})
	require.Equal(t, problem.Forbidden, problem.KindOf(err))
	for _, page := range []string{"1", "02", "+2", "2!!", "!", "100001", "2|3"} {
		_, err := site(t, c).Fetch(t.Context(), sites.Request{Listing: listing, Page: page})
		require.Equal(t, problem.Invalid, problem.KindOf(err), page)
	}
	require.Empty(t, c.last.URL)
	for _, bad := range []string{"ftp://x", "x", "http://"} {
		_, err := trustpilot.New(trustpilot.Config{Client: c, BaseURL: bad})
		require.Error(t, err, bad)
	}
	for _, bad := range []trustpilot.Config{{}, {Client: c, PerPage: 101}, {Client: c, PerPage: -1}} {
		_, err = trustpilot.New(bad)
		require.Error(t, err)
	}
}

func TestFetch_NotAList_IsInvalid(t *testing.T) {
	for _, body := range []string{"", "null", "[]", `"x"`, `{}`, `{"reviews":{}}`, `{"reviews":null}`, "<html>", `{"reviews":[}`} {
		_, err := read(t, body, time.Time{}, "")
		require.Equal(t, problem.Invalid, problem.KindOf(err), body)
	}
}

func TestFetch_BrokenBodies_StoreNothingByHalf(t *testing.T) {
	sitestest.Broken(t, []byte(`{"links":[],"reviews":[
		{"id":"a","stars":4,"title":"T","text":"one","language":"en","createdAt":"2026-04-18T19:32:11Z","updatedAt":"2026-04-18T19:32:11Z","consumer":{"id":"c","displayName":"A"},
		 "companyReply":{"text":"Thanks","createdAt":"2026-04-19T19:32:11Z","updatedAt":null}},
		{"id":"b","stars":1,"title":"U","text":"two","createdAt":"2026-04-17T19:32:11Z","consumer":{"id":"d","displayName":"B"},"companyReply":null}]}`),
		"reviews", func(body []byte) (sites.Page, error) { return read(t, string(body), time.Time{}, "") })
}

func TestAnswering_IsByHandAndSeenLater(t *testing.T) {
	s := site(t, &canned{})
	require.Equal(t, sites.Answering{ByHand: true, Seen: true, URL: "https://www.trustpilot.com/reviews/r1"}, s.Answering(listing, "https://www.trustpilot.com/reviews/r1"))
	require.NotContains(t, s.Answering(listing, "javascript:alert(1)").URL, "javascript")
}

func FuzzFetch(f *testing.F) {
	f.Add(`{"reviews":[{"id":"a","stars":4,"title":"T","text":"one","createdAt":"2026-04-18T19:32:11Z","consumer":{"displayName":"A"},"companyReply":{"text":"x"}}]}`, "2")
	f.Add(`{"reviews":[]}`, "2!")
	f.Fuzz(func(t *testing.T, body, token string) {
		page, err := read(t, body, time.Time{}, token)
		if err != nil {
			require.Empty(t, page.Reviews)
			return
		}
		sitestest.Storable(t, page)
		require.False(t, page.Complete && (page.Next != "" || len(page.Warnings) > 0))
	})
}
