package simweek

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// simulate runs a simulation and prints how it went.
func simulate(t *testing.T, cfg Config) *Report {
	t.Helper()
	path := filepath.Join(t.TempDir(), "week.db")
	logger := slog.New(slog.DiscardHandler)
	if os.Getenv("BEDSIDE_SIMWEEK_LOG") != "" {
		logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	if seed, err := strconv.ParseUint(os.Getenv("BEDSIDE_SIMWEEK_SEED"), 10, 64); err == nil {
		cfg.Seed = seed
	}
	began := time.Now()
	var report *Report
	synctest.Test(t, func(t *testing.T) {
		// The bubble's clock begins in the year 2000, before the sites that are simulated.
		time.Sleep(time.Until(time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)))
		var err error
		report, err = Run(context.Background(), cfg, path, logger)
		require.NoError(t, err)
	})
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	t.Logf("%d days of %d listings (seed %d) in %s: %d reviews, %d edits, %d removals, %d replies; %d events, %d of them repeated",
		cfg.Days, report.Listings, cfg.Seed, time.Since(began).Round(100*time.Millisecond), report.Reviews, report.Edits, report.Removals, report.Replies, report.Events, report.Repeated)
	t.Logf("requests %v", report.Requests)
	t.Logf("faults served %v", report.Answers)
	t.Logf("health in the end %v", report.Health)
	t.Logf("news heard after: %s", report.News)
	t.Logf("removals told after: %s", report.Gone)
	t.Logf("memory taken from the system %d MB", memory.Sys>>20)
	for _, fault := range report.Faults {
		t.Error(fault)
	}
	return report
}

func TestRun_OneDayOfSixtyListings_InboxIsWhatTheSitesHave(t *testing.T) {
	listings := 60
	if raced {
		listings = 18
	}
	report := simulate(t, Config{Seed: 1, Listings: listings, Days: 1, FullEvery: 3 * time.Hour})
	require.Greater(t, report.Reviews, 17*listings)
	require.NotZero(t, report.Edits)
	require.NotZero(t, report.Removals)
}

func TestRun_WeekOfThreeHundredListings_InboxIsWhatTheSitesHave(t *testing.T) {
	if os.Getenv("BEDSIDE_SIMWEEK") == "" {
		t.Skip("set BEDSIDE_SIMWEEK=1 for the whole week; it takes minutes")
	}
	report := simulate(t, Config{Seed: 7, Listings: 300, Days: 7, FullEvery: 24 * time.Hour})
	require.Greater(t, report.Edits, 100)
	require.Greater(t, report.Removals, 100)
}
