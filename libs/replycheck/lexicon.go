package replycheck

import "fmt"

// Rules whose matching is done in Go. Their words stand in the data files.
const (
	ruleName     = "name.real"
	ruleContact  = "person.contact"
	ruleDetail   = "tied.detail"
	ruleDisguise = "word.disguised"
	ruleShout    = "tone.shouting"
	ruleLanguage = "reply.language"
	ruleRecent   = "reply.script"
	ruleLength   = "site.length"
	ruleEmoji    = "site.emoji"
)

// rule is what a finding tells.
type rule struct {
	id, why, source, suggestion string
	severity                    Verdict
	patterns                    []string // numbers of the must-block list
	care                        bool     // is about care, not about visits or money
	sure                        bool     // what else the sentence says cannot take it back
	frames                      uint64   // that tie its sensitive words to the reviewer
	guard                       int32
}

// entry is one compiled pattern: of a rule, of a frame (rule is -1) or an idiom.
type entry struct {
	code  []instruction
	rule  int32
	frame uint64
	guard int32
}

// guard takes matches back.
type guard struct {
	weak         bool            // not in a clause that speaks of everybody
	hypothetical bool            // not after "if"
	unless       [][]instruction // not if one of these is in the sentence
	except       [][]instruction // not if one of these overlaps the match
	with         [][]instruction // only if one of these is in the sentence
	near         [][]instruction // only if one of these is in the sentence or beside it
}

type trieKey struct{ node, word int32 }

// index finds the patterns that can begin at a word.
type index struct {
	words   map[int32][]int32
	lists   map[int32][]int32
	classes [classes][]int32
	any     []int32
}

func newIndex() *index { return &index{words: map[int32][]int32{}, lists: map[int32][]int32{}} }

func (x *index) add(set firstSet, e int32) {
	if set.any {
		x.any = append(x.any, e)
		return
	}
	put := func(to []int32) []int32 {
		if n := len(to); n > 0 && to[n-1] == e {
			return to
		}
		return append(to, e)
	}
	for _, w := range set.words {
		x.words[w] = put(x.words[w])
	}
	for _, l := range set.lists {
		x.lists[l] = put(x.lists[l])
	}
	for _, c := range set.classes {
		x.classes[c] = put(x.classes[c])
	}
}

// lexicon is the compiled data. It never changes after loading.
type lexicon struct {
	ids       map[string]int32
	sources   map[string][]string // by list: its lines, for lists that take it in
	sensitive map[int32]bool      // words that are worth putting together again
	lists     map[string]int32
	subjectOf []int32 // by list: the rule whose sensitive words it holds, or -1
	trie      map[trieKey]int32
	ends      [][]int32 // by trie node: the lists with an entry that ends there

	rules    []rule
	ruleIDs  map[string]int32
	frames   map[string]int
	guards   []guard
	entries  []entry
	examples []example

	weights    map[string]float64 // of the signs evidence.go reads
	bias       float64
	vocabulary map[string]bool // words that are signs themselves
	signClass  []string        // by list: the class its entries are read as, or ""
	listTraits []uint32        // by list: the traits an entry sets
	wordTraits map[string]uint32

	greedy bool // while compiling: gaps take as much as they can

	index, idiomIndex *index

	listGeneral, listJoin, listSecond, listPronoun, listNumber, listPost, listRole, listClosing, listGreeting, listTitle, listIf, listPast, listNotPast, listFirstName int32
}

// id is the number of a word the data files know, or -1.
func (l *lexicon) id(w string) int32 {
	if id, ok := l.ids[w]; ok {
		return id
	}
	return -1
}

func (l *lexicon) intern(w string) int32 {
	if id, ok := l.ids[w]; ok {
		return id
	}
	id := int32(len(l.ids))
	l.ids[w] = id
	return id
}

func (l *lexicon) list(name string) int32 {
	if id, ok := l.lists[name]; ok {
		return id
	}
	id := int32(len(l.lists))
	l.lists[name] = id
	l.subjectOf = append(l.subjectOf, -1)
	return id
}

// addWords adds an entry to a list; alternatives and words that may be missing
// make several.
func (l *lexicon) addWords(list int32, n *node) error {
	seqs, err := expand(n)
	if err != nil {
		return err
	}
	for _, seq := range seqs {
		at := int32(0)
		for _, w := range seq {
			id := l.intern(w)
			next, ok := l.trie[trieKey{at, id}]
			if !ok {
				next = int32(len(l.ends))
				l.ends = append(l.ends, nil)
				l.trie[trieKey{at, id}] = next
			}
			at = next
			if l.subjectOf[list] >= 0 && len(w) > 4 {
				l.sensitive[id] = true
			}
		}
		l.ends[at] = append(l.ends[at], list)
	}
	return nil
}

// maxForms bounds how many forms one list entry may stand for.
const maxForms = 1024

func expand(n *node) ([][]string, error) {
	var out [][]string
	switch n.kind {
	case nodeWord:
		out = [][]string{{n.word}}
	case nodeSeq:
		out = [][]string{nil}
		for _, s := range n.subs {
			next, err := expand(s)
			if err != nil {
				return nil, err
			}
			var longer [][]string
			for _, head := range out {
				for _, tail := range next {
					longer = append(longer, append(append([]string(nil), head...), tail...))
				}
			}
			if out = longer; len(out) > maxForms {
				return nil, fmt.Errorf("a list entry stands for more than %d forms", maxForms)
			}
		}
	case nodeAlt:
		for _, s := range n.subs {
			next, err := expand(s)
			if err != nil {
				return nil, err
			}
			out = append(out, next...)
		}
	default:
		return nil, fmt.Errorf("a list entry has only words and alternatives")
	}
	if n.optional {
		out = append(out, nil)
	}
	return out, nil
}
