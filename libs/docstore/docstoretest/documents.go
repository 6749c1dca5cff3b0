package docstoretest

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
)

func runDocuments(t *testing.T, open Open) {
	s := start(t, open)

	t.Run("Get_Missing_NotFound", func(t *testing.T) {
		_, err := s.notes.Get(s.ctx, s.org, "nowhere")
		require.ErrorIs(t, err, docstore.ErrNotFound)
		require.Equal(t, problem.NotFound, problem.KindOf(err))
	})

	t.Run("Insert_FullDocument_ReadsBackEqual", func(t *testing.T) {
		zone := time.FixedZone("far", 5*3600+1800)
		n := Note{
			Base: docstore.Base{ID: "full"}, Place: "north", Stars: ptr(4.5), Open: ptr(false),
			Posted: time.Date(2026, 3, 1, 23, 59, 59, 987654321, zone), Serial: "s-full", Email: "full@example.org",
			Work:   &Work{Owner: "p1", Due: at(3)},
			Topics: []string{"billing", "billing:negative"}, Marks: []float64{1, 2.25, -3e300},
			Words: []string{"late", "bill"}, Text: "“quoted” <b>&\u2028 \x00 שלום 🦷", Count: 1<<62 + 1,
			Extra:  map[string]any{"a": "b", "n": 1.5, "deep": map[string]any{"list": []any{true, nil, "x"}}, "none": nil},
			Times:  []time.Time{at(1).Add(1234567), {}},
			ByName: map[string]Work{"x": {Due: at(2).Add(999)}},
			Scores: map[string]float64{"staff": 0.1, "zero": 0},
		}
		shared := n.Times
		done, err := s.notes.InsertIfAbsent(s.ctx, s.org, &n)
		require.NoError(t, err)
		require.True(t, done)
		require.Equal(t, docstore.Base{ID: "full", OrgID: "lakeside", Rev: 1}, n.Base)
		require.Equal(t, 1234567, shared[0].Nanosecond(), "a slice shared with the caller is left alone")

		got, err := s.notes.Get(s.ctx, s.org, "full")
		require.NoError(t, err)
		require.Equal(t, time.Date(2026, 3, 1, 18, 29, 59, 987000000, time.UTC), got.Posted)
		require.Equal(t, at(1).Add(time.Millisecond), got.Times[0])
		require.Equal(t, n, got)
	})

	t.Run("Insert_EmptyDocument_ReadsBackEqual", func(t *testing.T) {
		n := Note{Base: docstore.Base{ID: "empty"}}
		s.insert(t, &n)
		got, err := s.notes.Get(s.ctx, s.org, "empty")
		require.NoError(t, err)
		require.Equal(t, n, got)
	})

	t.Run("Insert_Twice_SecondIsRefusedAndChangesNothing", func(t *testing.T) {
		s.insert(t, &Note{Base: docstore.Base{ID: "once"}, Text: "first"})
		second := Note{Base: docstore.Base{ID: "once"}, Text: "second"}
		done, err := s.notes.InsertIfAbsent(s.ctx, s.org, &second)
		require.NoError(t, err)
		require.False(t, done)
		require.Zero(t, second.Rev)
		got, err := s.notes.Get(s.ctx, s.org, "once")
		require.NoError(t, err)
		require.Equal(t, "first", got.Text)
	})

	t.Run("InsertMany_SomePresentAndRepeated_AnswerIsParallel", func(t *testing.T) {
		s.insert(t, &Note{Base: docstore.Base{ID: "many-2"}})
		done, err := s.notes.InsertManyIfAbsent(s.ctx, s.org, []*Note{
			{Base: docstore.Base{ID: "many-1"}}, {Base: docstore.Base{ID: "many-2"}},
			{Base: docstore.Base{ID: "many-3"}}, {Base: docstore.Base{ID: "many-1"}},
		})
		require.NoError(t, err)
		require.Equal(t, []bool{true, false, true, false}, done)
		none, err := s.notes.InsertManyIfAbsent(s.ctx, s.org, nil)
		require.NoError(t, err)
		require.Empty(t, none)
	})

	t.Run("GetMany_SomeMissing_KeepsOrder", func(t *testing.T) {
		got, err := s.notes.GetMany(s.ctx, s.org, []string{"many-3", "no", "many-1", "once", "many-3"})
		require.NoError(t, err)
		require.Equal(t, []string{"many-3", "many-1", "once", "many-3"}, ids(got))
	})

	t.Run("Delete_Present_IsGoneFromEverything", func(t *testing.T) {
		s.insert(t, &Note{Base: docstore.Base{ID: "gone"}, Posted: at(1), Words: []string{"vanishing"}})
		require.NoError(t, s.notes.Delete(s.ctx, s.org, "gone"))
		require.NoError(t, s.notes.Delete(s.ctx, s.org, "gone"))
		_, err := s.notes.Get(s.ctx, s.org, "gone")
		require.ErrorIs(t, err, docstore.ErrNotFound)
		require.NotContains(t, s.walk(t, s.org, docstore.Query{Index: "newest"}), "gone")
		require.Empty(t, s.walk(t, s.org, docstore.Query{Index: "newest", Terms: []string{"vanishing"}}))
		s.insert(t, &Note{Base: docstore.Base{ID: "gone"}, Text: "again"})
	})

	runUpdates(t, s)
}

func runUpdates(t *testing.T, s *suite) {
	t.Run("Update_Present_StoresAndCountsRevision", func(t *testing.T) {
		s.insert(t, &Note{Base: docstore.Base{ID: "up"}, Stars: ptr(2.0), Words: []string{"old"}, Topics: []string{"billing"}})
		got, err := s.notes.Update(s.ctx, s.org, "up", func(n *Note) error {
			n.Stars, n.Words, n.Topics, n.Posted = nil, []string{"new"}, nil, at(7).Add(999)
			return nil
		})
		require.NoError(t, err)
		require.EqualValues(t, 2, got.Rev)
		stored, err := s.notes.Get(s.ctx, s.org, "up")
		require.NoError(t, err)
		require.Equal(t, got, stored)
		require.Equal(t, []string{"up"}, s.walk(t, s.org, docstore.Query{Index: "newest", Terms: []string{"new"}}))
		require.Empty(t, s.walk(t, s.org, docstore.Query{Index: "newest", Terms: []string{"old"}}))
	})

	t.Run("Update_Refused_LeavesDocument", func(t *testing.T) {
		s.insert(t, &Note{Base: docstore.Base{ID: "keep"}, Text: "as it was"})
		refused := errors.New("no")
		_, err := s.notes.Update(s.ctx, s.org, "keep", func(n *Note) error { n.Text = "spoiled"; return refused })
		require.ErrorIs(t, err, refused)
		got, err := s.notes.Update(s.ctx, s.org, "keep", func(n *Note) error { n.Text = "spoiled"; return docstore.ErrSkip })
		require.NoError(t, err)
		require.Equal(t, "as it was", got.Text)
		require.EqualValues(t, 1, got.Rev)
	})

	t.Run("Update_Missing_NotFound", func(t *testing.T) {
		_, err := s.notes.Update(s.ctx, s.org, "nowhere", func(*Note) error { t.Error("called"); return nil })
		require.ErrorIs(t, err, docstore.ErrNotFound)
	})

	t.Run("Update_ChangesIdentity_Refused", func(t *testing.T) {
		for _, spoil := range []func(*Note){func(n *Note) { n.ID = "else" }, func(n *Note) { n.OrgID = "else" }} {
			_, err := s.notes.Update(s.ctx, s.org, "keep", func(n *Note) error { spoil(n); return nil })
			require.Equal(t, problem.Invalid, problem.KindOf(err))
		}
	})

	t.Run("Upsert_MissingThenPresent_TellsWhich", func(t *testing.T) {
		for i, want := range []bool{false, true} {
			got, err := s.notes.Upsert(s.ctx, s.org, "fresh", func(n *Note, exists bool) error {
				require.Equal(t, want, exists)
				require.Equal(t, "fresh", n.ID)
				n.Count += 10
				return nil
			})
			require.NoError(t, err)
			require.EqualValues(t, i+1, got.Rev)
			require.EqualValues(t, (i+1)*10, got.Count)
		}
		_, err := s.notes.Upsert(s.ctx, s.org, "never", func(*Note, bool) error { return docstore.ErrSkip })
		require.NoError(t, err)
		_, err = s.notes.Get(s.ctx, s.org, "never")
		require.ErrorIs(t, err, docstore.ErrNotFound)
	})
}

func (s *suite) insert(t testing.TB, n *Note) {
	t.Helper()
	done, err := s.notes.InsertIfAbsent(s.ctx, s.org, n)
	require.NoError(t, err)
	require.True(t, done)
}
