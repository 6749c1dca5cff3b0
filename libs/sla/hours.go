package sla

import "time"

// interval is a part of a day in minutes since its midnight by the clock on the wall; until is
// beyond a day where it goes on into the next.
type interval struct{ from, until int }

// Hours are a calendar at a place. The zero Hours are around the clock.
//
// An opening or closing time that the clock on the wall skips in spring is where it skips; one that
// it shows twice in autumn is the first of the two. So the hours of an interval that spans a change
// are those that really pass.
type Hours struct {
	loc      *time.Location
	weekly   [7][]interval // by time.Weekday
	holidays holidays
	closes   bool // whether it is anything but around the clock
}

// Add is when d of the calendar's time has passed since start: start itself if d is not positive,
// and never more than MaxSpan later on a calendar that closes.
func (h Hours) Add(start time.Time, d time.Duration) time.Time {
	if d <= 0 {
		return start
	}
	if !h.closes {
		return start.Add(d)
	}
	due := start.Add(MaxSpan)
	h.walk(start, due, func(open, until time.Time) bool {
		if length := until.Sub(open); length < d {
			d -= length
			return true
		}
		due = open.Add(d)
		return false
	})
	return due
}

// Between is how much of the calendar's time lies between start and end: 0 if end is not later, and
// nothing of what is more than MaxSpan after start on a calendar that closes.
func (h Hours) Between(start, end time.Time) time.Duration {
	if !end.After(start) {
		return 0
	}
	if !h.closes {
		return end.Sub(start)
	}
	if limit := start.Add(MaxSpan); end.After(limit) {
		end = limit
	}
	total := time.Duration(0)
	h.walk(start, end, func(open, until time.Time) bool {
		total += until.Sub(open)
		return true
	})
	return total
}

// Open reports whether the calendar is open at a time.
func (h Hours) Open(at time.Time) bool { return h.Between(at, at.Add(time.Nanosecond)) > 0 }

// Weekly is how much of the calendar's time a week has that no holiday and no change of the clocks
// falls into.
func (h Hours) Weekly() time.Duration {
	if !h.closes {
		return 7 * 24 * time.Hour
	}
	total, reach := 0, 0
	// The second round counts, so that Saturday's night reaches into Sunday.
	for round := range 2 {
		for d := range h.weekly {
			for _, i := range h.weekly[d] {
				base := (round*7 + d) * day
				from, until := max(base+i.from, reach), base+i.until
				if until > from {
					if round == 1 {
						total += until - from
					}
					reach = until
				}
			}
		}
	}
	return time.Duration(total) * time.Minute
}

// walk visits the open stretches between start and end in order, none twice, until visit says no.
func (h Hours) walk(start, end time.Time, visit func(open, until time.Time) bool) {
	local := start.In(h.loc)
	y, m, d := local.Date()
	// The night of the day before may still be going on.
	date := time.Date(y, m, d-1, 0, 0, 0, 0, time.UTC)
	cursor := start
	for {
		for _, i := range h.on(date) {
			open := h.at(date, i.from)
			if !open.Before(end) {
				return
			}
			open = later(open, cursor)
			until := h.at(date, i.until)
			if until.After(end) {
				until = end
			}
			if until.After(open) {
				if !visit(open, until) {
					return
				}
				cursor = until
			}
		}
		date = date.AddDate(0, 0, 1)
		if !h.at(date, 0).Before(end) {
			return
		}
	}
}

// on returns the intervals that begin on a date.
func (h *Hours) on(date time.Time) []interval {
	if len(h.holidays.days) > 0 {
		if intervals, ok := h.holidays.on(date); ok {
			return intervals
		}
	}
	return h.weekly[date.Weekday()]
}

// at is the first instant at which the clock on the wall reads minute of a date or later.
func (h *Hours) at(date time.Time, minute int) time.Time {
	y, m, d := date.Date()
	t := time.Date(y, m, d, 0, minute, 0, 0, h.loc)
	start, end := t.ZoneBounds()
	want := time.Date(y, m, d, 0, minute, 0, 0, time.UTC)
	switch reads := wall(t); {
	case reads.After(want):
		return start // skipped; t was reckoned by the clock before
	case reads.Before(want):
		return end
	}
	if start.IsZero() {
		return t
	}
	_, now := t.Zone()
	_, before := start.Add(-time.Nanosecond).Zone()
	if earlier := t.Add(-time.Duration(before-now) * time.Second); before > now && earlier.Before(start) {
		return earlier // shown twice
	}
	return t
}

// wall is what the clock on the wall reads, as if it were UTC.
func wall(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}
