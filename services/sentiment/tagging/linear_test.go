//go:build unix

package tagging_test

import (
	"math"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAnalyze_LongText_TakesLinearTime compares the CPU time per byte of a
// short and a 32 times longer text. A quadratic step would show as a factor of
// 32; the bound leaves room for memory that a long text touches first.
func TestAnalyze_LongText_TakesLinearTime(t *testing.T) {
	e := engine(t)
	perByte := func(text string, times int) float64 {
		best := math.Inf(1)
		for range times {
			start := cpu(t)
			e.Analyze(text)
			best = min(best, (cpu(t)-start)*1e9/float64(len(text)))
		}
		return best
	}
	long := hostile(1 << 18)
	for name, short := range hostile(1 << 13) {
		small, large := perByte(short, 3), perByte(long[name], 1)
		require.Less(t, large, 8*small+150, "%s: %.1f ns a byte at 8 KiB, %.1f at 256 KiB", name, small, large)
	}
}

// cpu is the CPU time of this process in seconds.
func cpu(t *testing.T) float64 {
	t.Helper()
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}
