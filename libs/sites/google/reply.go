package google

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

// wireReply is an owner's reply. How its moderation stands is absent where the
// account is not moderated; the field has had more than one name.
type wireReply struct {
	Comment          string          `json:"comment"`
	UpdateTime       string          `json:"updateTime"`
	State            string          `json:"state"`
	ReviewReplyState string          `json:"reviewReplyState"`
	PolicyViolation  json.RawMessage `json:"policyViolation"`
	PolicyViolations json.RawMessage `json:"policyViolations"`
}

// decodeReply gives the reply with its state: one that Google's moderation holds
// or refused is not shown on the site.
func decodeReply(wire *wireReply) *events.Reply {
	if wire == nil || wire.Comment == "" || len(wire.Comment) > events.MaxTextBytes {
		return nil
	}
	at, _ := parseTime(wire.UpdateTime)
	out := &events.Reply{Text: original(wire.Comment), UpdatedAt: at, State: replyState(wire)}
	if out.State == events.ReplyRejected {
		out.Problem = violation(wire.PolicyViolation, wire.PolicyViolations)
	}
	return out
}

// replyState reads the words in use. A word that is not known says nothing, as
// an absent one does; a violation beside it still does.
func replyState(wire *wireReply) events.ReplyState {
	word := wire.State
	if word == "" {
		word = wire.ReviewReplyState
	}
	word = strings.ToUpper(word)
	switch {
	case strings.Contains(word, "REJECT"), strings.Contains(word, "DENIED"), refusedWord.MatchString(word):
		return events.ReplyRejected
	case strings.Contains(word, "PENDING"):
		return events.ReplyPending
	case strings.Contains(word, "APPROVED"), strings.Contains(word, "PUBLISHED"):
		return events.ReplyPublic
	case said(wire.PolicyViolation), said(wire.PolicyViolations):
		return events.ReplyRejected
	}
	return ""
}

// refusedWord finds words that hold the name of the public state and mean its
// opposite.
var refusedWord = regexp.MustCompile(`(?:UN|DIS|NOT_?)(?:APPROVED|PUBLISHED)`)

func said(raw json.RawMessage) bool {
	switch string(bytes.TrimSpace(raw)) {
	case "", "null", `""`, "{}", "[]":
		return false
	}
	return true
}

// maxViolationBytes and maxViolationWords bound what is kept of a refusal.
const (
	maxViolationBytes = 500
	maxViolationWords = 8
)

// violation is why the reply was refused, in Google's words: the texts that
// stand in the violation, whatever its shape.
func violation(raws ...json.RawMessage) string {
	var words []string
	for _, raw := range raws {
		var v any
		if json.Unmarshal(raw, &v) == nil {
			collectTexts(v, &words, 0)
		}
	}
	out := strings.Join(words, "; ")
	for len(out) > maxViolationBytes {
		_, size := utf8.DecodeLastRuneInString(out)
		out = out[:len(out)-size]
	}
	return out
}

func collectTexts(v any, into *[]string, depth int) {
	if depth > 4 || len(*into) >= maxViolationWords {
		return
	}
	switch v := v.(type) {
	case string:
		if s := strings.Join(strings.Fields(v), " "); s != "" && len(s) <= maxViolationBytes {
			*into = append(*into, s)
		}
	case []any:
		for _, item := range v {
			collectTexts(item, into, depth+1)
		}
	case map[string]any:
		// The order of a map changes from run to run; that of these words does not.
		for _, key := range []string{"policyName", "name", "type", "reason", "title", "description", "message", "policyViolation", "violations"} {
			collectTexts(v[key], into, depth+1)
		}
	}
}

// PublishReply implements sites.Publisher. A PUT of the same text again changes
// nothing at Google.
func (s *Site) PublishReply(ctx context.Context, listing sites.Listing, externalID, text string) error {
	_, err := s.PutReply(ctx, listing, externalID, text)
	return err
}

// PutReply is PublishReply with the reply as Google now has it, whose State is
// where its moderation stands at this moment.
func (s *Site) PutReply(ctx context.Context, listing sites.Listing, externalID, text string) (events.Reply, error) {
	address, err := s.replyURL(listing, externalID)
	if err != nil {
		return events.Reply{}, err
	}
	switch {
	case strings.TrimSpace(text) == "":
		return events.Reply{}, problem.New(problem.Invalid, "reply_empty", "the reply is empty")
	case !utf8.ValidString(text):
		return events.Reply{}, problem.New(problem.Invalid, "reply_not_utf8", "the reply is not valid UTF-8")
	case len(text) > maxReplyBytes:
		return events.Reply{}, problem.New(problem.TooLarge, "reply_too_long",
			"the reply has %d bytes; Google takes %d, and most letters beyond English count as two or more", len(text), maxReplyBytes)
	}
	body, err := json.Marshal(map[string]string{"comment": text})
	if err != nil {
		return events.Reply{}, fmt.Errorf("encode the reply: %w", err)
	}
	h := headers(listing)
	h.Set("Content-Type", "application/json")
	resp, err := s.client.Do(ctx, polite.Request{Method: http.MethodPut, URL: address, Header: h, Body: body, NoRedirects: true})
	if err != nil {
		return events.Reply{}, fmt.Errorf("publish a google reply: %w", explain(err))
	}
	// Google has the reply whatever the answer looks like; one that cannot be
	// read leaves the state open until the next Fetch.
	out := events.Reply{Text: text}
	var wire wireReply
	if json.Unmarshal(resp.Body, &wire) == nil {
		if read := decodeReply(&wire); read != nil {
			out.State, out.Problem, out.UpdatedAt = read.State, read.Problem, read.UpdatedAt
		}
	}
	return out, nil
}

// DeleteReply takes the owner's reply away. It is idempotent: a review without
// a reply stays as it is.
func (s *Site) DeleteReply(ctx context.Context, listing sites.Listing, externalID string) error {
	address, err := s.replyURL(listing, externalID)
	if err != nil {
		return err
	}
	_, err = s.client.Do(ctx, polite.Request{Method: http.MethodDelete, URL: address, Header: headers(listing), NoRedirects: true})
	if err != nil {
		return fmt.Errorf("delete a google reply: %w", explain(err))
	}
	return nil
}

func (s *Site) replyURL(listing sites.Listing, externalID string) (string, error) {
	address, err := s.listingURL(listing)
	if err != nil {
		return "", err
	}
	if !reviewID.MatchString(externalID) {
		return "", problem.New(problem.Invalid, "bad_review_id", "this is no id of a Google review")
	}
	return address + "/" + externalID + "/reply", nil
}
