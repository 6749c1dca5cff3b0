package polite

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/bedside-health/bedside/libs/problem"
)

// maxRobotsHosts and maxRobotsHeld bound the memory of the cache: most robots.txt are
// small, but each may have half a megabyte of rules.
const (
	maxRobotsHosts = 1024
	maxRobotsHeld  = 16 << 20
)

// robotsRetry is how long an unreachable robots.txt closes its site before it
// is asked for again.
const robotsRetry = 10 * time.Minute

type robotsCache struct {
	ttl time.Duration

	mu      sync.Mutex
	held    int // bytes of all rules
	origins map[string]*robotsEntry
}

// robotsEntry has a lock of its own, so that one slow host does not stop the
// others and many workers on one host fetch its robots.txt once.
type robotsEntry struct {
	lock    chan struct{} // holds one token; taking it is cancellable, a mutex is not
	used    time.Time     // under robotsCache.mu, as is size
	size    int
	rules   *Robots
	err     error
	expires time.Time
}

func newRobotsCache(ttl time.Duration) *robotsCache {
	return &robotsCache{ttl: ttl, origins: map[string]*robotsEntry{}}
}

func (rc *robotsCache) entry(origin string) *robotsEntry {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	e, ok := rc.origins[origin]
	if !ok {
		if len(rc.origins) >= maxRobotsHosts {
			rc.forgetOldest(nil)
		}
		e = &robotsEntry{lock: make(chan struct{}, 1)}
		rc.origins[origin] = e
	}
	e.used = time.Now()
	return e
}

// hold counts the rules of an entry and forgets others until there is room. An entry
// that was forgotten while it was fetched is not counted: nobody finds it any more.
func (rc *robotsCache) hold(origin string, e *robotsEntry, size int) {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	if rc.origins[origin] != e {
		return
	}
	rc.held += size - e.size
	e.size = size
	for rc.held > maxRobotsHeld && len(rc.origins) > 1 {
		rc.forgetOldest(e)
	}
}

// forgetOldest forgets the entry that was not used longest, other than keep.
func (rc *robotsCache) forgetOldest(keep *robotsEntry) {
	var oldest string
	var at time.Time
	for origin, e := range rc.origins {
		if e != keep && (oldest == "" || e.used.Before(at)) {
			oldest, at = origin, e.used
		}
	}
	if e, ok := rc.origins[oldest]; ok {
		rc.held -= e.size
		delete(rc.origins, oldest)
	}
}

// checkRobots returns the crawl delay of u's site, or an error where its rules
// forbid u or cannot be had.
func (c *Client) checkRobots(ctx context.Context, u *url.URL) (time.Duration, error) {
	rules, err := c.robotsOf(ctx, u)
	if err != nil {
		return 0, err
	}
	if !rules.Allowed(u.RequestURI()) {
		return 0, problem.New(problem.Forbidden, "robots_disallowed",
			"the site's robots.txt does not allow %s to read this page", c.token)
	}
	return rules.CrawlDelay(), nil
}

func (c *Client) robotsOf(ctx context.Context, u *url.URL) (*Robots, error) {
	origin := u.Scheme + "://" + hostKey(u)
	e := c.robots.entry(origin)
	select {
	case e.lock <- struct{}{}:
		defer func() { <-e.lock }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if time.Now().Before(e.expires) {
		return e.rules, e.err
	}
	rules, ttl, err := c.fetchRobots(ctx, origin)
	if err != nil && ctx.Err() != nil {
		// The caller's own haste says nothing about the site, so nothing is kept.
		return nil, err
	}
	e.rules, e.err, e.expires = rules, err, time.Now().Add(ttl)
	c.robots.hold(origin, e, rules.size())
	return rules, err
}

// fetchRobots applies RFC 9309, 2.3.1: an answer of 4xx leaves everything open, as
// do more than five redirects; a server fault or silence closes everything. A 429
// is taken as a site under load, which is no invitation to fetch more.
func (c *Client) fetchRobots(ctx context.Context, origin string) (*Robots, time.Duration, error) {
	resp, err := c.do(ctx, Request{URL: origin + "/robots.txt", cutAt: maxRobotsBytes + 1})
	if err == nil {
		return ParseRobots(resp.Body, c.token), c.robots.ttl, nil
	}
	if errors.Is(err, errRedirects) {
		return &Robots{}, c.robots.ttl, nil
	}
	var status *StatusError
	if errors.As(err, &status) && status.Status >= 300 && status.Status < 500 &&
		status.Status != http.StatusTooManyRequests && status.Status != http.StatusRequestTimeout {
		return &Robots{}, c.robots.ttl, nil
	}
	var own *problem.Error
	if errors.As(err, &own) && own.Code == CodeHostUnknown {
		return nil, 0, err
	}
	switch problem.KindOf(err) {
	case problem.Forbidden, problem.Invalid:
		return nil, robotsRetry, err
	case problem.RateLimited:
		if status == nil {
			// Our own limiter refused: the site was not asked and has said nothing.
			return nil, 0, err
		}
	}
	c.cfg.Logger.WarnContext(ctx, "robots.txt unreachable, site closed for now", "origin", origin, "error", err)
	wait := max(robotsRetry, problem.RetryAfter(err))
	e := problem.Wrap(problem.Unavailable, "robots_unreachable", err,
		"the site's robots.txt cannot be read, so its pages are not fetched for now")
	if problem.KindOf(err) == problem.RateLimited {
		e.Kind = problem.RateLimited
	}
	e.RetryAfter = wait
	return nil, min(wait, c.robots.ttl), e
}
