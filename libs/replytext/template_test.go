package replytext_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/replytext"
	"github.com/bedside-health/bedside/libs/review"
)

func TestTemplate_AllValues_IsFilledInOnePass(t *testing.T) {
	parsed, err := replytext.Parse("Call {{manager}} ({{ first_name }}) of {{practice}}, {{location}}, at {{phone}} about {{topic}}. {x} \n{{phone}}")
	require.NoError(t, err)
	filled, ok := parsed.Fill(replytext.Values{
		Practice: "{{phone}}", Location: "Main\nStreet\x00", Phone: "555-0100", Manager: "Dr. Denise  Kwan", Topic: "billing",
	})
	require.True(t, ok)
	require.Equal(t, "Call Dr. Denise Kwan (Denise) of {{phone}}, Main Street, at 555-0100 about billing. {x} \n555-0100", filled.Text)
	require.Equal(t, []replytext.Variable{"manager", "first_name", "practice", "location", "phone", "topic"}, parsed.Uses())
}

func TestTemplate_Faults_HaveTheirPosition(t *testing.T) {
	for source, want := range map[string]string{
		"":                                    "line 1, column 1: the text is empty",
		" \n ":                                "line 1, column 1: the text is empty",
		"Señor,\nñ {{reviewer}}":              "line 2, column 3: there is no variable {{reviewer}}",
		"Hi {{Phone}}":                        "line 1, column 4: there is no variable {{Phone}}",
		"Hi {{}}":                             "line 1, column 4: there is no variable {{}}",
		"Hi {{phone":                          "line 1, column 4: {{ has no }} behind it",
		"Hi {{phone {{phone}}":                "line 1, column 4: {{ has no }} behind it",
		"Hi phone}} x":                        "line 1, column 9: }} has no {{ before it",
		"Hi \x07":                             "line 1, column 4: there is a control character",
		"Hi \xff":                             "line 1, column 4: this is no UTF-8 text",
		"Hi {{a\x1b[2J}}":                     "there is no variable {{a?[2J}}",
		strings.Repeat("x", 20001):            "line 1, column 1: the text is longer than 20000 bytes",
		strings.Repeat("{{phone}}", 101):      "column 901: there are more than 100 variables",
		"{{" + strings.Repeat("y", 99) + "}}": strings.Repeat("y", 30) + "...}}",
	} {
		_, err := replytext.Parse(source)
		var faults replytext.Faults
		require.ErrorAs(t, err, &faults, "%q", source)
		require.Len(t, faults, 1, "%q", source)
		require.Contains(t, err.Error(), want, "%q", source)
	}
	_, err := replytext.Parse("{{a}}{{b}}")
	require.Contains(t, err.Error(), "line 1, column 6: there is no variable {{b}}", "all faults are told")
}

func TestTemplate_MissingValue_IsNotFilledIn(t *testing.T) {
	parsed, err := replytext.Parse("Call {{manager}} at {{phone}}, {{first_name}}.")
	require.NoError(t, err)
	values := replytext.Values{Manager: "Dr.", Phone: strings.Repeat("5", replytext.MaxValue+1)}
	_, ok := parsed.Fill(values)
	require.False(t, ok)
	require.Equal(t, []replytext.Variable{"phone", "first_name"}, parsed.Missing(values))
	for _, v := range replytext.Variables() {
		require.NotEmpty(t, v.What)
		require.NotEmpty(t, v.Missing)
	}
}

func TestTemplate_TooLongFilledIn_IsRefused(t *testing.T) {
	parsed, err := replytext.Parse(strings.Repeat("{{practice}}", 50))
	require.NoError(t, err)
	_, ok := parsed.Fill(replytext.Values{Practice: strings.Repeat("x", replytext.MaxValue)})
	require.False(t, ok)
}

func TestFilled_Source_IsThePlaceInTheTemplate(t *testing.T) {
	const source = "Call {{manager}} today."
	parsed, err := replytext.Parse(source)
	require.NoError(t, err)
	filled, ok := parsed.Fill(replytext.Values{Manager: "Denise Kwan"})
	require.True(t, ok)
	at := func(quote string) string {
		start := strings.Index(filled.Text, quote)
		from, until := filled.Source(start, start+len(quote))
		return source[from:until]
	}
	require.Equal(t, "all", at("all"))
	require.Equal(t, "{{manager}}", at("Kwan"))
	require.Equal(t, "ll {{manager}}", at("ll Den"))
	require.Equal(t, "{{manager}} tod", at("Denise Kwan tod"))
	require.Equal(t, source, at(filled.Text))
	from, until := filled.Source(len(filled.Text), len(filled.Text)+5)
	require.Equal(t, []int{0, 0}, []int{from, until})
}

func TestTopicWords_EveryTopic_HasWordsOrIsNeverNamed(t *testing.T) {
	for _, topic := range review.Topics() {
		for _, language := range []string{"en", "es"} {
			require.Equal(t, topic == review.ClinicalCare, replytext.TopicWords(topic, language) == "", topic)
		}
	}
	require.Empty(t, replytext.TopicWords("own.parking", "en"))
	require.Empty(t, replytext.TopicWords(review.Billing, "fr"))
}

func FuzzTemplate_Fill(f *testing.F) {
	f.Add("Call {{manager}} at {{ phone }}.", "Denise {{phone}}")
	f.Add("{{", "}}")
	f.Add("a {{topic}}}} b {{{practice}}}", "\x00\n\u202e")
	f.Fuzz(func(t *testing.T, source, value string) {
		parsed, err := replytext.Parse(source)
		if err != nil {
			require.LessOrEqual(t, len(err.Error()), 10_000)
			return
		}
		values := replytext.Values{Practice: value, Location: value, Phone: value, Manager: value, Topic: value}
		filled, ok := parsed.Fill(values)
		if missing := parsed.Missing(values); len(missing) > 0 {
			require.False(t, ok)
			return
		}
		if !ok {
			return
		}
		require.LessOrEqual(t, len(filled.Text), replytext.MaxFilled)
		require.True(t, utf8.ValidString(filled.Text))
		from, until := filled.Source(0, len(filled.Text))
		require.Equal(t, []int{0, len(source)}, []int{from, until})
	})
}
