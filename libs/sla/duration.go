package sla

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time that is written "90m", "4h", "2d" or "1d12h". A day is always 24
// hours: on a calendar that is open eight hours a day, "2d" are six working days.
type Duration time.Duration

// maxDuration is the longest that is read, so that sums of them do not overflow.
const maxDuration = 100 * 365 * 24 * time.Hour

// ParseDuration reads what String writes.
func ParseDuration(text string) (Duration, error) {
	rest, total := strings.TrimSpace(text), time.Duration(0)
	if rest == "0" {
		return 0, nil
	}
	if days, after, ok := strings.Cut(rest, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, badDuration(text)
		}
		total, rest = time.Duration(n)*24*time.Hour, after
		if rest == "" {
			return bounded(total, text)
		}
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || strings.HasPrefix(rest, "+") || d%time.Second != 0 {
		return 0, badDuration(text)
	}
	if d > maxDuration {
		return 0, badDuration(text)
	}
	return bounded(total+d, text)
}

func bounded(d time.Duration, text string) (Duration, error) {
	if d > maxDuration {
		return 0, badDuration(text)
	}
	return Duration(d), nil
}

func badDuration(text string) error {
	if len(text) > 40 {
		text = text[:40]
	}
	return fmt.Errorf("%q is no duration: write 90m, 4h, 2d or 1d12h", text)
}

// String writes whole days, hours, minutes and seconds without those that are zero.
func (d Duration) String() string {
	if d == 0 {
		return "0"
	}
	var b strings.Builder
	rest := time.Duration(d)
	if rest < 0 {
		return rest.String()
	}
	for _, unit := range []struct {
		d    time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if n := rest / unit.d; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, unit.name)
			rest -= n * unit.d
		}
	}
	if rest > 0 {
		b.WriteString(rest.String())
	}
	return b.String()
}

// MarshalText implements encoding.TextMarshaler, for JSON and YAML.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
