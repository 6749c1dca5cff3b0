package casework

import (
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/review/terms"
	"github.com/bedside-health/bedside/services/response-workflow/routing"
)

// Open makes the document of a review that is seen for the first time: received,
// assigned as decided, with its due time. A review whose first observation says
// that it was removed, or shows that it is answered already, is all of that too.
func (d Desk) Open(in events.ReviewTagged, to routing.Decision, now time.Time) collections.Review {
	in = normalised(in)
	c := d.begin(collections.Review{
		ListingID: in.ListingID, LocationID: in.LocationID, Site: in.Site, ExternalID: in.ExternalID,
		Version: in.Version, FirstSeenAt: in.FirstSeenAt, ObservedAt: in.ObservedAt,
	}, now)
	c.doc.ID, c.doc.OrgID = in.ReviewID, in.OrgID
	c.doc.ReceivedAt = c.now
	c.setContent(in)
	c.doc.Case = collections.Case{Status: review.New, OpenedAt: c.now, UpdatedAt: c.now}
	c.startClock(in.FirstSeenAt)
	site := siteActor(in.Site)
	after := fields{"version": in.Version, "status": string(review.New), "due_at": stamp(c.doc.Case.DueAt)}
	if in.Rating != nil {
		after["rating"] = *in.Rating
	}
	c.record(collections.EventReceived, site, nil, after, "")
	c.assign(to.OwnerID, to.Reason, routed(to))
	if in.Reply != nil {
		c.reply(in.Reply)
	}
	if in.Change == events.Removed {
		// What the removal tells of the text is older than the removal itself.
		c.doc.ObservedAt = justBefore(in.ObservedAt)
		c.removed(in)
	}
	return c.doc
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
		return c.doc, c.changed
	}
	c.restored(in)
	c.content(in, in.ObservedAt)
	return c.doc, c.changed
}

// content applies what an observation made at at says of text and reply.
func (c *change) content(in events.ReviewTagged, at time.Time) {
	newer := at.After(c.doc.ObservedAt)
	c.newText(in, at)
	// A removal without a reply does not say that the reply is gone.
	if newer && (in.Reply != nil || in.Change != events.Removed) {
		c.reply(in.Reply)
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
	first, corrected := hollow(&c.doc), c.doc.Corrected
	if !first && in.Version > c.doc.Version {
		c.keepEarlier()
	}
	c.doc.Version = in.Version
	if at.After(c.doc.ObservedAt) {
		c.doc.ObservedAt = at
	}
	c.setContent(in)
	if corrected && !c.doc.Corrected {
		before["corrected"], after["corrected"] = true, false
	}
	if !c.doc.Case.Status.Pending() || c.doc.Removed {
		c.record(collections.EventTextEdited, siteActor(in.Site), before, after, "")
		if (reword || restar) && !first && !c.doc.Removed {
			c.transition(review.Open, "the text was edited on the site", siteActor(in.Site), at)
		}
		return
	}
	// The clock is not set back by an edit: what was due stays due, and a text
	// that became more serious is due sooner.
	due := c.doc.Case.DueAt
	if sooner := c.desk.Policy.Due(at, factsOf(&c.doc)); due.IsZero() || sooner.Before(due) {
		c.doc.Case.ClockAt, c.doc.Case.DueAt = at, sooner
	}
	c.noteDue(before, after, due)
	c.record(collections.EventTextEdited, siteActor(in.Site), before, after, "")
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
	was, target := c.doc.Analysis, targetOf(c)
	before := fields{"analysis": was.Version, "topics": c.doc.TopicKeys, "overall": string(was.Overall), "urgent": was.Urgent}
	c.setAnalysis(in.Analysis)
	after := fields{"analysis": in.Analysis.Version, "topics": c.doc.TopicKeys, "overall": string(c.doc.Analysis.Overall), "urgent": c.doc.Analysis.Urgent}
	c.moveDue(before, after, target)
	c.record(collections.EventRetagged, collections.Actor{Kind: collections.ActorSystem, ID: "tagging." + in.Analysis.Version}, before, after, "")
}

func targetOf(c *change) time.Duration {
	allowed, _ := c.desk.Policy.Target(factsOf(&c.doc))
	return allowed
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
	before, after := fields{"removed": false}, fields{"removed": true}
	due := c.doc.Case.DueAt
	c.doc.Case.DueAt = time.Time{}
	c.noteDue(before, after, due)
	c.record(collections.EventRemoved, siteActor(in.Site), before, after, "")
}

// restored marks a removed review as seen again. A case that still waits is due as
// from then.
func (c *change) restored(in events.ReviewTagged) {
	if !c.doc.Removed || !in.ObservedAt.After(c.doc.RemovedAt) {
		return
	}
	c.doc.Removed, c.doc.RemovedAt = false, time.Time{}
	before, after := fields{"removed": true}, fields{"removed": false}
	due := c.doc.Case.DueAt
	if c.doc.Case.Status.Pending() {
		c.startClock(in.ObservedAt)
	}
	c.noteDue(before, after, due)
	c.record(collections.EventRestored, siteActor(in.Site), before, after, "")
}

// reply stores the owner's answer as the site shows it, with where the site's own
// moderation of it stands. A new one closes a case that waits, unless the site refused it;
// one that is refused opens a case again that it had closed. That one is gone is recorded and left
// to people.
func (c *change) reply(r *events.Reply) {
	was := c.doc.SourceReply
	if r == nil || r.Text == "" {
		if was != nil {
			c.doc.SourceReply = nil
			c.record(collections.EventReplySeen, siteActor(c.doc.Site), fields{"reply": was.Text}, fields{"reply": nil}, "the reply is no longer on the site")
		}
		return
	}
	now := events.Reply{Text: r.Text, UpdatedAt: instant(r.UpdatedAt), State: r.State, Problem: r.Problem}
	var before fields
	after := fields{}
	switch {
	case was == nil:
		after["reply"] = now.Text
		if now.State != "" {
			after["reply_state"] = string(now.State)
		}
	case was.Text == now.Text && standing(was.State) == standing(now.State) && was.Problem == now.Problem:
		return
	default:
		before = fields{}
		for field, values := range map[string][2]string{
			"reply": {was.Text, now.Text}, "reply_state": {string(was.State), string(now.State)}, "reply_problem": {was.Problem, now.Problem},
		} {
			if values[0] != values[1] {
				before[field], after[field] = values[0], values[1]
			}
		}
	}
	c.doc.SourceReply = &now
	reason := ""
	if now.State == events.ReplyRejected {
		reason = refusal(now.Problem)
	}
	c.record(collections.EventReplySeen, siteActor(c.doc.Site), before, after, reason)
	switch {
	case now.State == events.ReplyRejected:
		if c.doc.Case.Status == review.Replied {
			c.transition(review.Open, reason, siteActor(c.doc.Site), c.now)
		}
	case c.doc.Case.Status.Pending():
		c.transition(review.Replied, "a reply is on the site", siteActor(c.doc.Site), c.now)
	}
}

// standing is where a reply stands; sites without moderation of replies say nothing.
func standing(s events.ReplyState) events.ReplyState {
	if s == "" {
		return events.ReplyPublic
	}
	return s
}

// refusal is why a case has no public reply although somebody wrote one.
func refusal(problem string) string {
	if problem == "" {
		return "the site refused the reply"
	}
	return "the site refused the reply: " + problem
}
