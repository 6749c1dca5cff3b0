package tagging_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/tagging"
)

// polarities maps the topics of an analysis to their polarity.
func polarities(a review.Analysis) map[review.Topic]review.Polarity {
	out := map[review.Topic]review.Polarity{}
	for _, t := range a.Tags {
		out[t.Topic] = t.Polarity
	}
	return out
}

func TestAnalyze_ClinicianOnlyNamed_SharesTheVerdict(t *testing.T) {
	e, err := tagging.New()
	require.NoError(t, err)
	for _, c := range []struct {
		text string
		want review.Polarity
	}{
		{"I can walk the dog again, which is a joy. I owe that to Dr. Abara.", review.Positive},
		{"Stay away from Dr. Abara. Never again.", review.Negative},
		{"The doctor's building is on Elm Street. Never again, what a joke.", ""},
		{"We saw Dr. Lee on Monday. The receptionist was rude.", ""},
		{"My old dentist sent me here. I highly recommend this place.", ""},
	} {
		require.Equal(t, c.want, polarities(e.Analyze(c.text))[review.ClinicalCare], c.text)
	}
}

// TestAnalyze_TopicNoRuleKnows_IsFoundByItsWords holds a text that none of the rules
// of its topic match: the learned weights of its words speak, and name a clause.
func TestAnalyze_TopicNoRuleKnows_IsFoundByItsWords(t *testing.T) {
	e, err := tagging.New()
	require.NoError(t, err)
	rules := map[review.Topic]string{}
	const text = "The appointments run an hour and two hours behind, plan on hours there, hours and hours."
	for _, tag := range e.Analyze(text).Tags {
		for _, ev := range tag.Evidence {
			rules[tag.Topic] = ev.Rule
			require.Equal(t, text[ev.Start:ev.End], ev.Quote)
		}
	}
	require.Contains(t, rules, review.WaitTimes)
	require.Empty(t, polarities(e.Analyze("Blue."))[review.WaitTimes])
}

func TestAnalyze_Sarcasm_TurnsTheVerdict(t *testing.T) {
	e, err := tagging.New()
	require.NoError(t, err)
	for text, want := range map[string]review.Polarity{
		"Congratulations to the clerk for losing my file again.":   review.Negative,
		"Congratulations to the nurse on her promotion, well done": review.Positive,
		"Lucky me, I got the trainee.":                             review.Negative,
		"Nobody gave me a lecture.":                                review.Positive,
		"I would sooner walk on nails than see that man again.":    review.Negative,
		"I would rather wait a month for her than see anyone else": review.Positive,
	} {
		require.Equal(t, want, e.Analyze(text).Overall, "%q", text)
	}
}
