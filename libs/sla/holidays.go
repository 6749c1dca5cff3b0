package sla

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Bounds of holidays: the years they can be of, and how long one can be.
const (
	firstYear   = 2000
	lastYear    = 2100
	maxClosing  = 90 // days
	daysOfAYear = 366
)

// nth is a weekday of a month; n is 1 to 5, or -1 for the last.
type nth struct {
	n       int
	weekday time.Weekday
	month   time.Month
	index   int
}

// holidays finds the holiday of a date; indexes are into days.
type holidays struct {
	days   [][]interval
	exact  map[int]int // by number of the day
	yearly map[int]int // by month*32+day
	nth    []nth
}

func (h *Hours) addHolidays(list []Holiday) []Fault {
	var faults []Fault
	if len(list) == 0 {
		return nil
	}
	if len(list) > maxHolidays {
		return []Fault{{"holidays", fmt.Sprintf("has more than %d entries", maxHolidays)}}
	}
	h.holidays = holidays{exact: map[int]int{}, yearly: map[int]int{}}
	for i, holiday := range list {
		at := fmt.Sprintf("holidays[%d]", i)
		fault := func(path, detail string, args ...any) {
			faults = append(faults, Fault{at + path, fmt.Sprintf(detail, args...)})
		}
		intervals, bad := parseIntervals(holiday.Hours)
		for _, b := range bad {
			fault(".hours"+b.Path, "%s", b.Detail)
		}
		h.holidays.days = append(h.holidays.days, intervals)
		if len(holiday.Name) > 100 {
			fault(".name", "is longer than 100 bytes")
		}
		date, exact := parseDate(holiday.Date)
		if holiday.Until != "" && !exact {
			fault(".until", "goes only with a date of one year")
		}
		switch {
		case exact:
			last := date
			if holiday.Until != "" {
				var ok bool
				if last, ok = parseDate(holiday.Until); !ok {
					fault(".until", "%q is no date such as 2027-01-03", short(holiday.Until))
					continue
				}
			}
			first, end := number(date), number(last)
			if end < first || end-first >= maxClosing {
				fault(".until", "must be up to %d days after date", maxClosing)
				continue
			}
			for n := first; n <= end; n++ {
				remember(h.holidays.exact, n, i)
			}
		default:
			if month, day, ok := parseYearly(holiday.Date); ok {
				remember(h.holidays.yearly, int(month)*32+day, i)
			} else if rule, ok := parseNth(holiday.Date); ok {
				rule.index = i
				h.holidays.nth = append(h.holidays.nth, rule)
			} else {
				fault(".date", "%q is no date: want 2026-12-24, 12-25, \"4th thu nov\" or \"last mon may\"", short(holiday.Date))
			}
		}
	}
	return faults
}

// on returns the intervals of a date and whether a holiday says so.
func (h *holidays) on(date time.Time) ([]interval, bool) {
	found := -1
	consider := func(i int) {
		if found < 0 || i < found {
			found = i
		}
	}
	if i, ok := h.exact[number(date)]; ok {
		consider(i)
	}
	_, month, day := date.Date()
	if i, ok := h.yearly[int(month)*32+day]; ok {
		consider(i)
	}
	for _, r := range h.nth {
		if r.month != month || r.weekday != date.Weekday() {
			continue
		}
		if r.n == (day+6)/7 || r.n == -1 && date.AddDate(0, 0, 7).Month() != month {
			consider(r.index)
		}
	}
	if found < 0 {
		return nil, false
	}
	return h.days[found], true
}

// shut names what leaves the hours without an opening for a year; empty if nothing does.
func (h *Hours) shut() string {
	open := false
	for _, intervals := range h.weekly {
		open = open || len(intervals) > 0
	}
	if !open {
		return "hours"
	}
	first := number(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	last := first + 2*daysOfAYear
	for n := range h.holidays.exact {
		first, last = min(first, n-daysOfAYear), max(last, n+daysOfAYear)
	}
	closed := 0
	for n := first; n <= last; n++ {
		if len(h.on(dated(n))) > 0 {
			closed = 0
		} else if closed++; closed >= daysOfAYear {
			return "holidays"
		}
	}
	return ""
}

func remember(days map[int]int, key, index int) {
	if _, taken := days[key]; !taken {
		days[key] = index
	}
}

func parseDate(text string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, text)
	return t, err == nil && t.Year() >= firstYear && t.Year() <= lastYear
}

func parseYearly(text string) (time.Month, int, bool) {
	// A leap year, so that 02-29 is a day.
	t, err := time.Parse(time.DateOnly, "2024-"+text)
	return t.Month(), t.Day(), err == nil
}

func parseNth(text string) (nth, bool) {
	words := strings.Fields(strings.ToLower(text))
	if len(words) != 3 {
		return nth{}, false
	}
	n := slices.Index([]string{"1st", "2nd", "3rd", "4th", "5th"}, words[0]) + 1
	if words[0] == "last" {
		n = -1
	}
	weekday, month := slices.Index(weekdays, words[1]), slices.Index(months, words[2])
	return nth{n: n, weekday: time.Weekday(weekday), month: time.Month(month + 1)}, n != 0 && weekday >= 0 && month >= 0
}

// number counts days; dated is its inverse, at midnight UTC.
func number(date time.Time) int {
	y, m, d := date.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func dated(n int) time.Time { return time.Unix(int64(n)*86400, 0).UTC() }

func short(text string) string {
	if len(text) > 40 {
		return strings.ToValidUTF8(text[:40], "") + "..."
	}
	return text
}
