package tagging

import (
	"slices"
	"sort"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/tagging/token"
)

// speaker remembers who is spoken of, from one clause to the next.
type speaker struct {
	role     role // doctor or staff, or thing if nobody was named yet
	singular role // whom "she" means
	sentence int32
	doctor   bool // the sentence names the clinician
}

// attach decides for every opinion what it is about, and turns the pairs into
// findings. Targets and opinions are walked in the order of the text.
func (r *reading) attach() {
	r.targets = slices.DeleteFunc(r.targets, func(h hit) bool { // "cannot wait" is no waiting
		return r.lex.targets[h.of].role == roleThing && r.maskedAny(h.from, h.to)
	})
	who := speaker{role: roleThing, singular: roleDoctor, sentence: -1}
	t, o := 0, 0
	for s := range r.segments {
		seg := r.segments[s]
		tFrom := t
		for t < len(r.targets) && r.targets[t].from < seg.to {
			t++
		}
		oFrom := o
		for o < len(r.opinions) && r.opinions[o].from < seg.to {
			o++
		}
		if seg.sentence != who.sentence {
			who.doctor = false
		}
		local := r.targets[tFrom:t]
		for k := oFrom; k < o; k++ {
			r.place(r.opinions[k], local, r.opinions[k+1:o], seg, who)
		}
		r.remember(local, seg, &who)
	}
	for _, h := range r.targets {
		r.alone(h)
	}
}

// remember updates who is spoken of after a clause.
func (r *reading) remember(local []hit, seg segment, who *speaker) {
	who.sentence = seg.sentence
	first := true
	for _, h := range local {
		kind := r.lex.targets[h.of].role
		switch kind {
		case roleDoctor, roleStaff, roleThey, rolePractice:
			if first {
				who.role = kind
				first = false
			}
			if kind == roleDoctor {
				who.doctor = true
				who.singular = kind
			}
			if kind == roleStaff && r.lex.targets[h.of].single && !who.doctor && h.from-seg.from <= 3 {
				who.singular = kind
			}
		case roleHe:
			if first {
				who.role = who.singular
				first = false
			}
		case roleOther:
			who.role = roleOther
			who.singular = roleOther
			first = false
		}
	}
}

// place finds what one opinion is about.
func (r *reading) place(h hit, local, later []hit, seg segment, who speaker) {
	op := r.lex.opinions[h.of]
	if r.maskedAny(h.from, h.to) || op.adjective && !r.isAdjective(h, local, seg) {
		return
	}
	polarity, from, ok := r.opinionPolarity(op, h)
	if !ok {
		return
	}
	if op.object {
		if k := r.objectOf(h, local, seg); k >= 0 && r.takes(local[k], op) {
			r.settle(local, k, op, polarity, from, h.to, who)
			return
		}
	}
	if k := r.modified(h, local, later, seg); k >= 0 && r.takes(local[k], op) && !r.doneBySomebody(local, k) {
		r.settle(local, k, op, polarity, from, h.to, who)
		return
	} else if k >= 0 && k+1 < len(local) && (r.passed(local[k], local[k+1]) || local[k].to == local[k+1].from) && r.takes(local[k+1], op) {
		r.settle(local, k+1, op, polarity, from, h.to, who)
		return
	} else if k >= 0 && r.lex.targets[local[k].of].role == roleThing && op.kind == opinionPerson {
		return // "short waiting times" is about nobody's manner
	}
	practice := false
	for k := len(local) - 1; k >= 0; k-- {
		practice = practice || local[k].from < h.from && r.lex.targets[local[k].of].role == rolePractice
		if local[k].from >= h.from {
			continue
		}
		if !r.takes(local[k], op) {
			if t := r.lex.targets[local[k].of]; t.role == roleThing && t.topic != review.ClinicalCare && r.verbBetween(local[k].to, h.from) {
				return // "the wait was short"
			}
			continue
		}
		role := r.lex.targets[local[k].of].role
		if role != roleSelf && r.writerBetween(local[k].to, h.from) {
			continue
		}
		if role == roleHim && r.verbBetween(local[k].to, h.from) {
			continue
		}
		if role == roleSelf && op.kind == opinionPerson {
			return
		}
		if role == roleNothing && op.kind != opinionPerson {
			r.loosely(op, polarity)
			return
		}
		if role == roleNothing || role == roleSelf || role == roleDeed || role == rolePractice && op.kind != opinionPerson && op.topic == "" {
			continue
		}
		r.settle(local, k, op, polarity, from, h.to, who)
		return
	}
	if op.topic != "" {
		if op.bare && !r.ofSomebody(local, h) {
			r.found(op.topic, polarity, op.weight, from, h.to, op.id)
		}
		return
	}
	if practice && (op.kind != opinionPerson || op.weight < 1) {
		r.loosely(op, polarity)
		return
	}
	general := op.kind == opinionGeneral && seg.sentence == who.sentence && who.role != roleThing
	if op.kind != opinionPerson && !general {
		r.loosely(op, polarity)
		return
	}
	r.carry(op, polarity, from, h.to, seg, who)
}

// ofSomebody reports whether the last target before an opinion in its clause is
// a person or a treatment: a "clean" tooth, a "dirty" doctor are no place.
func (r *reading) ofSomebody(local []hit, h hit) bool {
	for k := len(local) - 1; k >= 0; k-- {
		if local[k].from >= h.from {
			continue
		}
		switch t := r.lex.targets[local[k].of]; t.role {
		case roleThing:
			return t.topic == review.ClinicalCare
		case rolePractice, rolePlace, roleNothing:
			return false
		case roleStaff, roleThey:
			return local[k].to < h.from && r.words[local[k].to].traits&traitVerb != 0
		default:
			return true
		}
	}
	return false
}

// loosely counts an opinion about nothing that has a topic ("a great experience",
// a thumb up) for the verdict of the whole review.
func (r *reading) loosely(op opinion, p review.Polarity) {
	switch p {
	case review.Positive:
		r.loose.positive += op.weight
	case review.Negative:
		r.loose.negative += op.weight
	}
}

// doneBySomebody reports whether target k is a deed ("a great job") of somebody
// named before it in the clause, whom the opinion is about then.
func (r *reading) doneBySomebody(local []hit, k int) bool {
	if r.lex.targets[local[k].of].role != roleDeed {
		return false
	}
	for j := k - 1; j >= 0; j-- {
		switch r.lex.targets[local[j].of].role {
		case roleDoctor, roleStaff, roleThey, roleHe:
			return true
		}
	}
	return false
}

// verbBetween reports whether a verb stands between two words: then the pronoun
// before it was an object, and the opinion after it is about somebody else.
func (r *reading) verbBetween(from, to int32) bool {
	for i := from; i < to; i++ {
		if r.words[i].traits&traitFinite != 0 {
			return true
		}
	}
	return false
}

// writerBetween reports whether the writer became the subject between two words:
// in "I asked the nurse and I was disappointed" the disappointment is no opinion
// of the nurse. "The nurse I met was kind" stays one.
func (r *reading) writerBetween(from, to int32) bool {
	for i := from + 1; i < to; i++ {
		if r.words[i].traits&traitWriter != 0 && i+1 < to && r.words[i+1].traits&traitFinite != 0 {
			return true
		}
	}
	return false
}

// objectOf returns the index of the target a verb of praise or blame is about:
// the first one within six words after it.
func (r *reading) objectOf(h hit, local []hit, seg segment) int {
	for k := range local {
		if local[k].from < h.to {
			continue
		}
		if local[k].from-h.to > 6 || r.lex.targets[local[k].of].role == roleSelf {
			return -1
		}
		if r.lex.targets[local[k].of].role == rolePractice || r.lex.targets[local[k].of].role == roleNothing {
			continue
		}
		if r.lex.targets[local[k].of].role == roleThey && local[k].from > h.to {
			return -1 // "frustrated by the time they arrive"
		}
		return k
	}
	return -1
}

// carry gives an opinion without anything to be about in its own clause to
// whoever the text spoke of: "The staff is friendly, quick and kind." A clause
// on its own ("Very kind.") is about the clinician.
func (r *reading) carry(op opinion, polarity review.Polarity, from, to int32, seg segment, who speaker) {
	topic := review.ClinicalCare
	switch {
	case who.role == roleOther && seg.sentence == who.sentence:
		return
	case (who.role == roleStaff || who.role == roleThey || who.role == rolePractice && op.weight >= 1 && seg.sentence == who.sentence) && (seg.sentence == who.sentence || seg.sentence == who.sentence+1 && !who.doctor):
		topic = review.StaffAttitude
	}
	r.found(topic, polarity, op.weight, from, to, op.id)
}

// takes reports whether an opinion can be about a target at all.
func (r *reading) takes(h hit, op opinion) bool {
	switch r.lex.targets[h.of].role {
	case roleThing, roleDeed:
		return op.kind != opinionPerson && (op.topic == "" || op.topic == r.lex.targets[h.of].topic)
	case roleNothing, roleSelf, roleOwn:
		return true
	case rolePractice:
		return op.kind != opinionPerson || op.weight >= 1
	case rolePlace:
		return op.topic != ""
	default:
		return op.kind != opinionThing
	}
}

// modified returns the index of the target an adjective stands before: "a kind
// and caring doctor", "great front desk staff". Only other opinions, "and" and
// nouns may stand between.
func (r *reading) modified(h hit, local, later []hit, seg segment) int {
	i := h.to
	for steps := 0; i < seg.to && steps < 4; steps++ {
		for k := range local {
			if local[k].from <= i && i < local[k].to && local[k].from >= h.from {
				if role := r.lex.targets[local[k].of].role; role == roleHe || role == roleSelf {
					return -1
				}
				return k
			}
		}
		w := &r.words[i]
		if w.kind == token.Comma || w.traits&traitJoin != 0 {
			if !startsAt(later, i+1) {
				return -1
			}
			i++
			continue
		}
		if w.kind != token.Word || w.traits&(traitVerb|traitSubject|traitArticle|traitNegator) != 0 {
			return -1
		}
		if k := indexAt(later, i); k >= 0 {
			i = later[k].to
			continue
		}
		i++
	}
	return -1
}

func startsAt(hits []hit, i int32) bool { return indexAt(hits, i) >= 0 }

// indexAt returns the index of the hit that begins at word i, or -1.
func indexAt(hits []hit, i int32) int {
	if k := firstFrom(hits, i); k < len(hits) && hits[k].from == i {
		return k
	}
	return -1
}

// firstFrom returns the index of the first hit that begins at word i or later.
func firstFrom(hits []hit, i int32) int {
	return sort.Search(len(hits), func(k int) bool { return hits[k].from >= i })
}
