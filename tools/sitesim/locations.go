package sitesim

import (
	"slices"
	"strconv"
)

// location is one of the demo's practices.
type location struct {
	key       string
	number    int
	name      string
	kind      string // schema.org type
	phone     string
	street    string
	town      string
	zip       string
	directory string // the directory that lists it
	hours     []string
}

var locations = []location{
	{key: "harbor-eye", number: 101, name: "Lakeside Harbor Eye Center", kind: "Optician", phone: "+1 555-0101", street: "12 Quay Street", town: "Lakeside", zip: "00101", directory: CareFinder, hours: []string{"Mo-Fr 08:00-17:00"}},
	{key: "harbor-dental", number: 102, name: "Lakeside Harbor Dental", kind: "Dentist", phone: "+1 555-0102", street: "14 Quay Street", town: "Lakeside", zip: "00101", directory: CareFinder, hours: []string{"Mo-Fr 07:00-18:00"}},
	{key: "northgate-dental", number: 103, name: "Lakeside Northgate Dental", kind: "Dentist", phone: "+1 555-0103", street: "300 Mill Road", town: "Northgate", zip: "00103", directory: DocPages, hours: []string{"Mo-Th 08:00-17:00", "Fr 08:00-13:00"}},
	{key: "maple-eye", number: 104, name: "Lakeside Maple Eye Care", kind: "Optician", phone: "+1 555-0104", street: "7 Maple Avenue", town: "Lakeside", zip: "00104", directory: DocPages, hours: []string{"Tu-Sa 09:00-18:00"}},
	{key: "riverside-dental", number: 105, name: "Lakeside Riverside Dental", kind: "Dentist", phone: "+1 555-0105", street: "88 Ferry Lane", town: "Riverside", zip: "00105", directory: CareFinder, hours: []string{"Mo-Fr 08:00-17:00", "We 08:00-20:00"}},
	{key: "old-town-family", number: 106, name: "Lakeside Old Town Family Care", kind: "MedicalClinic", phone: "+1 555-0106", street: "2 Market Square", town: "Old Town", zip: "00106", directory: DocPages, hours: []string{"Mo-Fr 08:30-16:30"}},
}

// account is the Google account that all locations belong to.
const account = "1000"

func (l location) resource() string {
	return "accounts/" + account + "/locations/" + strconv.Itoa(l.number)
}

// Locations are the keys of the demo's locations.
func Locations() []string {
	keys := make([]string, len(locations))
	for i, l := range locations {
		keys[i] = l.key
	}
	return keys
}

func locationByKey(key string) (location, bool) {
	for _, l := range locations {
		if l.key == key {
			return l, true
		}
	}
	return location{}, false
}

// shelf is one list of reviews: a location on a site.
type shelf struct{ site, location string }

func shelfOf(l location, on string) shelf {
	if on == Google || slices.Contains(MoreSites(), on) {
		return shelf{site: on, location: l.key}
	}
	return shelf{site: l.directory, location: l.key}
}
