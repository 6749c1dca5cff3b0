package replycheck

import (
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Evidence is the second reader beside the rules: small signs of a sentence
// ("your" before a noun that is no feedback, a past event without "anyone", a
// weekday after a name), each with a weight learned from replies with verdicts.
// It speaks up where no rule has a pattern, and takes back what a rule says of a
// sentence that is plainly general.

// The sums at which evidence speaks. They were chosen on replies that did not
// teach the weights; docs/reply-checker.md has the figures.
const (
	evidenceBlocks = 0.7  // from here on a sentence is blocked without a rule
	evidenceClears = -0.6 // below, what a rule that is not sure says is taken back
	evidenceInTone = 1.5  // the first where only a warning speaks: rudeness often looks like an event
)

// weigh adds up the evidence of each sentence, blocks what no rule has named,
// and takes back what a rule that is not sure said of a general sentence.
func (k *check) weigh() {
	slices.SortStableFunc(k.found, func(a, b found) int { return a.start - b.start })
	var kept []found
	for _, u := range k.units() {
		from, to := k.words[u.first].start, k.words[u.end-1].end
		score := k.score(u)
		blocked, warned := false, false
		for _, f := range k.ruled(from, to) {
			r := &k.lex.rules[f.rule]
			if r.severity == Block && !r.sure && score < evidenceClears {
				continue
			}
			blocked = blocked || r.severity == Block
			warned = warned || r.severity == Warn
			kept = append(kept, f)
		}
		if !blocked && (score >= evidenceInTone || score >= evidenceBlocks && !warned) {
			kept = append(kept, found{rule: k.lex.ruleIDs[ruleDetail], start: from, end: to})
		}
	}
	k.found = kept
}

// ruled are the findings that begin in a stretch of the reply; found is sorted.
func (k *check) ruled(from, to int) []found {
	at := func(x int) int {
		n, _ := slices.BinarySearchFunc(k.found, x, func(f found, x int) int { return f.start - x })
		return n
	}
	return k.found[at(from):at(to)]
}

// score is how much speaks for a unit being about the reviewer, as the
// logarithm of the odds.
func (k *check) score(u unit) float64 {
	sum := k.lex.bias
	k.signs(u, k.lex.knows, func(s []byte) { sum += k.lex.weights[string(s)] })
	return sum
}

func (l *lexicon) knows(w string) bool { return l.vocabulary[w] }

// loadEvidence reads the weights: a line for each sign, the weight, a tab, the
// sign. A sign that is one plain word also says that the word is known.
func (l *lexicon) loadEvidence(fsys fs.FS) error {
	src, err := fs.ReadFile(fsys, evidenceFile)
	if err != nil {
		return fmt.Errorf("read %s: %w", evidenceFile, err)
	}
	l.weights, l.vocabulary = map[string]float64{}, map[string]bool{}
	n := 0
	for line := range strings.Lines(string(src)) {
		n++
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "//") || line == "" {
			continue
		}
		weight, sign, ok := strings.Cut(line, "\t")
		w, err := strconv.ParseFloat(weight, 64)
		if err != nil || !ok || math.IsNaN(w) || math.IsInf(w, 0) {
			return fmt.Errorf("%s:%d: %q is not a weight, a tab and a sign", evidenceFile, n, line)
		}
		if sign == signBias {
			l.bias = w
			continue
		}
		l.weights[sign] = w
		if isPlainWord(sign) {
			l.vocabulary[sign] = true
		}
	}
	return nil
}

const (
	evidenceFile = "evidence.tsv"
	signBias     = "#bias"
)

func isPlainWord(sign string) bool {
	return !strings.ContainsAny(sign, " <+#~")
}
