package broker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
)

// TestBroker_FiftyThousandReviews_StaysSmall measures the broker alone, in a process
// of its own, with what 50,000 reviews leave behind on all topics.
func TestBroker_FiftyThousandReviews_StaysSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: writes 50,000 reviews; run without -short")
	}
	if raced {
		t.Skip("SKIPPED: the race detector multiplies memory; run without -race")
	}
	const reviews, limit = 50_000, 60 << 20
	dir := t.TempDir()
	cmd, line := process(t, dir)
	status := fmt.Sprintf("/proc/%d/status", cmd.Process.Pid)
	if _, err := os.Stat(status); err != nil {
		t.Skip("SKIPPED: memory of another process is read from /proc, which this system does not have")
	}
	before := resident(t, status)
	conn := kafkaio.Connection{Brokers: []string{strings.TrimPrefix(line, "ADDR ")}}
	p, err := kafkaio.NewProducer(kafkaio.ProducerConfig{Connection: conn})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	started := time.Now()
	raw := 0
	r := rand.New(rand.NewPCG(1, 2))
	// Pages of fifty, as a scraper publishes them.
	for done := 0; done < reviews; done += 50 {
		var batch []kafkaio.Message
		for range 50 {
			key := fmt.Appendf(nil, "r_%032x", r.Uint64())
			collected := document(r, 1200)
			raw += len(collected)
			batch = append(batch,
				kafkaio.Message{Topic: events.TopicReviewsCollected, Key: key, Value: collected},
				kafkaio.Message{Topic: events.TopicReviewsTagged, Key: key, Value: document(r, 2000)},
				kafkaio.Message{Topic: events.TopicReviewsChanged, Key: key, Value: document(r, 300)})
		}
		require.NoError(t, p.Publish(ctx, batch...))
	}
	took := time.Since(started)
	require.NoError(t, p.Close())
	after := resident(t, status)
	var disk int64
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if info, statErr := d.Info(); statErr == nil {
				disk += info.Size()
			}
		}
		return nil
	}))
	t.Logf("%d reviews of %d bytes on three topics in %s: resident %d MB before, %d MB after, %d MB on disk",
		reviews, raw/reviews, took.Round(time.Millisecond), before>>20, after>>20, disk>>20)
	require.Less(t, after, int64(limit))
}

func resident(t *testing.T, status string) int64 {
	t.Helper()
	data, err := os.ReadFile(status)
	require.NoError(t, err)
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			require.NoError(t, err)
			return kb << 10
		}
	}
	require.Fail(t, "no VmRSS")
	return 0
}

var words = strings.Fields("the doctor was kind and took time to explain everything but we waited an hour past our appointment while the front desk never said why billing charged twice for one cleaning my insurance card was on file new glasses were ready in a week parking is easy staff friendly office clean would recommend to family exam thorough hygienist gentle rude manager called back next day refund")

func document(r *rand.Rand, size int) []byte {
	var text strings.Builder
	for text.Len() < size-400 {
		text.WriteString(words[r.IntN(len(words))])
		text.WriteByte(' ')
	}
	data, err := json.Marshal(map[string]any{
		"event_id": fmt.Sprintf("e_%032x", r.Uint64()), "org_id": "o_lakeside", "review_id": fmt.Sprintf("r_%032x", r.Uint64()),
		"listing_id": fmt.Sprintf("l_%04d", r.IntN(20)), "site": "google", "external_id": fmt.Sprintf("%016x", r.Uint64()),
		"author": words[r.IntN(len(words))], "rating": 1 + r.IntN(5), "text": text.String(), "observed_at": time.Unix(r.Int64N(2_000_000_000), 0).UTC(),
	})
	if err != nil {
		panic(err)
	}
	return data
}
