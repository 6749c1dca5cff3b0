package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/sqlite"
	"github.com/bedside-health/bedside/libs/review"
)

// inboxSize is how many reviews the benchmarks work on; BEDSIDE_BENCH_REVIEWS
// changes it.
func inboxSize() int {
	if n, err := strconv.Atoi(os.Getenv("BEDSIDE_BENCH_REVIEWS")); err == nil && n > 0 {
		return n
	}
	return 50_000
}

var benchBase = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// benchReview makes a review of about 2.5 KB with about 60 distinct terms drawn
// from a vocabulary in which few words are frequent and most are rare.
func benchReview(rng *rand.Rand, zipf *rand.Zipf, i int) *collections.Review {
	seen := map[string]bool{}
	var text strings.Builder
	for len(seen) < 60 {
		w := fmt.Sprintf("w%s", strconv.FormatUint(zipf.Uint64(), 36))
		seen[w] = true
		text.WriteString(w)
		text.WriteByte(' ')
	}
	r := &collections.Review{
		Base:      docstore.Base{ID: review.ID("lakeside", "google", strconv.Itoa(i))},
		ListingID: fmt.Sprint("listing-", rng.IntN(18)), LocationID: fmt.Sprint("location-", rng.IntN(6)),
		Site: []string{"google", "yelp", "directory"}[rng.IntN(3)], ExternalID: strconv.Itoa(i), Author: "Somebody " + strconv.Itoa(i),
		Text: text.String(), PostedAt: benchBase.Add(-time.Duration(rng.IntN(2*365*24*60)) * time.Minute), PostedAtKnown: true,
		FirstSeenAt: benchBase, ObservedAt: benchBase, ReceivedAt: benchBase.Add(time.Duration(i) * time.Second), Version: 1,
		HasOutbox: true,
	}
	if rng.IntN(10) > 0 {
		stars := float64(1 + rng.IntN(5))
		r.Rating = &stars
	}
	for w := range seen {
		r.Terms = append(r.Terms, w)
	}
	for _, topic := range review.Topics() {
		if rng.IntN(4) == 0 {
			p := review.Polarities()[rng.IntN(3)]
			r.Analysis.Tags = append(r.Analysis.Tags, review.Tag{Topic: topic, Polarity: p, Evidence: []review.Evidence{{Start: 3, End: 60, Quote: text.String()[3:60], Rule: "bench.rule"}}})
			r.TopicKeys = append(r.TopicKeys, string(topic), string(topic)+":"+string(p))
		}
	}
	r.Analysis.Overall = review.Polarities()[rng.IntN(3)]
	r.Urgent = rng.IntN(20) == 0
	r.Case = collections.Case{Status: review.New, OpenedAt: benchBase, UpdatedAt: benchBase, DueAt: benchBase.Add(time.Duration(rng.IntN(1000)) * time.Hour)}
	return r
}

// fillInbox stores reviews the way the pipeline does: two inserts and three
// updates each, by many workers.
func fillInbox(tb testing.TB, store *collections.Store, n int) time.Duration {
	tb.Helper()
	ctx, org := context.Background(), docstore.Org("lakeside")
	start := time.Now()
	const workers = 8
	errs := make(chan error, workers)
	for w := range workers {
		go func() {
			rng := rand.New(rand.NewPCG(7, uint64(w)))
			zipf := rand.NewZipf(rng, 1.1, 8, 30_000)
			errs <- func() error {
				for i := w; i < n; i += workers {
					r := benchReview(rng, zipf, i)
					if _, err := store.Reviews.InsertIfAbsent(ctx, org, r); err != nil {
						return err
					}
					for step := range 3 {
						_, err := store.Reviews.Update(ctx, org, r.ID, func(r *collections.Review) error {
							switch step {
							case 0:
								r.Case.OwnerID = fmt.Sprint("person-", rng.IntN(8))
							case 1:
								r.Case.Status = review.Statuses()[rng.IntN(7)]
							case 2:
								r.HasOutbox = false
							}
							return nil
						})
						if err != nil {
							return err
						}
					}
					e := &collections.CaseEvent{Base: docstore.Base{ID: r.ID + ".0000000001"}, ReviewID: r.ID, Seq: 1, Type: collections.EventAssigned, At: benchBase}
					if _, err := store.CaseEvents.InsertIfAbsent(ctx, org, e); err != nil {
						return err
					}
				}
				return nil
			}()
		}()
	}
	for range workers {
		require.NoError(tb, <-errs)
	}
	return time.Since(start)
}

// BenchmarkInbox compares a filtered inbox page with seven facets through the
// store with the bare SQL statements it needs, in one run.
func BenchmarkInbox(b *testing.B) {
	ctx, org := b.Context(), docstore.Org("lakeside")
	path := filepath.Join(b.TempDir(), "bedside.db")
	if kept := os.Getenv("BEDSIDE_BENCH_FILE"); kept != "" {
		path = kept
	}
	backend, err := sqlite.Open(ctx, sqlite.Config{Path: path})
	require.NoError(b, err)
	defer func() { require.NoError(b, backend.Close()) }()
	store, err := collections.Bind(ctx, backend)
	require.NoError(b, err)
	if n, err := store.Reviews.Count(ctx, org, docstore.Query{Index: "newest"}); err == nil && n == 0 {
		b.Run("Fill", func(b *testing.B) {
			for range b.N {
				took := fillInbox(b, store, inboxSize())
				b.ReportMetric(took.Seconds(), "fill-s")
			}
			b.ReportMetric(0, "ns/op")
			if info, err := os.Stat(path); err == nil {
				b.ReportMetric(float64(info.Size())/1e6, "file-MB")
			}
			b.ReportMetric(residentMB(b), "resident-MB")
		})
	}
	bare, err := sql.Open("sqlite", "file:"+path+"?_pragma=cache_size(-4096)&_pragma=temp_store(MEMORY)")
	require.NoError(b, err)
	defer func() { require.NoError(b, bare.Close()) }()
	bare.SetMaxOpenConns(1)

	for _, c := range []struct {
		name  string
		where []docstore.Cond
		terms []string
		sql   string
		args  []any
	}{
		{"OneFilter", []docstore.Cond{docstore.Is("location_id", "location-2")}, nil, `"location_id:string" = ?`, []any{"location-2"}},
		{
			"ThreeFilters",
			[]docstore.Cond{docstore.Is("site", "google"), docstore.Is("topic_keys", "billing:negative"), docstore.From("rating", 2)},
			nil, `"site:string" = ? AND instr("topic_keys:string[]", ?) > 0 AND "rating:number" >= ?`,
			[]any{"google", "\x1fbilling:negative\x1f", 2.0},
		},
		{"FrequentTerm", nil, []string{"w2"}, `k IN (SELECT rowid FROM "reviews.words" WHERE "reviews.words" MATCH ?)`, []any{`"lakesideßw2"`}},
		{"RareTerms", nil, []string{"wab", "w1*"}, `k IN (SELECT rowid FROM "reviews.words" WHERE "reviews.words" MATCH ?)`, []any{`"lakesideßwab" AND "lakesideßw1"*`}},
	} {
		b.Run(c.name, func(b *testing.B) {
			facets := []string{"location_id", "site", "case.status", "case.owner_id", "analysis.overall", "urgent", "topic_keys"}
			types := []string{"string", "string", "string", "string", "string", "bool", "string[]"}
			index := indexOf(b, bare, "reviews.newest.")
			var api, plain time.Duration
			for b.Loop() {
				begin := time.Now()
				page, err := store.Reviews.Page(ctx, org, docstore.Query{Index: "newest", Where: c.where, Terms: c.terms, Limit: 50})
				require.NoError(b, err)
				for _, f := range facets {
					_, err := store.Reviews.Group(ctx, org, docstore.GroupQuery{Index: "newest", Where: c.where, Terms: c.terms, By: []string{f}})
					require.NoError(b, err)
				}
				api += time.Since(begin)

				begin = time.Now()
				from := fmt.Sprintf(`FROM reviews INDEXED BY %q WHERE org = ? AND %s`, index, c.sql)
				args := append([]any{"lakeside"}, c.args...)
				rows := drain(b, bare, `SELECT doc `+from+` ORDER BY "posted_at:time" DESC, id DESC LIMIT 51`, args)
				require.Equal(b, len(page.Items), min(rows, 50))
				for i, f := range facets {
					column := `"` + f + ":" + types[i] + `"`
					drain(b, bare, `SELECT `+column+`, count(*) `+from+` GROUP BY 1`, args)
				}
				plain += time.Since(begin)
			}
			b.ReportMetric(float64(api.Microseconds())/1000/float64(b.N), "api-ms/op")
			b.ReportMetric(float64(plain.Microseconds())/1000/float64(b.N), "sql-ms/op")
			b.ReportMetric(float64(api)/float64(plain), "ratio")
		})
	}
}

// residentMB is the memory of the whole process, or 0 where the system does not say.
func residentMB(tb testing.TB) float64 {
	tb.Helper()
	data, err := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(data))
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseFloat(fields[1], 64)
	require.NoError(tb, err)
	return pages * float64(os.Getpagesize()) / 1e6
}

func indexOf(tb testing.TB, db *sql.DB, prefix string) string {
	tb.Helper()
	var name string
	require.NoError(tb, db.QueryRow(`SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE ? || '%'`, prefix).Scan(&name))
	return name
}

func drain(tb testing.TB, db *sql.DB, query string, args []any) (n int) {
	tb.Helper()
	rows, err := db.Query(query, args...)
	require.NoError(tb, err)
	defer func() { require.NoError(tb, rows.Close()) }()
	columns, err := rows.Columns()
	require.NoError(tb, err)
	values := make([]sql.RawBytes, len(columns))
	targets := make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		require.NoError(tb, rows.Scan(targets...))
		n++
	}
	require.NoError(tb, rows.Err())
	return n
}
