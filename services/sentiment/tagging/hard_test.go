package tagging_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/tagging"
)

// expectation is what a sentence must be tagged as; "" means the topic is absent.
type expectation map[review.Topic]review.Polarity

// TestAnalyze_HardSentences_GiveTheIntendedTags holds the cases that simple word
// lists get wrong.
func TestAnalyze_HardSentences_GiveTheIntendedTags(t *testing.T) {
	e, err := tagging.New()
	require.NoError(t, err)
	const none = review.Polarity("")
	for _, c := range []struct {
		name, text string
		want       expectation
	}{
		{"eagerness is no wait", "I can't wait to go back and show off my new smile.", expectation{review.WaitTimes: none}},
		{"worth the wait is mixed", "The wait was long but it was worth the wait.", expectation{review.WaitTimes: review.Mixed}},
		{"negated wait", "We never had to wait in the lobby.", expectation{review.WaitTimes: review.Positive}},
		{"waiting room is a place", "The waiting room is dirty.", expectation{review.WaitTimes: none, review.Facility: review.Negative}},
		{"weeks are scheduling", "I waited six weeks for an appointment.", expectation{review.WaitTimes: none, review.SchedulingAccess: review.Negative}},
		{"hours in the lobby are a wait", "I sat in the lobby for two hours.", expectation{review.WaitTimes: review.Negative, review.SchedulingAccess: none}},
		{"hold is scheduling", "I was on hold for 45 minutes.", expectation{review.WaitTimes: none, review.SchedulingAccess: review.Negative}},
		{"in charge is no charge", "The nurse in charge was lovely.", expectation{review.Billing: none, review.StaffAttitude: review.Positive}},
		{"pay attention is no payment", "Pay attention to what he tells you.", expectation{review.Billing: none}},
		{"no charge", "He fixed my crown at no charge.", expectation{review.Billing: review.Positive}},
		{"an amount charged", "They charged me $400 for a ten minute visit.", expectation{review.Billing: review.Negative}},
		{"rude doctor is clinical", "The doctor was rude.", expectation{review.ClinicalCare: review.Negative, review.StaffAttitude: none}},
		{"rude staff is staff", "The receptionist was rude.", expectation{review.ClinicalCare: none, review.StaffAttitude: review.Negative}},
		{"contrast in one sentence", "The staff were friendly but the dentist was rough and rude.", expectation{review.StaffAttitude: review.Positive, review.ClinicalCare: review.Negative}},
		{"joined subjects", "Dr. Lee and her staff are wonderful.", expectation{review.StaffAttitude: review.Positive, review.ClinicalCare: review.Positive}},
		{"list carries its subject", "The hygienist was gentle, careful, and very kind.", expectation{review.StaffAttitude: review.Positive, review.ClinicalCare: none}},
		{"no subject is the clinician", "Very kind and patient.", expectation{review.ClinicalCare: review.Positive, review.StaffAttitude: none}},
		{"negated blame", "The front desk was not rude at all.", expectation{review.StaffAttitude: review.Positive}},
		{"negated superlative", "The nurses were not the friendliest.", expectation{review.StaffAttitude: review.Negative}},
		{"negated comparative", "The nurses could not have been kinder.", expectation{review.StaffAttitude: review.Positive}},
		{"another practice late", "Unlike my old dentist who always ran late, she is punctual.", expectation{review.WaitTimes: review.Positive}},
		{"only another practice", "My previous dentist was rude.", expectation{review.ClinicalCare: none}},
		{"missing space", "Staff was rude,unprofessional and slow.", expectation{review.StaffAttitude: review.Negative}},
		{"missing apostrophe", "The doctor doesnt listen.", expectation{review.Communication: review.Negative}},
		{"curly apostrophe", "The doctor doesn’t listen.", expectation{review.Communication: review.Negative}},
		{"elongated word", "The receptionist was sooo ruuude.", expectation{review.StaffAttitude: review.Negative}},
		{"wish is blame", "I wish the receptionist was more friendly.", expectation{review.StaffAttitude: review.Negative}},
		{"excused", "She runs late because she gives every patient time.", expectation{review.WaitTimes: review.Mixed}},
		{"duration without space", "Waited 2hrs in the exam room.", expectation{review.WaitTimes: review.Negative}},
		{"kind of is no kindness", "The receptionist kind of stared.", expectation{review.StaffAttitude: none}},
		{"upselling denied", "They never push any products on you.", expectation{review.Upselling: review.Positive}},
		{"shouting", "THE STAFF IS VERY RUDE!!!", expectation{review.StaffAttitude: review.Negative}},
		{"line breaks", "Great doctor\r\nRude staff\r\n", expectation{review.ClinicalCare: review.Positive, review.StaffAttitude: review.Negative}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := expectation{}
			a := e.Analyze(c.text)
			for _, tag := range a.Tags {
				got[tag.Topic] = tag.Polarity
			}
			for topic, want := range c.want {
				require.Equal(t, want, got[topic], "%s in %q; all tags: %+v", topic, c.text, a.Tags)
			}
		})
	}
}

func TestAnalyze_ClearVerdicts_GiveTheOverallPolarity(t *testing.T) {
	e, err := tagging.New()
	require.NoError(t, err)
	for text, want := range map[string]review.Polarity{
		"Wonderful dentist, I highly recommend her to everyone.":            review.Positive,
		"Horrible experience. I will never go back.":                        review.Negative,
		"The wait was long, but she is the best doctor and I recommend her": review.Positive,
		"": review.Mixed,
	} {
		require.Equal(t, want, e.Analyze(text).Overall, "%q", text)
	}
}

func TestAnalyze_UrgentClaims_AreFlagged(t *testing.T) {
	e, err := tagging.New()
	require.NoError(t, err)
	for text, want := range map[string][]review.Urgent{
		"He pulled the wrong tooth and I ended up in the ER.":             {review.SafetyHarm},
		"The receptionist is racist.":                                     {review.Discrimination},
		"My lawyer will be in touch, this is malpractice.":                {review.LegalThreat},
		"They sent my records to the wrong person.":                       {review.Privacy},
		"It was a bit painful, but the staff was nice and the room warm.": {},
	} {
		require.Equal(t, want, e.Analyze(text).Urgent, "%q", text)
	}
}
