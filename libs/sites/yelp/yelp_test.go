package yelp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
	"github.com/bedside-health/bedside/libs/sites/yelp"
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
		kind := map[int]problem.Kind{
			301: problem.Forbidden, 401: problem.Forbidden, 403: problem.Forbidden, 404: problem.NotFound, 429: problem.RateLimited, 503: problem.Unavailable,
		}[c.status]
		if kind == "" {
			kind = problem.Invalid
		}
		return nil, problem.Wrap(kind, "site", &polite.StatusError{Status: c.status, Header: c.header, Body: []byte(c.body)}, "refused")
	}
	return &polite.Response{Status: c.status, Header: c.header, Body: []byte(c.body)}, nil
}

var (
	listing = sites.Listing{Ref: "harbor-dental-lakeside", Secret: "key"}
	partner = sites.Listing{Ref: "harbor-dental-lakeside", Secret: "key token"}
	now     = time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
)

func site(t *testing.T, c yelp.Fetcher) *yelp.Site {
	t.Helper()
	s, err := yelp.New(yelp.Config{Client: c, Now: func() time.Time { return now }})
	require.NoError(t, err)
	return s
}

func read(t *testing.T, body string) (sites.Page, error) {
	t.Helper()
	return site(t, &canned{status: 200, body: body}).Fetch(t.Context(), sites.Request{Listing: listing})
}

func one(t *testing.T, fields string) sites.Review {
	t.Helper()
	page, err := read(t, `{"total":1,"reviews":[{"id":"r1",`+fields+`}]}`)
	require.NoError(t, err)
	require.Empty(t, page.Warnings)
	require.Len(t, page.Reviews, 1)
	return page.Reviews[0]
}

func TestNew_Faults_AreErrors(t *testing.T) {
	_, err := yelp.New(yelp.Config{})
	require.Error(t, err)
	for _, bad := range []string{"ftp://x", "nowhere", "http://"} {
		_, err := yelp.New(yelp.Config{Client: &canned{}, BaseURL: bad})
		require.Error(t, err, bad)
		_, err = yelp.New(yelp.Config{Client: &canned{}, PartnerURL: bad})
		require.Error(t, err, bad)
	}
}

func TestFetch_Request_AsTheAPIWantsIt(t *testing.T) {
	c := &canned{status: 200, body: `{"reviews":[],"total":0}`}
	_, err := site(t, c).Fetch(t.Context(), sites.Request{Listing: sites.Listing{Ref: "café-zähne-3", Secret: "key token"}})
	require.NoError(t, err)
	require.Equal(t, "https://api.yelp.com/v3/businesses/caf%C3%A9-z%C3%A4hne-3/reviews?sort_by=newest", c.last.URL)
	require.Equal(t, http.Header{"Authorization": {"Bearer key"}, "Accept": {"application/json"}}, c.last.Header)
	require.True(t, c.last.NoRedirects)
	require.False(t, c.last.Robots, "an API given to us is no page")
}

func TestFetch_Reviews_AreExcerptsAndNeverComplete(t *testing.T) {
	page, err := read(t, `{"total":231,"reviews":[{"id":"a","text":"So much more to...","rating":4,"user":{"name":" Ada L. "}}]}`)
	require.NoError(t, err)
	require.True(t, page.Reviews[0].Excerpt)
	require.Equal(t, "Ada L.", page.Reviews[0].Author)
	require.Equal(t, "4/5", page.Reviews[0].RawRating)
	require.False(t, page.Complete)
	require.Empty(t, page.Next)
	require.Zero(t, page.Total, "the site counts reviews that it does not show")
	require.Equal(t, 231, page.Facts.Aggregate.ReviewCount)
}

func TestFetch_Times_ArePacificWithSummerTime(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2026-04-18 19:32:11":       time.Date(2026, 4, 19, 2, 32, 11, 0, time.UTC),
		"2026-01-18 19:32:11":       time.Date(2026, 1, 19, 3, 32, 11, 0, time.UTC),
		"2026-03-08 01:59:59":       time.Date(2026, 3, 8, 9, 59, 59, 0, time.UTC),
		"2026-03-08 03:00:00":       time.Date(2026, 3, 8, 10, 0, 0, 0, time.UTC),
		"2026-11-01 00:59:59":       time.Date(2026, 11, 1, 7, 59, 59, 0, time.UTC),
		"2026-11-01 02:00:00":       time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC),
		"2026-04-18T19:32:11Z":      time.Date(2026, 4, 18, 19, 32, 11, 0, time.UTC),
		"2026-04-18T19:32:11-07:00": time.Date(2026, 4, 19, 2, 32, 11, 0, time.UTC),
	} {
		require.Equal(t, want, one(t, `"time_created":"`+text+`"`).PostedAt, text)
	}
	twice := one(t, `"time_created":"2026-11-01 01:30:00"`).PostedAt
	require.Contains(t, []time.Time{time.Date(2026, 11, 1, 8, 30, 0, 0, time.UTC), time.Date(2026, 11, 1, 9, 30, 0, 0, time.UTC)}, twice)
	require.Equal(t, twice, one(t, `"time_created":"2026-11-01 01:30:00"`).PostedAt)
	require.True(t, one(t, `"text":"x"`).PostedAt.IsZero())
}

func TestFetch_Rating_IsNeverInvented(t *testing.T) {
	for value, want := range map[string]float64{"1": 1, "5": 5, "3.5": 3.5} {
		require.Equal(t, want, *one(t, `"rating":`+value).Rating)
	}
	for _, value := range []string{"0", "6", "-1", "null", "1e300"} {
		r := one(t, `"rating":`+value)
		require.Nil(t, r.Rating, value)
		require.Empty(t, r.RawRating, value)
	}
}

func TestFetch_URL_LosesWhatNamesTheKey(t *testing.T) {
	require.Equal(t, "https://www.yelp.com/biz/harbor-dental?hrid=abc",
		one(t, `"url":"https://www.yelp.com/biz/harbor-dental?adjust_creative=MYAPP&hrid=abc&utm_campaign=x#top"`).URL)
	for _, bad := range []string{"javascript:alert(1)", "https://user:pass@yelp.com/", "::", ""} {
		require.Empty(t, one(t, `"url":"`+bad+`"`).URL, bad)
	}
}

func TestFetch_OwnersReply_IsRead(t *testing.T) {
	r := one(t, `"public_response":{"text":"Thank you","time_created":"2026-04-18 19:32:11"}`)
	require.Equal(t, "Thank you", r.Reply.Text)
	require.Equal(t, time.Date(2026, 4, 19, 2, 32, 11, 0, time.UTC), r.Reply.UpdatedAt)
	require.Nil(t, one(t, `"public_response":{"text":""}`).Reply)
	require.Nil(t, one(t, `"public_response":null`).Reply)
}

func TestFetch_Budget_IsWhatTheHeadersSay(t *testing.T) {
	midnight := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		header http.Header
		want   *sites.Budget
	}{
		"none":     {http.Header{}, nil},
		"nonsense": {http.Header{"Ratelimit-Remaining": {"lots"}}, nil},
		"negative": {http.Header{"Ratelimit-Remaining": {"-4"}}, nil},
		"all": {http.Header{"Ratelimit-Dailylimit": {"300"}, "Ratelimit-Remaining": {"299"}, "Ratelimit-Resettime": {"2026-11-22T00:00:00+00:00"}},
			&sites.Budget{Limit: 300, Remaining: 299, ResetAt: midnight}},
		"no reset": {http.Header{"Ratelimit-Dailylimit": {"300"}, "Ratelimit-Remaining": {"0"}, "Ratelimit-Resettime": {"soon"}},
			&sites.Budget{Limit: 300}},
		"tighter for reviews": {http.Header{"Ratelimit-Dailylimit": {"500"}, "Ratelimit-Remaining": {"499"}, "Ratelimit-Resourcedailylimit": {"100"}, "Ratelimit-Resourceremaining": {"7"}},
			&sites.Budget{Limit: 100, Remaining: 7}},
	} {
		page, err := site(t, &canned{status: 200, header: tc.header, body: `{"reviews":[]}`}).Fetch(t.Context(), sites.Request{Listing: listing})
		require.NoError(t, err)
		require.Equal(t, tc.want, page.Budget, name)
	}
	rule := site(t, &canned{}).Budget()
	require.Equal(t, 300, rule.PerDay)
	require.Equal(t, midnight, rule.NextReset(now))
}

func TestFetch_BudgetUsedUp_RestsUntilTheReset(t *testing.T) {
	body := `{"error":{"code":"ACCESS_LIMIT_REACHED","description":"You've reached the access limit"}}`
	for name, tc := range map[string]struct {
		header http.Header
		wait   time.Duration
	}{
		"said":             {http.Header{"Ratelimit-Remaining": {"0"}, "Ratelimit-Resettime": {"2026-11-22T00:00:00+00:00"}}, 4 * time.Hour},
		"said otherwise":   {http.Header{"Ratelimit-Remaining": {"0"}, "Ratelimit-Resettime": {"2026-11-22T02:30:00+00:00"}}, 6*time.Hour + 30*time.Minute},
		"unsaid":           {http.Header{}, 4 * time.Hour},
		"said for ever":    {http.Header{"Ratelimit-Remaining": {"0"}, "Ratelimit-Resettime": {"9999-12-31T00:00:00+00:00"}}, 4 * time.Hour},
		"said in the past": {http.Header{"Ratelimit-Remaining": {"3"}, "Ratelimit-Resettime": {"2026-11-20T00:00:00+00:00"}}, 4 * time.Hour},
	} {
		page, err := site(t, &canned{status: 429, header: tc.header, body: body}).Fetch(t.Context(), sites.Request{Listing: listing})
		require.Equal(t, problem.RateLimited, problem.KindOf(err), name)
		require.Equal(t, tc.wait, problem.RetryAfter(err), name)
		require.Zero(t, page.Budget.Remaining, name)
		require.Equal(t, now.Add(tc.wait), page.Budget.ResetAt, name)
	}
}

func TestFetch_TooManyInASecond_PassesByItself(t *testing.T) {
	_, err := site(t, &canned{status: 429, body: `{"error":{"code":"TOO_MANY_REQUESTS_PER_SECOND"}}`}).Fetch(t.Context(), sites.Request{Listing: listing})
	require.Equal(t, problem.RateLimited, problem.KindOf(err))
	require.Equal(t, time.Second, problem.RetryAfter(err))
}

func TestFetch_Refusals_SayWhatToDo(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		kind   problem.Kind
		code   string
	}{
		{401, `{"error":{"code":"TOKEN_INVALID"}}`, problem.Forbidden, "yelp_credential"},
		{400, `{"error":{"code":"TOKEN_MISSING"}}`, problem.Forbidden, "yelp_credential"},
		{403, `{"error":{"code":"NOT_AUTHORIZED"}}`, problem.Forbidden, "yelp_permission"},
		{403, `{"error":{"code":"BUSINESS_UNAVAILABLE"}}`, problem.NotFound, "yelp_unavailable"},
		{404, `{"error":{"code":"BUSINESS_NOT_FOUND"}}`, problem.NotFound, "yelp_not_found"},
		{301, `{"error":{"code":"BUSINESS_MIGRATED","new_business_id":"x"}}`, problem.NotFound, "yelp_moved"},
		{400, `{"error":{"code":"VALIDATION_ERROR"}}`, problem.Invalid, "site"},
		{503, `busy`, problem.Unavailable, "site"},
	} {
		_, err := site(t, &canned{status: tc.status, body: tc.body}).Fetch(t.Context(), sites.Request{Listing: listing})
		var e *problem.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, tc.kind, e.Kind, tc.body)
		require.Equal(t, tc.code, e.Code, tc.body)
	}
}

func TestFetch_BadListing_IsRefusedWithoutARequest(t *testing.T) {
	c := &canned{status: 200, body: `{"reviews":[]}`}
	for _, ref := range []string{"", "a/b", "..", "a?b", "a#b", "a b", "https://www.yelp.com/biz/a", strings.Repeat("a", 201)} {
		_, err := site(t, c).Fetch(t.Context(), sites.Request{Listing: sites.Listing{Ref: ref, Secret: "key"}})
		require.Equal(t, problem.Invalid, problem.KindOf(err), ref)
	}
	for _, secret := range []string{"", "  ", "a b c"} {
		_, err := site(t, c).Fetch(t.Context(), sites.Request{Listing: sites.Listing{Ref: "a", Secret: secret}})
		require.Equal(t, problem.Forbidden, problem.KindOf(err))
	}
	require.Empty(t, c.last.URL)
}

func TestFetch_NotAList_IsInvalid(t *testing.T) {
	for _, body := range []string{"", "null", "[]", `"x"`, `{}`, `{"error":{"code":"x"}}`, `{"reviews":{}}`, `{"reviews":null}`, "<html>", `{"reviews":[}`, `{"reviews":[],"total":-1}`} {
		_, err := read(t, body)
		require.Equal(t, problem.Invalid, problem.KindOf(err), body)
	}
}

func TestFetch_BrokenBodies_StoreNothingByHalf(t *testing.T) {
	sitestest.Broken(t, []byte(`{"total":2,"possible_languages":["en"],"reviews":[
		{"id":"a","url":"https://www.yelp.com/biz/x?hrid=a","text":"one","rating":4,"time_created":"2026-04-18 19:32:11","user":{"id":"u","name":"A."},
		 "public_response":{"text":"Thanks","time_created":"2026-04-19 19:32:11"}},
		{"id":"b","url":"https://www.yelp.com/biz/x?hrid=b","text":"two","rating":1,"time_created":"2026-04-17 19:32:11","user":{"id":"v","name":"B."}}]}`),
		"reviews", func(body []byte) (sites.Page, error) { return read(t, string(body)) })
}

func TestPublishReply_PostsAsThePartnerAPIWantsIt(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		got = []string{r.Method, r.URL.String(), r.Header.Get("Authorization"), r.Header.Get("Content-Type"), string(data)}
		_, _ = w.Write([]byte(`{}`))
	}))
	t.Cleanup(server.Close)
	client, err := polite.New(polite.Config{Product: "Bedside", Contact: "mailto:a@b.example", AllowLoopback: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	s, err := yelp.New(yelp.Config{Client: client, PartnerURL: server.URL + "/"})
	require.NoError(t, err)
	require.NoError(t, s.PublishReply(t.Context(), partner, "xAG4O7l-t1ubbwVAlPnDKg", `Thank you "so" much ©`))
	require.Equal(t, []string{"POST", "/reviews/v1/xAG4O7l-t1ubbwVAlPnDKg", "Bearer token", "application/json"}, got[:4])
	require.JSONEq(t, `{"response_text":"Thank you \"so\" much ©","response_type":"public_comment"}`, got[4])
}

func TestPublishReply_Limits(t *testing.T) {
	c := &canned{status: 200, body: "{}"}
	s := site(t, c)
	require.NoError(t, s.PublishReply(t.Context(), partner, "r", strings.Repeat("é", 5000)))
	require.LessOrEqual(t, len(strings.Repeat("é", 5000)), s.MaxReplyBytes())
	require.Equal(t, "https://partner-api.yelp.com/reviews/v1/r", c.last.URL)
	c.last = polite.Request{}
	require.Equal(t, problem.TooLarge, problem.KindOf(s.PublishReply(t.Context(), partner, "r", strings.Repeat("é", 5001))))
	for _, text := range []string{"", " \n", "bad \xff", "thanks 😀", "thanks ❤️", "☀", "1\u20e3", "👩🏽‍⚕️", "🇺🇸"} {
		require.Equal(t, problem.Invalid, problem.KindOf(s.PublishReply(t.Context(), partner, "r", text)), text)
	}
	for _, id := range []string{"", "../x", "a/b", "a?b"} {
		require.Equal(t, problem.Invalid, problem.KindOf(s.PublishReply(t.Context(), partner, id, "hi")), id)
	}
	require.Empty(t, c.last.URL, "nothing was sent")
	for _, text := range []string{"naïve café №5 ½ €20 → “ok”…", "© 2026 Zähne™", "谢谢", "شكرا"} {
		require.NoError(t, s.PublishReply(t.Context(), partner, "r", text), text)
	}
}

func TestPublishReply_Refusals_SayWhatToDo(t *testing.T) {
	for id, want := range map[string]struct {
		kind problem.Kind
		code string
	}{
		"R2R_COMMENT_QUOTA_EXCEEDED":  {problem.RateLimited, "yelp_reply_quota"},
		"R2R_INVALID_RESPONSE_TEXT":   {problem.Invalid, "yelp_text_refused"},
		"R2R_REVIEW_DOES_NOT_EXIST":   {problem.NotFound, "yelp_review_gone"},
		"R2R_PROBLEM_WITH_USER_PHOTO": {problem.Forbidden, "yelp_owner_photo"},
		"R2R_COMMENTS_NOT_ALLOWED":    {problem.Forbidden, "yelp_reply_permission"},
		"INVALID_TOKEN":               {problem.Forbidden, "yelp_partner_token"},
		"SOMETHING_NEW":               {problem.Invalid, "site"},
	} {
		body := fmt.Sprintf(`{"error":{"id":%q,"description":"Words of the site.","http_code":400}}`, id)
		err := site(t, &canned{status: 400, body: body}).PublishReply(t.Context(), partner, "r", "Thank you")
		var e *problem.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, want.kind, e.Kind, id)
		require.Equal(t, want.code, e.Code, id)
		require.NotContains(t, err.Error(), "Words of the site")
	}
}

func TestAnswering_WithoutPartnerAccess_IsByHand(t *testing.T) {
	s := site(t, &canned{})
	a := s.Answering(listing, "https://www.yelp.com/biz/x?hrid=a&utm_source=k")
	require.True(t, a.ByHand)
	require.True(t, a.NoEmoji)
	require.Equal(t, "https://www.yelp.com/biz/x?hrid=a", a.URL)
	require.Equal(t, 5000, a.MaxCharacters)
	require.Equal(t, 20, a.PerDay)
	require.Equal(t, "https://biz.yelp.com/", s.Answering(listing, "javascript:alert(1)").URL)
	err := s.PublishReply(t.Context(), listing, "r", "Thank you")
	var e *problem.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, sites.CodeReplyByHand, e.Code)

	a = s.Answering(partner, "https://www.yelp.com/biz/x")
	require.False(t, a.ByHand)
	require.Empty(t, a.URL)
}

func FuzzFetch(f *testing.F) {
	f.Add(`{"total":1,"reviews":[{"id":"a","text":"x","rating":4,"time_created":"2026-03-08 02:30:00","url":"https://y/?hrid=1","user":{"name":"N"}}]}`)
	f.Add(`{"reviews":[{"id":"a","public_response":{"text":"t","time_created":"9999-99-99 00:00:00"}}],"total":-1}`)
	f.Fuzz(func(t *testing.T, body string) {
		page, err := read(t, body)
		if err != nil {
			require.Empty(t, page.Reviews)
			return
		}
		sitestest.Storable(t, page)
		require.False(t, page.Complete)
		for _, r := range page.Reviews {
			require.True(t, r.Excerpt)
		}
	})
}
