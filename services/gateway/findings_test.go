package gateway_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
)

// differs stores a finding as the scraper does; n makes it newer than those before.
func (d *desk) differs(org string, n int, change func(*collections.Finding)) string {
	d.t.Helper()
	at := time.Date(2026, 3, 1, 9, n, 0, 0, time.UTC)
	doc := collections.Finding{
		Base: docstore.Base{ID: fmt.Sprintf("l_%d.differs.telephone", n), OrgID: org}, LocationID: "main-street", ListingID: fmt.Sprintf("l_%d", n),
		Site: "google", Kind: collections.FindingDiffers, Field: "telephone", Ours: "315 555 0100", Theirs: "315 555 0199",
		Since: at, SeenAt: at, Open: true,
	}
	if change != nil {
		change(&doc)
	}
	added, err := d.store.Findings.InsertIfAbsent(d.t.Context(), docstore.Org(org), &doc)
	require.NoError(d.t, err)
	require.True(d.t, added)
	return doc.ID
}

func TestFindings_OnBothStores_FilteredCountedAndDismissed(t *testing.T) {
	for name, begin := range map[string]func(testing.TB) *desk{
		"sqlite": func(t testing.TB) *desk { return start(t) }, "mongo": startOnMongo,
	} {
		t.Run(name, func(t *testing.T) { findings(t, begin(t)) })
	}
}

func findings(t *testing.T, d *desk) {
	t.Helper()
	phone := d.differs("lakeside", 1, nil)
	d.differs("lakeside", 2, func(f *collections.Finding) { f.Field, f.Site, f.URL = "address", "yelp", "javascript:alert(1)" })
	d.differs("lakeside", 3, func(f *collections.Finding) {
		f.Field, f.Kind, f.LocationID, f.OtherListingID, f.URL = "listing", collections.FindingDuplicate, "elm-street", "l_9", "https://example.org/x"
	})
	gone := d.differs("lakeside", 4, func(f *collections.Finding) { f.Open, f.ResolvedAt = false, f.Since.Add(time.Hour) })
	d.differs("harbor", 1, nil)
	rita := d.as("rita", "lakeside")
	list := func(query string) answer { return rita.ok("/api/v1/listings/findings?" + query) }
	fieldsOf := func(a answer) string {
		out := []string{}
		for _, item := range a.items() {
			out = append(out, item["field"].(string))
		}
		return strings.Join(out, " ")
	}
	all := list("")
	require.Equal(t, gone+" l_3.differs.telephone l_2.differs.telephone "+phone, ids(all.items()), "newest first")
	require.Equal(t, "l_9", all.items()[1]["other_listing_id"])
	require.Equal(t, "https://example.org/x", all.items()[1]["url"])
	require.NotContains(t, all.items()[2], "url", "an address that is no page reaches no browser")
	require.NotEmpty(t, all.items()[0]["resolved_at"])
	require.Equal(t, "listing address telephone", fieldsOf(list("open=true")))
	require.Equal(t, "telephone", fieldsOf(list("open=false")))
	require.Equal(t, "address", fieldsOf(list("site=yelp")))
	require.Equal(t, "listing telephone", fieldsOf(list("open=true&field=telephone&field=listing")))
	require.Equal(t, "listing", fieldsOf(list("location_id=elm-street")))
	require.Equal(t, http.StatusUnprocessableEntity, rita.get("/api/v1/listings/findings?field=colour").status)

	path := "/api/v1/listings/findings/" + url.PathEscape(phone) + "/dismiss"
	a := rita.send(http.MethodPost, path, map[string]any{"reason": " A tracking number. "})
	require.Equal(t, http.StatusOK, a.status, a.text())
	dismissal := a.object()["dismissal"].(map[string]any)
	require.Equal(t, "A tracking number.", dismissal["reason"])
	require.Equal(t, map[string]any{"kind": "person", "id": "rita", "name": "Rita Räuber"}, dismissal["by"])
	require.Equal(t, "listing address", fieldsOf(list("open=true&dismissed=false")))
	require.Equal(t, "telephone", fieldsOf(list("open=true&dismissed=true")))
	counts := list("open=true").object()["counts"].(map[string]any)
	require.InDelta(t, 2, counts["open"], 0)
	require.InDelta(t, 1, counts["dismissed"], 0)
	require.Equal(t, []any{map[string]any{"value": "address", "count": 1.0}, map[string]any{"value": "listing", "count": 1.0}}, counts["field"])
	require.Equal(t, []any{map[string]any{"value": "google", "count": 1.0}, map[string]any{"value": "yelp", "count": 1.0}}, counts["site"])
	under := list("site=yelp").object()["counts"].(map[string]any)
	require.InDelta(t, 1, under["open"], 0)
	require.InDelta(t, 0, under["dismissed"], 0)
	require.Len(t, under["site"], 2, "a facet's own filter does not count for it")
	require.Len(t, under["field"], 1)

	// The site shows another number by now: that was not dismissed.
	change := func(theirs string) {
		_, err := d.store.Findings.Update(t.Context(), docstore.Org("lakeside"), phone, func(f *collections.Finding) error {
			f.Theirs = theirs
			return nil
		})
		require.NoError(t, err)
	}
	change("315 555 0000")
	require.Equal(t, "listing address telephone", fieldsOf(list("open=true&dismissed=false")))
	require.InDelta(t, 3, list("").object()["counts"].(map[string]any)["open"], 0)
	change("315 555 0199")
	require.Equal(t, "telephone", fieldsOf(list("dismissed=true")), "and the old one still is")
	back := rita.send(http.MethodDelete, path, nil)
	require.Equal(t, http.StatusOK, back.status, back.text())
	require.NotContains(t, back.object(), "dismissal")
	require.Equal(t, http.StatusOK, rita.send(http.MethodDelete, path, nil).status)
	require.Empty(t, list("dismissed=true").items())
	resolved := rita.send(http.MethodPost, "/api/v1/listings/findings/"+gone+"/dismiss", map[string]any{})
	require.Equal(t, http.StatusConflict, resolved.status, resolved.text())
	require.Equal(t, "finding_resolved", resolved.code())
}

func TestFindings_PagesWithDismissedOnesBetween_LoseAndDoubleNothing(t *testing.T) {
	d := start(t)
	rita := d.as("rita", "lakeside")
	var open, dismissed []string
	for n := range 40 {
		id := d.differs("lakeside", n, nil)
		if n%3 != 0 {
			open = append(open, id)
			continue
		}
		dismissed = append(dismissed, id)
		require.Equal(t, http.StatusOK, rita.send(http.MethodPost, "/api/v1/listings/findings/"+id+"/dismiss", map[string]any{}).status)
	}
	walk := func(query string) []string {
		var got []string
		path := "/api/v1/listings/findings?limit=7&" + query
		for cursor := ""; ; {
			page := rita.ok(path + cursor)
			require.Equal(t, cursor == "", page.object()["counts"] != nil, "counts come with the first page")
			for _, item := range page.items() {
				got = append(got, item["id"].(string))
			}
			next, more := page.object()["next_cursor"].(string)
			if !more {
				slices.Reverse(got)
				return got
			}
			cursor = "&cursor=" + next
		}
	}
	require.Equal(t, open, walk("dismissed=false"))
	require.Equal(t, dismissed, walk("dismissed=true"))
	require.Len(t, walk(""), 40)
}
