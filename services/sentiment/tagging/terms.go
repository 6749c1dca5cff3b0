package tagging

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/tagging/token"
)

const (
	// ownWeight is what a term with a polarity weighs: more than a rule of ours,
	// because whoever wrote it knows the practice.
	ownWeight = 1.5
	// ownNeutral is what a term weighs that is only named. It makes a mixed tag, and
	// gives way to any opinion.
	ownNeutral = 0.25
)

// ownTerms is what an organization added to the rules, compiled: a trie over the
// words of its phrases. Its words have ids of their own, so that the lexicon it
// is laid over stays as it is and is shared.
type ownTerms struct {
	words wordTable
	edges edgeTable
	first []int32 // by node: index of its first term plus one; 0 for none
	terms []ownTerm
}

// ownTerm is one phrase.
type ownTerm struct {
	kind     review.TermKind
	id       string // rule id in evidence
	topic    review.Topic
	polarity review.Polarity
	role     role // of a target
	name     string
	job      string
	next     int32 // another term of the same words, plus one; 0 for none
}

// target reports whether opinions can be about the term.
func (t *ownTerm) target() bool {
	return t.kind == review.TermPerson || t.kind == review.TermTopic && t.polarity == ""
}

// WithTerms returns an engine that knows an organization's own terms beside the
// rules of e, which it shares: it costs a few milliseconds and little memory.
// Its version is the version of e, "+" and the revision of the lexicon in six digits.
// A lexicon of revision 0 without terms gives e itself.
//
// Words of a phrase compare as in any text: without case, apostrophes and
// accents. Of phrases that overlap, the one that begins first counts, of two that
// begin together the longer.
//
//   - A topic with a polarity is found with that polarity, turned round by "not".
//   - A topic without one is what the praise and blame around it is about; named
//     without any it is mixed.
//   - A person is mentioned by the name given, and what is said of them counts
//     for staff or for the clinician, by their role.
//   - What is ignored means nothing, to no rule.
//
// Evidence carries the rule id "own:" and the phrase. An error means that l is
// not valid; it joins all faults.
func (e *Engine) WithTerms(l review.Lexicon) (*Engine, error) {
	if err := l.Validate(); err != nil {
		return nil, fmt.Errorf("compile own terms: %w", err)
	}
	if l.Revision == 0 && len(l.Terms) == 0 {
		return e, nil
	}
	out := *e
	out.version = fmt.Sprintf("%s+%06d", Version, l.Revision)
	out.lex, out.spanish = e.bases[0], e.bases[1]
	if len(l.Terms) == 0 {
		return &out, nil
	}
	own := &ownTerms{first: []int32{0}}
	for _, t := range l.Terms {
		own.add(e, t)
	}
	out.lex, out.spanish = e.bases[0].withTerms(own), e.bases[1].withTerms(own)
	return &out, nil
}

// withTerms lays terms over a lexicon. Only the list of targets is copied.
func (l *lexicon) withTerms(own *ownTerms) *lexicon {
	out := *l
	out.own = own
	out.ownTargets = int32(len(l.targets))
	out.targets = slices.Grow(slices.Clip(slices.Clone(l.targets)), len(own.terms))
	for i := range own.terms {
		t := &own.terms[i]
		// A term that is no target keeps its place, so that indexes stay in step.
		out.targets = append(out.targets, target{id: t.id, topic: t.topic, role: t.role, single: t.kind == review.TermPerson, lean: t.target() && t.kind == review.TermTopic})
	}
	return &out
}

// add compiles one term. A phrase without any word matches nothing.
func (o *ownTerms) add(e *Engine, t review.Term) {
	phrase := strings.Join(strings.Fields(t.Phrase), " ")
	node := int32(0)
	for _, id := range o.intern(phrase) {
		next, ok := o.edges.get(node, id)
		if !ok {
			next = int32(len(o.first))
			o.first = append(o.first, 0)
			o.edges.put(node, id, next)
		}
		node = next
	}
	if node == 0 {
		return
	}
	for k := o.first[node]; k != 0; k = o.terms[k-1].next {
		if same := &o.terms[k-1]; same.kind == t.Kind && same.topic == t.Topic {
			return // "Dr Bee" after "Dr. Bee"
		}
	}
	term := ownTerm{kind: t.Kind, id: "own:" + phrase, topic: t.Topic, polarity: t.Polarity, role: roleOwn, name: t.Name, job: t.Role, next: o.first[node]}
	switch {
	case t.Kind == review.TermPerson:
		term.role = e.roleOfPerson(t.Role, t.Name+", "+phrase)
	case t.Topic == review.StaffAttitude:
		term.role = roleStaff
	case t.Topic == review.ClinicalCare:
		term.role = roleDoctor
	}
	o.terms = append(o.terms, term)
	o.first[node] = int32(len(o.terms))
}

// intern returns the ids of the words of a phrase, without punctuation around it.
func (o *ownTerms) intern(phrase string) []int32 {
	var ids []int32
	sc := token.New(phrase)
	keep := 0
	for {
		t, ok := sc.Next()
		if !ok {
			return ids[:keep]
		}
		if len(ids) == 0 && (t.Kind == token.End || t.Kind == token.Comma) {
			continue
		}
		ids = append(ids, o.words.intern(ownNorm(t, sc.Norm())))
		if t.Kind != token.End && t.Kind != token.Comma {
			keep = len(ids)
		}
	}
}

// ownNorm is what a token is compared by. Unlike rules, own terms tell numbers
// apart ("Route 66").
func ownNorm(t token.Token, norm []byte) []byte {
	switch t.Kind {
	case token.End:
		return []byte(".")
	case token.Comma:
		return []byte(",")
	case token.Money:
		return []byte("$")
	default:
		return norm
	}
}

// roleOfPerson says whether a person is a clinician, by their role ("hygienist",
// "lead optometrist"), else by a title in their name. Without either they count
// as staff.
func (e *Engine) roleOfPerson(job, name string) role {
	for _, s := range []string{job, name} {
		r := reading{engine: e, lex: e.bases[0], text: s}
		r.scan()
		r.cut()
		r.find()
		for _, h := range r.targets {
			switch kind := e.bases[0].targets[h.of].role; kind {
			case roleDoctor, roleStaff:
				return kind
			}
		}
	}
	return roleStaff
}

// ownHit is one own term found in the text.
type ownHit struct {
	from, to int32 // words
	term     int32
}

// findOwn finds the own terms. What is to be ignored is masked, so it must run
// before anything that asks what is masked.
func (r *reading) findOwn() {
	o := r.lex.own
	if o == nil {
		return
	}
	n := int32(len(r.ownIDs))
	for i := int32(0); i < n; {
		node, found, to := int32(0), int32(0), i
		for k := i; k < n && r.ownIDs[k] != 0; k++ {
			next, ok := o.edges.get(node, r.ownIDs[k])
			if !ok {
				break
			}
			if node = next; o.first[node] != 0 {
				found, to = o.first[node], k+1
			}
		}
		if found == 0 {
			i++
			continue
		}
		for ; found != 0; found = o.terms[found-1].next {
			r.own = append(r.own, ownHit{from: i, to: to, term: found - 1})
			if o.terms[found-1].kind == review.TermIgnore {
				for k := i; k < to; k++ {
					r.words[k].masked = true
				}
			}
		}
		i = to
	}
}

// mergeOwn makes own terms the targets of the opinions around them. Where they
// overlap targets of the lexicon they take their place, and opinions and rules
// that lie entirely inside a name ("Gentle Smiles") do not count.
func (r *reading) mergeOwn() {
	if len(r.own) == 0 {
		return
	}
	cover := func(h hit, within bool) bool {
		at := sort.Search(len(r.own), func(k int) bool { return r.own[k].to > h.from })
		for ; at < len(r.own) && r.own[at].from < h.to; at++ {
			o := &r.own[at]
			if r.lex.own.terms[o.term].target() && (!within || o.from <= h.from && h.to <= o.to) {
				return true
			}
		}
		return false
	}
	r.targets = slices.DeleteFunc(r.targets, func(h hit) bool { return cover(h, false) })
	r.opinions = slices.DeleteFunc(r.opinions, func(h hit) bool { return cover(h, true) })
	r.rules = slices.DeleteFunc(r.rules, func(h hit) bool { return cover(h, true) })
	for _, o := range r.own {
		if r.lex.own.terms[o.term].target() {
			r.targets = append(r.targets, hit{from: o.from, to: o.to, of: r.lex.ownTargets + o.term})
		}
	}
	slices.SortStableFunc(r.targets, func(a, b hit) int { return int(a.from - b.from) })
}

// applyOwn turns own terms that have a polarity into findings.
func (r *reading) applyOwn() {
	for _, o := range r.own {
		t := &r.lex.own.terms[o.term]
		if t.kind != review.TermTopic || t.polarity == "" {
			continue
		}
		p, from, why := r.turned(t.polarity, negatedOpposite, hit{from: o.from, to: o.to})
		if why == "" {
			r.found(t.topic, p, ownWeight, from, o.to, t.id)
		}
	}
}
