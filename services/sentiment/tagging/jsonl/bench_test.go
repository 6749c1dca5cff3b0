package jsonl_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/services/sentiment/tagging"
	"github.com/bedside-health/bedside/services/sentiment/tagging/jsonl"
)

// BenchmarkRun streams 10,000 reviews of 88 words through two workers.
func BenchmarkRun(b *testing.B) {
	e, err := tagging.New()
	require.NoError(b, err)
	var in bytes.Buffer
	text := strings.Repeat("The dentist was gentle and explained it all, but the front desk was rude again. ", 6)
	const n = 10_000
	for i := range n {
		fmt.Fprintf(&in, "{\"id\":%d,\"text\":%q}\n", i, text)
	}
	b.SetBytes(int64(in.Len()))
	for b.Loop() {
		require.NoError(b, jsonl.Run(b.Context(), bytes.NewReader(in.Bytes()), io.Discard, e, 2))
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "reviews/s")
}
