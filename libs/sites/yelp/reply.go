package yelp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

const (
	maxReplyCharacters = 5000
	// repliesPerDay is for one location.
	repliesPerDay = 20
	// ownersURL is where owners sign in.
	ownersURL = "https://biz.yelp.com/"
	// quotaWait is how long a location rests whose replies of a day are used up. Yelp
	// counts over a moving day and does not say when the first one leaves it.
	quotaWait = time.Hour
	// maxBudgetWait is longer than any budget of a day lasts, whatever its zone.
	maxBudgetWait = 48 * time.Hour
)

// MaxReplyBytes implements sites.Publisher. Yelp counts characters, of up to four bytes.
func (s *Site) MaxReplyBytes() int { return maxReplyCharacters * utf8.UTFMax }

// Answering implements sites.Answerable: through the partner API where the credential
// has access to it, by hand otherwise.
func (s *Site) Answering(listing sites.Listing, reviewURL string) sites.Answering {
	out := sites.Answering{
		Seen: true, MaxCharacters: maxReplyCharacters, MaxBytes: maxReplyCharacters * utf8.UTFMax, NoEmoji: true, PerDay: repliesPerDay,
	}
	if _, token, err := credential(listing); err == nil && token != "" {
		return out
	}
	out.ByHand, out.URL = true, link(reviewURL)
	if out.URL == "" {
		out.URL = ownersURL
	}
	return out
}

// PublishReply implements sites.Publisher. Yelp refuses a text that is nearly the same
// as one it has, so that a reply sent again is not there twice; it says so in the
// same words as for a text it dislikes (code yelp_text_refused), and whoever lost
// the answer to a first try finds out from the next poll.
func (s *Site) PublishReply(ctx context.Context, listing sites.Listing, externalID, text string) error {
	_, token, err := credential(listing)
	if err != nil {
		return err
	}
	switch {
	case token == "":
		return problem.New(problem.Forbidden, sites.CodeReplyByHand,
			"the listing's Yelp credential has no partner access: copy the reply and post it on Yelp")
	case !reviewID.MatchString(externalID):
		return problem.New(problem.Invalid, "bad_review_id", "this is no id of a Yelp review")
	case strings.TrimSpace(text) == "":
		return problem.New(problem.Invalid, "reply_empty", "the reply is empty")
	case !utf8.ValidString(text):
		return problem.New(problem.Invalid, "reply_not_utf8", "the reply is not valid UTF-8")
	case utf8.RuneCountInString(text) > maxReplyCharacters:
		return problem.New(problem.TooLarge, "reply_too_long",
			"the reply has %d characters; Yelp takes %d", utf8.RuneCountInString(text), maxReplyCharacters)
	case strings.ContainsFunc(text, emoji):
		return problem.New(problem.Invalid, "reply_emoji", "Yelp takes no emoji in replies: remove them")
	}
	body, err := json.Marshal(map[string]string{"response_text": text, "response_type": "public_comment"})
	if err != nil {
		return fmt.Errorf("encode the reply: %w", err)
	}
	h := headers(token)
	h.Set("Content-Type", "application/json")
	_, err = s.client.Do(ctx, polite.Request{
		Method: http.MethodPost, URL: s.partner + "/reviews/v1/" + externalID, Header: h, Body: body, NoRedirects: true,
	})
	if err != nil {
		return fmt.Errorf("publish a yelp reply: %w", explainReply(err))
	}
	return nil
}

// emoji reports whether Yelp would take a character for an emoji. Signs that are
// plain text by themselves, such as the copyright sign, are none.
func emoji(r rune) bool {
	switch {
	case r >= 0x1F000 && r <= 0x1FAFF, r >= 0x2600 && r <= 0x27BF, r >= 0x2B00 && r <= 0x2BFF, r >= 0xE0000 && r <= 0xE007F:
		return true
	case r == 0xFE0F, r == 0x20E3, r == 0x231A, r == 0x231B, r >= 0x23E9 && r <= 0x23FA:
		return true
	}
	return false
}

// wireError is Yelp's error: the two APIs name its code differently.
type wireError struct {
	Error struct {
		Code string `json:"code"`
		ID   string `json:"id"`
	} `json:"error"`
}

// refusal takes a failed request apart; ok is false where it got no answer.
func refusal(err error) (refined problem.Error, status *polite.StatusError, code string, ok bool) {
	var own *problem.Error
	if !errors.As(err, &status) || !errors.As(err, &own) {
		return problem.Error{}, nil, "", false
	}
	var body wireError
	_ = json.Unmarshal(status.Body, &body) // a body that is no JSON says nothing more than the status
	code = body.Error.Code
	if code == "" {
		code = body.Error.ID
	}
	return *own, status, code, true
}

// explain tells Yelp's own codes apart: a request too many in one second passes by
// itself, the budget of a day only at its reset. Yelp's words are foreign text and are
// not repeated.
func (s *Site) explain(err error) (*sites.Budget, error) {
	refined, status, code, ok := refusal(err)
	if !ok {
		return nil, err
	}
	left := budget(status.Header)
	switch {
	case code == "ACCESS_LIMIT_REACHED":
		if left == nil {
			left = &sites.Budget{}
		}
		now := s.now()
		// A reset that lies beyond the next days is a fault, and no reason to rest for ever.
		if left.Remaining = 0; !left.ResetAt.After(now) || left.ResetAt.Sub(now) > maxBudgetWait {
			left.ResetAt = s.Budget().NextReset(now)
		}
		refined.Kind, refined.Code, refined.Detail = problem.RateLimited, "yelp_budget", "the Yelp key's calls of today are used up"
		refined.RetryAfter = max(refined.RetryAfter, left.ResetAt.Sub(now))
	case code == "TOO_MANY_REQUESTS_PER_SECOND":
		refined.Kind, refined.Code, refined.Detail = problem.RateLimited, "yelp_too_fast", "Yelp asks for fewer requests a second"
		refined.RetryAfter = max(refined.RetryAfter, time.Second)
	case code == "BUSINESS_MIGRATED" || status.Status == http.StatusMovedPermanently:
		refined.Kind, refined.Code, refined.Detail = problem.NotFound, "yelp_moved", "Yelp gave this business another id: correct the listing"
	case code == "BUSINESS_UNAVAILABLE":
		refined.Kind, refined.Code, refined.Detail = problem.NotFound, "yelp_unavailable", "Yelp does not show this business through its API"
	case status.Status == http.StatusUnauthorized || code == "TOKEN_INVALID" || code == "TOKEN_MISSING" || code == "UNAUTHORIZED_API_KEY":
		refined.Kind, refined.Code, refined.Detail = problem.Forbidden, "yelp_credential", "Yelp does not accept the API key: it was revoked or never was one"
	case status.Status == http.StatusForbidden:
		refined.Code, refined.Detail = "yelp_permission", "the Yelp key's plan does not include reviews"
	case status.Status == http.StatusNotFound:
		refined.Code, refined.Detail = "yelp_not_found", "Yelp knows no business with this id or alias"
	default:
		return left, err
	}
	return left, &refined
}

// explainReply tells the partner API's codes apart; nearly all of them come with
// status 400.
func explainReply(err error) error {
	refined, status, code, ok := refusal(err)
	if !ok {
		return err
	}
	set := func(kind problem.Kind, code, detail string) error {
		refined.Kind, refined.Code, refined.Detail = kind, code, detail
		return &refined
	}
	switch code {
	case "R2R_COMMENT_QUOTA_EXCEEDED":
		refined.RetryAfter = max(refined.RetryAfter, quotaWait)
		return set(problem.RateLimited, "yelp_reply_quota", "Yelp takes 20 replies a day for a location, and today's are used up")
	case "R2R_INVALID_RESPONSE_TEXT":
		return set(problem.Invalid, "yelp_text_refused",
			"Yelp refuses the text: it is nearly the same as an earlier reply, or has words Yelp does not publish")
	case "R2R_REVIEW_DOES_NOT_EXIST":
		return set(problem.NotFound, "yelp_review_gone", "Yelp has no such review any more")
	case "R2R_PROBLEM_WITH_USER_PHOTO":
		return set(problem.Forbidden, "yelp_owner_photo", "Yelp wants a photo of the business owner's account before it takes replies")
	case "R2R_UNACCEPTABLE_BIZ_USER_NAME":
		return set(problem.Forbidden, "yelp_owner_name", "Yelp does not accept the name of the business owner's account")
	case "R2R_COMMENTS_NOT_ALLOWED", "R2R_PUBLIC_COMMENTS_DISABLED", "R2R_BUSINESS_NOT_CLAIMED", "R2R_PERMISSION_DENIED", "INSUFFICIENT_SCOPE":
		return set(problem.Forbidden, "yelp_reply_permission", "the Yelp account may not answer reviews of this location")
	}
	if code == "INVALID_TOKEN" || status.Status == http.StatusUnauthorized {
		return set(problem.Forbidden, "yelp_partner_token", "Yelp does not accept the partner access token: it expired or was revoked")
	}
	return err
}
