package practice

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
)

// Patch changes a location's record. What is nil stays as it is; an empty value
// empties a field, except name and time zone, which a location always has.
type Patch struct {
	Name, Kind, Region, TimeZone *string
	Telephone, Website           *string
	Address                      *events.Address
	// Hours are of schema.org's form, one interval an entry ("Mo-Fr 08:00-17:00").
	Hours      *[]string
	Categories *[]string
	// NewPatients is whether new patients are accepted; a pointer to nil means that it is
	// not known.
	NewPatients **bool
}

// Bounds of a record. Texts are in bytes.
const (
	maxLine       = 300
	maxURL        = 2000
	maxHours      = 50
	maxCategories = 20
)

// Clean takes blanks around values away and reports all faults as one
// problem.Invalid. What it points to stays as it was.
func (p *Patch) Clean() error {
	var found []error
	line := func(field string, value **string) {
		if *value == nil {
			return
		}
		trimmed := strings.TrimSpace(**value)
		*value = &trimmed
		if fault := lineFault(trimmed); fault != "" {
			found = append(found, fmt.Errorf("%s: %s", field, fault))
		}
	}
	lines := func(field string, values **[]string, most int, form func(string) string) {
		if *values == nil {
			return
		}
		cleaned := slices.Clone(**values)
		*values = &cleaned
		if len(cleaned) > most {
			found = append(found, fmt.Errorf("%s: at most %d entries", field, most))
			return
		}
		for i := range cleaned {
			v := &cleaned[i]
			*v = blanks(*v)
			if fault := lineFault(*v); fault != "" {
				found = append(found, fmt.Errorf("%s[%d]: %s", field, i, fault))
			} else if fault := form(*v); fault != "" {
				found = append(found, fmt.Errorf("%s[%d]: %s", field, i, fault))
			}
		}
	}
	line("name", &p.Name)
	line("kind", &p.Kind)
	line("region", &p.Region)
	line("time_zone", &p.TimeZone)
	line("telephone", &p.Telephone)
	if p.Address != nil {
		a := *p.Address
		for _, part := range []struct {
			field string
			value *string
		}{
			{"street", &a.Street}, {"locality", &a.Locality}, {"region", &a.Region},
			{"postal_code", &a.PostalCode}, {"country", &a.Country},
		} {
			value := part.value
			line("address."+part.field, &value)
			*part.value = *value
		}
		p.Address = &a
	}
	lines("hours", &p.Hours, maxHours, hoursFault)
	lines("categories", &p.Categories, maxCategories, func(v string) string {
		if v == "" {
			return "is empty"
		}
		return ""
	})
	found = append(found, p.forms()...)
	if len(found) == 0 {
		return nil
	}
	return problem.New(problem.Invalid, "invalid_location", "%s.", faults(errors.Join(found...)))
}

// forms checks the fields that have a form of their own.
func (p *Patch) forms() []error {
	var found []error
	must := func(right bool, format string, args ...any) {
		if !right {
			found = append(found, fmt.Errorf(format, args...))
		}
	}
	if p.Name != nil {
		must(*p.Name != "", "name: a location needs a name")
	}
	if p.Kind != nil {
		must(slices.Contains([]string{"", "medical", "dental", "eye_care"}, *p.Kind), "kind: want medical, dental, eye_care or nothing")
	}
	if p.TimeZone != nil {
		must(TimeZone(*p.TimeZone), "time_zone: there is no such time zone; they are written as America/New_York")
	}
	if p.Telephone != nil {
		must(telephone(*p.Telephone), "telephone: want digits with the usual signs between them")
	}
	if p.Website != nil {
		site, right := website(*p.Website)
		must(right, "website: want an address that begins with https:// or http://, without a password")
		p.Website = &site
	}
	return found
}

// TimeZone reports whether there is a time zone of this name. The empty name and
// Local are none: what they mean depends on the machine.
func TimeZone(name string) bool {
	if name == "" || name == "Local" {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

func lineFault(s string) string {
	switch {
	case len(s) > maxLine:
		return fmt.Sprintf("is longer than %d bytes", maxLine)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl):
		return "holds characters that are no text"
	}
	return ""
}

func telephone(s string) bool {
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case unicode.IsLetter(r), strings.ContainsRune("+-./() \u00a0#,;*", r), r == '\u2011', r == '\u2013':
			// Letters are those of an extension ("ext. 12") or of a word to dial.
		default:
			return false
		}
	}
	return s == "" || digits >= 3 && digits <= 25
}

// website is an address of a page in the form it is stored in.
func website(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", true
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil || len(s) > maxURL {
		return "", false
	}
	return s, events.CleanURL(s) == s
}

var hoursForm = regexp.MustCompile(`^(?:(?:Mo|Tu|We|Th|Fr|Sa|Su)(?:-(?:Mo|Tu|We|Th|Fr|Sa|Su))?)(?:,(?:Mo|Tu|We|Th|Fr|Sa|Su)(?:-(?:Mo|Tu|We|Th|Fr|Sa|Su))?)* ([0-2][0-9]:[0-5][0-9])-([0-2][0-9]:[0-5][0-9])$`)

// hoursFault says what is wrong with one interval. One that ends before it begins
// goes on past midnight.
func hoursFault(s string) string {
	m := hoursForm.FindStringSubmatch(s)
	switch {
	case m == nil:
		return "want days and one interval, as Mo-Fr 08:00-17:00 or Mo,We 09:00-12:00"
	case m[1] >= "24:00" || m[2] > "24:00":
		return "a day ends at 24:00"
	case m[1] == m[2]:
		return "the interval ends when it begins; all day is 00:00-24:00"
	}
	return ""
}

// apply puts a clean patch into a record; one that changes nothing leaves it as it is.
func (p *Patch) apply(doc *collections.Location) error {
	changed := false
	set := func(field *string, value *string) {
		if value != nil && *field != *value {
			*field, changed = *value, true
		}
	}
	list := func(field *[]string, value *[]string) {
		if value != nil && !slices.Equal(*field, *value) {
			*field, changed = *value, true
		}
	}
	set(&doc.Name, p.Name)
	set(&doc.Kind, p.Kind)
	set(&doc.Region, p.Region)
	set(&doc.TimeZone, p.TimeZone)
	set(&doc.Telephone, p.Telephone)
	set(&doc.Website, p.Website)
	list(&doc.Hours, p.Hours)
	list(&doc.Categories, p.Categories)
	if p.Address != nil && doc.Address != *p.Address {
		doc.Address, changed = *p.Address, true
	}
	if p.NewPatients != nil && !sameFlag(doc.AcceptsNewPatients, *p.NewPatients) {
		doc.AcceptsNewPatients, changed = *p.NewPatients, true
	}
	if !changed {
		return docstore.ErrSkip
	}
	return nil
}

func sameFlag(a, b *bool) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
