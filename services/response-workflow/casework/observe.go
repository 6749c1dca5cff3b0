package casework

import (
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/review/terms"
	"github.com/bedside-health/bedside/libs/routing"
)

// Open makes the document of a review that is seen for the first time: received, routed,
// assigned as decided, with its clocks. One that is too old to be anybody's work has no clocks.
// A review whose first observation says that it was removed, or shows that it is answered
// already, is all of that too.
func (d Desk) Open(in events.ReviewTagged, to routing.Decision, now time.Time) collections.Review {
	in = normalised(in)
	c := d.begin(collections.Review{
		ListingID: in.ListingID, LocationID: in.LocationID, Site: in.Site, ExternalID: in.ExternalID,
		Version: in.Version, FirstSeenAt: in.FirstSeenAt, ObservedAt: in.ObservedAt,
	}, now)
	c.doc.ID, c.doc.OrgID = in.ReviewID, in.OrgID
	c.doc.ReceivedAt = c.now
	c.setContent(in)
	c.doc.Case = collections.Case{Status: review.New, OpenedAt: c.now, UpdatedAt: c.now, Queued: to.Queued}
	c.route()
	if to.Rule != routing.Old {
		c.startClocks(in.FirstSeenAt)
	}
	c.doc.Case.DueAt = c.due()
	after := fields{
		"version": in.Version, "status": string(review.New), "due_at": stamp(c.doc.Case.DueAt), "priority": string(c.doc.Case.Priority),
		"policy": c.doc.Case.Policy, "approval": c.doc.Case.Approval, "route": c.doc.Case.Route,
	}
	if in.Rating != nil {
		after["rating"] = *in.Rating
	}
	c.record(collections.EventReceived, siteActor(in.Site), nil, after, "")
	c.assign(to.OwnerID, to.Reason, routed(to))
	if in.Reply != nil {
		c.reply(in.Reply, in.ObservedAt)
	}
	if in.Change == events.Removed {
		// What the removal tells of the text is older than the removal itself.
		c.doc.ObservedAt = justBefore(in.ObservedAt)
		c.removed(in)
	}
	out, _ := c.finish()
	return out
}

// Observe applies an observation to a review that is there, and reports whether
// anything changed. Nothing here assigns.
func (d Desk) Observe(doc collections.Review, in events.ReviewTagged, now time.Time) (collections.Review, bool) {
	in = normalised(in)
	c := d.begin(doc, now)
	if in.Version < doc.Version && !hollow(&doc) {
		// An older text than the one shown says nothing new: the scraper counts
		// versions up, so its removal or reply are of the past as well.
		return doc, false
	}
	if in.Change == events.Removed {
		// A removal may carry what was last known of the review.
		if hasContent(in) {
			c.content(in, justBefore(in.ObservedAt))
		}
		c.removed(in)
		return c.finish()
	}
	c.restored(in)
	c.content(in, in.ObservedAt)
	return c.finish()
}

// content applies what an observation made at at says of text and reply.
func (c *change) content(in events.ReviewTagged, at time.Time) {
	newer := at.After(c.doc.ObservedAt)
	c.newText(in, at)
	// A removal without a reply does not say that the reply is gone.
	if newer && (in.Reply != nil || in.Change != events.Removed) {
		c.reply(in.Reply, at)
	}
	if at.After(c.doc.ObservedAt) {
		// Remembered without an event: it decides which of two later arrivals is
		// the newer one.
		c.doc.ObservedAt = at
		c.changed = true
	}
}

// newText applies the text of an observation made at at: a new version, a
// correction of the version shown, or new tags for the same text.
func (c *change) newText(in events.ReviewTagged, at time.Time) {
	carries := hasContent(in)
	switch {
	case in.Version > c.doc.Version && carries:
		c.edit(in, at)
	case in.Version != c.doc.Version && !hollow(&c.doc), !carries:
		return
	case sameContent(&c.doc, in):
		c.retag(in)
		c.retitle(in, at)
	case in.Change == events.SourceReply && !hollow(&c.doc):
		// By definition about the same text: a difference is the source's slip.
	case at.After(c.doc.ObservedAt) || hollow(&c.doc):
		c.edit(in, at)
	}
}

// edit replaces the text shown, keeps the earlier one and opens a closed case again
// if the words or the stars changed.
func (c *change) edit(in events.ReviewTagged, at time.Time) {
	before, after := fields{"version": c.doc.Version}, fields{"version": in.Version}
	reword := c.doc.Text != in.Text
	restar := !sameRating(c.doc.Rating, in.Rating)
	if reword {
		before["text"], after["text"] = c.doc.Text, in.Text
	}
	if restar {
		before["rating"], after["rating"] = number(c.doc.Rating), number(in.Rating)
	}
	if c.doc.Author != in.Author {
		before["author"], after["author"] = c.doc.Author, in.Author
	}
	if c.doc.Title != in.Title {
		before["title"], after["title"] = c.doc.Title, in.Title
	}
	first, corrected, version := hollow(&c.doc), c.doc.Corrected, c.doc.Version
	if !first && in.Version > c.doc.Version {
		c.keepEarlier()
	}
	c.doc.Version = in.Version
	if at.After(c.doc.ObservedAt) {
		c.doc.ObservedAt = at
	}
	old, urgent := c.oldTerms(), c.doc.Analysis.Urgent
	c.setContent(in)
	if !sameFlags(urgent, c.doc.Analysis.Urgent) {
		before["urgent"], after["urgent"] = inOrder(urgent), inOrder(c.doc.Analysis.Urgent)
	}
	if corrected && !c.doc.Corrected {
		before["corrected"], after["corrected"] = true, false
	}
	if (reword || restar) && !first {
		c.unapprove(before, after)
	} else {
		c.answers(version)
	}
	r := c.route()
	site := siteActor(in.Site)
	meant := (reword || restar) && !first && !c.doc.Removed
	switch pending := c.doc.Case.Status.Pending(); {
	case pending && c.timed():
		// The clock is not set back by an edit: what was due stays due, and a text
		// that became more serious is due sooner.
		c.hasten(old, at)
	case pending && meant:
		// It was too old to be anybody's work. It is new again.
		c.startClocks(at)
		c.enqueue(before, after)
	}
	c.record(collections.EventTextEdited, site, before, after, "")
	c.tell(r)
	if (reword || restar) && !first {
		c.recall("the review was edited on its site", site)
	}
	if !meant {
		return
	}
	if !c.doc.Case.Status.Pending() {
		c.transition(move{to: review.Open, reason: "the text was edited on the site", by: site, clock: at})
	}
	c.wake(site, "the text was edited on the site")
}

// retitle takes the headline of a later observation of the same text. The text and
// the stars are what a case is about, so that it opens none again.
func (c *change) retitle(in events.ReviewTagged, at time.Time) {
	if in.Title == c.doc.Title || !at.After(c.doc.ObservedAt) {
		return
	}
	before, after := fields{"title": c.doc.Title}, fields{"title": in.Title}
	c.doc.Title = in.Title
	c.doc.Terms = terms.Of(in.Author, in.Title, in.Text)
	c.record(collections.EventTextEdited, siteActor(in.Site), before, after, "")
}

// retag takes a later analysis of the same text. What people corrected stays.
func (c *change) retag(in events.ReviewTagged) {
	if in.Analysis.Version <= c.doc.Analysis.Version {
		return
	}
	was, urgent := c.doc.Analysis, c.doc.Urgent
	before := fields{"analysis": was.Version, "topics": c.doc.TopicKeys, "overall": string(was.Overall), "urgent": was.Urgent}
	c.setAnalysis(in.Analysis)
	after := fields{"analysis": in.Analysis.Version, "topics": c.doc.TopicKeys, "overall": string(c.doc.Analysis.Overall), "urgent": c.doc.Analysis.Urgent}
	r := c.rerouteTags()
	by := system("tagging." + in.Analysis.Version)
	c.record(collections.EventRetagged, by, before, after, "")
	c.tell(r)
	c.turned(was.Overall, by)
	if c.doc.Urgent && !urgent {
		c.wake(by, "the review is urgent")
	}
}

// removed marks a review as gone from its site, unless it was seen there later.
func (c *change) removed(in events.ReviewTagged) {
	if c.doc.Removed {
		if in.ObservedAt.After(c.doc.RemovedAt) {
			c.doc.RemovedAt = in.ObservedAt
			c.changed = true
		}
		return
	}
	if !in.ObservedAt.After(c.doc.ObservedAt) {
		return
	}
	c.doc.Removed, c.doc.RemovedAt = true, in.ObservedAt
	c.syncClocks()
	c.record(collections.EventRemoved, siteActor(in.Site), fields{"removed": false}, fields{"removed": true}, "")
	c.recall("the review was removed from its site", siteActor(in.Site))
}

// restored marks a removed review as seen again. A case that still waits is due as
// from then.
func (c *change) restored(in events.ReviewTagged) {
	if !c.doc.Removed || !in.ObservedAt.After(c.doc.RemovedAt) {
		return
	}
	c.doc.Removed, c.doc.RemovedAt = false, time.Time{}
	before, after := fields{"removed": true}, fields{"removed": false}
	if c.doc.Case.Status.Pending() && !c.doc.Case.ClockAt.IsZero() {
		c.startClocks(in.ObservedAt)
		c.enqueue(before, after)
	}
	c.syncClocks()
	c.record(collections.EventRestored, siteActor(in.Site), before, after, "")
}
