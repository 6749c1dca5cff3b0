package gateway_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/sites/csv"
	"github.com/bedside-health/bedside/services/gateway"
)

const importPath = "/api/v1/imports?location_id=main-street&site=google"

func (b *browser) upload(path, contentType string, file io.Reader) answer {
	b.d.t.Helper()
	return b.send(http.MethodPost, path, file, "Content-Type", contentType)
}

const file = "external_id,author,rating,posted_at,text\n" +
	"review-0001,Pat,5,2026-03-01,\"Lovely, all of them.\"\n" +
	"review-0002,Kim,eleven,2026-03-02,Fine.\n" +
	"review-0003,=cmd(),1,2026-03-03T10:00:00Z,\"Never\nagain\"\n"

func TestImport_DryRun_ReportsAndStoresNothing(t *testing.T) {
	d := start(t)
	max := d.as("max", "lakeside")
	a := max.upload(importPath+"&dry_run=true", "text/csv", strings.NewReader(file))
	require.Equal(t, http.StatusOK, a.status, a.text())
	got := a.object()
	require.Equal(t, "checked", got["state"])
	require.InDelta(t, 3, got["rows"], 0)
	require.InDelta(t, 2, got["accepted"], 0)
	require.InDelta(t, 1, got["rejected"], 0)
	rejection := got["rejections"].([]any)[0].(map[string]any)
	require.InDelta(t, 3, rejection["line"], 0)
	require.Equal(t, "rating", rejection["column"])
	sample := got["sample"].([]any)
	require.Len(t, sample, 2)
	require.Equal(t, "=cmd()", sample[1].(map[string]any)["author"], "verbatim")
	require.NotContains(t, got, "id")
	require.Empty(t, max.ok("/api/v1/imports").items())
	listings, err := d.store.Listings.Page(t.Context(), docstore.Org("lakeside"), docstore.Query{Index: "by_created"})
	require.NoError(t, err)
	require.Empty(t, listings.Items)
}

func TestImport_File_BecomesAListingWithChunks(t *testing.T) {
	d := start(t)
	max := d.as("max", "lakeside")
	a := max.upload(importPath+"&file_name=march.csv", "text/csv", strings.NewReader(file))
	require.Equal(t, http.StatusAccepted, a.status, a.text())
	id := a.object()["id"].(string)
	require.Equal(t, "waiting", a.object()["state"])
	scope := docstore.Org("lakeside")
	doc, err := d.store.Imports.Get(t.Context(), scope, id)
	require.NoError(t, err)
	require.True(t, doc.Complete)
	require.Equal(t, 1, doc.Chunks)
	require.Equal(t, "max", doc.By)
	listing, err := d.store.Listings.Get(t.Context(), scope, doc.ListingID)
	require.NoError(t, err)
	require.Equal(t, "csv", listing.Adapter)
	require.Equal(t, id, listing.Ref)
	require.True(t, listing.Enabled)
	chunk, err := d.store.ImportChunks.Get(t.Context(), scope, id+".0")
	require.NoError(t, err)
	require.Len(t, chunk.Reviews, 2)
	require.Equal(t, "Never\nagain", chunk.Reviews[1].Text)
	require.Equal(t, id, ids(max.ok("/api/v1/imports").items()))
	require.Empty(t, max.ok("/api/v1/listings").items(), "imports have their own list")
}

func TestImport_Progress_CountsWhatIsInTheInbox(t *testing.T) {
	d := start(t)
	max := d.as("max", "lakeside")
	var rows strings.Builder
	rows.WriteString("external_id,text\n")
	for i := range 1200 {
		fmt.Fprintf(&rows, "r%d,Row %d.\n", i, i)
	}
	first := max.upload(importPath, "text/csv", strings.NewReader(rows.String())).object()
	id, listing := first["id"].(string), "l_"+first["id"].(string)
	get := func() map[string]any { return max.ok("/api/v1/imports/" + id).object() }
	add := func(from, to int, listing string) {
		for i := from; i < to; i++ {
			external := csv.ScopedID("main-street", fmt.Sprintf("r%d", i))
			d.sample("lakeside", review.ID("lakeside", "google", external), func(r *collections.Review) { r.ListingID = listing })
		}
	}
	require.InDelta(t, 0, get()["in_inbox"], 0)
	add(0, 700, listing)
	_, err := d.store.PollStates.InsertIfAbsent(t.Context(), docstore.Org("lakeside"), &collections.PollState{
		Base: docstore.Base{ID: listing, OrgID: "lakeside"}, Published: 900, LastPollAt: time.Now(),
	})
	require.NoError(t, err)
	got := get()
	require.Equal(t, "reading", got["state"])
	require.InDelta(t, 900, got["published"], 0)
	require.InDelta(t, 700, got["in_inbox"], 0)
	add(700, 1200, listing)
	_, err = d.store.PollStates.Update(t.Context(), docstore.Org("lakeside"), listing, func(s *collections.PollState) error {
		s.Finished = true
		return nil
	})
	require.NoError(t, err)
	got = get()
	require.Equal(t, "done", got["state"])
	require.InDelta(t, 1200, got["in_inbox"], 0)

	again := max.upload(importPath, "text/csv", strings.NewReader(rows.String())).object()
	require.NotEqual(t, id, again["id"])
	require.Eventually(t, func() bool {
		return max.ok("/api/v1/imports/" + again["id"].(string)).object()["in_inbox"].(float64) == 1200
	}, patience, 10*time.Millisecond, "rows that came by an earlier import are in the inbox, too")
}

func TestImport_FileThatMakesNoSense_IsAClearError(t *testing.T) {
	d := start(t)
	max := d.as("max", "lakeside")
	for name, a := range map[string]answer{
		"unknown location": max.upload("/api/v1/imports?location_id=nowhere&site=google", "text/csv", strings.NewReader(file)),
		"unknown column":   max.upload(importPath+"&columns=text%3DComment", "text/csv", strings.NewReader(file)),
		"bad mapping":      max.upload(importPath+"&columns=colour%3DComment", "text/csv", strings.NewReader(file)),
		"content type":     max.upload(importPath, "application/x-www-form-urlencoded", strings.NewReader(file)),
		"empty":            max.upload(importPath, "application/octet-stream", strings.NewReader("")),
		"bad site":         max.upload("/api/v1/imports?location_id=main-street&site=Goo%2Fgle", "text/csv", strings.NewReader(file)),
		"no site":          max.upload("/api/v1/imports?location_id=main-street", "text/csv", strings.NewReader(file)),
		"date format":      max.upload(importPath+"&date_format=stardate", "text/csv", strings.NewReader(file)),
	} {
		require.Equal(t, http.StatusUnprocessableEntity, a.status, "%s: %s", name, a.text())
		require.NotEmpty(t, a.object()["detail"], name)
	}
	require.Empty(t, max.ok("/api/v1/imports").items())
}

func TestImport_NothingAcceptable_IsReportedWithoutAListing(t *testing.T) {
	d := start(t)
	max := d.as("max", "lakeside")
	a := max.upload(importPath, "text/csv", strings.NewReader("rating,text\nmany,\n"))
	require.Equal(t, http.StatusAccepted, a.status, a.text())
	require.Equal(t, "done", a.object()["state"])
	require.InDelta(t, 1, a.object()["rejected"], 0)
}

func TestImport_TooLarge_LeavesNothing(t *testing.T) {
	d := start(t, func(c *gateway.Config) { c.MaxUploadBytes = 1 << 20 })
	max := d.as("max", "lakeside")
	row := "a row that is accepted," + strings.Repeat("x", 1000) + "\n"
	a := max.upload(importPath, "text/csv", strings.NewReader("author,text\n"+strings.Repeat(row, 2000)))
	require.Equal(t, http.StatusRequestEntityTooLarge, a.status, a.text())
	require.Equal(t, "body_too_large", a.code())
	scope := docstore.Org("lakeside")
	imports, err := d.store.Imports.Count(t.Context(), scope, docstore.Query{Index: "newest"})
	require.NoError(t, err)
	require.Zero(t, imports)
	page, err := d.store.Listings.Page(t.Context(), scope, docstore.Query{Index: "by_created"})
	require.NoError(t, err)
	require.Empty(t, page.Items)
}

// repeated is an endless supply of a byte between a head and a tail.
func repeated(head string, b byte, n int64, tail string) io.Reader {
	return io.MultiReader(strings.NewReader(head), io.LimitReader(endless(b), n), strings.NewReader(tail))
}

type endless byte

func (e endless) Read(p []byte) (int, error) {
	copy(p, bytes.Repeat([]byte{byte(e)}, len(p)))
	return len(p), nil
}

func TestImport_CellOfTenMegabytes_IsRejectedInBoundedMemory(t *testing.T) {
	d := start(t)
	max := d.as("max", "lakeside")
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	body := repeated("external_id,text\nfirst-0001,Good.\nbig-000001,\"", 'x', 10<<20, "\"\nlast-00001,Bad.\n")
	a := max.upload(importPath, "text/csv", body)
	require.Equal(t, http.StatusAccepted, a.status, a.text())
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	got := a.object()
	require.InDelta(t, 2, got["accepted"], 0)
	require.InDelta(t, 1, got["rejected"], 0)
	require.InDelta(t, 3, got["rejections"].([]any)[0].(map[string]any)["line"], 0)
	require.Less(t, after.HeapSys, before.HeapSys+(64<<20))
}

func TestImport_RejectionsWithoutEnd_AreCountedButNotAllKept(t *testing.T) {
	d := start(t)
	max := d.as("max", "lakeside")
	a := max.upload(importPath, "text/csv", strings.NewReader("rating,text\n"+strings.Repeat("many,x\n", 3000)))
	require.Equal(t, http.StatusAccepted, a.status)
	require.InDelta(t, 3000, a.object()["rejected"], 0)
	require.Len(t, a.object()["rejections"], 1000)
}

func TestImport_JSONLines_AreReadLikeCSV(t *testing.T) {
	d := start(t)
	max := d.as("max", "lakeside")
	a := max.upload(importPath, "application/x-ndjson", strings.NewReader(`{"external_id":"review-000001","text":"Good."}`+"\n"+`{"text":`+"\n"))
	require.Equal(t, http.StatusAccepted, a.status, a.text())
	require.InDelta(t, 1, a.object()["accepted"], 0)
	require.InDelta(t, 1, a.object()["rejected"], 0)
}

func TestImport_TitlesRepliesAndEdits_AreKeptForTheScraper(t *testing.T) {
	d := start(t)
	max := d.as("max", "lakeside")
	a := max.upload(importPath, "text/csv", strings.NewReader(
		"external_id,title,text,posted_at,updated_at,reply\nreview-0001,Never again,Rude desk.,2026-03-01,2026-03-05,Thank you for telling us.\nreview-0002,,Fine.,,,\n"))
	require.Equal(t, http.StatusAccepted, a.status, a.text())
	chunk, err := d.store.ImportChunks.Get(t.Context(), docstore.Org("lakeside"), a.object()["id"].(string)+".0")
	require.NoError(t, err)
	require.Len(t, chunk.Reviews, 2)
	row := chunk.Reviews[0]
	require.Equal(t, "Never again", row.Title)
	require.Equal(t, "Rude desk.", row.Text, "a headline is no part of the text")
	require.Equal(t, "2026-03-05", row.UpdatedAt.Format(time.DateOnly))
	require.Equal(t, "Thank you for telling us.", row.Reply.Text)
	require.Nil(t, chunk.Reviews[1].Reply)
}
