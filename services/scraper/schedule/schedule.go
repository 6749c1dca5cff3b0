// Package schedule decides when a listing is polled, how much of it, and what is
// said about how that goes.
//
// It promises that a site is never asked sooner than it wants (Retry-After and
// max-age are kept, by hints too), that failures are retried less and less often
// but always again, that a complete list is read at least every FullEvery, that the
// calls of a budget are spread over those who share it, and that every state of
// health other than ok comes with a sentence that says what to do.
// It is pure: times and chance are given to it.
package schedule

import (
	"errors"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
)

// Parked is when a listing is due that is not to be polled any more.
var Parked = time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)

// Policy is how often listings are polled.
type Policy struct {
	// Interval is the longest time between polls of an active listing that does not
	// say its own; Interval and MinInterval bound what its rhythm suggests.
	Interval    time.Duration
	MinInterval time.Duration
	// MaxInterval bounds every wait but Retry-After.
	MaxInterval time.Duration
	// FullEvery is how often the complete list is read instead of what is new.
	FullEvery time.Duration
	// RecountEvery bounds how often a complete list is read because the site's own
	// count does not add up.
	RecountEvery time.Duration
	// Overlap is how far an incremental poll reaches back behind the watermark.
	Overlap time.Duration
	// ResumeWithin is how long an unfinished poll may be continued from its page.
	ResumeWithin time.Duration
	// HotFirst is the first wait after a notification, HotNew after a new review; they
	// double until the listing's ordinary wait is reached.
	HotFirst time.Duration
	HotNew   time.Duration
	// Retry is the wait after a first failure; it doubles up to RetryMax.
	Retry    time.Duration
	RetryMax time.Duration
	// Jitter spreads waits by up to this share in both directions, 0 to 0.5.
	Jitter float64
}

// Default returns the policy for public sites.
func Default() Policy {
	return Policy{
		Interval:     time.Hour,
		MinInterval:  5 * time.Minute,
		MaxInterval:  24 * time.Hour,
		FullEvery:    7 * 24 * time.Hour,
		RecountEvery: 6 * time.Hour,
		Overlap:      time.Hour,
		ResumeWithin: time.Hour,
		HotFirst:     time.Minute,
		HotNew:       5 * time.Minute,
		Retry:        30 * time.Second,
		RetryMax:     time.Hour,
		Jitter:       0.1,
	}
}

// Validate returns all faults joined.
func (p Policy) Validate() error {
	var faults []error
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"interval", p.Interval}, {"min interval", p.MinInterval}, {"max interval", p.MaxInterval}, {"full list interval", p.FullEvery},
		{"hot wait", p.HotFirst}, {"hot wait after a review", p.HotNew}, {"retry wait", p.Retry}, {"longest retry wait", p.RetryMax},
	} {
		if d.value <= 0 {
			faults = append(faults, errors.New(d.name+": must be more than zero"))
		}
	}
	if p.Overlap < 0 || p.ResumeWithin < 0 || p.RecountEvery < 0 {
		faults = append(faults, errors.New("overlap, resume and recount times must not be negative"))
	}
	if p.Interval > p.MaxInterval {
		faults = append(faults, errors.New("interval: must not be longer than the max interval"))
	}
	if p.Jitter < 0 || p.Jitter > 0.5 {
		faults = append(faults, errors.New("jitter: must be 0 to 0.5"))
	}
	return errors.Join(faults...)
}

// Plan is what the next poll asks a site for.
type Plan struct {
	// Full asks for the complete list: no Since and no validators.
	Full  bool
	Since time.Time
	// Page is where to begin; Resumed tells that an earlier poll got so far.
	Page         string
	Resumed      bool
	ETag         string
	LastModified string
	// Batch allows to read the listing together with others: it may be told what is
	// new without its own list.
	Batch bool
	// StartedAt is when the poll began, for a resumed one when its first part did.
	StartedAt time.Time
}

// Plan says what to ask for.
func (p Policy) Plan(s collections.PollState, now time.Time) Plan {
	plan := Plan{StartedAt: now}
	if s.NextPage != "" && now.Sub(s.PollStartedAt) < p.ResumeWithin {
		plan.Page, plan.Resumed, plan.StartedAt = s.NextPage, true, s.PollStartedAt
	}
	if s.NeedFull || now.Sub(s.LastFullAt) >= p.FullEvery || !s.FullBy.IsZero() && !now.Before(s.FullBy) {
		plan.Full = true
		return plan
	}
	if !s.Watermark.IsZero() {
		plan.Since = s.Watermark.Add(-p.Overlap)
	}
	plan.Batch = !plan.Resumed && !plan.Since.IsZero() && now.Sub(s.ListedAt) < p.RecountEvery
	if !plan.Resumed {
		plan.ETag, plan.LastModified = s.ETag, s.LastModified
	}
	return plan
}

// Adopt brings a listing's state in line with the listing. It reports whether it
// changed anything.
func Adopt(s *collections.PollState, l collections.Listing, now time.Time) bool {
	fresh := s.Rev == 0 && s.ListingRev == 0
	if !fresh && s.ListingRev == l.Rev {
		return false
	}
	moved := s.Ref != l.Ref || s.Adapter != l.Adapter || s.Site != l.Site
	if fresh || moved {
		published := s.Published
		*s = collections.PollState{Base: s.Base, Published: published, LeaseHolder: s.LeaseHolder, LeaseUntil: s.LeaseUntil,
			Site: l.Site, Adapter: l.Adapter, Ref: l.Ref, Health: collections.HealthNew}
	}
	s.ListingRev, s.Credential = l.Rev, l.Credential
	if !s.Finished {
		s.DueAt = now
	}
	return true
}

// Park takes a listing out of polling until it is taken up again.
func Park(s *collections.PollState) {
	s.DueAt, s.ListingRev = Parked, 0
	s.NextPage, s.PollStartedAt = "", time.Time{}
}

// Outcome is what a poll that went through found.
type Outcome struct {
	Plan Plan
	// NotModified: the site said that nothing changed; the rest is empty then.
	NotModified bool
	// Complete: all pages of a complete list were read by this poll from its first,
	// so that what is not among them is gone from the site.
	Complete bool
	// Reviews is how many reviews the poll saw, New how many of them were new.
	Reviews int
	New     int
	// Batch: the reviews came with those of other listings.
	Batch bool
	// Arrivals are the source times of new reviews, of the newest at least MaxArrivals.
	Arrivals []time.Time
	// Calls is how many requests the poll took, where they are counted.
	Calls int
	// Spare is the shortest wait that the budget of the listing's credential allows.
	Spare time.Duration
	// Missed is how many reviews the complete list lacks whose removal is not told yet,
	// Held how many of them were missing before and are not in the inbox yet.
	Missed int
	Held   int
	// Newest is the newest source time seen, Latest the newest of those that say when a
	// review was posted.
	Newest       time.Time
	Latest       time.Time
	ETag         string
	LastModified string
	MaxAge       time.Duration
	Total        int
	// Finished: there is nothing to poll ever again.
	Finished bool
	// Remark says what is not right though the poll went through.
	Remark string
	Took   time.Duration
}

// Whole reports whether the poll read all that the site shows. A site that shows
// only its latest reviews is read whole, too, but never Complete.
func (o Outcome) Whole() bool {
	return o.Complete || (o.Plan.Full && !o.Plan.Resumed && !o.NotModified)
}

// Emptied reports whether the poll found nothing at all where there were reviews,
// from which nothing must be concluded but that the site's page changed.
func (o Outcome) Emptied(s collections.PollState) bool {
	return o.Whole() && o.Reviews == 0 && s.Reviews > 0
}

// Succeed writes a poll that went through into the state. interval is the
// listing's own, 0 if it has none; chance is a random number in [0,1).
func (p Policy) Succeed(s *collections.PollState, o Outcome, interval time.Duration, now time.Time, chance float64) {
	known := !s.LastOKAt.IsZero()
	s.NextPage, s.PollStartedAt = "", time.Time{}
	s.Health, s.Problem, s.Failures = collections.HealthOK, o.Remark, 0
	s.LastPollAt, s.LastOKAt = now, now
	s.PollSeconds = o.Took.Seconds()
	if o.Calls > 0 {
		s.PollCalls = moving(s.PollCalls, float64(o.Calls))
	}
	p.hear(s, o, now)
	p.warm(s, o, interval, known)
	s.DueAt = now.Add(p.next(s, o, interval, now, chance))
	s.NotBefore = now.Add(min(o.MaxAge, p.MaxInterval))
	if o.Finished {
		s.Finished, s.DueAt = true, Parked
	}
	p.judge(s, now)
	if !o.Batch {
		s.ListedAt = now
	}
	if o.NotModified {
		return
	}
	// A date in the future must not hide the reviews to come.
	if newest := o.Newest; newest.After(s.Watermark) && !newest.After(now) {
		s.Watermark = newest
	}
	if !o.Batch {
		s.ETag, s.LastModified = o.ETag, o.LastModified
	}
	switch {
	case o.Whole():
		s.LastFullAt, s.Reviews = now, o.Reviews
		if o.Complete {
			s.Missing = o.Missed
		}
		s.NeedFull = o.Complete && o.Missed > o.Held
		p.doubt(s, o, now)
	case !o.Plan.Full && p.miscounted(s, o) && now.Sub(s.LastFullAt) >= p.RecountEvery:
		s.NeedFull = true
	}
	if o.Total > 0 {
		s.SiteTotal = o.Total
	}
}

// doubt lets a list be read again before its time from which not all could be concluded:
// what is missing is still on its way to the inbox; or the list was not complete, and
// reviews that are missing since the last complete one wait for it, or it did not show as
// many as the site says it has, because it shifted while it was read or because the count
// is wrong. Each of these may stay so. So the wait doubles.
func (p Policy) doubt(s *collections.PollState, o Outcome, now time.Time) {
	first := max(p.RecountEvery, time.Hour)
	switch {
	case o.Complete && o.Held > 0:
		first = p.MinInterval
	case !o.Complete && s.Missing > 0:
		first = p.Interval
	case o.Complete || o.Total <= o.Reviews:
		s.FullBy, s.Doubts = time.Time{}, 0
		return
	}
	s.FullBy = now.Add(p.backoff(first, s.Doubts+1, p.FullEvery))
	s.Doubts++
}

// miscounted reports whether the site's own count changed by another number than
// that of the new reviews: some were released with an old date, or removed.
func (p Policy) miscounted(s *collections.PollState, o Outcome) bool {
	return s.SiteTotal > 0 && o.Total > 0 && o.Total-s.SiteTotal != o.New
}

// spread varies a wait, so that listings that were made together part.
func (p Policy) spread(wait time.Duration, chance float64) time.Duration {
	return wait + time.Duration(float64(wait)*p.Jitter*(2*chance-1))
}
