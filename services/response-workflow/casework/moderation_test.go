package casework_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
)

func moderated(s string, state events.ReplyState, problem string) func(*events.ReviewTagged) {
	return func(in *events.ReviewTagged) { in.Reply = &events.Reply{Text: s, State: state, Problem: problem} }
}

func titled(title string) func(*events.ReviewTagged) {
	return func(in *events.ReviewTagged) { in.Title = title }
}

func TestObserve_SiteRefusesTheReply_CaseIsOpenAgainWithTheReason(t *testing.T) {
	d := desk()
	doc, _ := d.Observe(opened(), seen(events.SourceReply, 1, 5, moderated("Thank you", events.ReplyPending, "")), at(5))
	require.Equal(t, review.Replied, doc.Case.Status, "somebody answered; the site looks at it")
	require.Equal(t, events.ReplyPending, doc.SourceReply.State)
	require.True(t, doc.Case.DueAt.IsZero())

	doc, _ = d.Observe(doc, seen(events.SourceReply, 1, 10, moderated("Thank you", events.ReplyRejected, "names a patient")), at(10))
	require.Equal(t, review.Open, doc.Case.Status)
	require.Equal(t, "names a patient", doc.SourceReply.Problem)
	require.False(t, doc.Case.DueAt.IsZero(), "an answer is due anew")
	require.Equal(t, []string{"received", "assigned", "reply_seen", "status_changed", "reply_seen", "status_changed"}, types(doc))
	last := doc.Outbox[5]
	require.Equal(t, "the site refused the reply: names a patient", last.Reason)
	require.Equal(t, siteGoogle, last.By.ID)
	require.Equal(t, map[string]any{"reply_state": "pending", "reply_problem": ""}, doc.Outbox[4].Before)
	require.Equal(t, map[string]any{"reply_state": "rejected", "reply_problem": "names a patient"}, doc.Outbox[4].After)

	_, again := d.Observe(doc, seen(events.SourceReply, 1, 10, moderated("Thank you", events.ReplyRejected, "names a patient")), at(11))
	require.False(t, again)
	doc, _ = d.Observe(doc, seen(events.SourceReply, 1, 20, moderated("Thanks", events.ReplyPublic, "")), at(20))
	require.Equal(t, review.Replied, doc.Case.Status, "the next one closes it")
	_, changed := d.Observe(doc, seen(events.SourceReply, 1, 20, moderated("Thanks", "", "")), at(20))
	require.False(t, changed, "a site that says nothing of a reply shows it")
}

func TestObserve_RefusedReplyElsewhere_LeavesTheCaseToPeople(t *testing.T) {
	for _, status := range []review.Status{review.Open, review.Resolved, review.NoReplyNeeded, review.OnHold} {
		doc, changed := desk().Observe(with(t, status), seen(events.SourceReply, 1, 5, moderated("Thank you", events.ReplyRejected, "")), at(5))
		require.True(t, changed)
		require.Equal(t, status, doc.Case.Status)
		require.Equal(t, []string{"reply_seen"}, types(doc))
		require.Equal(t, "the site refused the reply", doc.Outbox[0].Reason)
	}
	doc := opened(moderated("Thank you", events.ReplyRejected, "spam"))
	require.Equal(t, review.New, doc.Case.Status, "a refused reply answers nothing")
	doc = opened(moderated("Thank you", events.ReplyPublic, ""))
	require.Equal(t, review.Replied, doc.Case.Status)
}

const siteGoogle = "google"

func TestObserve_Title_IsKeptFoundAndFollowed(t *testing.T) {
	d := desk()
	doc := opened(titled("Horrible parking"))
	require.Equal(t, "Horrible parking", doc.Title)
	require.Contains(t, doc.Terms, "parking")
	doc, changed := d.Observe(doc, seen(events.Posted, 1, 5, titled("Fine parking")), at(5))
	require.True(t, changed)
	require.Equal(t, "Fine parking", doc.Title)
	require.Contains(t, doc.Terms, "fine")
	require.NotContains(t, doc.Terms, "horrible")
	last := doc.Outbox[len(doc.Outbox)-1]
	require.Equal(t, "text_edited", last.Type)
	require.Equal(t, map[string]any{"title": "Horrible parking"}, last.Before)
	_, changed = d.Observe(doc, seen(events.Posted, 1, 3, titled("Horrible parking")), at(6))
	require.False(t, changed, "an older observation says nothing new")

	closed, _ := d.Observe(with(t, review.Resolved), seen(events.Posted, 1, 5, titled("New headline")), at(5))
	require.Equal(t, review.Resolved, closed.Case.Status, "a headline opens no case again")
}
