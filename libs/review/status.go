package review

import "slices"

// transitions lists for each status where a case can go from it. Nothing goes back
// to new: once somebody has touched a case it is open.
var transitions = map[Status][]Status{
	New:             {Open, WaitingApproval, OnHold, Replied, Resolved, NoReplyNeeded},
	Open:            {WaitingApproval, OnHold, Replied, Resolved, NoReplyNeeded},
	WaitingApproval: {Open, OnHold, Replied, NoReplyNeeded},
	OnHold:          {Open, WaitingApproval, Replied, Resolved, NoReplyNeeded},
	Replied:         {Open, Resolved},
	Resolved:        {Open},
	NoReplyNeeded:   {Open},
}

// Next returns the statuses a case can go to from s, in the order of Statuses.
func (s Status) Next() []Status { return slices.Clone(transitions[s]) }

// CanBecome reports whether a case can go from s to to.
func (s Status) CanBecome(to Status) bool { return slices.Contains(transitions[s], to) }
