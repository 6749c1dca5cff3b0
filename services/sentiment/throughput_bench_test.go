package sentiment_test

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
	"github.com/bedside-health/bedside/services/sentiment"
)

const (
	relayTopic = "relayed"
	// loadReviews is how many reviews each measurement moves.
	loadReviews = 20_000
)

// BenchmarkKafkaToKafka moves the same reviews from reviews.collected to another topic
// through kafka-go alone, which looks at none of them: as most programs use it, with one
// reader of a group (kafka-go-alone), and with a reader for each partition (kafka-go-parallel);
// and through the service, by its rules alone and with the search for names. All use
// the settings of libs/kafkaio, the same broker and the same process. The figures are
// medians of several rounds; microseconds are of processor time, broker included.
func BenchmarkKafkaToKafka(b *testing.B) {
	conn := kafkatest.Start(b)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(b, kafkaio.EnsureTopics(ctx, conn, []kafkaio.TopicSpec{{Name: relayTopic, Partitions: kafkatest.Partitions}}, nil))
	texts := loadTexts(b, loadReviews)
	var alone, parallel, service, names []speed
	cfg := settings(conn, nil)
	cfg.Backend, _ = store(b)
	cfg.Names = false
	withNames := cfg
	withNames.Names = true
	round := 0
	for b.Loop() {
		for range 3 {
			publishLoad(b, conn, texts, round)
			round++
			alone = append(alone, rate(b, conn, relayTopic, func(ctx context.Context) error { return relay(ctx, conn, 1) }))
			parallel = append(parallel, rate(b, conn, relayTopic, func(ctx context.Context) error { return relay(ctx, conn, kafkatest.Partitions) }))
			service = append(service, rate(b, conn, events.TopicReviewsTagged, func(ctx context.Context) error { return sentiment.Run(ctx, cfg) }))
		}
		publishLoad(b, conn, texts, round)
		round++
		names = append(names, rate(b, conn, events.TopicReviewsTagged, func(ctx context.Context) error { return sentiment.Run(ctx, withNames) }))
	}
	for name, all := range map[string][]speed{"kafka-go-alone": alone, "kafka-go-parallel": parallel, "service": service, "service-with-names": names} {
		b.ReportMetric(median(all).perSecond, name+"/s")
		b.ReportMetric(median(all).processor, name+"-µs")
	}
	b.ReportMetric(100*median(service).perSecond/median(alone).perSecond, "percent-of-kafka-go")
	b.ReportMetric(0, "ns/op")
}

// rate runs a mover until its topic holds everything and returns messages a second,
// counted from the first that arrives, so that joining a group does not count.
func rate(b *testing.B, conn kafkaio.Connection, topic string, mover func(context.Context) error) speed {
	b.Helper()
	client := &kafka.Client{Addr: kafka.TCP(conn.Brokers...), Timeout: 10 * time.Second}
	before := ends(b, client, topic)
	stop := kafkatest.Run(b, mover)
	var first int64
	var began time.Time
	var used time.Duration
	deadline := time.Now().Add(2 * time.Minute)
	for {
		n := ends(b, client, topic) - before
		if n > 0 && began.IsZero() {
			first, began, used = n, time.Now(), processorTime(b)
		}
		if n >= loadReviews {
			took, used := time.Since(began), processorTime(b)-used
			stop()
			return speed{perSecond: float64(n-first) / took.Seconds(), processor: float64(used.Microseconds()) / float64(max(n-first, 1))}
		}
		require.True(b, time.Now().Before(deadline), "%s holds %d", topic, n)
		time.Sleep(5 * time.Millisecond)
	}
}

// speed is messages a second, and microseconds of processor time a message, of mover and
// broker together.
type speed struct{ perSecond, processor float64 }

// processorTime is what this process has used of the processors.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// ends is how many messages were ever written to a topic.
func ends(b *testing.B, client *kafka.Client, topic string) int64 {
	b.Helper()
	var ask []kafka.OffsetRequest
	for p := range kafkatest.Partitions {
		ask = append(ask, kafka.LastOffsetOf(p))
	}
	res, err := client.ListOffsets(context.Background(), &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: ask}})
	require.NoError(b, err)
	var sum int64
	for _, p := range res.Topics[topic] {
		require.NoError(b, p.Error)
		sum += p.LastOffset
	}
	return sum
}

// relay passes messages on with kafka-go alone: a member of a group for each partition
// that takes up to 200 messages, writes them and commits.
func relay(ctx context.Context, conn kafkaio.Connection, members int) error {
	writer := &kafka.Writer{
		Addr: kafka.TCP(conn.Brokers...), Topic: relayTopic, Balancer: kafka.Murmur2Balancer{}, RequiredAcks: kafka.RequireAll,
		Compression: kafka.Snappy, BatchSize: 200, BatchTimeout: time.Millisecond, BatchBytes: 2 << 20,
	}
	defer func() { _ = writer.Close() }()
	var wg sync.WaitGroup
	faults := make([]error, members)
	for i := range faults {
		wg.Go(func() { faults[i] = relayMember(ctx, conn, fmt.Sprint("relay-", members), writer) })
	}
	wg.Wait()
	return errors.Join(faults...)
}

func relayMember(ctx context.Context, conn kafkaio.Connection, group string, writer *kafka.Writer) error {
	reader := kafka.NewReader(kafka.ReaderConfig{
		Brokers: conn.Brokers, GroupID: group, Topic: events.TopicReviewsCollected, StartOffset: kafka.FirstOffset,
		MinBytes: 1, MaxBytes: 10 << 20, MaxWait: 200 * time.Millisecond, QueueCapacity: 200,
	})
	defer func() { _ = reader.Close() }()
	for {
		m, err := reader.FetchMessage(ctx)
		if err != nil {
			return nil //nolint:nilerr // The measurement is over.
		}
		batch := []kafka.Message{m}
		more, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		for len(batch) < 200 {
			m, err := reader.FetchMessage(more)
			if err != nil {
				break
			}
			batch = append(batch, m)
		}
		cancel()
		out := make([]kafka.Message, len(batch))
		for i, m := range batch {
			out[i] = kafka.Message{Key: m.Key, Value: m.Value}
		}
		if err := writer.WriteMessages(ctx, out...); err != nil {
			return nil //nolint:nilerr // The measurement is over.
		}
		if err := reader.CommitMessages(ctx, batch...); err != nil {
			return nil //nolint:nilerr // The measurement is over.
		}
	}
}

func publishLoad(b *testing.B, conn kafkaio.Connection, texts []string, round int) {
	b.Helper()
	for part := range slices.Chunk(texts, 500) {
		all := make([]events.ReviewCollected, len(part))
		for i, text := range part {
			all[i] = collected("o1", fmt.Sprintf("%d-%p-%d", round, &part[0], i), text, events.Posted)
		}
		publish(b, conn, all...)
	}
}

// loadTexts are real reviews where they are at hand, else ones put together from parts.
func loadTexts(b *testing.B, n int) []string {
	b.Helper()
	if texts := poolTexts(b, n); len(texts) == n {
		return texts
	}
	b.Log("without the pool of real reviews: texts are put together")
	parts := []string{
		"The waiting room was full and I sat there for %d minutes past my appointment, with a toddler on my lap.",
		"My bill was $%d more than the estimate and nobody at the desk could explain why.",
		"The front desk staff were friendly and remembered my name from %d years ago.",
		"Dr. Hollis listened, explained everything and took her time with all %d of my questions.",
		"I called %d times and nobody picked up the phone, then I was on hold for half an hour.",
		"They pushed an upgrade for %d dollars on my lenses that I did not need.",
		"The office is clean, bright and only %d blocks from the train.",
		"I can't wait to go back in %d months for my next cleaning!",
	}
	random := rand.New(rand.NewPCG(1, 2))
	texts := make([]string, n)
	for i := range texts {
		var text strings.Builder
		for range 5 {
			fmt.Fprintf(&text, parts[random.IntN(len(parts))]+" ", 2+random.IntN(90))
		}
		texts[i] = text.String()
	}
	return texts
}

// poolTexts reads ../shared/tagging/pool.jsonl.gz beside the repository, if it is there.
func poolTexts(b *testing.B, n int) []string {
	b.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "tagging", "pool.jsonl.gz"))
	if err != nil {
		return nil
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	require.NoError(b, err)
	lines := bufio.NewReaderSize(unpacked, 1<<20)
	var texts []string
	for len(texts) < n {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var row struct{ Text string }
			require.NoError(b, json.Unmarshal(line, &row))
			texts = append(texts, row.Text)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(b, err)
	}
	return texts
}

// median is the one in the middle by rate.
func median(all []speed) speed {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b speed) int { return cmp.Compare(a.perSecond, b.perSecond) })
	return sorted[len(sorted)/2]
}
