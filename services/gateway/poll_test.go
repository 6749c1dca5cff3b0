package gateway_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
)

func (d *desk) watch(org, id string, change func(*collections.Listing)) {
	d.t.Helper()
	doc := collections.Listing{
		Base: docstore.Base{ID: id, OrgID: org}, LocationID: "main-street", Site: "google", Adapter: "google",
		Ref: "accounts/1/locations/" + id, Enabled: true, CreatedAt: time.Now(),
	}
	if change != nil {
		change(&doc)
	}
	added, err := d.store.Listings.InsertIfAbsent(d.t.Context(), docstore.Org(org), &doc)
	require.NoError(d.t, err)
	require.True(d.t, added)
}

// hint is the wish to poll a listing; nil if there is none.
func (d *desk) hint(org, id string) *collections.PollHint {
	d.t.Helper()
	found, err := d.store.PollHints.GetMany(d.t.Context(), docstore.Org(org), []string{id})
	require.NoError(d.t, err)
	if len(found) == 0 {
		return nil
	}
	return &found[0]
}

func TestPoll_Now_IsAskedForOnceAMinute(t *testing.T) {
	d := start(t)
	d.watch("lakeside", "l_1", nil)
	d.watch("lakeside", "l_2", func(l *collections.Listing) { l.Enabled = false })
	d.watch("lakeside", "l_3", func(l *collections.Listing) { l.Adapter, l.Ref = "csv", "i_1" })
	max := d.as("max", "lakeside")
	poll := func(id string) answer { return max.send(http.MethodPost, "/api/v1/listings/"+id+"/poll", nil) }
	a := poll("l_1")
	require.Equal(t, http.StatusAccepted, a.status, a.text())
	hint := d.hint("lakeside", "l_1")
	require.Equal(t, "person", hint.Reason)
	require.Equal(t, "google", hint.Adapter)
	require.WithinDuration(t, time.Now(), hint.At, patience)
	require.NotEmpty(t, max.ok("/api/v1/listings").items()[0]["poll_requested_at"])
	again := poll("l_1")
	require.Equal(t, http.StatusTooManyRequests, again.status, again.text())
	require.InDelta(t, 30, again.object()["retry_after_seconds"], 31)
	require.NotEmpty(t, again.header.Get("Retry-After"))
	_, err := d.store.PollHints.Update(t.Context(), docstore.Org("lakeside"), "l_1", func(h *collections.PollHint) error {
		h.At = h.At.Add(-time.Minute)
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, http.StatusAccepted, poll("l_1").status)
	require.Equal(t, "listing_paused", poll("l_2").code())
	require.Equal(t, http.StatusNotFound, poll("l_3").status, "an import is no listing of people's")
	require.Equal(t, http.StatusNoContent, max.send(http.MethodDelete, "/api/v1/listings/l_1", nil).status)
	require.Nil(t, d.hint("lakeside", "l_1"), "a wish goes with its listing")
}

func TestListings_Health_ShowsAlarmRhythmAndCounts(t *testing.T) {
	d := start(t)
	state := func(id string, change func(*collections.PollState)) {
		doc := collections.PollState{Base: docstore.Base{ID: id, OrgID: "lakeside"}, Health: collections.HealthOK, DueAt: time.Now().Add(time.Hour)}
		change(&doc)
		_, err := d.store.PollStates.InsertIfAbsent(t.Context(), docstore.Org("lakeside"), &doc)
		require.NoError(t, err)
	}
	since := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	silent := func(s *collections.PollState) {
		s.Health, s.Problem, s.Alarm, s.AlarmSince, s.Gaps, s.GapSeconds, s.LastNewAt = collections.HealthSilent, "Look at the page.", true, since, 5, 3600.4, since
	}
	for i, id := range []string{"l_silent", "l_paused", "l_ok", "l_new"} {
		d.watch("lakeside", id, func(l *collections.Listing) {
			l.CreatedAt, l.Enabled = since.Add(time.Duration(i)*time.Minute), id != "l_paused"
			l.Adapter, l.Site = []string{"yelp", "facebook", "trustpilot", "selector"}[i], []string{"yelp", "facebook", "trustpilot", "other"}[i]
		})
	}
	state("l_silent", silent)
	state("l_paused", silent)
	state("l_ok", func(*collections.PollState) {})
	a := d.as("vic", "lakeside").ok("/api/v1/listings")
	require.Equal(t, "l_silent l_paused l_ok l_new", ids(a.items()), "of every adapter")
	got := a.items()[0]
	require.Equal(t, "silent", got["health"])
	require.Equal(t, "Look at the page.", got["problem"])
	require.Equal(t, true, got["alarm"])
	require.Equal(t, "2026-03-01T09:00:00Z", got["alarm_since"])
	require.Equal(t, "2026-03-01T09:00:00Z", got["last_heard_at"])
	require.InDelta(t, 3600, got["rhythm_seconds"], 0)
	require.NotContains(t, a.items()[1], "alarm", "a paused listing alarms nobody")
	require.NotContains(t, a.items()[2], "rhythm_seconds")
	require.InDelta(t, 1, a.object()["alarms"], 0)
	require.Equal(t, []any{
		map[string]any{"value": "new", "count": 1.0}, map[string]any{"value": "ok", "count": 1.0}, map[string]any{"value": "silent", "count": 1.0},
	}, a.object()["health"])
}

func TestGooglePush_WithTheSecret_MakesItsListingsDue(t *testing.T) {
	d := start(t, withPush)
	d.watch("lakeside", "l_1", nil)
	d.watch("harbor", "l_9", func(l *collections.Listing) { l.Ref = "accounts/1/locations/l_1" })
	d.watch("lakeside", "l_2", nil)
	d.watch("lakeside", "l_3", func(l *collections.Listing) { l.Enabled = false })
	push := func(token, body string) answer {
		return d.stranger().send(http.MethodPost, "/hooks/google"+token, strings.NewReader(body), "Content-Type", "application/json")
	}
	envelope := func(data string) string {
		return `{"message":{"data":"` + base64.StdEncoding.EncodeToString([]byte(data)) + `","messageId":"1"},"subscription":"projects/p/subscriptions/s"}`
	}
	const right = "?token=a+push+token+of+the+tests"
	about := func(location string) string {
		return envelope(`{"type":"NEW_REVIEW","location":"` + location + `","review":"` + location + `/reviews/r"}`)
	}
	for _, wrong := range []string{"", "?token=", "?token=nonsense", right + "x"} {
		a := push(wrong, about("accounts/1/locations/l_1"))
		require.Equal(t, http.StatusUnauthorized, a.status)
		require.Equal(t, "bad_push_token", a.code())
	}
	require.Nil(t, d.hint("lakeside", "l_1"))

	require.Equal(t, http.StatusNoContent, push(right, about("accounts/1/locations/l_1")).status)
	require.Equal(t, "push", d.hint("lakeside", "l_1").Reason)
	require.Equal(t, "push", d.hint("harbor", "l_9").Reason, "whoever watches the place")
	require.Nil(t, d.hint("lakeside", "l_2"))
	require.Equal(t, http.StatusNoContent, push(right, envelope(`{"type":"NEW_REVIEW","location":"locations/l_2"}`)).status)
	require.Equal(t, "push", d.hint("lakeside", "l_2").Reason, "also where the account is left out")
	require.Equal(t, http.StatusNoContent, push(right, about("accounts/1/locations/l_3")).status)
	require.Nil(t, d.hint("lakeside", "l_3"), "a paused listing stays paused")

	for _, body := range []string{"", "nonsense", "{}", envelope("nonsense"), about("accounts/1/locations/nowhere"), envelope(`{"type":"NEW_QUESTION","location":"accounts/1/locations/l_1"}`), strings.Repeat("x", 1<<20)} {
		require.Equal(t, http.StatusNoContent, push(right, body).status, "what is not understood is not sent again: %.40s", body)
	}
	require.NotContains(t, d.logs.String(), "push token", "the secret is in no log")
}

func TestGooglePush_WithoutTheSetting_DoesNotExist(t *testing.T) {
	d := start(t)
	a := d.stranger().send(http.MethodPost, "/hooks/google?token=", nil)
	require.Equal(t, http.StatusNotFound, a.status)
	require.Equal(t, "no_such_endpoint", a.code())
}
