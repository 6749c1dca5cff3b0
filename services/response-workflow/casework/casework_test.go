package casework_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/replycheck"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func at(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }

func stars(r float64) *float64 { return &r }

// plan is the one Bedside comes with, without a list of root causes.
func plan() routing.Plan {
	p := routing.Default(4*time.Hour, 24*time.Hour, 48*time.Hour)
	p.RootCauses = nil
	return p
}

func desk() casework.Desk { return by(plan()) }

// by is a desk that works by a plan, at one location in Chicago.
func by(p routing.Plan) casework.Desk {
	at := &collections.Location{Base: docstore.Base{ID: "l1", OrgID: "o"}, Name: "Lakeview", TimeZone: "America/Chicago"}
	return casework.Desk{Plan: &p, Version: 1, Locations: map[string]*collections.Location{"l1": at}}
}

func person(id string) collections.Actor {
	return collections.Actor{Kind: collections.ActorPerson, ID: id, Name: "Name of " + id}
}

func negative(version string) review.Analysis {
	return review.Analysis{Version: version, Overall: review.Negative, Tags: []review.Tag{{Topic: review.WaitTimes, Polarity: review.Negative}}}
}

func positive(version string) review.Analysis {
	return review.Analysis{Version: version, Overall: review.Positive, Tags: []review.Tag{{Topic: review.StaffAttitude, Polarity: review.Positive}}}
}

// seen is an observation of version v at a minute, with text "text v".
func seen(change events.Change, v, minute int, adjust ...func(*events.ReviewTagged)) events.ReviewTagged {
	in := events.ReviewTagged{ReviewCollected: events.ReviewCollected{
		EventID: fmt.Sprintf("e%d-%d", v, minute), OrgID: "o", ReviewID: "r_1", ListingID: "li", LocationID: "l1", Site: "google", ExternalID: "x",
		Change: change, Version: v, Author: "Pat", Rating: stars(2), Text: fmt.Sprintf("text %d", v),
		FirstSeenAt: at(0), ObservedAt: at(minute),
	}, Analysis: negative("1")}
	for _, a := range adjust {
		a(&in)
	}
	return in
}

func text(s string) func(*events.ReviewTagged) {
	return func(in *events.ReviewTagged) { in.Text = s }
}

func analysed(a review.Analysis) func(*events.ReviewTagged) {
	return func(in *events.ReviewTagged) { in.Analysis = a }
}

func replied(s string) func(*events.ReviewTagged) {
	return func(in *events.ReviewTagged) { in.Reply = &events.Reply{Text: s} }
}

// bare is an observation that carries nothing but its change.
func bare(in *events.ReviewTagged) {
	in.Text, in.Author, in.Rating, in.Analysis = "", "", nil, review.Analysis{}
}

func opened(adjust ...func(*events.ReviewTagged)) collections.Review {
	return desk().Open(seen(events.Posted, 1, 0, adjust...), routing.Decision{OwnerID: "p1", Rule: routing.LeastLoad, Reason: "least"}, at(1))
}

func types(doc collections.Review) []string {
	out := []string{}
	for _, e := range doc.Outbox {
		out = append(out, e.Type)
	}
	return out
}

// lastOf is the last event of a type.
func lastOf(t *testing.T, doc collections.Review, kind string) collections.CaseEvent {
	t.Helper()
	for _, e := range slices.Backward(doc.Outbox) {
		if e.Type == kind {
			return e
		}
	}
	require.Failf(t, "no such event", "%s among %v", kind, types(doc))
	return collections.CaseEvent{}
}

// with brings a case to a status by the shortest way.
func with(t *testing.T, status review.Status) collections.Review {
	t.Helper()
	doc := opened()
	var err error
	switch status {
	case review.New:
	case review.WaitingApproval:
		doc, _, err = desk().SaveDraft(doc, casework.DraftSave{Text: "Thank you."}, person("p1"), at(2))
		require.NoError(t, err)
		doc, _, err = desk().RequestApproval(doc, 1, replycheck.Report{Verdict: replycheck.Pass}, person("p1"), at(2))
		require.NoError(t, err)
	default:
		doc, _, err = desk().SetStatus(doc, casework.StatusChange{To: status, Reason: "because"}, person("p1"), at(2))
		require.NoError(t, err)
	}
	return casework.Drained(doc, doc.Seq)
}

func TestOpen_NewReview_ReceivedAndAssignedOnce(t *testing.T) {
	doc := opened()
	require.Equal(t, []string{"received", "assigned"}, types(doc))
	require.Equal(t, collections.Case{
		Status: review.New, OwnerID: "p1", AssignedAt: at(1), DueAt: at(24 * 60), ClockAt: at(0), OpenedAt: at(1), UpdatedAt: at(1),
		Priority: collections.PriorityHigh, Policy: "critical", PlanVersion: 1, Route: []string{"all", "critical"},
		FirstReply: collections.Clock{StartedAt: at(0), RunningSince: at(0), TargetSeconds: 24 * 3600, SoonAt: at(18 * 60), DueAt: at(24 * 60)},
		WakeAt:     at(18 * 60),
	}, doc.Case)
	require.Equal(t, "r_1.0000000001", doc.Outbox[0].ID)
	require.Equal(t, "o", doc.Outbox[1].OrgID)
	require.Equal(t, collections.Actor{Kind: collections.ActorSystem, ID: "routing.least_load"}, doc.Outbox[1].By)
	require.Equal(t, map[string]any{"owner_id": "p1"}, doc.Outbox[1].After)
	require.Nil(t, doc.Outbox[1].Before)
	require.True(t, doc.HasOutbox)
	require.Equal(t, []string{"wait_times", "wait_times:negative"}, doc.TopicKeys)
	require.Equal(t, []string{"pat", "text", "1"}, doc.Terms)
	require.Equal(t, at(0), doc.PostedAt)
	require.False(t, doc.PostedAtKnown)
}

func TestOpen_NobodyToOwnIt_SaysSo(t *testing.T) {
	doc := desk().Open(seen(events.Posted, 1, 0), routing.Decision{Rule: routing.Nobody, Reason: "no manager"}, at(1))
	require.Equal(t, []string{"received", "assigned"}, types(doc))
	require.Empty(t, doc.Case.OwnerID)
	require.Equal(t, "no manager", doc.Outbox[1].Reason)
}

func TestOpen_AnsweredOrRemovedAlready_IsThatToo(t *testing.T) {
	doc := opened(replied("Thank you"))
	require.Equal(t, []string{"received", "assigned", "reply_seen", "status_changed"}, types(doc))
	require.Equal(t, review.Replied, doc.Case.Status)
	require.True(t, doc.Case.DueAt.IsZero())

	doc = desk().Open(seen(events.Removed, 1, 5), routing.Decision{OwnerID: "p1"}, at(6))
	require.Equal(t, []string{"received", "assigned", "removed"}, types(doc))
	require.True(t, doc.Removed)
	require.True(t, doc.Case.DueAt.IsZero())
	require.Equal(t, "text 1", doc.Text)
}

func TestOpen_EvidenceOutsideItsText_LeftOut(t *testing.T) {
	doc := opened(text("so rude"), analysed(review.Analysis{Version: "1", Tags: []review.Tag{{Topic: review.StaffAttitude, Polarity: review.Negative, Evidence: []review.Evidence{
		{Start: 3, End: 7, Quote: "rude"}, {Start: 0, End: 2, Quote: "no"}, {Start: 3, End: 99, Quote: "rude"}, {Start: -1, End: 2, Quote: "so"},
	}}}}))
	require.Equal(t, []review.Evidence{{Start: 3, End: 7, Quote: "rude"}}, doc.Analysis.Tags[0].Evidence)
}

func TestSetStatus_EveryPairOfStates_AllowedOrRefused(t *testing.T) {
	for _, from := range review.Statuses() {
		for _, to := range review.Statuses() {
			t.Run(string(from)+" to "+string(to), func(t *testing.T) {
				doc := with(t, from)
				require.Equal(t, from, doc.Case.Status)
				require.Equal(t, from.Pending() && from != review.OnHold, !doc.Case.DueAt.IsZero(), "the clock stands still on hold")
				require.Equal(t, from.Pending(), doc.Case.ClosedAt.IsZero())
				got, changed, err := desk().SetStatus(doc, casework.StatusChange{To: to, Reason: "because"}, person("p2"), at(10))
				switch {
				case from == to:
					require.NoError(t, err)
					require.False(t, changed)
					require.Equal(t, doc, got)
				case !from.CanBecome(to):
					var refused *casework.TransitionError
					require.ErrorAs(t, err, &refused)
					require.Equal(t, from.Next(), refused.Allowed())
					require.Equal(t, doc, got)
				case to == review.WaitingApproval:
					var byRequest *casework.ApprovalError
					require.ErrorAs(t, err, &byRequest)
					require.Equal(t, casework.ApprovalByRequest, byRequest.Fault)
					require.Equal(t, doc, got)
				default:
					require.NoError(t, err)
					require.True(t, changed)
					require.Equal(t, to, got.Case.Status)
					require.Equal(t, []string{"status_changed"}, types(got))
					require.Equal(t, person("p2"), got.Outbox[0].By)
					require.Equal(t, string(from), got.Outbox[0].Before["status"])
					require.Equal(t, string(to), got.Outbox[0].After["status"])
					require.Equal(t, "because", got.Outbox[0].Reason)
					require.Equal(t, to.Pending() && to != review.OnHold, !got.Case.DueAt.IsZero())
					require.Equal(t, to.Pending(), got.Case.ClosedAt.IsZero())
					if got.Draft != nil {
						require.Equal(t, collections.DraftEditing, got.Draft.State, "the request for approval goes with the status")
					}
				}
			})
		}
	}
}

// The site may do two things to a case whatever its status: answer it and edit it.
func TestObserve_EveryStatus_ReplyClosesAndEditReopens(t *testing.T) {
	for _, from := range review.Statuses() {
		t.Run(string(from), func(t *testing.T) {
			doc := with(t, from)
			got, changed := desk().Observe(doc, seen(events.SourceReply, 1, 20, replied("Thanks")), at(21))
			require.True(t, changed)
			require.Equal(t, "Thanks", got.SourceReply.Text)
			require.Equal(t, "reply_seen", got.Outbox[0].Type)
			if from.Pending() {
				require.Equal(t, review.Replied, got.Case.Status)
				require.Len(t, got.Outbox, 2)
				require.Equal(t, collections.ActorSite, got.Outbox[1].By.Kind)
			} else {
				require.Equal(t, from, got.Case.Status)
				require.Len(t, got.Outbox, 1)
			}

			got, changed = desk().Observe(doc, seen(events.Edited, 2, 30), at(31))
			require.True(t, changed)
			require.Equal(t, "text_edited", got.Outbox[0].Type)
			require.True(t, got.Case.Status.Pending())
			require.Equal(t, from == review.OnHold, got.Case.DueAt.IsZero())
			if from.Pending() {
				require.Equal(t, from, got.Case.Status)
				require.Len(t, got.Outbox, 1)
			} else {
				require.Equal(t, review.Open, got.Case.Status)
				require.Equal(t, []string{"text_edited", "status_changed"}, types(got))
				require.Equal(t, at(30+24*60), got.Case.DueAt)
				require.Equal(t, "p1", got.Case.OwnerID)
			}
		})
	}
}

func TestSetStatus_NoReplyNeededWithoutReason_Refused(t *testing.T) {
	_, _, err := desk().SetStatus(opened(), casework.StatusChange{To: review.NoReplyNeeded}, person("p1"), at(2))
	var missing *casework.ReasonError
	require.ErrorAs(t, err, &missing)
}

func TestObserve_SameAgain_ChangesNothing(t *testing.T) {
	doc := opened()
	for _, in := range []events.ReviewTagged{
		seen(events.Posted, 1, 0),
		seen(events.Posted, 1, 0, func(in *events.ReviewTagged) { in.ObservedAt = in.ObservedAt.Add(999 * time.Microsecond) }),
		seen(events.Posted, 1, 0, func(in *events.ReviewTagged) { in.ObservedAt = in.ObservedAt.In(time.FixedZone("x", 3600)) }),
		seen(events.Posted, 1, 0, text("something else")),
		seen(events.Posted, 1, 0, analysed(negative("0"))),
		seen(events.Removed, 1, -1),
	} {
		got, changed := desk().Observe(doc, in, at(9))
		require.False(t, changed)
		require.Equal(t, doc, got)
	}
}

func TestObserve_Edited_KeepsEarlierText(t *testing.T) {
	doc := opened()
	got, _ := desk().Observe(doc, seen(events.Edited, 2, 10, analysed(positive("1")), func(in *events.ReviewTagged) { in.Rating = stars(5) }), at(11))
	require.Equal(t, "text 2", got.Text)
	require.Equal(t, 2, got.Version)
	require.Len(t, got.Earlier, 1)
	require.Equal(t, "text 1", got.Earlier[0].Text)
	require.Equal(t, review.Negative, got.Earlier[0].Analysis.Overall)
	require.Equal(t, at(24*60), got.Case.DueAt, "an edit never postpones")
	last := got.Outbox[2]
	require.Equal(t, map[string]any{"version": 1, "text": "text 1", "rating": 2.0}, last.Before)
	require.Equal(t, map[string]any{"version": 2, "text": "text 2", "rating": 5.0}, last.After)

	for v := 3; v <= collections.MaxVersions+5; v++ {
		got, _ = desk().Observe(got, seen(events.Edited, v, 10*v), at(10*v+1))
	}
	require.Len(t, got.Earlier, collections.MaxVersions)
	require.Equal(t, 5, got.Earlier[0].Version)
}

func TestObserve_EditBecomesUrgent_DueSooner(t *testing.T) {
	worse := negative("1")
	worse.Urgent = []review.Urgent{review.SafetyHarm}
	got, _ := desk().Observe(opened(), seen(events.Edited, 2, 60, analysed(worse)), at(61))
	require.Equal(t, at(60+4*60), got.Case.DueAt)
	require.True(t, got.Urgent)
	require.Equal(t, "2026-03-02T14:00:00Z", got.Outbox[2].After["due_at"])
	require.Equal(t, "2026-03-03T09:00:00Z", got.Outbox[2].Before["due_at"])
	require.Equal(t, []review.Urgent{review.SafetyHarm}, got.Outbox[2].After["urgent"], "whoever tells people of it reads it here")
	require.Equal(t, []review.Urgent{}, got.Outbox[2].Before["urgent"])
}

func TestObserve_OnlyTheAuthorsNameEdited_ClosedCaseStaysClosed(t *testing.T) {
	doc := with(t, review.Resolved)
	got, changed := desk().Observe(doc, seen(events.Edited, 2, 10, text("text 1"), func(in *events.ReviewTagged) { in.Author = "Patricia" }), at(11))
	require.True(t, changed)
	require.Equal(t, review.Resolved, got.Case.Status)
	require.Equal(t, []string{"text_edited"}, types(got))
}

func TestObserve_LaterAnalysis_Retags(t *testing.T) {
	doc := opened()
	a := negative("2")
	a.Urgent = []review.Urgent{review.LegalThreat}
	got, changed := desk().Observe(doc, seen(events.Posted, 1, 0, analysed(a)), at(30))
	require.True(t, changed)
	require.Equal(t, "retagged", got.Outbox[2].Type)
	require.Equal(t, at(4*60), got.Case.DueAt)
	require.Equal(t, "2", got.Analysis.Version)
	_, changed = desk().Observe(got, seen(events.Posted, 1, 0), at(31))
	require.False(t, changed, "an earlier analysis says nothing")

	got, _ = desk().Observe(with(t, review.Resolved), seen(events.Posted, 1, 0, analysed(a)), at(30))
	require.Equal(t, review.Resolved, got.Case.Status)
	require.True(t, got.Case.DueAt.IsZero())
}

func TestObserve_RemovedAndRestored_ByTimeOfObservation(t *testing.T) {
	doc := opened()
	gone, _ := desk().Observe(doc, seen(events.Removed, 1, 10, bare), at(11))
	require.True(t, gone.Removed)
	require.Equal(t, at(10), gone.RemovedAt)
	require.Equal(t, "text 1", gone.Text)
	require.True(t, gone.Case.DueAt.IsZero())

	_, changed := desk().Observe(gone, seen(events.Posted, 1, 0), at(12))
	require.False(t, changed, "what was seen before the removal does not restore")

	back, _ := desk().Observe(gone, seen(events.Posted, 1, 20), at(21))
	require.False(t, back.Removed)
	require.Equal(t, []string{"received", "assigned", "removed", "restored"}, types(back))
	require.Equal(t, at(20+24*60), back.Case.DueAt)

	_, changed = desk().Observe(back, seen(events.Removed, 1, 10, bare), at(22))
	require.False(t, changed, "the old removal again")
	again, _ := desk().Observe(back, seen(events.Removed, 1, 30, bare), at(31))
	require.True(t, again.Removed)
}

func TestObserve_ReplyGoneFromTheSite_RecordedOnly(t *testing.T) {
	doc := opened(replied("Thanks"))
	got, _ := desk().Observe(doc, seen(events.SourceReply, 1, 10), at(11))
	require.Nil(t, got.SourceReply)
	require.Equal(t, review.Replied, got.Case.Status)
	require.Equal(t, "reply_seen", got.Outbox[len(got.Outbox)-1].Type)
}

func TestObserve_TextOfAReviewKnownOnlyAsRemoved_FillsIt(t *testing.T) {
	doc := desk().Open(seen(events.Removed, 2, 10, bare), routing.Decision{OwnerID: "p1"}, at(11))
	got, changed := desk().Observe(doc, seen(events.Posted, 1, 0), at(12))
	require.True(t, changed)
	require.Equal(t, "text 1", got.Text)
	require.True(t, got.Removed)
	require.Empty(t, got.Earlier)
	got, _ = desk().Observe(got, seen(events.Edited, 2, 5), at(13))
	require.Equal(t, "text 2", got.Text)
	require.True(t, got.Removed)
}

func TestAssign_SameOwner_ChangesNothing(t *testing.T) {
	doc := opened()
	_, changed := desk().Assign(doc, "p1", "", person("p9"), at(2))
	require.False(t, changed)
	got, changed := desk().Assign(doc, "p2", "holiday", person("p9"), at(2))
	require.True(t, changed)
	require.Equal(t, "p2", got.Case.OwnerID)
	require.Equal(t, doc.Case.DueAt, got.Case.DueAt, "the clock runs on")
	require.Equal(t, map[string]any{"owner_id": "p1"}, got.Outbox[2].Before)
}

func TestAddNote_SameID_OneNote(t *testing.T) {
	doc, changed, err := desk().AddNote(opened(), "n1", "called her", person("p1"), at(2))
	require.NoError(t, err)
	require.True(t, changed)
	_, changed, err = desk().AddNote(doc, "n1", "called her", person("p1"), at(3))
	require.NoError(t, err)
	require.False(t, changed)
	for i := range casework.MaxNotes - 1 {
		doc, _, err = desk().AddNote(doc, fmt.Sprint("m", i), "x", person("p1"), at(3))
		require.NoError(t, err)
	}
	_, _, err = desk().AddNote(doc, "one more", "x", person("p1"), at(3))
	var full *casework.NotesError
	require.True(t, errors.As(err, &full))
}

func TestDrained_PartOfTheOutbox_RestStays(t *testing.T) {
	doc := opened()
	got := casework.Drained(doc, 1)
	require.True(t, got.HasOutbox)
	require.Equal(t, []string{"assigned"}, types(got))
	got = casework.Drained(doc, 2)
	require.False(t, got.HasOutbox)
	require.Nil(t, got.Outbox)
	require.Len(t, doc.Outbox, 2)
}
