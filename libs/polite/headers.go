package polite

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter reads a Retry-After header in either of its forms, seconds or an
// HTTP date, relative to now. It is zero where the header is absent, unreadable
// or past, and at most a week.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if seconds, err := strconv.ParseFloat(v, 64); err == nil {
		if !(seconds > 0) {
			return 0
		}
		return time.Duration(min(seconds, maxRetryAfter.Seconds()) * float64(time.Second))
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	// A date is meant on the server's clock, which its own Date header shows.
	if server, err := http.ParseTime(h.Get("Date")); err == nil {
		now = server
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

// MaxAge is how long Cache-Control says an answer stays good; zero if unsaid.
func MaxAge(h http.Header) time.Duration {
	var age time.Duration
	for _, header := range h.Values("Cache-Control") {
		for directive := range strings.SplitSeq(header, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
			switch strings.ToLower(name) {
			case "no-store", "no-cache":
				return 0
			case "max-age":
				seconds, err := strconv.ParseInt(strings.Trim(value, `"`), 10, 32)
				if err == nil && seconds > 0 {
					age = time.Duration(seconds) * time.Second
				}
			}
		}
	}
	return age
}
