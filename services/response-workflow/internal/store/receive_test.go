package store_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/testkit/mongotest"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
	"github.com/bedside-health/bedside/services/response-workflow/internal/store"
)

func TestReceive_NewReviews_OpenedAssignedAndTold(t *testing.T) {
	w := newWorld(t)
	var batch []events.ReviewTagged
	for n := range 30 {
		batch = append(batch, seen(n, events.Posted, 1, 0))
	}
	w.receive(batch...)
	load := map[string]int{}
	for n := range 30 {
		doc := w.review(id(n))
		load[doc.Case.OwnerID]++
		require.Equal(t, review.New, doc.Case.Status)
		require.False(t, doc.HasOutbox)
		require.Empty(t, doc.Outbox)
		require.Equal(t, []string{"received", "assigned"}, w.types(id(n)))
		told := w.heard.of(id(n))
		require.Len(t, told, 1)
		require.Equal(t, []string{"received", "assigned"}, told[0].Types)
		require.Equal(t, doc.Case.OwnerID, told[0].OwnerID)
		require.NoError(t, told[0].Validate())
	}
	require.Equal(t, map[string]int{"a": 10, "b": 10, "c": 10}, load)
}

func TestReceive_SameAgain_NothingHappens(t *testing.T) {
	w := newWorld(t)
	one := seen(1, events.Posted, 1, 0)
	w.receive(one, one)
	before := w.review(id(1))
	w.receive(one)
	w.restart()
	w.receive(one, one, one)
	require.Equal(t, before, w.review(id(1)))
	require.Len(t, w.heard.of(id(1)), 1)
}

func TestReceive_LifeOfAReviewInOneBatch_InOrder(t *testing.T) {
	w := newWorld(t)
	w.receive(
		seen(1, events.Posted, 1, 0), seen(2, events.Posted, 1, 0), seen(1, events.Edited, 2, 1),
		seen(1, events.Removed, 2, 2), seen(1, events.Posted, 2, 3),
		seen(1, events.SourceReply, 2, 4, func(in *events.ReviewTagged) { in.Reply = &events.Reply{Text: "Sorry"} }),
	)
	require.Equal(t, []string{"received", "assigned", "text_edited", "removed", "restored", "reply_seen", "status_changed"}, w.types(id(1)))
	doc := w.review(id(1))
	require.Equal(t, review.Replied, doc.Case.Status)
	require.Equal(t, int64(7), doc.Seq)
	require.Equal(t, []string{"received", "assigned"}, w.types(id(2)))
}

func TestReceive_LocationsWithoutPeople_ManagerOrNobody(t *testing.T) {
	w := newWorld(t)
	at := func(location string) func(*events.ReviewTagged) {
		return func(in *events.ReviewTagged) { in.LocationID = location }
	}
	w.receive(seen(1, events.Posted, 1, 0, at("l2")), seen(2, events.Posted, 1, 0, at("l3")), seen(3, events.Posted, 1, 0, at("no such")))
	require.Equal(t, "m", w.review(id(1)).Case.OwnerID)
	require.Empty(t, w.review(id(2)).Case.OwnerID)
	require.Empty(t, w.review(id(3)).Case.OwnerID)
	for n, reason := range map[int]string{1: "its manager gets it", 2: "has no manager", 3: "is not known"} {
		history := w.history(id(n))
		require.Len(t, history, 2)
		require.Contains(t, history[1].Reason, reason)
	}
}

func TestReceive_LoadOfEarlierCases_Counts(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	for i := range 6 {
		for who, n := range map[string]int{"a": 6, "b": 3, "c": 0} {
			if i < n {
				doc := collections.Review{Base: docstore.Base{ID: fmt.Sprint(who, i)}, Case: collections.Case{Status: review.Open, OwnerID: who}}
				w.insert(w.data.Reviews.InsertIfAbsent(ctx, docstore.Org(org), &doc))
			}
		}
		closed := collections.Review{Base: docstore.Base{ID: fmt.Sprint("closed", i)}, Case: collections.Case{Status: review.Resolved, OwnerID: "c"}}
		w.insert(w.data.Reviews.InsertIfAbsent(ctx, docstore.Org(org), &closed))
	}
	w.restart()
	load := map[string]int{}
	for n := range 9 {
		w.receive(seen(n, events.Posted, 1, 0))
		load[w.review(id(n)).Case.OwnerID]++
	}
	require.Equal(t, map[string]int{"b": 3, "c": 6}, load)
}

func TestReceive_OneRefusedByTheStore_OthersGoOn(t *testing.T) {
	w := newWorld(t)
	bad := seen(2, events.Posted, 1, 0)
	bad.ReviewID = strings.Repeat("x", docstore.MaxIDBytes+1)
	errs := w.cases.Receive(t.Context(), []events.ReviewTagged{seen(1, events.Posted, 1, 0), bad, seen(3, events.Posted, 1, 0)})
	require.NoError(t, errs[0])
	require.Equal(t, problem.Invalid, problem.KindOf(errs[1]))
	require.NoError(t, errs[2])
	require.Equal(t, []string{"received", "assigned"}, w.types(id(1)))
	require.Equal(t, []string{"received", "assigned"}, w.types(id(3)))
}

func TestReceive_SameIDsInTwoOrganizations_StayApart(t *testing.T) {
	w := newWorld(t)
	other := seen(1, events.Posted, 1, 0, func(in *events.ReviewTagged) {
		in.OrgID, in.LocationID, in.Text = "o2", "l1", "of another organization"
	})
	w.receive(seen(1, events.Posted, 1, 0), other)
	require.Equal(t, "review 1 text 1", w.review(id(1)).Text)
	doc, err := w.data.Reviews.Get(t.Context(), docstore.Org("o2"), id(1))
	require.NoError(t, err)
	require.Equal(t, "of another organization", doc.Text)
	require.Empty(t, doc.Case.OwnerID, "its organization has no such location")
}

func TestReceive_StoreAway_NothingIsTaken(t *testing.T) {
	w := newWorld(t)
	w.faults.set(1, 1)
	errs := w.cases.Receive(t.Context(), []events.ReviewTagged{seen(1, events.Posted, 1, 0), seen(1, events.Edited, 2, 1)})
	require.Equal(t, problem.Unavailable, problem.KindOf(errs[0]))
	require.Equal(t, problem.Unavailable, problem.KindOf(errs[1]))
}

func TestReceive_SomebodyElseOpenedItMeanwhile_TheRestIsStillApplied(t *testing.T) {
	w := newWorld(t)
	other := w.other()
	w.faults.onInsert = func() {
		require.NoError(t, other.Receive(t.Context(), []events.ReviewTagged{seen(1, events.Posted, 1, 0)})[0])
	}
	w.receive(seen(1, events.Posted, 1, 0), seen(1, events.Edited, 2, 1), seen(2, events.Posted, 1, 0))
	require.Equal(t, []string{"received", "assigned", "text_edited"}, w.types(id(1)))
	require.Equal(t, []string{"received", "assigned"}, w.types(id(2)))
	doc := w.review(id(1))
	require.Equal(t, 2, doc.Version)
	require.Equal(t, int64(3), doc.Seq)
	require.Len(t, w.heard.of(id(1)), 2)
}

func TestReceive_ChangedWhileItIsTold_TheNewEventWaitsInTheOutbox(t *testing.T) {
	w := newWorld(t)
	cfg := w.config()
	away := &faults{}
	away.set(1, 1)
	cfg.Backend, cfg.Announcer = w.backend, flakyListener{&listener{}, away}
	other, err := store.New(t.Context(), cfg)
	require.NoError(t, err)
	w.faults.onAnnounce = func() {
		_, err := other.AddNote(t.Context(), command(1), "n", "text")
		require.NoError(t, err)
	}
	w.receive(seen(1, events.Posted, 1, 0))
	doc := w.review(id(1))
	require.True(t, doc.HasOutbox)
	require.Len(t, doc.Outbox, 1)
	require.Equal(t, int64(3), doc.Outbox[0].Seq)
	n, err := w.cases.Sweep(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, []string{"note_added"}, w.heard.of(id(1))[1].Types)
}

func TestReceive_LoadReadAnewAllTheTime_CountsWhatIsNotStoredYet(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		doc := collections.Review{Base: docstore.Base{ID: fmt.Sprint("earlier", i)}, Case: collections.Case{Status: review.Open, OwnerID: "a"}}
		w.insert(w.data.Reviews.InsertIfAbsent(t.Context(), docstore.Org(org), &doc))
	}
	cfg := w.config()
	cfg.RosterAge = 1
	w.useConfig(cfg)
	var batch []events.ReviewTagged
	for n := range 16 {
		batch = append(batch, seen(n, events.Posted, 1, 0))
	}
	w.receive(batch...)
	load := map[string]int{"a": 5}
	for n := range 16 {
		load[w.review(id(n)).Case.OwnerID]++
	}
	require.Equal(t, map[string]int{"a": 7, "b": 7, "c": 7}, load)
}

func TestReceive_TwoReplicasAtOnce_OneAssignedEachAndEvenLoad(t *testing.T) {
	w := newWorld(t)
	second, err := store.New(t.Context(), w.config())
	require.NoError(t, err)
	var wait sync.WaitGroup
	for replica, cases := range []*store.Cases{w.cases, second} {
		for part := range 4 {
			wait.Go(func() {
				var batch []events.ReviewTagged
				for n := part * 20; n < part*20+40; n++ {
					batch = append(batch, seen(n, events.Posted, 1, 0))
					if n%2 == replica { // one of them alone knows of the edit
						batch = append(batch, seen(n, events.Edited, 2, 1))
					}
				}
				for i, err := range cases.Receive(t.Context(), batch) {
					require.NoError(t, err, i)
				}
			})
		}
	}
	wait.Wait()
	load := map[string]int{}
	for n := range 100 {
		require.Equal(t, []string{"received", "assigned", "text_edited"}, w.types(id(n)))
		doc := w.review(id(n))
		require.Equal(t, 2, doc.Version)
		require.False(t, doc.HasOutbox)
		load[doc.Case.OwnerID]++
	}
	for who, n := range load {
		require.InDelta(t, 33, n, 25, who)
	}
}

// TestReceive_FaultsAndRestartsAnywhere_EndRight delivers random lives of reviews,
// in the order of each but mixed, doubled and repeated, while operations fail before or after
// their effect and the process restarts, with people acting in between.
func TestReceive_FaultsAndRestartsAnywhere_EndRight(t *testing.T) {
	for seed := range uint64(25) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			troubled(t, newWorld(t), seed, 12)
		})
	}
}

// The same over the wire protocol of MongoDB, with little data.
func TestReceive_FaultsOnMongoDB_EndRight(t *testing.T) {
	for seed := range uint64(2) {
		troubled(t, newWorldOn(t, mongotest.Start(t)), seed, 4)
	}
}

func TestReceive_TwoReplicasOnMongoDB_OneAssignedEach(t *testing.T) {
	w := newWorldOn(t, mongotest.Start(t))
	second, err := store.New(t.Context(), w.config())
	require.NoError(t, err)
	var wait sync.WaitGroup
	for _, cases := range []*store.Cases{w.cases, second} {
		wait.Go(func() {
			var batch []events.ReviewTagged
			for n := range 12 {
				batch = append(batch, seen(n, events.Posted, 1, 0), seen(n, events.Edited, 2, 1))
			}
			for i, err := range cases.Receive(t.Context(), batch) {
				require.NoError(t, err, i)
			}
		})
	}
	wait.Wait()
	_, err = w.cases.Sweep(t.Context(), 0)
	require.NoError(t, err)
	for n := range 12 {
		require.Equal(t, []string{"received", "assigned", "text_edited"}, w.types(id(n)))
		require.False(t, w.review(id(n)).HasOutbox)
	}
}

func troubled(t *testing.T, w *world, seed uint64, reviews int) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 3))
	lives := make([][]events.ReviewTagged, reviews)
	for n := range lives {
		lives[n] = life(r, n)
	}
	next := make([]int, reviews)
	notes := map[string]int{}
	w.faults.set(seed, 0.08)
	for left := true; left; {
		left = false
		var batch []events.ReviewTagged
		for range 1 + r.IntN(10) {
			n := r.IntN(reviews)
			if next[n] < len(lives[n]) {
				batch = append(batch, lives[n][next[n]])
				next[n]++
			}
			if next[n] > 0 && r.IntN(4) == 0 { // an old one again
				batch = append(batch, lives[n][r.IntN(next[n])])
			}
		}
		for len(batch) > 0 {
			if r.IntN(6) == 0 {
				w.restart()
			}
			var again []events.ReviewTagged
			for i, err := range w.cases.Receive(t.Context(), batch) {
				if err != nil {
					require.Equal(t, problem.Unavailable, problem.KindOf(err))
					again = append(again, batch[i])
				}
			}
			batch = again
		}
		if n := r.IntN(reviews); next[n] > 0 {
			note := fmt.Sprint("note", r.IntN(3))
			if _, err := w.cases.AddNote(t.Context(), command(n), note, "text"); err == nil {
				notes[id(n)+note]++
			}
			_, _ = w.cases.SetStatus(t.Context(), command(n), casework.StatusChange{To: review.Statuses()[r.IntN(7)], Reason: "because", RootCause: "staff"})
		}
		for n := range lives {
			left = left || next[n] < len(lives[n])
		}
	}
	w.faults.set(seed, 0)
	_, err := w.cases.Sweep(t.Context(), 0)
	require.NoError(t, err)
	for n, life := range lives {
		w.mustBeRight(n, life)
		for note := range 3 {
			if notes[id(n)+fmt.Sprint("note", note)] > 0 {
				require.Contains(t, fmt.Sprint(w.review(id(n)).Notes), fmt.Sprint("note", note))
			}
		}
	}
}

// life makes a random life of a review, as its scraper reports it.
func life(r *rand.Rand, n int) []events.ReviewTagged {
	out := []events.ReviewTagged{seen(n, events.Posted, 1, 0)}
	version := 1
	for minute := 1; minute < 2+r.IntN(8); minute++ {
		switch r.IntN(4) {
		case 0:
			out = append(out, seen(n, events.Removed, version, minute))
		case 1:
			out = append(out, seen(n, events.SourceReply, version, minute, func(in *events.ReviewTagged) { in.Reply = &events.Reply{Text: fmt.Sprint("reply ", minute)} }))
		case 2:
			out = append(out, seen(n, events.Posted, version, minute))
		default:
			version++
			out = append(out, seen(n, events.Edited, version, minute))
		}
	}
	return out
}

// mustBeRight checks all that must hold of a review after its life.
func (w *world) mustBeRight(n int, life []events.ReviewTagged) {
	w.t.Helper()
	t, doc, last := w.t, w.review(id(n)), life[len(life)-1]
	require.Equal(t, last.Version, doc.Version)
	require.Equal(t, last.Text, doc.Text)
	require.Equal(t, last.Change == events.Removed, doc.Removed)
	require.False(t, doc.HasOutbox)
	require.Empty(t, doc.Outbox)
	history := w.history(id(n))
	require.Len(t, history, int(doc.Seq), "every event is in the history")
	count := map[string]int{}
	status := "new"
	for i, e := range history {
		require.Equal(t, int64(i+1), e.Seq)
		require.Equal(t, casework.EventID(id(n), e.Seq), e.ID)
		count[e.Type]++
		if e.Type == collections.EventStatusChanged {
			require.Equal(t, status, e.Before["status"], "no status without its event")
			status = e.After["status"].(string)
		}
	}
	require.Equal(t, string(doc.Case.Status), status)
	require.Equal(t, 1, count[collections.EventReceived])
	require.Equal(t, 1, count[collections.EventAssigned])
	require.Equal(t, doc.Version-1, count[collections.EventTextEdited])
	told := map[string]bool{}
	for _, change := range w.heard.of(id(n)) {
		told[change.EventID] = true
	}
	require.True(t, told[casework.EventID(id(n), doc.Seq)], "the last change was told")
}

func TestSweep_LeftByADeadProcess_MadeGood(t *testing.T) {
	w := newWorld(t)
	doc := w.desk().Open(seen(1, events.Posted, 1, 0), decisionFor("a"), time.Now())
	w.insert(w.data.Reviews.InsertIfAbsent(t.Context(), docstore.Org(org), &doc))
	n, err := w.cases.Sweep(t.Context(), time.Hour)
	require.NoError(t, err)
	require.Zero(t, n, "too young: whoever made it may be telling it")
	n, err = w.cases.Sweep(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, []string{"received", "assigned"}, w.types(id(1)))
	require.Len(t, w.heard.of(id(1)), 1)
	require.False(t, w.review(id(1)).HasOutbox)
	n, err = w.cases.Sweep(t.Context(), 0)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestSweep_ManyPages_AllMadeGood(t *testing.T) {
	w := newWorld(t)
	for n := range 130 {
		doc := w.desk().Open(seen(n, events.Posted, 1, 0), decisionFor("a"), time.Now())
		w.insert(w.data.Reviews.InsertIfAbsent(t.Context(), docstore.Org(org), &doc))
	}
	n, err := w.cases.Sweep(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, 130, n)
}
