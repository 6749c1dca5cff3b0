package directory_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/directory"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
)

const perPage = 5

// markup says in which way the test's directory marks its reviews up.
type markup struct {
	jsonLD, microdata, ids bool
}

func (m markup) page(list []sites.Review, total int, next string) string {
	var b strings.Builder
	b.WriteString(`<!doctype html><html><head><meta charset="utf-8"><title>Harbor Eye</title>`)
	if next != "" {
		_, _ = fmt.Fprintf(&b, `<link rel="next" href="%s">`, next)
	}
	if m.jsonLD {
		var items []map[string]any
		for _, r := range list {
			item := map[string]any{
				"@type": "Review", "author": map[string]any{"@type": "Person", "name": r.Author},
				"datePublished": r.PostedAt.Format(time.RFC3339), "reviewBody": html.EscapeString(r.Text),
				"reviewRating": map[string]any{"@type": "Rating", "ratingValue": strconv.Itoa(int(*r.Rating)), "bestRating": 5},
			}
			if m.ids {
				item["@id"] = "#" + r.ExternalID
			}
			items = append(items, item)
		}
		doc, err := json.Marshal(map[string]any{"@context": "https://schema.org", "@graph": []any{map[string]any{
			"@type": []string{"Optician", "MedicalBusiness"}, "name": "Harbor Eye", "review": items,
			"aggregateRating": map[string]any{"ratingValue": 3, "reviewCount": total},
		}}})
		if err != nil {
			panic(err)
		}
		_, _ = fmt.Fprintf(&b, `<script type="application/ld+json">%s</script>`, doc)
	}
	b.WriteString("</head><body>")
	if m.microdata {
		_, _ = fmt.Fprintf(&b, `<div itemscope itemtype="http://schema.org/Optician"><h1 itemprop="name">Harbor Eye</h1>
<span itemprop="aggregateRating" itemscope itemtype="http://schema.org/AggregateRating"><meta itemprop="ratingValue" content="3"><b itemprop="reviewCount">%d</b></span>`, total)
		for _, r := range list {
			id := ""
			if m.ids {
				id = ` id="` + r.ExternalID + `"`
			}
			text := strings.ReplaceAll(html.EscapeString(r.Text), "\n", "<br>")
			_, _ = fmt.Fprintf(&b, `
<div itemprop="review" itemscope itemtype="http://schema.org/Review"%s><span itemprop="author">%s</span>
<time itemprop="datePublished" datetime="%s">some day</time>
<span itemprop="reviewRating" itemscope itemtype="http://schema.org/Rating"><meta itemprop="ratingValue" content="%d"></span>
<p itemprop="reviewBody">%s</p></div>`, id, r.Author, r.PostedAt.Format(time.RFC3339), int(*r.Rating), text)
		}
		b.WriteString("</div>")
	}
	b.WriteString("</body></html>")
	return b.String()
}

func site(m markup, lists map[string][]sites.Review, repeat *atomic.Bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		list, ok := lists[r.URL.Path]
		if r.URL.Path == "/robots.txt" {
			_, _ = w.Write([]byte("User-agent: *\nDisallow: /private"))
			return
		}
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		page := pageOf(r)
		from, to := min((page-1)*perPage, len(list)), min(page*perPage, len(list))
		if repeat.Load() && from > 0 {
			from--
		}
		next := ""
		if to < len(list) {
			next = fmt.Sprintf("%s?page=%d", r.URL.Path, page+1)
		}
		body := m.page(list[from:to], len(list), next)
		sum := sha256.Sum256([]byte(body))
		etag := `"` + hex.EncodeToString(sum[:8]) + `"`
		w.Header().Set("ETag", etag)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte(body))
	})
}

func pageOf(r *http.Request) int {
	if r.URL.Path == "/robots.txt" {
		return 0
	}
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		return 1
	}
	return n
}

func TestSite_Contract(t *testing.T) {
	for name, m := range map[string]markup{
		"json-ld":             {jsonLD: true, ids: true},
		"microdata":           {microdata: true, ids: true},
		"both":                {jsonLD: true, microdata: true, ids: true},
		"both, without ids":   {jsonLD: true, microdata: true},
		"microdata, bare":     {microdata: true},
		"json-ld without ids": {jsonLD: true},
	} {
		t.Run(name, func(t *testing.T) {
			sitestest.Run(t, func(t *testing.T) *sitestest.Fixture {
				repeat := &atomic.Bool{}
				want := sitestest.SampleReviews(17, "one")
				lists := map[string][]sites.Review{"/harbor": want, "/maple": sitestest.SampleReviews(6, "two")}
				deep := `<script type="application/ld+json">{"@type":"Dentist","review":` + strings.Repeat("[", 400_000) + `</script>` +
					strings.Repeat("<div itemscope>", 100_000)
				server := sitestest.NewServer(t, site(m, lists, repeat), pageOf, []byte(deep))
				adapter, err := directory.New(directory.Config{Client: server.Client})
				require.NoError(t, err)
				for i := range want {
					want[i].ExternalID = "" // the form of ids is the adapter's own
				}
				if m.ids {
					lists["/harbor"] = sitestest.SampleReviews(17, "one")
				}
				return &sitestest.Fixture{
					Site:    adapter,
					Listing: sites.Listing{Ref: server.URL + "/harbor"},
					Other:   sites.Listing{Ref: server.URL + "/maple"},
					Want:    want, Set: server.Set, Faults: sitestest.HTTPFaults(),
					Repeat: func() { repeat.Store(true) }, Conditional: true, Removals: true,
				}
			})
		})
	}
}
