package accuracy

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/bedside-health/bedside/libs/events"
)

// unit is what an address says beyond the number of the house.
type unit struct{ suite, building string }

// sameUnit compares what both sides say.
func sameUnit(a, b unit) bool {
	return (a.suite == "" || b.suite == "" || a.suite == b.suite) && (a.building == "" || b.building == "" || a.building == b.building)
}

// sameStreet reports whether other is street, or has more words that are no part of it: the name
// of a house before the number, the town behind it.
func sameStreet(street, other []string, place map[string]bool) bool {
	switch {
	case len(street) == 0 || len(other) == 0:
		return true
	case street[0] == other[0] && strings.Join(street, "") == strings.Join(other, ""): // "Oak View" and "Oakview"
		return true
	case len(other) <= len(street) || !numbered(street[0]):
		return false
	}
	more := len(other) - len(street)
	return slices.Equal(street, other[more:]) && !slices.ContainsFunc(other[:more], numbered) ||
		slices.Equal(street, other[:len(street)]) && !slices.ContainsFunc(other[len(street):], func(w string) bool { return !place[w] })
}

// numbered reports whether a word has a digit.
func numbered(w string) bool { return strings.ContainsFunc(w, unicode.IsDigit) }

// named reports whether a word is what buildings of a place are told apart by.
func named(w string) bool { return numbered(w) || len(w) == 1 && w != "#" }

// placeWords are the words of an address that are not of its street.
func placeWords(a events.Address) map[string]bool {
	out := map[string]bool{regionCode(a.Region): true, postalCode(a.PostalCode): true}
	for _, w := range words(a.Locality + " " + a.Region + " " + a.PostalCode) {
		out[w] = true
	}
	return out
}

// townName is the name of a place without blanks ("De Soto") and without the state that some
// write behind it ("Washington, D.C.").
func townName(a events.Address) string {
	all := words(a.Locality)
	if code := regionCode(a.Region); code != "" && len(all) > 1 && regionCode(all[len(all)-1]) == code {
		all = all[:len(all)-1]
	}
	// "Sault Ste. Marie" has no suite.
	return strings.ReplaceAll(strings.Join(all, ""), "#", "street")
}

// suffixed is the number of a suite with a letter: "200-A", "B-12", "200 A".
var suffixed = regexp.MustCompile(`(?i)((?:\b(?:suite|ste|unit|apt|apartment|room|rm)\b|#)[\s.#]*)(?:([0-9]+)(?:-([a-z]{1,2})\b|\s([a-z])\s*(,|$))|([a-z]{1,2})-([0-9]+)\b)`)

// streetWords takes the suite and the building out of a street line.
func streetWords(s string) (street []string, of unit) {
	all := roads(words(suffixed.ReplaceAllString(s, "$1$2$3$4$6$7$5")))
	for i := 0; i < len(all); i++ {
		switch {
		case all[i] == "#" && i+1 < len(all):
			i++
			if all[i] == "#" && i+1 < len(all) { // "Suite #4"
				i++
			}
			of.suite = strings.TrimLeft(all[i], "0")
			if i+2 < len(all) && all[i+1] == "&" && numbered(all[i+2]) { // "Suites 200 & 201"
				i += 2
			}
		case all[i] == "building" && i+1 < len(all) && named(all[i+1]) && (i == 0 || slices.ContainsFunc(street, numbered)):
			// In "Medical Arts Building, 100 Main Street" the number is the house's.
			i++
			of.building = all[i]
		case all[i] == "floor" && len(street) > 0 && i > 1:
			// "2nd floor" and "floor 2": which of the two words is its number does not matter.
			if last := street[len(street)-1]; last != "" && unicode.IsDigit(rune(last[0])) && len(street) > 2 {
				street = street[:len(street)-1]
			} else if i+1 < len(all) {
				i++
			}
		case all[i] == "#":
		default:
			street = append(street, all[i])
		}
	}
	return street, of
}

// roads leaves out whose a numbered road is: "US Highway 101", "Highway 101" and "US-101" are
// one, and so are "State Route 9" and "SR 9".
func roads(all []string) []string {
	var out []string
	for i, w := range all {
		next := ""
		if i+1 < len(all) {
			next = all[i+1]
		}
		switch {
		case (w == "us" || w == "state") && (next == "highway" || next == "route"):
		case w == "us" && numbered(next):
			out = append(out, "highway")
		case w == "sr" && numbered(next):
			out = append(out, "route")
		default:
			out = append(out, w)
		}
	}
	return out
}
