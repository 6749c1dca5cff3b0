package kafkaio

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
)

func cluster(t *testing.T) Connection {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "t", "t.dlq"))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return Connection{Brokers: c.ListenAddrs()}
}

func TestGroupWatch_LagAndNoCommit_IsStuckAfterItsTimeOnly(t *testing.T) {
	conn := cluster(t)
	c, err := conn.client()
	require.NoError(t, err)
	defer c.Close()
	p, err := NewProducer(ProducerConfig{Connection: conn})
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	look := func(g *groupWatch) bool {
		stuck, err := g.stuck(t.Context(), c, "g", []string{"t"})
		require.NoError(t, err)
		return stuck
	}
	g := groupWatch{stall: 50 * time.Millisecond}
	require.False(t, look(&g))
	time.Sleep(60 * time.Millisecond)
	require.False(t, look(&g), "no lag")
	require.NoError(t, p.Publish(t.Context(), Message{Topic: "t", Key: []byte("k"), Value: []byte("1")}, Message{Topic: "t", Key: []byte("k"), Value: []byte("2")}))
	require.False(t, look(&g), "lag is new")
	time.Sleep(60 * time.Millisecond)
	require.True(t, look(&g))

	// A commit is progress.
	partition := 0
	all, err := c.bounds(t.Context(), []partitionKey{{"t", 0}, {"t", 1}})
	require.NoError(t, err)
	if all[partitionKey{"t", 1}].end > 0 {
		partition = 1
	}
	_, err = c.OffsetCommit(t.Context(), &kafka.OffsetCommitRequest{GroupID: "g", GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{"t": {{Partition: partition, Offset: 1}}}})
	require.NoError(t, err)
	require.False(t, look(&g))
}

func TestConsumer_MoreMembersThanPartitions_IdleOneIsReadyAndTakesOver(t *testing.T) {
	conn := cluster(t)
	p, err := NewProducer(ProducerConfig{Connection: conn})
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	handled := make(chan string, 100)
	member := func() (*Consumer, context.CancelFunc, chan error) {
		c, err := NewConsumer(ConsumerConfig{Connection: conn, Group: "g", Topics: []string{"t"}, Producer: p, Handle: func(_ context.Context, batch []Message) []error {
			for _, m := range batch {
				handled <- string(m.Value)
			}
			return nil
		}})
		require.NoError(t, err)
		c.Hurry(50*time.Millisecond, 200*time.Millisecond)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		t.Cleanup(cancel)
		return c, cancel, done
	}
	type running struct {
		c      *Consumer
		cancel context.CancelFunc
		done   chan error
	}
	var members []running
	for range 3 {
		c, cancel, done := member()
		members = append(members, running{c, cancel, done})
	}
	require.Eventually(t, func() bool {
		return members[0].c.Ready() == nil && members[1].c.Ready() == nil && members[2].c.Ready() == nil
	}, 20*time.Second, 20*time.Millisecond)
	for _, m := range members[:2] {
		m.cancel()
		require.NoError(t, <-m.done)
	}
	require.NoError(t, p.Publish(t.Context(), Message{Topic: "t", Key: []byte("k"), Value: []byte("1")}))
	select {
	case v := <-handled:
		require.Equal(t, "1", v)
	case <-time.After(20 * time.Second):
		require.Fail(t, "nobody took over")
	}
	members[2].cancel()
	require.NoError(t, <-members[2].done)
}

func TestLag_HandlerBehind_ShowsInTheMetric(t *testing.T) {
	conn := cluster(t)
	registry := prometheus.NewRegistry()
	p, err := NewProducer(ProducerConfig{Connection: conn, Registerer: registry})
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	release := make(chan struct{})
	c, err := NewConsumer(ConsumerConfig{Connection: conn, Group: "g", Topics: []string{"t"}, Producer: p, Registerer: registry, MaxBatch: 1, Handle: func(context.Context, []Message) []error {
		<-release
		return nil
	}})
	require.NoError(t, err)
	c.Hurry(20*time.Millisecond, time.Minute)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	var messages []Message
	for range 5 {
		messages = append(messages, Message{Topic: "t", Key: []byte("k"), Value: []byte("v")})
	}
	require.NoError(t, p.Publish(t.Context(), messages...))
	lag := func() float64 {
		return testutil.ToFloat64(c.metrics.lag.WithLabelValues("g", "t", "0")) + testutil.ToFloat64(c.metrics.lag.WithLabelValues("g", "t", "1"))
	}
	require.Eventually(t, func() bool { return lag() == 5 }, 20*time.Second, 10*time.Millisecond)
	close(release)
	require.Eventually(t, func() bool { return lag() == 0 }, 20*time.Second, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
}

func TestBackoff_Waits_GrowToTheirBoundAndNeverBeyond(t *testing.T) {
	b := backoff{min: 10 * time.Millisecond, max: time.Second}
	for n := range 100 {
		want := min(10*time.Millisecond<<min(n, 20), time.Second)
		got := b.next()
		require.GreaterOrEqual(t, got, want/2)
		require.LessOrEqual(t, got, want)
	}
	b.reset()
	require.LessOrEqual(t, b.next(), 10*time.Millisecond)
}

func TestHealth_Rebalance_IsNoFaultUnlessItIsLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h health
		require.Error(t, h.ready())
		h.joined()
		require.NoError(t, h.ready())
		h.between()
		time.Sleep(rebalanceGrace)
		require.NoError(t, h.ready())
		time.Sleep(time.Second)
		require.Error(t, h.ready())
		h.joined()
		h.failed(context.DeadlineExceeded)
		require.ErrorIs(t, h.ready(), context.DeadlineExceeded)
		h.ok()
		require.NoError(t, h.ready())
	})
}

func TestClip_ForeignText_IsBoundedAndValid(t *testing.T) {
	require.Equal(t, "abc", clip("abc", 3))
	require.Equal(t, "a", clip("aé", 2))
	require.Equal(t, "a\uFFFD", clip("a\xff", 10))
	require.Empty(t, clip("é", 1))
}
