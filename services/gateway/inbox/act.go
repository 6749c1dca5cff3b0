package inbox

import (
	"time"

	"github.com/bedside-health/bedside/libs/review"
)

// Act is one person acting on one review.
type Act struct {
	OrgID      string
	PersonID   string
	PersonName string
	ReviewID   string
	// Rev is the revision of the review that the act is based on; 0 is any.
	Rev int64
}

// Judgement is how a person sees the tags of a review right.
type Judgement struct {
	// Tags are all tags the text should have.
	Tags []review.Tag
	// Overall is the verdict; empty leaves it as it is.
	Overall review.Polarity
	// Urgent are all urgent flags the text should have; nil leaves them as they are.
	Urgent []review.Urgent
	Reason string
}

// StatusChange is where a case is to go.
type StatusChange struct {
	Status review.Status
	Reason string
	// RootCause is what was behind a negative review that is resolved.
	RootCause string
	// Until is when a case on hold opens again by itself; zero is never.
	Until time.Time
}

// DraftSave is a text of the reply, based on a version of the draft (0 is none yet).
type DraftSave struct {
	Version int
	Text    string
	// Origin says where the text began: template:ID, suggestion, assistant; empty if it was typed.
	Origin string
}

// Decision is what an approver says of a version of the draft.
type Decision struct {
	Version int
	Approve bool
	Comment string
}

// Promise is a commitment to be made; the same id again makes no second one. Without OwnerID it is
// the owner's of the case.
type Promise struct {
	ID      string
	Text    string
	OwnerID string
	DueAt   time.Time
}

// PromiseChange is what changes of a commitment; what is empty stays.
type PromiseChange struct {
	State   string // open, kept, dropped
	Reason  string
	OwnerID string
	DueAt   time.Time
}
