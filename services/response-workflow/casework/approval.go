package casework

import (
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/replycheck"
	"github.com/bedside-health/bedside/libs/review"
)

// Decision is what an approver says of a draft.
type Decision struct {
	// Version is of the draft the approver saw.
	Version int
	Approve bool
	// Comment is required for returning it.
	Comment string
}

// RequestApproval asks another person to approve the draft: the case waits for that from then
// on. What the check found is kept with the request, so that whoever decides knows; a finding that
// blocks still blocks the publication. A draft that waits or is approved already changes nothing.
// The errors are *DraftConflict, *DraftTextError and *TransitionError for a case that is closed.
func (d Desk) RequestApproval(doc collections.Review, version int, report replycheck.Report, by collections.Actor, now time.Time) (collections.Review, bool, error) {
	c := d.begin(doc, now)
	draft, err := c.wanted(version)
	if err != nil {
		return doc, false, err
	}
	if draft.State == collections.DraftWaitingApproval || draft.State == collections.DraftApproved {
		return doc, false, nil
	}
	if !doc.Case.Status.CanBecome(review.WaitingApproval) {
		return doc, false, &TransitionError{From: doc.Case.Status, To: review.WaitingApproval}
	}
	draft.State = collections.DraftWaitingApproval
	draft.RequestedBy, draft.DecidedBy, draft.Comment = &by, nil, ""
	after := fields{"version": version, "text": draft.Text, "verdict": string(report.Verdict)}
	if rules := rulesOf(report, replycheck.Block); len(rules) > 0 {
		after["rules"] = rules
	}
	c.step(by)
	c.record(collections.EventApprovalRequested, by, nil, after, "")
	c.transition(move{to: review.WaitingApproval, by: by})
	return c.finished()
}

// DecideApproval approves the draft that waits for it, or returns it with a comment; the case
// is open again either way. The errors are *DraftConflict, *ReasonError where the comment is
// missing, and *ApprovalError: nobody decides on a text they wrote or submitted.
func (d Desk) DecideApproval(doc collections.Review, in Decision, by collections.Actor, now time.Time) (collections.Review, bool, error) {
	c := d.begin(doc, now)
	draft, err := c.wanted(in.Version)
	if err != nil {
		return doc, false, err
	}
	decided := collections.DraftReturned
	if in.Approve {
		decided = collections.DraftApproved
	}
	if draft.State == decided && draft.DecidedBy != nil && draft.DecidedBy.ID == by.ID {
		return doc, false, nil
	}
	switch {
	case draft.State != collections.DraftWaitingApproval:
		return doc, false, &ApprovalError{Fault: ApprovalNotRequested}
	case by.Kind != collections.ActorPerson || draft.By.ID == by.ID || draft.RequestedBy != nil && draft.RequestedBy.ID == by.ID:
		return doc, false, &ApprovalError{Fault: ApprovalOfOwnText}
	case !in.Approve && isBlank(in.Comment):
		return doc, false, &ReasonError{What: "returning a draft"}
	}
	kind := collections.EventReturned
	if in.Approve {
		kind = collections.EventApproved
	}
	draft.State, draft.DecidedBy, draft.Comment = decided, &by, in.Comment
	c.step(by)
	c.record(kind, by, fields{"draft_state": string(collections.DraftWaitingApproval)}, fields{"draft_state": string(decided), "version": in.Version}, in.Comment)
	if c.doc.Case.Status == review.WaitingApproval {
		c.transition(move{to: review.Open, by: by})
	}
	return c.finished()
}

// rulesOf are the rules of a report's findings of a severity, once each.
func rulesOf(report replycheck.Report, severity replycheck.Verdict) []string {
	var rules []string
	seen := map[string]bool{}
	for _, f := range report.Findings {
		if f.Severity == severity && !seen[f.Rule] {
			seen[f.Rule] = true
			rules = append(rules, f.Rule)
		}
	}
	return rules
}

func isBlank(s string) bool { return strings.TrimSpace(s) == "" }
