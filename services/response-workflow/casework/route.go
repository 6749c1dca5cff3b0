package casework

import (
	"slices"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/libs/sla"
)

// plan is the organization's plan.
func (d Desk) plan() routing.Plan {
	if d.Plan == nil {
		return routing.Plan{}
	}
	return *d.Plan
}

// Subject is what the plan's tree looks at of a review.
func (d Desk) Subject(doc collections.Review) routing.Subject {
	var at collections.Location
	if known := d.Locations[doc.LocationID]; known != nil {
		at = *known
	}
	return routing.SubjectOf(doc, at)
}

// routing is a way to tell what a new decision of the tree changed.
type rerouting struct{ before, after fields }

// route asks the tree again and takes over what it says of everything but the owner. What an
// escalation raised is not lowered.
func (c *change) route() rerouting {
	out := c.desk.plan().Outcome(c.desk.Subject(c.doc))
	k := &c.doc.Case
	if k.Escalated > 0 && rank(k.Priority) > rank(out.Priority) {
		out.Priority = k.Priority
	}
	r := rerouting{fields{}, fields{}}
	if k.Priority != out.Priority {
		r.before["priority"], r.after["priority"] = string(k.Priority), string(out.Priority)
	}
	if k.Policy != out.SLA {
		r.before["policy"], r.after["policy"] = k.Policy, out.SLA
	}
	if k.Approval != out.Approval {
		r.before["approval"], r.after["approval"] = k.Approval, out.Approval
	}
	if len(r.after) > 0 {
		r.before["route"], r.after["route"] = k.Route, out.Route
	}
	k.Priority, k.Policy, k.Approval = out.Priority, out.SLA, out.Approval
	k.Notify, k.Route, k.PlanVersion = slices.Clone(out.Channels), slices.Clone(out.Route), c.desk.Version
	return r
}

// rank orders priorities.
func rank(p collections.Priority) int {
	return slices.Index([]collections.Priority{collections.PriorityLow, collections.PriorityNormal, collections.PriorityHigh, collections.PriorityUrgent}, p)
}

// tell records that a case is routed otherwise than before.
func (c *change) tell(r rerouting) {
	if len(r.after) > 0 {
		c.record(collections.EventRouted, system("routing.plan"), r.before, r.after, "")
	}
}

// rerouteTags routes a case whose tags changed and gives its clocks the targets they ask for.
func (c *change) rerouteTags() rerouting {
	old, was, version := c.oldTerms(), c.policy(), c.doc.Case.PlanVersion
	r := c.route()
	same := version == c.doc.Case.PlanVersion && sameTargets(was, c.policy())
	if !same && c.timed() {
		c.retarget(old)
	}
	return r
}

// oldTerms are what the clocks of the case counted on so far.
func (c *change) oldTerms() sla.Terms { return c.policy().Terms(0, c.hours()) }

// timed reports whether the case waits for work and has clocks.
func (c *change) timed() bool {
	return c.doc.Case.Status.Pending() && !c.doc.Removed && !c.doc.Case.ClockAt.IsZero()
}

func sameTargets(a, b sla.Policy) bool {
	return a.FirstReply == b.FirstReply && a.NextStep == b.NextStep && a.Resolution == b.Resolution &&
		a.SoonBefore == b.SoonBefore && a.Calendar == b.Calendar
}

// turned opens a closed case again whose review turned out to be negative.
func (c *change) turned(was review.Polarity, by collections.Actor) {
	if c.doc.Case.Status.Pending() || c.doc.Removed || was == review.Negative || c.doc.Analysis.Overall != review.Negative {
		return
	}
	c.transition(move{to: review.Open, reason: "the review turned out to be negative", by: by, clock: c.now})
}

// adopt gives a case that was opened before there were plans what a plan gives: it is due as it
// was, if the plan is the one Bedside comes with.
func (c *change) adopt() {
	k := &c.doc.Case
	if k.Status == "" || k.ClockAt.IsZero() || len(k.Route) > 0 || !k.FirstReply.StartedAt.IsZero() {
		return
	}
	c.route()
	if k.Status.Pending() && !c.doc.Removed {
		c.startClocks(k.ClockAt)
		k.DueAt = c.due()
	}
}
