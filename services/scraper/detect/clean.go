package detect

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/sites"
)

// Limits of what is taken from a site besides those of package events.
const (
	MaxExternalIDBytes = 1 << 10
	maxURLBytes        = 2 << 10
	maxRawRatingBytes  = 64
	maxSubRatings      = 32
	maxSubRatingName   = 64
	// maxReplyProblemBytes is what the event takes of a site's reason; more is cut, for
	// it is an explanation and no content.
	maxReplyProblemBytes = 1 << 10
)

// Fault is why a review cannot be taken; a closed set, used as a metric label.
type Fault string

// The faults. Sound means none.
const (
	Sound         Fault = ""
	NoID          Fault = "no_id"
	IDTooLong     Fault = "id_too_long"
	TextTooLong   Fault = "text_too_long"
	AuthorTooLong Fault = "author_too_long"
	TitleTooLong  Fault = "title_too_long"
	Unreadable    Fault = "unreadable" // refused by the event's own validation
	SharedID      Fault = "shared_id"  // another listing of the same site has this id with other words
)

// Describe says a fault for the people who look after the listing.
func (f Fault) Describe() string {
	switch f {
	case NoID:
		return "the site gives no id"
	case IDTooLong:
		return "the id is longer than 1 KiB"
	case TextTooLong:
		return "the text is longer than 256 KiB"
	case AuthorTooLong:
		return "the author's name is longer than 1 KiB"
	case TitleTooLong:
		return "the title is longer than 4 KiB"
	case SharedID:
		return "another listing of this site already has a different review with this id"
	default:
		return "the review breaks the rules of the event format"
	}
}

// earliest is before the first review site; older dates are placeholders such as
// the Unix epoch.
var earliest = time.Date(1995, 1, 1, 0, 0, 0, 0, time.UTC)

// Clean makes what an adapter read fit to be stored everywhere: valid UTF-8 without
// NUL, ratings within 1..5, sane times. Words are otherwise left as they are. A
// review that breaks a limit is refused whole and never cut.
func Clean(r sites.Review, now time.Time) (sites.Review, Fault) {
	r.ExternalID = readable(r.ExternalID)
	switch {
	case r.ExternalID == "":
		return r, NoID
	case len(r.ExternalID) > MaxExternalIDBytes:
		return r, IDTooLong
	}
	r.Author, r.Title, r.Text = readable(r.Author), readable(r.Title), readable(r.Text)
	switch {
	case len(r.Text) > events.MaxTextBytes:
		return r, TextTooLong
	case len(r.Author) > events.MaxAuthorBytes:
		return r, AuthorTooLong
	case len(r.Title) > events.MaxTitleBytes:
		return r, TitleTooLong
	}
	r.URL = address(r.URL)
	if r.RawRating = readable(r.RawRating); len(r.RawRating) > maxRawRatingBytes {
		r.RawRating = ""
	}
	if r.Rating != nil && !inRange(*r.Rating) {
		r.Rating = nil
	}
	r.SubRatings = cleanSubRatings(r.SubRatings)
	r.PostedAt = sane(r.PostedAt, now)
	r.UpdatedAt = sane(r.UpdatedAt, now)
	r.Reply = cleanReply(r.Reply, now)
	return r, Sound
}

// readable replaces what is not text. Stores and JSON encoders do the same to
// invalid UTF-8, each in its own way; doing it before the fingerprint is taken
// keeps what is known equal to what is stored.
func readable(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// address keeps only links a browser may safely be given.
func address(s string) string {
	s = strings.TrimSpace(readable(s))
	scheme, _, _ := strings.Cut(strings.ToLower(s), "://")
	if len(s) > maxURLBytes || scheme != "https" && scheme != "http" {
		return ""
	}
	return events.CleanURL(s)
}

func inRange(rating float64) bool {
	return !math.IsNaN(rating) && rating >= 1 && rating <= 5
}

func cleanSubRatings(ratings map[string]float64) map[string]float64 {
	if len(ratings) == 0 {
		return nil
	}
	out := map[string]float64{}
	for _, name := range slices.Sorted(maps.Keys(ratings)) {
		plain := readable(name)
		if len(out) == maxSubRatings || plain == "" || len(plain) > maxSubRatingName || !inRange(ratings[name]) {
			continue
		}
		out[plain] = ratings[name]
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// sane forgets a time that cannot be when a review was written. A little ahead of
// our clock is a matter of zones and clocks and is kept.
func sane(t, now time.Time) time.Time {
	if t.IsZero() || t.Before(earliest) || t.After(now.Add(48*time.Hour)) {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

func cleanReply(reply *events.Reply, now time.Time) *events.Reply {
	if reply == nil {
		return nil
	}
	out := events.Reply{Text: readable(reply.Text), UpdatedAt: sane(reply.UpdatedAt, now), State: reply.State}
	switch out.State {
	case "", events.ReplyPublic, events.ReplyPending, events.ReplyRejected:
	default:
		out.State = "" // a word of the site's that the adapter did not translate
	}
	if len(out.Text) > events.MaxTextBytes || out.Text == "" && !moderated(&out) {
		return nil
	}
	if out.Problem = readable(reply.Problem); len(out.Problem) > maxReplyProblemBytes {
		out.Problem = strings.ToValidUTF8(out.Problem[:maxReplyProblemBytes], "")
	}
	return &out
}
