package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

const (
	// sendLease is longer than a site may take to answer, so that a reply is not sent by two.
	sendLease = 2 * time.Minute
	sendPage  = 50
	// sendParallel bounds the replies that are under way at once; sites take few a second anyway.
	sendParallel = 4
	// maxFaults bounds what is reported of one round.
	maxFaults = 10
)

// Send publishes the replies whose time to undo is over, and those that are to be tried again, by
// send. It returns how many were attempted. Any number of processes may run it at once: each attempt
// has one sender, which says so in the review before it sends. Those that cannot be sent now do not
// keep it from those behind them.
func (c *Cases) Send(ctx context.Context, holder string, send func(context.Context, collections.Review) casework.Outcome) (int, error) {
	q := docstore.Query{
		Index: "by_send", Where: []docstore.Cond{docstore.Below("send_at", c.cfg.Clock().Add(1))}, Limit: sendPage,
	}
	sum := 0
	var all []error
	for range wakePages {
		page, err := c.reviews.Page(ctx, docstore.AllOrgs(), q)
		if err != nil {
			return sum, fmt.Errorf("look for replies to send: %w", err)
		}
		sent := make([]bool, len(page.Items))
		faults := make([]error, len(page.Items))
		each(len(page.Items), sendParallel, func(i int) {
			sent[i], faults[i] = c.sendOne(ctx, page.Items[i], holder, send)
		})
		for i := range sent {
			if sent[i] {
				sum++
			}
			if faults[i] != nil && len(all) < maxFaults {
				all = append(all, faults[i])
			}
		}
		if page.Next == "" || sum >= sendPage || ctx.Err() != nil {
			break
		}
		q.Cursor = page.Next
	}
	return sum, errors.Join(all...)
}

func (c *Cases) sendOne(ctx context.Context, found collections.Review, holder string, send func(context.Context, collections.Review) casework.Outcome) (bool, error) {
	desk, err := c.roster.desk(ctx, found.OrgID)
	if err != nil {
		return false, err
	}
	scope, mine := docstore.Org(found.OrgID), false
	leased, err := c.reviews.Update(ctx, scope, found.ID, func(doc *collections.Review) error {
		mine = false
		if casework.Full(*doc) {
			// What becomes of the reply could not be told: it waits until people hear of the rest.
			return docstore.ErrSkip
		}
		next, some := desk.LeaseSend(*doc, holder, sendLease, c.cfg.Clock())
		if !some {
			return docstore.ErrSkip
		}
		mine = true
		*doc = next
		return nil
	})
	if err != nil || !mine {
		if errors.Is(err, docstore.ErrNotFound) {
			return false, nil
		}
		return false, err
	}
	outcome := casework.Outcome{Kind: casework.SendRefused, Problem: casework.Outdated(leased)}
	if outcome.Problem == "" {
		sending, cancel := context.WithTimeout(ctx, sendLease/2)
		outcome = send(sending, leased)
		cancel()
	}
	c.metrics.replies.WithLabelValues(leased.Site, string(outcome.Kind)).Inc()
	return true, c.keepOutcome(ctx, leased, func(doc collections.Review) (collections.Review, bool) {
		return desk.Sent(doc, holder, outcome, c.cfg.Clock())
	})
}

// keepOutcome writes down what became of a reply, also by a process that is told to stop, and into
// an outbox that filled meanwhile. The store being away is waited out while the lease holds: what the
// site took would be sent again.
func (c *Cases) keepOutcome(ctx context.Context, leased collections.Review, outcome func(collections.Review) (collections.Review, bool)) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendLease/4)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		_, err := c.byItself(ctx, leased, true, outcome)
		if err == nil || !outage(err) {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}
