package tagging

import (
	"math/bits"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/bedside-health/bedside/services/sentiment/tagging/token"
)

// Languages are told apart by the words already cut: by script where that is
// enough, else by small common words, which the lists "language-xx" of the data
// files hold. English and Spanish are read. Any other language is marked with its
// code where it is sure and with "und" where it is not, and never guessed at: then
// only an organization's own terms speak, and without any the verdict is mixed. A text
// without any word has no language.
const (
	english      = "en"
	spanish      = "es"
	undetermined = "und"
)

// languages are those told apart by common words, by their bit.
var languages = [...]string{english, spanish, "fr", "de", "pt", "it", "nl", "pl", "sv", "tl", "vi", "ht"}

// bits of the languages that are read.
const (
	bitEnglish = 0
	bitSpanish = 1
)

// scripts give a language away where only one in wide use is written in them.
var scripts = []struct {
	table *unicode.RangeTable
	code  string
}{
	{unicode.Hiragana, "ja"},
	{unicode.Katakana, "ja"},
	{unicode.Hangul, "ko"},
	{unicode.Han, "zh"}, // after kana: Japanese uses both
	{unicode.Hebrew, "he"},
	{unicode.Greek, "el"},
	{unicode.Thai, "th"},
	{unicode.Armenian, "hy"},
	{unicode.Georgian, "ka"},
	{unicode.Bengali, "bn"},
	{unicode.Tamil, "ta"},
	{unicode.Telugu, "te"},
	{unicode.Gujarati, "gu"},
	{unicode.Gurmukhi, "pa"},
	{unicode.Khmer, "km"},
	{unicode.Lao, "lo"},
	{unicode.Myanmar, "my"},
}

// letters give a language away among those that share a script. They stand in
// most sentences of it.
var letters = []struct {
	set  string
	code string
}{
	{"ўЎ", "be"},
	{"іїєґІЇЄҐ", "uk"},
	{"ыэёъЫЭЁЪ", "ru"},
	{"ٹڈڑےں", "ur"},
	{"پچژگ", "fa"},
	{"ةىإأ", "ar"},
}

// maxSeen bounds the words in foreign scripts that are looked at.
const maxSeen = 64

// detect tells the language of the words, which were looked up in the English
// lexicon. It takes one pass.
func (r *reading) detect() string {
	var common [len(languages)]int
	known, words, foreign := 0, 0, 0
	for i := range r.words {
		w := &r.words[i]
		if w.kind != token.Word {
			continue
		}
		words++
		for set := uint(w.languages); set != 0; set &= set - 1 {
			common[bits.TrailingZeros(set)]++
		}
		if w.id != idUnknown && w.known() {
			known++
		} else if w.id == idUnknown && r.text[w.start] >= utf8.RuneSelf && !latin(r.text[w.start:w.end]) {
			foreign++
		}
	}
	if words == 0 {
		return ""
	}
	if 2*foreign > words {
		return r.script()
	}
	best, second := 1, 0
	for k := 2; k < len(common); k++ {
		switch {
		case common[k] > common[best]:
			best, second = k, common[best]
		case common[k] > second:
			second = common[k]
		}
	}
	// English is read if there is any doubt: it shares words with all of them.
	mine := max(common[bitEnglish], known)
	switch {
	case common[best] > mine && (common[best] >= 2 || best == bitSpanish):
		if common[best] == second || 5*common[best] < words {
			return undetermined
		}
		return languages[best]
	case mine > 0 && (words < 5 || 4*mine >= words):
		return english
	default:
		return undetermined
	}
}

// known reports whether the English rules or weights know a word.
func (w *wordInfo) known() bool { return w.root != 0 || w.weight != 0 }

func latin(word string) bool {
	c, _ := utf8.DecodeRuneInString(word)
	return unicode.Is(unicode.Latin, c)
}

// script names the language of a text that is mostly in a foreign script.
func (r *reading) script() string {
	seen := 0
	code := undetermined
	for i := range r.words {
		w := &r.words[i]
		if w.kind != token.Word || r.text[w.start] < utf8.RuneSelf {
			continue
		}
		if seen++; seen > maxSeen {
			break
		}
		for n, c := range r.text[w.start:w.end] {
			if n > 256 {
				break
			}
			for _, l := range letters {
				for _, letter := range l.set {
					if letter == c {
						return l.code
					}
				}
			}
			for _, s := range scripts {
				if unicode.Is(s.table, c) {
					if s.code != "zh" {
						return s.code
					}
					code = s.code
				}
			}
		}
	}
	return code
}

// learnLanguages notes which words are common in which language. Every word of the
// Spanish rules counts for Spanish; those that English rules know as well count for both.
func (l *lexicon) learnLanguages(es *lexicon) {
	for bit, code := range languages {
		list := l.lists["language-"+code]
		if list == nil {
			continue
		}
		for _, id := range singles(list) {
			l.infos[id].languages |= 1 << bit
		}
	}
	if es == nil {
		return
	}
	for id := int32(1); id <= int32(es.words.len()); id++ {
		if at := l.words.get(es.words.word(id)); at > idEmoji {
			l.infos[at].languages |= 1 << bitSpanish
		}
	}
}

// internAll adds the words of another lexicon, so that its words are told from
// unknown ones. It must run before freeze.
func (l *lexicon) internAll(other *lexicon) {
	words := make([]string, 0, len(other.ids))
	for w := range other.ids {
		words = append(words, w)
	}
	slices.Sort(words)
	for _, w := range words {
		l.intern(w)
	}
}

// language is the code of the language of the text; empty if it has no words.
func (r *reading) language() string { return r.lang }

// readable reports whether there are rules for a language. A text without words
// may still hold emoji.
func readable(lang string) bool { return lang == english || lang == spanish || lang == "" }
