package detect

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/bedside-health/bedside/libs/events"
)

// ContentHash is the fingerprint of what makes a version: author, rating, title and
// text. The parts are length-prefixed, so that no choice of words makes two contents
// alike. Without a title it is what it was before there were titles.
func ContentHash(author string, rating *float64, title, text string) string {
	number := "-"
	if rating != nil {
		number = strconv.FormatFloat(*rating, 'g', -1, 64)
	}
	if title == "" {
		return hash(author, number, text)
	}
	return hash(author, number, text, title)
}

// ReplyHash is the fingerprint of the owner's reply and of what the site's moderation
// says of it; empty where there is no reply. A reply whose state is unsaid is public.
func ReplyHash(reply *events.Reply) string {
	switch {
	case reply == nil || reply.Text == "" && !moderated(reply):
		return ""
	case moderated(reply):
		return hash(reply.Text, string(reply.State), reply.Problem)
	}
	return hash(reply.Text)
}

// moderated reports whether a site says that a reply is not public.
func moderated(reply *events.Reply) bool {
	return reply.State != "" && reply.State != events.ReplyPublic
}

// eventID names an observation: publishing it again gives the same id.
func eventID(e *events.ReviewCollected) string {
	return "c_" + hash(e.ReviewID, strconv.Itoa(e.Version), string(e.Change),
		ContentHash(e.Author, e.Rating, e.Title, e.Text), ReplyHash(e.Reply), e.ObservedAt.Format(time.RFC3339Nano))
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
