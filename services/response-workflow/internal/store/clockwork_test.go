package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

// sick cannot read the routing plan of an organization.
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

func (t sickTable) Get(ctx context.Context, keys []docstore.Key) ([]docstore.Record, error) {
	for _, k := range keys {
		if t.name == "routing" && k.Org == t.org {
			return nil, problem.New(problem.Internal, "sick", "this plan cannot be read")
		}
	}
	return t.Table.Get(ctx, keys)
}

// queue puts reviews that wait for an owner into the store.
func (w *world) queue(org, location string, n int, since time.Time) {
	w.t.Helper()
	for i := 0; i < n; i += 100 {
		var docs []*collections.Review
		for j := i; j < min(n, i+100); j++ {
			docs = append(docs, &collections.Review{
				Base: docstore.Base{ID: fmt.Sprintf("r_%s_%d", org, j)}, LocationID: location, Site: "google", Text: "t", ReceivedAt: since.Add(time.Duration(j) * time.Millisecond),
				PostedAt: since, FirstSeenAt: since, TopicKeys: []string{}, Terms: []string{}, Case: collections.Case{Status: review.New, Queued: true, OpenedAt: since, UpdatedAt: since, Route: []string{"all"}},
			})
		}
		_, err := w.data.Reviews.InsertManyIfAbsent(w.t.Context(), docstore.Org(org), docs)
		require.NoError(w.t, err)
	}
}

// limited gives an organization a plan by which each takes one case an hour.
func (w *world) limited(org string) {
	w.insert(w.data.Routing.InsertIfAbsent(w.t.Context(), docstore.Org(org), &collections.RoutingPlan{
		Base: docstore.Base{ID: org}, Version: 1, YAML: "capacity: {cases: 1, per: 1h}\ntree: {name: all}\n", At: start,
	}))
}

func TestPlace_LongQueueOfOneOrganization_OthersAreReachedBehindIt(t *testing.T) {
	w := newWorld(t)
	w.limited(org)
	w.insert(w.data.Locations.InsertIfAbsent(t.Context(), docstore.Org("o2"), &collections.Location{Base: docstore.Base{ID: "l1"}}))
	for n := range 3 {
		w.receive(seen(n, events.Posted, 1, 0)) // everybody has enough
	}
	w.queue(org, "l1", 1300, time.Now().Add(-time.Hour))
	w.queue("o2", "l1", 1, time.Now())
	placed := 0
	for range 3 {
		n, err := w.cases.Place(t.Context())
		require.NoError(t, err)
		placed += n
	}
	require.Equal(t, 1, placed)
	doc, err := w.data.Reviews.Get(t.Context(), docstore.Org("o2"), "r_o2_0")
	require.NoError(t, err)
	require.Equal(t, "stranger", doc.Case.OwnerID)
}

func TestPlace_OrganizationThatCannotBeRead_OthersArePlaced(t *testing.T) {
	w := newWorld(t)
	w.queue("sick", "l1", 3, time.Now().Add(-time.Hour))
	w.queue(org, "l1", 2, time.Now())
	cfg := w.config()
	cfg.Backend = sick{w.backend, "sick"}
	w.useConfig(cfg)
	placed, err := w.cases.Place(t.Context())
	require.Error(t, err, "it is told of")
	require.Equal(t, 2, placed)
}

// ready is a review whose reply is to be sent now.
func (w *world) ready(n int) {
	w.t.Helper()
	w.receive(seen(n, events.Posted, 1, 0))
	_, err := w.cases.SaveDraft(w.t.Context(), command(n), casework.DraftSave{Text: fmt.Sprintf("%s We read each of the %d letters.", safe, n+2)})
	require.NoError(w.t, err)
	_, err = w.cases.Publish(w.t.Context(), command(n), 1, "")
	require.NoError(w.t, err)
}

func TestSend_OutboxFillsWhileSending_WhatTheSiteSaidIsKept(t *testing.T) {
	w, ahead := online(t, "sqlite:"+filepath.Join(t.TempDir(), "data.db"))
	w.ready(1)
	ahead.Store(int64(time.Minute))
	sent := 0
	send := func(context.Context, collections.Review) casework.Outcome {
		sent++
		// The broker is away and people go on working.
		_, err := w.data.Reviews.Update(context.Background(), docstore.Org(org), id(1), func(doc *collections.Review) error {
			for range 80 {
				doc.Seq++
				e := collections.CaseEvent{ReviewID: doc.ID, Seq: doc.Seq, Type: collections.EventNoteAdded, At: start}
				e.ID, e.OrgID = casework.EventID(doc.ID, doc.Seq), doc.OrgID
				doc.Outbox = append(doc.Outbox, e)
			}
			doc.HasOutbox = true
			return nil
		})
		require.NoError(t, err)
		return casework.Outcome{Kind: casework.SendDone}
	}
	_, err := w.cases.Send(t.Context(), "one", send)
	require.NoError(t, err)
	require.Equal(t, collections.PublicationPublished, w.review(id(1)).Publication.State)
	require.Equal(t, 1, sent)
}

func TestSend_OutboxIsFull_NothingLeavesThatCouldNotBeTold(t *testing.T) {
	w, ahead := online(t, "sqlite:"+filepath.Join(t.TempDir(), "data.db"))
	w.ready(1)
	ahead.Store(int64(time.Minute))
	_, err := w.data.Reviews.Update(t.Context(), docstore.Org(org), id(1), func(doc *collections.Review) error {
		for range 80 {
			doc.Seq++
			e := collections.CaseEvent{ReviewID: doc.ID, Seq: doc.Seq, Type: collections.EventNoteAdded, At: start}
			e.ID, e.OrgID = casework.EventID(doc.ID, doc.Seq), doc.OrgID
			doc.Outbox = append(doc.Outbox, e)
		}
		doc.HasOutbox = true
		return nil
	})
	require.NoError(t, err)
	n, err := w.cases.Send(t.Context(), "one", func(context.Context, collections.Review) casework.Outcome {
		return casework.Outcome{Kind: casework.SendDone}
	})
	require.NoError(t, err)
	require.Zero(t, n)
	_, err = w.cases.Sweep(t.Context(), 0)
	require.NoError(t, err)
	n, err = w.cases.Send(t.Context(), "one", func(context.Context, collections.Review) casework.Outcome {
		return casework.Outcome{Kind: casework.SendDone}
	})
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func TestSend_StoreAwayAfterTheSitesYes_MarkedWhenItIsBackAndNotSentAgain(t *testing.T) {
	w, ahead := online(t, "sqlite:"+filepath.Join(t.TempDir(), "data.db"))
	w.ready(1)
	ahead.Store(int64(time.Minute))
	back := make(chan struct{})
	sent := 0
	_, err := w.cases.Send(t.Context(), "one", func(context.Context, collections.Review) casework.Outcome {
		sent++
		w.faults.set(1, 1)
		go func() {
			defer close(back)
			time.Sleep(300 * time.Millisecond)
			w.faults.set(1, 0)
		}()
		return casework.Outcome{Kind: casework.SendDone}
	})
	<-back
	require.NoError(t, err)
	require.Equal(t, 1, sent)
	require.Equal(t, collections.PublicationPublished, w.review(id(1)).Publication.State)
}

func TestSend_ReviewEditedBetweenAttempts_OldAnswerDoesNotLeave(t *testing.T) {
	w, ahead := online(t, "sqlite:"+filepath.Join(t.TempDir(), "data.db"))
	w.ready(1)
	ahead.Store(int64(time.Minute))
	sent := 0
	send := func(context.Context, collections.Review) casework.Outcome {
		sent++
		return casework.Outcome{Kind: casework.SendRetry, Problem: "busy"}
	}
	_, err := w.cases.Send(t.Context(), "one", send)
	require.NoError(t, err)
	w.receive(seen(1, events.Edited, 2, 90))
	ahead.Store(int64(24 * time.Hour))
	_, err = w.cases.Send(t.Context(), "one", send)
	require.NoError(t, err)
	require.Equal(t, 1, sent)
	p := w.review(id(1)).Publication
	require.Equal(t, collections.PublicationFailed, p.State)
	require.Contains(t, p.Problem, "edited")
	require.NotNil(t, w.review(id(1)).Draft, "a person goes on with it")
}

func TestSend_ManyThatCannotBeSentYet_OthersAreReachedBehindThem(t *testing.T) {
	w, ahead := online(t, "sqlite:"+filepath.Join(t.TempDir(), "data.db"))
	for i := range 60 {
		doc := collections.Review{
			Base: docstore.Base{ID: fmt.Sprint("r_sick_", i)}, LocationID: "l1", Site: "google", PostedAt: start, TopicKeys: []string{}, Terms: []string{}, SendAt: start.Add(time.Duration(i) * time.Second),
			Case: collections.Case{Status: review.Open, Route: []string{"all"}}, Publication: &collections.Publication{ID: "p", N: 1, State: collections.PublicationScheduled, Text: "t", NotBefore: start},
		}
		w.insert(w.data.Reviews.InsertIfAbsent(t.Context(), docstore.Org("sick"), &doc))
	}
	w.ready(1)
	ahead.Store(int64(time.Minute))
	cfg := w.config()
	cfg.Backend, cfg.Publisher = sick{w.backend, "sick"}, web{}
	cfg.Clock = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	w.useConfig(cfg)
	n, err := w.cases.Send(t.Context(), "one", func(context.Context, collections.Review) casework.Outcome {
		return casework.Outcome{Kind: casework.SendDone}
	})
	require.Error(t, err)
	require.Equal(t, 1, n)
}
