package casework

import (
	"fmt"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/replycheck"
	"github.com/bedside-health/bedside/libs/review"
)

// PublishRequest is a person's wish to publish the draft.
type PublishRequest struct {
	// Version is of the draft the person saw.
	Version int
	// Report is what the check says of exactly that text.
	Report replycheck.Report
	// OverrideReason sets blocking findings aside. Whether the person may do that, the caller knows.
	OverrideReason string
	// ByHand is for sites that take no replies from programs; URL is where a person pastes it.
	ByHand bool
	URL    string
	// UndoFor is how long it can be taken back before it leaves.
	UndoFor time.Duration
}

// Publish puts the draft on its way to the site. Publishing a version again that is on its way
// or there changes nothing. The case is replied only once the reply is with the site. The errors
// are *DraftConflict, *DraftTextError, *ApprovalError, *BlockedError and *PublicationError.
func (d Desk) Publish(doc collections.Review, in PublishRequest, by collections.Actor, now time.Time) (collections.Review, bool, error) {
	if p := doc.Publication; p != nil && p.DraftVersion == in.Version && alive(p.State) {
		return doc, false, nil
	}
	c := d.begin(doc, now)
	draft, err := c.wanted(in.Version)
	if err != nil {
		return doc, false, err
	}
	if err := c.publishable(draft, in); err != nil {
		return doc, false, err
	}
	if in.Report.Verdict == replycheck.Block {
		draft.Override = &collections.Override{By: by, At: c.now, Reason: in.OverrideReason, Rules: rulesOf(in.Report, replycheck.Block)}
		c.record(collections.EventOverridden, by, nil, fields{"version": in.Version, "rules": draft.Override.Rules}, in.OverrideReason)
	}
	c.doc.Publications++
	p := &collections.Publication{
		N: c.doc.Publications, State: collections.PublicationScheduled, Text: draft.Text, DraftVersion: draft.Version,
		ReviewVersion: doc.Version, By: by, RequestedAt: c.now, NotBefore: c.now.Add(max(0, in.UndoFor)),
	}
	p.ID = fmt.Sprintf("%s.p%d.v%d", doc.ID, p.N, p.DraftVersion)
	if doc.Publication != nil {
		before := *doc.Publication
		before.Replaces = nil
		p.Replaces = &before
	}
	after := fields{"publication": p.ID, "version": p.DraftVersion, "text": p.Text}
	if in.ByHand {
		p.State, p.URL, p.NotBefore = collections.PublicationByHand, in.URL, c.now
	} else {
		after["not_before"] = stamp(p.NotBefore)
	}
	after["publication_state"] = string(p.State)
	c.doc.Publication = p
	c.step(by)
	c.record(collections.EventPublishRequested, by, nil, after, "")
	return c.finished()
}

// publishable says what keeps a draft from being published.
func (c *change) publishable(draft *collections.Draft, in PublishRequest) error {
	switch p := c.doc.Publication; {
	case c.doc.Removed:
		return &PublicationError{Fault: ReviewIsRemoved}
	case p != nil && (p.State == collections.PublicationScheduled || p.State == collections.PublicationSending):
		return &PublicationError{Fault: PublicationInProgress}
	case draft.State == collections.DraftWaitingApproval:
		return &ApprovalError{Fault: ApprovalPending}
	case draft.State == collections.DraftReturned:
		return &ApprovalError{Fault: ApprovalReturned}
	case c.doc.Case.Approval && draft.State != collections.DraftApproved:
		return &ApprovalError{Fault: ApprovalRequired}
	case in.Report.Verdict == replycheck.Block && isBlank(in.OverrideReason):
		return &BlockedError{Findings: in.Report.Findings}
	}
	return nil
}

// UndoPublication takes a reply back that has not left. The error is *PublicationError.
func (d Desk) UndoPublication(doc collections.Review, by collections.Actor, now time.Time) (collections.Review, bool, error) {
	p := doc.Publication
	switch {
	case p == nil:
		return doc, false, nil
	case p.State != collections.PublicationScheduled && p.State != collections.PublicationByHand:
		return doc, false, &PublicationError{Fault: AlreadySent}
	}
	c := d.begin(doc, now)
	c.undo("", by)
	return c.finished()
}

// undo drops the publication and brings back what it replaced and, if it is gone, its draft.
func (c *change) undo(reason string, by collections.Actor) {
	p := c.doc.Publication
	c.doc.Publication = p.Replaces
	if c.doc.Draft == nil {
		c.doc.DraftVersions++
		c.doc.Draft = &collections.Draft{Version: c.doc.DraftVersions, Text: p.Text, State: collections.DraftEditing, By: p.By, At: c.now}
	}
	c.record(collections.EventPublishUndone, by, fields{"publication": p.ID, "publication_state": string(p.State)}, nil, reason)
}

// recall takes a reply back that has not left, because of what happened on the site.
func (c *change) recall(reason string, by collections.Actor) {
	if p := c.doc.Publication; p != nil && p.State == collections.PublicationScheduled {
		c.undo(reason, by)
	}
}

// answers lets the reply to a version of the review be one to the version shown, which says the
// same with the same stars.
func (c *change) answers(version int) {
	if p := c.doc.Publication; p != nil && p.ReviewVersion == version && version != c.doc.Version {
		c.publication().ReviewVersion = c.doc.Version
	}
}

// ConfirmCopied takes over that a person pasted the reply on the site. It is published once it
// is seen there. The error is *PublicationError.
func (d Desk) ConfirmCopied(doc collections.Review, by collections.Actor, now time.Time) (collections.Review, bool, error) {
	p := doc.Publication
	if p == nil {
		return doc, false, &PublicationError{Fault: NoPublication}
	}
	switch p.State {
	case collections.PublicationCopied, collections.PublicationPublished:
		return doc, false, nil
	case collections.PublicationByHand, collections.PublicationFailed:
	default:
		return doc, false, &PublicationError{Fault: NoPublication}
	}
	c := d.begin(doc, now)
	state := collections.PublicationCopied
	if r := doc.SourceReply; r != nil && sameReply(r.Text, p.Text) && standing(r.State) == "public" {
		state = collections.PublicationPublished
	}
	c.step(by)
	c.settle(settlement{state: state, event: collections.EventReplyByHand, by: by})
	return c.finished()
}

// RetryPublication sends a failed reply again now, or one that waits for its next attempt. The
// error is *PublicationError.
func (d Desk) RetryPublication(doc collections.Review, by collections.Actor, now time.Time) (collections.Review, bool, error) {
	c := d.begin(doc, now)
	p := doc.Publication
	switch {
	case p == nil:
		return doc, false, &PublicationError{Fault: NoPublication}
	case p.State == collections.PublicationSending && (p.LeaseUntil.After(c.now) || !p.NextAt.After(c.now)):
		return doc, false, nil
	case p.State != collections.PublicationFailed && p.State != collections.PublicationSending:
		return doc, false, &PublicationError{Fault: NotRetryable}
	case doc.Removed:
		return doc, false, &PublicationError{Fault: ReviewIsRemoved}
	case p.ReviewVersion != doc.Version:
		return doc, false, &PublicationError{Fault: ReviewWasEdited}
	}
	next := c.publication()
	before := fields{"publication_state": string(p.State)}
	next.State, next.Attempts, next.NextAt, next.Problem = collections.PublicationSending, 0, c.now, ""
	next.LeaseHolder, next.LeaseUntil = "", time.Time{}
	c.step(by)
	c.record(collections.EventPublishRequested, by, before, fields{"publication": p.ID, "publication_state": string(next.State), "version": p.DraftVersion, "text": p.Text}, "sent again")
	return c.finished()
}

// publication is the publication for writing: a copy in the place of the caller's.
func (c *change) publication() *collections.Publication {
	next := *c.doc.Publication
	c.doc.Publication = &next
	return &next
}

// settlement is where a reply came to.
type settlement struct {
	state  collections.PublicationState
	event  string
	by     collections.Actor
	reason string
	// at is when a reply that is with the site came there; zero is now.
	at      time.Time
	problem string
	url     string
}

// settle takes over where a reply came to. One that is with the site answers the review: its
// draft is done and the case is replied.
func (c *change) settle(s settlement) {
	p := c.publication()
	before, after := fields{"publication_state": string(p.State)}, fields{"publication": p.ID, "publication_state": string(s.state)}
	p.State, p.NextAt, p.LeaseHolder, p.LeaseUntil, p.Replaces = s.state, time.Time{}, "", time.Time{}, nil
	p.Problem = s.problem
	if s.url != "" {
		p.URL = s.url
	}
	there := with(s.state)
	if there {
		if p.SentAt.IsZero() {
			p.SentAt = c.now
		}
		if s.state == collections.PublicationPublished && p.PublishedAt.IsZero() {
			p.PublishedAt = c.now
		}
		if c.doc.Draft != nil && c.doc.Draft.Version == p.DraftVersion {
			c.doc.Draft = nil
		}
		c.answered(s.at)
	}
	c.record(s.event, s.by, before, after, s.reason)
	if there && c.doc.Case.Status.Pending() {
		c.transition(move{to: review.Replied, reason: "the reply was published", by: s.by})
	}
}

// with reports whether a reply is with its site.
func with(s collections.PublicationState) bool {
	return s == collections.PublicationPublished || s == collections.PublicationPending || s == collections.PublicationCopied
}

// alive reports whether a publication is on its way or there.
func alive(s collections.PublicationState) bool {
	return with(s) || s == collections.PublicationScheduled || s == collections.PublicationSending || s == collections.PublicationByHand
}
