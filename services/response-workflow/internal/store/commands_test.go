package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

func decisionFor(owner string) routing.Decision {
	return routing.Decision{OwnerID: owner, Rule: routing.LeastLoad, Reason: "test"}
}

func command(n int) casework.Command {
	return casework.Command{OrgID: org, ReviewID: id(n), By: collections.Actor{Kind: collections.ActorPerson, ID: "m", Name: "Mo"}}
}

func codeOf(t *testing.T, err error) string {
	t.Helper()
	var p *problem.Error
	require.ErrorAs(t, err, &p)
	return p.Code
}

func TestAssign_ToWhom_TakenOrRefused(t *testing.T) {
	w := newWorld(t)
	w.receive(seen(1, events.Posted, 1, 0))
	for owner, code := range map[string]string{"nobody": "owner_not_found", "stranger": "owner_not_found", "gone": "owner_inactive", "v": "owner_cannot_act"} {
		_, err := w.cases.Assign(t.Context(), command(1), owner, "")
		require.Equal(t, problem.Invalid, problem.KindOf(err), owner)
		require.Equal(t, code, codeOf(t, err), owner)
	}
	before := w.review(id(1))
	require.Equal(t, "a", before.Case.OwnerID)
	done, err := w.cases.Assign(t.Context(), command(1), "a", "")
	require.NoError(t, err)
	require.Equal(t, before.Rev, done.Rev, "nothing to do")

	done, err = w.cases.Assign(t.Context(), command(1), "m", "she knows him")
	require.NoError(t, err)
	doc := w.review(id(1))
	require.Equal(t, "m", doc.Case.OwnerID)
	require.Equal(t, doc.Rev, done.Rev)
	require.False(t, doc.HasOutbox)
	history := w.history(id(1))
	require.Len(t, history, 3)
	require.Equal(t, "she knows him", history[2].Reason)
	require.Equal(t, "Mo", history[2].By.Name)
	require.Len(t, w.heard.of(id(1)), 2)

	_, err = w.cases.Assign(t.Context(), command(99), "m", "")
	require.Equal(t, problem.NotFound, problem.KindOf(err))
	elsewhere := command(1)
	elsewhere.OrgID = "o2"
	_, err = w.cases.Assign(t.Context(), elsewhere, "stranger", "")
	require.Equal(t, problem.NotFound, problem.KindOf(err))
}

func TestSetStatus_NotAllowed_SaysWhatIs(t *testing.T) {
	w := newWorld(t)
	w.receive(seen(1, events.Posted, 1, 0))
	_, err := w.cases.SetStatus(t.Context(), command(1), casework.StatusChange{To: review.NoReplyNeeded})
	require.Equal(t, problem.Invalid, problem.KindOf(err))
	require.Equal(t, "reason_required", codeOf(t, err))
	_, err = w.cases.SetStatus(t.Context(), command(1), casework.StatusChange{To: review.Resolved, RootCause: "staff"})
	require.NoError(t, err)
	_, err = w.cases.SetStatus(t.Context(), command(1), casework.StatusChange{To: review.OnHold, Reason: "waiting"})
	require.Equal(t, problem.Conflict, problem.KindOf(err))
	require.Equal(t, "invalid_transition", codeOf(t, err))
	require.ErrorContains(t, err, "it can become: open")
}

func TestCommands_ExpectedRevision_HoldsToWhatWasSeen(t *testing.T) {
	w := newWorld(t)
	w.receive(seen(1, events.Posted, 1, 0))
	cmd := command(1)
	told := w.heard.of(id(1))[0].Rev
	require.Equal(t, told+1, w.review(id(1)).Rev, "emptying the outbox is a revision of its own")
	cmd.ExpectedRev = told
	done, err := w.cases.SetStatus(t.Context(), cmd, casework.StatusChange{To: review.Open})
	require.NoError(t, err, "which nobody has to have seen")
	_, err = w.cases.SetStatus(t.Context(), cmd, casework.StatusChange{To: review.Open})
	require.NoError(t, err, "said again")
	_, err = w.cases.SetStatus(t.Context(), cmd, casework.StatusChange{To: review.Resolved, RootCause: "staff"})
	require.Equal(t, problem.Conflict, problem.KindOf(err))
	require.Equal(t, "rev_mismatch", codeOf(t, err))
	cmd.ExpectedRev = done.Rev
	_, err = w.cases.SetStatus(t.Context(), cmd, casework.StatusChange{To: review.Resolved, RootCause: "staff"})
	require.NoError(t, err)
}

func TestCommands_BrokerAway_DoneAndToldLater(t *testing.T) {
	w := newWorld(t)
	w.receive(seen(1, events.Posted, 1, 0))
	cfg := w.config()
	away := &faults{}
	away.set(1, 1)
	cfg.Announcer = flakyListener{&listener{}, away}
	w.useConfig(cfg)
	done, err := w.cases.AddNote(t.Context(), command(1), "n1", "a note")
	require.NoError(t, err)
	doc := w.review(id(1))
	require.Equal(t, done.Rev, doc.Rev)
	require.True(t, doc.HasOutbox)
	require.Equal(t, []string{"received", "assigned", "note_added"}, w.types(id(1)), "the history has it at once")
	for i := range 100 {
		if _, err = w.cases.AddNote(t.Context(), command(1), fmt.Sprint("m", i), "a note"); err != nil {
			break
		}
	}
	require.Equal(t, problem.Unavailable, problem.KindOf(err), "a document does not grow without end")

	w.restart()
	_, err = w.cases.AddNote(t.Context(), command(1), "last", "a note")
	require.NoError(t, err)
	require.False(t, w.review(id(1)).HasOutbox)
	require.NotEmpty(t, w.heard.of(id(1)))
	require.Len(t, w.history(id(1)), int(w.review(id(1)).Seq))
}

func TestCommands_FiftyPeopleAtOnce_NoUpdateLost(t *testing.T) {
	w := newWorld(t)
	w.receive(seen(1, events.Posted, 1, 0))
	rev := w.review(id(1)).Rev
	var wait sync.WaitGroup
	var won, conflicts atomic.Int32
	for n := range 50 {
		wait.Go(func() {
			_, err := w.cases.AddNote(t.Context(), command(1), fmt.Sprint("n", n), "text")
			require.NoError(t, err)
			cmd := command(1)
			cmd.ExpectedRev = rev
			switch _, err := w.cases.Assign(t.Context(), cmd, []string{"b", "c"}[n%2], ""); problem.KindOf(err) {
			case problem.Conflict:
				conflicts.Add(1)
			default:
				require.NoError(t, err)
				won.Add(1)
			}
		})
	}
	wait.Wait()
	doc := w.review(id(1))
	require.Len(t, doc.Notes, 50)
	require.False(t, doc.HasOutbox)
	require.Len(t, w.history(id(1)), int(doc.Seq))
	require.Equal(t, int32(50), won.Load()+conflicts.Load())
}
