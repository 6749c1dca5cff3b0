package tagging

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// firedIn is fired in a language of our choice, whatever the language is taken for.
func firedIn(e *Engine, lang, text string) map[string]bool {
	forced := *e
	forced.only = lang
	return fired(&forced, text)
}

func TestSpanishFiles_EveryExample_HoldsForItsRule(t *testing.T) {
	e, err := New()
	require.NoError(t, err)
	require.NotEmpty(t, e.spanish.examples)
	yes, no := map[string]int{}, map[string]int{}
	for _, x := range e.spanish.examples {
		if got := firedIn(e, spanish, x.text); got[x.id] != x.fires {
			t.Errorf("%s: %s should fire: %v, does: %v on %q (fired: %v)", x.where, x.id, x.fires, got[x.id], x.text, got)
		}
		if x.fires {
			yes[x.id]++
		} else {
			no[x.id]++
		}
	}
	for _, r := range e.spanish.rules {
		require.Positive(t, yes[r.id], "rule %s has no + example", r.id)
		require.Positive(t, no[r.id], "rule %s has no - example", r.id)
	}
	for _, f := range e.spanish.flags {
		require.Positive(t, yes[f.id], "flag %s has no + example", f.id)
		require.Positive(t, no[f.id], "flag %s has no - example", f.id)
	}
}
