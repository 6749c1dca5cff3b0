package selector_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/selector"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
)

var now = time.Date(2026, 3, 15, 14, 30, 0, 0, time.UTC)

func example(t *testing.T, name, address string) (*selector.Definition, selector.Extract) {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "docs", "selectors")
	d, err := selector.LoadFile(filepath.Join(dir, name+".yaml"))
	require.NoError(t, err)
	page, err := os.ReadFile(filepath.Join(dir, name+".html"))
	require.NoError(t, err)
	got, err := d.Read(page, "text/html", address, now)
	require.NoError(t, err)
	require.NoError(t, d.CheckFirst(got))
	return d, got
}

func TestRead_ExampleTownHealth_AsTheDocumentationSays(t *testing.T) {
	_, got := example(t, "townhealth", "https://townhealth.example/quay-street")
	require.Empty(t, got.Warnings)
	require.Len(t, got.Reviews, 2)
	nine := 4.56
	require.Equal(t, sites.Review{
		ExternalID: "7702341", URL: "https://townhealth.example/opinions/7702341", Author: "Rosa L.", Title: "Gentle with my son",
		Rating: &nine, RawRating: "9 of 10", Text: "The hygienist talked him through every step.\nWe waited five minutes & were out by four.",
		PostedAt: time.Date(2026, 2, 11, 6, 0, 0, 0, time.UTC),
		Reply:    &events.Reply{Text: "Thank you, we look forward to his next visit.", UpdatedAt: time.Date(2026, 2, 12, 15, 15, 0, 0, time.UTC)},
	}, got.Reviews[0])
	require.Nil(t, got.Reviews[1].Reply)
	require.Equal(t, "https://townhealth.example/quay-street?page=2", got.Next)
	require.Equal(t, 1203, got.Total)
	yes, mean := true, 4.29
	require.Equal(t, &events.ListingFacts{
		Name: "Quay Street Dental", URL: "https://quay-street-dental.example/", Telephone: "+1 555-0101",
		Address:            events.Address{Street: "12 Quay Street", Locality: "Lakeside", PostalCode: "00101"},
		Hours:              []string{"Mon-Thu 8:00-17:00", "Fri 8:00-13:00"},
		AcceptsNewPatients: &yes, Aggregate: &events.Aggregate{Rating: &mean, RawRating: "8.4 of 10", ReviewCount: 1203},
	}, got.Facts)
}

func TestRead_ExampleClinicVoices_AsTheDocumentationSays(t *testing.T) {
	_, got := example(t, "clinicvoices", "https://clinicvoices.example/northgate")
	require.Empty(t, got.Warnings)
	require.Len(t, got.Reviews, 3)
	first := got.Reviews[0]
	require.Equal(t, "They lost my referral, then my glasses order.\nThe optometrist herself was kind.", first.Text)
	require.Equal(t, 2.0, *first.Rating)
	require.Equal(t, "2/5", first.RawRating)
	require.Equal(t, time.Date(2026, 3, 12, 0, 0, 0, 0, time.UTC), first.PostedAt)
	require.Equal(t, 5.0, *got.Reviews[1].Rating)
	require.Nil(t, got.Reviews[2].Rating, "an empty bar is no rating")
	require.Equal(t, "555 0103", got.Facts.Telephone)

	_, tomorrow := example(t, "clinicvoices", "https://www.clinicvoices.example/northgate/")
	require.Equal(t, got.Reviews[0].ExternalID, tomorrow.Reviews[0].ExternalID)
}

// read reads a page of one item by a definition of these lines.
func read(t *testing.T, definition, item string) selector.Extract {
	t.Helper()
	d, err := selector.Parse([]byte("name: x\nversion: 1\nhosts: [x.example]\nitem: .i\n" + definition))
	require.NoError(t, err)
	got, err := d.Read([]byte(`<div class=i>`+item+`</div>`), "", "https://x.example/", now)
	require.NoError(t, err)
	return got
}

func TestRead_Ratings_OnOneScale(t *testing.T) {
	for _, tc := range []struct {
		definition, item string
		want             float64
		raw              string
	}{
		{"fields: {rating: {select: b}}", "<b>4,5</b>", 4.5, "4.5/5"},
		{"fields: {rating: {select: b}}", "<b>Rated 4 out of 5 by Ana</b>", 4, "4 out of 5"},
		{"fields: {rating: {select: b}}", "<b>80%</b>", 4.2, "80%"},
		{"fields: {rating: {select: b}}", "<b>★★★☆☆</b>", 3, "★★★☆☆"},
		{"fields: {rating: {select: b}}\nrating: {best: 10}", "<b>10</b>", 5, "10/10"},
		{"fields: {rating: {select: b}}\nrating: {best: 10, worst: 0}", "<b>5</b>", 3, "5/10"},
		{"fields: {rating: {select: b.on}}\nrating: {from: count}", "<b class=on></b><b class=on></b><b></b>", 2, "2/5"},
		{"fields: {rating: {select: b}}\nrating: {from: width}", `<b style="width:70%">`, 3.5, "3.5/5"},
		{"fields: {rating: {select: b}}\nrating: {from: width, worst: 1}", `<b style="color:red; width: 50.0 %">`, 3, "3/5"},
		{"fields: {rating: {select: b, attribute: data-w}}\nrating: {from: width}", `<b data-w="20%">`, 1, "1/5"},
		{"fields: {rating: {select: b}}\nrating: {words: {Excellent: 5, poor: 1}}", "<b>excellent</b>", 5, "excellent"},
		{"fields: {rating: {attribute: class, pattern: \"stars-([0-9])\"}}", "", 0, ""},
		{"fields: {rating: {select: b, attribute: class, pattern: \"stars-([0-9])\"}}", "<b class='x stars-3'>", 3, "3/5"},
	} {
		got := read(t, tc.definition, tc.item)
		if tc.want == 0 {
			require.Empty(t, got.Reviews)
			require.NotEmpty(t, got.Warnings)
			continue
		}
		require.Empty(t, got.Warnings, tc.item)
		require.Len(t, got.Reviews, 1, tc.item)
		require.InDelta(t, tc.want, *got.Reviews[0].Rating, 0.001, tc.item)
		require.Equal(t, tc.raw, got.Reviews[0].RawRating, tc.item)
	}
	for _, item := range []string{"<b>7</b><p>t</p>", "<b>great</b><p>t</p>", "<b>2 of 3 of 9 4</b><p>t</p>"} {
		got := read(t, "fields: {rating: {select: b}, text: {select: p}}\nrating: {best: 5}", item)
		require.Len(t, got.Reviews, 1, item)
		if got.Reviews[0].Rating != nil {
			require.InDelta(t, 3, *got.Reviews[0].Rating, 0.001, "2 of 3 is a scale of its own")
			continue
		}
		require.Equal(t, []string{"a rating that cannot be read"}, got.Warnings)
	}
}

func TestRead_Fields_ByIndexPatternAndWithout(t *testing.T) {
	got := read(t, `fields:
  author: {select: span, index: -1}
  title: {select: span, index: 2, pattern: "[A-Z]+"}
  text: {select: p, without: "button2, i.more"}
  date: {select: time}
`, `<span>one</span><span>two TWO 2</span><span> last  one </span><p>Kept <i>this</i><i class=more>not this</i> &lt;b&gt;</p><time>soon</time>`)
	require.Len(t, got.Reviews, 1)
	r := got.Reviews[0]
	require.Equal(t, "last one", r.Author)
	require.Equal(t, "TWO", r.Title)
	require.Equal(t, "Kept this <b>", r.Text)
	require.Equal(t, []string{"a date that no format reads"}, got.Warnings)
	require.Equal(t, 1, got.Matched["fields.date"])
	require.Empty(t, read(t, "fields: {text: {select: p}, author: {select: b, index: 5}}", "<p>x</p><b>y</b>").Reviews[0].Author)
}

func TestRead_Identity_SurvivesEditsAndNeighbours(t *testing.T) {
	const definition = "fields: {text: {select: p}, author: {select: b}, date: {select: u}}\n"
	ids := func(items ...string) []string {
		d, err := selector.Parse([]byte("name: x\nversion: 1\nhosts: [x.example]\nitem: .i\n" + definition))
		require.NoError(t, err)
		got, err := d.Read([]byte("<div class=i>"+strings.Join(items, "</div><div class=i>")+"</div>"), "", "https://x.example/", now)
		require.NoError(t, err)
		var out []string
		for _, r := range got.Reviews {
			out = append(out, r.ExternalID)
		}
		return out
	}
	ana, bo := "<b>Ana</b><u>2026-03-01</u><p>good</p>", "<b>Bo</b><u>2026-02-01</u><p>bad</p>"
	before := ids(ana, bo)
	require.Len(t, before, 2)
	require.Equal(t, before, ids("<b>Ana</b><u>2026-03-01</u><p>good, edited</p>", bo))
	twice := ids("<b>Ana</b><u>2026-03-01</u><p>another</p>", ana, bo, ana)
	require.Len(t, twice, 4)
	require.Equal(t, before[0], twice[3])
	require.NotEqual(t, twice[0], twice[1])
}

func TestRead_NestedItems_ArePartsOfTheOuter(t *testing.T) {
	got := read(t, "fields: {text: {select: p}}", `<p>outer</p><div class=i><p>inner</p></div>`)
	require.Len(t, got.Reviews, 1)
	require.Equal(t, 1, got.Items)
	require.Equal(t, "outer", got.Reviews[0].Text)
}

// canned answers every address with its page.
type canned map[string]string

func (c canned) Do(_ context.Context, req polite.Request) (*polite.Response, error) {
	body, ok := c[req.URL]
	if !ok {
		return nil, problem.New(problem.NotFound, "gone", "gone")
	}
	return &polite.Response{Status: 200, Body: []byte(body), Header: http.Header{}, URL: req.URL}, nil
}

func fetch(t *testing.T, definition string, pages canned) ([]sites.Review, sites.Page, error) {
	t.Helper()
	d, err := selector.Parse([]byte("name: x\nversion: 1\nhosts: [x.example]\nitem: .i\nempty: .none\nfields: {text: {select: p}}\n" + definition))
	require.NoError(t, err)
	site, err := selector.New(selector.Config{Client: pages, Definitions: map[string]*selector.Definition{"x": d}})
	require.NoError(t, err)
	return sitestest.ListAll(t.Context(), site, sites.Listing{Ref: "x!https://x.example/a"}, time.Time{})
}

func items(texts ...string) string {
	return "<div class=i><p>" + strings.Join(texts, "</p></div><div class=i><p>") + "</p></div>"
}

func TestFetch_CountedPages_EndWhereTheSiteEnds(t *testing.T) {
	const at = "https://x.example/a"
	for name, tc := range map[string]struct {
		pages    canned
		want     int
		complete bool
	}{
		"an empty page":       {canned{at: items("1", "2"), at + "?p=2": items("3"), at + "?p=3": "<i class=none>"}, 3, true},
		"the last page again": {canned{at: items("1", "2"), at + "?p=2": items("3"), at + "?p=3": items("3")}, 4, true},
		"not found":           {canned{at: items("1", "2"), at + "?p=2": items("3")}, 3, false},
	} {
		reviews, last, err := fetch(t, "paging: {parameter: p}", tc.pages)
		require.NoError(t, err, name)
		require.Len(t, reviews, tc.want, name)
		require.Equal(t, tc.complete, last.Complete, name)
	}
	_, _, err := fetch(t, "paging: {parameter: p}", canned{at: items("1"), at + "?p=2": "<h1>busy</h1>"})
	require.Equal(t, problem.Invalid, problem.KindOf(err), "what shows nothing known is no end of the list")
	reviews, last, err := fetch(t, "paging: {parameter: p, max_pages: 1}", canned{at: items("1"), at + "?p=2": items("2")})
	require.NoError(t, err)
	require.Len(t, reviews, 1)
	require.False(t, last.Complete)
	reviews, _, err = fetch(t, "paging: {parameter: p, first: 0, step: 10}", canned{at: items("1"), at + "?p=10": items("2"), at + "?p=20": "<i class=none>"})
	require.NoError(t, err)
	require.Len(t, reviews, 2)
}

func TestFetch_NothingFound_IsAnErrorUnlessThePageSaysSo(t *testing.T) {
	const at = "https://x.example/a"
	for body, code := range map[string]string{
		"<h1>Welcome</h1>": "no_listing",
		"<h1>Please wait</h1><b class=t>12 reviews</b>": "reviews_missing",
		"<div class=i><b>of another shape</b></div>":    "reviews_missing",
		"<i class=none>Be the first</i>":                "",
		"<b class=t>0 reviews</b>":                      "",
	} {
		_, last, err := fetch(t, "facts: {review_count: {select: .t}}", canned{at: body})
		if code == "" {
			require.NoError(t, err, body)
			require.True(t, last.Complete, body)
			continue
		}
		var e *problem.Error
		require.ErrorAs(t, err, &e, body)
		require.Equal(t, code, e.Code, body)
	}
}

func TestFetch_Refs_AreChecked(t *testing.T) {
	d, err := selector.Parse([]byte(good))
	require.NoError(t, err)
	site, err := selector.New(selector.Config{Client: canned{}, Definitions: map[string]*selector.Definition{"opinions": d}})
	require.NoError(t, err)
	for ref, code := range map[string]string{
		"":                                       "bad_ref",
		"opinions":                               "bad_ref",
		"https://opinions.example/a":             "bad_ref",
		"opinions!ftp://opinions.example":        "bad_ref",
		"opinions!https://u:p@opinions.example/": "bad_ref",
		"others!https://opinions.example/a":      "no_definition",
		"opinions!https://elsewhere.example":     "wrong_host",
	} {
		_, err := site.Fetch(t.Context(), sites.Request{Listing: sites.Listing{Ref: ref}})
		var e *problem.Error
		require.ErrorAs(t, err, &e, ref)
		require.Equal(t, code, e.Code, ref)
	}
}

func TestRead_HostilePages_BoundedTime(t *testing.T) {
	d, err := selector.Parse([]byte(`name: x
version: 1
hosts: [x.example]
item: "div div div div .i, main > .i + .i ~ .i"
empty: "section article main div div p"
fields:
  text: {select: "div div div p", without: "b b b i"}
  author: {select: "[class~=who] b", pattern: "^(a+)+$"}
  date: {select: "time, i"}
dates: {formats: ["MMMM D, YYYY", relative, iso]}
facts: {name: {select: "div div h1"}, hours: {select: "div i"}}
`))
	require.NoError(t, err)
	const size = 9 << 20
	repeat := func(piece string) string { return strings.Repeat(piece, size/len(piece)) }
	for name, page := range map[string]string{
		"deep":            repeat("<div class=i>"),
		"deep and wide":   strings.Repeat("<div>", 500) + strings.Repeat("<p class=i>x</p>", 200_000),
		"nested items":    strings.Repeat("<div class=i>", 500) + strings.Repeat("<p><b><b><b><i>x</i></b></b></b></p>", 50_000),
		"many items":      strings.Repeat("<div>", 5) + strings.Repeat("<u class=i><p>x</p></u>", 90_000),
		"siblings":        "<main>" + strings.Repeat("<u class=i></u>", 250_000),
		"long attributes": repeat(`<b class="` + strings.Repeat("who ", 5000) + `"><b>` + strings.Repeat("a", 5000) + "!</b></b>"),
		"one text":        "<div><div><div><div><div class=i><div><div><div><p>" + repeat("word "),
		"texts in texts":  strings.Repeat("<div>", 4) + strings.Repeat("<div class=i><div><div><div><p>"+strings.Repeat("x", 1000), 8_000),
	} {
		start := sitestest.CPUTime()
		got, err := d.Read([]byte(page), "text/html; charset=utf-8", "https://x.example/", now)
		took := sitestest.CPUTime() - start
		if err != nil {
			require.Contains(t, []problem.Kind{problem.Invalid, problem.TooLarge}, problem.KindOf(err), name)
		}
		t.Logf("%s: %v of processor time, %d items, error %v", name, took, got.Items, err)
		require.Less(t, took, 20*time.Second, name)
	}
}

func FuzzRead(f *testing.F) {
	d, err := selector.Parse([]byte(`name: x
version: 1
hosts: [x.example]
item: ".i"
fields: {text: {select: "p", without: b}, author: {select: b}, date: {select: time}, rating: {select: u}, url: {select: a, attribute: href}, reply: {select: q}}
dates: {formats: ["MMMM D, YYYY", relative, iso]}
paging: {next: "a"}
facts: {name: {select: h1}, review_count: {select: h2}, hours: {select: li}}
`))
	require.NoError(f, err)
	f.Add(`<h1>x</h1><h2>3</h2><div class=i><p>text <b>x</b></p><time>3 days ago</time><u>4 of 5</u><a href="?p=2">n</a></div>`)
	f.Fuzz(func(t *testing.T, page string) {
		got, err := d.Read([]byte(page), "", "https://x.example/a", now)
		if err != nil {
			require.Contains(t, []problem.Kind{problem.Invalid, problem.TooLarge}, problem.KindOf(err))
			return
		}
		ids := map[string]bool{}
		for _, r := range got.Reviews {
			require.NotEmpty(t, r.ExternalID)
			require.False(t, ids[r.ExternalID])
			ids[r.ExternalID] = true
			require.True(t, r.Rating == nil || (*r.Rating >= 1 && *r.Rating <= 5), fmt.Sprint(r.RawRating))
		}
	})
}
