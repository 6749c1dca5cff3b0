package selector

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/dom"
)

// Extract is what a definition finds on a page.
type Extract struct {
	Reviews []sites.Review
	// Facts of the listing; never nil.
	Facts *events.ListingFacts
	// Next is the absolute address of the next page on the same host; empty on
	// the last. It is found by Paging.Next only.
	Next string
	// Total is the number of reviews the page says there are; 0 if unsaid.
	Total int
	// Empty: the page shows that there are no reviews.
	Empty bool
	// Items is how many elements the item's selector matched; it may be more than
	// there are Reviews.
	Items int
	// Matched is in how many items, or on how many pages for what is not in an
	// item, each part of the definition found a value: "item", "fields.text",
	// "facts.name", "paging.next", "empty".
	Matched map[string]int
	// Warnings are what could not be read, as short constant phrases.
	Warnings []string
}

// Bounds of the work and of what is kept.
const (
	maxItems      = 5_000
	maxMatches    = 200
	maxTextBudget = 32 << 20
	maxFactBytes  = 1 << 10
	maxIDBytes    = 512
	maxFactValues = 50
)

// Read extracts a page. contentType is the HTTP header of that name, empty if
// unknown; pageURL resolves relative links; now is what relative dates count
// from. Errors are of kind TooLarge or Invalid, as of package dom. A page on
// which nothing matches is no error here: see Extract.Matched.
func (d *Definition) Read(page []byte, contentType, pageURL string, now time.Time) (Extract, error) {
	self, err := url.Parse(pageURL)
	if err != nil {
		self = &url.URL{}
	}
	return d.read(page, contentType, pageURL, scopeOf(self), now)
}

// read is Read with the scope of ids that are not unique on the site.
func (d *Definition) read(page []byte, contentType, pageURL, scope string, now time.Time) (Extract, error) {
	root, err := dom.Parse(page, contentType, nil)
	if err != nil {
		return Extract{}, err
	}
	r := &reader{d: d, now: now, scope: scope, budget: maxTextBudget, out: Extract{Facts: &events.ListingFacts{}, Matched: map[string]int{}}}
	if r.self, err = url.Parse(pageURL); err != nil {
		r.self = &url.URL{}
	}
	r.base = r.self
	r.page(root)
	if r.budget < 0 {
		return Extract{}, problem.New(problem.TooLarge, "page_too_complex", "the page asks for more text than a page has")
	}
	return r.out, nil
}

// reader is one page on its way to an Extract.
type reader struct {
	d          *Definition
	now        time.Time
	scope      string
	self, base *url.URL
	budget     int
	out        Extract
}

func (r *reader) warn(phrase string) {
	if !slices.Contains(r.out.Warnings, phrase) {
		r.out.Warnings = append(r.out.Warnings, phrase)
	}
}

var baseQuery = mustCompile("base[href]")

func mustCompile(css string) *query {
	q, err := compileQuery(css)
	if err != nil {
		panic(err)
	}
	return q
}

// page finds what is on the whole page, then reads the items.
func (r *reader) page(root *html.Node) {
	queries := []*query{r.d.item, baseQuery}
	add := func(q *query) int {
		if q == nil {
			return -1
		}
		queries = append(queries, q)
		return len(queries) - 1
	}
	empty, next := add(r.d.empty), add(r.d.next)
	facts := map[string]int{}
	for _, name := range factNames {
		if f := r.d.facts[name]; f != nil {
			facts[name] = add(f.query)
		}
	}
	found := make([][]*html.Node, len(queries))
	var items []*html.Node
	walk(root, queries, func(q int, n *html.Node) bool {
		switch {
		case q == 0:
			if !insideOf(n, items) {
				items = append(items, n)
			}
		case len(found[q]) < maxMatches:
			found[q] = append(found[q], n)
		}
		return true
	})
	if len(found[1]) > 0 {
		if u, err := r.self.Parse(dom.Attr(found[1][0], "href")); err == nil {
			r.base = u
		}
	}
	if empty >= 0 && len(found[empty]) > 0 {
		r.out.Empty, r.out.Matched["empty"] = true, 1
	}
	if next >= 0 {
		r.nextLink(found[next])
	}
	r.facts(facts, found)
	r.items(items)
}

// insideOf reports whether an element lies in the last of the items: items come
// in document order, so no other can hold it.
func insideOf(n *html.Node, items []*html.Node) bool {
	if len(items) == 0 {
		return false
	}
	last := items[len(items)-1]
	for p := n.Parent; p != nil; p = p.Parent {
		if p == last {
			return true
		}
	}
	return false
}

func (r *reader) nextLink(links []*html.Node) {
	for _, n := range links {
		u := r.absolute(dom.Attr(n, "href"))
		if u == nil {
			continue
		}
		if r.self.Host != "" && !sameHost(u.Host, r.self.Host) {
			r.warn("the next page is on another host")
			continue
		}
		if u.Fragment = ""; u.String() != r.self.String() {
			r.out.Next, r.out.Matched["paging.next"] = u.String(), 1
			return
		}
	}
}

// absolute resolves a link; it is nil for what is no web address.
func (r *reader) absolute(href string) *url.URL {
	href = strings.TrimSpace(href)
	if href == "" || strings.HasPrefix(href, "#") {
		return nil
	}
	u, err := r.base.Parse(href)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil
	}
	return u
}

func sameHost(a, b string) bool { return bareHost(a) == bareHost(b) }

func bareHost(host string) string { return strings.TrimPrefix(strings.ToLower(host), "www.") }

// items reads the reviews.
func (r *reader) items(items []*html.Node) {
	r.out.Items = len(items)
	if len(items) > 0 {
		r.out.Matched["item"] = 1
	}
	if len(items) > maxItems {
		r.warn("more reviews on a page than are read")
		items = items[:maxItems]
	}
	names := make([]string, 0, len(r.d.fields))
	for _, name := range fieldNames {
		if r.d.fields[name] != nil {
			names = append(names, name)
		}
	}
	var found []itemValues
	for _, item := range items {
		v := r.values(item, names)
		if r.budget < 0 {
			return
		}
		for _, name := range names {
			if v.has(name) {
				r.out.Matched["fields."+name]++
			}
		}
		found = append(found, v)
	}
	r.reviews(found)
}

// itemValues are the values of one item's fields.
type itemValues struct {
	text  map[string]string
	count int // elements that the rating's selector matched
}

func (v itemValues) has(name string) bool { return v.text[name] != "" }

// values finds all fields of an item in one walk.
func (r *reader) values(item *html.Node, names []string) itemValues {
	var queries []*query
	place := map[string]int{}
	for _, name := range names {
		f := r.d.fields[name]
		place[name] = -1
		if f.query != nil {
			place[name] = len(queries)
			queries = append(queries, f.query)
		}
	}
	found := make([][]*html.Node, len(queries))
	if len(queries) > 0 {
		walk(item, queries, func(q int, n *html.Node) bool {
			if len(found[q]) < maxMatches {
				found[q] = append(found[q], n)
			}
			return true
		})
	}
	out := itemValues{text: map[string]string{}}
	for _, name := range names {
		f, matches := r.d.fields[name], []*html.Node{item}
		if place[name] >= 0 {
			matches = found[place[name]]
		}
		if name == "rating" && r.d.Rating.From == ratingCount {
			if out.count = len(matches); out.count > 0 {
				out.text[name] = strconv.Itoa(out.count)
			}
			continue
		}
		n := pick(matches, f.spec.Index)
		if n == nil {
			continue
		}
		if name == "rating" && r.d.Rating.From == ratingWidth && f.spec.Attribute == "" {
			out.text[name] = applyPattern(f, dom.Attr(n, "style"))
			continue
		}
		out.text[name] = r.value(f, n, name == "text" || name == "reply")
	}
	return out
}

func pick(matches []*html.Node, index int) *html.Node {
	switch {
	case index == 0:
		index = 1
	case index < 0:
		index += len(matches) + 1
	}
	if index < 1 || index > len(matches) {
		return nil
	}
	return matches[index-1]
}

// value is what a field says. A verbatim one keeps its lines and spaces.
func (r *reader) value(f *compiledField, n *html.Node, verbatim bool) string {
	var text string
	if f.spec.Attribute != "" {
		text = dom.Attr(n, f.spec.Attribute)
	} else {
		text = r.textOf(f, n)
	}
	if !verbatim {
		text = dom.Line(text)
	}
	return applyPattern(f, text)
}

func (r *reader) textOf(f *compiledField, n *html.Node) string {
	if f.without == nil {
		return dom.Text(n, &r.budget, nil)
	}
	left := map[*html.Node]bool{}
	walk(n, []*query{f.without}, func(_ int, out *html.Node) bool {
		left[out] = true
		return false
	})
	text := dom.Text(n, &r.budget, func(e *html.Node) bool { return left[e] })
	if len(left) > 0 {
		text = strings.Trim(text, " \t\r\n")
	}
	return text
}

func applyPattern(f *compiledField, text string) string {
	if f.pattern == nil {
		return text
	}
	m := f.pattern.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[len(m)-1]
}
