package polite

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/bedside-health/bedside/libs/problem"
)

// statusProblem maps an answer that is no success. A wait the site asks for is
// kept by the limiter too, so that other listings on the same host wait with it.
func (c *Client) statusProblem(ctx context.Context, resp *http.Response, body []byte) error {
	behind := &StatusError{Status: resp.StatusCode, Header: resp.Header, Body: body}
	wait := RetryAfter(resp.Header, time.Now())
	var e *problem.Error
	switch s := resp.StatusCode; {
	case s == http.StatusTooManyRequests:
		e = problem.Wrap(problem.RateLimited, "site_rate_limited", behind, "the site asks for fewer requests")
	case s == http.StatusUnauthorized || s == http.StatusForbidden || s == http.StatusProxyAuthRequired:
		e = problem.Wrap(problem.Forbidden, "site_forbidden", behind, "the site does not accept our credential or refuses us")
	case s == http.StatusNotFound || s == http.StatusGone:
		e = problem.Wrap(problem.NotFound, "site_not_found", behind, "the site has nothing at this address")
	case s >= 300 && s < 400 && mannersOf(ctx).noRedirects:
		e = problem.Wrap(problem.Forbidden, "site_redirected", behind,
			"the site sent us elsewhere instead of answering, as sites do when a credential is not accepted")
	case s == http.StatusRequestTimeout || s == http.StatusTooEarly || s >= 500:
		e = problem.Wrap(problem.Unavailable, "site_unavailable", behind, "the site cannot answer now")
	default:
		e = problem.Wrap(problem.Invalid, "site_refused", behind, "the site refuses the request")
	}
	if e.Kind == problem.RateLimited || e.Kind == problem.Unavailable {
		e.RetryAfter = wait
		if wait > 0 {
			if err := c.limiter.Hold(ctx, hostKey(resp.Request.URL), time.Now().Add(wait)); err != nil {
				c.cfg.Logger.WarnContext(ctx, "hold of a host could not be kept", "host", hostKey(resp.Request.URL), "error", err)
			}
		}
	}
	return e
}

// transportProblem maps a request that got no answer.
func (c *Client) transportProblem(ctx context.Context, err error) error {
	var own *problem.Error
	if errors.As(err, &own) {
		return own
	}
	// url.Error repeats the whole address, which may carry a credential.
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	var refused *forbiddenAddressError
	switch {
	case errors.As(err, &refused):
		return problem.Wrap(problem.Forbidden, "address_not_allowed", refused, "the address leads into a private network")
	case errors.Is(err, errRedirects):
		return problem.Wrap(problem.Invalid, "too_many_redirects", err, "the site redirects in circles")
	case errors.Is(err, errRedirectShape):
		return problem.Wrap(problem.Invalid, "bad_redirect", err, "the site redirects to an address that cannot be used")
	case errors.Is(err, context.DeadlineExceeded):
		return problem.Wrap(problem.Unavailable, "site_timeout", err, "the site did not answer in time")
	}
	return problem.Wrap(problem.Unavailable, "site_unreachable", err, "the site cannot be reached")
}

// bodyProblem maps an answer that broke off.
func (c *Client) bodyProblem(ctx context.Context, err error) error {
	var own *problem.Error
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(context.Cause(ctx), errIdle):
		return problem.Wrap(problem.Unavailable, "body_stalled", errIdle, "the site's answer stopped coming")
	case errors.Is(err, context.DeadlineExceeded):
		return problem.Wrap(problem.Unavailable, "site_timeout", err, "the site's answer took too long")
	}
	return problem.Wrap(problem.Unavailable, "body_cut", err, "the site's answer broke off")
}
