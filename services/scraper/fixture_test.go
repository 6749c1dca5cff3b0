package scraper_test

import (
	"context"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
	"github.com/bedside-health/bedside/services/scraper"
)

const org = "org_lake"

// office is a store with the gateway's documents in it.
type office struct {
	t    testing.TB
	url  string
	docs *collections.Store
}

func newOffice(t testing.TB) *office {
	t.Helper()
	url := "sqlite:" + filepath.Join(t.TempDir(), "bedside.db")
	backend, err := connect.Open(context.Background(), url, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, backend.Close()) })
	docs, err := collections.Bind(context.Background(), backend)
	require.NoError(t, err)
	return &office{t: t, url: url, docs: docs}
}

func (o *office) listing(id, adapter, site, ref string, change ...func(*collections.Listing)) {
	o.t.Helper()
	l := collections.Listing{
		Base: docstore.Base{ID: id, OrgID: org}, LocationID: "loc_harbor", Site: site, Adapter: adapter,
		Ref: ref, Interval: 1, Enabled: true, CreatedAt: time.Now(),
	}
	for _, f := range change {
		f(&l)
	}
	added, err := o.docs.Listings.InsertIfAbsent(context.Background(), docstore.Org(org), &l)
	require.NoError(o.t, err)
	require.True(o.t, added)
}

// upload stores an import of n rows as the gateway does.
func (o *office) upload(id string, n, perChunk int) {
	o.t.Helper()
	ctx := context.Background()
	chunks := (n + perChunk - 1) / perChunk
	upload := collections.Import{
		Base: docstore.Base{ID: id, OrgID: org}, LocationID: "loc_harbor", Site: "cards", ListingID: "listing_" + id,
		By: "p_1", CreatedAt: time.Now(), Rows: n, Accepted: n, Chunks: chunks, Rejections: []collections.Rejection{},
	}
	_, err := o.docs.Imports.InsertIfAbsent(ctx, docstore.Org(org), &upload)
	require.NoError(o.t, err)
	o.listing("listing_"+id, "csv", "cards", id)
	for c := range chunks {
		chunk := collections.ImportChunk{Base: docstore.Base{ID: fmt.Sprintf("%s.%d", id, c), OrgID: org}, ImportID: id, N: c}
		for i := c * perChunk; i < min(n, (c+1)*perChunk); i++ {
			rating := float64(1 + i%5)
			chunk.Reviews = append(chunk.Reviews, collections.ImportReview{
				ExternalID: fmt.Sprintf("card-%08d", i), Author: fmt.Sprintf("Visitor %d", i), Rating: &rating, RawRating: fmt.Sprint(rating),
				Text:     fmt.Sprintf("Card %d. %s", i, strings.Repeat("The hygienist took her time and the front desk was kind about the bill. ", 6)),
				PostedAt: time.Date(2025, 1, 1, 0, 0, i, 0, time.UTC),
			})
		}
		_, err := o.docs.ImportChunks.InsertIfAbsent(ctx, docstore.Org(org), &chunk)
		require.NoError(o.t, err)
	}
	_, err = o.docs.Imports.Update(ctx, docstore.Org(org), id, func(i *collections.Import) error {
		i.Complete = true
		return nil
	})
	require.NoError(o.t, err)
}

func (o *office) state(listing string) collections.PollState {
	s, err := o.docs.PollStates.Get(context.Background(), docstore.Org(org), listing)
	if err != nil {
		return collections.PollState{}
	}
	return s
}

// settings are those of a scraper in a test.
func (o *office) settings(conn kafkaio.Connection) scraper.Config {
	cfg := scraper.DefaultConfig()
	cfg.Brokers = conn.Brokers
	cfg.URL = config.Secret(o.url)
	cfg.AdminListen = "127.0.0.1:0"
	cfg.Contact = "https://bedside.example/contact"
	cfg.AllowLoopback = true
	cfg.RequestsPerSecond, cfg.Burst = 1000, 1000
	cfg.Tick = 20 * time.Millisecond
	cfg.Retry = 50 * time.Millisecond
	cfg.Logger = slog.New(slog.DiscardHandler)
	return cfg
}

func collected(t testing.TB, conn kafkaio.Connection) []events.ReviewCollected {
	t.Helper()
	var out []events.ReviewCollected
	for _, m := range kafkatest.Messages(t, conn, events.TopicReviewsCollected) {
		e, err := events.DecodeReviewCollected(m.Value)
		require.NoError(t, err)
		require.Equal(t, e.ReviewID, string(m.Key))
		out = append(out, e)
	}
	return out
}

// directoryPage is a small site of its own: reviews as microdata, an ETag, and a
// count of its requests.
type directoryPage struct {
	mu       sync.Mutex
	reviews  []string
	requests int
	fresh    int
	agents   map[string]bool
	robots   string
}

func (p *directoryPage) add(texts ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reviews = append(p.reviews, texts...)
}

func (p *directoryPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.URL.Path == "/robots.txt" {
		_, _ = w.Write([]byte(p.robots))
		return
	}
	p.requests++
	if p.agents == nil {
		p.agents = map[string]bool{}
	}
	p.agents[r.UserAgent()] = true
	etag := fmt.Sprintf(`"%d"`, len(p.reviews))
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	p.fresh++
	var b strings.Builder
	b.WriteString(`<!doctype html><html><body><div itemscope itemtype="https://schema.org/Dentist"><h1 itemprop="name">Harbor Dental</h1><span itemprop="telephone">555 0100</span>`)
	for i, text := range p.reviews {
		fmt.Fprintf(&b, `<div itemprop="review" itemscope itemtype="https://schema.org/Review" data-review-id="%s-10000%03d"><span itemprop="author">Ann %d</span>`+
			`<meta itemprop="datePublished" content="2026-01-%02d"><span itemprop="reviewRating" itemscope itemtype="https://schema.org/Rating"><meta itemprop="ratingValue" content="4"></span>`+
			`<p itemprop="reviewBody">%s</p></div>`, path.Base(r.URL.Path), i, i, 1+i%28, html.EscapeString(text))
	}
	b.WriteString(`</div></body></html>`)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(b.String()))
}

func serve(t testing.TB, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}
