// Package replytext makes the words of public replies without knowing anything but the practice:
// templates with variables that people write, and suggestions put together from the tags of a
// review in general terms.
//
// It promises:
//   - Variables are of a closed list and speak of the practice alone. None of them is the
//     reviewer's name, because a reply that names a person and speaks for a practice says that
//     the person is a patient.
//   - A template is filled in completely or not at all, in one pass: what a value holds is never
//     read as a variable.
//   - A suggestion never speaks of care, of a visit, or of the reviewer as a patient, and is only
//     what the caller's check lets pass.
//   - The same answer for the same input, any bytes, bounded work, nothing read and nothing sent.
package replytext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/review"
)

// Variable is the name of a variable.
type Variable string

// The variables.
const (
	Practice Variable = "practice"
	Location Variable = "location"
	Phone    Variable = "phone"
	Manager  Variable = "manager"
	// FirstName is the first name of the manager; it never means the reviewer.
	FirstName Variable = "first_name"
	Topic     Variable = "topic"
)

// Described is a variable with what it stands for, and why it can be missing.
type Described struct {
	Name Variable
	What string
	// Missing says why a template with it is not offered.
	Missing string
}

// Variables are all variables, in the order they are shown.
func Variables() []Described {
	return []Described{
		{Practice, "The name of the organization.", "The organization has no name."},
		{Location, "The name of the location.", "The location is not known any more."},
		{Phone, "The location's own telephone.", "The location's record has no telephone."},
		{Manager, "The name of the location's manager.", "The location has no manager who can sign in."},
		{FirstName, "The manager's first name. There is no variable for the reviewer's name: naming them can tell that they are a patient.", "The location has no manager who can sign in."},
		{Topic, "What the review is about in general terms, such as waiting times. Care itself is never named.", "The review speaks of no topic that a public reply may name."},
	}
}

// Values are what the variables stand for; what is empty is missing.
type Values struct {
	Practice, Location, Phone, Manager, Topic string
}

// MaxValue bounds the bytes of a value that is filled in; a longer one counts as missing, because
// half a name is no name.
const MaxValue = 500

// Of is the value of a variable, on one line.
func (v Values) Of(name Variable) string {
	value := ""
	switch name {
	case Practice:
		value = v.Practice
	case Location:
		value = v.Location
	case Phone:
		value = v.Phone
	case Manager:
		value = v.Manager
	case FirstName:
		value = firstName(oneLine(v.Manager))
	case Topic:
		value = v.Topic
	}
	return oneLine(value)
}

func oneLine(s string) string {
	if len(s) > MaxValue || !utf8.ValidString(s) {
		return ""
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// firstName is the first word of a name that is no title.
func firstName(name string) string {
	for word := range strings.FieldsSeq(name) {
		switch strings.ToLower(strings.Trim(word, ".,")) {
		case "dr", "dra", "prof", "mr", "mrs", "ms", "mx", "sr", "sra", "srta":
			continue
		}
		return strings.Trim(word, ",")
	}
	return ""
}

// TopicWords names a topic in the middle of a sentence, in English ("en") or Spanish ("es"). It is
// empty for clinical care, for an organization's own topics and for other languages.
func TopicWords(topic review.Topic, language string) string {
	english, spanish := "", ""
	switch topic {
	case review.Billing:
		english, spanish = "billing", "la facturación"
	case review.WaitTimes:
		english, spanish = "waiting times", "los tiempos de espera"
	case review.StaffAttitude:
		english, spanish = "courtesy", "la cortesía"
	case review.SchedulingAccess:
		english, spanish = "scheduling", "los horarios"
	case review.Communication:
		english, spanish = "communication", "la comunicación"
	case review.Facility:
		english, spanish = "our rooms", "nuestros espacios"
	case review.Upselling:
		english, spanish = "the way options are explained", "la manera de explicar las opciones"
	}
	switch language {
	case "en":
		return english
	case "es":
		return spanish
	}
	return ""
}

// label names a topic for the people who choose a suggestion.
func label(topic review.Topic) string {
	switch topic {
	case review.Billing:
		return "Billing"
	case review.WaitTimes:
		return "Waiting times"
	case review.StaffAttitude:
		return "Staff and courtesy"
	case review.SchedulingAccess:
		return "Scheduling and access"
	case review.Communication:
		return "Communication"
	case review.Facility:
		return "Rooms and building"
	case review.Upselling:
		return "No pressure to buy"
	}
	return ""
}
