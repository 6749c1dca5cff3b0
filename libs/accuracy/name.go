package accuracy

import (
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"github.com/bedside-health/bedside/libs/events"
)

// credentials are words of a name that say what somebody is or how a company is
// registered; they come and go between sites.
var credentials = map[string]bool{
	"dr": true, "drive": true, "doctor": true, "md": true, "do": true, "dds": true, "dmd": true, "od": true, "phd": true, "np": true, "rn": true,
	"pa": true, "dpm": true, "dc": true, "mbbs": true, "facs": true, "faap": true, "inc": true, "incorporated": true, "llc": true,
	"llp": true, "pllc": true, "pc": true, "ltd": true, "limited": true, "corp": true, "co": true, "the": true, "&": true,
}

func nameWords(s string) []string {
	return slices.DeleteFunc(words(s), func(w string) bool { return credentials[w] })
}

// sameName compares names; one may be the other with more to it ("Willow Dental" and
// "Willow Dental - Springfield").
func sameName(ours, theirs string) bool {
	if len(ours) > maxValue || len(theirs) > maxValue {
		return true
	}
	a, b := nameWords(ours), nameWords(theirs)
	if len(a) == 0 || len(b) == 0 || strings.Join(a, "") == strings.Join(b, "") {
		return true
	}
	return containsRun(a, b) || containsRun(b, a)
}

// isPerson reports whether a page is about a clinician and not about the practice, whose
// name it then need not carry.
func isPerson(f events.ListingFacts) bool {
	if slices.ContainsFunc(f.Types, func(t string) bool {
		return t == "Physician" || t == "IndividualPhysician" || t == "Person"
	}) {
		return true
	}
	all := strings.FieldsFunc(fold(f.Name), func(r rune) bool { return unicode.IsSpace(r) || r == ',' })
	if len(all) == 0 {
		return false
	}
	for i := len(all) - 1; i > 0; i-- {
		if person, title := titles[all[i]]; person {
			return true
		} else if !title {
			break
		}
	}
	return all[0] == "dr" || all[0] == "doctor"
}

// titles are what names end with, and whether only a clinician's does: the others stand
// behind the name of a practice, too, or behind the titles of a clinician.
var titles = map[string]bool{
	"md": true, "do": true, "dds": true, "dmd": true, "od": true, "dpm": true, "dc": true, "np": true, "fnp": true, "aprn": true,
	"pa-c": true, "fnp-c": true, "phd": true, "psyd": true,
	"facs": false, "faap": false, "facp": false, "facc": false, "fagd": false, "faao": false, "faan": false,
	"ms": false, "msd": false, "mph": false, "mba": false, "jr": false, "ii": false, "iii": false,
	"pc": false, "pa": false, "ps": false, "llc": false, "pllc": false, "inc": false, "ltd": false, "corp": false,
}

// sameWebsite compares addresses of web sites. The front page and a page below it on the
// same host are the same site.
func sameWebsite(ours, theirs string) bool {
	a, b := parseSite(ours), parseSite(theirs)
	if a == nil || b == nil {
		return true
	}
	if host(a) != host(b) {
		return false
	}
	x, y := sitePath(a), sitePath(b)
	return x == y || x == "" || y == ""
}

func sameDomain(a, b string) bool {
	x, y := parseSite(a), parseSite(b)
	return x != nil && y != nil && domain(x) == domain(y)
}

func parseSite(s string) *url.URL {
	s = strings.TrimSpace(s)
	if len(s) > maxValue || s == "" {
		return nil
	}
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || !strings.Contains(u.Hostname(), ".") { // "N/A" is no host
		return nil
	}
	return u
}

func host(u *url.URL) string {
	h := strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(u.Hostname()), "www."), ".")
	if ascii, err := idna.Lookup.ToASCII(h); err == nil {
		return ascii
	}
	return h
}

// sitePath leaves out the query: what is tracked with there is nothing a patient sees.
func sitePath(u *url.URL) string {
	p := strings.ToLower(strings.TrimRight(u.EscapedPath(), "/"))
	for _, index := range []string{"/index.html", "/index.htm", "/index.php", "/home"} {
		p = strings.TrimSuffix(p, index)
	}
	return p
}

func domain(u *url.URL) string {
	h := host(u)
	if d, err := publicsuffix.EffectiveTLDPlusOne(h); err == nil {
		return d
	}
	return h
}

// fields are words of categories that tell fields of practice apart.
var fields = map[string]string{
	"dentist": "dental", "dental": "dental", "dentistry": "dental", "orthodontist": "dental", "orthodontics": "dental",
	"endodontist": "dental", "periodontist": "dental",
	"optician": "eye", "optometrist": "eye", "optometry": "eye", "optometric": "eye", "ophthalmologist": "eye", "ophthalmology": "eye",
	"eye": "eye", "optical": "eye",
	"pharmacy": "pharmacy", "pharmacist": "pharmacy", "chemist": "pharmacy",
	"veterinary": "animals", "veterinarian": "animals", "vet": "animals", "animal": "animals",
	"chiropractor": "chiropractic", "chiropractic": "chiropractic",
	"dermatologist": "skin", "dermatology": "skin", "podiatrist": "feet", "podiatric": "feet", "podiatry": "feet",
	"pediatrician": "children", "pediatrics": "children", "pediatric": "children",
	"restaurant": "other", "school": "other", "hotel": "other", "gym": "other",
}

// compatible reports whether categories can describe one practice. They cannot only where
// both sides name fields of practice and have none in common.
func compatible(ours, theirs []string) bool {
	a, b := fieldsOf(ours), fieldsOf(theirs)
	if len(a) == 0 || len(b) == 0 {
		return true
	}
	for f := range a {
		if b[f] {
			return true
		}
	}
	return false
}

func fieldsOf(categories []string) map[string]bool {
	out := map[string]bool{}
	for _, c := range categories {
		if len(c) > maxValue {
			continue
		}
		for _, w := range words(splitCamel(c)) {
			if f, ok := fields[strings.TrimSuffix(w, "s")]; ok {
				out[f] = true
			} else if f, ok := fields[w]; ok {
				out[f] = true
			}
		}
	}
	return out
}

// splitCamel makes words of a schema.org type ("MedicalClinic").
func splitCamel(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// NameKey is equal for names that are the same without case, punctuation and titles.
func NameKey(name string) string {
	if len(name) > maxValue {
		return ""
	}
	return strings.Join(nameWords(name), " ")
}
