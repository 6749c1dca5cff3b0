package polling

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/directory"
	"github.com/bedside-health/bedside/services/scraper/internal/pacing"
	"github.com/bedside-health/bedside/services/scraper/internal/store"
	"github.com/bedside-health/bedside/services/scraper/schedule"
)

// unchanged is a site whose pages never change.
const unchangedETag = `"always"`

func unchanged(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/robots.txt" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("ETag", unchangedETag)
	if r.Header.Get("If-None-Match") == unchangedETag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.WriteHeader(http.StatusTeapot)
}

// nobody is a bus that nothing may reach.
type nobody struct{ t testing.TB }

func (n nobody) Collected(context.Context, []*events.ReviewCollected) ([]int, error) {
	n.t.Error("an unchanged page has no news")
	return nil, nil
}
func (n nobody) Observed(context.Context, *events.ListingObserved) error { return nil }

// field is very many listings of unchanged pages, which were read before and are due
// over a day.
type field struct {
	docs   *collections.Store
	client *polite.Client
	poller *Scraper
	start  time.Time
	turns  turns
	dial   func(ctx context.Context, network, address string) (net.Conn, error)

	asked atomic.Int64 // requests that the server saw

	mu  sync.Mutex
	now time.Time
}

// turns are where turns are taken.
type turns struct{ pacing.Store }

func (f *field) time() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func newField(b testing.TB, listings, hosts int) *field {
	b.Helper()
	ctx := context.Background()
	backend, err := connect.Open(ctx, "sqlite:"+filepath.Join(b.TempDir(), "field.db"), nil)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, backend.Close()) })
	f := &field{start: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	f.now = f.start
	f.docs, err = collections.Bind(ctx, backend)
	require.NoError(b, err)
	st, err := store.Open(ctx, backend)
	require.NoError(b, err)
	f.turns.Store = st
	limiter, err := pacing.New(pacing.Config{Store: &f.turns, PerSecond: 1e6, Burst: 1000})
	require.NoError(b, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.asked.Add(1)
		unchanged(w, r)
	}))
	b.Cleanup(server.Close)
	f.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	f.client, err = polite.New(polite.Config{
		Product: "Bedside/1", Contact: "mailto:x@example.org", Limiter: limiter,
		Dial: f.dial,
	})
	require.NoError(b, err)
	b.Cleanup(func() { _ = f.client.Close() })
	site, err := directory.New(directory.Config{Client: f.client})
	require.NoError(b, err)
	f.plant(b, listings, hosts)
	policy := schedule.Default()
	policy.Interval = 24 * time.Hour
	f.poller, err = New(Config{
		Store: st, Bus: nobody{b}, Sites: map[string]sites.Site{directory.Adapter: site}, Policy: policy,
		Lease: time.Minute, Tick: 2 * time.Second, Concurrency: 16, PageTimeout: time.Minute,
		ConfirmAfter: time.Minute, ConfirmEvery: time.Hour, Now: f.time,
	})
	require.NoError(b, err)
	return f
}

// plant makes the listings and their states.
func (f *field) plant(b testing.TB, listings, hosts int) {
	b.Helper()
	const atOnce = 500
	for from := 0; from < listings; from += atOnce {
		var ls []*collections.Listing
		var states []*collections.PollState
		for i := from; i < min(from+atOnce, listings); i++ {
			id, ref := fmt.Sprintf("l%06d", i), fmt.Sprintf("http://site%d.example/p/%d", i%hosts, i)
			base := docstore.Base{ID: id, OrgID: "org"}
			ls = append(ls, &collections.Listing{Base: base, LocationID: "loc", Site: "site", Adapter: directory.Adapter, Ref: ref, Enabled: true, CreatedAt: f.start})
			states = append(states, &collections.PollState{
				Base: base, Site: "site", Adapter: directory.Adapter, Ref: ref, ListingRev: 1, ETag: unchangedETag, Health: collections.HealthOK,
				LastOKAt: f.start, LastFullAt: f.start, Watermark: f.start.Add(-time.Hour), NewestAt: f.start, Reviews: 3,
				DueAt: f.start.Add(time.Duration(i) * 24 * time.Hour / time.Duration(listings)),
			})
		}
		_, err := f.docs.Listings.InsertManyIfAbsent(context.Background(), docstore.Org("org"), ls)
		require.NoError(b, err)
		_, err = f.docs.PollStates.InsertManyIfAbsent(context.Background(), docstore.Org("org"), states)
		require.NoError(b, err)
	}
}

// pass lets time pass and polls what is due then.
func (f *field) pass(b testing.TB, d time.Duration) {
	b.Helper()
	f.mu.Lock()
	f.now = f.now.Add(d)
	f.mu.Unlock()
	polls := f.poller.crews()
	defer polls.wait()
	for {
		now := f.time()
		all, err := f.poller.handOut(context.Background(), polls, directory.Adapter, now, func(state *collections.PollState) bool {
			return !state.DueAt.After(now) && !state.LeaseUntil.After(now)
		})
		require.NoError(b, err)
		if all {
			return
		}
		<-polls.freed()
	}
}

// cpu is the time that this process worked so far.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// shelves is a store whose engine costs nothing, as that of a database in another
// process costs this one nothing.
type shelves struct {
	Store
	mu       sync.Mutex
	listings map[string]collections.Listing
	states   map[string]*collections.PollState
	due      []string
	free     map[string]int64
}

func (s *shelves) Claim(_ context.Context, _ string, before time.Time, limit int, take func(*collections.PollState) bool) ([]collections.PollState, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []collections.PollState
	for len(s.due) > 0 && len(out) < limit {
		// All of them are due again before any is claimed twice.
		if state := s.states[s.due[0]]; state.DueAt.Before(before) && take(state) {
			out = append(out, *state)
		} else {
			break
		}
		s.due = s.due[1:]
	}
	return out, nil
}

func (s *shelves) Listing(_ context.Context, _, id string) (collections.Listing, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.listings[id]
	return l, ok, nil
}

func (s *shelves) ListingsOf(_ context.Context, keys []docstore.Key) ([]collections.Listing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]collections.Listing, len(keys))
	for i, key := range keys {
		out[i] = s.listings[key.ID]
	}
	return out, nil
}

func (s *shelves) UpdateStates(_ context.Context, keys []docstore.Key, change func(int, *collections.PollState) error) []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	errs := make([]error, len(keys))
	for i, key := range keys {
		errs[i] = change(i, s.states[key.ID])
		s.due = append(s.due, key.ID)
	}
	return errs
}

func (s *shelves) UpdateState(_ context.Context, _, id string, change func(*collections.PollState) error) (collections.PollState, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := change(s.states[id])
	return *s.states[id], err
}

// Turn implements pacing.Store.
func (s *shelves) Turn(_ context.Context, host string, _ time.Time, _ time.Duration, _ int, _ time.Duration) (wait, held time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free[host]++
	return 0, 0, nil
}

// HeldHost implements pacing.Store.
func (s *shelves) HeldHost(context.Context, string, time.Time) (time.Duration, error) { return 0, nil }

// HoldHost implements pacing.Store.
func (s *shelves) HoldHost(context.Context, string, time.Time) error { return nil }

// shelve moves the listings and states of a field to a store without an engine.
func (f *field) shelve(b testing.TB, listings int) {
	b.Helper()
	s := &shelves{Store: f.poller.cfg.Store, listings: map[string]collections.Listing{}, states: map[string]*collections.PollState{}, free: map[string]int64{}}
	for i := range listings {
		id := fmt.Sprintf("l%06d", i)
		l, err := f.docs.Listings.Get(context.Background(), docstore.Org("org"), id)
		require.NoError(b, err)
		state, err := f.docs.PollStates.Get(context.Background(), docstore.Org("org"), id)
		require.NoError(b, err)
		s.listings[id], s.states[id] = l, &state
		s.due = append(s.due, id)
	}
	f.poller.cfg.Store, f.poller.endings.store, f.turns.Store = s, s, s
}

// BenchmarkUnchanged compares the work of a poll whose page did not change with that of
// the bare request, both with the server's part, with SQLite's work in this process and
// without any engine's: go test -bench Unchanged -run - -benchtime 1x ./internal/polling.
func BenchmarkUnchanged(b *testing.B) {
	for _, engine := range []string{"sqlite", "none"} {
		b.Run("engine="+engine, func(b *testing.B) { benchmarkUnchanged(b, engine == "none") })
	}
}

func benchmarkUnchanged(b *testing.B, shelved bool) {
	const polls, rounds = 5000, 4
	f := newField(b, polls, 50)
	if shelved {
		f.shelve(b, polls)
	}
	f.pass(b, 30*time.Hour) // robots.txt of every host, statements, connections
	for b.Loop() {
		var plain, ours time.Duration
		asked := f.asked.Load()
		for range rounds {
			before := cpu()
			f.bare(b, polls)
			plain += cpu() - before
			before = cpu()
			f.pass(b, 30*time.Hour)
			ours += cpu() - before
		}
		require.EqualValues(b, 2*rounds*polls, f.asked.Load()-asked, "every listing is asked for as often as by the bare client")
		b.ReportMetric(float64(plain.Microseconds())/(rounds*polls), "bare-µs/request")
		b.ReportMetric(float64(ours.Microseconds())/(rounds*polls), "µs/poll")
		b.ReportMetric(float64(ours)/float64(plain), "x-bare")
	}
}

// bare asks for the same pages as net/http does it alone, 16 at once.
func (f *field) bare(b testing.TB, n int) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{DialContext: f.dial}}
	defer client.CloseIdleConnections()
	work := make(chan int)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for i := range work {
				req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, fmt.Sprintf("http://site%d.example/p/%d", i%50, i), nil)
				if err != nil {
					continue
				}
				req.Header.Set("If-None-Match", unchangedETag)
				resp, err := client.Do(req)
				if err == nil {
					_ = resp.Body.Close()
				}
			}
		})
	}
	for i := range n {
		work <- i
	}
	close(work)
	wg.Wait()
}

// BenchmarkDay100000 polls 100,000 listings that are due over a day and prints the
// memory at each quarter: go test -bench Day100000 -run - -benchtime 1x -timeout 30m.
func BenchmarkDay100000(b *testing.B) {
	const listings = 100_000
	f := newField(b, listings, 1000)
	for b.Loop() {
		before := cpu()
		for quarter := 1; quarter <= 4; quarter++ {
			for range 72 {
				f.pass(b, 5*time.Minute)
			}
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.Logf("after %d h: heap %.1f MB, from the system %d MB", 6*quarter, float64(m.HeapAlloc)/(1<<20), m.Sys>>20)
		}
		b.ReportMetric(float64((cpu()-before).Microseconds())/listings, "µs/poll")
	}
}

// BenchmarkClaim takes one due listing out of few and out of many:
// go test -bench Claim -run - ./internal/polling.
func BenchmarkClaim(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f := newField(b, n, 10)
			f.now = f.start.Add(24 * time.Hour)
			for b.Loop() {
				got, err := f.poller.cfg.Store.Claim(context.Background(), directory.Adapter, f.time(), 1, func(s *collections.PollState) bool {
					s.DueAt = f.time().Add(time.Hour)
					return true
				})
				require.NoError(b, err)
				require.Len(b, got, 1)
			}
		})
	}
}
