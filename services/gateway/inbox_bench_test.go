package gateway_test

import (
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/review"
)

// inboxSize is how many reviews the benchmark works on; BEDSIDE_BENCH_REVIEWS
// changes it.
func inboxSize() int {
	if n, err := strconv.Atoi(os.Getenv("BEDSIDE_BENCH_REVIEWS")); err == nil && n > 0 {
		return n
	}
	return 50_000
}

// benchReview makes a review of about 2.5 KB.
func benchReview(rng *rand.Rand, zipf *rand.Zipf, i int) *collections.Review {
	doc := sampleReview("lakeside", review.ID("lakeside", "google", strconv.Itoa(i)))
	var text strings.Builder
	for range 90 {
		fmt.Fprintf(&text, "w%s ", strconv.FormatUint(zipf.Uint64(), 36))
	}
	doc.Text, doc.Author = text.String(), "Patient "+strconv.Itoa(i)
	doc.LocationID = fmt.Sprintf("location-%d", rng.IntN(6))
	doc.ListingID = fmt.Sprintf("l_%d", rng.IntN(18))
	doc.Site = []string{"google", "yelp", "healthgrades"}[rng.IntN(3)]
	doc.PostedAt = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Duration(rng.IntN(2*365*24*60)) * time.Minute)
	doc.Rating = new(float64(1 + rng.IntN(5)))
	if rng.IntN(10) == 0 {
		doc.Rating = nil
	}
	doc.Analysis.Tags, doc.Analysis.Overall = nil, review.Polarities()[rng.IntN(3)]
	for _, topic := range review.Topics() {
		if rng.IntN(4) == 0 {
			doc.Analysis.Tags = append(doc.Analysis.Tags, review.Tag{
				Topic: topic, Polarity: review.Polarities()[rng.IntN(3)],
				Evidence: []review.Evidence{{Start: 3, End: 60, Quote: doc.Text[3:60], Rule: "bench.rule"}},
			})
		}
	}
	if rng.IntN(20) == 0 {
		doc.Analysis.Urgent = []review.Urgent{review.SafetyHarm}
	}
	doc.Case.Status, doc.Case.OwnerID = review.Statuses()[rng.IntN(7)], fmt.Sprintf("person-%d", rng.IntN(8))
	doc.Case.DueAt = time.Time{}
	if doc.Case.Status.Pending() {
		doc.Case.DueAt = time.Now().Add(time.Duration(rng.IntN(200)-100) * time.Hour)
	}
	index(&doc)
	return &doc
}

func fillInbox(b *testing.B, store *collections.Store) {
	b.Helper()
	rng := rand.New(rand.NewPCG(7, 11))
	zipf := rand.NewZipf(rng, 1.1, 8, 30_000)
	for from := 0; from < inboxSize(); from += 500 {
		var docs []*collections.Review
		for i := from; i < min(from+500, inboxSize()); i++ {
			docs = append(docs, benchReview(rng, zipf, i))
		}
		_, err := store.Reviews.InsertManyIfAbsent(b.Context(), docstore.Org("lakeside"), docs)
		require.NoError(b, err)
	}
}

// BenchmarkInbox compares an inbox page with filters and all facet counts, as the web
// app asks for them over HTTP, with the bare SQL statements they need, in one run.
// BEDSIDE_BENCH_FILE keeps the filled store for the next run.
func BenchmarkInbox(b *testing.B) {
	path := filepath.Join(b.TempDir(), "bedside.db")
	if kept := os.Getenv("BEDSIDE_BENCH_FILE"); kept != "" {
		path = kept
	}
	backend, err := connect.Open(b.Context(), "sqlite:"+path, slog.New(slog.DiscardHandler))
	require.NoError(b, err)
	b.Cleanup(func() { _ = backend.Close() })
	d := startOn(b, backend)
	n, err := d.store.Reviews.Count(b.Context(), docstore.Org("lakeside"), docstore.Query{Index: "newest"})
	require.NoError(b, err)
	if n == 0 {
		fillInbox(b, d.store)
	}
	ada := d.as("ada", "lakeside")
	bare, err := sql.Open("sqlite", "file:"+path+"?_pragma=cache_size(-4096)&_pragma=temp_store(MEMORY)")
	require.NoError(b, err)
	b.Cleanup(func() { _ = bare.Close() })
	bare.SetMaxOpenConns(1)
	var newest string
	require.NoError(b, bare.QueryRowContext(b.Context(),
		`SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE 'reviews.newest.%'`).Scan(&newest))

	for _, c := range []struct {
		name, query, where string
		args               []any
	}{
		{"NoFilter", "", `1`, nil},
		{"OneFilter", "location_id=location-2", `"location_id:string" = ?`, []any{"location-2"}},
		{
			"ThreeFilters", "site=google&topic=billing&polarity=negative&rating_min=2",
			`"site:string" = ? AND instr("topic_keys:string[]", ?) > 0 AND "rating:number" >= ?`,
			[]any{"google", "\x1fbilling:negative\x1f", 2.0},
		},
		{
			"Words", "q=w2+wa", `k IN (SELECT rowid FROM "reviews.words" WHERE "reviews.words" MATCH ?)`,
			[]any{`"lakesideßw2" AND "lakesideßwa"*`},
		},
	} {
		b.Run(c.name, func(b *testing.B) {
			from := fmt.Sprintf(`FROM reviews INDEXED BY %q WHERE org = 'lakeside' AND %s`, newest, c.where)
			columns := []string{
				"location_id:string", "site:string", "case.status:string", "case.owner_id:string", "analysis.overall:string",
				"rating:number", "urgent:bool", "topic_keys:string[]",
			}
			var page, facets, both, barePage, bareFacets time.Duration
			n := 0
			facetsPath := func() string {
				// Each question is another, so that no answer is one that was kept.
				n++
				return fmt.Sprintf("/api/v1/reviews/facets?from=1999-01-01T00:00:00.%09dZ&%s", n, c.query)
			}
			for b.Loop() {
				page += timed(func() { quiet(b, ada, "/api/v1/reviews?"+c.query) })
				facets += timed(func() { quiet(b, ada, facetsPath()) })
				both += timed(func() {
					done := make(chan struct{})
					path := facetsPath()
					go func() { defer close(done); quiet(b, ada, path) }()
					quiet(b, ada, "/api/v1/reviews?"+c.query)
					<-done
				})
				barePage += timed(func() {
					drain(b, bare, `SELECT doc `+from+` ORDER BY "posted_at:time" DESC, id DESC LIMIT 51`, c.args)
				})
				bareFacets += timed(func() {
					drain(b, bare, `SELECT count(*) `+from, c.args)
					drain(b, bare, `SELECT count(*) `+from+` AND "case.due_at:time" < 1`, c.args)
					for _, column := range columns {
						drain(b, bare, fmt.Sprintf(`SELECT %q, count(*) %s GROUP BY 1`, column, from), c.args)
					}
				})
			}
			report := func(name string, took time.Duration) {
				b.ReportMetric(float64(took.Microseconds())/1000/float64(b.N), name)
			}
			report("page-ms", page)
			report("page-sql-ms", barePage)
			report("facets-ms", facets)
			report("facets-sql-ms", bareFacets)
			report("both-ms", both)
			b.ReportMetric(float64(both)/float64(barePage+bareFacets), "both-ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func timed(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}

// quiet reads an answer without holding it to the description, which takes longer.
func quiet(b *testing.B, who *browser, path string) {
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, who.d.url+path, nil)
	if err != nil {
		b.Error(err)
		return
	}
	req.Header.Set("Authorization", "Bearer "+who.token)
	resp, err := who.client.Do(req)
	if err != nil {
		b.Error(err)
		return
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		b.Errorf("%s: %d %v", path, resp.StatusCode, err)
	}
}

func drain(b *testing.B, db *sql.DB, query string, args []any) {
	b.Helper()
	rows, err := db.QueryContext(b.Context(), query, args...)
	require.NoError(b, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(b, err)
	values := make([]any, len(columns))
	for i := range values {
		values[i] = new(sql.RawBytes)
	}
	for rows.Next() {
		require.NoError(b, rows.Scan(values...))
	}
	require.NoError(b, rows.Err())
}
