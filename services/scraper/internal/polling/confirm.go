package polling

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/services/scraper/detect"
)

const (
	// confirmDuty is the duty of the one scraper that looks after confirmations.
	confirmDuty = "confirm"
	// lookAtOnce bounds the fingerprints of one look; the next one goes on there.
	lookAtOnce = 20_000
	// republishStalled bounds what is published again while nothing arrives at all:
	// then the line is more likely standing than losing.
	republishStalled = 500
	// republishMax bounds the growing wait between publishing one observation again.
	republishMax = 24 * time.Hour
)

// confirmer sees to it that what was published reaches the inbox, even when the broker
// lost its disk. It tells loss from delay by what else arrives: an observation that
// is overtaken by others published well after it was lost, one that nothing
// overtakes is probably only waiting.
type confirmer struct {
	*Scraper
	cursor   string
	waiting  int       // lacking observations of the looks since the beginning
	frontier time.Time // publication of the latest observation seen in the inbox
	progress time.Time // when one was last seen to have arrived
	stalled  time.Time // when observations were last published again in standstill
}

// confirmAlways looks after confirmations whenever no other scraper does, until ctx ends.
func (s *Scraper) confirmAlways(ctx context.Context) {
	c := &confirmer{Scraper: s, progress: s.now()}
	tick := time.NewTicker(s.cfg.ConfirmEvery)
	defer tick.Stop()
	defer func() {
		bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
		defer cancel()
		// Unless it is given up, the duty passes on when its time runs out.
		_ = s.cfg.Store.LeaveDuty(bound, confirmDuty, s.holder)
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := c.look(ctx); err != nil && ctx.Err() == nil {
			s.logger.WarnContext(ctx, "looking for unconfirmed reviews failed; it is tried again", "error", err.Error())
		}
	}
}

// tally is what one look found.
type tally struct{ waiting, republished int }

// look checks the observations that should have arrived by now.
func (c *confirmer) look(ctx context.Context) error {
	now := c.now()
	mine, err := c.cfg.Store.TakeDuty(ctx, confirmDuty, c.holder, now, now.Add(max(c.cfg.Lease, 3*c.cfg.ConfirmEvery)))
	if err != nil {
		return fmt.Errorf("take the duty of confirming: %w", err)
	}
	if !mine {
		// The other scraper knows what arrives; here it would seem to stand still.
		c.progress, c.cursor = now, ""
		return nil
	}
	var sum tally
	before := now.Add(-c.cfg.ConfirmAfter)
	if c.cursor == "" {
		c.waiting = 0
	}
	for looked := 0; looked < lookAtOnce; {
		prints, next, err := c.cfg.Store.Unconfirmed(ctx, before, c.cursor)
		if err != nil {
			c.cursor = ""
			return fmt.Errorf("read unconfirmed fingerprints: %w", err)
		}
		if err := c.check(ctx, now, prints, &sum); err != nil {
			return err
		}
		looked += len(prints)
		if c.cursor = next; next == "" {
			break
		}
	}
	c.waiting += sum.waiting
	if c.cursor == "" {
		c.metrics.waiting.Set(float64(c.waiting))
	}
	if sum.republished > 0 {
		c.logger.WarnContext(ctx, "observations that the inbox lacks were published again", "count", sum.republished)
	}
	return nil
}

// check compares some fingerprints with the inbox.
func (c *confirmer) check(ctx context.Context, now time.Time, prints []collections.Fingerprint, sum *tally) error {
	byOrg := map[string][]collections.Fingerprint{}
	for _, p := range prints {
		byOrg[p.OrgID] = append(byOrg[p.OrgID], p)
	}
	for org, of := range byOrg {
		ids := make([]string, len(of))
		for i, p := range of {
			ids[i] = p.ID
		}
		reviews, err := c.cfg.Store.Reviews(ctx, org, ids)
		if err != nil {
			return fmt.Errorf("read reviews from the inbox: %w", err)
		}
		shown := make(map[string]*collections.Review, len(reviews))
		for i := range reviews {
			shown[reviews[i].ID] = &reviews[i]
		}
		var arrived, lacking []collections.Fingerprint
		var again []*events.ReviewCollected
		for _, p := range of {
			event := detect.Missing(p, shown[p.ID])
			switch {
			case event == nil:
				arrived = append(arrived, p)
			case c.overdue(now, p) && c.allowed(now, len(again)+sum.republished):
				lacking, again = append(lacking, p), append(again, event)
			}
		}
		sum.waiting += len(of) - len(arrived)
		if err := c.confirm(ctx, now, arrived); err != nil {
			return err
		}
		if err := c.republish(ctx, now, lacking, again); err != nil {
			return err
		}
		sum.republished += len(again)
	}
	return nil
}

// overdue reports whether an observation must be taken for lost.
func (c *confirmer) overdue(now time.Time, p collections.Fingerprint) bool {
	wait := c.cfg.ConfirmAfter << min(p.Republished, 20)
	if wait <= 0 || wait > republishMax {
		wait = republishMax
	}
	if now.Sub(p.UpdatedAt) < wait {
		return false
	}
	return c.standing(now) || p.UpdatedAt.Add(c.cfg.ConfirmAfter).Before(c.frontier)
}

// standing reports whether nothing at all arrived for a while.
func (c *confirmer) standing(now time.Time) bool {
	return now.Sub(c.progress) >= c.cfg.ConfirmAfter
}

// allowed bounds what is published again in standstill, where it may all be waiting.
func (c *confirmer) allowed(now time.Time, already int) bool {
	if !c.standing(now) {
		return true
	}
	return already < republishStalled && now.Sub(c.stalled) >= c.cfg.ConfirmAfter
}

// confirm forgets the payloads that arrived.
func (c *confirmer) confirm(ctx context.Context, now time.Time, arrived []collections.Fingerprint) error {
	if len(arrived) == 0 {
		return nil
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelWrites)
	for _, p := range arrived {
		g.Go(func() error {
			return c.cfg.Store.UpdateFingerprint(gctx, p.OrgID, p.ID, func(doc *collections.Fingerprint) bool {
				if !doc.SeenAt.Equal(p.SeenAt) || doc.Removed != p.Removed {
					return false // something newer is on its way
				}
				doc.Confirmed, doc.Payload, doc.Republished = true, nil, 0
				return true
			})
		})
		if p.UpdatedAt.After(c.frontier) {
			c.frontier = p.UpdatedAt
		}
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("confirm fingerprints: %w", err)
	}
	c.progress = now
	c.metrics.confirmed.Add(float64(len(arrived)))
	return nil
}

// republish publishes observations again and then notes that it did, so that a crash in
// between repeats it.
func (c *confirmer) republish(ctx context.Context, now time.Time, lacking []collections.Fingerprint, again []*events.ReviewCollected) error {
	if len(again) == 0 {
		return nil
	}
	if c.standing(now) {
		defer func() { c.stalled = now }()
	}
	if _, err := c.cfg.Bus.Collected(ctx, again); err != nil {
		return err
	}
	c.metrics.republished.Add(float64(len(again)))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelWrites)
	for _, p := range lacking {
		g.Go(func() error {
			return c.cfg.Store.UpdateFingerprint(gctx, p.OrgID, p.ID, func(doc *collections.Fingerprint) bool {
				if !doc.SeenAt.Equal(p.SeenAt) {
					return false
				}
				doc.UpdatedAt = now
				doc.Republished++
				return true
			})
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("note what was published again: %w", err)
	}
	return nil
}
