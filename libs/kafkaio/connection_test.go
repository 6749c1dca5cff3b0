package kafkaio_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.opentelemetry.io/otel/trace"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
)

func TestConnection_Credentials_EachMechanismWorks(t *testing.T) {
	for _, mechanism := range []string{"SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"} {
		t.Run(mechanism, func(t *testing.T) {
			_, conn := kafkatest.Cluster(t, kfake.EnableSASL(), kfake.Superuser(mechanism, "bedside", "right"))
			conn.User, conn.Password, conn.Mechanism = "bedside", "right", mechanism
			kafkatest.EnsureTopics(t, conn)
			var got seen
			consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle = got.all })
			kafkatest.Publish(t, conn, message("k", "1"))
			eventually(t, func() bool { return len(got.list()) == 1 }, "the message")
		})
	}
}

// lines collects log lines.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func TestConnection_WrongCredentials_LogSaysWhatToCheckAndNotThePassword(t *testing.T) {
	_, conn := kafkatest.Cluster(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "bedside", "right"))
	conn.User, conn.Password = "bedside", "wrong-secret"
	var log lines
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err := kafkaio.EnsureTopics(ctx, conn, kafkaio.Topics(1, time.Hour, 0), slog.New(slog.NewTextHandler(&log, nil)))
	require.Equal(t, problem.Unavailable, problem.KindOf(err))
	require.ErrorContains(t, err, "user, password")
	require.Contains(t, log.String(), "wrong credentials look like")
	require.NotContains(t, log.String()+err.Error(), "wrong-secret")
}

func TestConnection_TLS_TrustsOnlyWhatItIsGiven(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	_, conn := kafkatest.Cluster(t, kfake.TLS(&tls.Config{Certificates: server.TLS.Certificates, MinVersion: tls.VersionTLS12}))
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	conn.TLS = &tls.Config{RootCAs: trusted, ServerName: "example.com", MinVersion: tls.VersionTLS12}
	kafkatest.EnsureTopics(t, conn)
	var got seen
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) { cfg.Handle = got.all })
	kafkatest.Publish(t, conn, message("k", "1"))
	eventually(t, func() bool { return len(got.list()) == 1 }, "the message")

	conn.TLS = &tls.Config{ServerName: "example.com", MinVersion: tls.VersionTLS12}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	require.Error(t, kafkaio.EnsureTopics(ctx, conn, kafkaio.Topics(1, time.Hour, 0), nil))
}

func TestConnection_Faults_AreNamedTogether(t *testing.T) {
	err := kafkaio.Connection{Brokers: []string{"nowhere"}, User: "u", Mechanism: "KERBEROS"}.Validate()
	require.Equal(t, problem.Invalid, problem.KindOf(err))
	require.ErrorContains(t, err, "nowhere")
	require.ErrorContains(t, err, "KERBEROS")
	_, err = kafkaio.NewProducer(kafkaio.ProducerConfig{})
	require.ErrorContains(t, err, "KAFKA_BROKERS")
	_, err = kafkaio.NewConsumer(kafkaio.ConsumerConfig{})
	for _, part := range []string{"KAFKA_BROKERS", "a group", "a topic", "a handler", "a producer"} {
		require.ErrorContains(t, err, part)
	}
}

func TestConnect_Settings_BecomeAConnection(t *testing.T) {
	settings := config.DefaultKafka()
	settings.Brokers, settings.User, settings.Password, settings.TLS = []string{"a:1"}, "u", "p", true
	conn, err := kafkaio.Connect(settings, "sentiment")
	require.NoError(t, err)
	require.Equal(t, "p", conn.Password)
	require.Equal(t, "sentiment", conn.ClientID)
	require.NotNil(t, conn.TLS)
	settings.Replication = 3
	for _, spec := range kafkaio.TopicsOf(settings) {
		require.Equal(t, 3, spec.Replication)
		require.Equal(t, "2", spec.Config["min.insync.replicas"])
	}
}

func TestEnsureTopics_MadeTwice_LeavesThemAlone(t *testing.T) {
	cluster, conn := kafkatest.Cluster(t)
	require.NoError(t, kafkaio.EnsureTopics(t.Context(), conn, kafkaio.Topics(2, time.Hour, 1<<20), nil))
	require.NoError(t, kafkaio.EnsureTopics(t.Context(), conn, kafkaio.Topics(9, 2*time.Hour, 1<<20), nil))
	require.Len(t, cluster.PartitionInfos(topic), 2)
	require.Len(t, cluster.PartitionInfos(topic+".dlq"), 1)
	require.Len(t, cluster.PartitionInfos("listings.observed"), 2)
}

func TestEnsureTopics_RefusedForGood_IsAnErrorAtOnce(t *testing.T) {
	cluster, conn := kafkatest.Cluster(t)
	cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Topic: topic, Err: kerr.InvalidConfig, Count: -1})
	err := kafkaio.EnsureTopics(t.Context(), conn, kafkaio.Topics(2, time.Hour, 0), nil)
	require.Equal(t, problem.Invalid, problem.KindOf(err))
	require.ErrorContains(t, err, topic)
}

func TestEnsureTopics_RefusedForNow_IsRetried(t *testing.T) {
	cluster, conn := kafkatest.Cluster(t)
	fault := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Topic: topic, Err: kerr.NotController, Count: 2})
	require.NoError(t, kafkaio.EnsureTopics(t.Context(), conn, kafkaio.Topics(2, time.Hour, 0), nil))
	require.Equal(t, 2, fault.Hits())
}

func TestPublish_OneTooLarge_SendsNothing(t *testing.T) {
	conn := kafkatest.Start(t)
	p := kafkatest.Producer(t, conn)
	err := p.Publish(t.Context(), message("a", "small"), message("b", strings.Repeat("x", 1<<20)))
	require.Equal(t, problem.TooLarge, problem.KindOf(err))
	require.False(t, problem.Retryable(err))
	require.Empty(t, kafkatest.Messages(t, conn, topic))
	require.Equal(t, problem.Invalid, problem.KindOf(p.Publish(t.Context(), kafkaio.Message{Value: []byte("x")})))
	require.NoError(t, p.Publish(t.Context()))
}

func TestPublish_Keys_GoWhereJavaProducersPutThem(t *testing.T) {
	conn := kafkatest.Start(t)
	// The hashes of Kafka's own test of its murmur2.
	want := map[string]int32{"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536, "abc": 479470107}
	for key := range want {
		kafkatest.Publish(t, conn, message(key, "v"))
	}
	for _, m := range kafkatest.Messages(t, conn, topic) {
		require.Equal(t, int(want[string(m.Key)]&0x7fffffff)%kafkatest.Partitions, m.Partition, string(m.Key))
	}
}

func TestPublish_LoneMessage_ArrivesWithoutDelay(t *testing.T) {
	conn := kafkatest.Start(t)
	arrived := make(chan struct{}, 1)
	c, _ := consume(t, conn, func(cfg *kafkaio.ConsumerConfig) {
		cfg.Handle = each(func(kafkaio.Message) error { arrived <- struct{}{}; return nil })
	})
	eventually(t, func() bool { return c.Ready() == nil }, "joined")
	p := kafkatest.Producer(t, conn)
	require.NoError(t, p.Publish(t.Context(), message("k", "warm")))
	<-arrived
	fastest := time.Hour
	for range 10 {
		started := time.Now()
		require.NoError(t, p.Publish(t.Context(), message("k", "v")))
		<-arrived
		fastest = min(fastest, time.Since(started))
	}
	require.Less(t, fastest, 100*time.Millisecond)
}

func TestTrace_FromPublishToHandler_IsOne(t *testing.T) {
	conn := kafkatest.Start(t)
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	p, err := kafkaio.NewProducer(kafkaio.ProducerConfig{Connection: conn, TracerProvider: provider})
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	ctx, poll := provider.Tracer("test").Start(t.Context(), "poll")
	require.NoError(t, p.Publish(ctx, message("k", "v")))
	poll.End()
	got := make(chan [2]trace.SpanContext, 1)
	consume(t, conn, func(cfg *kafkaio.ConsumerConfig) {
		cfg.TracerProvider = provider
		cfg.Handle = func(ctx context.Context, batch []kafkaio.Message) []error {
			got <- [2]trace.SpanContext{trace.SpanContextFromContext(ctx), trace.SpanContextFromContext(kafkaio.TraceContext(context.Background(), batch[0]))}
			return nil
		}
	})
	seen := <-got
	require.Equal(t, poll.SpanContext().TraceID(), seen[0].TraceID())
	require.Equal(t, poll.SpanContext().TraceID(), seen[1].TraceID())
	require.NotEmpty(t, kafkaio.TraceHeaders(ctx)["traceparent"])
	require.Nil(t, kafkaio.TraceHeaders(context.Background()))

	// A message that carries a trace of its own keeps it.
	own := message("k", "v2")
	own.Headers = map[string]string{"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
	require.NoError(t, p.Publish(ctx, own))
	<-got
	for _, m := range kafkatest.Messages(t, conn, topic) {
		if string(m.Value) == "v2" {
			require.Equal(t, own.Headers["traceparent"], m.Headers["traceparent"])
		}
	}
}

func FuzzTraceContext(f *testing.F) {
	f.Add("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a=b")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, parent, state string) {
		ctx := kafkaio.TraceContext(context.Background(), kafkaio.Message{Headers: map[string]string{"traceparent": parent, "tracestate": state}})
		if sc := trace.SpanContextFromContext(ctx); sc.IsValid() && len(parent) < 55 {
			t.Fatalf("%q gave %v", parent, sc)
		}
	})
}
