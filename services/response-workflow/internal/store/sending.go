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
)

// Send publishes the replies whose time to undo is over, and those that are to be tried again, by
// send. It returns how many were attempted. Any number of processes may run it at once: each attempt
// has one sender, which says so in the review before it sends.
func (c *Cases) Send(ctx context.Context, holder string, send func(context.Context, collections.Review) casework.Outcome) (int, error) {
	page, err := c.reviews.Page(ctx, docstore.AllOrgs(), docstore.Query{
		Index: "by_send", Where: []docstore.Cond{docstore.Below("send_at", c.cfg.Clock().Add(1))}, Limit: sendPage,
	})
	if err != nil {
		return 0, fmt.Errorf("look for replies to send: %w", err)
	}
	attempts := make([]int, len(page.Items))
	faults := make([]error, len(page.Items))
	each(len(page.Items), sendParallel, func(i int) {
		sent, err := c.sendOne(ctx, page.Items[i], holder, send)
		faults[i] = err
		if sent {
			attempts[i] = 1
		}
	})
	sum := 0
	for _, n := range attempts {
		sum += n
	}
	return sum, errors.Join(faults...)
}

func (c *Cases) sendOne(ctx context.Context, found collections.Review, holder string, send func(context.Context, collections.Review) casework.Outcome) (bool, error) {
	desk, err := c.roster.desk(ctx, found.OrgID)
	if err != nil {
		return false, err
	}
	scope, mine := docstore.Org(found.OrgID), false
	leased, err := c.reviews.Update(ctx, scope, found.ID, func(doc *collections.Review) error {
		mine = false
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
	sending, cancel := context.WithTimeout(ctx, sendLease/2)
	outcome := send(sending, leased)
	cancel()
	c.metrics.replies.WithLabelValues(leased.Site, string(outcome.Kind)).Inc()
	// A process that is told to stop still writes down what became of the reply.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendLease/4)
	defer cancel()
	_, err = c.byItself(after, leased, func(doc collections.Review) (collections.Review, bool) {
		return desk.Sent(doc, holder, outcome, c.cfg.Clock())
	})
	return true, err
}
