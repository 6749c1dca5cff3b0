package replycheck

import "strings"

type kind uint8

const (
	kindWord   kind = iota // letters, perhaps with digits
	kindNumber             // 45, 1,000, 9:30, 3/14, 9th, 8am
	kindMoney              // $40, 40$
	kindPhone              // seven digits or more
	kindEmail
	kindStop // the end of a sentence
)

// word is one word of the reply. Stops between sentences are words, too, so
// that no pattern runs across them.
type word struct {
	start, end int // bytes of the reply
	id         int32
	text       string // folded
	kind       kind
	upper      bool // begins with a capital
	shout      bool // two letters or more, all capitals
	comma      bool // a comma, colon, dash or bracket stands before it
	hyphen     bool // only a hyphen stands before it
	glued      bool // no blank stands before it
	acute      bool // the last letter has an accent
	first      bool // begins a sentence
	disguised  bool // was cut in pieces, or written with signs or look-alikes
	idiom      bool // part of a phrase that means something else
	sentence   int32
}

// sentence is a run of words without a stop: words[first:end].
type sentence struct{ first, end int }

func isLetter(r rune) bool {
	return r >= 'a' && r <= 'z' || r > 0x7f && r != pictograph && isOtherLetter(r)
}
func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// read cuts the reply into words and sentences and finds the list entries.
func (k *check) read() {
	chars := fold(k.in.Reply)
	s := scanner{chars: chars, lex: k.lex}
	k.words = s.lex.rejoin(s.scan())
	k.split()
	k.findHits()
	k.people = newPeople(k.in, k.lex)
	k.review = reviewWords(k.in.Review)
	k.classify()
}

func (k *check) split() {
	first := 0
	for i := range k.words {
		w := &k.words[i]
		w.sentence = int32(len(k.sentences))
		if w.kind == kindStop {
			k.sentences = append(k.sentences, sentence{first, i})
			first = i + 1
		} else if i == first {
			w.first = true
		}
	}
	k.sentences = append(k.sentences, sentence{first, len(k.words)})
}

type scanner struct {
	chars []char
	lex   *lexicon
	pos   int
	out   []word
	comma bool
	glued bool
}

func (s *scanner) at(i int) rune {
	if i < 0 || i >= len(s.chars) {
		return 0
	}
	return s.chars[i].r
}

func (s *scanner) scan() []word {
	for s.pos < len(s.chars) {
		r := s.chars[s.pos].r
		switch {
		case isLetter(r):
			s.word()
		case isDigit(r) || r == '+' && isDigit(s.at(s.pos+1)) || r == '(' && isDigit(s.at(s.pos+1)):
			s.number()
		case isCurrency(r) && isDigit(s.at(s.pos+1)):
			s.money()
		case r == '@' && isLetter(s.at(s.pos+1)) && isLetter(s.at(s.pos-1)):
			s.pos++
		case r == '\n' || r == '!' || r == '?' || r == ';' || r == '.' && !s.abbreviation():
			s.stop()
		case r == '%':
			s.push(s.pos, s.pos+1, "percent", kindWord)
		case r == ' ' || r == '\t' || r == '\r':
			s.glued = false
			s.pos++
		case r == ',' || r == ':' || r == '(' || r == ')' || r == '"' || r == '-' && (!isLetter(s.at(s.pos-1)) || !isLetter(s.at(s.pos+1))):
			s.comma = true
			s.pos++
		default: // what may stand inside a word to hide it
			s.pos++
		}
	}
	return s.out
}

func (s *scanner) push(from, to int, text string, kind kind) {
	if kind == kindWord && len(text) > 40 {
		text = text[:40]
	}
	w := word{start: int(s.chars[from].start), end: int(s.chars[to-1].end), id: s.lex.id(text), text: text, kind: kind,
		upper: s.chars[from].upper, comma: s.comma, glued: s.glued, acute: s.chars[to-1].acute, hyphen: s.glued && s.at(from-1) == '-'}
	w.disguised = kind == kindWord && disguisedLetters(s.chars[from:to])
	if kind == kindWord && to-from > 1 {
		w.shout = true
		for _, c := range s.chars[from:to] {
			w.shout = w.shout && (c.upper || !isLetter(c.r))
		}
	}
	s.out = append(s.out, w)
	s.comma, s.glued = false, true
	s.pos = to
}

// stop ends a sentence; several marks in a row are one stop. A single mark
// between two letters, without a blank, hides a word more often than it ends one.
func (s *scanner) stop() {
	r := s.chars[s.pos].r
	if r != '\n' && isLetter(s.at(s.pos-1)) && isLetter(s.at(s.pos+1)) {
		s.pos++
		return
	}
	if n := len(s.out); n > 0 && s.out[n-1].kind != kindStop {
		c := s.chars[s.pos]
		s.out = append(s.out, word{start: int(c.start), end: int(c.end), id: -1, kind: kindStop})
	}
	s.comma, s.glued = false, false
	s.pos++
}

// abbreviation is true for the full stop of "Dr." and of an initial.
func (s *scanner) abbreviation() bool {
	n := len(s.out)
	if n == 0 || s.pos == 0 || int(s.chars[s.pos-1].end) != s.out[n-1].end {
		return false
	}
	w := s.out[n-1]
	if w.kind != kindWord {
		return false
	}
	switch w.text {
	case "dr", "dra", "mr", "mrs", "ms", "sr", "sra", "srta", "st", "jr", "vs", "no", "drs", "prof", "ext":
		return w.text != "no"
	}
	return len(w.text) == 1 && w.upper && s.at(s.pos+1) != 0 && w.text != "i"
}

// word takes letters, with inner apostrophes left out, and the digits and signs
// that stand for letters in disguise ("1nsurance", "p@tient").
func (s *scanner) word() {
	if end, ok := s.email(); ok {
		s.push(s.pos, end, "", kindEmail)
		return
	}
	var b strings.Builder
	i := s.pos
	disguised := false
	for i < len(s.chars) {
		r := s.chars[i].r
		switch {
		case isLetter(r):
			b.WriteRune(r)
		case r == '\'' && isLetter(s.at(i+1)):
		case isDigit(r) || (r == '@' || r == '$' || r == '!' || r == '|') && isLetter(s.at(i+1)):
			b.WriteRune(r)
			disguised = true
		default:
			goto done
		}
		i++
	}
done:
	text := b.String()
	if disguised {
		text = s.lex.undisguise(text)
	}
	n := len(s.out)
	s.push(s.pos, i, text, kindWord)
	s.out[n].disguised = s.out[n].disguised || disguised && text != b.String()
}

// email reports where an address that begins here ends.
func (s *scanner) email() (int, bool) {
	i := s.pos
	for i < len(s.chars) && i-s.pos < 64 && (isLetter(s.at(i)) || isDigit(s.at(i)) || s.at(i) == '.' || s.at(i) == '_' || s.at(i) == '-' || s.at(i) == '+') {
		i++
	}
	if s.at(i) != '@' {
		return 0, false
	}
	host := i + 1
	dot := false
	for i = host; i < len(s.chars) && i-host < 128; i++ {
		r := s.at(i)
		if r == '.' && (isLetter(s.at(i+1)) || isDigit(s.at(i+1))) {
			dot = true
			continue
		}
		if !isLetter(r) && !isDigit(r) && r != '-' {
			break
		}
	}
	return i, dot && i > host
}

// number takes digits with what stands inside a number, a time or a date, and
// longer runs as telephone numbers.
func (s *scanner) number() {
	if end, ok := s.phone(); ok {
		s.push(s.pos, end, "", kindPhone)
		return
	}
	if !isDigit(s.chars[s.pos].r) {
		s.comma = s.comma || s.chars[s.pos].r == '('
		s.pos++
		return
	}
	i := s.pos
	for i < len(s.chars) {
		r := s.chars[i].r
		if isDigit(r) || (r == '.' || r == ',' || r == ':' || r == '/' || r == '-') && isDigit(s.at(i+1)) && i-s.pos < 40 {
			i++
			continue
		}
		break
	}
	digits := i
	for i < len(s.chars) && i-digits < 40 && (isLetter(s.chars[i].r) || isDigit(s.chars[i].r)) {
		i++
	}
	text := plain(s.chars[s.pos:i])
	switch {
	case i == digits && isCurrency(s.at(i)):
		s.push(s.pos, i+1, text, kindMoney)
	case i == digits, isUnit(plain(s.chars[digits:i])):
		s.push(s.pos, i, text, kindNumber)
	default:
		s.push(s.pos, i, s.lex.undisguise(text), kindWord)
	}
}

func (s *scanner) money() {
	i := s.pos + 1
	for i < len(s.chars) && (isDigit(s.chars[i].r) || (s.chars[i].r == ',' || s.chars[i].r == '.') && isDigit(s.at(i+1))) {
		i++
	}
	s.push(s.pos, i, plain(s.chars[s.pos:i]), kindMoney)
}

// phone reports where a run of 7 to 15 digits with the marks of a telephone
// number ends. A date written with hyphens is none.
func (s *scanner) phone() (int, bool) {
	digits, end, marks := 0, s.pos, 0
	i := s.pos
	for ; i < len(s.chars) && digits < 16; i++ {
		r := s.chars[i].r
		if isDigit(r) {
			digits++
			end = i + 1
			marks = 0
			continue
		}
		if r != ' ' && r != '-' && r != '.' && r != '(' && r != ')' && r != '+' && r != pictograph {
			break
		}
		if marks++; marks > 3 {
			break
		}
	}
	if digits < 7 || digits > 15 {
		return 0, false
	}
	text := plain(s.chars[s.pos:end])
	if len(text) == 10 && (text[4] == '-' && text[7] == '-' || text[2] == '-' && text[5] == '-') {
		return 0, false
	}
	return end, true
}

// disguisedLetters is true for a word whose letters are partly ASCII and partly
// something that only looks so, or that have something invisible between them.
func disguisedLetters(chars []char) bool {
	ascii, alien := 0, 0
	for i, c := range chars {
		if i > 0 && c.start > chars[i-1].end {
			return true
		}
		switch {
		case c.alien:
			alien++
		case c.end-c.start == 1:
			ascii++
		}
	}
	return alien > 0 && ascii > 0 || alien > 3
}

func plain(chars []char) string {
	var b strings.Builder
	for _, c := range chars {
		b.WriteRune(c.r)
	}
	return b.String()
}

func isCurrency(r rune) bool { return r == '$' || r == '€' || r == '£' }

func isUnit(s string) bool {
	switch s {
	case "st", "nd", "rd", "th", "am", "pm", "a", "p", "mg", "ml", "mm", "k", "x", "s", "h", "hr", "hrs", "min", "mins", "o", "er", "ro", "do":
		return true
	}
	return false
}
