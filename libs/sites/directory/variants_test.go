package directory_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/directory"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
)

func TestRead_RDFaLite_IsReadAsMicrodata(t *testing.T) {
	got := mustRead(t, `<meta property="og:title" content="Not this"><div vocab="https://schema.org/" typeof="Dentist" resource="#place">
		<h1 property="name">Maple Dental</h1><a property="telephone" href="tel:+15550100">+1 555 0100</a>
		<div property="address" typeof="PostalAddress"><span property="streetAddress">7 Oak St</span></div>
		<div property="review" typeof="Review"><span property="author" typeof="Person"><b property="name">Ana</b></span>
		<time property="datePublished" datetime="2026-03-01">1 March</time>
		<span property="reviewRating" typeof="Rating"><meta property="ratingValue" content="4"></span><p property="reviewBody">Kind &amp; quick.</p></div></div>`)
	require.Equal(t, "Maple Dental", got.Facts.Name)
	require.Equal(t, "+1 555 0100", got.Facts.Telephone)
	require.Equal(t, "7 Oak St", got.Facts.Address.Street)
	require.Len(t, got.Reviews, 1)
	require.Equal(t, "Ana", got.Reviews[0].Author)
	require.Equal(t, "Kind & quick.", got.Reviews[0].Text)
	require.Equal(t, 4.0, *got.Reviews[0].Rating)

	prefixed := mustRead(t, `<div typeof="schema:Physician sioc:Item"><b property="schema:name dc:title">Dr. Oak</b>
		<div property="schema:review" typeof="schema:Review"><p property="schema:description">Fine.</p></div></div>`)
	require.Equal(t, "Dr. Oak", prefixed.Facts.Name)
	require.Equal(t, "Fine.", prefixed.Reviews[0].Text)
}

func TestRead_Facts_WhereverSitesPutThem(t *testing.T) {
	const name = `"@type":"Dentist","name":"X"`
	for doc, want := range map[string]events.ListingFacts{
		`{` + name + `,"contactPoint":[{"@type":"ContactPoint","contactType":"fax"},{"telephone":"555 0101"}]}`: {Telephone: "555 0101"},
		`{` + name + `,"telephone":"tel:+15550101"}`:                                                            {Telephone: "+15550101"},
		`{` + name + `,"telephone":["555 0101","555 0102"]}`:                                                    {Telephone: "555 0101"},
		`{` + name + `,"telephone":5550101}`:                                                                    {Telephone: "5550101"},
		`{` + name + `,"address":{"streetAddress":"1 A St","telephone":"555 0101"}}`:                            {Telephone: "555 0101", Address: events.Address{Street: "1 A St"}},
		`{` + name + `,"location":{"@type":"Place","telephone":"555 0101","address":{"addressLocality":"Lakeside"},"aggregateRating":{"ratingValue":4,"ratingCount":3}}}`: {
			Telephone: "555 0101", Address: events.Address{Locality: "Lakeside"}, Aggregate: &events.Aggregate{RatingCount: 3, RawRating: "4", Rating: five(4)},
		},
		`{` + name + `,"address":"1 A St, Lakeside"}`:                                              {Address: events.Address{Street: "1 A St, Lakeside"}},
		`{` + name + `,"address":[{"@id":"#nowhere"},{"streetAddress":["1 A St","Suite 4"]}]}`:     {Address: events.Address{Street: "1 A St, Suite 4"}},
		`{` + name + `,"address":{"@type":"PostalAddress","name":"1 A St, Lakeside"}}`:             {Address: events.Address{Street: "1 A St, Lakeside"}},
		`{` + name + `,"aggregateRating":{"ratingValue":"4,5","ratingCount":"1.203 Bewertungen"}}`: {Aggregate: &events.Aggregate{RatingCount: 1203, RawRating: "4,5", Rating: five(4.5)}},
		`{` + name + `,"aggregateRating":{"ratingValue":"80%","reviewCount":"Based on 1,203 reviews"}}`: {
			Aggregate: &events.Aggregate{ReviewCount: 1203, RawRating: "80%", Rating: five(4.2)},
		},
		`{` + name + `,"aggregateRating":[{"@id":"#none"},{"ratingValue":"Rated 4.5 out of 5","reviewCount":12.0}]}`: {
			Aggregate: &events.Aggregate{ReviewCount: 12, RawRating: "Rated 4.5 out of 5", Rating: five(4.5)},
		},
		`[{` + name + `,"telephone":"1"},{"@type":"AggregateRating","ratingValue":3,"ratingCount":9,"itemReviewed":{"@type":"Dentist","name":"X"}}]`: {
			Telephone: "1", Aggregate: &events.Aggregate{RatingCount: 9, RawRating: "3", Rating: five(3)},
		},
		`[{` + name + `,"telephone":"1"},{"@type":"AggregateRating","ratingValue":3,"ratingCount":9}]`: {
			Telephone: "1", Aggregate: &events.Aggregate{RatingCount: 9, RawRating: "3", Rating: five(3)},
		},
		`[{` + name + `,"telephone":"1"},{"@type":"AggregateRating","ratingValue":3,"ratingCount":9,"itemReviewed":{"@type":"Dentist","name":"Y"}}]`: {Telephone: "1"},
		`[{` + name + `,"telephone":"1"},{"@type":"AggregateRating","ratingValue":3},{"@type":"AggregateRating","ratingValue":4}]`:                   {Telephone: "1"},
	} {
		got := *mustRead(t, ld(doc)).Facts
		want.Name, want.Types = "X", []string{"Dentist"}
		require.Equal(t, want, got, doc)
	}
}

func five(v float64) *float64 { return &v }

func TestRead_ReviewLists_InEveryShape(t *testing.T) {
	const review = `{"@type":"Review","author":["Ana",{"name":"ignored"}],"reviewBody":"kept"}`
	for name, doc := range map[string]string{
		"graph of a graph":   `{"@graph":[{"@graph":[{"@type":"Dentist","name":"X","review":` + review + `}]}]}`,
		"array of arrays":    `[[{"@type":"Dentist","name":"X"}],[` + review + `]]`,
		"item list":          `[{"@type":"Dentist","name":"X"},{"@type":"ItemList","itemListElement":[{"@type":"ListItem","position":1,"item":` + review + `}]}]`,
		"item list, direct":  `[{"@type":"Dentist","name":"X"},{"@type":"ItemList","itemListElement":[` + review + `]}]`,
		"page about":         `{"@type":"WebPage","about":{"@type":"Dentist","name":"X","reviews":[` + review + `]}}`,
		"page main entity":   `{"@type":"ProfilePage","mainEntity":{"@type":["Physician","Person"],"name":"X","review":{"@list":[` + review + `]}}}`,
		"review on the page": `{"@type":"WebPage","review":` + review + `,"mainEntity":{"@type":"Dentist","name":"X"}}`,
		"service with it":    `[{"@type":"Dentist","name":"X","makesOffer":{"itemOffered":{"@type":"Service","name":"Cleaning","review":` + review + `}}}]`,
		"by reference":       `[{"@type":"Dentist","@id":"#x","name":"X"},{"@type":"Review","author":"Ana","itemReviewed":{"@id":"#x"},"reviewBody":"kept"}]`,
		"description":        `{"@type":"Dentist","name":"X","review":{"author":{"@type":"Organization","name":"Ana"},"reviewBody":"","description":"kept"}}`,
	} {
		got := mustRead(t, ld(doc))
		require.Equal(t, "X", got.Facts.Name, name)
		require.Len(t, got.Reviews, 1, name)
		require.Equal(t, "kept", got.Reviews[0].Text, name)
		require.Equal(t, "Ana", got.Reviews[0].Author, name)
	}
}

func TestRead_SeveralBusinesses_OnlyThePagesOwn(t *testing.T) {
	branch := func(path, text string) string {
		return `{"@type":"Dentist","name":"Chain","url":"` + path + `","review":{"reviewBody":"` + text + `","author":"A"}}`
	}
	got := mustRead(t, ld(`[`+branch("/north", "of the north branch")+`,`+branch("/maple-eye", "of this branch")+`]`))
	require.Equal(t, "of this branch", got.Reviews[len(got.Reviews)-1].Text)
	got = mustRead(t, ld(`{"@type":"Dentist","name":"This","url":"/maple-eye","review":{"reviewBody":"ours","author":"A"}}`)+
		`<aside><div itemscope itemtype="http://schema.org/Dentist"><b itemprop=name>Sponsored</b>
		<div itemprop=review itemscope itemtype="http://schema.org/Review"><p itemprop=reviewBody>theirs</p></div></div></aside>`)
	require.Len(t, got.Reviews, 1)
	require.Equal(t, "ours", got.Reviews[0].Text)
	require.Equal(t, 1, got.Foreign)
}

func TestRead_TwoMarkupsUnderTwoNames_AreOneListing(t *testing.T) {
	item := func(text string) string {
		return `<div itemprop=review itemscope itemtype="http://schema.org/Review"><b itemprop=author>A</b><p itemprop=reviewBody>` + text + `</p></div>`
	}
	got := mustRead(t, ld(`{"@type":"Dentist","name":"Harbor Dental","telephone":"1","url":"/maple-eye","review":[{"author":"A","reviewBody":"The first of the reviews."}]}`)+
		`<div itemscope itemtype="http://schema.org/LocalBusiness"><b itemprop=name>Harbor Dental LLC</b>`+item("The first of the reviews.")+item("The second of the reviews.")+`</div>`)
	require.Len(t, got.Reviews, 2)
	require.Zero(t, got.Foreign)
}

func TestRead_CutAndFullText_TheFullOneCounts(t *testing.T) {
	got := mustRead(t, `<div itemscope itemtype="http://schema.org/Dentist"><b itemprop=name>X</b><div itemprop=review itemscope itemtype="http://schema.org/Review">
		<p itemprop=reviewBody>They were kind to me and to my...</p><p itemprop=reviewBody hidden>They were kind to me and to my whole family.</p></div></div>`)
	require.Equal(t, "They were kind to me and to my whole family.", got.Reviews[0].Text)
}

func TestRead_JSONLDThatPeopleBreak_IsRead(t *testing.T) {
	text := func(body string) string {
		got := mustRead(t, ld(`{"@type":"Dentist","name":"X","review":[{"@type":"Review","author":"A","reviewBody":`+body+`,"datePublished":"2026-03-01"}]}`))
		require.Len(t, got.Reviews, 1)
		require.Equal(t, 2026, got.Reviews[0].PostedAt.Year())
		return got.Reviews[0].Text
	}
	for body, want := range map[string]string{
		`"He said "no" and left"`:         `He said "no" and left`,
		`"The "best", they say"`:          `The "best", they say`,
		`"Ends with a "quote""`:           `Ends with a "quote"`,
		"\"tab\there\x01\x1f\"":           "tab\there\x01\x1f",
		"\"line\r\nbreak\"":               "line\r\nbreak",
		`"a \' b \x c"`:                   "a ' b x c",
		`"caf\u00e9 &eacute; \/ &#x27;"`:  "café é / '",
		`"twice &amp;amp; escaped"`:       "twice &amp; escaped",
		`"5 < 6 & 7 > 3"`:                 "5 < 6 & 7 > 3",
		`"emoji \ud83d\ude00 and \ud83d"`: "emoji 😀 and \ufffd",
	} {
		require.Equal(t, want, text(body), body)
	}
	escaped := strings.ReplaceAll(`[{"@type":"Dentist","name":"X","review":[{"author":"A","reviewBody":"kept"}]}]`, `"`, "&quot;")
	require.Equal(t, "kept", mustRead(t, ld("\n "+escaped)).Reviews[0].Text)
	for _, quote := range []string{"&#34;", "&#x22;", "&quot;"} {
		spaced := strings.ReplaceAll(`{ "@type" : "Dentist","name":"X","review":[{"author":"A","reviewBody":"kept"}]}`, `"`, quote)
		require.Equal(t, "kept", mustRead(t, ld(spaced)).Reviews[0].Text, quote)
	}
	last := mustRead(t, ld(`{"@type":"Dentist","name":"X","review":[{"author":"A","reviewBody":"I am tall 6""}]}`))
	require.Equal(t, `I am tall 6"`, last.Reviews[0].Text)
	more := mustRead(t, ld(`{"@type":"Dentist","name":"X","review":[{"author":"A","reviewBody":"kept"}]}}]`))
	require.Equal(t, "kept", more.Reviews[0].Text, "a bracket more than were opened")
	require.Empty(t, more.Faults)
	got := mustRead(t, ld(`{"@type":"WebSite","name":"broken "}`)+ld(`{"@type":"Dentist","name":"X","review":[{"author":"A","reviewBody":"kept"}] /* end */ ,}`))
	require.Equal(t, "kept", got.Reviews[0].Text, "a broken block leaves the others alone")
}

func TestRead_TemplatesAndNoscript_AsWithoutScripts(t *testing.T) {
	review := func(text string) string {
		return `<div itemprop=review itemscope itemtype="http://schema.org/Review"><b itemprop=author>A</b><p itemprop=reviewBody>` + text + `</p></div>`
	}
	got := mustRead(t, `<div itemscope itemtype="http://schema.org/Dentist"><b itemprop=name>X</b><template>`+review("{{body}}")+`</template>`+
		review("Kind.<noscript><img src=x></noscript>")+`<noscript>`+review("Slow.")+`</noscript></div>`)
	require.Len(t, got.Reviews, 2)
	require.Equal(t, "Kind.", got.Reviews[0].Text)
	require.Equal(t, "Slow.", got.Reviews[1].Text)
}

func TestRead_ReverseProperty_BelongsToTheListing(t *testing.T) {
	got := mustRead(t, ld(`{"@type":"Dentist","name":"X","@reverse":{"itemReviewed":[{"@type":"Review","author":"A","reviewBody":"Kind."}]}}`))
	require.Len(t, got.Reviews, 1)
	require.Equal(t, "Kind.", got.Reviews[0].Text)
}

func TestRead_MoreDates_FormsInUse(t *testing.T) {
	for text, want := range map[string]string{
		"March 4th, 2026": "2026-03-04T00:00:00Z", "Sept. 4, 2025": "2025-09-04T00:00:00Z", "Sept 4, 2025": "2025-09-04T00:00:00Z",
		"Feb. 3, 2026": "2026-02-03T00:00:00Z", "1528449860": "2018-06-08T09:24:20Z", "1528449860624": "2018-06-08T09:24:20.624Z",
		"4.3.2026": "2026-03-04T00:00:00Z", "March 4, 2026 5:06 pm": "2026-03-04T17:06:00Z", "2026-03-04T17:06:01.5": "2026-03-04T17:06:01.5Z",
		"Wed, 04 Mar 2026 17:06:01 GMT": "2026-03-04T17:06:01Z", "Wed Mar 4 2026 17:06:01 GMT-0600": "2026-03-04T23:06:01Z",
		"20260304": "2026-03-04T00:00:00Z", "2026-03": "2026-03-01T00:00:00Z", "0000000000": "", "12345678901": "",
	} {
		got := mustRead(t, ld(`{"@type":"Dentist","name":"X","review":{"author":"A","reviewBody":"t","datePublished":"`+text+`"}}`))
		if want == "" {
			require.True(t, got.Reviews[0].PostedAt.IsZero(), text)
			continue
		}
		require.Equal(t, want, got.Reviews[0].PostedAt.Format(time.RFC3339Nano), text)
	}
}

func TestRead_MoreCharsets_Decoded(t *testing.T) {
	const page = `<div itemscope itemtype="http://schema.org/Dentist"><b itemprop=name>%s</b></div>`
	for name, tc := range map[string]struct{ page, contentType, want string }{
		"windows-1252 quotes": {`<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">` + fmt.Sprintf(page, "Dr. O\x92Neil \x96 caf\xe9"), "", "Dr. O’Neil – café"},
		"windows-1251":        {fmt.Sprintf(page, "\xcf\xf0\xe8"), "text/html; charset=windows-1251", "При"},
		"shift_jis by meta":   {`<meta charset=shift_jis>` + fmt.Sprintf(page, "\x8e\x95"), "", "歯"},
		"mark and meta":       {"\ufeff" + `<meta charset=iso-8859-1>` + fmt.Sprintf(page, "café"), "", "café"},
		"utf-16 with a mark":  {utf16(fmt.Sprintf(page, "café")), "text/html; charset=utf-8", "café"},
		"unknown name":        {fmt.Sprintf(page, "café"), "text/html; charset=martian", "café"},
		"one byte is bad":     {strings.Repeat(" ", 2000) + fmt.Sprintf(page, "Zoë’s café cut \xc3"), "", "Zoë’s café cut \ufffd"},
	} {
		got, err := directory.Read([]byte(tc.page), tc.contentType, pageURL)
		require.NoError(t, err, name)
		require.Equal(t, tc.want, got.Facts.Name, name)
	}
}

// utf16 encodes little-endian, with a byte order mark; for characters below 0x100.
func utf16(s string) string {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for _, r := range s {
		b.WriteByte(byte(r))
		b.WriteByte(byte(r >> 8))
	}
	return b.String()
}

func TestRead_UnmarkedResponse_IsTheReply(t *testing.T) {
	page := func(inside string) string {
		return `<div itemscope itemtype="http://schema.org/Physician"><b itemprop=name>X</b><div itemprop=review itemscope itemtype="http://schema.org/Review">
		<p itemprop=reviewBody class="review-text">Long wait.</p>` + inside + `</div></div>`
	}
	got := mustRead(t, page(`<div class="child"><p><strong>Dr. X's response</strong><br><span class="rating-comment-response-body"><span>Hello,
we are sorry.</span></span></p></div>`))
	require.Equal(t, &events.Reply{Text: "Hello,\nwe are sorry."}, got.Reviews[0].Reply)
	require.Equal(t, "Long wait.", got.Reviews[0].Text)
	require.Equal(t, "Thanks", mustRead(t, page(`<div class="x owner_reply_text">Thanks</div>`)).Reviews[0].Reply.Text)
	for _, none := range []string{`<a class="reply-link">Reply</a>`, `<p class="responsetext">x</p>`, `<p class="reply-text"> </p>`, `<div class="reply">Was this useful?</div>`} {
		require.Nil(t, mustRead(t, page(none)).Reviews[0].Reply, none)
	}
}

func TestRead_SavedPage_KnowsItsAddressByItsCanonicalLink(t *testing.T) {
	got, err := directory.Read([]byte(`<a rel=next href="?page=2">Next</a><link rel=canonical href="https://directory.example/maple">`+
		ld(`{"@type":"Dentist","name":"X","url":"/maple"}`)), "", "")
	require.NoError(t, err)
	require.Equal(t, "https://directory.example/maple?page=2", got.Next)
	require.Equal(t, "https://directory.example/maple", got.Facts.URL)
}

func TestFetch_ListingThatMovedToAnotherHost_IsReadToItsEnd(t *testing.T) {
	pages := map[string]string{
		"/maple":        `<link rel=next href="/maple?page=2">` + ld(`{"@type":"Dentist","name":"X","review":[{"author":"A","reviewBody":"one"}]}`),
		"/maple?page=2": ld(`{"@type":"Dentist","name":"X","review":[{"author":"B","reviewBody":"two"}]}`),
	}
	moved := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := pages[r.URL.RequestURI()]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(moved.Close)
	server := sitestest.NewServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Replace(moved.URL, "127.0.0.1", "localhost", 1)+r.URL.RequestURI(), http.StatusMovedPermanently)
	}), pageOf, nil)
	adapter, err := directory.New(directory.Config{Client: server.Client})
	require.NoError(t, err)
	reviews, last, err := sitestest.ListAll(t.Context(), adapter, sites.Listing{Ref: server.URL + "/maple"}, time.Time{})
	require.NoError(t, err)
	require.Len(t, reviews, 2)
	require.True(t, last.Complete)
}

func BenchmarkRead(b *testing.B) {
	var list []sites.Review
	list = append(list, sitestest.SampleReviews(10, "bench")...)
	body := []byte(strings.Repeat("<div class=a><span>layout</span></div>\n", 3000) + markup{jsonLD: true, microdata: true}.page(list, 10, ""))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := directory.Read(body, "text/html; charset=utf-8", pageURL); err != nil {
			b.Fatal(err)
		}
	}
}
