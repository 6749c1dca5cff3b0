package tagging

import (
	"encoding/binary"
	"fmt"
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
	of   int32   // index into the slice of its kind
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
	roleOwn                  // an organization's own topic: takes all
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
	ids   map[string]int32 // until frozen
	words wordTable        // the same, frozen
	lists map[string]*node
	means []int32 // by word id: the word it is read as; see respell

	code    []instruction
	members []uint64 // by word id, row words each: the sets it is in
	row     int
	setKeys map[string]int32
	rawSets [][]int32

	entries []entry
	auto    automaton // which of them to try where

	rules    []rule
	targets  []target
	opinions []opinion
	contexts []effect
	pairIDs  []string // rule ids of an opinion about a target, by target, then opinion
	flags    []urgentRule

	infos    []wordInfo // by word id
	inflect  func(string) []string
	weights  []float32
	pairs    edgeTable // pairs of words -> index into pairSums
	pairSums []float32
	presence *presence // nil in Spanish
	examples []example

	own        *ownTerms // an organization's terms, if there are any
	ownTargets int32     // index of the first of them among the targets
}

// wordInfo is what the lexicon knows of a word by itself. It lies together, because
// each word of a text costs a look at it.
type wordInfo struct {
	traits    trait
	weight    float32 // learned; see weights.go
	root      int32   // node of the automaton for patterns that begin with it, 0 for none
	languages uint16  // bits of the languages it is common in
	paired    bool    // second of a pair of words that has a learned weight
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
	traitGiver  // from, by, with: who gave what was praised
	traitWriter // I, we: the one who writes
	traitNone   // no, zero: negate the noun after them, not the clause
)

// traitThanks marks words of thanks to somebody named: "kudos to Amy".
const traitThanks trait = 1 << 24

var traitNames = map[string]trait{
	"negator": traitNegator, "contrast": traitContrast, "join": traitJoin, "subject": traitSubject,
	"verb": traitVerb, "intensifier": traitIntense, "english": traitEnglish, "spanish": traitSpanish,
	"honorific": traitHonorific, "role": traitRoleWord, "article": traitArticle, "negstop": traitNegStop,
	"giver": traitGiver, "thanks": traitThanks, "writer": traitWriter, "none": traitNone, "pronoun": traitPronoun, "finite": traitFinite,
}

func newLexicon() *lexicon {
	l := &lexicon{
		ids:     map[string]int32{"<num>": idNumber, "<money>": idMoney, "<end>": idEnd, "<comma>": idComma, "<emoji>": idEmoji},
		lists:   map[string]*node{},
		setKeys: map[string]int32{},
		inflect: inflect,
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
	raw := make([]byte, 0, 4*len(words))
	for _, w := range words {
		raw = binary.LittleEndian.AppendUint32(raw, uint32(w))
	}
	key := string(raw)
	if i, ok := l.setKeys[key]; ok {
		return i
	}
	i := int32(len(l.rawSets))
	l.rawSets = append(l.rawSets, words)
	l.setKeys[key] = i
	return i
}

// guardProgram compiles a guard.
func (l *lexicon) guardProgram(src string) (guard, error) {
	n, err := l.parsePattern(src)
	if err != nil {
		return guard{}, err
	}
	pc := int32(len(l.code))
	l.code = append(l.emit(l.code, n), instruction{op: opMatch})
	first, err := l.firstWords(n)
	if err != nil {
		return guard{}, fmt.Errorf("pattern %q: %w", src, err)
	}
	return guard{pc: pc, first: l.set(first)}, nil
}

// add compiles a pattern and adds it to the automaton.
func (l *lexicon) add(kind entryKind, of int, src string) error {
	n, err := l.parsePattern(src)
	if err != nil {
		return err
	}
	at := int32(len(l.entries))
	l.entries = append(l.entries, entry{kind: kind, of: int32(of)})
	if err := l.grow(at, n); err != nil {
		return fmt.Errorf("pattern %q: %w", src, err)
	}
	return nil
}

// freeze turns the collected sets into bit sets, once all words are known.
func (l *lexicon) freeze() {
	l.means = l.respell()
	n := len(l.ids) + 1
	l.row = len(l.rawSets)>>6 + 1
	l.members = make([]uint64, n*l.row)
	l.infos = make([]wordInfo, n)
	for set, words := range l.rawSets {
		for _, w := range words {
			l.members[int(w)*l.row+set>>6] |= 1 << (uint(set) & 63)
		}
	}
	l.rawSets, l.setKeys = nil, nil
	for _, t := range l.targets {
		for _, o := range l.opinions {
			l.pairIDs = append(l.pairIDs, t.id+":"+o.id)
		}
	}
	l.auto.seal(n)
	for name, bit := range traitNames {
		list := l.lists[name]
		if list == nil {
			continue
		}
		for _, id := range singles(list) {
			l.infos[id].traits |= bit
		}
	}
	for id, w := range l.weights {
		l.infos[id].weight = w
	}
	for id, root := range l.auto.roots {
		l.infos[id].root = root
	}
	for _, e := range l.pairs.slots {
		if e.key != 0 {
			l.infos[uint32(e.key-1)].paired = true
		}
	}
	byID := make([]string, n)
	for w, id := range l.ids {
		byID[id] = w
	}
	for _, w := range byID[1:] {
		l.words.intern([]byte(w))
	}
	l.ids = nil
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
	if id := l.words.get(norm); id != 0 || !elongated {
		return l.means[id]
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
		if id := l.words.get(buf[:n]); id != 0 {
			return l.means[id]
		}
	}
	return idUnknown
}

// pairWeight is the learned weight of one word after another.
func (l *lexicon) pairWeight(a int32, b *word) float32 {
	if !b.paired {
		return 0
	}
	if i, ok := l.pairs.get(a, b.id); ok {
		return l.pairSums[i]
	}
	return 0
}

// pairID is the rule id of an opinion about a target.
func (l *lexicon) pairID(target, opinion int32) string {
	if l.own != nil && target >= l.ownTargets {
		return l.targets[target].id
	}
	return l.pairIDs[int(target)*len(l.opinions)+int(opinion)]
}

func splitList(s string) []string {
	var out []string
	for p := range strings.SplitSeq(s, ",") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}
