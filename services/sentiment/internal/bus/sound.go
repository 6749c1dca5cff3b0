package bus

import (
	"slices"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/review"
)

// maxLanguage is far more than a language's name needs, in bytes.
const maxLanguage = 64

// sound leaves out what an analysis says about no part of the text: evidence that
// does not quote it, topics and flags that do not exist, a topic's second tag. What is left
// is what events.ReviewTagged asks for. It returns how many parts were left out.
func sound(text string, a review.Analysis) (review.Analysis, int) {
	dropped := 0
	keep := func(ok bool) bool {
		if !ok {
			dropped++
		}
		return ok
	}
	tags := make([]review.Tag, 0, len(a.Tags))
	seen := map[review.Topic]bool{}
	for _, tag := range a.Tags {
		if !keep(tag.Topic.Known() && tag.Polarity.Valid() && !seen[tag.Topic]) {
			continue
		}
		seen[tag.Topic] = true
		evidence := make([]review.Evidence, 0, len(tag.Evidence))
		for _, e := range tag.Evidence {
			if keep(spans(text, e.Start, e.End) && text[e.Start:e.End] == e.Quote && utf8.ValidString(e.Quote)) {
				evidence = append(evidence, e)
			}
		}
		tag.Evidence = evidence
		tags = append(tags, tag)
	}
	a.Tags = tags
	urgent := make([]review.Urgent, 0, len(a.Urgent))
	for _, flag := range a.Urgent {
		if keep(slices.Contains(review.UrgentFlags(), flag)) {
			urgent = append(urgent, flag)
		}
	}
	a.Urgent = urgent
	var mentions []review.Mention
	for _, m := range a.Mentions {
		if keep(spans(text, m.Start, m.End) && (m.Polarity == "" || m.Polarity.Valid())) {
			mentions = append(mentions, m)
		}
	}
	a.Mentions = mentions
	if !keep(len(a.Language) <= maxLanguage && utf8.ValidString(a.Language)) {
		a.Language = ""
	}
	if !a.Overall.Valid() {
		// A text without opinion is neither positive nor negative.
		keep(a.Overall == "")
		a.Overall = review.Mixed
	}
	return a, dropped
}

func spans(text string, start, end int) bool {
	return start >= 0 && start < end && end <= len(text)
}
