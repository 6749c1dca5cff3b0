package casework

import (
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/sla"
)

// Tick does what happens to a case by itself until now: the end of a hold and of a snooze,
// clocks that are due soon and overdue, the steps of the escalation path, reminders and misses of
// commitments. Each happens once; the same tick again changes nothing. Case.WakeAt is when to
// tick next, zero for never, and always later than now.
func (d Desk) Tick(doc collections.Review, now time.Time) (collections.Review, bool) {
	c := d.begin(doc, now)
	k := &c.doc.Case
	if k.Status == review.OnHold && !k.HeldUntil.IsZero() && !c.now.Before(k.HeldUntil) {
		c.transition(move{to: review.Open, reason: "the hold is over", by: system("hold")})
	}
	if !k.SnoozedUntil.IsZero() && !c.now.Before(k.SnoozedUntil) {
		c.wake(system("snooze"), "the snooze is over")
	}
	c.tickClocks()
	c.escalate()
	c.remind()
	if next := c.wakeAt(); !next.Equal(doc.Case.WakeAt) {
		c.changed = true
	}
	return c.finish()
}

// tickClocks records which clocks are due soon and which are overdue.
func (c *change) tickClocks() {
	for _, t := range c.targets() {
		due := t.clock.DueAt
		next, told := sla.Tick(*t.clock, c.now)
		*t.clock = next
		after := fields{"clock": t.name, "clock_due_at": stamp(due)}
		if told.Soon {
			c.record(collections.EventDueSoon, system("sla."+c.doc.Case.Policy), nil, after, "")
		}
		if told.Missed {
			c.record(collections.EventOverdue, system("sla."+c.doc.Case.Policy), nil, after, "")
		}
	}
}

// escalate takes the steps of the policy's path that are due. A step raises the priority and
// says who is told; the case stays with its owner.
func (c *change) escalate() {
	steps := c.policy().Escalation
	for c.doc.Case.Escalated < len(steps) {
		at := c.escalateAt()
		if at.IsZero() || c.now.Before(at) {
			return
		}
		step := steps[c.doc.Case.Escalated]
		c.doc.Case.Escalated++
		before, after := fields{}, fields{"step": c.doc.Case.Escalated}
		if step.To != "" {
			after["to"] = step.To
		}
		if rank(step.Priority) > rank(c.doc.Case.Priority) {
			before["priority"], after["priority"] = string(c.doc.Case.Priority), string(step.Priority)
			c.doc.Case.Priority = step.Priority
		}
		c.record(collections.EventEscalated, system("sla."+c.doc.Case.Policy), before, after, "")
	}
}

// escalateAt is when the next step of the escalation path is taken; zero if none will be while
// nothing changes.
func (c *change) escalateAt() time.Time {
	var due time.Time
	for _, t := range c.targets() {
		if sla.Running(*t.clock) && !t.clock.MissedAt.IsZero() {
			due = earliest(due, t.clock.DueAt)
		}
	}
	return c.policy().EscalateAt(due, c.doc.Case.Escalated, c.hours())
}

// wakeAt is the earliest time at which something happens by itself.
func (c *change) wakeAt() time.Time {
	k := &c.doc.Case
	at := k.SnoozedUntil
	if k.Status == review.OnHold {
		at = earliest(at, k.HeldUntil)
	}
	for _, t := range c.targets() {
		// Clocks count whole seconds.
		if wake := sla.WakeAt(*t.clock); !wake.IsZero() {
			at = earliest(at, wake.Add(time.Second-1).Truncate(time.Second))
		}
	}
	at = earliest(at, c.escalateAt())
	for _, m := range c.doc.Commitments {
		if !m.DoneAt.IsZero() || !m.MissedAt.IsZero() {
			continue
		}
		if m.RemindedAt.IsZero() {
			at = earliest(at, remindAt(m))
		} else {
			at = earliest(at, m.DueAt)
		}
	}
	return instant(at)
}
