package imports_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/scraper/internal/imports"
)

// shelf is uploads in memory, by "org/id".
type shelf struct {
	imports map[string]collections.Import
	chunks  map[string]collections.ImportChunk
	err     error
}

func (s shelf) Import(_ context.Context, org, id string) (collections.Import, bool, error) {
	i, ok := s.imports[org+"/"+id]
	return i, ok, s.err
}

func (s shelf) ImportChunk(_ context.Context, org, id string, n int) (collections.ImportChunk, bool, error) {
	c, ok := s.chunks[org+"/"+id+"."+string(rune('0'+n))]
	return c, ok, s.err
}

func fetch(t *testing.T, s shelf, org, ref, page string) (sites.Page, error) {
	t.Helper()
	site, err := imports.New(s)
	require.NoError(t, err)
	return site.Fetch(context.Background(), sites.Request{Listing: sites.Listing{OrgID: org, LocationID: "loc", Ref: ref}, Page: page})
}

func TestFetch_PagesThroughChunksOfItsOwnOrganization(t *testing.T) {
	s := shelf{
		imports: map[string]collections.Import{"a/i": {Base: docstore.Base{ID: "i", OrgID: "a"}, Complete: true, Chunks: 2}},
		chunks: map[string]collections.ImportChunk{
			"a/i.0": {Reviews: []collections.ImportReview{{ExternalID: "row-long-enough-1", Text: "one", RawRating: "4/5"}}},
			"a/i.1": {Reviews: []collections.ImportReview{{ExternalID: "row-long-enough-2", Text: "two"}}},
		},
	}
	page, err := fetch(t, s, "a", "i", "")
	require.NoError(t, err)
	require.Equal(t, "one", page.Reviews[0].Text)
	require.Equal(t, "4/5", page.Reviews[0].RawRating)
	require.False(t, page.Complete)
	page, err = fetch(t, s, "a", "i", page.Next)
	require.NoError(t, err)
	require.Equal(t, "two", page.Reviews[0].Text)
	require.Empty(t, page.Next)

	_, err = fetch(t, s, "b", "i", "")
	require.Equal(t, problem.NotFound, problem.KindOf(err), "another organization's import does not exist")
}

func TestFetch_UploadsThatCannotBeRead_SayWhy(t *testing.T) {
	ready := collections.Import{Complete: true, Chunks: 2, CreatedAt: time.Now()}
	for name, c := range map[string]struct {
		upload collections.Import
		page   string
		err    error
		kind   problem.Kind
	}{
		"unfinished":     {collections.Import{CreatedAt: time.Now(), Chunks: 2}, "", nil, problem.Conflict},
		"abandoned":      {collections.Import{CreatedAt: time.Now().Add(-48 * time.Hour)}, "", nil, problem.NotFound},
		"part missing":   {ready, "1", nil, problem.Invalid},
		"beyond its end": {ready, "2", nil, problem.Invalid},
		"store away":     {ready, "", errors.New("away"), problem.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := fetch(t, shelf{imports: map[string]collections.Import{"a/i": c.upload}, err: c.err}, "a", "i", c.page)
			require.Equal(t, c.kind, problem.KindOf(err))
		})
	}
}

func TestFetch_EmptyUpload_IsAnEmptyList(t *testing.T) {
	page, err := fetch(t, shelf{imports: map[string]collections.Import{"a/i": {Complete: true}}}, "a", "i", "")
	require.NoError(t, err)
	require.Empty(t, page.Reviews)
	require.Empty(t, page.Next)
}
