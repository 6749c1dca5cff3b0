//go:build unix

package replycheck

import (
	"math"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

const sample = "Thank you for taking the time to write, Jordan. We are sorry to read this. Our office aims to see everyone on time, " +
	"and on some days an emergency makes the afternoon late; the desk texts anyone on the list when that happens. Your crown was " +
	"placed on Tuesday, as you know, and the claim was sent to your plan the same day. "

// hostile are texts that would be slow if some step were not linear.
func hostile(n int) map[string]string {
	fill := func(s string) string { return strings.Repeat(s, n/len(s)+1)[:n] }
	return map[string]string{
		"plain":     fill(sample),
		"sentence":  fill("your your your the the we we you you "),
		"letters":   fill("a b c d e f "),
		"joined":    strings.Repeat("x", n),
		"glued":     fill("cr-ow-n."),
		"digits":    fill("5 5 5 - "),
		"mail":      fill("a.b@c"),
		"invisible": fill("\u200b"),
		"capitals":  fill("GLENDA, MARIA, "),
		"sorry":     fill("sorry about the your visit appointment "),
	}
}

// TestCheck_LongReply_TakesLinearTime compares the CPU time per byte of a short
// and an 8 times longer reply. A quadratic step would show as a factor of 8.
func TestCheck_LongReply_TakesLinearTime(t *testing.T) {
	c := checker(t)
	perByte := func(text string, times int) float64 {
		best := math.Inf(1)
		for range times {
			start := cpu(t)
			c.Check(exampleInput(text))
			best = min(best, (cpu(t)-start)*1e9/float64(len(text)))
		}
		return best
	}
	long := hostile(1 << 16)
	for name, short := range hostile(1 << 13) {
		small, large := perByte(short, 3), perByte(long[name], 1)
		require.Less(t, large, 4*small+400, "%s: %.1f ns a byte at 8 KiB, %.1f at 64 KiB", name, small, large)
	}
}

// cpu is the CPU time of this process in seconds.
func cpu(t testing.TB) float64 {
	t.Helper()
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

// BenchmarkCheck reads a reply of 1,000 characters and compares it with ten others.
func BenchmarkCheck(b *testing.B) {
	c := checker(b)
	in := exampleInput(strings.Repeat(sample, 4)[:1000])
	in.Review = "The desk was rude and the wait was long"
	for range 10 {
		in.RecentReplies = append(in.RecentReplies, sample)
	}
	b.ReportAllocs()
	start := cpu(b)
	for b.Loop() {
		c.Check(in)
	}
	b.ReportMetric((cpu(b)-start)*1e6/float64(b.N), "cpu-us/op")
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		_, err := New(Config{})
		require.NoError(b, err)
	}
}

// BenchmarkCheck_Long reports the time per byte of long replies of each kind.
func BenchmarkCheck_Long(b *testing.B) {
	c := checker(b)
	for name, text := range hostile(1 << 16) {
		b.Run(name, func(b *testing.B) {
			in := exampleInput(text)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				c.Check(in)
			}
		})
	}
}
