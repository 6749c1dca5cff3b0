package replycheck

// excused is true if a guard takes a match back.
func (k *check) excused(m *machine, g *guard, i, end int) bool {
	s := k.sentences[k.words[i].sentence]
	if g.weak && !k.second(i, end) && k.general(m, i, s) {
		return true
	}
	if g.hypothetical && k.conditional(i, s) {
		return true
	}
	for _, p := range g.unless {
		if k.matchesIn(m, p, s.first, s.end) {
			return true
		}
	}
	for _, p := range g.except {
		for j := max(s.first, i-maxGap); j < end; j++ {
			if e := m.match(p, j); e > i {
				return true
			}
		}
	}
	if len(g.with) > 0 && !k.matchesAny(m, g.with, s.first, s.end) {
		return true
	}
	if len(g.near) > 0 {
		n := int(k.words[i].sentence)
		from, to := k.sentences[max(0, n-1)].first, k.sentences[min(len(k.sentences)-1, n+1)].end
		return !k.matchesAny(m, g.near, from, to)
	}
	return false
}

func (k *check) matchesAny(m *machine, programs [][]instruction, from, to int) bool {
	for _, p := range programs {
		if k.matchesIn(m, p, from, to) {
			return true
		}
	}
	return false
}

// maxGuardSpan bounds how much of a very long sentence a guard looks at, so
// that work stays linear.
const maxGuardSpan = 120

func (k *check) matchesIn(m *machine, p []instruction, from, to int) bool {
	for j := from; j < to && j < from+maxGuardSpan; j++ {
		if m.match(p, j) >= 0 {
			return true
		}
	}
	return false
}

// general is true if the clause around word i speaks of everybody: a marker
// such as "anyone" stands in it. A comma, or a word such as "because", ends a clause.
func (k *check) general(m *machine, i int, s sentence) bool {
	const span = 40
	for j := i; j >= max(s.first, i-span); j-- {
		if k.single(k.lex.listGeneral, j) || k.long(k.lex.listGeneral, j) {
			return true
		}
		if k.words[j].comma || k.single(k.lex.listJoin, j) {
			break
		}
	}
	for j := i + 1; j < min(s.end, i+span); j++ {
		if k.words[j].comma || k.single(k.lex.listJoin, j) {
			break
		}
		if k.single(k.lex.listGeneral, j) || k.long(k.lex.listGeneral, j) {
			return true
		}
	}
	return false
}

// second is true if a match speaks to the reviewer: "anyone" in the same clause
// does not make "your crown" general.
func (k *check) second(i, end int) bool {
	for j := i; j < end; j++ {
		if k.single(k.lex.listSecond, j) {
			return true
		}
	}
	return false
}

func (k *check) long(list int32, i int) bool {
	for _, h := range k.hits[i] {
		if h.list == list {
			return true
		}
	}
	return false
}

// conditional is true if "if" or its like stands before word i in the sentence.
func (k *check) conditional(i int, s sentence) bool {
	for j := max(s.first, i-maxGuardSpan); j < i; j++ {
		if k.long(k.lex.listIf, j) {
			return true
		}
	}
	return k.long(k.lex.listIf, i)
}
