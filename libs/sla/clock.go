package sla

import (
	"time"

	"github.com/bedside-health/bedside/libs/collections"
)

// Terms are what one clock of a case runs by.
type Terms struct {
	// Target is the time allowed and SoonBefore how long before its end it is due soon; 0 is a
	// quarter of the target.
	Target, SoonBefore time.Duration
	// Hours are those of the policy's calendar at the review's location.
	Hours Hours
}

// Terms are those of one of the policy's targets.
func (p Policy) Terms(target Duration, hours Hours) Terms {
	return Terms{Target: time.Duration(target), SoonBefore: time.Duration(p.SoonBefore), Hours: hours}
}

// Start is a clock that begins to run now. Without a target there is none: the zero clock.
func Start(t Terms, now time.Time) collections.Clock {
	if t.Target <= 0 {
		return collections.Clock{}
	}
	now = whole(now)
	c := collections.Clock{StartedAt: now, TargetSeconds: int64(t.Target / time.Second), RunningSince: now}
	return schedule(c, t)
}

// Running reports whether a clock counts: there is one, it is not paused and not met.
func Running(c collections.Clock) bool {
	return !c.StartedAt.IsZero() && c.PausedAt.IsZero() && c.MetAt.IsZero()
}

// Pause stops a running clock for a hold; others stay as they are.
func Pause(c collections.Clock, t Terms, now time.Time) collections.Clock {
	if !Running(c) {
		return c
	}
	now = later(whole(now), c.RunningSince)
	c.SpentSeconds = seconds(Spent(c, t, now))
	c.PausedAt, c.RunningSince, c.SoonAt, c.DueAt = now, time.Time{}, time.Time{}, time.Time{}
	return c
}

// Resume lets a paused clock run on; others stay as they are. What was overdue before stays it.
func Resume(c collections.Clock, t Terms, now time.Time) collections.Clock {
	if c.PausedAt.IsZero() || !c.MetAt.IsZero() {
		return c
	}
	c.RunningSince, c.PausedAt = later(whole(now), c.PausedAt), time.Time{}
	return schedule(c, t)
}

// Meet ends a clock because what it waited for happened; one that is met stays as it is.
func Meet(c collections.Clock, t Terms, now time.Time) collections.Clock {
	if c.StartedAt.IsZero() || !c.MetAt.IsZero() {
		return c
	}
	now = later(whole(now), later(c.RunningSince, c.PausedAt))
	c.SpentSeconds = seconds(Spent(c, t, now))
	c.MetAt, c.RunningSince, c.PausedAt, c.SoonAt, c.DueAt = now, time.Time{}, time.Time{}, time.Time{}, time.Time{}
	return c
}

// Retarget gives a clock other terms, because the case got another policy or the plan changed,
// and keeps what was spent: time already counted stays counted as it was. Without a target the
// clock ends to be; a case that had none gets one that starts at started. One that is met stays.
func Retarget(c collections.Clock, old, t Terms, started, now time.Time) collections.Clock {
	switch {
	case !c.MetAt.IsZero():
		return c
	case t.Target <= 0:
		return collections.Clock{}
	case c.StartedAt.IsZero():
		return Start(t, started)
	}
	now = whole(now)
	if Running(c) {
		now = later(now, c.RunningSince)
		c.SpentSeconds = seconds(Spent(c, old, now))
		c.RunningSince = now
	}
	target := int64(t.Target / time.Second)
	if target > c.TargetSeconds {
		// What was late under a shorter target need not be under this one.
		if c.SpentSeconds < target {
			c.MissedAt = time.Time{}
		}
	}
	c.TargetSeconds = target
	if Running(c) {
		return schedule(c, t)
	}
	return c
}

// Spent is the time of the calendar that a clock has counted until now. It never falls as now
// grows, and stands still while the clock is paused and once it is met.
func Spent(c collections.Clock, t Terms, now time.Time) time.Duration {
	spent := time.Duration(c.SpentSeconds) * time.Second
	if Running(c) {
		spent += t.Hours.Between(c.RunningSince, now)
	}
	return spent
}

// Told is what a tick of a clock found, each once in a clock's life.
type Told struct{ Soon, Missed bool }

// Tick records what became true of a running clock by now. A clock that nobody looked at in time
// is missed without having been due soon.
func Tick(c collections.Clock, now time.Time) (collections.Clock, Told) {
	var told Told
	if !Running(c) {
		return c, told
	}
	now = whole(now)
	if c.MissedAt.IsZero() && !now.Before(c.DueAt) {
		c.MissedAt, told.Missed = now, true
		if c.ToldSoonAt.IsZero() {
			c.ToldSoonAt = now
		}
	}
	if c.ToldSoonAt.IsZero() && !now.Before(c.SoonAt) {
		c.ToldSoonAt, told.Soon = now, true
	}
	return c, told
}

// WakeAt is when Tick will next have something to record; zero if never while nothing changes.
func WakeAt(c collections.Clock) time.Time {
	switch {
	case !Running(c):
		return time.Time{}
	case c.ToldSoonAt.IsZero():
		return c.SoonAt
	case c.MissedAt.IsZero():
		return c.DueAt
	}
	return time.Time{}
}

// EscalateAt is when step i of the policy's escalation path is taken for what was due at due;
// zero if there is no such step.
func (p Policy) EscalateAt(due time.Time, i int, hours Hours) time.Time {
	if i < 0 || i >= len(p.Escalation) || due.IsZero() {
		return time.Time{}
	}
	return hours.Add(due, time.Duration(p.Escalation[i].After))
}

// schedule computes SoonAt and DueAt of a running clock.
func schedule(c collections.Clock, t Terms) collections.Clock {
	allowed := time.Duration(c.TargetSeconds) * time.Second
	left := allowed - time.Duration(c.SpentSeconds)*time.Second
	if left <= 0 && !c.MissedAt.IsZero() {
		c.SoonAt, c.DueAt = c.MissedAt, c.MissedAt
		return c
	}
	soon := t.SoonBefore
	if soon <= 0 || soon >= allowed {
		soon = allowed / 4
	}
	c.DueAt = t.Hours.Add(c.RunningSince, left).UTC()
	c.SoonAt = t.Hours.Add(c.RunningSince, left-soon).UTC()
	return c
}

// whole cuts a time to its second in UTC, so that counting in seconds loses nothing.
func whole(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
