package directory_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites/directory"
)

const pageURL = "https://directory.example/maple-eye"

func mustRead(t *testing.T, page string) directory.Extract {
	t.Helper()
	got, err := directory.Read([]byte(page), "text/html; charset=utf-8", pageURL)
	require.NoError(t, err)
	return got
}

func ld(doc string) string { return `<script type="application/ld+json">` + doc + `</script>` }

func requireCode(t *testing.T, err error, kind problem.Kind, code string) {
	t.Helper()
	var e *problem.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, kind, e.Kind)
	require.Equal(t, code, e.Code)
}

func TestRead_GraphWithReferencesAndCycles_FindsTheListing(t *testing.T) {
	got := mustRead(t, ld(`{"@context":"https://schema.org","@graph":[
		{"@type":"WebSite","@id":"#site","name":"Directory","publisher":{"@id":"#org"}},
		{"@type":"Organization","@id":"#org","name":"Directory Inc","address":{"@type":"PostalAddress","streetAddress":"1 Hub"}},
		{"@type":["WebPage","ItemPage"],"@id":"#page","about":{"@id":"#place"},"isPartOf":{"@id":"#site"}},
		{"@type":["Dentist","MedicalBusiness"],"@id":"#place","name":"Maple Eye","mainEntityOfPage":{"@id":"#page"},
		 "telephone":"+1 555 0100","address":{"@id":"#addr"},"review":[{"@id":"#r-900001"},{"@id":"#r-900002"}],
		 "isAcceptingNewPatients":"https://schema.org/True","geo":{"latitude":44.5,"longitude":"-93.1"},
		 "openingHoursSpecification":[{"dayOfWeek":["https://schema.org/Monday","Tuesday"],"opens":"08:00","closes":"17:00"}]},
		{"@type":"PostalAddress","@id":"#addr","streetAddress":"7 Oak St","addressLocality":"Northfield","addressRegion":"MN","postalCode":55057,"addressCountry":{"@type":"Country","name":"US"}},
		{"@type":"Review","@id":"#r-900001","itemReviewed":{"@id":"#place"},"author":{"@id":"#p"},"reviewBody":"First","reviewRating":{"ratingValue":"5"}},
		{"@type":"Review","@id":"#r-900002","itemReviewed":{"@id":"#place"},"author":"Bo","reviewBody":"Second","reviewRating":{"ratingValue":3}},
		{"@type":"Person","@id":"#p","givenName":"Ana","familyName":"Paz","knows":{"@id":"#p"}}]}`))
	require.Equal(t, "Maple Eye", got.Facts.Name)
	require.Equal(t, events.Address{Street: "7 Oak St", Locality: "Northfield", Region: "MN", PostalCode: "55057", Country: "US"}, got.Facts.Address)
	require.Equal(t, []string{"Monday,Tuesday 08:00-17:00"}, got.Facts.Hours)
	require.True(t, *got.Facts.AcceptsNewPatients)
	require.InDelta(t, -93.1, *got.Facts.Longitude, 1e-9)
	require.Len(t, got.Reviews, 2)
	require.Equal(t, "Ana Paz", got.Reviews[0].Author)
	require.Equal(t, "#r-900001", got.Reviews[0].ExternalID)
	require.Equal(t, "Second", got.Reviews[1].Text)
}

func TestRead_ReviewsAtTopLevel_WithTheListingInside(t *testing.T) {
	var b strings.Builder
	for i := range 3 {
		_, _ = fmt.Fprintf(&b, `{"@type":"Review","reviewBody":"text %d","author":["Ana"],"datePublished":"2026-02-0%d",
			"itemReviewed":{"@type":"LocalBusiness","name":"Maple Eye","telephone":"555 0100","aggregateRating":{"ratingValue":"4,5","reviewCount":"1,203"}}},`, i, i+1)
	}
	got := mustRead(t, ld("["+b.String()+"]"))
	require.Len(t, got.Reviews, 3)
	require.Equal(t, "555 0100", got.Facts.Telephone)
	require.Equal(t, 1203, got.Total)
	require.InDelta(t, 4.5, *got.Facts.Aggregate.Rating, 1e-9)
}

func TestRead_ReviewsOfOtherListings_AreLeftOut(t *testing.T) {
	got := mustRead(t, `<link rel=canonical href="/maple-eye">`+ld(`[{"@type":"Physician","name":"Dr. Maple","url":"/maple-eye",
		"review":{"@type":"Review","reviewBody":"ours","author":"A"},"isSimilarTo":{"@id":"#x"}},
		{"@type":"Physician","@id":"#x","name":"Dr. Other","url":"/other","review":{"@type":"Review","reviewBody":"theirs","author":"B"}},
		{"@type":"Review","reviewBody":"also theirs","author":"C","itemReviewed":{"@type":"Physician","name":"Dr. Third"}}]`))
	require.Equal(t, "Dr. Maple", got.Facts.Name)
	require.Len(t, got.Reviews, 1)
	require.Equal(t, "ours", got.Reviews[0].Text)
	require.Equal(t, 2, got.Foreign)
}

func TestRead_ReviewsOfTheClinicsPhysicians_AreTheListings(t *testing.T) {
	got := mustRead(t, ld(`{"@type":"MedicalClinic","name":"Clinic","telephone":"1","aggregateRating":{"ratingValue":4},
		"employee":[{"@type":"Physician","name":"Dr. A","review":[{"@type":"Review","reviewBody":"about A"}]}]}`))
	require.Equal(t, "Clinic", got.Facts.Name)
	require.Len(t, got.Reviews, 1)
	require.Zero(t, got.Foreign)
}

func TestRead_Texts_AreVerbatim(t *testing.T) {
	micro := func(body string) string {
		got := mustRead(t, `<div itemscope itemtype="https://schema.org/Dentist"><i itemprop=name>X</i>
			<div itemprop=review itemscope itemtype="https://schema.org/Review"><span itemprop=author>A</span>`+body+`</div></div>`)
		require.Len(t, got.Reviews, 1)
		return got.Reviews[0].Text
	}
	for markup, want := range map[string]string{
		`<p itemprop=reviewBody>a &amp; b &#39;c&#39; &eacute; &lt;b&gt;</p>`:                                       `a & b 'c' é <b>`,
		`<p itemprop=reviewBody>one<br>two<br/>three<BR />four</p>`:                                                 "one\ntwo\nthree\nfour",
		"<p itemprop=reviewBody>\n\t\tindented by a template\n\t</p>":                                               "indented by a template",
		"<p itemprop=reviewBody><span>\nthe writer's own  spaces \n</span></p>":                                     "\nthe writer's own  spaces \n",
		`<div itemprop=reviewBody><p>first</p> <p>second</p></div>`:                                                 "first\nsecond",
		`<div itemprop=reviewBody>so <b>very</b> <a href=x>kind</a><script>x()</script><button>More</button></div>`: "so very kind",
		`<p itemprop=reviewBody>nbsp&nbsp;kept</p>`:                                                                 "nbsp\u00a0kept",
		`<meta itemprop=reviewBody content="in an attribute &quot;x&quot;">`:                                        `in an attribute "x"`,
		`<p itemprop="description reviewBody">unclosed <b>bold <i>both</b> italic`:                                  "unclosed bold both italic",
		`<p itemprop=reviewBody>&lt;script&gt;alert(1)&lt;/script&gt; 😀 שלום</p>`:                                   "<script>alert(1)</script> 😀 שלום",
	} {
		require.Equal(t, want, micro(markup), markup)
	}
	json := func(body string) string {
		got := mustRead(t, ld(`{"@type":"Dentist","name":"X","review":{"@type":"Review","author":"A","reviewBody":"`+body+`"}}`))
		require.Len(t, got.Reviews, 1)
		return got.Reviews[0].Text
	}
	for body, want := range map[string]string{
		`plain \"q\" \u00e9 \ud83d\ude00 \n x`: "plain \"q\" é 😀 \n x",
		`Dr. O&#39;Neil &amp; co &eacute;`:     "Dr. O'Neil & co é",
		`AT&T &copy me`:                        "AT&T &copy me",
		`one<br/>two<br>three`:                 "one\ntwo\nthree",
		`<p>one</p><p>two</p>`:                 "one\ntwo",
		`a <script> b </x> 1 < 2 > 0`:          "a <script> b </x> 1 < 2 > 0",
		`lone \ud83d end \' \q`:                "lone \ufffd end ' q",
		"raw\nbreak":                           "raw\nbreak",
	} {
		require.Equal(t, want, json(body), body)
	}
}

func TestRead_Ratings_OnOneScale(t *testing.T) {
	one := func(rating string) (float64, string) {
		got := mustRead(t, ld(`{"@type":"Dentist","name":"X","review":{"author":"A","reviewBody":"t","reviewRating":`+rating+`}}`))
		require.Len(t, got.Reviews, 1)
		if got.Reviews[0].Rating == nil {
			return 0, got.Reviews[0].RawRating
		}
		return *got.Reviews[0].Rating, got.Reviews[0].RawRating
	}
	for doc, want := range map[string]struct {
		rating float64
		raw    string
	}{
		`{"ratingValue":4}`:                                            {4, "4"},
		`{"ratingValue":"4.5","bestRating":"5"}`:                       {4.5, "4.5/5"},
		`{"ratingValue":10,"bestRating":10,"worstRating":1}`:           {5, "10/10"},
		`{"ratingValue":8,"bestRating":10,"worstRating":0}`:            {4.2, "8/10"},
		`{"ratingValue":1,"bestRating":1,"worstRating":6}`:             {5, "1/1"},
		`{"ratingValue":"8/10"}`:                                       {4.11, "8/10"},
		`"4 stars"`:                                                    {4, "4 stars"},
		`{"ratingValue":"excellent"}`:                                  {0, "excellent"},
		`{"ratingValue":9}`:                                            {0, "9"},
		`{"ratingValue":7,"bestRating":5}`:                             {0, "7/5"},
		`[{"ratingValue":2,"reviewAspect":"Staff"},{"ratingValue":3}]`: {3, "3"},
	} {
		rating, raw := one(doc)
		require.InDelta(t, want.rating, rating, 0.001, doc)
		require.Equal(t, want.raw, raw, doc)
	}
	got := mustRead(t, ld(`{"@type":"Dentist","name":"X","aggregateRating":{"ratingValue":8,"bestRating":10},"review":[
		{"author":"A","reviewBody":"a","reviewRating":{"ratingValue":9}},{"author":"B","reviewBody":"b","reviewRating":{"ratingValue":4}}]}`))
	require.InDelta(t, 4.56, *got.Reviews[0].Rating, 0.001)
	require.InDelta(t, 2.33, *got.Reviews[1].Rating, 0.001, "one page has one scale")
}

func TestRead_Aspects_AreSubRatings(t *testing.T) {
	got := mustRead(t, ld(`{"@type":"Dentist","name":"X","review":{"author":"A","reviewBody":"t","reviewRating":[
		{"ratingValue":4},{"ratingValue":2,"reviewAspect":"Front Desk"},{"ratingValue":"5","reviewAspect":"punctuality"}]}}`))
	require.Equal(t, map[string]float64{"front_desk": 2, "punctuality": 5}, got.Reviews[0].SubRatings)

	got = mustRead(t, `<div itemscope itemtype="http://schema.org/Physician"><b itemprop=name>X</b>
		<div itemprop=review itemscope itemtype="http://schema.org/Review"><p itemprop=reviewBody>t</p>
		<div class=row><div><i></i><span class="value">3</span><div class="type">Staff</div></div>
		<div><span class="value big">0</span><div class="type">Knowledge</div></div></div></div></div>`)
	require.Equal(t, map[string]float64{"staff": 3}, got.Reviews[0].SubRatings)
}

func TestRead_BothMarkups_EachReviewOnceWithTheBestOfBoth(t *testing.T) {
	page := `<div itemscope itemtype="http://schema.org/Dentist"><b itemprop=name>X</b>
		<div itemprop=review itemscope itemtype="http://schema.org/Review" data-review-id="8834512"><b itemprop=author>Ana P.</b>
		<p itemprop=reviewBody>They were kind to me<br>and I will come back, with all my family and friends.</p>
		<div><span class=value>2</span><span class=label>Wait</span></div></div>
		<div itemprop=review itemscope itemtype="http://schema.org/Review" data-review-id="8834513"><b itemprop=author>Bo</b>
		<p itemprop=reviewBody>Same words.</p></div>
		<div itemprop=review itemscope itemtype="http://schema.org/Review" data-review-id="8834514"><b itemprop=author>Cy</b>
		<p itemprop=reviewBody>Same words.</p></div></div>` +
		ld(`{"@type":"Dentist","name":"X","review":[
		{"@type":"Review","author":{"name":"Ana P."},"datePublished":"2026-03-01","reviewRating":{"ratingValue":5},
		 "reviewBody":"They were kind to me and I will come back, with all..."},
		{"@type":"Review","author":{"name":"Cy"},"reviewBody":"Same words."},
		{"@type":"Review","author":{"name":"Dee"},"reviewBody":"Only here."}]}`)
	got := mustRead(t, page)
	require.Len(t, got.Reviews, 4)
	ana := got.Reviews[0]
	require.Equal(t, "They were kind to me\nand I will come back, with all my family and friends.", ana.Text)
	require.Equal(t, 5.0, *ana.Rating)
	require.Equal(t, 2026, ana.PostedAt.Year())
	require.Equal(t, "8834512", ana.ExternalID)
	require.Equal(t, 2.0, ana.SubRatings["wait"])
	require.Equal(t, "Dee", got.Reviews[3].Author)
}

func TestRead_Dates_FormsInUse(t *testing.T) {
	for text, want := range map[string]string{
		"2018-06-08T09:24:20.624Z":  "2018-06-08T09:24:20.624Z",
		"2018-06-08T09:24:20+02:00": "2018-06-08T07:24:20Z",
		"2018-06-08T09:24:20+0200":  "2018-06-08T07:24:20Z",
		"2018-06-08 09:24:20":       "2018-06-08T09:24:20Z",
		"2018-06-08":                "2018-06-08T00:00:00Z",
		"June 8, 2018":              "2018-06-08T00:00:00Z",
		"8 Jun 2018":                "2018-06-08T00:00:00Z",
		"6/18/2018":                 "2018-06-18T00:00:00Z",
		"18/6/2018":                 "2018-06-18T00:00:00Z",
		"6/8/2018":                  "",
		"2 weeks ago":               "",
		"0001-01-01":                "",
	} {
		got := mustRead(t, ld(`{"@type":"Dentist","name":"X","review":{"author":"A","reviewBody":"t","datePublished":"`+text+`"}}`))
		if want == "" {
			require.True(t, got.Reviews[0].PostedAt.IsZero(), text)
			continue
		}
		require.Equal(t, want, got.Reviews[0].PostedAt.Format(time.RFC3339Nano), text)
	}
}

func TestRead_Links_NextPageOnTheSameHost(t *testing.T) {
	body := ld(`{"@type":"Dentist","name":"X","telephone":"1"}`)
	require.Equal(t, "https://directory.example/maple-eye?page=2", mustRead(t, `<a rel="nofollow next" href="?page=2">More</a>`+body).Next)
	require.Equal(t, "https://directory.example/x/2", mustRead(t, `<base href="/x/"><link rel=next href="2">`+body).Next)
	require.Empty(t, mustRead(t, `<link rel=next href="/maple-eye">`+body).Next, "a page is not its own next one")
	require.Empty(t, mustRead(t, `<link rel=next href="javascript:x()">`+body).Next)
	got := mustRead(t, `<link rel=next href="https://elsewhere.example/2">`+body)
	require.Empty(t, got.Next)
	require.NotEmpty(t, got.Faults)
}

func TestRead_NoReviews_FactsOrAClearError(t *testing.T) {
	got := mustRead(t, ld(`{"@type":"Dentist","name":"X","telephone":"1"}`))
	require.Equal(t, "X", got.Facts.Name)
	require.Empty(t, got.Reviews)
	for page, code := range map[string]string{
		"<h1>Are you a robot?</h1>": "no_markup",
		"":                          "no_markup",
		`<div itemscope itemtype="http://data-vocabulary.org/Breadcrumb"><a itemprop=url href=/x>x</a></div>`: "no_markup",
		ld(`{"@type":"WebSite","name":"Directory"}`):                                                          "no_listing",
		ld(`{"@type":"BreadcrumbList","itemListElement":[{"@type":"ListItem","name":"x"}]}`):                  "no_listing",
		ld(`{"@type":"Dentist","review":[{"reviewBody":"cut of`):                                              "broken_markup",
		ld(`{"@type":"Dentist","name":"X"}`) + ld(`{"@type":"Review","reviewBody":x}`):                        "broken_markup",
	} {
		_, err := directory.Read([]byte(page), "", pageURL)
		requireCode(t, err, problem.Invalid, code)
	}
}

func TestRead_SlightlyInvalidJSONLD_IsRead(t *testing.T) {
	const review = `"review":[{"@type":"Review","author":"A","reviewBody":"kept",},]`
	for name, page := range map[string]string{
		"trailing commas":    ld(`{"@type":"Dentist","name":"X",` + review + `,}`),
		"html comment":       ld(`<!-- {"@type":"Dentist","name":"X",` + review + `} -->`),
		"cdata":              ld("//<![CDATA[\n" + `{"@type":"Dentist","name":"X",` + review + "}\n//]]>"),
		"cdata, one line":    ld(`/*<![CDATA[*/{"@type":"Dentist","name":"X",` + review + `}/*]]>*/`),
		"comments":           ld("// the practice\n" + `{"@type":"Dentist",/* name */"name":"X",` + review + `}`),
		"semicolon":          ld(`{"@type":"Dentist","name":"X",` + review + `};`),
		"two values":         ld(`{"@type":"WebSite"}{"@type":"Dentist","name":"X",` + review + `}`),
		"key twice":          ld(`{"@type":"Dentist","name":"X","review":[],` + review + `}`),
		"type of the script": `<script type="Application/LD+JSON; charset=utf-8">{"@type":"Dentist","name":"X",` + review + `}</script>`,
		"words of full addresses": ld(`{"@type":"http://schema.org/Dentist","schema:name":"X","https://schema.org/review":
			{"@type":"schema:Review","schema:author":{"@value":"A"},"schema:reviewBody":{"@value":"kept","@language":"en"}}}`),
	} {
		t.Run(name, func(t *testing.T) {
			got := mustRead(t, page)
			require.Len(t, got.Reviews, 1)
			require.Equal(t, "kept", got.Reviews[0].Text)
			require.Equal(t, "X", got.Facts.Name)
		})
	}
}

func TestRead_Charsets_Decoded(t *testing.T) {
	utf8 := `<div itemscope itemtype="http://schema.org/Dentist"><b itemprop=name>Clínica</b></div>`
	latin := strings.ReplaceAll(utf8, "í", "\xed")
	for name, tc := range map[string]struct{ page, contentType string }{
		"utf-8 unsaid, far from the start": {strings.Repeat(" ", 5000) + utf8, ""},
		"latin-1 by header":                {latin, "text/html; charset=iso-8859-1"},
		"latin-1 by meta":                  {`<meta charset="windows-1252">` + latin, ""},
		"latin-1 unsaid":                   {latin, ""},
		"byte order mark beats header":     {"\ufeff" + utf8, "text/html; charset=iso-8859-1"},
	} {
		got, err := directory.Read([]byte(tc.page), tc.contentType, pageURL)
		require.NoError(t, err, name)
		require.Equal(t, "Clínica", got.Facts.Name, name)
	}
	got, err := directory.Read([]byte(strings.ReplaceAll(utf8, "í", "\xff\x00")), "text/html; charset=utf-8", pageURL)
	require.NoError(t, err)
	require.Equal(t, "Cl\ufffd\ufffdnica", got.Facts.Name)
}
