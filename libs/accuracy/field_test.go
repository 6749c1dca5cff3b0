package accuracy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/accuracy"
	"github.com/bedside-health/bedside/libs/events"
)

// Each pair was seen written this way, or could be: what a receptionist takes for the same must
// be no finding, and what is wrong must be one.
func TestCompare_AddressesOfTheField(t *testing.T) {
	type A = events.Address
	for _, c := range []struct {
		a, b A
		same bool
	}{
		{A{Street: "9 Oak Rd Suite 200-A", Locality: "Salem", PostalCode: "97301"}, A{Street: "9 Oak Rd Ste 200A", Locality: "Salem", PostalCode: "97301"}, true},
		{A{Street: "9 Oak Rd Suite B-12", Locality: "Salem", PostalCode: "97301"}, A{Street: "9 Oak Rd #B12", Locality: "Salem", PostalCode: "97301"}, true},
		{A{Street: "9 Oak Rd Suite 200 A", Locality: "Salem", PostalCode: "97301"}, A{Street: "9 Oak Rd Ste 200A", Locality: "Salem", PostalCode: "97301"}, true},
		{A{Street: "9 Oak Rd Bldg 2", Locality: "Salem", PostalCode: "97301"}, A{Street: "9 Oak Rd", Locality: "Salem", PostalCode: "97301"}, true},
		{A{Street: "9 Oak Rd Bldg B Suite 4", Locality: "Salem", PostalCode: "97301"}, A{Street: "9 Oak Road, Building B, #4", Locality: "Salem", PostalCode: "97301"}, true},
		{A{Street: "9 Oak Rd", Locality: "Salem", Region: "OR", PostalCode: "97301"}, A{Street: "9 Oak Road, Salem, OR 97301", Locality: "Salem", Region: "OR", PostalCode: "97301"}, true},
		{A{Street: "4 High Street", Locality: "Leeds", PostalCode: "LS1 4DY"}, A{Street: "The Surgery, 4 High Street", Locality: "Leeds", PostalCode: "LS1 4DY"}, true},
		{A{Street: "100 K St NW", Locality: "Washington", Region: "DC", PostalCode: "20001"}, A{Street: "100 K Street Northwest", Locality: "Washington, D.C.", Region: "DC", PostalCode: "20001"}, true},
		{A{Street: "100 K St NW", Locality: "Washington", Region: "DC", PostalCode: "20001"}, A{Street: "100 K St N.W.", Locality: "Washington", Region: "District of Columbia", PostalCode: "20001"}, true},
		{A{Street: "1 Twelfth Ave", Locality: "Cleveland Hts", Region: "OH"}, A{Street: "1 12th Ave", Locality: "Cleveland Heights", Region: "OH"}, true},
		{A{Street: "One Medical Plaza", Locality: "Salem"}, A{Street: "1 Medical Plz", Locality: "Salem"}, true},
		{A{Street: "200 Ashmun St", Locality: "Sault Ste. Marie", Region: "MI"}, A{Street: "200 Ashmun Street", Locality: "Sault Sainte Marie", Region: "MI"}, true},
		{A{Street: "400 US Hwy 101 S", Locality: "Salem"}, A{Street: "400 US-101 S", Locality: "Salem"}, true},
		{A{Street: "400 US Highway 101", Locality: "Salem"}, A{Street: "400 Highway 101", Locality: "Salem"}, true},
		{A{Street: "400 State Route 9", Locality: "Salem"}, A{Street: "400 SR 9", Locality: "Salem"}, true},
		{A{Street: "9 Oak St, 2nd Floor", Locality: "Salem"}, A{Street: "9 Oak St Floor 2", Locality: "Salem"}, true},
		{A{Street: "9 Oak St, 2nd Floor", Locality: "Salem"}, A{Street: "9 Oak St Fl 2", Locality: "Salem"}, true},
		{A{Street: "9 Oak St Fl 2 Ste 210", Locality: "Salem"}, A{Street: "9 Oak St Suite 210", Locality: "Salem"}, true},
		{A{Street: "Suite 4, 120 Main St", Locality: "Salem"}, A{Street: "120 Main St Suite 4", Locality: "Salem"}, true},
		{A{Street: "120 Main St", Locality: "O'Fallon"}, A{Street: "120 Main St", Locality: "O Fallon"}, true},
		{A{Street: "120 Main St", Locality: "Winston-Salem"}, A{Street: "120 Main St", Locality: "Winston Salem"}, true},
		{A{Street: "12-14 High St", Locality: "Leeds"}, A{Street: "12 - 14 High Street", Locality: "Leeds"}, true},
		{A{Street: "1200 S. Federal Hwy.", Locality: "Ft. Lauderdale"}, A{Street: "1200 South Federal Highway", Locality: "Fort Lauderdale"}, true},
		{A{Street: "9 Oak Rd Suites 200 & 201", Locality: "Salem"}, A{Street: "9 Oak Rd Suite 200", Locality: "Salem"}, true},
		{A{Street: "9 Oak Rd, Suite 200, Second Floor", Locality: "Salem"}, A{Street: "9 Oak Rd #200", Locality: "Salem"}, true},
		{A{Street: "9 Oak Rd Ste 200", Locality: "Salem", PostalCode: "97301"}, A{Street: "9 Oak Rd\nSte 200", Locality: "SALEM", PostalCode: "973011234"}, true},
		{A{Street: "350 5th Ave", Locality: "New York", Region: "NY"}, A{Street: "350 Fifth Avenue", Locality: "New York City", Region: "New York"}, true},
		{A{Street: "9 Oak Rd", Locality: "Salem"}, A{Street: "90 Oak Rd", Locality: "Salem"}, false},
		{A{Street: "9 5th St", Locality: "Salem"}, A{Street: "9 6th St", Locality: "Salem"}, false},
		{A{Street: "9 Oak Rd Bldg 2", Locality: "Salem"}, A{Street: "9 Oak Rd Bldg 3", Locality: "Salem"}, false},
		{A{Street: "9 N Oak Rd", Locality: "Salem"}, A{Street: "9 S Oak Rd", Locality: "Salem"}, false},
		{A{Street: "9 Oak Rd Ste 200-A", Locality: "Salem"}, A{Street: "9 Oak Rd Ste 200-B", Locality: "Salem"}, false},
		{A{Street: "9 Oak Rd", Locality: "Salem"}, A{Street: "Shop 12, 9 Oak Rd", Locality: "Salem"}, false},
		{A{Street: "100 Main St", Locality: "Salem"}, A{Street: "Medical Arts Building, 100 Main Street", Locality: "Salem"}, true},
		{A{Street: "Bldg 2, 9 Oak Rd", Locality: "Salem"}, A{Street: "9 Oak Rd, Building 2", Locality: "Salem"}, true},
		{A{Street: "12 Oak View Dr", Locality: "De Soto"}, A{Street: "12 Oakview Drive", Locality: "DeSoto"}, true},
		{A{Street: "9 Oak Rd", Locality: "Salem"}, A{Street: "9 Oak Rd East", Locality: "Salem"}, false},
		{A{Street: "9 Floor Rd", Locality: "Salem"}, A{Street: "9 Floor Road", Locality: "Salem"}, true},
	} {
		got := accuracy.Compare(accuracy.Record{Address: c.a}, events.ListingFacts{Name: "x", Address: c.b}, "")
		require.Equal(t, c.same, len(got) == 0, "%v and %v: %v", c.a, c.b, got)
	}
}

func TestCompare_PhonesOfTheField(t *testing.T) {
	for _, c := range []struct {
		a, b, country string
		same          bool
	}{
		{"+44 20 7946 0018", "020 7946 0018", "", true},
		{"030 123456", "+49 30 123456", "Germany", true},
		{"+49 30 123456", "030/123456", "DE", true},
		{"02 9374 4000", "+61 2 9374 4000", "AU", true},
		{"02 9374 4000", "+61 2 9374 4000", "Australia", true},
		{"1-800-336-8478", "1-800-DENTIST", "", true},
		{"503-555-0142", "Phone: (503) 555-0142", "", true},
		{"503-555-0142", "(503) 555-0142 Fax: (503) 555-0143", "", true},
		{"503-555-0143", "503-555-0142 or 503-555-0143", "", true},
		{"503-555-0143", "503-555-0142 & 503-555-0143", "", true},
		{"503-555-0142", "\u202a(503)\u00a0555\u20110142\u202c", "", true},
		{"503-555-0142", "tel:5035550142", "", true},
		{"503-555-0142", "tel:503-555-0142;ext=5", "", true},
		{"503-555-0142", "(503)555-0142 (call or text)", "", true},
		{"503-555-0142", "503-555-0142 (office)", "", true},
		{"503-555-0142", "+1 (503) 555 - 0142", "", true},
		{"503-555-0142", "503–555–0142", "", true},
		{"01 23 45 67 89", "+33 1 23 45 67 89", "FR", true},
		{"01234 567890", "+441234567890", "GB", true},
		{"503-555-0142", "5035550142, ext 7", "", true},
		{"503-555-0142", "503-555-0199", "", false},
		{"+1 503-555-0142", "+44 503 555 0142", "", false},
	} {
		got := accuracy.Compare(accuracy.Record{Telephone: c.a, Address: events.Address{Country: c.country}}, events.ListingFacts{Name: "x", Telephone: c.b}, "")
		require.Equal(t, c.same, len(got) == 0, "%v and %v: %v", c.a, c.b, got)
	}
}

func TestCompare_HoursOfTheField(t *testing.T) {
	for _, c := range []struct {
		a, b []string
		same bool
	}{
		{[]string{"Mo-Fr 07:30-16:30"}, []string{"Mon-Fri 7:30 - 4:30"}, true},
		{[]string{"Mo-Fr 08:00-17:00"}, []string{"Mon-Fri 8:00 - 5:00"}, true},
		{[]string{"Mo-Fr 08:00-17:00"}, []string{"Mon-Fri 8am - 5"}, true},
		{[]string{"Mo-Fr 08:00-12:00, 13:00-17:00"}, []string{"Mon-Fri 8:00-12:00, 1:00-5:00"}, true},
		{[]string{"Mo-Fr 08:00-12:00, 13:00-17:00"}, []string{"Mon-Fri 8-12, 1-5"}, true},
		{[]string{"Tu 13:00-17:00"}, []string{"Tue 1:00-5:00"}, true},
		{[]string{"Tu 13:00-17:00"}, []string{"Tue 1-5"}, true},
		{[]string{"Mo-Su 00:00-24:00"}, []string{"Mon-Sun 12:00 AM - 12:00 AM"}, true},
		{[]string{"Mo-Su 00:00-24:00"}, []string{"Mon-Sun 12am-11:59pm"}, true},
		{[]string{"Mo-Fr 08:00-17:00"}, []string{""}, true},
		{[]string{"Mo-Fr 08:00-17:00"}, []string{"Monday: 8:00 AM – 5:00 PM", "Tuesday: 8:00 AM – 5:00 PM", "Wednesday: 8:00 AM – 5:00 PM", "Thursday: 8:00 AM – 5:00 PM", "Friday: 8:00 AM – 5:00 PM", "Saturday: Closed", "Sunday: Closed"}, true},
		{[]string{"Mo-Fr 08:00-17:00"}, []string{"Mon – Fri 8:00 am – 5:00 pm"}, true},
		{[]string{"Mo-Fr 08:00-17:00"}, []string{"M-F 8-5"}, true},
		{[]string{"Mo-Fr 08:00-17:00"}, []string{"Mon-Fri 8 a.m.-5 p.m."}, true},
		{[]string{"Mo-Fr 08:00-17:00"}, []string{"Mon.-Fri. 8 AM to 5 PM"}, true},
		{[]string{"Mo-Fr 08:00-12:30"}, []string{"Mon-Fri 8-12:30"}, true},
		{[]string{"Mo-Fr 08:00-12:30"}, []string{"Mon-Fri 8 am-12:30"}, true},
		{[]string{"Mo-Fr 08:00-12:30"}, []string{"Mon-Fri 8:00 AM-12:30 PM"}, true},
		{[]string{"Mo-Fr 12:30-17:00"}, []string{"Mon-Fri 12:30-5:00"}, true},
		{[]string{"Mo-Fr 12:00-17:00"}, []string{"Mon-Fri noon-5"}, true},
		{[]string{"Mo-Fr 10:00-19:00"}, []string{"Mon-Fri 10:00-7:00 PM"}, true},
		{[]string{"Mo-Fr 10:00-19:00"}, []string{"Mon-Fri 10-7pm"}, true},
		{[]string{"Mo-Fr 08:00-17:00"}, []string{"Mon-Fri 08:00-16:00"}, false},
		{[]string{"Mo-Fr 08:00-17:00"}, []string{"Mon-Fri 8am-6pm"}, false},
		{[]string{"Mo-Fr 08:00-17:00"}, []string{"Mon-Thu 8am-5pm"}, false},
	} {
		got := accuracy.Compare(accuracy.Record{Hours: c.a}, events.ListingFacts{Name: "x", Hours: c.b}, "")
		require.Equal(t, c.same, len(got) == 0, "%v and %v: %v", c.a, c.b, got)
	}
}

func TestCompare_NamesOfTheField(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"Willow Street Dental", "Amara Lindqvist, MD, FACS", true},
		{"Willow Street Dental", "Amara Lindqvist DDS, MS", true},
		{"Willow Street Dental", "Amara Lindqvist, DDS, PC", true},
		{"Willow Street Dental", "Amara Lindqvist, MD, PhD", true},
		{"Willow Street Dental", "Amara Lindqvist, M.D.", true},
		{"Willow Street Dental", "Amara Lindqvist, PA-C", true},
		{"Willow Street Dental", "Amara Lindqvist M.D., P.A.", true},
		{"Children's Dental Care", "Childrens Dental Care", true},
		{"Children's Dental Care", "Childrenʼs Dental Care", true},
		{"Children's Dental Care", "Children‘s Dental Care", true},
		{"Smith & Jones Dentistry", "Smith and Jones Dentistry, P.L.L.C.", true},
		{"Willow Street Dental", "Willow St. Dental", true},
		{"Willow Street Dental", "Willow Street Dental: Amara Lindqvist, DDS", true},
		{"WillowStreet Dental", "Willow Street Dental", true},
		{"Willow Street Dental", "Oak Street Dental", false},
		{"Willow Street Dental", "Willow Street Dental (CLOSED)", true},
	} {
		got := accuracy.Compare(accuracy.Record{Name: c.a}, events.ListingFacts{Name: c.b}, "")
		require.Equal(t, c.same, len(got) == 0, "%v and %v: %v", c.a, c.b, got)
	}
}

func TestCompare_CategoriesOfTheField(t *testing.T) {
	for _, c := range []struct {
		a, b []string
		same bool
	}{
		{[]string{"Pharmacy"}, []string{"Store"}, true},
		{[]string{"Pharmacy"}, []string{"Drug store"}, true},
		{[]string{"Optician"}, []string{"Eyeglasses store"}, true},
		{[]string{"Eye doctor"}, []string{"Optometrist"}, true},
		{[]string{"Dentist"}, []string{"Restaurant"}, false},
		{[]string{"Family doctor"}, []string{"Pediatrician"}, true},
		{[]string{"Dermatologist"}, []string{"Dentist"}, false},
		{[]string{"Orthodontist"}, []string{"Dentist"}, true},
		{[]string{"Oral surgeon", "Dental clinic"}, []string{"Dentist"}, true},
		{[]string{"Oculist"}, []string{"Optician"}, true},
	} {
		got := accuracy.Compare(accuracy.Record{Categories: c.a}, events.ListingFacts{Name: "x", Types: c.b}, "")
		require.Equal(t, c.same, len(got) == 0, "%v and %v: %v", c.a, c.b, got)
	}
}

func TestCompare_WebSitesOfTheField(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"https://willow.example", "HTTPS://Willow.Example/Home/", true},
		{"https://willow.example/salem", "https://willow.example/salem/?utm=1#x", true},
		{"https://willow.example", "//willow.example/", true},
		{"https://willow.example", "willow.example:443", true},
		{"https://willow.example", "https://www.facebook.com/willow", false},
		{"https://willow.example/default.aspx", "https://willow.example", true},
		{"https://willow.example", "N/A", true},
	} {
		got := accuracy.Compare(accuracy.Record{Website: c.a}, events.ListingFacts{Name: "x", URL: c.b}, "")
		require.Equal(t, c.same, len(got) == 0, "%v and %v: %v", c.a, c.b, got)
	}
}

func TestSamePlace_PlacesOfAGroupWithOneNumber_AreNotOne(t *testing.T) {
	a, b := shown(), shown()
	b.Address = events.Address{Street: "7 Elm Road", Locality: "Salem", Region: "OR", PostalCode: "97301"}
	require.False(t, accuracy.SamePlace(a, b))
	b.Address.Street = ""
	require.True(t, accuracy.SamePlace(a, b), "only the number tells")
}

func TestParseHours_HalfOfTheDayIsNotSaid_IsUnsure(t *testing.T) {
	for _, unsure := range []string{
		"Mo-Fr 7:30 - 4:30", "Mo-Fr 08:00-05:00", "Mo-Fr 8am - 5", "Mo 1-5", "Mo 1:00-5:00", "Mo 08:00-12:00, 01:00-05:00",
		"Mo noon - 5", "Mo 12:00 AM - 12:00 AM",
	} {
		_, ok := accuracy.ParseHours([]string{unsure})
		require.False(t, ok, unsure)
	}
	for _, sure := range []string{"Mo 01:00-05:00", "Mo 6:00-14:00", "Mo 22:00-06:00", "Mo 0:00-5:00", "Mo 8am-17:00", "Mo 6pm-midnight", "Mo 00:00-00:00"} {
		_, ok := accuracy.ParseHours([]string{sure})
		require.True(t, ok, sure)
	}
}
