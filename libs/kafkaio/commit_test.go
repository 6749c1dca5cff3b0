package kafkaio

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestCommitter_WorkersAtOnce_ShareTheNextRequest: while a request is under way nobody sends
// another, and what came meanwhile goes in one.
func TestCommitter_WorkersAtOnce_ShareTheNextRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var underWay atomic.Int32
		var requests []map[string]map[int]int64
		c := newCommitter(func(offsets map[string]map[int]int64) error {
			require.EqualValues(t, 1, underWay.Add(1))
			defer underWay.Add(-1)
			time.Sleep(time.Second)
			requests = append(requests, offsets)
			return nil
		})
		var wg sync.WaitGroup
		wg.Go(func() { require.NoError(t, c.commit(partitionKey{"a", 0}, 10)) })
		synctest.Wait()
		for p := range 3 {
			wg.Go(func() { require.NoError(t, c.commit(partitionKey{"a", p}, 20)) })
		}
		wg.Go(func() { require.NoError(t, c.commit(partitionKey{"b", 7}, 30)) })
		wg.Wait()
		require.Equal(t, []map[string]map[int]int64{
			{"a": {0: 10}},
			{"a": {0: 20, 1: 20, 2: 20}, "b": {7: 30}},
		}, requests)
	})
}

// TestCommitter_RequestFails_AllOfItsWorkersHear and the next request is a new one.
func TestCommitter_RequestFails_AllOfItsWorkersHear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fault := errors.New("away")
		answers := []error{nil, fault, nil}
		c := newCommitter(func(map[string]map[int]int64) error {
			time.Sleep(time.Second)
			answer := answers[0]
			answers = answers[1:]
			return answer
		})
		var wg sync.WaitGroup
		wg.Go(func() { require.NoError(t, c.commit(partitionKey{"a", 0}, 1)) })
		synctest.Wait()
		for p := range 2 {
			wg.Go(func() { require.ErrorIs(t, c.commit(partitionKey{"a", p}, 2), fault) })
		}
		wg.Wait()
		require.NoError(t, c.commit(partitionKey{"a", 0}, 2))
		require.Empty(t, answers)
	})
}
