package replytext_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/replycheck"
	"github.com/bedside-health/bedside/libs/replytext"
	"github.com/bedside-health/bedside/libs/review"
)

func writer(t testing.TB) *replytext.Writer {
	t.Helper()
	w, err := replytext.New()
	require.NoError(t, err)
	return w
}

func checker(t testing.TB) *replycheck.Checker {
	t.Helper()
	c, err := replycheck.New(replycheck.Config{})
	require.NoError(t, err)
	return c
}

func everything(string, []string) bool { return true }

var (
	practices = []replytext.Values{
		{Practice: "Lakeside Dental", Location: "Main Street", Phone: "(315) 555-0142", Manager: "Denise Kwan"},
		{Practice: "Harbor Eye Care & Spine Center", Location: "Elm", Phone: "+1 207 555 0199", Manager: "Dr. José Ñuñez-O'Neil"},
		{Practice: "Clinic", Phone: "555-0100"},
		{Manager: "Max Manager"},
		{},
	}
	topics   = append(review.Topics(), "own.parking")
	overalls = []review.Polarity{review.Positive, review.Negative, review.Mixed, ""}
	reviews  = map[string]string{
		"en": "Waited an hour, then the bill was wrong and the root canal hurt for days. Denise at the desk was kind to my son.",
		"es": "Esperé una hora y la cuenta estaba mal. La limpieza me dolió mucho y la recepcionista fue grosera conmigo.",
	}
)

// situations are all topics, polarities, languages, ratings without words, and urgent flags.
func situations(visit func(name string, s replytext.Situation)) {
	for _, language := range []string{"en", "es"} {
		for _, overall := range overalls {
			for _, topic := range topics {
				for _, kind := range []string{"words", "stars", "urgent"} {
					for i, values := range practices {
						polarity := overall
						if polarity == "" {
							polarity = review.Mixed
						}
						visit(fmt.Sprintf("%s %s %s %s %d", language, overall, topic, kind, i), replytext.Situation{
							ReviewID: fmt.Sprintf("r_%s_%s_%s_%s_%d", language, overall, topic, kind, i), Language: language, Overall: overall,
							Tags:   []review.Tag{{Topic: topic, Polarity: polarity, Evidence: []review.Evidence{{}}}},
							Urgent: kind == "urgent", RatingOnly: kind == "stars", Values: values,
						})
					}
				}
			}
		}
	}
}

func input(s replytext.Situation, text string) replycheck.Input {
	in := replycheck.Input{Reply: text, Site: "google", Language: s.Language, ReviewerName: "Pat Example", Review: reviews[s.Language]}
	if s.RatingOnly {
		in.Review = ""
	}
	in.Practice = replycheck.Practice{Name: s.Values.Practice}
	if s.Values.Phone != "" {
		in.Practice.Phones = []string{s.Values.Phone}
	}
	if s.Values.Manager != "" {
		in.Practice.Contacts = []string{s.Values.Manager}
	}
	return in
}

// Every text that can be put together has to pass, not only those that a check would choose: the
// check is taken away here.
func TestSuggest_EverySituation_PassesTheCheckWithoutBeingChosenByIt(t *testing.T) {
	w, c := writer(t), checker(t)
	texts, failed := map[string]bool{}, map[string]int{}
	situations(func(name string, s replytext.Situation) {
		var found []replytext.Suggestion
		for _, id := range []string{"a", "b", "c", "d"} {
			s.ReviewID = name + id
			found = append(found, w.Suggest(s, 9, everything)...)
		}
		require.NotEmpty(t, found, name)
		for _, suggestion := range found {
			require.NotEmpty(t, suggestion.Label)
			require.LessOrEqual(t, len(suggestion.Text), 1200)
			require.NotContains(t, suggestion.Text, "{{")
			texts[suggestion.Text] = true
			for _, f := range c.Check(input(s, suggestion.Text)).Findings {
				failed[fmt.Sprintf("%s %q", f.Rule, f.Quote)]++
			}
		}
	})
	t.Logf("%d different texts", len(texts))
	require.Greater(t, len(texts), 4000)
	for what, n := range failed {
		t.Errorf("%d times %s", n, what)
	}
}

func TestSuggest_EverySentence_PassesTheCheck(t *testing.T) {
	w, c := writer(t), checker(t)
	n := 0
	w.Sentences(practices[0], func(language, section, text string) {
		n++
		report := c.Check(replycheck.Input{Reply: text, Language: language, Review: reviews[language], ReviewerName: "Pat Example", Practice: replycheck.Practice{
			Name: practices[0].Practice, Phones: []string{practices[0].Phone}, Contacts: []string{practices[0].Manager}}})
		for _, f := range report.Findings {
			t.Errorf("%s [%s] %s: %s %q", language, section, text, f.Rule, f.Quote)
		}
	})
	require.Greater(t, n, 300)
}

func TestSuggest_FortyRepliesAtOneLocation_NoneRepeatsTheLast(t *testing.T) {
	w, c := writer(t), checker(t)
	for _, language := range []string{"en", "es"} {
		for _, overall := range []review.Polarity{review.Positive, review.Negative, review.Mixed} {
			var recent []string
			for i := range 40 {
				s := replytext.Situation{
					ReviewID: fmt.Sprint("r_", i), Language: language, Overall: overall, Values: practices[0],
					Tags: []review.Tag{{Topic: review.WaitTimes, Polarity: overall}},
				}
				fits := func(text string, chosen []string) bool {
					in := input(s, text)
					in.RecentReplies = append(append([]string{}, chosen...), recent...)
					return c.Check(in).Verdict == replycheck.Pass
				}
				found := w.Suggest(s, 3, fits)
				require.Len(t, found, 3, "%s %s %d", language, overall, i)
				require.Equal(t, found, w.Suggest(s, 3, fits), "the same until something is published")
				recent = append([]string{found[0].Text}, recent...)
			}
		}
	}
}

func TestSuggest_Urgent_SpeaksOfPrivacyAndContactAlone(t *testing.T) {
	w := writer(t)
	found := w.Suggest(replytext.Situation{
		ReviewID: "r_1", Overall: review.Negative, Urgent: true, Values: practices[0], Tags: []review.Tag{{Topic: review.Billing, Polarity: review.Negative}},
	}, 3, everything)
	require.Len(t, found, 3)
	for _, s := range found {
		require.Equal(t, "Privacy and a private contact", s.Label)
		require.Contains(t, s.Text, "rivacy")
		require.Contains(t, s.Text, "(315) 555-0142")
		require.NotContains(t, s.Text, "oney")
	}
}

func TestSuggest_CheckRefusesTheManager_FallsBackToTheTelephone(t *testing.T) {
	w := writer(t)
	asked := 0
	found := w.Suggest(replytext.Situation{ReviewID: "r_1", Overall: review.Negative, Values: practices[0]}, 1, func(text string, _ []string) bool {
		asked++
		return !strings.Contains(text, "Denise Kwan")
	})
	require.Len(t, found, 1)
	require.Contains(t, found[0].Text, "(315) 555-0142")
	require.Less(t, asked, 100)
}

func TestSuggest_NothingFits_EndsAndIsEmpty(t *testing.T) {
	asked := 0
	require.Empty(t, writer(t).Suggest(replytext.Situation{ReviewID: "r_1", Overall: review.Mixed, Values: practices[0], Tags: []review.Tag{
		{Topic: review.Billing, Polarity: review.Negative}, {Topic: review.Facility, Polarity: review.Positive},
	}}, 3, func(string, []string) bool { asked++; return false }))
	require.Less(t, asked, 600)
}

func TestSuggest_TopicsOfTheVerdict_AreSpokenToFirst(t *testing.T) {
	w := writer(t)
	tags := []review.Tag{
		{Topic: review.StaffAttitude, Polarity: review.Positive, Evidence: make([]review.Evidence, 3)},
		{Topic: review.ClinicalCare, Polarity: review.Negative, Evidence: make([]review.Evidence, 5)},
		{Topic: review.WaitTimes, Polarity: review.Negative, Evidence: make([]review.Evidence, 2)},
		{Topic: review.Billing, Polarity: review.Negative, Evidence: make([]review.Evidence, 4)},
	}
	labels := func(overall review.Polarity) (out []string) {
		for _, s := range w.Suggest(replytext.Situation{ReviewID: "r_1", Overall: overall, Tags: tags}, 3, everything) {
			out = append(out, s.Label)
		}
		return out
	}
	require.Equal(t, []string{"Billing", "Waiting times", "In general terms"}, labels(review.Negative))
	require.Equal(t, []string{"Staff and courtesy", "In general terms", "Staff and courtesy"}, labels(review.Positive))
	require.Equal(t, review.Billing, replytext.MainTopic(tags, review.Mixed))
	require.Empty(t, replytext.MainTopic(tags[1:2], review.Negative), "care is never named")
}
