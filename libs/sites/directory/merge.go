package directory

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/sites/rating"
)

// maxMerged bounds the comparison of reviews without ids, which is quadratic
// for those of one author; a page has some tens of reviews.
const maxMerged = 1_000

// merge brings descriptions of one review together: a page that carries JSON-LD
// and microdata shows every review twice. Descriptions with the same id are one
// review. Otherwise one from each markup are one review when nothing in them
// contradicts and their texts agree, where one may be cut short.
func (p *page) merge(all []*found) []*found {
	var out []*found
	byID := map[string]*found{}
	for _, f := range all {
		if same := knownBy(byID, f); same != nil {
			same.take(f)
			continue
		}
		if len(all) <= maxMerged {
			i := slices.IndexFunc(out, func(o *found) bool { return o.sameReview(f) })
			if i >= 0 {
				out[i].take(f)
				remember(byID, out[i])
				continue
			}
		}
		out = append(out, f)
		remember(byID, f)
	}
	return out
}

func knownBy(byID map[string]*found, f *found) *found {
	for _, id := range f.ids {
		if o, ok := byID[id.key()]; ok {
			return o
		}
	}
	return nil
}

func remember(byID map[string]*found, f *found) {
	for _, id := range f.ids {
		byID[id.key()] = f
	}
}

// sameReview compares two descriptions that share no id.
func (f *found) sameReview(o *found) bool {
	if f.source == o.source {
		// Within one markup, two ids are two reviews; without, only a full copy
		// is the same one.
		return len(f.ids) == 0 && len(o.ids) == 0 && f.Text == o.Text && f.Author == o.Author &&
			f.PostedAt.Equal(o.PostedAt) && f.rating.Text == o.rating.Text
	}
	if f.merged() || o.merged() {
		return false
	}
	if f.Author != "" && o.Author != "" && fold(f.Author) != fold(o.Author) {
		return false
	}
	if !f.PostedAt.IsZero() && !o.PostedAt.IsZero() && !closeDates(f, o) {
		return false
	}
	if f.rating.Known && o.rating.Known && f.rating.Value != o.rating.Value && f.rating.Raw() != o.rating.Raw() &&
		!equalRatings(f.rating, o.rating) {
		return false
	}
	a, b := f.folded(), o.folded()
	if a == b {
		return a != "" || (f.Author != "" && !f.PostedAt.IsZero() && f.Author == o.Author && closeDates(f, o))
	}
	return cutOf(a, b) || cutOf(b, a)
}

// closeDates allows a day where one side gives no clock: a site writes the day
// of its own time zone.
func closeDates(f, o *found) bool {
	if f.clock && o.clock {
		return f.PostedAt.Equal(o.PostedAt) || f.PostedAt.Truncate(time.Minute).Equal(o.PostedAt.Truncate(time.Minute))
	}
	return sameDay(f.PostedAt, o.PostedAt) || (f.clock != o.clock && f.PostedAt.Sub(o.PostedAt).Abs() <= 24*time.Hour)
}

func equalRatings(a, b rating.Rating) bool {
	x, y := a.OnFive(), b.OnFive()
	return x != nil && y != nil && *x == *y
}

const minCutBytes = 20

// cutOf reports whether short is the beginning of long, with or without dots.
func cutOf(short, long string) bool {
	short = strings.TrimRight(short, ".… ")
	return len(short) >= minCutBytes && strings.HasPrefix(long, short)
}

// folded is kept, because it is compared with every other review.
func (f *found) folded() string {
	if f.foldedText == "" {
		f.foldedText = fold(f.Text)
	}
	return f.foldedText
}

// bothMarkups marks a review that already has its two descriptions.
const bothMarkups source = -1

func (f *found) merged() bool { return f.source == bothMarkups }

// take adds what o knows. The fuller text wins; of two equal ones that with its
// line breaks does.
func (f *found) take(o *found) {
	if f.source != o.source {
		f.source = bothMarkups
	}
	ft, ot := f.folded(), o.folded()
	if len(ot) > len(ft) || (len(ot) == len(ft) && strings.Count(o.Text, "\n") > strings.Count(f.Text, "\n")) {
		f.Text, f.foldedText = o.Text, ot
	}
	setIfEmpty(&f.Author, o.Author)
	setIfEmpty(&f.Title, o.Title)
	setIfEmpty(&f.URL, o.URL)
	if f.PostedAt.IsZero() || (o.clock && !f.clock) {
		f.PostedAt, f.clock = o.PostedAt, o.clock
	}
	if f.UpdatedAt.IsZero() {
		f.UpdatedAt = o.UpdatedAt
	}
	if !f.rating.Known {
		f.rating = o.rating
	}
	if f.Reply == nil {
		f.Reply = o.Reply
	}
	if f.SubRatings == nil {
		f.SubRatings = maps.Clone(o.SubRatings)
	}
	f.ids = append(f.ids, o.ids...)
}
