package tagging

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fired lists the ids of the rules, targets, opinions and flags that speak on a text.
func fired(e *Engine, text string) map[string]bool {
	r := &reading{}
	r.read(e, text)
	a := r.analysis()
	ids := map[string]bool{}
	for _, f := range r.findings {
		for part := range strings.SplitSeq(f.rule, ":") {
			ids[part] = true
		}
	}
	for _, h := range r.flags {
		if r.flagged(h, a.Overall) {
			ids[r.lex.flags[r.lex.entries[h.of].of].id] = true
		}
	}
	return ids
}

// TestDataFiles_EveryExample_HoldsForItsRule runs the examples that stand with
// the rules in the data files: a rule fires on its "+" lines and not on its "-" lines.
func TestDataFiles_EveryExample_HoldsForItsRule(t *testing.T) {
	e, err := New()
	require.NoError(t, err)
	require.NotEmpty(t, e.lex.examples)
	for _, x := range e.lex.examples {
		if got := firedIn(e, english, x.text); got[x.id] != x.fires {
			t.Errorf("%s: %s should fire: %v, does: %v on %q (fired: %v)", x.where, x.id, x.fires, got[x.id], x.text, got)
		}
	}
}

// TestDataFiles_EveryRule_HasBothKindsOfExample keeps rules from being added
// without tests.
func TestDataFiles_EveryRule_HasBothKindsOfExample(t *testing.T) {
	e, err := New()
	require.NoError(t, err)
	yes, no := map[string]int{}, map[string]int{}
	for _, x := range e.lex.examples {
		if x.fires {
			yes[x.id]++
		} else {
			no[x.id]++
		}
	}
	for _, r := range e.lex.rules {
		require.Positive(t, yes[r.id], "rule %s has no + example", r.id)
		require.Positive(t, no[r.id], "rule %s has no - example", r.id)
	}
	for _, f := range e.lex.flags {
		require.Positive(t, yes[f.id], "flag %s has no + example", f.id)
		require.Positive(t, no[f.id], "flag %s has no - example", f.id)
	}
}
