package tagging

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// commonWords are the words a synthetic lexicon is made of, the commonest first.
var commonWords = strings.Fields(`the and to i a was my of they is for in it that this have he she with not are you so
	me had very we were doctor on be staff dr but at time office as appointment all been his her an if would great
	there when wait no always care your their out up just from will never one about friendly experience after told
	visit insurance first because dentist what waiting good recommend really feel how who minutes before even people
	best can patients rude front desk called work going well questions help years pain hours surgery caring again`)

// synthetic returns n different phrases of two to four words. As in our own rules and
// in language, few words begin most of them.
func synthetic(n int) []string {
	r := rand.New(rand.NewPCG(1, 2))
	z := func(most int) string {
		at := int(float64(most) * r.Float64() * r.Float64())
		if at < len(commonWords) {
			return commonWords[at]
		}
		return fmt.Sprintf("word%d", at)
	}
	seen := map[string]bool{}
	for len(seen) < n {
		words := []string{z(300), z(3000)}
		for range r.IntN(3) {
			words = append(words, z(3000))
		}
		seen[strings.Join(words, " ")] = true
	}
	out := make([]string, 0, n)
	for p := range seen {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// withPhrases compiles the embedded data and a file of n further phrases.
func withPhrases(t testing.TB, n int) *Engine {
	t.Helper()
	data, err := fs.Sub(embedded, "data")
	require.NoError(t, err)
	all := fstest.MapFS{}
	require.NoError(t, fs.WalkDir(data, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(data, path)
		all[path] = &fstest.MapFile{Data: raw}
		return err
	}))
	var b strings.Builder
	b.WriteString("rule synthetic\n  topic facility\n  polarity negative\n")
	for _, p := range synthetic(n) {
		b.WriteString("  match " + p + "\n")
	}
	if n > 0 {
		all["90-synthetic.txt"] = &fstest.MapFile{Data: []byte(b.String())}
	}
	e, err := newEngine(all, Options{})
	require.NoError(t, err)
	return e
}

const sizeSample = "I have been coming here for about three years and the dentist is wonderful, gentle and explains " +
	"everything. The front desk on the other hand was rude on the phone and it took two weeks to get an appointment. " +
	"Last Tuesday I waited 45 minutes in the lobby although I was on time, and then they charged me $80 for an x-ray " +
	"my insurance covers. The office is clean and modern with free parking. I would still recommend Dr. Lee, but " +
	"somebody should teach the receptionist some manners!"

// BenchmarkAnalyze_LexiconSize shows what a lexicon costs that grows tenfold, beside
// the embedded rules. Only phrases that are found in the text may cost more.
func BenchmarkAnalyze_LexiconSize(b *testing.B) {
	for _, n := range []int{0, 2_000, 20_000} {
		e := withPhrases(b, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e.Analyze(sizeSample)
			}
		})
	}
}

// TestAutomaton_ManyMorePhrases_AreTriedNoMoreOften counts the patterns tried on a
// text: ten times the phrases must not be ten times the work.
func TestAutomaton_ManyMorePhrases_AreTriedNoMoreOften(t *testing.T) {
	tried := func(e *Engine) int {
		r := &reading{engine: e, lex: e.lex, text: sizeSample}
		r.scan()
		n := 0
		for i := range r.words {
			r.candidates(i)
			n += len(r.tries)
		}
		return n
	}
	few, many := tried(withPhrases(t, 2_000)), tried(withPhrases(t, 20_000))
	require.Less(t, many, few+few/4, "patterns tried with 2,000 and with 20,000 phrases")
}

// TestAutomaton_EveryMatch_IsFound compares with trying every branch everywhere.
func TestAutomaton_EveryMatch_IsFound(t *testing.T) {
	e, err := New()
	require.NoError(t, err)
	for _, l := range []*lexicon{e.lex, e.spanish} {
		for k, x := range l.examples {
			if k%5 != 0 { // every branch is tried at every word: a sample is enough
				continue
			}
			r := &reading{engine: e, lex: l, text: x.text}
			r.scan()
			for i := range r.words {
				r.candidates(i)
				ends := map[int32]int{}
				for _, try := range r.tries {
					skip := try & (1<<skipBits - 1)
					at := try >> skipBits
					ends[at] = l.run(l.code, l.auto.branches[at].pc+skip, r.words, i+int(skip))
				}
				for at, b := range l.auto.branches {
					if end := l.run(l.code, b.pc, r.words, i); end >= 0 {
						require.Equal(t, end, ends[int32(at)], "%q at word %d: %s", x.text, i, x.id)
					}
				}
			}
		}
	}
}
