// Package inbox is what people ask of the inbox: which reviews, in which order, and
// how many there are by the value of each filter. It knows no store and no
// transport; what it promises is that a filter means the same in the list and in
// the counts.
package inbox

import (
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/review"
)

// Filter says which reviews are asked for. Values of one field are alternatives,
// different fields must all hold; a zero field does not restrict.
type Filter struct {
	Locations []string
	Sites     []string
	Topics    []review.Topic
	// Polarities are those of the topics where topics are given, else of any topic: the
	// eight and the organization's Own.
	Polarities []review.Polarity
	Own        []review.Topic
	Overall    []review.Polarity
	Statuses   []review.Status
	// Owners are ids of people; the empty id stands for nobody.
	Owners  []string
	Urgent  *bool
	Removed *bool
	// Snoozed keeps cases that are hidden until a time (true), or those that are not (false).
	Snoozed *bool
	// Overdue keeps pending cases whose due time is before Now.
	Overdue bool
	Now     time.Time
	// RatingMin and RatingMax are inclusive.
	RatingMin, RatingMax *float64
	// Terms must all occur in text or author, as package terms writes them; a
	// term ending in '*' matches as a beginning.
	Terms []string
	// From is inclusive, To exclusive; both compare the time of posting.
	From, To time.Time
}

// Facet is one filter whose values are counted.
type Facet string

// The facets.
const (
	ByLocation Facet = "location_id"
	BySite     Facet = "site"
	ByTopic    Facet = "topic"
	ByPolarity Facet = "polarity"
	ByOverall  Facet = "overall"
	ByStatus   Facet = "status"
	ByOwner    Facet = "owner_id"
	ByRating   Facet = "rating"
	ByUrgent   Facet = "urgent"
	ByOverdue  Facet = "overdue"
)

// Without returns the filter with one facet's own restriction left out, which is
// what that facet's values are counted under.
func (f Filter) Without(facet Facet) Filter {
	switch facet {
	case ByLocation:
		f.Locations = nil
	case BySite:
		f.Sites = nil
	case ByTopic:
		f.Topics = nil
	case ByPolarity:
		f.Polarities = nil
	case ByOverall:
		f.Overall = nil
	case ByStatus:
		f.Statuses = nil
	case ByOwner:
		f.Owners = nil
	case ByRating:
		f.RatingMin, f.RatingMax = nil, nil
	case ByUrgent:
		f.Urgent = nil
	case ByOverdue:
		f.Overdue = false
	}
	return f
}

// TopicKeys returns the alternatives of a review's topic keys that topics and
// polarities ask for: "billing", "billing:negative". Nil means no restriction.
func (f Filter) TopicKeys() []string {
	topics := f.Topics
	if len(f.Polarities) == 0 {
		keys := make([]string, 0, len(topics))
		for _, topic := range topics {
			keys = append(keys, string(topic))
		}
		return keys
	}
	if len(topics) == 0 {
		topics = append(review.Topics(), f.Own...)
	}
	keys := make([]string, 0, len(topics)*len(f.Polarities))
	for _, topic := range topics {
		for _, polarity := range f.Polarities {
			keys = append(keys, string(topic)+":"+string(polarity))
		}
	}
	return keys
}

// Sort is an order of the inbox.
type Sort string

// The orders. Reviews without the value come last in each.
const (
	NewestFirst  Sort = "-posted_at"
	OldestFirst  Sort = "posted_at"
	BestFirst    Sort = "-rating"
	WorstFirst   Sort = "rating"
	DueSoonFirst Sort = "due_at"
	DueLateFirst Sort = "-due_at"
)

// Count is how many reviews have one value of a facet.
type Count struct {
	Value string
	Count int64
}

// Counts holds for each facet the counts of its values under all filters but its
// own, and the number of reviews under all filters.
type Counts struct {
	Total   int64
	By      map[Facet][]Count
	Urgent  int64
	Overdue int64
}

// NoRating is the value of the rating facet for reviews without a rating.
const NoRating = "none"

// NoOwner is the value of the owner facet for cases that nobody owns.
const NoOwner = "none"

// EditorGone is how long somebody counts as writing after they were last heard of.
const EditorGone = 30 * time.Second

// Editor is somebody who writes a reply.
type Editor struct {
	PersonID string
	Name     string
	Since    time.Time
}

// Promised is an open commitment and the review it was made for.
type Promised struct {
	Commitment collections.Commitment
	ReviewID   string
	LocationID string
}

// PromiseFilter says which commitments are asked for; a zero field does not restrict.
type PromiseFilter struct {
	OwnerID   string
	Locations []string
}
