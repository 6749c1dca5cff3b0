package casework

import (
	"slices"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/review/terms"
)

// setContent takes over what an observation says of the review itself.
func (c *change) setContent(in events.ReviewTagged) {
	doc := &c.doc
	if doc.Text != in.Text {
		// A correction is of the words it was made for; keepEarlier has it by now.
		doc.Correction = nil
	}
	doc.Author, doc.Title, doc.Text, doc.Excerpt = in.Author, in.Title, in.Text, in.Excerpt
	doc.Rating, doc.RawRating, doc.SubRatings = in.Rating, in.RawRating, in.SubRatings
	doc.ListingID, doc.LocationID = in.ListingID, in.LocationID
	if in.URL != "" {
		doc.URL = in.URL
	}
	// The day a review was posted stays what it was: some sites move it with an
	// edit, which is what SourceUpdatedAt is for.
	if !doc.PostedAtKnown {
		doc.PostedAt, doc.PostedAtKnown = in.PostedAt, !in.PostedAt.IsZero()
		if !doc.PostedAtKnown {
			doc.PostedAt = doc.FirstSeenAt
		}
	}
	if in.SourceUpdatedAt.After(doc.SourceUpdatedAt) {
		doc.SourceUpdatedAt = in.SourceUpdatedAt
	}
	doc.Terms = terms.Of(in.Author, in.Title, in.Text)
	doc.TwinKey = TwinKey(doc.OrgID, in.Author, in.Text)
	c.setAnalysis(in.Analysis)
}

// setAnalysis takes over the machine's tags and puts the correction there is over
// them. Evidence that is not in the text would mark the wrong words, so it is left out;
// its tag stays.
func (c *change) setAnalysis(a review.Analysis) {
	tags := make([]review.Tag, 0, len(a.Tags))
	for _, tag := range a.Tags {
		evidence := make([]review.Evidence, 0, len(tag.Evidence))
		for _, e := range tag.Evidence {
			if 0 <= e.Start && e.Start < e.End && e.End <= len(c.doc.Text) && c.doc.Text[e.Start:e.End] == e.Quote {
				evidence = append(evidence, e)
			}
		}
		tag.Evidence = evidence
		tags = append(tags, tag)
	}
	a.Tags = tags
	if a.Urgent == nil {
		a.Urgent = []review.Urgent{}
	}
	c.doc.Machine, c.doc.Corrected = nil, c.doc.Correction != nil
	if c.doc.Corrected {
		c.doc.Machine = &a
	}
	c.doc.Analysis = corrected(a, c.doc.Correction)
	c.doc.TopicKeys = topicKeys(c.doc.Analysis.Tags)
	c.doc.Urgent = len(c.doc.Analysis.Urgent) > 0
}

// topicKeys are what filters ask for: each topic, alone and with its polarity.
func topicKeys(tags []review.Tag) []string {
	keys := make([]string, 0, 2*len(tags))
	for _, tag := range tags {
		for _, key := range []string{string(tag.Topic), string(tag.Topic) + ":" + string(tag.Polarity)} {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// keepEarlier keeps the text shown as an earlier version. The event of the edit
// holds it too, so that what falls out here is not lost.
func (c *change) keepEarlier() {
	doc := &c.doc
	earlier := append(slices.Clip(doc.Earlier), collections.TextVersion{
		Version: doc.Version, Author: doc.Author, Rating: doc.Rating, Text: doc.Text,
		Analysis: doc.Analysis, Correction: doc.Correction, ObservedAt: doc.ObservedAt,
	})
	size, first := 0, len(earlier)
	for first > 0 && len(earlier)-first < collections.MaxVersions {
		if size += versionBytes(earlier[first-1]); size > earlierBudget && first < len(earlier) {
			break
		}
		first--
	}
	doc.Earlier = earlier[first:]
}

// normalised gives the times of an event the precision of the store, so that an
// event that comes again compares equal to what was stored of it.
func normalised(in events.ReviewTagged) events.ReviewTagged {
	in.PostedAt = instant(in.PostedAt)
	in.SourceUpdatedAt = instant(in.SourceUpdatedAt)
	in.FirstSeenAt = instant(in.FirstSeenAt)
	in.ObservedAt = instant(in.ObservedAt)
	return in
}

// justBefore is the latest time that is earlier than t for the store.
func justBefore(t time.Time) time.Time { return t.Add(-time.Millisecond) }

// hasContent reports whether an observation says anything of the review's content:
// those of removals and replies need not.
func hasContent(in events.ReviewTagged) bool {
	return in.Text != "" || in.Author != "" || in.Rating != nil || in.Change == events.Posted || in.Change == events.Edited
}

// hollow reports whether nothing is known of the review's content: its first
// observation was of a removal or a reply.
func hollow(doc *collections.Review) bool {
	return doc.Text == "" && doc.Author == "" && doc.Rating == nil
}

func sameContent(doc *collections.Review, in events.ReviewTagged) bool {
	return doc.Text == in.Text && doc.Author == in.Author && sameRating(doc.Rating, in.Rating)
}

func sameRating(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// number is a rating as events show it; nil for none.
func number(r *float64) any {
	if r == nil {
		return nil
	}
	return *r
}
