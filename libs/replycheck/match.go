package replycheck

import "strings"

// hit is a list entry of n words.
type hit struct {
	list int32
	n    int32
}

// findHits walks the trie of all list entries from every word.
func (k *check) findHits() {
	k.hits = make([][]hit, len(k.words))
	for i := range k.words {
		at := int32(0)
		for j := i; j < len(k.words) && k.words[j].id >= 0; j++ {
			next, ok := k.lex.trie[trieKey{at, k.words[j].id}]
			if !ok {
				break
			}
			at = next
			for _, list := range k.lex.ends[at] {
				k.hits[i] = append(k.hits[i], hit{list, int32(j - i + 1)})
			}
		}
	}
}

// single is true if a one-word entry of the list stands at word i.
func (k *check) single(list int32, i int) bool {
	if i < 0 || i >= len(k.words) {
		return false
	}
	for _, h := range k.hits[i] {
		if h.list == list && h.n == 1 {
			return true
		}
	}
	return false
}

// machine runs compiled patterns over the words. frame limits which sensitive
// words <term> takes; 0 takes all. steps bounds one attempt.
type machine struct {
	*check
	frame uint64
	term  int32 // the rule of the sensitive word matched last, or -1
	steps int
}

// maxSteps bounds one attempt of one pattern. Patterns of the data files need
// a few hundred at most.
const maxSteps = 4000

// match reports where a match that begins at word i ends, or -1.
func (m *machine) match(code []instruction, i int) int {
	m.term, m.steps = -1, 0
	return m.run(code, 0, i)
}

func (m *machine) run(code []instruction, pc int32, i int) int {
	for {
		if m.steps++; m.steps > maxSteps {
			return -1
		}
		in := code[pc]
		switch in.op {
		case opWord:
			if i >= len(m.words) || m.words[i].id != in.a || m.words[i].kind != kindWord {
				return -1
			}
			i++
			pc++
		case opList:
			return m.runList(code, pc, i)
		case opClass:
			switch class(in.a) {
			case classTerm, classCare:
				return m.runTerm(code, pc, i, class(in.a) == classCare)
			case classStart:
				if i >= len(m.words) || !m.words[i].first {
					return -1
				}
			case classEnd:
				if i < len(m.words) && m.words[i].kind != kindStop {
					return -1
				}
			case classComma:
				if i < len(m.words) && m.words[i].kind != kindStop && !m.words[i].comma {
					return -1
				}
			default:
				if i >= len(m.words) || !m.is(class(in.a), i) {
					return -1
				}
				i++
			}
			pc++
		case opSplit:
			if end := m.run(code, in.a, i); end >= 0 {
				return end
			}
			pc = in.b
		case opJump:
			pc = in.a
		case opAny:
			if i >= len(m.words) || m.words[i].kind == kindStop {
				return -1
			}
			i++
			pc++
		case opNot:
			if m.run(code, pc+1, i) >= 0 {
				return -1
			}
			pc = in.a
		default:
			return i
		}
	}
}

func (m *machine) runList(code []instruction, pc int32, i int) int {
	if i >= len(m.words) {
		return -1
	}
	hits := m.hits[i]
	for h := len(hits) - 1; h >= 0; h-- { // the longest first
		if hits[h].list != code[pc].a {
			continue
		}
		if end := m.run(code, pc+1, i+int(hits[h].n)); end >= 0 {
			return end
		}
	}
	return -1
}

func (m *machine) runTerm(code []instruction, pc int32, i int, care bool) int {
	if i >= len(m.words) || m.words[i].idiom {
		return -1
	}
	hits := m.hits[i]
	for h := len(hits) - 1; h >= 0; h-- {
		rule := m.lex.subjectOf[hits[h].list]
		if rule < 0 || care && !m.lex.rules[rule].care || m.frame != 0 && m.lex.rules[rule].frames&m.frame == 0 {
			continue
		}
		if m.words[i+int(hits[h].n)-1].idiom {
			continue
		}
		before := m.term
		m.term = rule
		if end := m.run(code, pc+1, i+int(hits[h].n)); end >= 0 {
			return end
		}
		m.term = before
	}
	return -1
}

func (k *check) is(c class, i int) bool { return k.classes[i]&(1<<c) != 0 }

// classify finds out once which classes each word belongs to.
func (k *check) classify() {
	k.classes = make([]uint16, len(k.words))
	for i := range k.words {
		if k.words[i].kind == kindStop {
			continue
		}
		for c := range classTerm {
			if k.belongs(c, i) {
				k.classes[i] |= 1 << c
			}
		}
	}
}

func (k *check) belongs(c class, i int) bool {
	w := &k.words[i]
	switch c {
	case classNum:
		return w.kind == kindNumber || w.kind == kindWord && k.single(k.lex.listNumber, i)
	case classMoney:
		return w.kind == kindMoney
	case classPhone:
		return w.kind == kindPhone
	case classPast:
		return k.past(i)
	case classPerson:
		return k.people.person(k, i)
	case classReviewer:
		return w.kind == kindWord && k.people.reviewer[w.text]
	case classCap:
		return w.kind == kindWord && w.upper && !w.shout
	}
	return false
}

// past is true for a verb in the past tense, English or Spanish.
func (k *check) past(i int) bool {
	w := &k.words[i]
	if w.kind != kindWord || len(w.text) < 3 {
		return false
	}
	if k.single(k.lex.listPast, i) {
		return true
	}
	if k.single(k.lex.listNotPast, i) {
		return false
	}
	switch {
	case len(w.text) > 5 && strings.HasSuffix(w.text, "mos") && k.single(k.lex.listPronoun, i-1):
		return true // "le cambiamos"; without the pronoun it may be the present
	case len(w.text) > 3 && strings.HasSuffix(w.text, "ed"):
		return true
	case len(w.text) > 5 && (strings.HasSuffix(w.text, "aba") || strings.HasSuffix(w.text, "aban")):
		return true
	case len(w.text) > 3 && w.acute && (strings.HasSuffix(w.text, "o") || strings.HasSuffix(w.text, "e")):
		return true
	case len(w.text) > 5 && (strings.HasSuffix(w.text, "aron") || strings.HasSuffix(w.text, "ieron")):
		return true
	}
	return false
}

// matchRules runs the idioms, then every pattern of rules and frames.
func (k *check) matchRules() {
	m := &machine{check: k}
	k.markPractice()
	k.eachEntry(k.lex.idiomIndex, func(i int, e *entry) {
		if end := m.match(e.code, i); end > i {
			for j := i; j < end; j++ {
				k.words[j].idiom = true
			}
		}
	})
	k.eachEntry(k.lex.index, func(i int, e *entry) {
		m.frame = e.frame
		end := m.match(e.code, i)
		term := m.term
		m.frame = 0
		if end <= i {
			return
		}
		rule := e.rule
		g := &k.lex.guards[e.guard]
		if rule < 0 {
			rule = term
		}
		if k.excused(m, g, i, end) || e.rule < 0 && k.excused(m, &k.lex.guards[k.lex.rules[rule].guard], i, end) {
			return
		}
		for end > i+1 && k.words[end-1].kind == kindStop {
			end--
		}
		k.found = append(k.found, found{rule: rule, start: k.words[i].start, end: k.words[end-1].end})
	})
}

// markPractice takes the practice's own name out of play: "Root Canal
// Specialists" names no procedure.
func (k *check) markPractice() {
	name := nameWords(k.in.Practice.Name, k.lex)
	for i := range k.words {
		for n := len(name); n > 1; n-- { // also without what stands before or after
			if k.sameWords(i, name[:n]) || n < len(name) && k.sameWords(i, name[len(name)-n:]) {
				for j := i; j < i+n; j++ {
					k.words[j].idiom = true
				}
				break
			}
		}
	}
}

func (k *check) sameWords(i int, name []word) bool {
	if i+len(name) > len(k.words) {
		return false
	}
	for j, w := range name {
		if k.words[i+j].text != w.text || !k.words[i+j].upper && len(w.text) > 3 {
			return false
		}
	}
	return true
}

// eachEntry calls do for every pattern that can begin at each word.
func (k *check) eachEntry(x *index, do func(i int, e *entry)) {
	for i := range k.words {
		w := &k.words[i]
		if w.kind == kindStop {
			continue
		}
		if w.kind == kindWord && w.id >= 0 {
			for _, e := range x.words[w.id] {
				do(i, &k.lex.entries[e])
			}
		}
		last := int32(-1)
		for _, h := range k.hits[i] {
			if h.list == last {
				continue
			}
			last = h.list
			for _, e := range x.lists[h.list] {
				do(i, &k.lex.entries[e])
			}
			if k.lex.subjectOf[h.list] >= 0 {
				for _, e := range x.classes[classTerm] {
					do(i, &k.lex.entries[e])
				}
				for _, e := range x.classes[classCare] {
					do(i, &k.lex.entries[e])
				}
			}
		}
		for c := range classTerm {
			if len(x.classes[c]) > 0 && k.is(c, i) {
				for _, e := range x.classes[c] {
					do(i, &k.lex.entries[e])
				}
			}
		}
		for _, e := range x.any {
			do(i, &k.lex.entries[e])
		}
	}
}
