package polling

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/scraper/detect"
	"github.com/bedside-health/bedside/services/scraper/internal/store"
	"github.com/bedside-health/bedside/services/scraper/schedule"
)

// errCrash is what a store answers to a process that is dead.
var errCrash = errors.New("the process is dead")

// mortal is a store whose process dies after a number of calls: before the effect of
// the last one or after it. From then on nothing has an effect.
type mortal struct {
	Store
	mu   sync.Mutex
	left int // calls until death; negative means immortal
	late bool
}

func (m *mortal) dies() (before, after bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left < 0 {
		return false, false
	}
	if m.left == 0 {
		return true, false
	}
	m.left--
	return m.left == 0 && !m.late, m.left == 0 && m.late
}

func mortally[T any](m *mortal, call func() (T, error)) (T, error) {
	before, after := m.dies()
	var none T
	if before {
		return none, errCrash
	}
	out, err := call()
	if after {
		return none, errCrash
	}
	return out, err
}

func (m *mortal) UpdateState(ctx context.Context, org, id string, change func(*collections.PollState) error) (collections.PollState, error) {
	return mortally(m, func() (collections.PollState, error) { return m.Store.UpdateState(ctx, org, id, change) })
}

func (m *mortal) UpdateStates(ctx context.Context, keys []docstore.Key, change func(int, *collections.PollState) error) []error {
	errs, err := mortally(m, func() ([]error, error) { return m.Store.UpdateStates(ctx, keys, change), nil })
	if err != nil {
		errs = slices.Repeat([]error{err}, len(keys))
	}
	return errs
}

func (m *mortal) AddFingerprints(ctx context.Context, org string, prints []collections.Fingerprint) error {
	_, err := mortally(m, func() (bool, error) { return true, m.Store.AddFingerprints(ctx, org, prints) })
	return err
}

func (m *mortal) UpdateFingerprint(ctx context.Context, org, id string, change func(*collections.Fingerprint) bool) error {
	_, err := mortally(m, func() (bool, error) { return true, m.Store.UpdateFingerprint(ctx, org, id, change) })
	return err
}

func (m *mortal) Fingerprints(ctx context.Context, org string, ids []string) ([]collections.Fingerprint, error) {
	return mortally(m, func() ([]collections.Fingerprint, error) { return m.Store.Fingerprints(ctx, org, ids) })
}

func (m *mortal) PutFacts(ctx context.Context, fact collections.ListingFact) error {
	_, err := mortally(m, func() (bool, error) { return true, m.Store.PutFacts(ctx, fact) })
	return err
}

// desk is everything a polling test needs, with a real store.
type desk struct {
	t     testing.TB
	clock *clock
	place *place
	line  *line
	docs  *collections.Store
	store *store.Store
	cfg   Config
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	ctx := context.Background()
	backend, err := connect.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "test.db"), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, backend.Close()) })
	docs, err := collections.Bind(ctx, backend)
	require.NoError(t, err)
	st, err := store.Open(ctx, backend)
	require.NoError(t, err)
	c := &clock{at: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	d := &desk{t: t, clock: c, place: newPlace(c), line: &line{t: t, docs: docs}, docs: docs, store: st}
	policy := schedule.Default()
	policy.Interval = 15 * time.Minute
	d.cfg = Config{
		Store: st, Bus: d.line, Sites: map[string]sites.Site{testAdapter: d.place}, Policy: policy,
		Lease: time.Minute, Tick: 2 * time.Second, Concurrency: 4, PageTimeout: time.Minute,
		ConfirmAfter: time.Minute, ConfirmEvery: 10 * time.Second,
		Now: c.now, Chance: func() float64 { return 0.5 },
	}
	return d
}

// scraper is a new process.
func (d *desk) scraper() *Scraper {
	d.t.Helper()
	s, err := New(d.cfg)
	require.NoError(d.t, err)
	return s
}

// round looks for listings once and waits for the polls.
func round(ctx context.Context, s *Scraper) error {
	polls := s.crews()
	defer polls.wait()
	return s.look(ctx, polls)
}

func (d *desk) poll(s *Scraper) {
	d.t.Helper()
	require.NoError(d.t, round(context.Background(), s))
}

// listing makes a listing and its empty place.
func (d *desk) listing(id string, change ...func(*collections.Listing)) collections.Listing {
	d.t.Helper()
	l := collections.Listing{
		Base: docstore.Base{ID: id, OrgID: testOrg}, LocationID: "loc_1", Site: testSite,
		Adapter: testAdapter, Ref: "ref-" + id, Enabled: true, CreatedAt: d.clock.now(),
	}
	for _, f := range change {
		f(&l)
	}
	_, err := d.docs.Listings.InsertIfAbsent(context.Background(), docstore.Org(l.OrgID), &l)
	require.NoError(d.t, err)
	if _, ok := d.place.listings[l.Ref]; !ok {
		d.place.listings[l.Ref] = nil
	}
	return l
}

func (d *desk) state(id string) collections.PollState {
	d.t.Helper()
	s, err := d.docs.PollStates.Get(context.Background(), docstore.Org(testOrg), id)
	require.NoError(d.t, err)
	return s
}

// inbox gives all reviews of a listing by external id.
func (d *desk) inbox(listingID string) map[string]collections.Review {
	d.t.Helper()
	out := map[string]collections.Review{}
	q := docstore.Query{Index: "by_listing", Where: []docstore.Cond{docstore.Is("listing_id", listingID)}, Limit: 1000}
	for {
		page, err := d.docs.Reviews.Page(context.Background(), docstore.Org(testOrg), q)
		require.NoError(d.t, err)
		for _, r := range page.Items {
			out[r.ExternalID] = r
		}
		if page.Next == "" {
			return out
		}
		q.Cursor = page.Next
	}
}

func (d *desk) fingerprint(externalID string) collections.Fingerprint {
	d.t.Helper()
	f, err := d.docs.Fingerprints.Get(context.Background(), docstore.Org(testOrg),
		detect.Listing{OrgID: testOrg, Site: testSite}.ReviewID(externalID))
	require.NoError(d.t, err)
	return f
}

func words(r *rand.Rand) string {
	parts := []string{"calm hygienist", "long wait", "new glasses fit", "bill was wrong", "kind front desk", "parking is easy"}
	return fmt.Sprintf("%s, %s %d", parts[r.IntN(len(parts))], parts[r.IntN(len(parts))], r.IntN(1000))
}

func stars(n float64) *float64 { return &n }

func writing(id, text string) sites.Review {
	return sites.Review{ExternalID: id, Author: "A. Visitor", Rating: stars(4), RawRating: "4", Text: text}
}
