package gateway_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
)

func TestListings_LifeOfOne_AddPauseRemove(t *testing.T) {
	d := start(t)
	max := d.as("max", "lakeside")
	input := map[string]any{
		"location_id": "main-street", "site": "healthgrades", "adapter": "directory",
		"ref": "https://Example.org/practice?x=1#reviews", "interval_seconds": 600,
	}
	a := max.send(http.MethodPost, "/api/v1/listings", input)
	require.Equal(t, http.StatusCreated, a.status, a.text())
	got := a.object()
	require.Equal(t, "https://example.org/practice?x=1", got["ref"], "one page has one address")
	require.Equal(t, "new", got["health"])
	require.Equal(t, true, got["enabled"])
	id := got["id"].(string)

	again := max.send(http.MethodPost, "/api/v1/listings", input)
	require.Equal(t, http.StatusConflict, again.status, again.text())
	require.Equal(t, "listing_exists", again.code())

	scope := docstore.Org("lakeside")
	_, err := d.store.PollStates.InsertIfAbsent(t.Context(), scope, &collections.PollState{
		Base: docstore.Base{ID: id, OrgID: "lakeside"}, Health: collections.HealthRateLimited, Problem: "The site asked to wait.",
		LastPollAt: time.Now(), DueAt: time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC),
	})
	require.NoError(t, err)
	_, err = d.store.ListingFacts.InsertIfAbsent(t.Context(), scope, &collections.ListingFact{
		Base: docstore.Base{ID: id, OrgID: "lakeside"}, Facts: events.ListingFacts{
			Name: "Example", Address: events.Address{Locality: "Lakeside"}, Aggregate: &events.Aggregate{Rating: new(4.3), ReviewCount: 12},
		},
	})
	require.NoError(t, err)
	d.sample("lakeside", "r_1", func(r *collections.Review) { r.ListingID = id })

	listed := max.ok("/api/v1/listings").items()
	require.Len(t, listed, 1)
	require.Equal(t, "rate_limited", listed[0]["health"])
	require.Equal(t, "The site asked to wait.", listed[0]["problem"])
	require.InDelta(t, 1, listed[0]["reviews"], 0)
	require.NotContains(t, listed[0], "due_at", "the year 9000 means never")
	require.InDelta(t, 4.3, listed[0]["facts"].(map[string]any)["rating"], 0)

	paused := max.send(http.MethodPatch, "/api/v1/listings/"+id, map[string]any{"enabled": false})
	require.Equal(t, http.StatusOK, paused.status, paused.text())
	require.Equal(t, false, paused.object()["enabled"])
	require.InDelta(t, 600, paused.object()["interval_seconds"], 0, "what is not named stays")

	require.Equal(t, http.StatusNoContent, max.send(http.MethodDelete, "/api/v1/listings/"+id, nil).status)
	require.Empty(t, max.ok("/api/v1/listings").items())
	max.ok("/api/v1/reviews/r_1") // its reviews stay
	require.Equal(t, http.StatusNotFound, max.send(http.MethodDelete, "/api/v1/listings/"+id, nil).status)
}

func TestListings_AddressThatCannotBePolled_IsRefused(t *testing.T) {
	d := start(t)
	max := d.as("max", "lakeside")
	for _, c := range [][2]string{
		{"directory", "javascript:alert(1)"}, {"directory", "file:///etc/passwd"}, {"directory", "https://"},
		{"directory", "https://user:secret@example.org/"}, {"directory", "example.org"}, {"directory", "https://exa mple.org/"},
		{"google", "accounts/1"}, {"google", "accounts/1/locations/2/reviews"}, {"google", "accounts/../locations/2"},
		{"csv", "i_1"}, {"yelp", "a b"}, {"myspace", "x"},
	} {
		a := max.send(http.MethodPost, "/api/v1/listings", map[string]any{
			"location_id": "main-street", "site": "some", "adapter": c[0], "ref": c[1],
		})
		require.Equal(t, http.StatusUnprocessableEntity, a.status, "%v: %s", c, a.text())
	}
	a := max.send(http.MethodPost, "/api/v1/listings", map[string]any{
		"location_id": "nowhere", "site": "google", "adapter": "google", "ref": "accounts/1/locations/2",
	})
	require.Equal(t, "unknown_location", a.code())
}

func TestListings_OfAnImport_CannotBeChanged(t *testing.T) {
	d := start(t)
	max := d.as("max", "lakeside")
	_, err := d.store.Listings.InsertIfAbsent(t.Context(), docstore.Org("lakeside"), &collections.Listing{
		Base: docstore.Base{ID: "l_i", OrgID: "lakeside"}, Site: "google", Adapter: "csv", Ref: "i_1", Enabled: true,
	})
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, max.send(http.MethodDelete, "/api/v1/listings/l_i", nil).status)
	require.Equal(t, http.StatusNotFound, max.send(http.MethodPatch, "/api/v1/listings/l_i", map[string]any{"enabled": false}).status)
}
