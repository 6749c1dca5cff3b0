package dom_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites/dom"
)

// outline is the tree as nested tags with the texts in quotes.
func outline(n *html.Node) string {
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.TextNode {
			b.WriteString(`"` + c.Data + `"`)
			continue
		}
		b.WriteString(c.Data + "(" + outline(c) + ")")
	}
	return b.String()
}

func TestParse_TagsLeftOut_AreImplied(t *testing.T) {
	for page, want := range map[string]string{
		"<p>a<p>b<div>c":                          `p("a")p("b")div("c")`,
		"<ul><li>a<li>b<ul><li>c</ul></ul>d":      `ul(li("a")li("b"ul(li("c"))))"d"`,
		"<table><tr><td>a<td>b<tr><th>c</table>d": `table(tr(td("a")td("b"))tr(th("c")))"d"`,
		"<dl><dt>a<dd>b<dt>c</dl>":                `dl(dt("a")dd("b")dt("c"))`,
		"a<br>b<img src=x>c":                      `"a"br()"b"img()"c"`,
		"<b>a<i>b</b>c</i>d":                      `b("a"i("b""c"))"d"`,
		"</div></p>a</b>":                         `"a"`,
		"<div><span>a</div>b":                     `div(span("a"))"b"`,
		"<script>if (a<b) x()</script>a":          `script()"a"`,
		"<!-- x -->a<!doctype html>":              `"a"`,
		"<noscript><p>a</noscript>b":              `noscript(p("a"))"b"`,
	} {
		root, err := dom.Parse([]byte(page), "text/html; charset=utf-8", nil)
		require.NoError(t, err)
		require.Equal(t, want, outline(root), page)
	}
}

func TestParse_Templates_AreNoPartOfThePage(t *testing.T) {
	for page, want := range map[string]string{
		"<template><p>{{body}}</p></template><p>a":                             `template()p("a")`,
		"<template><template>x</template><button><td>y</template><p>a":         `template()p("a")`,
		"<div><template shadowrootmode=open><p>a</p></template></div><p>b</p>": `div(template(p("a")))p("b")`,
	} {
		root, err := dom.Parse([]byte(page), "", func(string) bool { return false })
		require.NoError(t, err)
		require.Equal(t, want, outline(root), page)
	}
}

func TestParse_Attributes_OnlyThoseThatAreKept(t *testing.T) {
	page := []byte(`<p CLASS="A  b" data-x="1&amp;2" id=i>x</p><script type="Application/LD+JSON; x">{"a":"&amp;"}</script>`)
	root, err := dom.Parse(page, "", nil)
	require.NoError(t, err)
	p := root.FirstChild
	require.Equal(t, "1&2", dom.Attr(p, "data-x"))
	require.True(t, dom.HasToken(p, "class", "B"))
	require.False(t, dom.HasToken(p, "class", "A b"))
	require.True(t, dom.IsJSONLD(root.LastChild))
	require.Equal(t, `{"a":"&amp;"}`, root.LastChild.FirstChild.Data, "references in a script are its own")
	root, err = dom.Parse(page, "", func(attr string) bool { return attr == "id" })
	require.NoError(t, err)
	require.Equal(t, []html.Attribute{{Key: "id", Val: "i"}}, root.FirstChild.Attr)
}

func TestParse_TooMuch_IsRefused(t *testing.T) {
	_, err := dom.Parse(make([]byte, dom.MaxPageBytes+1), "", nil)
	require.Equal(t, problem.TooLarge, problem.KindOf(err))
	_, err = dom.Parse([]byte(strings.Repeat("<i>", dom.MaxNodes+1)), "", nil)
	require.Equal(t, problem.TooLarge, problem.KindOf(err))
	root, err := dom.Parse([]byte(strings.Repeat("<div>", 5_000)), "", nil)
	require.NoError(t, err)
	depth := 0
	for n := root; n.FirstChild != nil; n = n.FirstChild {
		depth++
	}
	require.LessOrEqual(t, depth, 512)
}

func TestText_Verbatim_AsAPersonReadsIt(t *testing.T) {
	for body, want := range map[string]string{
		"\n  a  b \n":             "a  b",
		"a<br>b<p>c</p><p>d</p>e": "a\nb\nc\nd\ne",
		"<span> a </span>":        " a ",
		"a<script>x</script><style>y</style> &lt;b&gt;":                         "a <b>",
		"<table><tr><th>Mon<td>8-5<tr><th>Tue<td>9-5</table>":                   "Mon\t8-5\nTue\t9-5",
		"keep<i class=out>drop</i> this":                                        "keep this",
		"a<noscript><img src=x>no script</noscript><iframe><b>old</b></iframe>": "a",
	} {
		root, err := dom.Parse([]byte("<div>"+body+"</div>"), "", nil)
		require.NoError(t, err)
		budget := 1_000
		got := dom.Text(root.FirstChild, &budget, func(n *html.Node) bool { return dom.HasToken(n, "class", "out") })
		require.Equal(t, want, got, body)
		require.Positive(t, budget)
	}
	root, err := dom.Parse([]byte("<div>"+strings.Repeat("word ", 100)+"</div>"), "", nil)
	require.NoError(t, err)
	budget := 100
	dom.Text(root, &budget, nil)
	require.Negative(t, budget, "who asks for too much learns it")
}

func FuzzParse(f *testing.F) {
	f.Add("<table><tr itemscope><td>a<b>b</td></b><p>c<li>d", "text/html; charset=utf-16")
	f.Add("<b><i><a><p></b>x</p><button><p></button>", "")
	f.Fuzz(func(t *testing.T, page, contentType string) {
		root, err := dom.Parse([]byte(page), contentType, nil)
		if err != nil {
			require.Contains(t, []problem.Kind{problem.Invalid, problem.TooLarge}, problem.KindOf(err))
			return
		}
		budget := 10 << 20
		require.NotContains(t, dom.Text(root, &budget, nil), "\x00")
	})
}
