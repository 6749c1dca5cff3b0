package directory

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/bedside-health/bedside/libs/events"
)

// maxFactBytes bounds one fact, as events do; a longer one is no fact.
const maxFactBytes = 1 << 10

// maxFactValues bounds the values of a fact that has several.
const maxFactValues = 50

// factsOf reads the listing's facts. What the main entity does not say is taken
// from other descriptions of the same listing on the page, and an address also
// from the place that contains it.
func (p *page) factsOf(main *entity) *events.ListingFacts {
	facts := &events.ListingFacts{}
	if main == nil {
		return facts
	}
	p.fillFacts(facts, main)
	for _, e := range p.graph.entities {
		if e != main && isListing(e) && p.sameListing(e, main) {
			p.fillFacts(facts, e)
		}
	}
	for _, v := range main.all("location", "containedInPlace", "workLocation", "hospitalAffiliation", "worksFor", "affiliation", "department") {
		if v.ent == nil {
			continue
		}
		if facts.Address == (events.Address{}) {
			facts.Address = addressOf(v.ent)
		}
		setIfEmpty(&facts.Telephone, telephoneOf(v.ent))
		if facts.Aggregate == nil && !hasReviews(v.ent) {
			facts.Aggregate = aggregateIn(v.ent)
		}
	}
	if facts.Aggregate == nil {
		facts.Aggregate = p.looseAggregate(main)
	}
	return facts
}

func hasReviews(e *entity) bool { return len(e.all("review", "reviews")) > 0 }

// looseAggregate is an aggregate that no property of the listing leads to: one
// that says itself that it is about the listing, or the only one of the page.
func (p *page) looseAggregate(main *entity) *events.Aggregate {
	refs := p.references()
	var only *entity
	for _, e := range p.graph.entities {
		if !e.hasType(aggregateTypes) {
			continue
		}
		about := e.entity("itemReviewed")
		switch {
		case about != nil && (about == main || p.sameListing(about, main)):
			return aggregateOf(e)
		case about != nil || len(refs[e]) > 0:
			continue
		case only != nil:
			return nil // of two nothing says which
		}
		only = e
	}
	if only == nil {
		return nil
	}
	return aggregateOf(only)
}

var aggregateTypes = set("AggregateRating")

func aggregateIn(e *entity) *events.Aggregate {
	for _, v := range e.all("aggregateRating") {
		if v.ent == nil {
			continue
		}
		if a := aggregateOf(v.ent); a != nil {
			return a
		}
	}
	return nil
}

// telephoneOf looks where sites put the number: on the listing, on a contact
// point, on the address.
func telephoneOf(e *entity) string {
	if tel := fact(e, "telephone", "phone"); tel != "" {
		return strings.TrimPrefix(tel, "tel:")
	}
	for _, v := range e.all("contactPoint", "contactPoints", "address") {
		if v.ent == nil {
			continue
		}
		if tel := fact(v.ent, "telephone", "phone"); tel != "" {
			return strings.TrimPrefix(tel, "tel:")
		}
	}
	return ""
}

func (p *page) fillFacts(f *events.ListingFacts, e *entity) {
	setIfEmpty(&f.Name, fact(e, "name"))
	if f.Types == nil {
		f.Types = e.types
	}
	if f.URL == "" {
		for _, link := range append(e.urls(), e.id) {
			if f.URL = events.CleanURL(p.absolute(link)); f.URL != "" {
				break
			}
		}
	}
	setIfEmpty(&f.Telephone, telephoneOf(e))
	if f.Address == (events.Address{}) {
		f.Address = addressOf(e)
	}
	if f.Hours == nil {
		f.Hours = hoursOf(e)
	}
	if f.AcceptsNewPatients == nil {
		switch strings.ToLower(word(e.text1("isAcceptingNewPatients"))) {
		case "true", "yes":
			f.AcceptsNewPatients = ptr(true)
		case "false", "no":
			f.AcceptsNewPatients = ptr(false)
		}
	}
	place := e
	if geo := e.entity("geo"); geo != nil {
		place = geo
	}
	lat, errLat := strconv.ParseFloat(place.text1("latitude"), 64)
	long, errLong := strconv.ParseFloat(place.text1("longitude"), 64)
	if f.Latitude == nil && errLat == nil && errLong == nil && lat >= -90 && lat <= 90 && long >= -180 && long <= 180 {
		f.Latitude, f.Longitude = &lat, &long
	}
	if f.Aggregate == nil {
		f.Aggregate = aggregateIn(e)
	}
}

func fact(e *entity, props ...string) string { return clean(e.text(props...)) }

// clean is a fact as one line; what is too long to be one is none.
func clean(s string) string {
	if len(s) > 8*maxFactBytes { // no layout makes a fact so long
		return ""
	}
	if s = line(plain(s)); len(s) > maxFactBytes {
		return ""
	}
	return s
}

// addressOf is the first address that says something, which may be one text.
func addressOf(e *entity) events.Address {
	for _, v := range e.all("address") {
		a := events.Address{}
		if v.ent == nil {
			a.Street = clean(v.text)
		} else {
			a = events.Address{
				Street:     parts(v.ent, "streetAddress"),
				Locality:   fact(v.ent, "addressLocality"),
				Region:     fact(v.ent, "addressRegion"),
				PostalCode: fact(v.ent, "postalCode"),
				Country:    fact(v.ent, "addressCountry"),
			}
			if a == (events.Address{}) {
				a.Street = fact(v.ent, "name", "description")
			}
		}
		if a != (events.Address{}) {
			return a
		}
	}
	return events.Address{}
}

// parts joins the values of a fact that is written in several, such as the lines
// of a street's address.
func parts(e *entity, prop string) string {
	var out []string
	for _, v := range e.all(prop) {
		if s := clean(v.text); s != "" && len(out) < 4 {
			out = append(out, s)
		}
	}
	if s := strings.Join(out, ", "); len(s) <= maxFactBytes {
		return s
	}
	return ""
}

// hoursOf keeps the site's own words: "Monday,Tuesday 08:00-17:00".
func hoursOf(e *entity) []string {
	var out []string
	for _, v := range e.all("openingHours", "openingHoursSpecification") {
		if len(out) == maxFactValues {
			break
		}
		if v.ent == nil {
			if s := line(v.text); s != "" && len(s) <= maxFactBytes {
				out = append(out, s)
			}
			continue
		}
		var days []string
		for _, d := range v.ent.all("dayOfWeek") {
			if len(days) < 7 {
				days = append(days, word(d.text))
			}
		}
		opens, closes := fact(v.ent, "opens"), fact(v.ent, "closes")
		s := strings.TrimSpace(strings.Join(days, ",") + " " + opens + "-" + closes)
		if (opens != "" || closes != "") && len(s) <= maxFactBytes {
			out = append(out, s)
		}
	}
	return out
}

func aggregateOf(e *entity) *events.Aggregate {
	r := ratingOf(e)
	a := &events.Aggregate{
		RawRating:   r.Raw(),
		RatingCount: count(e.text1("ratingCount")),
		ReviewCount: count(e.text1("reviewCount")),
	}
	a.Rating = r.OnFive()
	if a.Rating == nil && a.RawRating == "" && a.RatingCount == 0 && a.ReviewCount == 0 {
		return nil
	}
	return a
}

var (
	firstNumber = regexp.MustCompile(`[0-9][0-9.,'\x{a0}\x{202f}]*`)
	wholeFloat  = regexp.MustCompile(`^[0-9]+\.0+$`)
)

// count reads "1,234", "102 reviews", "Based on 1.203 reviews" and the 12.0 of a
// template that knows no whole numbers.
func count(s string) int {
	if len(s) > maxFactBytes {
		return 0
	}
	digits := strings.TrimRight(firstNumber.FindString(s), ".,'")
	if wholeFloat.MatchString(digits) && !strings.HasSuffix(digits, ".000") {
		digits, _, _ = strings.Cut(digits, ".")
	}
	if strings.HasPrefix(strings.TrimSpace(s), "-") {
		return 0
	}
	digits = strings.NewReplacer(",", "", ".", "", "'", "", "\u00a0", "", "\u202f", "").Replace(digits)
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || n > 1<<30 {
		return 0
	}
	return n
}

func setIfEmpty(field *string, s string) {
	if *field == "" {
		*field = s
	}
}

func ptr[T any](v T) *T { return &v }
