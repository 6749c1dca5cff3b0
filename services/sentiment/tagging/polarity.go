package tagging

import (
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/tagging/token"
)

// opinionPolarity applies negation and context to an opinion. from is where its
// evidence begins: at the negator, if there is one.
func (r *reading) opinionPolarity(op opinion, h hit) (review.Polarity, int32, bool) {
	p, from := op.polarity, h.from
	if at, ok := r.negated(h.from); ok {
		switch op.negated {
		case negatedDrop:
			return "", 0, false
		case negatedOpposite:
			p = opposite(p)
		}
		from = at
	}
	p, ok := inContext(p, r.words[h.from].effect)
	return p, from, ok
}

// inContext says what becomes of a polarity in a context; false means that the
// words say nothing about this practice as it is now.
func inContext(p review.Polarity, e effect) (review.Polarity, bool) {
	switch e {
	case effectElse:
		return "", false
	case effectFlip:
		return opposite(p), true
	case effectWish:
		if p == review.Positive {
			return review.Negative, true
		}
	case effectPast:
		if p == review.Positive {
			return "", false
		}
	}
	return p, true
}

func opposite(p review.Polarity) review.Polarity {
	switch p {
	case review.Positive:
		return review.Negative
	case review.Negative:
		return review.Positive
	}
	return p
}

// isAdjective settles words such as "kind", "patient" and "mean", which praise
// or blame only as adjectives. The words around decide; where they do not, the
// clause tagger is asked about this one clause.
func (r *reading) isAdjective(h hit, local []hit, seg segment) bool {
	before, after := &word{stop: true}, &word{stop: true}
	if h.from > seg.from {
		before = &r.words[h.from-1]
	}
	if h.to < seg.to {
		after = &r.words[h.to]
	}
	switch {
	case before.traits&(traitIntense|traitNegator) != 0, before.kind == token.Comma:
		return true
	case before.traits&(traitArticle|traitSubject) != 0:
		for k := range local { // "a kind doctor", but "a patient", "the kind of doctor"
			if local[k].from == h.to {
				return true
			}
		}
		return indexAt(r.opinions, h.to) >= 0
	case before.traits&traitVerb != 0 && (after.stop || after.kind == token.Comma || after.traits&traitJoin != 0):
		return true
	}
	if c := r.engine.options.Clauses; c != nil {
		if adjective, known := r.ask(c, h, seg); known {
			return adjective
		}
	}
	return before.traits&(traitVerb|traitJoin) != 0 || before.stop
}

// maxClause is how many words of a clause the tagger is given.
const maxClause = 24

func (r *reading) ask(c ClauseTagger, h hit, seg segment) (adjective, known bool) {
	low, high := max(seg.from, h.from-maxClause/2), min(seg.to, h.to+maxClause/2)
	words := make([]string, 0, maxClause+1)
	at := -1
	for i := low; i < high; i++ {
		w := &r.words[i]
		if w.kind != token.Word {
			continue
		}
		if i == h.from {
			at = len(words)
		}
		words = append(words, normalWord(r.text[w.start:w.end]))
	}
	if at < 0 {
		return false, false
	}
	tag := c.Tag(words, at)
	// A noun is no answer: taggers trained on newspapers call "kind" one wherever
	// it stands.
	switch tag {
	case "JJ", "JJR", "JJS":
		return true, true
	case "VB", "VBP", "VBZ", "VBD":
		return false, true
	}
	return false, false
}
