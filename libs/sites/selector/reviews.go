package selector

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/dom"
	"github.com/bedside-health/bedside/libs/sites/rating"
)

// reviews turns the values of items into reviews, each once. What breaks the
// limits of events is left out with a warning.
func (r *reader) reviews(items []itemValues) {
	taken := map[string]bool{}
	// From the end of the list: where it is sorted with the newest first, the
	// oldest of reviews that look alike keeps its id when a new one appears.
	for _, v := range slices.Backward(items) {
		review, ok := r.review(v)
		if !ok {
			continue
		}
		if id := v.text["id"]; id != "" {
			review.ExternalID = dom.Line(id)
			if !r.d.UniqueIDs {
				review.ExternalID += "@" + hash(r.scope)[2:10]
			}
			if len(review.ExternalID) > maxIDBytes {
				r.warn("a review's id that is too long")
				continue
			}
			if taken[review.ExternalID] {
				continue // the page shows it twice
			}
		} else {
			if r.d.fields["id"] != nil {
				r.warn("a review without the id that the definition names")
				continue
			}
			review.ExternalID = r.madeID(review, taken)
		}
		taken[review.ExternalID] = true
		r.out.Reviews = append(r.out.Reviews, review)
	}
	slices.Reverse(r.out.Reviews)
}

func (r *reader) review(v itemValues) (sites.Review, bool) {
	out := sites.Review{Author: v.text["author"], Title: v.text["title"], Text: v.text["text"]}
	if u := r.absolute(v.text["url"]); u != nil {
		out.URL = events.CleanURL(u.String())
	}
	if raw := v.text["rating"]; raw != "" {
		var ok bool
		if out.Rating, out.RawRating, ok = r.d.Rating.read(raw); !ok {
			r.warn("a rating that cannot be read")
		}
	}
	for name, at := range map[string]*time.Time{"date": &out.PostedAt, "updated": &out.UpdatedAt} {
		if raw := v.text[name]; raw != "" {
			if *at = r.d.parseDate(raw, r.now); at.IsZero() {
				r.warn("a " + name + " that no format reads")
			}
		}
	}
	if reply := v.text["reply"]; strings.TrimSpace(reply) != "" && len(reply) <= events.MaxTextBytes {
		out.Reply = &events.Reply{Text: reply, UpdatedAt: r.d.parseDate(v.text["reply_date"], r.now)}
	}
	switch {
	case len(out.Text) > events.MaxTextBytes || len(out.Author) > events.MaxAuthorBytes || len(out.Title) > events.MaxTitleBytes:
		r.warn("a review larger than a review can be")
		return sites.Review{}, false
	case strings.TrimSpace(out.Text) == "" && out.Rating == nil:
		r.warn("an item with neither a text nor a rating")
		return sites.Review{}, false
	}
	return out, true
}

// madeID is a hash of the fields of the definition's identity, which keeps an id
// over an edit of the text as long as the text is not part of it. Reviews that
// are alike in those fields get their text added, and a number where that is
// alike, too.
func (r *reader) madeID(review sites.Review, taken map[string]bool) string {
	values := map[string]string{"author": review.Author, "title": review.Title, "text": review.Text}
	if !review.PostedAt.IsZero() {
		values["date"] = review.PostedAt.Format(time.RFC3339)
	}
	parts := []string{r.d.Name, strconv.Itoa(r.d.Version), r.scope}
	for _, name := range r.d.Identity {
		parts = append(parts, name, fold(values[name]))
	}
	id := hash(parts...)
	for n := 1; taken[id]; n++ {
		id = hash(append(parts, fold(review.Text), strconv.Itoa(n))...)
	}
	return id
}

// scopeOf is what stays the same over all pages of one listing.
func scopeOf(first *url.URL) string {
	return bareHost(first.Host) + strings.TrimSuffix(first.EscapedPath(), "/")
}

func hash(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return "h_" + hex.EncodeToString(h.Sum(nil)[:12])
}

func fold(s string) string { return strings.ToLower(dom.Line(s)) }

// scale is the best and the worst rating.
func (r Rating) scale() (best, worst float64) {
	best, worst = 5, 1
	if r.Best != nil {
		best = *r.Best
	}
	if r.Worst != nil {
		worst = *r.Worst
	}
	return best, worst
}

var (
	percentage = regexp.MustCompile(`([0-9]{1,3}(?:\.[0-9]{1,4})?)\s*%`)
	someNumber = regexp.MustCompile(`[0-9]{1,4}(?:[.,][0-9]{1,4})?`)
)

const maxRatingBytes = 200

// read brings a rating to the scale 1..5 and gives it as the page shows it; ok is
// false where it cannot be read. An empty bar is no rating.
func (r Rating) read(raw string) (value *float64, shown string, ok bool) {
	raw = dom.Line(raw)
	if len(raw) > maxRatingBytes {
		return nil, "", false
	}
	if r.From == ratingWidth {
		percent, err := strconv.ParseFloat(firstGroup(percentage, raw), 64)
		if err != nil || percent > 100 {
			return nil, "", false
		}
		best, worst := r.scale()
		if r.Worst == nil {
			worst = 0 // a bar begins at nothing although the worst rating is one
		}
		if percent == 0 && r.Worst == nil {
			return nil, "", true
		}
		return r.on(worst + (best-worst)*percent/100)
	}
	for word, value := range r.Words {
		if strings.EqualFold(word, raw) {
			five, _, ok := r.on(value)
			return five, raw, ok
		}
	}
	parsed := rating.Parse(raw)
	if !parsed.Known {
		// "Rated 4 of 5 by Ana": a scale in a longer text, otherwise its only number.
		if m := outOf.FindString(raw); m != "" {
			parsed = rating.Parse(m)
		} else if all := someNumber.FindAllString(raw, 2); len(all) == 1 {
			parsed = rating.Parse(all[0])
		}
	}
	switch {
	case !parsed.Known:
		return nil, "", false
	case !parsed.Scaled:
		return r.on(parsed.Value)
	}
	five := parsed.OnFive()
	return five, parsed.Raw(), five != nil
}

// on reads a number on the definition's scale.
func (r Rating) on(value float64) (*float64, string, bool) {
	best, worst := r.scale()
	shown := rating.Rating{Text: strconv.FormatFloat(math.Round(value*100)/100, 'f', -1, 64), Value: value, Best: best, Worst: math.NaN(), Known: true}
	if r.Worst != nil {
		shown.Worst = worst
	}
	five := shown.OnFive()
	return five, shown.Raw(), five != nil
}

func firstGroup(re *regexp.Regexp, s string) string {
	if m := re.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}

var outOf = regexp.MustCompile(`(?i)[0-9]{1,4}(?:[.,][0-9]{1,4})?\s*(?:/|out of|of|sur|von|de)\s*[0-9]{1,4}`)
