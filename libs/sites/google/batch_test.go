package google_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/google"
)

var since = time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)

func three() []sites.Listing {
	return []sites.Listing{
		{ID: "a", Ref: "accounts/1/locations/2", Secret: "token"},
		{ID: "b", Ref: "accounts/1/locations/3", Secret: "token"},
		{ID: "c", Ref: "accounts/1/locations/4", Secret: "token"},
	}
}

// item is one element of a batch's answer.
func item(location, id, update string) string {
	return fmt.Sprintf(`{"name":"accounts/1/locations/%s","review":{"reviewId":%q,"updateTime":%q,"createTime":"2026-01-01T00:00:00Z"}}`, location, id, update)
}

func batch(t *testing.T, page string, next string, items ...string) (sites.BatchPage, *canned, error) {
	t.Helper()
	c := &canned{status: 200, body: `{"locationReviews":[` + strings.Join(items, ",") + `],"nextPageToken":"` + next + `"}`}
	site, err := google.New(google.Config{Client: c})
	require.NoError(t, err)
	got, err := site.FetchBatch(t.Context(), sites.BatchRequest{Listings: three(), Page: page, Since: since})
	return got, c, err
}

func TestFetchBatch_Request_AsTheAPIWantsIt(t *testing.T) {
	got, c, err := batch(t, "", "more", item("2", "r1", "2026-03-20T00:00:00Z"), item("4", "r2", "2026-03-19T00:00:00Z"))
	require.NoError(t, err)
	require.Equal(t, http.MethodPost, c.last.Method)
	require.Equal(t, "https://mybusiness.googleapis.com/v4/accounts/1/locations:batchGetReviews", c.last.URL)
	require.Equal(t, "Bearer token", c.last.Header.Get("Authorization"))
	var body map[string]any
	require.NoError(t, json.Unmarshal(c.last.Body, &body))
	require.Equal(t, map[string]any{
		"locationNames": []any{"accounts/1/locations/2", "accounts/1/locations/3", "accounts/1/locations/4"},
		"pageSize":      50.0, "pageToken": "", "orderBy": "updateTime desc",
	}, body)
	require.Equal(t, "r1", got.ByListing["a"].Reviews[0].ExternalID)
	require.Equal(t, "r2", got.ByListing["c"].Reviews[0].ExternalID)
	require.NotContains(t, got.ByListing, "b")

	_, c, err = batch(t, got.Next, "", item("2", "r3", "2026-03-18T00:00:00Z"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(c.last.Body, &body))
	require.Equal(t, "more", body["pageToken"])
}

func TestFetchBatch_Since_StopsOnlyWhereTheOrderIsSeen(t *testing.T) {
	const fresh, old = "2026-03-20T00:00:00Z", "2026-02-01T00:00:00Z"
	const between = "2026-03-15T00:00:00Z"
	got, _, err := batch(t, "", "more", item("2", "r1", fresh), item("3", "r2", between), item("2", "r3", old))
	require.NoError(t, err)
	require.Empty(t, got.Next, "sorted over two locations, and the last is old")

	got, _, err = batch(t, "", "more", item("2", "r1", fresh), item("3", "r2", old))
	require.NoError(t, err)
	require.NotEmpty(t, got.Next, "one location behind the other may look sorted, and a third with news may follow")

	got, _, err = batch(t, "", "more", item("2", "r1", fresh), item("2", "r2", old))
	require.NoError(t, err)
	require.NotEmpty(t, got.Next, "one location's own order says nothing of the others")
	got, _, err = batch(t, got.Next, "more2", item("3", "r3", old))
	require.NoError(t, err)
	require.NotEmpty(t, got.Next)
	got, _, err = batch(t, got.Next, "more3", item("2", "r4", old), item("3", "r5", old))
	require.NoError(t, err)
	require.Empty(t, got.Next, "the locations take turns")

	got, _, err = batch(t, "", "more", item("2", "r1", fresh), item("3", "r2", between), item("2", "r3", "2026-03-09T00:00:00Z"))
	require.NoError(t, err)
	require.NotEmpty(t, got.Next, "within the overlap it reads on")
}

func TestFetchBatch_NotSorted_IsAnErrorWhereMoreWouldFollow(t *testing.T) {
	items := []string{item("2", "r1", "2026-01-01T00:00:00Z"), item("3", "r2", "2026-03-20T00:00:00Z")}
	_, _, err := batch(t, "", "more", items...)
	require.Equal(t, problem.Invalid, problem.KindOf(err))
	got, _, err := batch(t, "", "", items...)
	require.NoError(t, err, "the whole answer is here")
	require.Len(t, got.ByListing, 2)

	first, _, err := batch(t, "", "more", item("2", "r1", "2026-03-20T00:00:00Z"), item("3", "r2", "2026-03-19T00:00:00Z"))
	require.NoError(t, err)
	_, _, err = batch(t, first.Next, "more2", item("2", "r3", "2026-03-25T00:00:00Z"))
	require.Equal(t, problem.Invalid, problem.KindOf(err), "the order holds over pages")
}

func TestFetchBatch_OddItems_NeverReachAnotherListing(t *testing.T) {
	got, _, err := batch(t, "", "", item("2", "r1", "2026-03-20T00:00:00Z"), item("2", "r1", "2026-03-20T00:00:00Z"),
		`{"name":"accounts/1/locations/3","review":7}`,
		`{"review":{"name":"accounts/1/locations/4/reviews/r9","reviewId":"r9"}}`)
	require.NoError(t, err)
	require.Len(t, got.ByListing["a"].Reviews, 1, "repeated items do not double")
	require.NotEmpty(t, got.ByListing["b"].Warnings)
	require.Empty(t, got.ByListing["a"].Warnings)
	require.Equal(t, "r9", got.ByListing["c"].Reviews[0].ExternalID)

	for _, foreign := range []string{item("5", "r1", "2026-03-20T00:00:00Z"), `{"review":{"reviewId":"r1"}}`, `{}`} {
		_, _, err = batch(t, "", "", foreign)
		require.Equal(t, problem.Invalid, problem.KindOf(err), foreign)
	}
}

func TestFetchBatch_BadBatches_AreRefusedWithoutARequest(t *testing.T) {
	c := &canned{status: 200, body: "{}"}
	site, err := google.New(google.Config{Client: c})
	require.NoError(t, err)
	for name, change := range map[string]func([]sites.Listing) []sites.Listing{
		"none":              func([]sites.Listing) []sites.Listing { return nil },
		"too many":          func(l []sites.Listing) []sites.Listing { return make([]sites.Listing, 51) },
		"another account":   func(l []sites.Listing) []sites.Listing { l[1].Ref = "accounts/2/locations/3"; return l },
		"another token":     func(l []sites.Listing) []sites.Listing { l[1].Secret = "other"; return l },
		"not a listing":     func(l []sites.Listing) []sites.Listing { l[2].Ref = "x"; return l },
		"without its token": func(l []sites.Listing) []sites.Listing { l[0].Secret = ""; return l },
	} {
		_, err := site.FetchBatch(t.Context(), sites.BatchRequest{Listings: change(three()), Since: since})
		require.Error(t, err, name)
		require.Empty(t, c.last.URL, name)
	}
	for _, page := range []string{"x", "b|1|2|true|", "b|x|2|true|t", "b|1|2|maybe|t", "50|abc", "b|-1|2|true|t"} {
		_, err := site.FetchBatch(t.Context(), sites.BatchRequest{Listings: three(), Page: page, Since: since})
		require.Equal(t, problem.Invalid, problem.KindOf(err), page)
		require.Empty(t, c.last.URL, page)
	}
	require.Equal(t, 50, site.MaxBatch())
	require.Equal(t, "accounts/1", site.BatchKey(three()[0]))
	require.Empty(t, site.BatchKey(sites.Listing{Ref: "accounts/1/locations/2"}))
}

func TestFetchBatch_NotABatch_IsAnError(t *testing.T) {
	for _, body := range []string{"", "null", "[]", `{"error":{"code":500}}`, `{"reviews":[]}`, `{"locationReviews":{}}`, "<html>", `{"locationReviews":[}`} {
		site, err := google.New(google.Config{Client: &canned{status: 200, body: body}})
		require.NoError(t, err)
		_, err = site.FetchBatch(t.Context(), sites.BatchRequest{Listings: three(), Since: since})
		require.Equal(t, problem.Invalid, problem.KindOf(err), body)
	}
	site, err := google.New(google.Config{Client: &canned{status: 200, body: "{}"}})
	require.NoError(t, err)
	got, err := site.FetchBatch(t.Context(), sites.BatchRequest{Listings: three(), Since: since})
	require.NoError(t, err, "an empty object is how Google says that there is nothing")
	require.Empty(t, got.ByListing)
	site, err = google.New(google.Config{Client: &canned{status: 429, body: `{"error":{"status":"RESOURCE_EXHAUSTED"}}`}})
	require.NoError(t, err)
	_, err = site.FetchBatch(t.Context(), sites.BatchRequest{Listings: three(), Since: since})
	require.Equal(t, problem.RateLimited, problem.KindOf(err))
}

func FuzzFetchBatch(f *testing.F) {
	f.Add(`{"locationReviews":[`+item("2", "r", "2026-03-20T00:00:00Z")+`],"nextPageToken":"x"}`, "")
	f.Add(`{"locationReviews":[{"review":{"name":"locations/3/reviews/x"}}]}`, "b|1|2|true|t")
	f.Fuzz(func(t *testing.T, body, page string) {
		site, err := google.New(google.Config{Client: &canned{status: 200, body: body}})
		require.NoError(t, err)
		got, err := site.FetchBatch(t.Context(), sites.BatchRequest{Listings: three(), Page: page, Since: since})
		if err != nil {
			require.Empty(t, got.ByListing)
			return
		}
		for id, p := range got.ByListing {
			require.Contains(t, []string{"a", "b", "c"}, id)
			for _, r := range p.Reviews {
				require.NotEmpty(t, r.ExternalID)
			}
		}
	})
}
