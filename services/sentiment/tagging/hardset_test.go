package tagging_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/tagging"
)

// TestEngine_HardReviews_ReachTheFloor measures invented reviews that are hard on
// purpose: negation, sarcasm, idioms, comparison, misspelling and English of many
// places. The rules were tuned on the "tune" files; nobody read the others while doing so.
// The floors stand a little below what was measured.
func TestEngine_HardReviews_ReachTheFloor(t *testing.T) {
	e, err := tagging.New()
	require.NoError(t, err)
	for _, c := range []struct {
		file            string
		mandated, right float64
	}{
		{"hard_tune.jsonl", 0.70, 0.63},
		{"hard_held.jsonl", 0.60, 0.52},
		{"hard_more_tune.jsonl", 0.54, 0.78},
		{"hard_more_held.jsonl", 0.58, 0.74},
	} {
		f := score(e, readGold(t, filepath.Join("testdata", c.file)), func(gold, string, string, string) {})
		right := float64(f.right) / float64(f.verdicts)
		t.Logf("%s: mandated F1 %.3f joint %.3f; all eight %.3f; overall %.3f", c.file,
			macro(f.presence, mandated), macro(f.joint, mandated), macro(f.presence, review.Topics()), right)
		require.GreaterOrEqual(t, macro(f.presence, mandated), c.mandated, c.file)
		require.GreaterOrEqual(t, right, c.right, c.file)
	}
}
