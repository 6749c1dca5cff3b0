package polling

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
)

// ledger notes how many states are written together.
type ledger struct {
	Store
	mu     sync.Mutex
	writes []int
}

func (l *ledger) UpdateStates(_ context.Context, keys []docstore.Key, change func(int, *collections.PollState) error) []error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes = append(l.writes, len(keys))
	errs := make([]error, len(keys))
	for i, key := range keys {
		errs[i] = change(i, &collections.PollState{Base: docstore.Base{OrgID: key.Org, ID: key.ID}})
	}
	return errs
}

func TestEndings_WaitForOthersThatEndSoonAndForNobodyElse(t *testing.T) {
	for name, c := range map[string]struct {
		takes  []time.Duration // how long each poll reads
		writes []int
		within time.Duration // until the first of them is stored
	}{
		"alone":                      {[]time.Duration{0}, []int{1}, 0},
		"all at once":                {[]time.Duration{0, 0, 0}, []int{3}, 0},
		"the last one soon":          {[]time.Duration{0, 0, endWithin / 2}, []int{3}, endWithin / 2},
		"one takes long":             {[]time.Duration{0, 0, time.Minute}, []int{2, 1}, endWithin},
		"more than are written once": {make([]time.Duration, endTogether+3), []int{endTogether, 3}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &ledger{}
				e := &endings{store: l}
				for range c.takes {
					e.begin()
				}
				start := time.Now()
				first := time.Hour
				var mu sync.Mutex
				var polls sync.WaitGroup
				for i, takes := range c.takes {
					polls.Go(func() {
						time.Sleep(takes)
						err := e.end(context.Background(), docstore.Key{Org: "o", ID: fmt.Sprint(i)}, func(*collections.PollState) error { return nil })
						e.left()
						mu.Lock()
						defer mu.Unlock()
						first = min(first, time.Since(start))
						if err != nil {
							t.Error(err)
						}
					})
				}
				polls.Wait()
				require.Equal(t, c.writes, l.writes)
				require.Equal(t, c.within, first)
			})
		})
	}
}

func TestEndings_OneLostItsLease_OnlyItIsTold(t *testing.T) {
	e := &endings{store: &ledger{}}
	const polls = 5
	for range polls {
		e.begin()
	}
	errs := make([]error, polls)
	var wg sync.WaitGroup
	for i := range polls {
		wg.Go(func() {
			errs[i] = e.end(context.Background(), docstore.Key{Org: "o", ID: fmt.Sprint(i)}, func(state *collections.PollState) error {
				if state.ID == "3" {
					return errLeaseLost
				}
				return nil
			})
			e.left()
		})
	}
	wg.Wait()
	for i, err := range errs {
		require.Equal(t, i == 3, errors.Is(err, errLeaseLost), i)
	}
}

func TestCrew_HandsFree_WakesForHalfOfThemAtOnceAndForOneSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Scraper{cfg: Config{Concurrency: 4}, adapters: []string{"a"}}
		polls := s.crews()
		require.Equal(t, 4, polls["a"].take())
		start := time.Now()
		for _, takes := range []time.Duration{time.Second, time.Second, time.Minute, time.Hour} {
			polls["a"].start(func() { time.Sleep(takes) })
		}
		<-polls.freed()
		require.Equal(t, time.Second, time.Since(start), "half of them are free")
		require.Equal(t, 2, polls["a"].take())
		<-polls.freed()
		require.Equal(t, time.Minute+handsWithin, time.Since(start), "one waits a moment for others")
		require.Equal(t, 1, polls["a"].take())
		polls["a"].giveBack(1)
		polls.wait()
		require.Equal(t, time.Hour, time.Since(start))
		require.Equal(t, 2, polls["a"].take())
	})
}

func TestEndings_ListingWasReadTwiceAtOnce_EachHasItsAnswer(t *testing.T) {
	d := newDesk(t)
	d.listing("a")
	d.poll(d.scraper())
	e := &endings{store: d.store}
	for range 3 {
		e.begin()
	}
	key := docstore.Key{Org: testOrg, ID: "a"}
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, lost := range []bool{true, false} {
		wg.Go(func() {
			errs[i] = e.end(context.Background(), key, func(state *collections.PollState) error {
				if lost {
					return errLeaseLost
				}
				state.Published = 77
				return nil
			})
		})
	}
	wg.Wait()
	require.ErrorIs(t, errs[0], errLeaseLost)
	require.NoError(t, errs[1], "the one that has the lease")
	require.EqualValues(t, 77, d.state("a").Published)
}
