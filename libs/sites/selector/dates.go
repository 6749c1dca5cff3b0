package selector

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/sites/dom"
)

// format is one way to write a date.
type format struct {
	layout   string // of package time
	months   []string
	clock    bool
	iso      bool
	relative bool
}

// dateTokens are the words of a format and the layout of package time for each.
// Longer ones come first.
var dateTokens = []struct{ token, layout string }{
	{"YYYY", "2006"}, {"YY", "06"}, {"MMMM", "January"}, {"MMM", "Jan"}, {"MM", "01"}, {"M", "1"},
	{"DD", "02"}, {"D", "2"}, {"HH", "15"}, {"H", "15"}, {"hh", "03"}, {"h", "3"}, {"mm", "04"}, {"ss", "05"}, {"a", "PM"},
}

const maxFormatBytes = 100

func compileFormat(text string, months []string) (format, error) {
	switch text {
	case "iso":
		return format{iso: true}, nil
	case "relative":
		return format{relative: true}, nil
	}
	if len(text) > maxFormatBytes {
		return format{}, fmt.Errorf("longer than %d bytes", maxFormatBytes)
	}
	out := format{months: months}
	seen := map[string]bool{}
	for rest := text; rest != ""; {
		token, layout := cutToken(rest)
		if layout == "" {
			r, size := utf8.DecodeRuneInString(rest)
			if r >= '0' && r <= '9' {
				return format{}, fmt.Errorf("%q is no format of a date: write it like MMMM D, YYYY", text)
			}
			out.layout += string(r)
			rest = rest[size:]
			continue
		}
		out.layout += layout
		seen[strings.ToLower(token[:1])+token[:1]] = true
		out.clock = out.clock || layout == "15" || layout == "03" || layout == "3"
		rest = rest[len(token):]
	}
	if !seen["yY"] || !seen["mM"] {
		return format{}, fmt.Errorf("%q names no year and month: write it like MMMM D, YYYY", text)
	}
	return out, nil
}

// cutToken finds a token that stands alone: "a" in "at" is a letter.
func cutToken(rest string) (token, layout string) {
	for _, t := range dateTokens {
		if !strings.HasPrefix(rest, t.token) {
			continue
		}
		if t.token == "a" && len(rest) > 1 && isLetter(rest[1]) {
			return "", ""
		}
		return t.token, t.layout
	}
	return "", ""
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// maxDateBytes bounds what can be a date.
const maxDateBytes = 100

// parseDate reads a date by the definition's formats. The zero time is what none
// of them reads.
func (d *Definition) parseDate(text string, now time.Time) time.Time {
	text = dom.Line(text)
	if text == "" || len(text) > maxDateBytes {
		return time.Time{}
	}
	for _, f := range d.formats {
		var at time.Time
		switch {
		case f.iso:
			at = parseISO(text, d.zone)
		case f.relative:
			at = parseRelative(text, now.In(d.zone))
		default:
			at = f.parse(text, d.zone)
		}
		if year := at.Year(); !at.IsZero() && year >= 1990 && year <= 2200 {
			return at.UTC()
		}
	}
	return time.Time{}
}

func (f format) parse(text string, zone *time.Location) time.Time {
	if len(f.months) > 0 {
		text = english(text, f.months)
	} else {
		text = undotted.ReplaceAllString(text, "$1")
	}
	if strings.Contains(f.layout, "PM") {
		text = halfDay.ReplaceAllStringFunc(text, func(m string) string { return strings.ToUpper(m[:1]) + "M" })
	}
	layouts := []string{f.layout}
	if strings.Contains(f.layout, "Jan") {
		// Sites write "Sept." and cut some names only.
		other := strings.NewReplacer("January", "Jan", "Jan", "January").Replace(f.layout)
		layouts = append(layouts, other)
		text = sept.ReplaceAllString(text, "Sep")
	}
	for _, layout := range layouts {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at
		}
	}
	return time.Time{}
}

var (
	undotted = regexp.MustCompile(`\b(Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.`)
	halfDay  = regexp.MustCompile(`(?i)[ap]\.?m(?:\.|\b)`)
	sept     = regexp.MustCompile(`\bSept\b`)
)

var monthNames = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}

// english replaces the site's name of a month by the English one. Of names that
// begin alike the longest counts.
func english(text string, months []string) string {
	lower := strings.ToLower(text)
	best, bestLen, at := -1, 0, 0
	for i, name := range months {
		name = strings.ToLower(name)
		for _, form := range []string{name, firstRunes(name, 4), firstRunes(name, 3)} {
			if k := strings.Index(lower, form); form != "" && k >= 0 && len(form) > bestLen {
				best, bestLen, at = i, len(form), k
			}
		}
	}
	if best < 0 || len(lower) != len(text) {
		return text
	}
	rest := strings.TrimPrefix(text[at+bestLen:], ".")
	return text[:at] + monthNames[best] + rest
}

func firstRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

var isoLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02",
}

func parseISO(text string, zone *time.Location) time.Time {
	for _, layout := range isoLayouts {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at
		}
	}
	return time.Time{}
}

var ago = regexp.MustCompile(`(?i)^(?:reviewed|posted|about|over|almost|more than|edited|\s)*(\d{1,4}|an?|one|two|three|a few)\s*(s|sec|second|min|minute|m|h|hr|hour|d|day|w|wk|week|mo|month|y|yr|year)s?\.?\s+ago$`)

// parseRelative reads "3 days ago", "an hour ago", "yesterday". The time is cut
// to the unit that the text gives, so that it says no more than the site does.
func parseRelative(text string, now time.Time) time.Time {
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch strings.ToLower(strings.TrimSuffix(text, ".")) {
	case "just now", "now", "moments ago", "a moment ago":
		return now.Truncate(time.Minute)
	case "today":
		return day
	case "yesterday":
		return day.AddDate(0, 0, -1)
	case "last week":
		return day.AddDate(0, 0, -7)
	case "last month":
		return day.AddDate(0, -1, 0)
	case "last year":
		return day.AddDate(-1, 0, 0)
	}
	m := ago.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		n = map[string]int{"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "a few": 3}[strings.ToLower(m[1])]
	}
	switch unit := strings.ToLower(m[2]); {
	case unit == "mo" || unit == "month":
		return day.AddDate(0, -n, 0)
	case unit[0] == 's':
		return now.Add(-time.Duration(n) * time.Second).Truncate(time.Minute)
	case unit[0] == 'm':
		return now.Add(-time.Duration(n) * time.Minute).Truncate(time.Minute)
	case unit[0] == 'h':
		return now.Add(-time.Duration(n) * time.Hour).Truncate(time.Hour)
	case unit[0] == 'd':
		return day.AddDate(0, 0, -n)
	case unit[0] == 'w':
		return day.AddDate(0, 0, -7*n)
	default:
		return day.AddDate(-n, 0, 0)
	}
}
