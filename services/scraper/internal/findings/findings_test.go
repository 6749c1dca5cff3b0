package findings_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/testkit/mongotest"
	"github.com/bedside-health/bedside/services/scraper/internal/findings"
	"github.com/bedside-health/bedside/services/scraper/internal/store"
)

const org, other = "org_lake", "org_sea"

// desk is a store with two organizations whose listings are compared.
type desk struct {
	t        *testing.T
	docs     *collections.Store
	store    *store.Store
	now      time.Time
	registry *prometheus.Registry
	comparer *findings.Comparer
}

// onEach runs a test on both backends.
func onEach(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	for name, url := range map[string]func(t *testing.T) string{
		"sqlite":  func(t *testing.T) string { t.Helper(); return "sqlite:" + filepath.Join(t.TempDir(), "bedside.db") },
		"mongodb": func(t *testing.T) string { t.Helper(); return mongotest.Start(t) },
	} {
		t.Run(name, func(t *testing.T) { test(t, newDesk(t, url(t))) })
	}
}

func newDesk(t *testing.T, url string) *desk {
	t.Helper()
	backend, err := connect.Open(t.Context(), url, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, backend.Close()) })
	docs, err := collections.Bind(t.Context(), backend)
	require.NoError(t, err)
	d := &desk{t: t, docs: docs, now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), registry: prometheus.NewRegistry()}
	d.store, err = store.Open(t.Context(), backend)
	require.NoError(t, err)
	for _, o := range []string{org, other} {
		put(d, docs.Organizations, o, o, func(doc *collections.Organization) { doc.Name = o })
		put(d, docs.Locations, o, "harbor", func(doc *collections.Location) {
			doc.Name, doc.Telephone, doc.Website = "Harbor Eye Care", "(503) 555-0142", "https://harbor.example"
			doc.Address = events.Address{Street: "9 Oak Rd Ste 2", Locality: "Salem", Region: "OR", PostalCode: "97301"}
		})
	}
	d.comparer = d.newComparer("one")
	return d
}

func (d *desk) newComparer(holder string) *findings.Comparer {
	d.t.Helper()
	c, err := findings.New(findings.Config{
		Store: d.store, Holder: holder, Every: time.Hour, Now: func() time.Time { return d.now }, Registerer: d.registry,
	})
	require.NoError(d.t, err)
	return c
}

// put makes or changes a document.
func put[T any](d *desk, c *docstore.Collection[T], org, id string, change func(*T)) {
	d.t.Helper()
	scope := docstore.Org(org)
	if org == id {
		scope = docstore.Org(id)
	}
	_, err := c.Upsert(d.t.Context(), scope, id, func(doc *T, _ bool) error { change(doc); return nil })
	require.NoError(d.t, err)
}

func (d *desk) listing(org, id string, change ...func(*collections.Listing)) {
	d.t.Helper()
	put(d, d.docs.Listings, org, id, func(l *collections.Listing) {
		l.LocationID, l.Site, l.Adapter, l.Ref, l.Enabled = "harbor", "docfinder", "directory", "https://docfinder.example/"+id, true
		l.CreatedAt = d.now
		for _, f := range change {
			f(l)
		}
	})
}

func (d *desk) shows(org, id string, change ...func(*events.ListingFacts)) {
	d.t.Helper()
	put(d, d.docs.ListingFacts, org, id, func(f *collections.ListingFact) {
		f.LocationID, f.Site, f.ObservedAt = "harbor", "docfinder", d.now
		f.Facts = events.ListingFacts{
			Name: "Harbor Eye Care", Telephone: "503-555-0142", URL: "http://www.harbor.example/",
			Address: events.Address{Street: "9 Oak Road #2", Locality: "Salem", Region: "Oregon", PostalCode: "97301"},
		}
		for _, c := range change {
			c(&f.Facts)
		}
	})
}

func otherPhone(f *events.ListingFacts) { f.Telephone = "503-555-0199" }

// compare lets a comparer look once.
func (d *desk) compare(c *findings.Comparer) {
	d.t.Helper()
	require.NoError(d.t, findings.Once(c, d.t.Context()))
}

func (d *desk) findings(org string) []collections.Finding {
	d.t.Helper()
	page, err := d.docs.Findings.Page(d.t.Context(), docstore.Org(org), docstore.Query{Index: "newest", Limit: 100})
	require.NoError(d.t, err)
	return page.Items
}

func TestCompare_DifferenceMetFixedAndBack_OneFindingWithItsTimes(t *testing.T) {
	onEach(t, func(t *testing.T, d *desk) {
		d.listing(org, "a")
		d.shows(org, "a")
		d.compare(d.comparer)
		require.Empty(t, d.findings(org))

		began := d.now
		d.shows(org, "a", otherPhone)
		d.compare(d.comparer)
		d.now = d.now.Add(time.Hour)
		d.compare(d.comparer)
		got := d.findings(org)
		require.Len(t, got, 1)
		f := got[0]
		require.Equal(t, []any{collections.FindingDiffers, "telephone", "(503) 555-0142", "503-555-0199", "a", "harbor", "docfinder", "https://docfinder.example/a", true},
			[]any{f.Kind, f.Field, f.Ours, f.Theirs, f.ListingID, f.LocationID, f.Site, f.URL, f.Open})
		require.Equal(t, began, f.Since.UTC(), "the time it was met first stays")
		require.Equal(t, int64(1), f.Rev, "what says the same is not written again")
		require.InDelta(t, 1, testutil.ToFloat64(gauge(t, d)), 0)

		d.shows(org, "a", func(f *events.ListingFacts) { f.Telephone = "503-555-0177" })
		d.compare(d.comparer)
		require.Equal(t, []any{"503-555-0177", began}, []any{d.findings(org)[0].Theirs, d.findings(org)[0].Since.UTC()}, "another wrong number is the same finding")

		d.shows(org, "a")
		fixed := d.now
		d.compare(d.comparer)
		require.Equal(t, []any{false, fixed}, []any{d.findings(org)[0].Open, d.findings(org)[0].ResolvedAt.UTC()})

		d.now = d.now.Add(time.Hour)
		d.shows(org, "a", otherPhone)
		d.compare(d.comparer)
		got = d.findings(org)
		require.Len(t, got, 1)
		require.Equal(t, []any{true, d.now, true}, []any{got[0].Open, got[0].Since.UTC(), got[0].ResolvedAt.IsZero()}, "it counts from when it came back")
	})
}

func TestCompare_RecordCorrectedOrListingGone_ResolvesItself(t *testing.T) {
	onEach(t, func(t *testing.T, d *desk) {
		d.listing(org, "a")
		d.shows(org, "a", otherPhone)
		d.listing(org, "b", func(l *collections.Listing) { l.Site = "sight" })
		put(d, d.docs.ListingFacts, org, "b", func(f *collections.ListingFact) {
			f.Site, f.ObservedAt, f.Facts = "sight", d.now, events.ListingFacts{Name: "Harbour Glasses", Telephone: "503-555-0142"}
		})
		d.compare(d.comparer)
		require.Len(t, open(d.findings(org)), 3) // the number of a; name and missing address of b

		put(d, d.docs.Locations, org, "harbor", func(l *collections.Location) { l.Telephone = "(503) 555-0199" })
		d.listing(org, "b", func(l *collections.Listing) { l.Enabled = false })
		d.compare(d.comparer)
		require.Empty(t, open(d.findings(org)))
		require.Len(t, d.findings(org), 3, "what was resolved is remembered")
	})
}

func TestCompare_TwoListingsOfOnePlace_TheLaterIsADuplicate(t *testing.T) {
	onEach(t, func(t *testing.T, d *desk) {
		d.listing(org, "z-first")
		d.now = d.now.Add(time.Minute)
		d.listing(org, "a-second")
		d.listing(org, "doctor")
		d.listing(org, "elsewhere", func(l *collections.Listing) { l.Site = "sight" })
		d.shows(org, "z-first")
		d.shows(org, "a-second", func(f *events.ListingFacts) { f.Name = "HARBOR EYE CARE, LLC" })
		d.shows(org, "doctor", func(f *events.ListingFacts) { f.Name = "Dr. Ines Calloway" })
		put(d, d.docs.ListingFacts, org, "elsewhere", func(f *collections.ListingFact) {
			f.Site, f.ObservedAt, f.Facts = "sight", d.now, events.ListingFacts{Name: "Harbor Eye Care", Telephone: "503-555-0142", Address: events.Address{Street: "9 Oak Rd"}}
		})
		d.compare(d.comparer)
		got := open(d.findings(org))
		require.Len(t, got, 1)
		require.Equal(t, []any{collections.FindingDuplicate, "listing", "a-second", "z-first", "https://docfinder.example/a-second"},
			[]any{got[0].Kind, got[0].Field, got[0].ListingID, got[0].OtherListingID, got[0].Theirs})
	})
}

func TestCompare_FactsOfAPageWatchedNoMore_AreNotCompared(t *testing.T) {
	onEach(t, func(t *testing.T, d *desk) {
		d.listing(org, "a", func(l *collections.Listing) { l.Site = "sight" })
		d.shows(org, "a", otherPhone) // seen on docfinder before the listing was changed
		d.compare(d.comparer)
		require.Empty(t, d.findings(org))
	})
}

func TestCompare_TwoOrganizations_EachWithItsOwn(t *testing.T) {
	onEach(t, func(t *testing.T, d *desk) {
		d.listing(org, "a")
		d.listing(other, "a")
		d.shows(org, "a", otherPhone)
		d.shows(other, "a")
		d.compare(d.comparer)
		require.Len(t, d.findings(org), 1)
		require.Empty(t, d.findings(other))
	})
}

func TestCompare_TwoScrapers_OneComparesUntilItLeaves(t *testing.T) {
	onEach(t, func(t *testing.T, d *desk) {
		d.listing(org, "a")
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan struct{})
		go func() { defer close(left); d.comparer.Run(ctx) }()
		held := func() bool {
			mine, err := d.store.TakeDuty(t.Context(), "findings", "nobody", d.now, d.now.Add(-time.Second))
			return err == nil && !mine
		}
		require.Eventually(t, held, 20*time.Second, 10*time.Millisecond)
		d.registry = prometheus.NewRegistry()
		second := d.newComparer("two")
		d.shows(org, "a", otherPhone)
		d.compare(second)
		require.Empty(t, d.findings(org), "the first has the duty")
		leave()
		<-left
		d.compare(second)
		require.Len(t, d.findings(org), 1)
	})
}

func TestCompare_StoreFailsHalfWay_ResolvesNothing(t *testing.T) {
	d := newDesk(t, "sqlite:"+filepath.Join(t.TempDir(), "bedside.db"))
	d.listing(org, "a")
	d.shows(org, "a", otherPhone)
	d.compare(d.comparer)
	c, err := findings.New(findings.Config{Store: noFacts{d.store}, Holder: "one", Every: time.Hour, Now: func() time.Time { return d.now }})
	require.NoError(t, err)
	require.ErrorIs(t, findings.Once(c, t.Context()), context.DeadlineExceeded)
	require.Len(t, open(d.findings(org)), 1)
}

func TestCompare_OneOrganizationCannotBeRead_TheOthersAreCompared(t *testing.T) {
	d := newDesk(t, "sqlite:"+filepath.Join(t.TempDir(), "bedside.db"))
	for _, o := range []string{org, other} {
		d.listing(o, "a")
		d.shows(o, "a", otherPhone)
	}
	for _, broken := range []string{org, other} {
		c, err := findings.New(findings.Config{Store: noFactsOf{d.store, broken}, Holder: "one", Every: time.Hour, Now: func() time.Time { return d.now }})
		require.NoError(t, err)
		require.ErrorIs(t, findings.Once(c, t.Context()), errUnreadable)
	}
	require.Len(t, d.findings(org), 1)
	require.Len(t, d.findings(other), 1)
}

var errUnreadable = errors.New("a document that cannot be read")

// noFactsOf is a store that cannot read the facts of one organization.
type noFactsOf struct {
	*store.Store
	broken string
}

func (s noFactsOf) AllFacts(ctx context.Context, org, cursor string) ([]collections.ListingFact, string, error) {
	if org == s.broken {
		return nil, "", errUnreadable
	}
	return s.Store.AllFacts(ctx, org, cursor)
}

// noFacts is a store that answers no longer when the facts are read.
type noFacts struct{ *store.Store }

func (noFacts) AllFacts(context.Context, string, string) ([]collections.ListingFact, string, error) {
	return nil, "", context.DeadlineExceeded
}

func open(all []collections.Finding) []collections.Finding {
	var out []collections.Finding
	for _, f := range all {
		if f.Open {
			out = append(out, f)
		}
	}
	return out
}

func gauge(t *testing.T, d *desk) prometheus.Collector {
	t.Helper()
	return findings.Gauge(d.comparer)
}
