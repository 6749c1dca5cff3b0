package selector

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func dated(t *testing.T, zone string, months []string, formats ...string) *Definition {
	t.Helper()
	d := &Definition{zone: time.UTC}
	if zone != "" {
		loaded, err := time.LoadLocation(zone)
		require.NoError(t, err)
		d.zone = loaded
	}
	for _, text := range formats {
		f, err := compileFormat(text, months)
		require.NoError(t, err, text)
		d.formats = append(d.formats, f)
	}
	return d
}

var german = []string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}

func TestParseDate_Formats_AsSitesWriteThem(t *testing.T) {
	now := time.Date(2026, 3, 15, 14, 30, 10, 0, time.UTC)
	for _, tc := range []struct {
		format, zone string
		months       []string
		text, want   string
	}{
		{"MMMM D, YYYY", "", nil, "March 4, 2026", "2026-03-04T00:00:00Z"},
		{"MMMM D, YYYY", "", nil, "Mar 4, 2026", "2026-03-04T00:00:00Z"},
		{"MMM D, YYYY", "", nil, "Sept. 4, 2025", "2025-09-04T00:00:00Z"},
		{"MMM D, YYYY", "", nil, "June  4,\n2025", "2025-06-04T00:00:00Z"},
		{"DD/MM/YYYY", "", nil, "04/03/2026", "2026-03-04T00:00:00Z"},
		{"M/D/YY", "", nil, "3/4/26", "2026-03-04T00:00:00Z"},
		{"D. MMMM YYYY", "", german, "4. März 2026", "2026-03-04T00:00:00Z"},
		{"D. MMM YYYY", "", german, "4. Dez. 2025", "2025-12-04T00:00:00Z"},
		{"MMMM D, YYYY h:mm a", "America/Chicago", nil, "March 4, 2026 5:06 pm", "2026-03-04T23:06:00Z"},
		{"MMMM D, YYYY at h:mma", "America/Chicago", nil, "March 4, 2026 at 5:06p.m.", "2026-03-04T23:06:00Z"},
		{"YYYY-MM-DD HH:mm:ss", "America/Chicago", nil, "2026-07-04 17:06:01", "2026-07-04T22:06:01Z"},
		{"iso", "America/Chicago", nil, "2026-07-04T17:06:01+02:00", "2026-07-04T15:06:01Z"},
		{"iso", "America/Chicago", nil, "2026-07-04", "2026-07-04T05:00:00Z"},
		{"relative", "", nil, "3 days ago", "2026-03-12T00:00:00Z"},
		{"relative", "", nil, "a week ago", "2026-03-08T00:00:00Z"},
		{"relative", "", nil, "2 hours ago", "2026-03-15T12:00:00Z"},
		{"relative", "", nil, "Reviewed 5 months ago", "2025-10-15T00:00:00Z"},
		{"relative", "", nil, "over a year ago", "2025-03-15T00:00:00Z"},
		{"relative", "", nil, "Yesterday", "2026-03-14T00:00:00Z"},
		{"relative", "America/Chicago", nil, "today", "2026-03-15T05:00:00Z"},
		{"relative", "", nil, "3 dogs ago", ""},
		{"MMMM D, YYYY", "", nil, "tomorrow", ""},
		{"M/D/YYYY", "", nil, "1/1/0001", ""},
	} {
		got := dated(t, tc.zone, tc.months, tc.format).parseDate(tc.text, now)
		if tc.want == "" {
			require.True(t, got.IsZero(), tc.text)
			continue
		}
		require.Equal(t, tc.want, got.Format(time.RFC3339), "%s by %s", tc.text, tc.format)
	}
	require.Equal(t, 2026, dated(t, "", nil, "relative", "MMM D, YYYY").parseDate("Feb 3, 2026", now).Year(), "formats are tried in order")
}

func TestCompileFormat_NoDate_SaysHow(t *testing.T) {
	for _, text := range []string{"2006-01-02", "HH:mm", "D MMM", "nonsense"} {
		_, err := compileFormat(text, nil)
		require.ErrorContains(t, err, "MMMM D, YYYY", text)
	}
}

func FuzzParseDate(f *testing.F) {
	f.Add("MMMM D, YYYY", "March 4, 2026")
	f.Add("relative", "3 days ago")
	now := time.Date(2026, 3, 15, 14, 30, 10, 0, time.UTC)
	f.Fuzz(func(t *testing.T, layout, text string) {
		for _, months := range [][]string{nil, german} {
			compiled, err := compileFormat(layout, months)
			if err != nil {
				continue
			}
			d := &Definition{zone: time.UTC, formats: []format{compiled}}
			at := d.parseDate(text, now)
			require.True(t, at.IsZero() || (at.Year() >= 1989 && at.Year() <= 2201))
		}
	})
}
