package detect

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/bedside-health/bedside/libs/events"
)

// ContentHash is the fingerprint of what makes a version: author, rating and text.
// The parts are length-prefixed, so that no choice of words makes two contents alike.
func ContentHash(author string, rating *float64, text string) string {
	number := "-"
	if rating != nil {
		number = strconv.FormatFloat(*rating, 'g', -1, 64)
	}
	return hash(author, number, text)
}

// ReplyHash is the fingerprint of the owner's reply; empty where there is none.
func ReplyHash(reply *events.Reply) string {
	if reply == nil || reply.Text == "" {
		return ""
	}
	return hash(reply.Text)
}

// eventID names an observation: publishing it again gives the same id.
func eventID(e *events.ReviewCollected) string {
	return "c_" + hash(e.ReviewID, strconv.Itoa(e.Version), string(e.Change),
		ContentHash(e.Author, e.Rating, e.Text), ReplyHash(e.Reply), e.ObservedAt.Format(time.RFC3339Nano))
}

func hash(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		_, _ = h.Write(strconv.AppendInt(nil, int64(len(part)), 10)) // a hash never fails
		_, _ = h.Write([]byte{':'})
		_, _ = h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
