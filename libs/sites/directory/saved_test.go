package directory_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/sites/directory"
)

// savedPages reads the archive of real pages that lies beside the repository.
// The pages are not ours to publish, so the test is skipped where they are not.
func savedPages(t *testing.T) (pages map[string][]byte, counts map[string]int) {
	t.Helper()
	name := os.Getenv("BEDSIDE_SAVED_PAGES")
	for dir := "."; name == "" && len(dir) < 64; dir = filepath.Join("..", dir) {
		candidate := filepath.Join(dir, "shared", "facts", "directory-pages.tar.gz")
		if _, err := os.Stat(candidate); err == nil {
			name = candidate
		}
	}
	f, err := os.Open(name)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("SKIPPED: the saved directory pages are not here; BEDSIDE_SAVED_PAGES names their archive")
	}
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	unzipped, err := gzip.NewReader(f)
	require.NoError(t, err)
	pages, counts = map[string][]byte{}, map[string]int{}
	for archive := tar.NewReader(unzipped); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return pages, counts
		}
		require.NoError(t, err)
		data, err := io.ReadAll(archive)
		require.NoError(t, err)
		switch base := path.Base(h.Name); {
		case strings.HasSuffix(base, ".html"):
			pages[base] = data
		case base == "index.json":
			var index []struct {
				File    string `json:"file"`
				Reviews int    `json:"reviews_on_page"`
			}
			require.NoError(t, json.Unmarshal(data, &index))
			for _, row := range index {
				counts[row.File] = row.Reviews
			}
		}
	}
}

func TestRead_SavedPages_EveryReviewComesOutWhole(t *testing.T) {
	pages, counts := savedPages(t)
	require.Len(t, pages, 80)
	ids := map[string]string{}
	total := 0
	for file, data := range pages {
		got, err := directory.Read(data, "", "")
		require.NoError(t, err, file)
		require.Len(t, got.Reviews, counts[file], file)
		require.Empty(t, got.Faults, file)
		require.NotEmpty(t, got.Facts.Name, file)
		require.Contains(t, got.Facts.Types, "Physician", file)
		require.NotEmpty(t, got.Facts.Address.Locality, file)
		for _, r := range got.Reviews {
			require.NotEmpty(t, r.Text, file)
			require.NotContains(t, r.Text, "<span", file)
			require.NotEmpty(t, r.Author, file)
			require.NotNil(t, r.Rating, file)
			require.GreaterOrEqual(t, *r.Rating, 1.0)
			require.LessOrEqual(t, *r.Rating, 5.0)
			require.False(t, r.PostedAt.IsZero(), file)
			require.GreaterOrEqual(t, len(r.SubRatings), 3, file)
			require.Empty(t, ids[r.ExternalID], "external id given twice")
			ids[r.ExternalID] = file
			total++
		}
	}
	require.Equal(t, 486, total)
}
