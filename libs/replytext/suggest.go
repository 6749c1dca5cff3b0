package replytext

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bedside-health/bedside/libs/review"
)

// Situation is what a suggestion is for.
type Situation struct {
	// ReviewID decides which of the possible texts come first, so that the same review gets the
	// same ones.
	ReviewID string
	Language string // en or es; everything else is en
	// Overall is what the review says as a whole; empty if nobody knows.
	Overall review.Polarity
	Tags    []review.Tag
	// Urgent reviews get the sentence about privacy and an invitation to talk, and nothing else.
	Urgent bool
	// RatingOnly reviews have stars and no words.
	RatingOnly bool
	Values     Values
}

// Suggestion is one reply to begin with.
type Suggestion struct {
	Text string
	// Label says what it speaks to, for people, in English.
	Label string
}

const (
	// triesPerRound bounds how many texts of one plan are checked for one suggestion, and rounds
	// how often the plans are gone through.
	triesPerRound = 30
	rounds        = 3
)

// Suggest puts up to most replies together. fits decides which texts may be offered; it is told
// those already chosen, so that they differ. It is asked a bounded number of times.
func (w *Writer) Suggest(s Situation, most int, fits func(text string, chosen []string) bool) []Suggestion {
	if s.Language != "es" {
		s.Language = "en"
	}
	plans := w.plans(s)
	var out []Suggestion
	var chosen []string
	for round := range rounds {
		for _, p := range plans {
			if len(out) >= most {
				return out
			}
			if text, found := p.find(s, round, chosen, fits); found {
				out = append(out, Suggestion{Text: text, Label: p.label})
				chosen = append(chosen, text)
			}
		}
	}
	return out
}

// plan is a kind of reply: its parts in order, and what to fall back on where those with the
// practice's names do not fit.
type plan struct {
	label string
	parts [][][]string // by fallback, by part: the sentences
}

func (w *Writer) plans(s Situation) []plan {
	in := w.sections[s.Language]
	make1 := func(label string, sections ...[]string) plan {
		p := plan{label: label}
		for _, values := range fallbacks(s.Values) {
			var parts [][]string
			for _, alternatives := range sections {
				parts = append(parts, pick(in, alternatives, values))
			}
			if !slices.ContainsFunc(parts, func(p []string) bool { return len(p) == 0 }) {
				p.parts = append(p.parts, parts)
			}
		}
		return p
	}
	step := []string{"step.phone.manager", "step.phone", "step.manager", "step.none"}
	tone := s.Overall
	if tone == "" {
		tone = "neutral"
	}
	stars := tone
	if stars == review.Mixed {
		stars = "neutral"
	}
	switch {
	case s.Urgent:
		return []plan{make1("Privacy and a private contact", []string{"privacy"}, step)}
	case s.RatingOnly && stars == review.Positive:
		return []plan{make1("Thanks for the rating", []string{"stars.positive"}, []string{"close.positive"})}
	case s.RatingOnly:
		return []plan{make1("A rating without words", []string{"stars." + string(stars)}, step)}
	case tone == "neutral":
		return []plan{make1("Thanks in general", []string{"open.neutral"}, step)}
	}
	end := [][]string{{"privacy"}, step}
	switch tone {
	case review.Positive:
		end = [][]string{{"close.positive"}}
	case review.Mixed:
		end = [][]string{step}
	}
	var out []plan
	open := []string{"open." + string(tone)}
	for _, tag := range speakable(s.Tags, s.Overall) {
		polarity := review.Negative
		if tag.Polarity == review.Positive {
			polarity = review.Positive
		}
		section := "topic." + string(tag.Topic) + "." + string(polarity)
		out = append(out, make1(label(tag.Topic), append([][]string{open, {section}}, end...)...))
	}
	return append(out, make1("In general terms", append([][]string{open, {"general." + string(tone)}}, end...)...))
}

// maxTopics is how many topics have a suggestion of their own.
const maxTopics = 2

// speakable are the tags a public reply may speak to, those that weigh most first. To praise one
// does not answer with what was criticised, and the other way around.
func speakable(tags []review.Tag, overall review.Polarity) []review.Tag {
	var out []review.Tag
	for _, tag := range tags {
		if label(tag.Topic) == "" || overall == review.Positive && tag.Polarity != review.Positive ||
			overall == review.Negative && tag.Polarity == review.Positive {
			continue
		}
		out = append(out, tag)
	}
	slices.SortStableFunc(out, func(a, b review.Tag) int {
		if a, b := a.Polarity == review.Positive, b.Polarity == review.Positive; a != b {
			if a {
				return 1
			}
			return -1
		}
		return cmp.Compare(len(b.Evidence), len(a.Evidence))
	})
	return out[:min(len(out), maxTopics)]
}

// MainTopic is the topic a reply would speak to; empty if there is none that it may name.
func MainTopic(tags []review.Tag, overall review.Polarity) review.Topic {
	found := speakable(tags, overall)
	if len(found) == 0 {
		return ""
	}
	return found[0].Topic
}

// fallbacks are the values, then fewer and fewer of them: a name that a check objects to must not
// leave the review without a suggestion.
func fallbacks(v Values) []Values {
	out := []Values{v}
	if v.Manager != "" {
		v.Manager = ""
		out = append(out, v)
	}
	if v.Practice != "" {
		v.Practice = ""
		out = append(out, v)
	}
	if v.Phone != "" {
		v.Phone = ""
		out = append(out, v)
	}
	return out
}

// pick are the sentences of the first section that has some for these values, filled in.
func pick(in map[string][]*Template, sections []string, values Values) []string {
	for _, section := range sections {
		var out []string
		for _, t := range in[section] {
			if filled, ok := t.Fill(values); ok {
				out = append(out, filled.Text)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// find looks for a text of a plan that fits, in an order of the review's own.
func (p plan) find(s Situation, round int, chosen []string, fits func(string, []string) bool) (string, bool) {
	tried := map[string]bool{}
	for level, parts := range p.parts {
		order := source(hash(s.ReviewID, s.Language, p.label, string(rune('0'+round)), string(rune('0'+level))))
		for range max(triesPerRound>>level, 5) {
			sentences := make([]string, len(parts))
			for i, part := range parts {
				sentences[i] = part[order.next()%uint64(len(part))]
			}
			text := strings.Join(sentences, " ")
			if tried[text] || slices.Contains(chosen, text) {
				continue
			}
			tried[text] = true
			if fits(text, chosen) {
				return text, true
			}
		}
	}
	return "", false
}

// source is a sequence of numbers that its seed decides (splitmix64).
type source uint64

func (s *source) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return (z ^ z>>31) >> 1
}

// hash is FNV-1a over strings and the ends between them.
func hash(parts ...string) uint64 {
	h := uint64(14695981039346656037)
	for _, part := range parts {
		for i := range len(part) {
			h = (h ^ uint64(part[i])) * 1099511628211
		}
		h = (h ^ 0x1ff) * 1099511628211
	}
	return h
}
