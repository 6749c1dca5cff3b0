package casework_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

const undoFor = 15 * time.Second

// publishing is a case whose draft p1 asked to publish at minute 5.
func publishing(t *testing.T, adjust ...func(*casework.PublishRequest)) collections.Review {
	t.Helper()
	in := casework.PublishRequest{Version: 1, Report: fine, UndoFor: undoFor}
	for _, a := range adjust {
		a(&in)
	}
	doc, changed, err := desk().Publish(save(t, with(t, review.Open), "Thank you", "p1", 3), in, person("p1"), at(5))
	require.NoError(t, err)
	require.True(t, changed)
	return doc
}

func byHand(in *casework.PublishRequest) { in.ByHand, in.URL = true, "https://reviews.example/1" }

// leased lets a sender have the reply at a minute.
func leased(t *testing.T, doc collections.Review, minute int) collections.Review {
	t.Helper()
	doc, mine := desk().LeaseSend(doc, "a", time.Minute, at(minute))
	require.True(t, mine)
	return doc
}

// came is where a reply came to by an attempt at a minute.
func came(t *testing.T, doc collections.Review, out casework.Outcome, minute int) collections.Review {
	t.Helper()
	doc, changed := desk().Sent(leased(t, doc, minute), "a", out, at(minute))
	require.True(t, changed)
	return doc
}

func TestPublish_TimeToUndo_ThenSentOnce(t *testing.T) {
	d := desk()
	doc := publishing(t)
	p := *doc.Publication
	require.Equal(t, "r_1.p1.v1", p.ID)
	require.Equal(t, collections.PublicationScheduled, p.State)
	require.Equal(t, at(5).Add(undoFor), p.NotBefore)
	require.Equal(t, p.NotBefore, doc.SendAt)
	require.Equal(t, review.Open, doc.Case.Status, "it is not with the site yet")
	e := lastOf(t, doc, collections.EventPublishRequested)
	require.Equal(t, "Thank you", e.After["text"])
	again, changed, err := d.Publish(doc, casework.PublishRequest{Version: 1, Report: fine, UndoFor: undoFor}, person("p1"), at(5))
	require.NoError(t, err)
	require.False(t, changed)
	require.Equal(t, doc, again)

	_, mine := d.LeaseSend(doc, "a", time.Minute, at(5).Add(14*time.Second))
	require.False(t, mine)
	sending, mine := d.LeaseSend(doc, "a", time.Minute, at(6))
	require.True(t, mine)
	require.Equal(t, at(7), sending.SendAt, "due again if its sender dies")
	_, mine = d.LeaseSend(sending, "b", time.Minute, at(6))
	require.False(t, mine, "one sender at a time")
	_, _, err = d.UndoPublication(sending, person("p1"), at(6))
	var sent *casework.PublicationError
	require.ErrorAs(t, err, &sent)
	require.Equal(t, casework.AlreadySent, sent.Fault)

	done, changed := d.Sent(sending, "a", casework.Outcome{Kind: casework.SendDone}, at(6))
	require.True(t, changed)
	require.Equal(t, collections.PublicationPublished, done.Publication.State)
	require.Equal(t, review.Replied, done.Case.Status)
	require.Equal(t, at(6), done.Case.FirstReply.MetAt)
	require.Nil(t, done.Draft, "it is done")
	require.True(t, done.SendAt.IsZero())
	_, mine = d.LeaseSend(done, "b", time.Minute, at(99))
	require.False(t, mine)
	_, changed = d.Sent(done, "a", casework.Outcome{Kind: casework.SendRefused}, at(99))
	require.False(t, changed)
}

func TestUndoPublication_InTime_DraftAndWhatWasThereBeforeAreBack(t *testing.T) {
	d := desk()
	published := came(t, publishing(t), casework.Outcome{Kind: casework.SendDone}, 6)
	doc := save(t, published, "Thank you again", "p1", 8)
	doc, _, err := d.Publish(doc, casework.PublishRequest{Version: 2, Report: fine, UndoFor: undoFor}, person("p1"), at(9))
	require.NoError(t, err)
	require.Equal(t, "r_1.p2.v2", doc.Publication.ID)
	doc, changed, err := d.UndoPublication(doc, person("p1"), at(9))
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, published.Publication, doc.Publication)
	require.Equal(t, "Thank you again", doc.Draft.Text)
	doc, _, err = d.Publish(doc, casework.PublishRequest{Version: 2, Report: fine}, person("p1"), at(10))
	require.NoError(t, err)
	require.Equal(t, "r_1.p3.v2", doc.Publication.ID, "no id comes twice")
	require.Equal(t, review.Replied, doc.Case.Status)

	hand, _, err := d.UndoPublication(publishing(t, byHand), person("p1"), at(9))
	require.NoError(t, err)
	require.Nil(t, hand.Publication)
	_, changed, err = d.UndoPublication(hand, person("p1"), at(9))
	require.NoError(t, err)
	require.False(t, changed)
}

func TestPublish_BlockedWithoutAReason_Refused(t *testing.T) {
	d := desk()
	doc := save(t, with(t, review.Open), "You are our patient", "p1", 3)
	_, _, err := d.Publish(doc, casework.PublishRequest{Version: 1, Report: blocked, OverrideReason: " "}, person("p1"), at(5))
	var stopped *casework.BlockedError
	require.ErrorAs(t, err, &stopped)
	require.Equal(t, blocked.Findings, stopped.Findings)
	got, _, err := d.Publish(doc, casework.PublishRequest{Version: 1, Report: blocked, OverrideReason: "it is a quotation"}, person("p9"), at(5))
	require.NoError(t, err)
	require.Equal(t, collections.Override{By: person("p9"), At: at(5), Reason: "it is a quotation", Rules: []string{"names.patient"}}, *got.Draft.Override)
	e := lastOf(t, got, collections.EventOverridden)
	require.Equal(t, "it is a quotation", e.Reason)
	require.Equal(t, []string{"names.patient"}, e.After["rules"])
}

func TestPublish_NodeAsksForApproval_OnlyTheApprovedVersionLeaves(t *testing.T) {
	d := by(office())
	doc := atOffice(t, at(0))
	doc, _, err := d.SaveDraft(doc, casework.DraftSave{Text: "Thank you"}, person("p1"), at(1))
	require.NoError(t, err)
	publish := func(doc collections.Review, version int) casework.ApprovalFault {
		_, _, err := d.Publish(doc, casework.PublishRequest{Version: version, Report: fine}, person("p3"), at(9))
		if err == nil {
			return ""
		}
		var fault *casework.ApprovalError
		require.ErrorAs(t, err, &fault)
		return fault.Fault
	}
	require.Equal(t, casework.ApprovalRequired, publish(doc, 1))
	doc, _, err = d.RequestApproval(doc, 1, fine, person("p1"), at(2))
	require.NoError(t, err)
	require.Equal(t, casework.ApprovalPending, publish(doc, 1))
	doc, _, err = d.DecideApproval(doc, casework.Decision{Version: 1, Approve: true}, person("p2"), at(3))
	require.NoError(t, err)
	require.Empty(t, publish(doc, 1))
	doc, _, err = d.SaveDraft(doc, casework.DraftSave{Version: 1, Text: "Thank you!"}, person("p1"), at(4))
	require.NoError(t, err)
	require.Equal(t, casework.ApprovalRequired, publish(doc, 2))
}

func TestPublish_AnotherOnItsWayOrReviewGone_Refused(t *testing.T) {
	d := desk()
	fault := func(doc collections.Review) casework.PublicationFault {
		_, _, err := d.Publish(doc, casework.PublishRequest{Version: doc.Draft.Version, Report: fine}, person("p1"), at(50))
		var wrong *casework.PublicationError
		require.ErrorAs(t, err, &wrong)
		require.Equal(t, problem.Conflict, problem.KindOf(err))
		return wrong.Fault
	}
	require.Equal(t, casework.PublicationInProgress, fault(save(t, publishing(t), "other", "p2", 6)))
	require.Equal(t, casework.PublicationInProgress, fault(save(t, leased(t, publishing(t), 6), "other", "p2", 6)))
	gone, _ := d.Observe(save(t, with(t, review.Open), "Thank you", "p1", 3), seen(events.Removed, 1, 10, bare), at(11))
	require.Equal(t, casework.ReviewIsRemoved, fault(gone))
	_, _, err := d.Publish(save(t, with(t, review.Open), " ", "p1", 3), casework.PublishRequest{Version: 1, Report: fine}, person("p1"), at(5))
	var empty *casework.DraftTextError
	require.ErrorAs(t, err, &empty)
}

func TestSent_EveryOutcome_StateSaysWhatIsNext(t *testing.T) {
	for _, c := range []struct {
		out    casework.Outcome
		state  collections.PublicationState
		status review.Status
		event  string
		sendAt time.Time
	}{
		{casework.Outcome{Kind: casework.SendDone}, collections.PublicationPublished, review.Replied, "reply_sent", time.Time{}},
		{casework.Outcome{Kind: casework.SendPending}, collections.PublicationPending, review.Replied, "reply_sent", time.Time{}},
		{casework.Outcome{Kind: casework.SendRefused, Problem: "not allowed"}, collections.PublicationFailed, review.Open, "reply_failed", time.Time{}},
		{casework.Outcome{Kind: casework.SendByHand, URL: "https://reviews.example/1"}, collections.PublicationByHand, review.Open, "reply_failed", time.Time{}},
		{casework.Outcome{Kind: casework.SendRetry, After: time.Minute, Problem: "busy"}, collections.PublicationSending, review.Open, "", at(7)},
		{casework.Outcome{}, collections.PublicationFailed, review.Open, "reply_failed", time.Time{}},
	} {
		doc := leased(t, publishing(t), 6)
		_, changed := desk().Sent(doc, "b", c.out, at(6))
		require.False(t, changed, "only who holds the lease")
		seq := doc.Seq
		doc, changed = desk().Sent(doc, "a", c.out, at(6))
		require.True(t, changed)
		require.Equal(t, c.state, doc.Publication.State)
		require.Equal(t, c.status, doc.Case.Status)
		require.Equal(t, c.out.Problem, doc.Publication.Problem)
		require.Equal(t, c.sendAt, doc.SendAt)
		if c.event == "" {
			require.Equal(t, seq, doc.Seq)
		} else {
			require.Equal(t, string(c.state), lastOf(t, doc, c.event).After["publication_state"])
		}
	}
}

func TestSent_FailsForever_NeedsAPersonInTheEnd(t *testing.T) {
	doc, minute := publishing(t), 6
	for range casework.MaxAttempts {
		require.True(t, doc.Publication.State == collections.PublicationScheduled || doc.Publication.State == collections.PublicationSending)
		doc = came(t, doc, casework.Outcome{Kind: casework.SendRetry, After: time.Minute, Problem: "down"}, minute)
		minute += 61
	}
	require.Equal(t, collections.PublicationFailed, doc.Publication.State)
	require.Equal(t, "down", doc.Publication.Problem)
	again, changed, err := desk().RetryPublication(doc, person("p1"), at(minute))
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, at(minute), again.SendAt)
	require.Equal(t, doc.Publication.ID, again.Publication.ID)
	again = came(t, again, casework.Outcome{Kind: casework.SendDone}, minute)
	require.Equal(t, review.Replied, again.Case.Status)
	_, _, err = desk().RetryPublication(again, person("p1"), at(minute))
	var wrong *casework.PublicationError
	require.ErrorAs(t, err, &wrong)

	edited, _ := desk().Observe(doc, seen(events.Edited, 2, minute), at(minute))
	_, _, err = desk().RetryPublication(edited, person("p1"), at(minute))
	require.ErrorAs(t, err, &wrong)
	require.Equal(t, casework.ReviewWasEdited, wrong.Fault)
}

func TestSent_SenderDied_NextOneTakesOverAndASeenReplyIsNotSentAgain(t *testing.T) {
	d := desk()
	dead := leased(t, publishing(t), 6)
	next, mine := d.LeaseSend(dead, "b", time.Minute, at(7))
	require.True(t, mine, "the lease is over")
	require.Equal(t, 2, next.Publication.Attempts)
	_, changed := d.Sent(next, "a", casework.Outcome{Kind: casework.SendRefused, Problem: "late"}, at(7))
	require.False(t, changed)

	found, _ := d.Observe(dead, seen(events.SourceReply, 1, 8, replied(" Thank\n you ")), at(8))
	require.Equal(t, collections.PublicationPublished, found.Publication.State)
	require.Equal(t, review.Replied, found.Case.Status)
	require.Equal(t, []string{"reply_seen", "reply_confirmed", "status_changed"}, types(found)[len(types(found))-3:])
	require.True(t, found.SendAt.IsZero())
	_, mine = d.LeaseSend(found, "b", time.Minute, at(99))
	require.False(t, mine)
}

func TestByHand_CopiedThenSeen_Confirmed(t *testing.T) {
	d := desk()
	doc := publishing(t, byHand)
	require.Equal(t, collections.PublicationByHand, doc.Publication.State)
	require.Equal(t, "https://reviews.example/1", doc.Publication.URL)
	require.True(t, doc.SendAt.IsZero())
	copied, changed, err := d.ConfirmCopied(doc, person("p1"), at(8))
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, collections.PublicationCopied, copied.Publication.State)
	require.Equal(t, review.Replied, copied.Case.Status)
	require.Equal(t, at(8), copied.Case.FirstReply.MetAt)
	_, changed, err = d.ConfirmCopied(copied, person("p1"), at(9))
	require.NoError(t, err)
	require.False(t, changed)
	confirmed, _ := d.Observe(copied, seen(events.SourceReply, 1, 20, replied("Thank you")), at(20))
	require.Equal(t, collections.PublicationPublished, confirmed.Publication.State)
	require.Equal(t, "reply_confirmed", types(confirmed)[len(types(confirmed))-1])

	seenFirst, _ := d.Observe(doc, seen(events.SourceReply, 1, 20, replied("Thank you")), at(20))
	require.Equal(t, collections.PublicationPublished, seenFirst.Publication.State)
	_, _, err = d.ConfirmCopied(with(t, review.Open), person("p1"), at(9))
	var none *casework.PublicationError
	require.ErrorAs(t, err, &none)
}

func TestObserve_PublishedReply_ChangedGoneAndRefusedAreNoticed(t *testing.T) {
	d := desk()
	doc := came(t, publishing(t), casework.Outcome{Kind: casework.SendPending}, 6)
	older, _ := d.Observe(doc, seen(events.SourceReply, 1, 4, replied("an answer from before")), at(7))
	require.Equal(t, collections.PublicationPending, older.Publication.State, "what was seen before it was sent says nothing of it")

	refused, _ := d.Observe(doc, seen(events.SourceReply, 1, 20, moderated("Thank you", events.ReplyRejected, "names a person")), at(20))
	require.Equal(t, collections.PublicationRejected, refused.Publication.State)
	require.Equal(t, "the site refused the reply: names a person", refused.Publication.Problem)
	require.Equal(t, review.Open, refused.Case.Status)
	require.Equal(t, at(20), refused.Case.FirstReply.StartedAt, "an answer is due anew")
	resolved, _, err := d.SetStatus(doc, casework.StatusChange{To: review.Resolved}, person("p1"), at(10))
	require.NoError(t, err)
	refused, _ = d.Observe(resolved, seen(events.SourceReply, 1, 20, moderated("Thank you", events.ReplyRejected, "")), at(20))
	require.Equal(t, review.Open, refused.Case.Status, "also when it was resolved: it was ours")

	public, _ := d.Observe(doc, seen(events.SourceReply, 1, 20, replied("Thank you")), at(20))
	require.Equal(t, collections.PublicationPublished, public.Publication.State)
	changed, _ := d.Observe(public, seen(events.SourceReply, 1, 30, replied("Somebody else wrote this")), at(30))
	require.Equal(t, collections.PublicationChanged, changed.Publication.State)
	require.Equal(t, "reply_changed", types(changed)[len(types(changed))-1])
	require.Equal(t, review.Replied, changed.Case.Status)
	gone, _ := d.Observe(public, seen(events.SourceReply, 1, 30), at(30))
	require.Equal(t, collections.PublicationGone, gone.Publication.State)
	require.Equal(t, review.Replied, gone.Case.Status, "what to do is left to people")
	back, _ := d.Observe(gone, seen(events.SourceReply, 1, 40, replied("Thank you")), at(40))
	require.Equal(t, collections.PublicationPublished, back.Publication.State)
}

func TestObserve_EditedOrRemovedInTheTimeToUndo_NothingLeaves(t *testing.T) {
	d := desk()
	for _, in := range []events.ReviewTagged{seen(events.Edited, 2, 6), seen(events.Removed, 1, 6, bare)} {
		got, _ := d.Observe(publishing(t), in, at(6))
		require.Nil(t, got.Publication)
		require.True(t, got.SendAt.IsZero())
		require.Equal(t, "Thank you", got.Draft.Text)
		require.Equal(t, collections.ActorSite, lastOf(t, got, collections.EventPublishUndone).By.Kind)
		_, mine := d.LeaseSend(got, "a", time.Minute, at(9))
		require.False(t, mine)
	}
}
