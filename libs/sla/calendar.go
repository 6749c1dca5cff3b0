package sla

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // images have no time zones of their own
)

// MaxSpan is the longest stretch of time that is counted day by day. Add never answers later than
// that after its start, and Between counts nothing beyond.
const MaxSpan = 10 * 366 * 24 * time.Hour

// Bounds of a calendar.
const (
	maxIntervals = 12
	maxHolidays  = 500
	day          = 24 * 60 // minutes
)

// Calendar says when a practice works. The zero calendar is around the clock.
type Calendar struct {
	// TimeZone is an IANA name; empty is the time zone of the review's location.
	TimeZone string `json:"time_zone,omitempty" yaml:"time_zone,omitempty"`
	// Hours are the intervals of the weekdays mon, tue, wed, thu, fri, sat and sun: "08:00-12:00",
	// "13:00-17:00". One that ends before it begins ("22:00-06:00") goes on into the next day and
	// belongs to the one it begins on. "00:00-24:00" is the whole day. A weekday without any is
	// closed; no weekday at all is around the clock. Keys may join days: mon-fri, "sat,sun".
	Hours map[string][]string `json:"hours,omitempty" yaml:"hours,omitempty"`
	// Holidays replace the hours of the days they fall on. Where two fall on one day, the first counts.
	Holidays []Holiday `json:"holidays,omitempty" yaml:"holidays,omitempty"`
}

// Holiday is a day on which the hours are others than usual.
type Holiday struct {
	// Date is a day ("2026-12-24"), one of every year ("12-25"), or a weekday of a month ("4th thu
	// nov", "last mon may").
	Date string `json:"date" yaml:"date"`
	// Until is the last day of a closing of several ("2027-01-03"); only with a Date of one year.
	Until string `json:"until,omitempty" yaml:"until,omitempty"`
	Name  string `json:"name,omitempty" yaml:"name,omitempty"`
	// Hours are the intervals of that day; none is closed.
	Hours []string `json:"hours,omitempty" yaml:"hours,omitempty"`
}

// weekdays are the keys of Hours in the order of time.Weekday.
var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

var months = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

// Normal is the calendar with each weekday under its own key.
func (c Calendar) Normal() Calendar {
	if len(c.Hours) == 0 {
		return c
	}
	hours := make(map[string][]string, len(c.Hours))
	for key, intervals := range c.Hours {
		days, err := parseDays(key)
		if err != nil {
			hours[key] = intervals
			continue
		}
		for _, d := range days {
			hours[weekdays[d]] = append(hours[weekdays[d]], intervals...)
		}
	}
	c.Hours = hours
	return c
}

// Validate returns all faults of the calendar.
func (c Calendar) Validate() []Fault {
	_, faults := c.compile(time.UTC)
	return faults
}

// At is the calendar at a location whose time zone is loc; nil is UTC. A calendar with faults
// is an error that names the first.
func (c Calendar) At(loc *time.Location) (Hours, error) {
	h, faults := c.compile(loc)
	if len(faults) > 0 {
		return Hours{}, fmt.Errorf("the calendar's %s %s", faults[0].Path, faults[0].Detail)
	}
	return h, nil
}

func (c Calendar) compile(loc *time.Location) (Hours, []Fault) {
	var faults []Fault
	fault := func(path, detail string, args ...any) {
		faults = append(faults, Fault{path, fmt.Sprintf(detail, args...)})
	}
	if loc == nil {
		loc = time.UTC
	}
	if c.TimeZone != "" {
		own, err := time.LoadLocation(c.TimeZone)
		if err != nil || c.TimeZone == "Local" {
			fault("time_zone", "%q is no IANA time zone such as America/Chicago", c.TimeZone)
		} else {
			loc = own
		}
	}
	h := Hours{loc: loc, closes: len(c.Hours) > 0 || len(c.Holidays) > 0}
	if !h.closes {
		return h, faults
	}
	if len(c.Hours) == 0 {
		for d := range h.weekly {
			h.weekly[d] = []interval{{0, day}}
		}
	}
	from := map[time.Weekday]string{}
	keys := make([]string, 0, len(c.Hours))
	for key := range c.Hours {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		at := "hours." + key
		days, err := parseDays(key)
		if err != nil {
			fault(at, "%v", err)
			continue
		}
		intervals, bad := parseIntervals(c.Hours[key])
		for _, b := range bad {
			fault(at+b.Path, "%s", b.Detail)
		}
		for _, d := range days {
			if other, twice := from[d]; twice {
				fault(at, "%s is in %s already", weekdays[d], other)
				continue
			}
			from[d], h.weekly[d] = key, intervals
		}
	}
	faults = append(faults, h.addHolidays(c.Holidays)...)
	if len(faults) == 0 {
		if at := h.shut(); at != "" {
			fault(at, "leave the calendar closed for a year or longer")
		}
	}
	return h, faults
}

// parseDays reads "mon", "mon-fri" and "sat,sun".
func parseDays(key string) ([]time.Weekday, error) {
	var days []time.Weekday
	for part := range strings.SplitSeq(key, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		from := slices.Index(weekdays, strings.ToLower(strings.TrimSpace(first)))
		to := from
		if isRange {
			to = slices.Index(weekdays, strings.ToLower(strings.TrimSpace(last)))
		}
		if from < 0 || to < 0 || len(key) > 60 {
			return nil, fmt.Errorf("is no weekday: want mon, tue, wed, thu, fri, sat, sun, mon-fri or sat,sun")
		}
		for d := from; ; d = (d + 1) % 7 {
			if slices.Contains(days, time.Weekday(d)) {
				return nil, fmt.Errorf("names %s twice", weekdays[d])
			}
			days = append(days, time.Weekday(d))
			if d == to {
				break
			}
		}
	}
	return days, nil
}

// parseIntervals reads intervals of one day in any order; the Path of a fault is "[2]".
func parseIntervals(texts []string) ([]interval, []Fault) {
	var out []interval
	var faults []Fault
	if len(texts) > maxIntervals {
		return nil, []Fault{{"", fmt.Sprintf("has more than %d intervals", maxIntervals)}}
	}
	for i, text := range texts {
		first, last, ok := strings.Cut(text, "-")
		from, okFrom := parseTime(first)
		until, okUntil := parseTime(last)
		if !ok || !okFrom || !okUntil || from == until || from == day {
			faults = append(faults, Fault{fmt.Sprintf("[%d]", i), "want an interval such as 08:00-12:00"})
			continue
		}
		if until < from {
			until += day
		}
		out = append(out, interval{from, until})
	}
	slices.SortFunc(out, func(a, b interval) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(out); i++ {
		if out[i].from < out[i-1].until {
			faults = append(faults, Fault{"", "has intervals that overlap"})
			break
		}
	}
	return out, faults
}

// parseTime reads "08:30" as minutes of the day; "24:00" is its end.
func parseTime(text string) (int, bool) {
	text = strings.TrimSpace(text)
	h, m, ok := strings.Cut(text, ":")
	if !ok || len(h) < 1 || len(h) > 2 || len(m) != 2 {
		return 0, false
	}
	hours, err1 := strconv.ParseUint(h, 10, 8)
	minutes, err2 := strconv.ParseUint(m, 10, 8)
	total := int(hours)*60 + int(minutes)
	return total, err1 == nil && err2 == nil && minutes < 60 && total <= day
}

// MarshalYAML writes the weekdays in their order.
func (c Calendar) MarshalYAML() (any, error) {
	type week struct {
		Mon []string `yaml:"mon,omitempty,flow"`
		Tue []string `yaml:"tue,omitempty,flow"`
		Wed []string `yaml:"wed,omitempty,flow"`
		Thu []string `yaml:"thu,omitempty,flow"`
		Fri []string `yaml:"fri,omitempty,flow"`
		Sat []string `yaml:"sat,omitempty,flow"`
		Sun []string `yaml:"sun,omitempty,flow"`
	}
	type calendar struct {
		TimeZone string    `yaml:"time_zone,omitempty"`
		Hours    week      `yaml:"hours,omitempty"`
		Holidays []Holiday `yaml:"holidays,omitempty"`
	}
	h := c.Normal().Hours
	return calendar{c.TimeZone, week{h["mon"], h["tue"], h["wed"], h["thu"], h["fri"], h["sat"], h["sun"]}, c.Holidays}, nil
}
