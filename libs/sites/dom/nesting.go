package dom

import (
	"strings"

	"golang.org/x/net/html"
)

// nesting is the stack of open elements with the standard's rules of what a tag
// closes.
type nesting struct {
	stack []element
	open  map[string]int // how many elements of a tag are on the stack
}

type element struct {
	node *html.Node
	is   kind
}

func newNesting(root *html.Node) *nesting {
	return &nesting{stack: []element{{node: root}}, open: map[string]int{}}
}

func (b *nesting) top() *html.Node { return b.stack[len(b.stack)-1].node }

// push opens an element; what lies deeper than maxDepth stays without children.
func (b *nesting) push(n *html.Node, is kind) {
	if is&void == 0 && len(b.stack) < maxDepth {
		b.stack = append(b.stack, element{node: n, is: is})
		b.open[n.Data]++
	}
}

// closeImplied ends the elements whose end tag may be left out.
func (b *nesting) closeImplied(tag string, is kind) {
	if is&closesP != 0 {
		b.popTo("p", pScope)
	}
	switch tag {
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
func (b *nesting) end(tag string) {
	switch is := kinds[tag]; {
	case is&formatting != 0:
		b.endFormatting(tag)
	case tag == "template":
		b.popTo(tag, 0) // whatever is still open inside of it
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

func (b *nesting) endFormatting(tag string) {
	if b.open[tag] == 0 {
		return
	}
	for i := len(b.stack) - 1; i > 0; i-- {
		if b.stack[i].node.Data == tag {
			b.stack = append(b.stack[:i], b.stack[i+1:]...)
			b.open[tag]--
			return
		}
		if b.stack[i].is&pScope != 0 {
			return
		}
	}
}

// popTo closes the innermost open tag unless an element of scope is in between.
func (b *nesting) popTo(tag string, scope kind) {
	if b.open[tag] == 0 {
		return
	}
	for i := len(b.stack) - 1; i > 0; i-- {
		if b.stack[i].node.Data == tag {
			for _, e := range b.stack[i:] {
				b.open[e.node.Data]--
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
