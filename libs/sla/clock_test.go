package sla_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/sla"
)

func TestClock_StartPauseResumeMeet_KeepsTheTimeSpent(t *testing.T) {
	h := hours(t, week("mon-fri", "08:00-12:00", "13:00-17:00"), "America/Chicago")
	terms := sla.Terms{Target: 8 * time.Hour, Hours: h}
	when := func(text string) time.Time { return at(t, "America/Chicago", text).UTC() }

	c := sla.Start(terms, when("2026-03-06 16:00")) // a Friday
	require.Equal(t, when("2026-03-09 16:00"), c.DueAt)
	require.Equal(t, when("2026-03-09 14:00"), c.SoonAt)
	require.Equal(t, c.SoonAt, sla.WakeAt(c))
	require.Equal(t, int64(8*3600), c.TargetSeconds)

	c = sla.Pause(c, terms, when("2026-03-09 09:00"))
	require.Equal(t, int64(2*3600), c.SpentSeconds)
	require.Zero(t, c.DueAt)
	require.Zero(t, c.SoonAt)
	require.Zero(t, sla.WakeAt(c))
	require.Equal(t, 2*time.Hour, sla.Spent(c, terms, when("2026-03-20 09:00")))
	require.Equal(t, c, sla.Pause(c, terms, when("2026-03-20 09:00")), "a second pause changes nothing")

	c = sla.Resume(c, terms, when("2026-03-14 12:00")) // a Saturday
	require.Equal(t, when("2026-03-16 15:00"), c.DueAt)
	require.Equal(t, c, sla.Resume(c, terms, when("2026-03-20 09:00")), "a clock that runs is not resumed")

	c, told := sla.Tick(c, when("2026-03-16 11:59"))
	require.Equal(t, sla.Told{}, told)
	c, told = sla.Tick(c, when("2026-03-16 12:00"))
	require.Equal(t, sla.Told{Soon: true}, told)
	require.Equal(t, c.DueAt, sla.WakeAt(c))
	c, told = sla.Tick(c, when("2026-03-16 14:00"))
	require.Equal(t, sla.Told{}, told)
	c, told = sla.Tick(c, when("2026-03-16 15:00"))
	require.Equal(t, sla.Told{Missed: true}, told)
	require.Zero(t, sla.WakeAt(c))
	again, told := sla.Tick(c, when("2026-03-17 15:00"))
	require.Equal(t, sla.Told{}, told)
	require.Equal(t, c, again)

	c = sla.Meet(c, terms, when("2026-03-16 16:00"))
	require.Equal(t, when("2026-03-16 16:00"), c.MetAt)
	require.Equal(t, int64(9*3600), c.SpentSeconds)
	require.Zero(t, c.DueAt)
	require.NotZero(t, c.MissedAt)
	for _, after := range []collections.Clock{sla.Meet(c, terms, when("2026-03-17 16:00")), sla.Pause(c, terms, when("2026-03-17 16:00")), sla.Resume(c, terms, when("2026-03-17 16:00"))} {
		require.Equal(t, c, after, "a clock that is met stays as it is")
	}
}

func TestStart_WithoutTarget_IsNoClock(t *testing.T) {
	terms := sla.Terms{}
	now := at(t, "UTC", "2026-03-06 16:00")
	c := sla.Start(terms, now)
	require.Equal(t, collections.Clock{}, c)
	require.Equal(t, c, sla.Pause(c, terms, now))
	require.Equal(t, c, sla.Resume(c, terms, now))
	require.Equal(t, c, sla.Meet(c, terms, now))
	c, told := sla.Tick(c, now)
	require.Equal(t, collections.Clock{}, c)
	require.Equal(t, sla.Told{}, told)
}

func TestTick_LookedAtLate_IsMissedOnceWithoutDueSoon(t *testing.T) {
	now := at(t, "UTC", "2026-03-06 16:00")
	c := sla.Start(sla.Terms{Target: time.Hour}, now)
	c, told := sla.Tick(c, now.Add(5*time.Hour))
	require.Equal(t, sla.Told{Missed: true}, told)
	_, told = sla.Tick(c, now.Add(6*time.Hour))
	require.Equal(t, sla.Told{}, told)
}

func TestResume_OverdueBeforeTheHold_StaysOverdue(t *testing.T) {
	now := at(t, "UTC", "2026-03-06 16:00").UTC()
	terms := sla.Terms{Target: time.Hour}
	c, told := sla.Tick(sla.Start(terms, now), now.Add(time.Hour))
	require.True(t, told.Missed)
	c = sla.Resume(sla.Pause(c, terms, now.Add(2*time.Hour)), terms, now.Add(100*time.Hour))
	require.Equal(t, now.Add(time.Hour), c.DueAt)
	_, told = sla.Tick(c, now.Add(101*time.Hour))
	require.Equal(t, sla.Told{}, told, "an overdue is recorded once")
}

func TestRetarget_OtherPolicy_KeepsWhatWasSpent(t *testing.T) {
	now := at(t, "UTC", "2026-03-06 16:00").UTC()
	old, shorter, longer := sla.Terms{Target: 10 * time.Hour}, sla.Terms{Target: 4 * time.Hour, SoonBefore: time.Hour}, sla.Terms{Target: 20 * time.Hour}
	c := sla.Start(old, now)
	c = sla.Retarget(c, old, shorter, now, now.Add(3*time.Hour))
	require.Equal(t, now, c.StartedAt)
	require.Equal(t, now.Add(4*time.Hour), c.DueAt)
	require.Equal(t, now.Add(3*time.Hour), c.SoonAt)
	c, told := sla.Tick(c, now.Add(5*time.Hour))
	require.True(t, told.Missed)
	c = sla.Retarget(c, shorter, longer, now, now.Add(6*time.Hour))
	require.Equal(t, now.Add(20*time.Hour), c.DueAt)
	require.Zero(t, c.MissedAt)

	paused := sla.Pause(c, longer, now.Add(7*time.Hour))
	paused = sla.Retarget(paused, longer, old, now, now.Add(30*time.Hour))
	require.Zero(t, paused.DueAt)
	require.Equal(t, int64(7*3600), paused.SpentSeconds)
	require.Equal(t, now.Add(33*time.Hour), sla.Resume(paused, old, now.Add(30*time.Hour)).DueAt)

	require.Equal(t, collections.Clock{}, sla.Retarget(c, longer, sla.Terms{}, now, now.Add(8*time.Hour)))
	require.Equal(t, now.Add(2*time.Hour), sla.Retarget(collections.Clock{}, sla.Terms{}, sla.Terms{Target: 2 * time.Hour}, now, now.Add(time.Hour)).DueAt)
	met := sla.Meet(c, longer, now.Add(8*time.Hour))
	require.Equal(t, met, sla.Retarget(met, longer, old, now, now.Add(9*time.Hour)))
}

func TestClock_RandomEventsInAnyOrderOfTime_NeverRunsBackwards(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for range 400 {
		h := hours(t, randomCalendar(r), oracleZones[r.IntN(len(oracleZones))])
		terms := sla.Terms{Target: time.Duration(1+r.IntN(60)) * time.Hour, Hours: h}
		now := time.Date(2026, time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), 0, r.IntN(60), r.IntN(1e9), time.UTC)
		c := sla.Start(terms, now)
		began, spent, soon, missed := c.StartedAt, time.Duration(0), 0, 0
		for range 30 {
			now = now.Add(time.Duration(r.Int64N(int64(20*time.Hour)) - int64(4*time.Hour))) // now and then an older time
			var told sla.Told
			switch r.IntN(6) {
			case 0, 1:
				c = sla.Pause(c, terms, now)
			case 2, 3:
				c = sla.Resume(c, terms, now)
			case 4:
				c, told = sla.Tick(c, now)
			default:
				if r.IntN(20) == 0 {
					c = sla.Meet(c, terms, now)
				}
			}
			if told.Soon {
				soon++
			}
			if told.Missed {
				missed++
			}
			stored := time.Duration(c.SpentSeconds) * time.Second
			require.GreaterOrEqual(t, stored, spent)
			require.Equal(t, began, c.StartedAt)
			spent = stored
			if sla.Running(c) {
				require.False(t, c.SoonAt.After(c.DueAt))
				require.Equal(t, sla.Spent(c, terms, now.Add(time.Hour)), max(sla.Spent(c, terms, now), sla.Spent(c, terms, now.Add(time.Hour))))
			} else {
				require.Zero(t, c.DueAt)
				require.Equal(t, stored, sla.Spent(c, terms, now.Add(1000*time.Hour)))
			}
		}
		require.LessOrEqual(t, soon, 1)
		require.LessOrEqual(t, missed, 1)
	}
}

func TestClock_PausedAndResumed_PartsSumUp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		h := hours(t, randomCalendar(r), oracleZones[r.IntN(len(oracleZones))])
		terms := sla.Terms{Target: 50 * time.Hour, Hours: h}
		now := time.Date(2026, time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), 0, time.UTC)
		c, want := sla.Start(terms, now), time.Duration(0)
		for range 8 {
			stop := now.Add(time.Duration(r.IntN(20*3600)) * time.Second)
			want += h.Between(now, stop)
			c = sla.Pause(c, terms, stop)
			now = stop.Add(time.Duration(r.IntN(20*3600)) * time.Second)
			c = sla.Resume(c, terms, now)
		}
		require.Equal(t, want, sla.Spent(c, terms, now))
		if want < terms.Target {
			require.Equal(t, terms.Target-want, h.Between(now, c.DueAt), "what is left until it is due")
		}
	}
}

func TestEscalateAt_Steps_OnTheCalendar(t *testing.T) {
	h := hours(t, week("mon-fri", "08:00-17:00"), "America/Chicago")
	p := sla.Policy{FirstReply: sla.Duration(time.Hour), Escalation: []sla.Step{{To: sla.LocationManager}, {After: sla.Duration(2 * time.Hour), To: "person:ana"}}}
	due := at(t, "America/Chicago", "2026-03-06 16:00")
	require.Equal(t, due, p.EscalateAt(due, 0, h))
	require.Equal(t, at(t, "America/Chicago", "2026-03-09 09:00"), p.EscalateAt(due, 1, h))
	require.Zero(t, p.EscalateAt(due, 2, h))
	require.Zero(t, p.EscalateAt(time.Time{}, 0, h))
}
