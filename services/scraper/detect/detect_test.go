package detect_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/scraper/detect"
)

var (
	lake = detect.Listing{OrgID: "org", ID: "l1", LocationID: "loc", Site: "google"}
	noon = time.Date(2026, 5, 4, 12, 0, 0, 123456789, time.UTC)
)

func shown(text string) sites.Review {
	four := 4.0
	return sites.Review{ExternalID: "x1", Author: "Ann", Rating: &four, Text: text, PostedAt: noon.Add(-time.Hour)}
}

// first is the fingerprint after a first observation.
func first(t *testing.T, r sites.Review) collections.Fingerprint {
	t.Helper()
	c, ok := detect.Compare(lake, nil, r, noon)
	require.True(t, ok)
	return c.Next
}

func TestCompare_FirstSight_IsPostedVersionOne(t *testing.T) {
	c, ok := detect.Compare(lake, nil, shown("text"), noon)
	require.True(t, ok)
	require.True(t, c.New)
	require.NoError(t, c.Event.Validate())
	require.Equal(t, events.Posted, c.Event.Change)
	require.Equal(t, 1, c.Event.Version)
	require.Equal(t, noon.Truncate(time.Millisecond), c.Event.ObservedAt, "times have the store's precision")
	require.Equal(t, c.Event.ReviewID, c.Next.ID)
	require.Equal(t, c.Event.EventID, c.Next.Payload.EventID)
	require.False(t, c.Next.Confirmed)

	again, _ := detect.Compare(lake, nil, shown("text"), noon)
	require.Equal(t, c.Event.EventID, again.Event.EventID, "the same observation has the same id")
}

func TestCompare_EveryPartOfContent_MakesAVersion(t *testing.T) {
	known := first(t, shown("text"))
	three := 3.0
	for name, change := range map[string]func(*sites.Review){
		"text":       func(r *sites.Review) { r.Text = "other" },
		"author":     func(r *sites.Review) { r.Author = "Bea" },
		"rating":     func(r *sites.Review) { r.Rating = &three },
		"no rating":  func(r *sites.Review) { r.Rating = nil },
		"moved word": func(r *sites.Review) { r.Author, r.Text = "Annt", "ext" },
	} {
		t.Run(name, func(t *testing.T) {
			r := shown("text")
			change(&r)
			c, ok := detect.Compare(lake, &known, r, noon.Add(time.Minute))
			require.True(t, ok)
			require.Equal(t, events.Edited, c.Event.Change)
			require.Equal(t, 2, c.Event.Version)
			require.Equal(t, known.FirstSeenAt, c.Event.FirstSeenAt)
			_, ok = detect.Compare(lake, &c.Next, r, noon.Add(time.Hour))
			require.False(t, ok, "the same again says nothing new")
		})
	}
}

func TestCompare_PartsThatAreNotContent_SayNothing(t *testing.T) {
	known := first(t, shown("text"))
	r := shown("text")
	r.UpdatedAt, r.URL, r.PostedAt = noon, "https://example.org/1", noon.Add(-2*time.Hour)
	_, ok := detect.Compare(lake, &known, r, noon.Add(time.Minute))
	require.False(t, ok)
}

func TestCompare_ClockBehind_ObservationTimesStillGrow(t *testing.T) {
	known := first(t, shown("text"))
	c, ok := detect.Compare(lake, &known, shown("edited"), noon.Add(-time.Hour))
	require.True(t, ok)
	require.True(t, c.Event.ObservedAt.After(known.SeenAt))
}

func TestCompare_ReplyWhileTextIsUnconfirmed_KeepsTheTextsChange(t *testing.T) {
	known := first(t, shown("text"))
	r := shown("text")
	r.Reply = &events.Reply{Text: "thanks"}
	c, ok := detect.Compare(lake, &known, r, noon.Add(time.Minute))
	require.True(t, ok)
	require.Equal(t, events.SourceReply, c.Event.Change)
	require.Equal(t, events.Posted, c.Next.Payload.Change, "lost together, both are made up by one event")
	require.Equal(t, "thanks", c.Next.Payload.Reply.Text)

	known.Confirmed, known.Payload = true, nil
	c, _ = detect.Compare(lake, &known, r, noon.Add(time.Minute))
	require.Equal(t, events.SourceReply, c.Next.Payload.Change)
}

func TestApply_FingerprintChangedMeanwhile_IsLeftAlone(t *testing.T) {
	known := first(t, shown("text"))
	c, _ := detect.Compare(lake, &known, shown("edited"), noon.Add(time.Minute))
	other, _ := detect.Compare(lake, &known, shown("edited otherwise"), noon.Add(2*time.Minute))
	doc := other.Next
	doc.Rev = 7
	require.False(t, c.Apply(&doc))
	require.Equal(t, other.Next.Hash, doc.Hash)
	doc = known
	doc.Rev = 7
	require.True(t, c.Apply(&doc))
	require.EqualValues(t, 7, doc.Rev, "the store's revision is the store's")
	require.Equal(t, c.Next.Hash, doc.Hash)
}

func TestApply_OnlySeenAgain_KeepsWhatTheInboxConfirmed(t *testing.T) {
	known := first(t, shown("text"))
	known.MissedAt = noon
	c, ok := detect.Compare(lake, &known, shown("text"), noon.Add(time.Minute))
	require.True(t, ok)
	require.Nil(t, c.Event)
	doc := known
	doc.Confirmed, doc.Payload = true, nil
	require.True(t, c.Apply(&doc))
	require.True(t, doc.MissedAt.IsZero())
	require.True(t, doc.Confirmed)
	require.Nil(t, doc.Payload)
}

func TestMissing_ByWhatTheInboxLacks(t *testing.T) {
	known := first(t, shown("text"))
	edit, _ := detect.Compare(lake, &known, shown("second"), noon.Add(time.Minute))
	at := func(f collections.Fingerprint, text string, version int, change ...func(*collections.Review)) *collections.Review {
		four := 4.0
		r := &collections.Review{Author: "Ann", Rating: &four, Text: text, Version: version, ObservedAt: f.SeenAt}
		for _, c := range change {
			c(r)
		}
		return r
	}
	removal := detect.Remove(edit.Next, *at(edit.Next, "second", 2), noon.Add(time.Hour))
	older := func(r *collections.Review) { r.ObservedAt = r.ObservedAt.Add(-time.Second) }
	for name, c := range map[string]struct {
		known collections.Fingerprint
		shown *collections.Review
		want  events.Change
	}{
		"arrived":                     {known, at(known, "text", 1), ""},
		"never arrived":               {known, nil, events.Posted},
		"edit lost":                   {edit.Next, at(known, "text", 1), events.Edited},
		"both lost":                   {edit.Next, nil, events.Edited},
		"edit arrived":                {edit.Next, at(edit.Next, "second", 2), ""},
		"inbox is ahead":              {known, at(known, "other", 3), ""},
		"same version, older words":   {edit.Next, at(edit.Next, "draft", 2, older), events.Edited},
		"same version, later words":   {edit.Next, at(edit.Next, "later", 2), ""},
		"removal lost":                {removal.Next, at(edit.Next, "second", 2), events.Removed},
		"removal arrived":             {removal.Next, at(edit.Next, "second", 2, func(r *collections.Review) { r.Removed = true }), ""},
		"erased and removed":          {removal.Next, nil, ""},
		"shown as removed wrongfully": {edit.Next, at(edit.Next, "second", 2, func(r *collections.Review) { r.Removed = true }), events.Edited},
		"reply gone from the site": {edit.Next, at(edit.Next, "second", 2, func(r *collections.Review) {
			r.SourceReply = &events.Reply{Text: "old"}
		}), events.SourceReply},
	} {
		t.Run(name, func(t *testing.T) {
			event := detect.Missing(c.known, c.shown)
			if c.want == "" {
				require.Nil(t, event)
				return
			}
			require.NotNil(t, event)
			require.Equal(t, c.want, event.Change)
			require.Equal(t, c.known.Version, event.Version)
			require.Equal(t, c.known.Payload.Text, event.Text)
		})
	}
}

func TestClean_Limits_RefuseWholeReviews(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*sites.Review)
		want   detect.Fault
	}{
		"sound":       {func(*sites.Review) {}, detect.Sound},
		"at limit":    {func(r *sites.Review) { r.Text = strings.Repeat("x", events.MaxTextBytes) }, detect.Sound},
		"text":        {func(r *sites.Review) { r.Text = strings.Repeat("x", events.MaxTextBytes+1) }, detect.TextTooLong},
		"grown text":  {func(r *sites.Review) { r.Text = strings.Repeat("\x00", events.MaxTextBytes/2) }, detect.TextTooLong},
		"author":      {func(r *sites.Review) { r.Author = strings.Repeat("x", events.MaxAuthorBytes+1) }, detect.AuthorTooLong},
		"no id":       {func(r *sites.Review) { r.ExternalID = "" }, detect.NoID},
		"id too long": {func(r *sites.Review) { r.ExternalID = strings.Repeat("x", detect.MaxExternalIDBytes+1) }, detect.IDTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			r := shown("text")
			c.change(&r)
			_, fault := detect.Clean(r, noon)
			require.Equal(t, c.want, fault)
			if fault != detect.Sound {
				require.NotEmpty(t, fault.Describe())
			}
		})
	}
}

func TestClean_ForeignValues_BecomeSane(t *testing.T) {
	r := shown(" keeps  its\n spaces <b> ")
	nan, six := math.NaN(), 6.0
	r.Rating = &nan
	r.SubRatings = map[string]float64{"staff": 4, "punctuality": six, "": 3}
	r.URL = "javascript:alert(1)"
	r.PostedAt, r.UpdatedAt = time.Unix(0, 0), noon.AddDate(1, 0, 0)
	r.Reply = &events.Reply{Text: "thanks \xff", UpdatedAt: noon}
	out, fault := detect.Clean(r, noon)
	require.Equal(t, detect.Sound, fault)
	require.Equal(t, " keeps  its\n spaces <b> ", out.Text)
	require.Nil(t, out.Rating)
	require.Equal(t, map[string]float64{"staff": 4}, out.SubRatings)
	require.Empty(t, out.URL)
	require.True(t, out.PostedAt.IsZero())
	require.True(t, out.UpdatedAt.IsZero())
	require.Equal(t, "thanks \uFFFD", out.Reply.Text)
	require.Equal(t, "thanks \xff", r.Reply.Text, "what was given is not changed")
}

// FuzzClean holds Clean to its promise: what it lets through can be published and
// stored, and cleaning it again changes nothing.
func FuzzClean(f *testing.F) {
	f.Add("x1", "Ann", "text", "4/5", "https://example.org/a b", 4.0, int64(1_700_000_000), "thanks")
	f.Add("\x00", "\xff", "\u202e<script>", "", "http://[::1", math.Inf(1), int64(-1), "\x00")
	f.Fuzz(func(t *testing.T, id, author, text, raw, url string, rating float64, posted int64, reply string) {
		in := sites.Review{
			ExternalID: id, Author: author, Text: text, RawRating: raw, URL: url, Rating: &rating,
			SubRatings: map[string]float64{author: rating}, PostedAt: time.Unix(posted, 0), Reply: &events.Reply{Text: reply},
		}
		out, fault := detect.Clean(in, noon)
		if fault != detect.Sound {
			return
		}
		again, fault := detect.Clean(out, noon)
		require.Equal(t, detect.Sound, fault)
		require.Equal(t, out, again)
		c, ok := detect.Compare(lake, nil, out, noon)
		require.True(t, ok)
		data, err := events.Encode(c.Event)
		if err != nil {
			require.ErrorContains(t, err, "external_id", "only the characters of an id are judged by the event alone")
			return
		}
		back, err := events.DecodeReviewCollected(data)
		require.NoError(t, err)
		require.Equal(t, c.Next.Hash, detect.ContentHash(back.Author, back.Rating, back.Title, back.Text))
		require.Equal(t, c.Next.ReplyHash, detect.ReplyHash(back.Reply))
	})
}
