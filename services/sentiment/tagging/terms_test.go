package tagging_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/tagging"
)

// ownTerms are the terms of a practice that calls its things by names of its own.
func ownTerms() review.Lexicon {
	return review.Lexicon{
		Revision: 12,
		Topics:   []review.OwnTopic{{Key: "own.garage", Name: "Garage"}, {Key: "own.smile_club", Name: "Smile Club"}},
		Terms: []review.Term{
			{Phrase: "parkhaus", Kind: review.TermTopic, Topic: "own.garage"},
			{Phrase: "Level 66", Kind: review.TermTopic, Topic: "own.garage"},
			{Phrase: "Gentle Smiles Club", Kind: review.TermTopic, Topic: "own.smile_club"},
			{Phrase: "snake pit", Kind: review.TermTopic, Topic: review.Facility, Polarity: review.Negative},
			{Phrase: "welcome crew", Kind: review.TermTopic, Topic: review.StaffAttitude},
			{Phrase: "Dr. Bee", Kind: review.TermPerson, Name: "Dr. Beatrice Okafor", Role: "dentist"},
			{Phrase: "Smiley", Kind: review.TermPerson, Name: "Ann Wu", Role: "receptionist"},
			{Phrase: "Rude Street", Kind: review.TermIgnore},
			{Phrase: "¡café!", Kind: review.TermTopic, Topic: "own.smile_club", Polarity: review.Positive},
		},
	}
}

func withTerms(t testing.TB, l review.Lexicon) *tagging.Engine {
	t.Helper()
	e, err := engine(t).WithTerms(l)
	require.NoError(t, err)
	return e
}

func TestWithTerms_OwnTopics_TakeTheOpinionsAroundThem(t *testing.T) {
	e := withTerms(t, ownTerms())
	for text, want := range map[string]expectation{
		"The Parkhaus is filthy and awful.":                 {"own.garage": review.Negative},
		"I love the parkhaus.":                              {"own.garage": review.Positive},
		"We left the car in the PARKHAUS.":                  {"own.garage": review.Mixed},
		"Level 66 was terrible.":                            {"own.garage": review.Negative},
		"Level 65 was terrible.":                            {"own.garage": ""},
		"The Gentle Smiles Club is terrible.":               {"own.smile_club": review.Negative, review.ClinicalCare: ""},
		"A snake pit of a lobby.":                           {review.Facility: review.Negative},
		"This is not a snake pit.":                          {review.Facility: review.Positive},
		"My old dentist had a snake pit of a lobby.":        {review.Facility: ""},
		"The welcome crew was rude.":                        {review.StaffAttitude: review.Negative},
		"Smiley was rude to me.":                            {review.StaffAttitude: review.Negative, review.ClinicalCare: ""},
		"Dr. Bee was rude to me.":                           {review.StaffAttitude: "", review.ClinicalCare: review.Negative},
		"They moved to Rude Street.":                        {review.StaffAttitude: "", review.ClinicalCare: ""},
		"The receptionist was rude to me. She was so rude.": {review.StaffAttitude: review.Negative},
		"The CAFE\u0301 on the ground floor!":               {"own.smile_club": review.Positive},
	} {
		a := e.Analyze(text)
		got := expectation{}
		for _, tag := range a.Tags {
			got[tag.Topic] = tag.Polarity
		}
		for topic, polarity := range want {
			require.Equal(t, polarity, got[topic], "%s in %q: %+v", topic, text, a.Tags)
		}
	}
}

func TestWithTerms_Evidence_NamesThePhrase(t *testing.T) {
	a := withTerms(t, ownTerms()).Analyze("Great doctor. The Parkhaus is always awful. It is a Snake  Pit.")
	rules := map[string]string{}
	for _, tag := range a.Tags {
		for _, ev := range tag.Evidence {
			rules[ev.Rule] = ev.Quote
		}
	}
	require.Equal(t, "Parkhaus is always awful", rules["own:parkhaus"])
	require.Equal(t, "Snake  Pit", rules["own:snake pit"])
	last := a.Tags[len(a.Tags)-1].Topic
	require.Equal(t, review.Topic("own.garage"), last, "own topics come after the eight")
}

func TestWithTerms_People_AreMentionedByTheirFullName(t *testing.T) {
	e := withTerms(t, ownTerms())
	a := e.Analyze("Dr Bee is lovely, and Smiley was rude. Dr. Bee again!")
	require.Len(t, a.Mentions, 2)
	require.Equal(t, review.Mention{Name: "Dr. Beatrice Okafor", Role: "dentist", Polarity: review.Positive, Start: 0, End: 6}, a.Mentions[0])
	require.Equal(t, review.Mention{Name: "Ann Wu", Role: "receptionist", Polarity: review.Negative, Start: 22, End: 28}, a.Mentions[1])
}

// TestWithTerms_Version_GrowsWithTheRevision: versions compare as strings, and a
// review tagged with terms must not look newer than one tagged after they were all deleted.
func TestWithTerms_Version_GrowsWithTheRevision(t *testing.T) {
	base := engine(t)
	e := withTerms(t, ownTerms())
	require.Equal(t, tagging.Version+"+000012", e.Version())
	require.Equal(t, e.Version(), e.Analyze("hello").Version)
	later, err := e.WithTerms(review.Lexicon{Revision: 13})
	require.NoError(t, err)
	require.Greater(t, later.Version(), e.Version())
	require.Greater(t, e.Version(), base.Version())
	require.Empty(t, later.Analyze("The parkhaus is a snake pit.").Tags, "terms are replaced, not added to")
	same, err := base.WithTerms(review.Lexicon{})
	require.NoError(t, err)
	require.Same(t, base, same)
	require.Equal(t, tagging.Version, base.Version())
	require.Empty(t, base.Analyze("The parkhaus is a snake pit.").Tags, "the base stays as it was")
}

func TestWithTerms_InvalidLexicon_IsRefused(t *testing.T) {
	_, err := engine(t).WithTerms(review.Lexicon{Revision: 1, Terms: []review.Term{{Phrase: "x", Kind: "guess"}}})
	require.ErrorContains(t, err, "terms[0].kind")
}

// hostileTerms are as many and as long phrases as are allowed, made to begin alike.
func hostileTerms() review.Lexicon {
	l := review.Lexicon{Revision: 1, Topics: []review.OwnTopic{{Key: "own.x", Name: "X"}}}
	for i := range review.MaxTerms {
		phrase := strings.Repeat("a ", 46) + fmt.Sprint(i)
		if i%2 == 1 {
			phrase = fmt.Sprintf("%d %s", i, strings.Repeat("b ", 40))
		}
		l.Terms = append(l.Terms, review.Term{Phrase: strings.TrimSpace(phrase), Kind: review.TermTopic, Topic: "own.x"})
	}
	return l
}

func TestWithTerms_ManyLongPhrases_StayCheapAndBounded(t *testing.T) {
	base := engine(t)
	l := hostileTerms()
	require.NoError(t, l.Validate())
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := cpu(t)
	e, err := base.WithTerms(l)
	require.NoError(t, err)
	took := time.Duration((cpu(t) - start) * float64(time.Second))
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(1<<20), "bytes kept for one organization")
	require.Less(t, took, 100*time.Millisecond, "a bound that only a step out of proportion breaks")
	runtime.KeepAlive(base)

	for name, text := range map[string]string{
		"nearly":  strings.Repeat("a ", 1<<15),
		"numbers": strings.Repeat("1 b 3 b ", 1<<13),
		"hit":     strings.Repeat(l.Terms[0].Phrase+" ", 1<<9),
	} {
		start := cpu(t)
		requireSoundTerms(t, e, text)
		require.Less(t, cpu(t)-start, 2.0, name)
	}
}

func requireSoundTerms(t *testing.T, e *tagging.Engine, text string) {
	t.Helper()
	a := e.Analyze(text)
	for _, tag := range a.Tags {
		require.True(t, tag.Topic.Known())
		require.True(t, tag.Polarity.Valid())
		for _, ev := range tag.Evidence {
			require.Equal(t, text[ev.Start:ev.End], ev.Quote)
		}
	}
}

// FuzzWithTerms looks for terms and texts that break what an analysis promises.
func FuzzWithTerms(f *testing.F) {
	f.Add("Dr. Bee", "own", "Dr. Bee's parkhaus is awful, Dr bee!")
	f.Add("!!!", "", "wow!!! not !!!")
	f.Add("not", "", "not not not rude")
	base := engine(f)
	f.Fuzz(func(t *testing.T, one, two, text string) {
		l := review.Lexicon{Revision: 3, Topics: []review.OwnTopic{{Key: "own.x", Name: "X"}}, Terms: []review.Term{
			{Phrase: one, Kind: review.TermTopic, Topic: "own.x"},
			{Phrase: two, Kind: review.TermTopic, Topic: review.Billing, Polarity: review.Negative},
			{Phrase: one + " " + two, Kind: review.TermPerson, Name: "N"},
			{Phrase: two + " " + one, Kind: review.TermIgnore},
		}}
		e, err := base.WithTerms(l)
		if err != nil {
			require.Error(t, l.Validate())
			return
		}
		requireSoundTerms(t, e, text)
	})
}
