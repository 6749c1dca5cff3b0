package dom

import (
	"strings"

	"golang.org/x/net/html"
)

// Text is the verbatim text of an element. Nothing but markup goes: <br> and
// the borders of blocks are newlines, those of cells tabs, and white space between the element's own
// tags and its content is the page's layout. White space inside nested elements
// is the writer's and stays, even at the edges. skip, if not nil, leaves
// elements out.
//
// budget counts down by a unit for each node and byte; where it goes below zero
// the text is cut and must not be used. Properties inside properties have the
// same text again and again, which is how a page asks for too much work.
func Text(n *html.Node, budget *int, skip func(*html.Node) bool) string {
	w := textWriter{budget: budget, skip: skip}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.TextNode {
			w.element(c)
			continue
		}
		text := c.Data
		if c.PrevSibling == nil {
			text = strings.TrimLeft(text, layoutSpace)
		}
		if c.NextSibling == nil {
			text = strings.TrimRight(text, layoutSpace)
		}
		w.text(text)
	}
	return w.b.String()
}

// Line is text for a name: white space is collapsed.
func Line(s string) string { return strings.Join(strings.Fields(s), " ") }

const layoutSpace = " \t\n\r\f"

type textWriter struct {
	b       strings.Builder
	pending bool // a block ended or began: a newline is due before more text
	budget  *int
	skip    func(*html.Node) bool
}

func (w *textWriter) text(s string) {
	if *w.budget -= len(s); s == "" || *w.budget < 0 {
		return
	}
	if w.pending {
		if strings.Trim(s, layoutSpace) == "" {
			return // layout between two blocks
		}
		if w.b.Len() > 0 && !strings.HasSuffix(w.b.String(), "\n") {
			w.b.WriteByte('\n')
		}
		w.pending = false
	}
	w.b.WriteString(s)
}

func (w *textWriter) element(n *html.Node) {
	if *w.budget--; *w.budget < 0 {
		return
	}
	switch n.Data {
	case "br":
		w.pending = false
		w.b.WriteByte('\n')
		return
	case "script", "style", "template", "noscript", "iframe", "button", "select", "textarea":
		return
	}
	if w.skip != nil && w.skip(n) {
		return
	}
	if (n.Data == "td" || n.Data == "th") && hasElementBefore(n) && !w.pending {
		w.b.WriteByte('\t') // cells of a row do not run together
	}
	isBlock := kinds[n.Data]&block != 0
	if isBlock {
		w.pending = true
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.TextNode {
			w.text(c.Data)
		} else {
			w.element(c)
		}
	}
	if isBlock {
		w.pending = true
	}
}

func hasElementBefore(n *html.Node) bool {
	for p := n.PrevSibling; p != nil; p = p.PrevSibling {
		if p.Type == html.ElementNode {
			return true
		}
	}
	return false
}
