package facebook

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

const (
	// limitWait is how long to rest where Facebook does not say: its limits count the
	// calls of the last hour, so that they ease long before an hour is over.
	limitWait    = 10 * time.Minute
	maxLimitWait = 24 * time.Hour
)

type wireError struct {
	Code    int `json:"code"`
	Subcode int `json:"error_subcode"`
}

// explain reads Facebook's own error code, which comes with status 400 for nearly
// everything. Facebook's words are foreign text and are not repeated.
func explain(err error) error {
	var status *polite.StatusError
	var own *problem.Error
	if !errors.As(err, &status) || !errors.As(err, &own) {
		return err
	}
	var body struct {
		Error wireError `json:"error"`
	}
	_ = json.Unmarshal(status.Body, &body) // a body that is no JSON says nothing more than the status
	refined := *own
	if !body.Error.refine(&refined, status.Header) {
		if status.Status != http.StatusUnauthorized {
			return err
		}
		refined.Code, refined.Detail = "facebook_credential", "Facebook does not accept the Page access token"
	}
	return &refined
}

// refine writes what an error code means into p; false where it means nothing known.
func (e wireError) refine(p *problem.Error, h http.Header) bool {
	set := func(kind problem.Kind, code, detail string) {
		p.Kind, p.Code, p.Detail = kind, code, detail
	}
	switch {
	case e.Code == 12:
		set(problem.NotFound, sites.CodeEnded,
			"Facebook has closed this way of reading recommendations (error 12). Reviews collected before stay; switch the listing off")
	case e.Code == 4 || e.Code == 17 || e.Code == 32 || e.Code == 613 || e.Code == 341 || e.Code >= 80000 && e.Code <= 80014:
		p.RetryAfter = max(p.RetryAfter, regain(h))
		set(problem.RateLimited, "facebook_limit", "Facebook asks for fewer requests")
	case e.Code == 283:
		set(problem.Forbidden, "facebook_permission", "the Facebook app lacks the permission pages_read_user_content for this Page")
	case e.Code == 190 || e.Code == 102:
		set(problem.Forbidden, "facebook_credential", "Facebook does not accept the Page access token: it ended or was revoked, connect the Page again")
	case e.Code == 3 || e.Code == 10 || e.Code >= 200 && e.Code <= 299:
		set(problem.Forbidden, "facebook_permission", "the Facebook account or app may not read this Page's recommendations")
	case e.Code == 803 || e.Code == 100 && e.Subcode == 33:
		set(problem.NotFound, "facebook_not_found", "Facebook knows no such Page, or hides it from this token")
	case e.Code == 1 || e.Code == 2:
		set(problem.Unavailable, "facebook_unavailable", "Facebook cannot answer now")
	default:
		return false
	}
	return true
}

// regain is how long Facebook says a limit lasts. The header is an object of lists by
// business; the time is in minutes.
func regain(h http.Header) time.Duration {
	var use map[string][]struct {
		Minutes float64 `json:"estimated_time_to_regain_access"`
	}
	_ = json.Unmarshal([]byte(h.Get("X-Business-Use-Case-Usage")), &use) // absent for many tokens
	wait := time.Duration(0)
	for _, kinds := range use {
		for _, kind := range kinds {
			if kind.Minutes > 0 {
				wait = max(wait, time.Duration(min(kind.Minutes, maxLimitWait.Minutes())*float64(time.Minute)))
			}
		}
	}
	if wait == 0 {
		return limitWait
	}
	return wait
}
