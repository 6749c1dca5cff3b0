package google_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/google"
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
	return &polite.Response{Status: c.status, Body: []byte(c.body), Header: http.Header{}}, nil
}

var listing = sites.Listing{Ref: "accounts/1/locations/2", Secret: "token"}

func fetch(t *testing.T, body string, since time.Time) (sites.Page, error) {
	t.Helper()
	site, err := google.New(google.Config{Client: &canned{status: 200, body: body}})
	require.NoError(t, err)
	return site.Fetch(t.Context(), sites.Request{Listing: listing, Since: since})
}

func one(t *testing.T, fields string) sites.Review {
	t.Helper()
	page, err := fetch(t, `{"reviews":[{"reviewId":"r1",`+fields+`}]}`, time.Time{})
	require.NoError(t, err)
	require.Empty(t, page.Warnings)
	require.Len(t, page.Reviews, 1)
	return page.Reviews[0]
}

func TestFetch_Request_AsTheAPIWantsIt(t *testing.T) {
	c := &canned{status: 200, body: `{}`}
	site, err := google.New(google.Config{Client: c})
	require.NoError(t, err)
	page, err := site.Fetch(t.Context(), sites.Request{Listing: listing, Page: "50|abc="})
	require.NoError(t, err)
	require.Empty(t, page.Reviews)
	require.Equal(t, "https://mybusiness.googleapis.com/v4/accounts/1/locations/2/reviews?orderBy=updateTime+desc&pageSize=50&pageToken=abc%3D", c.last.URL)
	require.Equal(t, "Bearer token", c.last.Header.Get("Authorization"))
	require.False(t, c.last.Robots, "an API given to us is no page")
}

func TestFetch_Times_AnyFractionAndOffset(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2026-03-01T10:00:00Z":             time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC),
		"2026-03-01T10:00:00.123Z":         time.Date(2026, 3, 1, 10, 0, 0, 123e6, time.UTC),
		"2026-03-01T10:00:00.123456Z":      time.Date(2026, 3, 1, 10, 0, 0, 123456e3, time.UTC),
		"2026-03-01T10:00:00.123456789Z":   time.Date(2026, 3, 1, 10, 0, 0, 123456789, time.UTC),
		"2026-03-01T10:00:00.5-05:00":      time.Date(2026, 3, 1, 15, 0, 0, 5e8, time.UTC),
		"2026-03-01T15:30:00.000000+05:30": time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC),
	} {
		require.Equal(t, want, one(t, `"createTime":"`+text+`"`).PostedAt, text)
	}
}

func TestFetch_RatingWithoutText_StaysBoth(t *testing.T) {
	r := one(t, `"starRating":"FOUR","createTime":"2026-03-01T10:00:00Z","reviewer":{"isAnonymous":true}`)
	require.Empty(t, r.Text)
	require.Equal(t, 4.0, *r.Rating)
	require.Equal(t, "Anonymous", r.Author)
	require.Nil(t, one(t, `"starRating":"STAR_RATING_UNSPECIFIED"`).Rating)
	require.Nil(t, one(t, `"starRating":"SIX"`).Rating)
}

func TestFetch_TranslatedComment_KeepsTheOriginal(t *testing.T) {
	for comment, want := range map[string]string{
		"(Translated by Google) Very kind.\n\n(Original)\nMuy amables.\nGracias": "Muy amables.\nGracias",
		"(Translated by Google) Very kind. (Original) Muy amables.":              "Muy amables.",
		"Muy amables.\n\n(Translated by Google)\nVery kind.":                     "Muy amables.",
		"(Translated by Google) without an original":                             "(Translated by Google) without an original",
		"I saw (Translated by Google) on their site (Original) too":              "I saw (Translated by Google) on their site (Original) too",
		"plain  text ": "plain  text ",
	} {
		encoded, err := json.Marshal(comment)
		require.NoError(t, err)
		require.Equal(t, want, one(t, `"comment":`+string(encoded)).Text)
	}
}

func TestFetch_Reply_WithTheStateOfItsModeration(t *testing.T) {
	for extra, want := range map[string]events.Reply{
		``:                              {},
		`,"state":"STATE_UNSPECIFIED"`:  {},
		`,"state":"SOMETHING_NEW"`:      {},
		`,"state":"APPROVED"`:           {State: events.ReplyPublic},
		`,"state":"PENDING"`:            {State: events.ReplyPending},
		`,"reviewReplyState":"pending"`: {State: events.ReplyPending},
		`,"reviewReplyState":"REJECTED","policyViolation":"OFF_TOPIC"`:                                                {State: events.ReplyRejected, Problem: "OFF_TOPIC"},
		`,"state":"REJECTED","policyViolation":{"policyName":"Personal  data","description":"Names a patient","x":1}`: {State: events.ReplyRejected, Problem: "Personal data; Names a patient"},
		`,"state":"REJECTED","policyViolations":[{"reason":"SPAM"},{"reason":"LINK"}]`:                                {State: events.ReplyRejected, Problem: "SPAM; LINK"},
		`,"policyViolation":{"type":"SPAM"}`:                                                                          {State: events.ReplyRejected, Problem: "SPAM"},
		`,"state":"REJECTED","policyViolation":[[[[[[["deep"]]]]]]]`:                                                  {State: events.ReplyRejected},
		`,"policyViolation":{}`: {},
	} {
		want.Text, want.UpdatedAt = "Thank you", time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
		got := one(t, `"reviewReply":{"comment":"Thank you","updateTime":"2026-03-02T10:00:00Z"`+extra+`}`)
		require.Equal(t, &want, got.Reply, extra)
	}
}

func TestFetch_OneBadReview_IsLeftOutWithAWarning(t *testing.T) {
	page, err := fetch(t, `{"totalReviewCount":4,"reviews":[{"reviewId":"a"},7,{"reviewId":"../x"},{"reviewId":"b","createTime":"soon"},
		{"name":"accounts/1/locations/2/reviews/c"},{"reviewId":"a"}]}`, time.Time{})
	require.NoError(t, err)
	require.Len(t, page.Reviews, 2)
	require.Equal(t, "c", page.Reviews[1].ExternalID)
	require.Len(t, page.Warnings, 3)
	require.False(t, page.Complete)
}

func TestFetch_FewerThanGoogleCounts_IsNotComplete(t *testing.T) {
	page, err := fetch(t, `{"totalReviewCount":2,"reviews":[{"reviewId":"a"}]}`, time.Time{})
	require.NoError(t, err)
	require.False(t, page.Complete)
	require.Equal(t, 2, page.Total)
}

func TestFetch_Since_StopsWithOverlap(t *testing.T) {
	body := func(update string) string {
		return `{"reviews":[{"reviewId":"a","updateTime":"` + update + `"}],"nextPageToken":"more"}`
	}
	since := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	page, err := fetch(t, body("2026-03-09T00:00:00Z"), since)
	require.NoError(t, err)
	require.NotEmpty(t, page.Next, "within the overlap it reads on")
	page, err = fetch(t, body("2026-03-01T00:00:00Z"), since)
	require.NoError(t, err)
	require.Empty(t, page.Next)
	require.False(t, page.Complete)
}

func TestFetch_NotAList_IsInvalid(t *testing.T) {
	for _, body := range []string{"", "null", "[]", `"x"`, `{"error":{"code":500}}`, `{"location":"x"}`, `{"reviews":{}}`, "<html>", `{"reviews":[}`} {
		_, err := fetch(t, body, time.Time{})
		require.Equal(t, problem.Invalid, problem.KindOf(err), body)
	}
}

func TestFetch_Refusals_SayWhatToDo(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		kind   problem.Kind
		code   string
	}{
		{401, `{"error":{"status":"UNAUTHENTICATED"}}`, problem.Forbidden, "google_credential"},
		{403, `{"error":{"status":"PERMISSION_DENIED"}}`, problem.Forbidden, "google_permission"},
		{404, ``, problem.NotFound, "google_not_found"},
		{429, `{"error":{"status":"RESOURCE_EXHAUSTED"}}`, problem.RateLimited, "google_quota"},
		{403, `{"error":{"status":"RESOURCE_EXHAUSTED"}}`, problem.RateLimited, "google_quota"},
		{429, `{"error":{"status":"RESOURCE_EXHAUSTED","details":[{"reason":"RATE_LIMIT_EXCEEDED","metadata":{"quota_limit_value":"0"}}]}}`, problem.Forbidden, "google_no_quota"},
		{429, `{"error":{"status":"RESOURCE_EXHAUSTED","details":[{"reason":"RATE_LIMIT_EXCEEDED","metadata":{"quota_limit_value":"300"}}]}}`, problem.RateLimited, "google_quota"},
		{429, `{"error":{"status":"RESOURCE_EXHAUSTED","details":"of another shape"}}`, problem.RateLimited, "google_quota"},
		{403, `{"error":{"status":"PERMISSION_DENIED","details":[{"reason":"SERVICE_DISABLED"}]}}`, problem.Forbidden, "google_api_disabled"},
		{503, `busy`, problem.Unavailable, "site"},
	} {
		site, err := google.New(google.Config{Client: &canned{status: tc.status, body: tc.body}})
		require.NoError(t, err)
		_, err = site.Fetch(t.Context(), sites.Request{Listing: listing})
		var e *problem.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, tc.kind, e.Kind)
		require.Equal(t, tc.code, e.Code)
	}
}

func TestFetch_BadListing_IsRefusedWithoutARequest(t *testing.T) {
	site, err := google.New(google.Config{Client: &canned{status: 200, body: "{}"}})
	require.NoError(t, err)
	for _, ref := range []string{"", "locations/1", "accounts/1/locations/2/../3", "accounts/1/locations/2?x=", "accounts/1/locations/2/reviews/x"} {
		_, err := site.Fetch(t.Context(), sites.Request{Listing: sites.Listing{Ref: ref, Secret: "x"}})
		require.Equal(t, problem.Invalid, problem.KindOf(err), ref)
	}
	_, err = site.Fetch(t.Context(), sites.Request{Listing: sites.Listing{Ref: listing.Ref}})
	require.Equal(t, problem.Forbidden, problem.KindOf(err))
}

func TestPublishReply_PutsTheText(t *testing.T) {
	var method, path, body string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		method, path, body = r.Method, r.URL.Path, string(data)
		_, _ = w.Write([]byte(`{"comment":"x"}`))
	}))
	t.Cleanup(s.Close)
	client, err := polite.New(polite.Config{Product: "Bedside", Contact: "mailto:a@b.example", AllowLoopback: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	site, err := google.New(google.Config{Client: client, BaseURL: s.URL + "/"})
	require.NoError(t, err)
	require.NoError(t, site.PublishReply(t.Context(), listing, "AbF-1_x=", "Thank you \"so\" much"))
	require.Equal(t, http.MethodPut, method)
	require.Equal(t, "/v4/accounts/1/locations/2/reviews/AbF-1_x=/reply", path)
	require.JSONEq(t, `{"comment":"Thank you \"so\" much"}`, body)
}

func TestPublishReply_Limits_CountBytes(t *testing.T) {
	c := &canned{status: 200, body: "{}"}
	site, err := google.New(google.Config{Client: c})
	require.NoError(t, err)
	require.Equal(t, 4096, site.MaxReplyBytes())
	require.NoError(t, site.PublishReply(t.Context(), listing, "r", strings.Repeat("é", 2048)))
	err = site.PublishReply(t.Context(), listing, "r", strings.Repeat("é", 2048)+".")
	require.Equal(t, problem.TooLarge, problem.KindOf(err))
	for id, text := range map[string]string{"r": " \n", "../x": "hi", "": "hi", "ok": "bad \xff"} {
		require.Equal(t, problem.Invalid, problem.KindOf(site.PublishReply(t.Context(), listing, id, text)), id)
	}
}

func FuzzFetch(f *testing.F) {
	f.Add(`{"reviews":[{"reviewId":"a","starRating":"ONE","comment":"(Translated by Google) x (Original) y","createTime":"2026-01-01T00:00:00.1Z"}],"nextPageToken":"n"}`)
	f.Add(`{"reviews":[{"name":"a/b"}],"totalReviewCount":-1}`)
	f.Fuzz(func(t *testing.T, body string) {
		site, err := google.New(google.Config{Client: &canned{status: 200, body: body}})
		require.NoError(t, err)
		page, err := site.Fetch(t.Context(), sites.Request{Listing: listing})
		if err != nil {
			require.Empty(t, page.Reviews)
			return
		}
		ids := map[string]bool{}
		for _, r := range page.Reviews {
			require.NotEmpty(t, r.ExternalID)
			require.False(t, ids[r.ExternalID])
			ids[r.ExternalID] = true
			if r.Rating != nil {
				require.True(t, *r.Rating >= 1 && *r.Rating <= 5)
			}
		}
	})
}
