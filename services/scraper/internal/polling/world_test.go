package polling

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/scraper/detect"
)

const (
	testOrg     = "org_1"
	testAdapter = "fake"
	testSite    = "somewhere"
)

// clock is the time of a test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Millisecond)
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// place is a review site in memory: what it shows can change between polls, and its
// pages can fail.
type place struct {
	mu       sync.Mutex
	clock    *clock
	listings map[string][]sites.Review // by ref, newest change first
	facts    map[string]events.ListingFacts
	pageSize int
	// failures maps "ref page" to the errors of the next requests for it.
	failures map[string][]error
	etags    bool
	requests []sites.Request
	partial  bool // never says Complete
	total    bool // says how many there are
	surplus  int  // and how many more than that
	onFetch  func(req sites.Request)
}

func newPlace(c *clock) *place {
	return &place{clock: c, listings: map[string][]sites.Review{}, facts: map[string]events.ListingFacts{}, pageSize: 3, failures: map[string][]error{}}
}

func (p *place) Adapter() string { return testAdapter }

func (p *place) Fetch(ctx context.Context, req sites.Request) (sites.Page, error) {
	if p.onFetch != nil {
		p.onFetch(req)
	}
	if err := ctx.Err(); err != nil {
		return sites.Page{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, req)
	key := req.Listing.Ref + " " + req.Page
	if fails := p.failures[key]; len(fails) > 0 {
		p.failures[key] = fails[1:]
		if fails[0] != nil {
			return sites.Page{}, fails[0]
		}
	}
	reviews, ok := p.listings[req.Listing.Ref]
	if !ok {
		return sites.Page{}, problem.New(problem.NotFound, "gone", "no such place")
	}
	etag := p.etag(reviews)
	if p.etags && req.ETag == etag {
		return sites.Page{NotModified: true}, nil
	}
	start, _ := strconv.Atoi(req.Page)
	end := min(start+p.pageSize, len(reviews))
	start = min(start, end)
	out := sites.Page{ETag: etag}
	if p.total {
		out.Total = len(reviews) + p.surplus
	}
	if facts, ok := p.facts[req.Listing.Ref]; ok && start == 0 {
		out.Facts = &facts
	}
	for _, r := range reviews[start:end] {
		out.Reviews = append(out.Reviews, r)
		if r.UpdatedAt.Before(req.Since) {
			return out, nil // everything below is known
		}
	}
	if end < len(reviews) {
		out.Next = strconv.Itoa(end)
		return out, nil
	}
	out.Complete = !p.partial
	return out, nil
}

func (p *place) etag(reviews []sites.Review) string {
	if !p.etags {
		return ""
	}
	var b strings.Builder
	for _, r := range reviews {
		b.WriteString(r.ExternalID + r.Text + r.Author + detect.ReplyHash(r.Reply) + ";")
	}
	return b.String()
}

// put adds or replaces a review, which then stands first.
func (p *place) put(ref string, r sites.Review) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r.UpdatedAt = p.clock.now().UTC().Truncate(time.Millisecond)
	list := slices.DeleteFunc(p.listings[ref], func(old sites.Review) bool {
		if old.ExternalID == r.ExternalID {
			r.PostedAt = old.PostedAt
			return true
		}
		return false
	})
	if r.PostedAt.IsZero() {
		r.PostedAt = r.UpdatedAt
	}
	list = append(list, r)
	slices.SortStableFunc(list, func(a, b sites.Review) int { return cmp.Compare(b.UpdatedAt.UnixNano(), a.UpdatedAt.UnixNano()) })
	p.listings[ref] = list
}

func (p *place) drop(ref, externalID string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listings[ref] = slices.DeleteFunc(p.listings[ref], func(r sites.Review) bool { return r.ExternalID == externalID })
}

func (p *place) fail(ref, page string, errs ...error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures[ref+" "+page] = errs
}

func (p *place) asked() []sites.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// line is the broker and everything behind it: what is published reaches the inbox by
// the rules that response-workflow promises, unless the line is cut or loses it.
type line struct {
	t     testing.TB
	docs  *collections.Store
	mu    sync.Mutex
	all   []events.ReviewCollected
	facts []events.ListingObserved
	// fail is asked at each publication: an error before it, or after it.
	fail func() (before, after error)
	cut  bool // nothing arrives, and what was published is lost
	lose func(events.ReviewCollected) bool
	slow []events.ReviewCollected
	hold bool // what is published waits in slow
}

func (l *line) Collected(ctx context.Context, batch []*events.ReviewCollected) ([]int, error) {
	var before, after error
	if l.fail != nil {
		before, after = l.fail()
	}
	if before != nil {
		return nil, before
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var refused []int
	for i, e := range batch {
		// What travels is what decoding gives back.
		data, err := events.Encode(e)
		if err != nil {
			refused = append(refused, i)
			continue
		}
		event, err := events.DecodeReviewCollected(data)
		require.NoError(l.t, err)
		l.all = append(l.all, event)
		switch {
		case l.cut || l.lose != nil && l.lose(event):
		case l.hold:
			l.slow = append(l.slow, event)
		default:
			l.arrive(ctx, event)
		}
	}
	return refused, after
}

func (l *line) Observed(_ context.Context, event *events.ListingObserved) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.facts = append(l.facts, *event)
	return nil
}

func (l *line) flush(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.slow {
		l.arrive(ctx, e)
	}
	l.slow, l.hold = nil, false
}

func (l *line) arrive(ctx context.Context, e events.ReviewCollected) {
	_, err := l.docs.Reviews.Upsert(context.WithoutCancel(ctx), docstore.Org(e.OrgID), e.ReviewID, func(doc *collections.Review, exists bool) error {
		later := !exists || e.ObservedAt.After(doc.ObservedAt)
		if exists && e.Version < doc.Version {
			return docstore.ErrSkip
		}
		if !exists || e.Version > doc.Version || later && (e.Change == events.Posted || e.Change == events.Edited) {
			doc.Text, doc.Author, doc.Rating, doc.Version, doc.ObservedAt = e.Text, e.Author, e.Rating, e.Version, e.ObservedAt
			doc.SourceReply = e.Reply
			doc.ListingID, doc.LocationID, doc.Site, doc.ExternalID = e.ListingID, e.LocationID, e.Site, e.ExternalID
			doc.FirstSeenAt, doc.PostedAt, doc.PostedAtKnown = e.FirstSeenAt, e.PostedAt, !e.PostedAt.IsZero()
			if doc.Removed && e.ObservedAt.After(doc.RemovedAt) {
				doc.Removed = false
			}
		}
		switch {
		case e.Change == events.Removed && e.ObservedAt.After(doc.RemovedAt) && !doc.ObservedAt.After(e.ObservedAt):
			doc.Removed, doc.RemovedAt = true, e.ObservedAt
		case e.Change == events.SourceReply:
			doc.SourceReply = e.Reply
		}
		return nil
	})
	require.NoError(l.t, err)
}

func (l *line) published() []events.ReviewCollected {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}
