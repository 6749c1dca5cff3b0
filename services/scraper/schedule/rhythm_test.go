package schedule_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/scraper/schedule"
)

const day = 24 * time.Hour

func TestAdapt_Rhythms_GiveTheirIntervals(t *testing.T) {
	hour := time.Hour * 10 / 11 // with its jitter an hour
	for name, c := range map[string]struct {
		gap, quiet time.Duration
		gaps       int
		want       time.Duration
	}{
		"unknown":              {0, day, 0, hour},
		"every few minutes":    {10 * time.Minute, time.Minute, 9, 5 * time.Minute},
		"every two hours":      {2 * time.Hour, time.Hour, 9, 15 * time.Minute},
		"every day":            {day, time.Hour, 9, hour},
		"monthly":              {30 * day, 60 * day, 9, hour},
		"nothing for 89 days":  {2 * time.Hour, 89 * day, 9, 15 * time.Minute},
		"nothing for 180 days": {30 * day, 180 * day, 9, 4 * hour},
		"nothing for years":    {30 * day, 900 * day, 9, 24 * time.Hour},
		"never anything":       {0, 200 * day, 0, hour * 200 * 200 / 8100},
	} {
		t.Run(name, func(t *testing.T) {
			s := collections.PollState{GapSeconds: c.gap.Seconds(), Gaps: c.gaps, NewestAt: now.Add(-c.quiet)}
			require.InDelta(t, c.want.Seconds(), policy.Adapt(s, now).Seconds(), 1)
		})
	}
}

func TestSucceed_ActiveListing_IsHeardWithinTheHourWhateverChanceSays(t *testing.T) {
	for range 1000 {
		s := read()
		s.NewestAt, s.Gaps, s.GapSeconds = now.Add(-time.Duration(rand.IntN(90*24))*time.Hour), rand.IntN(9), rand.Float64()*1e7
		policy.Succeed(&s, schedule.Outcome{}, 0, now, rand.Float64())
		require.LessOrEqual(t, s.DueAt.Sub(now), time.Hour)
		require.GreaterOrEqual(t, s.DueAt.Sub(now), 4*time.Minute+29*time.Second)
	}
}

func TestSucceed_Arrivals_TeachTheRhythm(t *testing.T) {
	s := collections.PollState{}
	var times []time.Time
	for i := range 20 {
		times = append(times, now.Add(-time.Duration(i+1)*6*time.Hour))
	}
	policy.Succeed(&s, schedule.Outcome{New: 20, Arrivals: times}, 0, now, even)
	require.InDelta(t, 6*3600, s.GapSeconds, 1)
	require.Equal(t, 19, s.Gaps)
	require.Equal(t, now.Add(45*time.Minute), s.DueAt, "the first list is no reason to hurry")

	late := schedule.Outcome{New: 1, Arrivals: []time.Time{now.Add(-100 * day)}}
	policy.Succeed(&s, late, 0, now, even)
	require.Equal(t, 19, s.Gaps, "a review that was held back says nothing about the rhythm")

	policy.Succeed(&s, schedule.Outcome{New: 1, Arrivals: []time.Time{now.Add(48 * time.Hour)}}, 0, now, even)
	require.Equal(t, 19, s.Gaps, "nor does one with a date to come")
}

func TestSucceed_NewReview_IsFollowedByAShortSeries(t *testing.T) {
	s := read()
	waits := func() (out []time.Duration) {
		for range 6 {
			out = append(out, s.DueAt.Sub(now).Round(time.Minute))
			policy.Succeed(&s, schedule.Outcome{}, 0, now, even)
		}
		return out
	}
	policy.Succeed(&s, schedule.Outcome{New: 1, Arrivals: []time.Time{now}}, 0, now, even)
	m := time.Minute
	require.Equal(t, []time.Duration{5 * m, 10 * m, 20 * m, 40 * m, 55 * m, 55 * m}, waits())

	policy.Succeed(&s, schedule.Outcome{New: 1, Arrivals: []time.Time{now}}, 20*m, now, even)
	require.Equal(t, 20*m, s.DueAt.Sub(now), "a listing's own interval is kept")
	policy.Succeed(&s, schedule.Outcome{New: 1, Arrivals: []time.Time{now}, Spare: 3 * time.Hour}, 0, now, even)
	require.Equal(t, 3*time.Hour, s.DueAt.Sub(now), "counted calls are not spent at once")
}

func TestHint_Notification_IsFollowedBySeveralPollsThatGetRarer(t *testing.T) {
	s := read()
	s.DueAt = now.Add(40 * time.Minute)
	hint := collections.PollHint{At: now.Add(-time.Second), Reason: "push"}
	require.True(t, policy.Hint(&s, hint, now))
	require.Equal(t, now, s.DueAt)
	require.False(t, policy.Hint(&s, hint, now), "a hint is followed once")
	m := time.Minute
	var waits []time.Duration
	for range 7 {
		policy.Succeed(&s, schedule.Outcome{}, 0, now, even)
		waits = append(waits, s.DueAt.Sub(now).Round(m))
	}
	require.Equal(t, []time.Duration{m, 2 * m, 4 * m, 8 * m, 16 * m, 32 * m, 55 * m}, waits)
}

func TestHint_Situations(t *testing.T) {
	later := now.Add(3 * time.Hour)
	for name, c := range map[string]struct {
		change func(*collections.PollState)
		reason string
		took   bool
		due    time.Time
		hot    float64
	}{
		"a person asks":        {func(s *collections.PollState) { s.DueAt = later }, schedule.HintPerson, true, now, 0},
		"the site said later":  {func(s *collections.PollState) { s.DueAt, s.NotBefore = later, now.Add(time.Hour) }, "push", true, now.Add(time.Hour), 60},
		"due before":           {func(s *collections.PollState) { s.DueAt = now.Add(-time.Hour) }, "push", true, now.Add(-time.Hour), 60},
		"a poll is under way":  {func(s *collections.PollState) { s.DueAt, s.LeaseUntil = later, later }, schedule.HintPerson, true, later, 60},
		"not polled any more":  {func(s *collections.PollState) { s.DueAt = schedule.Parked }, "push", false, schedule.Parked, 0},
		"an import that ended": {func(s *collections.PollState) { s.Finished = true }, "push", false, time.Time{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := read()
			c.change(&s)
			require.Equal(t, c.took, policy.Hint(&s, collections.PollHint{At: now, Reason: c.reason}, now))
			require.Equal(t, c.due, s.DueAt)
			require.InDelta(t, c.hot, s.HotSeconds, 0)
		})
	}
}

func TestHint_AfterRetryAfter_WaitsAsTheSiteAsked(t *testing.T) {
	s := read()
	policy.Fail(&s, &problem.Error{Kind: problem.RateLimited, RetryAfter: 2 * time.Hour}, 0, false, now, even)
	require.True(t, policy.Hint(&s, collections.PollHint{At: now, Reason: schedule.HintPerson}, now))
	require.False(t, s.DueAt.Before(now.Add(2*time.Hour)))
}

func TestSilent_LongerThanItsRhythm_IsSaidAndClears(t *testing.T) {
	s := read()
	s.Gaps, s.GapSeconds, s.NewestAt = 30, day.Seconds(), now
	require.InDelta(t, 10.4, schedule.SilentAfter(s).Hours()/24, 0.1, "nine gaps known, one in a thousand longer")
	policy.Succeed(&s, schedule.Outcome{}, 0, now.Add(10*day), even)
	require.Equal(t, collections.HealthOK, s.Health)
	policy.Succeed(&s, schedule.Outcome{}, 0, now.Add(11*day), even)
	require.Equal(t, collections.HealthSilent, s.Health)
	require.Contains(t, s.Problem, "Nothing new since 4 May 2026, though reviews used to come about every day.")
	require.True(t, s.Alarm)
	require.Equal(t, now.Add(11*day), s.AlarmSince)
	policy.Succeed(&s, schedule.Outcome{New: 1, Arrivals: []time.Time{now.Add(12 * day)}}, 0, now.Add(12*day), even)
	require.Equal(t, collections.HealthOK, s.Health)
	require.False(t, s.Alarm)
	require.Empty(t, s.Problem)
}

func TestSilent_RandomArrivals_HardlyEverAlarmForNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := collections.PollState{Health: collections.HealthOK, NewestAt: now}
	at, alarms := now, 0
	const gaps = 20_000
	for range gaps {
		gap := time.Duration(r.ExpFloat64() * float64(3*day))
		if after := schedule.SilentAfter(s); after > 0 && gap > after {
			alarms++
		}
		at = at.Add(gap)
		policy.Succeed(&s, schedule.Outcome{New: 1, Arrivals: []time.Time{at}}, 0, at, even)
	}
	require.Less(t, alarms, gaps/200, "one in a thousand is meant, and a moving mean is no exact one")
}

func TestAlarm_ThreeFailures_RaiseItAndSuccessClearsIt(t *testing.T) {
	s := read()
	for n := 1; n <= 4; n++ {
		policy.Fail(&s, problem.New(problem.Unavailable, "x", "no answer"), 0, false, now.Add(time.Duration(n)*time.Minute), even)
		require.Equal(t, n >= 3, s.Alarm, "failure %d", n)
	}
	require.Equal(t, now.Add(3*time.Minute), s.AlarmSince, "since when it matters, not since the last failure")
	policy.Succeed(&s, schedule.Outcome{}, 0, now, even)
	require.False(t, s.Alarm)
	require.Zero(t, s.AlarmSince)
}

func TestPostpone_IsNobodysFailure(t *testing.T) {
	s := read()
	policy.Postpone(&s, now.Add(time.Minute), false, now)
	require.Equal(t, collections.HealthOK, s.Health)
	policy.Postpone(&s, now.Add(time.Minute), false, now.Add(2*time.Hour))
	require.Equal(t, collections.HealthLate, s.Health)
	require.Contains(t, s.Problem, "waits for its turn")
	policy.Postpone(&s, now.Add(time.Hour), true, now)
	require.Equal(t, collections.HealthRateLimited, s.Health)
	require.Contains(t, s.Problem, "13:00 UTC on 4 May")
	require.Zero(t, s.Failures)
	require.False(t, s.Alarm)
}

func TestSpare_SpreadsWhatIsLeftOverThoseWhoShareIt(t *testing.T) {
	midnight := now.Add(12 * time.Hour)
	for name, c := range map[string]struct {
		spent, sharing int
		calls, chance  float64
		want           time.Duration
	}{
		"one listing":         {0, 1, 1, 0, 12 * time.Hour / 285},
		"fifty listings":      {0, 50, 1, 0, 12 * time.Hour * 50 / 285},
		"half is spent":       {150, 50, 1, 0, 12 * time.Hour * 50 / 135},
		"two calls a poll":    {0, 50, 2, 0, 12 * time.Hour * 100 / 285},
		"nothing left":        {300, 50, 1, 0, 12 * time.Hour},
		"nothing left, later": {300, 57, 1, 0.5, 12*time.Hour + 24*time.Hour*57/285/2},
		"reserve only":        {290, 50, 1, 0, 12 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			b := schedule.Budget{Limit: 300, Spent: c.spent, ResetAt: midnight}
			require.InDelta(t, c.want.Seconds(), b.Spare(now, c.sharing, c.calls, c.chance).Seconds(), 1)
		})
	}
}

func TestPlan_Batch_OnlyForNewsAndNotForLong(t *testing.T) {
	s := read()
	s.ListedAt = now.Add(-time.Hour)
	require.True(t, policy.Plan(s, now).Batch)
	s.ListedAt = now.Add(-policy.RecountEvery)
	require.False(t, policy.Plan(s, now).Batch, "its own list is due")
	s.ListedAt, s.NeedFull = now, true
	require.False(t, policy.Plan(s, now).Batch)
}

func TestSucceed_ListThatDoesNotAddUp_IsReadAgainLessAndLessOften(t *testing.T) {
	s := read()
	at := now
	var waits []time.Duration
	for range 7 {
		policy.Succeed(&s, schedule.Outcome{Plan: schedule.Plan{Full: true}, Reviews: 9, Total: 12}, 0, at, even)
		require.False(t, s.NeedFull)
		require.False(t, policy.Plan(s, s.FullBy.Add(-time.Second)).Full)
		require.True(t, policy.Plan(s, s.FullBy).Full)
		waits = append(waits, s.FullBy.Sub(at))
		at = s.FullBy
	}
	h := time.Hour
	require.Equal(t, []time.Duration{6 * h, 12 * h, 24 * h, 48 * h, 96 * h, 168 * h, 168 * h}, waits)
	policy.Succeed(&s, schedule.Outcome{Plan: schedule.Plan{Full: true}, Reviews: 12, Total: 12, Complete: true}, 0, at, even)
	require.Zero(t, s.FullBy)
	require.Zero(t, s.Doubts)
}

func TestSucceed_SecondLookAtMissingReviewsFails_IsRepeatedSoonAndThenLessOften(t *testing.T) {
	full := schedule.Plan{Full: true}
	for name, torn := range map[string]schedule.Outcome{
		"the count does not add up":      {Plan: full, Reviews: 9, Total: 12},
		"the list was not to be trusted": {Plan: full, Reviews: 9},
	} {
		t.Run(name, func(t *testing.T) {
			s := read()
			policy.Succeed(&s, schedule.Outcome{Plan: full, Reviews: 11, Total: 11, Complete: true, Missed: 1}, 0, now, even)
			require.True(t, policy.Plan(s, now).Full, "missing reviews are looked for with the next poll")
			at := now
			var waits []time.Duration
			for range 4 {
				policy.Succeed(&s, torn, 0, at, even)
				require.False(t, policy.Plan(s, s.FullBy.Add(-time.Second)).Full)
				require.True(t, policy.Plan(s, s.FullBy).Full)
				waits = append(waits, s.FullBy.Sub(at))
				at = s.FullBy
			}
			h := time.Hour
			require.Equal(t, []time.Duration{h, 2 * h, 4 * h, 8 * h}, waits)
			policy.Succeed(&s, schedule.Outcome{Plan: full, Reviews: 11, Total: 11, Complete: true}, 0, at, even)
			require.Zero(t, s.Missing)
			require.False(t, policy.Plan(s, at.Add(policy.FullEvery-time.Second)).Full, "nothing is missing any more")
		})
	}
}

func TestSucceed_MissingReviewIsNotInTheInboxYet_IsLookedForLessAndLessOften(t *testing.T) {
	full := schedule.Plan{Full: true}
	held := schedule.Outcome{Plan: full, Reviews: 11, Total: 11, Complete: true, Missed: 1, Held: 1}
	s := read()
	at := now
	var waits []time.Duration
	for range 4 {
		policy.Succeed(&s, held, 0, at, even)
		require.False(t, s.NeedFull)
		require.False(t, policy.Plan(s, s.FullBy.Add(-time.Second)).Full)
		require.True(t, policy.Plan(s, s.FullBy).Full)
		waits = append(waits, s.FullBy.Sub(at))
		at = s.FullBy
	}
	m := 5 * time.Minute
	require.Equal(t, []time.Duration{m, 2 * m, 4 * m, 8 * m}, waits)

	another := held
	another.Missed++
	policy.Succeed(&s, another, 0, at, even)
	require.True(t, policy.Plan(s, at).Full, "one that is missing for the first time is looked for with the next poll")
	policy.Succeed(&s, schedule.Outcome{Plan: full, Reviews: 11, Total: 11, Complete: true}, 0, at, even)
	require.Zero(t, s.FullBy)
	require.Zero(t, s.Missing)
}

func TestSucceed_NewestReviewWasToldByAPollThatDied_ListingIsNotDormant(t *testing.T) {
	s := read()
	s.NewestAt, s.Gaps, s.GapSeconds = now.Add(-300*24*time.Hour), 6, 40*24*3600
	policy.Succeed(&s, schedule.Outcome{Reviews: 3, Latest: now.Add(-time.Hour)}, 0, now, even)
	require.Equal(t, now.Add(-time.Hour), s.NewestAt)
	require.Equal(t, 6, s.Gaps, "its gap is not known")
	require.LessOrEqual(t, s.DueAt.Sub(now), time.Hour)

	policy.Succeed(&s, schedule.Outcome{Reviews: 3, Latest: now.Add(time.Hour)}, 0, now, even)
	require.Equal(t, now.Add(-time.Hour), s.NewestAt, "a date in the future says nothing")
	policy.Succeed(&s, schedule.Outcome{Reviews: 3, Latest: now.Add(-2 * time.Hour)}, 0, now, even)
	require.Equal(t, now.Add(-time.Hour), s.NewestAt)
}
