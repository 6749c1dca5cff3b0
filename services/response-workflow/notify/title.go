package notify

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/review"
)

// maxTitleTopics is how many topics a title names, maxNameRunes how much of a location's name.
const (
	maxTitleTopics = 3
	maxNameRunes   = 80
)

// Title says in one line what happened to which review, by what identifies it to staff: stars,
// site, location and topics. It never holds anything a patient wrote.
func Title(what string, doc *collections.Review, location string) string {
	var b strings.Builder
	b.WriteString(what)
	b.WriteString(": ")
	if doc.Rating != nil {
		b.WriteString(strconv.FormatFloat(*doc.Rating, 'f', -1, 64))
		b.WriteString("-star ")
	}
	b.WriteString(SiteName(doc.Site))
	b.WriteString(" review")
	if name := Line(location, maxNameRunes); name != "" {
		b.WriteString(" at ")
		b.WriteString(name)
	}
	topics := make([]string, 0, maxTitleTopics)
	for _, tag := range doc.Analysis.Tags {
		if len(topics) == maxTitleTopics {
			break
		}
		topics = append(topics, TopicName(string(tag.Topic)))
	}
	if len(topics) > 0 {
		b.WriteString(" (" + strings.Join(topics, ", ") + ")")
	}
	return b.String()
}

// SiteName is a site's name as people read it.
func SiteName(site string) string {
	words := strings.FieldsFunc(Line(site, maxNameRunes), func(r rune) bool { return r == '-' || r == '_' || r == ' ' })
	for i, w := range words {
		first, size := utf8.DecodeRuneInString(w)
		words[i] = string(unicode.ToUpper(first)) + w[size:]
	}
	return strings.Join(words, " ")
}

// TopicName is a topic's key as people read it.
func TopicName(key string) string {
	return strings.ReplaceAll(strings.TrimPrefix(Line(key, maxNameRunes), "own."), "_", " ")
}

// flags names the urgent flags of the review.
func (t *telling) flags() string {
	names := make([]string, len(t.doc.Analysis.Urgent))
	for i, flag := range t.doc.Analysis.Urgent {
		names[i] = flagName(flag)
	}
	if len(names) == 0 {
		return ""
	}
	return " (" + strings.Join(names, ", ") + ")"
}

func flagName(flag review.Urgent) string {
	switch flag {
	case review.SafetyHarm:
		return "safety"
	case review.LegalThreat:
		return "legal"
	default:
		return strings.ReplaceAll(string(flag), "_", " ")
	}
}

// Line is s as one line of at most so many characters: what could begin another line, or another
// header of a mail, becomes a space.
func Line(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return -1
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.Is(unicode.Cf, r):
			// Marks that turn the direction of a line, and others nobody sees.
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > most {
		s = strings.TrimSpace(string([]rune(s)[:most-1])) + "…"
	}
	return s
}
