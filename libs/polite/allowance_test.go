package polite_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
)

func TestDo_Allowance_CountsEveryRequestButRobots(t *testing.T) {
	var answered atomic.Int32
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/robots.txt":
			_, _ = w.Write([]byte("User-agent: *\nDisallow: /private\n"))
		case r.URL.Path == "/moved":
			http.Redirect(w, r, "/broken", http.StatusFound)
		case answered.Add(1) == 1:
			w.WriteHeader(http.StatusBadGateway)
		default:
			_, _ = w.Write([]byte("ok"))
		}
	})
	asked := 0
	ctx := polite.WithAllowance(t.Context(), func(context.Context) error { asked++; return nil })
	_, err := client(t, quick()).Do(ctx, polite.Request{URL: s.URL + "/moved", Robots: true})
	require.NoError(t, err)
	require.Equal(t, 4, asked, "a redirect, the fault behind it, and both again")
}

func TestDo_AllowanceSpent_SendsNothingAndDoesNotTryAgain(t *testing.T) {
	var calls atomic.Int32
	s := server(t, func(http.ResponseWriter, *http.Request) { calls.Add(1) })
	asked := 0
	ctx := polite.WithAllowance(t.Context(), func(context.Context) error {
		asked++
		return problem.New(problem.RateLimited, "spent", "nothing is left")
	})
	_, err := client(t, quick()).Do(ctx, polite.Request{URL: s.URL})
	requireProblem(t, err, problem.RateLimited, "spent")
	require.Equal(t, 1, asked)
	require.Zero(t, calls.Load())
}

func TestDo_HostWithDotAtTheEnd_IsTheSameHost(t *testing.T) {
	var robots atomic.Int32
	s := server(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			robots.Add(1)
		}
	})
	limiter := &recordingLimiter{}
	cfg := quick()
	cfg.Limiter = limiter
	cfg.Dial = dialTo(s)
	c := client(t, cfg)
	for _, u := range []string{"http://site.example/", "http://SITE.example./", "HTTP://site.example.:80/"} {
		_, err := c.Do(t.Context(), polite.Request{URL: u, Robots: true})
		require.NoError(t, err)
	}
	require.EqualValues(t, 1, robots.Load())
	require.Len(t, limiter.hosts, 1)
}

// recordingLimiter lets everything through and remembers the hosts.
type recordingLimiter struct {
	polite.LocalLimiter
	hosts map[string]int
}

func (l *recordingLimiter) Wait(_ context.Context, host string, _ time.Duration) error {
	if l.hosts == nil {
		l.hosts = map[string]int{}
	}
	l.hosts[host]++
	return nil
}

func TestDo_ManyLargeRobots_StayWithinTheBoundOfMemory(t *testing.T) {
	var rules strings.Builder
	rules.WriteString("User-agent: *\n")
	for i := range 12_000 {
		fmt.Fprintf(&rules, "Disallow: /p%032d\n", i)
	}
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			_, _ = w.Write([]byte(rules.String()))
		}
	})
	cfg := quick()
	cfg.Dial = dialTo(s)
	c := client(t, cfg)
	most := 0
	for i := range 24 {
		_, err := c.Do(t.Context(), polite.Request{URL: fmt.Sprintf("http://site-%d.example/", i), Robots: true})
		require.NoError(t, err)
		held := c.RobotsHeld()
		require.LessOrEqual(t, held, 16<<20)
		most = max(most, held)
	}
	require.Greater(t, most, 12<<20, "they are kept as long as there is room")
}

// dialTo is a network in which every host is one server.
func dialTo(s *httptest.Server) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
	}
}

func TestDo_ConnectionBreaksUnderARequest_SendingItAgainTakesATurnToo(t *testing.T) {
	var got atomic.Int32
	s := server(t, func(w http.ResponseWriter, _ *http.Request) {
		if got.Add(1) == 2 {
			panic(http.ErrAbortHandler) // the request arrived, and no answer comes
		}
		_, _ = w.Write([]byte("ok"))
	})
	limiter := &recordingLimiter{}
	cfg := quick()
	cfg.Limiter, cfg.Retries = limiter, -1
	asked := 0
	ctx := polite.WithAllowance(t.Context(), func(context.Context) error { asked++; return nil })
	c := client(t, cfg)
	for range 2 {
		_, err := c.Do(ctx, polite.Request{URL: s.URL})
		require.NoError(t, err)
	}
	require.EqualValues(t, 3, got.Load(), "net/http sent the second one twice")
	require.Equal(t, 3, asked)
	for _, turns := range limiter.hosts {
		require.Equal(t, 3, turns)
	}
}
