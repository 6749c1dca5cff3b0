package workflow_test

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
)

// BenchmarkRun_FiftyThousandReviews measures from 50,000 tagged reviews waiting in Kafka until
// the last is in the inbox, assigned and told. Run it with -benchtime 1x.
func BenchmarkRun_FiftyThousandReviews(b *testing.B) {
	const n = 50_000
	for range b.N {
		b.StopTimer()
		conn, p := kafkatest.Start(b), newPractice(b)
		for published := 0; published < n; {
			var part []events.ReviewTagged
			for ; len(part) < 1000 && published < n; published++ {
				part = append(part, tagged(published))
			}
			publish(b, conn, part...)
		}
		b.StartTimer()
		began := time.Now()
		cpu := cpuTime(b)
		_, stop := start(b, settings(conn, p.url))
		for p.count() < n || p.untold() > 0 {
			require.Less(b, time.Since(began), 5*time.Minute)
			time.Sleep(100 * time.Millisecond)
		}
		took := time.Since(began)
		b.StopTimer()
		b.ReportMetric((cpuTime(b) - cpu).Seconds(), "cpu-s")
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(n)/took.Seconds(), "reviews/s")
		b.ReportMetric(float64(m.Sys)/(1<<20), "MiB-from-system")
		requireAssignedOnce(b, p, n)
		stop()
	}
}

// cpuTime is what this process has used so far, broker and test included.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
