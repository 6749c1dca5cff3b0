package sitesim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/careopinion"
	"github.com/bedside-health/bedside/libs/sites/facebook"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
	"github.com/bedside-health/bedside/libs/sites/trustpilot"
	"github.com/bedside-health/bedside/libs/sites/yelp"
	"github.com/bedside-health/bedside/tools/sitesim"
)

// noQuotas lets tests read as fast as they can.
var noQuotas = sitesim.Quotas{YelpPerDay: -1, YelpPerSecond: -1, FacebookPerHour: -1, TrustpilotPerMinute: -1, CareOpinionPerSecond: -1}

// startMore is a simulator of all further sites with the scraper's adapters in front.
func startMore(t *testing.T, cfg sitesim.Config) *running {
	t.Helper()
	cfg.Sites = sitesim.MoreSites()
	sim := start(t, cfg)
	sim.connect(t, cfg.Now)
	return sim
}

// connect gives a simulator new adapters for the further sites, which know nothing of
// what the ones before were asked to wait for.
func (r *running) connect(t *testing.T, now func() time.Time) {
	t.Helper()
	client, err := polite.New(polite.Config{
		Product: "Bedside/test", Contact: "https://bedside.example/bot", AllowLoopback: true, RequestsPerSecond: 10_000, Burst: 10_000,
		RetryWait: time.Millisecond, Timeout: 60 * time.Second, IdleTimeout: 20 * time.Second,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	y, err := yelp.New(yelp.Config{Client: client, BaseURL: r.Endpoint(sitesim.Yelp), Now: now})
	require.NoError(t, err)
	f, err := facebook.New(facebook.Config{Client: client, BaseURL: r.Endpoint(sitesim.Facebook)})
	require.NoError(t, err)
	p, err := trustpilot.New(trustpilot.Config{Client: client, BaseURL: r.Endpoint(sitesim.Trustpilot), PerPage: 10})
	require.NoError(t, err)
	c, err := careopinion.New(careopinion.Config{Client: client, BaseURL: r.Endpoint(sitesim.CareOpinion), PageSize: 5, Spacing: -1})
	require.NoError(t, err)
	for _, site := range []sites.Site{y, f, p, c} {
		r.adapters[site.Adapter()] = site
	}
}

// requireShown reads a listing and compares it with what the site shows.
func requireShown(t *testing.T, sim *running, ref sitesim.ListingRef) {
	t.Helper()
	reviews, last := sim.list(t, ref)
	require.Empty(t, last.Warnings)
	require.Equal(t, ref.Site != sitesim.Yelp, last.Complete, ref.Site)
	want := sim.Shown(ref)
	require.Len(t, reviews, len(want), ref.Site)
	got := map[string]sites.Review{}
	for _, r := range reviews {
		got[r.ExternalID] = r
	}
	for _, w := range want {
		r, ok := got[w.ExternalID]
		require.True(t, ok, "%s lacks %s", ref.Site, w.ExternalID)
		require.Equal(t, []any{w.Author, w.Title, w.Text, w.Excerpt, w.Rating}, []any{r.Author, r.Title, r.Text, r.Excerpt, r.Rating}, ref.Site)
		require.True(t, w.PostedAt.Equal(r.PostedAt), "%s: %v, want %v", ref.Site, r.PostedAt, w.PostedAt)
		if w.RawRating != "" {
			require.Equal(t, w.RawRating, r.RawRating)
		}
		if w.Reply == "" {
			require.Nil(t, r.Reply, ref.Site)
		} else {
			require.Equal(t, w.Reply, r.Reply.Text, ref.Site)
		}
	}
}

// further are the listings of further sites of one location.
func further(sim *running, location string) []sitesim.ListingRef {
	var out []sitesim.ListingRef
	for _, site := range sitesim.MoreSites() {
		out = append(out, find(sim.Listings(), site, location))
	}
	return out
}

func TestMoreSites_Listings_AreReadByTheRealAdapters(t *testing.T) {
	sim := startMore(t, sitesim.Config{PerListing: 33, Quotas: noQuotas})
	require.Len(t, sim.Listings(), 12+24)
	for _, ref := range sim.Listings()[12:] {
		requireShown(t, sim, ref)
	}
	require.Len(t, sim.Shown(find(sim.Listings(), sitesim.Trustpilot, "maple-eye")), 33)
	require.Len(t, sim.Shown(find(sim.Listings(), sitesim.Yelp, "maple-eye")), 3)
	require.Empty(t, sim.Overruns())
}

func TestMoreSites_NotNamed_AreNotServed(t *testing.T) {
	sim := start(t, sitesim.Config{Sites: []string{sitesim.Yelp}})
	require.Len(t, sim.Listings(), 12+6)
	status, _ := sim.control(t, http.MethodGet, "/trustpilot/v1/private/business-units/x/reviews", "")
	require.Equal(t, 404, status)
	for _, bad := range []sitesim.Config{{Sites: []string{"myspace"}}, {Sites: []string{"yelp", "yelp"}}, {PerListing: -1}} {
		_, err := sitesim.New(bad)
		require.Error(t, err)
	}
}

func TestMoreSites_ArrivalsEditsRemovalsAndReplies_AreSeen(t *testing.T) {
	sim := startMore(t, sitesim.Config{PerListing: 7, Quotas: noQuotas})
	before := map[string]int{}
	for _, ref := range sim.Listings()[12:] {
		before[ref.Site] += len(sim.Shown(ref))
	}
	require.NoError(t, sim.Arrive(200))
	for _, ref := range sim.Listings()[12:] {
		requireShown(t, sim, ref)
		before[ref.Site] -= len(sim.Shown(ref))
	}
	for _, site := range []string{sitesim.Facebook, sitesim.Trustpilot, sitesim.CareOpinion} {
		require.Less(t, before[site], -10, "%s gets its share", site)
	}
	for _, ref := range further(sim, "maple-eye") {
		id := "live-" + ref.Site
		status, body := sim.control(t, http.MethodPost, "/_sim/reviews", `{"id":"`+id+`","location":"maple-eye","site":"`+ref.Site+`","author":"Live L.","rating":2,"text":"*one* two\n  three_four <b> &amp; five"}`)
		require.Equal(t, 200, status, string(body))
		requireShown(t, sim, ref)
		require.Equal(t, "*one* two\n  three_four <b> &amp; five", sim.Shown(ref)[0].Text)

		status, _ = sim.control(t, http.MethodPut, "/_sim/reviews/"+id, `{"text":"changed by its author","rating":5}`)
		require.Equal(t, 200, status)
		requireShown(t, sim, ref)
		require.Equal(t, "changed by its author", sim.Shown(ref)[0].Text)

		status, _ = sim.control(t, http.MethodPut, "/_sim/reviews/"+id+"/reply", `{"text":"Thank you *so* much"}`)
		require.Equal(t, 200, status)
		requireShown(t, sim, ref)
		require.Equal(t, ref.Site != sitesim.Facebook, sim.Shown(ref)[0].Reply != "", "%s shows replies", ref.Site)
		require.NoError(t, sim.Reply(id, ""))
		requireShown(t, sim, ref)

		status, _ = sim.control(t, http.MethodDelete, "/_sim/reviews/"+id, "")
		require.Equal(t, 200, status)
		requireShown(t, sim, ref)
	}
	status, _ := sim.control(t, http.MethodPut, "/_sim/reviews/nobody/reply", `{"text":"x"}`)
	require.Equal(t, 404, status)
}

func TestMoreSites_News_AreFoundWithoutTheCompleteList(t *testing.T) {
	sim := startMore(t, sitesim.Config{PerListing: 60, Quotas: noQuotas})
	since := time.Now().Add(-time.Hour)
	require.NoError(t, sim.Arrive(60))
	for _, ref := range further(sim, "harbor-eye") {
		reviews, last, err := sitestest.ListAll(t.Context(), sim.adapters[ref.Adapter], sim.listing(ref), since)
		require.NoError(t, err)
		require.False(t, last.Complete)
		ids := map[string]bool{}
		for _, r := range reviews {
			ids[r.ExternalID] = true
		}
		for _, w := range sim.Shown(ref) {
			if !w.PostedAt.Before(since) {
				require.True(t, ids[w.ExternalID], ref.Site)
			}
		}
	}
}

func TestMoreSites_Faults_AreToldInEachSitesOwnWords(t *testing.T) {
	sim := startMore(t, sitesim.Config{PerListing: 30, Quotas: noQuotas})
	for fault, want := range map[string]problem.Kind{
		"rate_limit": problem.RateLimited, "forbid": problem.Forbidden, "outage": problem.Unavailable, "error": problem.Unavailable,
		"cut": problem.Unavailable, "empty": problem.Invalid,
	} {
		for _, ref := range further(sim, "old-town-family") {
			times := 1
			if fault == "error" {
				times = 3 // twice are tried again
			}
			status, body := sim.control(t, http.MethodPost, "/_sim/faults", fmt.Sprintf(`{"fault":%q,"times":%d,"path":"/%s/"}`, fault, times, ref.Site))
			require.Equal(t, 200, status, string(body))
			page, err := sim.adapters[ref.Adapter].Fetch(t.Context(), sites.Request{Listing: sim.listing(ref)})
			require.Equal(t, want, problem.KindOf(err), "%s %s: %v", ref.Site, fault, err)
			require.Empty(t, page.Reviews)
			sim.connect(t, nil)
			requireShown(t, sim, ref)
		}
	}
}

func TestMoreSites_WrongCredential_IsNotAuthorised(t *testing.T) {
	sim := startMore(t, sitesim.Config{PerListing: 1})
	for _, ref := range further(sim, "harbor-eye") {
		listing := sim.listing(ref)
		listing.Secret = "wrong"
		_, err := sim.adapters[ref.Adapter].Fetch(t.Context(), sites.Request{Listing: listing})
		require.Equal(t, problem.Forbidden, problem.KindOf(err), ref.Site)
		listing = sim.listing(ref)
		listing.Ref = map[string]string{sitesim.Yelp: "nobody", sitesim.Facebook: "999", sitesim.Trustpilot: "99"}[ref.Site]
		if listing.Ref != "" {
			_, err = sim.adapters[ref.Adapter].Fetch(t.Context(), sites.Request{Listing: listing})
			require.Equal(t, problem.NotFound, problem.KindOf(err), ref.Site)
		}
	}
}

func TestYelp_Budget_RunsDownAndComesBackAtMidnight(t *testing.T) {
	var passed atomic.Int64
	base := time.Date(2026, 11, 20, 22, 0, 0, 0, time.UTC)
	now := func() time.Time { return base.Add(time.Duration(passed.Load())) }
	sim := startMore(t, sitesim.Config{PerListing: 1, Now: now, Quotas: sitesim.Quotas{YelpPerDay: 3, YelpPerSecond: 2}})
	site, req := sim.adapters[sitesim.Yelp], sites.Request{Listing: sim.listing(find(sim.Listings(), sitesim.Yelp, "harbor-eye"))}
	for left := 2; left >= 0; left-- {
		page, err := site.Fetch(t.Context(), req)
		require.NoError(t, err)
		require.Equal(t, &sites.Budget{Limit: 3, Remaining: left, ResetAt: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)}, page.Budget)
		passed.Add(int64(time.Second))
	}
	page, err := site.Fetch(t.Context(), req)
	require.Equal(t, problem.RateLimited, problem.KindOf(err))
	require.Equal(t, 2*time.Hour-3*time.Second, problem.RetryAfter(err))
	require.Zero(t, page.Budget.Remaining)
	require.Equal(t, map[string]int{"yelp day": 1}, sim.Overruns())
	passed.Add(int64(2 * time.Hour))
	for range 2 {
		_, err = site.Fetch(t.Context(), req)
		require.NoError(t, err)
	}
	_, err = site.Fetch(t.Context(), req)
	require.Equal(t, problem.RateLimited, problem.KindOf(err))
	require.Equal(t, time.Second, problem.RetryAfter(err))
	require.Equal(t, map[string]int{"yelp day": 1, "yelp second": 1}, sim.Overruns())
}

func TestRequests_AreCountedBySiteAndWindow(t *testing.T) {
	now := time.Date(2026, 11, 20, 22, 0, 0, 0, time.UTC)
	sim := startMore(t, sitesim.Config{PerListing: 1, Now: func() time.Time { return now }})
	for _, ref := range further(sim, "harbor-eye") {
		listing := sim.listing(ref)
		if ref.Site == sitesim.CareOpinion {
			continue // its requests depend on the responses
		}
		_, err := sim.adapters[ref.Adapter].Fetch(t.Context(), sites.Request{Listing: listing})
		require.NoError(t, err)
	}
	require.Equal(t, map[string]int{"yelp day": 1, "yelp second": 1, "facebook hour": 1, "trustpilot minute": 1}, sim.Requests())
}

func TestYelp_PartnerReply_IsThereOnceAndWithinTheQuota(t *testing.T) {
	sim := startMore(t, sitesim.Config{PerListing: 30, Quotas: noQuotas})
	ref := find(sim.Listings(), sitesim.Yelp, "harbor-eye")
	listing := sim.listing(ref)
	publisher, ok := sim.adapters[sitesim.Yelp].(sites.Publisher)
	require.True(t, ok)
	id := sim.Shown(ref)[0].ExternalID
	var e *problem.Error
	require.ErrorAs(t, publisher.PublishReply(t.Context(), listing, id, "Thank you"), &e)
	require.Equal(t, sites.CodeReplyByHand, e.Code)

	listing.Secret = sitesim.PartnerSecret(sim.Token())
	require.NoError(t, publisher.PublishReply(t.Context(), listing, id, "Thank you"))
	requireShown(t, sim, ref)
	require.Equal(t, "Thank you", sim.Shown(ref)[0].Reply)
	require.ErrorAs(t, publisher.PublishReply(t.Context(), listing, id, "Thank you!"), &e)
	require.Equal(t, "yelp_text_refused", e.Code, "again is refused and changes nothing")
	require.Equal(t, "Thank you", sim.Shown(ref)[0].Reply)
	require.ErrorAs(t, publisher.PublishReply(t.Context(), listing, "nobody", "Hello"), &e)
	require.Equal(t, "yelp_review_gone", e.Code)
	for i := range 19 {
		require.NoError(t, publisher.PublishReply(t.Context(), listing, id, "Reply "+strings.Repeat("x", i+1)))
	}
	require.ErrorAs(t, publisher.PublishReply(t.Context(), listing, id, "One too many"), &e)
	require.Equal(t, "yelp_reply_quota", e.Code)
	require.Equal(t, problem.RateLimited, e.Kind)
}

func TestFacebook_NewerVersion_HasEnded(t *testing.T) {
	sim := startMore(t, sitesim.Config{PerListing: 1})
	client, err := polite.New(polite.Config{Product: "Bedside/test", Contact: "https://bedside.example/bot", AllowLoopback: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	site, err := facebook.New(facebook.Config{Client: client, BaseURL: sim.Endpoint(sitesim.Facebook) + "/v22.0"})
	require.NoError(t, err)
	_, err = site.Fetch(t.Context(), sites.Request{Listing: sim.listing(find(sim.Listings(), sitesim.Facebook, "harbor-eye"))})
	var e *problem.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, sites.CodeEnded, e.Code)
}

func TestTrustpilot_APIKey_ReadsThePublicList(t *testing.T) {
	sim := startMore(t, sitesim.Config{PerListing: 12})
	ref := find(sim.Listings(), sitesim.Trustpilot, "harbor-eye")
	listing := sim.listing(ref)
	listing.Secret = "apikey:" + sim.Token()
	reviews, last, err := sitestest.ListAll(t.Context(), sim.adapters[ref.Adapter], listing, time.Time{})
	require.NoError(t, err)
	require.Len(t, reviews, 12)
	require.True(t, last.Complete)
}

func TestCareOpinion_WholeSubscription_HasTheStoriesOfAllServices(t *testing.T) {
	sim := startMore(t, sitesim.Config{PerListing: 4, Quotas: noQuotas})
	listing := sim.listing(find(sim.Listings(), sitesim.CareOpinion, "harbor-eye"))
	listing.Ref = careopinion.Everything
	reviews, last, err := sitestest.ListAll(t.Context(), sim.adapters[sitesim.CareOpinion], listing, time.Time{})
	require.NoError(t, err)
	require.Len(t, reviews, 6*4)
	require.True(t, last.Complete)
}

func TestMoreSites_StateFile_KeepsThemOverARestart(t *testing.T) {
	state := filepath.Join(t.TempDir(), "sites.json")
	shown := func(sim *running) string {
		var all []sitesim.Shown
		for _, ref := range sim.Listings()[12:] {
			all = append(all, sim.Shown(ref)...)
		}
		out, err := json.Marshal(all)
		require.NoError(t, err)
		return string(out)
	}
	cfg := sitesim.Config{PerListing: 3, State: state, Seed: 5}
	first := startMore(t, cfg)
	require.NoError(t, first.Arrive(80))
	require.NoError(t, first.Reply("trustpilot-101-1000000", "Thank you"))
	before := shown(first)
	require.Contains(t, before, "Thank you")
	content, err := os.ReadFile(state)
	require.NoError(t, err)
	require.NotEmpty(t, content)
	require.Equal(t, before, shown(startMore(t, cfg)))
}
