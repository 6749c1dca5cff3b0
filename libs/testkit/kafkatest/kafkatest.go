// Package kafkatest gives tests a Kafka with all topics of Bedside: a broker in the
// test's own process that is gone when the test ends, or the cluster that
// KAFKA_BROKERS names.
package kafkatest

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/testkit/reaper"
)

const (
	// Partitions is the number of partitions of each main topic.
	Partitions = 4
	patience   = 30 * time.Second
)

// Start gives a connection to an empty Kafka with all topics of kafkaio.Topics.
//
// With KAFKA_BROKERS set it is that cluster instead. Its topics are shared by all tests, so
// they are deleted and made again, and only when KAFKA_TEST_RECREATE_TOPICS=yes says that
// nobody else needs them; otherwise the test is skipped. Such tests must not run in parallel.
func Start(t testing.TB) kafkaio.Connection {
	t.Helper()
	if brokers := os.Getenv("KAFKA_BROKERS"); brokers != "" {
		return external(t, strings.Split(brokers, ","))
	}
	cluster, conn := Cluster(t)
	dead := reaper.Start(cluster, reaper.Patience, nil)
	t.Cleanup(dead.Stop)
	EnsureTopics(t, conn)
	return conn
}

// Cluster gives an in-process Kafka without topics, for tests that provoke its faults. Options
// come after the defaults (one broker, port chosen by the system).
func Cluster(t testing.TB, opts ...kfake.Opt) (*kfake.Cluster, kafkaio.Connection) {
	t.Helper()
	cluster, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	return cluster, kafkaio.Connection{Brokers: cluster.ListenAddrs(), ClientID: "test"}
}

// EnsureTopics makes all topics of kafkaio.Topics.
func EnsureTopics(t testing.TB, conn kafkaio.Connection) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(t, kafkaio.EnsureTopics(ctx, conn, kafkaio.Topics(Partitions, 24*time.Hour, 0), nil))
}

func external(t testing.TB, brokers []string) kafkaio.Connection {
	t.Helper()
	if os.Getenv("KAFKA_TEST_RECREATE_TOPICS") != "yes" {
		t.Skip("SKIPPED: KAFKA_BROKERS is set and this test needs empty topics; set KAFKA_TEST_RECREATE_TOPICS=yes to let it delete and make all Bedside topics there, or unset KAFKA_BROKERS for the in-process broker")
	}
	conn := kafkaio.Connection{Brokers: brokers, ClientID: "test"}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var names []string
	for _, spec := range kafkaio.Topics(Partitions, time.Hour, 0) {
		names = append(names, spec.Name)
	}
	client := &kafka.Client{Addr: kafka.TCP(brokers...), Transport: &kafka.Transport{}, Timeout: 10 * time.Second}
	_, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: names})
	require.NoError(t, err)
	EnsureTopics(t, conn)
	return conn
}

// Messages are all messages that a topic holds now, partition after partition.
func Messages(t testing.TB, conn kafkaio.Connection, topic string) []kafkaio.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out []kafkaio.Message
	require.NoError(t, kafkaio.ReadTopic(ctx, conn, topic, func(m kafkaio.Message) error {
		out = append(out, m)
		return nil
	}))
	return out
}

// WaitMessages waits until a topic holds at least n messages and returns all it holds.
func WaitMessages(t testing.TB, conn kafkaio.Connection, topic string, n int) []kafkaio.Message {
	t.Helper()
	var out []kafkaio.Message
	require.Eventually(t, func() bool {
		out = Messages(t, conn, topic)
		return len(out) >= n
	}, patience, 50*time.Millisecond, "topic %s should hold %d messages", topic, n)
	return out
}

// Producer is a producer that is closed when the test ends.
func Producer(t testing.TB, conn kafkaio.Connection) *kafkaio.Producer {
	t.Helper()
	p, err := kafkaio.NewProducer(kafkaio.ProducerConfig{Connection: conn})
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// Publish publishes messages or fails the test.
func Publish(t testing.TB, conn kafkaio.Connection, messages ...kafkaio.Message) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	p, err := kafkaio.NewProducer(kafkaio.ProducerConfig{Connection: conn})
	require.NoError(t, err)
	defer func() { _ = p.Close() }()
	require.NoError(t, p.Publish(ctx, messages...))
}

// Run runs f until the test ends and requires that it then returns nil. stop ends it earlier
// and waits for it.
func Run(t testing.TB, f func(ctx context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-done:
			require.NoError(t, err)
		case <-time.After(patience):
			require.Fail(t, "did not end within "+patience.String())
		}
	}
	t.Cleanup(stop)
	return stop
}
