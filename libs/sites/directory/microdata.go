package directory

import (
	"strings"

	"golang.org/x/net/html"

	"github.com/bedside-health/bedside/libs/sites/dom"
)

// maxItemVisits bounds the work itemref can ask for: every reference may walk
// the whole page again.
const maxItemVisits = 2 * dom.MaxNodes

// readMicrodata adds the page's items to the graph.
func (p *page) readMicrodata() {
	m := &microdata{page: p, of: map[*html.Node]*entity{}}
	for _, n := range p.doc.items {
		e := p.graph.newEntity(fromMicrodata)
		e.node, e.id, e.named = n, dom.Attr(n, "itemid"), true
		for t := range strings.FieldsSeq(dom.Attr(n, "itemtype")) {
			if isSchemaOrg(t) {
				e.addType(t)
			}
		}
		m.of[n] = e
	}
	for _, n := range p.doc.items {
		m.fill(m.of[n], n)
	}
	if m.visits > maxItemVisits {
		p.fault("microdata with too many references")
	}
	// Items of other vocabularies (breadcrumbs of old) say nothing here, and a
	// page that has only those has no markup for us.
	kept := p.graph.entities[:0]
	for _, e := range p.graph.entities {
		if len(e.types) > 0 || dom.Attr(e.node, "itemtype") == "" {
			kept = append(kept, e)
		}
	}
	p.graph.entities = kept
}

func isSchemaOrg(itemtype string) bool {
	return strings.Contains(strings.ToLower(itemtype), "schema.org/") || !strings.Contains(itemtype, "/")
}

type microdata struct {
	page   *page
	of     map[*html.Node]*entity
	visits int
}

func (m *microdata) fill(e *entity, item *html.Node) {
	seen := map[*html.Node]bool{item: true}
	for c := range item.ChildNodes() {
		m.walk(e, c, seen)
	}
	for id := range strings.FieldsSeq(dom.Attr(item, "itemref")) {
		if target, ok := m.page.doc.ids[id]; ok && !seen[target] {
			seen[target] = true
			m.walk(e, target, seen)
		}
	}
}

func (m *microdata) walk(e *entity, n *html.Node, seen map[*html.Node]bool) {
	if m.visits++; m.visits > maxItemVisits || n.Type != html.ElementNode {
		return
	}
	inner, isItem := m.of[n]
	if props := dom.Attr(n, "itemprop"); props != "" {
		for prop := range strings.FieldsSeq(props) {
			prop = word(prop)
			if isItem {
				if inner != e {
					e.add(prop, value{ent: inner})
				}
				continue
			}
			e.add(prop, value{text: m.page.propText(n, prop)})
		}
	}
	if isItem {
		return
	}
	for c := range n.ChildNodes() {
		m.walk(e, c, seen)
	}
}

// propText is the value of a property that is no item. The standard gives <a>
// its address as value, but pages mean its text unless the property is an
// address by nature; and pages put content on elements other than <meta>.
func (p *page) propText(n *html.Node, prop string) string {
	if v, ok := dom.Lookup(n, "content"); ok {
		return v
	}
	switch n.Data {
	case "a", "area", "link":
		if urlProps[prop] || n.Data == "link" {
			if abs := p.absolute(dom.Attr(n, "href")); abs != "" {
				return abs
			}
			return dom.Attr(n, "href")
		}
	case "img", "audio", "embed", "iframe", "source", "track", "video":
		return p.absolute(dom.Attr(n, "src"))
	case "time":
		if v, ok := dom.Lookup(n, "datetime"); ok {
			return v
		}
	case "data", "meter":
		if v, ok := dom.Lookup(n, "value"); ok {
			return v
		}
	}
	text := p.textOf(n)
	if prop == "telephone" && !strings.ContainsAny(text, "0123456789") {
		if tel, ok := strings.CutPrefix(dom.Attr(n, "href"), "tel:"); ok {
			return tel
		}
	}
	return text
}

var urlProps = set("url sameAs image logo itemReviewed mainEntityOfPage hasMap additionalType discussionUrl photo")
