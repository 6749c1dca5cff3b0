// Package casework is what happens to a review and its case: it arrives, is
// edited, removed, seen again, retagged, answered; it is assigned, changes status,
// gets notes. Every function takes the review as it is and returns it as it
// becomes, without touching what it was given and without any other effect, so
// that a store may run it as often as it must.
//
// It promises:
//   - every change that people can see has its event, numbered without gaps, in
//     the outbox of the same document;
//   - a case changes its status in one place only, along review.Status;
//   - the same observation applied again changes nothing, and observations in any
//     order end in the same text, tags, removal and reply;
//   - a review is assigned when it arrives, once; afterwards only people reassign.
package casework

import (
	"fmt"
	"slices"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/response-workflow/routing"
	"github.com/bedside-health/bedside/services/response-workflow/sla"
)

// MaxNotes bounds the notes of one review; all together hold at most 0.75 MiB.
const MaxNotes = 500

// TransitionError tells that a case cannot go from one status to another.
type TransitionError struct {
	From, To review.Status
}

func (e *TransitionError) Error() string {
	return fmt.Sprintf("a case that is %s cannot become %s", e.From, e.To)
}

// Allowed is where the case can go instead.
func (e *TransitionError) Allowed() []review.Status { return e.From.Next() }

// ReasonError tells that a change needs a reason and has none.
type ReasonError struct{ Status review.Status }

func (e *ReasonError) Error() string { return fmt.Sprintf("status %s needs a reason", e.Status) }

// NotesError tells that a review has as many notes as it can hold.
type NotesError struct{}

func (e *NotesError) Error() string {
	return fmt.Sprintf("a review holds at most %d notes and %d KiB of them", MaxNotes, notesBudget>>10)
}

// Desk applies what happens to cases by one policy.
type Desk struct {
	Policy sla.Policy
}

// Assign gives the case to a person. Giving it to its owner changes nothing.
func (d Desk) Assign(doc collections.Review, ownerID, reason string, by collections.Actor, now time.Time) (collections.Review, bool) {
	c := d.begin(doc, now)
	c.assign(ownerID, reason, by)
	return c.doc, c.changed
}

// SetStatus moves the case to a status, as a person says. The status it has
// already changes nothing. The errors are *TransitionError and *ReasonError.
func (d Desk) SetStatus(doc collections.Review, to review.Status, reason string, by collections.Actor, now time.Time) (collections.Review, bool, error) {
	if doc.Case.Status == to {
		return doc, false, nil
	}
	if to == review.NoReplyNeeded && reason == "" {
		return doc, false, &ReasonError{Status: to}
	}
	c := d.begin(doc, now)
	if !c.transition(to, reason, by, c.now) {
		return doc, false, &TransitionError{From: doc.Case.Status, To: to}
	}
	return c.doc, c.changed, nil
}

// AddNote adds an internal note. A note whose id is there already changes nothing.
// The error is *NotesError.
func (d Desk) AddNote(doc collections.Review, id, text string, by collections.Actor, now time.Time) (collections.Review, bool, error) {
	if slices.ContainsFunc(doc.Notes, func(n collections.Note) bool { return n.ID == id }) {
		return doc, false, nil
	}
	c := d.begin(doc, now)
	c.doc.Notes = append(slices.Clone(doc.Notes), collections.Note{ID: id, At: c.now, By: by, Text: text})
	size := 0
	for _, n := range c.doc.Notes {
		size += noteBytes(n)
	}
	if len(c.doc.Notes) > MaxNotes || size > notesBudget {
		return doc, false, &NotesError{}
	}
	c.record(collections.EventNoteAdded, by, nil, fields{"note_id": id}, "")
	return c.doc, c.changed, nil
}

// Drained takes events up to and including seq out of the outbox, after they were
// stored and announced.
func Drained(doc collections.Review, seq int64) collections.Review {
	left := make([]collections.CaseEvent, 0, len(doc.Outbox))
	for _, e := range doc.Outbox {
		if e.Seq > seq {
			left = append(left, e)
		}
	}
	if len(left) == 0 {
		left = nil
	}
	doc.Outbox, doc.HasOutbox = left, len(left) > 0
	return doc
}

// EventID is the id of a review's case event.
func EventID(reviewID string, seq int64) string { return fmt.Sprintf("%s.%010d", reviewID, seq) }

type fields = map[string]any

// change is a review on its way from one state to the next.
type change struct {
	desk    Desk
	doc     collections.Review
	now     time.Time
	changed bool
}

// begin starts a change. Slices of the document are copied before they are
// written to, so that the caller's document stays as it is.
func (d Desk) begin(doc collections.Review, now time.Time) *change {
	return &change{desk: d, doc: doc, now: instant(now)}
}

// instant is a time as the store keeps it.
func instant(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

// record appends an event to the outbox.
func (c *change) record(kind string, by collections.Actor, before, after fields, reason string) {
	c.doc.Seq++
	e := collections.CaseEvent{
		ReviewID: c.doc.ID, Seq: c.doc.Seq, Type: kind, At: c.now, By: by,
		Before: before, After: after, Reason: reason,
	}
	e.ID, e.OrgID = EventID(c.doc.ID, c.doc.Seq), c.doc.OrgID
	c.doc.Outbox = append(slices.Clip(c.doc.Outbox), e)
	c.doc.HasOutbox = true
	c.doc.Case.UpdatedAt = c.now
	c.changed = true
}

// transition is the one place where a case changes its status; it reports whether
// the case could go there, and leaves it as it is if not. A case that closes has
// nothing due any more; one that opens again is due as if it were new at clock.
func (c *change) transition(to review.Status, reason string, by collections.Actor, clock time.Time) bool {
	from := c.doc.Case.Status
	if !from.CanBecome(to) {
		return false
	}
	before, after := fields{"status": string(from)}, fields{"status": string(to)}
	due := c.doc.Case.DueAt
	c.doc.Case.Status = to
	switch {
	case from.Pending() && !to.Pending():
		c.doc.Case.ClosedAt = c.now
		c.doc.Case.DueAt = time.Time{}
	case !from.Pending() && to.Pending():
		c.doc.Case.ClosedAt = time.Time{}
		c.doc.Case.OpenedAt = c.now
		c.startClock(clock)
	}
	c.noteDue(before, after, due)
	c.record(collections.EventStatusChanged, by, before, after, reason)
	return true
}

// startClock sets the due time as for a review that arrives at start. What is not
// on its site any more cannot be answered there, so nothing of it is due.
func (c *change) startClock(start time.Time) {
	if c.doc.Removed {
		c.doc.Case.DueAt = time.Time{}
		return
	}
	c.doc.Case.ClockAt = start
	c.doc.Case.DueAt = c.desk.Policy.Due(start, factsOf(&c.doc))
}

// noteDue adds a change of the due time to what an event says.
func (c *change) noteDue(before, after fields, was time.Time) {
	if was.Equal(c.doc.Case.DueAt) {
		return
	}
	before["due_at"], after["due_at"] = stamp(was), stamp(c.doc.Case.DueAt)
}

func (c *change) assign(ownerID, reason string, by collections.Actor) {
	if c.doc.Case.OwnerID == ownerID && !c.doc.Case.AssignedAt.IsZero() {
		return
	}
	var before fields
	if !c.doc.Case.AssignedAt.IsZero() {
		before = fields{"owner_id": c.doc.Case.OwnerID}
	}
	c.doc.Case.OwnerID = ownerID
	c.doc.Case.AssignedAt = c.now
	c.record(collections.EventAssigned, by, before, fields{"owner_id": ownerID}, reason)
}

func factsOf(doc *collections.Review) sla.Facts {
	return sla.Facts{Urgent: doc.Urgent, Overall: doc.Analysis.Overall, Rating: doc.Rating}
}

// stamp is a time as events show it; nil for none.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// routed is the actor of an assignment by rule.
func routed(d routing.Decision) collections.Actor {
	return collections.Actor{Kind: collections.ActorSystem, ID: "routing." + string(d.Rule)}
}

func siteActor(site string) collections.Actor {
	return collections.Actor{Kind: collections.ActorSite, ID: site}
}
