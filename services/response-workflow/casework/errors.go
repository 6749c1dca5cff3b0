package casework

import (
	"fmt"
	"strings"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/replycheck"
	"github.com/bedside-health/bedside/libs/review"
)

// The errors of this package say their kind and code as a *problem.Error behind them, so that a
// transport needs to know only those that carry something more.

// TransitionError tells that a case cannot go from one status to another.
type TransitionError struct {
	From, To review.Status
}

func (e *TransitionError) Error() string {
	return fmt.Sprintf("a case that is %s cannot become %s", e.From, e.To)
}

// Allowed is where the case can go instead.
func (e *TransitionError) Allowed() []review.Status { return e.From.Next() }

// Unwrap is a Conflict with code invalid_transition.
func (e *TransitionError) Unwrap() error {
	allowed := make([]string, 0, len(e.Allowed()))
	for _, s := range e.Allowed() {
		allowed = append(allowed, string(s))
	}
	return problem.New(problem.Conflict, "invalid_transition", "%s; it can become: %s", e.Error(), strings.Join(allowed, ", "))
}

// ReasonError tells that a change needs a reason and has none.
type ReasonError struct {
	Status review.Status
	// What needs the reason where it is no status.
	What string
}

func (e *ReasonError) Error() string {
	if e.What != "" {
		return e.What + " needs a reason"
	}
	return fmt.Sprintf("status %s needs a reason", e.Status)
}

// Unwrap is an Invalid with code reason_required.
func (e *ReasonError) Unwrap() error {
	return problem.New(problem.Invalid, "reason_required", "%s", e.Error())
}

// RootCauseError tells that a case with something wrong in it is to be resolved without saying
// what was behind it, in one of the words the organization keeps.
type RootCauseError struct{ Causes []string }

func (e *RootCauseError) Error() string {
	return "say what was behind this review, one of: " + strings.Join(e.Causes, ", ")
}

// Unwrap is an Invalid with code root_cause_required.
func (e *RootCauseError) Unwrap() error {
	return problem.New(problem.Invalid, "root_cause_required", "%s", e.Error())
}

// TimeError tells that a time cannot be meant.
type TimeError struct{ Detail string }

func (e *TimeError) Error() string { return e.Detail }

// Unwrap is an Invalid with code invalid_time.
func (e *TimeError) Unwrap() error {
	return problem.New(problem.Invalid, "invalid_time", "%s", e.Detail)
}

// NotesError tells that a review has as many notes as it can hold.
type NotesError struct{}

func (e *NotesError) Error() string {
	return fmt.Sprintf("a review holds at most %d notes and %d KiB of them", MaxNotes, notesBudget>>10)
}

// Unwrap is an Invalid with code too_many_notes.
func (e *NotesError) Unwrap() error {
	return problem.New(problem.Invalid, "too_many_notes", "%s", e.Error())
}

// MergeError tells that a case cannot be part of another.
type MergeError struct{ Detail string }

func (e *MergeError) Error() string { return e.Detail }

// Unwrap is an Invalid with code invalid_merge.
func (e *MergeError) Unwrap() error {
	return problem.New(problem.Invalid, "invalid_merge", "%s", e.Detail)
}

// DraftConflict tells that another draft is there than the one a person saw. Current is nil if
// there is none.
type DraftConflict struct{ Current *collections.Draft }

func (e *DraftConflict) Error() string {
	if e.Current == nil {
		return "there is no draft any more"
	}
	return fmt.Sprintf("the draft was changed since: it is at version %d", e.Current.Version)
}

// Unwrap is a Conflict with code draft_changed.
func (e *DraftConflict) Unwrap() error {
	return problem.New(problem.Conflict, "draft_changed", "%s", e.Error())
}

// DraftTextError tells that a text is none that can be a reply.
type DraftTextError struct{ Detail string }

func (e *DraftTextError) Error() string { return e.Detail }

// Unwrap is an Invalid with code invalid_draft.
func (e *DraftTextError) Unwrap() error {
	return problem.New(problem.Invalid, "invalid_draft", "%s", e.Detail)
}

// ApprovalFault says what is wrong with an approval. It is also the code of the problem.
type ApprovalFault string

// The faults of approvals.
const (
	// ApprovalRequired: another person has to approve this reply first.
	ApprovalRequired ApprovalFault = "approval_required"
	// ApprovalPending: somebody asked for approval and nobody decided.
	ApprovalPending ApprovalFault = "approval_pending"
	// ApprovalReturned: an approver wants this text changed.
	ApprovalReturned ApprovalFault = "draft_returned"
	// ApprovalNotRequested: there is nothing to decide on.
	ApprovalNotRequested ApprovalFault = "approval_not_requested"
	// ApprovalOfOwnText: nobody decides on a text they wrote or submitted.
	ApprovalOfOwnText ApprovalFault = "own_text"
	// ApprovalByRequest: the status comes with the request for approval of a draft.
	ApprovalByRequest ApprovalFault = "approval_by_request"
)

var approvalFaults = map[ApprovalFault]string{
	ApprovalRequired:     "another person has to approve this reply before it is published: ask for approval",
	ApprovalPending:      "this reply waits for somebody to approve it",
	ApprovalReturned:     "an approver wants this reply changed: change it, then ask again",
	ApprovalNotRequested: "nobody asked for approval of this draft",
	ApprovalOfOwnText:    "somebody else has to decide on a text you wrote or submitted",
	ApprovalByRequest:    "a case waits for approval when somebody asks for approval of its draft",
}

// ApprovalError tells that a reply is not approved, or cannot be.
type ApprovalError struct{ Fault ApprovalFault }

func (e *ApprovalError) Error() string { return approvalFaults[e.Fault] }

// Unwrap is a Conflict, or a Forbidden for one's own text; the code is the fault.
func (e *ApprovalError) Unwrap() error {
	kind := problem.Conflict
	if e.Fault == ApprovalOfOwnText {
		kind = problem.Forbidden
	}
	return problem.New(kind, string(e.Fault), "%s", e.Error())
}

// BlockedError tells that the check found what must not be public. Findings are all it found.
type BlockedError struct{ Findings []replycheck.Finding }

func (e *BlockedError) Error() string {
	return "the reply holds something that must not be public: change it where it is marked"
}

// Unwrap is an Invalid with code reply_blocked.
func (e *BlockedError) Unwrap() error {
	return problem.New(problem.Invalid, "reply_blocked", "%s", e.Error())
}

// PublicationFault says what is wrong with a publication. It is also the code of the problem.
type PublicationFault string

// The faults of publications.
const (
	AlreadySent           PublicationFault = "already_sent"
	PublicationInProgress PublicationFault = "publication_in_progress"
	NoPublication         PublicationFault = "no_publication"
	NotRetryable          PublicationFault = "not_retryable"
	ReviewIsRemoved       PublicationFault = "review_removed"
	ReviewWasEdited       PublicationFault = "review_edited"
)

var publicationFaults = map[PublicationFault]string{
	AlreadySent:           "the reply has left already",
	PublicationInProgress: "another reply is on its way: take it back, or wait until it is there",
	NoPublication:         "no reply of this review is waiting for that",
	NotRetryable:          "this reply has not failed: there is nothing to send again",
	ReviewIsRemoved:       "the review is no longer on its site, so that it cannot be answered there",
	ReviewWasEdited:       "the review was edited since this reply was written: look at it and publish the reply anew",
}

// PublicationError tells that a reply is not where it would have to be.
type PublicationError struct{ Fault PublicationFault }

func (e *PublicationError) Error() string { return publicationFaults[e.Fault] }

// Unwrap is a Conflict whose code is the fault.
func (e *PublicationError) Unwrap() error {
	return problem.New(problem.Conflict, string(e.Fault), "%s", e.Error())
}

// CommitmentError tells that a commitment is none, or none that is there.
type CommitmentError struct {
	// Missing is set where there is no commitment with that id.
	Missing bool
	Detail  string
}

func (e *CommitmentError) Error() string { return e.Detail }

// Unwrap is an Invalid with code invalid_commitment, or a NotFound with commitment_not_found.
func (e *CommitmentError) Unwrap() error {
	if e.Missing {
		return problem.New(problem.NotFound, "commitment_not_found", "%s", e.Detail)
	}
	return problem.New(problem.Invalid, "invalid_commitment", "%s", e.Detail)
}

// SnoozeError tells that a case that is closed is not in anybody's way.
type SnoozeError struct{}

func (e *SnoozeError) Error() string { return "only a case that waits for work can be snoozed" }

// Unwrap is a Conflict with code case_closed.
func (e *SnoozeError) Unwrap() error {
	return problem.New(problem.Conflict, "case_closed", "%s", e.Error())
}
