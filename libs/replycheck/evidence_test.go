package replycheck

import (
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "learn the weights of data/evidence.tsv again")

// lesson is one reply the weights are learned from.
type lesson struct {
	gold
	batch string // the file it is from
	check *check
	units []unit
}

// noLesson are rules that need more than a sentence; a reply they block teaches
// nothing about words.
var noLesson = []string{ruleName, ruleDisguise, ruleContact, "offer.incentive", "tone.removal"}

// lessons are all replies of testdata and all examples of the rules, but for
// the half that is kept aside.
func lessons(t testing.TB, c *Checker) []*lesson {
	var out []*lesson
	add := func(g gold, batch string) {
		k := &check{lex: c.lex, in: g.Input}
		k.read()
		k.matchRules()
		slices.SortStableFunc(k.found, func(a, b found) int { return a.start - b.start })
		out = append(out, &lesson{gold: g, batch: batch, check: k, units: k.units()})
	}
	for _, x := range c.lex.examples {
		if x.fires && slices.Contains(noLesson, x.rule) {
			continue
		}
		g := gold{Input: exampleInput(x.text), Expect: Pass}
		if x.fires && c.lex.rules[c.lex.ruleIDs[x.rule]].severity == Block {
			g.Expect = Block
		}
		add(g, "examples")
	}
	for _, name := range []string{"hard", "subtle", "subtle2", "passing"} {
		for _, g := range readHard(t, "testdata/"+name+".txt") {
			add(g, name)
		}
	}
	for _, name := range []string{"train", "tune"} {
		for _, g := range readGold(t, "testdata/"+name+".jsonl") {
			if g.Practice.Name == "" {
				g.Practice, g.Site = ours, "google"
			}
			add(g, name)
		}
	}
	return out
}

// teacher learns weights by logistic regression. Of a reply that must be
// blocked only the sentence that most looks like it is taken for tied; of one
// that may pass every sentence is general.
type teacher struct {
	names      []string
	vocabulary map[string]bool
	weights    []float64 // the last is the bias
	squares    []float64
}

const (
	rounds     = 24
	decay      = 0.01
	rate       = 0.1
	leastWords = 3 // replies a word must stand in to be a sign itself
	leastSigns = 2
)

func teach(lessons []*lesson) *teacher {
	x := &teacher{vocabulary: map[string]bool{}}
	count := map[string]int{}
	for _, l := range lessons {
		seen := map[string]bool{}
		for _, w := range l.check.words {
			if w.kind == kindWord && isPlainWord(w.text) {
				seen[w.text] = true
			}
		}
		for w := range seen {
			if count[w]++; count[w] == leastWords {
				x.vocabulary[w] = true
			}
		}
	}
	signs := make([][][]string, len(lessons))
	count = map[string]int{}
	for i, l := range lessons {
		seen := map[string]bool{}
		for _, u := range l.units {
			var all []string
			l.check.signs(u, x.knows, func(s []byte) {
				all = append(all, string(s))
				seen[string(s)] = true
			})
			signs[i] = append(signs[i], all)
		}
		for s := range seen {
			count[s]++
		}
	}
	id := map[string]int{}
	for _, s := range slices.Sorted(maps.Keys(count)) {
		if count[s] >= leastSigns {
			id[s] = len(x.names)
			x.names = append(x.names, s)
		}
	}
	bags := make([][][]int, len(lessons))
	for i := range lessons {
		for _, all := range signs[i] {
			bag := []int{len(x.names)} // the bias
			for _, s := range all {
				if n, ok := id[s]; ok {
					bag = append(bag, n)
				}
			}
			bags[i] = append(bags[i], bag)
		}
	}
	x.learn(lessons, bags)
	return x
}

func (x *teacher) learn(lessons []*lesson, bags [][][]int) {
	x.weights = make([]float64, len(x.names)+1)
	x.squares = make([]float64, len(x.weights))
	mean := make([]float64, len(x.weights))
	order := make([]int, len(lessons))
	for i := range order {
		order[i] = i
	}
	seed := uint32(7)
	for round := range rounds {
		for i := len(order) - 1; i > 0; i-- {
			seed = seed*1664525 + 1013904223
			j := int(seed>>8) % (i + 1)
			order[i], order[j] = order[j], order[i]
		}
		for _, i := range order {
			if lessons[i].Expect != Block {
				for _, bag := range bags[i] {
					x.step(bag, 0)
				}
				continue
			}
			var worst []int
			most := math.Inf(-1)
			for _, bag := range bags[i] {
				if sum := x.sum(bag); sum > most {
					most, worst = sum, bag
				}
			}
			x.step(worst, 1)
		}
		if round >= rounds/2 { // the mean of the later rounds wavers less
			for j, w := range x.weights {
				mean[j] += w / float64(rounds-rounds/2)
			}
		}
	}
	x.weights = mean
}

func (x *teacher) sum(bag []int) float64 {
	sum := 0.0
	for _, j := range bag {
		sum += x.weights[j]
	}
	return sum
}

// step moves the weights of a sentence towards what it should have been.
func (x *teacher) step(bag []int, want float64) {
	wrong := 1/(1+math.Exp(-x.sum(bag))) - want
	for _, j := range bag {
		slope := wrong + decay*x.weights[j]
		x.squares[j] += slope * slope
		x.weights[j] -= rate * slope / math.Sqrt(x.squares[j]+1e-3)
	}
}

func (x *teacher) knows(w string) bool { return x.vocabulary[w] }

// file is data/evidence.tsv: what hardly weighs is left out, but for known words.
func (x *teacher) file() string {
	var b strings.Builder
	b.WriteString("// What speaks for (above 0) and against (below 0) a sentence being about the reviewer.\n")
	b.WriteString("// Learned from testdata by: go test ./replycheck -run TestEvidence -update. See docs/reply-checker.md.\n")
	fmt.Fprintf(&b, "%.3f\t%s\n", x.weights[len(x.names)], signBias)
	for i, s := range x.names {
		if w := x.weights[i]; math.Abs(w) >= 0.03 || x.vocabulary[s] {
			fmt.Fprintf(&b, "%.2f\t%s\n", w, s)
		}
	}
	return b.String()
}

// TestEvidence_Lessons_AreLearned: the weights know what they were taught. With
// -update they are learned again.
func TestEvidence_Lessons_AreLearned(t *testing.T) {
	c := checker(t)
	all := lessons(t, c)
	if *update {
		require.NoError(t, os.WriteFile("data/"+evidenceFile, []byte(teach(all).file()), 0o644))
		t.Skip("learned; run again without -update")
	}
	var f figures
	for _, l := range all {
		f.add(l.Expect, c.Check(l.Input).Verdict)
	}
	t.Logf("recall %.3f of %d, false blocks %.3f of %d", f.recall(), f.block, f.falseBlocks(), f.fine)
	require.GreaterOrEqual(t, f.recall(), 0.95)
	require.LessOrEqual(t, f.falseBlocks(), 0.02)
}

// TestEvidence_RepliesThatTaughtNothing_AreJudged learns five times without a
// fifth of the replies and judges those. It takes some seconds and is what the
// thresholds were chosen by: REPLYCHECK_FOLDS=1.
func TestEvidence_RepliesThatTaughtNothing_AreJudged(t *testing.T) {
	if os.Getenv("REPLYCHECK_FOLDS") == "" {
		t.Skip("set REPLYCHECK_FOLDS to learn the weights five times")
	}
	c, err := New(Config{})
	require.NoError(t, err)
	all := lessons(t, c)
	const folds = 5
	fold := func(i int) int { return i / 6 % folds } // twins stay together
	results := map[string]*figures{}
	for f := range folds {
		var most []*lesson
		for i, l := range all {
			if fold(i) != f {
				most = append(most, l)
			}
		}
		require.NoError(t, c.lex.loadEvidence(fstest.MapFS{evidenceFile: {Data: []byte(teach(most).file())}}))
		for i, l := range all {
			if fold(i) != f {
				continue
			}
			got := c.Check(l.Input)
			if results[l.batch] == nil {
				results[l.batch] = &figures{}
			}
			results[l.batch].add(l.Expect, got.Verdict)
			if os.Getenv("REPLYCHECK_ERRORS") != "" && (got.Verdict == Block) != (l.Expect == Block) {
				t.Logf("%s want %s: %q %s", l.batch, l.Expect, l.Reply, told(got))
			}
		}
	}
	for _, batch := range slices.Sorted(maps.Keys(results)) {
		f := results[batch]
		t.Logf("%-8s recall %.3f of %d, false blocks %.3f of %d", batch, f.recall(), f.block, f.falseBlocks(), f.fine)
	}
}

func told(r Report) string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, f.Rule+"["+f.Quote+"]")
	}
	return strings.Join(out, " ")
}

func TestLoadEvidence_MistakeInTheFile_NamesTheLine(t *testing.T) {
	for _, line := range []string{"word", "x\tword", "NaN\tword", "1\n"} {
		l := &lexicon{}
		err := l.loadEvidence(fstest.MapFS{evidenceFile: {Data: []byte("0.1\tgood\n" + line)}})
		require.ErrorContains(t, err, evidenceFile+":2", line)
	}
}
