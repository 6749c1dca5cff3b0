package routing

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// textIndex finds phrases in a text.
type textIndex struct {
	words []string
	at    map[string][]int
}

func indexText(text string) *textIndex {
	t := &textIndex{words: fold(text)}
	t.at = make(map[string][]int, len(t.words))
	for i, w := range t.words {
		t.at[w] = append(t.at[w], i)
	}
	return t
}

// has reports whether the words of a phrase stand next to one another in the text. A "*" at its end
// stands for any ending of the last word.
func (t *textIndex) has(phrase string) bool {
	phrase, open := strings.CutSuffix(strings.TrimRight(phrase, " \"'"), "*")
	want := fold(phrase)
	if len(want) == 0 {
		return false
	}
	if open && len(want) == 1 {
		return slices.ContainsFunc(t.words, func(w string) bool { return strings.HasPrefix(w, want[0]) })
	}
	for _, start := range t.at[want[0]] {
		if len(t.words)-start < len(want) {
			break
		}
		matched := true
		for i := 1; i < len(want) && matched; i++ {
			word := t.words[start+i]
			matched = word == want[i] || open && i == len(want)-1 && strings.HasPrefix(word, want[i])
		}
		if matched {
			return true
		}
	}
	return false
}

// fold cuts a text into words in lower case without marks. Apostrophes and invisible characters
// part nothing, and the s of a possessive is left out; each character of a script that is written
// without spaces is a word.
func fold(text string) []string {
	var out []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			out = append(out, word.String())
			word.Reset()
		}
	}
	runes := []rune(norm.NFKD.String(strings.ToValidUTF8(text, " ")))
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		switch {
		case apostrophe(r):
			if i+1 < len(runes) && unicode.ToLower(runes[i+1]) == 's' && (i+2 == len(runes) || !unicode.IsLetter(runes[i+2])) {
				i++
			}
		case unicode.Is(unicode.M, r), unicode.Is(unicode.Cf, r):
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
			end()
			out = append(out, string(r))
		case unicode.IsLetter(r), unicode.IsDigit(r):
			word.WriteRune(unicode.ToLower(r))
		default:
			end()
		}
	}
	end()
	return out
}

func apostrophe(r rune) bool { return r == '\'' || r == '’' || r == '‘' || r == 'ʼ' }

// foldName is a name for comparison: folded, with one spelling of the title.
func foldName(name string) string {
	words := fold(name)
	for i, w := range words {
		switch w {
		case "doctor":
			words[i] = "dr"
		case "doctora":
			words[i] = "dra"
		}
	}
	return strings.Join(words, " ")
}
