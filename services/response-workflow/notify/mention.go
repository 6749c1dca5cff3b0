package notify

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/collections"
)

// maxMentioned bounds how many people one note tells.
const maxMentioned = 50

// Mentions are the ids of the active people that a note names as "@First Last" or
// "@name@example.org", in the order of the text. Case and the number of spaces do not matter. Of two
// names that fit, the longer is meant; two people of the same name are both. An @ within a word,
// as in an address, names nobody.
func Mentions(text string, people []collections.Person) []string {
	type called struct{ name, id string }
	var names []called
	for _, p := range people {
		if !p.Active {
			continue
		}
		for _, name := range []string{p.Name, p.Email} {
			if folded := fold(name); folded != "" {
				names = append(names, called{folded, p.ID})
			}
		}
	}
	slices.SortStableFunc(names, func(a, b called) int { return len(b.name) - len(a.name) })
	text = fold(text)
	var out []string
	before := ' '
	for i, r := range text {
		if r == '@' && !word(before) {
			rest, longest := text[i+1:], ""
			for _, n := range names {
				if longest != "" && n.name != longest {
					continue
				}
				if strings.HasPrefix(rest, n.name) && ends(rest[len(n.name):]) {
					longest = n.name
					if !slices.Contains(out, n.id) {
						out = append(out, n.id)
					}
				}
			}
			if len(out) >= maxMentioned {
				return out[:maxMentioned]
			}
		}
		before = r
	}
	return out
}

// ends reports whether a name may end before rest: no letter goes on, and no part of an address.
func ends(rest string) bool {
	r, size := utf8.DecodeRuneInString(rest)
	if rest == "" {
		return true
	}
	if r == '.' || r == '-' || r == '\'' || r == '’' {
		// A full stop after a name ends it; within an address or a double name it does not.
		after, _ := utf8.DecodeRuneInString(rest[size:])
		return (r == '\'' || r == '’') || len(rest) == size || !word(after)
	}
	return !word(r) && r != '@'
}

func word(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

// fold makes texts comparable: small letters, single spaces.
func fold(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(s)), " ")
}
