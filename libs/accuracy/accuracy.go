// Package accuracy compares what a review site shows about a practice with the
// location's own record, the way a receptionist would: "(555) 010-0100" and
// "555.010.0100" are one number, "12 Main St., Ste 4" and "12 Main Street #4" one
// address, "Mo-Fr 08:00-17:00" and "Mon to Fri 8am - 5pm" the same hours.
//
// It promises to be quiet: what cannot be read with certainty is no difference, and
// what the record leaves empty is not compared. Sites' words are foreign: any bytes
// are taken, in time linear to their length, without panic.
package accuracy

import (
	"slices"
	"strings"

	"github.com/bedside-health/bedside/libs/events"
)

// Record is what the practice says of itself. Empty parts are not compared.
type Record struct {
	Name      string
	Telephone string
	Website   string
	Address   events.Address
	// Hours are intervals such as "Mo-Fr 08:00-17:00"; days that none names are closed.
	Hours              []string
	AcceptsNewPatients *bool
	// Categories are words such as "dentist" or "optometrist".
	Categories []string
}

// Kind says how a site differs.
type Kind string

// The kinds of differences.
const (
	Differs Kind = "differs" // the site shows something else
	Missing Kind = "missing" // the site shows nothing
)

// The fields that are compared.
const (
	FieldName       = "name"
	FieldTelephone  = "telephone"
	FieldAddress    = "address"
	FieldHours      = "hours"
	FieldWebsite    = "website"
	FieldAccepts    = "accepts_new_patients"
	FieldCategories = "categories"
)

// Difference is one field on which the site and the record do not agree. Both values
// are as people read them; Theirs is empty where the site shows nothing.
type Difference struct {
	Kind   Kind
	Field  string
	Ours   string
	Theirs string
}

// maxValue bounds what is looked at of one value, in bytes; a longer one cannot be read.
const maxValue = 1 << 10

// Compare returns the differences between a record and what a site shows, in the order of
// the fields above. page is the address of the site's own page about the practice, which is
// not taken for the practice's web site.
func Compare(record Record, facts events.ListingFacts, page string) []Difference {
	var out []Difference
	add := func(field, ours, theirs string, same bool) {
		if !same {
			out = append(out, Difference{Kind: Differs, Field: field, Ours: ours, Theirs: theirs})
		}
	}
	missing := func(field, ours string) {
		// A site that does not even name the practice shows reviews and no facts.
		if facts.Name != "" {
			out = append(out, Difference{Kind: Missing, Field: field, Ours: ours})
		}
	}
	if record.Name != "" && facts.Name != "" && !isPerson(facts) {
		add(FieldName, record.Name, facts.Name, sameName(record.Name, facts.Name))
	}
	region := regionOf(record.Address)
	switch {
	case record.Telephone == "":
	case facts.Telephone == "":
		missing(FieldTelephone, record.Telephone)
	default:
		add(FieldTelephone, record.Telephone, facts.Telephone, samePhone(record.Telephone, facts.Telephone, region))
	}
	switch {
	case record.Address.Street == "" && record.Address.PostalCode == "":
	case facts.Address == (events.Address{}):
		missing(FieldAddress, oneLine(record.Address))
	default:
		add(FieldAddress, oneLine(record.Address), oneLine(facts.Address), sameAddress(record.Address, facts.Address))
	}
	if says(record.Hours) && says(facts.Hours) {
		ours, readOurs := ParseHours(record.Hours)
		theirs, readTheirs := ParseHours(facts.Hours)
		add(FieldHours, strings.Join(record.Hours, "; "), strings.Join(facts.Hours, "; "), !readOurs || !readTheirs || ours == theirs)
	}
	if record.Website != "" && facts.URL != "" && !sameDomain(facts.URL, page) {
		add(FieldWebsite, record.Website, facts.URL, sameWebsite(record.Website, facts.URL))
	}
	if ours, theirs := record.AcceptsNewPatients, facts.AcceptsNewPatients; ours != nil && theirs != nil {
		add(FieldAccepts, yesNo(*ours), yesNo(*theirs), *ours == *theirs)
	}
	if len(record.Categories) > 0 && len(facts.Types) > 0 {
		add(FieldCategories, strings.Join(record.Categories, ", "), strings.Join(facts.Types, ", "), compatible(record.Categories, facts.Types))
	}
	return out
}

// SamePlace reports whether two listings of one site show the same practice twice: the same
// name at the same address or, where one shows no street, with the same number. Two doctors of
// one practice are not, nor are the places of a group that share its name and its number.
func SamePlace(a, b events.ListingFacts) bool {
	if a.Name == "" || b.Name == "" || !slices.Equal(nameWords(a.Name), nameWords(b.Name)) {
		return false
	}
	if a.Address.Street != "" && b.Address.Street != "" {
		return sameAddress(a.Address, b.Address)
	}
	return a.Telephone != "" && b.Telephone != "" && samePhone(a.Telephone, b.Telephone, regionOf(a.Address))
}

// says reports whether anything is said in hours.
func says(hours []string) bool {
	return slices.ContainsFunc(hours, func(entry string) bool { return strings.Trim(entry, "; \t\r\n") != "" })
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// oneLine writes an address as people do.
func oneLine(a events.Address) string {
	var parts []string
	for _, p := range []string{a.Street, a.Locality, strings.TrimSpace(a.Region + " " + a.PostalCode), a.Country} {
		if p = strings.TrimSpace(p); p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ", ")
}
