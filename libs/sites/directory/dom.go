package directory

import (
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"

	"github.com/bedside-health/bedside/libs/problem"
)

// The tree is built here from tokens rather than by html.Parse: the full
// algorithm re-opens formatting elements in every block, so that a small page
// can ask for gigabytes of nodes. This one makes at most one node for each
// token and never more than maxNodes.
const (
	maxNodes     = 300_000
	maxDepth     = 512
	maxAttrs     = 64
	maxLDBlocks  = 200
	maxPageLinks = 5_000
)

type node struct {
	tag      string // empty for text
	is       kind
	text     string
	attrs    []html.Attribute
	parent   *node
	children []*node
}

func (n *node) attr(name string) string {
	v, _ := n.lookup(name)
	return v
}

func (n *node) lookup(name string) (string, bool) {
	for _, a := range n.attrs {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func (n *node) hasToken(attr, token string) bool {
	for t := range strings.FieldsSeq(n.attr(attr)) {
		if strings.EqualFold(t, token) {
			return true
		}
	}
	return false
}

// document is a page as far as extraction needs it.
type document struct {
	root  *node
	links []*node // <link> and <a> with rel and href
	items []*node // elements with itemscope, in document order
	ld    []string
	ids   map[string]*node // targets of itemref
	bases []*node
}

func (d *document) firstBase() (string, bool) {
	if len(d.bases) == 0 {
		return "", false
	}
	return d.bases[0].attr("href"), true
}

type treeBuilder struct {
	doc   *document
	stack []*node
	open  map[string]int // how many elements of a tag are on the stack
	nodes int
}

func parseHTML(page string) (*document, error) {
	b := &treeBuilder{doc: &document{root: &node{tag: "#root"}, ids: map[string]*node{}}, open: map[string]int{}}
	b.stack = []*node{b.doc.root}
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if err := z.Err(); !errors.Is(err, io.EOF) {
				return nil, problem.Wrap(problem.Invalid, "broken_page", err, "the page's HTML cannot be read")
			}
			return b.doc, nil
		case html.TextToken:
			b.text(z)
		case html.StartTagToken, html.SelfClosingTagToken:
			b.start(z)
		case html.EndTagToken:
			name, _ := z.TagName()
			b.end(string(name))
		}
		if b.nodes > maxNodes {
			return nil, problem.New(problem.TooLarge, "page_too_complex", "the page has more than %d elements", maxNodes)
		}
	}
}

func (b *treeBuilder) top() *node { return b.stack[len(b.stack)-1] }

func (b *treeBuilder) text(z *html.Tokenizer) {
	top := b.top()
	switch top.tag {
	case "script":
		if isLD(top.attr("type")) && len(b.doc.ld) < maxLDBlocks {
			// Scripts are raw text: character references in them are the site's own.
			b.doc.ld = append(b.doc.ld, string(z.Raw()))
		}
		return
	case "style":
		return
	}
	b.nodes++
	top.children = append(top.children, &node{text: string(z.Text()), parent: top})
}

func isLD(scriptType string) bool {
	mime, _, _ := strings.Cut(strings.ToLower(scriptType), ";")
	return strings.TrimSpace(mime) == "application/ld+json"
}

func (b *treeBuilder) start(z *html.Tokenizer) {
	name, more := z.TagName()
	n := &node{tag: string(name)}
	n.is = kinds[n.tag]
	for more && len(n.attrs) < maxAttrs {
		var key, val []byte
		key, val, more = z.TagAttr()
		if keptAttr(string(key)) {
			n.attrs = append(n.attrs, html.Attribute{Key: string(key), Val: string(val)})
		}
	}
	b.closeImplied(n)
	n.parent = b.top()
	n.parent.children = append(n.parent.children, n)
	b.nodes++
	b.index(n)
	if n.is&void == 0 && len(b.stack) < maxDepth {
		b.stack = append(b.stack, n)
		b.open[n.tag]++
	}
}

func keptAttr(key string) bool {
	switch key {
	case "itemscope", "itemtype", "itemprop", "itemid", "itemref", "id", "class", "content", "href", "src", "rel",
		"datetime", "value", "data", "type", "data-review-id", "data-reviewid", "data-review", "data-id", "data-comment-id":
		return true
	}
	return false
}

func (b *treeBuilder) index(n *node) {
	if id := n.attr("id"); id != "" {
		if _, taken := b.doc.ids[id]; !taken {
			b.doc.ids[id] = n
		}
	}
	if _, ok := n.lookup("itemscope"); ok {
		b.doc.items = append(b.doc.items, n)
	}
	switch n.tag {
	case "base":
		b.doc.bases = append(b.doc.bases, n)
	case "a", "link":
		if n.attr("rel") != "" && len(b.doc.links) < maxPageLinks {
			b.doc.links = append(b.doc.links, n)
		}
	}
}

// closeImplied ends the elements whose end tag may be left out.
func (b *treeBuilder) closeImplied(n *node) {
	if n.is&closesP != 0 {
		b.popTo("p", pScope)
	}
	switch n.tag {
	case "li":
		b.popTo("li", listScope)
	case "dt", "dd":
		b.popTo("dt", listScope)
		b.popTo("dd", listScope)
	case "option":
		b.popTo("option", pScope)
	case "tr":
		b.popTo("tr", tableScope)
	case "td", "th":
		b.popTo("td", tableScope)
		b.popTo("th", tableScope)
	}
}

// end follows the standard's scopes. A formatting element that is closed too
// late leaves the open elements inside it open, which is what the standard's
// adoption agency comes to for nesting.
func (b *treeBuilder) end(tag string) {
	switch is := kinds[tag]; {
	case is&formatting != 0:
		if b.open[tag] == 0 {
			return
		}
		for i := len(b.stack) - 1; i > 0; i-- {
			if b.stack[i].tag == tag {
				b.stack = append(b.stack[:i], b.stack[i+1:]...)
				b.open[tag]--
				return
			}
			if b.stack[i].is&pScope != 0 {
				return
			}
		}
	case is&special != 0:
		scope := pScope
		if tag == "table" || tag == "tr" || tag == "tbody" || tag == "thead" || tag == "tfoot" {
			scope = tableScope
		}
		b.popTo(tag, scope)
	default:
		b.popTo(tag, special)
	}
}

// popTo closes the innermost open tag unless an element of scope is in between.
func (b *treeBuilder) popTo(tag string, scope kind) {
	if b.open[tag] == 0 {
		return
	}
	for i := len(b.stack) - 1; i > 0; i-- {
		if b.stack[i].tag == tag {
			for _, n := range b.stack[i:] {
				b.open[n.tag]--
			}
			b.stack = b.stack[:i]
			return
		}
		if b.stack[i].is&scope != 0 {
			return
		}
	}
}

// kind is what the standard's rules of nesting say of a tag. It is looked up
// once for each element, because the rules walk the stack of open ones.
type kind uint8

const (
	void       kind = 1 << iota
	formatting      // closed without closing what is inside
	closesP         // ends an open paragraph
	special         // no other end tag reaches across it
	pScope          // the scopes, by what ends them
	listScope
	tableScope
	block // a line of its own
)

var kinds = tagKinds(map[kind]string{
	void:       "area base br col embed hr img input link meta param source track wbr",
	formatting: "a b big code em font i nobr s small strike strong tt u",
	closesP: "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form " +
		"h1 h2 h3 h4 h5 h6 header hr li main menu nav ol p pre section table ul dt dd",
	special: "address applet article aside blockquote body button caption center col colgroup dd details dir div dl dt " +
		"fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 head header html iframe li listing main marquee menu nav " +
		"noembed noframes noscript object ol p pre section select style summary table tbody td template textarea tfoot th thead title tr ul xmp",
	pScope:     "applet caption html table td th marquee object template button",
	listScope:  "ul ol dl applet caption html table td th marquee object template button",
	tableScope: "html table template",
	block: "address article aside blockquote dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header li main " +
		"nav ol p pre section table tr ul",
})

func tagKinds(tags map[kind]string) map[string]kind {
	out := map[string]kind{}
	for k, names := range tags {
		for name := range strings.FieldsSeq(names) {
			out[name] |= k
		}
	}
	return out
}

func set(names string) map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(names) {
		m[name] = true
	}
	return m
}
