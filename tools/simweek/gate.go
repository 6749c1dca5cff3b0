package simweek

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	perSecond = 1
	burst     = 3
	// yelpBudget is what a key may call a day.
	yelpBudget = 300
	crawlDelay = 5 * time.Second
	slowHost   = "dir2.sim" // asks for a crawl delay
	// slack covers requests that were on their way when another scraper was told to
	// wait, and clocks of a microsecond.
	slack     = 12 * time.Second
	precision = 2 * time.Millisecond
)

// gate stands before the sites: it counts, fails requests, and remembers what a polite
// reader would not have done.
type gate struct {
	seed  uint64
	start time.Time
	calm  time.Time  // nothing fails from then on
	rand  *rand.Rand // of the windows

	mu         sync.Mutex
	asked      map[string]uint64 // how often, by what was asked
	violations []string
	requests   map[string]int
	answers    map[string]int
	free       map[string]time.Time // by host: the cell rate algorithm
	crawl      map[string]time.Time
	held       map[string]time.Time
	calls      map[string]int // by key and day
	outages    map[string][]window
	refused    map[string][]window // by credential
	robotsDown []window
}

func newGate(cfg Config, start time.Time) *gate {
	g := &gate{
		seed: cfg.Seed, start: start, calm: start.Add(cfg.span()), rand: rand.New(rand.NewPCG(cfg.Seed, 2)), asked: map[string]uint64{},
		requests: map[string]int{}, answers: map[string]int{}, free: map[string]time.Time{}, crawl: map[string]time.Time{},
		held: map[string]time.Time{}, calls: map[string]int{}, outages: map[string][]window{}, refused: map[string][]window{},
	}
	span := cfg.span()
	for _, host := range []string{"google.sim", "yelp.sim", "facebook.sim", "trustpilot.sim", "careopinion.sim", "dir0.sim", "dir1.sim", "dir2.sim", "dir3.sim"} {
		for range cfg.Days {
			g.outages[host] = append(g.outages[host], g.window(span, 45*time.Minute))
		}
	}
	for _, key := range []string{"googlekey0", "facebookkey1", "careopinionkey0", "trustpilotkey1"} {
		g.refused[key] = append(g.refused[key], g.window(span, 90*time.Minute))
	}
	for range cfg.Days {
		g.robotsDown = append(g.robotsDown, g.window(span, 20*time.Minute))
	}
	return g
}

// window is a random time within a span.
func (g *gate) window(span, length time.Duration) window {
	from := g.start.Add(time.Duration(g.rand.Int64N(int64(max(span-length, 1)))))
	return window{from, from.Add(length)}
}

func (g *gate) violated(format string, args ...any) {
	if len(g.violations) < 100 {
		g.violations = append(g.violations, fmt.Sprintf(format, args...))
	}
}

// enter notes a request and checks its manners. The caller holds the lock.
func (g *gate) enter(r *http.Request, now time.Time) {
	host := r.Host
	g.requests[host]++
	// A request is in time if, with all before it, the host was asked at most burst
	// times at once and perSecond times a second.
	const every = time.Second / perSecond
	free := g.free[host]
	if free.Before(now) {
		free = now
	}
	if early := free.Add(-(burst - 1) * every).Sub(now); early > precision {
		g.violated("%s was asked %s too early at %s", host, early, now)
	}
	g.free[host] = free.Add(every)
	if held := g.held[host]; now.Before(held) && held.Sub(now) > slack && now.After(g.held[host+" said"].Add(slack)) {
		g.violated("%s was asked %s before the wait it asked for had ended", host, held.Sub(now))
	}
	if !strings.Contains(r.UserAgent(), "https://practice.example/contact") {
		g.violated("%s was asked without a contact", host)
	}
	if strings.HasPrefix(r.URL.Path, "/closed/") {
		g.violated("%s was asked for %s against its robots.txt", host, r.URL.Path)
	}
	if host == slowHost && r.URL.Path != "/robots.txt" {
		if last := g.crawl[host]; now.Sub(last) < crawlDelay-precision {
			g.violated("%s was asked %s after the last page in spite of its crawl delay", host, now.Sub(last))
		}
		g.crawl[host] = now
	}
	if host == "yelp.sim" {
		day := r.Header.Get("Authorization") + now.UTC().Format(" 2006-01-02")
		if g.calls[day]++; g.calls[day] > yelpBudget {
			g.violated("yelp was asked %d times: %s", g.calls[day], day)
		}
	}
}

// ServeHTTP answers with a fault or with the site.
func (g *gate) serve(site http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := time.Now()
		g.mu.Lock()
		g.enter(r, now)
		throw := g.throw(r)
		fault := ""
		if now.Before(g.calm) {
			fault = g.fault(r, now, throw)
		}
		g.answers[fault]++
		wait := 10 + throw.IntN(600)
		asDate := throw.IntN(2) == 0
		if fault == "rate limit" {
			g.held[r.Host], g.held[r.Host+" said"] = now.Add(time.Duration(wait)*time.Second), now
		}
		g.mu.Unlock()
		rest(r.Context(), time.Duration(50+len(r.URL.Path))*time.Millisecond)
		switch fault {
		case "":
			site.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), throws{}, throw)))
		case "rate limit":
			w.Header().Set("Retry-After", strconv.Itoa(wait))
			if asDate {
				w.Header().Set("Retry-After", now.Add(time.Duration(wait)*time.Second).UTC().Format(http.TimeFormat))
			}
			w.WriteHeader(http.StatusTooManyRequests)
		case "outage", "robots down":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "refused":
			w.WriteHeader(http.StatusUnauthorized)
		case "error":
			w.WriteHeader(http.StatusInternalServerError)
		case "cut":
			w.Header().Set("Content-Length", "5000")
			_, _ = w.Write([]byte(`{"reviews":[{"reviewId":"half`))
			panic(http.ErrAbortHandler)
		case "slow":
			w.Header().Set("Content-Length", "5000")
			_, _ = w.Write([]byte("<html>"))
			_ = http.NewResponseController(w).Flush()
			rest(r.Context(), 30*time.Second)
			panic(http.ErrAbortHandler)
		}
	})
}

// throws is the key of a request's dice in its context.
type throws struct{}

// throw gives a request its dice. They fall by what is asked and how often it was asked
// before, so that what goes wrong hangs little on the order in which goroutines run. The
// caller holds the lock.
func (g *gate) throw(r *http.Request) *rand.Rand {
	what := r.Host + r.URL.RequestURI() + r.Header.Get("Authorization")
	g.asked[what]++
	return rand.New(rand.NewPCG(g.seed, hash(what)+g.asked[what]))
}

// chance is one in n for a request while things fail.
func (g *gate) chance(r *http.Request, n int) bool {
	throw, ok := r.Context().Value(throws{}).(*rand.Rand)
	return ok && time.Now().Before(g.calm) && throw.IntN(n) == 0
}

// fault decides what goes wrong with a request.
func (g *gate) fault(r *http.Request, now time.Time, throw *rand.Rand) string {
	if within(g.outages[r.Host], now) {
		return "outage"
	}
	if r.URL.Path == "/robots.txt" {
		if within(g.robotsDown, now) {
			return "robots down"
		}
		return ""
	}
	for key, windows := range g.refused {
		if strings.Contains(r.Header.Get("Authorization"), key) && within(windows, now) {
			return "refused"
		}
	}
	switch n := throw.IntN(1000); {
	case n < 3:
		return "rate limit"
	case n < 13:
		return "error"
	case n < 18:
		return "cut"
	case n < 20:
		return "slow"
	}
	return ""
}
