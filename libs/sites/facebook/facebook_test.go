package facebook_test

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
	"github.com/bedside-health/bedside/libs/sites/facebook"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
)

// canned answers every request with one answer and keeps the last request.
type canned struct {
	status int
	header http.Header
	body   string
	last   polite.Request
}

func (c *canned) Do(_ context.Context, req polite.Request) (*polite.Response, error) {
	c.last = req
	if c.status >= 300 {
		kind := map[int]problem.Kind{401: problem.Forbidden, 403: problem.Forbidden, 404: problem.NotFound, 429: problem.RateLimited, 500: problem.Unavailable}[c.status]
		if kind == "" {
			kind = problem.Invalid
		}
		return nil, problem.Wrap(kind, "site", &polite.StatusError{Status: c.status, Header: c.header, Body: []byte(c.body)}, "refused")
	}
	return &polite.Response{Status: c.status, Header: c.header, Body: []byte(c.body)}, nil
}

var listing = sites.Listing{Ref: "1000", Secret: "token"}

func site(t *testing.T, c facebook.Fetcher) *facebook.Site {
	t.Helper()
	s, err := facebook.New(facebook.Config{Client: c})
	require.NoError(t, err)
	return s
}

func read(t *testing.T, body string, since time.Time, page string) (sites.Page, error) {
	t.Helper()
	return site(t, &canned{status: 200, body: body}).Fetch(t.Context(), sites.Request{Listing: listing, Since: since, Page: page})
}

func one(t *testing.T, fields string) sites.Review {
	t.Helper()
	page, err := read(t, `{"data":[{"created_time":"2026-04-18T19:32:11+0000",`+fields+`}]}`, time.Time{}, "")
	require.NoError(t, err)
	require.Empty(t, page.Warnings)
	require.Len(t, page.Reviews, 1)
	return page.Reviews[0]
}

func TestFetch_Request_AsTheAPIWantsIt(t *testing.T) {
	c := &canned{status: 200, body: `{"data":[]}`}
	_, err := site(t, c).Fetch(t.Context(), sites.Request{Listing: listing, Page: "after:QVFI="})
	require.NoError(t, err)
	address, err := url.Parse(c.last.URL)
	require.NoError(t, err)
	require.Equal(t, "https://graph.facebook.com/v21.0/1000/ratings", address.Scheme+"://"+address.Host+address.Path)
	require.Equal(t, url.Values{
		"after": {"QVFI="}, "limit": {"100"},
		"fields": {"created_time,has_rating,has_review,open_graph_story{id},rating,recommendation_type,review_text,reviewer{id,name}"},
	}, address.Query())
	require.Equal(t, http.Header{"Authorization": {"Bearer token"}, "Accept": {"application/json"}}, c.last.Header)
	require.NotContains(t, c.last.URL, "token")
	require.True(t, c.last.NoRedirects)
}

func TestFetch_AppSecret_IsProvedAndNeverSent(t *testing.T) {
	c := &canned{status: 200, body: `{"data":[]}`}
	_, err := site(t, c).Fetch(t.Context(), sites.Request{Listing: sites.Listing{Ref: "1000", Secret: "key what-do-ya-want"}})
	require.NoError(t, err)
	address, err := url.Parse(c.last.URL)
	require.NoError(t, err)
	// HMAC-SHA256 of "key" under "what-do-ya-want", by openssl.
	require.Equal(t, "2d22f876b7926252b30ddacafd49a93ac7b8640300932c5b230ec2699ef113f4", address.Query().Get("appsecret_proof"))
	require.NotContains(t, c.last.URL+fmt.Sprint(c.last.Header), "what-do-ya-want")
}

func TestNew_Version_IsPartOfTheBaseURL(t *testing.T) {
	for base, want := range map[string]string{
		"": "https://graph.facebook.com/v21.0/", "https://graph.example/": "https://graph.example/v21.0/",
		"https://graph.example/v20.0": "https://graph.example/v20.0/", "https://graph.example/proxy/v19.0/": "https://graph.example/proxy/v19.0/",
	} {
		c := &canned{status: 200, body: `{"data":[]}`}
		s, err := facebook.New(facebook.Config{Client: c, BaseURL: base})
		require.NoError(t, err)
		_, err = s.Fetch(t.Context(), sites.Request{Listing: listing})
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(c.last.URL, want+"1000/ratings?"), c.last.URL)
	}
	for _, bad := range []string{"ftp://x", "x", "http://"} {
		_, err := facebook.New(facebook.Config{Client: &canned{}, BaseURL: bad})
		require.Error(t, err, bad)
	}
	_, err := facebook.New(facebook.Config{})
	require.Error(t, err)
}

func TestFetch_Recommendation_HasNoInventedRating(t *testing.T) {
	for fields, want := range map[string]string{
		`"recommendation_type":"positive","has_rating":false`: "recommends",
		`"recommendation_type":"negative"`:                    "does not recommend",
		`"recommendation_type":"NEGATIVE","rating":0`:         "does not recommend",
		`"recommendation_type":"perhaps"`:                     "",
		`"has_rating":true,"rating":7`:                        "",
		`"review_text":"x"`:                                   "",
	} {
		r := one(t, fields)
		require.Nil(t, r.Rating, fields)
		require.Equal(t, want, r.RawRating, fields)
	}
	old := one(t, `"has_rating":true,"rating":4`)
	require.Equal(t, 4.0, *old.Rating)
	require.Equal(t, "4/5", old.RawRating)
}

func TestFetch_Identity_SurvivesAnEdit(t *testing.T) {
	story := one(t, `"open_graph_story":{"id":"1000_5"},"review_text":"a"`)
	require.Equal(t, "1000_5", story.ExternalID)
	require.Equal(t, "https://www.facebook.com/1000_5", story.URL)

	first := one(t, `"reviewer":{"id":"7","name":"Ada"},"review_text":"a"`)
	require.Equal(t, first.ExternalID, one(t, `"reviewer":{"id":"7","name":"Ada Lee"},"review_text":"b"`).ExternalID)
	require.NotEqual(t, first.ExternalID, one(t, `"reviewer":{"id":"8","name":"Ada"},"review_text":"a"`).ExternalID)
	require.NotEqual(t, one(t, `"review_text":"a"`).ExternalID, one(t, `"review_text":"b"`).ExternalID, "strangers of one second are two")
	for _, id := range []string{"../x", "javascript:1", "1_2_3"} {
		r := one(t, `"open_graph_story":{"id":"`+id+`"}`)
		require.NotContains(t, r.ExternalID+r.URL, id)
	}
	elsewhere, err := site(t, &canned{status: 200, body: `{"data":[{"created_time":"2026-04-18T19:32:11+0000","reviewer":{"id":"7"}}]}`}).
		Fetch(t.Context(), sites.Request{Listing: sites.Listing{Ref: "2000", Secret: "token"}})
	require.NoError(t, err)
	require.NotEqual(t, first.ExternalID, elsewhere.Reviews[0].ExternalID)

	page, err := read(t, `{"data":[{"review_text":"neither id nor time"}]}`, time.Time{}, "")
	require.NoError(t, err)
	require.Empty(t, page.Reviews)
	require.Len(t, page.Warnings, 1)
}

func TestFetch_Times_HaveAnOffsetWithoutColon(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2026-04-18T19:32:11+0000":  time.Date(2026, 4, 18, 19, 32, 11, 0, time.UTC),
		"2026-04-18T19:32:11-0700":  time.Date(2026, 4, 19, 2, 32, 11, 0, time.UTC),
		"2026-04-18T19:32:11+02:00": time.Date(2026, 4, 18, 17, 32, 11, 0, time.UTC),
	} {
		page, err := read(t, `{"data":[{"created_time":"`+text+`","reviewer":{"id":"7"}}]}`, time.Time{}, "")
		require.NoError(t, err)
		require.Equal(t, want, page.Reviews[0].PostedAt)
	}
}

func TestFetch_NextPage_ByCursorAndNeverByAddress(t *testing.T) {
	page, err := read(t, `{"data":[],"paging":{"cursors":{"after":"abc="},"next":"https://evil.example/?access_token=x"}}`, time.Time{}, "")
	require.NoError(t, err)
	require.Equal(t, "after:abc=", page.Next)
	require.False(t, page.Complete)
	page, err = read(t, `{"data":[],"paging":{"cursors":{"before":"x","after":"abc="}}}`, time.Time{}, "after:aaa")
	require.NoError(t, err)
	require.Empty(t, page.Next, "the last page has a cursor and no next")
	require.True(t, page.Complete)
	for _, body := range []string{
		`{"data":[],"paging":{"next":"https://x/"}}`, `{"data":[],"paging":{"cursors":{"after":"a b"},"next":"https://x/"}}`,
		`{"data":[],"paging":{"cursors":{"after":"` + strings.Repeat("a", 5000) + `"},"next":"https://x/"}}`,
	} {
		_, err = read(t, body, time.Time{}, "")
		require.Equal(t, problem.Invalid, problem.KindOf(err))
	}
	_, err = read(t, `{"data":[],"paging":{"cursors":{"after":"same"},"next":"https://x/"}}`, time.Time{}, "after:same")
	require.Equal(t, problem.Unavailable, problem.KindOf(err), "a circle")
}

func TestFetch_UnreadableRecommendation_KeepsAllPagesFromBeingComplete(t *testing.T) {
	first, err := read(t, `{"data":[7,{"created_time":"soon"},{"open_graph_story":{"id":"1_2"}}],"paging":{"cursors":{"after":"b"},"next":"https://x/"}}`, time.Time{}, "")
	require.NoError(t, err)
	require.Len(t, first.Reviews, 1)
	require.Len(t, first.Warnings, 2)
	last, err := read(t, `{"data":[]}`, time.Time{}, first.Next)
	require.NoError(t, err)
	require.Empty(t, last.Warnings)
	require.False(t, last.Complete)
}

func TestFetch_Since_StopsOnlyInASortedList(t *testing.T) {
	body := func(days ...int) string {
		items := make([]string, len(days))
		for i, day := range days {
			items[i] = fmt.Sprintf(`{"open_graph_story":{"id":"%d"},"created_time":"2026-03-%02dT00:00:00+0000"}`, i+1, day)
		}
		return `{"data":[` + strings.Join(items, ",") + `],"paging":{"cursors":{"after":"b"},"next":"https://x/"}}`
	}
	since := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		body  string
		stops bool
	}{{body(21, 10), true}, {body(10), true}, {body(21, 19), false}, {body(10, 21), false}, {body(21, 10, 11), false}} {
		page, err := read(t, tc.body, since, "")
		require.NoError(t, err)
		require.Equal(t, tc.stops, page.Next == "", tc.body)
		require.False(t, page.Complete)
	}
}

func TestFetch_ErrorCodes_SayWhatToDo(t *testing.T) {
	for _, tc := range []struct {
		fields string
		kind   problem.Kind
		code   string
	}{
		{`"code":12`, problem.NotFound, sites.CodeEnded},
		{`"code":283`, problem.Forbidden, "facebook_permission"},
		{`"code":190,"error_subcode":463`, problem.Forbidden, "facebook_credential"},
		{`"code":102`, problem.Forbidden, "facebook_credential"},
		{`"code":10`, problem.Forbidden, "facebook_permission"},
		{`"code":200`, problem.Forbidden, "facebook_permission"},
		{`"code":4`, problem.RateLimited, "facebook_limit"},
		{`"code":17`, problem.RateLimited, "facebook_limit"},
		{`"code":32`, problem.RateLimited, "facebook_limit"},
		{`"code":613`, problem.RateLimited, "facebook_limit"},
		{`"code":80001`, problem.RateLimited, "facebook_limit"},
		{`"code":100,"error_subcode":33`, problem.NotFound, "facebook_not_found"},
		{`"code":803`, problem.NotFound, "facebook_not_found"},
		{`"code":2`, problem.Unavailable, "facebook_unavailable"},
		{`"code":100`, problem.Invalid, ""},
	} {
		body := `{"error":{"message":"Words of the site.","type":"OAuthException",` + tc.fields + `}}`
		for _, status := range []int{400, 200} {
			page, err := site(t, &canned{status: status, body: body}).Fetch(t.Context(), sites.Request{Listing: listing})
			var e *problem.Error
			require.ErrorAs(t, err, &e, tc.fields)
			require.Equal(t, tc.kind, e.Kind, tc.fields)
			if tc.code != "" {
				require.Equal(t, tc.code, e.Code, tc.fields)
			}
			require.NotContains(t, err.Error(), "Words of the site")
			require.Empty(t, page.Reviews)
		}
	}
	_, err := site(t, &canned{status: 401, body: `{}`}).Fetch(t.Context(), sites.Request{Listing: listing})
	require.Equal(t, problem.Forbidden, problem.KindOf(err))
}

func TestFetch_RateLimit_RestsAsLongAsFacebookSays(t *testing.T) {
	for header, want := range map[string]time.Duration{
		`{"1000":[{"type":"pages","call_count":100,"estimated_time_to_regain_access":19}],"2":[{"estimated_time_to_regain_access":3}]}`: 19 * time.Minute,
		`{"1000":[{"estimated_time_to_regain_access":0}]}`:     10 * time.Minute,
		`{"1000":[{"estimated_time_to_regain_access":-5}]}`:    10 * time.Minute,
		`{"1000":[{"estimated_time_to_regain_access":1e300}]}`: 24 * time.Hour,
		`[`: 10 * time.Minute,
		``:  10 * time.Minute,
	} {
		c := &canned{status: 400, header: http.Header{"X-Business-Use-Case-Usage": {header}}, body: `{"error":{"code":32}}`}
		_, err := site(t, c).Fetch(t.Context(), sites.Request{Listing: listing})
		require.Equal(t, want, problem.RetryAfter(err), header)
	}
}

func TestFetch_BadListing_IsRefusedWithoutARequest(t *testing.T) {
	c := &canned{status: 200, body: `{"data":[]}`}
	for _, ref := range []string{"", "a/b", "..", "?", "a b", "https://www.facebook.com/a"} {
		_, err := site(t, c).Fetch(t.Context(), sites.Request{Listing: sites.Listing{Ref: ref, Secret: "x"}})
		require.Equal(t, problem.Invalid, problem.KindOf(err), ref)
	}
	for _, secret := range []string{"", " ", "a b c"} {
		_, err := site(t, c).Fetch(t.Context(), sites.Request{Listing: sites.Listing{Ref: "1", Secret: secret}})
		require.Equal(t, problem.Forbidden, problem.KindOf(err))
	}
	require.Empty(t, c.last.URL)
}

func TestFetch_NotAList_IsInvalid(t *testing.T) {
	for _, body := range []string{"", "null", "[]", `"x"`, `{}`, `{"data":{}}`, `{"data":null}`, "<html>", `{"data":[}`} {
		_, err := read(t, body, time.Time{}, "")
		require.Equal(t, problem.Invalid, problem.KindOf(err), body)
	}
}

func TestFetch_BrokenBodies_StoreNothingByHalf(t *testing.T) {
	sitestest.Broken(t, []byte(`{"data":[
		{"created_time":"2026-04-18T19:32:11+0000","has_review":true,"recommendation_type":"positive","review_text":"one","open_graph_story":{"id":"1_2"},"reviewer":{"id":"7","name":"A"}},
		{"created_time":"2026-04-17T19:32:11+0000","rating":4,"review_text":"two","reviewer":{"id":"8","name":"B"}}],
		"paging":{"cursors":{"before":"a","after":"b"}}}`),
		"data", func(body []byte) (sites.Page, error) { return read(t, string(body), time.Time{}, "") })
}

func TestAnswering_IsByHand(t *testing.T) {
	s := site(t, &canned{})
	require.Equal(t, sites.Answering{ByHand: true, URL: "https://www.facebook.com/1_2"}, s.Answering(listing, "https://www.facebook.com/1_2"))
	require.Equal(t, "https://www.facebook.com/1000/reviews", s.Answering(listing, "javascript:alert(1)").URL)
}

func FuzzFetch(f *testing.F) {
	f.Add(`{"data":[{"created_time":"2026-04-18T19:32:11+0000","review_text":"x","reviewer":{"id":"7"}}],"paging":{"cursors":{"after":"b"},"next":"x"}}`)
	f.Add(`{"error":{"code":12}}`)
	f.Fuzz(func(t *testing.T, body string) {
		page, err := read(t, body, time.Time{}, "")
		if err != nil {
			require.Empty(t, page.Reviews)
			return
		}
		sitestest.Storable(t, page)
		require.False(t, page.Complete && (page.Next != "" || len(page.Warnings) > 0))
	})
}
