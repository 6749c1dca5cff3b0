package simweek

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
)

// inbox takes what the scraper publishes, remembers it, and keeps the reviews as the
// service behind the broker would.
type inbox struct {
	world *world
	docs  *collections.Store
	away  []window // the broker does not answer

	mu       sync.Mutex
	strange  []string
	events   int
	failures int
	news     delays
	removals delays
}

// delays are the times from when something happened until the inbox knew it.
type delays struct {
	all     []time.Duration
	longest time.Duration
	of      string // what took longest
}

func (d *delays) add(w *world, l *listing, r *review, happened time.Time) {
	took := time.Since(happened)
	if d.all = append(d.all, took); took > d.longest {
		d.longest, d.of = took, fmt.Sprintf("%s %s, %s after the start", l.id, r.id, happened.Sub(w.start).Round(time.Second))
	}
}

// String gives quantiles.
func (d *delays) String() string {
	n := len(d.all)
	if n == 0 {
		return "none"
	}
	slices.Sort(d.all)
	at := func(q int) time.Duration { return d.all[min(n*q/100, n-1)].Round(time.Second) }
	return fmt.Sprintf("p50 %s, p90 %s, p99 %s, at most %s (%s)", at(50), at(90), at(99), d.longest.Round(time.Second), d.of)
}

// Collected implements scraper.Bus.
func (b *inbox) Collected(ctx context.Context, batch []*events.ReviewCollected) ([]int, error) {
	if within(b.away, time.Now()) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.failures++
		return nil, problem.New(problem.Unavailable, "broker_away", "the broker does not answer")
	}
	var refused []int
	for i, e := range batch {
		data, err := events.Encode(e)
		if err != nil {
			refused = append(refused, i)
			continue
		}
		event, err := events.DecodeReviewCollected(data)
		if err != nil {
			return nil, fmt.Errorf("decode what was encoded: %w", err)
		}
		b.note(event)
		if err := b.keep(context.WithoutCancel(ctx), event); err != nil {
			return nil, fmt.Errorf("keep a review: %w", err)
		}
	}
	return refused, nil
}

// Observed implements scraper.Bus.
func (b *inbox) Observed(context.Context, *events.ListingObserved) error { return nil }

// note compares an event with what its site has.
func (b *inbox) note(e events.ReviewCollected) {
	b.world.mu.Lock()
	defer b.world.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events++
	r, l := b.world.byReview[e.ListingID+" "+siteID(e.ExternalID)], b.world.byID[e.ListingID]
	switch {
	case r == nil:
		b.strange = append(b.strange, fmt.Sprintf("%s %s was never on its site", e.ListingID, e.ExternalID))
		return
	case e.Change == events.Removed && !r.removed:
		b.strange = append(b.strange, fmt.Sprintf("%s %s was told removed and is there", e.ListingID, e.ExternalID))
	case e.Change == events.Removed && l.walksSince(r.settled) < 2:
		b.strange = append(b.strange, fmt.Sprintf("%s %s was told removed after %d lists without it", e.ListingID, e.ExternalID, l.walksSince(r.settled)))
	case e.Change == events.Removed && r.missed.IsZero():
		r.missed = time.Now()
		b.removals.add(b.world, l, r, r.settled)
	}
	r.told[fmt.Sprintf("%s %d", e.Change, e.Version)]++
	if r.heard.IsZero() {
		r.heard = time.Now()
		if r.arrived.After(b.world.start) {
			b.news.add(b.world, l, r, r.arrived)
		}
	}
}

func (b *inbox) keep(ctx context.Context, e events.ReviewCollected) error {
	_, err := b.docs.Reviews.Upsert(ctx, docstore.Org(e.OrgID), e.ReviewID, func(doc *collections.Review, exists bool) error {
		if exists && e.Version < doc.Version {
			return docstore.ErrSkip
		}
		fresh := !exists || e.Version > doc.Version || e.ObservedAt.After(doc.ObservedAt)
		switch {
		case e.Change == events.Removed:
			if !doc.ObservedAt.After(e.ObservedAt) {
				doc.Removed, doc.RemovedAt = true, e.ObservedAt
			}
		case e.Change == events.SourceReply && exists:
			doc.SourceReply = e.Reply
		case fresh:
			doc.Text, doc.Title, doc.Author, doc.Rating, doc.Version, doc.ObservedAt = e.Text, e.Title, e.Author, e.Rating, e.Version, e.ObservedAt
			doc.SourceReply, doc.Excerpt = e.Reply, e.Excerpt
			doc.ListingID, doc.LocationID, doc.Site, doc.ExternalID = e.ListingID, e.LocationID, e.Site, e.ExternalID
			doc.FirstSeenAt, doc.PostedAt, doc.PostedAtKnown = e.FirstSeenAt, e.PostedAt, !e.PostedAt.IsZero()
			doc.SourceUpdatedAt = e.SourceUpdatedAt
			if doc.Removed && e.ObservedAt.After(doc.RemovedAt) {
				doc.Removed = false
			}
		}
		return nil
	})
	return err
}

// siteID is the site's own id in an external id: that of a part of a page carries the
// page, too.
func siteID(externalID string) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(externalID, "#"), "@")
	return id
}

// all reads the inbox of a listing by the site's own ids.
func (b *inbox) all(ctx context.Context, l *listing) (map[string]collections.Review, error) {
	out := map[string]collections.Review{}
	q := docstore.Query{Index: "by_listing", Where: []docstore.Cond{docstore.Is("listing_id", l.id)}, Limit: 500}
	for {
		page, err := b.docs.Reviews.Page(ctx, docstore.Org(l.org), q)
		if err != nil {
			return nil, fmt.Errorf("read the inbox: %w", err)
		}
		for _, r := range page.Items {
			id := siteID(r.ExternalID)
			if _, twice := out[id]; twice {
				return nil, errors.New("a review is in the inbox twice: " + id)
			}
			out[id] = r
		}
		if q.Cursor = page.Next; page.Next == "" {
			return out, nil
		}
	}
}
