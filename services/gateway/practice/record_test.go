package practice_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/practice"
)

func TestClean_Values_AreTrimmedWithoutTouchingTheCallers(t *testing.T) {
	phone, hours := " 315 555 0100 ", []string{" Mo-We,Fr  08:00-12:00 "}
	patch := practice.Patch{Telephone: &phone, Hours: &hours, Address: &events.Address{Street: " 1 Main Street\t"}}
	require.ErrorContains(t, (&practice.Patch{Region: new("a\x1bb")}).Clean(), "region")
	require.NoError(t, patch.Clean())
	require.Equal(t, "315 555 0100", *patch.Telephone)
	require.Equal(t, []string{"Mo-We,Fr 08:00-12:00"}, *patch.Hours)
	require.Equal(t, "1 Main Street", patch.Address.Street)
	require.Equal(t, " 315 555 0100 ", phone)
	require.Equal(t, " Mo-We,Fr  08:00-12:00 ", hours[0])
}

func TestClean_Hours_AreIntervalsOrAFault(t *testing.T) {
	clean := func(entry string) error { return (&practice.Patch{Hours: &[]string{entry}}).Clean() }
	for _, right := range []string{"Mo 00:00-24:00", "Mo-Su 08:30-17:00", "Sa,Su 10:00-14:00", "Mo-Tu,Th-Fr 09:00-12:00", "Fr 20:00-02:00", "Su 22:00-00:00"} {
		require.NoError(t, clean(right), right)
	}
	for _, wrong := range []string{"", "Mo", "08:00-17:00", "mo 08:00-17:00", "Mo- 08:00-17:00", "Mo 24:00-08:00", "Mo 08:00-24:30", "Mo 08:60-09:00", "Mo 08:00-17:00 Tu 08:00-17:00", "Mo 8-17"} {
		require.Equal(t, problem.Invalid, problem.KindOf(clean(wrong)), wrong)
	}
}

func TestClean_ManyFaults_AreToldTogetherButNotWithoutEnd(t *testing.T) {
	many := make([]string, 50)
	err := (&practice.Patch{Name: new(""), Hours: &many}).Clean()
	require.ErrorContains(t, err, "hours[0]")
	require.ErrorContains(t, err, "more")
	require.Less(t, len(err.Error()), 2000)
	require.ErrorContains(t, (&practice.Patch{Hours: new(make([]string, 51))}).Clean(), "at most 50")
	require.ErrorContains(t, (&practice.Patch{Region: new(strings.Repeat("x", 301))}).Clean(), "longer")
}

func FuzzClean(f *testing.F) {
	f.Add("Main Street", "+1 315 555 0100", "https://example.org", "Mo-Fr 08:00-17:00")
	f.Add(" ", "ext\u00a0", "//", "Mo,Tu-We 00:00-24:00")
	f.Fuzz(func(t *testing.T, name, phone, site, hours string) {
		patch := practice.Patch{Name: &name, Telephone: &phone, Website: &site, Hours: &[]string{hours}, Address: &events.Address{Street: name}}
		err := patch.Clean()
		if err != nil {
			require.Equal(t, problem.Invalid, problem.KindOf(err))
			return
		}
		was := *patch.Name + *patch.Telephone + *patch.Website + (*patch.Hours)[0] + patch.Address.Street
		require.NoError(t, patch.Clean(), "what was cleaned is clean")
		require.Equal(t, was, *patch.Name+*patch.Telephone+*patch.Website+(*patch.Hours)[0]+patch.Address.Street)
		require.NotContains(t, was, "\n")
	})
}
