package kafkaio_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
)

const topic = events.TopicReviewsCollected

func message(key, value string) kafkaio.Message {
	return kafkaio.Message{Topic: topic, Key: []byte(key), Value: []byte(value)}
}

// seen remembers what a handler was given, in order.
type seen struct {
	mu     sync.Mutex
	values []string
}

func (s *seen) add(m kafkaio.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values = append(s.values, string(m.Value))
}

func (s *seen) list() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.values...)
}

func (s *seen) all(_ context.Context, batch []kafkaio.Message) []error {
	for _, m := range batch {
		s.add(m)
	}
	return nil
}

func consume(t testing.TB, conn kafkaio.Connection, change func(*kafkaio.ConsumerConfig)) (c *kafkaio.Consumer, stop func()) {
	t.Helper()
	cfg := kafkaio.ConsumerConfig{Connection: conn, Group: "g", Topics: []string{topic}, Producer: kafkatest.Producer(t, conn)}
	change(&cfg)
	c, err := kafkaio.NewConsumer(cfg)
	require.NoError(t, err)
	c.Hurry(100*time.Millisecond, 500*time.Millisecond)
	return c, kafkatest.Run(t, c.Run)
}

func eventually(t testing.TB, ok func() bool, what string) {
	t.Helper()
	require.Eventually(t, ok, 30*time.Second, 10*time.Millisecond, what)
}

func TestConsumer_ManyMessages_EachHandledOnceAndInOrderPerKey(t *testing.T) {
	conn := kafkatest.Start(t)
	var messages []kafkaio.Message
	for i := range 1000 {
		messages = append(messages, message(fmt.Sprintf("key-%d", i%7), fmt.Sprintf("%d:%04d", i%7, i)))
	}
	kafkatest.Publish(t, conn, messages...)
	var got seen
	c, _ := consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle = got.all })
	eventually(t, func() bool { return len(got.list()) >= 1000 }, "all messages")
	last := map[string]string{}
	for _, v := range got.list() {
		key := v[:1]
		require.Greater(t, v, last[key], "order of a key")
		last[key] = v
	}
	require.Len(t, got.list(), 1000)
	require.NoError(t, c.Ready())
}

func TestConsumer_StoppedAndStartedAgain_GoesOnWhereItWas(t *testing.T) {
	conn := kafkatest.Start(t)
	var first, second seen
	_, stop := consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle = first.all })
	kafkatest.Publish(t, conn, message("a", "1"), message("a", "2"))
	eventually(t, func() bool { return len(first.list()) == 2 }, "first consumer")
	stop()
	kafkatest.Publish(t, conn, message("a", "3"))
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle = second.all })
	eventually(t, func() bool { return len(second.list()) >= 1 }, "second consumer")
	require.Equal(t, []string{"3"}, second.list())
}

func TestConsumer_PoisonMessage_GoesToDeadLettersWithItsHistoryAndOthersGoOn(t *testing.T) {
	conn := kafkatest.Start(t)
	bad := message("k", "not json \x00\xff")
	bad.Headers = map[string]string{"tenant": "o1"}
	kafkatest.Publish(t, conn, message("k", "1"), bad, message("k", "2"))
	var got seen
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) {
		cfg.Handle = func(_ context.Context, batch []kafkaio.Message) []error {
			out := make([]error, len(batch))
			for i, m := range batch {
				if strings.HasPrefix(string(m.Value), "not json") {
					out[i] = problem.New(problem.Invalid, "bad", "field review_id is missing")
					continue
				}
				got.add(m)
			}
			return out
		}
	})
	eventually(t, func() bool { return len(got.list()) == 2 }, "good messages")
	letters := kafkatest.WaitMessages(t, conn, topic+".dlq", 1)
	require.Len(t, letters, 1)
	l := letters[0]
	require.Equal(t, bad.Value, l.Value)
	require.Equal(t, "k", string(l.Key))
	require.Equal(t, "o1", l.Headers["tenant"])
	require.Equal(t, "field review_id is missing", l.Headers["bedside-reason"])
	require.Equal(t, "invalid", l.Headers["bedside-kind"])
	require.Equal(t, "1", l.Headers["bedside-attempts"])
	require.Equal(t, topic, l.Headers["bedside-origin-topic"])
	require.Equal(t, "1", l.Headers["bedside-origin-offset"])
	require.NotEmpty(t, l.Headers["bedside-origin-partition"])
	require.Equal(t, "g", l.Headers["bedside-group"])
	at, err := time.Parse(time.RFC3339Nano, l.Headers["bedside-failed-at"])
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), at, time.Minute)
	require.Equal(t, []string{"1", "2"}, got.list())
}
