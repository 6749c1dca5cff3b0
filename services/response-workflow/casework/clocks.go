package casework

import (
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/sla"
)

// target is one of the three clocks of a case with what its policy says of it.
type target struct {
	name    string
	clock   *collections.Clock
	allowed sla.Duration
}

// targets are the clocks of the case. What they point to is c.doc's own: a review is a value.
func (c *change) targets() [3]target {
	policy := c.policy()
	k := &c.doc.Case
	return [3]target{
		{"first_reply", &k.FirstReply, policy.FirstReply},
		{"next_step", &k.NextStep, policy.NextStep},
		{"resolution", &k.Resolution, policy.Resolution},
	}
}

func (c *change) policy() sla.Policy { return c.desk.plan().Policies[c.doc.Case.Policy] }

// hours are those of the case's policy at its location.
func (c *change) hours() sla.Hours {
	return c.desk.plan().Hours(c.doc.Case.Policy, c.desk.Locations[c.doc.LocationID])
}

func (c *change) terms(t target) sla.Terms { return c.policy().Terms(t.allowed, c.hours()) }

// startClocks lets the clocks run as for a review that arrives at start. What is not on its
// site any more cannot be answered there, so nothing of it is due. A resolution that is still
// to come goes on being due when it was.
func (c *change) startClocks(start time.Time) {
	if c.doc.Removed {
		return
	}
	c.doc.Case.ClockAt = start
	for _, t := range c.targets() {
		if t.name == "resolution" && !t.clock.StartedAt.IsZero() && t.clock.MetAt.IsZero() {
			continue
		}
		*t.clock = sla.Start(c.terms(t), start)
	}
	c.syncClocks()
}

// take starts the clocks of a case that was nobody's work so far.
func (c *change) take() {
	if c.doc.Case.ClockAt.IsZero() && c.doc.Case.Status.Pending() {
		c.startClocks(c.now)
	}
}

// syncClocks stops and resumes clocks as the status and a removal ask for. The resolution is
// still to come after a reply; the others are not.
func (c *change) syncClocks() {
	status := c.doc.Case.Status
	still := c.doc.Removed || status == review.OnHold
	for _, t := range c.targets() {
		runs := status.Pending() || t.name == "resolution" && status == review.Replied
		if runs && !still {
			*t.clock = sla.Resume(*t.clock, c.terms(t), c.now)
		} else {
			*t.clock = sla.Pause(*t.clock, c.terms(t), c.now)
		}
	}
}

// meet ends the clocks of what a status stands for.
func (c *change) meet(status review.Status) {
	if status.Pending() {
		return
	}
	for _, t := range c.targets() {
		switch {
		case t.name == "first_reply" && status != review.Replied:
		case t.name == "resolution" && status == review.Replied:
		default:
			*t.clock = sla.Meet(*t.clock, c.terms(t), c.now)
		}
	}
}

// answered ends the clock of the first reply as of at, which is not before the clock began to
// run nor after now.
func (c *change) answered(at time.Time) {
	if at.IsZero() || at.After(c.now) {
		at = c.now
	}
	t := c.targets()[0]
	*t.clock = sla.Meet(*t.clock, c.terms(t), at)
}

// step lets the clock of the next step run anew, because a person did something for the case.
func (c *change) step(by collections.Actor) {
	if by.Kind != collections.ActorPerson || !c.doc.Case.Status.Pending() || c.doc.Removed {
		return
	}
	if t := c.targets()[1]; c.doc.Case.Status != review.OnHold && sla.Running(*t.clock) {
		*t.clock = sla.Start(c.terms(t), c.now)
	}
}

// due is the earliest due time of the clocks that run.
func (c *change) due() time.Time {
	var due time.Time
	for _, t := range c.targets() {
		if sla.Running(*t.clock) {
			due = earliest(due, t.clock.DueAt)
		}
	}
	return due
}

// late reports whether a clock that is not met was overdue.
func (c *change) late() bool {
	for _, t := range c.targets() {
		if !t.clock.MissedAt.IsZero() && t.clock.MetAt.IsZero() {
			return true
		}
	}
	return false
}

// hasten makes the first reply due sooner if the terms of a text edited at at say so, and never
// later: what was spent stays spent, and from at on there is no more time than for a new review.
func (c *change) hasten(old sla.Terms, at time.Time) {
	c.adjust(old, func(t target, terms sla.Terms) (sla.Terms, bool) {
		if terms.Target <= 0 || t.clock.StartedAt.IsZero() {
			return terms, terms.Target > 0
		}
		from := at
		if from.Before(t.clock.RunningSince) {
			from = t.clock.RunningSince
		}
		terms.Target += sla.Spent(*t.clock, old, from)
		sooner := terms.Target < time.Duration(t.clock.TargetSeconds)*time.Second
		if sooner && t.name == "first_reply" {
			c.doc.Case.ClockAt = at
		}
		return terms, sooner
	}, at)
}

// retarget gives the clocks the targets of the policy that counts now, as if it had counted all
// along.
func (c *change) retarget(old sla.Terms) {
	c.adjust(old, func(t target, terms sla.Terms) (sla.Terms, bool) {
		// An edit may have given time anew: what went before it is not of the target.
		if t.name == "first_reply" && terms.Target > 0 && c.doc.Case.ClockAt.After(t.clock.StartedAt) && !t.clock.StartedAt.IsZero() {
			terms.Target += old.Hours.Between(t.clock.StartedAt, c.doc.Case.ClockAt)
		}
		return terms, true
	}, c.doc.Case.ClockAt)
}

// adjust gives those of the clocks other terms of which decide says so.
func (c *change) adjust(old sla.Terms, decide func(target, sla.Terms) (sla.Terms, bool), started time.Time) {
	for _, t := range c.targets() {
		if terms, want := decide(t, c.terms(t)); want {
			*t.clock = sla.Retarget(*t.clock, old, terms, started, c.now)
		}
	}
	c.syncClocks()
}

// earliest is the earlier of two times; zero is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
