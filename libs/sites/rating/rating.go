// Package rating reads the ratings review sites and exports write and brings
// them to the scale 1..5. It promises never to invent one: what is no number,
// or is not on its own scale, has no rating.
package rating

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Rating is a rating as it was written. Best and Worst are NaN where nothing
// says them.
type Rating struct {
	Text        string // white space collapsed
	Value       float64
	Best, Worst float64
	// Scaled: the text itself carries its scale ("8/10").
	Scaled bool
	// Known: a number was found.
	Known bool
}

var (
	outOf  = regexp.MustCompile(`(?i)^(\d+(?:[.,]\d+)?)\s*(?:/|out\s+of|of|sur|von|de)\s*(\d+(?:[.,]\d+)?)(?:\s*(?:stars?|points?|★))?$`)
	number = regexp.MustCompile(`(?i)^(\d+(?:[.,]\d+)?)\s*(?:-?\s*stars?|points?|★|\*)?$`)
	leadIn = regexp.MustCompile(`(?i)^(?:rated|rating|score|overall)\s*:?\s+`)
	share  = regexp.MustCompile(`^(\d+(?:[.,]\d+)?)\s*%$`)
	stars  = regexp.MustCompile(`^([★⭐]*)([☆✩]*)$`)
	words  = map[string]float64{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
)

// Parse reads the texts in use: "4.5", "4,5", "8/10", "4 out of 5", "4 stars",
// "80%", "★★★★☆", "FOUR", "Rated 4 out of 5".
func Parse(text string) Rating {
	r := Rating{Text: strings.Join(strings.Fields(text), " "), Best: math.NaN(), Worst: math.NaN()}
	if len(r.Text) > 100 {
		return r
	}
	plain := leadIn.ReplaceAllString(strings.ReplaceAll(r.Text, "\ufe0f", ""), "")
	if m := outOf.FindStringSubmatch(plain); m != nil {
		r.Value, r.Best, r.Scaled, r.Known = decimal(m[1]), decimal(m[2]), true, true
	} else if m := share.FindStringSubmatch(plain); m != nil {
		r.Value, r.Best, r.Worst, r.Scaled, r.Known = decimal(m[1]), 100, 0, true, true
	} else if m := number.FindStringSubmatch(plain); m != nil {
		r.Value, r.Known = decimal(m[1]), true
	} else if m := stars.FindStringSubmatch(plain); m != nil && plain != "" {
		full, empty := len([]rune(m[1])), len([]rune(m[2]))
		if r.Value, r.Known = float64(full), full > 0; empty > 0 {
			r.Best, r.Scaled = float64(full+empty), true
		}
	} else if v, ok := words[strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(plain), " stars"), " star")]; ok {
		r.Value, r.Known = v, true
	}
	return r
}

func decimal(s string) float64 {
	v, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// Raw is the rating as it was written, with its scale where one is given
// beside it; empty for what is too long to be a rating.
func (r Rating) Raw() string {
	if r.Text == "" || len(r.Text) > 100 {
		return ""
	}
	if r.Scaled || math.IsNaN(r.Best) {
		return r.Text
	}
	return r.Text + "/" + strconv.FormatFloat(r.Best, 'f', -1, 64)
}

// OnFive is the rating on the scale 1..5, linear between worst and best, which
// are 1 and 5 where nothing says them, rounded to two decimals. It is nil where
// there is no number or the number is not on its scale.
func (r Rating) OnFive() *float64 {
	best, worst := r.Best, r.Worst
	if math.IsNaN(best) {
		best = 5
	}
	if math.IsNaN(worst) {
		worst = 1
	}
	if best < worst && math.IsNaN(r.Worst) {
		return nil
	}
	if !r.Known || math.IsNaN(r.Value) || best == worst || math.IsInf(best, 0) || math.IsInf(worst, 0) {
		return nil
	}
	value := r.Value
	if math.IsNaN(r.Worst) && value > 0 && value < worst {
		value = worst // half a star where the worst is left unsaid
	}
	if value < min(best, worst) || value > max(best, worst) {
		return nil
	}
	v := math.Round((1+4*(value-worst)/(best-worst))*100) / 100
	return &v
}
