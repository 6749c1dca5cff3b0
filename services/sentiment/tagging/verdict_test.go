package tagging_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/review"
)

// TestEngine_ShortPraiseInPlainWords_IsPositive keeps neutral words, which stand
// in complaints as often, from deciding over praise that names no superlative.
func TestEngine_ShortPraiseInPlainWords_IsPositive(t *testing.T) {
	e := engine(t)
	for _, text := range []string{
		"Tamika at the front desk deserves a raise. She stayed past closing to sort out my dad's forms.",
		"Eye exam and cleaning in one morning for four kids. The staff juggled all of us with a smile. I want to move in.",
		"Front desk remembered my name after a year. Small thing, big difference.",
		"Never had to wait more than five minutes here, and I have been coming since the doors opened.",
		"No lectures, no pain, no nonsense.",
		"They called my insurance FOR me and found out I had an unused benefit. Saved me $340.",
		"👍👍👍",
	} {
		require.Equal(t, review.Positive, e.Analyze(text).Overall, text)
	}
}

// TestEngine_ShortComplaintInPlainWords_IsNegative is the other side.
func TestEngine_ShortComplaintInPlainWords_IsNegative(t *testing.T) {
	e := engine(t)
	for _, text := range []string{
		"Hung up on twice, then put on hold for 25 minutes, then cut off. I only wanted to confirm an address.",
		"Used to be my favorite place. Since the new owners came it is a conveyor belt.",
		"👎",
	} {
		require.Equal(t, review.Negative, e.Analyze(text).Overall, text)
	}
}

// TestEngine_NothingKnown_IsMixed keeps the engine from guessing where it cannot read.
func TestEngine_NothingKnown_IsMixed(t *testing.T) {
	e := engine(t)
	for _, text := range []string{"", "שירות מצוין", "xyzzy plugh"} {
		require.Equal(t, review.Mixed, e.Analyze(text).Overall, text)
	}
}

// TestEngine_StaffDeeds_AreStaffAttitude reads praise of what people did.
func TestEngine_StaffDeeds_AreStaffAttitude(t *testing.T) {
	e := engine(t)
	for _, text := range []string{
		"Tamika at the front desk deserves a raise. She stayed past closing to sort out my dad's forms.",
		"Eye exam and cleaning in one morning for four kids. The staff juggled all of us with a smile. I want to move in.",
	} {
		tags := e.Analyze(text).Tags
		require.Len(t, tags, 1, text)
		require.Equal(t, review.StaffAttitude, tags[0].Topic, text)
		require.Equal(t, review.Positive, tags[0].Polarity, text)
	}
}
