package schedule_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/scraper/schedule"
)

var (
	now    = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	policy = schedule.Default()
)

const even = 0.5 // chance that changes nothing

func read() collections.PollState {
	return collections.PollState{
		Base: docstore.Base{ID: "l", OrgID: "o", Rev: 3}, Ref: "r", Adapter: "a", Site: "s", ListingRev: 2,
		Watermark: now.Add(-time.Hour), LastFullAt: now.Add(-24 * time.Hour), LastOKAt: now.Add(-time.Hour),
		ETag: "e", Reviews: 10, SiteTotal: 10, Health: collections.HealthOK, Published: 10,
	}
}

func TestPlan_BySituation(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*collections.PollState)
		want   schedule.Plan
	}{
		"incremental": {func(*collections.PollState) {}, schedule.Plan{Since: now.Add(-2 * time.Hour), ETag: "e", StartedAt: now}},
		"new":         {func(s *collections.PollState) { *s = collections.PollState{} }, schedule.Plan{Full: true, StartedAt: now}},
		"week over":   {func(s *collections.PollState) { s.LastFullAt = now.Add(-policy.FullEvery) }, schedule.Plan{Full: true, StartedAt: now}},
		"asked for":   {func(s *collections.PollState) { s.NeedFull = true }, schedule.Plan{Full: true, StartedAt: now}},
		"unfinished": {func(s *collections.PollState) { s.NextPage, s.PollStartedAt = "4", now.Add(-time.Minute) },
			schedule.Plan{Page: "4", Resumed: true, Since: now.Add(-2 * time.Hour), StartedAt: now.Add(-time.Minute)}},
		"unfinished long ago": {func(s *collections.PollState) { s.NextPage, s.PollStartedAt = "4", now.Add(-2*time.Hour) },
			schedule.Plan{Since: now.Add(-2 * time.Hour), ETag: "e", StartedAt: now}},
	} {
		t.Run(name, func(t *testing.T) {
			s := read()
			c.change(&s)
			require.Equal(t, c.want, policy.Plan(s, now))
		})
	}
}

func TestSucceed_DueTimes(t *testing.T) {
	for name, c := range map[string]struct {
		out      schedule.Outcome
		interval time.Duration
		chance   float64
		wait     time.Duration
	}{
		"own interval":    {schedule.Outcome{}, 5 * time.Minute, even, 5 * time.Minute},
		"earliest":        {schedule.Outcome{}, 10 * time.Minute, 0, 9 * time.Minute},
		"latest":          {schedule.Outcome{}, 10 * time.Minute, 1, 11 * time.Minute},
		"site's max-age":  {schedule.Outcome{MaxAge: time.Hour}, 0, even, time.Hour},
		"budget":          {schedule.Outcome{Spare: 30 * time.Hour}, 0, even, 30 * time.Hour},
		"absurd max-age":  {schedule.Outcome{MaxAge: 1000 * time.Hour}, 0, even, 24 * time.Hour},
		"shorter max-age": {schedule.Outcome{MaxAge: time.Second}, 15 * time.Minute, even, 15 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			s := read()
			policy.Succeed(&s, c.out, c.interval, now, c.chance)
			require.Equal(t, now.Add(c.wait), s.DueAt)
		})
	}
	s := read()
	policy.Succeed(&s, schedule.Outcome{Finished: true}, 0, now, even)
	require.Equal(t, schedule.Parked, s.DueAt)
	require.True(t, s.Finished)
}

func TestSucceed_NotModified_KeepsWhatIsKnown(t *testing.T) {
	s := read()
	s.Failures, s.Problem, s.Health = 2, "x", collections.HealthLate
	policy.Succeed(&s, schedule.Outcome{NotModified: true}, 0, now, even)
	require.Equal(t, collections.HealthOK, s.Health)
	require.Empty(t, s.Problem)
	require.Equal(t, "e", s.ETag)
	require.Equal(t, 10, s.Reviews)
	require.Equal(t, now.Add(-24*time.Hour), s.LastFullAt)
}

func TestSucceed_CountOfTheSite_AsksForACompleteListAtMostEverySixHours(t *testing.T) {
	for name, c := range map[string]struct {
		total, fresh int
		sinceFull    time.Duration
		want         bool
	}{
		"adds up":        {11, 1, 24 * time.Hour, false},
		"one more":       {12, 1, 24 * time.Hour, true},
		"one less":       {9, 0, 24 * time.Hour, true},
		"unsaid":         {0, 1, 24 * time.Hour, false},
		"looked lately":  {12, 1, time.Hour, false},
		"looked not yet": {12, 1, 6 * time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := read()
			s.LastFullAt = now.Add(-c.sinceFull)
			policy.Succeed(&s, schedule.Outcome{Total: c.total, New: c.fresh}, 0, now, even)
			require.Equal(t, c.want, s.NeedFull)
		})
	}
}

func TestFail_Backoff_DoublesToItsBoundAndKeepsRetryAfter(t *testing.T) {
	s := read()
	var waits []time.Duration
	for range 9 {
		policy.Fail(&s, problem.New(problem.Unavailable, "site_unavailable", "not now"), 0, false, now, even)
		waits = append(waits, s.DueAt.Sub(now))
	}
	require.Equal(t, []time.Duration{
		30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour,
	}, waits)
	require.Equal(t, collections.HealthLate, s.Health)
	policy.Fail(&s, &problem.Error{Kind: problem.RateLimited, RetryAfter: 5 * time.Hour}, 0, false, now, 0)
	require.Equal(t, now.Add(5*time.Hour), s.DueAt)
	policy.Fail(&s, &problem.Error{Kind: problem.RateLimited, RetryAfter: 40 * 24 * time.Hour}, 0, false, now, 0)
	require.Equal(t, now.Add(40*24*time.Hour), s.DueAt, "a site's own wait is not cut short")
	s.LastOKAt = now.Add(-1000 * 24 * time.Hour) // as long as a thousand failures take
	for range 1000 {
		policy.Fail(&s, problem.New(problem.Forbidden, "site_forbidden", "no"), time.Second, false, now, 1)
	}
	require.LessOrEqual(t, s.DueAt.Sub(now), 27*time.Hour)
	require.Greater(t, s.DueAt.Sub(now), 23*time.Hour)
}

func TestFail_RefusedAfterAnOutage_WaitsNoLongerThanItFailed(t *testing.T) {
	s := read()
	s.LastOKAt = now
	at := now
	for range 9 {
		at = at.Add(5 * time.Minute)
		policy.Fail(&s, problem.New(problem.Unavailable, "x", "no answer"), 0, false, at, even)
	}
	at = at.Add(5 * time.Minute)
	policy.Fail(&s, problem.New(problem.Forbidden, "x", "refused"), 0, false, at, even)
	require.Equal(t, collections.HealthNotAuthorised, s.Health)
	require.Equal(t, at.Sub(now), s.DueAt.Sub(at), "ten failures double a wait to a day, but they took less than an hour")
}

func TestFail_ListingNotFound_EndsOnlyWhenItLasts(t *testing.T) {
	s := read()
	gone := problem.New(problem.NotFound, "site_not_found", "nothing here")
	policy.Fail(&s, gone, 0, false, now, even)
	require.Equal(t, collections.HealthLate, s.Health)
	policy.Fail(&s, gone, 0, false, now, even)
	require.Equal(t, collections.HealthLate, s.Health)
	policy.Fail(&s, gone, 0, false, now, even)
	require.Equal(t, collections.HealthEnded, s.Health)
	policy.Succeed(&s, schedule.Outcome{}, 0, now, even)
	require.Equal(t, collections.HealthOK, s.Health)
}

func TestFail_PageBecameUnreadable_IsChangedShape(t *testing.T) {
	s := read()
	policy.Fail(&s, problem.New(problem.Invalid, "no_markup", "the page has no review markup"), 0, false, now, even)
	require.Equal(t, collections.HealthChangedShape, s.Health)
	require.Contains(t, s.Problem, "the page has no review markup")
}

func TestFail_ForeignText_StaysOutOfTheProblem(t *testing.T) {
	s := read()
	foreign := problem.Wrap(problem.Unavailable, "x", errText("<script>alert(1)</script>"), "the site cannot answer now")
	policy.Fail(&s, foreign, 0, false, now, even)
	require.NotContains(t, s.Problem, "script")
}

type errText string

func (e errText) Error() string { return string(e) }

func TestAdopt_MatchesTheListing(t *testing.T) {
	l := collections.Listing{Base: docstore.Base{ID: "l", OrgID: "o", Rev: 2}, Ref: "r", Adapter: "a", Site: "s"}
	s := read()
	require.False(t, schedule.Adopt(&s, l, now), "nothing changed")
	l.Rev = 3
	require.True(t, schedule.Adopt(&s, l, now))
	require.Equal(t, now, s.DueAt)
	require.False(t, s.Watermark.IsZero(), "the same page is read on")
	l.Rev, l.Ref = 4, "elsewhere"
	s.LeaseHolder, s.LeaseUntil = "h", now
	require.True(t, schedule.Adopt(&s, l, now))
	require.True(t, s.Watermark.IsZero())
	require.Empty(t, s.ETag)
	require.Equal(t, collections.HealthNew, s.Health)
	require.EqualValues(t, 10, s.Published)
	require.Equal(t, "h", s.LeaseHolder, "who reads it still holds it")

	done := read()
	done.Finished, done.DueAt = true, schedule.Parked
	l = collections.Listing{Base: docstore.Base{ID: "l", OrgID: "o", Rev: 9}, Ref: "r", Adapter: "a", Site: "s"}
	require.True(t, schedule.Adopt(&done, l, now))
	require.Equal(t, schedule.Parked, done.DueAt, "an import is read once")
}

func TestPolicy_Faults_AreReportedTogether(t *testing.T) {
	p := schedule.Policy{Jitter: 2, Overlap: -1}
	err := p.Validate()
	for _, want := range []string{"interval", "retry wait", "jitter", "overlap"} {
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, schedule.Default().Validate())
}
