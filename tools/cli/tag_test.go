package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/services/sentiment/tagging"
)

const explained = "I can't wait to go back! The front desk was not friendly. Dr. Lee is wonderful, I recommend her."

func TestTagExplain_Text_ShowsHowItsTagsComeAbout(t *testing.T) {
	code, out, stderr := run(t, "", nil, "tag", "--explain", explained)
	require.Zero(t, code, stderr)
	for _, want := range []string{
		explained, "staff_attitude negative", "clinical_care positive",
		"“front desk was not friendly”", "the words alone are positive, “not” turns them round",
		"“can't wait to” means something else",
		"Lee, doctor: positive", "overall positive", "language en, version " + tagging.Version,
	} {
		require.Contains(t, out, want)
	}
	require.NotContains(t, out, "\x1b", "no colours where the output is no terminal")
}

func TestTagExplain_Marks_StandUnderTheirWords(t *testing.T) {
	_, out, _ := run(t, "", nil, "tag", "--explain", "Señor 👍 the staff was rude.")
	lines := strings.Split(out, "\n")
	require.Equal(t, "Señor 👍 the staff was rude.", lines[0])
	mark := strings.IndexByte(lines[1], '~')
	require.Equal(t, "staff was rude", strings.TrimSuffix(lines[0], ".")[strings.Index(lines[0], "staff"):])
	require.Equal(t, columns("Señor 👍 the "), mark, "an emoji is two columns wide")
	require.Equal(t, len("staff was rude"), strings.Count(lines[1], "~"))
}

func TestTagExplain_StandardInput_TakesEachLineAsItIsOrAsJSON(t *testing.T) {
	code, out, _ := run(t, "The staff was rude.\n\n"+`{"id":1,"text":"I waited\ntwo hours."}`+"\n", nil, "tag", "--explain")
	require.Zero(t, code)
	require.Contains(t, out, "The staff was rude.\n")
	require.Contains(t, out, "two hours.\n")
	require.Equal(t, 2, strings.Count(out, "overall "))
}

// TestTagExplain_HostileText_CannotSteerTheTerminal: escape sequences, backspaces
// and marks of direction come out as dots.
func TestTagExplain_HostileText_CannotSteerTheTerminal(t *testing.T) {
	_, out, _ := run(t, "", nil, "tag", "--explain", "The staff\x1b[2J was \u202erude\x08\x9b31m.\xff Dr. L\u0007ee is great")
	for _, r := range strings.ReplaceAll(out, "\n", "") {
		require.True(t, r >= ' ' && r != 0x7f && (r < 0x80 || r > 0x9f) && r != 0x202e, "%U in %q", r, out)
	}
	require.Contains(t, out, "staff_attitude")
}

func TestTagExplain_LongLine_IsRefusedAndLongTextIsWrapped(t *testing.T) {
	code, _, stderr := run(t, strings.Repeat("a", maxExplained+1), nil, "tag", "--explain")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "longer than")
	_, out, _ := run(t, strings.Repeat("The staff was rude to me. ", 40), nil, "tag", "--explain")
	for line := range strings.SplitSeq(out[:strings.Index(out, "staff_attitude negative")], "\n") {
		require.LessOrEqual(t, columns(strings.TrimSuffix(line, " staff_attitude")), textWidth)
	}
}

// TestTagExplain_Colour_AddsNothingButColours compares both outputs.
func TestTagExplain_Colour_AddsNothingButColours(t *testing.T) {
	e, err := tagging.New()
	require.NoError(t, err)
	var plain, coloured bytes.Buffer
	(&explainer{w: &plain}).explain(e, explained)
	(&explainer{w: &coloured, colour: true}).explain(e, explained)
	require.Contains(t, coloured.String(), "\x1b["+sgrRed+"mnegative\x1b[0m")
	require.Equal(t, plain.String(), regexp.MustCompile("\x1b\\[[0-9]+m").ReplaceAllString(coloured.String(), ""))
}

func TestTagExplain_EveryReason_HasWords(t *testing.T) {
	for _, r := range tagging.Reasons() {
		require.NotEmpty(t, reasons[r], r)
	}
}

func TestTag_OwnTerms_AreReadFromAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "terms.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"revision":7,"topics":[{"key":"own.garage","name":"Garage"}],
		"terms":[{"phrase":"parkhaus","kind":"topic","topic":"own.garage"}]}`), 0o600))
	code, out, stderr := run(t, `{"id":"a","text":"The Parkhaus was terrible."}`+"\n", nil, "tag", "--terms", file)
	require.Zero(t, code, stderr)
	require.Contains(t, out, `"topic":"own.garage","polarity":"negative"`)
	require.Contains(t, out, `"rule":"own:parkhaus"`)
	for content, want := range map[string]string{
		`{"revision":1,"terms":[{"phrase":"x","kind":"guess"}]}`: "terms[0].kind",
		`{"revisions":1}`:                 "unknown field",
		strings.Repeat(" ", 1<<20) + "{}": "longer than",
	} {
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		code, _, stderr := run(t, "", nil, "tag", "--terms", file)
		require.Equal(t, 1, code)
		require.Contains(t, stderr, want)
	}
}
