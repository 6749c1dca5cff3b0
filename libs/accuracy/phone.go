package accuracy

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// samePhone compares numbers; a site may show several.
func samePhone(ours, theirs, region string) bool {
	if len(ours) > maxValue || len(theirs) > maxValue || strings.TrimSpace(ours) == strings.TrimSpace(theirs) {
		return true
	}
	for _, mine := range phones(ours) {
		for _, yours := range phones(theirs) {
			if matches(mine, yours, region) {
				return true
			}
		}
	}
	return false
}

// maxPhones bounds the numbers read of one value.
const maxPhones = 8

// phones splits a value into numbers: "555 0100 / 555 0101".
func phones(s string) []string {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == ';' || r == ',' || r == '|' })
	var out []string
	for _, p := range parts {
		if len(out) < maxPhones && strings.ContainsAny(p, "0123456789") {
			out = append(out, p)
		}
	}
	return out
}

func matches(a, b, region string) bool {
	x, errX := phonenumbers.Parse(a, region)
	y, errY := phonenumbers.Parse(b, region)
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

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
