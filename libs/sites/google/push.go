package google

import (
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/problem"
)

// Push is one of Google's notifications. It carries no review, only where one
// is new or changed: it is a hint to poll, and may come twice or never.
type Push struct {
	// Type is Google's word: NEW_REVIEW, UPDATED_REVIEW, or one of a kind that is
	// not about reviews.
	Type string
	// Location is the resource name that listings have as their Ref,
	// "accounts/1/locations/2", or "locations/2" where Google leaves the account
	// out; see Concerns.
	Location string
	// Review is the review's resource name; empty where Google gives none.
	Review string
	// MessageID and PublishedAt are the envelope's; empty and zero without one.
	MessageID   string
	PublishedAt time.Time
	// Subscription is the name of the Pub/Sub subscription; empty without an envelope.
	Subscription string
}

// AboutReviews reports whether the notification is about a review.
func (p Push) AboutReviews() bool { return p.Type == "NEW_REVIEW" || p.Type == "UPDATED_REVIEW" }

// Concerns reports whether a listing with this Ref is the one meant.
func (p Push) Concerns(ref string) bool {
	if p.Location == ref {
		return true
	}
	return strings.HasPrefix(p.Location, "locations/") && strings.HasSuffix(ref, "/"+p.Location)
}

// MaxPushBytes is the largest notification that is read; Google's have some
// hundred bytes.
const MaxPushBytes = 64 << 10

var pushLocation = regexp.MustCompile(`^(?:accounts/[A-Za-z0-9_-]+/)?locations/[A-Za-z0-9_-]+$`)

// ParsePush reads the body of a Pub/Sub push request: the envelope with its
// base64 data, or the data alone, as subscriptions with payload unwrapping send
// it. Errors are of kind Invalid or TooLarge.
func ParsePush(body []byte) (Push, error) {
	if len(body) > MaxPushBytes {
		return Push{}, problem.New(problem.TooLarge, "push_too_large", "the notification is larger than %d bytes", MaxPushBytes)
	}
	var envelope struct {
		Message *struct {
			Data        string `json:"data"`
			MessageID   string `json:"messageId"`
			PublishTime string `json:"publishTime"`
		} `json:"message"`
		Subscription string `json:"subscription"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return Push{}, problem.New(problem.Invalid, "bad_push", "the notification is not the JSON it should be")
	}
	var out Push
	data := body
	if m := envelope.Message; m != nil {
		decoded, err := fromBase64(m.Data)
		if err != nil {
			return Push{}, problem.New(problem.Invalid, "bad_push", "the notification's data is not base64")
		}
		data = decoded
		out.MessageID, out.Subscription = m.MessageID, envelope.Subscription
		out.PublishedAt, _ = parseTime(m.PublishTime)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return Push{}, problem.New(problem.Invalid, "bad_push", "the notification's data is not the JSON it should be")
	}
	out.Type = pushField(fields, "type", "notificationType", "notification_type")
	out.Location = pushField(fields, "location", "locationName", "location_name")
	out.Review = pushField(fields, "review", "reviewName", "review_name")
	if before, _, found := strings.Cut(out.Review, "/reviews/"); out.Location == "" && found {
		out.Location = before
	}
	if out.Type == "" || len(out.Type) > 100 || len(out.Review) > 1<<10 || len(out.Location) > 1<<10 || !pushLocation.MatchString(out.Location) {
		return Push{}, problem.New(problem.Invalid, "bad_push", "the notification does not say what happened and at which location")
	}
	return out, nil
}

// fromBase64 takes both alphabets, with and without padding.
func fromBase64(s string) ([]byte, error) {
	s = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(s), "=")
	return base64.RawStdEncoding.DecodeString(s)
}

// pushField is a text, or the name of an object, under the first of its names
// that is there.
func pushField(fields map[string]json.RawMessage, names ...string) string {
	for _, name := range names {
		var text string
		if json.Unmarshal(fields[name], &text) == nil && text != "" {
			return text
		}
		var object struct {
			Name string `json:"name"`
		}
		if json.Unmarshal(fields[name], &object) == nil && object.Name != "" {
			return object.Name
		}
	}
	return ""
}
