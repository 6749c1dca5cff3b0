package tagging

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bedside-health/bedside/libs/review"
)

// Ids of tokens that are no words. Id 0 is every word no data file mentions.
const (
	idUnknown int32 = iota
	idNumber
	idMoney
	idEnd
	idComma
	idEmoji
)

// entryKind says what a match of a pattern means.
type entryKind uint8

const (
	entryRule entryKind = iota
	entryTarget
	entryOpinion
	entryIdiom
	entryContext
	entryFlag
)

// entry is one compiled pattern: what it belongs to and where its program is.
type entry struct {
	kind entryKind
	of   int32 // index into the slice of its kind
	pc   int32
	with []guard // one must match nearby, if there are any
}

// guard is a pattern that is looked for near a match, not everywhere.
type guard struct {
	pc    int32
	first int32 // set of the words it can begin with
}

// rule is a phrase that says something of a topic by itself.
type rule struct {
	id       string
	topic    review.Topic
	polarity review.Polarity
	negated  negation
	weight   float32
	unless   []guard         // programs: none may match nearby
	verdict  review.Polarity // counts only in a review with this verdict; "" for any
}

// negation says what "not" before a match does.
type negation uint8

const (
	negatedOpposite negation = iota
	negatedDrop
	negatedKeep
)

// role is what a target is in the sentence; it decides which opinions it takes.
type role uint8

const (
	roleThing    role = iota // prices, waiting room: takes general opinions
	roleDoctor               // the clinician: takes all
	roleStaff                // other people of the practice: takes all
	roleThey                 // "they": the people of the practice
	rolePractice             // "the office": people, but only if the opinion is about people
	roleHe                   // he or she: whoever was spoken of last
	roleHim                  // him or her, as an object
	roleDeed                 // a good job: about whoever did it
	roleSelf                 // the writer and the family: swallows opinions about people
	roleOther                // another practice: swallows everything
	roleNothing              // experience, place: swallows general opinions
	rolePlace                // room, chair: takes opinions that have a topic of their own
)

// target is something opinions are about.
type target struct {
	id     string
	topic  review.Topic
	role   role
	alone  review.Polarity // polarity without any opinion; "" for none, "lean" to ask the weights
	lean   bool
	single bool // one person, so that "she" can mean them
}

// opinionKind says what an opinion can be about.
type opinionKind uint8

const (
	opinionGeneral opinionKind = iota // great, awful: anything
	opinionPerson                     // friendly, rude: people only
	opinionThing                      // things only
)

// opinion is a word or phrase of praise or blame.
type opinion struct {
	index     int32
	id        string
	kind      opinionKind
	polarity  review.Polarity
	negated   negation
	weight    float32
	object    bool // a verb: what it is about follows ("love the staff")
	adjective bool // only as an adjective: "kind", "patient", "mean"
	// topic is what the opinion speaks of when it is said of the practice, or of
	// nothing in particular if bare: "spotless", "cramped". Only of kind thing.
	topic review.Topic
	bare  bool
}

// effect is what a context does to what is said after it.
type effect uint8

const (
	effectNone effect = iota
	effectWish        // praise is missed: it counts as blame
	effectPast        // praise that no longer holds
	effectElse        // said of somebody else
	effectFlip        // "unlike": the opposite holds here
)

type urgentRule struct {
	id      string
	flag    review.Urgent
	unless  []guard
	verdict review.Polarity // counts only in a review with this verdict; "" for any
}

// lexicon is everything the data files say, compiled. It never changes after
// it was loaded.
type lexicon struct {
	ids   map[string]int32
	lists map[string]*node

	code    []instruction
	sets    []bitset
	setKeys map[string]int32
	rawSets [][]int32

	entries []entry
	index   [][]int32 // word id -> entries that can begin with it

	rules    []rule
	targets  []target
	opinions []opinion
	contexts []effect
	pairIDs  []string // rule ids of an opinion about a target, by target, then opinion
	flags    []urgentRule

	traits   []trait // by word id
	weights  []float32
	pairs    map[uint64]float32
	examples []example
}

// trait is a set of roles a word plays in the structure of a sentence.
type trait uint32

const (
	traitNegator trait = 1 << iota
	traitContrast
	traitJoin    // and, or, because: a clause may begin after it
	traitSubject // I, she, the: can begin a clause
	traitVerb    // is, was, seems: ends what an adjective before a noun reaches over
	traitIntense // very, so, extremely
	traitEnglish
	traitSpanish
	traitHonorific
	traitRoleWord
	traitArticle
	traitNegStop
	traitPronoun
	traitFinite
	traitGiver // from, by, with: who gave what was praised
)

var traitNames = map[string]trait{
	"negator": traitNegator, "contrast": traitContrast, "join": traitJoin, "subject": traitSubject,
	"verb": traitVerb, "intensifier": traitIntense, "english": traitEnglish, "spanish": traitSpanish,
	"honorific": traitHonorific, "role": traitRoleWord, "article": traitArticle, "negstop": traitNegStop,
	"giver": traitGiver, "pronoun": traitPronoun, "finite": traitFinite,
}

func newLexicon() *lexicon {
	l := &lexicon{
		ids:     map[string]int32{"<num>": idNumber, "<money>": idMoney, "<end>": idEnd, "<comma>": idComma, "<emoji>": idEmoji},
		lists:   map[string]*node{},
		setKeys: map[string]int32{},
		pairs:   map[uint64]float32{},
	}
	return l
}

// intern returns the id of a word, a new one if it has none.
func (l *lexicon) intern(w string) int32 {
	w = normalWord(w)
	id, ok := l.ids[w]
	if !ok {
		id = int32(len(l.ids)) + 1
		l.ids[w] = id
	}
	return id
}

// set returns the index of the set of these words; equal sets are stored once.
func (l *lexicon) set(words []int32) int32 {
	words = slices.Clone(words)
	slices.Sort(words)
	words = slices.Compact(words)
	key := fmt.Sprint(words)
	if i, ok := l.setKeys[key]; ok {
		return i
	}
	i := int32(len(l.rawSets))
	l.rawSets = append(l.rawSets, words)
	l.setKeys[key] = i
	return i
}

// program compiles a pattern and returns where it begins.
func (l *lexicon) program(src string) (int32, *node, error) {
	n, err := l.parsePattern(src)
	if err != nil {
		return 0, nil, err
	}
	pc := int32(len(l.code))
	l.code = append(l.emit(l.code, n), instruction{op: opMatch})
	return pc, n, nil
}

// guardProgram compiles a guard.
func (l *lexicon) guardProgram(src string) (guard, error) {
	pc, n, err := l.program(src)
	if err != nil {
		return guard{}, err
	}
	first := map[int32]bool{}
	if err := l.first(n, first); err != nil {
		return guard{}, fmt.Errorf("pattern %q: %w", src, err)
	}
	return guard{pc: pc, first: l.set(slices.Collect(maps.Keys(first)))}, nil
}

// add compiles a pattern and indexes it by the words it can begin with.
func (l *lexicon) add(kind entryKind, of int, src string) error {
	pc, n, err := l.program(src)
	if err != nil {
		return err
	}
	first := map[int32]bool{}
	if err := l.first(n, first); err != nil {
		return fmt.Errorf("pattern %q: %w", src, err)
	}
	e := int32(len(l.entries))
	l.entries = append(l.entries, entry{kind: kind, of: int32(of), pc: pc})
	for w := range first {
		for int(w) >= len(l.index) {
			l.index = append(l.index, nil)
		}
		l.index[w] = append(l.index[w], e)
	}
	return nil
}

// freeze turns the collected sets into bit sets, once all words are known.
func (l *lexicon) freeze() {
	l.sets = make([]bitset, len(l.rawSets))
	for i, words := range l.rawSets {
		top := words[len(words)-1]
		b := make(bitset, top>>6+1)
		for _, w := range words {
			b[w>>6] |= 1 << (uint(w) & 63)
		}
		l.sets[i] = b
	}
	l.rawSets, l.setKeys = nil, nil
	for _, t := range l.targets {
		for _, o := range l.opinions {
			l.pairIDs = append(l.pairIDs, t.id+":"+o.id)
		}
	}
	n := len(l.ids) + 1
	for len(l.index) < n {
		l.index = append(l.index, nil)
	}
	l.traits = make([]trait, n)
	for name, bit := range traitNames {
		list := l.lists[name]
		if list == nil {
			continue
		}
		for _, id := range singles(list) {
			l.traits[id] |= bit
		}
	}
	for len(l.weights) < n {
		l.weights = append(l.weights, 0)
	}
}

// singles returns the single words of a list.
func singles(n *node) []int32 {
	switch {
	case n.words != nil:
		return n.words
	case n.alt != nil:
		var out []int32
		for _, a := range n.alt {
			out = append(out, singles(a)...)
		}
		return out
	case len(n.seq) == 1:
		return singles(n.seq[0])
	}
	return nil
}

// lookup returns the id of a normal form made by the scanner. An elongated word
// ("sooo", "loooong") is also looked up with its runs cut to two and to one.
func (l *lexicon) lookup(norm []byte, elongated bool) int32 {
	if id, ok := l.ids[string(norm)]; ok {
		return id
	}
	if !elongated {
		return idUnknown
	}
	for keep := 2; keep >= 1; keep-- {
		var buf [64]byte
		n, run := 0, 0
		for i, c := range norm {
			if i > 0 && c == norm[i-1] {
				run++
			} else {
				run = 1
			}
			if run <= keep {
				buf[n] = c
				n++
			}
		}
		if id, ok := l.ids[string(buf[:n])]; ok {
			return id
		}
	}
	return idUnknown
}

func pairKey(a, b int32) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

func splitList(s string) []string {
	var out []string
	for p := range strings.SplitSeq(s, ",") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}
