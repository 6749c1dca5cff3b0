package casework

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/collections"
)

// Bounds of commitments.
const (
	// MaxCommitments is how many commitments one review holds. The oldest that is kept or dropped
	// makes room for another.
	MaxCommitments    = 100
	maxCommitmentText = 500 // characters
	maxCommitmentID   = 100 // bytes
)

// remindBefore is how long before it is due somebody is reminded of a commitment; of one made for
// sooner than twice that, at half the time.
const remindBefore = 24 * time.Hour

// The states people can give a commitment.
const (
	CommitmentOpen    = "open"
	CommitmentKept    = "kept"
	CommitmentDropped = "dropped"
)

// Commitment is a promise as a person makes it.
type Commitment struct {
	ID      string
	Text    string
	OwnerID string // empty is the owner of the case, or else who promises
	DueAt   time.Time
}

// CommitmentChange is what becomes of a commitment; what is empty stays.
type CommitmentChange struct {
	State   string
	Reason  string // required for dropping it
	OwnerID string
	DueAt   time.Time
}

// AddCommitment promises something by a date. The same id again changes nothing. The errors
// are *CommitmentError and *TimeError.
func (d Desk) AddCommitment(doc collections.Review, in Commitment, by collections.Actor, now time.Time) (collections.Review, bool, error) {
	if slices.ContainsFunc(doc.Commitments, func(m collections.Commitment) bool { return m.ID == in.ID }) {
		return doc, false, nil
	}
	c := d.begin(doc, now)
	made := collections.Commitment{ID: in.ID, Text: in.Text, OwnerID: in.OwnerID, DueAt: instant(in.DueAt), By: by, At: c.now}
	if made.OwnerID == "" {
		made.OwnerID = doc.Case.OwnerID
	}
	if made.OwnerID == "" && by.Kind == collections.ActorPerson {
		made.OwnerID = by.ID
	}
	switch n := utf8.RuneCountInString(in.Text); {
	case in.ID == "" || len(in.ID) > maxCommitmentID:
		return doc, false, &CommitmentError{Detail: fmt.Sprintf("a commitment needs an id of at most %d bytes", maxCommitmentID)}
	case isBlank(in.Text) || n > maxCommitmentText:
		return doc, false, &CommitmentError{Detail: fmt.Sprintf("say what is promised in at most %d characters", maxCommitmentText)}
	case made.OwnerID == "":
		return doc, false, &CommitmentError{Detail: "say who keeps this promise: the case has no owner"}
	case made.DueAt.IsZero():
		return doc, false, &TimeError{Detail: "say by when it is promised"}
	}
	if err := c.ahead(made.DueAt, "the date of a promise"); err != nil {
		return doc, false, err
	}
	all := slices.Clone(doc.Commitments)
	if len(all) >= MaxCommitments {
		done := slices.IndexFunc(all, func(m collections.Commitment) bool { return !m.DoneAt.IsZero() })
		if done < 0 {
			return doc, false, &CommitmentError{Detail: fmt.Sprintf("a review holds at most %d open commitments", MaxCommitments)}
		}
		all = slices.Delete(all, done, done+1)
	}
	c.doc.Commitments = append(all, made)
	c.step(by)
	c.record(collections.EventCommitmentMade, by, nil, fields{"commitment_id": made.ID, "text": made.Text, "owner_id": made.OwnerID, "commitment_due_at": stamp(made.DueAt)}, "")
	return c.finished()
}

// ChangeCommitment keeps, drops, moves or hands over a commitment, or opens it again. The
// errors are *CommitmentError, *ReasonError and *TimeError.
func (d Desk) ChangeCommitment(doc collections.Review, id string, in CommitmentChange, by collections.Actor, now time.Time) (collections.Review, bool, error) {
	i := slices.IndexFunc(doc.Commitments, func(m collections.Commitment) bool { return m.ID == id })
	if i < 0 {
		return doc, false, &CommitmentError{Missing: true, Detail: "there is no such commitment"}
	}
	c := d.begin(doc, now)
	was := doc.Commitments[i]
	next := was
	before, after := fields{"commitment_id": id}, fields{"commitment_id": id}
	if due := instant(in.DueAt); !due.IsZero() && !due.Equal(was.DueAt) {
		if err := c.ahead(due, "the date of a promise"); err != nil {
			return doc, false, err
		}
		before["commitment_due_at"], after["commitment_due_at"] = stamp(was.DueAt), stamp(due)
		next.DueAt, next.RemindedAt, next.MissedAt = due, time.Time{}, time.Time{}
	}
	if in.OwnerID != "" && in.OwnerID != was.OwnerID {
		before["owner_id"], after["owner_id"] = was.OwnerID, in.OwnerID
		next.OwnerID = in.OwnerID
	}
	kind := collections.EventCommitmentChanged
	state := stateOf(was)
	switch in.State {
	case "", state:
		if len(after) == 1 {
			return doc, false, nil
		}
	case CommitmentOpen:
		next.DoneAt, next.DoneBy, next.Dropped, next.Reason = time.Time{}, nil, false, ""
	case CommitmentKept:
		kind = collections.EventCommitmentKept
		next.DoneAt, next.DoneBy, next.Dropped, next.Reason = c.now, &by, false, in.Reason
	case CommitmentDropped:
		if isBlank(in.Reason) {
			return doc, false, &ReasonError{What: "dropping a commitment"}
		}
		kind = collections.EventCommitmentDropped
		next.DoneAt, next.DoneBy, next.Dropped, next.Reason = c.now, &by, true, in.Reason
	default:
		return doc, false, &CommitmentError{Detail: "want open, kept or dropped"}
	}
	if in.State != "" && in.State != state {
		before["commitment_state"], after["commitment_state"] = state, in.State
	}
	c.doc.Commitments = slices.Clone(doc.Commitments)
	c.doc.Commitments[i] = next
	c.step(by)
	c.record(kind, by, before, after, in.Reason)
	return c.finished()
}

func stateOf(m collections.Commitment) string {
	switch {
	case m.DoneAt.IsZero():
		return CommitmentOpen
	case m.Dropped:
		return CommitmentDropped
	}
	return CommitmentKept
}

// remindAt is when somebody is reminded of a commitment.
func remindAt(m collections.Commitment) time.Time {
	return instant(m.DueAt.Add(-min(remindBefore, max(0, m.DueAt.Sub(m.At)/2))))
}

// nextCommitment is when the next open commitment is due; zero if there is none.
func nextCommitment(all []collections.Commitment) time.Time {
	var next time.Time
	for _, m := range all {
		if m.DoneAt.IsZero() {
			next = earliest(next, m.DueAt)
		}
	}
	return next
}

// remind records the reminders and misses of commitments that are due by now.
func (c *change) remind() {
	own := false
	by := system("commitments")
	for i, m := range c.doc.Commitments {
		missed := m.DoneAt.IsZero() && m.MissedAt.IsZero() && !c.now.Before(m.DueAt)
		due := m.DoneAt.IsZero() && !missed && m.RemindedAt.IsZero() && m.MissedAt.IsZero() && !c.now.Before(remindAt(m))
		if !missed && !due {
			continue
		}
		if !own {
			c.doc.Commitments, own = slices.Clone(c.doc.Commitments), true
		}
		k := &c.doc.Commitments[i]
		after := fields{"commitment_id": m.ID, "text": m.Text, "owner_id": m.OwnerID, "commitment_due_at": stamp(m.DueAt)}
		if missed {
			k.MissedAt = c.now
			c.record(collections.EventCommitmentMissed, by, nil, after, "")
			continue
		}
		k.RemindedAt = c.now
		c.record(collections.EventCommitmentDue, by, nil, after, "")
	}
}
