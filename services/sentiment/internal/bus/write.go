package bus

import (
	"bytes"
	"time"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/wire"
)

// writeTagged is the JSON of a tagged review: what was collected, as it came, with the
// analysis behind it. collected is plain (see readCollected) and the analysis sound, so
// that the result is a valid event. One that is too large is problem.TooLarge.
func writeTagged(collected []byte, a review.Analysis, at time.Time) ([]byte, error) {
	collected = bytes.TrimRight(collected, " \t\r\n")
	// Enough for the envelope, some 40 bytes a tag and the evidence.
	room := len(collected) + 256
	for _, tag := range a.Tags {
		room += 64
		for _, e := range tag.Evidence {
			room += 72 + len(e.Quote) + len(e.Rule)
		}
	}
	for _, m := range a.Mentions {
		room += 96 + len(m.Name) + len(m.Role)
	}
	b := make([]byte, 0, room)
	b = append(b, collected[:len(collected)-1]...)
	b = append(b, `,"analysis":`...)
	b = wire.AppendAnalysis(b, a)
	b = append(b, `,"tagged_at":"`...)
	b = at.AppendFormat(b, time.RFC3339Nano)
	b = append(b, `"}`...)
	if len(b) > events.MaxEventBytes {
		return nil, problem.New(problem.TooLarge, "event_too_large", "an event for %s has %d bytes, more than the %d allowed", events.TopicReviewsTagged, len(b), events.MaxEventBytes)
	}
	return b, nil
}
