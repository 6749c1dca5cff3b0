package schedule

import (
	"errors"
	"fmt"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

// Codes of problems that polling itself finds.
const (
	CodeChangedShape      = "changed_shape"
	CodeCredentialMissing = sites.CodeCredentialMissing
	CodeRobots            = "robots_disallowed"
	CodePrivateAddress    = "address_not_allowed"
)

// endedAfter is how many failures in a row make a listing ended that was once read
// well: a site that answers "not found" once may be in the middle of a release.
const endedAfter = 3

// unread is the first wait of a listing that a person has to look after, where it does
// not say its own interval.
const unread = 15 * time.Minute

// ErrEmptied is the failure of a complete list without any review where there were
// some: the page was rebuilt, or a login or a consent page came instead.
func ErrEmptied(before int) error {
	return problem.New(problem.Invalid, CodeChangedShape, "the site shows no reviews where there were %d", before)
}

// Fail writes a poll that the site failed into the state. Nothing is concluded from
// the part of the list that was read. fetched tells whether any page of this poll
// was read, so that a page where polls get stuck is not resumed for ever.
func (p Policy) Fail(s *collections.PollState, cause error, interval time.Duration, fetched bool, now time.Time, chance float64) {
	s.Failures++
	s.LastPollAt = now
	s.Health, s.Problem = diagnose(s, cause)
	// A place that cannot be gone on from is stale rather than the page broken: the next
	// try, from the beginning, need not wait long.
	stale := !fetched && s.NextPage != ""
	if !fetched {
		s.NextPage, s.PollStartedAt = "", time.Time{}
	}
	if interval <= 0 {
		interval = min(p.Interval, unread)
	}
	s.DueAt = now.Add(p.spread(p.wait(s, cause, interval, stale, now), chance))
	if asked := problem.RetryAfter(cause); asked > 0 {
		// The site's own wait is kept to the second and only ever lengthened.
		if until := now.Add(asked + time.Duration(float64(asked)*p.Jitter*chance)); until.After(s.DueAt) {
			s.DueAt = until
		}
		s.NotBefore = now.Add(asked)
	}
	p.judge(s, now)
	if s.Health == collections.HealthRateLimited {
		s.Problem = fmt.Sprintf("The site asked to wait. The next try is at %s; nothing needs to be done.", clock(s.DueAt))
	}
}

// Postpone puts a poll off that was not made because its turn has not come: too many
// listings share the host's pace or the credential's budget. It is nobody's failure;
// spent tells that the budget is used up until a time.
func (p Policy) Postpone(s *collections.PollState, until time.Time, spent bool, now time.Time) {
	s.DueAt = until
	switch {
	case spent:
		s.Health = collections.HealthRateLimited
		s.Problem = fmt.Sprintf("The calls that the site grants this listing's credential are used up. The next try is at %s. To hear earlier, ask the site for more calls, or share the credential among fewer listings.", clock(until))
	case !s.LastOKAt.IsZero() && now.Sub(s.LastOKAt) > 2*max(p.Interval, time.Hour):
		s.Health = collections.HealthLate
		s.Problem = "More listings are read from this site than its pace allows, so this one waits for its turn. Ask the operator to allow more requests a second if the site agrees, or to poll less often."
	}
}

func clock(t time.Time) string { return t.UTC().Format("15:04 UTC on 2 January") }

// wait is how long a listing rests after a failure.
func (p Policy) wait(s *collections.PollState, cause error, interval time.Duration, stale bool, now time.Time) time.Duration {
	switch {
	case s.Health == collections.HealthNotAuthorised || s.Health == collections.HealthEnded:
		// Asking again soon helps nobody: a person has to act first, and a change of
		// the listing makes it due at once. Quick failures of another kind before must not
		// make it a day.
		first := max(interval, p.Retry)
		wait := p.backoff(first, s.Failures, p.MaxInterval)
		if !s.LastOKAt.IsZero() {
			wait = min(wait, max(first, now.Sub(s.LastOKAt)))
		}
		return wait
	case !stale && (problem.KindOf(cause) == problem.Invalid || problem.KindOf(cause) == problem.TooLarge):
		// The page will read the same a moment later.
		return p.backoff(max(interval, p.Retry), s.Failures, max(interval, p.RetryMax))
	default:
		return p.backoff(p.Retry, s.Failures, p.RetryMax)
	}
}

// backoff doubles a wait with each failure.
func (p Policy) backoff(first time.Duration, failures int, most time.Duration) time.Duration {
	wait := first
	for range min(failures-1, 30) {
		if wait *= 2; wait >= most {
			return most
		}
	}
	return min(wait, most)
}

// diagnose gives a failure its state of health and says what to do about it.
func diagnose(s *collections.PollState, cause error) (collections.Health, string) {
	code := ""
	var e *problem.Error
	if errors.As(cause, &e) {
		code = e.Code
	}
	read := !s.LastOKAt.IsZero()
	switch problem.KindOf(cause) {
	case problem.RateLimited:
		return collections.HealthRateLimited, ""
	case problem.Forbidden, problem.Unauthorized:
		return collections.HealthNotAuthorised, notAuthorised(code, cause)
	case problem.NotFound:
		if code == sites.CodeEnded {
			return collections.HealthEnded, describe(cause) + "."
		}
		if read && s.Failures < endedAfter {
			return collections.HealthLate, fmt.Sprintf("The site does not find this listing (try %d of %d). It is asked again before the listing counts as ended.", s.Failures, endedAfter)
		}
		return collections.HealthEnded, "The site says that this listing does not exist (" + describe(cause) + "). Check its address, or switch the listing off if the practice has left the site. Reviews collected before stay."
	case problem.Invalid, problem.TooLarge:
		switch {
		case code == CodeChangedShape:
			return collections.HealthChangedShape, fmt.Sprintf("The site shows no reviews where there were %d. Open its page: if reviews are still there, the page was rebuilt and cannot be read any more; tell support. No review is taken for removed meanwhile.", s.Reviews)
		case s.Reviews > 0:
			return collections.HealthChangedShape, "The site's page was read before and cannot be read any more (" + describe(cause) + "). Open it: if reviews are still there, the page was rebuilt; tell support. No review is taken for removed meanwhile."
		default:
			return collections.HealthLate, "The page cannot be read (" + describe(cause) + "). Check that the address is that of the practice's own page with its reviews."
		}
	default:
		return collections.HealthLate, fmt.Sprintf("The site could not be read %s (%s). It is tried again by itself.", times(s.Failures), describe(cause))
	}
}

func notAuthorised(code string, cause error) string {
	switch code {
	case CodeCredentialMissing:
		return "The credential this listing names is not configured for this organization. Correct the name in the listing, or ask the operator to add the credential to the scraper."
	case CodeRobots:
		return "The site's robots.txt forbids reading this page, and Bedside keeps to it. Ask the site for access, or switch the listing off."
	case CodePrivateAddress:
		return "The address leads into a private network, which is never read. Correct the listing's address, or ask the operator to allow that one address."
	default:
		return "The site refused access (" + describe(cause) + "). Renew the credential of this listing, and check that its account still manages the practice's profile."
	}
}

// describe says a failure without foreign text: only details written by ourselves.
func describe(cause error) string {
	var e *problem.Error
	if errors.As(cause, &e) && e.Detail != "" {
		return e.Detail
	}
	return string(problem.KindOf(cause))
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times in a row", n)
}
