package directory

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// dateLayouts are the spellings of dates in markup, most exact first. Those
// with a clock and no zone are UTC.
var dateLayouts = []struct {
	layout string
	clock  bool
}{
	{time.RFC3339Nano, true},
	{"2006-01-02T15:04:05Z0700", true},
	{"2006-01-02T15:04Z07:00", true},
	{"2006-01-02T15:04:05", true},
	{"2006-01-02T15:04", true},
	{"2006-01-02 15:04:05Z07:00", true},
	{"2006-01-02 15:04:05 -0700", true},
	{"2006-01-02 15:04:05 MST", true},
	{"2006-01-02 15:04:05", true},
	{"2006-01-02 15:04", true},
	{time.RFC1123Z, true},
	{time.RFC1123, true},
	{"2006-01-02", false},
	{"2006/01/02", false},
	{"2006-1-2", false},
	{"20060102", false},
	{"January 2, 2006", false},
	{"Jan 2, 2006", false},
	{"Jan. 2, 2006", false},
	{"2 January 2006", false},
	{"2 Jan 2006", false},
	{"Monday, January 2, 2006", false},
	{"Mon, 2 Jan 2006", false},
	{"Mon, Jan 2, 2006", false},
	{"January 2 2006", false},
	{"Jan 2 2006", false},
	{"2-Jan-2006", false},
	{"2.1.2006", false},
	{"January 2, 2006 3:04 PM", true},
	{"Jan 2, 2006 3:04 PM", true},
	{"January 2, 2006 15:04", true},
	{"Jan 2, 2006 15:04", true},
	{"January 2, 2006 at 3:04 PM", true},
	{"2006-01-02 3:04 PM", true},
	{"1/2/2006 3:04:05 PM", true},
	{"Mon Jan 2 15:04:05 MST 2006", true},
	{"Mon Jan 2 2006 15:04:05 GMT-0700", true},
	{"January 2006", false},
	{"Jan 2006", false},
	{"2006-01", false},
}

// parseDate reads a date of the markup; clock is false where it gives the day
// only, which is then midnight UTC. A date with slashes is read where one of
// its numbers can be no month, because the order of the two differs by country;
// otherwise it stays unknown.
func parseDate(text string) (at time.Time, clock bool) {
	text = line(text)
	if text == "" || len(text) > 64 {
		return time.Time{}, false
	}
	if at, ok := epoch(text); ok {
		return checkedDate(at, true)
	}
	text = spelling.Replace(ordinal.ReplaceAllString(text, "$1"))
	for _, l := range dateLayouts {
		if t, err := time.Parse(l.layout, text); err == nil {
			return checkedDate(t, l.clock)
		}
	}
	if t, err := time.Parse("1/2/2006", text); err == nil && (t.Day() > 12 || int(t.Month()) == t.Day()) {
		return checkedDate(t, false)
	}
	if t, err := time.Parse("2/1/2006", text); err == nil && t.Day() > 12 {
		return checkedDate(t, false)
	}
	if day, _, found := strings.Cut(text, "T"); found {
		if t, err := time.Parse("2006-01-02", day); err == nil {
			return checkedDate(t, false)
		}
	}
	return time.Time{}, false
}

var (
	ordinal  = regexp.MustCompile(`\b([0-9]{1,2})(?:st|nd|rd|th)\b`)
	spelling = strings.NewReplacer("Sept ", "Sep ", "Sept. ", "Sep ", "Jan. ", "Jan ", "Feb. ", "Feb ", "Mar. ", "Mar ", "Apr. ", "Apr ",
		"Aug. ", "Aug ", "Oct. ", "Oct ", "Nov. ", "Nov ", "Dec. ", "Dec ", " am", " AM", " pm", " PM", " a.m.", " AM", " p.m.", " PM")
)

// epoch reads seconds or milliseconds since 1970, which have ten and thirteen
// digits since 2001.
func epoch(text string) (time.Time, bool) {
	if len(text) != 10 && len(text) != 13 {
		return time.Time{}, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return time.Time{}, false
	}
	if len(text) == 13 {
		return time.UnixMilli(n), true
	}
	return time.Unix(n, 0), true
}

// checkedDate drops dates no review can have. A clock of midnight exactly is
// how sites write a day.
func checkedDate(t time.Time, clock bool) (time.Time, bool) {
	t = t.UTC()
	if t.Year() < 1990 || t.Year() > 2200 {
		return time.Time{}, false
	}
	return t, clock && t.Truncate(24*time.Hour) != t
}
