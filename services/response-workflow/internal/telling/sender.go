package telling

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/services/response-workflow/notify"
)

const (
	// duePage is how many due notifications are looked at at a time, maxBatch how many one message is
	// made of; sendParallel messages are under way at a time.
	duePage      = 200
	maxBatch     = 500
	sendParallel = 4
	// leaseFor is longer than a message may take from its claim to its mark.
	leaseFor = 3 * time.Minute
	// sendWithin bounds a sending, markWithin the marking after it: together less than the lease.
	sendWithin = 100 * time.Second
	markWithin = 40 * time.Second

	// maxFaults bounds what is reported of one round.
	maxFaults = 10

	digestEvery = time.Minute
	pruneEvery  = time.Hour
)

// Run sends what is due, and digests, until ctx ends; a message that is under way is finished. What
// goes wrong is logged and tried again.
func (d *Desk) Run(ctx context.Context) {
	var wait sync.WaitGroup
	wait.Go(func() { d.repeat(ctx, d.cfg.Every, "messages", d.Send) })
	wait.Go(func() { d.repeat(ctx, digestEvery, "digests", d.SendDigests) })
	wait.Go(func() { d.repeat(ctx, pruneEvery, "pruning", d.Prune) })
	wait.Wait()
}

func (d *Desk) repeat(ctx context.Context, every time.Duration, task string, run func(context.Context) error) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if err := run(ctx); err != nil && ctx.Err() == nil {
			d.cfg.Logger.WarnContext(ctx, "telling people is tried again", "task", task, "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// to is somebody who has something to get.
type to struct{ org, recipient string }

// Send sends all that is due now, one message for each recipient. The error is the store's; what
// other sides answer is kept with the notifications.
func (d *Desk) Send(ctx context.Context) error {
	q := docstore.Query{Index: "by_send", Limit: duePage, Where: []docstore.Cond{
		docstore.Is("pending", true), docstore.Below("send_at", instant(d.cfg.Clock()).Add(time.Millisecond)),
	}}
	first := true
	var faults []error
	for {
		page, err := d.store.Notifications.Page(ctx, docstore.AllOrgs(), q)
		if err != nil {
			return fmt.Errorf("look for what is to be sent: %w", err)
		}
		if first {
			late := 0.0
			if len(page.Items) > 0 {
				late = d.cfg.Clock().Sub(page.Items[0].SendAt).Seconds()
			}
			d.metrics.oldest.Set(max(late, 0))
			first = false
		}
		// What cannot be sent now keeps nobody behind it waiting.
		if err := d.sendPage(ctx, page.Items); err != nil && len(faults) < maxFaults {
			faults = append(faults, err)
		}
		if page.Next == "" || ctx.Err() != nil {
			return errors.Join(append(faults, ctx.Err())...)
		}
		q.Cursor = page.Next
	}
}

// sendPage sends to all recipients of some notifications.
func (d *Desk) sendPage(ctx context.Context, due []collections.Notification) error {
	var recipients []to
	seen := map[to]bool{}
	for _, n := range due {
		if strings.HasPrefix(n.Recipient, "person:") && d.resting(target{}) {
			continue // people are reached by mail only, and the mail server is away
		}
		if who := (to{n.OrgID, n.Recipient}); !seen[who] && n.BatchUntil.Before(d.cfg.Clock()) {
			seen[who] = true
			recipients = append(recipients, who)
		}
	}
	var wait sync.WaitGroup
	slots := make(chan struct{}, sendParallel)
	errs := make([]error, len(recipients))
	for i, who := range recipients {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wait.Go(func() {
			defer func() { <-slots }()
			errs[i] = d.sendTo(ctx, who)
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// sendTo sends one message to one recipient, if no other sender is at it.
func (d *Desk) sendTo(ctx context.Context, who to) error {
	now := instant(d.cfg.Clock())
	scope := docstore.Org(who.org)
	page, err := d.store.Notifications.Page(ctx, scope, docstore.Query{
		Index: "pending_of", Limit: maxBatch, Where: []docstore.Cond{
			docstore.Is("recipient", who.recipient), docstore.Is("pending", true),
			// What would leave within the minute goes along.
			docstore.Below("send_at", now.Add(notify.Gather)),
		},
	})
	if err != nil {
		return fmt.Errorf("look for what is to be sent: %w", err)
	}
	for _, n := range page.Items {
		if n.BatchUntil.After(now) {
			return nil // another sender is at it, or was killed a moment ago
		}
	}
	for _, n := range page.Items {
		// What was put together before is finished first, as it was put together.
		if n.Batch != "" && !n.SendAt.After(now) {
			return d.resume(ctx, who, n.Batch)
		}
	}
	fresh := page.Items
	for i := 0; i < len(fresh); i++ {
		if fresh[i].Batch != "" {
			fresh = append(fresh[:i:i], fresh[i+1:]...)
			i--
		}
	}
	audience, err := d.audience(ctx, who.org)
	if err != nil {
		return err
	}
	target, fresh, err := d.screen(ctx, who, audience, fresh, now)
	if err != nil || len(fresh) == 0 || fresh[0].SendAt.After(now) || d.resting(target) {
		return err
	}
	batch, err := d.claim(ctx, who.org, fresh, newBatch(), now)
	if err != nil || len(batch) == 0 {
		return err
	}
	return d.deliver(ctx, who, target, batch)
}

// screen finds out how the recipient is reached, and takes away what is not to leave any more or
// not yet: nobody is mailed what they have read, what they switched off, or in their quiet hours.
func (d *Desk) screen(ctx context.Context, who to, a *notify.Audience, found []collections.Notification, now time.Time) (target, []collections.Notification, error) {
	t, why := d.targetOf(who.recipient, a)
	var keep []collections.Notification
	var change []collections.Notification
	reasons := map[string]string{}
	held := map[string]time.Time{}
	for _, n := range found {
		switch {
		case why != "":
			reasons[n.ID] = why
			change = append(change, n)
		case !n.ReadAt.IsZero():
			reasons[n.ID] = "was read before it was to leave"
			change = append(change, n)
		case t.settings != nil && !n.Urgent && notify.Hold(*t.settings, now).After(now):
			if until := notify.Hold(*t.settings, now); !n.SendAt.After(now) {
				held[n.ID] = until
				change = append(change, n)
			}
		default:
			keep = append(keep, n)
		}
	}
	err := d.updateAll(ctx, who.org, change, func(n *collections.Notification) error {
		if !n.Pending || n.Batch != "" {
			return docstore.ErrSkip
		}
		if until, ok := held[n.ID]; ok {
			n.SendAt = until
			return nil
		}
		n.Pending, n.Problem = false, reasons[n.ID]
		return nil
	})
	return t, keep, err
}

// claim takes notifications for a batch. Whoever gets the first has the right to the others;
// nothing is returned where somebody else was faster.
func (d *Desk) claim(ctx context.Context, org string, ns []collections.Notification, batch string, now time.Time) ([]collections.Notification, error) {
	take := func(mine *bool) func(*collections.Notification) error {
		return func(n *collections.Notification) error {
			*mine = n.Pending && !n.BatchUntil.After(now) && (n.Batch == "" || n.Batch == batch) && n.SentAt.IsZero()
			if !*mine {
				return docstore.ErrSkip
			}
			n.Batch, n.BatchUntil = batch, now.Add(leaseFor)
			return nil
		}
	}
	var mine bool
	leader, err := d.store.Notifications.Update(ctx, docstore.Org(org), ns[0].ID, take(&mine))
	if err != nil || !mine {
		return nil, found(err)
	}
	out := []collections.Notification{leader}
	rest := ns[1:]
	keys, taken := make([]docstore.Key, len(rest)), make([]bool, len(rest))
	for i, n := range rest {
		keys[i] = docstore.Key{Org: org, ID: n.ID}
	}
	docs, errs := d.store.Notifications.UpdateMany(ctx, keys, func(i int, n *collections.Notification) error { return take(&taken[i])(n) })
	for i := range rest {
		if err := found(errs[i]); err != nil {
			// Nothing was sent: the lease ends by itself, and the batch is finished then.
			return nil, fmt.Errorf("take notifications to send them: %w", err)
		}
		if errs[i] == nil && taken[i] {
			out = append(out, docs[i])
		}
	}
	return out, nil
}

// found is err unless it says that a document is gone.
func found(err error) error {
	if errors.Is(err, docstore.ErrNotFound) {
		return nil
	}
	return err
}

// resume finishes a batch that was put together before: whose sender was killed, or where it is
// not clear whether the other side took it.
func (d *Desk) resume(ctx context.Context, who to, batch string) error {
	now := instant(d.cfg.Clock())
	page, err := d.store.Notifications.Page(ctx, docstore.Org(who.org), docstore.Query{
		Index: "by_batch", Limit: maxBatch, Where: []docstore.Cond{docstore.Is("batch", batch)},
	})
	if err != nil {
		return fmt.Errorf("read a message that was not finished: %w", err)
	}
	var open []collections.Notification
	var sentAt time.Time
	for _, n := range page.Items {
		switch {
		case !n.SentAt.IsZero():
			sentAt = n.SentAt
		case n.Pending:
			open = append(open, n)
		}
	}
	if len(open) == 0 {
		return nil
	}
	if !sentAt.IsZero() {
		// It was taken, and its sender was killed before all of it was marked.
		return d.mark(ctx, who.org, open, sentAt)
	}
	audience, err := d.audience(ctx, who.org)
	if err != nil {
		return err
	}
	t, why := d.targetOf(who.recipient, audience)
	if why != "" {
		return d.updateAll(ctx, who.org, open, func(n *collections.Notification) error {
			n.Pending, n.Problem, n.BatchUntil = false, why, time.Time{}
			return nil
		})
	}
	if d.resting(t) {
		return nil
	}
	mine, err := d.claim(ctx, who.org, open, batch, now)
	if err != nil || len(mine) == 0 {
		return err
	}
	return d.deliver(ctx, who, t, mine)
}

// deliver sends a batch that is claimed and keeps how that ended. A service that is told to stop
// finishes it.
func (d *Desk) deliver(ctx context.Context, who to, t target, batch []collections.Notification) error {
	ctx = context.WithoutCancel(ctx)
	sending, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	message := notify.Group(batch, d.cfg.base())[0]
	o := d.dispatch(sending, t, "notifications", batch[0].Batch, message)
	d.metrics.messages.WithLabelValues(t.via(), o.reason).Inc()
	if o.reason == sent {
		return d.mark(ctx, who.org, batch, instant(d.cfg.Clock()))
	}
	d.cfg.Logger.WarnContext(ctx, "a message did not leave", "org_id", who.org, "recipient", who.recipient, "via", t.via(), "reason", o.reason, "attempt", batch[0].Attempts+1)
	now := instant(d.cfg.Clock())
	marking, stop := context.WithTimeout(ctx, markWithin)
	defer stop()
	return d.updateAll(marking, who.org, batch, func(n *collections.Notification) error {
		if !n.Pending || n.Batch != batch[0].Batch {
			return docstore.ErrSkip
		}
		n.Attempts++
		n.Problem, n.BatchUntil = o.why, time.Time{}
		switch {
		case o.lasting(), now.Sub(n.At) > giveUpAfter && n.Attempts > 3:
			n.Pending = false
		default:
			n.SendAt = instant(now.Add(pause(n.Attempts, o.after)))
			if o.reason != unclear {
				// It was surely not taken, so that next time it may go with what came since.
				n.Batch = ""
			}
		}
		return nil
	})
}

// mark keeps that a batch was taken: of the first at once, so that a sender who is killed right
// after it leaves no doubt. The store being away is waited out as long as the lease holds.
func (d *Desk) mark(ctx context.Context, org string, batch []collections.Notification, at time.Time) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), markWithin)
	defer cancel()
	done := func(n *collections.Notification) error {
		if !n.Pending && !n.SentAt.IsZero() {
			return docstore.ErrSkip
		}
		n.Pending, n.SentAt, n.BatchUntil, n.Problem = false, at, time.Time{}, ""
		return nil
	}
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		_, err := d.store.Notifications.Update(ctx, docstore.Org(org), batch[0].ID, done)
		if err = found(err); err == nil {
			err = d.updateAll(ctx, org, batch[1:], done)
		}
		if err == nil {
			return nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("mark a message as sent: %w", err)
		case <-timer.C:
		}
	}
}

func (d *Desk) updateAll(ctx context.Context, org string, ns []collections.Notification, change func(*collections.Notification) error) error {
	if len(ns) == 0 {
		return nil
	}
	keys := make([]docstore.Key, len(ns))
	for i, n := range ns {
		keys[i] = docstore.Key{Org: org, ID: n.ID}
	}
	_, errs := d.store.Notifications.UpdateMany(ctx, keys, func(_ int, n *collections.Notification) error { return change(n) })
	for i := range errs {
		errs[i] = found(errs[i])
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("keep how a message went: %w", err)
	}
	return nil
}
