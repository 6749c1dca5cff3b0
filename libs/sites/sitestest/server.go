package sitestest

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/sites"
)

// Server serves pages of a site on loopback and has the contract's faults.
type Server struct {
	URL    string
	Client *polite.Client

	mu     sync.Mutex
	faults map[int]Fault
}

// HTTPFaults are the faults a site behind HTTP can have.
func HTTPFaults() []Fault {
	return []Fault{RateLimit, Temporary, Unauthorized, Missing, ServerFault, CutBody, Garbage, LoginPage, HugeBody, DeepBody, Hang}
}

// NewServer starts a server. pageOf tells which page (from 1) a request is for,
// 0 for what is no page. deep is a body made to exhaust a parser.
func NewServer(t *testing.T, handler http.Handler, pageOf func(*http.Request) int, deep []byte) *Server {
	t.Helper()
	s := &Server{faults: map[int]Fault{}}
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := pageOf(r)
		if page == 0 {
			handler.ServeHTTP(w, r)
			return
		}
		s.mu.Lock()
		fault := s.faults[page]
		if fault == NoFault {
			fault = s.faults[0]
		}
		s.mu.Unlock()
		serveFault(w, r, fault, handler, deep)
	}))
	t.Cleanup(ts.Close)
	client, err := polite.New(polite.Config{
		Product: "Bedside/test", Contact: "https://bedside.example/bot", AllowLoopback: true,
		RequestsPerSecond: 10_000, Burst: 10_000, RetryWait: time.Millisecond, Timeout: 60 * time.Second, IdleTimeout: 30 * time.Second,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	s.URL, s.Client = ts.URL, client
	return s
}

// Set is Fixture.Set.
func (s *Server) Set(page int, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[page] = fault
}

func serveFault(w http.ResponseWriter, r *http.Request, fault Fault, handler http.Handler, deep []byte) {
	switch fault {
	case RateLimit, Temporary:
		w.Header().Set("Retry-After", strconv.Itoa(int(RetryAfter.Seconds())))
		w.WriteHeader(map[Fault]int{RateLimit: http.StatusTooManyRequests, Temporary: http.StatusServiceUnavailable}[fault])
	case Unauthorized:
		w.WriteHeader(http.StatusUnauthorized)
	case Missing:
		w.WriteHeader(http.StatusNotFound)
	case ServerFault:
		w.WriteHeader(http.StatusInternalServerError)
	case Garbage:
		_, _ = w.Write([]byte("\x00\xff\xfe{]<<<not what was asked for"))
	case LoginPage:
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>Sign in</title><form><input name=user></form>"))
	case HugeBody:
		chunk := bytes.Repeat([]byte("x"), 1<<20)
		for range 50 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	case DeepBody:
		_, _ = w.Write(deep)
	case Hang:
		<-r.Context().Done()
	case CutBody:
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		w.Header().Set("Content-Type", rec.Header().Get("Content-Type"))
		w.Header().Set("Content-Length", strconv.Itoa(rec.Body.Len()))
		_, _ = w.Write(rec.Body.Bytes()[:rec.Body.Len()/2])
	default:
		handler.ServeHTTP(w, r)
	}
}

// SampleReviews makes n reviews with texts that break careless code, the
// newest first. Every text ends with label, so that two listings differ.
func SampleReviews(n int, label string) []sites.Review {
	texts := []string{
		"Kind hygienist, no wait at all.",
		"Two lines\nand a third\n\nafter a gap.",
		"Quotes \" and ' and \\ and / and & and &amp; kept.",
		"Prices <b>went up</b> & nobody said so <script>alert(1)</script>",
		"Emoji 😀👩🏽‍⚕️ and accents: atención, Zähne, שלום, مرحبا.",
		"=HYPERLINK(\"http://example.com\",\"win\")",
		"Bidi \u202edesrever\u202c and zero\u200bwidth.",
	}
	out := make([]sites.Review, n)
	for i := range out {
		stars := float64(1 + i%5)
		out[i] = sites.Review{
			ExternalID: fmt.Sprintf("%s-%s-%06d", strings.ReplaceAll(label, " ", ""), "review", 700000+i*37),
			Author:     fmt.Sprintf("Reviewer %c.", 'A'+i%26),
			Rating:     &stars,
			Text:       texts[i%len(texts)] + " " + strconv.Itoa(i) + " " + label,
			PostedAt:   time.Date(2026, 10, 1, 12, 0, i%60, 0, time.UTC).AddDate(0, 0, -5*i),
		}
	}
	return out
}
