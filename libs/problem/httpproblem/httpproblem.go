// Package httpproblem carries the failures of package problem over HTTP as RFC 9457
// problem details. Write and Decode are each other's inverse: a client that decodes an
// answer gets an error of the kind, code, detail and wait that the server had.
//
// A fault inside the server is told as such and nothing more: causes are for logs.
package httpproblem

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/problem"
)

// ContentType is the media type of problem details.
const ContentType = "application/problem+json"

// maxBody bounds what Decode reads of a foreign answer.
const maxBody = 64 << 10

// Details is the body of an answer. Status repeats the answer's status; RetryAfter is in
// whole seconds, as in the header of that name.
type Details struct {
	Type       string `json:"type"`
	Title      string `json:"title"`
	Status     int    `json:"status"`
	Detail     string `json:"detail,omitempty"`
	Code       string `json:"code,omitempty"`
	RetryAfter int    `json:"retry_after_seconds,omitempty"`
	// Members are the extension members beside these.
	Members map[string]any `json:"-"`
}

// MarshalJSON writes the extension members beside the others, which they never replace.
func (d Details) MarshalJSON() ([]byte, error) {
	type plain Details
	body, err := json.Marshal(plain(d))
	if err != nil || len(d.Members) == 0 {
		return body, err
	}
	all := map[string]any{}
	for name, value := range d.Members {
		all[name] = value
	}
	var own map[string]json.RawMessage
	if err := json.Unmarshal(body, &own); err != nil {
		return nil, err
	}
	for name, value := range own {
		all[name] = value
	}
	return json.Marshal(all)
}

// UnmarshalJSON keeps what it does not know as Members.
func (d *Details) UnmarshalJSON(body []byte) error {
	type plain Details
	if err := json.Unmarshal(body, (*plain)(d)); err != nil {
		return err
	}
	if err := json.Unmarshal(body, &d.Members); err != nil {
		return err
	}
	for _, name := range []string{"type", "title", "status", "detail", "code", "retry_after_seconds"} {
		delete(d.Members, name)
	}
	if len(d.Members) == 0 {
		d.Members = nil
	}
	return nil
}

// kinds is the one table of kinds and statuses.
var kinds = []struct {
	kind   problem.Kind
	status int
	title  string
}{
	{problem.Invalid, http.StatusUnprocessableEntity, "The request is not valid"},
	{problem.Unauthorized, http.StatusUnauthorized, "Sign in first"},
	{problem.Forbidden, http.StatusForbidden, "Not allowed"},
	{problem.NotFound, http.StatusNotFound, "Not found"},
	{problem.Conflict, http.StatusConflict, "In conflict with the present state"},
	{problem.TooLarge, http.StatusRequestEntityTooLarge, "Too large"},
	{problem.RateLimited, http.StatusTooManyRequests, "Too many requests"},
	{problem.Unavailable, http.StatusServiceUnavailable, "Unavailable for now"},
	{problem.Internal, http.StatusInternalServerError, "Something went wrong here"},
}

// Status is the HTTP status of a kind.
func Status(kind problem.Kind) int {
	for _, k := range kinds {
		if k.kind == kind {
			return k.status
		}
	}
	return http.StatusInternalServerError
}

// KindOf is the kind that an HTTP status tells of; ok is false for those that tell of success.
func KindOf(status int) (kind problem.Kind, ok bool) {
	for _, k := range kinds {
		if k.status == status {
			return k.kind, true
		}
	}
	switch {
	case status < 400:
		return "", false
	case status == http.StatusPreconditionFailed:
		return problem.Conflict, true
	case status == http.StatusGone:
		return problem.NotFound, true
	case status == http.StatusBadGateway, status == http.StatusGatewayTimeout, status == http.StatusRequestTimeout:
		return problem.Unavailable, true
	case status >= 500:
		return problem.Internal, true
	default:
		return problem.Invalid, true
	}
}

// Of are the details of an error. The detail is that of the first *problem.Error in its
// chain, without causes; a fault of kind Internal keeps its detail to itself too.
func Of(err error) Details {
	kind := problem.KindOf(err)
	d := Details{Type: "about:blank", Status: Status(kind)}
	for _, k := range kinds {
		if k.kind == kind {
			d.Title = k.title
		}
	}
	var p *problem.Error
	if errors.As(err, &p) {
		d.Code = p.Code
		if kind != problem.Internal {
			d.Detail = p.Detail
			d.Members = p.Members
		}
	}
	if d.Code != "" {
		d.Type = "urn:bedside:problem:" + d.Code
	}
	if wait := problem.RetryAfter(err); wait > 0 {
		d.RetryAfter = int(math.Ceil(min(wait, 24*time.Hour).Seconds()))
	}
	return d
}

// Write answers r with the details of err. Nothing may have been written before. It does not
// log: who handles the error does.
func Write(w http.ResponseWriter, r *http.Request, err error) {
	d := Of(err)
	body, encodeErr := json.Marshal(d)
	if encodeErr != nil {
		// Strings and numbers always encode.
		body = []byte(`{"type":"about:blank","status":500}`)
	}
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if d.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(d.RetryAfter))
	}
	w.WriteHeader(d.Status)
	if r != nil && r.Method == http.MethodHead {
		return
	}
	// The client is gone if this fails, and nobody is left to tell.
	_, _ = w.Write(body)
}

// Decode is nil for an answer that tells of success, and else the error it carries. It
// reads at most 64 KiB of the body of a failed answer and leaves closing it to the caller. An answer
// that is no problem document (a proxy's page) gives an error of the status's kind without
// the page's text.
func Decode(res *http.Response) error {
	kind, failed := KindOf(res.StatusCode)
	if !failed {
		return nil
	}
	out := &problem.Error{Kind: kind, Detail: "the answer was " + strconv.Itoa(res.StatusCode) + " " + http.StatusText(res.StatusCode)}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
		out.RetryAfter = time.Duration(min(seconds, 24*60*60)) * time.Second
	}
	media, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil || media != ContentType || res.Body == nil {
		return out
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return out
	}
	var d Details
	if json.Unmarshal(bytes.TrimSpace(data), &d) != nil {
		return out
	}
	out.Code, out.Members = d.Code, d.Members
	if d.Detail != "" {
		out.Detail = strings.ToValidUTF8(d.Detail, "\uFFFD")
	} else if d.Title != "" {
		out.Detail = strings.ToValidUTF8(d.Title, "\uFFFD")
	}
	if out.RetryAfter == 0 && d.RetryAfter > 0 {
		out.RetryAfter = time.Duration(min(d.RetryAfter, 24*60*60)) * time.Second
	}
	return out
}
