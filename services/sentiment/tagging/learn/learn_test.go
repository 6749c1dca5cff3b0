package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// learned fits the weights of made-up reviews: 60 of praise and 60 of blame, the
// first 19 of praise with a rare word and 40 with a name.
func learned(t *testing.T) map[string]string {
	t.Helper()
	c := corpus{ids: map[string]int32{}}
	for i := range 60 {
		praise := fmt.Sprintf("We came on day %d and the visit was wonderful.", i)
		if i < 19 {
			praise += " It was splendiferous."
		}
		if i < 40 {
			praise += " We saw Marlowe there."
		}
		c.add(praise, true)
		c.add(fmt.Sprintf("We came on day %d and the visit was dreadful.", i), false)
	}
	var out bytes.Buffer
	c.print(&out, c.fit(6, 2e-5, 0.4), 9000)
	weights := map[string]string{}
	for line := range strings.Lines(out.String()) {
		if gram, weight, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			weights[gram] = weight
		}
	}
	return weights
}

func TestLearn_TellingWords_GetWeightsOfTheirSide(t *testing.T) {
	weights := learned(t)
	require.NotEmpty(t, weights["wonderful"])
	require.False(t, strings.HasPrefix(weights["wonderful"], "-"), "wonderful: %s", weights["wonderful"])
	require.True(t, strings.HasPrefix(weights["dreadful"], "-"), "dreadful: %s", weights["dreadful"])
}

func TestLearn_WordsOfBothSides_GetNoWeight(t *testing.T) {
	require.NotContains(t, learned(t), "visit")
}

func TestLearn_RareWords_GetNoWeight(t *testing.T) {
	for gram := range learned(t) {
		require.NotContains(t, gram, "splendiferous", "seen in 19 reviews")
	}
}

func TestLearn_Names_GetNoWeight(t *testing.T) {
	for gram := range learned(t) {
		require.NotContains(t, gram, "marlowe", "written with a capital inside the sentence")
	}
}
