package replycheck

import "strings"

// people are the names a reply may know: the reviewer's as the site shows it,
// and those of the practice.
type people struct {
	reviewer map[string]bool // words of the displayed name
	shown    string          // the displayed name without blanks
	staff    map[string]bool // words of the practice's name and contacts
}

// maxNameWords bounds what is read of names and contacts.
const maxNameWords = 200

func newPeople(in Input, l *lexicon) people {
	p := people{reviewer: map[string]bool{}, staff: map[string]bool{}}
	for _, w := range nameWords(in.ReviewerName, l) {
		if len(w.text) > 1 {
			p.reviewer[w.text], p.reviewer[w.text+"s"] = true, true // "Peggy's" folds to "peggys"
		}
		p.shown += w.text
	}
	if len(p.shown) > 1 {
		p.reviewer[p.shown] = true // "K.L." is one word of a reply
	}
	for _, c := range in.Practice.Contacts[:min(len(in.Practice.Contacts), 50)] {
		name, _, _ := strings.Cut(c, ",")
		for _, w := range nameWords(name, l) {
			p.staff[w.text] = true
		}
	}
	for _, w := range nameWords(in.Practice.Name, l) {
		p.staff[w.text] = true
	}
	delete(p.staff, "dr")
	delete(p.staff, "dra")
	return p
}

func nameWords(name string, l *lexicon) []word {
	s := scanner{chars: fold(name[:min(len(name), 400)]), lex: l}
	var out []word
	for _, w := range s.scan() {
		if w.kind == kindWord && len(out) < maxNameWords {
			out = append(out, w)
		}
	}
	return out
}

// isShown is true for a name the site shows anyway, also inside "bigmike77".
func (p people) isShown(w word) bool {
	if p.reviewer[w.text] {
		return true
	}
	if w.text == p.shown {
		return true
	}
	if len(w.text) < 3 {
		return false
	}
	if strings.Contains(p.shown, w.text) {
		return true
	}
	for r := range p.reviewer { // "Jo" and "Joanne" tell the same
		if len(r) > 2 && strings.HasPrefix(w.text, r) && len(w.text) <= len(r)+2 {
			return true
		}
	}
	return false
}

// person is true for a word that names somebody who is not the reviewer.
func (p people) person(k *check, i int) bool {
	w := &k.words[i]
	if w.kind != kindWord || !w.upper || p.reviewer[w.text] {
		return false
	}
	return p.staff[w.text] || k.single(k.lex.listFirstName, i) || !w.first && !w.shout && w.id < 0 && len(w.text) > 2
}

// checkNames finds a name the site does not show: in a greeting, after a title,
// set off by commas, or as the surname after the displayed first name.
func (k *check) checkNames() {
	greet, title := k.lex.listGreeting, k.lex.listTitle
	for i := range k.words {
		w := &k.words[i]
		if w.kind != kindWord || !w.upper || len(w.text) < 2 || k.people.isShown(*w) {
			continue
		}
		known := k.single(k.lex.listFirstName, i)
		common := w.id >= 0 && !known
		staff := k.people.staff[w.text]
		set := k.setOff(i)
		switch {
		case k.single(title, i-1) && !staff && !k.people.reviewer[w.text] && !common && !k.roleFollows(i):
			k.nameFound(i-1, i)
		case common || k.signature(i):
		case k.greeted(greet, i) && (set || known) && (set || !staff) && !k.roleFollows(i):
			k.nameFound(i, i)
		case staff:
		case i > 0 && k.people.reviewer[k.words[i-1].text] && k.words[i-1].upper && !w.comma && k.words[i-1].kind == kindWord && !k.single(k.lex.listFirstName, i):
			k.nameFound(i-1, i)
		case known && set && (w.first || w.comma) && !k.roleFollows(i):
			k.nameFound(i, i)
		}
	}
}

func (k *check) nameFound(from, to int) { k.add(ruleName, k.words[from].start, k.words[to].end) }

// greeted is true for a name after "Hi", "Thank you", "Thanks so much".
func (k *check) greeted(greet int32, i int) bool {
	for j := i - 1; j >= max(0, i-3); j-- {
		if k.words[j].kind == kindStop {
			return false
		}
		if k.long(greet, j) {
			for _, h := range k.hits[j] {
				if h.list == greet && j+int(h.n) == i {
					return true
				}
			}
		}
	}
	return false
}

// setOff is true if a comma or the end of the sentence follows.
func (k *check) setOff(i int) bool {
	return i+1 >= len(k.words) || k.words[i+1].kind == kindStop || k.words[i+1].comma
}

// signature is true for a name that signs: after a dash or on a line of its own
// at the end.
func (k *check) signature(i int) bool {
	s := k.sentences[k.words[i].sentence]
	last := s.end >= len(k.words) || int(k.words[i].sentence) >= len(k.sentences)-2
	if !last {
		return false
	}
	if j := s.first; s.end-s.first <= 6 && (k.people.staff[k.words[j].text] || k.single(k.lex.listFirstName, j)) && s.first > 0 {
		return true
	}
	for j := i; j >= max(s.first, i-3); j-- {
		if k.words[j].comma && k.dashBefore(j) {
			return true
		}
		if k.long(k.lex.listClosing, j) {
			return true
		}
	}
	return false
}

func (k *check) dashBefore(i int) bool {
	text := strings.TrimRight(k.in.Reply[:k.words[i].start], " ~")
	return strings.HasSuffix(text, "-") || strings.HasSuffix(text, "–") || strings.HasSuffix(text, "—")
}

// roleFollows is true for "Karen in billing", "Karen, our manager", "Karen and the team".
func (k *check) roleFollows(i int) bool {
	if k.setOff(i) {
		return i+1 < len(k.words) && k.words[i+1].kind != kindStop && (k.long(k.lex.listPost, i+1) || i+2 < len(k.words) && k.long(k.lex.listPost, i+2))
	}
	for j := i + 1; j < min(len(k.words), i+5) && k.words[j].kind != kindStop; j++ {
		if k.long(k.lex.listRole, j) {
			return true
		}
	}
	return false
}
