package tagging

import "slices"

// The automaton says at each word of a text which patterns are worth trying
// there. It is a trie over the words that patterns can begin with, so that what
// a lexicon costs depends on how often its phrases nearly occur and not on how
// many there are. It never leaves a pattern out that could match; whether one does,
// its program decides.
//
// A pattern that begins with alternatives is cut into one branch for each, in
// their order; of the branches of one pattern the first that matches counts,
// exactly as if the whole were tried.

// branch is one way for a pattern to begin.
type branch struct {
	entry int32
	pc    int32
}

// candidate is a branch to try where its trie node is reached, if the next word
// is in a set; -1 asks for nothing. The way through the trie has already told that
// its first words are there, each of one instruction, as many as skip says.
type candidate struct {
	try int32 // the branch, then skip in the lowest bits
	set int32
}

const skipBits = 3

func newCandidate(branch, set int32, skip int) candidate {
	return candidate{try: branch<<skipBits | int32(skip), set: set}
}

const (
	// maxBranches bounds the alternatives of one pattern that become branches.
	maxBranches = 1024
	// A set of more words than this is tested, not spelled out in the trie.
	maxSpelled = 12
	// maxPaths bounds the paths of one branch through the trie.
	maxPaths = 128
	// maxDepth is how many words deep the trie goes. It must fit in skipBits.
	maxDepth = 4
)

// automaton is the compiled trie. Node 0 is its root.
type automaton struct {
	roots      []int32 // by word id: the node of patterns beginning with it, 0 for none
	edges      edgeTable
	nodes      []trieNode
	candidates []candidate
	branches   []branch

	building [][]candidate // by node, until sealed
}

// trieNode says where the candidates of a node are, and which words may lead on from
// it: the bit of the word's id, modulo 64.
type trieNode struct {
	from, to int32
	next     uint64
}

// unfold returns the ways n can begin, in order of preference. An empty sequence
// stands for nothing at all.
func unfold(n *node) []*node {
	switch {
	case n.opt:
		return append(unfold(&node{seq: n.seq}), &node{seq: []*node{}})
	case n.alt != nil:
		var out []*node
		for _, a := range n.alt {
			out = append(out, unfold(a)...)
		}
		return out
	case len(n.seq) > 0:
		var out []*node
		rest := n.seq[1:]
		for _, head := range unfold(n.seq[0]) {
			if empty(head) {
				out = append(out, unfold(&node{seq: rest})...)
				continue
			}
			parts := []*node{head}
			if head.seq != nil {
				parts = slices.Clone(head.seq)
			}
			out = append(out, &node{seq: append(parts, rest...)})
			if len(out) > maxBranches {
				return []*node{n} // tried as a whole
			}
		}
		return out
	}
	return []*node{n}
}

func empty(n *node) bool { return n.seq != nil && len(n.seq) == 0 }

// grow adds the pattern n of entry to the automaton.
func (l *lexicon) grow(entry int32, n *node) error {
	for _, b := range unfold(n) {
		if b.seq == nil {
			b = &node{seq: []*node{b}}
		}
		at := int32(len(l.auto.branches))
		l.auto.branches = append(l.auto.branches, branch{entry: entry, pc: int32(len(l.code))})
		l.code = append(l.emit(l.code, b), instruction{op: opMatch})
		first, err := l.firstWords(b)
		if err != nil {
			return err
		}
		for _, w := range first {
			node := l.auto.root(w)
			if plain(b.seq[0]) {
				l.descend(node, b.seq[1:], at, 1, len(first))
			} else {
				l.auto.building[node] = append(l.auto.building[node], newCandidate(at, -1, 0))
			}
		}
	}
	return nil
}

// plain reports whether n is exactly one word.
func plain(n *node) bool { return n.words != nil && !n.opt }

// descend spells out what can follow in the trie, as far as it is worth it. depth is
// how many single words of the branch led to the node, paths how many nodes of this
// depth the branch has.
func (l *lexicon) descend(at int32, seq []*node, branch int32, depth, paths int) {
	here := func(set int32) {
		l.auto.building[at] = append(l.auto.building[at], newCandidate(branch, set, depth))
	}
	rest := &node{seq: seq}
	if len(seq) == 0 || l.nullable(rest) || seq[0].gap > 0 {
		here(-1)
		return
	}
	words, err := l.firstWords(rest)
	if err != nil { // it can begin with a gap
		here(-1)
		return
	}
	if len(words) > maxSpelled || paths*len(words) > maxPaths || depth == maxDepth {
		here(l.set(words))
		return
	}
	for _, w := range words {
		child := l.auto.child(at, w)
		if plain(seq[0]) {
			l.descend(child, seq[1:], branch, depth+1, paths*len(words))
		} else {
			l.auto.building[child] = append(l.auto.building[child], newCandidate(branch, -1, depth))
		}
	}
}

func (a *automaton) node() int32 {
	if len(a.building) == 0 {
		a.building = append(a.building, nil) // the root
	}
	a.building = append(a.building, nil)
	return int32(len(a.building) - 1)
}

func (a *automaton) root(w int32) int32 {
	for int(w) >= len(a.roots) {
		a.roots = append(a.roots, 0)
	}
	if a.roots[w] == 0 {
		a.roots[w] = a.node()
	}
	return a.roots[w]
}

func (a *automaton) child(at, w int32) int32 {
	next, ok := a.edges.get(at, w)
	if !ok {
		next = a.node()
		a.edges.put(at, w, next)
	}
	return next
}

// seal packs the candidates of all nodes; words is how many ids there are.
func (a *automaton) seal(words int) {
	a.nodes = make([]trieNode, max(1, len(a.building)))
	for i, list := range a.building {
		a.nodes[i].from = int32(len(a.candidates))
		a.candidates = append(a.candidates, list...)
		a.nodes[i].to = int32(len(a.candidates))
	}
	for _, e := range a.edges.slots {
		if e.key != 0 {
			a.nodes[(e.key-1)>>32].next |= 1 << ((e.key - 1) & 63)
		}
	}
	a.building = nil
	for len(a.roots) < words {
		a.roots = append(a.roots, 0)
	}
}

// find runs every pattern that can begin at each word.
func (r *reading) find() {
	for i := range r.words {
		if r.candidates(i) {
			r.try(i)
		}
	}
}

// candidates collects the branches worth trying at word i into r.tries and reports
// whether there are any.
func (r *reading) candidates(i int) bool {
	a := &r.lex.auto
	r.tries = r.tries[:0]
	node := r.words[i].root
	if node == 0 {
		return false
	}
	for k := i + 1; ; k++ {
		s := &a.nodes[node]
		if k >= len(r.words) {
			for _, c := range a.candidates[s.from:s.to] {
				if c.set < 0 {
					r.tries = append(r.tries, c.try)
				}
			}
			break
		}
		next := r.words[k].id
		for _, c := range a.candidates[s.from:s.to] {
			if c.set < 0 || r.lex.inSet(c.set, &r.words[k]) {
				r.tries = append(r.tries, c.try)
			}
		}
		if s.next&(1<<(uint(next)&63)) == 0 {
			break
		}
		child, ok := a.edges.get(node, next)
		if !ok {
			break
		}
		node = child
	}
	return len(r.tries) > 0
}

// try runs the branches of r.tries at word i, in the order of the data files.
func (r *reading) try(i int) {
	l := r.lex
	if len(r.tries) > 1 {
		slices.Sort(r.tries)
	}
	matched := int32(-1)
	for _, t := range r.tries {
		b := l.auto.branches[t>>skipBits]
		if b.entry == matched {
			continue
		}
		skip := t & (1<<skipBits - 1)
		end := l.run(l.code, b.pc+skip, r.words, i+int(skip))
		if end < 0 {
			continue
		}
		matched = b.entry
		r.take(b.entry, i, end)
	}
}

// take keeps a match of an entry.
func (r *reading) take(at int32, i, end int) {
	e := &r.lex.entries[at]
	h := hit{from: int32(i), to: int32(end), of: e.of}
	switch e.kind {
	case entryTarget:
		r.targets = keepLonger(r.targets, h)
	case entryOpinion:
		r.opinions = keepLonger(r.opinions, h)
	case entryRule:
		h.of = at
		r.rules = append(r.rules, h)
	case entryFlag:
		h.of = at
		r.flags = append(r.flags, h)
	case entryIdiom:
		for k := i; k < end; k++ {
			r.words[k].masked = true
		}
	case entryContext:
		effect := r.lex.contexts[e.of]
		to := int(r.segments[r.words[end-1].seg].to) // "anything but" ends in the clause that "but" opens
		for k := i; k < to; k++ {
			if effect == effectFlip && k > end+1 && r.words[k].traits&traitPronoun != 0 {
				break // "unlike the last place they are punctual": here they are
			}
			r.words[k].effect = effect
		}
	}
}

// keepLonger appends h unless it overlaps the last hit; of two that overlap the
// longer stays, of two equal ones the first.
func keepLonger(hits []hit, h hit) []hit {
	if n := len(hits); n > 0 && h.from < hits[n-1].to {
		if h.to-h.from > hits[n-1].to-hits[n-1].from {
			hits[n-1] = h
		}
		return hits
	}
	return append(hits, h)
}
