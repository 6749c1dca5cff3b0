package tagging

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/tagging/token"
)

const (
	// maxMentions bounds the people kept from one text.
	maxMentions = 16
	// The name finder costs much more than the rest of an analysis; it is asked
	// about few and short sentences only.
	maxAsked         = 3
	maxSentenceBytes = 400
	// spokenReach is how many words after a name something can still be about it.
	spokenReach = 60
)

// named is a person found in the text, before polarity is known.
type named struct {
	name, role string
	start, end int   // bytes of the name
	low, high  int32 // words of the name and of what announces it
}

// mentions returns the people named in the text, each once, in the order of the
// text. People an organization told us of come first, then honorifics ("Dr. Lee")
// and role words ("Amy at the front desk"); a name finder is asked about sentences
// that hold a name which none of these gives away.
func (r *reading) mentions() []review.Mention {
	r.people = r.people[:0]
	for _, o := range r.own {
		if t := &r.lex.own.terms[o.term]; t.kind == review.TermPerson {
			r.name(named{name: t.name, role: t.job, start: int(r.words[o.from].start), end: int(r.words[o.to-1].end), low: o.from, high: o.to})
		}
	}
	for i := int32(0); i < int32(len(r.words)) && len(r.people) < maxMentions; i++ {
		from, to, role, low, high := r.mentionAt(i)
		if from == to || r.maskedAny(from, to) || r.ownPerson(from, to) || r.ofAnother(low) {
			continue
		}
		start, end := int(r.words[from].start), int(r.words[to-1].end)
		r.name(named{name: r.text[start:end], role: role, start: start, end: end, low: low, high: high})
		i = max(i, to-1)
	}
	if f := r.engine.options.Names; f != nil && len(r.people) < maxMentions {
		r.askNames(f)
	}
	if len(r.people) == 0 {
		return nil
	}
	slices.SortStableFunc(r.people, func(a, b named) int { return cmp.Compare(a.start, b.start) })
	out := make([]review.Mention, len(r.people))
	for k, p := range r.people {
		out[k] = review.Mention{Name: p.name, Role: p.role, Polarity: r.spokenOf(k), Start: p.start, End: p.end}
	}
	return out
}

// ownPerson reports whether words from to to are the name of somebody an
// organization told us of, whom the text may have named before.
func (r *reading) ownPerson(from, to int32) bool {
	at := sort.Search(len(r.own), func(k int) bool { return r.own[k].to > from })
	for ; at < len(r.own) && r.own[at].from < to; at++ {
		if r.lex.own.terms[r.own[at].term].kind == review.TermPerson {
			return true
		}
	}
	return false
}

// ofAnother reports whether the name announced at word low is that of somebody
// at another practice: "my old dentist, Dr. Ek".
func (r *reading) ofAnother(low int32) bool {
	for at := firstFrom(r.targets, low-8); at < len(r.targets) && r.targets[at].from <= low; at++ {
		if h := r.targets[at]; r.lex.targets[h.of].role == roleOther && low <= h.to+1 {
			return true
		}
	}
	return false
}

// name keeps a person unless the text named them before, or overlaps.
func (r *reading) name(p named) {
	if len(r.people) >= maxMentions {
		return
	}
	for k := range r.people {
		q := &r.people[k]
		if q.name == p.name || p.start < q.end && q.start < p.end {
			return
		}
	}
	r.people = append(r.people, p)
}

// mentionAt recognises a name that begins or is announced at word i. The name is
// words from to to, with what announces it low to high.
func (r *reading) mentionAt(i int32) (from, to int32, role string, low, high int32) {
	w := &r.words[i]
	if w.kind != token.Word {
		return 0, 0, "", 0, 0
	}
	n := int32(len(r.words))
	if w.traits&(traitHonorific|traitRoleWord) != 0 {
		k := i + 1
		if k < n && (r.words[k].kind == token.Comma && w.traits&traitRoleWord != 0 || r.isAny(k, "named", "llamada", "llamado")) {
			k++
		}
		if end := r.nameEnd(k, true); end > k {
			return k, end, r.roleOf(i), i, end
		}
		return 0, 0, "", 0, 0
	}
	end := r.nameEnd(i, false)
	if end == i {
		return 0, 0, "", 0, 0
	}
	// "Sarah, the receptionist"; "Maria at the front desk"; "Tom (his assistant)";
	// "Rosa en la recepción"
	k := end
	for steps := 0; k < n && steps < 3; steps++ {
		switch {
		case r.words[k].traits&traitRoleWord != 0 && steps > 0:
			return i, end, r.roleOf(k), i, k + 1
		case r.isAny(k, "front", "reception", "recepción", "recepcion") && steps > 0:
			return i, end, "receptionist", i, min(n, k+2)
		case r.words[k].kind == token.Comma, r.words[k].traits&traitArticle != 0, r.isAny(k, "at", "from", "in", "en", "de"):
			k++
		default:
			return 0, 0, "", 0, 0
		}
	}
	return 0, 0, "", 0, 0
}

// jobNames gives the words we use for the titles and role words of texts.
var jobNames = map[string]string{
	"dr": "doctor", "dra": "doctor", "doc": "doctor", "docs": "doctor", "prof": "doctor", "professor": "doctor", "doctora": "doctor",
	"mr": "", "mrs": "", "ms": "", "miss": "", "sr": "", "sra": "", "srta": "", "señor": "", "señora": "", "señorita": "",
	"hygenist": "hygienist", "secretary": "receptionist",
	"recepcionista": "receptionist", "secretaria": "receptionist", "enfermera": "nurse", "enfermero": "nurse",
	"asistente": "assistant", "higienista": "hygienist", "dentista": "dentist", "cirujano": "surgeon", "cirujana": "surgeon",
	"gerente": "manager", "técnico": "technician", "técnica": "technician", "optometrista": "optometrist",
}

// roleOf is the role that the title or role word i gives, in the words we use.
func (r *reading) roleOf(i int32) string {
	w := strings.ToLower(r.text[r.words[i].start:r.words[i].end])
	if name, ok := jobNames[w]; ok {
		return name
	}
	return w
}

func (r *reading) isAny(i int32, words ...string) bool {
	if i >= int32(len(r.words)) || r.words[i].kind != token.Word {
		return false
	}
	w := r.text[r.words[i].start:r.words[i].end]
	return slices.ContainsFunc(words, func(s string) bool { return strings.EqualFold(w, s) })
}

// nameEnd returns the word after the name that begins at word i, i if none does.
// A name is one to three capitalised words. Announced by a title or a role, it
// may be a word that we also know as another ("Nurse Joy"); else it must be
// unknown to the lexicon.
func (r *reading) nameEnd(i int32, announced bool) int32 {
	k := i
	for k < int32(len(r.words)) && k < i+3 {
		w := &r.words[k]
		if w.kind != token.Word || !w.capital || !announced && w.id != idUnknown || r.possibleVerb(w) {
			break
		}
		if k > i && r.text[r.words[k-1].end:w.start] != " " && r.text[r.words[k-1].end:w.start] != "-" {
			break
		}
		k++
		if strings.HasSuffix(r.text[w.start:w.end], "'s") || strings.HasSuffix(r.text[w.start:w.end], "’s") {
			break
		}
	}
	return k
}

// possibleVerb reports whether a capitalised word is rather the beginning of a
// sentence than a name: "Dr. Was late", "The nurse She".
func (r *reading) possibleVerb(w *word) bool {
	return w.traits&(traitSubject|traitPronoun|traitFinite|traitJoin|traitNegator|traitVerb|traitContrast|traitArticle|traitIntense|traitHonorific|traitRoleWord|traitEnglish) != 0
}

// askNames asks the name finder about sentences with a capitalised word that no
// list knows.
func (r *reading) askNames(f NameFinder) {
	asked := 0
	for s := 0; s < len(r.segments) && asked < maxAsked && len(r.people) < maxMentions; {
		first := s
		for s < len(r.segments) && r.segments[s].sentence == r.segments[first].sentence {
			s++
		}
		from, to := r.segments[first].from, r.segments[s-1].to
		start, end := int(r.words[from].start), int(r.words[to-1].end)
		if end-start > maxSentenceBytes || !r.mayName(from, to) {
			continue
		}
		asked++
		sentence := r.text[start:end]
		for _, name := range f.People(sentence) {
			if at := strings.Index(sentence, name); at >= 0 && name != "" {
				low, high := r.wordsAt(from, to, start+at, start+at+len(name))
				r.name(named{name: name, start: start + at, end: start + at + len(name), low: low, high: high})
			}
		}
	}
}

// wordsAt returns the words from to to that lie within a stretch of bytes.
func (r *reading) wordsAt(from, to int32, start, end int) (low, high int32) {
	for from < to && int(r.words[from].end) <= start {
		from++
	}
	for to > from && int(r.words[to-1].start) >= end {
		to--
	}
	return from, to
}

// mayName reports whether a stretch of words holds an unknown capitalised word
// inside a sentence that is no mention yet.
func (r *reading) mayName(from, to int32) bool {
	for i := from + 1; i < to; i++ {
		w := &r.words[i]
		if w.kind != token.Word || !w.capital || w.id != idUnknown || r.words[i-1].kind == token.End {
			continue
		}
		known := false
		for k := range r.people {
			known = known || int(w.start) >= r.people[k].start && int(w.end) <= r.people[k].end ||
				strings.Contains(r.people[k].name, r.text[w.start:w.end])
		}
		if !known {
			return true
		}
	}
	return false
}

// spokenOf says how the text speaks of person k: by the findings on words around
// the name, after it in its sentence, and by "he" and "she" in the two sentences
// after it, as long as nobody else comes in between; and by thanks before the name. It
// is empty if the text does not say.
func (r *reading) spokenOf(k int) review.Polarity {
	p := &r.people[k]
	var t tally
	first := r.sentenceOf(p.low)
	for _, f := range r.findings {
		if f.topic == overallTopic || f.from > p.high+spokenReach || f.to <= p.low && !r.leadsTo(f.to, p.low) {
			continue
		}
		sentence := r.sentenceOf(f.from)
		switch {
		case f.from < p.high: // said around the name, or right before it
		case sentence == first && !r.somebodyElse(k, p.high, f.to):
		case sentence > first && sentence <= first+2 && r.saysHe(f.from, f.to) && !r.somebodyElse(k, p.high, f.to):
		default:
			continue
		}
		t.add(f.polarity, f.weight)
	}
	if r.thanked(p.low) {
		t.positive++
	}
	if t == (tally{}) {
		return ""
	}
	return decide(t)
}

func (t *tally) add(p review.Polarity, weight float32) {
	switch p {
	case review.Positive:
		t.positive += weight
	case review.Negative:
		t.negative += weight
	default:
		t.mixed += weight
	}
}

// leadsTo reports whether what was found up to word from runs on to a name at
// word to: "a great job by Amy", "the wonderful Zelda".
func (r *reading) leadsTo(from, to int32) bool {
	if to-from > 2 || r.words[from-1].seg != r.words[to].seg {
		return false
	}
	for i := from; i < to; i++ {
		if r.words[i].traits&(traitGiver|traitArticle) == 0 {
			return false
		}
	}
	return true
}

// somebodyElse reports whether another person is spoken of between two words:
// named, or as "the nurse", "my dentist".
func (r *reading) somebodyElse(k int, from, to int32) bool {
	for j := range r.people {
		if j != k && r.people[j].low >= from && r.people[j].low < to {
			return true
		}
	}
	for at := firstFrom(r.targets, from); at < len(r.targets) && r.targets[at].from < to; at++ {
		switch r.lex.targets[r.targets[at].of].role {
		case roleDoctor, roleStaff, roleOther, roleThey:
			return true
		}
	}
	return false
}

// saysHe reports whether "he" or "she" stands in a stretch of words.
func (r *reading) saysHe(from, to int32) bool {
	for at := firstFrom(r.targets, from); at < len(r.targets) && r.targets[at].from < to; at++ {
		switch r.lex.targets[r.targets[at].of].role {
		case roleHe, roleHim:
			return true
		}
	}
	return false
}

// thanked reports whether thanks stand before the name at word low, in its
// sentence: "Thanks to Amy", "A big shout out to the lovely Maria", "Ask for Zelda".
func (r *reading) thanked(low int32) bool {
	for i := low - 1; i >= 0 && i >= low-5; i-- {
		w := &r.words[i]
		if w.kind == token.End || w.traits&traitNegator != 0 {
			return false
		}
		if w.traits&traitThanks != 0 {
			_, not := r.negated(i)
			return !not
		}
	}
	return false
}
