package selector

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"github.com/bedside-health/bedside/libs/events"
)

// facts reads the listing's facts.
func (r *reader) facts(place map[string]int, found [][]*html.Node) {
	values := map[string][]string{}
	for _, name := range factNames {
		f := r.d.facts[name]
		if f == nil {
			continue
		}
		matches := found[place[name]]
		if several := name == "hours" || name == "categories"; !several || f.spec.Index != 0 {
			n := pick(matches, f.spec.Index)
			if matches = nil; n != nil {
				matches = []*html.Node{n}
			}
		}
		for _, n := range matches {
			if v := r.value(f, n, false); v != "" && len(v) <= maxFactBytes && len(values[name]) < maxFactValues {
				values[name] = append(values[name], v)
			}
		}
		if len(values[name]) > 0 {
			r.out.Matched["facts."+name] = 1
		}
	}
	one := func(name string) string {
		if len(values[name]) == 0 {
			return ""
		}
		return values[name][0]
	}
	out := r.out.Facts
	out.Name, out.Telephone = one("name"), strings.TrimPrefix(one("telephone"), "tel:")
	out.Address = events.Address{
		Street: one("street"), Locality: one("locality"), Region: one("region"), PostalCode: one("postal_code"), Country: one("country"),
	}
	if u := r.absolute(one("website")); u != nil {
		out.URL = events.CleanURL(u.String())
	}
	out.Hours, out.Types = values["hours"], values["categories"]
	out.AcceptsNewPatients = accepting(one("accepting_new_patients"))
	r.aggregate(one("rating"), one("review_count"))
}

func (r *reader) aggregate(stars, count string) {
	if count != "" {
		n, err := strconv.Atoi(digits(count))
		if err != nil || n > 1<<30 {
			r.warn("a number of reviews that cannot be read")
		} else {
			r.out.Total = n
		}
	}
	var a events.Aggregate
	if stars != "" {
		// A mean is text even where the stars of a review are counted.
		scale := r.d.Rating
		scale.From = ratingText
		a.Rating, a.RawRating, _ = scale.read(stars)
	}
	if a.ReviewCount = r.out.Total; a != (events.Aggregate{}) {
		r.out.Facts.Aggregate = &a
	}
}

// digits are those of the first number of a text: "1,234 reviews" is 1234.
func digits(text string) string {
	var b strings.Builder
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && (c == ',' || c == '.' || c == '\u00a0' || c == '\u202f' || c == '\''):
		case b.Len() > 0:
			return b.String()
		}
	}
	return b.String()
}

// accepting reads what a site says of new patients; words that say neither are
// nothing.
func accepting(text string) *bool {
	text = strings.ToLower(text)
	yes := false
	switch {
	case text == "":
		return nil
	case text == "no" || text == "false" || strings.Contains(text, "not accepting") || strings.Contains(text, "not taking") || strings.Contains(text, "closed"):
	case text == "yes" || text == "true" || strings.Contains(text, "accept") || strings.Contains(text, "taking") || strings.Contains(text, "welcom"):
		yes = true
	default:
		return nil
	}
	return &yes
}
