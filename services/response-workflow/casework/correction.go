package casework

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
)

// Judgement is how a person sees the tags of a review right.
type Judgement struct {
	// Tags are all tags the text should have; evidence in them says nothing.
	Tags []review.Tag
	// Overall is the verdict; empty leaves it as it is.
	Overall review.Polarity
	// Urgent are all urgent flags the text should have; nil leaves them as they are.
	Urgent []review.Urgent
}

// JudgementError tells that a judgement is none of this text.
type JudgementError struct{ Detail string }

func (e *JudgementError) Error() string { return e.Detail }

// Unwrap is an Invalid with code invalid_tags.
func (e *JudgementError) Unwrap() error {
	return problem.New(problem.Invalid, "invalid_tags", "%s", e.Detail)
}

// Correct stores what differs between the machine's tags and how a person sees
// them right. A topic that was corrected before and that the person leaves as it is stays
// corrected, so that a later analysis cannot change it behind their back; one that the
// person brings back to what the machine says is the machine's again. Saying what is so
// already changes nothing. The error is *JudgementError.
func (d Desk) Correct(doc collections.Review, j Judgement, reason string, by collections.Actor, now time.Time) (collections.Review, bool, error) {
	if hollow(&doc) {
		return doc, false, &JudgementError{Detail: "nothing is known of the text yet, so that there is nothing to correct"}
	}
	if len(j.Urgent) > len(review.UrgentFlags()) {
		return doc, false, &JudgementError{Detail: "an urgent flag comes twice"}
	}
	wanted := make(map[review.Topic]string, len(j.Tags))
	for _, tag := range j.Tags {
		if _, twice := wanted[tag.Topic]; twice {
			return doc, false, &JudgementError{Detail: fmt.Sprintf("topic %s comes twice", tag.Topic)}
		}
		wanted[tag.Topic] = string(tag.Polarity)
	}
	machine, was := machineOf(&doc), doc.Correction
	if was == nil {
		was = &collections.Correction{}
	}
	next := collections.Correction{Topics: map[review.Topic]string{}, Overall: was.Overall, Urgent: was.Urgent, UrgentSet: was.UrgentSet}
	said := map[review.Topic]string{}
	for _, tag := range machine.Tags {
		said[tag.Topic] = string(tag.Polarity)
	}
	topics := map[review.Topic]bool{}
	for _, of := range []map[review.Topic]string{wanted, said, was.Topics} {
		for topic := range of {
			topics[topic] = true
		}
	}
	for topic := range topics {
		want, says := polarityOf(wanted, topic), polarityOf(said, topic)
		if before, corrected := was.Topics[topic]; want != says || corrected && before == want {
			next.Topics[topic] = want
		}
	}
	switch j.Overall {
	case "", was.Overall:
	case machine.Overall:
		next.Overall = ""
	default:
		next.Overall = j.Overall
	}
	switch {
	case j.Urgent == nil || was.UrgentSet && sameFlags(j.Urgent, was.Urgent):
	case sameFlags(j.Urgent, machine.Urgent):
		next.Urgent, next.UrgentSet = nil, false
	default:
		next.Urgent, next.UrgentSet = inOrder(j.Urgent), true
	}
	if len(next.Topics) == 0 {
		next.Topics = nil
	}
	if sameCorrection(*was, next) {
		return doc, false, nil
	}
	c := d.begin(doc, now)
	next.By, next.At = by, c.now
	c.correct(&next, by, reason)
	return c.finished()
}

// Withdraw takes the correction of the text shown back, so that the machine's tags
// count again.
func (d Desk) Withdraw(doc collections.Review, by collections.Actor, now time.Time) (collections.Review, bool) {
	if doc.Correction == nil {
		return doc, false
	}
	c := d.begin(doc, now)
	c.correct(nil, by, "")
	return c.finish()
}

// correct puts a correction in the place of the one there is, or takes that away if
// it is nil or empty.
func (c *change) correct(next *collections.Correction, by collections.Actor, reason string) {
	if next != nil && len(next.Topics) == 0 && next.Overall == "" && !next.UrgentSet {
		next = nil
	}
	machine, was, urgent := machineOf(&c.doc), c.doc.Analysis, c.doc.Urgent
	before, after := fields{"corrected": c.doc.Correction != nil}, fields{"corrected": next != nil}
	c.doc.Correction = next
	c.setAnalysis(machine)
	noteTags(before, after, was, c.doc.Analysis)
	r := c.rerouteTags()
	c.step(by)
	c.record(collections.EventTagsCorrected, by, before, after, reason)
	c.tell(r)
	c.turned(was.Overall, by)
	if c.doc.Urgent && !urgent {
		c.wake(by, "the review is urgent")
	}
}

// noteTags adds to what an event says how the tags differ, topic by topic.
func noteTags(before, after fields, was, now review.Analysis) {
	from, to := map[review.Topic]string{}, map[review.Topic]string{}
	topics := map[review.Topic]bool{}
	for _, tag := range was.Tags {
		from[tag.Topic], topics[tag.Topic] = string(tag.Polarity), true
	}
	for _, tag := range now.Tags {
		to[tag.Topic], topics[tag.Topic] = string(tag.Polarity), true
	}
	tagsBefore, tagsAfter := fields{}, fields{}
	for topic := range topics {
		if a, b := polarityOf(from, topic), polarityOf(to, topic); a != b {
			tagsBefore[string(topic)], tagsAfter[string(topic)] = a, b
		}
	}
	if len(tagsBefore) > 0 {
		before["tags"], after["tags"] = tagsBefore, tagsAfter
	}
	if was.Overall != now.Overall {
		before["overall"], after["overall"] = string(was.Overall), string(now.Overall)
	}
	if !sameFlags(was.Urgent, now.Urgent) {
		before["urgent"], after["urgent"] = was.Urgent, now.Urgent
	}
}

// machineOf is the analysis of the text shown as it was made.
func machineOf(doc *collections.Review) review.Analysis {
	if doc.Machine != nil {
		return *doc.Machine
	}
	return doc.Analysis
}

// corrected is an analysis with a correction over it. A tag whose polarity a person
// changed has no evidence: the machine's speaks for another polarity.
func corrected(machine review.Analysis, by *collections.Correction) review.Analysis {
	if by == nil {
		return machine
	}
	out := machine
	out.Tags = make([]review.Tag, 0, len(machine.Tags)+len(by.Topics))
	said := map[review.Topic]bool{}
	for _, tag := range machine.Tags {
		said[tag.Topic] = true
		switch want, named := by.Topics[tag.Topic]; {
		case !named || want == string(tag.Polarity):
			out.Tags = append(out.Tags, tag)
		case want != collections.Absent:
			out.Tags = append(out.Tags, review.Tag{Topic: tag.Topic, Polarity: review.Polarity(want), Evidence: []review.Evidence{}})
		}
	}
	for _, topic := range slices.SortedFunc(maps.Keys(by.Topics), inShownOrder) {
		if want := by.Topics[topic]; !said[topic] && want != collections.Absent {
			out.Tags = append(out.Tags, review.Tag{Topic: topic, Polarity: review.Polarity(want), Evidence: []review.Evidence{}})
		}
	}
	if by.Overall != "" {
		out.Overall = by.Overall
	}
	if by.UrgentSet {
		out.Urgent = slices.Clone(by.Urgent)
	}
	return out
}

// inShownOrder compares topics: the eight as they are shown, then the organization's
// own by their keys.
func inShownOrder(a, b review.Topic) int {
	place := func(t review.Topic) int {
		if i := slices.Index(review.Topics(), t); i >= 0 {
			return i
		}
		return len(review.Topics())
	}
	return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a, b))
}

func polarityOf(of map[review.Topic]string, topic review.Topic) string {
	if polarity, there := of[topic]; there {
		return polarity
	}
	return collections.Absent
}

// inOrder lists flags once each, in the order they are shown.
func inOrder(flags []review.Urgent) []review.Urgent {
	out := []review.Urgent{}
	for _, flag := range review.UrgentFlags() {
		if slices.Contains(flags, flag) {
			out = append(out, flag)
		}
	}
	return out
}

func sameFlags(a, b []review.Urgent) bool { return slices.Equal(inOrder(a), inOrder(b)) }

func sameCorrection(a, b collections.Correction) bool {
	return maps.Equal(a.Topics, b.Topics) && a.Overall == b.Overall && a.UrgentSet == b.UrgentSet && sameFlags(a.Urgent, b.Urgent)
}
