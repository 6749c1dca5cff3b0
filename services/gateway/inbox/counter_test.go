package inbox_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/gateway/inbox"
)

func counter(t *testing.T, count func(ctx context.Context, org string, f inbox.Filter) (inbox.Counts, error)) *inbox.Counter {
	t.Helper()
	c, err := inbox.NewCounter(inbox.CounterConfig{Count: count, Keep: 2 * time.Second, Remember: 3, Patience: time.Minute, Now: time.Now})
	require.NoError(t, err)
	return c
}

func TestCounter_ManyAskTheSame_CountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var counted atomic.Int64
		c := counter(t, func(ctx context.Context, _ string, _ inbox.Filter) (inbox.Counts, error) {
			time.Sleep(time.Second)
			return inbox.Counts{Total: counted.Add(1)}, ctx.Err()
		})
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				got, err := c.Count(t.Context(), "lakeside", inbox.Filter{Now: time.Now()})
				require.NoError(t, err)
				require.EqualValues(t, 1, got.Total)
			})
		}
		wg.Wait()
		got, err := c.Count(t.Context(), "lakeside", inbox.Filter{Now: time.Now()})
		require.NoError(t, err)
		require.EqualValues(t, 1, got.Total, "kept for a moment")
		time.Sleep(3 * time.Second)
		got, err = c.Count(t.Context(), "lakeside", inbox.Filter{})
		require.NoError(t, err)
		require.EqualValues(t, 2, got.Total, "and no longer")
	})
}

func TestCounter_OtherQuestionOrOrganization_IsCountedForItself(t *testing.T) {
	c := counter(t, func(_ context.Context, org string, f inbox.Filter) (inbox.Counts, error) {
		return inbox.Counts{Total: int64(len(org)*100 + len(f.Sites))}, nil
	})
	for range 2 {
		for org, sites := range map[string][]string{"a": nil, "bb": {"google"}, "ccc": {"google", "yelp"}} {
			got, err := c.Count(t.Context(), org, inbox.Filter{Sites: sites})
			require.NoError(t, err)
			require.EqualValues(t, len(org)*100+len(sites), got.Total)
		}
	}
}

func TestCounter_ChangeWhileCounting_AnswerIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stored atomic.Int64
		c := counter(t, func(context.Context, string, inbox.Filter) (inbox.Counts, error) {
			seen := stored.Load()
			time.Sleep(time.Second)
			return inbox.Counts{Total: seen}, nil
		})
		early := make(chan inbox.Counts)
		go func() {
			got, err := c.Count(t.Context(), "lakeside", inbox.Filter{})
			require.NoError(t, err)
			early <- got
		}()
		synctest.Wait()
		stored.Store(7)
		c.Forget("lakeside")
		late, err := c.Count(t.Context(), "lakeside", inbox.Filter{})
		require.NoError(t, err)
		require.EqualValues(t, 7, late.Total, "who asks after a change sees it")
		require.Zero(t, (<-early).Total)
		again, err := c.Count(t.Context(), "lakeside", inbox.Filter{})
		require.NoError(t, err)
		require.EqualValues(t, 7, again.Total, "and the early answer was not kept")
	})
}

func TestCounter_FirstLeaves_OthersGetTheirAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := counter(t, func(ctx context.Context, _ string, _ inbox.Filter) (inbox.Counts, error) {
			time.Sleep(time.Second)
			return inbox.Counts{Total: 1}, ctx.Err()
		})
		impatient, leave := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			_, err := c.Count(impatient, "lakeside", inbox.Filter{})
			left <- err
		}()
		synctest.Wait()
		other := make(chan error, 1)
		go func() {
			_, err := c.Count(t.Context(), "lakeside", inbox.Filter{})
			other <- err
		}()
		synctest.Wait()
		leave()
		require.ErrorIs(t, <-left, context.Canceled)
		require.NoError(t, <-other)
	})
}

func TestCounter_Failure_IsNotKept(t *testing.T) {
	fail := errors.New("away")
	c := counter(t, func(context.Context, string, inbox.Filter) (inbox.Counts, error) {
		err := fail
		fail = nil
		return inbox.Counts{}, err
	})
	_, err := c.Count(t.Context(), "lakeside", inbox.Filter{})
	require.Error(t, err)
	_, err = c.Count(t.Context(), "lakeside", inbox.Filter{})
	require.NoError(t, err)
}

func TestTopicKeys_TopicsAndPolarities_AreCombined(t *testing.T) {
	require.Empty(t, inbox.Filter{}.TopicKeys())
	require.Equal(t, []string{"billing"}, inbox.Filter{Topics: []review.Topic{review.Billing}}.TopicKeys())
	require.Equal(t, []string{"billing:negative", "billing:mixed"}, inbox.Filter{
		Topics: []review.Topic{review.Billing}, Polarities: []review.Polarity{review.Negative, review.Mixed},
	}.TopicKeys())
	require.Len(t, inbox.Filter{Polarities: []review.Polarity{review.Negative}}.TopicKeys(), len(review.Topics()))
}
