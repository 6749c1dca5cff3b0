package casework_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

// told lists the events of a document as type and clock.
func told(doc collections.Review) []string {
	out := []string{}
	for _, e := range doc.Outbox {
		clock, _ := e.After["clock"].(string)
		out = append(out, e.Type+" "+clock)
	}
	return out
}

// run ticks whenever the case wants it until a time, and requires that it never stands still.
func run(t *testing.T, d casework.Desk, doc collections.Review, until time.Time) collections.Review {
	t.Helper()
	for n := 0; !doc.Case.WakeAt.IsZero() && !doc.Case.WakeAt.After(until); n++ {
		require.Less(t, n, 100)
		now := doc.Case.WakeAt
		next, changed := d.Tick(doc, now)
		require.True(t, changed, "nothing to do at %v", now)
		require.True(t, next.Case.WakeAt.IsZero() || next.Case.WakeAt.After(now))
		_, again := d.Tick(next, now)
		require.False(t, again)
		doc = next
	}
	return doc
}

func TestTick_NobodyDoesAnything_EachTargetToldOnceAndEscalated(t *testing.T) {
	d := by(office())
	doc := run(t, d, atOffice(t, chicago(2, 8, 0)), chicago(30, 0, 0))
	require.Equal(t, []string{
		"due_soon next_step", "overdue next_step", "due_soon first_reply", "escalated ", "overdue first_reply", "escalated ",
		"due_soon resolution", "overdue resolution",
	}, told(doc))
	e := lastOf(t, doc, collections.EventEscalated)
	require.Equal(t, map[string]any{"step": 2, "to": "location_manager"}, e.After)
	first := doc.Outbox[3]
	require.Equal(t, map[string]any{"priority": "high"}, first.Before)
	require.Equal(t, map[string]any{"step": 1, "to": "team:leads", "priority": "urgent"}, first.After)
	require.Equal(t, chicago(2, 11, 0), first.At, "an hour of the office after the next step was due")
	require.Equal(t, "p1", doc.Case.OwnerID, "it stays with its owner")
	require.Equal(t, collections.PriorityUrgent, doc.Case.Priority)
	require.True(t, doc.Case.WakeAt.IsZero())
	require.Equal(t, chicago(2, 10, 0), doc.Case.DueAt, "it goes on being overdue")
}

func TestTick_AnsweredInTime_NothingIsOverdue(t *testing.T) {
	d := by(office())
	doc, _ := d.Observe(atOffice(t, chicago(2, 8, 0)), seen(events.SourceReply, 1, 24*60, replied("Thanks")), chicago(2, 9, 30))
	doc, _, err := d.SetStatus(doc, casework.StatusChange{To: review.Resolved, RootCause: "waiting"}, person("p1"), chicago(2, 9, 40))
	require.NoError(t, err)
	got, changed := d.Tick(doc, chicago(30, 9, 0))
	require.False(t, changed)
	require.Equal(t, doc, got)
}

func TestTick_NightsAndWeekends_NobodyIsTold(t *testing.T) {
	doc := run(t, by(office()), atOffice(t, chicago(6, 16, 30)), chicago(30, 0, 0))
	for _, e := range doc.Outbox {
		local := e.At.In(chicago(6, 0, 0).Location()).Add(-5 * time.Hour)
		require.NotContains(t, []time.Weekday{time.Saturday, time.Sunday}, local.Weekday(), "%s at %v", e.Type, e.At)
		require.GreaterOrEqual(t, local.Hour(), 8, "%s at %v", e.Type, e.At)
		require.LessOrEqual(t, local.Hour(), 17, "%s at %v", e.Type, e.At)
	}
	require.NotEmpty(t, doc.Outbox)
}

func TestTick_LongAfterAnOutage_OverdueWithoutDueSoon(t *testing.T) {
	got, changed := by(office()).Tick(atOffice(t, chicago(2, 8, 0)), chicago(20, 10, 0))
	require.True(t, changed)
	require.Equal(t, []string{"overdue first_reply", "overdue next_step", "overdue resolution", "escalated ", "escalated "}, told(got))
}

func TestTick_OnHoldWhileOverdue_NoEscalationAndThenOnFromThere(t *testing.T) {
	d := by(office())
	doc := run(t, d, atOffice(t, chicago(2, 8, 0)), chicago(2, 11, 0))
	require.Equal(t, 1, doc.Case.Escalated)
	doc, _, err := d.SetStatus(doc, casework.StatusChange{To: review.OnHold, Reason: "waits"}, person("p1"), chicago(2, 11, 5))
	require.NoError(t, err)
	require.True(t, doc.Case.WakeAt.IsZero())
	_, changed := d.Tick(doc, chicago(9, 9, 0))
	require.False(t, changed)
}

func TestTick_EscalatedThenSomebodyActs_PathBeginsAnew(t *testing.T) {
	d := by(office())
	doc := run(t, d, atOffice(t, chicago(2, 8, 0)), chicago(2, 11, 0))
	doc, _, err := d.AddNote(doc, "n", "on it", person("p1"), chicago(2, 11, 10))
	require.NoError(t, err)
	require.Zero(t, doc.Case.Escalated)
	require.Equal(t, collections.PriorityUrgent, doc.Case.Priority)
	doc = run(t, d, doc, chicago(2, 14, 0))
	require.Equal(t, []string{"overdue first_reply", "due_soon next_step", "escalated "}, told(doc)[len(told(doc))-3:])
	require.Equal(t, 1, lastOf(t, doc, collections.EventEscalated).After["step"])
}

func TestSnooze_UntilATime_WokenByTimeEditUrgencyAndReply(t *testing.T) {
	d := desk()
	doc := with(t, review.Open)
	snoozed, changed, err := d.Snooze(doc, at(600), person("p1"), at(10))
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, at(600), snoozed.Case.WakeAt)
	require.Equal(t, doc.Case.DueAt, snoozed.Case.DueAt, "no clock stops")
	_, changed, err = d.Snooze(snoozed, at(600), person("p1"), at(11))
	require.NoError(t, err)
	require.False(t, changed)
	var past *casework.TimeError
	_, _, err = d.Snooze(doc, at(9), person("p1"), at(10))
	require.ErrorAs(t, err, &past)
	var closed *casework.SnoozeError
	_, _, err = d.Snooze(with(t, review.Resolved), at(600), person("p1"), at(10))
	require.ErrorAs(t, err, &closed)

	urgent := negative("2")
	urgent.Urgent = []review.Urgent{review.Privacy}
	woken := map[string]collections.Review{}
	woken["time"], _ = d.Tick(snoozed, at(600))
	woken["edit"], _ = d.Observe(snoozed, seen(events.Edited, 2, 20), at(20))
	woken["urgent"], _ = d.Observe(snoozed, seen(events.Posted, 1, 20, analysed(urgent)), at(20))
	woken["refused reply"], _ = d.Observe(snoozed, seen(events.SourceReply, 1, 20, moderated("Hi", events.ReplyRejected, "")), at(20))
	woken["person"], _, err = d.Snooze(snoozed, time.Time{}, person("p1"), at(20))
	require.NoError(t, err)
	for name, got := range woken {
		require.True(t, got.Case.SnoozedUntil.IsZero(), name)
		lastOf(t, got, collections.EventWoken)
	}
	answered, _ := d.Observe(snoozed, seen(events.SourceReply, 1, 20, replied("Hi")), at(20))
	require.True(t, answered.Case.SnoozedUntil.IsZero())
}

func TestMerge_AndBack_MarksAndOpens(t *testing.T) {
	d := by(office())
	for _, status := range []review.Status{review.New, review.Open, review.WaitingApproval, review.OnHold, review.Replied, review.Resolved, review.NoReplyNeeded} {
		doc := with(t, status)
		got, changed, err := d.Merge(doc, "r_2", person("p1"), at(10))
		require.NoError(t, err)
		require.True(t, changed)
		require.Equal(t, "r_2", got.Case.MergedInto)
		require.False(t, got.Case.Status.Pending(), status)
		require.Equal(t, "r_2", lastOf(t, got, collections.EventMerged).After["merged_into"])
		_, changed, err = d.Merge(got, "r_2", person("p1"), at(11))
		require.NoError(t, err)
		require.False(t, changed)
		back, _, err := d.Merge(got, "", person("p1"), at(12))
		require.NoError(t, err)
		require.Empty(t, back.Case.MergedInto)
		if status == review.Resolved || status == review.NoReplyNeeded {
			require.Equal(t, status, back.Case.Status, "the merge did not close it")
		} else {
			require.Equal(t, review.Open, back.Case.Status)
		}
	}
	_, _, err := d.Merge(opened(), "r_1", person("p1"), at(10))
	var self *casework.MergeError
	require.ErrorAs(t, err, &self)
}

func TestTwinKey_SameWordsOnTwoSites_SameKey(t *testing.T) {
	const words = "They didn't call me back for two weeks, twice."
	key := casework.TwinKey("o", "Pat  Doe", words)
	require.NotEmpty(t, key)
	require.Equal(t, key, casework.TwinKey("o", "pat doe", "they didn\u2019t call me back - for two WEEKS... twice"))
	require.NotEqual(t, key, casework.TwinKey("o2", "Pat Doe", words))
	require.NotEqual(t, key, casework.TwinKey("o", "Sam Doe", words))
	require.Empty(t, casework.TwinKey("o", "Pat", "Great place, very kind and nice staff"))
	require.Empty(t, casework.TwinKey("o", "", words))
	doc := opened(text(words))
	require.Equal(t, casework.TwinKey("o", "Pat", words), doc.TwinKey)
}

func TestCommitment_Life_RemindedAndMissedOnce(t *testing.T) {
	d := desk()
	doc, changed, err := d.AddCommitment(with(t, review.Open), casework.Commitment{ID: "c1", Text: "call her back", DueAt: at(72 * 60)}, person("p2"), at(0))
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, "p1", doc.Commitments[0].OwnerID, "the owner of the case")
	require.Equal(t, at(72*60), doc.CommitmentDueAt)
	doc, _, err = d.AddCommitment(doc, casework.Commitment{ID: "c2", Text: "send the form", OwnerID: "p3", DueAt: at(60)}, person("p2"), at(0))
	require.NoError(t, err)
	require.Equal(t, at(60), doc.CommitmentDueAt)
	_, changed, err = d.AddCommitment(doc, casework.Commitment{ID: "c2", Text: "other"}, person("p2"), at(0))
	require.NoError(t, err)
	require.False(t, changed)
	doc, _, err = d.SetStatus(doc, casework.StatusChange{To: review.Resolved}, person("p1"), at(1))
	require.NoError(t, err)
	require.Equal(t, at(30), doc.Case.WakeAt, "of one made for soon, at half the time; a promise outlives its case")

	doc = run(t, d, casework.Drained(doc, doc.Seq), at(100*60))
	require.Equal(t, []string{"commitment_due", "commitment_missed", "commitment_due", "commitment_missed"}, types(doc))
	require.Equal(t, at(48*60), doc.Outbox[2].At)
	require.Equal(t, "p3", doc.Outbox[0].After["owner_id"])

	doc, _, err = d.ChangeCommitment(doc, "c1", casework.CommitmentChange{DueAt: at(200 * 60), OwnerID: "p4"}, person("p2"), at(101*60))
	require.NoError(t, err)
	e := lastOf(t, doc, collections.EventCommitmentChanged)
	require.Equal(t, "p1", e.Before["owner_id"])
	require.True(t, doc.Commitments[0].MissedAt.IsZero(), "moved, it is not missed")
	require.Equal(t, at(176*60), doc.Case.WakeAt)
	doc, _, err = d.ChangeCommitment(doc, "c1", casework.CommitmentChange{State: casework.CommitmentKept}, person("p4"), at(102*60))
	require.NoError(t, err)
	require.Equal(t, person("p4"), *doc.Commitments[0].DoneBy)
	require.True(t, doc.Case.WakeAt.IsZero())
	require.Equal(t, at(60), doc.CommitmentDueAt, "the missed one is still open")
	_, _, err = d.ChangeCommitment(doc, "c2", casework.CommitmentChange{State: casework.CommitmentDropped}, person("p4"), at(102*60))
	var missing *casework.ReasonError
	require.ErrorAs(t, err, &missing)
	doc, _, err = d.ChangeCommitment(doc, "c2", casework.CommitmentChange{State: casework.CommitmentDropped, Reason: "not needed"}, person("p4"), at(102*60))
	require.NoError(t, err)
	require.True(t, doc.CommitmentDueAt.IsZero())
	doc, _, err = d.ChangeCommitment(doc, "c1", casework.CommitmentChange{State: casework.CommitmentOpen}, person("p4"), at(103*60))
	require.NoError(t, err)
	require.Equal(t, at(200*60), doc.CommitmentDueAt)
	_, _, err = d.ChangeCommitment(doc, "c9", casework.CommitmentChange{}, person("p4"), at(103*60))
	var none *casework.CommitmentError
	require.ErrorAs(t, err, &none)
	require.True(t, none.Missing)
}

func TestAddCommitment_FullOfOpenOnes_Refused(t *testing.T) {
	d := desk()
	doc := with(t, review.Open)
	add := func(id string) (err error) {
		var next collections.Review
		if next, _, err = d.AddCommitment(doc, casework.Commitment{ID: id, Text: "x", DueAt: at(999)}, person("p1"), at(3)); err == nil {
			doc = casework.Drained(next, next.Seq)
		}
		return err
	}
	for i := range casework.MaxCommitments {
		require.NoError(t, add(string(rune('A'+i))))
	}
	var full *casework.CommitmentError
	require.ErrorAs(t, add("one more"), &full)
	var err error
	doc, _, err = d.ChangeCommitment(doc, "B", casework.CommitmentChange{State: casework.CommitmentKept}, person("p1"), at(4))
	require.NoError(t, err)
	require.NoError(t, add("one more"))
	require.Len(t, doc.Commitments, casework.MaxCommitments)
}
