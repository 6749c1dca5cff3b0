package replycheck

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A pattern is a short regular expression over words, small enough for somebody
// who does not program:
//
//	next visit           these words, one after the other
//	wait~                the inflections of wait: waits, waited, waiting
//	@staff               any entry of a word list
//	(came|went) in       one of these
//	your own? crown      the word may be missing
//	your ..2 crown       up to two other words in between, within a sentence
//	your ::2 crown       the same, but only such as stand before a noun
//	you -@safe <past>    not if what comes next is in the list
//	<term>               a sensitive word of the rules that use a frame
//	<care>               the same, only of the rules about care
//	<num> <money> <past> <person> <reviewer> <cap> <phone> <start> <end> <comma>
//
// Patterns are compiled to programs for a small backtracking machine. Gaps are
// bounded, so one attempt costs a bounded number of steps.
type opcode uint8

const (
	opWord  opcode = iota // a: word id
	opList                // a: list id
	opClass               // a: class
	opSplit               // try a, then b
	opJump                // a
	opAny                 // any one word
	opNot                 // a: where the assertion ends; the code up to there must not match
	opMatch
)

type instruction struct {
	op   opcode
	a, b int32
}

type class int32

const (
	classNum class = iota
	classMoney
	classPast
	classPerson
	classReviewer
	classCap
	classPhone
	classTerm
	classCare  // a sensitive word of the rules about care
	classStart // these three stand between words
	classEnd
	classComma
	classes
)

var classNames = map[string]class{
	"<num>": classNum, "<money>": classMoney, "<past>": classPast, "<person>": classPerson, "<reviewer>": classReviewer,
	"<cap>": classCap, "<phone>": classPhone, "<term>": classTerm, "<care>": classCare, "<start>": classStart, "<end>": classEnd, "<comma>": classComma,
}

// node is a parsed pattern. The kind says which fields count.
type node struct {
	kind     nodeKind
	word     string
	id       int32 // list or class
	optional bool
	max      int  // of a gap
	phrase   bool // a gap that skips only words that stand before a noun
	subs     []*node
}

type nodeKind uint8

const (
	nodeWord nodeKind = iota
	nodeList
	nodeClass
	nodeSeq
	nodeAlt
	nodeGap
	nodeNot
)

// maxGap bounds what a pattern may skip.
const maxGap = 12

func (l *lexicon) parsePattern(src string) (*node, error) {
	p := &patternParser{lex: l, toks: patternTokens(src)}
	n, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if p.at < len(p.toks) {
		return nil, fmt.Errorf("pattern %q: %q is too much", src, p.toks[p.at])
	}
	if l.nullable(n) {
		return nil, fmt.Errorf("pattern %q matches nothing at all", src)
	}
	return n, nil
}

func patternTokens(src string) []string {
	src = strings.NewReplacer("(", " ( ", ")?", " )? ", ")", " ) ", "|", " | ", " )  ?", " )? ").Replace(src)
	return strings.Fields(src)
}

type patternParser struct {
	lex  *lexicon
	toks []string
	at   int
}

func (p *patternParser) alternatives() (*node, error) {
	alt := &node{kind: nodeAlt}
	for {
		seq := &node{kind: nodeSeq}
		for p.at < len(p.toks) && p.toks[p.at] != "|" && p.toks[p.at] != ")" && p.toks[p.at] != ")?" {
			n, err := p.item()
			if err != nil {
				return nil, err
			}
			seq.subs = append(seq.subs, n)
		}
		if len(seq.subs) == 0 {
			return nil, fmt.Errorf("an empty alternative")
		}
		alt.subs = append(alt.subs, seq)
		if p.at >= len(p.toks) || p.toks[p.at] != "|" {
			break
		}
		p.at++
	}
	if len(alt.subs) == 1 {
		return alt.subs[0], nil
	}
	return alt, nil
}

func (p *patternParser) item() (*node, error) {
	tok := p.toks[p.at]
	p.at++
	if tok == "-" || strings.HasPrefix(tok, "-") && len(tok) > 1 {
		if tok != "-" {
			p.at--
			p.toks[p.at] = tok[1:]
		}
		n, err := p.item()
		return &node{kind: nodeNot, subs: []*node{n}}, err
	}
	if tok == "(" {
		n, err := p.alternatives()
		if err != nil {
			return nil, err
		}
		if p.at >= len(p.toks) {
			return nil, fmt.Errorf("a bracket is not closed")
		}
		n = &node{kind: nodeSeq, subs: []*node{n}, optional: p.toks[p.at] == ")?"}
		p.at++
		return n, nil
	}
	n := &node{}
	if strings.HasSuffix(tok, "?") {
		n.optional = true
		tok = strings.TrimSuffix(tok, "?")
	}
	switch {
	case strings.HasPrefix(tok, ".."), strings.HasPrefix(tok, "::"):
		v, err := strconv.Atoi(tok[2:])
		if err != nil || v < 1 || v > maxGap {
			return nil, fmt.Errorf("gap %q is not ..1 to ..%d", tok, maxGap)
		}
		n.kind, n.max, n.phrase = nodeGap, v, tok[0] == ':'
	case strings.HasPrefix(tok, "@"):
		id, ok := p.lex.lists[tok[1:]]
		if !ok {
			return nil, fmt.Errorf("no list is called %q", tok)
		}
		n.kind, n.id = nodeList, id
	case strings.HasPrefix(tok, "<"):
		c, ok := classNames[tok]
		if !ok {
			return nil, fmt.Errorf("no class is called %q", tok)
		}
		n.kind, n.id = nodeClass, int32(c)
	case strings.HasSuffix(tok, "~"):
		alt := &node{kind: nodeAlt}
		for _, form := range inflections(foldWord(strings.TrimSuffix(tok, "~"))) {
			alt.subs = append(alt.subs, &node{kind: nodeWord, word: form})
		}
		n.kind, n.subs = nodeSeq, []*node{alt}
	default:
		n.kind, n.word = nodeWord, foldWord(tok)
		if n.word == "" {
			return nil, fmt.Errorf("%q is no word", tok)
		}
	}
	return n, nil
}

// foldWord brings a word of a data file to the form words of a reply have.
func foldWord(s string) string {
	var b strings.Builder
	for _, c := range fold(s) {
		if isLetter(c.r) || isDigit(c.r) {
			b.WriteRune(c.r)
		}
	}
	return b.String()
}

// inflections are the forms of an English noun or verb, also such as nobody
// uses; they do no harm.
func inflections(w string) []string {
	if len(w) < 3 {
		return []string{w, w + "s"}
	}
	vowel := func(c byte) bool { return strings.IndexByte("aeiou", c) >= 0 }
	last, before := w[len(w)-1], w[len(w)-2]
	stem := w[:len(w)-1]
	switch {
	case last == 'e':
		return []string{w, w + "s", w + "d", stem + "ing"}
	case last == 'y' && !vowel(before):
		return []string{w, stem + "ies", stem + "ied", w + "ing"}
	case last == 's' || last == 'x' || last == 'z' || strings.HasSuffix(w, "ch") || strings.HasSuffix(w, "sh"):
		return []string{w, w + "es", w + "ed", w + "ing"}
	case len(w) <= 5 && vowel(before) && !vowel(last) && !vowel(w[len(w)-3]) && strings.IndexByte("wy", last) < 0:
		d := w + string(last)
		return []string{w, w + "s", w + "ed", w + "ing", d + "ed", d + "ing"}
	}
	return []string{w, w + "s", w + "ed", w + "ing"}
}

func (l *lexicon) nullable(n *node) bool {
	if n.optional {
		return true
	}
	switch n.kind {
	case nodeGap, nodeNot:
		return true
	case nodeClass:
		return class(n.id) >= classStart
	case nodeSeq:
		return !slices.ContainsFunc(n.subs, func(s *node) bool { return !l.nullable(s) })
	case nodeAlt:
		return slices.ContainsFunc(n.subs, l.nullable)
	}
	return false
}

// compile turns a node into code that ends with opMatch.
func (l *lexicon) compile(n *node) []instruction {
	return append(l.emit(nil, n), instruction{op: opMatch})
}

func (l *lexicon) emit(code []instruction, n *node) []instruction {
	skip := -1
	if n.optional {
		skip = len(code)
		code = append(code, instruction{op: opSplit, a: int32(skip + 1)})
	}
	switch n.kind {
	case nodeWord:
		code = append(code, instruction{op: opWord, a: l.intern(n.word)})
	case nodeList:
		code = append(code, instruction{op: opList, a: n.id})
	case nodeClass:
		code = append(code, instruction{op: opClass, a: n.id})
	case nodeGap: // shortest first, but in what takes matches back
		var outs []int
		for range n.max {
			outs = append(outs, len(code))
			code = append(code, instruction{op: opSplit, a: int32(len(code) + 1), b: int32(len(code) + 1)})
			if n.phrase { // a comma ends the phrase, too
				code = append(code, instruction{op: opNot, a: int32(len(code) + 3)}, instruction{op: opList, a: l.list("phrasebreak")}, instruction{op: opMatch})
				code = append(code, instruction{op: opNot, a: int32(len(code) + 3)}, instruction{op: opClass, a: int32(classComma)}, instruction{op: opMatch})
			}
			code = append(code, instruction{op: opAny})
		}
		for _, o := range outs {
			if l.greedy {
				code[o].b = int32(len(code))
			} else {
				code[o].a = int32(len(code))
			}
		}
	case nodeSeq:
		for _, s := range n.subs {
			code = l.emit(code, s)
		}
	case nodeAlt:
		var jumps []int
		for i, s := range n.subs {
			if i == len(n.subs)-1 {
				code = l.emit(code, s)
				break
			}
			split := len(code)
			code = append(code, instruction{op: opSplit, a: int32(split + 1)})
			code = l.emit(code, s)
			jumps = append(jumps, len(code))
			code = append(code, instruction{op: opJump})
			code[split].b = int32(len(code))
		}
		for _, j := range jumps {
			code[j].a = int32(len(code))
		}
	case nodeNot:
		at := len(code)
		code = append(code, instruction{op: opNot})
		code = l.emit(code, n.subs[0])
		code = append(code, instruction{op: opMatch})
		code[at].a = int32(len(code))
	}
	if skip >= 0 {
		code[skip].b = int32(len(code))
	}
	return code
}

// firsts adds to set what a match can begin with.
func (l *lexicon) firsts(n *node, set *firstSet) {
	switch n.kind {
	case nodeWord:
		set.words = append(set.words, l.intern(n.word))
	case nodeList:
		set.lists = append(set.lists, n.id)
	case nodeClass:
		if class(n.id) < classStart {
			set.classes = append(set.classes, class(n.id))
		}
	case nodeGap:
		set.any = true
	case nodeAlt:
		for _, s := range n.subs {
			l.firsts(s, set)
		}
	case nodeSeq:
		for _, s := range n.subs {
			l.firsts(s, set)
			if !l.nullable(s) {
				return
			}
		}
	}
}

type firstSet struct {
	words   []int32
	lists   []int32
	classes []class
	any     bool
}
