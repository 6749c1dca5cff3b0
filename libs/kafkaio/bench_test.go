package kafkaio_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
)

// BenchmarkPublish_PageOfFifty is a scraper's publish: fifty reviews of 1.2 KB in one call.
func BenchmarkPublish_PageOfFifty(b *testing.B) {
	conn := kafkatest.Start(b)
	p := kafkatest.Producer(b, conn)
	var page []kafkaio.Message
	for i := range 50 {
		page = append(page, message(strings.Repeat("k", i+1), strings.Repeat("patient words ", 85)))
	}
	for b.Loop() {
		require.NoError(b, p.Publish(b.Context(), page...))
	}
	b.ReportMetric(float64(b.N*50)/b.Elapsed().Seconds(), "messages/s")
}

// BenchmarkLoneMessage is the time from Publish to the handler of one message.
func BenchmarkLoneMessage(b *testing.B) {
	conn := kafkatest.Start(b)
	arrived := make(chan struct{}, 1)
	c, _ := consume(b, conn, func(cfg *kafkaio.ConsumerConfig) {
		cfg.MaxWait = time.Millisecond
		cfg.Handle = each(func(kafkaio.Message) error { arrived <- struct{}{}; return nil })
	})
	eventually(b, func() bool { return c.Ready() == nil }, "joined")
	p := kafkatest.Producer(b, conn)
	var times []time.Duration
	for b.Loop() {
		started := time.Now()
		require.NoError(b, p.Publish(b.Context(), message("k", "v")))
		<-arrived
		times = append(times, time.Since(started))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkConsume is how fast a backlog is read and committed.
func BenchmarkConsume(b *testing.B) {
	conn := kafkatest.Start(b)
	p := kafkatest.Producer(b, conn)
	const n = 20_000
	for range n / 500 {
		var page []kafkaio.Message
		for i := range 500 {
			page = append(page, message(strings.Repeat("k", i%60+1), strings.Repeat("patient words ", 85)))
		}
		require.NoError(b, p.Publish(b.Context(), page...))
	}
	for b.Loop() {
		var count atomic.Int64
		_, stop := consume(b, conn, func(cfg *kafkaio.ConsumerConfig) {
			cfg.Group = time.Now().String()
			cfg.Handle = func(_ context.Context, batch []kafkaio.Message) []error {
				count.Add(int64(len(batch)))
				return nil
			}
		})
		eventually(b, func() bool { return count.Load() >= n }, "all")
		stop()
	}
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "messages/s")
}
