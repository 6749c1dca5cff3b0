package kafkaio_test

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
)

// restartable is a broker that can go away and come back at the same address with its state.
func restartable(t *testing.T) (conn kafkaio.Connection, start func() *kfake.Cluster) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	n, err := strconv.Atoi(port)
	require.NoError(t, err)
	dir := t.TempDir()
	start = func() *kfake.Cluster {
		cluster, err := kfake.NewCluster(kfake.Ports(n), kfake.DataDir(dir))
		require.NoError(t, err)
		t.Cleanup(cluster.Close)
		return cluster
	}
	return kafkaio.Connection{Brokers: []string{"127.0.0.1:" + port}}, start
}

func TestOutage_BrokerAwayAndBack_NothingLostAndReadinessSaysSo(t *testing.T) {
	conn, start := restartable(t)
	cluster := start()
	kafkatest.EnsureTopics(t, conn)
	var got seen
	c, _ := consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle = got.all })
	p := kafkatest.Producer(t, conn)
	require.NoError(t, p.Publish(t.Context(), message("k", "before")))
	eventually(t, func() bool { return len(got.list()) == 1 }, "before")
	require.NoError(t, c.Ready())

	cluster.Close()
	published := make(chan error, 1)
	go func() { published <- p.Publish(context.Background(), message("k", "during")) }()
	eventually(t, func() bool { return c.Ready() != nil }, "readiness says no")
	require.Equal(t, problem.Unavailable, problem.KindOf(c.Ready()))
	start()
	require.NoError(t, <-published)
	eventually(t, func() bool { return contains(got.list(), "during") }, "during")
	eventually(t, func() bool { return c.Ready() == nil }, "readiness says yes")
}

func TestPublish_ContextEndsDuringOutage_IsUnavailable(t *testing.T) {
	conn, _ := restartable(t)
	p := kafkatest.Producer(t, conn)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := p.Publish(ctx, message("k", "v"))
	require.Equal(t, problem.Unavailable, problem.KindOf(err))
	require.True(t, problem.Retryable(err))
}

func TestPublish_LeaderMovesAndMetadataFails_IsRetriedToTheEnd(t *testing.T) {
	cluster, conn := kafkatest.Cluster(t)
	kafkatest.EnsureTopics(t, conn)
	metadata := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: topic, Err: kerr.LeaderNotAvailable, Count: 2})
	produce := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Err: kerr.NotLeaderForPartition, Count: 5})
	registry := prometheus.NewRegistry()
	p, err := kafkaio.NewProducer(kafkaio.ProducerConfig{Connection: conn, Registerer: registry})
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	require.NoError(t, p.Publish(t.Context(), message("k", "1"), message("k", "2")))
	require.Equal(t, 2, metadata.Hits())
	require.Equal(t, 5, produce.Hits())
	var values []string
	for _, m := range kafkatest.Messages(t, conn, topic) {
		values = append(values, string(m.Value))
	}
	require.Equal(t, []string{"1", "2"}, values)
}

func TestCluster_LeadersAndCoordinatorsMoveAllTheTime_NothingLost(t *testing.T) {
	cluster, conn := kafkatest.Cluster(t, kfake.NumBrokers(3))
	kafkatest.EnsureTopics(t, conn)
	var got seen
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle = got.all })
	p := kafkatest.Producer(t, conn)
	const rounds, each = 6, 50
	for round := range rounds {
		var batch []kafkaio.Message
		for i := range each {
			batch = append(batch, message(fmt.Sprint("k", i), fmt.Sprintf("%d/%d", round, i)))
		}
		require.NoError(t, p.Publish(t.Context(), batch...))
		cluster.ShufflePartitionLeaders()
		if round%2 == 0 {
			cluster.RehashCoordinators()
		}
	}
	eventually(t, func() bool {
		distinct := map[string]bool{}
		for _, v := range got.list() {
			distinct[v] = true
		}
		return len(distinct) == rounds*each
	}, "all messages")
}

func TestConsumer_SecondMemberJoinsAndLeaves_NothingLostAndWorkIsShared(t *testing.T) {
	conn := kafkatest.Start(t)
	var first, second seen
	_, _ = consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle = first.all })
	p := kafkatest.Producer(t, conn)
	publish := func(round int) {
		for i := range 40 {
			require.NoError(t, p.Publish(t.Context(), message(fmt.Sprint("k", i), fmt.Sprintf("%d/%d", round, i))))
		}
	}
	publish(0)
	c2, stop := consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle = second.all })
	publish(1)
	eventually(t, func() bool { return c2.Ready() == nil }, "second joined")
	publish(2)
	eventually(t, func() bool { return len(second.list()) > 0 }, "second works")
	stop()
	publish(3)
	eventually(t, func() bool {
		distinct := map[string]bool{}
		for _, v := range append(first.list(), second.list()...) {
			distinct[v] = true
		}
		return len(distinct) == 160
	}, "all messages")
}

func TestConsumer_PartitionsHeldByADeadMember_AreTakenBack(t *testing.T) {
	// This in-process broker has no reaper: a dead member may keep its partitions until
	// somebody joins. Whether it does is a matter of chance, hence several groups.
	_, conn := kafkatest.Cluster(t)
	kafkatest.EnsureTopics(t, conn)
	got := make([]seen, 5)
	for i := range got {
		group := fmt.Sprint("g", i)
		c, _ := consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Group, cfg.Handle = group, got[i].all })
		eventually(t, func() bool { return c.Ready() == nil }, "joined")
		kafkatest.DeadMember(t, conn, group, topic)
	}
	var messages []kafkaio.Message
	for i := range 40 {
		messages = append(messages, message(fmt.Sprint("k", i), fmt.Sprint(i)))
	}
	kafkatest.Publish(t, conn, messages...)
	for i := range got {
		eventually(t, func() bool { return len(got[i].list()) >= 40 }, "all partitions")
	}
}

func TestConsumer_TopicsMadeLater_AreReadFromTheirBeginning(t *testing.T) {
	_, conn := kafkatest.Cluster(t)
	var got seen
	c, _ := consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle = got.all })
	time.Sleep(300 * time.Millisecond)
	require.ErrorContains(t, c.Ready(), "does not exist")
	kafkatest.EnsureTopics(t, conn)
	kafkatest.Publish(t, conn, message("k", "1"))
	eventually(t, func() bool { return len(got.list()) == 1 }, "the message")
	require.NoError(t, c.Ready())
}

func TestConsumer_ReaderGetsNothingWhileLagGrows_IsRebuilt(t *testing.T) {
	cluster, conn := kafkatest.Cluster(t)
	kafkatest.EnsureTopics(t, conn)
	var deaf atomic.Bool
	deaf.Store(true)
	cluster.ControlKey(int16(kmsg.Fetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if !deaf.Load() {
			return nil, nil, false
		}
		ask := req.(*kmsg.FetchRequest)
		answer := ask.ResponseKind().(*kmsg.FetchResponse)
		for _, rt := range ask.Topics {
			topic := kmsg.NewFetchResponseTopic()
			topic.Topic, topic.TopicID = rt.Topic, rt.TopicID
			for _, rp := range rt.Partitions {
				partition := kmsg.NewFetchResponseTopicPartition()
				partition.Partition = rp.Partition
				partition.RecordBatches = []byte{}
				topic.Partitions = append(topic.Partitions, partition)
			}
			answer.Topics = append(answer.Topics, topic)
		}
		return answer, nil, true
	})
	registry := prometheus.NewRegistry()
	var got seen
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle, cfg.Registerer = got.all, registry })
	kafkatest.Publish(t, conn, message("k", "1"))
	restarts := func() int {
		n, err := testutil.GatherAndCount(registry, "bedside_kafka_reader_restarts_total")
		require.NoError(t, err)
		return n
	}
	eventually(t, func() bool { return restarts() > 0 }, "the watchdog")
	require.Empty(t, got.list())
	deaf.Store(false)
	eventually(t, func() bool { return len(got.list()) == 1 }, "the message")
}

func TestConsumer_TopicMadeAnew_IsReadFromItsBeginning(t *testing.T) {
	cluster, conn := kafkatest.Cluster(t)
	kafkatest.EnsureTopics(t, conn)
	var got seen
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle = got.all })
	for i := range 20 {
		kafkatest.Publish(t, conn, message("k", fmt.Sprint("old", i)))
	}
	eventually(t, func() bool { return len(got.list()) == 20 }, "old messages")
	require.NoError(t, cluster.DeleteTopic(topic))
	require.NoError(t, cluster.CreateTopic(topic, kafkatest.Partitions, nil))
	kafkatest.Publish(t, conn, message("k", "new1"), message("k", "new2"))
	eventually(t, func() bool { return contains(got.list(), "new1") && contains(got.list(), "new2") }, "messages of the new topic")
}

func TestConsumer_RetentionPassedThePosition_GoesOnAndCountsTheLoss(t *testing.T) {
	cluster, conn := kafkatest.Cluster(t)
	kafkatest.EnsureTopics(t, conn)
	var got seen
	_, stop := consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle = got.all })
	kafkatest.Publish(t, conn, message("k", "0"))
	eventually(t, func() bool { return len(got.list()) == 1 }, "first")
	stop()
	for i := range 9 {
		kafkatest.Publish(t, conn, message("k", fmt.Sprint(i+1)))
	}
	for _, m := range kafkatest.Messages(t, conn, topic)[:1] {
		require.NoError(t, cluster.DeleteRecords(topic, int32(m.Partition), 6))
	}
	registry := prometheus.NewRegistry()
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle, cfg.Registerer = got.all, registry })
	eventually(t, func() bool { return contains(got.list(), "9") }, "what is left")
	require.Equal(t, []string{"0", "6", "7", "8", "9"}, got.list())
	families, err := registry.Gather()
	require.NoError(t, err)
	found := false
	for _, f := range families {
		if f.GetName() == "bedside_kafka_expired_total" {
			found = true
			require.InDelta(t, 5, f.GetMetric()[0].GetCounter().GetValue(), 0)
		}
	}
	require.True(t, found)
}

func TestConsumer_Idle_EndsQuickly(t *testing.T) {
	conn := kafkatest.Start(t)
	c, stop := consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle = (&seen{}).all })
	eventually(t, func() bool { return c.Ready() == nil }, "joined")
	started := time.Now()
	stop()
	require.Less(t, time.Since(started), 2*time.Second)
	require.Error(t, c.Ready())
}

func TestConsumer_StoppedDuringOutage_EndsQuickly(t *testing.T) {
	conn, start := restartable(t)
	cluster := start()
	kafkatest.EnsureTopics(t, conn)
	entered, leave := make(chan struct{}), make(chan struct{})
	_, stop := consume(t, conn, func(cfg *kafkaio.ConsumerConfig) {
		cfg.Handle = func(context.Context, []kafkaio.Message) []error {
			close(entered)
			<-leave
			return nil
		}
	})
	kafkatest.Publish(t, conn, message("k", "1"))
	<-entered
	cluster.Close()
	close(leave) // What was handled cannot be committed any more.
	started := time.Now()
	stop()
	require.Less(t, time.Since(started), 4*time.Second)
}

func TestConsumer_StoppedInTheMiddleOfABatch_FinishesAndCommitsIt(t *testing.T) {
	conn := kafkatest.Start(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	var got seen
	cfg := kafkaio.ConsumerConfig{Connection: conn, Group: "g", Topics: []string{topic}, Producer: kafkatest.Producer(t, conn)}
	cfg.Handle = func(_ context.Context, batch []kafkaio.Message) []error {
		close(entered)
		<-leave
		return got.all(context.Background(), batch)
	}
	c, err := kafkaio.NewConsumer(cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	kafkatest.Publish(t, conn, message("k", "1"))
	<-entered
	cancel()
	time.Sleep(100 * time.Millisecond)
	close(leave)
	require.NoError(t, <-done)
	require.Equal(t, []string{"1"}, got.list())
	var after seen
	kafkatest.Publish(t, conn, message("k", "2"))
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle = after.all })
	eventually(t, func() bool { return len(after.list()) > 0 }, "next")
	require.Equal(t, []string{"2"}, after.list())
}
