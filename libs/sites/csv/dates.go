package csv

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

var layouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02T15:04",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05", "2006-01-02 15:04",
	"2006-01-02 3:04 PM", "2006-01-02", "2006/01/02 15:04:05", "2006/01/02 15:04", "2006/01/02",
	"January 2, 2006 3:04 PM", "January 2, 2006", "Jan 2, 2006 3:04 PM", "Jan 2, 2006", "Jan. 2, 2006",
	"2 January 2006", "2 Jan 2006", "2-Jan-2006", "2-Jan-06", "Monday, January 2, 2006",
	"2.1.2006 15:04:05", "2.1.2006 15:04", "2.1.2006",
	time.RFC1123Z, time.RFC1123,
}

var clocks = []string{"", " 15:04:05", " 15:04", " 3:04:05 PM", " 3:04 PM", " 3:04PM", ", 3:04 PM", ", 15:04", ", 3:04:05 PM"}

var slashed = regexp.MustCompile(`^(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})(.*)$`)

// date reads a time of the file; reason says why it cannot. An empty cell is
// the zero time.
func (r *Reader) date(text string) (at time.Time, reason string) {
	text = line(text)
	if noValue(text) {
		return time.Time{}, ""
	}
	if len(text) > 64 {
		return time.Time{}, unreadableDate
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, text, r.opts.Location); err == nil {
			return plausible(t)
		}
	}
	m := slashed.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}, unreadableDate
	}
	first, _ := strconv.Atoi(m[1])
	second, _ := strconv.Atoi(m[2])
	month, day := first, second
	switch order := r.opts.DateOrder; {
	case order == DayMonth:
		month, day = second, first
	case order == MonthDay || second > 12 || first == second:
	case first > 12:
		month, day = second, first
	default:
		return time.Time{}, "a date that can be read as day/month or as month/day: say which (mdy or dmy)"
	}
	year := m[3]
	if len(year) == 2 {
		year = "20" + year
	}
	clock := strings.ToUpper(m[4])
	for _, layout := range clocks {
		t, err := time.ParseInLocation("2006-1-2"+layout, year+"-"+strconv.Itoa(month)+"-"+strconv.Itoa(day)+clock, r.opts.Location)
		if err == nil {
			return plausible(t)
		}
	}
	return time.Time{}, unreadableDate
}

const unreadableDate = "no date this can read: write 2026-03-31 or 2026-03-31T17:05:00Z"

func plausible(t time.Time) (time.Time, string) {
	if t.Year() < 1990 || t.Year() > 2200 {
		return time.Time{}, "a date before 1990 or far in the future"
	}
	return t.UTC(), ""
}
