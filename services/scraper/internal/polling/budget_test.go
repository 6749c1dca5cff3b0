package polling

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

// counted is a place behind a real client whose site grants so many calls a day.
type counted struct {
	*place
	client *polite.Client
	url    string
	perDay int
	said   *sites.Budget
}

func (c *counted) Budget() sites.BudgetRule { return sites.BudgetRule{PerDay: c.perDay} }

func (c *counted) Fetch(ctx context.Context, req sites.Request) (sites.Page, error) {
	if _, err := c.client.Do(ctx, polite.Request{URL: c.url + "/" + req.Listing.Ref}); err != nil {
		return sites.Page{}, fmt.Errorf("ask: %w", err)
	}
	page, err := c.place.Fetch(ctx, req)
	page.Budget = c.said
	return page, err
}

// thrifty is a desk whose site counts calls; the first call for every listing fails with 502
// if twice is set.
func thrifty(t *testing.T, perDay, listings int, twice bool) (*desk, *counted, *atomic.Int32) {
	t.Helper()
	d := newDesk(t)
	calls := &atomic.Int32{}
	var asked sync.Map
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if _, again := asked.LoadOrStore(r.URL.Path, true); twice && !again {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	t.Cleanup(server.Close)
	client, err := polite.New(polite.Config{
		Product: "Bedside/1", Contact: "mailto:x@example.org", AllowLoopback: true, RequestsPerSecond: 1e6, Burst: 1e6, RetryWait: time.Millisecond,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	c := &counted{place: d.place, client: client, url: server.URL, perDay: perDay}
	d.cfg.Sites = map[string]sites.Site{testAdapter: c}
	d.cfg.Secret = func(string, string) (string, error) { return "the-only-key", nil }
	d.cfg.Concurrency = 100
	for i := range listings {
		d.listing(fmt.Sprint("l", i), func(l *collections.Listing) { l.Credential = "key" })
	}
	return d, c, calls
}

func TestBudget_OverADay_IsSpreadAndNeverExceeded(t *testing.T) {
	d, _, calls := thrifty(t, 100, 10, false)
	d.clock.pass(16*time.Hour - time.Hour*8) // to 16:00: eight hours are left of the day
	s := d.scraper()
	perHour := map[int]int32{}
	for minute := 0; minute < 8*60; minute += 5 {
		before := calls.Load()
		d.poll(s)
		perHour[minute/60] += calls.Load() - before
		d.clock.pass(5 * time.Minute)
	}
	require.LessOrEqual(t, calls.Load(), int32(100))
	require.GreaterOrEqual(t, calls.Load(), int32(80), "what is granted is used")
	for hour := 1; hour < 8; hour++ {
		require.InDelta(t, 11, perHour[hour], 10, "hour %d of %v", hour, perHour)
		require.Positive(t, perHour[hour], "hour %d of %v", hour, perHour)
	}
}

func TestBudget_UsedUp_WaitsForTheResetAndBlamesNobody(t *testing.T) {
	d, _, calls := thrifty(t, 4, 10, false)
	s := d.scraper()
	d.poll(s)
	require.EqualValues(t, 4, calls.Load())
	limited := 0
	for i := range 10 {
		state := d.state(fmt.Sprint("l", i))
		require.Zero(t, state.Failures)
		require.False(t, state.Alarm)
		if state.Health == collections.HealthRateLimited {
			limited++
			require.Contains(t, state.Problem, "share the credential among fewer listings")
			require.False(t, state.DueAt.Before(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)), "due at %s", state.DueAt)
		}
	}
	require.Equal(t, 6, limited)
	for range 20 {
		d.clock.pass(time.Hour)
		d.poll(s)
	}
	require.LessOrEqual(t, calls.Load(), int32(8), "the next day grants four more")
}

func TestBudget_OutageOfTheSite_DoesNotUseUpTheDay(t *testing.T) {
	d, _, calls := thrifty(t, 100, 10, false)
	down := problem.New(problem.Unavailable, "down", "no answer")
	for i := range 10 {
		d.place.fail(fmt.Sprint("ref-l", i), "", slices.Repeat([]error{down}, 1000)...)
	}
	s := d.scraper()
	for range 2 * 60 {
		d.poll(s)
		d.clock.pass(time.Minute)
	}
	require.LessOrEqual(t, calls.Load(), int32(40), "each once, each once again soon, and from then on as the budget allows")
	for i := range 10 {
		d.place.fail(fmt.Sprint("ref-l", i), "")
	}
	for range 3 * 60 {
		d.poll(s)
		d.clock.pass(time.Minute)
	}
	for i := range 10 {
		require.Equal(t, collections.HealthOK, d.state(fmt.Sprint("l", i)).Health, "the day goes on afterwards")
	}
}

func TestBudget_RepeatedRequests_AreCounted(t *testing.T) {
	d, _, calls := thrifty(t, 100, 3, true)
	d.poll(d.scraper())
	require.EqualValues(t, 6, calls.Load())
	for i := range 3 {
		require.Equal(t, collections.HealthOK, d.state(fmt.Sprint("l", i)).Health)
	}
	left, _, err := d.store.Spend(context.Background(), purseID(testAdapter, "the-only-key"), testAdapter, sites.BudgetRule{PerDay: 100}, d.clock.now())
	require.NoError(t, err)
	require.Equal(t, 7, left.Spent)
}

func TestBudget_SiteSaysLess_IsBelieved(t *testing.T) {
	d, c, calls := thrifty(t, 100, 1, false)
	c.said = &sites.Budget{Limit: 100, Remaining: 1}
	s := d.scraper()
	d.poll(s)
	require.False(t, d.state("l0").DueAt.Before(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)), "the last call is kept for who needs it")
	require.EqualValues(t, 1, calls.Load())
}

func TestPurseID_SecretsDoNotShowAndPartnersShare(t *testing.T) {
	require.NotContains(t, purseID("yelp", "s3cret"), "s3cret")
	require.Equal(t, purseID("yelp", "key"), purseID("yelp", "key partner-token"))
	require.NotEqual(t, purseID("yelp", "key"), purseID("yelp", "other"))
	require.NotEqual(t, purseID("yelp", "key"), purseID("facebook", "key"))
}

func TestPoll_OwnQueueIsLong_IsNoFailureOfTheSite(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	d.place.fail(l.Ref, "", polite.Refused(polite.CodeHostQueue, "somewhere.example", 90*time.Second),
		problem.New(problem.Unavailable, polite.CodeHostUnknown, "the store is away"))
	s := d.scraper()
	d.poll(s)
	state := d.state("a")
	require.Zero(t, state.Failures)
	require.Equal(t, collections.HealthNew, state.Health)
	require.WithinDuration(t, d.clock.at.Add(135*time.Second), state.DueAt, time.Second)
	d.clock.pass(3 * time.Minute)
	d.poll(s)
	require.Zero(t, d.state("a").Failures, "nor is our own store")
	d.clock.pass(time.Minute)
	d.poll(s)
	require.Equal(t, collections.HealthOK, d.state("a").Health)
}

func TestPoll_RepeatedItems_DoNotMakeUpForOneThatSlippedThrough(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	for i := range 6 {
		d.place.put(l.Ref, writing(fmt.Sprint("r", i), "text"))
	}
	d.place.total = true
	s := d.scraper()
	d.poll(s)
	all := d.place.listings[l.Ref]
	// Twice the list shifts: one item repeats, another is on no page, and the count is right.
	shifted := append(append([]sites.Review{}, all[:3]...), all[2], all[4], all[5])
	for range 3 {
		d.place.listings[l.Ref] = shifted
		d.clock.pass(8 * 24 * time.Hour)
		d.poll(s)
	}
	require.True(t, d.fingerprint(all[3].ExternalID).MissedAt.IsZero(), "nothing is concluded")
	for _, e := range d.line.published() {
		require.EqualValues(t, "posted", e.Change)
	}
}

func TestPoll_Alarm_AfterThreeFailuresAndClearedByItself(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	s := d.scraper()
	down := problem.New(problem.Unavailable, "site_unavailable", "the site cannot answer now")
	d.place.fail(l.Ref, "", down, down, down)
	for n := 1; n <= 3; n++ {
		d.poll(s)
		require.Equal(t, n == 3, d.state("a").Alarm, "after failure %d", n)
		d.clock.pass(3 * time.Hour)
	}
	d.poll(s)
	require.False(t, d.state("a").Alarm)
	require.Equal(t, collections.HealthOK, d.state("a").Health)
}

func TestCensus_ListingsByHealth_AreReportedByOneScraper(t *testing.T) {
	d := newDesk(t)
	good, bad := d.listing("good"), d.listing("bad")
	d.place.put(good.Ref, writing("x", "text"))
	down := problem.New(problem.Forbidden, "site_forbidden", "no")
	d.place.fail(bad.Ref, "", down, down, down, down)
	registry := prometheus.NewRegistry()
	d.cfg.Registerer = registry
	s := d.scraper()
	for range 3 {
		d.poll(s)
		d.clock.pass(25 * time.Hour)
	}
	d.poll(s)
	d.clock.pass(30 * time.Minute)
	require.NoError(t, s.census(context.Background(), testAdapter))
	require.InDelta(t, 1, testutil.ToFloat64(s.metrics.listings.WithLabelValues(testAdapter, "ok")), 0)
	require.InDelta(t, 1, testutil.ToFloat64(s.metrics.listings.WithLabelValues(testAdapter, "not_authorised")), 0)
	require.InDelta(t, 0, testutil.ToFloat64(s.metrics.listings.WithLabelValues(testAdapter, "silent")), 0)
	require.InDelta(t, 1, testutil.ToFloat64(s.metrics.alarms.WithLabelValues(testAdapter)), 0)
	require.InDelta(t, 30, testutil.ToFloat64(s.metrics.unheard.WithLabelValues(testAdapter, testSite)), 1)

	other := d.cfg
	other.Registerer = prometheus.NewRegistry()
	second, err := New(other)
	require.NoError(t, err)
	require.NoError(t, second.census(context.Background(), testAdapter))
	require.Zero(t, testutil.CollectAndCount(second.metrics.listings), "two reports would count everything twice")
}

func TestPoll_Secrets_AppearInNoLogAndNoDocument(t *testing.T) {
	const secret = "s3cr3t-t0ken-of-the-practice"
	d := newDesk(t)
	var log bytes.Buffer
	d.cfg.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d.cfg.Secret = func(_, name string) (string, error) {
		if name == "missing" {
			return "", problem.New(problem.Forbidden, "credential_missing", "not configured")
		}
		return secret, nil
	}
	for i, credential := range []string{"fine", "refused", "missing"} {
		l := d.listing(fmt.Sprint("l", i), func(l *collections.Listing) { l.Credential = credential })
		if credential == "refused" {
			d.place.fail(l.Ref, "", problem.New(problem.Forbidden, "site_forbidden", "the site refuses us"))
		}
	}
	d.poll(d.scraper())
	require.Equal(t, secret, d.place.asked()[0].Listing.Secret)
	require.Contains(t, log.String(), "poll did not go through")
	require.NotContains(t, log.String(), secret)
	for i := range 3 {
		state := d.state(fmt.Sprint("l", i))
		require.NotContains(t, fmt.Sprintf("%+v", state), secret)
	}
}
