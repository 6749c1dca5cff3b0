package kafkaio_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
)

// each makes a Handler of a function for one message.
func each(f func(m kafkaio.Message) error) kafkaio.Handler {
	return func(_ context.Context, batch []kafkaio.Message) []error {
		out := make([]error, len(batch))
		for i, m := range batch {
			out[i] = f(m)
		}
		return out
	}
}

// keyIn is a key that goes to a partition of the topic.
func keyIn(t testing.TB, conn kafkaio.Connection, partition int) string {
	t.Helper()
	var probes []kafkaio.Message
	for i := range 20 {
		probes = append(probes, message(fmt.Sprintf("probe-%d-%d", partition, i), "probe"))
	}
	kafkatest.Publish(t, conn, probes...)
	for _, m := range kafkatest.Messages(t, conn, topic) {
		if m.Partition == partition {
			return string(m.Key)
		}
	}
	require.Fail(t, "no key for partition")
	return ""
}

func TestConsumer_StoreAway_MessageWaitsItsKeyKeepsOrderAndOtherPartitionsGoOn(t *testing.T) {
	conn := kafkatest.Start(t)
	blocked, free := keyIn(t, conn, 0), keyIn(t, conn, 1)
	var away atomic.Bool
	away.Store(true)
	var got seen
	_, stop := consume(t, conn, func(cfg *kafkaio.ConsumerConfig) {
		cfg.Attempts = 2
		cfg.Handle = each(func(m kafkaio.Message) error {
			if string(m.Key) == blocked && strings.HasPrefix(string(m.Value), "b") && away.Load() {
				return problem.New(problem.Unavailable, "store", "the store is away")
			}
			got.add(m)
			return nil
		})
	})
	kafkatest.Publish(t, conn, message(blocked, "b1"), message(blocked, "b2"), message(free, "f1"))
	eventually(t, func() bool { return contains(got.list(), "f1") }, "the other partition")
	time.Sleep(300 * time.Millisecond) // Many more tries than Attempts.
	require.False(t, contains(got.list(), "b1"))
	kafkatest.Publish(t, conn, message(free, "f2"), message(blocked, "b3"))
	eventually(t, func() bool { return contains(got.list(), "f2") }, "the other partition goes on")
	away.Store(false)
	eventually(t, func() bool { return contains(got.list(), "b3") }, "the blocked partition")
	var order []string
	for _, v := range got.list() {
		if strings.HasPrefix(v, "b") {
			order = append(order, v)
		}
	}
	require.Equal(t, []string{"b1", "b2", "b3"}, order)
	stop()
	require.Empty(t, kafkatest.Messages(t, conn, topic+".dlq"), "an outage makes no dead letters")
}

func contains(list []string, v string) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

func TestConsumer_StoppedWhileStoreAway_MessageComesAgain(t *testing.T) {
	conn := kafkatest.Start(t)
	var tries atomic.Int32
	_, stop := consume(t, conn, func(cfg *kafkaio.ConsumerConfig) {
		cfg.Handle = each(func(kafkaio.Message) error {
			tries.Add(1)
			return problem.New(problem.Unavailable, "store", "the store is away")
		})
	})
	kafkatest.Publish(t, conn, message("k", "1"), message("k", "2"))
	eventually(t, func() bool { return tries.Load() > 2 }, "tries")
	stop()
	var got seen
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle = got.all })
	eventually(t, func() bool { return len(got.list()) == 2 }, "both again")
	require.Equal(t, []string{"1", "2"}, got.list())
}

func TestConsumer_FaultThatLasts_IsTriedSoManyTimesThenDead(t *testing.T) {
	conn := kafkatest.Start(t)
	registry := prometheus.NewRegistry()
	var tries atomic.Int32
	var got seen
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) {
		cfg.Attempts, cfg.Registerer = 3, registry
		cfg.Handle = each(func(m kafkaio.Message) error {
			if string(m.Value) == "bad" {
				tries.Add(1)
				return errors.New("an index is out of range")
			}
			got.add(m)
			return nil
		})
	})
	kafkatest.Publish(t, conn, message("k", "1"), message("k", "bad"), message("k", "2"))
	letters := kafkatest.WaitMessages(t, conn, topic+".dlq", 1)
	require.Equal(t, "3", letters[0].Headers["bedside-attempts"])
	require.Equal(t, "internal", letters[0].Headers["bedside-kind"])
	require.EqualValues(t, 3, tries.Load())
	eventually(t, func() bool { return contains(got.list(), "2") }, "the line goes on")
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP bedside_kafka_failed_total Failed tries of messages, by kind of failure.
# TYPE bedside_kafka_failed_total counter
bedside_kafka_failed_total{group="g",kind="internal",topic="reviews.collected"} 3
# HELP bedside_kafka_dead_letters_total Messages sent to the dead-letter topic, by kind of failure.
# TYPE bedside_kafka_dead_letters_total counter
bedside_kafka_dead_letters_total{group="g",kind="internal",topic="reviews.collected"} 1
`), "bedside_kafka_failed_total", "bedside_kafka_dead_letters_total"))
}

func TestConsumer_MessageRetriedAfterALaterOneOfItsKey_LaterOneComesLast(t *testing.T) {
	conn := kafkatest.Start(t)
	var got seen
	var failed atomic.Bool
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) {
		cfg.MaxWait = 200 * time.Millisecond
		cfg.Handle = each(func(m kafkaio.Message) error {
			if string(m.Value) == "1" && failed.CompareAndSwap(false, true) {
				return problem.New(problem.Conflict, "rev", "somebody else was first")
			}
			got.add(m)
			return nil
		})
	})
	kafkatest.Publish(t, conn, message("k", "1"), message("k", "2"))
	eventually(t, func() bool { return len(got.list()) >= 3 }, "both and one again")
	list := got.list()
	require.Equal(t, []string{"1", "2"}, list[len(list)-2:])
}

func TestConsumer_HandlerPanics_OnlyTheCulpritIsDead(t *testing.T) {
	conn := kafkatest.Start(t)
	var got seen
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) {
		cfg.MaxWait = 200 * time.Millisecond
		cfg.Handle = each(func(m kafkaio.Message) error {
			if string(m.Value) == "secret words" {
				panic("quoted: " + string(m.Value))
			}
			got.add(m)
			return nil
		})
	})
	kafkatest.Publish(t, conn, message("a", "1"), message("b", "secret words"), message("c", "2"), message("b", "3"))
	letters := kafkatest.WaitMessages(t, conn, topic+".dlq", 1)
	eventually(t, func() bool { l := got.list(); return contains(l, "1") && contains(l, "2") && contains(l, "3") }, "the others")
	require.Len(t, kafkatest.Messages(t, conn, topic+".dlq"), 1)
	require.Equal(t, "invalid", letters[0].Headers["bedside-kind"])
	require.NotContains(t, letters[0].Headers["bedside-reason"], "secret")
}

func TestConsumer_HandlerAnswersWrongLength_IsNoSilentSuccess(t *testing.T) {
	conn := kafkatest.Start(t)
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) {
		cfg.Attempts = 1
		cfg.Handle = func(context.Context, []kafkaio.Message) []error { return make([]error, 17) }
	})
	kafkatest.Publish(t, conn, message("a", "1"))
	letters := kafkatest.WaitMessages(t, conn, topic+".dlq", 1)
	require.Contains(t, letters[0].Headers["bedside-reason"], "17 results")
}

func TestConsumer_DeadLetterCannotBeStored_MessageIsNotCommitted(t *testing.T) {
	cluster, conn := kafkatest.Cluster(t)
	kafkatest.EnsureTopics(t, conn)
	refuse := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic + ".dlq", Err: kerr.NotEnoughReplicas, Count: -1})
	var tries atomic.Int32
	bad := each(func(m kafkaio.Message) error {
		tries.Add(1)
		return problem.New(problem.Invalid, "bad", "bad")
	})
	_, stop := consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle, cfg.DrainTimeout = bad, 100*time.Millisecond })
	kafkatest.Publish(t, conn, message("k", "1"))
	require.NoError(t, refuse.Wait(t.Context(), 3))
	stop()
	require.Empty(t, kafkatest.Messages(t, conn, topic+".dlq"))
	refuse.Remove()
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle = bad })
	require.Len(t, kafkatest.WaitMessages(t, conn, topic+".dlq", 1), 1)
}

func TestConsumer_DeadLetterTooLargeForItsTopic_IsStoredWithoutValue(t *testing.T) {
	cluster, conn := kafkatest.Cluster(t)
	kafkatest.EnsureTopics(t, conn)
	cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic + ".dlq", Err: kerr.MessageTooLarge, Count: 1})
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) {
		cfg.Handle = each(func(kafkaio.Message) error { return problem.New(problem.Invalid, "bad", "bad") })
	})
	kafkatest.Publish(t, conn, message("k", "large"))
	letters := kafkatest.WaitMessages(t, conn, topic+".dlq", 1)
	require.Empty(t, letters[0].Value)
	require.Equal(t, "true", letters[0].Headers["bedside-value-omitted"])
	listed, err := kafkaio.ListDeadLetters(t.Context(), conn, topic, false, 0)
	require.NoError(t, err)
	_, err = kafkaio.ReplayDeadLetters(t.Context(), conn, topic, []string{listed[0].ID})
	require.Equal(t, problem.Invalid, problem.KindOf(err))
}

func TestConsumer_PoisonLargerThanAProducerTakes_IsADeadLetterWithoutValue(t *testing.T) {
	conn := kafkatest.Start(t)
	foreign := &kafka.Writer{Addr: kafka.TCP(conn.Brokers...), Topic: topic, BatchBytes: 2 << 20, BatchTimeout: time.Millisecond, Compression: kafka.Snappy, RequiredAcks: kafka.RequireAll}
	defer func() { require.NoError(t, foreign.Close()) }()
	require.NoError(t, foreign.WriteMessages(t.Context(), kafka.Message{Key: []byte("k"), Value: make([]byte, 3<<19)}))
	var got seen
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) {
		cfg.Handle = each(func(m kafkaio.Message) error {
			if len(m.Value) > 1<<20 {
				return problem.New(problem.TooLarge, "event_too_large", "the event is too large")
			}
			got.add(m)
			return nil
		})
	})
	kafkatest.Publish(t, conn, message("k", "next"))
	letters := kafkatest.WaitMessages(t, conn, topic+".dlq", 1)
	require.Equal(t, "true", letters[0].Headers["bedside-value-omitted"])
	require.Equal(t, "too_large", letters[0].Headers["bedside-kind"])
	eventually(t, func() bool { return contains(got.list(), "next") }, "the line goes on")
}

func TestConsumer_ManyLargeMessages_BatchesAreBounded(t *testing.T) {
	conn := kafkatest.Start(t)
	value := strings.Repeat("x", 900_000)
	for range 20 {
		kafkatest.Publish(t, conn, message("k", value))
	}
	var mu sync.Mutex
	var largest, count int
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) {
		cfg.MaxWait = 300 * time.Millisecond
		cfg.Handle = func(_ context.Context, batch []kafkaio.Message) []error {
			mu.Lock()
			defer mu.Unlock()
			size := 0
			for _, m := range batch {
				size += len(m.Value)
			}
			largest, count = max(largest, size), count+len(batch)
			return nil
		}
	})
	eventually(t, func() bool { mu.Lock(); defer mu.Unlock(); return count == 20 }, "all")
	require.LessOrEqual(t, largest, 6<<20)
	require.Greater(t, largest, 900_000, "more than one message a batch")
}
