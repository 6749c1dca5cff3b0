package schedule

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
)

const (
	// MaxArrivals bounds how many times of new reviews a poll hands over.
	MaxArrivals = 64
	// weight is the share of the newest value in a moving mean, so that about the last
	// nine count.
	weight  = 0.2
	counted = 9
	// pollsPerGap is how often an active listing is polled between two reviews.
	pollsPerGap = 8
	// dormantAfter is how long nothing must have come before a listing is polled less
	// often than Policy.Interval says.
	dormantAfter = 90 * 24 * time.Hour
	// alarmAfter is how many failures in a row matter.
	alarmAfter = 3

	// A listing is silent when nothing came for longer than silentOdds-1 of silentOdds
	// gaps would be, by its rhythm; but never before silentFloor, and only when
	// silentGaps gaps are known.
	silentOdds  = 1000
	silentGaps  = 5
	silentFloor = 7 * 24 * time.Hour
)

func moving(mean, value float64) float64 {
	if mean <= 0 {
		return value
	}
	return mean + weight*(value-mean)
}

// Hear learns the rhythm of a listing from what a poll read before it failed or was
// stopped: what was told then is not new to the poll that goes on from there.
func (p Policy) Hear(s *collections.PollState, o Outcome, now time.Time) {
	if o.New > 0 || !o.Latest.IsZero() {
		p.hear(s, o, now)
	}
}

// hear learns the rhythm of a listing from the times of its new reviews. Reviews that
// were released late, with a date before the newest, say nothing about it.
func (p Policy) hear(s *collections.PollState, o Outcome, now time.Time) {
	if o.New > 0 {
		s.LastNewAt = now
	}
	for _, t := range slices.SortedFunc(slices.Values(o.Arrivals), time.Time.Compare) {
		if !t.After(s.NewestAt) || t.After(now) {
			continue
		}
		if !s.NewestAt.IsZero() {
			s.GapSeconds = moving(s.GapSeconds, t.Sub(s.NewestAt).Seconds())
			s.Gaps++
		}
		s.NewestAt = t
	}
	if o.Latest.After(s.NewestAt) && !o.Latest.After(now) {
		// A poll that told of it died, so that its gap is not known; but a listing that has
		// it is not dormant.
		s.NewestAt = o.Latest
	}
	if s.NewestAt.IsZero() {
		s.NewestAt = now
	}
}

// warm begins or ends a series of short waits.
func (p Policy) warm(s *collections.PollState, o Outcome, interval time.Duration, known bool) {
	if o.New > 0 && known && interval <= 0 {
		if after := p.HotNew.Seconds(); s.HotSeconds <= 0 || after < s.HotSeconds {
			s.HotSeconds = after
		}
	}
	if o.Spare > 0 {
		// Where calls are counted they are spread and not spent at once.
		s.HotSeconds = 0
	}
}

// next is the wait until the next poll.
func (p Policy) next(s *collections.PollState, o Outcome, interval time.Duration, now time.Time, chance float64) time.Duration {
	most := max(p.MaxInterval, interval)
	if interval <= 0 {
		interval = p.Adapt(*s, now)
	}
	wait := interval
	if hot := time.Duration(s.HotSeconds * float64(time.Second)); hot > 0 && hot < wait {
		wait = hot
		s.HotSeconds *= 2
	} else {
		s.HotSeconds = 0
	}
	return p.spread(max(min(max(wait, o.MaxAge), most), o.Spare), chance)
}

// Adapt is the ordinary time between polls of a listing that does not say its own: an
// eighth of the mean time between its reviews, at least MinInterval and with its
// jitter at most Interval. Where nothing has come for longer than 90 days the longest
// time grows with the square of the silence, to MaxInterval.
func (p Policy) Adapt(s collections.PollState, now time.Time) time.Duration {
	longest := time.Duration(float64(p.Interval) / (1 + p.Jitter))
	wait := longest
	if s.Gaps > 0 {
		wait = min(wait, max(time.Duration(s.GapSeconds/pollsPerGap*float64(time.Second)), p.MinInterval))
	}
	if quiet := now.Sub(s.NewestAt); !s.NewestAt.IsZero() && quiet > dormantAfter {
		times := quiet.Hours() / dormantAfter.Hours()
		wait = max(wait, time.Duration(min(float64(longest)*times*times, float64(p.MaxInterval))))
	}
	return wait
}

// SilentAfter is how long nothing may come before a listing counts as silent; 0 while
// its rhythm is not known. Gaps are taken to be exponential with a mean that is
// itself only estimated from the last n, which makes the time to wait until one gap
// in silentOdds would be longer: n*mean*(silentOdds^(1/n)-1).
func SilentAfter(s collections.PollState) time.Duration {
	if s.Gaps < silentGaps {
		return 0
	}
	n := float64(min(s.Gaps, counted))
	seconds := n * s.GapSeconds * (math.Pow(silentOdds, 1/n) - 1)
	return max(time.Duration(seconds*float64(time.Second)), silentFloor)
}

// judge raises and clears the alarm, and finds a listing silent that is otherwise well.
func (p Policy) judge(s *collections.PollState, now time.Time) {
	last := s.NewestAt
	if s.LastNewAt.After(last) {
		last = s.LastNewAt
	}
	if after := SilentAfter(*s); s.Health == collections.HealthOK && !s.Finished && after > 0 && now.Sub(last) > after {
		s.Health = collections.HealthSilent
		s.Problem = fmt.Sprintf("Nothing new since %s, though reviews used to come about every %s. Open the page: if there are newer ones, the site shows us less than it shows people; renew the credential or tell support. If there are none, nothing needs to be done.",
			last.UTC().Format("2 January 2006"), span(time.Duration(s.GapSeconds*float64(time.Second))))
	}
	switch wrong := s.Health == collections.HealthSilent || s.Failures >= alarmAfter; {
	case wrong && !s.Alarm:
		s.Alarm, s.AlarmSince = true, now
	case !wrong:
		s.Alarm, s.AlarmSince = false, time.Time{}
	}
}

// span says a time as people do.
func span(d time.Duration) string {
	for _, unit := range []struct {
		name string
		of   time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		if n := int(math.Round(d.Hours() / unit.of.Hours())); n > 1 {
			return fmt.Sprintf("%d %ss", n, unit.name)
		} else if n == 1 {
			return unit.name
		}
	}
	return "minute"
}

// Hint makes a listing due because its site sent a notification (push) or a person
// asked. It reports false where the hint is not news or there is nothing to poll. A
// notification may come before the site shows what it is about, so it is followed by
// a series of short waits; neither is stronger than what the site asked for.
func (p Policy) Hint(s *collections.PollState, hint collections.PollHint, now time.Time) bool {
	if !hint.At.After(s.HintedAt) || s.Finished || !s.DueAt.Before(Parked) {
		return false
	}
	s.HintedAt = hint.At
	leased := s.LeaseUntil.After(now)
	if hint.Reason != HintPerson || leased {
		s.HotSeconds = p.HotFirst.Seconds()
	}
	if leased {
		return true // the poll under way may have been too early; the next one comes soon
	}
	due := now
	if s.NotBefore.After(due) {
		due = s.NotBefore
	}
	if due.Before(s.DueAt) {
		s.DueAt = due
	}
	return true
}

// HintPerson is the reason of a hint that a person gave.
const HintPerson = "person"

// Budget is how many calls a credential has.
type Budget struct {
	Limit   int // between two resets
	Spent   int
	ResetAt time.Time
}

// reserve is the share of a budget that is left for hints and for what takes more
// calls than usual.
const reserve = 0.05

// Spare is the wait after which a listing may be polled again, so that the calls that
// are left last until the reset for all listings that share them. calls is how many
// a poll takes. After a budget is spent, chance spreads the polls behind the reset.
func (b Budget) Spare(now time.Time, sharing int, calls, chance float64) time.Duration {
	calls = max(calls, 1) * float64(max(sharing, 1))
	usable := float64(b.Limit) * (1 - reserve)
	until := max(b.ResetAt.Sub(now), 0)
	left := usable - float64(b.Spent)
	if left < 1 {
		return until + time.Duration(chance*calls/max(usable, 1)*float64(24*time.Hour))
	}
	return time.Duration(float64(until) * calls / left)
}
