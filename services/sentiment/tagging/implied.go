package tagging

import (
	"github.com/bedside-health/bedside/libs/review"
)

// impliedWeight is what a clinician merely named counts: less than any word about one.
const impliedWeight = 0.2

// shortTitle is the length of "Dr" and "Drs" in bytes, which stand before a name only.
const shortTitle = 3

// imply adds what a review says of its clinician without a word about one: a review
// that praises and names nobody but a clinician praises the clinician ("Dr. Lee gave me
// my life back"). One that blames does so only where the clinician has a title before
// the name, and no other topic is spoken of: "the doctor" in a complaint often just is
// where the story happens, and a rude receptionist is no fault of his.
func (r *reading) imply(overall review.Polarity) {
	if overall == review.Mixed {
		return
	}
	staff, elsewhere := false, false
	for i := range r.findings {
		if r.findings[i].topic == review.ClinicalCare {
			return
		}
		elsewhere = elsewhere || r.findings[i].topic != overallTopic
		staff = staff || r.findings[i].topic == review.StaffAttitude
	}
	for _, h := range r.targets {
		w := &r.words[h.from]
		switch r.lex.targets[h.of].role {
		case roleDoctor:
			if overall == review.Negative && (elsewhere || w.traits&traitHonorific == 0 || w.end-w.start > shortTitle) {
				continue
			}
		case roleHe:
			if overall == review.Negative || staff {
				continue
			}
		default:
			continue
		}
		if w.effect == effectElse || r.maskedAny(h.from, h.to) {
			continue
		}
		r.insert(finding{
			topic: review.ClinicalCare, polarity: overall, weight: impliedWeight, from: h.from, to: h.to, rule: r.lex.targets[h.of].id,
		})
		return
	}
}
