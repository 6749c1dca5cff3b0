package replycheck

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// exampleInput is what the examples of the data files are written for.
func exampleInput(reply string) Input {
	return Input{Reply: reply, ReviewerName: "Jordan P.", Practice: ours, Site: "google"}
}

// TestDataFiles_EveryExample_HoldsForItsRule runs the examples of the data
// files. A rule speaks on its "+" lines. On the "-" lines of a blocking rule
// nothing is blocked, on those of a warning rule the rule is silent.
func TestDataFiles_EveryExample_HoldsForItsRule(t *testing.T) {
	c := checker(t)
	for _, x := range c.lex.examples {
		r := c.Check(exampleInput(x.text))
		own := false
		var told []string
		for _, f := range r.Findings {
			own = own || f.Rule == x.rule
			told = append(told, f.Rule+"["+f.Quote+"]")
		}
		blocks := c.lex.rules[c.lex.ruleIDs[x.rule]].severity == Block
		switch {
		case x.fires && !own:
			t.Errorf("%s: %s is silent on %q: %v", x.where, x.rule, x.text, told)
		case !x.fires && (own || blocks && r.Verdict == Block):
			t.Errorf("%s: %s: %q is blocked: %v", x.where, x.rule, x.text, told)
		}
	}
}

// inGo are rules that need more than the reply; tests of their own cover them.
var inGo = map[string]bool{ruleLanguage: true, ruleRecent: true, ruleLength: true, ruleEmoji: true}

// TestDataFiles_EveryRule_HasTenOfBothKinds keeps rules from being added
// without tests, and counts them.
func TestDataFiles_EveryRule_HasTenOfBothKinds(t *testing.T) {
	c := checker(t)
	yes, no := map[string]int{}, map[string]int{}
	for _, x := range c.lex.examples {
		if x.fires {
			yes[x.rule]++
		} else {
			no[x.rule]++
		}
	}
	blocking := 0
	for _, r := range c.lex.rules {
		if inGo[r.id] {
			continue
		}
		require.GreaterOrEqual(t, yes[r.id], 10, "examples of %s on which it speaks", r.id)
		require.GreaterOrEqual(t, no[r.id], 10, "near-misses of %s", r.id)
		if r.severity == Block {
			blocking++
		}
	}
	require.GreaterOrEqual(t, blocking, 25)
}

// TestDataFiles_EveryMustBlockPattern_HasARule: the 25 patterns are numbered in
// docs/reply-checker.md.
func TestDataFiles_EveryMustBlockPattern_HasARule(t *testing.T) {
	c := checker(t)
	covered := map[string]bool{}
	for _, r := range c.lex.rules {
		require.NotEmpty(t, r.patterns, r.id)
		for _, p := range r.patterns {
			covered[p] = true
		}
	}
	for _, p := range strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25") {
		if p != "22" { // Spanish is in every rule
			require.True(t, covered[p], "pattern %s", p)
		}
	}
}
