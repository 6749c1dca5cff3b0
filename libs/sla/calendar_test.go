package sla_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/sla"
)

func paths(faults []sla.Fault) []string {
	out := []string{}
	for _, f := range faults {
		out = append(out, f.Path)
	}
	return out
}

func TestCalendarValidate_Faults_NamedWithTheirPlaces(t *testing.T) {
	daily := map[string][]string{"mon-sun": {"08:00-17:00"}}
	for _, c := range []struct {
		name     string
		calendar sla.Calendar
		want     []string
	}{
		{"around the clock", sla.Calendar{}, []string{}},
		{"whole week", sla.Calendar{Hours: daily}, []string{}},
		{"days over the weekend", week("sat-mon", "8:00-9:00"), []string{}},
		{"time zone", sla.Calendar{TimeZone: "Chicago"}, []string{"time_zone"}},
		{"the machine's time zone", sla.Calendar{TimeZone: "Local"}, []string{"time_zone"}},
		{"path as time zone", sla.Calendar{TimeZone: "../../etc/passwd"}, []string{"time_zone"}},
		{"no weekday", week("monday", "08:00-17:00"), []string{"hours.monday"}},
		{"weekday twice", sla.Calendar{Hours: map[string][]string{"mon-fri": {"08:00-17:00"}, "wed": {"08:00-12:00"}}}, []string{"hours.wed"}},
		{"weekday twice in one key", week("mon,mon", "08:00-17:00"), []string{"hours.mon,mon"}},
		{"no interval", week("mon", "08:00-17:00", "x"), []string{"hours.mon[1]"}},
		{"no minute", week("mon", "08:60-17:00"), []string{"hours.mon[0]"}},
		{"beyond the day", week("mon", "08:00-24:01"), []string{"hours.mon[0]"}},
		{"empty interval", week("mon", "08:00-08:00"), []string{"hours.mon[0]"}},
		{"begins at the end of the day", week("mon", "24:00-08:00"), []string{"hours.mon[0]"}},
		{"overlap", week("mon", "08:00-12:00", "11:59-13:00"), []string{"hours.mon"}},
		{"never open", week("mon"), []string{"hours"}},
		{"too many", week("mon", make([]string, 13)...), []string{"hours.mon"}},
		{"no date", sla.Calendar{Holidays: []sla.Holiday{{Date: "2026-02-30"}}}, []string{"holidays[0].date"}},
		{"leap day", sla.Calendar{Hours: daily, Holidays: []sla.Holiday{{Date: "02-29"}}}, []string{}},
		{"no fourth day", sla.Calendar{Holidays: []sla.Holiday{{Date: "4th day nov"}}}, []string{"holidays[0].date"}},
		{"until of every year", sla.Calendar{Holidays: []sla.Holiday{{Date: "12-24", Until: "2026-12-26"}}}, []string{"holidays[0].until"}},
		{"until before", sla.Calendar{Holidays: []sla.Holiday{{Date: "2026-12-24", Until: "2026-12-23"}}}, []string{"holidays[0].until"}},
		{"until no date", sla.Calendar{Holidays: []sla.Holiday{{Date: "2026-12-24", Until: "soon"}}}, []string{"holidays[0].until"}},
		{"holiday's hours", sla.Calendar{Holidays: []sla.Holiday{{Date: "2026-12-24", Hours: []string{"8-12"}}}}, []string{"holidays[0].hours[0]"}},
		{"closed for a year", sla.Calendar{Hours: daily, Holidays: closings(5)}, []string{"holidays"}},
		{"closed for most of a year", sla.Calendar{Hours: daily, Holidays: closings(4)}, []string{}},
		{"all faults", sla.Calendar{TimeZone: "x", Hours: map[string][]string{"mon": {"x"}, "xyz": nil}, Holidays: []sla.Holiday{{}}}, []string{"time_zone", "hours.mon[0]", "hours.xyz", "holidays[0].date"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, paths(c.calendar.Validate()))
			_, err := c.calendar.At(time.UTC)
			require.Equal(t, len(c.want) > 0, err != nil)
		})
	}
}

// closings are n closings of 90 days, one after the other.
func closings(n int) []sla.Holiday {
	var out []sla.Holiday
	day := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for range n {
		out = append(out, sla.Holiday{Date: day.Format(time.DateOnly), Until: day.AddDate(0, 0, 89).Format(time.DateOnly)})
		day = day.AddDate(0, 0, 90)
	}
	return out
}

func TestCalendarNormal_JoinedDays_AreOneKeyEach(t *testing.T) {
	c := sla.Calendar{Hours: map[string][]string{"mon-wed": {"08:00-12:00"}, "sat,sun": {"10:00-11:00"}}}.Normal()
	require.Equal(t, map[string][]string{"mon": {"08:00-12:00"}, "tue": {"08:00-12:00"}, "wed": {"08:00-12:00"}, "sat": {"10:00-11:00"}, "sun": {"10:00-11:00"}}, c.Hours)
	require.Equal(t, c, c.Normal())
}

func TestPolicyValidate_Faults_NamedWithTheirPlaces(t *testing.T) {
	hour := sla.Duration(time.Hour)
	for _, c := range []struct {
		name   string
		policy sla.Policy
		want   []string
	}{
		{"no targets", sla.Policy{}, []string{}},
		{"all targets", sla.Policy{FirstReply: 4 * hour, NextStep: 2 * hour, Resolution: 40 * hour, SoonBefore: hour, Escalation: []sla.Step{{To: "team:desk", Priority: collections.PriorityHigh}, {After: hour, To: "person:a@b.example"}}}, []string{}},
		{"an update shorter than the first reply is another clock", sla.Policy{FirstReply: 4 * hour, NextStep: hour}, []string{}},
		{"too short and too long", sla.Policy{FirstReply: sla.Duration(time.Second), Resolution: 91 * 24 * hour}, []string{"first_reply", "resolution"}},
		{"resolved before replied", sla.Policy{FirstReply: 4 * hour, Resolution: hour}, []string{"resolution"}},
		{"soon before the start", sla.Policy{FirstReply: 4 * hour, SoonBefore: 4 * hour}, []string{"soon_before"}},
		{"escalation", sla.Policy{FirstReply: hour, Escalation: []sla.Step{{After: hour, To: "ana"}, {To: "team:"}, {After: 2 * hour}, {After: 2 * hour, Priority: "soon"}}}, []string{"escalation[0].to", "escalation[1].after", "escalation[1].to", "escalation[2]", "escalation[3].priority"}},
		{"escalation of nothing", sla.Policy{Escalation: []sla.Step{{To: "team:desk"}}}, []string{"escalation"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, paths(c.policy.Validate()))
		})
	}
}

func TestParseDuration_Texts_ReadAndWritten(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "90m": 90 * time.Minute, "4h": 4 * time.Hour, "2d": 48 * time.Hour, "1d12h": 36 * time.Hour, "1d12h30m5s": 36*time.Hour + 30*time.Minute + 5*time.Second, " 4h ": 4 * time.Hour,
	} {
		got, err := sla.ParseDuration(text)
		require.NoError(t, err, text)
		require.Equal(t, want, time.Duration(got), text)
		again, err := sla.ParseDuration(got.String())
		require.NoError(t, err)
		require.Equal(t, got, again)
	}
	require.Equal(t, "1h30m", sla.Duration(90*time.Minute).String())
	require.Equal(t, "1d12h", sla.Duration(36*time.Hour).String())
	for _, text := range []string{"", "4", "h", "-4h", "+4h", "4.5d", "d", "1d-1h", "1h1d", "99999999h", "65535d65535d", "1ns", "two days", "36600d"} {
		_, err := sla.ParseDuration(text)
		require.Error(t, err, text)
	}
}

func TestDuration_JSON_IsItsText(t *testing.T) {
	out, err := json.Marshal(sla.Policy{FirstReply: sla.Duration(36 * time.Hour)})
	require.NoError(t, err)
	require.JSONEq(t, `{"first_reply":"1d12h"}`, string(out))
	var p sla.Policy
	require.NoError(t, json.Unmarshal(out, &p))
	require.Equal(t, sla.Duration(36*time.Hour), p.FirstReply)
}

func FuzzParseDuration(f *testing.F) {
	f.Add("1d12h")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := sla.ParseDuration(text)
		if err != nil {
			return
		}
		again, err := sla.ParseDuration(d.String())
		require.NoError(t, err, d.String())
		require.Equal(t, d, again)
		require.GreaterOrEqual(t, int64(d), int64(0))
	})
}

func FuzzCalendar(f *testing.F) {
	f.Add("mon-fri", "08:00-12:00", "4th thu nov", "")
	f.Add("sat,sun", "22:00-06:00", "2026-12-24", "2027-01-02")
	f.Fuzz(func(t *testing.T, days, interval, date, until string) {
		h, err := sla.Calendar{Hours: map[string][]string{days: {interval}}, Holidays: []sla.Holiday{{Date: date, Until: until}}}.At(time.UTC)
		if err != nil {
			return
		}
		start := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
		require.Equal(t, time.Minute, h.Between(start, h.Add(start, time.Minute)))
	})
}
