package sitesim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/csv"
	"github.com/bedside-health/bedside/libs/sites/directory"
	"github.com/bedside-health/bedside/libs/sites/google"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
	"github.com/bedside-health/bedside/tools/sitesim"
)

// running is a simulator with the scraper's real adapters in front of it.
type running struct {
	*sitesim.Sim
	adapters map[string]sites.Site
}

func start(t *testing.T, cfg sitesim.Config) *running {
	t.Helper()
	sim, err := sitesim.New(cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	require.NoError(t, sim.Start(ctx, "127.0.0.1:0"))
	t.Cleanup(func() {
		cancel()
		require.NoError(t, sim.Wait())
	})
	client, err := polite.New(polite.Config{
		Product: "Bedside/test", Contact: "https://bedside.example/bot", AllowLoopback: true, RequestsPerSecond: 10_000, Burst: 10_000,
		RetryWait: time.Millisecond, Timeout: 60 * time.Second, IdleTimeout: 20 * time.Second,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	g, err := google.New(google.Config{Client: client, BaseURL: sim.URL()})
	require.NoError(t, err)
	d, err := directory.New(directory.Config{Client: client})
	require.NoError(t, err)
	return &running{Sim: sim, adapters: map[string]sites.Site{"google": g, "directory": d}}
}

func (r *running) listing(ref sitesim.ListingRef) sites.Listing {
	return sites.Listing{Site: ref.Site, Adapter: ref.Adapter, Ref: ref.Ref, LocationID: ref.LocationKey, Secret: r.Token()}
}

func (r *running) list(t *testing.T, ref sitesim.ListingRef) ([]sites.Review, sites.Page) {
	t.Helper()
	reviews, last, err := sitestest.ListAll(t.Context(), r.adapters[ref.Adapter], r.listing(ref), time.Time{})
	require.NoError(t, err, ref.Ref)
	return reviews, last
}

func (r *running) control(t *testing.T, method, path, body string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, r.URL()+path, strings.NewReader(body))
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	data, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, data
}

func find(refs []sitesim.ListingRef, site, location string) sitesim.ListingRef {
	for _, ref := range refs {
		if ref.Site == site && ref.LocationKey == location {
			return ref
		}
	}
	return sitesim.ListingRef{}
}

func TestSim_DemoListings_AreReadByTheRealAdapters(t *testing.T) {
	sim := start(t, sitesim.Config{})
	refs := sim.Listings()
	require.Len(t, refs, 12)
	total := 0
	perSite := map[string]int{}
	ids := map[string]bool{}
	texts := ""
	for _, ref := range refs {
		reviews, last := sim.list(t, ref)
		require.True(t, last.Complete, ref.Ref)
		require.Equal(t, last.Total, len(reviews), ref.Ref)
		require.Empty(t, last.Warnings)
		for _, r := range reviews {
			require.False(t, ids[ref.Site+r.ExternalID])
			ids[ref.Site+r.ExternalID] = true
			require.NotEmpty(t, r.Author)
			require.NotNil(t, r.Rating)
			require.InDelta(t, float64(int(*r.Rating)), *r.Rating, 0.001, "whole stars survive the scale of ten")
			require.False(t, r.PostedAt.IsZero())
			require.NotContains(t, r.Text, "&#")
			texts += r.Text + "\n"
		}
		total += len(reviews)
		perSite[ref.Site] += len(reviews)
		if ref.Adapter == "directory" {
			require.NotEmpty(t, last.Facts.Name)
			require.NotEmpty(t, last.Facts.Telephone)
			require.NotEmpty(t, last.Facts.Address.Street)
			require.NotEmpty(t, last.Facts.Hours)
			require.NotNil(t, last.Facts.Aggregate)
		}
	}
	require.GreaterOrEqual(t, total, 100)
	require.Len(t, perSite, 3)
	for _, part := range []string{"<script>alert('eye see you')</script>", "=IF(wait>60", "😊", "שירות מצוין", "شرحت", "muy amables"} {
		require.Contains(t, strings.ToLower(texts), strings.ToLower(part))
	}
}

func TestSim_Arrivals_ComeInTheSameOrderForASeed(t *testing.T) {
	texts := func(seed uint64) []string {
		sim := start(t, sitesim.Config{Seed: seed})
		before := map[string]bool{}
		for _, ref := range sim.Listings() {
			reviews, _ := sim.list(t, ref)
			for _, r := range reviews {
				before[r.Text] = true
			}
		}
		var out []string
		for range 40 {
			require.NoError(t, sim.Arrive(1))
		}
		for _, ref := range sim.Listings() {
			reviews, _ := sim.list(t, ref)
			for _, r := range reviews {
				if !before[r.Text] {
					out = append(out, r.ExternalID+r.Text)
				}
			}
		}
		require.Len(t, out, 40)
		return out
	}
	first := texts(7)
	require.Equal(t, first, texts(7))
	require.NotEqual(t, first, texts(8))
}

func TestSim_ArrivalInterval_BringsReviewsByItself(t *testing.T) {
	sim := start(t, sitesim.Config{Arrivals: 10 * time.Millisecond})
	_, body := sim.control(t, http.MethodGet, "/_sim/state", "")
	sum := func(body []byte) (n int) {
		var state struct{ Reviews map[string]int }
		require.NoError(t, json.Unmarshal(body, &state))
		for _, c := range state.Reviews {
			n += c
		}
		return n
	}
	before := sum(body)
	require.Eventually(t, func() bool {
		_, body := sim.control(t, http.MethodGet, "/_sim/state", "")
		return sum(body) >= before+3
	}, 30*time.Second, 20*time.Millisecond)
}

func TestSim_Control_AddsEditsAndRemoves(t *testing.T) {
	sim := start(t, sitesim.Config{})
	for _, site := range []string{sitesim.Google, sitesim.DocPages} {
		ref := find(sim.Listings(), site, "maple-eye")
		before, _ := sim.list(t, ref)
		id := "live-700001-" + site
		status, body := sim.control(t, http.MethodPost, "/_sim/reviews", `{"id":"`+id+`","location":"maple-eye","site":"`+site+`","author":"Live L.","rating":2,"text":"one\ntwo <b>"}`)
		require.Equal(t, 200, status, string(body))
		reviews, _ := sim.list(t, ref)
		require.Len(t, reviews, len(before)+1)
		require.Equal(t, id, reviews[0].ExternalID, "the newest comes first")
		require.Equal(t, "one\ntwo <b>", reviews[0].Text)

		status, _ = sim.control(t, http.MethodPut, "/_sim/reviews/"+id, `{"text":"changed","rating":5}`)
		require.Equal(t, 200, status)
		edited, _ := sim.list(t, ref)
		require.Equal(t, "changed", edited[0].Text)
		require.Equal(t, 5.0, *edited[0].Rating)
		require.True(t, edited[0].PostedAt.Equal(reviews[0].PostedAt))

		status, _ = sim.control(t, http.MethodDelete, "/_sim/reviews/"+id, "")
		require.Equal(t, 200, status)
		after, last := sim.list(t, ref)
		require.Len(t, after, len(before))
		require.True(t, last.Complete)
	}
	for _, tc := range []struct {
		method, path, body string
		status             int
	}{
		{http.MethodDelete, "/_sim/reviews/nobody", "", 404},
		{http.MethodPut, "/_sim/reviews/nobody", `{"rating":3}`, 404},
		{http.MethodPost, "/_sim/reviews", `{"location":"nowhere","rating":3}`, 400},
		{http.MethodPost, "/_sim/reviews", `{`, 400},
		{http.MethodPost, "/_sim/arrive?n=x", "", 400},
		{http.MethodPost, "/_sim/faults", `{"fault":"earthquake"}`, 400},
		{http.MethodPost, "/_sim/reviews", `{"id":"demo-410000","location":"maple-eye","rating":3,"text":"x"}`, 409},
	} {
		status, body := sim.control(t, tc.method, tc.path, tc.body)
		require.Equal(t, tc.status, status, "%s %s: %s", tc.method, tc.path, body)
	}
}

func TestSim_State_SurvivesARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sim", "state.json")
	clock := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	all := func(sim *running) map[string][]sites.Review {
		out := map[string][]sites.Review{}
		for _, ref := range sim.Listings() {
			key := ref.Site + ref.LocationKey
			out[key], _ = sim.list(t, ref)
			for i := range out[key] {
				out[key][i].URL = "" // has the port in it
			}
		}
		return out
	}
	first := start(t, sitesim.Config{State: file, Now: func() time.Time { return clock }})
	require.NoError(t, first.Arrive(30))
	ref := find(first.Listings(), sitesim.Google, "harbor-eye")
	reviews, _ := first.list(t, ref)
	site, ok := first.adapters["google"].(sites.Publisher)
	require.True(t, ok)
	require.NoError(t, site.PublishReply(t.Context(), first.listing(ref), reviews[0].ExternalID, "Thank you"))
	for path, body := range map[string]string{"/_sim/reviews": `{"location":"maple-eye","rating":1,"text":"added"}`} {
		status, _ := first.control(t, http.MethodPost, path, body)
		require.Equal(t, 200, status)
	}
	status, _ := first.control(t, http.MethodPut, "/_sim/reviews/"+reviews[1].ExternalID, `{"text":"edited"}`)
	require.Equal(t, 200, status)
	status, _ = first.control(t, http.MethodDelete, "/_sim/reviews/"+reviews[2].ExternalID, "")
	require.Equal(t, 200, status)

	later := clock.AddDate(0, 2, 0)
	second := start(t, sitesim.Config{State: file, Now: func() time.Time { return later }})
	require.Equal(t, all(first), all(second))

	require.NoError(t, os.WriteFile(file, []byte("{"), 0o600))
	_, err := sitesim.New(sitesim.Config{State: file})
	require.ErrorContains(t, err, "damaged")
}

func TestSim_Replies_AreIdempotentAndModerated(t *testing.T) {
	var passed atomic.Int64
	sim := start(t, sitesim.Config{Moderation: time.Hour, Now: func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }})
	ref := find(sim.Listings(), sitesim.Google, "old-town-family")
	reviews, _ := sim.list(t, ref)
	site, ok := sim.adapters["google"].(sites.Publisher)
	require.True(t, ok)
	id := reviews[0].ExternalID
	require.NoError(t, site.PublishReply(t.Context(), sim.listing(ref), id, "Thank you"))
	again, _ := sim.list(t, ref)
	require.Equal(t, events.ReplyPending, again[0].Reply.State, "not public while Google looks at it")
	passed.Store(int64(2 * time.Hour))
	require.NoError(t, site.PublishReply(t.Context(), sim.listing(ref), id, "Thank you"))
	again, _ = sim.list(t, ref)
	require.Equal(t, "Thank you", again[0].Reply.Text)
	require.Equal(t, events.ReplyPublic, again[0].Reply.State)
	err := site.PublishReply(t.Context(), sim.listing(ref), "nobody", "Hello")
	require.Equal(t, problem.NotFound, problem.KindOf(err))
	wrong := sim.listing(ref)
	wrong.Secret = "other"
	require.Equal(t, problem.Forbidden, problem.KindOf(site.PublishReply(t.Context(), wrong, id, "Hello")))
}

func TestSim_Faults_ReachTheAdaptersAsTheirKinds(t *testing.T) {
	sim := start(t, sitesim.Config{})
	for _, ref := range []sitesim.ListingRef{find(sim.Listings(), sitesim.Google, "maple-eye"), find(sim.Listings(), sitesim.DocPages, "maple-eye")} {
		for fault, kind := range map[string]problem.Kind{
			"rate_limit": problem.RateLimited, "outage": problem.Unavailable, "error": problem.Unavailable, "cut": problem.Unavailable,
			"forbid": problem.Forbidden, "empty": problem.Invalid,
		} {
			// A client of its own each time: a wait the site asks for holds its host.
			sim := start(t, sitesim.Config{})
			ref := find(sim.Listings(), ref.Site, ref.LocationKey)
			status, body := sim.control(t, http.MethodPost, "/_sim/faults", `{"fault":"`+fault+`","times":3}`)
			require.Equal(t, 200, status, string(body))
			_, err := sim.adapters[ref.Adapter].Fetch(t.Context(), sites.Request{Listing: sim.listing(ref)})
			require.Equal(t, kind, problem.KindOf(err), "%s %s: %v", ref.Site, fault, err)
		}
	}
	status, _ := sim.control(t, http.MethodPut, "/_sim/faults", `{"slow_every":1,"slow_millis":200}`)
	require.Equal(t, 200, status)
	started := time.Now()
	sim.list(t, find(sim.Listings(), sitesim.Google, "maple-eye"))
	require.Greater(t, time.Since(started), 150*time.Millisecond)
	status, _ = sim.control(t, http.MethodPut, "/_sim/faults", `{"rate_limit_every":2,"retry_after_seconds":1,"retry_after_date":true,"path":"/d/"}`)
	require.Equal(t, 200, status)
	var err error
	for range 2 {
		_, err = sim.adapters["directory"].Fetch(t.Context(), sites.Request{Listing: sim.listing(find(sim.Listings(), sitesim.DocPages, "maple-eye"))})
	}
	require.Equal(t, problem.RateLimited, problem.KindOf(err))
	status, _ = sim.control(t, http.MethodDelete, "/_sim/faults", "")
	require.Equal(t, 200, status)
}

func TestSim_Generated_SpreadStableAndVaried(t *testing.T) {
	const n = 3000
	epoch := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	texts := map[string]bool{}
	read := func() map[string]string {
		sim := start(t, sitesim.Config{Generate: n, Epoch: epoch})
		out := map[string]string{}
		for _, ref := range sim.Listings() {
			if ref.Site != sitesim.Google {
				continue
			}
			reviews, last := sim.list(t, ref)
			require.True(t, last.Complete)
			require.Greater(t, len(reviews), n/6)
			for _, r := range reviews {
				out[r.ExternalID] = r.Text + r.PostedAt.String()
				texts[r.Text] = true
			}
		}
		return out
	}
	first := read()
	require.GreaterOrEqual(t, len(first), n)
	require.Equal(t, first, read())
	require.Greater(t, len(texts), n*95/100, "texts are composed, not copied")
	for text := range texts {
		require.NotContains(t, text, "{")
	}
}

func TestSim_SavedPages_AreServed(t *testing.T) {
	dir := t.TempDir()
	page := `<div itemscope itemtype="http://schema.org/Dentist"><b itemprop=name>Saved</b><i itemprop=telephone>1</i></div>`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.html"), []byte(page), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secret.txt"), []byte("x"), 0o600))
	sim := start(t, sitesim.Config{Pages: dir})
	refs := sim.Listings()
	ref := refs[len(refs)-1]
	require.Equal(t, sitesim.Saved, ref.Site)
	got, err := sim.adapters["directory"].Fetch(t.Context(), sites.Request{Listing: sim.listing(ref)})
	require.NoError(t, err)
	require.Equal(t, "Saved", got.Facts.Name)
	for _, path := range []string{"/pages/secret.txt", "/pages/..%2fa.html", "/pages/none.html"} {
		status, _ := sim.control(t, http.MethodGet, path, "")
		require.Equal(t, 404, status, path)
	}
	_, err = sitesim.New(sitesim.Config{Pages: filepath.Join(dir, "none"), Arrivals: -1})
	require.ErrorContains(t, err, "folder")
	require.ErrorContains(t, err, "negative")
}

func TestSim_Robots_KeepScrapersFromTheControl(t *testing.T) {
	sim := start(t, sitesim.Config{})
	_, body := sim.control(t, http.MethodGet, "/robots.txt", "")
	rules := polite.ParseRobots(body, "Bedside")
	require.False(t, rules.Allowed("/_sim/state"))
	require.True(t, rules.Allowed("/d/docpages/maple-eye?page=2"))
}

func TestSim_TwoInOneProcess_DoNotShare(t *testing.T) {
	a, b := start(t, sitesim.Config{}), start(t, sitesim.Config{})
	require.NoError(t, a.Arrive(24))
	ref := find(a.Listings(), sitesim.Google, "harbor-eye")
	inA, _ := a.list(t, ref)
	inB, _ := b.list(t, ref)
	require.Greater(t, len(inA), len(inB))
	require.ErrorContains(t, a.Start(t.Context(), "127.0.0.1:0"), "already")
}

func TestDemoCSV_IsReadWithoutRejections(t *testing.T) {
	r, err := csv.NewReader(bytes.NewReader(sitesim.DemoCSV()), csv.Options{})
	require.NoError(t, err)
	n := 0
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		require.Nil(t, row.Rejection)
		n++
	}
	require.Equal(t, 25, n)
}
