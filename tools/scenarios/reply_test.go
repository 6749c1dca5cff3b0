package scenarios

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/tools/client"
	"github.com/bedside-health/bedside/tools/up"
)

func TestReply_DraftedAndPublished_ReachesItsSiteOnceAndComesBackAsPublic(t *testing.T) {
	demoOnBothStores(t, replyOnItsSite)
}

func replyOnItsSite(t *testing.T, store func(*up.Settings)) {
	b := start(t, func(s *up.Settings) { store(s); s.DemoArrivals, s.UndoFor = time.Hour, 2*time.Second })
	b.control(t, http.MethodPost, "reviews", map[string]any{
		"id": "answered", "location": "harbor-dental", "site": "google", "author": "Quill Sandpiper", "rating": 2, "text": "Quillwort: waited an hour in the lobby, the staff were rude.",
	})
	var id string
	require.Eventually(t, func() bool {
		found := b.all(t, client.ListReviewsParams{Q: ptr("quillwort")})
		if len(found) == 1 {
			id = found[0].Id
		}
		return id != ""
	}, patience, 100*time.Millisecond)

	detail := func() client.ReviewDetail {
		got, err := b.GetReviewWithResponse(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, got.StatusCode(), string(got.Body))
		return *got.JSON200
	}
	// What would tell who was a patient does not get as far as the undo bar.
	saved, err := b.SaveDraftWithResponse(t.Context(), id, client.DraftInput{Version: 0, Text: "We are sorry that your appointment last Tuesday began late."})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, saved.StatusCode(), string(saved.Body))
	refused, err := b.PublishReplyWithResponse(t.Context(), id, client.PublishInput{Version: 1})
	require.NoError(t, err)
	require.Equal(t, http.StatusUnprocessableEntity, refused.StatusCode(), string(refused.Body))
	require.Contains(t, string(refused.Body), "reply_blocked")

	// Two people save at once: one of them is shown the other's.
	late, err := b.SaveDraftWithResponse(t.Context(), id, client.DraftInput{Version: 0, Text: "Another one."})
	require.NoError(t, err)
	require.Equal(t, http.StatusConflict, late.StatusCode(), string(late.Body))
	require.NotNil(t, late.ApplicationproblemJSONDefault.CurrentDraft, string(late.Body))

	const reply = "Thank you for your feedback. Our office aims to see everyone on time and with courtesy, and anyone can call our manager about it."
	saved, err = b.SaveDraftWithResponse(t.Context(), id, client.DraftInput{Version: 1, Text: reply})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, saved.StatusCode(), string(saved.Body))

	// Taken back in time, nothing leaves.
	publish := func(version int) {
		out, err := b.PublishReplyWithResponse(t.Context(), id, client.PublishInput{Version: version})
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, out.StatusCode(), string(out.Body))
		require.EqualValues(t, "scheduled", out.JSON200.Publication.State)
	}
	publish(2)
	undone, err := b.UndoPublicationWithResponse(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, undone.StatusCode(), string(undone.Body))
	require.NotNil(t, undone.JSON200.Draft, "the draft is there again")

	publish(undone.JSON200.Draft.Version)
	require.Eventually(t, func() bool {
		now := detail()
		return now.Publication != nil && now.Publication.State == "published" && now.Case.Status == "replied" && now.SiteReply != nil
	}, patience, 200*time.Millisecond)
	now := detail()
	require.Equal(t, reply, now.SiteReply.Text)
	history := b.history(t, id)
	require.Equal(t, 2, count(history, "publish_requested"))
	require.Equal(t, 1, count(history, "publish_undone"))
	require.Equal(t, 1, count(history, "status_changed"), "%v", types(history))
	require.Equal(t, 0, count(history, "overridden"))
}

func types(events []client.CaseEvent) []string {
	var out []string
	for _, e := range events {
		out = append(out, e.Type)
	}
	return out
}
