package tagging_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/tagging"
)

// requireExplained checks what an explanation promises beside its analysis: that
// it is the analysis, and that all evidence of the tags is among the findings.
func requireExplained(t require.TestingT, e *tagging.Engine, text string) tagging.Explanation {
	x := e.Explain(text)
	require.Equal(t, e.Analyze(text), x.Analysis)
	spans := map[string]bool{}
	for _, f := range x.Findings {
		require.Equal(t, text[f.Start:f.End], f.Quote)
		require.Positive(t, f.Weight)
		spans[string(f.Topic)+f.Rule+f.Quote] = true
	}
	for _, s := range x.Silent {
		require.Equal(t, text[s.Start:s.End], s.Quote)
		require.Contains(t, tagging.Reasons(), s.Why)
	}
	for _, s := range x.Idioms {
		require.Equal(t, text[s.Start:s.End], s.Quote)
	}
	for _, tag := range x.Analysis.Tags {
		for _, ev := range tag.Evidence {
			require.True(t, spans[string(tag.Topic)+ev.Rule+ev.Quote], "%s %q is evidence but no finding", ev.Rule, ev.Quote)
		}
	}
	for _, flag := range x.Analysis.Urgent {
		raised := false
		for _, a := range x.Alarms {
			raised = raised || a.Flag == flag && a.Raised
		}
		require.True(t, raised, "%s is raised by nothing", flag)
	}
	require.Len(t, x.Sums, len(x.Analysis.Tags))
	v := x.Verdict
	require.InDelta(t, v.Topics+v.General+v.Return+v.Words, v.Score, 1e-3)
	return x
}

func TestExplain_AnyText_GivesTheSameAsAnalyze(t *testing.T) {
	e := engine(t)
	own := withTerms(t, ownTerms())
	texts := []string{"", sample, "Great doctor but awful staff.", "I wish the nurses were kinder.", "Esperé dos horas.", "Rude Street, the parkhaus was awful. Not a snake pit!"}
	for _, text := range hostile(2000) {
		texts = append(texts, text)
	}
	for _, text := range texts {
		requireExplained(t, e, text)
		requireExplained(t, own, text)
	}
}

func FuzzExplain(f *testing.F) {
	for _, s := range hostile(200) {
		f.Add(s)
	}
	f.Add(sample)
	own := withTerms(f, ownTerms())
	f.Fuzz(func(t *testing.T, text string) { requireExplained(t, own, text) })
}

func TestExplain_TurnedAndLeftOut_SaysWhatDidIt(t *testing.T) {
	own := withTerms(t, ownTerms())
	finding := func(text, quote string) tagging.Finding {
		x := requireExplained(t, own, text)
		for _, f := range x.Findings {
			if strings.Contains(f.Quote, quote) {
				return f
			}
		}
		t.Fatalf("no finding %q in %q: %+v", quote, text, x.Findings)
		return tagging.Finding{}
	}
	f := finding("The front desk was not friendly.", "not friendly")
	require.Equal(t, review.Positive, f.Words)
	require.Equal(t, review.Negative, f.Polarity)
	require.Equal(t, "not", f.Negator)
	f = finding("I wish the nurses were kinder.", "kinder")
	require.Equal(t, "wish", f.Context)
	require.Equal(t, review.Positive, f.Words)
	f = finding("It is no snake pit.", "snake pit")
	require.Equal(t, review.Negative, f.Words)
	require.Equal(t, "no", f.Negator)

	why := func(text, quote string) tagging.Reason {
		x := requireExplained(t, own, text)
		for _, s := range x.Silent {
			if s.Quote == quote {
				return s.Why
			}
		}
		t.Fatalf("%q of %q is not left out: %+v", quote, text, x.Silent)
		return ""
	}
	require.Equal(t, tagging.InsideIdiom, why("We moved to Rude Street.", "Rude Street"))
	require.Equal(t, tagging.Elsewhere, why("My old dentist had a snake pit of a lobby.", "snake pit"))
	require.Equal(t, tagging.NoTopic, why("A wonderful experience.", "wonderful"))
	x := requireExplained(t, own, "I can't wait to go back.")
	require.Equal(t, "can't wait to", x.Idioms[0].Quote)
}
