package casework

import (
	"slices"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/review"
)

// maxAhead bounds how far ahead people can hold and snooze a case, and promise something.
const maxAhead = 2 * 366 * 24 * time.Hour

// StatusChange is where a person wants a case to go.
type StatusChange struct {
	To review.Status
	// Reason is required for no_reply_needed and on_hold.
	Reason string
	// RootCause is required for resolving a negative or mixed review where the plan has a list.
	RootCause string
	// Until is when a case on hold opens again by itself; zero is never.
	Until time.Time
}

// SetStatus moves the case to a status, as a person says. The status it has already changes
// nothing, but for another reason or end of a hold. The errors are *TransitionError,
// *ReasonError, *RootCauseError, *TimeError and, for waiting_approval, *ApprovalError.
func (d Desk) SetStatus(doc collections.Review, in StatusChange, by collections.Actor, now time.Time) (collections.Review, bool, error) {
	c := d.begin(doc, now)
	in.Until = instant(in.Until)
	hold := in.To == review.OnHold
	if doc.Case.Status == in.To {
		if !hold || (in.Reason == "" || in.Reason == doc.Case.HoldReason) && (in.Until.IsZero() || in.Until.Equal(doc.Case.HeldUntil)) {
			return doc, false, nil
		}
	} else if (in.To == review.NoReplyNeeded || hold) && in.Reason == "" {
		return doc, false, &ReasonError{Status: in.To}
	}
	if hold {
		if err := c.ahead(in.Until, "the end of the hold"); err != nil {
			return doc, false, err
		}
	}
	if doc.Case.Status == in.To {
		c.hold(in, by)
		return c.finished()
	}
	if !doc.Case.Status.CanBecome(in.To) {
		return doc, false, &TransitionError{From: doc.Case.Status, To: in.To}
	}
	m := move{to: in.To, reason: in.Reason, by: by, clock: c.now, before: fields{}, after: fields{}}
	switch in.To {
	case review.WaitingApproval:
		return doc, false, &ApprovalError{Fault: ApprovalByRequest}
	case review.OnHold:
		c.doc.Case.HoldReason, c.doc.Case.HeldUntil = in.Reason, in.Until
		if !in.Until.IsZero() {
			m.before["held_until"], m.after["held_until"] = nil, stamp(in.Until)
		}
	case review.NoReplyNeeded:
		c.doc.Case.ClosedReason = in.Reason
	case review.Resolved:
		if err := c.rootCause(in.RootCause, m); err != nil {
			return doc, false, err
		}
	}
	c.step(by)
	c.transition(m)
	return c.finished()
}

// hold changes why and until when a case is on hold.
func (c *change) hold(in StatusChange, by collections.Actor) {
	before, after := fields{}, fields{}
	if in.Reason != "" && in.Reason != c.doc.Case.HoldReason {
		before["hold_reason"], after["hold_reason"] = c.doc.Case.HoldReason, in.Reason
		c.doc.Case.HoldReason = in.Reason
	}
	if !in.Until.IsZero() && !in.Until.Equal(c.doc.Case.HeldUntil) {
		before["held_until"], after["held_until"] = stamp(c.doc.Case.HeldUntil), stamp(in.Until)
		c.doc.Case.HeldUntil = in.Until
	}
	c.record(collections.EventStatusChanged, by, before, after, in.Reason)
}

// rootCause takes over what was behind a review, or says that it is missing. Where the
// organization keeps no list, any words do.
func (c *change) rootCause(given string, m move) error {
	causes := c.desk.plan().RootCauses
	if given == "" {
		given = c.doc.Case.RootCause
	}
	overall := c.doc.Analysis.Overall
	needed := overall == review.Negative || overall == review.Mixed
	if len(causes) > 0 && !slices.Contains(causes, given) && (needed || given != c.doc.Case.RootCause) {
		return &RootCauseError{Causes: slices.Clone(causes)}
	}
	if given != c.doc.Case.RootCause {
		m.before["root_cause"], m.after["root_cause"] = c.doc.Case.RootCause, given
		c.doc.Case.RootCause = given
	}
	return nil
}

// ahead says whether a time can be the end of something that begins now; zero is no end.
func (c *change) ahead(t time.Time, what string) error {
	switch {
	case t.IsZero():
		return nil
	case !t.After(c.now):
		return &TimeError{Detail: what + " must be in the future"}
	case t.Sub(c.now) > maxAhead:
		return &TimeError{Detail: what + " must be within two years"}
	}
	return nil
}

// move is a change of status.
type move struct {
	to     review.Status
	reason string
	by     collections.Actor
	// clock is when the clocks of a case that opens again began to run.
	clock time.Time
	// before and after are what else the event says; they may be nil.
	before, after fields
}

// transition is the one place where a case changes its status; it reports whether
// the case could go there, and leaves it as it is if not. A case that opens again is due as if it
// were new at m.clock. On hold every clock stands still, and the event says so.
func (c *change) transition(m move) bool {
	from := c.doc.Case.Status
	if !from.CanBecome(m.to) {
		return false
	}
	before, after := m.before, m.after
	if before == nil {
		before, after = fields{}, fields{}
	}
	before["status"], after["status"] = string(from), string(m.to)
	c.doc.Case.Status = m.to
	if from == review.OnHold {
		if !c.doc.Case.HeldUntil.IsZero() {
			before["held_until"], after["held_until"] = stamp(c.doc.Case.HeldUntil), nil
		}
		c.doc.Case.HoldReason, c.doc.Case.HeldUntil = "", time.Time{}
	}
	if from == review.WaitingApproval {
		c.withdrawRequest(before, after)
	}
	switch {
	case from.Pending() && !m.to.Pending():
		c.close(before, after)
	case !from.Pending() && m.to.Pending():
		c.reopen(m.clock, before, after)
	}
	c.meet(m.to)
	c.syncClocks()
	if started := !c.doc.Case.ClockAt.IsZero(); started && m.to == review.OnHold {
		before["clocks"], after["clocks"] = "running", "paused"
	} else if started && from == review.OnHold && m.to.Pending() {
		before["clocks"], after["clocks"] = "paused", "running"
	}
	c.record(collections.EventStatusChanged, m.by, before, after, m.reason)
	return true
}

// close ends what only a case that waits for work has.
func (c *change) close(before, after fields) {
	c.doc.Case.ClosedAt = c.now
	if !c.doc.Case.SnoozedUntil.IsZero() {
		before["snoozed_until"], after["snoozed_until"] = stamp(c.doc.Case.SnoozedUntil), nil
		c.doc.Case.SnoozedUntil = time.Time{}
	}
	if c.doc.Case.Queued {
		before["queued"], after["queued"] = true, false
		c.doc.Case.Queued = false
	}
}

// reopen makes a closed case one that waits for work. One that never had an owner goes to the
// queue.
func (c *change) reopen(clock time.Time, before, after fields) {
	c.doc.Case.ClosedAt, c.doc.Case.OpenedAt, c.doc.Case.ClosedReason = time.Time{}, c.now, ""
	if c.doc.Case.MergedInto != "" {
		before["merged_into"], after["merged_into"] = c.doc.Case.MergedInto, nil
		c.doc.Case.MergedInto = ""
	}
	if !c.doc.Removed {
		c.enqueue(before, after)
	}
	c.doc.Case.Escalated = 0
	c.startClocks(clock)
}

// enqueue lets a case without an owner wait for somebody with room.
func (c *change) enqueue(before, after fields) {
	if c.doc.Case.OwnerID == "" && !c.doc.Case.Queued {
		c.doc.Case.Queued = true
		before["queued"], after["queued"] = false, true
	}
}
