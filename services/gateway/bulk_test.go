package gateway_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/review"
)

func (d *desk) reviewDoc(id string) collections.Review {
	d.t.Helper()
	doc, err := d.store.Reviews.Get(d.t.Context(), docstore.Org("lakeside"), id)
	require.NoError(d.t, err)
	return doc
}

func strs(v any) []string {
	out := []string{}
	for _, s := range v.([]any) {
		out = append(out, s.(string))
	}
	return out
}

func failed(a answer) map[string]string {
	out := map[string]string{}
	for _, f := range a.object()["failed"].([]any) {
		f := f.(map[string]any)
		out[f["id"].(string)] = f["code"].(string)
	}
	return out
}

func TestBulk_Owner_EachByItselfAndUndone(t *testing.T) {
	d := start(t)
	var all []string
	for i := range 20 {
		id := fmt.Sprintf("r_%02d", i)
		all = append(all, id)
		d.sample("lakeside", id, func(r *collections.Review) {
			if i == 3 {
				r.Case.OwnerID = ""
			}
			if i == 4 {
				r.LocationID = "far-away"
			}
		})
	}
	d.sample("harbor", "r_theirs", nil)
	rita := d.as("rita", "lakeside")
	a := rita.post("/api/v1/bulk", map[string]any{"review_ids": append(all, "r_theirs", "r_none"), "action": "set_owner", "owner_id": "max", "reason": "Holiday."})
	require.Equal(t, http.StatusOK, a.status, a.text())
	require.Equal(t, map[string]string{"r_04": "outside_scope", "r_theirs": "review_not_found", "r_none": "review_not_found"}, failed(a))
	require.Len(t, a.object()["done"], 19)
	require.Equal(t, "max", d.reviewDoc("r_00").Case.OwnerID)
	until, err := time.Parse(time.RFC3339Nano, a.object()["undo_until"].(string))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(10*time.Minute), until, time.Minute)

	// Somebody changes one of them, and nobody else may undo it.
	require.Equal(t, http.StatusOK, d.as("ada", "lakeside").put("/api/v1/reviews/r_05/owner", map[string]any{"owner_id": "dora"}).status)
	undo := "/api/v1/bulk/" + a.object()["id"].(string) + "/undo"
	require.Equal(t, http.StatusNotFound, d.as("ada", "lakeside").post(undo, nil).status)
	require.Equal(t, http.StatusNotFound, d.as("rita", "harbor").post(undo, nil).status)
	back := rita.post(undo, nil)
	require.Equal(t, http.StatusOK, back.status, back.text())
	require.Equal(t, map[string]string{"r_05": "rev_mismatch", "r_03": "cannot_undo"}, failed(back))
	require.Equal(t, "rita", d.reviewDoc("r_00").Case.OwnerID)
	require.Equal(t, "dora", d.reviewDoc("r_05").Case.OwnerID, "what somebody changed since stays")
	twice := rita.post(undo, nil)
	require.Equal(t, http.StatusConflict, twice.status)
	require.Equal(t, "undone_already", twice.code())
}

func TestBulk_Status_IsTakenBackToWhatItWas(t *testing.T) {
	d := start(t)
	was := map[string]review.Status{"r_new": review.New, "r_open": review.Open, "r_hold": review.OnHold, "r_replied": review.Replied, "r_resolved": review.Resolved}
	var all []string
	until := time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	for id, status := range was {
		all = append(all, id)
		d.sample("lakeside", id, func(r *collections.Review) {
			r.Case.Status = status
			if status == review.OnHold {
				r.Case.HoldReason, r.Case.HeldUntil = "Waits for the chart.", until
			}
		})
	}
	rita := d.as("rita", "lakeside")
	a := rita.post("/api/v1/bulk", map[string]any{"review_ids": all, "action": "set_status", "status": "resolved", "root_cause": "billing"})
	require.Empty(t, failed(a), a.text())
	require.Equal(t, all, strs(a.object()["done"]), "in the order of the request")
	require.Equal(t, "billing", d.reviewDoc("r_open").Case.RootCause)
	back := rita.post("/api/v1/bulk/"+a.object()["id"].(string)+"/undo", nil)
	require.Empty(t, failed(back), back.text())
	was["r_new"] = review.Open // somebody has touched it
	for id, status := range was {
		require.Equal(t, status, d.reviewDoc(id).Case.Status, id)
	}
	held := d.reviewDoc("r_hold").Case
	require.Equal(t, "Waits for the chart.", held.HoldReason)
	require.Equal(t, until, held.HeldUntil)

	refused := rita.post("/api/v1/bulk", map[string]any{"review_ids": []string{"r_open"}, "action": "set_status", "status": "no_reply_needed"})
	require.Equal(t, map[string]string{"r_open": "reason_required"}, failed(refused))
	require.NotContains(t, refused.object(), "undo_until", "there is nothing to undo")
}

func TestBulk_Snooze_AndBack(t *testing.T) {
	d := start(t)
	before := time.Now().Add(3 * time.Hour).UTC().Truncate(time.Second)
	d.sample("lakeside", "r_1", nil)
	d.sample("lakeside", "r_2", func(r *collections.Review) { r.Case.SnoozedUntil = before })
	rita := d.as("rita", "lakeside")
	a := rita.post("/api/v1/bulk", map[string]any{"review_ids": []string{"r_1", "r_2"}, "action": "snooze", "until": "2099-01-01T00:00:00Z"})
	require.Empty(t, failed(a), a.text())
	require.Equal(t, 2099, d.reviewDoc("r_1").Case.SnoozedUntil.Year())
	require.Empty(t, failed(rita.post("/api/v1/bulk/"+a.object()["id"].(string)+"/undo", nil)))
	require.True(t, d.reviewDoc("r_1").Case.SnoozedUntil.IsZero())
	require.Equal(t, before, d.reviewDoc("r_2").Case.SnoozedUntil)
}

func TestBulk_IncompleteRequests_AreRefusedAsAWhole(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	rita := d.as("rita", "lakeside")
	many := make([]string, 501)
	for i := range many {
		many[i] = fmt.Sprintf("r_%d", i)
	}
	for name, body := range map[string]map[string]any{
		"no owner":      {"review_ids": []string{"r_1"}, "action": "set_owner"},
		"no status":     {"review_ids": []string{"r_1"}, "action": "set_status"},
		"no time":       {"review_ids": []string{"r_1"}, "action": "snooze"},
		"other action":  {"review_ids": []string{"r_1"}, "action": "delete"},
		"nothing":       {"review_ids": []string{}, "action": "set_owner", "owner_id": "max"},
		"too many":      {"review_ids": many, "action": "set_owner", "owner_id": "max"},
		"the same once": {"review_ids": []string{"r_1", "r_1"}, "action": "set_owner", "owner_id": "max"},
	} {
		require.Equal(t, http.StatusUnprocessableEntity, rita.post("/api/v1/bulk", body).status, name)
	}
	require.Empty(t, d.workflow.commands())
}

func TestBulk_WorkflowAway_GivesUpSoonAndSaysSo(t *testing.T) {
	d := start(t)
	var all []string
	for i := range 60 {
		id := fmt.Sprintf("r_%02d", i)
		all = append(all, id)
		d.sample("lakeside", id, nil)
	}
	rita := d.as("rita", "lakeside")
	d.workflow.server.Close()
	a := rita.post("/api/v1/bulk", map[string]any{"review_ids": all, "action": "set_owner", "owner_id": "max"})
	require.Equal(t, http.StatusOK, a.status, a.text())
	require.Len(t, failed(a), 60)
	for _, code := range failed(a) {
		require.Equal(t, "workflow_unavailable", code)
	}
	require.NotContains(t, a.text(), "127.0.0.1")
}
