// Package casework is what happens to a review and its case: it arrives, is
// edited, removed, seen again, retagged, answered; it is routed, assigned, changes status,
// waits, is late, gets notes, promises and a reply on its way to the site. Every function
// takes the review as it is and returns it as it becomes, without touching what it was given
// and without any other effect, so that a store may run it as often as it must.
//
// It promises:
//   - every change that people can see has its event, numbered without gaps, in
//     the outbox of the same document;
//   - a case changes its status in one place only, along review.Status;
//   - the same observation applied again changes nothing, and observations in any
//     order end in the same text, tags, removal and reply;
//   - a review is assigned when it arrives, once, or waits in the queue for somebody with
//     room; afterwards only people reassign;
//   - a clock never runs backwards, stands still on hold, and tells that it is due soon and
//     that it is overdue once each;
//   - a draft is never overwritten by somebody who has not seen it, and nobody approves a
//     text they wrote or submitted;
//   - a reply leaves only after its check, its approval and the time to undo it, under one
//     id, and for one sender at a time.
package casework

import (
	"fmt"
	"slices"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/routing"
)

// MaxNotes bounds the notes of one review; all together hold at most 0.75 MiB.
const MaxNotes = 500

// Desk applies what happens to the cases of one organization by its plan. It is a value that is
// only read: any number of goroutines may use one.
type Desk struct {
	// Plan is nil where there is none: cases have no clocks then.
	Plan *routing.Plan
	// Version is the plan's; 0 is the one Bedside comes with.
	Version int
	// Locations are those of the organization by id. Of one that is missing the time zone is UTC.
	Locations map[string]*collections.Location
}

// Assign gives the case to a person. Giving it to its owner changes nothing, and no clock
// starts anew for it; only a case that was too old to be anybody's work when it arrived gets
// its clocks with its first owner.
func (d Desk) Assign(doc collections.Review, ownerID, reason string, by collections.Actor, now time.Time) (collections.Review, bool) {
	c := d.begin(doc, now)
	c.take()
	c.assign(ownerID, reason, by)
	return c.finish()
}

// Place gives a case that waits in the queue to whom routing chose by now. Any other case, and
// a decision for nobody, changes nothing.
func (d Desk) Place(doc collections.Review, to routing.Decision, now time.Time) (collections.Review, bool) {
	if !doc.Case.Queued || !doc.Case.Status.Pending() || to.OwnerID == "" {
		return doc, false
	}
	c := d.begin(doc, now)
	c.assign(to.OwnerID, to.Reason, routed(to))
	return c.finish()
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
	c.step(by)
	c.record(collections.EventNoteAdded, by, nil, fields{"note_id": id}, "")
	return c.finished()
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

// begin starts a change. What the document points to is copied before it is written to, so
// that the caller's document stays as it is.
func (d Desk) begin(doc collections.Review, now time.Time) *change {
	c := &change{desk: d, doc: doc, now: instant(now)}
	c.adopt()
	return c
}

// finish brings what repeats other fields of the document, for indexes, up to date.
func (c *change) finish() (collections.Review, bool) {
	if c.changed {
		c.doc.Case.DueAt = c.due()
		c.doc.CommitmentDueAt = nextCommitment(c.doc.Commitments)
		c.doc.SendAt = sendAt(c.doc.Publication)
		if c.doc.Case.Escalated > 0 && !c.late() {
			c.doc.Case.Escalated = 0
		}
		c.doc.Case.WakeAt = c.wakeAt()
	}
	return c.doc, c.changed
}

// finished is finish for commands that could have been refused.
func (c *change) finished() (collections.Review, bool, error) {
	doc, changed := c.finish()
	return doc, changed, nil
}

// instant is a time as the store keeps it.
func instant(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

// record appends an event to the outbox. Whatever the event is of, it also says how the due
// time of the case changed.
func (c *change) record(kind string, by collections.Actor, before, after fields, reason string) {
	if was, due := c.doc.Case.DueAt, c.due(); !was.Equal(due) {
		if before == nil {
			before = fields{}
		}
		if after == nil {
			after = fields{}
		}
		before["due_at"], after["due_at"] = stamp(was), stamp(due)
		c.doc.Case.DueAt = due
	}
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

func (c *change) assign(ownerID, reason string, by collections.Actor) {
	if c.doc.Case.OwnerID == ownerID && !c.doc.Case.AssignedAt.IsZero() {
		return
	}
	var before fields
	if !c.doc.Case.AssignedAt.IsZero() {
		before = fields{"owner_id": c.doc.Case.OwnerID}
	}
	after := fields{"owner_id": ownerID}
	if c.doc.Case.Queued && ownerID != "" {
		c.doc.Case.Queued = false
		if before == nil {
			before = fields{}
		}
		before["queued"], after["queued"] = true, false
	} else if c.doc.Case.Queued {
		after["queued"] = true
	}
	c.doc.Case.OwnerID = ownerID
	c.doc.Case.AssignedAt = c.now
	c.record(collections.EventAssigned, by, before, after, reason)
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
	return system("routing." + string(d.Rule))
}

// system is Bedside itself, by the rule that made it act.
func system(rule string) collections.Actor {
	return collections.Actor{Kind: collections.ActorSystem, ID: rule}
}

func siteActor(site string) collections.Actor {
	return collections.Actor{Kind: collections.ActorSite, ID: site}
}
