package store_test

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/scraper/internal/store"
)

var (
	noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	rule = sites.BudgetRule{PerDay: 10}
)

func open(t *testing.T) *store.Store {
	t.Helper()
	backend, err := connect.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "t.db"), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, backend.Close()) })
	st, err := store.Open(t.Context(), backend)
	require.NoError(t, err)
	return st
}

func TestSpend_ManyAtOnce_NeverMoreThanTheBudget(t *testing.T) {
	st := open(t)
	var granted atomic.Int32
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if _, ok, err := st.Spend(t.Context(), "key", "yelp", rule, noon); err == nil && ok {
				granted.Add(1)
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 10, granted.Load())
	left, ok, err := st.Spend(t.Context(), "key", "yelp", rule, noon)
	require.NoError(t, err)
	require.False(t, ok)
	require.Equal(t, time.Date(2026, 5, 5, 0, 0, 0, 0, time.UTC), left.ResetAt)
	_, ok, err = st.Spend(t.Context(), "other", "yelp", rule, noon)
	require.NoError(t, err)
	require.True(t, ok, "another key has a budget of its own")
	left, ok, err = st.Spend(t.Context(), "key", "yelp", rule, left.ResetAt)
	require.NoError(t, err)
	require.True(t, ok, "the next day begins anew")
	require.Equal(t, 1, left.Spent)
}

func TestAccount_WhatTheSiteSays_OnlyEverLowersWhatIsLeft(t *testing.T) {
	st := open(t)
	spend := func(at time.Time) int {
		left, ok, err := st.Spend(t.Context(), "key", "yelp", rule, at)
		require.NoError(t, err)
		require.True(t, ok)
		return left.Limit - left.Spent
	}
	require.Equal(t, 9, spend(noon))
	require.NoError(t, st.Account(t.Context(), "key", "yelp", rule, sites.Budget{Limit: 10, Remaining: 5}, noon))
	require.Equal(t, 4, spend(noon), "somebody else uses the key, too")
	require.NoError(t, st.Account(t.Context(), "key", "yelp", rule, sites.Budget{Limit: 10, Remaining: 8}, noon))
	require.Equal(t, 3, spend(noon), "an answer that comes late says what was")
	require.NoError(t, st.Account(t.Context(), "key", "yelp", rule, sites.Budget{Limit: 100, Remaining: 93, ResetAt: noon.Add(time.Hour)}, noon))
	require.Equal(t, 92, spend(noon), "a larger plan")
	require.Equal(t, 9, spend(noon.Add(time.Hour)), "at the reset the plan has to be said again")
}

func TestExhaust_RefusedBySite_LeavesNothingUntilThen(t *testing.T) {
	st := open(t)
	require.NoError(t, st.Exhaust(t.Context(), "key", "yelp", rule, noon.Add(3*time.Hour), noon))
	left, ok, err := st.Spend(t.Context(), "key", "yelp", rule, noon.Add(time.Hour))
	require.NoError(t, err)
	require.False(t, ok)
	require.True(t, left.ResetAt.Equal(noon.Add(3*time.Hour)))
	_, ok, err = st.Spend(t.Context(), "key", "yelp", rule, noon.Add(3*time.Hour))
	require.NoError(t, err)
	require.True(t, ok)
}
