package docstoretest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
)

func keys(org string, ids ...string) []docstore.Key {
	out := make([]docstore.Key, len(ids))
	for i, id := range ids {
		out[i] = docstore.Key{Org: org, ID: id}
	}
	return out
}

func runMany(t *testing.T, open Open) {
	s := start(t, open)
	other := docstore.Org("riverside")
	s.put(t, s.org, Note{Base: docstore.Base{ID: "a"}, Serial: "taken"}, Note{Base: docstore.Base{ID: "b"}}, Note{Base: docstore.Base{ID: "c"}})
	s.put(t, other, Note{Base: docstore.Base{ID: "a"}, Text: "theirs"})

	t.Run("GetKeys_SeveralOrganizations_EachItsOwn", func(t *testing.T) {
		got, err := s.notes.GetKeys(s.ctx, append(keys("riverside", "a", "b"), keys("lakeside", "c", "a", "none")...))
		require.NoError(t, err)
		require.Equal(t, []string{"a", "c", "a"}, ids(got))
		require.Equal(t, []string{"theirs", "", ""}, []string{got[0].Text, got[1].Text, got[2].Text})
		require.Equal(t, "riverside", got[0].OrgID)
		_, err = s.notes.GetKeys(s.ctx, keys("", "a"))
		require.ErrorIs(t, err, docstore.ErrScope)
		none, err := s.notes.GetKeys(s.ctx, nil)
		require.NoError(t, err)
		require.Empty(t, none)
	})

	t.Run("UpdateMany_Mixed_EachItsAnswer", func(t *testing.T) {
		own := errors.New("not this one")
		all := append(keys("lakeside", "a", "none", "b", "c", "a"), keys("riverside", "a")...)
		all = append(all, docstore.Key{ID: "b"})
		docs, errs := s.notes.UpdateMany(s.ctx, all, func(i int, n *Note) error {
			n.Count += int64(10 + i)
			switch i {
			case 2:
				return own
			case 3:
				return docstore.ErrSkip
			}
			return nil
		})
		require.NoError(t, errs[0])
		require.EqualValues(t, 10, docs[0].Count)
		require.ErrorIs(t, errs[1], docstore.ErrNotFound)
		require.ErrorIs(t, errs[2], own)
		require.NoError(t, errs[3])
		require.EqualValues(t, 0, docs[3].Count, "a skipped document is the stored one")
		require.Equal(t, problem.Invalid, problem.KindOf(errs[4]), "a key that comes twice")
		require.NoError(t, errs[5])
		require.ErrorIs(t, errs[6], docstore.ErrScope)
		got, err := s.notes.GetKeys(s.ctx, append(keys("lakeside", "a", "b", "c"), keys("riverside", "a")...))
		require.NoError(t, err)
		for i, want := range []struct{ count, rev int64 }{{10, 2}, {0, 1}, {0, 1}, {15, 2}} {
			require.Equal(t, want.count, got[i].Count, i)
			require.Equal(t, want.rev, got[i].Rev, i)
		}
	})

	t.Run("UpdateMany_UniqueViolated_OthersAreStored", func(t *testing.T) {
		docs, errs := s.notes.UpdateMany(s.ctx, keys("lakeside", "b", "c"), func(i int, n *Note) error {
			n.Text = "changed"
			if i == 0 {
				n.Serial = "taken"
			}
			return nil
		})
		require.ErrorIs(t, errs[0], docstore.ErrDup)
		require.NoError(t, errs[1])
		require.Equal(t, "changed", docs[1].Text)
		got, err := s.notes.GetMany(s.ctx, s.org, []string{"b", "c"})
		require.NoError(t, err)
		require.Equal(t, []string{"", "changed"}, []string{got[0].Text, got[1].Text})
	})

	t.Run("UpdateMany_Words_AreFoundAfterwards", func(t *testing.T) {
		_, errs := s.notes.UpdateMany(s.ctx, keys("lakeside", "b", "c"), func(i int, n *Note) error {
			n.Words = []string{"swapped", fmt.Sprint("word", i)}
			return nil
		})
		require.Equal(t, []error{nil, nil}, errs)
		require.Len(t, s.walk(t, s.org, docstore.Query{Index: "newest", Terms: []string{"swapped"}}), 2)
		require.Equal(t, []string{"c"}, s.walk(t, s.org, docstore.Query{Index: "newest", Terms: []string{"word1"}}))
	})

	t.Run("UpdateMany_ManyAtOnce_NoneLost", func(t *testing.T) {
		second, err := docstore.Bind(s.ctx, s.backend, Notes())
		require.NoError(t, err)
		countAll(t, s, "m", s.notes, second)
	})
}

// countAll counts up three documents from several views of a collection at once, one by
// one and together.
func countAll(t *testing.T, s *suite, prefix string, views ...*docstore.Collection[Note]) {
	t.Helper()
	names := []string{prefix + "1", prefix + "2", prefix + "3"}
	for _, id := range names {
		done, err := views[0].InsertIfAbsent(s.ctx, s.org, &Note{Base: docstore.Base{ID: id}})
		require.NoError(t, err)
		require.True(t, done)
	}
	var counted, unclear [3]atomic.Int64
	require.NoError(t, together(24, func(i int) error {
		view := views[i%len(views)]
		if i%4 == 0 {
			_, err := view.Update(s.ctx, s.org, names[i%3], func(n *Note) error { n.Count++; return nil })
			counted[i%3].Add(1)
			return err
		}
		_, errs := view.UpdateMany(s.ctx, keys("lakeside", names...), func(_ int, n *Note) error { n.Count++; return nil })
		for j, err := range errs {
			switch {
			case err == nil:
				counted[j].Add(1)
			case errors.Is(err, docstore.ErrUnclear):
				unclear[j].Add(1)
			default:
				return err
			}
		}
		return nil
	}))
	got, err := views[0].GetMany(s.ctx, s.org, names)
	require.NoError(t, err)
	for j, n := range got {
		require.GreaterOrEqual(t, n.Count, counted[j].Load())
		require.LessOrEqual(t, n.Count, counted[j].Load()+unclear[j].Load())
		require.Equal(t, n.Count+1, n.Rev)
	}
}

// runRemember holds collections that remember to what updates promise.
func runRemember(t *testing.T, open Open) {
	s := start(t, open)
	remembering := func() *docstore.Collection[Note] {
		def := Notes()
		def.Remember = 4
		c, err := docstore.Bind(s.ctx, s.backend, def)
		require.NoError(t, err)
		return c
	}
	ours, theirs := remembering(), remembering()
	count := func(c *docstore.Collection[Note], id string) int64 {
		t.Helper()
		n, err := c.Upsert(s.ctx, s.org, id, func(n *Note, _ bool) error { n.Count++; return nil })
		require.NoError(t, err)
		return n.Count
	}

	t.Run("Update_ChangedByOthers_SeesTheirs", func(t *testing.T) {
		for i, c := range []*docstore.Collection[Note]{ours, ours, theirs, ours, ours, ours, theirs, theirs, ours} {
			require.EqualValues(t, i+1, count(c, "shared"))
		}
	})

	t.Run("Update_RefusedOfARememberedOne_IsAskedOfTheStoredOne", func(t *testing.T) {
		count(ours, "door")
		_, err := theirs.Update(s.ctx, s.org, "door", func(n *Note) error { n.Open = ptr(true); return nil })
		require.NoError(t, err)
		closed := errors.New("closed")
		open := func(n *Note) error {
			if n.Open == nil {
				return closed
			}
			return docstore.ErrSkip
		}
		n, err := ours.Update(s.ctx, s.org, "door", open)
		require.NoError(t, err)
		require.True(t, *n.Open)
		count(ours, "gate")
		_, err = theirs.Update(s.ctx, s.org, "gate", func(n *Note) error { n.Open = ptr(true); return nil })
		require.NoError(t, err)
		docs, errs := ours.UpdateMany(s.ctx, keys("lakeside", "gate"), func(_ int, n *Note) error { return open(n) })
		require.NoError(t, errs[0])
		require.True(t, *docs[0].Open)
	})

	t.Run("Update_MoreThanAreRemembered_NoneLost", func(t *testing.T) {
		for round := range 3 {
			for i := range 10 {
				require.EqualValues(t, round+1, count(ours, fmt.Sprint("of-many-", i)))
			}
		}
	})

	t.Run("Update_ManyAtOnce_NoneLost", func(t *testing.T) { countAll(t, s, "r", ours, theirs) })

	t.Run("Claim_ByTwo_NoneTwice", func(t *testing.T) {
		const jobs = 40
		for i := range jobs {
			s.insert(t, &Note{Base: docstore.Base{ID: fmt.Sprintf("job-%02d", i)}, Place: "queue", Posted: at(i)})
		}
		var mu sync.Mutex
		taken := map[string]int{}
		require.NoError(t, together(4, func(i int) error {
			c := []*docstore.Collection[Note]{ours, theirs}[i%2]
			for {
				got, err := c.Claim(s.ctx, s.org, docstore.Query{
					Index: "newest", Where: []docstore.Cond{docstore.Is("place", "queue")},
				}, 7, func(n *Note) bool {
					took := n.Place == "queue"
					n.Place = "taken"
					return took
				})
				if err != nil || len(got) == 0 {
					return err
				}
				mu.Lock()
				for _, n := range got {
					taken[n.ID]++
				}
				mu.Unlock()
				// What was claimed is finished from memory.
				done := make([]docstore.Key, len(got))
				for i, n := range got {
					done[i] = docstore.Key{Org: n.OrgID, ID: n.ID}
				}
				_, errs := c.UpdateMany(s.ctx, done, func(_ int, n *Note) error { n.Count++; return nil })
				if err := errors.Join(errs...); err != nil {
					return err
				}
			}
		}))
		require.Len(t, taken, jobs)
		for id, n := range taken {
			require.Equal(t, 1, n, id)
			got, err := s.notes.Get(s.ctx, s.org, id)
			require.NoError(t, err)
			require.EqualValues(t, 1, got.Count, id)
			require.EqualValues(t, 3, got.Rev, id)
		}
	})

	t.Run("Delete_Refused", func(t *testing.T) {
		count(ours, "kept")
		require.Equal(t, problem.Invalid, problem.KindOf(ours.Delete(s.ctx, s.org, "kept")))
		_, err := ours.Get(s.ctx, s.org, "kept")
		require.NoError(t, err)
	})
}
