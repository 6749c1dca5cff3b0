package schedule_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/scraper/schedule"
)

func TestFail_SourceEnded_IsBelievedAtOnce(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	state := collections.PollState{LastOKAt: now.Add(-time.Hour), Reviews: 12}
	schedule.Default().Fail(&state, problem.New(problem.NotFound, sites.CodeEnded, "the site closed this way of reading"), 0, false, now, 0.5)
	require.Equal(t, collections.HealthEnded, state.Health)
	require.Equal(t, "the site closed this way of reading.", state.Problem)

	state = collections.PollState{LastOKAt: now.Add(-time.Hour), Reviews: 12}
	schedule.Default().Fail(&state, problem.New(problem.NotFound, "yelp_not_found", "no such business"), 0, false, now, 0.5)
	require.Equal(t, collections.HealthLate, state.Health, "one answer of another kind may pass")
}
