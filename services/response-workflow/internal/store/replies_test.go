package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
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

// safe is a reply that the check lets pass.
const safe = "Thank you for your feedback. Our office aims to be on time for everyone."

// web answers reviews by a site that programs can reply on.
type web struct{}

func (web) Way(context.Context, collections.Review) (bool, string, error) { return false, "", nil }

// online is the world with such a site, and a clock that tests move.
func online(t *testing.T, url string) (*world, *atomic.Int64) {
	t.Helper()
	w := newWorldOn(t, url)
	ahead := &atomic.Int64{}
	cfg := w.config()
	cfg.Publisher = web{}
	cfg.Clock = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	w.useConfig(cfg)
	return w, ahead
}

func eachStore(t *testing.T, run func(t *testing.T, url string)) {
	t.Run("sqlite", func(t *testing.T) { run(t, "sqlite:"+filepath.Join(t.TempDir(), "data.db")) })
	t.Run("mongo", func(t *testing.T) {
		if raced {
			t.Skip("SKIPPED: FerretDB is too slow under the race detector; without it this runs")
		}
		run(t, mongotest.Start(t))
	})
}

func TestSaveDraft_FiftyAtOnce_OneWinsAndTheOthersSeeIt(t *testing.T) {
	eachStore(t, func(t *testing.T, url string) {
		w, _ := online(t, url)
		w.receive(seen(1, events.Posted, 1, 0))
		var wait sync.WaitGroup
		var won atomic.Int64
		winner := &atomic.Value{}
		faults := make([]error, 50)
		for i := range faults {
			wait.Go(func() {
				cmd := command(1)
				cmd.By.ID = fmt.Sprint("p", i)
				text := fmt.Sprint("Draft of ", i)
				_, faults[i] = w.cases.SaveDraft(t.Context(), cmd, casework.DraftSave{Version: 0, Text: text})
				if faults[i] == nil {
					won.Add(1)
					winner.Store(text)
				}
			})
		}
		wait.Wait()
		require.EqualValues(t, 1, won.Load())
		for _, err := range faults {
			if err == nil {
				continue
			}
			require.Equal(t, problem.Conflict, problem.KindOf(err), "%v", err)
			require.Equal(t, "draft_changed", codeOf(t, err))
			current, ok := problem.MembersOf(err)["current_draft"].(collections.Draft)
			require.True(t, ok)
			require.Equal(t, winner.Load(), current.Text)
			require.Equal(t, 1, current.Version)
		}
		require.Equal(t, winner.Load(), w.review(id(1)).Draft.Text)
	})
}

func TestPublish_BlockedReply_RefusedUntilOverriddenAndAudited(t *testing.T) {
	w, _ := online(t, "sqlite:"+filepath.Join(t.TempDir(), "data.db"))
	w.receive(seen(1, events.Posted, 1, 0))
	_, err := w.cases.SaveDraft(t.Context(), command(1), casework.DraftSave{Text: "Our records show that you missed your appointment in March."})
	require.NoError(t, err)
	_, err = w.cases.Publish(t.Context(), command(1), 1, "")
	require.Equal(t, "reply_blocked", codeOf(t, err))
	require.NotEmpty(t, problem.MembersOf(err)["findings"])
	require.Nil(t, w.review(id(1)).Publication)
	_, err = w.cases.Publish(t.Context(), command(1), 1, "the lawyer of the practice agreed")
	require.NoError(t, err)
	require.Equal(t, collections.PublicationScheduled, w.review(id(1)).Publication.State)
	require.Contains(t, w.types(id(1)), collections.EventOverridden)
}

func TestSend_TwoProcessesAtOnce_EachReplySentOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, url string) {
		w, ahead := online(t, url)
		const replies = 12
		for n := range replies {
			w.receive(seen(n, events.Posted, 1, 0))
			_, err := w.cases.SaveDraft(t.Context(), command(n), casework.DraftSave{Text: fmt.Sprintf("%s We read each of the %d letters.", safe, n+2)})
			require.NoError(t, err)
			_, err = w.cases.Publish(t.Context(), command(n), 1, "")
			require.NoError(t, err)
		}
		var mu sync.Mutex
		sent := map[string]int{}
		send := func(_ context.Context, doc collections.Review) casework.Outcome {
			mu.Lock()
			defer mu.Unlock()
			sent[doc.ID]++
			return casework.Outcome{Kind: casework.SendDone}
		}
		n, err := w.cases.Send(t.Context(), "one", send)
		require.NoError(t, err)
		require.Zero(t, n, "the time to undo is not over")
		require.Empty(t, sent)
		_, err = w.cases.UndoPublication(t.Context(), command(0))
		require.NoError(t, err)

		ahead.Store(int64(20 * time.Second))
		cfg := w.config()
		cfg.Publisher = web{}
		cfg.Clock = func() time.Time { return time.Now().Add(20 * time.Second) }
		cfg.Backend, cfg.Announcer = w.backend, w.heard
		other, err := store.New(t.Context(), cfg)
		require.NoError(t, err)
		var wait sync.WaitGroup
		for holder, cases := range map[string]*store.Cases{"one": w.cases, "two": other} {
			wait.Go(func() {
				for range 3 {
					_, err := cases.Send(context.Background(), holder, send)
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		require.Len(t, sent, replies-1, "the one that was taken back stays")
		for id, times := range sent {
			require.Equal(t, 1, times, id)
			doc := w.review(id)
			require.Equal(t, collections.PublicationPublished, doc.Publication.State)
			require.Equal(t, review.Replied, doc.Case.Status)
		}
		require.Nil(t, w.review(id(0)).Publication)
	})
}

func TestSend_ProcessDiesWhileSending_SentAgainAfterTheLease(t *testing.T) {
	w, ahead := online(t, "sqlite:"+filepath.Join(t.TempDir(), "data.db"))
	w.receive(seen(1, events.Posted, 1, 0))
	_, err := w.cases.SaveDraft(t.Context(), command(1), casework.DraftSave{Text: safe})
	require.NoError(t, err)
	_, err = w.cases.Publish(t.Context(), command(1), 1, "")
	require.NoError(t, err)
	ahead.Store(int64(20 * time.Second))
	died := errors.New("killed")
	func() {
		defer func() { _ = recover() }()
		_, _ = w.cases.SendOneForTest(t.Context(), w.review(id(1)), "dead", func(context.Context, collections.Review) casework.Outcome { panic(died) })
	}()
	require.Equal(t, collections.PublicationSending, w.review(id(1)).Publication.State)
	sent := 0
	send := func(context.Context, collections.Review) casework.Outcome {
		sent++
		return casework.Outcome{Kind: casework.SendDone}
	}
	_, err = w.cases.Send(t.Context(), "alive", send)
	require.NoError(t, err)
	require.Zero(t, sent, "the dead one's lease still runs")
	ahead.Store(int64(5 * time.Minute))
	_, err = w.cases.Send(t.Context(), "alive", send)
	require.NoError(t, err)
	require.Equal(t, 1, sent)
	require.Equal(t, 2, w.review(id(1)).Publication.Attempts)
}

func TestWake_Overdue_RecordedOnceByAnyNumberOfProcesses(t *testing.T) {
	eachStore(t, func(t *testing.T, url string) {
		w, ahead := online(t, url)
		w.receive(seen(1, events.Posted, 1, 0))
		ahead.Store(int64(400 * 24 * time.Hour))
		for range 3 {
			_, err := w.cases.Wake(t.Context())
			require.NoError(t, err)
		}
		overdue := 0
		for _, kind := range w.types(id(1)) {
			if kind == collections.EventOverdue {
				overdue++
			}
		}
		require.Equal(t, 1, overdue)
	})
}

func TestPlace_EverybodyHasEnough_QueuedAndGivenOldestFirst(t *testing.T) {
	eachStore(t, func(t *testing.T, url string) {
		w, ahead := online(t, url)
		w.insert(w.data.Routing.InsertIfAbsent(t.Context(), docstore.Org(org), &collections.RoutingPlan{
			Base: docstore.Base{ID: org}, Version: 1, YAML: "capacity: {cases: 1, per: 1h}\ntree: {name: all}\n", At: start,
		}))
		w.restart()
		cfg := w.config()
		cfg.Publisher = web{}
		cfg.Clock = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		w.useConfig(cfg)
		for n := range 5 {
			w.receive(seen(n, events.Posted, 1, 0))
			time.Sleep(2 * time.Millisecond) // so that they came in this order for the store
		}
		queued := []string{}
		for n := range 5 {
			if doc := w.review(id(n)); doc.Case.Queued {
				require.Empty(t, doc.Case.OwnerID)
				queued = append(queued, doc.ID)
			}
		}
		require.Len(t, queued, 2, "three people cover the location, each takes one an hour")
		placed, err := w.cases.Place(t.Context())
		require.NoError(t, err)
		require.Zero(t, placed)
		ahead.Store(int64(2 * time.Hour))
		placed, err = w.cases.Place(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2, placed)
		for _, id := range queued {
			require.NotEmpty(t, w.review(id).Case.OwnerID)
			require.False(t, w.review(id).Case.Queued)
		}
	})
}
