package detect

import (
	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/events"
)

// Missing tells what of a fingerprint the inbox lacks: the event to publish again,
// or nil if the inbox (shown; nil if it does not have the review) is up to date.
// What is published again is the last observation, with the change that says
// what the inbox lacks of it.
func Missing(known collections.Fingerprint, shown *collections.Review) *events.ReviewCollected {
	if known.Payload == nil {
		return nil
	}
	event := *known.Payload
	switch {
	case shown == nil && known.Removed:
		return nil // erased from the inbox on purpose, and gone from the site too
	case shown == nil || shown.Version < known.Version:
		event.Change = restoring(known.Version)
	case shown.Version > known.Version:
		return nil
	case shown.Removed != known.Removed:
		event.Change = events.Removed
		if !known.Removed {
			event.Change = restoring(known.Version)
		}
	case corrected(known, shown):
		event.Change = restoring(known.Version)
	case !sameReply(shown.SourceReply, event.Reply):
		event.Change = events.SourceReply
	default:
		return nil
	}
	event.EventID = eventID(&event)
	return &event
}

// sameReply reports whether the inbox has the reply. An inbox that keeps no state of
// moderation is not told for ever what it does not keep.
func sameReply(shown, told *events.Reply) bool {
	if shown != nil && told != nil && shown.State == "" {
		return shown.Text == told.Text
	}
	return ReplyHash(shown) == ReplyHash(told)
}

// corrected reports whether the inbox has another text of the same version and ours
// is the later one: a crash between publishing a version and remembering it
// makes the next poll publish the version again, perhaps with a newer text.
func corrected(known collections.Fingerprint, shown *collections.Review) bool {
	return !known.Removed && shown.ObservedAt.Before(known.SeenAt) &&
		ContentHash(shown.Author, shown.Rating, shown.Title, shown.Text) != known.Hash
}
