package telling_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
)

// week fills the week before start, which is the week of 9 November: six reviews at l1, two at
// l2, of which one is overdue and has a promise.
func (w *world) week() {
	w.t.Helper()
	for i := range 8 {
		stars := 5.0
		doc := collections.Review{
			Base: docstore.Base{ID: fmt.Sprint("w", i)}, LocationID: []string{"l1", "l1", "l1", "l2"}[i%4], Site: "google", Rating: &stars, TopicKeys: []string{}, Terms: []string{},
			PostedAt: start.Add(-time.Duration(i+1) * 12 * time.Hour), ReceivedAt: start, Author: "Secret Author", Text: "Fine.",
			Analysis: review.Analysis{Overall: review.Positive, Tags: []review.Tag{{Topic: review.Facility, Polarity: review.Positive}}},
			Case:     collections.Case{Status: review.Open},
		}
		if i == 3 {
			doc.Case.DueAt = start.Add(-time.Hour)
			doc.Commitments = []collections.Commitment{{ID: "c", OwnerID: "ana", Text: "call", DueAt: start.Add(48 * time.Hour)}}
			doc.CommitmentDueAt = doc.Commitments[0].DueAt
		}
		w.put(w.data.Reviews.InsertIfAbsent(w.t.Context(), docstore.Org(org), &doc))
	}
	foreign := collections.Review{Base: docstore.Base{ID: "x"}, LocationID: "l1", PostedAt: start.Add(-24 * time.Hour), TopicKeys: []string{}, Terms: []string{}}
	w.put(w.data.Reviews.InsertIfAbsent(w.t.Context(), docstore.Org("o2"), &foreign))
}

func TestDigest_LocationsAndWeeks_CountedThroughTheStore(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world) {
		w.week()
		d := w.desk()
		all, html, err := d.Digest(t.Context(), org, "", nil)
		require.NoError(t, err)
		require.Equal(t, "2026-W46", all.Week)
		require.Equal(t, "Bright Smiles", all.Title)
		require.InEpsilon(t, 8.0, *all.Reviews.Now, 0)
		require.Zero(t, *all.Reviews.Before)
		require.Equal(t, 1, all.Overdue)
		require.Len(t, all.Commitments, 1)
		require.Len(t, all.Locations, 2)
		require.Contains(t, html, "Bright Smiles")

		one, _, err := d.Digest(t.Context(), org, "2026-W47", []string{"l1", "l1"})
		require.NoError(t, err)
		require.Equal(t, "Mill Street", one.Title)
		require.Zero(t, *one.Reviews.Now)
		require.InEpsilon(t, 6.0, *one.Reviews.Before, 0)
		require.Zero(t, one.Overdue)
		require.Empty(t, one.Commitments)

		_, _, err = d.Digest(t.Context(), org, "2026-W99", nil)
		require.Equal(t, problem.Invalid, problem.KindOf(err))
		_, _, err = d.Digest(t.Context(), org, "", []string{"l1", "of another"})
		require.Equal(t, problem.Invalid, problem.KindOf(err))
	})
}

func TestSendDigests_MondayAtSeven_OnceToEachWhoWantsIt(t *testing.T) {
	onBothStores(t, func(t *testing.T, w *world) {
		w.week()
		dir := w.person("dir", collections.Director)
		fresh := w.person("new", collections.Director)
		fresh.CreatedAt = start
		far := w.person("far", collections.Director)
		for _, p := range []collections.Person{dir, fresh, far} {
			w.put(w.data.People.InsertIfAbsent(t.Context(), docstore.Org(org), &p))
		}
		w.set(collections.NotificationSettings{Base: docstore.Base{ID: "ben"}, Email: "instant", TimeZone: "UTC"})
		w.set(collections.NotificationSettings{Base: docstore.Base{ID: "far"}, Email: "off", TimeZone: "Pacific/Honolulu", Digest: true})
		sendAt := func(hour, minute int) []string {
			w.now.Store(time.Date(2026, 11, 16, hour, minute, 0, 0, time.UTC).UnixMilli())
			before := len(w.mail.letters())
			cfg := w.config()
			cfg.Store = w.open()
			var wait sync.WaitGroup
			first, second := w.desk(), w.deskOf(cfg)
			for range 2 {
				wait.Go(func() { require.NoError(t, first.SendDigests(context.Background())) })
				wait.Go(func() { require.NoError(t, second.SendDigests(context.Background())) })
			}
			wait.Wait()
			var to []string
			for _, l := range w.mail.letters()[before:] {
				to = append(to, l.to...)
			}
			slices.Sort(to)
			return to
		}
		require.Empty(t, sendAt(11, 59))
		require.Equal(t, []string{"ana@example.org", "dir@example.org", "mia@example.org"}, sendAt(12, 0))
		require.Empty(t, sendAt(12, 1))
		require.Equal(t, []string{"far@example.org"}, sendAt(17, 30))
		for _, l := range w.mail.letters() {
			p := l.parse(t)
			require.Regexp(t, `^<digest-[0-9a-f]{24}@clinic\.example\.org>$`, p.header.Get("Message-Id"))
			require.NotContains(t, string(l.raw), "Secret")
			switch l.to[0] {
			case "ana@example.org":
				require.Equal(t, "Your week at Mill Street: 6 reviews", p.subject)
			default:
				require.Equal(t, "Your week at Bright Smiles: 8 reviews", p.subject)
			}
		}
		w.now.Store(start.Add(72 * time.Hour).UnixMilli())
		require.NoError(t, w.desk().SendDigests(t.Context()))
		require.Len(t, w.mail.letters(), 4)
	})
}

func TestSendDigests_ServerSaysLater_TriedAgainAsTheSameLetter(t *testing.T) {
	w := newWorld(t)
	w.week()
	w.now.Store(time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC).UnixMilli())
	w.mail.data.Store(&smtp.SMTPError{Code: 451, Message: "later"})
	require.NoError(t, w.desk().SendDigests(t.Context()))
	require.Empty(t, w.mail.letters())
	record, err := w.data.DigestsSent.Get(t.Context(), docstore.Org(org), "2026-W46.ana")
	require.NoError(t, err)
	require.False(t, record.Done)
	require.Contains(t, record.Problem, "451")
	w.mail.data.Store(nil)
	w.pass(30 * time.Second)
	require.NoError(t, w.desk().SendDigests(t.Context()))
	require.Empty(t, w.mail.letters())
	w.pass(time.Minute)
	w.mail.cut.Store(true)
	require.NoError(t, w.desk().SendDigests(t.Context()))
	w.mail.cut.Store(false)
	w.pass(10 * time.Minute)
	require.NoError(t, w.desk().SendDigests(t.Context()))
	require.NoError(t, w.desk().SendDigests(t.Context()))
	ids := map[string]int{}
	for _, l := range w.mail.letters() {
		ids[l.parse(t).header.Get("Message-Id")]++
	}
	require.Len(t, ids, 3)
	for id, n := range ids {
		require.Equal(t, 2, n, id)
	}
}

func TestSendDigests_NothingToTell_NoLetter(t *testing.T) {
	w := newWorld(t)
	w.now.Store(time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC).UnixMilli())
	require.NoError(t, w.desk().SendDigests(t.Context()))
	require.Empty(t, w.mail.letters())
	record, err := w.data.DigestsSent.Get(t.Context(), docstore.Org(org), "2026-W46.ana")
	require.NoError(t, err)
	require.True(t, record.Done)
	require.True(t, strings.Contains(record.Problem, "nothing"))
}
