package enrich

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const (
	outside = "O" // the label of what belongs to no name
	person  = "PERSON"
)

// labelNames returns each token's label ("B-PERSON" begins a name, "I-PERSON" goes on with it,
// "O" belongs to none), as prose's classifier of names gives it, but for a feature that says
// whether a word is on a list of 850 common ones: the list is prose's own and out of reach. It
// is about lower-case words only, and differs in hardly an answer.
func (m *model) labelNames(tokens, tags []string) []string {
	labels := make([]string, len(tokens))
	scores := make([]float64, len(m.names.labels))
	state, shapeBefore := "None", "None" // of the token before; the shape counts from the third token on
	for i, token := range tokens {
		clear(scores)
		add := func(name, first, second string) {
			h := hashStart.text(name).text(first)
			if second != "" {
				h = h.text("+").text(second)
			}
			m.names.add(scores, uint64(h))
		}
		lower, shape := strings.ToLower(token), shapeOf(token)
		next, nextTag := "None", "None"
		if i+1 < len(tokens) {
			next, nextTag = strings.ToLower(tokens[i+1]), strings.ToLower(tags[i+1])
		}
		previous, previousTag := "None", "None"
		if i > 0 {
			previous, previousTag = strings.ToLower(tokens[i-1]), tags[i-1]
		}
		add("bias-True", "", "")
		add("en-wordlist-False", "", "")
		add("nextpos-", nextTag, "")
		add("nextword-", next, "")
		add("pos-", tags[i], "")
		add("pos+prevtag-", tags[i], state)
		add("prefix3-", strings.ToLower(token[:min(3, len(token))]), "")
		add("prevpos-", previousTag, "")
		add("prevtag-", state, "")
		add("prevword-", previous, "")
		add("shape-", shape, "")
		add("shape+prevtag-", shapeBefore, state)
		add("suffix3-", strings.ToLower(ending(token)), "")
		add("word-", token, "")
		add("word+nextpos-", lower, nextTag)
		add("word.lower-", lower, "")
		add("wordlen-", strconv.Itoa(len(token)), "")
		labels[i] = m.names.labels[best(scores)]
		state, _, _ = strings.Cut(labels[i], "-")
		if i > 0 {
			shapeBefore = shape
		}
	}
	return labels
}

// peopleOf joins tokens to names, as prose does it, and returns those of people. A name
// that nothing follows is left out.
func peopleOf(tokens, tags, labels []string) (people []string) {
	var parts []int
	end := ""
	for i, label := range labels {
		switch {
		case label != outside && label != end,
			len(parts) > 0 && tags[i] == tags[parts[len(parts)-1]],
			len(parts) > 0 && tags[i] == "CD" && labels[parts[len(parts)-1]] != outside:
			end = strings.Replace(label, "B", "I", 1)
			parts = append(parts, i)
			continue
		case label == outside && end == "":
			continue
		case label != outside:
			parts = append(parts, i)
		}
		if len(parts) > 0 && kindOf(labels, parts) == person {
			words := make([]string, len(parts))
			for k, at := range parts {
				words[k] = tokens[at]
			}
			people = append(people, strings.Join(words, " "))
		}
		parts, end = parts[:0], ""
	}
	return people
}

// kindOf is what a name is the name of.
func kindOf(labels []string, parts []int) string {
	if len(parts) == 2 && slices.ContainsFunc(parts, func(at int) bool { return labels[at] == "B-"+person }) {
		return person
	}
	_, kind, _ := strings.Cut(labels[parts[0]], "-")
	return kind
}

// shapeOf says what a token looks like.
func shapeOf(token string) string {
	if _, err := strconv.ParseFloat(token, 64); err == nil {
		return "number"
	}
	last := token[len(token)-1]
	if last != '_' && (last < '0' || last > '9') && (last < 'a' || last > 'z') && (last < 'A' || last > 'Z') {
		return "punct"
	}
	switch {
	case strings.ToLower(token) == token:
		return "downcase"
	case titled(token):
		return "upcase"
	}
	return "mixedcase"
}

// titled reports whether every letter that begins a part of a token is a capital.
func titled(token string) bool {
	begins := true
	for _, r := range token {
		if begins && unicode.ToTitle(r) != r {
			return false
		}
		begins = r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && (r < 0x80 || unicode.IsSpace(r))
	}
	return true
}
