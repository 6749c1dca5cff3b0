package casework_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/libs/sla"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

const hour = sla.Duration(time.Hour)

// office is a plan with all there is: three targets on the hours of an office, an escalation
// path, approval of replies to negative reviews, and a list of root causes.
func office() routing.Plan {
	approval := true
	return routing.Plan{
		RootCauses: []string{"waiting", "billing"},
		Calendars: map[string]sla.Calendar{"office": {
			Hours: map[string][]string{"mon-fri": {"08:00-12:00", "13:00-17:00"}},
		}},
		Policies: map[string]sla.Policy{
			"calm": {FirstReply: 16 * hour, NextStep: 8 * hour, Resolution: 40 * hour, Calendar: "office"},
			"hot": {
				FirstReply: 4 * hour, NextStep: 2 * hour, Resolution: 16 * hour, SoonBefore: hour, Calendar: "office",
				Escalation: []sla.Step{{After: hour, To: "team:leads", Priority: collections.PriorityUrgent}, {After: 2 * hour, To: sla.LocationManager}},
			},
		},
		Tree: routing.Node{Name: "root", SLA: "calm", Routes: []routing.Node{
			{Name: "bad", Match: routing.Match{Polarity: []string{"negative"}}, SLA: "hot", Priority: collections.PriorityHigh, Approval: &approval, Notify: []string{"desk"}},
		}},
	}
}

// chicago is a time at the location on a day of March 2026; the second is a Monday.
func chicago(day, hh, mm int) time.Time {
	zone, err := time.LoadLocation("America/Chicago")
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 3, day, hh, mm, 0, 0, zone).UTC()
}

// arrives is a review that was first seen at a time, negative unless adjusted.
func arrives(when time.Time, adjust ...func(*events.ReviewTagged)) events.ReviewTagged {
	in := seen(events.Posted, 1, 0, adjust...)
	in.FirstSeenAt, in.ObservedAt = when, when
	return in
}

func atOffice(t *testing.T, when time.Time, adjust ...func(*events.ReviewTagged)) collections.Review {
	t.Helper()
	doc := by(office()).Open(arrives(when, adjust...), routing.Decision{OwnerID: "p1", Rule: routing.LeastLoad}, when)
	return casework.Drained(doc, doc.Seq)
}

func TestOpen_PlanWithCalendar_RoutedWithThreeClocks(t *testing.T) {
	doc := by(office()).Open(arrives(chicago(6, 16, 0)), routing.Decision{OwnerID: "p1", Rule: routing.LeastLoad}, chicago(6, 16, 0))
	k := doc.Case
	require.Equal(t, collections.PriorityHigh, k.Priority)
	require.Equal(t, "hot", k.Policy)
	require.True(t, k.Approval)
	require.Equal(t, []string{"desk"}, k.Notify)
	require.Equal(t, []string{"root", "bad"}, k.Route)
	require.Equal(t, 1, k.PlanVersion)
	// Friday 16:00: an hour is left, the weekend does not count, and the clocks change on Sunday.
	require.Equal(t, chicago(9, 11, 0), k.FirstReply.DueAt)
	require.Equal(t, chicago(9, 10, 0), k.FirstReply.SoonAt)
	require.Equal(t, chicago(9, 9, 0), k.NextStep.DueAt)
	require.Equal(t, chicago(10, 16, 0), k.Resolution.DueAt)
	require.Equal(t, chicago(9, 9, 0), k.DueAt, "the earliest of the clocks that run")
	require.Equal(t, chicago(6, 17, 0), k.WakeAt, "an hour of the office before the next step is due")
	require.Equal(t, "hot", doc.Outbox[0].After["policy"])
	require.Equal(t, []string{"root", "bad"}, doc.Outbox[0].After["route"])
}

func TestSetStatus_Hold_StopsEveryClockAndSaysSo(t *testing.T) {
	d := by(office())
	doc := atOffice(t, chicago(2, 8, 0))
	_, _, err := d.SetStatus(doc, casework.StatusChange{To: review.OnHold}, person("p1"), chicago(2, 9, 0))
	var missing *casework.ReasonError
	require.ErrorAs(t, err, &missing)
	_, _, err = d.SetStatus(doc, casework.StatusChange{To: review.OnHold, Reason: "waits", Until: chicago(2, 9, 0)}, person("p1"), chicago(2, 9, 0))
	var past *casework.TimeError
	require.ErrorAs(t, err, &past)

	held, _, err := d.SetStatus(doc, casework.StatusChange{To: review.OnHold, Reason: "waits for the insurer", Until: chicago(5, 9, 0)}, person("p1"), chicago(2, 9, 0))
	require.NoError(t, err)
	require.Equal(t, "waits for the insurer", held.Case.HoldReason)
	require.True(t, held.Case.DueAt.IsZero())
	require.Equal(t, chicago(5, 9, 0), held.Case.WakeAt, "nothing else happens by itself")
	require.Equal(t, int64(3600), held.Case.FirstReply.SpentSeconds)
	require.Equal(t, chicago(2, 9, 0), held.Case.FirstReply.PausedAt)
	e := lastOf(t, held, collections.EventStatusChanged)
	require.Equal(t, "paused", e.After["clocks"])
	require.Nil(t, e.After["due_at"])

	_, changed, err := d.SetStatus(held, casework.StatusChange{To: review.OnHold, Reason: "waits for the insurer"}, person("p1"), chicago(2, 10, 0))
	require.NoError(t, err)
	require.False(t, changed)
	longer, changed, err := d.SetStatus(held, casework.StatusChange{To: review.OnHold, Until: chicago(6, 9, 0)}, person("p1"), chicago(2, 10, 0))
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, chicago(6, 9, 0), longer.Case.WakeAt)

	_, changed = d.Tick(held, chicago(5, 8, 59))
	require.False(t, changed)
	back, changed := d.Tick(held, chicago(5, 9, 0))
	require.True(t, changed)
	require.Equal(t, review.Open, back.Case.Status)
	require.Equal(t, chicago(5, 12, 0), back.Case.FirstReply.DueAt, "three of four hours are left")
	require.Empty(t, back.Case.HoldReason)
	require.True(t, back.Case.HeldUntil.IsZero())
	e = lastOf(t, back, collections.EventStatusChanged)
	require.Equal(t, "running", e.After["clocks"])
	require.Equal(t, collections.ActorSystem, e.By.Kind)
}

func TestAssign_AnyOwner_NoClockStartsAnew(t *testing.T) {
	d := by(office())
	doc := atOffice(t, chicago(2, 8, 0))
	got, _ := d.Assign(doc, "p2", "", person("p9"), chicago(2, 9, 0))
	require.Equal(t, doc.Case.FirstReply, got.Case.FirstReply)
	require.Equal(t, doc.Case.NextStep, got.Case.NextStep)
	require.Equal(t, doc.Case.Resolution, got.Case.Resolution)
}

func TestStep_ByAPerson_NextStepStartsAnew(t *testing.T) {
	d := by(office())
	doc := atOffice(t, chicago(2, 8, 0))
	require.Equal(t, chicago(2, 10, 0), doc.Case.NextStep.DueAt)
	steps := map[string]func(collections.Review) (collections.Review, error){
		"note": func(doc collections.Review) (collections.Review, error) {
			out, _, err := d.AddNote(doc, "n", "x", person("p1"), chicago(2, 9, 0))
			return out, err
		},
		"status": func(doc collections.Review) (collections.Review, error) {
			out, _, err := d.SetStatus(doc, casework.StatusChange{To: review.Open}, person("p1"), chicago(2, 9, 0))
			return out, err
		},
		"draft": func(doc collections.Review) (collections.Review, error) {
			out, _, err := d.SaveDraft(doc, casework.DraftSave{Text: "Thanks"}, person("p1"), chicago(2, 9, 0))
			return out, err
		},
		"promise": func(doc collections.Review) (collections.Review, error) {
			out, _, err := d.AddCommitment(doc, casework.Commitment{ID: "c", Text: "call", DueAt: chicago(4, 9, 0)}, person("p1"), chicago(2, 9, 0))
			return out, err
		},
	}
	for name, step := range steps {
		got, err := step(doc)
		require.NoError(t, err, name)
		require.Equal(t, chicago(2, 11, 0), got.Case.NextStep.DueAt, name)
		require.Equal(t, doc.Case.FirstReply, got.Case.FirstReply, name)
		require.Equal(t, doc.Case.Resolution, got.Case.Resolution, name)
	}
	got, _ := d.Observe(doc, seen(events.Posted, 1, 999, analysed(negative("9"))), chicago(2, 9, 0))
	require.Equal(t, doc.Case.NextStep, got.Case.NextStep, "what machines do is no step")
}

func TestClocks_ReplyThenResolution_EachMetByItsOwn(t *testing.T) {
	d := by(office())
	doc := atOffice(t, chicago(2, 8, 0))
	answer := seen(events.SourceReply, 1, 0, func(in *events.ReviewTagged) {
		in.ObservedAt = chicago(2, 11, 0)
		in.Reply = &events.Reply{Text: "Thank you", UpdatedAt: chicago(2, 10, 30)}
	})
	doc, _ = d.Observe(doc, answer, chicago(2, 11, 1))
	require.Equal(t, review.Replied, doc.Case.Status)
	require.Equal(t, chicago(2, 10, 30), doc.Case.FirstReply.MetAt, "as the site says")
	require.Equal(t, int64(2*3600+1800), doc.Case.FirstReply.SpentSeconds)
	require.False(t, doc.Case.NextStep.MetAt.IsZero())
	require.Equal(t, chicago(3, 17, 0), doc.Case.DueAt, "the resolution is still to come")
	_, _, err := d.SetStatus(doc, casework.StatusChange{To: review.Resolved}, person("p1"), chicago(2, 14, 0))
	var causes *casework.RootCauseError
	require.ErrorAs(t, err, &causes)
	require.Equal(t, []string{"waiting", "billing"}, causes.Causes)
	_, _, err = d.SetStatus(doc, casework.StatusChange{To: review.Resolved, RootCause: "the weather"}, person("p1"), chicago(2, 14, 0))
	require.ErrorAs(t, err, &causes)
	doc, _, err = d.SetStatus(doc, casework.StatusChange{To: review.Resolved, RootCause: "waiting"}, person("p1"), chicago(2, 14, 0))
	require.NoError(t, err)
	require.Equal(t, "waiting", doc.Case.RootCause)
	require.Equal(t, "waiting", lastOf(t, doc, collections.EventStatusChanged).After["root_cause"])
	require.Equal(t, chicago(2, 14, 0), doc.Case.Resolution.MetAt)
	require.True(t, doc.Case.DueAt.IsZero())
	require.True(t, doc.Case.WakeAt.IsZero())

	again, _, err := d.SetStatus(doc, casework.StatusChange{To: review.Open}, person("p1"), chicago(3, 8, 0))
	require.NoError(t, err)
	require.Equal(t, chicago(3, 8, 0), again.Case.FirstReply.StartedAt)
	require.Equal(t, chicago(3, 8, 0), again.Case.Resolution.StartedAt)
	require.Equal(t, chicago(3, 10, 0), again.Case.DueAt)
	_, _, err = d.SetStatus(again, casework.StatusChange{To: review.Resolved}, person("p1"), chicago(3, 9, 0))
	require.NoError(t, err, "what was behind it is known")
}

func TestSetStatus_PositiveReviewResolved_NoRootCauseNeeded(t *testing.T) {
	d := by(office())
	doc := atOffice(t, chicago(2, 8, 0), analysed(positive("1")), func(in *events.ReviewTagged) { in.Rating = stars(5) })
	_, _, err := d.SetStatus(doc, casework.StatusChange{To: review.Resolved}, person("p1"), chicago(2, 9, 0))
	require.NoError(t, err)
	_, _, err = d.SetStatus(doc, casework.StatusChange{To: review.Resolved, RootCause: "the weather"}, person("p1"), chicago(2, 9, 0))
	var causes *casework.RootCauseError
	require.ErrorAs(t, err, &causes, "but if one is given it is of the list")
}

func TestClosed_WithoutReply_FirstReplyNeitherMetNorDue(t *testing.T) {
	doc, _, err := by(office()).SetStatus(atOffice(t, chicago(2, 8, 0)), casework.StatusChange{To: review.NoReplyNeeded, Reason: "spam"}, person("p1"), chicago(2, 9, 0))
	require.NoError(t, err)
	require.Equal(t, "spam", doc.Case.ClosedReason)
	require.True(t, doc.Case.FirstReply.MetAt.IsZero())
	require.Equal(t, chicago(2, 9, 0), doc.Case.FirstReply.PausedAt)
	require.True(t, doc.Case.DueAt.IsZero())
	doc, _ = by(office()).Tick(doc, chicago(30, 9, 0))
	require.Equal(t, []string{"status_changed"}, types(doc))
}

func TestOpen_TooOldWhenItArrived_NoClockUntilSomebodyTakesIt(t *testing.T) {
	d := by(office())
	doc := d.Open(arrives(chicago(2, 8, 0)), routing.Decision{Rule: routing.Old, Reason: "old"}, chicago(2, 8, 0))
	require.True(t, doc.Case.DueAt.IsZero())
	require.True(t, doc.Case.WakeAt.IsZero())
	require.False(t, doc.Case.Queued)
	_, changed := d.Place(doc, routing.Decision{OwnerID: "p1"}, chicago(2, 9, 0))
	require.False(t, changed)
	taken, _ := d.Assign(doc, "p1", "", person("p1"), chicago(3, 8, 0))
	require.Equal(t, chicago(3, 12, 0), taken.Case.FirstReply.DueAt)
	edited, _ := d.Observe(doc, seen(events.Edited, 2, 60*24, analysed(negative("1"))), at(60*24))
	require.False(t, edited.Case.DueAt.IsZero(), "an edit is new")
	require.True(t, edited.Case.Queued)
	require.Equal(t, true, lastOf(t, edited, collections.EventTextEdited).After["queued"])
}

func TestPlace_QueuedCase_GetsItsOwnerOnce(t *testing.T) {
	d := by(office())
	doc := d.Open(arrives(chicago(2, 8, 0)), routing.Decision{Rule: routing.Waiting, Reason: "all full", Queued: true}, chicago(2, 8, 0))
	require.True(t, doc.Case.Queued)
	require.Equal(t, map[string]any{"owner_id": "", "queued": true}, doc.Outbox[1].After)
	require.False(t, doc.Case.DueAt.IsZero(), "its clocks run: a reply is due whoever has it")
	_, changed := d.Place(doc, routing.Decision{Rule: routing.Waiting, Queued: true}, chicago(2, 9, 0))
	require.False(t, changed)
	placed, changed := d.Place(doc, routing.Decision{OwnerID: "p2", Rule: routing.LeastLoad, Reason: "room again"}, chicago(2, 9, 0))
	require.True(t, changed)
	require.Equal(t, "p2", placed.Case.OwnerID)
	require.False(t, placed.Case.Queued)
	require.Equal(t, "routing.least_load", lastOf(t, placed, collections.EventAssigned).By.ID)
	require.Equal(t, doc.Case.FirstReply, placed.Case.FirstReply)
	_, changed = d.Place(placed, routing.Decision{OwnerID: "p3"}, chicago(2, 9, 5))
	require.False(t, changed)

	answered, _ := d.Observe(doc, seen(events.SourceReply, 1, 60*24, replied("Hi")), at(60*24))
	require.False(t, answered.Case.Queued, "nobody need take what is answered")
	open, _, err := d.SetStatus(answered, casework.StatusChange{To: review.Open}, person("p9"), at(60*25))
	require.NoError(t, err)
	require.True(t, open.Case.Queued, "open again, it waits for somebody again")
	gone, _ := d.Observe(answered, seen(events.Removed, 1, 60*26, bare), at(60*26))
	gone, _, err = d.SetStatus(gone, casework.StatusChange{To: review.Open}, person("p9"), at(60*27))
	require.NoError(t, err)
	require.False(t, gone.Case.Queued, "nobody can answer it now")
	back, _ := d.Observe(gone, seen(events.Posted, 1, 60*28), at(60*28))
	require.True(t, back.Case.Queued)
}

func TestRetag_OtherPolicy_TargetsAsIfItHadCountedAllAlong(t *testing.T) {
	d := by(office())
	doc := atOffice(t, chicago(2, 8, 0), analysed(positive("1")))
	require.Equal(t, chicago(3, 17, 0), doc.Case.FirstReply.DueAt)
	got, _ := d.Observe(doc, seen(events.Posted, 1, 0, analysed(negative("2"))), chicago(2, 10, 0))
	require.Equal(t, []string{"retagged", "routed"}, types(got))
	routedEvent := got.Outbox[1]
	require.Equal(t, map[string]any{"priority": "high", "policy": "hot", "approval": true, "route": []string{"root", "bad"}}, routedEvent.After)
	require.Equal(t, chicago(2, 12, 0), got.Case.FirstReply.DueAt)
	require.Equal(t, chicago(2, 8, 0), got.Case.FirstReply.StartedAt)
	require.Equal(t, chicago(2, 10, 0).Format(time.RFC3339Nano), got.Outbox[0].After["due_at"], "the event of the cause tells it: the next step is due first")
}

func TestTurnsNegative_ClosedCase_OpensAgain(t *testing.T) {
	d := by(office())
	doc := atOffice(t, chicago(2, 8, 0), analysed(positive("1")))
	closed, _, err := d.SetStatus(doc, casework.StatusChange{To: review.Resolved}, person("p1"), chicago(2, 9, 0))
	require.NoError(t, err)
	got, _ := d.Observe(closed, seen(events.Posted, 1, 0, analysed(negative("2"))), chicago(4, 10, 0))
	require.Equal(t, review.Open, got.Case.Status)
	require.Equal(t, chicago(4, 10, 0), got.Case.FirstReply.StartedAt)
	got, _, err = d.Correct(closed, casework.Judgement{Overall: review.Negative}, "", person("p2"), chicago(4, 10, 0))
	require.NoError(t, err)
	require.Equal(t, review.Open, got.Case.Status)
	require.Equal(t, person("p2"), lastOf(t, got, collections.EventStatusChanged).By)
	mixed := positive("2")
	mixed.Overall = review.Mixed
	got, _ = d.Observe(closed, seen(events.Posted, 1, 0, analysed(mixed)), chicago(4, 10, 0))
	require.Equal(t, review.Resolved, got.Case.Status)
}

func TestBegin_CaseFromBeforeThereWerePlans_IsDueAsItWas(t *testing.T) {
	doc := with(t, review.Open)
	doc.Case = collections.Case{Status: review.Open, OwnerID: "p1", AssignedAt: at(1), OpenedAt: at(1), UpdatedAt: at(2), ClockAt: at(0), DueAt: at(24 * 60)}
	got, _, err := desk().AddNote(doc, "n", "hello", person("p1"), at(5))
	require.NoError(t, err)
	require.Equal(t, at(24*60), got.Case.DueAt)
	require.Equal(t, at(24*60), got.Case.FirstReply.DueAt)
	require.Equal(t, at(18*60), got.Case.WakeAt)
	require.NotContains(t, got.Outbox[0].After, "due_at")
}
