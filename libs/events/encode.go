package events

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
)

// MaxEventBytes bounds an encoded event.
const MaxEventBytes = 1_000_000

// Payload is an event: it knows its topic and key and whether it is well formed.
type Payload interface {
	// Topic is the Kafka topic it belongs to.
	Topic() string
	// Key orders events: those with the same key stay in order.
	Key() string
	// Validate is problem.Invalid, naming the first field that is wrong, and never quoting it.
	Validate() error
}

// Topic is reviews.collected.
func (e ReviewCollected) Topic() string { return TopicReviewsCollected }

// Key is the review.
func (e ReviewCollected) Key() string { return e.ReviewID }

// Topic is reviews.tagged.
func (e ReviewTagged) Topic() string { return TopicReviewsTagged }

// Topic is reviews.changed.
func (e ReviewChanged) Topic() string { return TopicReviewsChanged }

// Key is the review.
func (e ReviewChanged) Key() string { return e.ReviewID }

// Topic is listings.observed.
func (e ListingObserved) Topic() string { return TopicListingsObserved }

// Key is the listing.
func (e ListingObserved) Key() string { return e.ListingID }

// NewEventID is a fresh, random event id.
func NewEventID() string {
	var b [16]byte
	// crypto/rand.Read never fails.
	_, _ = rand.Read(b[:])
	return "e_" + hex.EncodeToString(b[:])
}

// Encode is the JSON of a payload that is well formed. An ill-formed one is
// problem.Invalid, one that is larger than MaxEventBytes problem.TooLarge.
func Encode(p Payload) ([]byte, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	switch e := p.(type) {
	case ReviewTagged:
		p = withLists(e)
	case ReviewChanged:
		if e.Types == nil {
			e.Types = []string{}
		}
		p = e
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	// Escaping for HTML is the business of who writes HTML.
	enc.SetEscapeHTML(false)
	if err := enc.Encode(p); err != nil {
		return nil, problem.Wrap(problem.Invalid, "event_invalid", err, "encode an event for %s", p.Topic())
	}
	data := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	if len(data) > MaxEventBytes {
		return nil, problem.New(problem.TooLarge, "event_too_large", "an event for %s has %d bytes, more than the %d allowed", p.Topic(), len(data), MaxEventBytes)
	}
	return data, nil
}

// withLists makes lists that are nil empty, so that readers in other languages always find a list.
func withLists(e ReviewTagged) ReviewTagged {
	if e.Analysis.Urgent == nil {
		e.Analysis.Urgent = []review.Urgent{}
	}
	tags := make([]review.Tag, len(e.Analysis.Tags))
	copy(tags, e.Analysis.Tags)
	for i := range tags {
		if tags[i].Evidence == nil {
			tags[i].Evidence = []review.Evidence{}
		}
	}
	e.Analysis.Tags = tags
	return e
}

// DecodeReviewCollected reads a payload of reviews.collected. Like its siblings it ignores fields
// it does not know, because schemas grow; everything else that is wrong is problem.Invalid (or
// TooLarge) with a detail that names the field and quotes no content.
func DecodeReviewCollected(data []byte) (ReviewCollected, error) {
	return decode[ReviewCollected](data)
}

// DecodeReviewTagged reads a payload of reviews.tagged.
func DecodeReviewTagged(data []byte) (ReviewTagged, error) { return decode[ReviewTagged](data) }

// DecodeReviewChanged reads a payload of reviews.changed.
func DecodeReviewChanged(data []byte) (ReviewChanged, error) { return decode[ReviewChanged](data) }

// DecodeListingObserved reads a payload of listings.observed.
func DecodeListingObserved(data []byte) (ListingObserved, error) {
	return decode[ListingObserved](data)
}

func decode[P Payload](data []byte) (P, error) {
	var p, none P
	if len(data) > MaxEventBytes {
		return none, problem.New(problem.TooLarge, "event_too_large", "the event has %d bytes, more than the %d allowed", len(data), MaxEventBytes)
	}
	if !utf8.Valid(data) {
		return none, invalid("the event is not valid UTF-8")
	}
	// encoding/json bounds nesting by itself, and what it skips it does not keep.
	if err := json.Unmarshal(data, &p); err != nil {
		return none, invalid("%s", jsonFault(data, err))
	}
	if err := p.Validate(); err != nil {
		return none, err
	}
	return p, nil
}

func invalid(detail string, args ...any) error {
	return problem.New(problem.Invalid, "event_invalid", detail, args...)
}

// jsonFault describes an error of encoding/json without what it quotes of the content.
func jsonFault(data []byte, err error) string {
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return "the event is empty"
	case errors.As(err, &wrongType):
		field := wrongType.Field
		if field == "" {
			return "the event is not a JSON object"
		}
		return "field " + knownPath(field) + " is of a wrong type: it should be " + kindName(wrongType)
	case errors.As(err, &syntax):
		return "the event is not JSON"
	}
	if field := badTime(data, ""); field != "" {
		return "field " + field + " is not a time as RFC 3339 writes it"
	}
	return "the event cannot be read as its type"
}

// knownPath bounds a path and drops keys of foreign maps.
func knownPath(path string) string {
	if root, _, ok := strings.Cut(path, "sub_ratings."); ok {
		return root + "sub_ratings"
	}
	if len(path) > 100 {
		return path[:100]
	}
	return path
}

func kindName(err *json.UnmarshalTypeError) string {
	if err.Type == nil {
		return "something else"
	}
	return err.Type.Kind().String()
}

// timeFields are the fields of all payloads that hold a time.
var timeFields = []string{"posted_at", "source_updated_at", "first_seen_at", "observed_at", "tagged_at", "at"}

// badTime is the first time field that cannot be read.
func badTime(data []byte, prefix string) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil {
		return ""
	}
	names := timeFields
	if prefix != "" {
		names = []string{"updated_at"}
	}
	for _, name := range names {
		if raw, ok := fields[name]; ok {
			var at time.Time
			if json.Unmarshal(raw, &at) != nil {
				return prefix + name
			}
		}
	}
	if raw, ok := fields["reply"]; ok && prefix == "" {
		return badTime(raw, "reply.")
	}
	return ""
}
