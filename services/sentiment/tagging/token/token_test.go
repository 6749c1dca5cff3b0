package token_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/services/sentiment/tagging/token"
)

var kinds = map[token.Kind]string{token.Word: "w", token.Number: "n", token.Money: "m", token.Emoji: "e", token.End: ".", token.Comma: ","}

// scan renders the tokens of a text: kind and normal form, or the text itself
// where a kind has no normal form.
func scan(t require.TestingT, text string) string {
	var out []string
	s := token.New(text)
	last := 0
	for {
		tok, ok := s.Next()
		if !ok {
			break
		}
		require.GreaterOrEqual(t, tok.Start, last)
		require.Greater(t, tok.End, tok.Start)
		require.LessOrEqual(t, tok.End, len(text))
		last = tok.End
		norm := string(s.Norm())
		if tok.Kind == token.Money || tok.Kind == token.End {
			norm = text[tok.Start:tok.End]
		}
		out = append(out, kinds[tok.Kind]+":"+norm)
	}
	return strings.Join(out, " ")
}

func TestScanner_Text_IsCutIntoTokens(t *testing.T) {
	for text, want := range map[string]string{
		"Don’t wait, it's rude.":        "w:dont w:wait ,:, w:its w:rude .:.",
		"rude,unprofessional":           "w:rude ,:, w:unprofessional",
		"slow.I left":                   "w:slow .:. w:i w:left",
		"45 min, 2hrs, 20-30 minutes":   "n:45 w:min ,:, n:2 w:hrs ,:, n:20-30 w:minutes",
		"$1,037.36 and 400$ or $ 5":     "m:$1,037.36 w:and m:400$ w:or m:$ 5",
		"all they want is $$$":          "w:all w:they w:want w:is m:$$$",
		"Dr. Lee saw J. Smith. I left.": "w:dr w:lee w:saw w:j w:smith .:. w:i w:left .:.",
		"follow-up - never":             "w:follow w:up ,:- w:never",
		"staff & doctor":                "w:staff w:and w:doctor",
		"👩🏽‍⚕️❤️":                       "e:👩 e:⚕ e:❤",
		"a\xffb\xe2\x28c":               "w:a w:b ,:( w:c",
		"Really?!\r\n\r\nYes…":          "w:really .:?!\r\n\r\n w:yes .:…",
		"cafe\u0301":                    "w:cafe",
		"שלום עולם":                     "w:שלום w:עולם",
		"":                              "",
		"'' ` ´":                        "",
	} {
		require.Equal(t, want, scan(t, text), "%q", text)
	}
}

func TestScanner_WordShape_IsReported(t *testing.T) {
	first := func(text string) token.Token {
		s := token.New(text)
		tok, ok := s.Next()
		require.True(t, ok)
		return tok
	}
	require.True(t, first("Lee").Capital)
	require.False(t, first("Lee").Shout)
	require.True(t, first("RUDE").Shout)
	require.False(t, first("I").Shout, "one letter is no shouting")
	require.True(t, first("sooo").Elongated)
	require.False(t, first("soon").Elongated)
}

func TestScanner_EndlessWord_HasABoundedNormalForm(t *testing.T) {
	s := token.New(strings.Repeat("é", 1<<20))
	tok, ok := s.Next()
	require.True(t, ok)
	require.Equal(t, 2<<20, tok.End)
	require.LessOrEqual(t, len(s.Norm()), 52)
}

func FuzzScanner(f *testing.F) {
	f.Add("Dr. O’Neil’s staff — “rude”! 2hrs, $400… 👍🏿\xff")
	f.Fuzz(func(t *testing.T, text string) { scan(t, text) })
}

func BenchmarkScanner(b *testing.B) {
	text := strings.Repeat("The staff was rude, but Dr. Lee didn't mind the $40. ", 8)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		s := token.New(text)
		for {
			if _, ok := s.Next(); !ok {
				break
			}
		}
	}
}
