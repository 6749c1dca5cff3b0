package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/replycheck"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
	"github.com/bedside-health/bedside/services/response-workflow/internal/store"
)

const org = "o1"

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// world is a store with an organization in it: location l1 with people a, b and c, l2 with
// only its manager m, l3 with nobody.
type world struct {
	t       testing.TB
	backend docstore.Backend
	data    *collections.Store
	heard   *listener
	cases   *store.Cases
	faults  *faults
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldOn(t, "sqlite:"+filepath.Join(t.TempDir(), "data.db"))
}

// newWorldOn makes the world in the store that a URL names.
func newWorldOn(t testing.TB, url string) *world {
	t.Helper()
	ctx := t.Context()
	backend, err := connect.Open(ctx, url, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, backend.Close()) })
	data, err := collections.Bind(ctx, backend)
	require.NoError(t, err)
	w := &world{t: t, backend: backend, data: data, heard: &listener{}, faults: &faults{}}
	w.insert(data.Organizations.InsertIfAbsent(ctx, docstore.Org(org), &collections.Organization{Base: docstore.Base{ID: org}, Name: "Lakeside Practice"}))
	for _, l := range []collections.Location{
		{Base: docstore.Base{ID: "l1"}, ManagerID: "m"}, {Base: docstore.Base{ID: "l2"}, ManagerID: "m"}, {Base: docstore.Base{ID: "l3"}},
	} {
		w.insert(data.Locations.InsertIfAbsent(ctx, docstore.Org(org), &l))
	}
	for _, p := range []collections.Person{
		w.person("a", collections.Responder, "l1"), w.person("b", collections.Responder, "l1"), w.person("c", collections.Responder, "l1"),
		w.person("m", collections.Manager), w.person("v", collections.Viewer, "l1"), w.person("gone", collections.Responder, "l1"),
	} {
		p.Active = p.ID != "gone"
		w.insert(data.People.InsertIfAbsent(ctx, docstore.Org(org), &p))
	}
	stranger := w.person("stranger", collections.Responder, "l1")
	w.insert(data.People.InsertIfAbsent(ctx, docstore.Org("o2"), &stranger))
	w.restart()
	return w
}

func (w *world) person(id string, role collections.Role, locations ...string) collections.Person {
	return collections.Person{Base: docstore.Base{ID: id}, Name: id, Email: id + "@example.org", Role: role, Locations: locations, Active: true}
}

func (w *world) insert(ok bool, err error) {
	w.t.Helper()
	require.NoError(w.t, err)
	require.True(w.t, ok)
}

func (w *world) config() store.Config {
	checker, err := replycheck.New(replycheck.Config{})
	require.NoError(w.t, err)
	return store.Config{
		Backend: flaky{w.backend, w.faults}, Announcer: flakyListener{w.heard, w.faults},
		Checker: checker, Plan: routing.Default(4*time.Hour, 24*time.Hour, 48*time.Hour), UndoFor: 15 * time.Second,
		Logger: slog.New(slog.DiscardHandler), Parallel: 8, RosterAge: 50 * time.Millisecond, AnnounceWait: time.Second,
	}
}

// desk goes by the plan that organizations begin with.
func (w *world) desk() casework.Desk {
	plan := w.config().Plan
	return casework.Desk{Plan: &plan}
}

// restart is a new process on the same store: what was only in memory is gone.
func (w *world) restart() {
	w.t.Helper()
	w.useConfig(w.config())
}

// other is another process on the same store, without faults.
func (w *world) other() *store.Cases {
	w.t.Helper()
	cfg := w.config()
	cfg.Backend, cfg.Announcer = w.backend, w.heard
	cases, err := store.New(w.t.Context(), cfg)
	require.NoError(w.t, err)
	return cases
}

func (w *world) useConfig(cfg store.Config) {
	w.t.Helper()
	cases, err := store.New(w.t.Context(), cfg)
	require.NoError(w.t, err)
	w.cases = cases
}

func (w *world) review(id string) collections.Review {
	w.t.Helper()
	doc, err := w.data.Reviews.Get(w.t.Context(), docstore.Org(org), id)
	require.NoError(w.t, err)
	return doc
}

func (w *world) history(id string) []collections.CaseEvent {
	w.t.Helper()
	page, err := w.data.CaseEvents.Page(w.t.Context(), docstore.Org(org), docstore.Query{Index: "by_review", Where: []docstore.Cond{docstore.Is("review_id", id)}, Limit: 1000})
	require.NoError(w.t, err)
	return page.Items
}

func (w *world) types(id string) []string {
	out := []string{}
	for _, e := range w.history(id) {
		out = append(out, e.Type)
	}
	return out
}

func (w *world) receive(batch ...events.ReviewTagged) {
	w.t.Helper()
	for i, err := range w.cases.Receive(w.t.Context(), batch) {
		require.NoError(w.t, err, "observation %d", i)
	}
}

// listener keeps what was announced.
type listener struct {
	mu      sync.Mutex
	changes []events.ReviewChanged
}

func (l *listener) Announce(_ context.Context, changes []events.ReviewChanged) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes = append(l.changes, changes...)
	return nil
}

func (l *listener) of(id string) []events.ReviewChanged {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []events.ReviewChanged
	for _, c := range l.changes {
		if c.ReviewID == id {
			out = append(out, c)
		}
	}
	return out
}

// faults makes a share of all operations on the store and the listener fail, half
// of them before and half after they had their effect: a process that dies at that
// moment, or an answer that is lost.
type faults struct {
	mu   sync.Mutex
	rand *rand.Rand
	rate float64
	// onInsert and onAnnounce run once, just before the next insert of reviews or
	// announcement: somebody else was faster.
	onInsert, onAnnounce func()
}

// once runs a hook that was set, and forgets it.
func (f *faults) once(hook *func()) {
	f.mu.Lock()
	run := *hook
	*hook = nil
	f.mu.Unlock()
	if run != nil {
		run()
	}
}

func (f *faults) set(seed uint64, rate float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rand, f.rate = rand.New(rand.NewPCG(seed, 2)), rate
}

func (f *faults) around(do func() error) error {
	f.mu.Lock()
	fail, after := false, false
	if f.rate > 0 {
		fail, after = f.rand.Float64() < f.rate, f.rand.IntN(2) == 0
	}
	f.mu.Unlock()
	injected := problem.New(problem.Unavailable, "injected", "injected fault")
	if fail && !after {
		return injected
	}
	if err := do(); err != nil {
		return err
	}
	if fail {
		return injected
	}
	return nil
}

type flakyListener struct {
	*listener
	faults *faults
}

func (l flakyListener) Announce(ctx context.Context, changes []events.ReviewChanged) error {
	l.faults.once(&l.faults.onAnnounce)
	return l.faults.around(func() error { return l.listener.Announce(ctx, changes) })
}

type flaky struct {
	docstore.Backend
	faults *faults
}

func (f flaky) Open(ctx context.Context, s *docstore.Schema) (docstore.Table, error) {
	t, err := f.Backend.Open(ctx, s)
	return flakyTable{t, s.Name, f.faults}, err
}

type flakyTable struct {
	docstore.Table
	name   string
	faults *faults
}

func (t flakyTable) Get(ctx context.Context, keys []docstore.Key) (out []docstore.Record, err error) {
	err = t.faults.around(func() error { out, err = t.Table.Get(ctx, keys); return err })
	return out, err
}

func (t flakyTable) Insert(ctx context.Context, records []docstore.Record) (out []bool, err error) {
	if t.name == "reviews" {
		t.faults.once(&t.faults.onInsert)
	}
	err = t.faults.around(func() error {
		// Of many, only some may have been stored when the fault struck.
		t.faults.mu.Lock()
		n := len(records)
		if t.faults.rate > 0 && t.faults.rand.Float64() < t.faults.rate {
			n = t.faults.rand.IntN(len(records) + 1)
		}
		t.faults.mu.Unlock()
		if n < len(records) {
			if n > 0 {
				_, _ = t.Table.Insert(ctx, records[:n])
			}
			return problem.New(problem.Unavailable, "injected", "injected fault")
		}
		out, err = t.Table.Insert(ctx, records)
		return err
	})
	return out, err
}

func (t flakyTable) Replace(ctx context.Context, prev, next docstore.Record) (ok bool, err error) {
	err = t.faults.around(func() error { ok, err = t.Table.Replace(ctx, prev, next); return err })
	return ok, err
}

func (t flakyTable) Group(ctx context.Context, sel docstore.Selection, by, sum []int) (out []docstore.RawBucket, err error) {
	err = t.faults.around(func() error { out, err = t.Table.Group(ctx, sel, by, sum); return err })
	return out, err
}

// seen is an observation of review n at location l1.
func seen(n int, change events.Change, version, minute int, adjust ...func(*events.ReviewTagged)) events.ReviewTagged {
	external := fmt.Sprint(n)
	rating := 2.0
	in := events.ReviewTagged{ReviewCollected: events.ReviewCollected{
		EventID: events.NewEventID(), OrgID: org, ReviewID: review.ID(org, "google", external), ListingID: "li", LocationID: "l1",
		Site: "google", ExternalID: external, Change: change, Version: version, Author: "Pat", Rating: &rating,
		Text: fmt.Sprintf("review %d text %d", n, version), FirstSeenAt: start, ObservedAt: start.Add(time.Duration(minute) * time.Minute),
	}, Analysis: review.Analysis{Version: "1", Overall: review.Negative}, TaggedAt: start}
	for _, a := range adjust {
		a(&in)
	}
	return in
}

func id(n int) string { return review.ID(org, "google", fmt.Sprint(n)) }
