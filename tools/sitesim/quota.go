package sitesim

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Quotas of the further sites, for each credential. Zero is the site's own, negative none.
type Quotas struct {
	YelpPerDay           int `json:"yelp_per_day"` // reset at midnight UTC; default 300
	YelpPerSecond        int `json:"yelp_per_second"`
	FacebookPerHour      int `json:"facebook_per_hour"`
	TrustpilotPerMinute  int `json:"trustpilot_per_minute"`
	CareOpinionPerSecond int `json:"care_opinion_per_second"` // default 5
}

func (q Quotas) withDefaults() Quotas {
	for _, d := range []struct {
		field *int
		value int
	}{{&q.YelpPerDay, 300}, {&q.YelpPerSecond, 5}, {&q.FacebookPerHour, 200}, {&q.TrustpilotPerMinute, 600}, {&q.CareOpinionPerSecond, 5}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return q
}

// meter counts the requests of each credential.
type meter struct {
	mu       sync.Mutex
	counts   map[meterKey]window
	overruns map[string]int
}

// meterKey is one credential's requests of one kind of window.
type meterKey struct{ what, credential string }

type window struct {
	begin time.Time
	n     int
}

func newMeter() *meter { return &meter{counts: map[meterKey]window{}, overruns: map[string]int{}} }

// take counts a request and tells how many are left in its window, negative where it
// was one too many.
func (m *meter) take(what, credential string, limit int, length time.Duration, now time.Time) int {
	if limit < 0 {
		return 1
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	key := meterKey{what, credential}
	win := m.counts[key]
	if begin := now.UTC().Truncate(length); !win.begin.Equal(begin) {
		win = window{begin: begin}
	}
	win.n++
	m.counts[key] = win
	if win.n > limit {
		m.overruns[what]++
	}
	return limit - win.n
}

// Overruns counts the requests that went beyond a quota, by site and window
// ("yelp day"). A scraper that keeps to the sites' rules leaves it empty.
func (s *Sim) Overruns() map[string]int {
	s.meter.mu.Lock()
	defer s.meter.mu.Unlock()
	return maps.Clone(s.meter.overruns)
}

// Requests counts what each site was asked in the present window of its quota, by
// site and window, over all credentials.
func (s *Sim) Requests() map[string]int {
	s.meter.mu.Lock()
	defer s.meter.mu.Unlock()
	out := map[string]int{}
	for key, win := range s.meter.counts {
		out[key.what] += win.n
	}
	return out
}

// refusals are a site's words for what can go wrong with any request.
type refusals struct {
	rateLimit func(w http.ResponseWriter, f Faults)
	forbid    func(w http.ResponseWriter, r *http.Request)
}

// metered lets through what the site's quotas allow. Only credentials of the simulator
// count; whoever has another is refused by the site itself.
func (s *Sim) metered(site string, words refusals, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		credential := r.Header.Get("Authorization") + r.Header.Get("Apikey")
		if !strings.HasSuffix(credential, s.cfg.Token) {
			next.ServeHTTP(w, r)
			return
		}
		now, q := s.cfg.Now(), s.quotas
		left := 1
		switch site {
		case Yelp:
			left = s.meter.take("yelp second", credential, q.YelpPerSecond, time.Second, now)
			if day := s.meter.take("yelp day", credential, q.YelpPerDay, 24*time.Hour, now); q.YelpPerDay >= 0 {
				w.Header().Set("RateLimit-DailyLimit", strconv.Itoa(q.YelpPerDay))
				w.Header().Set("RateLimit-Remaining", strconv.Itoa(max(day, 0)))
				w.Header().Set("RateLimit-ResetTime", now.UTC().Truncate(24*time.Hour).Add(24*time.Hour).Format("2006-01-02T15:04:05-07:00"))
				if day < 0 {
					yelpError(w, http.StatusTooManyRequests, "ACCESS_LIMIT_REACHED")
					return
				}
			}
		case Facebook:
			left = s.meter.take("facebook hour", credential, q.FacebookPerHour, time.Hour, now)
		case Trustpilot:
			left = s.meter.take("trustpilot minute", credential, q.TrustpilotPerMinute, time.Minute, now)
		case CareOpinion:
			left = s.meter.take("careopinion second", credential, q.CareOpinionPerSecond, time.Second, now)
		}
		if left < 0 {
			words.rateLimit(w, Faults{RetryAfterSeconds: 1})
			return
		}
		next.ServeHTTP(w, r)
	})
}
