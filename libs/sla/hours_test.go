package sla_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/sla"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

func hours(t testing.TB, c sla.Calendar, zoneName string) sla.Hours {
	t.Helper()
	h, err := c.At(zone(t, zoneName))
	require.NoError(t, err)
	return h
}

func week(days string, intervals ...string) sla.Calendar {
	return sla.Calendar{Hours: map[string][]string{days: intervals}}
}

// at reads "2026-03-08 01:59" in a time zone, or a time with its own offset.
func at(t testing.TB, zoneName, text string) time.Time {
	t.Helper()
	if when, err := time.Parse(time.RFC3339, text); err == nil {
		return when
	}
	when, err := time.ParseInLocation("2006-01-02 15:04", text, zone(t, zoneName))
	require.NoError(t, err)
	return when
}

func TestHoursAdd_DSTMidnightWeekendsHolidaysLunch_ExactDueTime(t *testing.T) {
	office := week("mon-fri", "08:00-12:00", "13:00-17:00")
	closed := office
	closed.Holidays = []sla.Holiday{
		{Date: "2026-12-24", Name: "Christmas Eve", Hours: []string{"08:00-12:00"}},
		{Date: "12-25", Name: "Christmas"},
		{Date: "4th thu nov", Name: "Thanksgiving"},
		{Date: "last mon may", Name: "Memorial Day"},
		{Date: "2026-07-01", Until: "2026-07-03", Name: "Moving"},
	}
	night := week("mon-sun", "22:00-06:00")
	always := week("mon-sun", "00:00-24:00")
	for _, c := range []struct {
		name     string
		calendar sla.Calendar
		zone     string
		start    string
		add      time.Duration
		want     string
	}{
		{"around the clock", sla.Calendar{}, "America/Chicago", "2026-03-07 23:00", 4 * time.Hour, "2026-03-08 04:00"},
		{"within the morning", office, "America/Chicago", "2026-03-04 08:30", 2 * time.Hour, "2026-03-04 10:30"},
		{"to the end of the morning", office, "America/Chicago", "2026-03-04 08:00", 4 * time.Hour, "2026-03-04 12:00"},
		{"over lunch", office, "America/Chicago", "2026-03-04 11:30", time.Hour, "2026-03-04 13:30"},
		{"during lunch", office, "America/Chicago", "2026-03-04 12:20", time.Hour, "2026-03-04 14:00"},
		{"before opening", office, "America/Chicago", "2026-03-04 03:00", time.Hour, "2026-03-04 09:00"},
		{"overnight", office, "America/Chicago", "2026-03-04 16:30", time.Hour, "2026-03-05 08:30"},
		{"over the weekend", office, "America/Chicago", "2026-03-06 16:30", time.Hour, "2026-03-09 08:30"},
		{"from a Saturday", office, "America/Chicago", "2026-03-07 10:00", 4 * time.Hour, "2026-03-09 12:00"},
		{"eight hours are a working day", office, "America/Chicago", "2026-03-04 09:00", 8 * time.Hour, "2026-03-05 09:00"},
		{"a day is 24 hours of the calendar", office, "America/Chicago", "2026-03-02 08:00", 24 * time.Hour, "2026-03-04 17:00"},
		{"one minute before midnight", week("mon-sun", "20:00-24:00"), "America/Chicago", "2026-03-04 23:59", 2 * time.Minute, "2026-03-05 20:01"},

		{"spring: the office does not notice", office, "America/New_York", "2026-03-06 16:00", 2 * time.Hour, "2026-03-09 09:00"},
		{"spring: an hour that never was is not counted", week("sun", "00:00-06:00"), "America/New_York", "2026-03-08 00:00", 5 * time.Hour, "2026-03-08 06:00"},
		{"spring: opening in the gap is at its end", week("sun", "02:30-06:00"), "America/New_York", "2026-03-08 00:00", time.Hour, "2026-03-08 04:00"},
		{"spring: closing in the gap is at its end", week("sun,mon", "01:00-02:30"), "America/New_York", "2026-03-08 00:00", 90 * time.Minute, "2026-03-09 01:30"},
		{"spring: an interval within the gap is none", week("sun", "02:10-02:50"), "America/New_York", "2026-03-08 00:00", time.Minute, "2026-03-15 02:11"},
		{"spring: a night", night, "America/New_York", "2026-03-07 22:00", 7 * time.Hour, "2026-03-08 06:00"},
		{"autumn: an hour that was twice counts twice", week("sun", "00:00-06:00"), "America/New_York", "2026-11-01 00:00", 7 * time.Hour, "2026-11-01 06:00"},
		{"autumn: opening in the hour that is twice is at the first", week("sun", "01:30-06:00"), "America/New_York", "2026-11-01 00:00", time.Minute, "2026-11-01T01:31:00-04:00"},
		{"autumn: closing in the hour that is twice is at the first", week("sun,mon", "00:00-01:30"), "America/New_York", "2026-11-01 00:00", 91 * time.Minute, "2026-11-02 00:01"},
		{"autumn: a night", night, "America/New_York", "2026-10-31 22:00", 9 * time.Hour, "2026-11-01 06:00"},
		{"autumn: start in the second of the two", week("sun", "00:00-06:00"), "America/New_York", "2026-11-01T01:30:00-05:00", time.Hour, "2026-11-01T02:30:00-05:00"},
		{"Europe in autumn", week("mon-sun", "00:00-24:00"), "Europe/Berlin", "2026-10-24 12:00", 24 * time.Hour, "2026-10-25 11:00"},
		{"half an hour of saving time: spring", week("sun", "00:00-06:00"), "Australia/Lord_Howe", "2026-10-04 00:00", 330 * time.Minute, "2026-10-04 06:00"},
		{"half an hour of saving time: autumn", week("sun", "00:00-06:00"), "Australia/Lord_Howe", "2026-04-05 00:00", 390 * time.Minute, "2026-04-05 06:00"},
		{"a zone off by half an hour", office, "Asia/Kolkata", "2026-03-04 16:30", time.Hour, "2026-03-05 08:30"},
		{"a zone off by three quarters", office, "Asia/Kathmandu", "2026-03-04T10:45:00Z", time.Hour, "2026-03-05 08:30"},
		{"half an hour west with saving time", office, "America/St_Johns", "2026-03-06 16:30", time.Hour, "2026-03-09 08:30"},
		{"midnight that never was", week("sun", "00:00-02:00"), "America/Santiago", "2026-09-06 00:00", time.Hour, "2026-09-06 02:00"},
		{"a day that never was", week("fri,sat", "08:00-17:00"), "Pacific/Apia", "2011-12-29 12:00", time.Hour, "2011-12-31 09:00"},

		{"a night belongs to the day it begins on", week("fri", "22:00-06:00"), "America/Chicago", "2026-03-07 01:00", 5 * time.Hour, "2026-03-07 06:00"},
		{"and not to the next", week("fri", "22:00-06:00"), "America/Chicago", "2026-03-07 01:00", 6 * time.Hour, "2026-03-13 23:00"},
		{"whole days join at midnight", always, "America/Chicago", "2026-03-04 12:00", 48 * time.Hour, "2026-03-06 12:00"},
		{"shorter hours before a holiday", closed, "America/Chicago", "2026-12-24 11:00", 2 * time.Hour, "2026-12-28 09:00"},
		{"a holiday of every year", closed, "America/Chicago", "2031-12-25 09:00", time.Hour, "2031-12-26 09:00"},
		{"fourth Thursday", closed, "America/Chicago", "2026-11-26 09:00", time.Hour, "2026-11-27 09:00"},
		{"third Thursday is none", closed, "America/Chicago", "2026-11-19 09:00", time.Hour, "2026-11-19 10:00"},
		{"last Monday", closed, "America/Chicago", "2026-05-25 09:00", time.Hour, "2026-05-26 09:00"},
		{"closed for days", closed, "America/Chicago", "2026-06-30 16:30", time.Hour, "2026-07-06 08:30"},
		{"the calendar's own zone", sla.Calendar{TimeZone: "America/Los_Angeles", Hours: office.Hours}, "America/New_York", "2026-03-04 09:00", time.Hour, "2026-03-04 12:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := hours(t, c.calendar, c.zone)
			start := at(t, c.zone, c.start)
			got := h.Add(start, c.add)
			require.Equal(t, at(t, c.zone, c.want).UTC(), got.UTC())
			require.Equal(t, c.add, h.Between(start, got))
		})
	}
}

func TestHoursAdd_NothingToAdd_IsTheStart(t *testing.T) {
	h := hours(t, week("mon-fri", "08:00-17:00"), "UTC")
	sunday := at(t, "UTC", "2026-03-08 12:00")
	require.Equal(t, sunday, h.Add(sunday, 0))
	require.Equal(t, sunday, h.Add(sunday, -time.Hour))
	require.Zero(t, h.Between(sunday, sunday.Add(-240*time.Hour)))
}

func TestHours_HundredYears_BoundedWork(t *testing.T) {
	c := week("mon", "08:00-08:01")
	for i := range 490 {
		c.Holidays = append(c.Holidays, sla.Holiday{Date: time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), Hours: []string{"09:00-10:00"}})
	}
	h := hours(t, c, "America/Chicago")
	start := at(t, "UTC", "2026-03-08 12:00")
	began := time.Now()
	require.Equal(t, start.Add(sla.MaxSpan), h.Add(start, 100*365*24*time.Hour))
	require.Positive(t, h.Between(start, start.AddDate(100, 0, 0)))
	require.Equal(t, h.Between(start, start.Add(sla.MaxSpan)), h.Between(start, start.AddDate(100, 0, 0)))
	require.Less(t, time.Since(began), 2*time.Second)
}

func TestHoursWeekly_Calendars_OpenTimeOfAWeek(t *testing.T) {
	for _, c := range []struct {
		calendar sla.Calendar
		want     time.Duration
	}{
		{sla.Calendar{}, 168 * time.Hour},
		{week("mon-fri", "08:00-12:00", "13:00-17:00"), 40 * time.Hour},
		{week("mon-sun", "22:00-06:00"), 56 * time.Hour},
		{week("sat", "22:00-06:00"), 8 * time.Hour},
		{sla.Calendar{Hours: map[string][]string{"sat": {"22:00-06:00"}, "sun": {"04:00-08:00"}}}, 10 * time.Hour},
	} {
		require.Equal(t, c.want, hours(t, c.calendar, "UTC").Weekly(), "%v", c.calendar)
	}
}

var oracleZones = []string{"America/New_York", "America/St_Johns", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago", "Africa/Cairo", "UTC"}

func randomCalendar(r *rand.Rand) sla.Calendar {
	c := sla.Calendar{Hours: map[string][]string{}}
	for _, d := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
		from, lunch, back, until := r.IntN(6*60), 6*60+r.IntN(6*60), 12*60+r.IntN(6*60), 18*60+r.IntN(6*60)
		clock := func(m int) string { return fmt.Sprintf("%02d:%02d", m/60, m%60) }
		switch r.IntN(5) {
		case 0:
		case 1:
			c.Hours[d] = []string{clock(until) + "-" + clock(lunch)} // over midnight
		default:
			c.Hours[d] = []string{clock(from) + "-" + clock(lunch), clock(back) + "-" + clock(until)}
		}
	}
	if len(c.Hours) == 0 {
		c.Hours["wed"] = []string{"09:00-17:00"}
	}
	if r.IntN(2) == 0 {
		c.Holidays = []sla.Holiday{{Date: "3rd wed mar"}, {Date: "2026-11-01", Hours: []string{"01:15-04:00"}}}
	}
	return c
}

func TestHours_RandomCalendarsAndTimes_AddAndBetweenAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 17))
	for range 1_000 {
		c := randomCalendar(r)
		h := hours(t, c, oracleZones[r.IntN(len(oracleZones))])
		start := time.Date(2026, time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), 0, time.UTC)
		d, more := time.Duration(r.Int64N(int64(100*time.Hour))), time.Duration(r.Int64N(int64(10*time.Hour)))
		due := h.Add(start, d)
		require.Equal(t, d, h.Between(start, due), "%v from %v add %v", c, start, d)
		require.False(t, h.Add(start, d+more).Before(due), "more time is due earlier: %v from %v", c, start)
		later := start.Add(more)
		require.False(t, h.Add(later, d).Before(due), "a later start is due earlier: %v from %v", c, start)
		middle, end := start.Add(time.Duration(r.Int64N(int64(200*time.Hour)))), start.Add(200*time.Hour)
		require.Equal(t, h.Between(start, end), h.Between(start, middle)+h.Between(middle, end), "parts do not sum up: %v from %v", c, start)
	}
}

// firstAt looks for the first minute at which the clock on the wall of a date reads minute or later.
func firstAt(date time.Time, minute int, loc *time.Location) time.Time {
	want := date.Add(time.Duration(minute) * time.Minute)
	for when := want.Add(-16 * time.Hour); ; when = when.Add(time.Minute) {
		local := when.In(loc)
		reads := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), 0, 0, time.UTC)
		if !reads.Before(want) {
			return when
		}
	}
}

func TestHoursBetween_MinuteByMinute_SameAsCounting(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 4))
	// Days around changes of the clocks.
	days := []string{"2026-03-07", "2026-03-28", "2026-10-24", "2026-10-31", "2026-04-04", "2026-10-03", "2026-09-05", "2026-04-23", "2026-06-10"}
	for range 60 {
		name := oracleZones[r.IntN(len(oracleZones))]
		loc := zone(t, name)
		from, until := r.IntN(12*60), 12*60+r.IntN(12*60)
		text := fmt.Sprintf("%02d:%02d-%02d:%02d", from/60, from%60, until/60, until%60)
		if r.IntN(2) == 0 {
			from, until = until, from
			text = fmt.Sprintf("%02d:%02d-%02d:%02d", from/60, from%60, until/60, until%60)
			until += 24 * 60
		}
		h := hours(t, week("mon-sun", text), name)
		day, err := time.Parse(time.DateOnly, days[r.IntN(len(days))])
		require.NoError(t, err)
		start := day.Add(time.Duration(r.IntN(24*60)) * time.Minute)
		end := start.Add(time.Duration(r.IntN(48*60)) * time.Minute)
		open := map[time.Time]bool{}
		for d := -2; d <= 4; d++ {
			date := day.AddDate(0, 0, d)
			closes := firstAt(date, until, loc)
			for when := firstAt(date, from, loc); when.Before(closes); when = when.Add(time.Minute) {
				open[when] = true
			}
		}
		count := time.Duration(0)
		for when := start; when.Before(end); when = when.Add(time.Minute) {
			if open[when] {
				count += time.Minute
			}
		}
		require.Equal(t, count, h.Between(start, end), "%s in %s from %v to %v", text, name, start, end)
	}
}

func BenchmarkHoursAdd_FortyHoursOnAnOfficeCalendar(b *testing.B) {
	h := hours(b, week("mon-fri", "08:00-12:00", "13:00-17:00"), "America/Chicago")
	start := at(b, "America/Chicago", "2026-03-04 11:30")
	for b.Loop() {
		h.Add(start, 40*time.Hour)
	}
}
