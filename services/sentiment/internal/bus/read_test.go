package bus

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
)

// ordinary is an event as the scraper writes it, with every field.
func ordinary() events.ReviewCollected {
	rating, at := 3.5, time.Date(2026, 3, 1, 9, 0, 0, 123_456_789, time.UTC)
	return events.ReviewCollected{
		EventID: "e", OrgID: "o", ReviewID: review.ID("o", "google", "x"), ListingID: "l", LocationID: "loc", Site: "google", ExternalID: "x",
		Change: events.Edited, Version: 12, URL: "https://site.example/r/1?a=b&c=d", Author: "Ada \"A\" O’Neil", Rating: &rating, RawRating: "3½",
		SubRatings: map[string]float64{"staff": 2, "punctuality": 4.5}, Title: "Fine", Text: "Line\nand <b>tab</b>\t\u2028 \\ \"quoted\" 🙂", Excerpt: true,
		PostedAt: at.Add(-time.Hour), SourceUpdatedAt: at.Add(-time.Minute), FirstSeenAt: at, ObservedAt: at,
		Reply: &events.Reply{Text: "Thanks", UpdatedAt: at, State: events.ReplyRejected, Problem: "too long"},
	}
}

func TestReadCollected_EventAsWeWriteIt_IsPlainAndWhole(t *testing.T) {
	data, err := events.Encode(ordinary())
	require.NoError(t, err)
	got, plain, err := readCollected(data)
	require.NoError(t, err)
	require.True(t, plain)
	require.Equal(t, ordinary(), got)
}

func TestReadCollected_ExamplesOfTheSpecification_ArePlain(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "..", "api-specs", "events", "examples", "*collected*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		want, err := events.DecodeReviewCollected(data)
		require.NoError(t, err)
		got, plain, err := readCollected(data)
		require.NoError(t, err)
		require.True(t, plain, file)
		require.Equal(t, want, got)
	}
}

// What would not mean the same to every reader once something is appended to it, or is
// just rare, is read by encoding/json.
func TestReadCollected_UnusualJSON_IsReadButNotPlain(t *testing.T) {
	data, err := events.Encode(ordinary())
	require.NoError(t, err)
	for _, extra := range []string{`"analysis":{"mentions":[{"name":"x"}]}`, `"tagged_at":"2026-01-01T00:00:00Z"`, `"Text":"other"`, `"text":"again"`, `"later":1`, `"reply":null`} {
		unusual := strings.TrimSuffix(string(data), "}") + "," + extra + "}"
		want, err := events.DecodeReviewCollected([]byte(unusual))
		require.NoError(t, err)
		got, plain, err := readCollected([]byte(unusual))
		require.NoError(t, err)
		require.False(t, plain, extra)
		require.Equal(t, want, got)
	}
}

func FuzzReadCollected_SameAsEncodingJSON(f *testing.F) {
	data, err := events.Encode(ordinary())
	require.NoError(f, err)
	f.Add(data)
	f.Add([]byte(`{"event_id":"e"}`))
	f.Add([]byte("{} \n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		want, wantErr := events.DecodeReviewCollected(data)
		got, plain, err := readCollected(data)
		require.Equal(t, wantErr == nil, err == nil, "%v, %v", wantErr, err)
		if err != nil {
			require.Equal(t, wantErr.Error(), err.Error())
			return
		}
		require.Equal(t, want, got)
		if !plain {
			return
		}
		a, _ := sound(got.Text, review.Analysis{Version: "1", Overall: review.Negative})
		out, err := writeTagged(data, a, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		require.NoError(t, err)
		tagged, err := events.DecodeReviewTagged(out)
		require.NoError(t, err)
		require.Equal(t, want, tagged.ReviewCollected)
		require.Equal(t, review.Negative, tagged.Analysis.Overall)
	})
}

// FuzzSound_AnyAnalysis_IsAValidEvent lets an analyzer say anything.
func FuzzSound_AnyAnalysis_IsAValidEvent(f *testing.F) {
	f.Add("rude staff", "staff_attitude", "negative", "privacy", "en", 0, 4, 5, 10)
	f.Add("é", "own.é", "", "x", "\xff", 0, 1, -1, 3)
	f.Fuzz(func(t *testing.T, text, topic, polarity, flag, language string, start, end, from, to int) {
		e := ordinary()
		e.Text = strings.ToValidUTF8(text, "?")
		quote := ""
		if spans(e.Text, start, end) {
			quote = e.Text[start:end]
		}
		tag := review.Tag{Topic: review.Topic(topic), Polarity: review.Polarity(polarity), Evidence: []review.Evidence{{Start: start, End: end, Quote: quote, Rule: "r"}}}
		a, _ := sound(e.Text, review.Analysis{
			Version: "1", Language: language, Overall: review.Polarity(polarity), Tags: []review.Tag{tag, tag}, Urgent: []review.Urgent{review.Urgent(flag)},
			Mentions: []review.Mention{{Name: text, Role: language, Polarity: review.Polarity(polarity), Start: from, End: to}},
		})
		data, err := events.Encode(e)
		if err != nil {
			return // The text is too long for an event.
		}
		out, err := writeTagged(data, a, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		require.NoError(t, err)
		_, err = events.DecodeReviewTagged(out)
		require.NoError(t, err)
	})
}

func BenchmarkReadCollected(b *testing.B) {
	e := ordinary()
	e.Text = strings.Repeat("The dentist was gentle, but the front desk was \"rude\" again. ", 8)
	data, err := events.Encode(e)
	require.NoError(b, err)
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, plain, err := readCollected(data)
			require.True(b, plain && err == nil)
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := events.DecodeReviewCollected(data)
			require.NoError(b, err)
		}
	})
}
