package httpapi

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

func TestClockState_EveryStage_IsTold(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	ago, ahead := now.Add(-time.Hour), now.Add(time.Hour)
	for want, clocks := range map[api.ClockState][]collections.Clock{
		api.ClockStateRunning: {{StartedAt: ago, DueAt: ahead}},
		api.ClockStatePaused:  {{StartedAt: ago, PausedAt: ago}, {StartedAt: ago, PausedAt: ago, MissedAt: ago}},
		api.ClockStateMet:     {{StartedAt: ago, MetAt: now}},
		api.ClockStateMissed:  {{StartedAt: ago, DueAt: ago, MissedAt: ago}, {StartedAt: ago, DueAt: now}},
		api.ClockStateMetLate: {{StartedAt: ago, MissedAt: ago, MetAt: now}},
	} {
		for _, c := range clocks {
			require.Equal(t, want, clock(c, now).State, "%+v", c)
		}
	}
	require.Nil(t, clock(collections.Clock{}, now))
}

func TestExtend_MembersOfAnotherProcess_OnlyThoseDescribed(t *testing.T) {
	var out api.Problem
	extend(&out, map[string]any{
		"current_rev": float64(7), "stack": "x", "faults": []routing.Fault{{Path: "tree", Detail: "d"}},
		"current_draft": map[string]any{"version": 3, "text": "Thanks.", "state": "editing", "by": map[string]any{"kind": "person", "id": "p"}},
		"findings":      []any{map[string]any{"rule": "r", "severity": "block"}},
	})
	require.EqualValues(t, 7, *out.CurrentRev)
	require.Equal(t, "Thanks.", out.CurrentDraft.Text)
	require.NotNil(t, out.CurrentDraft.Earlier)
	require.Equal(t, "r", (*out.Findings)[0].Rule)
	require.Equal(t, "tree", (*out.Faults)[0].Path)
	out = api.Problem{}
	extend(&out, map[string]any{"current_rev": "many", "current_draft": "x", "findings": 3, "faults": nil})
	require.Equal(t, api.Problem{}, out)
}

func FuzzIsWeek(f *testing.F) {
	for _, seed := range []string{"2026-W53", "2025-W53", "2026-W00", "9999-W52", "", "2026-W1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if isWeek(s) {
			require.Contains(t, s, "-W")
		}
	})
}
