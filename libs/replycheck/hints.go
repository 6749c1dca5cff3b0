package replycheck

// weighHints adds up, per sentence, what speaks for and against a sentence being
// about the reviewer. It catches what no single rule names: a past event, a
// count and a time say more together than each alone.
func (k *check) weighHints() {
	m := &machine{check: k}
	type sum struct {
		total, start, end int
		seen              uint64
		sentence          int32
		excused           bool
	}
	clauses := k.clauses()
	sums := map[int32]*sum{}
	whole := map[int32]int{} // by sentence: what excuses all its clauses
	k.eachEntry(k.lex.hintIndex, func(i int, e *entry) {
		if k.words[i].idiom && k.lex.hints[e.hint].weight > 0 {
			return // "thank you" is not about the reviewer
		}
		n := clauses[i]
		s := sums[n]
		if s == nil {
			s = &sum{start: -1, sentence: k.words[i].sentence}
			sums[n] = s
		}
		if s.seen&(1<<e.hint) != 0 {
			return
		}
		end := m.match(e.code, i)
		if end <= i || k.excused(m, &k.lex.guards[e.guard], i, end) {
			return
		}
		s.seen |= 1 << e.hint
		weight := k.lex.hints[e.hint].weight
		s.total += weight
		s.excused = s.excused || weight < 0
		if k.lex.hints[e.hint].whole {
			whole[k.words[i].sentence] = min(weight, whole[k.words[i].sentence])
			s.total -= weight // it counts once, below
			return
		}
		if weight > 0 {
			if s.start < 0 || k.words[i].start < s.start {
				s.start = k.words[i].start
			}
			s.end = max(s.end, k.words[end-1].end)
		}
	})
	rule := k.lex.ruleIDs[ruleDetail]
	for _, s := range sums {
		if w, ok := whole[s.sentence]; ok {
			s.total += w
			s.excused = true
		}
		if !s.excused {
			s.total++ // nothing says that it is about the office or about everybody
		}
		if s.start >= 0 && s.total >= hintThreshold && !k.warned(s.start, s.end) {
			k.found = append(k.found, found{rule: rule, start: s.start, end: s.end})
		}
	}
}

// warned is true if a rule about tone has spoken there: "you misread the sign"
// is rude, and the hints would take it for an event.
func (k *check) warned(start, end int) bool {
	for _, f := range k.found {
		if f.start < end && f.end > start && k.lex.rules[f.rule].severity == Warn {
			return true
		}
	}
	return false
}

// clauses numbers the clauses of the reply, by word. A clause ends with its
// sentence, and where a joining word follows a comma: what is general before
// "and" does not excuse what is not after it.
func (k *check) clauses() []int32 {
	out := make([]int32, len(k.words))
	n := int32(0)
	for i := range k.words {
		w := &k.words[i]
		if w.kind == kindStop || w.comma && k.long(k.lex.listClause, i) || k.single(k.lex.listJoin, i) {
			n++
		}
		out[i] = n
	}
	return out
}

// hintThreshold is the sum of weights from which a sentence counts as being
// about the reviewer.
const hintThreshold = 4
