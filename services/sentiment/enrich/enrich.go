// Package enrich is the slow lane of tagging: part of speech in one ambiguous
// clause and names of people in one sentence, by the tokenizer and the models of prose/v2.
//
// It promises never to see a whole review, to load what it needs of the models once, at
// first use or by Load, and never to panic on foreign text. What prose keeps in maps of maps is
// packed when it is loaded (see model), and the sums over it are done here: a fifth of the
// memory, and a tenth of the time of an answer. A test compares the answers with those of prose.
//
// The quirks of prose that would give wrong answers are worked around and guarded by tests: it loses
// "n't" before punctuation, takes "dont" for a noun, gives one tag to a word that
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
	held    atomic.Pointer[loaded]
}

// loaded is what is loaded. Questions about parts of speech need half of the memory
// and of the time to load; with names it answers both.
type loaded struct {
	model *model // nil if it could not be loaded; then questions stay unanswered
	names bool
}

// New returns a lane whose model is loaded at the first question, or by Load.
func New() *Lane { return new(Lane) }

// Load loads the model now, so that no question waits for it; names says whether names
// will be asked for. An error means that prose is of a version that this package does not know;
// questions stay unanswered then.
func (l *Lane) Load(names bool) error {
	if l.has(names) != nil {
		return nil
	}
	l.loading.Lock()
	defer l.loading.Unlock()
	if l.has(names) != nil {
		return nil
	}
	m, err := load(names)
	l.held.Store(&loaded{model: m, names: names})
	return err
}

// has is what is loaded, nil if it does not answer the question.
func (l *Lane) has(names bool) *loaded {
	if m := l.held.Load(); m != nil && (m.names || !names) {
		return m
	}
	return nil
}

// model loads what a question needs, unless it is there.
func (l *Lane) model(names bool) *model {
	m := l.has(names)
	if m == nil {
		_ = l.Load(names) // Whoever called Load was told.
		m = l.held.Load()
	}
	return m.model
}

// noModel keeps prose from loading its own where only tokens are asked for.
var noModel = &prose.Model{}

// tokens splits a text as prose does.
func tokens(text string) []string {
	doc, err := prose.NewDocument(text, prose.UsingModel(noModel), prose.WithSegmentation(false), prose.WithTagging(false), prose.WithExtraction(false))
	if err != nil {
		return nil
	}
	all := doc.Tokens()
	out := make([]string, len(all))
	for i := range all {
		out[i] = all[i].Text
	}
	return out
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
	parts := tokens(text)
	if index >= len(parts) || parts[index] != words[at] {
		return ""
	}
	m := l.model(false)
	if m == nil {
		return ""
	}
	return m.tagSpeech(parts)[index]
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
		parts := tokens(spaced(part))
		tags := m.tagSpeech(parts)
		for _, found := range peopleOf(parts, tags, m.labelNames(parts, tags)) {
			if name := asWritten(sentence, found); name != "" && !slices.Contains(names, name) {
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
