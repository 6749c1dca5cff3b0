package casework_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/replycheck"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

// life is one case to which anything happens in any order, with what must hold after each step.
type life struct {
	t    *testing.T
	seed uint64
	r    *rand.Rand
	desk casework.Desk
	now  time.Time
	doc  collections.Review
	log  []collections.CaseEvent
	seen []events.ReviewTagged
	// status and owner are what the events alone say.
	status, owner string
	// arrived are publications that came to their end, lease is the one sender's.
	arrived map[string]bool
	ids     map[string]bool
	lease   struct {
		id, holder string
		until      time.Time
	}
	told     map[string]int
	rerouted int
	step     string
}

func (l *life) pick(names ...string) string { return names[l.r.IntN(len(names))] }

func (l *life) someone() collections.Actor { return person(l.pick("p1", "p2", "p3")) }

// minutes is a time from now on, at most n minutes away.
func (l *life) minutes(n int) time.Duration { return time.Duration(1+l.r.IntN(n)) * time.Minute }

// observe makes what a scraper sees now, or repeats something it saw before.
func (l *life) observe() events.ReviewTagged {
	if len(l.seen) > 0 && l.r.IntN(3) == 0 {
		return l.seen[l.r.IntN(len(l.seen))]
	}
	version := max(1, l.doc.Version)
	change := []events.Change{events.Posted, events.Posted, events.SourceReply, events.Removed, events.Edited}[l.r.IntN(5)]
	if change == events.Edited {
		version++
	}
	in := seen(change, version, 0)
	in.ObservedAt, in.FirstSeenAt = l.now.Add(-l.minutes(30)), at(0)
	analysis := negative
	if l.r.IntN(2) == 0 {
		analysis = positive
	}
	in.Analysis = analysis(fmt.Sprintf("v%04d", l.r.IntN(40)))
	if l.r.IntN(5) == 0 {
		in.Analysis.Urgent = []review.Urgent{review.Privacy}
	}
	in.Text = fmt.Sprintf("text %d", version)
	switch l.r.IntN(4) {
	case 0:
		in.Reply = &events.Reply{Text: l.pick("an answer", "another answer"), UpdatedAt: in.ObservedAt}
	case 1:
		if p := l.doc.Publication; p != nil {
			in.Reply = &events.Reply{Text: p.Text, State: []events.ReplyState{"", events.ReplyPending, events.ReplyRejected}[l.r.IntN(3)]}
		}
	}
	l.seen = append(l.seen, in)
	return in
}

// draftVersion is mostly the one that is there, sometimes an older one.
func (l *life) draftVersion() int {
	version := 0
	if l.doc.Draft != nil {
		version = l.doc.Draft.Version
	}
	if l.r.IntN(6) == 0 {
		version = l.r.IntN(version + 1)
	}
	return version
}

func (l *life) report() replycheck.Report {
	if l.r.IntN(4) == 0 {
		return blocked
	}
	return fine
}

// act does one thing and returns what became of the case.
func (l *life) act() (doc collections.Review, changed bool, err error) {
	d, by := l.desk, l.someone()
	l.step = l.pick("observe", "observe", "observe", "tick", "tick", "tick", "status", "status", "assign", "place", "snooze", "merge", "note", "save", "save", "save",
		"discard", "request", "request", "decide", "decide", "publish", "publish", "publish", "undo", "copied", "retry", "lease", "lease", "sent", "sent", "promise", "change", "correct")
	// What takes several steps in a row would hardly ever be come across otherwise.
	if p := l.doc.Publication; p != nil && l.doc.SendAt.After(time.Time{}) && l.r.IntN(2) == 0 {
		l.step = l.pick("lease", "lease", "sent", "undo")
	} else if l.doc.Case.Status == review.WaitingApproval && l.r.IntN(2) == 0 {
		l.step = "decide"
	} else if l.doc.Draft != nil && l.doc.Draft.State == collections.DraftApproved && l.r.IntN(2) == 0 {
		l.step = "publish"
	}
	switch l.step {
	case "observe":
		doc, changed = d.Observe(l.doc, l.observe(), l.now)
	case "tick":
		doc, changed = d.Tick(l.doc, l.now)
		_, again := d.Tick(doc, l.now)
		require.False(l.t, again, "%s: the same tick again", l)
		require.True(l.t, doc.Case.WakeAt.IsZero() || doc.Case.WakeAt.After(l.now), "%s: wakes at %v", l, doc.Case.WakeAt)
	case "status":
		to := review.Statuses()[l.r.IntN(len(review.Statuses()))]
		in := casework.StatusChange{To: to, Reason: l.pick("", "because"), RootCause: l.pick("", "waiting")}
		if l.r.IntN(2) == 0 {
			in.Until = l.now.Add(l.minutes(3000))
		}
		doc, changed, err = d.SetStatus(l.doc, in, by, l.now)
	case "assign":
		doc, changed = d.Assign(l.doc, l.pick("p1", "p2"), "", by, l.now)
	case "place":
		doc, changed = d.Place(l.doc, routing.Decision{OwnerID: l.pick("", "p1"), Rule: routing.LeastLoad}, l.now)
	case "snooze":
		until := l.now.Add(l.minutes(3000))
		if l.r.IntN(3) == 0 {
			until = time.Time{}
		}
		doc, changed, err = d.Snooze(l.doc, until, by, l.now)
	case "merge":
		doc, changed, err = d.Merge(l.doc, l.pick("", "r_2"), by, l.now)
	case "note":
		doc, changed, err = d.AddNote(l.doc, fmt.Sprint("n", l.r.IntN(20)), "x", by, l.now)
	case "save":
		version := l.draftVersion()
		doc, changed, err = d.SaveDraft(l.doc, casework.DraftSave{Version: version, Text: fmt.Sprint("reply ", l.r.IntN(1000))}, by, l.now)
		if changed && l.doc.Draft != nil {
			require.Equal(l.t, l.doc.Draft.Version, version, "%s: a draft was overwritten unseen", l)
		}
		if changed {
			require.Greater(l.t, doc.Draft.Version, l.doc.DraftVersions, "%s: a number came twice", l)
		}
	case "discard":
		doc, changed, err = d.DiscardDraft(l.doc, l.draftVersion(), by, l.now)
	case "request":
		doc, changed, err = d.RequestApproval(l.doc, l.draftVersion(), l.report(), by, l.now)
	case "decide":
		doc, changed, err = d.DecideApproval(l.doc, casework.Decision{Version: l.draftVersion(), Approve: l.r.IntN(2) > 0, Comment: l.pick("", "no", "no")}, by, l.now)
		if changed {
			require.NotEqual(l.t, l.doc.Draft.By.ID, by.ID, "%s", l)
			require.NotEqual(l.t, l.doc.Draft.RequestedBy.ID, by.ID, "%s", l)
		}
	case "publish":
		in := casework.PublishRequest{Version: l.draftVersion(), Report: l.report(), OverrideReason: l.pick("", "", "a quotation"), ByHand: l.r.IntN(4) == 0, UndoFor: 15 * time.Second}
		doc, changed, err = d.Publish(l.doc, in, by, l.now)
		if changed {
			require.True(l.t, !l.doc.Case.Approval || l.doc.Draft.State == collections.DraftApproved, "%s: published without approval", l)
			require.True(l.t, in.Report.Verdict != replycheck.Block || in.OverrideReason != "", "%s: published although blocked", l)
			require.False(l.t, l.ids[doc.Publication.ID], "%s: %s is the id of two publications", l, doc.Publication.ID)
			l.ids[doc.Publication.ID] = true
		}
	case "undo":
		doc, changed, err = d.UndoPublication(l.doc, by, l.now)
	case "copied":
		doc, changed, err = d.ConfirmCopied(l.doc, by, l.now)
	case "retry":
		doc, changed, err = d.RetryPublication(l.doc, by, l.now)
	case "lease":
		holder := l.pick("a", "b")
		doc, changed = d.LeaseSend(l.doc, holder, 5*time.Minute, l.now)
		if changed {
			require.False(l.t, l.arrived[doc.Publication.ID], "%s: %s is sent a second time", l, doc.Publication.ID)
			require.False(l.t, l.lease.id == doc.Publication.ID && l.lease.until.After(l.now), "%s: two senders", l)
			l.lease.id, l.lease.holder, l.lease.until = doc.Publication.ID, holder, l.now.Add(5*time.Minute)
		}
	case "sent":
		// Whoever does not say how it ended has crashed.
		kind := []casework.SendKind{casework.SendDone, casework.SendPending, casework.SendRetry, casework.SendRefused, casework.SendByHand}[l.r.IntN(5)]
		holder := l.pick("a", "b")
		doc, changed = d.Sent(l.doc, holder, casework.Outcome{Kind: kind, After: l.minutes(20), Problem: "p"}, l.now)
		if changed {
			require.Equal(l.t, l.lease.holder, holder, "%s: somebody else says how it ended", l)
			l.lease.until = time.Time{}
			l.arrived[doc.Publication.ID] = l.arrived[doc.Publication.ID] || kind == casework.SendDone || kind == casework.SendPending
		}
	case "promise":
		doc, changed, err = d.AddCommitment(l.doc, casework.Commitment{ID: fmt.Sprint("c", l.r.IntN(5)), Text: "call", OwnerID: "p2", DueAt: l.now.Add(l.minutes(5000))}, by, l.now)
	case "change":
		in := casework.CommitmentChange{State: l.pick("", "open", "kept", "dropped"), Reason: l.pick("", "why")}
		if l.r.IntN(2) == 0 {
			in.DueAt = l.now.Add(l.minutes(5000))
		}
		doc, changed, err = d.ChangeCommitment(l.doc, fmt.Sprint("c", l.r.IntN(5)), in, by, l.now)
	case "correct":
		doc, changed, err = d.Correct(l.doc, casework.Judgement{Overall: review.Polarities()[l.r.IntN(3)]}, "", by, l.now)
	}
	return doc, changed, err
}

func (l *life) String() string {
	return fmt.Sprintf("seed %d, %s after %d events, %s", l.seed, l.step, l.doc.Seq, l.doc.Case.Status)
}

// next does one thing and checks what must hold whatever it was.
func (l *life) next() {
	t := l.t
	switch wake := l.doc.Case.WakeAt; {
	case l.r.IntN(4) == 0 && wake.After(l.now):
		l.now = wake
	case l.r.IntN(2) == 0:
		l.now = l.now.Add(time.Duration(1+l.r.IntN(90)) * time.Second)
	default:
		l.now = l.now.Add(time.Duration(1+l.r.IntN(40*60*(1+l.r.IntN(8)))) * time.Second)
	}
	was := whole(t, l.doc)
	doc, changed, err := l.act()
	require.Equal(t, was, whole(t, l.doc), "%s: the document given was changed", l)
	if !changed {
		require.Equal(t, l.doc.Seq, doc.Seq, "%s", l)
		require.Equal(t, was, whole(t, doc), "%s: changed without saying so", l)
		return
	}
	require.NoError(t, err, "%s", l)
	fresh := doc.Outbox[len(l.doc.Outbox):]
	for i, e := range fresh {
		require.Equal(t, l.doc.Seq+int64(i)+1, e.Seq, "%s: a gap", l)
		l.replay(e)
	}
	require.Equal(t, l.doc.Seq+int64(len(fresh)), doc.Seq, "%s", l)
	l.log = append(l.log, fresh...)
	before := l.doc
	l.doc = casework.Drained(doc, doc.Seq)
	if l.r.IntN(3) == 0 {
		l.doc = doc // told later
	}
	l.holds(before)
}

// replay follows an event.
func (l *life) replay(e collections.CaseEvent) {
	if status, ok := e.After["status"].(string); ok {
		require.True(l.t, e.Type == collections.EventReceived || e.Type == collections.EventStatusChanged, "%s: %s changes a status", l, e.Type)
		if e.Type == collections.EventStatusChanged {
			require.Equal(l.t, l.status, e.Before["status"], "%s", l)
			require.True(l.t, review.Status(l.status).CanBecome(review.Status(status)), "%s: %s to %s", l, l.status, status)
		}
		l.status = status
	}
	if e.Type == collections.EventRouted {
		l.rerouted++
	}
	if e.Type == collections.EventAssigned {
		l.owner = e.After["owner_id"].(string)
	}
	if e.Type == collections.EventDueSoon || e.Type == collections.EventOverdue {
		k := l.doc.Case
		clock := map[string]collections.Clock{"first_reply": k.FirstReply, "next_step": k.NextStep, "resolution": k.Resolution}[e.After["clock"].(string)]
		// A longer target, by another policy, is one that can be missed anew.
		l.told[fmt.Sprint(e.Type, e.After["clock"], clock.StartedAt, l.rerouted)]++
	}
}

// holds checks the case after a change.
func (l *life) holds(was collections.Review) {
	t, k := l.t, l.doc.Case
	require.Equal(t, l.status, string(k.Status), "%s: a status without its event", l)
	require.Equal(t, l.owner, k.OwnerID, "%s: an owner without its event", l)
	if k.Status.Pending() && !l.doc.Removed {
		require.True(t, k.OwnerID != "" || k.Queued, "%s: nobody has it and nobody will", l)
	}
	require.False(t, k.Queued && k.OwnerID != "", "%s", l)
	require.Equal(t, k.Status == review.WaitingApproval, l.doc.Draft != nil && l.doc.Draft.State == collections.DraftWaitingApproval, "%s: draft and status differ", l)
	require.Equal(t, k.Status.Pending(), k.ClosedAt.IsZero(), "%s", l)
	if k.Status == review.Replied {
		require.True(t, k.FirstReply.StartedAt.IsZero() || !k.FirstReply.MetAt.IsZero(), "%s: replied, and still waiting for the reply", l)
	}
	if k.Status == review.Resolved || k.Status == review.NoReplyNeeded {
		require.True(t, k.Resolution.StartedAt.IsZero() || !k.Resolution.MetAt.IsZero(), "%s: closed, and still to be resolved", l)
	}
	if k.Status != review.OnHold {
		require.True(t, k.HoldReason == "" && k.HeldUntil.IsZero(), "%s", l)
	}
	if l.doc.Removed || k.Status == review.OnHold {
		require.True(t, k.DueAt.IsZero(), "%s: due although nothing can be done", l)
	}
	for name, pair := range map[string][2]collections.Clock{
		"first reply": {was.Case.FirstReply, k.FirstReply}, "next step": {was.Case.NextStep, k.NextStep}, "resolution": {was.Case.Resolution, k.Resolution},
	} {
		a, b := pair[0], pair[1]
		if !a.StartedAt.Equal(b.StartedAt) || a.StartedAt.IsZero() {
			continue
		}
		require.GreaterOrEqual(t, b.SpentSeconds, a.SpentSeconds, "%s: the clock of the %s ran backwards", l, name)
		require.False(t, b.RunningSince.Before(a.RunningSince) && !b.RunningSince.IsZero(), "%s: %s", l, name)
		require.True(t, a.MetAt.IsZero() || a.MetAt.Equal(b.MetAt), "%s: the %s is unmet", l, name)
		require.True(t, a.MissedAt.IsZero() || !b.MissedAt.IsZero() || b.TargetSeconds > a.TargetSeconds, "%s: the %s is not missed any more", l, name)
		if !b.DueAt.IsZero() {
			require.False(t, k.DueAt.After(b.DueAt), "%s: the %s is due sooner", l, name)
		}
	}
	for what, n := range l.told {
		require.Equal(t, 1, n, "%s: told again: %s", l, what)
	}
	if p := l.doc.Publication; p != nil {
		require.True(t, slices.ContainsFunc(l.log, func(e collections.CaseEvent) bool {
			return e.Type == collections.EventPublishRequested && e.After["publication"] == p.ID && e.After["text"] == p.Text
		}), "%s: %s is in no event", l, p.ID)
		require.Equal(t, p.State == collections.PublicationScheduled || p.State == collections.PublicationSending, !l.doc.SendAt.IsZero(), "%s", l)
	} else {
		require.True(t, l.doc.SendAt.IsZero(), "%s", l)
	}
	if !k.Status.Pending() {
		require.True(t, k.SnoozedUntil.IsZero(), "%s", l)
	}
}

func whole(t *testing.T, doc collections.Review) string {
	b, err := json.Marshal(doc)
	require.NoError(t, err)
	return string(b)
}

func TestDesk_AnythingInAnyOrder_CaseHoldsTogether(t *testing.T) {
	page, err := os.ReadFile("../../../docs/words.md")
	require.NoError(t, err)
	words := string(page)
	reached := map[string]int{}
	steps := 60
	for seed := range uint64(80) {
		l := &life{t: t, seed: seed, r: rand.New(rand.NewPCG(seed, 5)), desk: by(office()), now: at(1), arrived: map[string]bool{}, ids: map[string]bool{}, told: map[string]int{}, step: "open"}
		decision := routing.Decision{OwnerID: "p1", Rule: routing.LeastLoad}
		if seed%5 == 0 {
			decision = routing.Decision{Rule: routing.Waiting, Queued: true}
		}
		first := seen(events.Posted, 1, 0)
		l.seen = append(l.seen, first)
		doc := l.desk.Open(first, decision, l.now)
		for _, e := range doc.Outbox {
			l.replay(e)
		}
		l.log, l.doc = doc.Outbox, casework.Drained(doc, doc.Seq)
		l.holds(l.doc)
		for range steps {
			l.next()
		}
		for _, e := range l.log {
			reached[e.Type]++
		}
	}
	for _, kind := range []string{
		"overdue", "due_soon", "escalated", "woken", "merged", "draft_discarded", "approved", "returned", "overridden", "publish_undone", "reply_sent",
		"reply_failed", "reply_by_hand", "reply_confirmed", "reply_refused", "reply_changed", "commitment_due", "commitment_missed", "routed",
	} {
		require.Positive(t, reached[kind], "no life had %s: the test would not see its faults", kind)
	}
	for kind := range reached {
		require.Regexp(t, `(?m)^\|[a-z_, ]*\b`+kind+`\b[a-z_, ]*\|`, words, "docs/words.md does not say what %s is", kind)
	}
}

// Of any error people get, a transport knows the kind.
func TestErrors_Everyone_SaysItsKind(t *testing.T) {
	for _, err := range []error{
		&casework.TransitionError{From: review.New, To: review.New}, &casework.ReasonError{Status: review.OnHold}, &casework.ReasonError{What: "this"},
		&casework.RootCauseError{Causes: []string{"a", "b"}}, &casework.TimeError{Detail: "x"}, &casework.NotesError{}, &casework.MergeError{Detail: "x"},
		&casework.DraftConflict{}, &casework.DraftConflict{Current: &collections.Draft{Version: 2}}, &casework.DraftTextError{Detail: "x"},
		&casework.ApprovalError{Fault: casework.ApprovalOfOwnText}, &casework.BlockedError{}, &casework.PublicationError{Fault: casework.AlreadySent},
		&casework.CommitmentError{Detail: "x"}, &casework.CommitmentError{Missing: true, Detail: "x"}, &casework.SnoozeError{}, &casework.JudgementError{Detail: "x"},
	} {
		require.NotEmpty(t, err.Error())
		require.NotEmpty(t, codeOf(err), "%T", err)
		require.False(t, strings.Contains(err.Error(), "%!"), "%T", err)
	}
}

func codeOf(err error) string {
	var known *problem.Error
	if !errors.As(err, &known) {
		return ""
	}
	return known.Code
}
