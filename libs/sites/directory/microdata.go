package directory

import "strings"

// maxItemVisits bounds the work itemref can ask for: every reference may walk
// the whole page again.
const maxItemVisits = 2 * maxNodes

// readMicrodata adds the page's items to the graph.
func (p *page) readMicrodata() {
	m := &microdata{page: p, of: map[*node]*entity{}}
	for _, n := range p.doc.items {
		e := p.graph.newEntity(fromMicrodata)
		e.node, e.id, e.named = n, n.attr("itemid"), true
		for t := range strings.FieldsSeq(n.attr("itemtype")) {
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
		if len(e.types) > 0 || e.node.attr("itemtype") == "" {
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
	of     map[*node]*entity
	visits int
}

func (m *microdata) fill(e *entity, item *node) {
	seen := map[*node]bool{item: true}
	for _, c := range item.children {
		m.walk(e, c, seen)
	}
	for id := range strings.FieldsSeq(item.attr("itemref")) {
		if target, ok := m.page.doc.ids[id]; ok && !seen[target] {
			seen[target] = true
			m.walk(e, target, seen)
		}
	}
}

func (m *microdata) walk(e *entity, n *node, seen map[*node]bool) {
	if m.visits++; m.visits > maxItemVisits || n.tag == "" {
		return
	}
	inner, isItem := m.of[n]
	if props := n.attr("itemprop"); props != "" {
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
	for _, c := range n.children {
		m.walk(e, c, seen)
	}
}

// propText is the value of a property that is no item. The standard gives <a>
// its address as value, but pages mean its text unless the property is an
// address by nature; and pages put content on elements other than <meta>.
func (p *page) propText(n *node, prop string) string {
	if v, ok := n.lookup("content"); ok {
		return v
	}
	switch n.tag {
	case "a", "area", "link":
		if urlProps[prop] || n.tag == "link" {
			if abs := p.absolute(n.attr("href")); abs != "" {
				return abs
			}
			return n.attr("href")
		}
	case "img", "audio", "embed", "iframe", "source", "track", "video":
		return p.absolute(n.attr("src"))
	case "time":
		if v, ok := n.lookup("datetime"); ok {
			return v
		}
	case "data", "meter":
		if v, ok := n.lookup("value"); ok {
			return v
		}
	}
	text := p.textOf(n)
	if prop == "telephone" && !strings.ContainsAny(text, "0123456789") {
		if tel, ok := strings.CutPrefix(n.attr("href"), "tel:"); ok {
			return tel
		}
	}
	return text
}

var urlProps = set("url sameAs image logo itemReviewed mainEntityOfPage hasMap additionalType discussionUrl photo")
