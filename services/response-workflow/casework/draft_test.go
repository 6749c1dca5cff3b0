package casework_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/replycheck"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

var (
	fine    = replycheck.Report{Verdict: replycheck.Pass, Findings: []replycheck.Finding{}}
	blocked = replycheck.Report{Verdict: replycheck.Block, Findings: []replycheck.Finding{
		{Rule: "names.patient", Severity: replycheck.Block, Quote: "our patient"}, {Rule: "tone.sorry", Severity: replycheck.Warn}, {Rule: "names.patient", Severity: replycheck.Block},
	}}
)

// save stores a draft on top of the one there is.
func save(t *testing.T, doc collections.Review, text, who string, minute int) collections.Review {
	t.Helper()
	version := 0
	if doc.Draft != nil {
		version = doc.Draft.Version
	}
	doc, changed, err := desk().SaveDraft(doc, casework.DraftSave{Version: version, Text: text}, person(who), at(minute))
	require.NoError(t, err)
	require.True(t, changed)
	return doc
}

func TestSaveDraft_TwoPeople_NothingLostOfEither(t *testing.T) {
	doc := save(t, with(t, review.Open), "Thank you", "p1", 3)
	require.Equal(t, collections.Draft{Version: 1, Text: "Thank you", State: collections.DraftEditing, By: person("p1"), At: at(3), Since: at(3)}, *doc.Draft)
	theirs := save(t, doc, "Thank you very much", "p2", 4)
	require.Equal(t, 2, theirs.Draft.Version)

	got, changed, err := desk().SaveDraft(theirs, casework.DraftSave{Version: 1, Text: "Thanks"}, person("p1"), at(5))
	var conflict *casework.DraftConflict
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, problem.Conflict, problem.KindOf(err))
	require.Equal(t, theirs.Draft, conflict.Current)
	require.False(t, changed)
	require.Equal(t, theirs, got)
	_, _, err = desk().SaveDraft(theirs, casework.DraftSave{Text: "Thanks"}, person("p1"), at(5))
	require.ErrorAs(t, err, &conflict)

	_, changed, err = desk().SaveDraft(theirs, casework.DraftSave{Version: 1, Text: "Thank you very much"}, person("p2"), at(5))
	require.NoError(t, err, "the same save again, because its answer was lost")
	require.False(t, changed)
	require.Equal(t, []collections.DraftVersion{{Version: 1, Text: "Thank you", By: person("p1"), At: at(3)}}, theirs.Draft.Earlier)
	e := lastOf(t, theirs, collections.EventDraftSaved)
	require.Equal(t, map[string]any{"version": 1, "text": "Thank you"}, e.Before, "the history keeps what was replaced")
}

func TestSaveDraft_OnePersonWritingOn_OneVersionEveryFiveMinutes(t *testing.T) {
	doc := with(t, review.Open)
	for minute := range 12 {
		doc = save(t, doc, fmt.Sprint("text after ", minute), "p1", 10+minute)
	}
	require.Equal(t, 12, doc.Draft.Version, "every save counts for who saves next")
	require.Equal(t, []string{"draft_saved", "draft_saved", "draft_saved"}, types(doc))
	require.Len(t, doc.Draft.Earlier, 2)
	require.Equal(t, "text after 4", doc.Draft.Earlier[0].Text)
	require.Equal(t, "text after 9", doc.Draft.Earlier[1].Text)
}

func TestSaveDraft_Bounds_Kept(t *testing.T) {
	doc := with(t, review.Open)
	var wrong *casework.DraftTextError
	_, _, err := desk().SaveDraft(doc, casework.DraftSave{Text: strings.Repeat("é", casework.MaxDraft+1)}, person("p1"), at(3))
	require.ErrorAs(t, err, &wrong)
	for i := range 80 {
		doc = save(t, doc, fmt.Sprint(i), fmt.Sprint("p", i%2), i)
		doc = casework.Drained(doc, doc.Seq)
	}
	require.Len(t, doc.Draft.Earlier, casework.MaxEarlierDrafts)
	require.Equal(t, "78", doc.Draft.Earlier[casework.MaxEarlierDrafts-1].Text)
}

func TestDiscardDraft_NumbersGoOn_AStaleEditorCannotOverwriteTheNext(t *testing.T) {
	doc := save(t, with(t, review.Open), "first", "p1", 3)
	_, _, err := desk().DiscardDraft(doc, 7, person("p1"), at(4))
	var conflict *casework.DraftConflict
	require.ErrorAs(t, err, &conflict)
	doc, changed, err := desk().DiscardDraft(doc, 1, person("p1"), at(4))
	require.NoError(t, err)
	require.True(t, changed)
	require.Nil(t, doc.Draft)
	require.Equal(t, "first", lastOf(t, doc, collections.EventDraftDiscarded).Before["text"])
	_, changed, err = desk().DiscardDraft(doc, 1, person("p1"), at(5))
	require.NoError(t, err)
	require.False(t, changed)
	_, _, err = desk().SaveDraft(doc, casework.DraftSave{Version: 1, Text: "stale"}, person("p2"), at(5))
	require.ErrorAs(t, err, &conflict)
	require.Nil(t, conflict.Current)
	doc = save(t, doc, "second", "p2", 6)
	require.Equal(t, 2, doc.Draft.Version)
}

// waiting is a case whose draft, written by p1 and submitted by p2, waits for approval.
func waiting(t *testing.T) collections.Review {
	t.Helper()
	doc, changed, err := desk().RequestApproval(save(t, with(t, review.Open), "Thank you", "p1", 3), 1, blocked, person("p2"), at(4))
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, review.WaitingApproval, doc.Case.Status)
	require.Equal(t, collections.DraftWaitingApproval, doc.Draft.State)
	return doc
}

func TestDecideApproval_WhoWroteOrSubmitted_Forbidden(t *testing.T) {
	doc := waiting(t)
	require.Equal(t, []string{"draft_saved", "approval_requested", "status_changed"}, types(doc))
	require.Equal(t, map[string]any{"version": 1, "text": "Thank you", "verdict": "block", "rules": []string{"names.patient"}}, doc.Outbox[1].After)
	for _, who := range []string{"p1", "p2"} {
		_, _, err := desk().DecideApproval(doc, casework.Decision{Version: 1, Approve: true}, person(who), at(5))
		require.Equal(t, problem.Forbidden, problem.KindOf(err), who)
	}
	_, _, err := desk().DecideApproval(doc, casework.Decision{Version: 2, Approve: true}, person("p3"), at(5))
	var conflict *casework.DraftConflict
	require.ErrorAs(t, err, &conflict)

	approved, _, err := desk().DecideApproval(doc, casework.Decision{Version: 1, Approve: true}, person("p3"), at(5))
	require.NoError(t, err)
	require.Equal(t, collections.DraftApproved, approved.Draft.State)
	require.Equal(t, review.Open, approved.Case.Status)
	require.Equal(t, person("p3"), *approved.Draft.DecidedBy)
	_, changed, err := desk().DecideApproval(approved, casework.Decision{Version: 1, Approve: true}, person("p3"), at(6))
	require.NoError(t, err)
	require.False(t, changed)
	_, _, err = desk().DecideApproval(approved, casework.Decision{Version: 1, Comment: "no"}, person("p4"), at(6))
	require.Equal(t, problem.Conflict, problem.KindOf(err), "it is decided")
}

func TestDecideApproval_Returned_NeedsACommentAndComesBack(t *testing.T) {
	doc := waiting(t)
	_, _, err := desk().DecideApproval(doc, casework.Decision{Version: 1, Comment: " "}, person("p3"), at(5))
	var missing *casework.ReasonError
	require.ErrorAs(t, err, &missing)
	doc, _, err = desk().DecideApproval(doc, casework.Decision{Version: 1, Comment: "say less"}, person("p3"), at(5))
	require.NoError(t, err)
	require.Equal(t, collections.DraftReturned, doc.Draft.State)
	require.Equal(t, "say less", lastOf(t, doc, collections.EventReturned).Reason)
	_, _, err = desk().Publish(doc, casework.PublishRequest{Version: 1, Report: fine}, person("p9"), at(6))
	var returned *casework.ApprovalError
	require.ErrorAs(t, err, &returned)
	require.Equal(t, casework.ApprovalReturned, returned.Fault)
	doc = save(t, doc, "Thanks", "p1", 6)
	require.Equal(t, collections.DraftEditing, doc.Draft.State)
	require.Equal(t, "say less", doc.Draft.Comment, "shown while it is changed")
	doc, _, err = desk().RequestApproval(doc, 2, fine, person("p1"), at(7))
	require.NoError(t, err)
	require.Empty(t, doc.Draft.Comment)
}

func TestWaitingApproval_AnythingElseHappens_RequestIsWithdrawn(t *testing.T) {
	doc := waiting(t)
	saved := save(t, doc, "Thank you!", "p1", 6)
	require.Equal(t, review.Open, saved.Case.Status)
	require.Equal(t, collections.DraftEditing, saved.Draft.State)
	gone, _, err := desk().DiscardDraft(doc, 1, person("p1"), at(6))
	require.NoError(t, err)
	require.Equal(t, review.Open, gone.Case.Status)
	held, _, err := desk().SetStatus(doc, casework.StatusChange{To: review.OnHold, Reason: "x"}, person("p1"), at(6))
	require.NoError(t, err)
	require.Equal(t, collections.DraftEditing, held.Draft.State)
	require.Equal(t, "editing", lastOf(t, held, collections.EventStatusChanged).After["draft_state"])
	answered, _ := desk().Observe(doc, seen(events.SourceReply, 1, 20, replied("Hi")), at(20))
	require.Equal(t, collections.DraftEditing, answered.Draft.State)
	require.Equal(t, collections.DraftWaitingApproval, doc.Draft.State, "the document given stays as it is")

	_, _, err = desk().RequestApproval(save(t, with(t, review.Resolved), "x", "p1", 3), 1, fine, person("p1"), at(4))
	var closed *casework.TransitionError
	require.ErrorAs(t, err, &closed)
}

func TestObserve_NewText_ApprovedDraftIsCheckedAnew(t *testing.T) {
	doc, _, err := desk().DecideApproval(waiting(t), casework.Decision{Version: 1, Approve: true}, person("p3"), at(5))
	require.NoError(t, err)
	restarred, _ := desk().Observe(doc, seen(events.Edited, 2, 20, text("text 1"), func(in *events.ReviewTagged) { in.Rating = stars(1) }), at(20))
	require.Equal(t, collections.DraftEditing, restarred.Draft.State, "what was approved for praise is not approved for one star")
	edited, _ := desk().Observe(doc, seen(events.Edited, 2, 20), at(20))
	require.Equal(t, collections.DraftEditing, edited.Draft.State)
	require.Equal(t, "editing", lastOf(t, edited, collections.EventTextEdited).After["draft_state"])
}
