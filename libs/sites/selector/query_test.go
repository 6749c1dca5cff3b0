package selector

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/bedside-health/bedside/libs/sites/dom"
)

const tree = `<main id=m><section class="a list"><p class=x id=1>1</p><p class="x y" id=2>2</p><div id=3><p class=x id=4>4</p></div></section>
<section class=b><div class=c id=5><p class=x id=6 data-n="one, two">6</p><p id=7>7</p></div></section><p class=x id=8>8</p></main>`

func matches(t *testing.T, css string) string {
	t.Helper()
	root, err := dom.Parse([]byte(tree), "", nil)
	require.NoError(t, err)
	q, err := compileQuery(css)
	require.NoError(t, err, css)
	var ids []string
	walk(root, []*query{q}, func(_ int, n *html.Node) bool {
		ids = append(ids, dom.Attr(n, "id"))
		return true
	})
	return strings.Join(ids, " ")
}

func TestWalk_Selectors_MatchAsInABrowser(t *testing.T) {
	for css, want := range map[string]string{
		"p":                             "1 2 4 6 7 8",
		".x":                            "1 2 4 6 8",
		"p.x.y":                         "2",
		"section p":                     "1 2 4 6 7",
		"section > p":                   "1 2",
		"main section.a div > p.x":      "4",
		"main > section.b .c .x":        "6",
		".c > .x + p":                   "7",
		"p.x + p":                       "2 7",
		"p ~ p":                         "2 7",
		".a ~ p":                        "8",
		"p.x ~ div > p":                 "4",
		"#3, #7 ,section.b":             "3  7",
		"p:not(.x)":                     "7",
		"p:not(.x, .y)":                 "7",
		`[data-n="one, two"]`:           "6",
		`p[data-n*="> two"], p[id="8"]`: "8",
		`p[data-n*=", two"]`:            "6",
		"section\n\t>\n\tp.y":           "2",
		"div div p":                     "",
		".list > div .x":                "4",
	} {
		require.Equal(t, want, matches(t, css), css)
	}
}

func TestCompileQuery_WhatIsNoSelector_SaysWhy(t *testing.T) {
	for css, want := range map[string]string{
		"":                             "empty",
		"  ":                           "empty",
		"p >":                          "missing",
		"> p":                          "expected",
		"p > > a":                      "expected",
		"p,,a":                         "missing",
		"p,":                           "missing",
		"p[":                           "not closed",
		`p[a="x]`:                      "not closed",
		"p:nth-child(2)":               "index",
		"p:has(a)":                     "not supported",
		"p:not(a:has(b))":              "not supported",
		"p::before":                    "not supported",
		"..x":                          "no CSS selector",
		strings.Repeat("p ", 9):        "steps",
		strings.Repeat("p,", 17) + "p": "alternatives",
		"#" + strings.Repeat("x", 600): "longer",
	} {
		_, err := compileQuery(css)
		require.ErrorContains(t, err, want, css)
	}
}

func FuzzCompileQuery(f *testing.F) {
	f.Add(`main > section.b .c .x + [data-n="one, two"]:not(.y), #a\:b ~ p`)
	f.Add(`p:not(`)
	root, err := dom.Parse([]byte(tree), "", nil)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, css string) {
		q, err := compileQuery(css)
		if err != nil {
			require.LessOrEqual(t, len(err.Error()), 2*maxQueryBytes+200)
			return
		}
		walk(root, []*query{q}, func(int, *html.Node) bool { return true })
	})
}
