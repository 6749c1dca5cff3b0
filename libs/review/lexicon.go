package review

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds of an organization's own terms.
const (
	MaxOwnTopics   = 20
	MaxTerms       = 500
	MaxPhraseBytes = 100
	MaxNameBytes   = 60
)

// TermKind says what a term of an organization does.
type TermKind string

// The kinds of terms.
const (
	// TermTopic speaks of a topic: with the polarity given, or as something that the
	// praise or blame around it is about.
	TermTopic TermKind = "topic"
	// TermPerson names a person of the practice ("Dr. Bee").
	TermPerson TermKind = "person"
	// TermIgnore says nothing: no tag comes from its words ("Rude Street").
	TermIgnore TermKind = "ignore"
)

// OwnTopic is a topic that an organization added to the eight.
type OwnTopic struct {
	Key  Topic  `json:"key"` // own.<letters, digits, underscores>
	Name string `json:"name"`
}

// Term is a word or phrase with a meaning in one organization. Words compare
// without case; there are no wildcards.
type Term struct {
	Phrase string   `json:"phrase"`
	Kind   TermKind `json:"kind"`
	// Topic and Polarity are for topics. An empty polarity takes that of the words around it.
	Topic    Topic    `json:"topic,omitempty"`
	Polarity Polarity `json:"polarity,omitempty"`
	// Name is whom a person's term means ("Dr. Beatrice Okafor"); Role is what they are.
	Name string `json:"name,omitempty"`
	Role string `json:"role,omitempty"`
}

// Lexicon is what an organization added to the rules of tagging.
type Lexicon struct {
	// Revision grows with every change and is part of the version of analyses; 0 has no terms.
	Revision int        `json:"revision"`
	Topics   []OwnTopic `json:"topics"`
	Terms    []Term     `json:"terms"`
}

// Validate returns all faults joined, each saying which entry it is about.
func (l Lexicon) Validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if l.Revision < 0 || l.Revision > 999_999 {
		fault("revision: must be between 0 and 999999")
	}
	if len(l.Topics) > MaxOwnTopics {
		fault("topics: at most %d", MaxOwnTopics)
	}
	if len(l.Terms) > MaxTerms {
		fault("terms: at most %d", MaxTerms)
	}
	own := map[Topic]bool{}
	for i, t := range l.Topics {
		if !t.Key.Own() {
			fault("topics[%d].key: want own. and up to 40 small letters, digits and underscores", i)
		}
		if own[t.Key] {
			fault("topics[%d].key: comes twice", i)
		}
		own[t.Key] = true
		if bad := shortText(t.Name, MaxNameBytes); bad != "" {
			fault("topics[%d].name: %s", i, bad)
		}
	}
	phrases := map[string]bool{}
	for i, t := range l.Terms {
		if bad := shortText(t.Phrase, MaxPhraseBytes); bad != "" {
			fault("terms[%d].phrase: %s", i, bad)
		}
		key := strings.ToLower(strings.Join(strings.Fields(t.Phrase), " "))
		if phrases[key] {
			fault("terms[%d].phrase: comes twice", i)
		}
		phrases[key] = true
		switch t.Kind {
		case TermTopic:
			if !t.Topic.Valid() && !own[t.Topic] {
				fault("terms[%d].topic: is neither one of the eight topics nor one of the organization's", i)
			}
			if t.Polarity != "" && !t.Polarity.Valid() {
				fault("terms[%d].polarity: want positive, negative, mixed or nothing", i)
			}
		case TermPerson:
			if bad := shortText(t.Name, MaxNameBytes); bad != "" {
				fault("terms[%d].name: %s", i, bad)
			}
			if t.Role != "" && shortText(t.Role, MaxNameBytes) != "" {
				fault("terms[%d].role: %s", i, shortText(t.Role, MaxNameBytes))
			}
		case TermIgnore:
		default:
			fault("terms[%d].kind: want topic, person or ignore", i)
		}
	}
	return errors.Join(faults...)
}

// shortText says what is wrong with a line of text that must not be empty.
func shortText(s string, most int) string {
	switch {
	case strings.TrimSpace(s) == "":
		return "is empty"
	case len(s) > most:
		return fmt.Sprintf("is longer than %d bytes", most)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "holds characters that are no text"
	}
	return ""
}
