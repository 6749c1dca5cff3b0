package tagging

import (
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/tagging/token"
)

// word is one token of the text under analysis.
type word struct {
	id         int32
	start, end int32 // bytes
	seg        int32
	kind       token.Kind
	capital    bool
	stop       bool // ends a sentence or turns it: no gap reaches over it
	masked     bool // part of an idiom: carries no meaning of its own
	spent      bool // a negator that is part of an opinion: it negates nothing else
	understood bool // part of a finding that says the opposite of its learned weight
	wordInfo
	effect effect // of the context the word stands in
}

// hit is one match of a pattern, in words.
type hit struct {
	from, to int32
	of       int32 // a target or opinion; of rules and flags the entry
	used     bool
}

// segment is a stretch of text that says one thing: a clause, or a piece of a
// list. Opinions look for what they are about inside it first.
type segment struct {
	from, to int32
	sentence int32
}

// finding is one piece of evidence before it is summed up.
type finding struct {
	topic    review.Topic
	polarity review.Polarity
	weight   float32
	from, to int32 // words
	rule     string
	verdict  review.Polarity // counts only in a review with this verdict; "" for any
}

// reading is the scratch state of one analysis. It is reused.
type reading struct {
	engine *Engine
	lex    *lexicon
	text   string

	words    []word
	segments []segment
	targets  []hit
	opinions []hit
	rules    []hit
	flags    []hit
	findings []finding
	loose    tally     // opinions about nothing that has a topic
	score    []float32 // running sum of learned weights; one more than words
	tries    []int32   // branches to try at one word
	ownIDs   []int32   // by word: its id in the organization's own terms, 0 for none
	own      []ownHit  // own terms found, in the order of the text
	people   []named
	stood    []int32 // rules of urgent flags that stand
	verdict  Verdict // how the verdict came about
	lang     string  // code of the language; see language.go
}

func (r *reading) read(e *Engine, text string) {
	r.engine, r.lex, r.text = e, e.lex, text
	r.words = r.words[:0]
	r.segments = r.segments[:0]
	r.targets = r.targets[:0]
	r.opinions = r.opinions[:0]
	r.rules = r.rules[:0]
	r.flags = r.flags[:0]
	r.findings = r.findings[:0]
	r.score = r.score[:0]
	r.own = r.own[:0]
	r.loose = tally{}
	r.scan()
	if r.lang = r.detect(); e.only != "" {
		r.lang = e.only
	}
	if r.lang == spanish {
		r.lex = e.spanish
		r.scan()
	}
	r.cut()
	r.findOwn()
	if readable(r.lang) {
		r.find()
	}
	r.mergeOwn()
	r.spend()
	r.weigh()
	r.attach()
	r.applyRules()
	r.applyOwn()
}

// maxSegment bounds a clause, so that a text without any punctuation costs no
// more a word than another.
const maxSegment = 40

// cut finds the clauses. A clause ends at the end of a sentence, at a word of
// contrast, at a comma, and at a joining word or comma that a new subject
// follows.
func (r *reading) cut() {
	from, sentence := int32(0), int32(0)
	close := func(to int32) {
		if to > from {
			for i := from; i < to; i++ {
				r.words[i].seg = int32(len(r.segments))
			}
			r.segments = append(r.segments, segment{from: from, to: to, sentence: sentence})
		}
		from = to
	}
	n := int32(len(r.words))
	for i := int32(0); i < n; i++ {
		w := &r.words[i]
		if i-from >= maxSegment {
			close(i)
		}
		switch {
		case w.kind == token.End:
			close(i + 1)
			sentence++
		case w.traits&traitContrast != 0:
			close(i)
		case w.kind == token.Comma:
			if i+1 < n && r.opensClause(i+1) {
				close(i + 1)
			}
		case w.traits&traitJoin != 0:
			if i+1 < n && r.words[i+1].traits&traitSubject != 0 && r.opensAfterJoin(from, i) {
				close(i)
			}
		}
	}
	close(n)
}

// opensAfterJoin reports whether the joining word i, which a subject follows,
// begins a new clause ("he is kind and his staff are rude") and not another name
// in a list ("a kind doctor and staff"). from is where the clause began.
func (r *reading) opensAfterJoin(from, i int32) bool {
	if r.words[i+1].traits&traitPronoun != 0 {
		return true
	}
	before := false
	for k := from; k < i && !before; k++ {
		before = r.words[k].traits&traitFinite != 0
	}
	if !before {
		return false
	}
	for k := i + 2; k < int32(len(r.words)) && k < i+8 && r.words[k].kind == token.Word && r.words[k].traits&traitJoin == 0; k++ {
		if r.words[k].traits&traitFinite != 0 {
			return true
		}
	}
	return false
}

// opensClause reports whether a clause of its own begins at word i, after a
// comma: a subject does so, another adjective of a list does not.
func (r *reading) opensClause(i int32) bool {
	w := r.words[i]
	if w.traits&(traitJoin|traitIntense) != 0 && int(i)+1 < len(r.words) {
		return r.words[i+1].traits&traitSubject != 0
	}
	return w.traits&traitSubject != 0
}

// spend marks the negators inside opinions ("could not care less").
func (r *reading) spend() {
	for _, h := range r.opinions {
		for k := h.from; k < h.to; k++ {
			r.words[k].spent = r.words[k].spent || r.words[k].traits&traitNegator != 0
		}
	}
}

// weigh sums the learned weights along the text, for verdicts on any stretch.
func (r *reading) weigh() {
	sum := float32(0)
	r.score = append(r.score, 0)
	prev := idEnd
	for i := range r.words {
		id := r.words[i].id
		if r.words[i].kind != token.Comma && !r.words[i].masked {
			sum += r.words[i].weight + r.lex.pairWeight(prev, &r.words[i])
		}
		if r.words[i].kind != token.Comma {
			prev = id
		}
		r.score = append(r.score, sum)
	}
}

// lean is the sum of learned weights over a stretch of words.
func (r *reading) lean(from, to int32) float32 { return r.score[to] - r.score[from] }

// negationReach is how many words before a phrase a "not" still counts.
const negationReach = 5

// noneReach is how many words before a phrase a "no" still counts: it negates a
// noun ("no long waits"), not what is said after it.
const noneReach = 3

// negated reports whether a negator stands before word i in its clause, and
// where.
func (r *reading) negated(i int32) (int32, bool) {
	low := r.segments[r.words[i].seg].from
	if i-negationReach > low {
		low = i - negationReach
	}
	for k := i - 1; k >= low; k-- {
		w := &r.words[k]
		if w.masked || w.spent {
			continue
		}
		if w.traits&traitNegator != 0 && (w.traits&traitNone == 0 || i-k <= noneReach) {
			return k, true
		}
		if w.traits&traitNegStop != 0 || w.kind == token.Comma {
			return 0, false
		}
	}
	return 0, false
}

func (r *reading) maskedAny(from, to int32) bool {
	for i := from; i < to; i++ {
		if r.words[i].masked {
			return true
		}
	}
	return false
}

// near reports whether a guard matches within reach of a hit, in its sentence.
func (r *reading) near(guards []guard, h hit, reach int32) bool {
	if len(guards) == 0 {
		return false
	}
	low, high := max(0, h.from-reach), min(int32(len(r.words)), h.to+reach)
	for low < h.from && r.sentenceOf(low) != r.sentenceOf(h.from) {
		low++
	}
	for high > h.to && r.sentenceOf(high-1) != r.sentenceOf(h.from) {
		high--
	}
	for i := low; i < high; i++ {
		id := r.words[i].id
		if id == idUnknown {
			continue
		}
		for _, g := range guards {
			if !r.lex.inSet(g.first, &r.words[i]) {
				continue
			}
			if end := r.lex.run(r.lex.code, g.pc, r.words, int(i)); end >= 0 && int32(end) <= high {
				return true
			}
		}
	}
	return false
}

func (r *reading) sentenceOf(i int32) int32 { return r.segments[r.words[i].seg].sentence }
