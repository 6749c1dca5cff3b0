package gateway_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/review"
)

func (b *browser) put(path string, body any) answer {
	b.d.t.Helper()
	return b.send(http.MethodPut, path, body)
}

func (b *browser) post(path string, body any) answer {
	b.d.t.Helper()
	return b.send(http.MethodPost, path, body)
}

func (a answer) part(name string) map[string]any {
	a.t.Helper()
	part, _ := a.object()[name].(map[string]any)
	require.NotNil(a.t, part, "%s in %s", name, a.text())
	return part
}

func TestDraft_TwoPeopleSave_TheSecondGetsBothTexts(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	rita, max := d.as("rita", "lakeside"), d.as("max", "lakeside")
	const path = "/api/v1/reviews/r_1/draft"
	first := rita.put(path, map[string]any{"version": 0, "text": "Thank you.", "origin": "suggestion"})
	require.Equal(t, http.StatusOK, first.status, first.text())
	require.Equal(t, `"2"`, first.header.Get("ETag"))
	require.EqualValues(t, 1, first.part("draft")["version"])
	require.Equal(t, "suggestion", first.part("draft")["origin"])
	require.Equal(t, "editing", first.part("case")["draft_state"])
	second := max.put(path, map[string]any{"version": 0, "text": "We are sorry."})
	require.Equal(t, http.StatusConflict, second.status, second.text())
	require.Equal(t, "draft_changed", second.code())
	require.Equal(t, "Thank you.", second.part("current_draft")["text"])
	require.Equal(t, "rita", second.part("current_draft")["by"].(map[string]any)["id"])
	third := max.put(path, map[string]any{"version": 1, "text": "Thank you. We are sorry."})
	require.Equal(t, http.StatusOK, third.status, third.text())
	earlier := third.part("draft")["earlier"].([]any)
	require.Len(t, earlier, 1)
	require.Equal(t, "Thank you.", earlier[0].(map[string]any)["text"])

	stale := rita.send(http.MethodDelete, path+"?version=1", nil)
	require.Equal(t, http.StatusConflict, stale.status)
	require.EqualValues(t, 2, stale.part("current_draft")["version"])
	discarded := rita.send(http.MethodDelete, path+"?version=2", nil)
	require.Equal(t, http.StatusOK, discarded.status, discarded.text())
	require.NotContains(t, discarded.object(), "draft")
}

func TestDraft_AnswerToASaveIsLost_RepetitionIsNoConflict(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	rita := d.as("rita", "lakeside")
	lost := false
	d.workflow.failWith(func(w http.ResponseWriter) bool {
		if lost {
			return false
		}
		lost = true
		// It was carried out; only the answer is lost.
		_, err := d.store.Reviews.Update(t.Context(), docstore.Org("lakeside"), "r_1", func(doc *collections.Review) error {
			doc.Draft = &collections.Draft{Version: 1, Text: "Thank you.", State: collections.DraftEditing, By: collections.Actor{Kind: collections.ActorPerson, ID: "rita"}, At: time.Now()}
			return nil
		})
		if err != nil {
			panic(err)
		}
		w.WriteHeader(http.StatusBadGateway)
		return true
	})
	a := rita.put("/api/v1/reviews/r_1/draft", map[string]any{"version": 0, "text": "Thank you."})
	require.Equal(t, http.StatusOK, a.status, a.text())
	require.EqualValues(t, 1, a.part("draft")["version"])
	require.Len(t, d.workflow.commands(), 2)
}

func TestDraft_FiftyPeopleSaveAtOnce_OneWinsEachVersion(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	rita := d.as("rita", "lakeside")
	for version := range 3 {
		var won, lost atomic.Int64
		var wg sync.WaitGroup
		answers := make([]answer, 50)
		for i := range answers {
			wg.Go(func() {
				answers[i] = rita.put("/api/v1/reviews/r_1/draft", map[string]any{"version": version, "text": fmt.Sprintf("Text %d of %d.", version, i)})
			})
		}
		wg.Wait()
		winner := ""
		for _, a := range answers {
			if a.status == http.StatusOK {
				won.Add(1)
				continue
			}
			lost.Add(1)
			require.Equal(t, http.StatusConflict, a.status, a.text())
			current := a.part("current_draft")
			require.EqualValues(t, version+1, current["version"])
			if winner == "" {
				winner = current["text"].(string)
			}
			require.Equal(t, winner, current["text"], "all are shown the same")
		}
		require.EqualValues(t, 1, won.Load())
		require.EqualValues(t, 49, lost.Load())
		require.Equal(t, winner, rita.ok("/api/v1/reviews/r_1").part("draft")["text"])
	}
}

func TestDraft_TwoPeopleWrite_EachIsToldOfTheOther(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	d.sample("lakeside", "r_2", nil)
	rita, max := d.as("rita", "lakeside"), d.as("max", "lakeside")
	write := func(b *browser, id string, editing bool) []any {
		a := b.post("/api/v1/reviews/"+id+"/draft/editors", map[string]any{"editing": editing})
		require.Equal(t, http.StatusOK, a.status, a.text())
		return a.object()["editors"].([]any)
	}
	require.Empty(t, write(rita, "r_1", true))
	others := write(max, "r_1", true)
	require.Len(t, others, 1)
	require.Equal(t, "rita", others[0].(map[string]any)["person_id"])
	require.Equal(t, "Rita Räuber", others[0].(map[string]any)["name"])
	require.Len(t, write(rita, "r_1", true), 1)
	require.Empty(t, write(max, "r_2", true), "another review")
	require.Len(t, write(max, "r_1", false), 1, "who stops still hears who goes on")
	require.Empty(t, write(rita, "r_1", true))
	require.Empty(t, d.workflow.commands())
}

func TestApproval_AnotherPersonDecides(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	max, dora := d.as("max", "lakeside"), d.as("dora", "lakeside")
	const path = "/api/v1/reviews/r_1/approval"
	require.Equal(t, http.StatusOK, max.put("/api/v1/reviews/r_1/draft", map[string]any{"version": 0, "text": "Thank you."}).status)
	require.Equal(t, http.StatusConflict, max.post(path, map[string]any{"version": 7}).status)
	asked := max.post(path, map[string]any{"version": 1})
	require.Equal(t, http.StatusOK, asked.status, asked.text())
	require.Equal(t, "waiting_approval", asked.part("draft")["state"])
	require.Equal(t, "max", asked.part("draft")["requested_by"].(map[string]any)["id"])
	own := max.put(path, map[string]any{"version": 1, "approve": true})
	require.Equal(t, http.StatusForbidden, own.status, own.text())
	require.Equal(t, "own_text", own.code())
	mute := dora.put(path, map[string]any{"version": 1, "approve": false, "comment": "  "})
	require.Equal(t, http.StatusUnprocessableEntity, mute.status)
	require.Equal(t, "comment_required", mute.code())
	returned := dora.put(path, map[string]any{"version": 1, "approve": false, "comment": "Shorter, please."})
	require.Equal(t, "returned", returned.part("draft")["state"])
	require.Equal(t, "Shorter, please.", returned.part("draft")["comment"])
	approved := dora.put(path, map[string]any{"version": 1, "approve": true})
	require.Equal(t, "approved", approved.part("draft")["state"])
	require.Equal(t, "dora", approved.part("draft")["decided_by"].(map[string]any)["id"])
}

func TestPublication_BlockedReply_ShowsFindingsAndTakesAnOverride(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	rita, dora := d.as("rita", "lakeside"), d.as("dora", "lakeside")
	const path = "/api/v1/reviews/r_1/publication"
	require.Equal(t, http.StatusOK, rita.put("/api/v1/reviews/r_1/draft", map[string]any{"version": 0, "text": blockedReply}).status)
	blocked := rita.post(path, map[string]any{"version": 1})
	require.Equal(t, http.StatusUnprocessableEntity, blocked.status, blocked.text())
	require.Equal(t, "reply_blocked", blocked.code())
	require.Len(t, blocked.object()["findings"], 1)
	tries := len(d.workflow.commands())
	reason := "The case is our own director's and public."
	require.Equal(t, http.StatusForbidden, rita.post(path, map[string]any{"version": 1, "override_reason": reason}).status)
	blank := dora.post(path, map[string]any{"version": 1, "override_reason": "              "})
	require.Equal(t, "reason_required", blank.code(), blank.text())
	require.Len(t, d.workflow.commands(), tries)

	out := dora.post(path, map[string]any{"version": 1, "override_reason": reason})
	require.Equal(t, http.StatusOK, out.status, out.text())
	publication := out.part("publication")
	require.Equal(t, "scheduled", publication["state"])
	require.NotContains(t, publication, "url", "only addresses a browser opens as a page get through")
	undo, err := time.Parse(time.RFC3339Nano, publication["undo_until"].(string))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(15*time.Second), undo, 10*time.Second)
	require.Equal(t, reason, out.part("draft")["overridden"].(map[string]any)["reason"])
	require.Equal(t, "scheduled", out.part("case")["publication_state"])
	require.NotContains(t, dora.send(http.MethodDelete, path, nil).object(), "publication")
	late := dora.send(http.MethodDelete, path, nil)
	require.Equal(t, http.StatusConflict, late.status)
	require.Equal(t, "no_publication", late.code())
}

func TestPublication_CommandThatMayHaveBeenHeard_IsNotRepeated(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", func(r *collections.Review) {
		r.Draft = &collections.Draft{Version: 1, Text: "Thank you.", State: collections.DraftEditing, At: r.PostedAt}
	})
	d.workflow.failWith(func(w http.ResponseWriter) bool { w.WriteHeader(http.StatusBadGateway); return true })
	rita := d.as("rita", "lakeside")
	a := rita.post("/api/v1/reviews/r_1/publication", map[string]any{"version": 1})
	require.Equal(t, http.StatusServiceUnavailable, a.status, a.text())
	require.Len(t, d.workflow.commands(), 1, "a reply is never published twice")
}

func TestPublication_ByHandAndFailed_AreFollowedUp(t *testing.T) {
	d := start(t)
	at := func(id string, state collections.PublicationState) {
		d.sample("lakeside", id, func(r *collections.Review) {
			r.Publication = &collections.Publication{ID: id + ".1", N: 1, State: state, Text: "Thank you.", RequestedAt: r.PostedAt, NotBefore: r.PostedAt, URL: "https://example.org/reply", Problem: "Paste it."}
		})
	}
	at("r_hand", collections.PublicationByHand)
	at("r_failed", collections.PublicationFailed)
	rita := d.as("rita", "lakeside")
	shown := rita.ok("/api/v1/reviews/r_hand").part("publication")
	require.Equal(t, "https://example.org/reply", shown["url"])
	require.NotContains(t, shown, "undo_until")
	require.Equal(t, "copied", rita.post("/api/v1/reviews/r_hand/publication/copied", nil).part("publication")["state"])
	require.Equal(t, http.StatusConflict, rita.post("/api/v1/reviews/r_hand/publication/retry", nil).status)
	require.Equal(t, "sending", rita.post("/api/v1/reviews/r_failed/publication/retry", nil).part("publication")["state"])
}

func TestReview_FollowUp_IsShown(t *testing.T) {
	d := start(t)
	now := time.Now().UTC().Truncate(time.Second)
	d.sample("lakeside", "r_1", func(r *collections.Review) {
		r.Case.Status, r.Case.Priority, r.Case.Policy, r.Case.Approval = review.OnHold, collections.PriorityHigh, "critical", true
		r.Case.Route, r.Case.HoldReason, r.Case.HeldUntil = []string{"all", "critical"}, "Waits for the chart.", now.Add(time.Hour)
		r.Case.FirstReply = collections.Clock{StartedAt: now.Add(-2 * time.Hour), TargetSeconds: 3600, MetAt: now, MissedAt: now.Add(-time.Hour)}
		r.Case.Resolution = collections.Clock{StartedAt: now.Add(-2 * time.Hour), TargetSeconds: 86400, PausedAt: now}
		r.Commitments = []collections.Commitment{
			{ID: "c_1", Text: "Call.", OwnerID: "rita", DueAt: now.Add(time.Hour), At: now},
			{ID: "c_2", Text: "Write.", OwnerID: "max", DueAt: now.Add(-time.Hour), At: now},
			{ID: "c_3", Text: "Ask.", OwnerID: "max", DueAt: now, At: now, DoneAt: now, Dropped: true, Reason: "Not needed."},
		}
		r.TwinKey = "k"
	})
	d.sample("lakeside", "r_2", func(r *collections.Review) { r.Site, r.TwinKey = "yelp", "k" })
	d.sample("harbor", "r_3", func(r *collections.Review) { r.Site, r.TwinKey = "yelp", "k" })
	a := d.as("rita", "lakeside").ok("/api/v1/reviews/r_1")
	c := a.part("case")
	require.Equal(t, []any{"high", "critical", true, "Waits for the chart."}, []any{c["priority"], c["sla"], c["approval_required"], c["hold_reason"]})
	require.Equal(t, "met_late", c["first_reply"].(map[string]any)["state"])
	require.Equal(t, "paused", c["resolution"].(map[string]any)["state"])
	require.NotContains(t, c, "next_step", "there is no such target")
	require.Equal(t, []any{"all", "critical"}, a.object()["route"])
	states := []any{}
	for _, c := range a.object()["commitments"].([]any) {
		states = append(states, c.(map[string]any)["state"])
	}
	require.Equal(t, []any{"open", "missed", "dropped"}, states)
	twins := a.object()["twins"].([]any)
	require.Len(t, twins, 1, "not itself, and none of another organization")
	require.Equal(t, "r_2", twins[0].(map[string]any)["id"])
	require.Contains(t, a.object()["root_causes"], "billing")
}
