package store

import (
	"context"
	"errors"
	"sync"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

// item is one observation of a batch.
type item struct {
	at    int // in the batch
	event events.ReviewTagged
}

// intake is one organization's part of a batch on its way. Observations of one review are
// applied in their order; reviews do not wait for each other.
type intake struct {
	scope docstore.Scope
	org   string
	// queues holds what is still to be applied, by review.
	queues map[string][]item
	order  []string
	errs   []error // of the whole batch
}

// Receive applies a batch of observations, those of one review in their order. The
// answer is parallel to the batch: nil means that the observation had its effect
// and everybody was told of it. After an error of an observation, later ones of the
// same review are not applied and have the same error.
func (c *Cases) Receive(ctx context.Context, batch []events.ReviewTagged) []error {
	errs := make([]error, len(batch))
	var intakes []*intake
	byOrg := map[string]*intake{}
	for i, event := range batch {
		in := byOrg[event.OrgID]
		if in == nil {
			in = &intake{scope: docstore.Org(event.OrgID), org: event.OrgID, queues: map[string][]item{}, errs: errs}
			byOrg[event.OrgID] = in
			intakes = append(intakes, in)
		}
		if _, there := in.queues[event.ReviewID]; !there {
			in.order = append(in.order, event.ReviewID)
		}
		in.queues[event.ReviewID] = append(in.queues[event.ReviewID], item{i, event})
	}
	for _, in := range intakes {
		// Each round brings every review that waits further by at least one
		// observation, except those that another process was faster to open.
		for round := 0; len(in.order) > 0; round++ {
			if round > len(batch)+8 {
				in.fail(in.order, problem.New(problem.Internal, "no_progress", "a batch of reviews makes no progress"))
				break
			}
			c.round(ctx, in)
		}
	}
	return errs
}

// step is one review's part of a round.
type step struct {
	id   string
	doc  collections.Review
	done int // observations of its queue applied
	err  error
	// again is set when the review has to be looked at anew.
	again bool
}

// round applies as much as fits of every review's queue, then tells of it.
func (c *Cases) round(ctx context.Context, in *intake) {
	byID := c.known(ctx, in)
	var fresh, there []*step
	for _, id := range in.order {
		if doc := byID[id]; doc != nil {
			there = append(there, &step{id: id, doc: *doc})
		} else {
			fresh = append(fresh, &step{id: id})
		}
	}
	c.open(ctx, in, fresh)
	c.change(ctx, in, there)
	steps := append(fresh, there...)
	c.tell(ctx, in.scope, steps)
	in.advance(steps)
}

// known reads those of the reviews that are there; the ones that cannot be read
// fail alone.
func (c *Cases) known(ctx context.Context, in *intake) map[string]*collections.Review {
	byID := make(map[string]*collections.Review, len(in.order))
	docs, err := c.reviews.GetMany(ctx, in.scope, in.order)
	for i := range docs {
		byID[docs[i].ID] = &docs[i]
	}
	if err == nil {
		return byID
	}
	if outage(err) {
		in.fail(in.order, err)
		return byID
	}
	for _, id := range in.order {
		doc, err := c.reviews.Get(ctx, in.scope, id)
		switch {
		case err == nil:
			byID[id] = &doc
		case !errors.Is(err, docstore.ErrNotFound):
			in.fail([]string{id}, err)
		}
	}
	return byID
}

// outage reports whether err is of the store as a whole and not of one document.
func outage(err error) bool {
	kind := problem.KindOf(err)
	return kind == problem.Unavailable || kind == problem.RateLimited
}

// open stores reviews that are not there yet.
func (c *Cases) open(ctx context.Context, in *intake, steps []*step) {
	var docs []*collections.Review
	var opened []*step
	var settles []func(bool)
	var rules []string
	for _, s := range steps {
		queue := in.queues[s.id]
		decision, desk, settle, err := c.roster.choose(ctx, in.org, arrival(queue[0].event))
		if err != nil {
			s.err = err
			continue
		}
		s.doc = desk.Open(queue[0].event, decision, c.cfg.Clock())
		s.done = 1
		s.doc, s.done, _ = c.fold(desk, s.doc, queue, s.done)
		docs, opened, settles = append(docs, &s.doc), append(opened, s), append(settles, settle)
		rules = append(rules, string(decision.Rule))
	}
	stored, errs := insertEach(ctx, c.reviews, in.scope, docs)
	for i, s := range opened {
		settles[i](stored[i] && s.doc.Case.Status.Pending())
		switch {
		case errs[i] != nil:
			s.err = errs[i]
		case !stored[i]:
			// Somebody else opened it since it was looked for.
			s.again = true
		default:
			c.metrics.assigned.WithLabelValues(rules[i]).Inc()
			c.metrics.observations.WithLabelValues("opened").Inc()
			c.metrics.observations.WithLabelValues("changed").Add(float64(s.done - 1))
		}
	}
}

// arrival is what of an observation its routing depends on.
func arrival(in events.ReviewTagged) collections.Review {
	doc := collections.Review{
		LocationID: in.LocationID, Site: in.Site, Rating: in.Rating, Title: in.Title, Text: in.Text,
		Analysis: in.Analysis, PostedAt: in.PostedAt, PostedAtKnown: !in.PostedAt.IsZero(),
	}
	doc.ID, doc.OrgID = in.ReviewID, in.OrgID
	return doc
}

// change brings reviews that are there up to date.
func (c *Cases) change(ctx context.Context, in *intake, steps []*step) {
	if len(steps) == 0 {
		return
	}
	desk, err := c.roster.desk(ctx, in.org)
	if err != nil {
		for _, s := range steps {
			s.err = err
		}
		return
	}
	each(len(steps), c.cfg.Parallel, func(i int) {
		s := steps[i]
		queue := in.queues[s.id]
		after, done, changed := c.fold(desk, s.doc, queue, 0)
		if !changed {
			// Most often all of it came before: no write, but its events may still
			// have to be told.
			s.done = done
			c.metrics.observations.WithLabelValues("unchanged").Add(float64(done))
			s.doc = after
			return
		}
		s.doc, s.err = c.reviews.Update(ctx, in.scope, s.id, func(doc *collections.Review) error {
			after, n, changed := c.fold(desk, *doc, queue, 0)
			s.done = n
			if !changed {
				return docstore.ErrSkip
			}
			*doc = after
			return nil
		})
		if errors.Is(s.err, docstore.ErrNotFound) {
			s.err, s.again = nil, true
			return
		}
		if s.err == nil {
			c.metrics.observations.WithLabelValues("changed").Add(float64(s.done))
		}
	})
}

// fold applies a queue from position done on until it is through or the outbox is
// full.
func (c *Cases) fold(desk casework.Desk, doc collections.Review, queue []item, done int) (after collections.Review, n int, changed bool) {
	for ; done < len(queue) && !casework.Full(doc); done++ {
		var one bool
		doc, one = desk.Observe(doc, queue[done].event, c.cfg.Clock())
		changed = changed || one
	}
	return doc, done, changed
}

// tell empties the outboxes of what the steps left.
func (c *Cases) tell(ctx context.Context, scope docstore.Scope, steps []*step) {
	var docs []collections.Review
	var of []*step
	for _, s := range steps {
		if s.err == nil && !s.again && s.doc.HasOutbox {
			docs, of = append(docs, s.doc), append(of, s)
		}
	}
	if len(docs) == 0 {
		return
	}
	_, errs := c.drain(ctx, scope, docs)
	for i, s := range of {
		s.err = errs[i]
	}
}

// advance takes what is done off the queues and ends those that failed.
func (in *intake) advance(steps []*step) {
	for _, s := range steps {
		switch {
		case s.err != nil:
			in.fail([]string{s.id}, s.err)
		case s.again:
		default:
			in.queues[s.id] = in.queues[s.id][s.done:]
		}
	}
	in.prune()
}

// fail gives up what is left of some reviews.
func (in *intake) fail(ids []string, err error) {
	for _, id := range ids {
		for _, it := range in.queues[id] {
			in.errs[it.at] = err
		}
		in.queues[id] = nil
	}
	in.prune()
}

// prune keeps the reviews that still wait.
func (in *intake) prune() {
	left := make([]string, 0, len(in.order))
	for _, id := range in.order {
		if len(in.queues[id]) > 0 {
			left = append(left, id)
		}
	}
	in.order = left
}

// insertEach is InsertManyIfAbsent that finds out which documents are at fault if
// the store refuses some, so that one bad document does not hold back the others.
func insertEach[T any](ctx context.Context, c *docstore.Collection[T], scope docstore.Scope, docs []*T) (stored []bool, errs []error) {
	errs = make([]error, len(docs))
	if len(docs) == 0 {
		return nil, errs
	}
	stored, err := c.InsertManyIfAbsent(ctx, scope, docs)
	if err == nil {
		return stored, errs
	}
	stored = make([]bool, len(docs))
	if len(docs) == 1 || outage(err) {
		for i := range errs {
			errs[i] = err
		}
		return stored, errs
	}
	each(len(docs), 16, func(i int) { stored[i], errs[i] = c.InsertIfAbsent(ctx, scope, docs[i]) })
	return stored, errs
}

// each runs f for 0 to n-1, at most parallel at a time, and waits for all.
func each(n, parallel int, f func(i int)) {
	var wait sync.WaitGroup
	slots := make(chan struct{}, parallel)
	for i := range n {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			f(i)
		})
	}
	wait.Wait()
}
