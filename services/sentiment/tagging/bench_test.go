package tagging_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/services/sentiment/tagging"
)

const sample = "I have been coming here for about three years and the dentist is wonderful, gentle and explains " +
	"everything. The front desk on the other hand was rude on the phone and it took two weeks to get an appointment. " +
	"Last Tuesday I waited 45 minutes in the lobby although I was on time, and then they charged me $80 for an x-ray " +
	"my insurance covers. The office is clean and modern with free parking. I would still recommend Dr. Lee, but " +
	"somebody should teach the receptionist some manners!"

func BenchmarkAnalyze(b *testing.B) {
	e := engine(b)
	b.ReportAllocs()
	for b.Loop() {
		e.Analyze(sample)
	}
	b.ReportMetric(float64(len(strings.Fields(sample))), "words")
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		_, err := tagging.New()
		require.NoError(b, err)
	}
}

// BenchmarkWithTerms compiles as many terms as an organization may have.
func BenchmarkWithTerms(b *testing.B) {
	e, l := engine(b), hostileTerms()
	b.ReportAllocs()
	start, n := cpu(b), 0
	for b.Loop() {
		_, err := e.WithTerms(l)
		require.NoError(b, err)
		n++
	}
	b.ReportMetric((cpu(b)-start)*1e9/float64(n), "cpu-ns/op")
}

// BenchmarkAnalyze_OwnTerms is Analyze with 500 own terms.
func BenchmarkAnalyze_OwnTerms(b *testing.B) {
	e := withTerms(b, hostileTerms())
	b.ReportAllocs()
	for b.Loop() {
		e.Analyze(sample)
	}
}

func BenchmarkAnalyze_Megabyte(b *testing.B) {
	e := engine(b)
	text := strings.Repeat(sample+" ", 1<<20/len(sample))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		e.Analyze(text)
	}
}

// BenchmarkAnalyze_Pool runs over real reviews; one operation is one review. Beside
// the time on the clock it reports the time on the processor, which says more on a busy
// machine; it is to be at most 40,000 ns on an idle one.
func BenchmarkAnalyze_Pool(b *testing.B) {
	texts := poolTexts(b)
	words := 0
	for _, text := range texts {
		words += len(strings.Fields(text))
	}
	e := engine(b)
	b.ReportAllocs()
	b.ResetTimer()
	i := 0
	start := cpu(b)
	for b.Loop() {
		e.Analyze(texts[i%len(texts)])
		i++
	}
	b.ReportMetric((cpu(b)-start)*1e9/float64(i), "cpu-ns/op")
	b.ReportMetric(float64(words)/float64(len(texts)), "words")
}

func poolTexts(b *testing.B) []string {
	b.Helper()
	f, err := os.Open(sharedFile(b, "tagging/pool.jsonl.gz"))
	require.NoError(b, err)
	defer f.Close() //nolint:errcheck // read only
	zr, err := gzip.NewReader(f)
	require.NoError(b, err)
	var out []string
	sc := bufio.NewScanner(zr)
	sc.Buffer(nil, 1<<24)
	for sc.Scan() && len(out) < 10_000 {
		var r struct {
			Text string `json:"text"`
		}
		require.NoError(b, json.Unmarshal(sc.Bytes(), &r))
		out = append(out, r.Text)
	}
	return out
}
