package detect

import (
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/sites"
)

// Listing is what the events of a listing's reviews say of it.
type Listing struct {
	OrgID      string
	ID         string
	LocationID string
	Site       string
}

// ReviewID is the identity of a review of this listing.
func (l Listing) ReviewID(externalID string) string {
	return review.ID(l.OrgID, l.Site, externalID)
}

// Change is what an observation adds to what is known.
type Change struct {
	// Event is to be published before Next is stored; nil if there is nothing to tell.
	Event *events.ReviewCollected
	// Next is the fingerprint from then on. Its Base has no revision.
	Next collections.Fingerprint
	// New: there was no fingerprint before.
	New bool
	// Restored: the review had been told removed and is there again.
	Restored bool
	// was is when the fingerprint last changed that the change was found against.
	was time.Time
}

// Compare tells what a review that was fetched at a time says beyond its
// fingerprint known (nil if it was never seen). ok is false if it says nothing new
// and known stays as it is. The review must have passed Clean.
func Compare(l Listing, known *collections.Fingerprint, r sites.Review, at time.Time) (c Change, ok bool) {
	at = at.UTC().Truncate(time.Millisecond)
	if known == nil {
		return posted(l, r, at), true
	}
	hash, replyHash := ContentHash(r.Author, r.Rating, r.Title, r.Text), ReplyHash(r.Reply)
	next := *known
	next.ListingID = l.ID
	next.MissedAt = time.Time{}
	var change events.Change
	switch {
	case known.Hash != hash:
		change = events.Edited
		next.Version++
	case known.Removed:
		change = restoring(known.Version)
	case known.ReplyHash != replyHash:
		change = events.SourceReply
	case !known.MissedAt.IsZero() || known.ListingID != l.ID:
		return Change{Next: next, was: known.SeenAt}, true
	default:
		return Change{}, false
	}
	at = after(at, known)
	next.Hash, next.ReplyHash = hash, replyHash
	next.Removed = false
	if !r.PostedAt.IsZero() {
		next.PostedAt = r.PostedAt
	}
	event := observed(l, &next, r, change, at)
	return Change{Event: event, Next: tell(next, known, event), Restored: known.Removed, was: known.SeenAt}, true
}

// Remove tells that a review is gone from its site. shown is the review as the
// inbox has it, which the event repeats.
func Remove(known collections.Fingerprint, shown collections.Review, at time.Time) Change {
	at = after(at.UTC().Truncate(time.Millisecond), &known)
	next := known
	next.Removed = true
	if shown.Version > known.Version {
		// An edit was published and a crash came before it was remembered.
		next.Version = shown.Version
		next.Hash = ContentHash(shown.Author, shown.Rating, shown.Title, shown.Text)
	}
	event := &events.ReviewCollected{
		OrgID: known.OrgID, ReviewID: known.ID, ListingID: known.ListingID,
		LocationID: shown.LocationID, Site: shown.Site, ExternalID: shown.ExternalID,
		Change: events.Removed, Version: next.Version,
		URL: shown.URL, Author: shown.Author, Rating: shown.Rating, RawRating: shown.RawRating,
		SubRatings: shown.SubRatings, Title: shown.Title, Text: shown.Text, Excerpt: shown.Excerpt,
		PostedAt: known.PostedAt, SourceUpdatedAt: shown.SourceUpdatedAt,
		FirstSeenAt: known.FirstSeenAt, ObservedAt: at, Reply: shown.SourceReply,
	}
	event.EventID = eventID(event)
	return Change{Event: event, Next: tell(next, &known, event), was: known.SeenAt}
}

// Recall is the fingerprint of a review that the inbox has and that there is none of:
// a crash came between its publication and its fingerprint, and the site dropped
// the review before the next poll.
func Recall(shown collections.Review) collections.Fingerprint {
	postedAt := shown.PostedAt
	if !shown.PostedAtKnown {
		postedAt = time.Time{}
	}
	return collections.Fingerprint{
		Base:        docstore.Base{ID: shown.ID, OrgID: shown.OrgID},
		ListingID:   shown.ListingID,
		Hash:        ContentHash(shown.Author, shown.Rating, shown.Title, shown.Text),
		ReplyHash:   ReplyHash(shown.SourceReply),
		Version:     shown.Version,
		FirstSeenAt: shown.FirstSeenAt,
		PostedAt:    postedAt,
		SeenAt:      shown.ObservedAt,
		UpdatedAt:   shown.ObservedAt,
		Removed:     shown.Removed,
		Confirmed:   true,
	}
}

func posted(l Listing, r sites.Review, at time.Time) Change {
	next := collections.Fingerprint{
		Base:        docstore.Base{ID: l.ReviewID(r.ExternalID), OrgID: l.OrgID},
		ListingID:   l.ID,
		Hash:        ContentHash(r.Author, r.Rating, r.Title, r.Text),
		ReplyHash:   ReplyHash(r.Reply),
		Version:     1,
		FirstSeenAt: at,
		PostedAt:    r.PostedAt,
	}
	event := observed(l, &next, r, events.Posted, at)
	return Change{Event: event, Next: tell(next, nil, event), New: true}
}

// observed is the event of a review as its site shows it.
func observed(l Listing, f *collections.Fingerprint, r sites.Review, change events.Change, at time.Time) *events.ReviewCollected {
	event := &events.ReviewCollected{
		OrgID: l.OrgID, ReviewID: f.ID, ListingID: l.ID, LocationID: l.LocationID,
		Site: l.Site, ExternalID: r.ExternalID,
		Change: change, Version: f.Version,
		URL: r.URL, Author: r.Author, Rating: r.Rating, RawRating: r.RawRating,
		SubRatings: r.SubRatings, Title: r.Title, Text: r.Text, Excerpt: r.Excerpt,
		PostedAt: f.PostedAt, SourceUpdatedAt: r.UpdatedAt,
		FirstSeenAt: f.FirstSeenAt, ObservedAt: at, Reply: r.Reply,
	}
	event.EventID = eventID(event)
	return event
}

// tell is the fingerprint once an event was published. The payload that is kept is
// the whole observation: if an earlier one has not reached the inbox yet, the
// new one stands for both and keeps its change, because the inbox must then be
// told of the text and not only of the reply.
func tell(next collections.Fingerprint, known *collections.Fingerprint, event *events.ReviewCollected) collections.Fingerprint {
	payload := *event
	if known != nil && !known.Confirmed && known.Payload != nil && event.Change == events.SourceReply {
		payload.Change = known.Payload.Change
		payload.EventID = eventID(&payload)
	}
	next.SeenAt = event.ObservedAt
	next.UpdatedAt = event.ObservedAt
	next.Payload = &payload
	next.Confirmed = false
	next.Republished = 0
	return next
}

// restoring is the change of a review that is there again with the same text.
func restoring(version int) events.Change {
	if version > 1 {
		return events.Edited
	}
	return events.Posted
}

// after keeps the observation times of one review growing.
func after(at time.Time, known *collections.Fingerprint) time.Time {
	if !at.After(known.SeenAt) {
		return known.SeenAt.Add(time.Millisecond)
	}
	return at
}

// Apply makes a fingerprint the one that the change says, if it is still the one the
// change was found against: it returns false if somebody else was faster. What the
// inbox confirmed meanwhile is kept.
func (c Change) Apply(doc *collections.Fingerprint) bool {
	if !doc.SeenAt.Equal(c.was) {
		return false
	}
	if c.Event == nil {
		doc.MissedAt, doc.ListingID = c.Next.MissedAt, c.Next.ListingID
		return true
	}
	base := doc.Base
	*doc = c.Next
	doc.Base = base
	return true
}
