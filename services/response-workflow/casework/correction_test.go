package casework_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

const words = "rude desk, fair price"

// both is an analysis of words with evidence for two topics.
func both(version string) review.Analysis {
	return review.Analysis{Version: version, Overall: review.Negative, Tags: []review.Tag{
		{Topic: review.Billing, Polarity: review.Positive, Evidence: []review.Evidence{{Start: 11, End: 21, Quote: "fair price", Rule: "b"}}},
		{Topic: review.StaffAttitude, Polarity: review.Negative, Evidence: []review.Evidence{{Start: 0, End: 4, Quote: "rude", Rule: "s"}}},
	}}
}

func tagged(pairs ...string) []review.Tag {
	out := []review.Tag{}
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, review.Tag{Topic: review.Topic(pairs[i]), Polarity: review.Polarity(pairs[i+1])})
	}
	return out
}

// shownTags are tags as topic and polarity, in their order.
func shownTags(doc collections.Review) []string {
	out := []string{}
	for _, tag := range doc.Analysis.Tags {
		out = append(out, string(tag.Topic)+":"+string(tag.Polarity))
	}
	return out
}

func correct(t *testing.T, doc collections.Review, j casework.Judgement) collections.Review {
	t.Helper()
	out, changed, err := desk().Correct(doc, j, "why", person("p2"), at(10))
	require.NoError(t, err)
	require.True(t, changed)
	return out
}

func TestCorrect_TagsAsAPersonSeesThem_DifferenceIsKeptAndWins(t *testing.T) {
	doc := opened(text(words), analysed(both("1")))
	untouched := doc
	doc = correct(t, doc, casework.Judgement{Tags: tagged("facility", "mixed", "billing", "positive", "staff_attitude", "mixed", "own.parking", "negative")})

	require.Equal(t, map[review.Topic]string{"staff_attitude": "mixed", "facility": "mixed", "own.parking": "negative"}, doc.Correction.Topics)
	require.Equal(t, person("p2"), doc.Correction.By)
	require.Equal(t, at(10), doc.Correction.At)
	require.True(t, doc.Corrected)
	require.Equal(t, both("1").Tags, doc.Machine.Tags, "the machine's stay as they were made")
	require.Equal(t, []string{"billing:positive", "staff_attitude:mixed", "facility:mixed", "own.parking:negative"}, shownTags(doc))
	require.Len(t, doc.Analysis.Tags[0].Evidence, 1, "what a person left alone keeps its evidence")
	require.Empty(t, doc.Analysis.Tags[1].Evidence, "what speaks for negative does not speak for mixed")
	require.Equal(t, []string{
		"billing", "billing:positive", "staff_attitude", "staff_attitude:mixed", "facility", "facility:mixed", "own.parking", "own.parking:negative",
	}, doc.TopicKeys)
	require.Equal(t, "1", doc.Analysis.Version)

	last := doc.Outbox[len(doc.Outbox)-1]
	require.Equal(t, collections.EventTagsCorrected, last.Type)
	require.Equal(t, person("p2"), last.By)
	require.Equal(t, "why", last.Reason)
	require.Equal(t, map[string]any{"corrected": false, "tags": map[string]any{"staff_attitude": "negative", "facility": "absent", "own.parking": "absent"}}, last.Before)
	require.Equal(t, map[string]any{"corrected": true, "tags": map[string]any{"staff_attitude": "mixed", "facility": "mixed", "own.parking": "negative"}}, last.After)
	require.Nil(t, untouched.Correction, "the document given stays as it is")
	require.Equal(t, both("1").Tags, untouched.Analysis.Tags)
}

func TestCorrect_SaidAgain_ChangesNothing(t *testing.T) {
	doc := opened(text(words), analysed(both("1")))
	_, changed, err := desk().Correct(doc, casework.Judgement{Tags: tagged("billing", "positive", "staff_attitude", "negative"), Overall: review.Negative, Urgent: []review.Urgent{}}, "", person("p2"), at(10))
	require.NoError(t, err)
	require.False(t, changed, "the machine's own tags are no correction")
	j := casework.Judgement{Tags: tagged("billing", "negative"), Overall: review.Mixed, Urgent: []review.Urgent{review.Privacy, review.SafetyHarm}}
	doc = correct(t, doc, j)
	require.Equal(t, []review.Urgent{review.SafetyHarm, review.Privacy}, doc.Analysis.Urgent)
	again, changed, err := desk().Correct(doc, j, "other words", person("p3"), at(11))
	require.NoError(t, err)
	require.False(t, changed)
	require.Equal(t, doc, again)
}

func TestCorrect_NoJudgementOfThisText_Refused(t *testing.T) {
	var wrong *casework.JudgementError
	_, _, err := desk().Correct(opened(bare), casework.Judgement{Tags: tagged("billing", "mixed")}, "", person("p2"), at(10))
	require.ErrorAs(t, err, &wrong)
	_, _, err = desk().Correct(opened(), casework.Judgement{Tags: tagged("billing", "mixed", "billing", "positive")}, "", person("p2"), at(10))
	require.ErrorAs(t, err, &wrong)
	require.ErrorContains(t, err, "twice")
}

func TestCorrect_UrgentAndVerdict_MoveTheDueTimeAsANewAnalysisWould(t *testing.T) {
	doc := opened(text(words), analysed(review.Analysis{Version: "1", Overall: review.Positive}), func(in *events.ReviewTagged) { in.Rating = stars(5) })
	require.Equal(t, at(48*60), doc.Case.DueAt)
	doc = correct(t, doc, casework.Judgement{Tags: tagged(), Overall: review.Negative})
	require.Equal(t, at(24*60), doc.Case.DueAt)
	require.Equal(t, review.Negative, doc.Analysis.Overall)
	doc = correct(t, doc, casework.Judgement{Tags: tagged(), Urgent: []review.Urgent{review.SafetyHarm}})
	require.True(t, doc.Urgent)
	require.Equal(t, at(4*60), doc.Case.DueAt)
	last := lastOf(t, doc, collections.EventTagsCorrected)
	require.Equal(t, at(24*60).Format(time.RFC3339Nano), last.Before["due_at"])
	require.Equal(t, at(4*60).Format(time.RFC3339Nano), last.After["due_at"])
	require.Equal(t, review.Negative, doc.Analysis.Overall, "what a judgement leaves out stays corrected")

	doc, changed := desk().Withdraw(doc, person("p3"), at(12))
	require.True(t, changed)
	require.Equal(t, at(48*60), doc.Case.DueAt)
	require.False(t, doc.Urgent)
	require.Nil(t, doc.Correction)
	require.Nil(t, doc.Machine)
	require.False(t, doc.Corrected)
	_, changed = desk().Withdraw(doc, person("p3"), at(13))
	require.False(t, changed, "nothing is left to take back")

	closed := with(t, review.Resolved)
	closed = correct(t, closed, casework.Judgement{Tags: tagged(), Urgent: []review.Urgent{review.SafetyHarm}})
	require.True(t, closed.Case.DueAt.IsZero(), "a closed case has nothing due")
}

func TestCorrect_BackToTheMachines_IsNoCorrectionAnyMore(t *testing.T) {
	doc := opened(text(words), analysed(both("1")))
	doc = correct(t, doc, casework.Judgement{Tags: tagged("billing", "positive"), Overall: review.Positive, Urgent: []review.Urgent{review.Privacy}})
	require.Equal(t, map[review.Topic]string{"staff_attitude": "absent"}, doc.Correction.Topics)
	doc = correct(t, doc, casework.Judgement{Tags: tagged("billing", "positive", "staff_attitude", "negative"), Overall: review.Negative, Urgent: []review.Urgent{}})
	require.Nil(t, doc.Correction)
	require.Nil(t, doc.Machine)
	require.False(t, doc.Corrected)
	require.Equal(t, both("1").Tags, doc.Analysis.Tags, "the evidence is back")
}

func TestObserve_NewAnalysisOfACorrectedText_CorrectionSurvives(t *testing.T) {
	doc := opened(text(words), analysed(both("1")))
	doc = correct(t, doc, casework.Judgement{Tags: tagged("staff_attitude", "mixed"), Overall: review.Mixed})
	later := both("2")
	later.Tags[1].Polarity = review.Mixed
	later.Tags = append(later.Tags, review.Tag{Topic: review.Facility, Polarity: review.Positive, Evidence: []review.Evidence{}})
	later.Urgent = []review.Urgent{review.LegalThreat}
	doc, changed := desk().Observe(doc, seen(events.Posted, 1, 20, text(words), analysed(later)), at(20))
	require.True(t, changed)
	require.Equal(t, "2", doc.Analysis.Version)
	require.Equal(t, later.Tags, doc.Machine.Tags)
	require.Equal(t, []string{"staff_attitude:mixed", "facility:positive"}, shownTags(doc), "billing stays absent, and what was not corrected is the machine's")
	require.Len(t, doc.Analysis.Tags[0].Evidence, 1, "the machine now speaks for the same polarity")
	require.Equal(t, review.Mixed, doc.Analysis.Overall)
	require.True(t, doc.Urgent)

	// The person leaves staff_attitude as it is: their word stays, though the machine agrees by now.
	doc = correct(t, doc, casework.Judgement{Tags: tagged("staff_attitude", "mixed")})
	require.Equal(t, map[review.Topic]string{"staff_attitude": "mixed", "billing": "absent", "facility": "absent"}, doc.Correction.Topics)

	doc, changed = desk().Observe(doc, seen(events.Posted, 1, 30, text(words), analysed(both("1"))), at(30))
	require.Equal(t, "2", doc.Analysis.Version, "an older analysis changes nothing")
	_, again := desk().Observe(doc, seen(events.Posted, 1, 30, text(words), analysed(later)), at(30))
	require.True(t, changed)
	require.False(t, again)
}

func TestObserve_CorrectedTextIsEdited_CorrectionStaysWithItsVersion(t *testing.T) {
	doc := opened(text(words), analysed(both("1")))
	doc = correct(t, doc, casework.Judgement{Tags: tagged("billing", "negative")})
	kept := *doc.Correction

	same, _ := desk().Observe(doc, seen(events.Edited, 2, 20, text(words), analysed(both("1")), func(in *events.ReviewTagged) { in.Rating = stars(4) }), at(20))
	require.Equal(t, &kept, same.Correction, "the stars changed, the words did not")
	require.Equal(t, []string{"billing:negative"}, shownTags(same))
	require.Equal(t, &kept, same.Earlier[0].Correction)

	doc, _ = desk().Observe(doc, seen(events.Edited, 2, 20, text("all is well"), analysed(positive("1"))), at(20))
	require.Nil(t, doc.Correction)
	require.Nil(t, doc.Machine)
	require.False(t, doc.Corrected)
	require.Equal(t, []string{"staff_attitude:positive"}, shownTags(doc))
	require.Equal(t, &kept, doc.Earlier[0].Correction)
	require.Equal(t, review.Negative, doc.Earlier[0].Analysis.Tags[0].Polarity, "the earlier version is as people left it")
	edited := doc.Outbox[len(doc.Outbox)-1]
	require.Equal(t, true, edited.Before["corrected"])
	require.Equal(t, false, edited.After["corrected"])
}

// A life of observations and corrections in any order keeps what a document promises
// of itself.
func TestCorrect_AmidAnything_DocumentHoldsTogether(t *testing.T) {
	topics := append(review.Topics(), "own.parking")
	polarities := review.Polarities()
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 7))
		d := desk()
		life := history(r, 8)
		doc := d.Open(life[0], routing.Decision{OwnerID: "p1"}, at(0))
		for i := range 25 {
			seq, was := doc.Seq, doc
			var changed bool
			switch r.IntN(4) {
			case 0:
				doc, changed = d.Withdraw(doc, person("p2"), at(i))
			case 1, 2:
				j := casework.Judgement{}
				for _, topic := range topics {
					if r.IntN(3) == 0 {
						j.Tags = append(j.Tags, review.Tag{Topic: topic, Polarity: polarities[r.IntN(3)]})
					}
				}
				if r.IntN(2) == 0 {
					j.Overall = polarities[r.IntN(3)]
				}
				if r.IntN(2) == 0 {
					j.Urgent = review.UrgentFlags()[:r.IntN(3)]
				}
				var err error
				doc, changed, err = d.Correct(doc, j, "", person("p2"), at(i))
				require.NoError(t, err)
				require.ElementsMatch(t, tagsOf(j.Tags), shownTags(doc), "seed %d", seed)
				if j.Overall != "" {
					require.Equal(t, j.Overall, doc.Analysis.Overall)
				}
				if j.Urgent != nil {
					require.ElementsMatch(t, j.Urgent, doc.Analysis.Urgent)
				}
			default:
				doc, changed = d.Observe(doc, life[r.IntN(len(life))], at(i))
				if was.Correction != nil && was.Text == doc.Text {
					require.Equal(t, was.Correction, doc.Correction, "seed %d: what people said stays", seed)
				}
			}
			require.True(t, changed || doc.Seq == seq, "seed %d", seed)
			require.Equal(t, doc.Correction != nil, doc.Corrected)
			require.Equal(t, doc.Correction != nil, doc.Machine != nil)
			require.Equal(t, len(doc.Analysis.Urgent) > 0, doc.Urgent)
			require.Len(t, doc.TopicKeys, 2*len(doc.Analysis.Tags))
			if doc.Correction != nil {
				for topic, want := range doc.Correction.Topics {
					if want == collections.Absent {
						require.NotContains(t, doc.TopicKeys, string(topic))
					} else {
						require.Contains(t, doc.TopicKeys, string(topic)+":"+want)
					}
				}
			}
		}
	}
}

func tagsOf(tags []review.Tag) []string {
	return shownTags(collections.Review{Analysis: review.Analysis{Tags: tags}})
}
