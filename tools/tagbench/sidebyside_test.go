package tagbench

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jdkato/prose/v2"
	"github.com/jonreiter/govader"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/services/sentiment/enrich"
	"github.com/bedside-health/bedside/services/sentiment/tagging"
)

// BenchmarkSideBySide prints the processor time a review of each way, and how many
// times that of our rules it is.
func BenchmarkSideBySide(b *testing.B) {
	texts := reviews(b, 4000)
	words := 0
	for _, text := range texts {
		words += len(strings.Fields(text))
	}
	rules, err := tagging.New()
	require.NoError(b, err)
	lane := enrich.New()
	all, err := tagging.NewWith(tagging.Options{Clauses: lane, Names: lane})
	require.NoError(b, err)
	lane.People("We were helped by Michael Johnson.") // loads the model
	vader := govader.NewSentimentIntensityAnalyzer()
	document, err := prose.NewDocument("x")
	require.NoError(b, err)
	ways := []struct {
		name string
		n    int // reviews it is given
		do   func(text string)
	}{
		{"rules", len(texts), func(text string) { rules.Analyze(text) }},
		{"with-prose-lane", len(texts) / 4, func(text string) { all.Analyze(text) }},
		{"govader", len(texts), func(text string) { vader.PolarityScores(text) }},
		{"prose-reused-model", 40, func(text string) { _, err = prose.NewDocument(text, prose.UsingModel(document.Model)) }},
		{"prose-default", 4, func(text string) { _, err = prose.NewDocument(text) }},
	}
	for b.Loop() {
		var base float64
		for _, way := range ways {
			for _, text := range texts[:min(way.n, 20)] {
				way.do(text)
			}
			began := processorTime(b)
			for _, text := range texts[:way.n] {
				way.do(text)
			}
			require.NoError(b, err)
			each := float64((processorTime(b) - began).Microseconds()) / float64(way.n)
			if base == 0 {
				base = each
			}
			b.ReportMetric(each, "µs-"+way.name)
			b.ReportMetric(each/base, "times-"+way.name)
		}
	}
	b.ReportMetric(float64(words)/float64(len(texts)), "words/review")
	b.ReportMetric(0, "ns/op")
}

// processorTime is what the process has used of the processors.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func reviews(b *testing.B, n int) []string {
	b.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "tagging", "pool.jsonl.gz"))
	if err != nil {
		b.Log("without the pool of real reviews: texts are put together")
		return invented(n)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	require.NoError(b, err)
	lines := bufio.NewScanner(unpacked)
	lines.Buffer(nil, 1<<22)
	var texts []string
	for len(texts) < n && lines.Scan() {
		var row struct{ Text string }
		require.NoError(b, json.Unmarshal(lines.Bytes(), &row))
		texts = append(texts, row.Text)
	}
	require.NoError(b, lines.Err())
	require.Len(b, texts, n)
	return texts
}

func invented(n int) []string {
	parts := []string{
		"The waiting room was full and I sat there for %d minutes past my appointment, with a toddler on my lap.",
		"My bill was $%d more than the estimate and nobody at the desk could explain why.",
		"Dr. Hollis listened, explained everything and took her time with all %d of my questions.",
		"I called %d times and nobody picked up the phone, then I was on hold for half an hour.",
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
