package directory

import (
	"html"
	"regexp"
	"strings"

	nethtml "golang.org/x/net/html"

	"github.com/bedside-health/bedside/libs/sites/dom"
)

// maxTextCost bounds the reading of texts, in nodes and bytes: properties
// inside properties inside properties have the same text again and again.
const maxTextCost = 32 << 20

// textOf is the verbatim text of an element.
func (p *page) textOf(n *nethtml.Node) string {
	text := dom.Text(n, &p.textBudget, nil)
	if p.textBudget < 0 {
		p.fault("text read too often")
		return ""
	}
	return text
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
