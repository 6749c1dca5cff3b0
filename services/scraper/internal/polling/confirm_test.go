package polling

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
)

// sweeps looks for confirmations again and again for a while.
func sweeps(d *desk, c *confirmer, during time.Duration) {
	d.t.Helper()
	step := max(10*time.Second, during/60)
	for passed := time.Duration(0); passed < during; passed += step {
		d.clock.pass(step)
		require.NoError(d.t, c.look(context.Background()))
	}
}

func newConfirmer(s *Scraper) *confirmer { return &confirmer{Scraper: s, progress: s.now()} }

func TestConfirm_Arrived_DropsThePayload(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	d.place.put(l.Ref, writing("x", "text"))
	s := d.scraper()
	c := newConfirmer(s)
	d.poll(s)
	require.NotNil(t, d.fingerprint("x").Payload)
	sweeps(d, c, 50*time.Second)
	require.False(t, d.fingerprint("x").Confirmed, "it is given its time")
	sweeps(d, c, 20*time.Second)
	require.True(t, d.fingerprint("x").Confirmed)
	require.Nil(t, d.fingerprint("x").Payload)
	require.Len(t, d.line.published(), 1)
}

func TestConfirm_BrokerLostEverything_InboxIsCompleteAgain(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	d.line.cut = true
	for i := range 700 {
		d.place.listings[l.Ref] = append(d.place.listings[l.Ref], writing(fmt.Sprint("r", i), fmt.Sprint("text ", i)))
	}
	d.place.pageSize = 500
	s := d.scraper()
	c := newConfirmer(s)
	d.poll(s)
	require.Empty(t, d.inbox("a"))
	d.line.cut = false
	sweeps(d, c, 5*time.Minute)
	require.Len(t, d.inbox("a"), 700)
	require.Len(t, d.line.published(), 1400, "each was published again once")
	require.True(t, d.fingerprint("r7").Confirmed)
}

func TestConfirm_LineOnlySlow_PublishesLittleAgain(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	d.line.hold = true
	for i := range 2000 {
		d.place.listings[l.Ref] = append(d.place.listings[l.Ref], writing(fmt.Sprint("r", i), fmt.Sprint("text ", i)))
	}
	d.place.pageSize = 500
	s := d.scraper()
	c := newConfirmer(s)
	d.poll(s)
	sweeps(d, c, 10*time.Minute)
	d.line.flush(context.Background())
	sweeps(d, c, 30*time.Minute)
	require.Len(t, d.inbox("a"), 2000)
	again := len(d.line.published()) - 2000
	require.LessOrEqual(t, again, 10*republishStalled, "in standstill only samples are published again")
	rest, _, err := d.store.Unconfirmed(context.Background(), d.clock.now().Add(time.Hour), "")
	require.NoError(t, err)
	require.Empty(t, rest)
}

func TestConfirm_SingleLossAmongArrivals_IsPublishedAgain(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	s := d.scraper()
	c := newConfirmer(s)
	lost := true
	d.line.lose = func(e events.ReviewCollected) bool { return lost && e.ExternalID == "x" }
	d.place.put(l.Ref, writing("x", "lost on the way"))
	d.poll(s)
	lost = false
	for i := range 6 {
		d.place.put(l.Ref, writing(fmt.Sprint("later", i), "arrives"))
		d.clock.pass(20 * time.Minute)
		d.poll(s)
		sweeps(d, c, 2*time.Minute)
	}
	require.Equal(t, "lost on the way", d.inbox("a")["x"].Text)
	require.True(t, d.fingerprint("x").Confirmed)
	require.Len(t, d.line.published(), 8)
}

func TestConfirm_LostEditReplyAndRemoval_AreMadeUp(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	s := d.scraper()
	c := newConfirmer(s)
	step := func(lose bool) {
		d.line.cut = lose
		d.clock.pass(8 * 24 * time.Hour)
		d.poll(s)
	}
	for _, id := range []string{"edited", "answered", "removed", "both", "kept"} {
		d.place.put(l.Ref, writing(id, "first text"))
	}
	step(false)
	sweeps(d, c, 2*time.Minute)

	d.place.put(l.Ref, writing("edited", "second text"))
	answered := writing("answered", "first text")
	answered.Reply = &events.Reply{Text: "thank you"}
	d.place.put(l.Ref, answered)
	d.place.put(l.Ref, writing("both", "second text"))
	d.place.drop(l.Ref, "removed")
	step(true)
	both := writing("both", "second text")
	both.Reply = &events.Reply{Text: "sorry"}
	d.place.put(l.Ref, both)
	step(true)
	require.Equal(t, "first text", d.inbox("a")["edited"].Text)
	require.False(t, d.inbox("a")["removed"].Removed)

	d.line.cut = false
	sweeps(d, c, time.Hour)
	inbox := d.inbox("a")
	require.Equal(t, "second text", inbox["edited"].Text)
	require.Equal(t, "thank you", inbox["answered"].SourceReply.Text)
	require.True(t, inbox["removed"].Removed)
	require.Equal(t, "second text", inbox["both"].Text)
	require.Equal(t, "sorry", inbox["both"].SourceReply.Text)
	rest, _, err := d.store.Unconfirmed(context.Background(), d.clock.now().Add(time.Hour), "")
	require.NoError(t, err)
	require.Empty(t, rest)
}

func TestConfirm_NeverArrives_IsTriedLessAndLess(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	s := d.scraper()
	c := newConfirmer(s)
	d.line.lose = func(events.ReviewCollected) bool { return true } // poison for the consumer
	d.place.put(l.Ref, writing("x", "text"))
	d.poll(s)
	sweeps(d, c, 6*time.Hour)
	n := len(d.line.published())
	require.Greater(t, n, 4)
	require.Less(t, n, 12, "a dead letter must not become thousands")
}

func TestConfirm_TwoScrapers_OnlyOneLooks(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	a, b := d.scraper(), d.scraper()
	ca, cb := newConfirmer(a), newConfirmer(b)
	d.line.cut = true
	d.place.put(l.Ref, writing("x", "text"))
	d.poll(a)
	d.line.cut = false
	for range 12 {
		d.clock.pass(10 * time.Second)
		require.NoError(t, ca.look(context.Background()))
		require.NoError(t, cb.look(context.Background()))
	}
	require.Len(t, d.line.published(), 2)
	// The one that looked is gone; the other takes the duty over.
	d.place.put(l.Ref, writing("y", "text"))
	d.clock.pass(time.Hour)
	d.poll(b)
	sweeps(d, cb, 3*time.Minute)
	require.True(t, d.fingerprint("y").Confirmed)
}

func TestConfirm_PublishFails_NotesNothing(t *testing.T) {
	d := newDesk(t)
	l := d.listing("a")
	s := d.scraper()
	c := newConfirmer(s)
	d.line.cut = true
	d.place.put(l.Ref, writing("x", "text"))
	d.poll(s)
	d.line.fail = func() (before, after error) { return errors.New("broker away"), nil }
	d.clock.pass(5 * time.Minute)
	require.Error(t, c.look(context.Background()))
	require.Zero(t, d.fingerprint("x").Republished)
	d.line.fail, d.line.cut = nil, false
	sweeps(d, c, 2*time.Minute)
	require.True(t, d.fingerprint("x").Confirmed)
}
