package selector_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/selector"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
)

const perPage = 5

// build makes the pages of a site without markup for machines.
func build(list []sites.Review, total int, next string) string {
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, `<!doctype html><meta charset="utf-8"><title>x</title><h1 class="practice">Harbor Eye</h1><p class="total">%d reviews</p><ol>`, total)
	for _, r := range list {
		_, _ = fmt.Fprintf(&b, `<li class="opinion" data-key="%s"><b class="who">%s</b><i class="when" title="%s">lately</i>
<span class="stars">%d of 5</span><div class="words">%s</div></li>`,
			r.ExternalID, html.EscapeString(r.Author), r.PostedAt.Format(time.RFC3339), int(*r.Rating),
			strings.ReplaceAll(html.EscapeString(r.Text), "\n", "<br>"))
	}
	b.WriteString("</ol>")
	if next != "" {
		_, _ = fmt.Fprintf(&b, `<a class="more" href="%s">More</a>`, html.EscapeString(next))
	}
	return b.String()
}

func site(lists map[string][]sites.Review, repeat *atomic.Bool, links bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		list, ok := lists[r.URL.Path]
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
		if links && to < len(list) {
			next = fmt.Sprintf("%s?p=%d", r.URL.Path, page+1)
		}
		body := build(list[from:to], len(list), next)
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
	n, err := strconv.Atoi(r.URL.Query().Get("p"))
	if err != nil {
		return 1
	}
	return n
}

func TestSite_Contract(t *testing.T) {
	for name, c := range map[string]struct {
		identity, paging string
		links            bool
	}{
		"ids of the site, links":    {"  id: {attribute: data-key}", "{next: a.more}", true},
		"ids of the site, counting": {"  id: {attribute: data-key}", "{parameter: p}", false},
		"ids by hash":               {"", "{next: a.more}", true},
	} {
		t.Run(name, func(t *testing.T) {
			sitestest.Run(t, func(t *testing.T) *sitestest.Fixture {
				repeat := &atomic.Bool{}
				want := sitestest.SampleReviews(17, "one")
				lists := map[string][]sites.Review{"/harbor": sitestest.SampleReviews(17, "one"), "/maple": sitestest.SampleReviews(6, "two")}
				deep := strings.Repeat(`<ol><li class="opinion"><div class="words">`, 100_000)
				server := sitestest.NewServer(t, site(lists, repeat, c.links), pageOf, []byte(deep))
				u, err := url.Parse(server.URL)
				require.NoError(t, err)
				d, err := selector.Parse([]byte(`
name: opinions
version: 1
hosts: ["` + u.Host + `"]
item: li.opinion
newest_first: true
fields:
  author: {select: .who}
  date: {select: .when, attribute: title}
  rating: {select: .stars}
  text: {select: .words}
` + c.identity + `
facts:
  name: {select: h1.practice}
  review_count: {select: .total}
paging: ` + c.paging + "\n"))
				require.NoError(t, err)
				adapter, err := selector.New(selector.Config{Client: server.Client, Definitions: map[string]*selector.Definition{d.Name: d}})
				require.NoError(t, err)
				for i := range want {
					want[i].ExternalID = "" // the form of ids is the adapter's own
				}
				return &sitestest.Fixture{
					Site:    adapter,
					Listing: sites.Listing{Ref: "opinions!" + server.URL + "/harbor"},
					Other:   sites.Listing{Ref: "opinions!" + server.URL + "/maple"},
					Want:    want, Set: server.Set, Faults: sitestest.HTTPFaults(),
					Repeat: func() { repeat.Store(true) }, Conditional: true, Removals: true,
				}
			})
		})
	}
}
