package rating_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/sites/rating"
)

func TestParse_TextsInUse_OnFive(t *testing.T) {
	for text, want := range map[string]float64{
		"4": 4, "4.0": 4, " 4.5 ": 4.5, "4,5": 4.5, "4/5": 4, "4 / 5": 4, "4 out of 5 stars": 4, "4 stars": 4, "1 star": 1,
		"5-star": 5, "10/10": 5, "1/10": 1, "8/10": 4.11, "80%": 4.2, "★★★★☆": 4, "⭐⭐⭐": 3, "FIVE": 5, "four stars": 4, "0.5": 1,
	} {
		got := rating.Parse(text).OnFive()
		require.NotNil(t, got, text)
		require.InDelta(t, want, *got, 0.001, text)
	}
}

func TestParse_NoRating_IsNil(t *testing.T) {
	for _, text := range []string{"", "n/a", "0", "6", "11/10", "-1", "1e9", "NaN", "Inf", "great", "4 4", "5/0", "5/1", "0.5/0", "101%"} {
		require.Nil(t, rating.Parse(text).OnFive(), text)
	}
}

func TestRaw_KeepsTheScaleGivenBeside(t *testing.T) {
	r := rating.Parse("8")
	require.Equal(t, "8", r.Raw())
	r.Best = 10
	require.Equal(t, "8/10", r.Raw())
	require.Equal(t, "8/10", rating.Parse("8/10").Raw())
	require.True(t, math.IsNaN(rating.Parse("8").Best))
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"4/5", "80%", "★★☆", "five", "4,5 stars"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v := rating.Parse(s).OnFive(); v != nil && !(*v >= 1 && *v <= 5) {
			t.Fatalf("%q is rated %v", s, *v)
		}
	})
}
