package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/bulk"
	"github.com/bedside-health/bedside/services/gateway/inbox"
)

func TestEditing_SilentPeople_AreGoneAndBeginAnew(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := open(t, func() time.Time { return now })
	write := func(org, who string) []inbox.Editor {
		others, err := s.Editing(t.Context(), org, "r_1", inbox.Editor{PersonID: who, Name: "The " + who}, true)
		require.NoError(t, err)
		return others
	}
	require.Empty(t, write("lakeside", "rita"))
	began := now
	now = now.Add(20 * time.Second)
	require.Empty(t, write("lakeside", "rita"))
	require.Empty(t, write("harbor", "max"), "another organization")
	now = now.Add(20 * time.Second)
	require.Equal(t, []inbox.Editor{{PersonID: "rita", Name: "The rita", Since: began}}, write("lakeside", "max"))
	now = now.Add(inbox.EditorGone)
	require.Empty(t, write("lakeside", "max"), "rita was not heard of")
	require.Len(t, write("lakeside", "rita"), 1)
	require.Equal(t, now, write("lakeside", "max")[0].Since, "who comes back begins anew")
	require.NoError(t, s.PurgeEditors(t.Context()))
	require.Len(t, write("lakeside", "max"), 1)
	now = now.Add(2 * time.Hour)
	require.NoError(t, s.PurgeEditors(t.Context()))
	require.Empty(t, write("lakeside", "max"))
}

func TestBulk_TakenOnce_AndPurged(t *testing.T) {
	now := time.Now()
	s := open(t, func() time.Time { return now })
	steps := []bulk.Step{{ReviewID: "r_1", Rev: 2, Action: bulk.SetOwner, OwnerID: "rita"}}
	require.NoError(t, s.AddBulk(t.Context(), "lakeside", bulk.Record{ID: "b_1", PersonID: "rita", At: now, Steps: steps}))
	refused := problem.New(problem.Conflict, "undone_already", "Once only.")
	take := func(org string) (bulk.Record, error) {
		return s.TakeBulk(t.Context(), org, "b_1", func(r bulk.Record) error {
			if r.Undone {
				return refused
			}
			return nil
		})
	}
	_, err := take("harbor")
	require.Equal(t, problem.NotFound, problem.KindOf(err))
	taken, err := take("lakeside")
	require.NoError(t, err)
	require.Equal(t, steps, taken.Steps)
	_, err = take("lakeside")
	require.ErrorIs(t, err, refused)
	require.NoError(t, s.PurgeBulk(t.Context()))
	_, err = take("lakeside")
	require.ErrorIs(t, err, refused, "it is young")
	now = now.Add(25 * time.Hour)
	require.NoError(t, s.PurgeBulk(t.Context()))
	_, err = take("lakeside")
	require.Equal(t, problem.NotFound, problem.KindOf(err))
}
