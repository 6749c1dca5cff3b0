// Package terms turns text into the words it can be found by. The writer of
// reviews and the reader of search queries use the same functions, so that what
// is indexed and what is asked for always meet.
//
// It promises: terms are folded (lower case, compatibility forms unified, marks
// removed: "Café" and "CAFE" meet), hold only letters and digits, are at most
// MaxBytes long and cut at a character, and come distinct in the order in which
// they first appear. The cost is linear in the length of the text.
//
// Scripts written without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese)
// are indexed by single characters and by pairs of neighbours; a query of them
// asks for all its pairs.
package terms

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Limits of what is indexed and asked for.
const (
	// MaxTerms bounds the terms of one document; words after that many distinct
	// ones are not found by.
	MaxTerms = 400
	// MaxBytes bounds one term. Longer words are cut on both sides alike, so that
	// they still meet.
	MaxBytes = 40
	// MaxQueryTerms bounds the terms of a query; further words are left out.
	MaxQueryTerms = 16
	// maxQueryBytes bounds the text of a query that is looked at.
	maxQueryBytes = 4 << 10
)

// Of returns the distinct terms of a document's texts, at most MaxTerms. Texts
// given first win where there are too many.
func Of(texts ...string) []string {
	c := collector{seen: make(map[string]struct{}, 96), limit: MaxTerms, singles: true}
	for _, text := range texts {
		if !c.read(text) {
			break
		}
	}
	if c.out == nil {
		return []string{}
	}
	return c.out
}

// Query returns the terms that a document must have to be found by q, at most
// MaxQueryTerms. A last word that may still be being typed (nothing follows it)
// ends in '*', which asks for words that begin with it; words of one character
// are never a prefix.
func Query(q string) []string {
	if len(q) > maxQueryBytes {
		q = strings.ToValidUTF8(q[:maxQueryBytes], "")
	}
	c := collector{seen: map[string]struct{}{}, limit: MaxQueryTerms}
	c.read(q)
	if len(c.out) == 0 {
		return []string{}
	}
	last, _ := utf8.DecodeLastRuneInString(q)
	if !separates(last) && c.whole && utf8.RuneCountInString(c.last) >= 2 {
		for i, term := range c.out {
			if term == c.last {
				c.out = append(append(c.out[:i:i], c.out[i+1:]...), term+"*")
				break
			}
		}
	}
	return c.out
}

// separates reports whether a word is over once r was typed. Marks that are
// dropped inside words do not end one.
func separates(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.Is(unicode.Mn, r) && !joins(r)
}

// joins reports whether r stands inside words without being part of them: "don't"
// and "dont" are one term, as are words with soft hyphens or zero-width joiners.
func joins(r rune) bool {
	switch r {
	case '\'', '’', '‘', 'ʼ', '＇', '`', '´', '\u00ad', '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff':
		return true
	}
	return false
}

// collector gathers distinct terms until it has limit of them.
type collector struct {
	seen    map[string]struct{}
	out     []string
	limit   int
	singles bool // index single characters of unspaced scripts beside their pairs
	// last is the term of the word read last; whole tells that it was a word of
	// letters and not a piece of an unspaced script.
	last  string
	whole bool
}

// read adds the terms of text and reports whether there is room for more.
func (c *collector) read(text string) bool {
	for len(text) > 0 {
		// Words are found in the raw text and folded one at a time, so that a
		// full collector stops reading and no second copy of the text is made.
		start := strings.IndexFunc(text, wordRune)
		if start < 0 {
			return true
		}
		text = text[start:]
		end := strings.IndexFunc(text, separates)
		if end < 0 {
			end = len(text)
		}
		if !c.word(text[:end]) {
			return false
		}
		text = text[end:]
	}
	return true
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// word adds the terms of one raw word.
func (c *collector) word(raw string) bool {
	if ascii(raw) {
		return c.add(foldASCII(raw))
	}
	folded := fold(raw)
	for folded != "" {
		first, _ := utf8.DecodeRuneInString(folded)
		end := runOf(folded, unspaced(first))
		run := folded[:end]
		folded = folded[end:]
		if unspaced(first) {
			if !c.pairs(run) {
				return false
			}
			continue
		}
		if !c.add(cut(run)) {
			return false
		}
	}
	return true
}

// runOf is the length of the run of characters at the beginning of s that are (or
// are not) of an unspaced script.
func runOf(s string, of bool) int {
	for i, r := range s {
		if unspaced(r) != of {
			return i
		}
	}
	return len(s)
}

// pairs adds the terms of a run of an unspaced script.
func (c *collector) pairs(run string) bool {
	runes := []rune(run)
	for i := range runes {
		if c.singles || len(runes) == 1 {
			if !c.add(string(runes[i])) {
				return false
			}
		}
		if i > 0 && !c.add(string(runes[i-1:i+1])) {
			return false
		}
	}
	c.whole = false
	return true
}

func (c *collector) add(term string) bool {
	if term == "" {
		return true
	}
	c.last, c.whole = term, true
	if _, there := c.seen[term]; !there {
		if len(c.out) >= c.limit {
			return false
		}
		c.seen[term] = struct{}{}
		c.out = append(c.out, term)
	}
	return true
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// foldASCII is fold and cut for the common case, which needs no tables.
func foldASCII(s string) string {
	b := make([]byte, 0, min(len(s), MaxBytes))
	for i := 0; i < len(s) && len(b) < MaxBytes; i++ {
		switch ch := s[i]; {
		case 'A' <= ch && ch <= 'Z':
			b = append(b, ch+('a'-'A'))
		case 'a' <= ch && ch <= 'z', '0' <= ch && ch <= '9':
			b = append(b, ch)
		}
	}
	return string(b)
}

// fold unifies case and compatibility forms and drops marks. What is left is
// composed again, so that a Korean syllable is one character and not three.
func fold(s string) string {
	s = norm.NFKD.String(cases.Fold().String(norm.NFKD.String(s)))
	s = strings.Map(func(r rune) rune {
		if !wordRune(r) {
			return -1
		}
		return r
	}, s)
	return norm.NFC.String(s)
}

// cut shortens a term to MaxBytes without splitting a character.
func cut(s string) string {
	if len(s) <= MaxBytes {
		return s
	}
	end := MaxBytes
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// unspaced reports whether r is of a script that puts no spaces between words.
func unspaced(r rune) bool {
	if r < 0x0e00 {
		return false
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
