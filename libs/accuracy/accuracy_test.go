package accuracy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/accuracy"
	"github.com/bedside-health/bedside/libs/events"
)

func yes() *bool { b := true; return &b }
func no() *bool  { b := false; return &b }

func record() accuracy.Record {
	return accuracy.Record{
		Name: "Willow Street Dental", Telephone: "(503) 555-0142", Website: "https://willowstreetdental.example",
		Address: events.Address{Street: "120 N. Willow St., Suite 4", Locality: "Saint Helens", Region: "OR", PostalCode: "97051"},
		Hours:   []string{"Mo-Th 08:00-17:00", "Fr 08:00-12:00"}, AcceptsNewPatients: yes(), Categories: []string{"Dentist"},
	}
}

func shown() events.ListingFacts {
	return events.ListingFacts{
		Name: "Willow Street Dental", Telephone: "503.555.0142", URL: "http://www.willowstreetdental.example/",
		Address: events.Address{Street: "120 North Willow Street #4", Locality: "St. Helens", Region: "Oregon", PostalCode: "97051-2210", Country: "US"},
		Hours:   []string{"Monday,Tuesday,Wednesday,Thursday 8:00 AM-5:00 PM", "Friday 8am - noon"}, AcceptsNewPatients: yes(),
		Types: []string{"Dentist", "MedicalBusiness"},
	}
}

const page = "https://directory.example/dentists/willow-street-dental"

func TestCompare_SameThingsWrittenOtherwise_NoDifference(t *testing.T) {
	require.Empty(t, accuracy.Compare(record(), shown(), page))
}

func TestCompare_EachFieldWrong_IsTheOneDifferenceWithBothValues(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*events.ListingFacts)
		want   accuracy.Difference
	}{
		"name":     {func(f *events.ListingFacts) { f.Name = "Willow Street Dentures" }, accuracy.Difference{Kind: accuracy.Differs, Field: "name", Ours: "Willow Street Dental", Theirs: "Willow Street Dentures"}},
		"phone":    {func(f *events.ListingFacts) { f.Telephone = "503-555-0124" }, accuracy.Difference{Kind: accuracy.Differs, Field: "telephone", Ours: "(503) 555-0142", Theirs: "503-555-0124"}},
		"no phone": {func(f *events.ListingFacts) { f.Telephone = "" }, accuracy.Difference{Kind: accuracy.Missing, Field: "telephone", Ours: "(503) 555-0142"}},
		"number of the house": {func(f *events.ListingFacts) { f.Address.Street = "102 North Willow Street #4" }, accuracy.Difference{
			Kind: accuracy.Differs, Field: "address", Ours: "120 N. Willow St., Suite 4, Saint Helens, OR 97051", Theirs: "102 North Willow Street #4, St. Helens, Oregon 97051-2210, US"}},
		"no address": {func(f *events.ListingFacts) { f.Address = events.Address{} }, accuracy.Difference{Kind: accuracy.Missing, Field: "address", Ours: "120 N. Willow St., Suite 4, Saint Helens, OR 97051"}},
		"hours": {func(f *events.ListingFacts) { f.Hours[1] = "Friday 8am - 1pm" }, accuracy.Difference{
			Kind: accuracy.Differs, Field: "hours", Ours: "Mo-Th 08:00-17:00; Fr 08:00-12:00", Theirs: "Monday,Tuesday,Wednesday,Thursday 8:00 AM-5:00 PM; Friday 8am - 1pm"}},
		"web site": {func(f *events.ListingFacts) { f.URL = "https://old-willow.example/" }, accuracy.Difference{
			Kind: accuracy.Differs, Field: "website", Ours: "https://willowstreetdental.example", Theirs: "https://old-willow.example/"}},
		"new patients": {func(f *events.ListingFacts) { f.AcceptsNewPatients = no() }, accuracy.Difference{Kind: accuracy.Differs, Field: "accepts_new_patients", Ours: "yes", Theirs: "no"}},
		"category":     {func(f *events.ListingFacts) { f.Types = []string{"Optician"} }, accuracy.Difference{Kind: accuracy.Differs, Field: "categories", Ours: "Dentist", Theirs: "Optician"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := shown()
			c.change(&f)
			require.Equal(t, []accuracy.Difference{c.want}, accuracy.Compare(record(), f, page))
		})
	}
}

func TestCompare_WhatOneSideDoesNotSay_IsNoDifference(t *testing.T) {
	require.Empty(t, accuracy.Compare(accuracy.Record{}, shown(), page), "an empty record")
	require.Empty(t, accuracy.Compare(record(), events.ListingFacts{}, page), "a page with reviews and no facts")
	f := shown()
	f.Hours, f.AcceptsNewPatients, f.URL, f.Types = nil, nil, "", nil
	require.Empty(t, accuracy.Compare(record(), f, page))
}

func TestCompare_PageOfADoctor_NeedsNotTheNameOfThePractice(t *testing.T) {
	f := shown()
	f.Name = "Dr. Amara Lindqvist"
	require.Empty(t, accuracy.Compare(record(), f, page))
	f.Name = "Amara Lindqvist, DDS"
	require.Empty(t, accuracy.Compare(record(), f, page))
	f.Name, f.Types = "Amara Lindqvist", []string{"Physician"}
	r := record()
	r.Categories = nil
	require.Empty(t, accuracy.Compare(r, f, page))
}

func TestCompare_LinkToTheDirectoryItself_IsNoWebSite(t *testing.T) {
	f := shown()
	f.URL = "https://www.directory.example/d/17"
	require.Empty(t, accuracy.Compare(record(), f, page))
}

func TestCompare_Phones(t *testing.T) {
	for _, c := range []struct {
		ours, theirs, country string
		same                  bool
	}{
		{"(503) 555-0142", "+1 503 555 0142", "", true},
		{"503-555-0142", "5035550142", "US", true},
		{"503-555-0142", "1-503-555-0142", "", true},
		{"503-555-0142", "503-555-0142 ext. 12", "", true},
		{"503-555-0142 x 11", "503-555-0142 ext. 12", "", false},
		{"503-555-0142", "503-555-0143", "", false},
		{"503-555-0142", "971-555-0142", "", false},
		{"503-555-0142", "555-0142", "", false},
		{"503-555-0142", "503-555-0100 / 503-555-0142", "", true},
		{"020 7946 0018", "+44 (0)20 7946 0018", "GB", true},
		{"020 7946 0018", "+44 20 7946 0019", "United Kingdom", false},
		{"905-555-0133", "tel:+1-905-555-0133", "CA", true},
		{"503-555-0142", "call us", "", true}, // no number can be read
	} {
		r := accuracy.Record{Telephone: c.ours, Address: events.Address{Country: c.country}}
		got := accuracy.Compare(r, events.ListingFacts{Name: "x", Telephone: c.theirs}, "")
		if c.theirs == "call us" {
			require.Len(t, got, 1, "words instead of a number are a difference")
			continue
		}
		require.Equal(t, c.same, len(got) == 0, "%s and %s: %v", c.ours, c.theirs, got)
	}
}

func TestCompare_Addresses(t *testing.T) {
	us := func(street, locality, region, code string) events.Address {
		return events.Address{Street: street, Locality: locality, Region: region, PostalCode: code}
	}
	for name, c := range map[string]struct {
		ours, theirs events.Address
		same         bool
	}{
		"abbreviations":         {us("55 East Fifth Avenue", "Mount Vernon", "NY", "10550"), us("55 E 5th Ave.", "Mt Vernon", "New York", "10550"), true},
		"suite only with us":    {us("9 Oak Rd Ste 200", "Salem", "OR", "97301"), us("9 Oak Road", "Salem", "OR", "97301"), true},
		"other suite":           {us("9 Oak Rd Ste 200", "Salem", "OR", "97301"), us("9 Oak Rd #210", "Salem", "OR", "97301"), false},
		"suite and sign":        {us("9 Oak Rd Suite #200", "Salem", "OR", "97301"), us("9 OAK RD, STE. 200", "SALEM", "OR", "97301-1234"), true},
		"other direction":       {us("9 NW Oak Rd", "Salem", "OR", "97301"), us("9 NE Oak Rd", "Salem", "OR", "97301"), false},
		"other kind of street":  {us("9 Oak Rd", "Salem", "OR", "97301"), us("9 Oak Ln", "Salem", "OR", "97301"), false},
		"other town":            {us("9 Oak Rd", "Salem", "OR", "97301"), us("9 Oak Rd", "Keizer", "OR", "97301"), false},
		"other code":            {us("9 Oak Rd", "Salem", "OR", "97301"), us("9 Oak Rd", "Salem", "OR", "97303"), false},
		"other state":           {us("9 Oak Rd", "Salem", "OR", ""), us("9 Oak Rd", "Salem", "MA", ""), false},
		"number for a state":    {us("9 Oak Rd", "Salem", "OR", "97301"), us("9 Oak Rd", "Salem", "38", "97301"), true},
		"one line":              {us("9 Oak Rd Ste 2", "Salem", "OR", "97301"), events.Address{Street: "9 Oak Road, Suite 2, Salem, OR 97301"}, true},
		"one line elsewhere":    {us("9 Oak Rd", "Salem", "OR", "97301"), events.Address{Street: "19 Oak Road, Salem, OR 97301"}, false},
		"only the street":       {us("9 Oak Rd Ste 2", "Salem", "OR", "97301"), events.Address{Street: "9 Oak Road"}, true},
		"only another street":   {us("9 Oak Rd Ste 2", "Salem", "OR", "97301"), events.Address{Street: "9 Elm Road"}, false},
		"British code":          {us("4 High St", "Leeds", "", "LS1 4DY"), us("4 High Street", "Leeds", "", "ls14dy"), true},
		"Canadian":              {us("380 Tower Hill Rd.", "Richmond Hill", "Ontario", "L4E 0T8"), us("380 Tower Hill Road", "Richmond Hill", "ON", "L4E0T8"), true},
		"accents":               {us("12 Rue Sainte-Hélène", "Montréal", "QC", "H2Y 1B2"), us("12 Rue Sainte-Helene", "Montreal", "QC", "H2Y 1B2"), true},
		"no blank after a stop": {us("9 Oak St. Ste 2", "Salem", "OR", "97301"), us("9 Oak St.Ste 2", "Salem", "OR", "97301"), true},
		"floor":                 {us("9 Oak St 2nd Floor", "Salem", "OR", "97301"), us("9 Oak St", "Salem", "OR", "97301"), true},
	} {
		got := accuracy.Compare(accuracy.Record{Address: c.ours}, events.ListingFacts{Name: "x", Address: c.theirs}, "")
		require.Equal(t, c.same, len(got) == 0, "%s: %v", name, got)
	}
}

func TestParseHours_FormsOfTheField(t *testing.T) {
	week := func(entries ...string) accuracy.Week {
		w, ok := accuracy.ParseHours(entries)
		require.True(t, ok, entries)
		return w
	}
	plain := week("Mo-Fr 08:00-17:00")
	for _, same := range [][]string{
		{"Monday-Friday 8:00 AM - 5:00 PM"}, {"Mon to Fri: 8am–5pm"}, {"Mo,Tu,We,Th,Fr 08:00-17:00"}, {"Weekdays 8 am to 5 pm"},
		{"Monday 08:00-17:00", "Tuesday 08:00-17:00", "Wednesday 08:00-17:00", "Thursday 08:00-17:00", "Friday 08:00-17:00", "Saturday closed"},
		{"Mon-Fri 8:00-17:00; Sat Closed; Sun Closed"}, {"Mo-Fr 8:00-12:00, 12:00-17:00"}, {"Mon 8-17", "Tue-Fri 08.00 - 17.00"},
		{"Monday, Tuesday, Wednesday, Thursday, and Friday from 8 a.m. to 5 p.m."}, {"Mo-Fr 08:00:00-17:00:00"}, {"Mon-Thu 8am-5pm, Fri 8-5pm"},
		{"http://schema.org/Monday,Tuesday,Wednesday,Thursday,Friday 08:00-17:00"},
	} {
		require.Equal(t, plain, week(same...), same)
	}
	for _, other := range [][]string{
		{"Mo-Fr 08:00-17:30"}, {"Mo-Sa 08:00-17:00"}, {"Mo-Th 08:00-17:00"}, {"Mo-Fr 08:00-12:00, 13:00-17:00"},
	} {
		require.NotEqual(t, plain, week(other...), other)
	}
	require.Equal(t, week("Mo-Su 00:00-24:00"), week("daily 24 hours"))
	require.Equal(t, week("Mo-Su 00:00-24:00"), week("Mo-Su 00:00-23:59"))
	require.Equal(t, week("Fr 20:00-24:00", "Sa 00:00-02:00"), week("Fri 8pm - 2am"), "past midnight")
	require.Equal(t, week("Su 22:00-24:00", "Mo 00:00-01:00"), week("Su 22:00-01:00"), "past the week's end")
	require.Equal(t, week("Sa-Mo 09:00-12:00"), week("Sat, Sun, Mon 9am-noon"))
	require.Equal(t, week("Mo 08:00-09:00"), week("Mo 08:00-09:00", "Tu 00:00-00:00"), "a closed day as schema.org writes it")
	for _, unsure := range []string{
		"", "08:00-17:00", "Mo-Fr", "Mo 8-", "by appointment", "Mo 9-5", "Mo 25:00-26:00", "Mo 08:00-17:00 (closed for lunch)", "Mo 8:75-9:00", "Mo 08:00 17:00",
	} {
		_, ok := accuracy.ParseHours([]string{unsure})
		require.Equal(t, unsure == "", ok, unsure) // an empty entry says nothing and harms nothing
	}
}

func TestCompare_WebSites(t *testing.T) {
	for theirs, same := range map[string]bool{
		"willow.example": true, "http://WWW.willow.example": true, "https://willow.example/?utm_source=maps": true,
		"https://willow.example/index.html": true, "https://willow.example/locations/salem": true, "https://willow.example.": true,
		"https://willow2.example": false, "https://willow.example.org": false, "https://book.willow.example": false, ":": true,
	} {
		got := accuracy.Compare(accuracy.Record{Website: "https://willow.example/"}, events.ListingFacts{URL: theirs}, page)
		require.Equal(t, same, len(got) == 0, theirs)
	}
}

func TestSamePlace(t *testing.T) {
	a := shown()
	b := shown()
	b.Name, b.Telephone = "WILLOW STREET DENTAL, LLC", ""
	require.True(t, accuracy.SamePlace(a, b), "same name and address")
	b.Address = events.Address{}
	require.False(t, accuracy.SamePlace(a, b), "only the name")
	b.Telephone = "5035550142"
	require.True(t, accuracy.SamePlace(a, b), "same name and number")
	b.Name = "Dr. Amara Lindqvist"
	require.False(t, accuracy.SamePlace(a, b), "a doctor of the practice")
	require.False(t, accuracy.SamePlace(events.ListingFacts{}, events.ListingFacts{}))
}

func FuzzCompare(f *testing.F) {
	f.Add("Willow", "503-555-0142", "9 Oak St.Ste #2", "Mo-Fr 8am-5pm", "https://a.example", "Dentist", "L4E 0T8")
	f.Add("Dr.", "+44 (0)20 7946 0018", "Floor floor # # 2nd", "24 hours Mo; closed", "://", "##", "United Kingdom")
	f.Fuzz(func(t *testing.T, name, phone, street, hours, site, category, region string) {
		facts := events.ListingFacts{
			Name: name, Telephone: phone, URL: site, Types: []string{category}, Hours: strings.Split(hours, "|"),
			Address: events.Address{Street: street, Locality: name, Region: region, PostalCode: region, Country: region},
		}
		same := accuracy.Record{
			Name: name, Telephone: phone, Website: site, Address: facts.Address, Hours: facts.Hours, Categories: facts.Types,
		}
		for _, d := range accuracy.Compare(same, facts, page) {
			if d.Kind == accuracy.Differs {
				t.Fatalf("what is the same differs: %+v", d)
			}
		}
		accuracy.Compare(record(), facts, page)
		accuracy.SamePlace(facts, shown())
		_, _ = accuracy.ParseHours(facts.Hours)
	})
}
