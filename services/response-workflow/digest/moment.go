package digest

import (
	"cmp"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/review"
)

// Words of a moment: fewer tell nothing, more are not read out.
const (
	MinMomentWords = 20
	MaxMomentWords = 80
)

// Moment is what one patient wrote, worth reading out.
type Moment struct {
	ReviewID   string    `json:"review_id"`
	Quote      string    `json:"quote"` // whole sentences of the review
	Site       string    `json:"site"`
	LocationID string    `json:"location_id"`
	PostedAt   time.Time `json:"posted_at"`
}

// choice is the best moment so far.
type choice struct {
	best  *Moment
	score int
}

// moment is what was chosen; nil if no review has one.
func (c *choice) moment() *Moment { return c.best }

// consider takes the review's moment if it is better than the best so far; of two that are as
// good, that with the smaller id, so that the order of reviews does not matter.
func (c *choice) consider(doc *collections.Review) {
	if doc.Analysis.Overall != review.Positive || len(doc.Analysis.Urgent) > 0 || doc.Urgent || doc.Removed || doc.Excerpt {
		return
	}
	quote, score := momentOf(doc)
	if quote == "" || score < c.score || (score == c.score && (c.best == nil || doc.ID >= c.best.ReviewID)) {
		return
	}
	c.score = score
	c.best = &Moment{ReviewID: doc.ID, Quote: quote, Site: doc.Site, LocationID: doc.LocationID, PostedAt: doc.PostedAt}
}

// kindness are words of what somebody did, rather than of how good it was.
var kindness = regexp.MustCompile(`(?i)\b(` + strings.Join([]string{
	`held (my|her|his|our) hand`, `stayed (late|after|with)`, `took (the|extra|her|his|their) time`, `called (me|us|back|later|to check|that (evening|night))`,
	`check(ed|ing)? (on|in on|up on) (me|us|him|her|my)`, `listen(ed|s)`, `explain(ed|s)`, `reassur(ed|ing)`, `comfort(ed|ing)`, `calm(ed|ing)?`,
	`put (me|us|him|her|my \w+) at ease`, `made (me|us|him|her|my \w+) (laugh|smile|feel)`, `walked (me|us|her|him)`, `gentle`, `kind(ness)?`, `compassion(ate)?`,
	`caring`, `patient with`, `remember(ed|s)`, `went out of (her|his|their) way`, `above and beyond`, `squeezed (me|us|him|her) in`, `nervous|anxious|scared|afraid`,
	`me escuch(ó|aron)`, `explic(ó|aron)`, `con (mucha )?paciencia`, `amable(s)?`, `me tranquiliz(ó|aron)`, `cariños[oa]s?`,
}, "|") + `)`)

// private are signs that a sentence holds what should not be read out: numbers to call, addresses, links.
var private = regexp.MustCompile(`(?i)\d[\d\-.() ]{6,}\d|[\w.]+@[\w.]+|https?://|www\.|\$\s?\d`)

// momentOf is the best run of whole sentences with between MinMomentWords and MaxMomentWords words.
// A sentence in which something negative is said, or that shouts, is in none. Without a person named
// or something kind that was done there is no moment.
func momentOf(doc *collections.Review) (quote string, score int) {
	sentences := split(doc.Text)
	for i := range sentences {
		words := 0
		for j := i; j < len(sentences) && j-i < 8; j++ {
			s := sentences[j]
			if unfit(doc, s) {
				break
			}
			words += len(strings.Fields(s.text))
			if words > MaxMomentWords {
				break
			}
			if words < MinMomentWords {
				continue
			}
			text := doc.Text[sentences[i].start:s.end]
			if n := worth(doc, text, sentences[i].start, s.end, words); n > score {
				quote, score = strings.Join(strings.Fields(text), " "), n
			}
		}
	}
	return quote, score
}

// worth is 0 for what is no moment.
func worth(doc *collections.Review, text string, start, end, words int) int {
	named := map[string]bool{}
	for _, m := range doc.Analysis.Mentions {
		if m.Polarity != review.Negative && m.Start >= start && m.End <= end {
			title, name := nameOf(m.Name)
			named[title+" "+strings.Join(name, " ")] = true
		}
	}
	kinds := map[string]bool{}
	for _, k := range kindness.FindAllString(text, 10) {
		kinds[strings.ToLower(k)] = true
	}
	if len(named) == 0 && len(kinds) == 0 {
		return 0
	}
	score := 100 + 30*min(len(named), 2) + 25*min(len(kinds), 4)
	if doc.Rating != nil && *doc.Rating >= 4.5 {
		score += 10
	}
	// About forty words are best to read out.
	off := words - 40
	if off < 0 {
		off = -off
	}
	return score - off
}

func unfit(doc *collections.Review, s sentence) bool {
	if private.MatchString(s.text) || !utf8.ValidString(s.text) {
		return true
	}
	letters, capitals := 0, 0
	for _, r := range s.text {
		switch {
		case unicode.IsUpper(r):
			letters++
			capitals++
		case unicode.IsLetter(r):
			letters++
		case unicode.IsControl(r) && !unicode.IsSpace(r), r == utf8.RuneError:
			return true
		}
	}
	if letters == 0 || (letters > 20 && capitals*2 > letters) {
		return true
	}
	for _, tag := range doc.Analysis.Tags {
		if tag.Polarity == review.Positive {
			continue
		}
		for _, e := range tag.Evidence {
			if e.Start < s.end && e.End > s.start {
				return true
			}
		}
	}
	return false
}

type sentence struct {
	start, end int // bytes of the text, without the space around
	text       string
}

// abbreviations end with a full stop that ends no sentence.
var abbreviations = map[string]bool{
	"dr": true, "dra": true, "mr": true, "mrs": true, "ms": true, "st": true, "jr": true, "sr": true, "vs": true, "e.g": true, "i.e": true, "no": false,
}

// split cuts a text into sentences: after ., !, ? or … before a space, and at empty lines.
func split(text string) []sentence {
	var out []sentence
	start := 0
	cut := func(end int) {
		raw := text[start:end]
		trimmed := strings.TrimSpace(raw)
		if trimmed != "" {
			at := start + strings.Index(raw, trimmed)
			out = append(out, sentence{at, at + len(trimmed), trimmed})
		}
		start = end
	}
	runes := []rune(text)
	at := 0
	for i, r := range runes {
		at += len(string(r))
		if r == utf8.RuneError {
			// A text that is no UTF-8 cannot be cut by its characters.
			if !utf8.ValidString(text) {
				return nil
			}
		}
		last := i == len(runes)-1
		switch {
		case r == '\n' && !last && runes[i+1] == '\n':
			cut(at)
		case strings.ContainsRune(".!?…", r) && (last || unicode.IsSpace(runes[i+1]) || closes(runes, i+1)):
			if r == '.' && abbreviated(text[start:at]) {
				continue
			}
			if !last && closes(runes, i+1) {
				continue // the closing quotation mark belongs to the sentence
			}
			cut(at)
		case (r == '"' || r == '”' || r == ')') && i > 0 && strings.ContainsRune(".!?…", runes[i-1]) && (last || unicode.IsSpace(runes[i+1])):
			cut(at)
		}
	}
	cut(len(text))
	return out
}

func closes(runes []rune, i int) bool {
	return (runes[i] == '"' || runes[i] == '”' || runes[i] == ')') && (i+1 == len(runes) || unicode.IsSpace(runes[i+1]))
}

// abbreviated reports whether a text ends with an abbreviation or an initial.
func abbreviated(s string) bool {
	s = strings.TrimSuffix(s, ".")
	word := strings.ToLower(s[strings.LastIndexFunc(s, unicode.IsSpace)+1:])
	return abbreviations[word] || (utf8.RuneCountInString(word) == 1 && cmp.Compare(word, "i") != 0 && strings.ToLower(word) != strings.ToUpper(word))
}
