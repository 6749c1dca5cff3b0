package directory

import (
	"html"
	"regexp"
	"strings"
)

// textOf is the verbatim text of an element. Nothing but markup goes: <br> and
// the borders of blocks are newlines, and white space between the element's own
// tags and its content is the page's layout. White space inside nested elements
// is the writer's and stays, even at the edges.
func (p *page) textOf(n *node) string {
	w := textWriter{cost: &p.textCost}
	for i, c := range n.children {
		if c.tag != "" {
			w.element(c)
			continue
		}
		text := c.text
		if i == 0 {
			text = strings.TrimLeft(text, layoutSpace)
		}
		if i == len(n.children)-1 {
			text = strings.TrimRight(text, layoutSpace)
		}
		w.text(text)
	}
	if p.textCost > maxTextCost {
		p.fault("text read too often")
		return ""
	}
	return w.b.String()
}

// maxTextCost bounds the reading of texts, in nodes and bytes: properties
// inside properties inside properties have the same text again and again.
const maxTextCost = 32 << 20

const layoutSpace = " \t\n\r\f"

type textWriter struct {
	b       strings.Builder
	pending bool // a block ended or began: a newline is due before more text
	cost    *int
}

func (w *textWriter) text(s string) {
	if *w.cost += len(s); s == "" || *w.cost > maxTextCost {
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

func (w *textWriter) element(n *node) {
	if *w.cost++; *w.cost > maxTextCost {
		return
	}
	switch n.tag {
	case "br":
		w.pending = false
		w.b.WriteByte('\n')
		return
	case "script", "style", "template", "button", "select", "textarea":
		return
	}
	if n.is&block != 0 {
		w.pending = true
	}
	for _, c := range n.children {
		if c.tag == "" {
			w.text(c.text)
		} else {
			w.element(c)
		}
	}
	if n.is&block != 0 {
		w.pending = true
	}
}

var (
	lineBreak = regexp.MustCompile(`(?i)[ \t]*(?:<br\s*/?>|</p>\s*<p(?:\s[^<>]*)?>)`)
	inlineTag = regexp.MustCompile(`(?i)</?(?:p|b|i|u|em|strong|span|div)(?:\s[^<>]*)?/?>`)
	charRef   = regexp.MustCompile(`&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});`)
)

// line is text for a name: white space is collapsed.
func line(s string) string { return strings.Join(strings.Fields(s), " ") }

// plain is the text of a JSON-LD string. JSON-LD holds text, but many sites
// write their HTML into it: the tags that only format are removed and
// references with their semicolon are decoded. Everything else stays, so that a
// text about "<script>" or "AT&T" is what its writer wrote.
func plain(s string) string {
	if strings.Contains(s, "<") {
		s = lineBreak.ReplaceAllString(s, "\n")
		s = inlineTag.ReplaceAllString(s, "")
	}
	if strings.Contains(s, "&") {
		s = charRef.ReplaceAllStringFunc(s, html.UnescapeString)
	}
	return s
}
