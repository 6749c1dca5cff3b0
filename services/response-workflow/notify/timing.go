package notify

import (
	"slices"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
)

// How long what leaves at once waits for more of the same, so that ten reviews of one poll are
// one message.
const (
	Gather       = time.Minute
	GatherUrgent = 10 * time.Second
)

// channelDailyAt is when the daily messages of channels go, in the time zone of the location.
const channelDailyAt = "07:30"

// SendAt says when a person is mailed of something that happens now; false if they are not.
// Urgent ones leave at once, at any hour.
func SendAt(s collections.NotificationSettings, kind string, urgent bool, now time.Time) (time.Time, bool) {
	if s.Email == "off" || s.Email == "" || !slices.Contains(s.Kinds, kind) {
		return instant(now), false
	}
	zone := Zone(s.TimeZone)
	at := departure(s.Email, s.DailyAt, zone, urgent, now)
	if urgent {
		return at, true
	}
	return Hold(s, at), true
}

// Hold is the first time from at on that is not in the person's quiet hours.
func Hold(s collections.NotificationSettings, at time.Time) time.Time {
	from, ok1 := clock(s.QuietFrom)
	until, ok2 := clock(s.QuietUntil)
	if !ok1 || !ok2 || from == until {
		return instant(at)
	}
	zone := Zone(s.TimeZone)
	if !quiet(at.In(zone), from, until) {
		return instant(at)
	}
	// Minute by minute, because on two nights of the year the wall does not show every minute, and
	// shows some twice.
	end := at.Truncate(time.Minute)
	for quiet(end.In(zone), from, until) {
		end = end.Add(time.Minute)
	}
	return instant(end)
}

// quiet reports whether a time on the wall lies from from until until, which may be next day.
func quiet(local time.Time, from, until int) bool {
	minute := local.Hour()*60 + local.Minute()
	if from < until {
		return from <= minute && minute < until
	}
	return minute >= from || minute < until
}

// departure is when something leaves that is sent instant, hourly or daily.
func departure(every, dailyAt string, zone *time.Location, urgent bool, now time.Time) time.Time {
	switch {
	case urgent:
		return instant(now.Add(GatherUrgent))
	case every == "hourly":
		local := now.In(zone)
		into := time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
		return instant(now.Add(time.Hour - into))
	case every == "daily":
		at, ok := clock(dailyAt)
		if !ok {
			at, _ = clock(channelDailyAt)
		}
		return instant(next(now, at, zone))
	default:
		return instant(now.Add(Gather))
	}
}

// next is the first time after now at which the wall shows a minute of the day; on a day that skips
// it, the first minute after it.
func next(now time.Time, minute int, zone *time.Location) time.Time {
	local := now.In(zone)
	for day := 0; ; day++ {
		t := time.Date(local.Year(), local.Month(), local.Day()+day, minute/60, minute%60, 0, 0, zone)
		for t.Hour()*60+t.Minute() < minute {
			t = t.Add(time.Minute)
		}
		if t.After(now) {
			return t
		}
	}
}

// clock reads "07:30" as minutes of the day.
func clock(s string) (int, bool) {
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, false
	}
	return t.Hour()*60 + t.Minute(), true
}

// Zone is a time zone by its IANA name; UTC where there is none of that name.
func Zone(name string) *time.Location {
	if name == "" || name == "Local" {
		return time.UTC
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}
