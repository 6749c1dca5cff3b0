// Package problem is the closed set of failures that services tell each other
// and their users about. Transports map a Kind; nothing else decides by the
// text of an error.
package problem

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Kind is one of a closed set of failures.
type Kind string

// The kinds.
const (
	Invalid      Kind = "invalid"
	Unauthorized Kind = "unauthorized" // nobody is signed in
	Forbidden    Kind = "forbidden"    // signed in, but not allowed
	NotFound     Kind = "not_found"
	Conflict     Kind = "conflict"
	TooLarge     Kind = "too_large"
	RateLimited  Kind = "rate_limited"
	Unavailable  Kind = "unavailable"
	Internal     Kind = "internal"
)

// Error is a failure with its kind. Detail is written for the person who gets
// it: what is wrong and what to do. It never carries review text or secrets.
type Error struct {
	Kind       Kind
	Code       string // stable, for programs: "listing_not_found"
	Detail     string
	RetryAfter time.Duration // for RateLimited and Unavailable; zero if unknown
	// Members are what programs need to know beyond the code (RFC 9457, extension members), under
	// the names they have in the answer; nil for none. The values are JSON values.
	Members map[string]any
	Err     error
}

// With adds an extension member and returns the error.
func (e *Error) With(name string, value any) *Error {
	if e.Members == nil {
		e.Members = map[string]any{}
	}
	e.Members[name] = value
	return e
}

func (e *Error) Error() string {
	s := e.Detail
	if s == "" {
		s = string(e.Kind)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the error behind.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error of a kind; detail is formatted as by fmt.Sprintf.
func New(kind Kind, code, detail string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Detail: fmt.Sprintf(detail, args...)}
}

// Wrap makes an error of a kind around err.
func Wrap(kind Kind, code string, err error, detail string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Detail: fmt.Sprintf(detail, args...), Err: err}
}

// KindOf is the kind of the first *Error in err's chain, Unavailable for a
// deadline, and Internal for everything else.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Unavailable
	}
	return Internal
}

// Retryable reports whether trying the same again later can succeed. Internal
// faults count as retryable: losing work to a passing fault is worse than
// repeating it a bounded number of times.
func Retryable(err error) bool {
	switch KindOf(err) {
	case RateLimited, Unavailable, Internal, Conflict:
		return true
	default:
		return false
	}
}

// MembersOf are the extension members of the first *Error in the chain.
func MembersOf(err error) map[string]any {
	var e *Error
	if errors.As(err, &e) {
		return e.Members
	}
	return nil
}

// RetryAfter is the wait the first *Error in the chain asks for, or zero.
func RetryAfter(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}
