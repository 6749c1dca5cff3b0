package sitesim

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Faults make requests to the sites fail. Each "every" lets every n-th request
// fail that way; zero never.
type Faults struct {
	RateLimitEvery int `json:"rate_limit_every"`
	// RetryAfterSeconds of rate limits and outages. Default 5.
	RetryAfterSeconds int `json:"retry_after_seconds"`
	// RetryAfterDate sends Retry-After as a date instead of seconds.
	RetryAfterDate bool   `json:"retry_after_date"`
	ErrorEvery     int    `json:"error_every"`    // 500
	OutageEvery    int    `json:"outage_every"`   // 503 with Retry-After
	CutEvery       int    `json:"cut_every"`      // the body ends in its middle
	SlowEvery      int    `json:"slow_every"`     // the body comes in drops
	SlowMillis     int    `json:"slow_millis"`    // over so long; default 3000
	ForbidEvery    int    `json:"forbid_every"`   // 403
	EmptyEvery     int    `json:"empty_every"`    // 200 without any reviews or markup
	Path           string `json:"path,omitempty"` // only below this path
}

const (
	defaultRetryAfter = 5
	defaultSlow       = 3 * time.Second
)

func (f Faults) validate() error {
	for _, n := range []int{f.RateLimitEvery, f.RetryAfterSeconds, f.ErrorEvery, f.OutageEvery, f.CutEvery, f.SlowEvery, f.SlowMillis, f.ForbidEvery, f.EmptyEvery} {
		if n < 0 {
			return errors.New("faults must not be negative")
		}
	}
	return nil
}

// OneFault names the fault of some next requests.
type OneFault struct {
	Fault string `json:"fault"` // rate_limit, error, outage, cut, slow, forbid, empty
	Times int    `json:"times"`
	Path  string `json:"path,omitempty"`
}

var faultNames = map[string]bool{"rate_limit": true, "error": true, "outage": true, "cut": true, "slow": true, "forbid": true, "empty": true}

func (f OneFault) validate() error {
	if !faultNames[f.Fault] || f.Times < 1 {
		return fmt.Errorf("fault: want one of rate_limit, error, outage, cut, slow, forbid, empty, and times of at least 1")
	}
	return nil
}

// faultPlan decides for each request.
type faultPlan struct {
	mu     sync.Mutex
	faults Faults
	next   []OneFault
	count  int
}

func newFaultPlan(f Faults) *faultPlan { return &faultPlan{faults: f} }

func (p *faultPlan) set(f Faults) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults, p.next, p.count = f, nil, 0
}

func (p *faultPlan) push(f OneFault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = append(p.next, f)
}

// take gives the fault of a request to path, and the settings it follows.
func (p *faultPlan) take(path string) (string, Faults) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.next {
		if !strings.HasPrefix(path, p.next[i].Path) {
			continue
		}
		fault := p.next[i].Fault
		if p.next[i].Times--; p.next[i].Times == 0 {
			p.next = append(p.next[:i:i], p.next[i+1:]...)
		}
		return fault, p.faults
	}
	if !strings.HasPrefix(path, p.faults.Path) {
		return "", p.faults
	}
	p.count++
	f := p.faults
	for _, c := range []struct {
		every int
		name  string
	}{
		{f.RateLimitEvery, "rate_limit"}, {f.ErrorEvery, "error"}, {f.OutageEvery, "outage"}, {f.CutEvery, "cut"},
		{f.SlowEvery, "slow"}, {f.ForbidEvery, "forbid"}, {f.EmptyEvery, "empty"},
	} {
		if c.every > 0 && p.count%c.every == 0 {
			return c.name, f
		}
	}
	return "", f
}

// withFaults refuses in Google's words, which readers of pages do not look at.
func (s *Sim) withFaults(next http.Handler) http.Handler {
	return s.withFaultsOf(refusals{
		rateLimit: func(w http.ResponseWriter, f Faults) {
			s.setRetryAfter(w, f)
			googleError(w, http.StatusTooManyRequests, "RESOURCE_EXHAUSTED")
		},
		forbid: func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not for you", http.StatusForbidden) },
	}, next)
}

func (s *Sim) withFaultsOf(words refusals, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch fault, f := s.faults.take(r.URL.Path); fault {
		case "rate_limit":
			words.rateLimit(w, f)
		case "outage":
			s.setRetryAfter(w, f)
			http.Error(w, "down for maintenance", http.StatusServiceUnavailable)
		case "error":
			http.Error(w, "something broke", http.StatusInternalServerError)
		case "forbid":
			words.forbid(w, r)
		case "empty":
			_, _ = w.Write([]byte("<!doctype html><title>Please wait</title>"))
		case "cut":
			rec := recorded(next, r)
			copyHeader(w, rec)
			w.Header().Set("Content-Length", strconv.Itoa(rec.Body.Len()))
			w.WriteHeader(rec.Code)
			_, _ = w.Write(rec.Body.Bytes()[:rec.Body.Len()/2])
		case "slow":
			slowly(w, r, recorded(next, r), f)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func recorded(next http.Handler, r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	next.ServeHTTP(rec, r)
	return rec
}

func copyHeader(w http.ResponseWriter, rec *httptest.ResponseRecorder) {
	for key, values := range rec.Header() {
		w.Header()[key] = values
	}
}

// slowly sends the answer in twenty drops.
func slowly(w http.ResponseWriter, r *http.Request, rec *httptest.ResponseRecorder, f Faults) {
	total := time.Duration(f.SlowMillis) * time.Millisecond
	if total == 0 {
		total = defaultSlow
	}
	copyHeader(w, rec)
	w.WriteHeader(rec.Code)
	const drops = 20
	body := rec.Body.Bytes()
	tick := time.NewTicker(max(total/drops, time.Millisecond))
	defer tick.Stop()
	for i := range drops {
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
		if _, err := w.Write(body[len(body)*i/drops : len(body)*(i+1)/drops]); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush() // nothing to do where it cannot
	}
}

func (s *Sim) setRetryAfter(w http.ResponseWriter, f Faults) {
	seconds := f.RetryAfterSeconds
	if seconds == 0 {
		seconds = defaultRetryAfter
	}
	if f.RetryAfterDate {
		w.Header().Set("Retry-After", s.cfg.Now().Add(time.Duration(seconds)*time.Second).UTC().Format(http.TimeFormat))
		return
	}
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
}
