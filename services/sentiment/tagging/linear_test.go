//go:build unix

package tagging_test

import (
	"math"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/services/sentiment/tagging"
)

// perByte is the CPU time of an analysis in nanoseconds a byte, the best of some.
func perByte(t testing.TB, e *tagging.Engine, text string, times int) float64 {
	best := math.Inf(1)
	for range times {
		start := cpu(t)
		e.Analyze(text)
		best = min(best, (cpu(t)-start)*1e9/float64(len(text)))
	}
	return best
}

// TestAnalyze_LongText_TakesLinearTime compares the CPU time per byte of a
// short and a 16 times longer text. A quadratic step would show as a factor of
// 16; the bound leaves room for memory that a long text touches first.
func TestAnalyze_LongText_TakesLinearTime(t *testing.T) {
	e := withTerms(t, ownTerms())
	long := hostile(1 << 17)
	for name, short := range hostile(1 << 13) {
		small, large := perByte(t, e, short, 3), perByte(t, e, long[name], 1)
		require.Less(t, large, 6*small+150, "%s: %.1f ns a byte at 8 KiB, %.1f at 128 KiB", name, small, large)
	}
}

// FuzzAnalyze_TimePerByte looks for a piece of text that, repeated, costs more a
// byte the longer the text is. -v shows the nanoseconds a byte of each seed.
func FuzzAnalyze_TimePerByte(f *testing.F) {
	for _, s := range hostile(64) {
		f.Add(s)
	}
	e := withTerms(f, ownTerms())
	f.Fuzz(func(t *testing.T, piece string) {
		if piece == "" || len(piece) > 1<<12 {
			return
		}
		small := perByte(t, e, strings.Repeat(piece, 1<<13/len(piece)+1), 3)
		large := perByte(t, e, strings.Repeat(piece, 1<<16/len(piece)+1), 2)
		t.Logf("%.1f ns a byte at 8 KiB, %.1f at 64 KiB: %.40q", small, large, piece)
		require.Less(t, large, 5*small+200, "ns a byte at 64 KiB of %q", piece)
	})
}

// BenchmarkAnalyze_Hostile reports nanoseconds a byte at 1 MB of each hostile text.
func BenchmarkAnalyze_Hostile(b *testing.B) {
	e := withTerms(b, ownTerms())
	for name, text := range hostile(1 << 20) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			start, n := cpu(b), 0
			for b.Loop() {
				e.Analyze(text)
				n++
			}
			b.ReportMetric((cpu(b)-start)*1e9/float64(n)/float64(len(text)), "cpu-ns/byte")
		})
	}
}

// cpu is the CPU time of this process in seconds.
func cpu(t testing.TB) float64 {
	t.Helper()
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}
