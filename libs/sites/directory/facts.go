package directory

import (
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
	if facts.Address == (events.Address{}) {
		for _, v := range main.all("location", "containedInPlace", "workLocation") {
			if v.ent != nil {
				facts.Address = addressOf(v.ent)
				break
			}
		}
	}
	return facts
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
	setIfEmpty(&f.Telephone, fact(e, "telephone", "phone"))
	if contact := e.entity("contactPoint", "contactPoints"); contact != nil {
		setIfEmpty(&f.Telephone, fact(contact, "telephone"))
	}
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
		if a := e.entity("aggregateRating"); a != nil {
			f.Aggregate = aggregateOf(a)
		}
	}
}

func fact(e *entity, props ...string) string {
	s := e.text(props...)
	if len(s) > 8*maxFactBytes { // no layout makes a fact so long
		return ""
	}
	if s = line(plain(s)); len(s) > maxFactBytes {
		return ""
	}
	return s
}

func addressOf(e *entity) events.Address {
	a := e.entity("address")
	if a == nil {
		return events.Address{Street: fact(e, "address")}
	}
	return events.Address{
		Street:     fact(a, "streetAddress"),
		Locality:   fact(a, "addressLocality"),
		Region:     fact(a, "addressRegion"),
		PostalCode: fact(a, "postalCode"),
		Country:    fact(a, "addressCountry"),
	}
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

// count reads "1,234" and "102 reviews".
func count(s string) int {
	s, _, _ = strings.Cut(strings.TrimSpace(s), " ")
	s = strings.NewReplacer(",", "", ".", "", "\u00a0", "").Replace(s)
	n, err := strconv.Atoi(strings.Trim(s, "()"))
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
