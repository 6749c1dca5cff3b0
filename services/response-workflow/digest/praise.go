package digest

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/review"
)

// praise counts who is praised by name, under all the ways their name is written.
type praise map[string]*praised

type praised struct {
	spelled map[string]int
	reviews int
	title   string   // dr, or empty
	words   []string // of the name without its title
}

// add counts each person once a review.
func (p praise) add(doc *collections.Review) {
	seen := map[string]bool{}
	for _, m := range doc.Analysis.Mentions {
		if m.Polarity != review.Positive {
			continue
		}
		title, words := nameOf(m.Name)
		key := title + " " + strings.Join(words, " ")
		if len(words) == 0 || seen[key] {
			continue
		}
		seen[key] = true
		who := p[key]
		if who == nil {
			who = &praised{spelled: map[string]int{}, title: title, words: words}
			p[key] = who
		}
		who.spelled[strings.Join(strings.Fields(m.Name), " ")]++
		who.reviews++
	}
}

// list gives those who were praised most. "Dr. Lee" is the only doctor praised whose last name is
// Lee; where there are two, nobody can tell, and the short name stays alone.
func (p praise) list() []Praised {
	short := map[*praised]*praised{}
	for _, a := range p {
		if len(a.words) != 1 || a.title == "" {
			continue
		}
		var full []*praised
		for _, b := range p {
			if b.title == a.title && len(b.words) > 1 && b.words[len(b.words)-1] == a.words[0] {
				full = append(full, b)
			}
		}
		if len(full) == 1 {
			short[a] = full[0]
		}
	}
	total := map[*praised]int{}
	for _, a := range p {
		if full := short[a]; full != nil {
			total[full] += a.reviews
		} else {
			total[a] += a.reviews
		}
	}
	out := []Praised{}
	for a, n := range total {
		out = append(out, Praised{Name: a.name(), Count: n})
	}
	slices.SortFunc(out, func(x, y Praised) int { return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Name, y.Name)) })
	return out[:min(len(out), MaxPraised)]
}

// name is the most frequent spelling.
func (p *praised) name() string {
	best := ""
	for s, n := range p.spelled {
		if b := p.spelled[best]; best == "" || n > b || (n == b && better(s, best)) {
			best = s
		}
	}
	return best
}

// better decides between spellings that are as frequent: with its capitals and full stops.
func better(a, b string) bool {
	return cmp.Or(cmp.Compare(marks(b), marks(a)), cmp.Compare(a, b)) < 0
}

func marks(s string) int {
	n := strings.Count(s, ".")
	for _, r := range s {
		if unicode.IsUpper(r) {
			n++
		}
	}
	return n
}

// nameOf takes a name apart: "Dr. Sarah Lee" is dr and sarah lee.
func nameOf(name string) (title string, words []string) {
	words = strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '\'' && r != '’'
	})
	if len(words) > 0 && (words[0] == "dr" || words[0] == "doctor" || words[0] == "dra" || words[0] == "doctora") {
		return "dr", words[1:]
	}
	return "", words
}
