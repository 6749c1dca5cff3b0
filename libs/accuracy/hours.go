package accuracy

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

const (
	minutesADay = 24 * 60
	days        = 7
	// maxIntervals bounds what is read of one group of days.
	maxIntervals = 8
)

// Week is the opening hours of a week: a bit for each minute from Monday 00:00.
type Week [(days*minutesADay + 63) / 64]uint64

func (w *Week) open(from, to int) {
	const all = days * minutesADay
	for m := from; m < to; {
		at := m % all
		if at%64 == 0 && at+64 <= all && m+64 <= to { // foreign entries can name many long intervals
			w[at/64] = ^uint64(0)
			m += 64
			continue
		}
		w[at/64] |= 1 << (at % 64)
		m++
	}
}

// maxHours bounds the entries of a week that are read.
const maxHours = 64

// ParseHours reads opening hours as sites and people write them: "Mo-Fr 08:00-17:00",
// "Monday, Tuesday 8:00 AM - 5:00 PM", "Sat 9-12", "Sunday closed", "Mon-Sun 24 hours".
// Days that no entry names are closed; hours that end before they begin go past
// midnight. ok is false if an entry cannot be read with certainty.
func ParseHours(entries []string) (week Week, ok bool) {
	if len(entries) == 0 || len(entries) > maxHours {
		return Week{}, false
	}
	for _, entry := range entries {
		if len(entry) > maxValue {
			return Week{}, false
		}
		for part := range strings.SplitSeq(entry, ";") {
			if strings.TrimSpace(part) == "" {
				continue
			}
			if !week.read(part) {
				return Week{}, false
			}
		}
	}
	return week, true
}

var (
	hourTokens = regexp.MustCompile(`[0-9]{1,2}(?:[:.h][0-9]{2}){0,2}|\pL+|[-–—,&+/]`)
	dayNames   = map[string]int{
		"mo": 0, "mon": 0, "monday": 0, "mondays": 0, "tu": 1, "tue": 1, "tues": 1, "tuesday": 1, "tuesdays": 1,
		"we": 2, "wed": 2, "weds": 2, "wednesday": 2, "wednesdays": 2, "th": 3, "thu": 3, "thur": 3, "thurs": 3, "thursday": 3, "thursdays": 3,
		"fr": 4, "fri": 4, "friday": 4, "fridays": 4, "sa": 5, "sat": 5, "saturday": 5, "saturdays": 5, "su": 6, "sun": 6, "sunday": 6, "sundays": 6,
	}
)

// clock is a time of day in an entry, in minutes.
type clock struct {
	minute   int
	half     string // am, pm or ""
	explicit bool   // written with minutes
	padded   bool   // written with a zero in front, as clocks of 24 hours are
}

// read reads one entry: days, then times.
func (w *Week) read(entry string) bool {
	tokens := hourTokens.FindAllString(strings.ToLower(noDots(entry)), -1)
	var (
		on      [days]bool
		named   bool
		last    = -1
		dash    bool
		times   []clock
		spans   int // dashes and "to" between times
		closed  bool
		allDay  bool
		i       int
		pending bool
	)
	for ; i < len(tokens); i++ {
		t := tokens[i]
		if day, ok := dayNames[t]; ok {
			if len(times) > 0 || closed || allDay {
				// Another group of days begins: what came before stands by itself.
				if !w.set(on, named, times, spans, closed, allDay) {
					return false
				}
				on, last, times, spans, closed, allDay = [days]bool{}, -1, nil, 0, false, false
			}
			if dash && last >= 0 {
				for d := last; d != day; d = (d + 1) % days {
					on[d] = true
				}
			}
			on[day], named, last, dash = true, true, day, false
			continue
		}
		switch {
		case t[0] >= '0' && t[0] <= '9':
			c, ok := parseClock(t)
			if !ok {
				return false
			}
			if i+1 < len(tokens) && (tokens[i+1] == "am" || tokens[i+1] == "pm" || tokens[i+1] == "a" || tokens[i+1] == "p") {
				c.half = tokens[i+1][:1] + "m"
				i++
			}
			if c.minute == minutesADay && i+1 < len(tokens) && strings.HasPrefix(tokens[i+1], "h") && !pending {
				allDay = true // "24 hours"
				i++
				continue
			}
			times, pending = append(times, c), false
		case t == "-" || t == "–" || t == "—" || t == "to" || t == "through" || t == "thru" || t == "until" || t == "till":
			if len(times) > 0 {
				spans++
				pending = true
			} else {
				dash = true
			}
		case t == "," || t == "&" || t == "and" || t == "+" || t == "/" || t == "from" || t == "open" || t == "hours" || t == "hrs" || t == "the":
			dash = false
		case t == "noon" || t == "midday":
			times, pending = append(times, clock{minute: 12 * 60, explicit: true, half: "pm"}), false
		case t == "midnight":
			times, pending = append(times, clock{minute: minutesADay, explicit: true}), false
		case t == "closed":
			closed = true
		case t == "daily" || t == "everyday":
			on, named = [days]bool{true, true, true, true, true, true, true}, true
		case t == "weekdays":
			on, named = [days]bool{true, true, true, true, true}, true
		case t == "weekends":
			on[5], on[6], named = true, true, true
		case t == "http" || t == "https" || t == "schema" || t == "org" || t == "schemaorg" || t == "dayofweek":
			// An address of a day: schema.org/Monday.
		default:
			return false // public holidays, "by appointment": no certainty
		}
	}
	return w.set(on, named, times, spans, closed, allDay)
}

// noDots makes "a.m." one word and leaves "8.30".
func noDots(s string) string {
	r := []rune(s)
	out := r[:0:0]
	for i, c := range r {
		between := i > 0 && i+1 < len(r) && unicode.IsDigit(r[i-1]) && unicode.IsDigit(r[i+1])
		if c == '.' && !between {
			continue
		}
		out = append(out, c)
	}
	return string(out)
}

func parseClock(s string) (clock, bool) {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == ':' || r == '.' || r == 'h' })
	hour, err := strconv.Atoi(parts[0])
	if err != nil || hour > 24 {
		return clock{}, false
	}
	minute := 0
	if len(parts) > 1 {
		if minute, err = strconv.Atoi(parts[1]); err != nil || minute > 59 {
			return clock{}, false
		}
	}
	c := clock{minute: hour*60 + minute, explicit: len(parts) > 1, padded: strings.HasPrefix(s, "0")}
	return c, c.minute <= minutesADay
}

// set opens the days named at the times read.
func (w *Week) set(on [days]bool, named bool, times []clock, spans int, closed, allDay bool) bool {
	if !named {
		return false
	}
	if closed {
		return len(times) == 0 && !allDay
	}
	if allDay {
		times, spans = []clock{{minute: 0, explicit: true}, {minute: minutesADay, explicit: true}}, 1
	}
	if len(times) == 0 || len(times)%2 != 0 || spans != len(times)/2 || spans > maxIntervals {
		return false
	}
	for i := 0; i < len(times); i += 2 {
		if i > 0 && times[i].half == "" && times[i-2].half == "" && times[i].minute < times[i-2].minute {
			return false // "08:00-12:00, 01:00-05:00": the second is of the afternoon, or of another day
		}
		from, to, ok := interval(times[i], times[i+1])
		if !ok {
			return false
		}
		for d, yes := range on {
			if yes {
				w.open(d*minutesADay+from, d*minutesADay+to)
			}
		}
	}
	return true
}

// interval is opening and closing in minutes of the first day.
func interval(a, b clock) (from, to int, ok bool) {
	if a.half == "" && b.half != "" && a.minute <= 12*60 { // "8 - 11 am", "1 - 5 pm", "9 - 5 pm"
		a.half = b.half
		if b.half == "pm" && a.minute%(12*60) > b.minute%(12*60) {
			a.half = "am"
		}
	}
	from, okFrom := a.onDay()
	to, okTo := b.onDay()
	if !okFrom || !okTo {
		return 0, 0, false
	}
	if to%minutesADay == minutesADay-1 { // 23:59 is how some sites write midnight
		to++
	}
	if from == 0 && to == 0 { // how schema.org writes a day that is closed, and people one that never closes
		return 0, 0, a.half == "" && b.half == ""
	}
	if doubtful(a, b, from, to) {
		return 0, 0, false
	}
	if to <= from {
		to += minutesADay
	}
	return from, to, true
}

// doubtful reports whether times can be understood ("9-5", "7:30 - 4:30", "8am - 5", "1-5")
// but not with certainty, because nothing says which half of the day is meant.
func doubtful(a, b clock, from, to int) bool {
	const afternoon, early = 13 * 60, 6 * 60
	switch {
	case b.half != "":
		return false
	case a.half != "":
		return to < afternoon
	case to <= from:
		return from < afternoon || !a.explicit && !b.explicit
	default:
		return from > 0 && from < early && to < afternoon && !a.padded
	}
}

func (c clock) onDay() (int, bool) {
	switch c.half {
	case "am":
		return c.minute % (12 * 60), c.minute < 13*60
	case "pm":
		return c.minute%(12*60) + 12*60, c.minute < 13*60
	}
	return c.minute, true
}
