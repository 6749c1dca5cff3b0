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
	// loadReviews is how many reviews each measurement moves. The first fifth warms up: joining
	// a group and loading the language model do not count.
	loadReviews   = 40_000
	warmUpReviews = loadReviews / 5
)

// BenchmarkKafkaToKafka moves the same reviews from reviews.collected to another topic. Broker
// and mover are processes of their own, so that each one's processor time is known:
//
//   - kafka-go-alone looks at no review and uses kafka-go as most programs do, with one reader of a
//     group; kafka-go-parallel has one for each partition;
//   - without-analysis is the service with an analyzer that looks for a word: all that surrounds an analysis;
//   - rules is the program of the service without the search for names, names the program as it comes.
//
// All use the settings of libs/kafkaio, the same broker and the same run. The figures are medians of
// three rounds.
func BenchmarkKafkaToKafka(b *testing.B) {
	broker := startBroker(b)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(b, kafkaio.EnsureTopics(ctx, broker.conn, []kafkaio.TopicSpec{{Name: relayTopic, Partitions: kafkatest.Partitions}}, nil))
	texts := loadTexts(b, loadReviews)
	program := buildService(b)
	rules, names := "BEDSIDE_SENTIMENT_NAMES=false", "BEDSIDE_SENTIMENT_NAMES=true"
	movers := []struct {
		name, topic string
		start       func() *process
	}{
		{"kafka-go-alone", relayTopic, func() *process { return startRole(b, broker, roleRelay, "1") }},
		{"kafka-go-parallel", relayTopic, func() *process { return startRole(b, broker, roleRelay, fmt.Sprint(kafkatest.Partitions)) }},
		{"without-analysis", events.TopicReviewsTagged, func() *process { return startRole(b, broker, roleWithoutAnalysis, "") }},
		{"rules", events.TopicReviewsTagged, func() *process { return startService(b, program, broker.conn, rules) }},
		{"names", events.TopicReviewsTagged, func() *process { return startService(b, program, broker.conn, names) }},
	}
	client := &kafka.Client{Addr: kafka.TCP(broker.conn.Brokers...), Timeout: 10 * time.Second}
	speeds := map[string][]speed{}
	for b.Loop() {
		for round := range 3 {
			begin := partitionEnds(b, client, events.TopicReviewsCollected)
			publishLoad(b, broker.conn, texts, round)
			for _, m := range movers {
				if m.topic == events.TopicReviewsTagged {
					// Each kind of service reads the load anew.
					rewind(b, broker.conn, sentiment.Group, begin)
				}
				speeds[m.name] = append(speeds[m.name], rate(b, broker, m.topic, m.start))
			}
		}
	}
	for _, m := range movers {
		at := median(speeds[m.name])
		b.ReportMetric(at.perSecond, m.name+"/s")
		b.ReportMetric(at.mover, m.name+"-µs")
		b.ReportMetric(at.broker, m.name+"-broker-µs")
	}
	alone := median(speeds["kafka-go-alone"]).perSecond
	b.ReportMetric(100*median(speeds["rules"]).perSecond/alone, "rules-percent")
	b.ReportMetric(100*median(speeds["without-analysis"]).perSecond/alone, "without-analysis-percent")
	b.ReportMetric(0, "ns/op")
}

// speed is messages a second, and microseconds of processor time a message of the mover
// and of the broker.
type speed struct{ perSecond, mover, broker float64 }

// rate runs a mover until its topic holds the whole load.
func rate(b *testing.B, broker *process, topic string, start func() *process) speed {
	b.Helper()
	client := &kafka.Client{Addr: kafka.TCP(broker.conn.Brokers...), Timeout: 10 * time.Second}
	before := ends(b, client, topic)
	mover := start()
	defer mover.stop(b)
	var first int64
	var began time.Time
	var used, usedBroker time.Duration
	deadline := time.Now().Add(2 * time.Minute)
	for {
		n := ends(b, client, topic) - before
		if n >= warmUpReviews && began.IsZero() {
			first, began, used, usedBroker = n, time.Now(), mover.processorTime(b), broker.processorTime(b)
		}
		if n >= loadReviews {
			took := time.Since(began)
			used, usedBroker = mover.processorTime(b)-used, broker.processorTime(b)-usedBroker
			moved := float64(max(n-first, 1))
			return speed{perSecond: moved / took.Seconds(), mover: float64(used.Microseconds()) / moved, broker: float64(usedBroker.Microseconds()) / moved}
		}
		require.True(b, time.Now().Before(deadline), "%s holds %d", topic, n)
		time.Sleep(5 * time.Millisecond)
	}
}

// rewind takes a group that nobody is a member of to offsets of reviews.collected.
func rewind(b *testing.B, conn kafkaio.Connection, group string, to [kafkatest.Partitions]int64) {
	b.Helper()
	client := &kafka.Client{Addr: kafka.TCP(conn.Brokers...), Timeout: 10 * time.Second}
	var commits []kafka.OffsetCommit
	for p, offset := range to {
		commits = append(commits, kafka.OffsetCommit{Partition: p, Offset: offset})
	}
	res, err := client.OffsetCommit(context.Background(), &kafka.OffsetCommitRequest{
		GroupID: group, GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{events.TopicReviewsCollected: commits},
	})
	require.NoError(b, err)
	for _, p := range res.Topics[events.TopicReviewsCollected] {
		require.NoError(b, p.Error)
	}
}

// ends is how many messages were ever written to a topic.
func ends(b *testing.B, client *kafka.Client, topic string) (sum int64) {
	b.Helper()
	for _, end := range partitionEnds(b, client, topic) {
		sum += end
	}
	return sum
}

// partitionEnds is how many messages were ever written to each partition.
func partitionEnds(b *testing.B, client *kafka.Client, topic string) [kafkatest.Partitions]int64 {
	b.Helper()
	var ask []kafka.OffsetRequest
	for p := range kafkatest.Partitions {
		ask = append(ask, kafka.LastOffsetOf(p))
	}
	res, err := client.ListOffsets(context.Background(), &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: ask}})
	require.NoError(b, err)
	var at [kafkatest.Partitions]int64
	for _, p := range res.Topics[topic] {
		require.NoError(b, p.Error)
		at[p.Partition] = p.LastOffset
	}
	return at
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
