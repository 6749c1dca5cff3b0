package pacing_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/scraper/internal/pacing"
	"github.com/bedside-health/bedside/services/scraper/internal/store"
)

// shared gives two limiters of two scrapers on one store, in a bubble.
func shared(t *testing.T, perSecond float64, burst int, do func(t *testing.T, st *store.Store, limiters [2]*pacing.Limiter)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pace.db")
	synctest.Test(t, func(t *testing.T) {
		backend, err := connect.Open(t.Context(), "sqlite:"+path, nil)
		require.NoError(t, err)
		defer func() { require.NoError(t, backend.Close()) }()
		st, err := store.Open(t.Context(), backend)
		require.NoError(t, err)
		var limiters [2]*pacing.Limiter
		for i := range limiters {
			limiters[i], err = pacing.New(pacing.Config{Store: st, PerSecond: perSecond, Burst: burst})
			require.NoError(t, err)
		}
		do(t, st, limiters)
	})
}

func TestWait_TwoScrapers_AskNoFasterThanOneMight(t *testing.T) {
	shared(t, 2, 3, func(t *testing.T, _ *store.Store, limiters [2]*pacing.Limiter) {
		began := time.Now()
		var mu sync.Mutex
		var turns []time.Duration
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				if limiters[i%2].Wait(context.Background(), "site.example", 0) == nil {
					mu.Lock()
					defer mu.Unlock()
					turns = append(turns, time.Since(began))
				}
			})
		}
		wg.Wait()
		slices.Sort(turns)
		require.Len(t, turns, 20)
		for i, at := range turns {
			require.InDelta(t, max(float64(i-2)/2, 0), at.Seconds(), 0.01, "turn %d", i)
		}
		require.NoError(t, limiters[0].Wait(context.Background(), "other.example", 0))
		require.InDelta(t, 8.5, time.Since(began).Seconds(), 0.01, "hosts do not share a pace")
	})
}

func TestWait_CrawlDelay_IsKeptByAll(t *testing.T) {
	shared(t, 10, 5, func(t *testing.T, _ *store.Store, limiters [2]*pacing.Limiter) {
		began := time.Now()
		for i := range 4 {
			require.NoError(t, limiters[i%2].Wait(context.Background(), "slow.example", 5*time.Second))
		}
		require.InDelta(t, 15, time.Since(began).Seconds(), 0.01)
	})
}

func TestHold_ByOne_IsKeptByTheOther(t *testing.T) {
	shared(t, 10, 5, func(t *testing.T, _ *store.Store, limiters [2]*pacing.Limiter) {
		began := time.Now()
		require.NoError(t, limiters[0].Hold(t.Context(), "site.example", began.Add(time.Minute)))
		require.NoError(t, limiters[0].Hold(t.Context(), "site.example", began.Add(time.Second)), "a shorter hold shortens nothing")
		require.NoError(t, limiters[1].Wait(t.Context(), "site.example", 0))
		require.InDelta(t, 60, time.Since(began).Seconds(), 0.01)
	})
}

func TestHold_WhileOthersStandInLine_HoldsThemToo(t *testing.T) {
	shared(t, 1, 1, func(t *testing.T, _ *store.Store, limiters [2]*pacing.Limiter) {
		began := time.Now()
		var mu sync.Mutex
		var turns []float64
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() {
				if limiters[i%2].Wait(context.Background(), "site.example", 0) == nil {
					mu.Lock()
					defer mu.Unlock()
					turns = append(turns, time.Since(began).Seconds())
				}
			})
		}
		time.Sleep(1500 * time.Millisecond)
		require.NoError(t, limiters[0].Hold(t.Context(), "site.example", began.Add(time.Minute)))
		wg.Wait()
		slices.Sort(turns)
		require.Len(t, turns, 6)
		require.Less(t, turns[1], 1.6)
		require.GreaterOrEqual(t, turns[2], 60.0)
		for i := 3; i < 6; i++ {
			require.GreaterOrEqual(t, turns[i]-turns[i-1], 0.99)
		}
	})
}

func TestWait_TurnAfterTheDeadline_IsRefusedAndNotTaken(t *testing.T) {
	shared(t, 1, 1, func(t *testing.T, _ *store.Store, limiters [2]*pacing.Limiter) {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		require.NoError(t, limiters[0].Wait(ctx, "site.example", 0))
		for range 5 {
			err := limiters[1].Wait(ctx, "site.example", 0)
			var e *problem.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, polite.CodeHostQueue, e.Code)
			require.Equal(t, problem.RateLimited, e.Kind)
			require.InDelta(t, 1, e.RetryAfter.Seconds(), 0.01, "those that were refused took no turn")
		}
		require.NoError(t, limiters[0].Hold(t.Context(), "site.example", time.Now().Add(time.Hour)))
		var e *problem.Error
		require.ErrorAs(t, limiters[1].Wait(ctx, "site.example", 0), &e)
		require.Equal(t, polite.CodeHostHeld, e.Code)
	})
}

// flaky is a store that does not answer for a while.
type flaky struct {
	pacing.Store
	until time.Time
}

func (f flaky) Turn(ctx context.Context, host string, now time.Time, every time.Duration, burst int, patience time.Duration) (time.Duration, time.Duration, error) {
	if time.Now().Before(f.until) {
		return 0, 0, errors.New("the store is away")
	}
	return f.Store.Turn(ctx, host, now, every, burst, patience)
}

func TestWait_StoreAway_WaitsAndIsNeverFaster(t *testing.T) {
	shared(t, 10, 1, func(t *testing.T, st *store.Store, _ [2]*pacing.Limiter) {
		began := time.Now()
		l, err := pacing.New(pacing.Config{Store: flaky{st, began.Add(time.Minute)}, PerSecond: 10, Burst: 1})
		require.NoError(t, err)
		require.NoError(t, l.Wait(t.Context(), "site.example", 0))
		require.GreaterOrEqual(t, time.Since(began), time.Minute)

		l, err = pacing.New(pacing.Config{Store: flaky{st, time.Now().Add(time.Hour)}, PerSecond: 10, Burst: 1})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		var e *problem.Error
		require.ErrorAs(t, l.Wait(ctx, "site.example", 0), &e)
		require.Equal(t, polite.CodeHostUnknown, e.Code, "which nobody takes for a fault of the site")
		require.Equal(t, problem.Unavailable, e.Kind)
	})
}

// BenchmarkWait is what a turn costs beside the request it is for:
// go test -bench Wait -run - ./internal/pacing.
func BenchmarkWait(b *testing.B) {
	backend, err := connect.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "pace.db"), nil)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, backend.Close()) })
	st, err := store.Open(b.Context(), backend)
	require.NoError(b, err)
	l, err := pacing.New(pacing.Config{Store: st, PerSecond: 1e9, Burst: 1})
	require.NoError(b, err)
	for i := 0; b.Loop(); i++ {
		require.NoError(b, l.Wait(b.Context(), fmt.Sprintf("host%d.example", i%50), 0))
	}
}
