package google

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
)

// wireError is the body of a refusal, as far as it tells what to do.
type wireError struct {
	Error struct {
		Status  string `json:"status"`
		Details []struct {
			Reason   string            `json:"reason"`
			Metadata map[string]string `json:"metadata"`
		} `json:"details"`
	} `json:"error"`
}

// noQuota reports whether the quota that ran out is one of zero, which is how
// Google answers a project that was not granted access.
func (e wireError) noQuota() bool {
	for _, d := range e.Error.Details {
		if d.Metadata["quota_limit_value"] == "0" {
			return true
		}
	}
	return false
}

func (e wireError) reason(word string) bool {
	for _, d := range e.Error.Details {
		if d.Reason == word {
			return true
		}
	}
	return false
}

// explain reads Google's own error code, which tells a missing grant from a
// used-up quota. The message of Google is foreign text and is not repeated.
func explain(err error) error {
	var status *polite.StatusError
	var own *problem.Error
	if !errors.As(err, &status) || !errors.As(err, &own) {
		return err
	}
	var body wireError
	if json.Unmarshal(status.Body, &body) != nil {
		// Details of a shape that is not known must not hide the status.
		var plain struct {
			Error struct {
				Status string `json:"status"`
			} `json:"error"`
		}
		_ = json.Unmarshal(status.Body, &plain) // a body that is no JSON says nothing more than the status
		body = wireError{}
		body.Error.Status = plain.Error.Status
	}
	refined := *own
	switch {
	case body.noQuota():
		refined.Kind, refined.Code, refined.Detail = problem.Forbidden, "google_no_quota",
			"Google grants this project a quota of zero: ask Google for access to the Business Profile API; waiting does not help"
		refined.RetryAfter = 0
	case body.Error.Status == "RESOURCE_EXHAUSTED":
		refined.Kind, refined.Code, refined.Detail = problem.RateLimited, "google_quota", "Google's quota is used up for now"
	case status.Status == http.StatusUnauthorized:
		refined.Code, refined.Detail = "google_credential", "Google does not accept the access token: it expired or was revoked, sign in again"
	case body.reason("SERVICE_DISABLED"):
		refined.Code, refined.Detail = "google_api_disabled", "the Business Profile API is not enabled for this Google project: enable it in the Google console"
	case status.Status == http.StatusForbidden:
		refined.Code, refined.Detail = "google_permission", "the Google account may not manage this location, or the API is not enabled for it"
	case status.Status == http.StatusNotFound:
		refined.Code, refined.Detail = "google_not_found", "Google does not know this location or review, or the location is not verified"
	default:
		return err
	}
	return &refined
}
