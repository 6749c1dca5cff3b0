package digest_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/response-workflow/digest"
	"github.com/bedside-health/bedside/services/response-workflow/notify"
)

var newYork = notify.Zone("America/New_York")

func week(t *testing.T) digest.Week {
	t.Helper()
	w, err := digest.ParseWeek("2026-W47", newYork)
	require.NoError(t, err)
	return w
}

func TestParseWeek_Names_GiveMondayToSundayOrAnError(t *testing.T) {
	w := week(t)
	require.Equal(t, time.Date(2026, 11, 16, 0, 0, 0, 0, newYork), w.From)
	require.Equal(t, time.Date(2026, 11, 23, 0, 0, 0, 0, newYork), w.To)
	require.Equal(t, w, digest.Last(time.Date(2026, 11, 23, 0, 0, 0, 0, newYork), newYork))
	require.Equal(t, "2026-W46", digest.Last(time.Date(2026, 11, 22, 23, 59, 0, 0, newYork), newYork).Name)
	short, err := digest.ParseWeek("2026-W10", newYork) // clocks jump on its Sunday
	require.NoError(t, err)
	require.Equal(t, 167*time.Hour, short.To.Sub(short.From))
	long, err := digest.ParseWeek("2026-W53", newYork)
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 12, 28, 0, 0, 0, 0, newYork), long.From)
	require.Equal(t, "2026-W53", digest.Last(time.Date(2027, 1, 6, 9, 0, 0, 0, newYork), newYork).Name)
	for _, bad := range []string{"", "2026-47", "2026-W00", "2026-W54", "2027-W53", "2026-W4", "2026-W477", "x2026-W47"} {
		_, err := digest.ParseWeek(bad, newYork)
		require.Error(t, err, bad)
	}
}

func at(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, newYork).UTC() }

func rated(id, location string, stars float64, posted time.Time, tags ...review.Tag) collections.Review {
	return collections.Review{
		Base: docstore.Base{ID: id, OrgID: "o1"}, LocationID: location, Site: "google", Rating: &stars, PostedAt: posted,
		Author: "Secret Author", Text: "Fine.", Analysis: review.Analysis{Tags: tags, Overall: review.Positive},
	}
}

func number(v float64) *float64 { return &v }

func input(t *testing.T) digest.Input {
	t.Helper()
	tag := func(topic review.Topic, p review.Polarity) review.Tag { return review.Tag{Topic: topic, Polarity: p} }
	a := rated("a", "l1", 5, at(16, 0), tag(review.WaitTimes, review.Negative), tag(review.Billing, review.Mixed))
	b := rated("b", "l1", 2, at(22, 23), tag(review.WaitTimes, review.Positive))
	c := rated("c", "l2", 4, at(18, 9), tag(review.WaitTimes, review.Negative))
	before := rated("d", "l1", 3, at(15, 23), tag(review.WaitTimes, review.Negative), tag(review.Facility, review.Positive))
	unrated := rated("e", "l2", 1, at(10, 9))
	unrated.Rating = nil
	tooOld, tooNew := rated("f", "l1", 1, at(8, 23)), rated("g", "l1", 1, at(23, 0))
	gone := rated("h", "l1", 1, at(18, 9))
	gone.Removed = true
	elsewhere := rated("i", "l9", 1, at(18, 9))
	a.SourceReply = &events.Reply{Text: "Thank you."}
	a.Case.FirstReply = collections.Clock{MetAt: at(17, 9), SpentSeconds: 3600}
	b.Publication = &collections.Publication{State: collections.PublicationPublished}
	b.Case.FirstReply = collections.Clock{MetAt: at(23, 9), SpentSeconds: 7200}
	c.Publication = &collections.Publication{State: collections.PublicationFailed}
	c.Case.FirstReply = collections.Clock{SpentSeconds: 99999}
	promised := collections.Review{Base: docstore.Base{ID: "p"}, LocationID: "l1", Commitments: []collections.Commitment{
		{ID: "c2", Text: "call Mrs. Secret", OwnerID: "ana", DueAt: at(25, 9)}, {ID: "c1", OwnerID: "ana", DueAt: at(20, 9)},
		{ID: "c3", OwnerID: "ana", DueAt: at(20, 9), DoneAt: at(19, 9)}, {ID: "c4", OwnerID: "ana", DueAt: at(20, 9), Dropped: true},
	}}
	return digest.Input{
		Title:     "Bright Smiles",
		Locations: []collections.Location{{Base: docstore.Base{ID: "l1"}, Name: "Mill Street"}, {Base: docstore.Base{ID: "l2"}, Name: "Harbour"}},
		People:    []collections.Person{{Base: docstore.Base{ID: "ana"}, Name: "Ana Lee"}},
		Reviews:   []collections.Review{a, b, c, before, unrated, tooOld, tooNew, gone, elsewhere},
		Promised:  []collections.Review{promised}, Overdue: 2, Now: at(23, 7),
	}
}

func TestMake_TwoWeeks_CountsEachReviewInItsWeek(t *testing.T) {
	d := digest.Make(input(t), week(t))
	require.Equal(t, digest.Count{Now: number(3), Before: number(2)}, d.Reviews)
	require.Equal(t, digest.Count{Now: number(11.0 / 3), Before: number(3)}, d.Rating)
	require.Equal(t, digest.Count{Now: number(2.0 / 3), Before: number(0)}, d.Answered)
	require.Equal(t, digest.Count{Now: number(5400)}, d.MedianReplySeconds)
	require.Equal(t, 2, d.Overdue)
	require.Equal(t, []digest.Topic{
		{Topic: "wait_times", Positive: 1, Negative: 2, BeforeNegative: 1}, {Topic: "billing", Mixed: 1}, {Topic: "facility", BeforePositive: 1},
	}, d.Topics)
	require.Equal(t, []string{"Harbour", "Mill Street"}, []string{d.Locations[0].Name, d.Locations[1].Name})
	require.Equal(t, digest.Count{Now: number(2), Before: number(1)}, d.Locations[1].Reviews)
	require.Equal(t, digest.Count{Now: number(4)}, d.Locations[0].Rating)
	require.Len(t, d.Commitments, 2)
	require.Equal(t, []string{"c1", "missed", "c2", "open"}, []string{d.Commitments[0].ID, d.Commitments[0].State, d.Commitments[1].ID, d.Commitments[1].State})
	require.False(t, d.Empty())
	require.True(t, digest.Make(digest.Input{Title: "x"}, week(t)).Empty())
}

func TestMake_ReviewsInAnyOrder_GiveTheSameDigest(t *testing.T) {
	in := input(t)
	for i := range 6 {
		doc := rated(fmt.Sprint("m", i), "l1", 5, at(17, i), review.Tag{Topic: review.Facility, Polarity: review.Positive})
		doc.Text = kind
		doc.Analysis.Mentions = []review.Mention{{Name: []string{"Dr. Lee", "Dr Lee", "Dr. Sarah Lee"}[i%3], Polarity: review.Positive}}
		in.Reviews = append(in.Reviews, doc)
	}
	want, err := json.Marshal(digest.Make(in, week(t)))
	require.NoError(t, err)
	require.Contains(t, string(want), `"review_id":"m0"`)
	for seed := range 20 {
		rand.New(rand.NewPCG(uint64(seed), 1)).Shuffle(len(in.Reviews), func(i, j int) { in.Reviews[i], in.Reviews[j] = in.Reviews[j], in.Reviews[i] })
		got, err := json.Marshal(digest.Make(in, week(t)))
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(got))
	}
}

func praise(names ...string) []digest.Praised {
	b := digest.New(digest.Week{From: at(16, 0), To: at(23, 0)}, []collections.Location{{Base: docstore.Base{ID: "l1"}}})
	for i, name := range names {
		doc := rated(fmt.Sprint(i), "l1", 5, at(17, 1))
		for one := range strings.SplitSeq(name, "+") {
			p := review.Positive
			if after, ok := strings.CutPrefix(one, "-"); ok {
				one, p = after, review.Negative
			}
			doc.Analysis.Mentions = append(doc.Analysis.Mentions, review.Mention{Name: one, Polarity: p})
		}
		b.Add(&doc)
	}
	return b.Digest("", 0).Praised
}

func TestPraised_SpellingsOfAName_AreOnePerson(t *testing.T) {
	require.Equal(t, []digest.Praised{{Name: "Dr. Lee", Count: 4}, {Name: "Maria", Count: 1}}, praise("Dr. Lee", "Dr Lee+Maria", "dr.  lee+Dr. Lee", "Doctor Lee", "-Maria", "-Dr. Lee"))
	require.Equal(t, []digest.Praised{{Name: "Dr. Sarah Lee", Count: 2}}, praise("Dr. Lee", "Dr. Sarah Lee"))
	require.Equal(t, []digest.Praised{{Name: "Dr. Adam Lee", Count: 1}, {Name: "Dr. Lee", Count: 1}, {Name: "Dr. Sarah Lee", Count: 1}}, praise("Dr. Lee", "Dr. Sarah Lee", "Dr. Adam Lee"), "nobody can tell which")
	require.Equal(t, []digest.Praised{{Name: "Dr. Lee", Count: 1}, {Name: "Lee", Count: 1}}, praise("Dr. Lee", "Lee"), "a first name is another person")
	require.Equal(t, []digest.Praised{}, praise("...", "-Dr. No"))
}

const kind = "I was so nervous before my root canal. Dr. Lee explained every step and took the time to answer all my questions. " +
	"When I got scared, Maria held my hand until it was over."

func momentOf(t *testing.T, change func(*collections.Review)) *digest.Moment {
	t.Helper()
	doc := rated("m", "l1", 5, at(17, 1))
	doc.Text = kind
	change(&doc)
	return digest.Make(digest.Input{Locations: []collections.Location{{Base: docstore.Base{ID: "l1"}}}, Reviews: []collections.Review{doc}}, week(t)).Moment
}

func TestMoment_Reviews_QuotedOnlyWhereWorthReadingOut(t *testing.T) {
	got := momentOf(t, func(*collections.Review) {})
	require.Equal(t, &digest.Moment{ReviewID: "m", Quote: kind, Site: "google", LocationID: "l1", PostedAt: at(17, 1)}, got)
	for name, change := range map[string]func(*collections.Review){
		"not positive":    func(d *collections.Review) { d.Analysis.Overall = review.Mixed },
		"urgent":          func(d *collections.Review) { d.Analysis.Urgent = []review.Urgent{review.Privacy} },
		"removed":         func(d *collections.Review) { d.Removed = true },
		"an excerpt":      func(d *collections.Review) { d.Excerpt = true },
		"of another week": func(d *collections.Review) { d.PostedAt = at(12, 1) },
		"too short":       func(d *collections.Review) { d.Text = "Maria held my hand." },
		"nothing kind in it": func(d *collections.Review) {
			d.Text = strings.Repeat("The building is new and it has a large parking lot. ", 4)
		},
		"it shouts":         func(d *collections.Review) { d.Text = strings.ToUpper(kind) },
		"one long sentence": func(d *collections.Review) { d.Text = strings.Repeat("she was kind and ", 30) },
		"not a text":        func(d *collections.Review) { d.Text = kind + "\xff" },
	} {
		require.Nil(t, momentOf(t, change), name)
	}
}

func TestMoment_LongReviews_QuotedBySentences(t *testing.T) {
	got := momentOf(t, func(d *collections.Review) {
		d.Text = strings.Repeat("The office is on the second floor and has many chairs. ", 12) + kind + " " + strings.Repeat("The office is on the second floor and has many chairs. ", 12)
	})
	require.Contains(t, got.Quote, "held my hand")
	require.LessOrEqual(t, len(strings.Fields(got.Quote)), digest.MaxMomentWords)
	require.True(t, strings.HasSuffix(got.Quote, "."))

	private := momentOf(t, func(d *collections.Review) { d.Text = kind + " Call me at 555-010-0199 if you like." })
	require.Equal(t, kind, private.Quote)
	bad := " The bill was wrong and nobody cared about it."
	negative := momentOf(t, func(d *collections.Review) {
		d.Text = kind + bad
		d.Analysis.Tags = []review.Tag{{Topic: review.Billing, Polarity: review.Negative, Evidence: []review.Evidence{{Start: len(kind) + 5, End: len(kind) + 15}}}}
	})
	require.Equal(t, kind, negative.Quote)
}

func FuzzMake_AnyText_QuotesWholeWordsOfIt(f *testing.F) {
	f.Add(kind)
	f.Add("“She held my hand.” Yes! \"Kind?\" (Very.)\n\nDr. J. Lee…\u2029 i.e. caring")
	f.Add("\xff. \x00! kind")
	f.Fuzz(func(t *testing.T, text string) {
		doc := rated("m", "l1", 5, at(17, 1))
		doc.Text = text
		doc.Analysis.Mentions = []review.Mention{{Name: text, Polarity: review.Positive, Start: 1, End: len(text)}}
		d := digest.Make(digest.Input{Title: text, Locations: []collections.Location{{Base: docstore.Base{ID: "l1"}, Name: text}}, Reviews: []collections.Review{doc}}, week(t))
		if d.Moment != nil {
			require.Contains(t, strings.Join(strings.Fields(text), " "), d.Moment.Quote)
			n := len(strings.Fields(d.Moment.Quote))
			require.True(t, digest.MinMomentWords <= n && n <= digest.MaxMomentWords, n)
		}
		digest.Compose(d, "https://reviews.example.org", newYork)
	})
}

func TestCompose_AWeek_SaysItInWordsAndLoadsNothing(t *testing.T) {
	in := input(t)
	doc := rated("m", "l1", 5, at(17, 1))
	doc.Text = kind
	doc.Analysis.Mentions = []review.Mention{{Name: "Dr. Lee <b>", Polarity: review.Positive}}
	in.Reviews = append(in.Reviews, doc)
	in.Locations[0].Name = "Mill <Street>"
	d := digest.Make(in, week(t))
	m := digest.Compose(d, "https://reviews.example.org", newYork)
	require.Equal(t, "Your week at Bright Smiles: 4 reviews", m.Subject)
	for _, want := range []string{
		"November 16 to November 22, 2026", "Maria held my hand", "https://reviews.example.org/reviews/m", "50%", "90 minutes", "Dr. Lee",
		"Friday, November 20", "Ana Lee", "Wednesday, November 25", "https://reviews.example.org/reviews/p", "wait times", "up 2",
		"https://reviews.example.org/digest?week=2026-W47", "https://reviews.example.org/settings/notifications",
	} {
		require.Contains(t, m.Text, want)
		require.Contains(t, html.UnescapeString(m.HTML), want)
	}
	for _, part := range []string{m.Text, m.HTML} {
		require.NotContains(t, part, "Secret", "neither author nor what staff promised")
	}
	require.NotContains(t, m.HTML, "<Street>")
	require.Less(t, len(m.HTML), 60_000)
	z := html.NewTokenizer(strings.NewReader(m.HTML))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		token := z.Token()
		require.NotContains(t, []string{"script", "img", "link", "iframe", "style", "object", "svg", "form", "b"}, token.Data)
		for _, a := range token.Attr {
			require.NotContains(t, []string{"src", "background", "class"}, a.Key)
			require.NotRegexp(t, `url\(|min-width|[^-]width:\d{3}`, a.Val, "it fits 320 px and loads nothing")
			if a.Key == "width" {
				require.Equal(t, "100%", a.Val)
			}
		}
	}
}
