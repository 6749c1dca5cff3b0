package polite_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
)

func TestRetryAfter_Forms(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	read := func(v, date string) time.Duration {
		h := http.Header{}
		h.Set("Retry-After", v)
		if date != "" {
			h.Set("Date", date)
		}
		return polite.RetryAfter(h, now)
	}
	require.Equal(t, 2*time.Minute, read("120", ""))
	require.Equal(t, time.Minute, read("Fri, 20 Nov 2026 12:01:00 GMT", ""))
	require.Equal(t, time.Hour, read("Fri, 20 Nov 2026 12:01:00 GMT", "Fri, 20 Nov 2026 11:01:00 GMT"))
	require.Zero(t, read("Fri, 20 Nov 2026 11:00:00 GMT", ""))
	require.Zero(t, read("soon", ""))
	require.Zero(t, read("-5", ""))
	require.Zero(t, read("NaN", ""))
	require.Equal(t, 7*24*time.Hour, read("99999999999999", ""))
	require.Zero(t, polite.RetryAfter(http.Header{}, now))
}

func TestLocalLimiter_HeldAndPaced_RefusesBeyondDeadline(t *testing.T) {
	l := polite.NewLocalLimiter(1, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	require.NoError(t, l.Wait(ctx, "a.example", 0))
	e := requireProblem(t, l.Wait(ctx, "a.example", 0), problem.RateLimited, "host_queue")
	require.InDelta(t, 1, e.RetryAfter.Seconds(), 0.1)
	require.NoError(t, l.Wait(ctx, "b.example", 0), "hosts do not share a pace")

	require.NoError(t, l.Wait(ctx, "c.example", time.Minute))
	e = requireProblem(t, l.Wait(ctx, "c.example", time.Minute), problem.RateLimited, "host_queue")
	require.InDelta(t, 60, e.RetryAfter.Seconds(), 1)

	require.NoError(t, l.Hold(ctx, "d.example", time.Now().Add(time.Hour)))
	e = requireProblem(t, l.Wait(ctx, "d.example", 0), problem.RateLimited, "host_busy")
	require.InDelta(t, 3600, e.RetryAfter.Seconds(), 1)
}

func TestLocalLimiter_ManyHosts_StaysBounded(t *testing.T) {
	l := polite.NewLocalLimiter(1000, 1)
	for i := range 6000 {
		require.NoError(t, l.Wait(t.Context(), fmt.Sprintf("h%d.example", i), 0))
	}
	require.LessOrEqual(t, l.Hosts(), 4096)
}

func TestLocalLimiter_HoldEnds_WaitersTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := polite.NewLocalLimiter(1, 1)
		require.NoError(t, l.Hold(t.Context(), "a.example", time.Now().Add(time.Minute)))
		start := time.Now()
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() { require.NoError(t, l.Wait(t.Context(), "a.example", 0)) })
		}
		wg.Wait()
		require.Equal(t, 64*time.Second, time.Since(start))
	})
}
