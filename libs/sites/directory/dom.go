package directory

import (
	"strings"

	"golang.org/x/net/html"

	"github.com/bedside-health/bedside/libs/sites/dom"
)

// Bounds of what is looked at on a page.
const (
	maxLDBlocks  = 200
	maxPageLinks = 5_000
)

// document is a page as far as extraction needs it.
type document struct {
	links []*html.Node // <link> and <a> with rel and href
	items []*html.Node // elements with itemscope, in document order
	ld    []string
	ids   map[string]*html.Node // targets of itemref
	bases []*html.Node
}

func (d *document) firstBase() (string, bool) {
	if len(d.bases) == 0 {
		return "", false
	}
	return dom.Attr(d.bases[0], "href"), true
}

func parseHTML(page []byte, contentType string) (*document, error) {
	root, err := dom.Parse(page, contentType, keptAttr)
	if err != nil {
		return nil, err
	}
	doc := &document{ids: map[string]*html.Node{}}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			asMicrodata(n)
			doc.index(n)
		}
	}
	return doc, nil
}

func keptAttr(key string) bool {
	switch key {
	case "itemscope", "itemtype", "itemprop", "itemid", "itemref", "id", "class", "content", "href", "src", "rel",
		"datetime", "value", "data", "type", "typeof", "property", "resource", "data-review-id", "data-reviewid", "data-review", "data-id", "data-comment-id":
		return true
	}
	return false
}

// asMicrodata writes RDFa Lite of schema.org, which has the same words under other
// names, as microdata. Open Graph and other vocabularies have a prefix of their
// own and stay what they are.
func asMicrodata(n *html.Node) {
	if _, is := dom.Lookup(n, "itemscope"); !is {
		if types := schemaWords(dom.Attr(n, "typeof")); types != "" {
			n.Attr = append(n.Attr, html.Attribute{Key: "itemscope"}, html.Attribute{Key: "itemtype", Val: types})
			if id := dom.Attr(n, "resource"); id != "" {
				n.Attr = append(n.Attr, html.Attribute{Key: "itemid", Val: id})
			}
		}
	}
	if _, is := dom.Lookup(n, "itemprop"); !is {
		if props := schemaWords(dom.Attr(n, "property")); props != "" {
			n.Attr = append(n.Attr, html.Attribute{Key: "itemprop", Val: props})
		}
	}
}

// schemaWords are the words of a list that are schema.org's.
func schemaWords(list string) string {
	if list == "" {
		return ""
	}
	var out []string
	for w := range strings.FieldsSeq(list) {
		switch name, ok := strings.CutPrefix(w, "schema:"); {
		case ok:
			out = append(out, name)
		case strings.Contains(w, "schema.org/"):
			out = append(out, word(w))
		case !strings.Contains(w, ":"):
			out = append(out, w)
		}
	}
	return strings.Join(out, " ")
}

func (d *document) index(n *html.Node) {
	if id := dom.Attr(n, "id"); id != "" {
		if _, taken := d.ids[id]; !taken {
			d.ids[id] = n
		}
	}
	if _, ok := dom.Lookup(n, "itemscope"); ok {
		d.items = append(d.items, n)
	}
	switch n.Data {
	case "base":
		d.bases = append(d.bases, n)
	case "a", "link":
		if dom.Attr(n, "rel") != "" && len(d.links) < maxPageLinks {
			d.links = append(d.links, n)
		}
	case "script":
		if dom.IsJSONLD(n) && n.FirstChild != nil && len(d.ld) < maxLDBlocks {
			d.ld = append(d.ld, n.FirstChild.Data)
		}
	}
}

func set(names string) map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(names) {
		m[name] = true
	}
	return m
}
