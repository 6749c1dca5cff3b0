package tagging

import (
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/tagging/token"
)

// settle records an opinion about target k, and about the targets joined to it
// by "and": "Dr. Lee and her staff are kind".
func (r *reading) settle(local []hit, k int, op opinion, polarity review.Polarity, from, to int32, who speaker) {
	r.about(&local[k], op, polarity, from, to, who)
	if local[k].to <= from { // the opinion follows: look for "A and B are kind"
		for j := k; j > 0 && r.joined(local[j-1], local[j]); j-- {
			r.about(&local[j-1], op, polarity, from, to, who)
		}
		return
	}
	for j := k; j+1 < len(local) && (r.joined(local[j], local[j+1]) || r.passed(local[j], local[j+1])); j++ {
		r.about(&local[j+1], op, polarity, from, to, who)
	}
}

// joined reports whether only "and" and up to three small words stand between
// two targets.
func (r *reading) joined(a, b hit) bool {
	if b.from-a.to > 5 || b.from <= a.to {
		return false
	}
	and := false
	for i := a.to; i < b.from; i++ {
		w := &r.words[i]
		if w.traits&traitVerb != 0 || w.kind == token.End {
			return false
		}
		if w.traits&traitJoin != 0 || w.kind == token.Comma {
			and = true
		}
	}
	k := firstFrom(r.opinions, a.to)
	return and && (k == len(r.opinions) || r.opinions[k].from >= b.from)
}

// passed reports whether praise of a thing goes on to people: "great service
// from the staff", "a wonderful experience with her team".
func (r *reading) passed(a, b hit) bool {
	switch r.lex.targets[a.of].role {
	case roleThing, roleNothing, roleDeed:
	default:
		return false
	}
	switch r.lex.targets[b.of].role {
	case roleDoctor, roleStaff:
	default:
		return false
	}
	if b.from-a.to > 5 || b.from <= a.to {
		return false
	}
	for i := a.to; i < b.from; i++ {
		if r.words[i].traits&traitGiver != 0 {
			return true
		}
	}
	return false
}

// about records one opinion about one target.
func (r *reading) about(h *hit, op opinion, polarity review.Polarity, from, to int32, who speaker) {
	t := r.lex.targets[h.of]
	h.used = true
	topic := t.topic
	role := t.role
	if role == roleHe || role == roleHim {
		role = who.singular
	}
	switch role {
	case roleThing:
		if topic == "" {
			return
		}
	case roleDeed, roleOwn:
	case roleDoctor:
		topic = review.ClinicalCare
	case roleStaff:
		topic = review.StaffAttitude
	case roleThey:
		topic = review.StaffAttitude
	case rolePractice, rolePlace:
		switch {
		case op.topic != "":
			topic = op.topic
		case op.kind == opinionPerson && role == rolePractice:
			topic = review.StaffAttitude
		default:
			r.loosely(op, polarity)
			return
		}
	case roleOther:
		if r.words[h.from].effect != effectFlip {
			return
		}
		topic = review.ClinicalCare
	default:
		return
	}
	if topic == "" {
		return
	}
	low, high := from, to
	if h.from < low && low-h.from <= 12 {
		low = h.from
	}
	if h.to > high && h.to-high <= 12 {
		high = h.to
	}
	r.found(topic, polarity, op.weight, low, high, r.lex.pairID(h.of, op.index))
}

// alone records what a target says that no opinion is about: "billing
// department" in a clause of complaint.
func (r *reading) alone(h hit) {
	t := r.lex.targets[h.of]
	if h.used || r.maskedAny(h.from, h.to) || r.words[h.from].effect == effectElse {
		return
	}
	if t.alone != "" {
		r.found(t.topic, t.alone, 0.5, h.from, h.to, t.id)
		return
	}
	if !t.lean {
		return
	}
	seg := r.segments[r.words[h.from].seg]
	const clear = 1.6 // learned weights that say so beyond doubt
	switch v := r.lean(seg.from, seg.to); {
	case v > clear:
		r.found(t.topic, review.Positive, 0.5, h.from, h.to, t.id)
	case v < -clear:
		r.found(t.topic, review.Negative, 0.5, h.from, h.to, t.id)
	case t.role == roleOwn:
		r.found(t.topic, review.Mixed, ownNeutral, h.from, h.to, t.id)
	}
}

// found records one piece of evidence.
func (r *reading) found(topic review.Topic, p review.Polarity, weight float32, from, to int32, id string) {
	r.findings = append(r.findings, finding{topic: topic, polarity: p, weight: weight, from: from, to: to, rule: id})
}
