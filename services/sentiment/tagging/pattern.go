package tagging

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bedside-health/bedside/services/sentiment/tagging/token"
)

// A pattern is a short regular expression over words. The language is small
// enough for somebody who does not program:
//
//	long wait            these words, one after the other
//	wait~                any inflection: wait, waits, waited, waiting
//	@staff               any member of a word list
//	(too|very) long      one of these
//	the? doctor          the word may be missing
//	wait ..3 hour~       up to three other words in between, within a sentence
//	<num> <money>        a number, an amount of money
//
// Patterns are compiled to programs for a small backtracking machine. Gaps and
// lists are bounded, so one attempt costs a bounded number of steps.
type opcode uint8

const (
	opWord  opcode = iota // the token is word a: advance
	opSet                 // the token is in set a: advance
	opTest                // the token is in set a: go on without advancing
	opSplit               // try a, then b
	opJump                // go to a
	opAny                 // any token that does not end a sentence or turn it: advance
	opMatch
)

type instruction struct {
	op   opcode
	a, b int32
}

// node is a parsed pattern.
type node struct {
	words []int32 // a set of single words, if parts is nil
	gap   int     // > 0: a gap of up to that many tokens
	seq   []*node // a sequence
	alt   []*node // alternatives
	opt   bool    // the node may be missing
}

type patternParser struct {
	lex  *lexicon
	toks []string
	pos  int
}

// parsePattern reads one pattern. Unknown lists are an error, so that a typing
// mistake in a data file cannot silently make a rule that never fires.
func (l *lexicon) parsePattern(src string) (*node, error) {
	for _, sep := range []string{"(", ")", "|"} {
		src = strings.ReplaceAll(src, sep, " "+sep+" ")
	}
	src = strings.ReplaceAll(src, ") ?", ")?")
	p := &patternParser{lex: l, toks: strings.Fields(src)}
	n, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if p.pos != len(p.toks) {
		return nil, fmt.Errorf("pattern %q: %q is out of place", src, p.toks[p.pos])
	}
	if l.nullable(n) {
		return nil, fmt.Errorf("pattern %q matches nothing at all", src)
	}
	return n, nil
}

func (p *patternParser) alternatives() (*node, error) {
	var alts []*node
	for {
		n, err := p.sequence()
		if err != nil {
			return nil, err
		}
		alts = append(alts, n)
		if p.pos >= len(p.toks) || p.toks[p.pos] != "|" {
			break
		}
		p.pos++
	}
	return union(alts), nil
}

// union joins alternatives; the single words among them become one set.
func union(alts []*node) *node {
	if len(alts) == 1 {
		return alts[0]
	}
	var words []int32
	var rest []*node
	for _, a := range alts {
		for len(a.seq) == 1 && !a.opt {
			a = a.seq[0]
		}
		switch {
		case a.opt:
			rest = append(rest, a)
		case a.words != nil:
			words = append(words, a.words...)
		case a.alt != nil:
			for _, b := range a.alt {
				if b.words != nil && !b.opt {
					words = append(words, b.words...)
				} else {
					rest = append(rest, b)
				}
			}
		default:
			rest = append(rest, a)
		}
	}
	if words != nil {
		if len(rest) == 0 {
			return &node{words: words}
		}
		rest = append(rest, &node{words: words})
	}
	return &node{alt: rest}
}

func (p *patternParser) sequence() (*node, error) {
	n := &node{}
	for p.pos < len(p.toks) {
		t := p.toks[p.pos]
		if t == "|" || t == ")" || t == ")?" {
			break
		}
		e, err := p.element()
		if err != nil {
			return nil, err
		}
		n.seq = append(n.seq, e)
	}
	if len(n.seq) == 0 {
		return nil, fmt.Errorf("pattern %q has an empty part", strings.Join(p.toks, " "))
	}
	return n, nil
}

func (p *patternParser) element() (*node, error) {
	t := p.toks[p.pos]
	p.pos++
	if t == "(" {
		n, err := p.alternatives()
		if err != nil {
			return nil, err
		}
		if p.pos >= len(p.toks) {
			return nil, fmt.Errorf("pattern %q: a bracket is not closed", strings.Join(p.toks, " "))
		}
		end := p.toks[p.pos]
		p.pos++
		return optional(n, end == ")?"), nil
	}
	if rest, ok := strings.CutPrefix(t, ".."); ok {
		var gap int
		if _, err := fmt.Sscanf(rest, "%d", &gap); err != nil || gap < 1 || gap > 8 {
			return nil, fmt.Errorf("gap %q is not ..1 to ..8", t)
		}
		return &node{gap: gap}, nil
	}
	t, opt := strings.CutSuffix(t, "?")
	if name, ok := strings.CutPrefix(t, "@"); ok {
		n := p.lex.lists[name]
		if n == nil {
			return nil, fmt.Errorf("no list is called @%s", name)
		}
		return optional(n, opt), nil
	}
	if t == "" || t == "~" {
		return nil, fmt.Errorf("pattern %q has an empty word", strings.Join(p.toks, " "))
	}
	if stem, ok := strings.CutSuffix(t, "~"); ok {
		var ids []int32
		for _, w := range p.lex.inflect(stem) {
			ids = append(ids, p.lex.intern(w))
		}
		return optional(&node{words: ids}, opt), nil
	}
	return optional(&node{words: []int32{p.lex.intern(t)}}, opt), nil
}

func optional(n *node, opt bool) *node {
	if !opt {
		return n
	}
	return &node{seq: []*node{n}, opt: true}
}

// inflect returns the regular inflections of an English word, and a few that
// do not exist; those do no harm.
func inflect(w string) []string {
	w = normalWord(w)
	out := []string{w, w + "s"}
	last := w[len(w)-1]
	switch {
	case last == 'e':
		out = append(out, w+"d", w+"r", w[:len(w)-1]+"ing")
	case last == 'y' && len(w) > 1 && !strings.ContainsRune("aeiou", rune(w[len(w)-2])):
		out = append(out, w[:len(w)-1]+"ies", w[:len(w)-1]+"ied", w+"ing")
	default:
		out = append(out, w+"es", w+"ed", w+"ing")
		if len(w) > 2 && !strings.ContainsRune("aeiouwxy", rune(last)) && strings.ContainsRune("aeiou", rune(w[len(w)-2])) {
			out = append(out, w+string(last)+"ed", w+string(last)+"ing")
		}
	}
	return out
}

// normalWord is the normal form of a word of a data file, as the scanner makes
// it from text.
func normalWord(w string) string { return token.Fold(w) }

func (l *lexicon) nullable(n *node) bool {
	switch {
	case n.opt, n.gap > 0:
		return true
	case n.alt != nil:
		for _, a := range n.alt {
			if l.nullable(a) {
				return true
			}
		}
		return false
	case n.seq != nil:
		for _, s := range n.seq {
			if !l.nullable(s) {
				return false
			}
		}
		return true
	}
	return false
}

// firstWords returns the words a match of n can begin with, sorted. A pattern may
// not begin with a gap: it would have to be tried everywhere.
func (l *lexicon) firstWords(n *node) ([]int32, error) {
	words, err := l.first(n, nil)
	if err != nil {
		return nil, err
	}
	slices.Sort(words)
	return slices.Compact(words), nil
}

func (l *lexicon) first(n *node, words []int32) ([]int32, error) {
	var err error
	switch {
	case n.gap > 0:
		return nil, fmt.Errorf("a pattern cannot begin with a gap")
	case n.alt != nil:
		for _, a := range n.alt {
			if words, err = l.first(a, words); err != nil {
				return nil, err
			}
		}
	case n.seq != nil:
		for _, s := range n.seq {
			if words, err = l.first(s, words); err != nil {
				return nil, err
			}
			if !l.nullable(s) {
				break
			}
		}
	default:
		words = append(words, n.words...)
	}
	return words, nil
}

// emit appends the program of n to code.
func (l *lexicon) emit(code []instruction, n *node) []instruction {
	if n.opt {
		split := len(code)
		code = append(code, instruction{op: opSplit, a: int32(split + 1)})
		for _, s := range n.seq {
			code = l.emit(code, s)
		}
		code[split].b = int32(len(code))
		return code
	}
	switch {
	case n.gap > 0:
		// The nearest end is tried first: split(after, any).
		var splits []int
		for range n.gap {
			splits = append(splits, len(code))
			code = append(code, instruction{op: opSplit, b: int32(len(code) + 1)}, instruction{op: opAny})
		}
		for _, s := range splits {
			code[s].a = int32(len(code))
		}
	case n.alt != nil:
		if test, ok := l.test(n); ok {
			code = append(code, instruction{op: opTest, a: test})
		}
		var jumps []int
		for i, a := range n.alt {
			if i == len(n.alt)-1 {
				code = l.emit(code, a)
				break
			}
			split := len(code)
			code = append(code, instruction{op: opSplit, a: int32(split + 1)})
			code = l.emit(code, a)
			jumps = append(jumps, len(code))
			code = append(code, instruction{op: opJump})
			code[split].b = int32(len(code))
		}
		for _, j := range jumps {
			code[j].a = int32(len(code))
		}
	case n.seq != nil:
		for _, s := range n.seq {
			code = l.emit(code, s)
		}
	case len(n.words) == 1:
		code = append(code, instruction{op: opWord, a: n.words[0]})
	default:
		code = append(code, instruction{op: opSet, a: l.set(n.words)})
	}
	return code
}

// test returns the set of words that alternatives can begin with, if there are
// enough of them that looking first is cheaper than trying each.
func (l *lexicon) test(n *node) (int32, bool) {
	if len(n.alt) < 3 || l.nullable(n) {
		return 0, false
	}
	words, err := l.firstWords(n)
	if err != nil { // one of them begins with a gap
		return 0, false
	}
	return l.set(words), true
}

// run reports the token index after the match of the program at pc that begins
// at token i, or -1.
func (l *lexicon) run(code []instruction, pc int32, words []word, i int) int {
	for {
		in := code[pc]
		switch in.op {
		case opWord:
			if i >= len(words) || words[i].id != in.a {
				return -1
			}
			i++
			pc++
		case opSet:
			if i >= len(words) || !l.inSet(in.a, &words[i]) {
				return -1
			}
			i++
			pc++
		case opTest:
			if i >= len(words) || !l.inSet(in.a, &words[i]) {
				return -1
			}
			pc++
		case opSplit:
			// Most ways to go on fail at their first word: look before recursing.
			if t := code[in.a]; t.op <= opTest && (i >= len(words) || !l.accepts(t, &words[i])) {
				pc = in.b
				continue
			}
			if end := l.run(code, in.a, words, i); end >= 0 {
				return end
			}
			pc = in.b
		case opJump:
			pc = in.a
		case opAny:
			if i >= len(words) || words[i].stop {
				return -1
			}
			i++
			pc++
		default:
			return i
		}
	}
}

// accepts reports whether an instruction for one word takes a word.
func (l *lexicon) accepts(in instruction, w *word) bool {
	if in.op == opWord {
		return w.id == in.a
	}
	return l.inSet(in.a, w)
}

// inSet reports whether a set holds a word. The bits of one word lie together,
// because one word of a text is looked for in many sets.
func (l *lexicon) inSet(set int32, w *word) bool {
	return l.members[int(w.id)*l.row+int(set>>6)]&(1<<(uint(set)&63)) != 0
}
