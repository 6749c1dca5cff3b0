// Package tagging says what a review is about: which of eight topics it speaks
// of and how, with the words that say so, the overall verdict, urgent flags and
// the people it names.
//
// It promises: any bytes up to a megabyte are analysed without panic in time
// linear to their length; evidence offsets are byte offsets into exactly the
// text given, and the quote is exactly what stands there; the same text always
// gives the same analysis; an Engine is safe for concurrent use. It reads only
// the data files embedded in data/ and performs no I/O.
package tagging

import (
	"embed"
	"fmt"
	"io/fs"
	"sync"

	"github.com/bedside-health/bedside/libs/review"
)

// Version names the rules, word lists and weights of this build: year, month and
// number, each with its zeros, because versions compare as strings. Any change of
// data or code that can change an analysis raises it.
const Version = "2026.11.04"

//go:embed data/*.txt data/weights.tsv data/presence.tsv data/es/*.txt
var embedded embed.FS

// ClauseTagger settles the part of speech of a word in one ambiguous clause.
// It is asked rarely and about one clause at a time. Implementations are safe
// for concurrent use.
type ClauseTagger interface {
	// Tag returns the Penn Treebank tag of words[at], or "" if it cannot say.
	// Words are lower case and without apostrophes ("dont").
	Tag(words []string, at int) string
}

// NameFinder finds names of people in one sentence, for the names that neither
// an honorific nor a role word gives away. Implementations are safe for
// concurrent use.
type NameFinder interface {
	// People returns the names as they are written in the sentence.
	People(sentence string) []string
}

// Options are what an Engine can be given beside its own rules. Both are optional.
type Options struct {
	Clauses ClauseTagger
	Names   NameFinder
}

// Engine analyses review texts. It is immutable and safe for concurrent use.
type Engine struct {
	lex     *lexicon // English
	spanish *lexicon
	bases   [2]*lexicon // the same two without anybody's own terms
	options Options
	version string
	only    string     // the language every text is taken for; "" to detect it
	pool    *sync.Pool // of *reading
}

// New compiles the embedded lexicons and rules. An error means that a data file
// is faulty; it names file and line.
func New() (*Engine, error) { return NewWith(Options{}) }

// NewWith is New with helpers plugged in.
func NewWith(o Options) (*Engine, error) {
	data, err := fs.Sub(embedded, "data")
	if err != nil {
		return nil, fmt.Errorf("open the embedded data: %w", err)
	}
	return newEngine(data, o)
}

// newEngine compiles the rules in data, and those for Spanish in its folder es.
func newEngine(data fs.FS, o Options) (*Engine, error) {
	en, es := newLexicon(), newLexicon()
	es.inflect = inflectSpanish
	if err := en.loadFiles(data); err != nil {
		return nil, fmt.Errorf("compile tagging rules: %w", err)
	}
	if err := en.loadWeights(data, "weights.tsv"); err != nil {
		return nil, fmt.Errorf("load tagging weights: %w", err)
	}
	if err := en.loadPresence(data, "presence.tsv"); err != nil {
		return nil, fmt.Errorf("load tagging weights of presence: %w", err)
	}
	sub, err := fs.Sub(data, "es")
	if err != nil {
		return nil, fmt.Errorf("open the Spanish rules: %w", err)
	}
	if err := es.loadFiles(sub); err != nil {
		return nil, fmt.Errorf("compile Spanish tagging rules: %w", err)
	}
	en.internAll(es)
	en.freeze()
	es.freeze()
	en.learnLanguages(es)
	return &Engine{
		lex: en, spanish: es, bases: [2]*lexicon{en, es}, options: o, version: Version,
		pool: &sync.Pool{New: func() any { return &reading{} }},
	}, nil
}

// Version is the version every analysis of this engine carries: Version, and the
// revision of the organization's own terms if it was made by WithTerms.
func (e *Engine) Version() string { return e.version }

// maxKept bounds the scratch memory kept between analyses, in words.
const maxKept = 1 << 14

// Analyze says what text is about. It is total: text may be empty, of any size,
// in any language and no valid UTF-8. Tags come in the order of review.Topics,
// evidence in the order of the text, at most 24 spans a tag. Tags and Urgent
// are never nil.
func (e *Engine) Analyze(text string) review.Analysis {
	r := e.pool.Get().(*reading)
	r.read(e, text)
	a := r.analysis()
	r.text = ""
	if cap(r.words) <= maxKept {
		e.pool.Put(r)
	}
	return a
}
