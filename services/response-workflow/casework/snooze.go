package casework

import (
	"time"

	"github.com/bedside-health/bedside/libs/collections"
)

// Snooze hides the case from its owner's list until a time; the zero time shows it again. No
// clock stops for it. The errors are *TimeError, and *SnoozeError for a case that is closed.
func (d Desk) Snooze(doc collections.Review, until time.Time, by collections.Actor, now time.Time) (collections.Review, bool, error) {
	c := d.begin(doc, now)
	until = instant(until)
	if until.Equal(doc.Case.SnoozedUntil) {
		return doc, false, nil
	}
	if until.IsZero() {
		c.wake(by, "")
		return c.finished()
	}
	if !doc.Case.Status.Pending() {
		return doc, false, &SnoozeError{}
	}
	if err := c.ahead(until, "the end of the snooze"); err != nil {
		return doc, false, err
	}
	before, after := fields{"snoozed_until": stamp(doc.Case.SnoozedUntil)}, fields{"snoozed_until": stamp(until)}
	c.doc.Case.SnoozedUntil = until
	c.record(collections.EventSnoozed, by, before, after, "")
	return c.finished()
}

// wake shows a snoozed case again.
func (c *change) wake(by collections.Actor, reason string) {
	if c.doc.Case.SnoozedUntil.IsZero() {
		return
	}
	before := fields{"snoozed_until": stamp(c.doc.Case.SnoozedUntil)}
	c.doc.Case.SnoozedUntil = time.Time{}
	c.record(collections.EventWoken, by, before, fields{"snoozed_until": nil}, reason)
}
