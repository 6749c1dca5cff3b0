package pages_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/tools/pages"
)

const page = `<!doctype html><div itemscope itemtype="http://schema.org/Dentist"><h1 itemprop="name">Maple &amp; Oak</h1>
<meta itemprop="telephone" content="555 0100">
<div itemprop="review" itemscope itemtype="http://schema.org/Review" id="rating-1234567"><b itemprop="author">Ana</b>
<meta itemprop="datePublished" content="2026-03-01T10:11:12.5Z">
<i itemprop="reviewRating" itemscope itemtype="http://schema.org/Rating"><meta itemprop="ratingValue" content="8"><meta itemprop="bestRating" content="10"></i>
<p itemprop="reviewBody">one<br>two &lt;3</p></div>
<div itemprop="review" itemscope itemtype="http://schema.org/Review" id="rating-1234568"><p itemprop="reviewBody">bare</p></div></div>`

func run(t *testing.T, path string) (lines []map[string]any, raw string, err error) {
	t.Helper()
	var out bytes.Buffer
	err = pages.Run(t.Context(), path, &out)
	raw = out.String()
	for line := range strings.Lines(raw) {
		var m map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &m))
		lines = append(lines, m)
	}
	return lines, raw, err
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(name, data, 0o600))
}

func TestRun_OneFile_PrintsListingAndReviews(t *testing.T) {
	file := filepath.Join(t.TempDir(), "clinic.html")
	write(t, file, []byte(page))
	lines, raw, err := run(t, file)
	require.NoError(t, err)
	require.Len(t, lines, 1)
	require.Equal(t, "clinic.html", lines[0]["file"])
	require.Equal(t, map[string]any{"name": "Maple & Oak", "types": []any{"Dentist"}, "telephone": "555 0100"}, lines[0]["listing"])
	require.Contains(t, raw, `"reviews":[{"external_id":"rating-1234567","author":"Ana","rating":4.11,"raw_rating":"8/10","posted_at":"2026-03-01T10:11:12.5Z","text":"one\ntwo <3"},`+
		`{"external_id":"rating-1234568","author":"","rating":null,"raw_rating":"","posted_at":null,"text":"bare"}]`)
}

func TestRun_Folder_OneLineForEachFileInOrder(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "b.html"), []byte(page))
	write(t, filepath.Join(dir, "a.HTM"), []byte("<h1>no markup</h1>"))
	write(t, filepath.Join(dir, "c.html"), bytes.Repeat([]byte("x"), 50<<20))
	write(t, filepath.Join(dir, "d.html"), []byte("<div itemscope itemtype='http://schema.org/Dentist'><b itemprop=name>Caf\xe9\xff</b>"))
	write(t, filepath.Join(dir, "notes.txt"), []byte("x"))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "e.html"), 0o700))
	lines, _, err := run(t, dir)
	require.Equal(t, problem.Invalid, problem.KindOf(err))
	require.ErrorContains(t, err, "2 of 4")
	require.Len(t, lines, 4)
	for i, file := range []string{"a.HTM", "b.html", "c.html", "d.html"} {
		require.Equal(t, file, lines[i]["file"])
	}
	require.Contains(t, lines[0]["error"], "no schema.org markup")
	require.NotContains(t, lines[0], "reviews")
	require.Contains(t, lines[2]["error"], "larger than")
	require.Equal(t, []any{}, lines[3]["reviews"], "a page without reviews has an empty list")
}

func TestRun_NothingThere_NotFound(t *testing.T) {
	dir := t.TempDir()
	_, _, err := run(t, filepath.Join(dir, "none.html"))
	require.Equal(t, problem.NotFound, problem.KindOf(err))
	_, _, err = run(t, dir)
	require.Equal(t, problem.NotFound, problem.KindOf(err))
}

func TestRun_Cancelled_Stops(t *testing.T) {
	file := filepath.Join(t.TempDir(), "clinic.html")
	write(t, file, []byte(page))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, pages.Run(ctx, file, io.Discard), context.Canceled)
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("pipe closed") }

func TestRun_OutputGone_IsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "clinic.html")
	write(t, file, []byte(page))
	require.ErrorContains(t, pages.Run(t.Context(), file, brokenPipe{}), "pipe closed")
}
