// Package events holds the payloads that travel over Kafka, their topics and
// how they are encoded, decoded and checked. The JSON schemas and examples in
// api-specs/events describe the same; a test decodes every example.
package events

import (
	"time"

	"github.com/bedside-health/bedside/libs/review"
)

// Kafka topics. A breaking change of a payload is a new topic.
const (
	TopicReviewsCollected = "reviews.collected"
	TopicReviewsTagged    = "reviews.tagged"
	TopicReviewsChanged   = "reviews.changed"
	TopicListingsObserved = "listings.observed"
	// DeadLetterSuffix is appended to a topic's name for its dead letters.
	DeadLetterSuffix = ".dlq"
)

// Limits of foreign content. Text beyond MaxTextBytes is refused by the
// adapters, never cut silently.
const (
	MaxTextBytes   = 256 << 10
	MaxAuthorBytes = 1 << 10
	MaxTitleBytes  = 4 << 10
)

// Change says what the scraper saw happen to a review on its site.
type Change string

// The changes a scraper can report.
const (
	Posted  Change = "posted"
	Edited  Change = "edited"
	Removed Change = "removed"
	// SourceReply: the same text as before, but the owner's reply shown on the site changed.
	SourceReply Change = "source_reply"
)

// Reply is the owner's answer as the site shows it.
type Reply struct {
	Text      string    `json:"text"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`
	// State is where the site's own moderation of the reply stands; empty is public.
	State ReplyState `json:"state,omitempty"`
	// Problem is why the site refused the reply, in the site's words.
	Problem string `json:"problem,omitempty"`
}

// ReplyState is where a site's moderation of a reply stands.
type ReplyState string

// The states of a reply on its site.
const (
	ReplyPublic   ReplyState = "public"
	ReplyPending  ReplyState = "pending"
	ReplyRejected ReplyState = "rejected"
)

func (s ReplyState) valid() bool {
	return s == "" || s == ReplyPublic || s == ReplyPending || s == ReplyRejected
}

// ReviewCollected is one observation of one review on a site. It is keyed by
// ReviewID. The same observation may be published more than once; consumers
// tell by (ReviewID, Version).
type ReviewCollected struct {
	EventID    string `json:"event_id"`
	OrgID      string `json:"org_id"`
	ReviewID   string `json:"review_id"`
	ListingID  string `json:"listing_id"`
	LocationID string `json:"location_id"`
	Site       string `json:"site"`
	ExternalID string `json:"external_id"`
	Change     Change `json:"change"`
	// Version counts the texts seen for this review, from 1. Removed and
	// SourceReply carry the version they are about.
	Version int    `json:"version"`
	URL     string `json:"url,omitempty"`
	Author  string `json:"author"`
	// Rating is normalised to 1..5; nil where the site gives none.
	Rating    *float64 `json:"rating,omitempty"`
	RawRating string   `json:"raw_rating,omitempty"`
	// SubRatings are 1..5, by the site's own names (staff, punctuality ...).
	SubRatings map[string]float64 `json:"sub_ratings,omitempty"`
	// Title is the headline some sites have beside the text.
	Title string `json:"title,omitempty"`
	Text  string `json:"text"`
	// Excerpt is true where the site gives only the beginning of the text.
	Excerpt bool `json:"excerpt,omitempty"`
	// PostedAt is the site's own time, SourceUpdatedAt the site's time of the
	// last edit, FirstSeenAt and ObservedAt are ours.
	PostedAt        time.Time `json:"posted_at,omitzero"`
	SourceUpdatedAt time.Time `json:"source_updated_at,omitzero"`
	FirstSeenAt     time.Time `json:"first_seen_at"`
	ObservedAt      time.Time `json:"observed_at"`
	Reply           *Reply    `json:"reply,omitempty"`
}

// ReviewTagged is a collected review with what its text is about. Keyed by
// ReviewID.
type ReviewTagged struct {
	ReviewCollected
	Analysis review.Analysis `json:"analysis"`
	TaggedAt time.Time       `json:"tagged_at"`
}

// ReviewChanged tells that a review's document changed, so that screens can be
// brought up to date. It carries no text. Keyed by ReviewID.
type ReviewChanged struct {
	EventID    string        `json:"event_id"`
	OrgID      string        `json:"org_id"`
	ReviewID   string        `json:"review_id"`
	LocationID string        `json:"location_id"`
	Site       string        `json:"site"`
	Types      []string      `json:"types"` // types of the case events behind the change
	Status     review.Status `json:"status"`
	OwnerID    string        `json:"owner_id,omitempty"`
	Rev        int64         `json:"rev"`
	At         time.Time     `json:"at"`
}

// ListingObserved is what a site shows about the practice itself. Keyed by
// ListingID.
type ListingObserved struct {
	EventID    string       `json:"event_id"`
	OrgID      string       `json:"org_id"`
	ListingID  string       `json:"listing_id"`
	LocationID string       `json:"location_id"`
	Site       string       `json:"site"`
	Facts      ListingFacts `json:"facts"`
	ObservedAt time.Time    `json:"observed_at"`
}

// ListingFacts are the facts of a listing as a site shows them, verbatim.
type ListingFacts struct {
	Name      string   `json:"name"`
	Types     []string `json:"types,omitempty"` // schema.org types or the site's categories
	URL       string   `json:"url,omitempty"`
	Telephone string   `json:"telephone,omitempty"`
	Address   Address  `json:"address,omitzero"`
	Hours     []string `json:"hours,omitempty"`
	// AcceptsNewPatients is nil where the site does not say.
	AcceptsNewPatients *bool    `json:"accepts_new_patients,omitempty"`
	Latitude           *float64 `json:"latitude,omitempty"`
	Longitude          *float64 `json:"longitude,omitempty"`
	// Aggregate is what the site says of all its reviews together.
	Aggregate *Aggregate `json:"aggregate,omitempty"`
}

// Address is a postal address as a site shows it.
type Address struct {
	Street     string `json:"street,omitempty"`
	Locality   string `json:"locality,omitempty"`
	Region     string `json:"region,omitempty"`
	PostalCode string `json:"postal_code,omitempty"`
	Country    string `json:"country,omitempty"`
}

// Aggregate is a site's own mean of ratings. Rating is normalised to 1..5.
type Aggregate struct {
	Rating      *float64 `json:"rating,omitempty"`
	RawRating   string   `json:"raw_rating,omitempty"`
	RatingCount int      `json:"rating_count,omitempty"`
	ReviewCount int      `json:"review_count,omitempty"`
}
