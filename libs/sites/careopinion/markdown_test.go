package careopinion_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/sites/careopinion"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
)

func TestPlain_Marks_AreTakenAwayAndWordsStay(t *testing.T) {
	for markdown, want := range map[string]string{
		"":                    "",
		"The nurse was kind.": "The nurse was kind.",
		"The nurse was **very** kind, *truly*, ***really***.": "The nurse was very kind, truly, really.",
		"__Very__ _kind_":                       "Very kind",
		"some_file_name and 2 * 3 * 4 and a* b": "some_file_name and 2 * 3 * 4 and a* b",
		"**no end":                              "**no end",
		"five stars *****":                      "five stars *****",
		"a \\* b \\_c\\_ 1\\. \\\\":             `a * b _c_ 1. \`,
		`c:\temp\new`:                           `c:\temp\new`,
		"fish &amp; chips &lt;3 &#39;x&#39; &nosuch; AT&T": "fish & chips <3 'x' &nosuch; AT&T",
		"\\&amp\\;": "&amp;",
		"# What was good\nAll.\n## What was not ##\nNone.": "What was good\nAll.\nWhat was not\nNone.",
		"#1 in town":                                    "#1 in town",
		"> quoted\n> > twice":                           "quoted\ntwice",
		"* one\n+ two\n- three\n1. four":                "- one\n- two\n- three\n1. four",
		"line one  \nline two\\\nline three\nline four": "line one\nline two\nline three\nline four",
		"one<br>two<br />\nthree":                       "one\ntwo\nthree",
		"one\r\n\r\ntwo":                                "one\n\ntwo",
		"see [their page](https://x.example/a) and ![a photo](b.jpg)": "see their page and a photo",
		"[**bold link**](x)":                        "bold link",
		"[no link] (really) [also](not this one)":   "[no link] (really) [also](not this one)",
		"<https://x.example> <b>typed</b> <script>": "https://x.example <b>typed</b> <script>",
		"*one paragraph\n\nanother*":                "*one paragraph\n\nanother*",
		"*über* **\"so\"** (*x*)":                   "über \"so\" (x)",
		"ends with two spaces  ":                    "ends with two spaces  ",
		"ends with a slash\\":                       "ends with a slash\\",
	} {
		require.Equal(t, want, careopinion.Plain(markdown), "%q", markdown)
	}
}

func TestPlain_EscapedText_ComesBackToTheLetter(t *testing.T) {
	for _, r := range sitestest.SampleReviews(7, "*_*") {
		require.Equal(t, r.Text, careopinion.Plain(escaped(r.Text)))
	}
}

func FuzzPlain(f *testing.F) {
	for _, seed := range []string{"*a*", "**a", "[a](b)", "![", "&#x41;&", "\\", "> # * x", "a_b_c", "<br>", "  \n", "\\\n", "\r\n", "*\n\n*"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plain := careopinion.Plain(text)
		require.LessOrEqual(t, len(plain), 2*len(text)+2, "an entity of few letters is at most twice as long in bytes")
		if !strings.Contains(text, "\r") && !strings.HasSuffix(text, " ") && strings.ToValidUTF8(text, "") == text {
			require.Equal(t, text, careopinion.Plain(escaped(text)))
		}
	})
}

func TestPlain_HostileText_TakesTimeInProportion(t *testing.T) {
	const size = 256 << 10
	for _, piece := range []string{"*", "_", "* ", "*a", "**a ", "[", "](", "[](", "![", "&", "&#1", "&a", "<", "<br", "<http:", "\\", ">", "> ", "#", "\n", "  \n", "`", "[a](" + strings.Repeat("b", 400), "a*b_c"} {
		text := strings.Repeat(piece, size/len(piece))
		start := sitestest.CPUTime()
		_ = careopinion.Plain(text)
		require.Less(t, sitestest.CPUTime()-start, 3*time.Second, "%q", piece)
	}
}
