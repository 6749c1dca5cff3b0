// Package directory reads reviews and listing facts from pages that carry
// schema.org markup, as JSON-LD, microdata or both: the directories of
// physicians and clinics, and a practice's own pages.
//
// It promises: every review on a page comes out once, however often the page
// repeats it; texts are verbatim (character references decoded, <br> as newline,
// markup removed); what the page does not say is left empty, never guessed; and
// no page, however hostile, costs more than bounded time and memory: it gives a
// clear error or what could be read together with the faults found.
package directory

import (
	"net/url"
	"strings"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/dom"
)

// MaxPageBytes is the largest page that is read.
const MaxPageBytes = dom.MaxPageBytes

// Extract is what a page's markup says.
type Extract struct {
	// Facts of the listing the page is about; never nil.
	Facts *events.ListingFacts
	// Reviews of that listing in the page's order. External ids are unique.
	Reviews []sites.Review
	// Next is the absolute URL of the next page of reviews on the same host;
	// empty on the last.
	Next string
	// Total is the number of reviews the page says there are; 0 if unsaid.
	Total int
	// Foreign counts reviews of other listings shown on the page (suggestions,
	// advertisements), which are left out.
	Foreign int
	// Faults are what could not be read, as short constant phrases without any
	// text of the page. A page with faults may lack reviews.
	Faults []string
}

// Read extracts a page. contentType is the HTTP header of that name, empty if
// unknown; pageURL resolves relative links and, where reviews carry no id of
// their own that is unique on the site, is the scope of the ids made for them,
// without its query and fragment.
//
// Errors are of kind TooLarge (more than MaxPageBytes, or more markup than a
// page has) or Invalid with the codes "no_markup" (no schema.org markup at
// all), "no_listing" (markup, but nothing that has reviews) and
// "broken_markup" (the markup that should hold the reviews cannot be read).
func Read(page []byte, contentType, pageURL string) (Extract, error) {
	return read(page, contentType, pageURL, scopeOf(pageURL))
}

func read(page []byte, contentType, pageURL, scope string) (Extract, error) {
	doc, err := parseHTML(page, contentType)
	if err != nil {
		return Extract{}, err
	}
	p := newPage(doc, pageURL, scope)
	p.readLinks()
	p.readMicrodata()
	p.readJSONLD()
	return p.extract()
}

// page is one page on its way to an Extract.
type page struct {
	doc   *document
	base  *url.URL
	self  *url.URL
	scope string

	canonical string
	next      string
	graph     *graph
	brokenLD  bool // a JSON-LD block that speaks of reviews cannot be read
	faults    []string
	// textBudget is what is left of maxTextCost.
	textBudget int
}

func newPage(doc *document, pageURL, scope string) *page {
	self, err := url.Parse(pageURL)
	if err != nil {
		self = &url.URL{}
	}
	return &page{doc: doc, self: self, base: self, scope: scope, graph: newGraph(), textBudget: maxTextCost}
}

func (p *page) fault(phrase string) {
	for _, f := range p.faults {
		if f == phrase {
			return
		}
	}
	p.faults = append(p.faults, phrase)
}

func (p *page) extract() (Extract, error) {
	if len(p.graph.entities) == 0 {
		if p.brokenLD {
			return Extract{}, problem.New(problem.Invalid, "broken_markup", "the page's JSON-LD cannot be read")
		}
		return Extract{}, problem.New(problem.Invalid, "no_markup",
			"the page carries no schema.org markup: it is not a listing, or its shape changed")
	}
	main := p.mainEntity()
	reviews, foreign := p.reviewsOf(main)
	if main == nil && len(reviews) == 0 {
		return Extract{}, problem.New(problem.Invalid, "no_listing",
			"the page's markup describes nothing that has reviews: it is not a listing, or its shape changed")
	}
	if len(reviews) == 0 && p.brokenLD {
		return Extract{}, problem.New(problem.Invalid, "broken_markup", "the page's JSON-LD with the reviews cannot be read")
	}
	facts := p.factsOf(main)
	out := Extract{Facts: facts, Next: p.next, Foreign: foreign}
	out.Reviews = p.finish(reviews)
	if a := facts.Aggregate; a != nil {
		out.Total = a.ReviewCount
		if out.Total == 0 {
			out.Total = a.RatingCount
		}
	}
	out.Faults = p.faults
	return out, nil
}

// readLinks finds where the page says it lives and where the list goes on.
func (p *page) readLinks() {
	if href, ok := p.doc.firstBase(); ok {
		if u, err := p.self.Parse(href); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
			p.base = u
		}
	}
	if p.self.Host == "" {
		p.selfFromCanonical()
	}
	for _, n := range p.doc.links {
		switch href := p.absolute(dom.Attr(n, "href")); {
		case href == "":
		case dom.HasToken(n, "rel", "canonical") && n.Data == "link":
			p.canonical = href
		case dom.HasToken(n, "rel", "next") && p.next == "":
			u, err := url.Parse(href)
			if err != nil || (p.self.Host != "" && !sameHost(u, p.self)) {
				p.fault("the next page is on another host")
				continue
			}
			if u.Fragment = ""; u.String() != p.self.String() {
				p.next = u.String()
			}
		}
	}
}

// selfFromCanonical takes the address that a saved page gives itself for its own,
// so that its links can be resolved.
func (p *page) selfFromCanonical() {
	for _, n := range p.doc.links {
		if n.Data != "link" || !dom.HasToken(n, "rel", "canonical") {
			continue
		}
		u, err := url.Parse(strings.TrimSpace(dom.Attr(n, "href")))
		if err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") {
			if p.base == p.self {
				p.base = u
			}
			p.self = u
			return
		}
	}
}

func sameHost(a, b *url.URL) bool {
	return strings.TrimPrefix(strings.ToLower(a.Host), "www.") == strings.TrimPrefix(strings.ToLower(b.Host), "www.")
}

// absolute resolves a link; it is empty for what is no web address.
func (p *page) absolute(href string) string {
	href = strings.TrimSpace(href)
	if href == "" || strings.HasPrefix(href, "#") {
		return ""
	}
	u, err := p.base.Parse(href)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return u.String()
}

// scopeOf is what stays the same over all pages of one listing.
func scopeOf(pageURL string) string {
	u, err := url.Parse(pageURL)
	if err != nil {
		return pageURL
	}
	return strings.ToLower(u.Host) + strings.TrimSuffix(u.EscapedPath(), "/")
}
