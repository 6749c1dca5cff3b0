package replycheck

import "strings"

// unit is what evidence is added up over: words[first:end] of one sentence. The
// unit before it begins at before, or there is none and before is -1.
type unit struct{ first, end, before int }

// token is a word, or several that are one entry of a list, as the signs see it.
type token struct {
	word  string // folded; empty where only the class counts
	class string // "<care.body>", "<day>", "<num>"; empty for words that stand for themselves
	at, n int
	rare  bool
}

// trait is a property of a sentence; pairs of them are signs, too.
type trait uint8

const (
	traitYou trait = iota
	traitYour
	traitReviewer
	traitPast
	traitCare
	traitAdmin
	traitTime
	traitGeneral
	traitIf
	traitWe
	traitOur
	traitDefinite
	traitPerson
	traitThird
	traitModal
	traitContact
	traitRead
	traitChange
	traitPremises
	traitNumber
	traitNewCare
	traits
)

var traitNames = [traits]string{"you", "your", "reviewer", "past", "care", "admin", "time", "general", "if", "we", "our", "definite", "person",
	"third", "modal", "contact", "read", "change", "premises", "number", "unasked"}

// units are the sentences of the reply, cut to a length that keeps work linear.
func (k *check) units() []unit {
	const longest = 60
	var out []unit
	for _, s := range k.sentences {
		for i := s.first; i < s.end; i += longest {
			before := -1
			if n := len(out); n > 0 {
				before = out[n-1].first
			}
			out = append(out, unit{i, min(s.end, i+longest), before})
		}
	}
	return out
}

// tokens reads the words of a unit as signs are written.
func (k *check) tokens(u unit, known func(string) bool) []token {
	out := make([]token, 0, u.end-u.first)
	for i := u.first; i < u.end; {
		t := k.token(i, u.end, known)
		out = append(out, t)
		i += t.n
	}
	return out
}

func (k *check) token(i, end int, known func(string) bool) token {
	w := &k.words[i]
	t := token{word: w.text, at: i, n: 1}
	switch {
	case w.kind == kindMoney:
		return token{class: "<money>", at: i, n: 1}
	case w.kind == kindPhone || w.kind == kindEmail:
		return token{class: "<phone>", at: i, n: 1}
	case w.kind == kindNumber:
		return token{class: "<num>", at: i, n: 1}
	case k.is(classReviewer, i) && (w.upper || w.first):
		n := 1 // "Gil F." is one name
		for i+n < end && !k.words[i+n].comma && (k.words[i+n].upper && len(k.words[i+n].text) == 1 || k.is(classReviewer, i+n)) {
			n++
		}
		return token{class: "<reviewer>", at: i, n: n}
	}
	for h := len(k.hits[i]) - 1; h >= 0; h-- { // the longest first
		x := k.hits[i][h]
		c := k.lex.signClass[x.list]
		if c == "" || i+int(x.n) > end || x.n == 1 && len(w.text) < 3 {
			continue
		}
		t.class, t.n = c, int(x.n)
		if x.n > 1 {
			t.word = ""
		}
		return t
	}
	switch {
	case k.single(k.lex.listNumber, i):
		t.class = "<num>"
	case k.is(classPerson, i):
		return token{class: "<person>", at: i, n: 1}
	}
	if t.class == "" && !known(t.word) {
		t.rare = true
		switch {
		case w.upper && !w.first:
			t.class = "<cap>"
		case k.past(i):
			t.class = "<past>"
		default:
			t.class = shape(w.text)
		}
		t.word = ""
	}
	return t
}

// shape is what a word that was never seen tells by its ending.
func shape(w string) string {
	for _, end := range []string{"itis", "osis", "ectomy", "plasty", "scopy", "graphy", "gram", "oma", "ology", "illin", "pathy"} {
		if len(w) > len(end)+2 && strings.HasSuffix(w, end) {
			return "<medical>"
		}
	}
	for _, end := range []string{"ing", "tion", "ment", "ness", "ity", "able", "ful", "ous", "ly", "ando", "iendo", "cion", "mente", "ado", "ido", "s"} {
		if len(w) > len(end)+2 && strings.HasSuffix(w, end) {
			return "<-" + end + ">"
		}
	}
	return "<?>"
}

func (t token) sign() string {
	if t.class != "" {
		return t.class
	}
	return t.word
}

// traitsOf finds the properties of a unit.
func (k *check) traitsOf(tokens []token) uint32 {
	var f uint32
	set := func(x trait) { f |= 1 << x }
	lex := k.lex
	for _, t := range tokens {
		i := t.at
		if b := lex.wordTraits[t.word]; b != 0 && t.word != "" {
			f |= b
		}
		switch t.class {
		case "<reviewer>":
			set(traitReviewer)
		case "<person>":
			set(traitPerson)
		case "<phone>":
			set(traitContact)
		case "<num>", "<money>":
			set(traitNumber)
		case "<day>", "<month>", "<season>", "<then>":
			set(traitTime)
		case "<doctor>":
			set(traitPerson)
		default:
			switch {
			case strings.HasPrefix(t.class, "<care."):
				set(traitCare)
				if !k.inReview(i, t.n) {
					set(traitNewCare)
				}
			case strings.HasPrefix(t.class, "<admin.") || strings.HasPrefix(t.class, "<visit.") || strings.HasPrefix(t.class, "<record."):
				set(traitAdmin)
			}
		}
		if k.is(classPast, i) {
			set(traitPast)
		}
		for _, h := range k.hits[i] {
			if b := lex.listTraits[h.list]; b != 0 {
				f |= b
			}
		}
	}
	return f
}

// inReview is true if the review has the words itself.
func (k *check) inReview(i, n int) bool {
	for j := i; j < i+n; j++ {
		if !k.review[stem(k.words[j].text)] {
			return false
		}
	}
	return true
}

func stem(w string) string { return w[:min(len(w), 5)] }

// signs calls add with every sign of a unit. The bytes are only good during
// the call.
func (k *check) signs(u unit, known func(string) bool, add func([]byte)) {
	tokens := k.tokens(u, known)
	buf := make([]byte, 0, 96)
	put := func(parts ...string) {
		buf = buf[:0]
		for i, p := range parts {
			if i > 0 {
				buf = append(buf, ' ')
			}
			buf = append(buf, p...)
		}
		add(buf)
	}
	at := func(i int) string {
		switch {
		case i < 0:
			return "^"
		case i >= len(tokens):
			return "$"
		}
		return tokens[i].sign()
	}
	for i, t := range tokens {
		put(t.sign())
		if t.word != "" && t.class != "" {
			put(t.word)
		}
		if len(t.word) > 4 {
			put("~", stem(t.word))
		}
		put(at(i-1), t.sign())
	}
	put(at(len(tokens)-1), "$")
	f := k.traitsOf(tokens)
	for a := range traits {
		if f&(1<<a) == 0 {
			put("no", "+"+traitNames[a])
			continue
		}
		put("+" + traitNames[a])
		for b := range traits {
			if b > a && f&(1<<b) != 0 {
				put("+"+traitNames[a], "+"+traitNames[b])
			}
		}
	}
	if u.before >= 0 { // "It was repaired" is of the door if the sentence before it is
		before := k.traitsOf(k.tokens(unit{first: u.before, end: u.first, before: -1}, known))
		for _, a := range []trait{traitCare, traitAdmin, traitPremises, traitChange, traitGeneral, traitOur, traitYou, traitReviewer, traitRead} {
			if before&(1<<a) != 0 {
				put("before", "+"+traitNames[a])
				if len(tokens) > 0 {
					put("before", "+"+traitNames[a], at(0))
				}
			}
		}
	}
	from, to := k.words[u.first].start, k.words[u.end-1].end
	for _, f := range k.ruled(from, to) {
		if r := &k.lex.rules[f.rule]; r.severity == Block {
			put("rule")
			put("rule", r.id)
		}
	}
	switch n := u.end - u.first; {
	case n < 4:
		put("#short")
	case n < 9:
		put("#medium")
	default:
		put("#long")
	}
}

// maxReviewWords bounds what is read of a review.
const maxReviewWords = 2000

func reviewWords(review string) map[string]bool {
	s := scanner{chars: fold(review[:min(len(review), 16*maxReviewWords)]), lex: &lexicon{}}
	out := map[string]bool{}
	for _, w := range s.scan() {
		if len(out) >= maxReviewWords {
			break
		}
		if w.kind == kindWord {
			out[stem(w.text)] = true
		}
	}
	return out
}

// readSigns says which lists the signs read as classes, and which set traits.
func (l *lexicon) readSigns() {
	l.signClass = make([]string, len(l.subjectOf))
	l.listTraits = make([]uint32, len(l.subjectOf))
	l.wordTraits = map[string]uint32{}
	for list, rule := range l.subjectOf {
		if rule >= 0 {
			l.signClass[list] = "<" + l.rules[rule].id + ">"
		}
	}
	for name, class := range map[string]string{"weekday": "<day>", "month": "<month>", "season": "<season>", "gonetime": "<then>", "doctor": "<doctor>", "title": "<title>",
		"kin": "<kin>", "staffrole": "<staff>", "cameverb": "<came>", "carverb": "<did>", "becoming": "<seeing>", "feedbackword": "<review>"} {
		l.signClass[l.lists[name]] = class
	}
	for name, f := range map[string]trait{"general": traitGeneral, "if": traitIf, "read": traitRead, "change": traitChange, "premises": traitPremises} {
		l.listTraits[l.lists[name]] |= 1 << f
	}
	for f, words := range map[trait]string{
		traitYou:      "you youre youve youd usted tu te ti ustedes",
		traitYour:     "your yours su sus tus suyo suya",
		traitThird:    "he she him her his hers el ella",
		traitWe:       "we i were weve ive us me nos nosotros yo",
		traitOur:      "our ours my nuestro nuestra nuestros nuestras mi",
		traitDefinite: "the that those these this esa ese esas esos aquel aquella",
		traitModal:    "can could may might should must will would shall puede pueden debe deben podemos",
		traitContact:  "call reach email ring phone contact llame llamar escriba",
	} {
		for w := range strings.FieldsSeq(words) {
			l.wordTraits[w] |= 1 << f
		}
	}
}
