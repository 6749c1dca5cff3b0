package enrich

import (
	"strconv"
	"strings"
)

// tagSpeech returns the Penn Treebank tag of each token, as prose's averaged perceptron gives
// it: from left to right, each from its word, its neighbours and the two tags before it.
func (m *model) tagSpeech(tokens []string) []string {
	// Two words of padding on either side, so that every token has neighbours.
	context := make([]string, 0, len(tokens)+4)
	context = append(context, "-START-", "-START2-")
	for _, token := range tokens {
		context = append(context, normalWord(token))
	}
	context = append(context, "-END-", "-END2-")
	tags := make([]string, len(tokens))
	before, beforeThat := "-START-", "-START2-"
	scores := make([]float64, len(m.speech.labels))
	for i, token := range tokens {
		tag, ok := givenTag(token)
		if !ok {
			if at, found := m.fixed[token]; found {
				tag = m.speech.labels[at]
			} else {
				tag = m.guess(scores, token, context[i:i+5], before, beforeThat)
			}
		}
		tags[i] = tag
		before, beforeThat = tag, before
	}
	return tags
}

// guess scores all tags for a token. near are its word and the two on either side.
func (m *model) guess(scores []float64, token string, near []string, before, beforeThat string) string {
	clear(scores)
	add := func(name, first, second string) {
		h := hashStart.text(name).text(first)
		if second != "" {
			h = h.text(" ").text(second)
		}
		m.speech.add(scores, uint64(h))
	}
	m.speech.add(scores, hashOf("bias"))
	add("i suffix ", ending(token), "")
	add("i pref1 ", string(rune(token[0])), "")
	add("i-1 tag ", before, "")
	add("i-2 tag ", beforeThat, "")
	add("i tag+i-2 tag ", before, beforeThat)
	add("i word ", near[2], "")
	add("i-1 tag+i word ", before, near[2])
	add("i-1 word ", near[1], "")
	add("i-1 suffix ", ending(near[1]), "")
	add("i-2 word ", near[0], "")
	add("i+1 word ", near[3], "")
	add("i+1 suffix ", ending(near[3]), "")
	add("i+2 word ", near[4], "")
	return m.speech.labels[best(scores)]
}

// ending is the last three bytes of a word, which may cut a letter.
func ending(word string) string { return word[max(0, len(word)-3):] }

// givenTag is the tag of what is no word: dashes, links, traces of a treebank.
func givenTag(token string) (string, bool) {
	switch {
	case token == "-":
		return "-", true
	case token == "0" || token == "*":
		return "-NONE-", true
	case token[0] == '@', linked(token):
		return "NN", true
	}
	return "", false
}

// linked reports whether a token has the form of an address in the net: "smile.example".
func linked(token string) bool {
	at := strings.IndexByte(token, '.')
	if at <= 0 || at == len(token)-1 {
		return false
	}
	c := token[at-1]
	return c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z'
}

// normalWord is how the tagger sees a word next to another.
func normalWord(word string) string {
	digit := word[0] >= '0' && word[0] <= '9'
	switch {
	case word[0] != '-' && strings.Contains(word, "-"):
		return "!HYPHEN"
	case len(word) == 4 && isWhole(word):
		return "!YEAR"
	case digit:
		return "!DIGITS"
	}
	return strings.ToLower(word)
}

func isWhole(word string) bool {
	_, err := strconv.Atoi(word)
	return err == nil
}
