package telling_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/response-workflow/internal/telling"
)

func TestTell_SameEventsAgain_StoredOnce(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world) {
		doc := w.review(collections.EventOverdue, nil)
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() { require.NoError(t, w.desk().Tell(t.Context(), org, []collections.Review{doc, doc})) })
		}
		wait.Wait()
		require.Len(t, w.all("person:ana"), 1)
		require.Len(t, w.all("person:mia"), 1)
		n := w.all("person:ana")[0]
		n.Unread, n.ReadAt = false, w.clock()
		require.NoError(t, w.desk().MarkRead(t.Context(), org, "ana", []string{n.ID}, time.Time{}))
		require.NoError(t, w.desk().Tell(t.Context(), org, []collections.Review{doc}))
		require.False(t, w.all("person:ana")[0].Unread, "what was read stays read")
	})
}

func TestSend_TwoReplicasAtOnce_EachNotificationLeavesOnce(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world) {
		const people, each = 4, 6
		first := w.desk()
		for i := range people {
			p := w.person(fmt.Sprint("p", i), collections.Responder)
			w.put(w.data.People.InsertIfAbsent(t.Context(), docstore.Org(org), &p))
			w.instantly(p.ID)
		}
		for i := range people {
			w.assign(first, fmt.Sprint("p", i), each)
		}
		w.pass(time.Minute)
		cfg := w.config()
		cfg.Store = w.open()
		second := w.deskOf(cfg)
		var wait sync.WaitGroup
		for _, d := range []*telling.Desk{first, second, first, second} {
			wait.Go(func() { require.NoError(t, d.Send(context.Background())) })
		}
		wait.Wait()
		w.send(first)
		letters := w.mail.letters()
		require.Len(t, letters, people)
		seen := map[string]int{}
		for _, l := range letters {
			for line := range strings.SplitSeq(l.parse(t).text, "\n") {
				if strings.Contains(line, "/reviews/") {
					seen[line]++
				}
			}
		}
		require.Len(t, seen, people*each)
		for link, n := range seen {
			require.Equal(t, 1, n, link)
		}
	})
}

func TestSend_AnotherReplicaIsAtIt_LeftToItUntilItsLeaseEnds(t *testing.T) {
	w := newWorld(t)
	w.instantly("ana")
	d := w.desk()
	w.assign(d, "ana", 2)
	w.pass(time.Minute)
	hold := make(chan struct{})
	w.mail.hold.Store(&hold)
	done := make(chan error)
	ctx, stop := context.WithCancel(context.Background())
	go func() { done <- d.Send(ctx) }()
	require.Eventually(t, func() bool { return w.all("person:ana")[0].Batch != "" }, 5*time.Second, 5*time.Millisecond)
	cfg := w.config()
	cfg.Store = w.open()
	w.send(w.deskOf(cfg))
	require.Empty(t, w.mail.letters())
	stop() // a service that is told to stop finishes what is under way
	w.mail.hold.Store(nil)
	close(hold)
	require.ErrorIs(t, <-done, context.Canceled)
	require.Len(t, w.mail.letters(), 1)
	for _, n := range w.all("person:ana") {
		require.False(t, n.Pending)
	}
	w.pass(time.Hour)
	w.send(w.deskOf(cfg))
	require.Len(t, w.mail.letters(), 1)
}

// kill makes notifications what they are after their sender was killed: told which are marked.
func (w *world) kill(recipient string, marked int) {
	for i, n := range w.all(recipient) {
		if i < marked {
			continue
		}
		_, err := w.data.Notifications.Update(w.t.Context(), docstore.Org(org), n.ID, func(n *collections.Notification) error {
			n.Pending, n.SentAt, n.BatchUntil = true, time.Time{}, w.clock().Add(3*time.Minute)
			return nil
		})
		require.NoError(w.t, err)
	}
}

func TestSend_KilledInTheMiddle_NotSentAgainOrRecognised(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world) {
		w.instantly("ana")
		d := w.desk()
		w.assign(d, "ana", 4)
		w.pass(time.Minute)
		w.send(d)
		require.Len(t, w.mail.letters(), 1)

		// Killed while it marked what was taken: it is known to have been.
		w.kill("person:ana", 1)
		w.send(w.desk())
		require.True(t, w.all("person:ana")[3].Pending, "its lease has not ended")
		w.pass(4 * time.Minute)
		w.send(w.desk())
		require.Len(t, w.mail.letters(), 1)
		for _, n := range w.all("person:ana") {
			require.False(t, n.Pending)
		}

		// Killed between the server's yes and the first mark: the same letter, by its Message-ID.
		w.kill("person:ana", 0)
		w.assign(d, "ana", 1)
		w.pass(4 * time.Minute)
		w.send(w.desk())
		w.send(w.desk())
		letters := w.mail.letters()
		require.Len(t, letters, 3)
		require.Equal(t, letters[0].parse(t).header.Get("Message-Id"), letters[1].parse(t).header.Get("Message-Id"))
		require.Equal(t, letters[0].parse(t).text, letters[1].parse(t).text)
		require.NotContains(t, letters[0].parse(t).text, "/reviews/r5\n")
		require.Contains(t, letters[2].parse(t).text, "/reviews/r5\n")
	})
}

func TestRun_UntilTold_SendsByItselfAndEnds(t *testing.T) {
	w := newWorld(t)
	w.instantly("ana")
	d := w.desk()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.Run(ctx)
	}()
	w.assign(d, "ana", 2)
	w.pass(time.Minute)
	require.Eventually(t, func() bool { return len(w.mail.letters()) == 1 }, 10*time.Second, 10*time.Millisecond)
	stop()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("it does not end")
	}
}

func TestTell_EscalationToATeam_ReadFromTheStoredPlan(t *testing.T) {
	w := newWorld(t)
	plan := collections.RoutingPlan{Base: docstore.Base{ID: org}, Version: 1, YAML: "teams:\n  leads:\n    members: [ben, MIA@example.org]\n", At: start}
	w.put(w.data.Routing.InsertIfAbsent(t.Context(), docstore.Org(org), &plan))
	require.NoError(t, w.desk().Tell(t.Context(), org, []collections.Review{w.review(collections.EventEscalated, map[string]any{"to": "team:leads"})}))
	require.Len(t, w.all("person:ben"), 1)
	require.Len(t, w.all("person:mia"), 1)
	require.Empty(t, w.all("person:ana"))
}

func TestSend_NoMail_NothingWaitsForever(t *testing.T) {
	w := newWorld(t)
	w.instantly("ana")
	before := w.desk()
	w.assign(before, "ana", 1)
	cfg := w.config()
	cfg.SMTPHost = ""
	d := w.deskOf(cfg)
	w.assign(d, "ana", 1)
	w.pass(time.Hour)
	w.send(d)
	got := w.all("person:ana")
	require.Len(t, got, 2)
	for _, n := range got {
		require.False(t, n.Pending)
		require.True(t, n.Unread)
	}
	require.Empty(t, w.mail.letters())
	require.NoError(t, d.SendDigests(t.Context()))
}

func TestMarkRead_IdsAndTimes_OnlyOnesOwn(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world) {
		d := w.desk()
		w.assign(d, "ana", 3)
		w.assign(d, "ben", 1)
		until := w.clock()
		w.pass(time.Second)
		w.assign(d, "ana", 1)
		unread := func(recipient string) (n int) {
			for _, one := range w.all(recipient) {
				if one.Unread {
					n++
				}
			}
			return n
		}
		require.NoError(t, d.MarkRead(t.Context(), org, "ana", []string{w.all("person:ben")[0].ID}, time.Time{}))
		require.Equal(t, 1, unread("person:ben"))
		require.NoError(t, d.MarkRead(t.Context(), "o2", "ana", []string{w.all("person:ana")[0].ID}, w.clock()))
		require.Equal(t, 4, unread("person:ana"))
		require.NoError(t, d.MarkRead(t.Context(), org, "ana", []string{w.all("person:ana")[1].ID}, time.Time{}))
		require.Equal(t, 3, unread("person:ana"))
		require.NoError(t, d.MarkRead(t.Context(), org, "ana", nil, until))
		require.Equal(t, 1, unread("person:ana"))
		require.Equal(t, 1, unread("person:ben"))
		require.True(t, w.all("person:ana")[0].Unread, "it came later")
	})
}

func TestMarkRead_MoreThanAPage_AllOfThem(t *testing.T) {
	w := newWorld(t)
	d := w.desk()
	w.assign(d, "ana", 450)
	require.NoError(t, d.MarkRead(t.Context(), org, "ana", nil, w.clock()))
	for _, n := range w.all("person:ana") {
		require.False(t, n.Unread)
	}
}

func TestPrune_HalfAYearLater_OnlyWhatDoesNotWaitIsGone(t *testing.T) {
	w := newWorld(t)
	w.instantly("ana")
	cfg := w.config()
	cfg.SMTPHost = ""
	w.assign(w.deskOf(cfg), "ana", 1)
	w.pass(time.Minute)
	w.assign(w.desk(), "ana", 1)
	w.pass(181 * 24 * time.Hour)
	w.assign(w.deskOf(cfg), "ana", 1)
	require.NoError(t, w.desk().Prune(t.Context()))
	got := w.all("person:ana")
	require.Len(t, got, 2)
	require.Equal(t, []string{"r3", "r2"}, []string{got[0].ReviewID, got[1].ReviewID})
}

// sick cannot read the settings of an organization.
type sick struct {
	docstore.Backend
	org string
}

func (s sick) Open(ctx context.Context, schema *docstore.Schema) (docstore.Table, error) {
	t, err := s.Backend.Open(ctx, schema)
	return sickTable{t, schema.Name, s.org}, err
}

type sickTable struct {
	docstore.Table
	name, org string
}

func (t sickTable) Find(ctx context.Context, sel docstore.Selection) ([]docstore.Record, error) {
	if t.name == "notification_settings" && sel.Org == t.org {
		return nil, problem.New(problem.Internal, "sick", "these settings cannot be read")
	}
	return t.Table.Find(ctx, sel)
}

func TestSend_OrganizationThatCannotBeRead_OthersAreToldBehindIt(t *testing.T) {
	w := newWorld(t)
	w.instantly("ana")
	for i := range 250 {
		n := collections.Notification{
			Base: docstore.Base{ID: fmt.Sprint("n", i)}, Recipient: fmt.Sprint("person:p", i), Kind: "assigned", Title: "x",
			At: w.clock(), SendAt: w.clock().Add(-time.Hour), Pending: true,
		}
		w.put(w.data.Notifications.InsertIfAbsent(t.Context(), docstore.Org("sick"), &n))
	}
	w.assign(w.desk(), "ana", 1)
	w.pass(time.Minute)
	backend, err := connect.Open(t.Context(), w.url, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, backend.Close()) })
	cfg := w.config()
	cfg.Store, err = collections.Bind(t.Context(), sick{backend, "sick"})
	require.NoError(t, err)
	require.Error(t, w.deskOf(cfg).Send(t.Context()), "it is told of")
	require.Len(t, w.mail.letters(), 1)
}
