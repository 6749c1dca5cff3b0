// Package dom makes the tree of a hostile HTML page and reads texts from it.
//
// It promises bounded work: at most one node for each token and never more than
// MaxNodes, no element deeper than 512, and no text read past the caller's
// budget. The nodes are those of golang.org/x/net/html, so that CSS selectors
// work on them; the tree is built here from tokens rather than by html.Parse,
// because the full algorithm re-opens formatting elements in every block and a
// small page could ask for gigabytes of nodes.
package dom

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"

	"github.com/bedside-health/bedside/libs/problem"
)

// MaxPageBytes is the largest page that is read.
const MaxPageBytes = 10 << 20

// MaxNodes is the most elements and texts of a page.
const MaxNodes = 300_000

const (
	maxDepth = 512
	maxAttrs = 64
)

// Parse makes the tree of a page. contentType is the HTTP header of that name,
// empty if unknown. keep says which attributes are needed, by their name in
// lower case; nil keeps all. The texts of scripts are kept for JSON-LD only.
// Errors are of kind TooLarge, or Invalid where the tokenizer gives up.
func Parse(page []byte, contentType string, keep func(attr string) bool) (*html.Node, error) {
	if len(page) > MaxPageBytes {
		return nil, problem.New(problem.TooLarge, "page_too_large", "the page is larger than %d bytes", MaxPageBytes)
	}
	b := &builder{root: &html.Node{Type: html.DocumentNode}, keep: keep}
	b.nesting = newNesting(b.root)
	z := html.NewTokenizer(strings.NewReader(toUTF8(page, contentType)))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if err := z.Err(); !errors.Is(err, io.EOF) {
				return nil, problem.Wrap(problem.Invalid, "broken_page", err, "the page's HTML cannot be read")
			}
			b.emptyTemplates()
			return b.root, nil
		case html.TextToken:
			b.text(z)
		case html.StartTagToken, html.SelfClosingTagToken:
			b.start(z)
		case html.EndTagToken:
			name, _ := z.TagName()
			b.nesting.end(string(name))
		}
		if b.nodes > MaxNodes {
			return nil, problem.New(problem.TooLarge, "page_too_complex", "the page has more than %d elements", MaxNodes)
		}
	}
}

type builder struct {
	root      *html.Node
	nesting   *nesting
	keep      func(attr string) bool
	nodes     int
	templates []*html.Node
}

// emptyTemplates takes away what lies in templates: it is material for scripts and
// not part of the page, unless the template says that it is shown where it stands.
func (b *builder) emptyTemplates() {
	for _, n := range b.templates {
		n.FirstChild, n.LastChild = nil, nil
	}
}

func (b *builder) text(z *html.Tokenizer) {
	top := b.nesting.top()
	var text string
	switch top.Data {
	case "script":
		if !IsJSONLD(top) {
			return
		}
		// Scripts are raw text: character references in them are the site's own.
		text = string(z.Raw())
	case "style":
		return
	default:
		text = string(z.Text())
	}
	b.nodes++
	top.AppendChild(&html.Node{Type: html.TextNode, Data: text})
}

// IsJSONLD reports whether an element is a script of JSON-LD. Its text, if any,
// is its only child.
func IsJSONLD(n *html.Node) bool {
	if n.Data != "script" {
		return false
	}
	mime, _, _ := strings.Cut(strings.ToLower(Attr(n, "type")), ";")
	return strings.TrimSpace(mime) == "application/ld+json"
}

func (b *builder) start(z *html.Tokenizer) {
	name, more := z.TagName()
	n := &html.Node{Type: html.ElementNode, Data: string(name)}
	is := kinds[n.Data]
	shown := false
	for more && len(n.Attr) < maxAttrs {
		var key, val []byte
		key, val, more = z.TagAttr()
		shown = shown || string(key) == "shadowrootmode"
		if b.keep == nil || b.keep(string(key)) {
			n.Attr = append(n.Attr, html.Attribute{Key: string(key), Val: string(val)})
		}
	}
	switch {
	case n.Data == "noscript":
		z.NextIsNotRawText() // no scripts run here, so that it is part of the page
	case n.Data == "template" && !shown:
		b.templates = append(b.templates, n)
	}
	b.nesting.closeImplied(n.Data, is)
	b.nesting.top().AppendChild(n)
	b.nodes++
	b.nesting.push(n, is)
}

// Attr is the value of an attribute, empty if it is absent.
func Attr(n *html.Node, name string) string {
	v, _ := Lookup(n, name)
	return v
}

// Lookup is the value of an attribute and whether it is there.
func Lookup(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// HasToken reports whether an attribute that is a list of words has a word,
// whatever its case.
func HasToken(n *html.Node, attr, token string) bool {
	for t := range strings.FieldsSeq(Attr(n, attr)) {
		if strings.EqualFold(t, token) {
			return true
		}
	}
	return false
}

// toUTF8 decodes the page by its byte order mark, its header, its own <meta>,
// in this order. A page that says nothing is UTF-8 if all of it is, because a
// guess from its first bytes alone takes plain ASCII for Windows-1252. A page of
// UTF-8 in which some bytes are cut stays UTF-8.
func toUTF8(page []byte, contentType string) string {
	enc, _, certain := charset.DetermineEncoding(page[:min(len(page), 1024)], contentType)
	if certain || (!utf8.Valid(page) && !mostlyUTF8(page)) {
		if enc != encoding.Nop {
			if decoded, err := enc.NewDecoder().Bytes(page); err == nil {
				page = decoded
			}
		}
	}
	page = bytes.TrimPrefix(page, []byte("\xef\xbb\xbf"))
	text := strings.ToValidUTF8(string(page), "\uFFFD")
	return strings.ReplaceAll(text, "\x00", "\uFFFD")
}

// mostlyUTF8 reports whether a page has more than twice as many characters beyond
// ASCII in UTF-8 as bytes that are none. Text in another encoding has hardly any.
func mostlyUTF8(page []byte) bool {
	whole, broken := 0, 0
	for i := 0; i < len(page); {
		if page[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(page[i:])
		if r == utf8.RuneError && size == 1 {
			broken++
		} else {
			whole++
		}
		i += size
	}
	return whole > 2*broken
}
