package notify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/services/response-workflow/notify"
)

func TestSendAt_Settings_LeavesWhenThePersonWants(t *testing.T) {
	zone := notify.Zone("America/New_York")
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, zone) }
	base := collections.NotificationSettings{
		Email: "instant", Kinds: collections.NotificationKinds(), QuietFrom: "20:00", QuietUntil: "07:00", TimeZone: "America/New_York", DailyAt: "07:30",
	}
	type settings = collections.NotificationSettings
	for name, c := range map[string]struct {
		change func(*settings)
		urgent bool
		now    time.Time
		want   time.Time // zero: not mailed
	}{
		"instant":                           {nil, false, at(16, 12, 0), at(16, 12, 1)},
		"instant, urgent":                   {nil, true, at(16, 12, 0), at(16, 12, 0).Add(notify.GatherUrgent)},
		"off":                               {func(s *settings) { s.Email = "off" }, true, at(16, 12, 0), time.Time{}},
		"not this kind":                     {func(s *settings) { s.Kinds = []string{notify.Overdue} }, false, at(16, 12, 0), time.Time{}},
		"hourly":                            {func(s *settings) { s.Email = "hourly" }, false, at(16, 12, 20), at(16, 13, 0)},
		"hourly on the hour":                {func(s *settings) { s.Email = "hourly" }, false, at(16, 12, 0), at(16, 13, 0)},
		"hourly, urgent":                    {func(s *settings) { s.Email = "hourly" }, true, at(16, 12, 20), at(16, 12, 20).Add(notify.GatherUrgent)},
		"hourly into the night":             {func(s *settings) { s.Email = "hourly" }, false, at(16, 19, 30), at(17, 7, 0)},
		"daily, later today":                {func(s *settings) { s.Email = "daily" }, false, at(16, 5, 0), at(16, 7, 30)},
		"daily, tomorrow":                   {func(s *settings) { s.Email = "daily" }, false, at(16, 7, 30), at(17, 7, 30)},
		"daily in the quiet":                {func(s *settings) { s.Email, s.DailyAt = "daily", "06:00" }, false, at(16, 12, 0), at(17, 7, 0)},
		"daily at a minute that is skipped": {func(s *settings) { s.Email, s.DailyAt = "daily", "02:30"; s.QuietFrom = "" }, false, time.Date(2026, 3, 8, 6, 45, 0, 0, time.UTC), time.Date(2026, 3, 8, 7, 0, 0, 0, time.UTC)},
		"quiet before midnight":             {nil, false, at(16, 23, 0), at(17, 7, 0)},
		"quiet after midnight":              {nil, false, at(17, 1, 0), at(17, 7, 0)},
		"quiet begins":                      {nil, false, at(16, 19, 59), at(17, 7, 0)},
		"quiet ends":                        {nil, false, at(17, 7, 0), at(17, 7, 1)},
		"urgent breaks through":             {nil, true, at(17, 2, 0), at(17, 2, 0).Add(notify.GatherUrgent)},
		"quiet at noon":                     {func(s *settings) { s.QuietFrom, s.QuietUntil = "12:00", "13:30" }, false, at(16, 12, 30), at(16, 13, 30)},
		"no quiet hours":                    {func(s *settings) { s.QuietFrom, s.QuietUntil = "", "" }, false, at(17, 2, 0), at(17, 2, 1)},
		"quiet from when it ends":           {func(s *settings) { s.QuietFrom, s.QuietUntil = "07:00", "07:00" }, false, at(17, 2, 0), at(17, 2, 1)},
		"quiet hours that are none":         {func(s *settings) { s.QuietFrom, s.QuietUntil = "late", "early" }, false, at(17, 2, 0), at(17, 2, 1)},
		"a zone nobody knows is UTC":        {func(s *settings) { s.TimeZone = "Mars/Olympus" }, false, time.Date(2026, 11, 16, 21, 0, 0, 0, time.UTC), time.Date(2026, 11, 17, 7, 0, 0, 0, time.UTC)},
		"half an hour beside the rest":      {func(s *settings) { s.Email, s.TimeZone = "hourly", "Asia/Kolkata" }, false, time.Date(2026, 11, 16, 6, 0, 0, 0, time.UTC), time.Date(2026, 11, 16, 6, 30, 0, 0, time.UTC)},
	} {
		t.Run(name, func(t *testing.T) {
			s := base
			if c.change != nil {
				c.change(&s)
			}
			got, mailed := notify.SendAt(s, notify.Assigned, c.urgent, c.now)
			require.Equal(t, !c.want.IsZero(), mailed)
			if mailed {
				require.Equal(t, c.want.UTC(), got)
			}
		})
	}
}

// In New York clocks jump from 2:00 to 3:00 on 8 March 2026 and back from 2:00 to 1:00 on 1 November.
func TestHold_NightsOfTheClockChange_EndOnTheWall(t *testing.T) {
	zone := notify.Zone("America/New_York")
	utc := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
	}
	for name, c := range map[string]struct {
		from, until string
		at, want    time.Time
	}{
		"spring, the short night":         {"21:00", "07:00", utc(3, 8, 3, 0), utc(3, 8, 11, 0)}, // 22:00 EST to 7:00 EDT
		"spring, the day before":          {"21:00", "07:00", utc(3, 7, 3, 0), utc(3, 7, 12, 0)},
		"spring, an end that is skipped":  {"21:00", "02:30", utc(3, 8, 3, 0), utc(3, 8, 7, 0)}, // 3:00 EDT
		"spring, a quiet that is skipped": {"02:00", "03:00", utc(3, 8, 6, 59), utc(3, 8, 6, 59)},
		"autumn, the long night":          {"21:00", "07:00", utc(11, 1, 2, 0), utc(11, 1, 12, 0)}, // 22:00 EDT to 7:00 EST
		"autumn, the hour that is twice":  {"21:00", "07:00", utc(11, 1, 6, 30), utc(11, 1, 12, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			s := collections.NotificationSettings{QuietFrom: c.from, QuietUntil: c.until, TimeZone: "America/New_York"}
			got := notify.Hold(s, c.at)
			require.Equal(t, c.want, got, got.In(zone))
		})
	}
}

func TestHold_EveryMinuteOfTheYear_NeverQuietAndAtMostADayLater(t *testing.T) {
	for _, quiet := range [][2]string{{"20:00", "07:00"}, {"00:30", "02:30"}, {"02:15", "02:45"}, {"23:59", "00:00"}} {
		s := collections.NotificationSettings{QuietFrom: quiet[0], QuietUntil: quiet[1], TimeZone: "America/New_York"}
		for _, day := range []time.Time{time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC)} {
			for at := day; at.Before(day.Add(60 * time.Hour)); at = at.Add(7 * time.Minute) {
				got := notify.Hold(s, at)
				require.False(t, got.Before(at))
				require.LessOrEqual(t, got.Sub(at), 12*time.Hour+time.Minute)
				require.Equal(t, got, notify.Hold(s, got), "what was held is free to go")
			}
		}
	}
}
