package kafkaio_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
)

func tail(t *testing.T, conn kafkaio.Connection, got *seen) {
	t.Helper()
	ready := make(chan struct{})
	kafkatest.Run(t, func(ctx context.Context) error {
		return kafkaio.Tail(ctx, kafkaio.TailConfig{Connection: conn, Topic: topic, Handle: got.add, Ready: func() { close(ready) }})
	})
	<-ready
}

func TestTail_TwoAtATime_EachSeesWhatIsPublishedAfterItBegan(t *testing.T) {
	conn := kafkatest.Start(t)
	kafkatest.Publish(t, conn, message("a", "before"))
	var one, two seen
	tail(t, conn, &one)
	kafkatest.Publish(t, conn, message("a", "1"))
	tail(t, conn, &two)
	kafkatest.Publish(t, conn, message("a", "2"), message("a", "3"))
	eventually(t, func() bool { return len(one.list()) == 3 && len(two.list()) == 2 }, "all")
	require.Equal(t, []string{"1", "2", "3"}, one.list())
	require.Equal(t, []string{"2", "3"}, two.list())
}

func TestTail_TopicMissing_WaitsForIt(t *testing.T) {
	_, conn := kafkatest.Cluster(t)
	var got seen
	ready := make(chan struct{})
	kafkatest.Run(t, func(ctx context.Context) error {
		return kafkaio.Tail(ctx, kafkaio.TailConfig{Connection: conn, Topic: topic, Handle: got.add, Ready: func() { close(ready) }})
	})
	time.Sleep(200 * time.Millisecond)
	kafkatest.EnsureTopics(t, conn)
	<-ready
	kafkatest.Publish(t, conn, message("a", "1"))
	eventually(t, func() bool { return len(got.list()) == 1 }, "the message")
}

func TestTail_BrokerAwayAndBack_GoesOn(t *testing.T) {
	conn, start := restartable(t)
	cluster := start()
	kafkatest.EnsureTopics(t, conn)
	var got seen
	tail(t, conn, &got)
	cluster.Close()
	time.Sleep(200 * time.Millisecond)
	start()
	kafkatest.Publish(t, conn, message("a", "after"))
	eventually(t, func() bool { return contains(got.list(), "after") }, "the message")
}

// buried publishes messages that all become dead letters.
func buried(t *testing.T, conn kafkaio.Connection, n int) {
	t.Helper()
	_, stop := consume(t, conn, func(cfg *kafkaio.ConsumerConfig) {
		cfg.Handle = each(func(kafkaio.Message) error { return problem.New(problem.Invalid, "bad", "field text is missing") })
	})
	for i := range n {
		m := message(fmt.Sprint("k", i), fmt.Sprint("v", i))
		m.Headers = map[string]string{"own": "header"}
		kafkatest.Publish(t, conn, m)
	}
	kafkatest.WaitMessages(t, conn, topic+".dlq", n)
	stop()
}

func TestDeadLetters_ListAndReplay_EachOnceUnlessNamed(t *testing.T) {
	conn := kafkatest.Start(t)
	ctx := t.Context()
	none, err := kafkaio.ListDeadLetters(ctx, conn, topic, true, 0)
	require.NoError(t, err)
	require.Empty(t, none)

	buried(t, conn, 5)
	letters, err := kafkaio.ListDeadLetters(ctx, conn, topic, false, 0)
	require.NoError(t, err)
	require.Len(t, letters, 5)
	first := letters[0]
	require.Equal(t, topic, first.Topic)
	require.Equal(t, "reviews.collected.dlq/0/0", first.ID)
	require.Contains(t, first.Origin, topic+"/")
	require.Equal(t, "field text is missing", first.Reason)
	require.Equal(t, "invalid", first.Kind)
	require.Equal(t, "g", first.Group)
	require.Equal(t, 1, first.Attempts)
	require.Equal(t, 2, first.ValueSize)
	require.WithinDuration(t, time.Now(), first.FailedAt, time.Minute)
	two, err := kafkaio.ListDeadLetters(ctx, conn, topic, false, 2)
	require.NoError(t, err)
	require.Equal(t, letters[:2], two)

	n, err := kafkaio.ReplayDeadLetters(ctx, conn, topic, []string{letters[1].ID})
	require.NoError(t, err)
	require.Equal(t, 1, n)
	left, err := kafkaio.ListDeadLetters(ctx, conn, topic, false, 0)
	require.NoError(t, err)
	require.Len(t, left, 4)
	all, err := kafkaio.ListDeadLetters(ctx, conn, topic, true, 0)
	require.NoError(t, err)
	require.Len(t, all, 5)
	require.True(t, all[1].Replayed)

	n, err = kafkaio.ReplayDeadLetters(ctx, conn, topic, nil)
	require.NoError(t, err)
	require.Equal(t, 4, n)
	n, err = kafkaio.ReplayDeadLetters(ctx, conn, topic, nil)
	require.NoError(t, err)
	require.Zero(t, n, "a second replay does nothing")
	n, err = kafkaio.ReplayDeadLetters(ctx, conn, topic, []string{letters[1].ID})
	require.NoError(t, err)
	require.Equal(t, 1, n, "unless named")

	again := kafkatest.Messages(t, conn, topic)
	require.Len(t, again, 5+6)
	replayed := 0
	for _, m := range again {
		require.Equal(t, "header", m.Headers["own"])
		require.Empty(t, m.Headers["bedside-reason"])
		if m.Headers["bedside-replay-of"] != "" {
			replayed++
		}
	}
	require.Equal(t, 6, replayed)
}

func TestDeadLetters_ReplayOfAnIDThatIsNotThere_PublishesNothing(t *testing.T) {
	conn := kafkatest.Start(t)
	buried(t, conn, 1)
	_, err := kafkaio.ReplayDeadLetters(t.Context(), conn, topic, []string{"reviews.collected.dlq/0/0", "reviews.collected.dlq/0/99"})
	require.Equal(t, problem.NotFound, problem.KindOf(err))
	require.ErrorContains(t, err, "reviews.collected.dlq/0/99")
	require.NotContains(t, err.Error(), "dlq/0/0,")
	require.Len(t, kafkatest.Messages(t, conn, topic), 1)
}

func TestDeadLetters_TopicOfNoBedside_IsNotFound(t *testing.T) {
	conn := kafkatest.Start(t)
	_, err := kafkaio.ListDeadLetters(t.Context(), conn, "no.such", false, 0)
	require.Equal(t, problem.NotFound, problem.KindOf(err))
}

func TestDeadLetters_FailAgainAfterReplay_AreLettersAgain(t *testing.T) {
	conn := kafkatest.Start(t)
	buried(t, conn, 1)
	_, err := kafkaio.ReplayDeadLetters(t.Context(), conn, topic, nil)
	require.NoError(t, err)
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) {
		cfg.Handle = each(func(kafkaio.Message) error { return problem.New(problem.Invalid, "bad", "still wrong") })
	})
	eventually(t, func() bool {
		left, err := kafkaio.ListDeadLetters(t.Context(), conn, topic, false, 0)
		require.NoError(t, err)
		return len(left) == 1 && left[0].Reason == "still wrong"
	}, "a new letter")
}
