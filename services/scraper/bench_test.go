package scraper_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
	"github.com/bedside-health/bedside/services/scraper"
)

// BenchmarkRun_Import50000 reads an import of 50,000 rows from the store and publishes
// it: go test -bench Import50000 -run - -benchtime 1x.
func BenchmarkRun_Import50000(b *testing.B) {
	const rows = 50_000
	for b.Loop() {
		b.StopTimer()
		conn, o := kafkatest.Start(b), newOffice(b)
		o.upload("imp", rows, 500)
		cfg := o.settings(conn)
		cfg.Adapters = []string{"csv"}
		runtime.GC()
		b.StartTimer()
		stop := kafkatest.Run(b, func(ctx context.Context) error { return scraper.Run(ctx, cfg) })
		require.Eventually(b, func() bool { return o.state("listing_imp").Finished }, 5*time.Minute, 20*time.Millisecond)
		b.StopTimer()
		require.EqualValues(b, rows, o.state("listing_imp").Published)
		stop()
		b.StartTimer()
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}
