// Package enrich is the slow lane of tagging: part of speech in one ambiguous
// clause and names of people in one sentence, by prose/v2.
//
// It promises never to see a whole review, to load what it needs of the model once, at
// first use, and never to panic on foreign text. The quirks of prose that would give
// wrong answers are worked around here and guarded by tests: it loses "n't"
// before punctuation, takes "dont" for a noun, gives one tag to a word that
// occurs twice, joins "rude,unprofessional" into one token, rewrites curly
// quotes, reports no offsets, and reads its sentence model anew for every text.
package enrich

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"github.com/jdkato/prose/v2"
)

const (
	// Words before and after a word that settle its part of speech: the tagger looks at two on
	// either side, and its guesses at those before need a few more. Measured on real
	// reviews, more words change no answer.
	tagBefore, tagAfter = 6, 3
	// Words before and after a capitalised one that settle whether it names a person;
	// whole sentences give the same answer in 98 of 100 cases at three times the cost.
	nameBefore, nameAfter = 3, 2
	// maxSentence bounds what is looked at, in bytes.
	maxSentence = 1 << 10
	// prose takes quadratic time in the length of one token.
	maxWord = 48 // bytes
)

// Lane answers the questions of the tagging engine. It implements
// tagging.ClauseTagger and tagging.NameFinder and is safe for concurrent use.
// One Lane holds one copy of what it needs of the model; share it.
type Lane struct {
	loading sync.Mutex
	held    atomic.Pointer[model]
}

// model is what is loaded. Questions about parts of speech need two thirds of the memory
// and half of the time to load; with names it answers both.
type model struct {
	prose *prose.Model // nil if it could not be loaded; then questions stay unanswered
	names bool
}

// New returns a lane whose model is loaded at the first question, or by Load.
func New() *Lane { return new(Lane) }

// Load loads the model now, so that no question waits for it; names says whether names
// will be asked for.
func (l *Lane) Load(names bool) { l.model(names) }

// model loads what a question needs, unless it is there.
func (l *Lane) model(names bool) *prose.Model {
	if m := l.held.Load(); m != nil && (m.names || !names) {
		return m.prose
	}
	l.loading.Lock()
	defer l.loading.Unlock()
	if m := l.held.Load(); m != nil && (m.names || !names) {
		return m.prose
	}
	// The smaller one goes before the larger one comes, which is all that fits into
	// a small process.
	l.held.Store(nil)
	m := &model{prose: load(prose.WithExtraction(names)), names: names}
	l.held.Store(m)
	return m.prose
}

// load gets the default model, which prose hands out only with a document. nil means
// that it could not be loaded.
func load(what prose.DocOpt) *prose.Model {
	doc, err := prose.NewDocument("x", what, prose.WithSegmentation(false))
	if err != nil {
		return nil
	}
	return doc.Model
}

// Tag returns the Penn Treebank tag of words[at] in its clause, or "" if there
// is no answer. Words are lower case and without apostrophes.
func (l *Lane) Tag(words []string, at int) (tag string) {
	if at < 0 || at >= len(words) {
		return ""
	}
	defer func() {
		if recover() != nil { // foreign text met a fault of the library
			tag = ""
		}
	}()
	text, index := clause(words, at)
	tokens := l.tag(text)
	if index >= len(tokens) || tokens[index].Text != words[at] {
		return ""
	}
	return tokens[index].Tag
}

// clause renders the words around words[at] for prose and returns the index of
// the token that stands for it. The window ends before another occurrence of
// the same word, because prose would give both the tag of the later one.
func clause(words []string, at int) (string, int) {
	from, to := at, at+1
	for from > 0 && at-from < tagBefore && words[from-1] != words[at] {
		from--
	}
	for to < len(words) && to-at <= tagAfter && words[to] != words[at] {
		to++
	}
	var b strings.Builder
	index, n := 0, 0
	for i := from; i < to; i++ {
		if i == at {
			index = n
		}
		w := words[i]
		if len(w) > maxWord || strings.ContainsAny(w, " \t\n") {
			w = "x"
		}
		if full, ok := contraction(w); ok && i != at {
			w = full
		}
		n += strings.Count(w, " ") + 1
		b.WriteString(w)
		b.WriteByte(' ')
	}
	return strings.TrimSuffix(b.String(), " "), index
}

func (l *Lane) tag(text string) []prose.Token {
	m := l.model(false)
	if m == nil {
		return nil
	}
	doc, err := prose.NewDocument(text, prose.UsingModel(m), prose.WithSegmentation(false), prose.WithExtraction(false))
	if err != nil {
		return nil
	}
	return doc.Tokens()
}

// People returns the names of people in a sentence, exactly as they are written
// there. Only words around capitalised ones behind the first are looked at, and
// nothing of a sentence longer than 1024 bytes.
func (l *Lane) People(sentence string) (names []string) {
	if len(sentence) > maxSentence || !utf8.ValidString(sentence) {
		return nil
	}
	defer func() {
		if recover() != nil { // foreign text met a fault of the library
			names = nil
		}
	}()
	for _, part := range aroundNames(sentence) {
		m := l.model(true)
		if m == nil {
			return nil
		}
		doc, err := prose.NewDocument(spaced(part), prose.UsingModel(m), prose.WithSegmentation(false))
		if err != nil {
			return nil
		}
		for _, entity := range doc.Entities() {
			if entity.Label != "PERSON" {
				continue
			}
			if name := asWritten(sentence, entity.Text); name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// aroundNames cuts out of a sentence the words around its capitalised ones, in one part
// where they are close together.
func aroundNames(sentence string) []string {
	words := strings.Fields(sentence)
	var parts []string
	begin, end := 0, 0 // of the part in hand
	flush := func() {
		if end > begin {
			parts = append(parts, strings.Join(words[begin:end], " "))
		}
	}
	for i := 1; i < len(words); i++ {
		if !capitalised(words[i]) {
			continue
		}
		if from := max(0, i-nameBefore); from > end {
			flush()
			begin = from
		}
		end = min(len(words), i+1+nameAfter)
	}
	flush()
	return parts
}

// capitalised reports whether a word can be a name: "I" and its contractions cannot.
func capitalised(word string) bool {
	word = strings.TrimLeftFunc(word, unicode.IsPunct)
	first, n := utf8.DecodeRuneInString(word)
	if !unicode.IsUpper(first) {
		return false
	}
	next, _ := utf8.DecodeRuneInString(word[n:])
	return first != 'I' || unicode.IsLetter(next)
}

// spaced puts spaces around punctuation and straightens quotes, so that prose
// makes one token of each word and loses none.
func spaced(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '’' || r == '‘':
			b.WriteByte('\'')
		case strings.ContainsRune(".,;:!?()[]\"“”…—–/*", r):
			b.WriteByte(' ')
			b.WriteRune(r)
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// asWritten finds a name of prose in the sentence it came from. It returns ""
// if the name is not there, or does not look like one.
func asWritten(sentence, name string) string {
	for word := range strings.FieldsSeq(name) {
		if r, _ := utf8.DecodeRuneInString(word); !unicode.IsUpper(r) {
			return ""
		}
	}
	for _, form := range []string{name, strings.ReplaceAll(name, "'", "’"), strings.ReplaceAll(name, "'", "‘")} {
		if form != "" && strings.Contains(sentence, form) {
			return form
		}
	}
	return ""
}

// contraction returns what a contraction without its apostrophe stands for.
func contraction(w string) (string, bool) {
	if stem, ok := strings.CutSuffix(w, "nt"); ok {
		switch stem {
		case "do", "does", "did", "is", "are", "was", "were", "would", "could", "should", "have", "has", "had":
			return stem + " not", true
		case "wo":
			return "will not", true
		case "ca":
			return "can not", true
		}
	}
	switch w {
	case "im":
		return "i am", true
	case "ive":
		return "i have", true
	case "hes", "shes", "thats":
		return w[:len(w)-1] + " is", true
	case "theyre", "youre":
		return w[:len(w)-2] + " are", true
	case "theyve", "weve", "youve":
		return w[:len(w)-2] + " have", true
	case "theyll", "youll":
		return w[:len(w)-2] + " will", true
	}
	return "", false
}
