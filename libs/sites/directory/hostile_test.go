package directory_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites/directory"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
)

// repeatTo fills n bytes with a piece.
func repeatTo(piece string, n int) string { return strings.Repeat(piece, n/len(piece)) }

func TestRead_HostilePages_BoundedTimeAndMemory(t *testing.T) {
	const size = 9 << 20
	formatting := make([]string, 400)
	for i := range formatting {
		formatting[i] = "<b class=c" + strings.Repeat("x", i%40) + ">"
	}
	nested := `<div itemscope itemtype="http://schema.org/Dentist"><b itemprop=name>`
	addresses := func(prefix string) string {
		var urls strings.Builder
		for i := range 45_000 {
			fmt.Fprintf(&urls, `"/%s%d",`, prefix, i)
		}
		return `{"@type":"Dentist","review":[{"reviewBody":"a"}],"url":[` + urls.String() + `]}`
	}
	pages := map[string]string{
		"many elements":         repeatTo("<i>", size),
		"deep elements":         repeatTo("<div>", size),
		"deep items":            repeatTo(`<div itemscope itemprop="review" itemtype="http://schema.org/Review">`, size),
		"reopened formatting":   strings.Join(formatting, "") + repeatTo("<p>x", size),
		"scopes":                "<p><button>" + repeatTo("<span>", 3000) + repeatTo("<div></div>", size),
		"texts inside texts":    nested + repeatTo("<span itemprop=name>some words", 20_000) + strings.Repeat("word ", 1<<20),
		"itemref of itemrefs":   repeatTo(`<div itemscope itemtype="http://schema.org/Dentist" itemref="a b c"></div>`, 1<<20) + `<div id=a>` + repeatTo("<i itemprop=name>x</i>", 1<<20) + `</div>`,
		"deep json":             ld(repeatTo(`{"review":[`, size)),
		"deep json arrays":      ld(repeatTo(`[`, size)),
		"many values":           ld(`{"@type":"Dentist","review":[` + repeatTo(`[],`, size) + `]}`),
		"many reviews":          ld(`{"@type":"Dentist","name":"X","review":[` + repeatTo(`{"reviewBody":"a","author":"b"},`, size) + `]}`),
		"reviews of one author": ld(`{"@type":"Dentist","name":"X","review":[` + repeatTo(`{"@type":"Review","reviewBody":"aaaaaaaaaaaaaaaaaaaaaaaa","author":"b"},`, 900*60) + `]}`),
		"circles of ids":        ld(`[` + repeatTo(`{"@id":"#a","@type":"Dentist","department":{"@id":"#b","department":{"@id":"#a"}}},`, 1<<20) + `]`),
		"many blocks":           strings.Repeat(ld(`{"@type":"Dentist"}`), 100_000),
		"unfinished string":     ld(`{"@type":"Review","reviewBody":"` + repeatTo(`\`, size)),
		"no end of the script":  `<script type="application/ld+json">` + repeatTo(`{"a":`, size),
		"attributes":            "<div " + repeatTo("a=b ", size) + ">",
		"unfinished comment":    "<!--" + repeatTo("-", size),
		"entities":              `<p itemscope itemprop=x>` + repeatTo("&amp;&lt", size),
		"many equal reviews":    ld(`{"@type":"Dentist","name":"X","review":[` + repeatTo(`{"@type":"Review","reviewBody":"a"},`, 1<<20) + `]}`),
		"many addresses":        ld(`[` + addresses("a") + `,` + addresses("b") + `]`),
		"many types of an item": `<div itemscope itemtype="` + repeatTo("Dentist ", 1<<20) + `">` + repeatTo(`<div itemprop=review itemscope><i itemprop=reviewBody>a</i></div>`, 1<<20) + `</div>`,
		"long names":            ld(`{"@type":"Dentist","name":"` + strings.Repeat("n", size) + `","review":[]}`),
	}
	for name, page := range pages {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := sitestest.CPUTime()
			got, err := directory.Read([]byte(page), "text/html; charset=utf-8", pageURL)
			runtime.ReadMemStats(&after)
			took := sitestest.CPUTime() - start
			if err != nil {
				require.Contains(t, []problem.Kind{problem.Invalid, problem.TooLarge}, problem.KindOf(err), "%v", err)
				require.Less(t, len(err.Error()), 500)
			} else {
				require.NotNil(t, got.Facts)
			}
			t.Logf("%v of processor time, %d MiB allocated, error %v", took, (after.TotalAlloc-before.TotalAlloc)>>20, err)
			require.Less(t, took, 20*time.Second)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(400<<20))
		})
	}
}

func TestRead_FiftyMegabytes_TooLarge(t *testing.T) {
	_, err := directory.Read(make([]byte, 50<<20), "", pageURL)
	requireCode(t, err, problem.TooLarge, "page_too_large")
}

func TestRead_OversizedReview_IsRefusedNotCut(t *testing.T) {
	got := mustRead(t, ld(`{"@type":"Dentist","name":"X","review":[{"author":"A","reviewBody":"`+strings.Repeat("x", events.MaxTextBytes+1)+`"},
		{"author":"B","reviewBody":"fine"}]}`))
	require.Len(t, got.Reviews, 1)
	require.Equal(t, "B", got.Reviews[0].Author)
	require.NotEmpty(t, got.Faults)
}

func FuzzRead(f *testing.F) {
	f.Add(listed(rev("A", "2026-01-01", "text <br> & more")), "text/html")
	f.Add(`<div itemscope itemtype="http://schema.org/Dentist" itemref=a><p itemprop=name>x<li><b>y</p></b><div id=a itemprop=review itemscope>`, "")
	f.Add(`<table><tr itemscope itemtype="schema.org/Physician"><td itemprop="review" itemscope itemtype="http://schema.org/Review"><td itemprop=reviewBody>x`, "text/html; charset=utf-16")
	f.Fuzz(func(t *testing.T, page, contentType string) {
		got, err := directory.Read([]byte(page), contentType, pageURL)
		if err != nil {
			require.Contains(t, []problem.Kind{problem.Invalid, problem.TooLarge}, problem.KindOf(err))
			return
		}
		require.NotNil(t, got.Facts)
		ids := map[string]bool{}
		for _, r := range got.Reviews {
			require.NotEmpty(t, r.ExternalID)
			require.False(t, ids[r.ExternalID])
			ids[r.ExternalID] = true
			require.True(t, r.Rating == nil || (*r.Rating >= 1 && *r.Rating <= 5))
		}
		again, err := directory.Read([]byte(page), contentType, pageURL)
		require.NoError(t, err)
		require.Equal(t, got, again, "the same page reads the same")
	})
}

func FuzzJSONLD(f *testing.F) {
	f.Add(`{"@type":"Dentist","name":"X","review":[{"@type":"Review","reviewBody":"a\ud83d\ude00\"","author":"b",},]};`)
	f.Add(`//<![CDATA[` + "\n" + `{"@graph":[{"@id":"#a","review":{"@id":"#a"}}]}//]]>`)
	f.Add(`/* x */ [1,-2.5e3,true,null,{"@type":["Review"]}] <!-- -->`)
	f.Fuzz(func(t *testing.T, doc string) {
		got, err := directory.Read([]byte(ld(doc)), "text/html; charset=utf-8", pageURL)
		if err != nil {
			require.Contains(t, []problem.Kind{problem.Invalid, problem.TooLarge}, problem.KindOf(err))
			return
		}
		require.NotNil(t, got.Facts)
	})
}

func TestRead_FactsBeyondTheLimits_FitTheEvent(t *testing.T) {
	long := strings.Repeat("x", 1500)
	got := mustRead(t, ld(`{"@type":"Dentist","name":"`+long+`","telephone":"1","url":"/`+strings.Repeat("y", 5000)+`",
		"openingHoursSpecification":[{"dayOfWeek":"`+long+`","opens":"08:00","closes":"17:00"},{"dayOfWeek":"Monday","opens":"08:00","closes":"17:00"}],
		"review":[{"author":"B","reviewBody":"fine"}]}`))
	require.Equal(t, "1", got.Facts.Telephone)
	require.Equal(t, []string{"Monday 08:00-17:00"}, got.Facts.Hours)
	require.NoError(t, events.ListingObserved{
		EventID: "e", OrgID: "o", ListingID: "l", LocationID: "c", Site: "s", Facts: *got.Facts, ObservedAt: time.Now(),
	}.Validate())
}
