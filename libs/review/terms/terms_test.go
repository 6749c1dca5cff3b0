package terms_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/review/terms"
)

func TestOf_Texts_GiveFoldedDistinctWords(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []string
		want []string
	}{
		{"nothing", nil, []string{}},
		{"only signs", []string{" ... !!! ❤️ "}, []string{}},
		{"case and repeats", []string{"The front desk. THE Front-desk"}, []string{"the", "front", "desk"}},
		{"author first", []string{"Ana Ruiz", "Ana waited"}, []string{"ana", "ruiz", "waited"}},
		{"marks", []string{"Café CAFE cafe\u0301"}, []string{"cafe"}},
		{"apostrophes", []string{"don't dont don’t O'Neil"}, []string{"dont", "oneil"}},
		{"soft hyphen", []string{"ap\u00adpointment"}, []string{"appointment"}},
		{"zero width", []string{"bill\u200bing"}, []string{"billing"}},
		{"compatibility forms", []string{"Ｄｅｎｔｉｓｔ ﬁlling ½"}, []string{"dentist", "filling", "12"}},
		{"sharp s and final sigma", []string{"Straße STRASSE ΟΔΟΣ οδος"}, []string{"strasse", "οδοσ"}},
		{"dotted I", []string{"İstanbul"}, []string{"istanbul"}},
		{"money and numbers", []string{"$400 at 4.5 stars"}, []string{"400", "at", "4", "5", "stars"}},
		{"chinese", []string{"很好看"}, []string{"很", "好", "很好", "看", "好看"}},
		{"japanese and latin", []string{"Dr田中"}, []string{"dr", "田", "中", "田中"}},
		{"korean words stay words", []string{"한국 병원"}, []string{"한국", "병원"}},
		{"right to left", []string{"שָׁלוֹם עולם"}, []string{"שלום", "עולם"}},
		{"not UTF-8", []string{"bad\xffbytes"}, []string{"bad", "bytes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, terms.Of(c.in...))
		})
	}
}

func TestOf_TooManyWords_KeepsTheFirst(t *testing.T) {
	var b strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&b, "w%d ", i)
	}
	got := terms.Of("Author Name", b.String())
	require.Len(t, got, terms.MaxTerms)
	require.Equal(t, []string{"author", "name", "w0"}, got[:3])
}

func TestOf_LongWord_CutAlikeInTextAndQuery(t *testing.T) {
	word := strings.Repeat("ж", 30) + "end"
	got := terms.Of(word)
	require.Equal(t, []string{strings.Repeat("ж", terms.MaxBytes/2)}, got)
	require.Equal(t, got, terms.Query(word+" "))
}

func TestQuery_LastWordBeingTyped_IsAPrefix(t *testing.T) {
	for _, c := range []struct {
		q    string
		want []string
	}{
		{"", []string{}},
		{"  ", []string{}},
		{"bill", []string{"bill*"}},
		{"front des", []string{"front", "des*"}},
		{"front desk ", []string{"front", "desk"}},
		{"desk.", []string{"desk"}},
		{"don'", []string{"don*"}},
		{"Café", []string{"cafe*"}},
		{"b", []string{"b"}},
		{"wait wait", []string{"wait*"}},
		{"wait long wait", []string{"long", "wait*"}},
		{"很好看", []string{"很好", "好看"}},
		{"好", []string{"好"}},
		{"好 doc", []string{"好", "doc*"}},
	} {
		t.Run(c.q, func(t *testing.T) {
			require.Equal(t, c.want, terms.Query(c.q))
		})
	}
	require.Len(t, terms.Query(strings.Repeat("a b c d e f g h i j k l m n o p q r s t ", 5)), terms.MaxQueryTerms)
}

func TestQuery_AnyPieceOfAText_FindsIt(t *testing.T) {
	text := "Dr. Müller's office: 1½ hours' wait, “don’t go”. 受付の人が親切でした ขอบคุณมาก Señora Ñuñez"
	doc := terms.Of(text)
	words := strings.Fields(text)
	for i := range words {
		for j := i + 1; j <= min(len(words), i+3); j++ {
			requireFinds(t, doc, terms.Query(strings.Join(words[i:j], " ")))
		}
	}
	requireFinds(t, doc, terms.Query("親切"))
	requireFinds(t, doc, terms.Query("mull"))
}

func requireFinds(t testing.TB, doc, query []string) {
	t.Helper()
	for _, q := range query {
		found := false
		for _, term := range doc {
			if prefix, ok := strings.CutSuffix(q, "*"); ok && strings.HasPrefix(term, prefix) || term == q {
				found = true
				break
			}
		}
		require.True(t, found, "%q is not in %q", q, doc)
	}
}

func FuzzOf(f *testing.F) {
	for _, s := range []string{"Hello, world", "don’t", "很好看", "\xff\xfe", "e\u0301\u0301\u0301", "ﷺ", "한국", "🙂 ok"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := terms.Of(s)
		require.LessOrEqual(t, len(got), terms.MaxTerms)
		seen := map[string]bool{}
		for _, term := range got {
			require.True(t, utf8.ValidString(term))
			require.NotEmpty(t, term)
			require.LessOrEqual(t, len(term), terms.MaxBytes)
			require.False(t, seen[term], "twice: %q", term)
			seen[term] = true
			for _, r := range term {
				require.True(t, unicode.IsLetter(r) || unicode.IsNumber(r), "%q", term)
			}
		}
		if len(got) < terms.MaxTerms {
			requireFinds(t, got, terms.Query(s+" "))
		}
	})
}

func BenchmarkOf(b *testing.B) {
	text := strings.Repeat("I waited forty minutes past my appointment and nobody at the front desk said a word about it. ", 5)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		terms.Of("Maria G.", text)
	}
}
