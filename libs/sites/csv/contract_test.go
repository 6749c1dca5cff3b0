package csv_test

import (
	"bytes"
	"context"
	stdcsv "encoding/csv"
	"errors"
	"io"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/csv"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
)

// stored keeps imports in memory as the gateway keeps them in its store.
type stored struct {
	imports map[string][]sites.Review

	mu     sync.Mutex
	faults map[int]sitestest.Fault
}

const perChunk = 5

func (s *stored) Chunk(ctx context.Context, importID string, n int) ([]sites.Review, bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	s.mu.Lock()
	fault := s.faults[n+1] + s.faults[0]
	s.mu.Unlock()
	switch fault {
	case sitestest.ServerFault:
		return nil, false, problem.New(problem.Unavailable, "store", "the store is away")
	case sitestest.Missing:
		return nil, false, problem.New(problem.NotFound, "import_not_found", "no such import")
	}
	all := s.imports[importID]
	from, to := min(n*perChunk, len(all)), min((n+1)*perChunk, len(all))
	return all[from:to], to < len(all), nil
}

// imported writes reviews as a file and reads it as an import does.
func imported(t *testing.T, reviews []sites.Review) []sites.Review {
	t.Helper()
	var file bytes.Buffer
	w := stdcsv.NewWriter(&file)
	require.NoError(t, w.Write([]string{"external_id", "author", "rating", "posted_at", "text"}))
	for _, r := range reviews {
		require.NoError(t, w.Write([]string{
			r.ExternalID, r.Author, strconv.FormatFloat(*r.Rating, 'f', -1, 64), r.PostedAt.Format(time.RFC3339), r.Text,
		}))
	}
	w.Flush()
	require.NoError(t, w.Error())
	reader, err := csv.NewReader(&file, csv.Options{})
	require.NoError(t, err)
	var out []sites.Review
	for {
		row, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		require.NoError(t, err)
		require.Nil(t, row.Rejection)
		out = append(out, row.Review)
	}
}

func TestSite_Contract(t *testing.T) {
	sitestest.Run(t, func(t *testing.T) *sitestest.Fixture {
		want := sitestest.SampleReviews(17, "one")
		chunks := &stored{
			imports: map[string][]sites.Review{
				"import-1": imported(t, want),
				"import-2": imported(t, sitestest.SampleReviews(6, "two")),
			},
			faults: map[int]sitestest.Fault{},
		}
		site, err := csv.NewSite(csv.SiteConfig{Chunks: chunks})
		require.NoError(t, err)
		return &sitestest.Fixture{
			Site:    site,
			Listing: sites.Listing{Ref: "import-1", LocationID: "north"},
			Other:   sites.Listing{Ref: "import-2", LocationID: "south"},
			Want:    want,
			Set: func(page int, fault sitestest.Fault) {
				chunks.mu.Lock()
				defer chunks.mu.Unlock()
				chunks.faults[page] = fault
			},
			Faults: []sitestest.Fault{sitestest.ServerFault, sitestest.Missing},
		}
	})
}

func TestSite_NumberedRows_AreScopedToTheirLocation(t *testing.T) {
	chunks := &stored{imports: map[string][]sites.Review{"i": {{ExternalID: "1", Text: "x"}}}}
	site, err := csv.NewSite(csv.SiteConfig{Chunks: chunks})
	require.NoError(t, err)
	ids := map[string]bool{}
	for _, location := range []string{"north", "south"} {
		page, err := site.Fetch(t.Context(), sites.Request{Listing: sites.Listing{Ref: "i", LocationID: location}})
		require.NoError(t, err)
		ids[page.Reviews[0].ExternalID] = true
	}
	require.Len(t, ids, 2)
}
