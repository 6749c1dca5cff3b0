package casework

import (
	"time"

	"github.com/bedside-health/bedside/libs/collections"
)

// MaxAttempts is how often a reply is sent before it needs a person: by the pauses between, half
// a day after the first.
const MaxAttempts = 20

// The pauses between attempts, and the longest that a site may ask for.
const (
	firstPause = 5 * time.Second
	maxPause   = time.Hour
	maxAsked   = 24 * time.Hour
)

// SendKind says how an attempt to send a reply ended.
type SendKind string

// The ends of attempts. Retry is for everything that may be otherwise the next time, also where it is not
// known whether the site took the reply.
const (
	SendDone    SendKind = "done"
	SendPending SendKind = "pending"
	SendRetry   SendKind = "retry"
	SendRefused SendKind = "refused"
	SendByHand  SendKind = "by_hand"
)

// Outcome is how an attempt to send a reply ended.
type Outcome struct {
	Kind SendKind
	// After is how long the site asks to wait, for SendRetry; the pause is at least that of retryAfter.
	After time.Duration
	// Problem says what is wrong and what to do, for SendRetry and SendRefused.
	Problem string
	// URL is where a person pastes it, for SendByHand.
	URL string
}

// LeaseSend lets holder alone send the reply until the lease ends, and reports whether it may:
// the time to undo is over, or the next attempt is due, and nobody else is at it. The document
// is stored before anything leaves; from then on the reply cannot be undone. If the holder dies, the reply
// is due again at the end of the lease, so that setting it on the site has to be idempotent.
func (d Desk) LeaseSend(doc collections.Review, holder string, lease time.Duration, now time.Time) (collections.Review, bool) {
	p := doc.Publication
	if p == nil || holder == "" || lease <= 0 {
		return doc, false
	}
	c := d.begin(doc, now)
	switch p.State {
	case collections.PublicationScheduled:
		if p.NotBefore.After(c.now) {
			return doc, false
		}
	case collections.PublicationSending:
		if p.NextAt.After(c.now) || p.LeaseUntil.After(c.now) {
			return doc, false
		}
	default:
		return doc, false
	}
	next := c.publication()
	next.State, next.Replaces = collections.PublicationSending, nil
	next.Attempts++
	next.LeaseHolder, next.LeaseUntil = holder, c.now.Add(lease)
	next.NextAt = next.LeaseUntil
	// An attempt is no news: where it ends is.
	c.changed = true
	return c.finish()
}

// Sent takes over how the attempt of a holder ended. Whoever holds no lease any more, and a
// reply that was seen on the site meanwhile, change nothing.
func (d Desk) Sent(doc collections.Review, holder string, out Outcome, now time.Time) (collections.Review, bool) {
	p := doc.Publication
	if p == nil || p.State != collections.PublicationSending || p.LeaseHolder != holder || holder == "" {
		return doc, false
	}
	c := d.begin(doc, now)
	by := system("publisher")
	switch out.Kind {
	case SendDone:
		c.settle(settlement{state: collections.PublicationPublished, event: collections.EventReplySent, by: by})
	case SendPending:
		c.settle(settlement{state: collections.PublicationPending, event: collections.EventReplySent, by: by, reason: "the site looks at it"})
	case SendByHand:
		c.settle(settlement{state: collections.PublicationByHand, event: collections.EventReplyFailed, by: by, reason: "the site takes no replies from programs: copy it there", url: out.URL})
	case SendRetry:
		if p.Attempts < MaxAttempts {
			next := c.publication()
			next.LeaseHolder, next.LeaseUntil, next.Problem = "", time.Time{}, out.Problem
			next.NextAt = c.now.Add(retryAfter(p.Attempts, out.After))
			c.changed = true
			break
		}
		fallthrough
	default:
		c.settle(settlement{state: collections.PublicationFailed, event: collections.EventReplyFailed, by: by, reason: out.Problem, problem: out.Problem})
	}
	return c.finish()
}

// sendAt is when a publication wants its next attempt; zero if it wants none.
func sendAt(p *collections.Publication) time.Time {
	switch {
	case p == nil:
	case p.State == collections.PublicationScheduled:
		return p.NotBefore
	case p.State == collections.PublicationSending:
		return p.NextAt
	}
	return time.Time{}
}

// Outdated says why a reply that is to be sent does not answer its review any more: the review was
// edited or removed since. It is empty where the reply still does.
func Outdated(doc collections.Review) string {
	p := doc.Publication
	switch {
	case p == nil:
		return ""
	case doc.Removed:
		return "the review was removed from its site before the reply arrived"
	case p.ReviewVersion != 0 && p.ReviewVersion != doc.Version:
		return "the review was edited on its site before the reply arrived: read it again and publish the reply anew"
	}
	return ""
}

// retryAfter is the pause before the next attempt: it doubles from attempt to attempt, and is longer
// where the site asks for it.
func retryAfter(attempts int, asked time.Duration) time.Duration {
	pause := maxPause
	if doublings := max(attempts-1, 0); doublings < 10 {
		pause = min(firstPause<<doublings, maxPause)
	}
	return max(pause, min(asked, maxAsked))
}
