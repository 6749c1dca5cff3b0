package realkafka_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/tools/realkafka"
)

const (
	patience = 3 * time.Minute
	// topic is one of Bedside's own.
	topic = "reviews.collected"
)

// cluster is one for all tests of this package: its start takes half a minute.
var cluster *realkafka.Cluster

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if os.Getenv("BEDSIDE_REAL_KAFKA") == "" {
		fmt.Println("SKIPPED: the tests on a real Apache Kafka run with `make test-kafka`")
		return 0
	}
	if missing := realkafka.Missing(); missing != "" {
		fmt.Println("SKIPPED, LOUDLY: no test ran on a real Apache Kafka, because " + missing)
		return 0
	}
	dir, err := os.MkdirTemp("", "bedside-kafka")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	jars := os.Getenv("BEDSIDE_KAFKA_JARS")
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := realkafka.Jars(ctx, jars); err != nil {
		fmt.Println("SKIPPED, LOUDLY: no test ran on a real Apache Kafka, because it cannot be had: " + err.Error())
		return 0
	}
	began := time.Now()
	if cluster, err = realkafka.Start(ctx, dir, jars); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Printf("Apache Kafka runs: three brokers after %s\n", time.Since(began).Round(time.Second))
	defer func() { _ = cluster.Close() }()
	return m.Run()
}

func connection() kafkaio.Connection {
	return kafkaio.Connection{Brokers: cluster.Plain(), ClientID: "test"}
}

// fresh makes Bedside's topics anew.
func fresh(t *testing.T, retention time.Duration) {
	t.Helper()
	require.NoError(t, cluster.Wait(t.Context(), realkafka.Brokers))
	var names []string
	specs := kafkaio.Topics(4, retention, 0)
	for _, spec := range specs {
		names = append(names, spec.Name)
	}
	client := &kafka.Client{Addr: kafka.TCP(cluster.Plain()...), Transport: &kafka.Transport{}, Timeout: 20 * time.Second}
	_, err := client.DeleteTopics(t.Context(), &kafka.DeleteTopicsRequest{Topics: names})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return kafkaio.EnsureTopics(t.Context(), connection(), specs, slog.New(slog.DiscardHandler)) == nil
	}, patience, time.Second)
}

func producer(t *testing.T, conn kafkaio.Connection) *kafkaio.Producer {
	t.Helper()
	p, err := kafkaio.NewProducer(kafkaio.ProducerConfig{Connection: conn, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// heard counts messages by value.
type heard struct {
	mu     sync.Mutex
	values map[string]int
	slow   time.Duration
}

func (h *heard) handle(ctx context.Context, batch []kafkaio.Message) []error {
	if h.slow > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(h.slow):
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range batch {
		h.values[string(m.Value)]++
	}
	return make([]error, len(batch))
}

func (h *heard) distinct() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.values)
}

func (h *heard) repeated() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, times := range h.values {
		n += times - 1
	}
	return n
}

// consume runs a consumer of a group until the test ends or stop is called.
func consume(t *testing.T, conn kafkaio.Connection, group string, p *kafkaio.Producer, h *heard) (stop func()) {
	t.Helper()
	c, err := kafkaio.NewConsumer(kafkaio.ConsumerConfig{
		Connection: conn, Group: group, Topics: []string{topic}, Producer: p, Handle: h.handle, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-done:
				require.NoError(t, err)
			case <-time.After(patience):
				t.Error("the consumer did not stop")
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

// publish publishes n messages of a name, ten at a time, each until it is acknowledged.
func publish(t *testing.T, p *kafkaio.Producer, name string, n int) {
	t.Helper()
	for i := 0; i < n; i += 10 {
		var batch []kafkaio.Message
		for k := i; k < min(i+10, n); k++ {
			batch = append(batch, kafkaio.Message{Topic: topic, Key: []byte(fmt.Sprint("k", k%17)), Value: []byte(fmt.Sprintf("%s-%05d", name, k))})
		}
		require.Eventually(t, func() bool { return p.Publish(t.Context(), batch...) == nil }, patience, 100*time.Millisecond)
	}
}

func TestBrokers_KilledAndBackOneAfterTheOther_NothingLost(t *testing.T) {
	fresh(t, time.Hour)
	p, h := producer(t, connection()), &heard{values: map[string]int{}}
	consume(t, connection(), "killed", p, h)
	const messages = 3000
	published := make(chan struct{})
	go func() {
		defer close(published)
		publish(t, p, "m", messages)
	}()
	for i := range realkafka.Brokers {
		time.Sleep(2 * time.Second)
		cluster.Kill(i)
		time.Sleep(3 * time.Second)
		require.NoError(t, cluster.StartBroker(i))
		require.NoError(t, cluster.Wait(t.Context(), realkafka.Brokers))
	}
	select {
	case <-published:
	case <-time.After(patience):
		t.Fatal("publishing did not end\n" + cluster.Logs())
	}
	require.Eventually(t, func() bool { return h.distinct() == messages }, patience, 200*time.Millisecond, "%d of %d", h.distinct(), messages)
	t.Logf("%d messages, %d delivered more than once", messages, h.repeated())
}

func TestLeaders_MoveByOrderlyStops_NothingLost(t *testing.T) {
	fresh(t, time.Hour)
	p, h := producer(t, connection()), &heard{values: map[string]int{}}
	consume(t, connection(), "moved", p, h)
	for i := range realkafka.Brokers {
		publish(t, p, fmt.Sprint("before", i), 200)
		cluster.Stop(i)
		publish(t, p, fmt.Sprint("without", i), 200)
		require.NoError(t, cluster.StartBroker(i))
		require.NoError(t, cluster.Wait(t.Context(), realkafka.Brokers))
	}
	want := 400 * realkafka.Brokers
	require.Eventually(t, func() bool { return h.distinct() == want }, patience, 200*time.Millisecond, "%d of %d", h.distinct(), want)
}

func TestGroup_RebalanceInTheMiddleOfBatches_NothingLost(t *testing.T) {
	fresh(t, time.Hour)
	p, h := producer(t, connection()), &heard{values: map[string]int{}, slow: 50 * time.Millisecond}
	consume(t, connection(), "shared", p, h)
	const messages = 2000
	publish(t, p, "m", messages/2)
	stop := consume(t, connection(), "shared", p, h)
	publish(t, p, "n", messages/2)
	time.Sleep(2 * time.Second)
	stop()
	require.Eventually(t, func() bool { return h.distinct() == messages }, patience, 200*time.Millisecond, "%d of %d", h.distinct(), messages)
}

func TestConsumer_HandlerSlowerThanItsSession_KeepsItsPartitionsOrRepeats(t *testing.T) {
	fresh(t, time.Hour)
	p, h := producer(t, connection()), &heard{values: map[string]int{}, slow: 40 * time.Second}
	publish(t, p, "m", 20)
	consume(t, connection(), "paused", p, h)
	require.Eventually(t, func() bool { return h.distinct() == 20 }, patience, 500*time.Millisecond, "%d of 20", h.distinct())
}

func TestConsumer_RetentionPassedItsPosition_GoesOnWithWhatIsThere(t *testing.T) {
	fresh(t, time.Hour)
	p, first := producer(t, connection()), &heard{values: map[string]int{}}
	stop := consume(t, connection(), "late", p, first)
	publish(t, p, "m", 100)
	require.Eventually(t, func() bool { return first.distinct() == 100 }, patience, 100*time.Millisecond)
	stop()
	publish(t, p, "lost", 100)
	deleteAll(t)
	publish(t, p, "new", 50)
	second := &heard{values: map[string]int{}}
	consume(t, connection(), "late", p, second)
	require.Eventually(t, func() bool {
		second.mu.Lock()
		defer second.mu.Unlock()
		n := 0
		for value := range second.values {
			if strings.HasPrefix(value, "new") {
				n++
			}
		}
		return n == 50
	}, patience, 200*time.Millisecond)
}

// deleteAll lets retention pass everything a topic holds.
func deleteAll(t *testing.T) {
	t.Helper()
	client := &kafka.Client{Addr: kafka.TCP(cluster.Plain()...), Transport: &kafka.Transport{}, Timeout: 20 * time.Second}
	retain := func(value string) {
		res, err := client.IncrementalAlterConfigs(t.Context(), &kafka.IncrementalAlterConfigsRequest{
			Resources: []kafka.IncrementalAlterConfigsRequestResource{{
				ResourceType: kafka.ResourceTypeTopic, ResourceName: topic,
				Configs: []kafka.IncrementalAlterConfigsRequestConfig{{Name: "retention.ms", Value: value, ConfigOperation: kafka.ConfigOperationSet}},
			}},
		})
		require.NoError(t, err)
		require.NoError(t, res.Resources[0].Error)
	}
	retain("500")
	require.Eventually(t, func() bool {
		res, err := client.ListOffsets(t.Context(), &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: {
			kafka.FirstOffsetOf(0), kafka.LastOffsetOf(0), kafka.FirstOffsetOf(1), kafka.LastOffsetOf(1),
			kafka.FirstOffsetOf(2), kafka.LastOffsetOf(2), kafka.FirstOffsetOf(3), kafka.LastOffsetOf(3),
		}}})
		if err != nil {
			return false
		}
		for _, p := range res.Topics[topic] {
			if p.FirstOffset != p.LastOffset {
				return false
			}
		}
		return len(res.Topics[topic]) == 4
	}, patience, 500*time.Millisecond, "retention")
	retain("3600000")
}

func TestSecure_SCRAMOverTLS_WorksAndWrongOnesAreRefused(t *testing.T) {
	fresh(t, time.Hour)
	pem, err := os.ReadFile(cluster.CAFile())
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(pem))
	conn := kafkaio.Connection{
		Brokers: cluster.Secure(), User: realkafka.User, Password: realkafka.Password, Mechanism: "SCRAM-SHA-512",
		TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ClientID: "secure",
	}
	p, h := producer(t, conn), &heard{values: map[string]int{}}
	consume(t, conn, "secure", p, h)
	publish(t, p, "m", 200)
	require.Eventually(t, func() bool { return h.distinct() == 200 }, patience, 100*time.Millisecond)

	for name, change := range map[string]func(*kafkaio.Connection){
		"password":  func(c *kafkaio.Connection) { c.Password = "wrong" },
		"authority": func(c *kafkaio.Connection) { c.TLS = &tls.Config{MinVersion: tls.VersionTLS12} },
	} {
		wrong := conn
		change(&wrong)
		bad, err := kafkaio.NewProducer(kafkaio.ProducerConfig{Connection: wrong, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		require.Error(t, bad.Publish(ctx, kafkaio.Message{Topic: topic, Key: []byte("k"), Value: []byte("x")}), name)
		cancel()
		_ = bad.Close()
	}
}

// TestContract_KafkaioSuite_PassesOnTheRealCluster runs the suite of package kafkaio, whose tests that do not
// provoke faults inside an embedded broker take the cluster that the environment names.
func TestContract_KafkaioSuite_PassesOnTheRealCluster(t *testing.T) {
	require.NoError(t, cluster.Wait(t.Context(), realkafka.Brokers))
	suite(t, "github.com/bedside-health/bedside/libs/kafkaio", ".")
}

func TestPipeline_Scenarios_PassOnTheRealCluster(t *testing.T) {
	require.NoError(t, cluster.Wait(t.Context(), realkafka.Brokers))
	suite(t, "github.com/bedside-health/bedside/tools/scenarios", "(TestPipeline|TestRetag_Older)/mongodb")
}

func suite(t *testing.T, pkg, tests string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-timeout", "10m", "-v", "-run", tests, pkg)
	cmd.Env = append(os.Environ(), "KAFKA_BROKERS="+strings.Join(cluster.Plain(), ","), "KAFKA_TEST_RECREATE_TOPICS=yes")
	began := time.Now()
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Logf("%s in %s\n%s", pkg, time.Since(began).Round(time.Second), out)
}
