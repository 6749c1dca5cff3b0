package careopinion_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/careopinion"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
)

// canned answers requests by their path and keeps them.
type canned struct {
	stories   string
	responses map[string]string // by id; absent is "[]"
	fail      map[string]error  // by path
	asked     []polite.Request
}

func (c *canned) Do(_ context.Context, req polite.Request) (*polite.Response, error) {
	c.asked = append(c.asked, req)
	u, err := url.Parse(req.URL)
	if err != nil {
		return nil, err
	}
	if err := c.fail[u.Path]; err != nil {
		return nil, err
	}
	body := c.stories
	if id, of := strings.CutSuffix(strings.TrimPrefix(u.Path, "/api/v2/opinions/"), "/responses"); of {
		var there bool
		if body, there = c.responses[id]; !there {
			body = "[]"
		}
	}
	return &polite.Response{Status: 200, Header: http.Header{}, Body: []byte(body)}, nil
}

func refused(kind problem.Kind, status int) error {
	return problem.Wrap(kind, "site", &polite.StatusError{Status: status}, "refused")
}

var listing = sites.Listing{Ref: "RXX01", Secret: "key"}

func site(t *testing.T, c careopinion.Fetcher) *careopinion.Site {
	t.Helper()
	s, err := careopinion.New(careopinion.Config{Client: c, PageSize: 3})
	require.NoError(t, err)
	return s
}

func read(t *testing.T, c *canned, page string) (sites.Page, error) {
	t.Helper()
	return site(t, c).Fetch(t.Context(), sites.Request{Listing: listing, Page: page})
}

func one(t *testing.T, fields string) sites.Review {
	t.Helper()
	page, err := read(t, &canned{stories: `[{"id":7,` + fields + `}]`}, "")
	require.NoError(t, err)
	require.Empty(t, page.Warnings)
	require.Len(t, page.Reviews, 1)
	return page.Reviews[0]
}

// stories are some with these ids, each without responses.
func stories(ids ...int) string {
	items := make([]string, len(ids))
	for i, id := range ids {
		items[i] = fmt.Sprintf(`{"id":%d,"body":"story %d","responseCount":0}`, id, id)
	}
	return "[" + strings.Join(items, ",") + "]"
}

func TestFetch_Requests_AsTheAPIWantsThem(t *testing.T) {
	c := &canned{stories: `[{"id":1,"body":"x"},{"id":2,"body":"y","links":[{"rel":"tags"}]},{"id":"3","body":"z","links":[{"relation":"responses","link":"https://elsewhere.example/"}]}]`}
	s := site(t, c)
	_, err := s.Fetch(t.Context(), sites.Request{Listing: listing, ETag: `"x"`, Since: time.Date(2026, 3, 31, 15, 0, 0, 0, time.UTC)})
	require.NoError(t, err)
	require.Len(t, c.asked, 3)
	address, err := url.Parse(c.asked[0].URL)
	require.NoError(t, err)
	require.Equal(t, "https://www.careopinion.org.uk/api/v2/opinions", address.Scheme+"://"+address.Host+address.Path)
	require.Equal(t, url.Values{"skip": {"0"}, "take": {"3"}, "healthservice": {"RXX01"}, "submittedonafter": {"2026-03-01"}}, address.Query())
	require.Equal(t, "https://www.careopinion.org.uk/api/v2/opinions/1/responses", c.asked[1].URL)
	require.Equal(t, "https://www.careopinion.org.uk/api/v2/opinions/3/responses", c.asked[2].URL)
	for _, req := range c.asked {
		require.Equal(t, http.Header{"Authorization": {"SUBSCRIPTION_KEY key"}, "Accept": {"application/json"}}, req.Header)
		require.True(t, req.NoRedirects)
		require.Equal(t, 200*time.Millisecond, req.Spacing, "five requests a second")
		require.Empty(t, req.ETag, "the same stories may have new responses")
	}

	c.asked = nil
	_, err = s.Fetch(t.Context(), sites.Request{Listing: sites.Listing{Ref: careopinion.Everything, Secret: "key"}, Page: "3.9"})
	require.NoError(t, err)
	address, err = url.Parse(c.asked[0].URL)
	require.NoError(t, err)
	require.Equal(t, url.Values{"skip": {"2"}, "take": {"4"}}, address.Query(), "a later page begins with the last story of the page before")
}

func TestFetch_Story_HasNoRatingAndNoMarkup(t *testing.T) {
	r := one(t, `"title":"My visit","body":"The nurse was **very** kind \\- thank you &amp; bless you.","authorRole":"the patient","criticality":"mildly critical",
		"dateOfSubmission":"2026-04-15T09:00:00Z","dateOfPublication":"2026-04-18T10:30:00Z"`)
	require.Equal(t, "7", r.ExternalID)
	require.Equal(t, "https://www.careopinion.org.uk/7", r.URL)
	require.Equal(t, "My visit", r.Title)
	require.Equal(t, "The nurse was very kind - thank you & bless you.", r.Text)
	require.Equal(t, "the patient", r.Author)
	require.Nil(t, r.Rating)
	require.Empty(t, r.RawRating)
	require.Equal(t, time.Date(2026, 4, 18, 10, 30, 0, 0, time.UTC), r.PostedAt)
	require.Equal(t, "Ada", one(t, `"authorName":"Ada","authorRole":"a relative"`).Author)
}

func TestFetch_Times_WithoutZoneAreBritish(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2026-07-18T10:30:00":       time.Date(2026, 7, 18, 9, 30, 0, 0, time.UTC),
		"2026-01-18T10:30:00.25":    time.Date(2026, 1, 18, 10, 30, 0, 25e7, time.UTC),
		"2026-07-18 10:30:00":       time.Date(2026, 7, 18, 9, 30, 0, 0, time.UTC),
		"2026-01-18":                time.Date(2026, 1, 18, 0, 0, 0, 0, time.UTC),
		"2026-07-18T10:30:00+02:00": time.Date(2026, 7, 18, 8, 30, 0, 0, time.UTC),
	} {
		require.Equal(t, want, one(t, `"dateOfPublication":"`+text+`"`).PostedAt, text)
	}
	require.Equal(t, time.Date(2026, 1, 18, 0, 0, 0, 0, time.UTC), one(t, `"dateOfSubmission":"2026-01-18"`).PostedAt)
}

func TestFetch_Responses_AreOneReplyOldestFirst(t *testing.T) {
	c := &canned{stories: `[{"id":7,"body":"x"}]`, responses: map[string]string{"7": `[
		{"id":2,"body":"We **changed** the rota.","dateOfPublication":"2026-05-02T00:00:00Z"},
		{"id":1,"body":"Thank you.","dateOfPublication":"2026-05-01T00:00:00Z"},
		{"id":3,"body":"  ","dateOfPublication":"2026-05-03T00:00:00Z"}]`}}
	page, err := read(t, c, "")
	require.NoError(t, err)
	require.Equal(t, "Thank you.\n\nWe changed the rota.", page.Reviews[0].Reply.Text)
	require.Equal(t, time.Date(2026, 5, 2, 0, 0, 0, 0, time.UTC), page.Reviews[0].Reply.UpdatedAt)

	c.responses = nil
	page, err = read(t, c, "")
	require.NoError(t, err)
	require.Nil(t, page.Reviews[0].Reply)
}

func TestFetch_ResponsesFail_ThePageFails(t *testing.T) {
	path := "/api/v2/opinions/7/responses"
	c := &canned{stories: `[{"id":7,"body":"x"}]`}
	for _, tc := range []struct {
		err  error
		want problem.Kind
	}{
		{refused(problem.Unavailable, 503), problem.Unavailable}, {refused(problem.RateLimited, 429), problem.RateLimited}, {refused(problem.Forbidden, 302), problem.Forbidden},
	} {
		c.fail = map[string]error{path: tc.err}
		page, err := read(t, c, "")
		require.Equal(t, tc.want, problem.KindOf(err))
		require.Empty(t, page.Reviews)
	}
	c.fail = map[string]error{path: refused(problem.NotFound, 404)}
	page, err := read(t, c, "")
	require.NoError(t, err, "a story that is taken back while it is read")
	require.Len(t, page.Reviews, 1)
}

func TestFetch_ResponsesUnreadable_StoryIsLeftOutWithAWarning(t *testing.T) {
	for _, body := range []string{`["x"]`, `[{"body":7}]`, `[{"body":"x","dateOfPublication":"soon"}]`, `[` + strings.Repeat(`{},`, 300) + `{}]`} {
		page, err := read(t, &canned{stories: `[{"id":6,"body":"x","responseCount":0},{"id":7,"body":"y"}]`, responses: map[string]string{"7": body}}, "")
		require.NoError(t, err)
		require.Len(t, page.Reviews, 1)
		require.Len(t, page.Warnings, 1)
		require.Contains(t, page.Next, "!", "the list is not complete any more")
	}
}

func TestFetch_Pages_OverlapByOneStory(t *testing.T) {
	first, err := read(t, &canned{stories: stories(1, 2, 3)}, "")
	require.NoError(t, err)
	require.Equal(t, "3.3", first.Next)
	second, err := read(t, &canned{stories: stories(3, 4, 5)}, first.Next)
	require.NoError(t, err)
	require.Len(t, second.Reviews, 2)
	require.Equal(t, "5.5", second.Next, "a short page proves nothing")
	last, err := read(t, &canned{stories: stories(5)}, second.Next)
	require.NoError(t, err)
	require.Empty(t, last.Reviews)
	require.Empty(t, last.Next)
	require.True(t, last.Complete)
	empty, err := read(t, &canned{stories: "[]"}, "")
	require.NoError(t, err)
	require.True(t, empty.Complete)
}

func TestFetch_ListMovedBetweenPages_IsNeverComplete(t *testing.T) {
	// Story 1 was taken back after the first page, so that 4 is where 3 was.
	second, err := read(t, &canned{stories: stories(4, 5)}, "3.3")
	require.NoError(t, err)
	require.Len(t, second.Reviews, 2, "nothing that comes is lost")
	last, err := read(t, &canned{stories: stories(5)}, second.Next)
	require.NoError(t, err)
	require.Empty(t, last.Next)
	require.False(t, last.Complete)
	// The list became shorter than where the page begins.
	gone, err := read(t, &canned{stories: "[]"}, "3.3")
	require.NoError(t, err)
	require.Empty(t, gone.Next)
	require.False(t, gone.Complete)
}

func TestFetch_ApologyInPlaceOfAStory_IsAWarning(t *testing.T) {
	page, err := read(t, &canned{stories: `["Sorry! Something went wrong.",{"id":2,"body":"x","responseCount":0}]`}, "")
	require.NoError(t, err)
	require.Len(t, page.Reviews, 1)
	require.Len(t, page.Warnings, 1)
	last, err := read(t, &canned{stories: stories(2)}, page.Next)
	require.NoError(t, err)
	require.False(t, last.Complete)
	_, err = read(t, &canned{stories: `["Sorry! Something went wrong.","Sorry! Something went wrong."]`}, "")
	require.Equal(t, problem.Invalid, problem.KindOf(err))
}

func TestFetch_InvalidKey_IsNotAuthorisedAndNeverEmpty(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/account/login" {
			_, _ = w.Write([]byte("<html><form><input type=password></form></html>"))
			return
		}
		http.Redirect(w, r, "/account/login?returnUrl=%2fapi%2fv2%2fopinions", http.StatusFound)
	}))
	t.Cleanup(server.Close)
	client, err := polite.New(polite.Config{Product: "Bedside", Contact: "mailto:a@b.example", AllowLoopback: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	s, err := careopinion.New(careopinion.Config{Client: client, BaseURL: server.URL})
	require.NoError(t, err)
	_, err = s.Fetch(t.Context(), sites.Request{Listing: listing})
	requireCode(t, err, problem.Forbidden, "careopinion_key")

	for body, want := range map[string]problem.Kind{
		"\ufeff <!DOCTYPE html><body><FORM action=/login><input type='password'></form>": problem.Forbidden,
		"<!doctype html><form>Sign in</form>":                                            problem.Forbidden,
		"<!doctype html><p>We are doing some work on the site. Log in again later.</p>":  problem.Invalid,
		`[{"id":1,"body":"<form> to log in with my password"}`:                           problem.Invalid,
		"": problem.Invalid, "null": problem.Invalid, "{}": problem.Invalid, `"x"`: problem.Invalid, `{"message":"x"}`: problem.Invalid,
	} {
		page, err := read(t, &canned{stories: body}, "")
		require.Equal(t, want, problem.KindOf(err), body)
		require.Empty(t, page.Reviews)
	}
}

func requireCode(t *testing.T, err error, kind problem.Kind, code string) {
	t.Helper()
	var e *problem.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, kind, e.Kind)
	require.Equal(t, code, e.Code)
}

func TestFetch_Refusals_SayWhatToDo(t *testing.T) {
	const path = "/api/v2/opinions"
	for status, want := range map[int]problem.Kind{302: problem.Forbidden, 401: problem.Forbidden, 403: problem.Forbidden, 404: problem.NotFound, 429: problem.RateLimited, 503: problem.Unavailable} {
		kind := want
		_, err := read(t, &canned{fail: map[string]error{path: refused(kind, status)}}, "")
		require.Equal(t, want, problem.KindOf(err), status)
	}
	own := errors.New("not a problem")
	_, err := read(t, &canned{fail: map[string]error{path: own}}, "")
	require.ErrorIs(t, err, own)
}

func TestFetch_BadListing_IsRefusedWithoutARequest(t *testing.T) {
	c := &canned{stories: "[]"}
	for _, ref := range []string{"", "a/b", "..", "a?b", "-x", "a b"} {
		_, err := site(t, c).Fetch(t.Context(), sites.Request{Listing: sites.Listing{Ref: ref, Secret: "x"}})
		require.Equal(t, problem.Invalid, problem.KindOf(err), ref)
	}
	for _, secret := range []string{"", " ", "a b", "a\nb", "ü"} {
		_, err := site(t, c).Fetch(t.Context(), sites.Request{Listing: sites.Listing{Ref: "RXX01", Secret: secret}})
		require.Equal(t, problem.Forbidden, problem.KindOf(err), secret)
	}
	for _, page := range []string{"3", "3.", "0.1", "-3.1", "03.1", "3.1!!", "3.a/b", "99999999.1", "3.!"} {
		_, err := read(t, c, page)
		require.Equal(t, problem.Invalid, problem.KindOf(err), page)
	}
	require.Empty(t, c.asked)
	for _, bad := range []careopinion.Config{{}, {Client: c, BaseURL: "ftp://x"}, {Client: c, BaseURL: "x"}, {Client: c, PageSize: -1}, {Client: c, PageSize: 101}} {
		_, err := careopinion.New(bad)
		require.Error(t, err)
	}
}

func TestFetch_BrokenStories_StoreNothingByHalf(t *testing.T) {
	sitestest.Broken(t, []byte(`[
		{"id":1,"title":"T","body":"one **two**","authorRole":"the patient","dateOfSubmission":"2026-04-15T09:00:00Z","dateOfPublication":"2026-04-18T10:30:00Z","links":[{"rel":"responses","id":"1","href":"x"}]},
		{"id":"2","title":"U","body":"three","authorName":"A","dateOfPublication":"2026-04-19T10:30:00Z","responseCount":0}]`),
		"", func(body []byte) (sites.Page, error) { return read(t, &canned{stories: string(body)}, "") })
}

func TestFetch_BrokenResponses_StoreNothingByHalf(t *testing.T) {
	good := `[{"id":1,"body":"Thanks","dateOfPublication":"2026-04-18T10:30:00Z"},{"id":2,"body":"Again","dateOfSubmission":"2026-04-19T10:30:00Z"}]`
	sitestest.Broken(t, []byte(good), "", func(body []byte) (sites.Page, error) {
		return read(t, &canned{stories: `[{"id":7,"body":"x"}]`, responses: map[string]string{"7": string(body)}}, "")
	})
}

func TestAnswering_IsByHandAndSeenLater(t *testing.T) {
	s := site(t, &canned{})
	require.Equal(t, sites.Answering{ByHand: true, Seen: true, URL: "https://www.careopinion.org.uk/7"}, s.Answering(listing, "https://www.careopinion.org.uk/7"))
	require.Equal(t, "https://www.careopinion.org.uk/", s.Answering(listing, "https://elsewhere.example/7").URL)
}

func FuzzFetch(f *testing.F) {
	f.Add(`[{"id":1,"body":"one **two**","authorRole":"p","dateOfPublication":"2026-04-18T10:30:00Z"}]`, `[{"body":"x","dateOfPublication":"2026-04-18"}]`, "")
	f.Add(`[{"id":"a"},"Sorry!"]`, `<form>login</form>`, "3.a!")
	f.Fuzz(func(t *testing.T, body, responses, token string) {
		page, err := read(t, &canned{stories: body, responses: map[string]string{"1": responses}}, token)
		if err != nil {
			require.Empty(t, page.Reviews)
			return
		}
		sitestest.Storable(t, page)
		require.False(t, page.Complete && (page.Next != "" || len(page.Warnings) > 0))
	})
}

func TestFetch_SiteGivesNoMoreThanAPage_NewsAreReadToTheirEnd(t *testing.T) {
	var (
		ids  []int
		size int
	)
	serve := fetcher(func(req polite.Request) string {
		u, err := url.Parse(req.URL)
		require.NoError(t, err)
		skip, err := strconv.Atoi(u.Query().Get("skip"))
		require.NoError(t, err)
		take, err := strconv.Atoi(u.Query().Get("take"))
		require.NoError(t, err)
		return stories(ids[min(skip, len(ids)):min(skip+min(take, size), len(ids))]...)
	})
	for _, size = range []int{3, 20, 100} {
		for _, n := range []int{0, 1, size, size + 1, 2*size - 1, 2 * size, 4*size + 1} {
			ids = make([]int, n)
			for i := range ids {
				ids[i] = i + 1
			}
			s, err := careopinion.New(careopinion.Config{Client: serve, PageSize: size})
			require.NoError(t, err)
			reviews, last, err := sitestest.ListAll(t.Context(), s, listing, time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC))
			require.NoError(t, err)
			require.Len(t, reviews, n)
			require.False(t, last.Complete)
		}
	}
}

// fetcher answers every request with a body.
type fetcher func(polite.Request) string

func (f fetcher) Do(_ context.Context, req polite.Request) (*polite.Response, error) {
	return &polite.Response{Status: 200, Header: http.Header{}, Body: []byte(f(req))}, nil
}
