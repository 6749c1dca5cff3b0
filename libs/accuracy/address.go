package accuracy

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/bedside-health/bedside/libs/events"
)

// sameAddress compares addresses part by part. A part that one side leaves out, or that
// cannot be read (a site's own number of a state), is no difference.
func sameAddress(ours, theirs events.Address) bool {
	if len(oneLine(ours)) > 2*maxValue || len(oneLine(theirs)) > 2*maxValue {
		return true
	}
	if theirs.Locality == "" && theirs.PostalCode == "" && theirs.Street != "" {
		return withinLine(ours, theirs.Street)
	}
	if a, b := postalCode(ours.PostalCode), postalCode(theirs.PostalCode); a != "" && b != "" && a != b {
		return false
	}
	if a, b := regionCode(ours.Region), regionCode(theirs.Region); a != "" && b != "" && a != b {
		return false
	}
	if a, b := townName(ours), townName(theirs); a != "" && b != "" && a != b && a+"city" != b && a != b+"city" {
		return false
	}
	street, unit := streetWords(ours.Street)
	street2, unit2 := streetWords(theirs.Street)
	if !sameStreet(street, street2, placeWords(ours)) && !sameStreet(street2, street, placeWords(theirs)) {
		return false
	}
	return sameUnit(unit, unit2)
}

// withinLine reports whether an address that a site writes in one line is ours.
func withinLine(ours events.Address, line string) bool {
	street, unit := streetWords(ours.Street)
	all, unit2 := streetWords(line)
	if !sameUnit(unit, unit2) {
		return false
	}
	if !containsRun(all, street) {
		return false
	}
	if code := postalCode(ours.PostalCode); code != "" && strings.Contains(strings.Join(all, ""), code) {
		return true
	}
	place := words(ours.Locality)
	return len(place) == 0 || len(all) == len(street) || containsRun(all, place)
}

// containsRun reports whether part stands in all, its words next to each other.
func containsRun(all, part []string) bool {
	if len(part) == 0 {
		return true
	}
	for i := 0; i+len(part) <= len(all); i++ {
		if slices.Equal(all[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

// abbreviations are the usual short forms in addresses and names of places.
var abbreviations = map[string]string{
	"st": "street", "str": "street", "ave": "avenue", "av": "avenue", "blvd": "boulevard", "rd": "road", "dr": "drive",
	"ln": "lane", "ct": "court", "pl": "place", "sq": "square", "pkwy": "parkway", "pky": "parkway", "hwy": "highway",
	"ter": "terrace", "terr": "terrace", "cir": "circle", "trl": "trail", "plz": "plaza", "ctr": "center", "centre": "center",
	"expy": "expressway", "fwy": "freeway", "tpke": "turnpike", "cres": "crescent", "xing": "crossing", "aly": "alley",
	"bldg": "building", "rte": "route", "mt": "mount", "ft": "fort", "saint": "street", "sainte": "street", // "St. Paul" is spelled like a street
	"n": "north", "s": "south", "e": "east", "w": "west",
	"ne": "northeast", "nw": "northwest", "se": "southeast", "sw": "southwest",
	"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5", "sixth": "6", "seventh": "7", "eighth": "8",
	"ninth": "9", "tenth": "10", "eleventh": "11", "twelfth": "12", "thirteenth": "13", "fourteenth": "14", "fifteenth": "15",
	"sixteenth": "16", "seventeenth": "17", "eighteenth": "18", "nineteenth": "19", "twentieth": "20",
	"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10",
	"hts": "heights", "spgs": "springs", "bch": "beach", "jct": "junction", "vlg": "village", "twp": "township", "rdg": "ridge", "pt": "point",
	"suite": "#", "suites": "#", "ste": "#", "unit": "#", "apt": "#", "apartment": "#", "room": "#", "rm": "#",
	"floor": "floor", "fl": "floor", "flr": "floor", "and": "&",
}

var ordinal = regexp.MustCompile(`^([0-9]+)(st|nd|rd|th)$`)

// words are the normal forms of the words of a place's name.
func words(s string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(fold(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '#' && r != '&'
	}) {
		for w != "" { // "#310" is a sign and a number
			head := w
			if w[0] == '#' || w[0] == '&' {
				head = w[:1]
			} else if i := strings.IndexAny(w, "#&"); i > 0 {
				head = w[:i]
			}
			w = w[len(head):]
			if m := ordinal.FindStringSubmatch(head); m != nil {
				head = m[1]
			}
			if full, ok := abbreviations[head]; ok {
				head = full
			}
			out = append(out, head)
		}
	}
	return out
}

// fold is lower case without accents, full-width forms, apostrophes and full stops inside words.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) || strings.ContainsRune("'’‘ʼʻ.", r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(strings.ToValidUTF8(spacedStops(s), " ")))
}

// spacedStops puts a blank after a full stop between letters of different words ("Main St.Suite 4").
func spacedStops(s string) string { return stops.ReplaceAllString(s, "$1. $2") }

var stops = regexp.MustCompile(`(\pL{2})\.(\pL{2})`)

// postalCode is a code without blanks; of an American one the first five digits.
func postalCode(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, fold(s))
	if len(s) == 9 && digits(s) == s {
		return s[:5]
	}
	return s
}

// regionCode is the two letters of a state or province; empty if it is not known.
func regionCode(s string) string {
	name := strings.Join(strings.FieldsFunc(fold(s), func(r rune) bool { return !unicode.IsLetter(r) }), " ")
	if code, ok := regions[name]; ok {
		return code
	}
	for _, code := range regions {
		if code == name {
			return code
		}
	}
	return ""
}

// regions are the states of the USA and the provinces of Canada.
var regions = map[string]string{
	"alabama": "al", "alaska": "ak", "arizona": "az", "arkansas": "ar", "california": "ca", "colorado": "co",
	"connecticut": "ct", "delaware": "de", "district of columbia": "dc", "florida": "fl", "georgia": "ga", "hawaii": "hi",
	"idaho": "id", "illinois": "il", "indiana": "in", "iowa": "ia", "kansas": "ks", "kentucky": "ky", "louisiana": "la",
	"maine": "me", "maryland": "md", "massachusetts": "ma", "michigan": "mi", "minnesota": "mn", "mississippi": "ms",
	"missouri": "mo", "montana": "mt", "nebraska": "ne", "nevada": "nv", "new hampshire": "nh", "new jersey": "nj",
	"new mexico": "nm", "new york": "ny", "north carolina": "nc", "north dakota": "nd", "ohio": "oh", "oklahoma": "ok",
	"oregon": "or", "pennsylvania": "pa", "puerto rico": "pr", "rhode island": "ri", "south carolina": "sc",
	"south dakota": "sd", "tennessee": "tn", "texas": "tx", "utah": "ut", "vermont": "vt", "virginia": "va",
	"washington": "wa", "west virginia": "wv", "wisconsin": "wi", "wyoming": "wy",
	"alberta": "ab", "british columbia": "bc", "manitoba": "mb", "new brunswick": "nb", "newfoundland and labrador": "nl",
	"nova scotia": "ns", "ontario": "on", "prince edward island": "pe", "quebec": "qc", "saskatchewan": "sk",
	"northwest territories": "nt", "nunavut": "nu", "yukon": "yt",
}

var (
	ukPostcode = regexp.MustCompile(`^[a-z]{1,2}[0-9][a-z0-9]?[0-9][a-z]{2}$`)
	caPostcode = regexp.MustCompile(`^[a-z][0-9][a-z][0-9][a-z][0-9]$`)
)

// regionOf is the country by which a number without a country code is read.
func regionOf(a events.Address) string {
	switch country := strings.ToLower(strings.TrimSpace(a.Country)); country {
	case "united kingdom", "uk", "great britain", "england", "scotland", "wales":
		return "GB"
	case "usa", "united states", "united states of america":
		return "US"
	case "canada":
		return "CA"
	default:
		if len(country) == 2 && country >= "aa" && country <= "zz" {
			return strings.ToUpper(country)
		}
	}
	switch code := postalCode(a.PostalCode); {
	case caPostcode.MatchString(code):
		return "CA"
	case ukPostcode.MatchString(code):
		return "GB"
	}
	return "US"
}
