package casework

import (
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
)

// reply stores the owner's answer as the site shows it, with where the site's own
// moderation of it stands. A new one closes a case that waits, unless the site refused it;
// one that is refused opens a case again that it had closed. That one is gone is recorded and left
// to people.
//
// What the site shows is also compared with the reply that was published from here; an
// observation made at at says nothing of what was sent later.
func (c *change) reply(r *events.Reply, at time.Time) {
	was := c.doc.SourceReply
	site := siteActor(c.doc.Site)
	if r == nil || r.Text == "" {
		if was != nil {
			c.doc.SourceReply = nil
			c.record(collections.EventReplySeen, site, fields{"reply": was.Text}, fields{"reply": nil}, "the reply is no longer on the site")
			c.goneFromSite(was.Text, at)
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
	c.record(collections.EventReplySeen, site, before, after, reason)
	ours := c.compare(now, at)
	status := c.doc.Case.Status
	switch {
	case now.State == events.ReplyRejected:
		if status == review.Replied || ours && status == review.Resolved {
			c.transition(move{to: review.Open, reason: reason, by: site, clock: c.now})
		}
	case status.Pending():
		c.answered(now.UpdatedAt)
		c.transition(move{to: review.Replied, reason: "a reply is on the site", by: site})
	}
	c.wake(site, "the reply on the site changed")
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

// compare says what the reply on the site means for the one published from here, and reports
// whether it is that one.
func (c *change) compare(shown events.Reply, at time.Time) bool {
	p := c.doc.Publication
	if p == nil {
		return false
	}
	site := siteActor(c.doc.Site)
	if !sameReply(shown.Text, p.Text) {
		switch p.State {
		case collections.PublicationPublished, collections.PublicationPending, collections.PublicationByHand, collections.PublicationCopied, collections.PublicationGone:
			if at.Before(p.SentAt) || at.Before(p.RequestedAt) {
				return false
			}
			c.settle(settlement{state: collections.PublicationChanged, event: collections.EventReplyChanged, by: site, reason: "the site shows another reply"})
		}
		return false
	}
	switch state := standing(shown.State); {
	case state == events.ReplyPublic && p.State == collections.PublicationPublished:
	case state == events.ReplyPending && p.State == collections.PublicationPending:
	default:
		return c.arrived(state, shown, site)
	}
	return true
}

// arrived takes over where the site's moderation of the reply published from here stands.
func (c *change) arrived(state events.ReplyState, shown events.Reply, site collections.Actor) bool {
	switch state {
	case events.ReplyRejected:
		if c.doc.Publication.State != collections.PublicationRejected {
			c.settle(settlement{state: collections.PublicationRejected, event: collections.EventReplyRefused, by: site, reason: refusal(shown.Problem), problem: refusal(shown.Problem)})
		}
	case events.ReplyPending:
		c.settle(settlement{state: collections.PublicationPending, event: collections.EventReplyConfirmed, by: site, reason: "the site looks at it", at: shown.UpdatedAt})
	default:
		c.settle(settlement{state: collections.PublicationPublished, event: collections.EventReplyConfirmed, by: site, at: shown.UpdatedAt})
	}
	return true
}

// goneFromSite notices that the reply published from here was taken off the site.
func (c *change) goneFromSite(was string, at time.Time) {
	p := c.doc.Publication
	if p == nil || at.Before(p.SentAt) || !sameReply(was, p.Text) {
		return
	}
	switch p.State {
	case collections.PublicationPublished, collections.PublicationPending, collections.PublicationCopied:
		c.settle(settlement{state: collections.PublicationGone, event: collections.EventReplyChanged, by: siteActor(c.doc.Site), reason: "the reply is no longer on the site"})
	}
}

// sameReply compares replies as people read them: sites trim and wrap text as they like.
func sameReply(a, b string) bool {
	return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
}
