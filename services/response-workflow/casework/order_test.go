package casework_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

// history makes a life of one review as a scraper reports it: times and versions
// go up, removals and replies carry the content known by then.
func history(r *rand.Rand, n int) []events.ReviewTagged {
	var out []events.ReviewTagged
	version, minute, removed, reply, title := 1, 0, false, "", ""
	states := []events.ReplyState{"", events.ReplyPublic, events.ReplyPending, events.ReplyRejected}
	state := states[0]
	shape := func(change events.Change) {
		out = append(out, seen(change, version, minute, func(in *events.ReviewTagged) {
			if reply != "" {
				in.Reply = &events.Reply{Text: reply, State: state}
			}
			in.Title = title
			// Tagging may be upgraded in between.
			in.Analysis = negative(fmt.Sprintf("v%d", minute/40))
		}))
	}
	shape(events.Posted)
	for range n {
		minute += 1 + r.IntN(20)
		if r.IntN(4) == 0 {
			title = fmt.Sprintf("title at %d", minute)
		}
		state = states[r.IntN(len(states))]
		switch {
		case removed:
			removed = false
			if r.IntN(2) == 0 {
				version++
				shape(events.Edited)
			} else {
				shape(events.Posted)
			}
		case r.IntN(3) == 0:
			removed = true
			shape(events.Removed)
		case r.IntN(2) == 0:
			version++
			shape(events.Edited)
		default:
			reply = fmt.Sprintf("reply at %d", minute)
			shape(events.SourceReply)
		}
	}
	return out
}

// shown is what people see of a review, whatever way it came about.
type shown struct {
	Title    string
	Text     string
	Version  int
	Removed  bool
	Reply    string
	State    events.ReplyState
	Analysis string
	Owner    string
}

func look(doc collections.Review) shown {
	s := shown{Title: doc.Title, Text: doc.Text, Version: doc.Version, Removed: doc.Removed, Analysis: doc.Analysis.Version, Owner: doc.Case.OwnerID}
	if doc.SourceReply != nil {
		s.Reply, s.State = doc.SourceReply.Text, doc.SourceReply.State
		if s.State == "" {
			s.State = events.ReplyPublic
		}
	}
	return s
}

func TestObserve_AnyOrderWithDuplicates_EndsTheSame(t *testing.T) {
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 1))
		life := history(r, 1+r.IntN(8))
		want := look(play(t, seed, life))
		// The newest tags of the version shown count, whenever they arrive.
		for _, in := range life {
			if in.Version == want.Version && in.Analysis.Version > want.Analysis {
				want.Analysis = in.Analysis.Version
			}
		}
		delivered := append([]events.ReviewTagged(nil), life...)
		for range r.IntN(6) {
			delivered = append(delivered, life[r.IntN(len(life))])
		}
		r.Shuffle(len(delivered), func(i, j int) { delivered[i], delivered[j] = delivered[j], delivered[i] })
		require.Equal(t, want, look(play(t, seed, delivered)), "seed %d", seed)
	}
}

// play applies observations and checks what must hold after each.
func play(t *testing.T, seed uint64, observations []events.ReviewTagged) collections.Review {
	t.Helper()
	d := desk()
	var doc collections.Review
	for i, in := range observations {
		seq := doc.Seq
		if i == 0 {
			doc = d.Open(in, routing.Decision{OwnerID: "p1", Rule: routing.LeastLoad}, at(i))
		} else {
			status := doc.Case.Status
			var changed bool
			doc, changed = d.Observe(doc, in, at(i))
			require.True(t, changed || doc.Seq == seq, "seed %d: events without a change", seed)
			if doc.Case.Status != status {
				require.Greater(t, doc.Seq, seq, "seed %d: a status without its event", seed)
			}
			_, again := d.Observe(doc, in, at(i))
			require.False(t, again, "seed %d step %d: the same again changes something", seed, i)
		}
		require.Len(t, doc.Outbox, int(doc.Seq), "seed %d", seed)
		for n, e := range doc.Outbox {
			require.Equal(t, int64(n+1), e.Seq)
			require.Equal(t, casework.EventID("r_1", e.Seq), e.ID)
		}
		if !doc.Case.Status.Pending() || doc.Removed {
			require.True(t, doc.Case.DueAt.IsZero(), "seed %d step %d: %s removed=%v", seed, i, doc.Case.Status, doc.Removed)
		} else {
			require.False(t, doc.Case.DueAt.IsZero(), "seed %d step %d", seed, i)
		}
	}
	assigned := 0
	for _, e := range doc.Outbox {
		if e.Type == collections.EventAssigned {
			assigned++
		}
	}
	require.Equal(t, 1, assigned, "seed %d", seed)
	require.True(t, review.Status.Valid(doc.Case.Status))
	return doc
}
