package accuracy

import (
	"regexp"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// samePhone compares numbers; a site may show several.
func samePhone(ours, theirs, region string) bool {
	if len(ours) > maxValue || len(theirs) > maxValue || strings.TrimSpace(ours) == strings.TrimSpace(theirs) {
		return true
	}
	all := phones(theirs)
	for _, mine := range phones(ours) {
		for _, yours := range all {
			if matches(mine, yours, region) {
				return true
			}
		}
	}
	return false
}

// maxPhones bounds the numbers read of one value.
const maxPhones = 8

var (
	between = regexp.MustCompile(`(?i)[/;,|&\n]|\b(?:or|and|fax)\b`)
	// aside is what a number is for: "(office)".
	aside = regexp.MustCompile(`\([^()0-9]*\)`)
)

// phones splits a value into numbers: "555 0100 / 555 0101". The value as a whole is one of
// them, because a number can be written with a slash, too.
func phones(s string) []string {
	s = aside.ReplaceAllString(s, " ")
	out := []string{s}
	if parts := between.Split(s, maxPhones); len(parts) > 1 {
		out = append(out, parts...)
	}
	return slices.DeleteFunc(out, func(p string) bool { return !strings.ContainsAny(p, "0123456789") })
}

func matches(a, b, region string) bool {
	x, errX := phonenumbers.Parse(a, abroad(b, region))
	y, errY := phonenumbers.Parse(b, abroad(a, region))
	if errX != nil || errY != nil {
		return digits(a) == digits(b)
	}
	// An extension that only one of the two shows is no difference.
	if x.GetExtension() == "" || y.GetExtension() == "" {
		x.Extension, y.Extension = nil, nil
	}
	switch phonenumbers.IsNumberMatchWithNumbers(x, y) {
	case phonenumbers.EXACT_MATCH, phonenumbers.NSN_MATCH:
		return true
	case phonenumbers.NOT_A_NUMBER, phonenumbers.NO_MATCH, phonenumbers.SHORT_NSN_MATCH:
	}
	return false
}

// abroad is the country that a number names by its code, and else region: the number that it is
// compared with is read by it.
func abroad(number, region string) string {
	if !strings.Contains(number, "+") {
		return region
	}
	n, err := phonenumbers.Parse(number, region)
	if err != nil {
		return region
	}
	return phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode()))
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
