package docstoretest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore"
)

// together runs n goroutines at once and returns their errors joined.
func together(n int, run func(i int) error) error {
	var wg sync.WaitGroup
	errs := make([]error, n)
	begin := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-begin
			errs[i] = run(i)
		})
	}
	close(begin)
	wg.Wait()
	return errors.Join(errs...)
}

func runConcurrency(t *testing.T, open Open) {
	s := start(t, open)
	// A second view has its own locks, as another process would.
	second, err := docstore.Bind(s.ctx, s.backend, Notes())
	require.NoError(t, err)
	views := []*docstore.Collection[Note]{s.notes, second}

	t.Run("Update_ManyAtOnce_NoneLost", func(t *testing.T) {
		s.insert(t, &Note{Base: docstore.Base{ID: "counter"}})
		require.NoError(t, together(100, func(i int) error {
			_, err := views[i%2].Update(s.ctx, s.org, "counter", func(n *Note) error { n.Count++; return nil })
			return err
		}))
		got, err := s.notes.Get(s.ctx, s.org, "counter")
		require.NoError(t, err)
		require.EqualValues(t, 100, got.Count)
		require.EqualValues(t, 101, got.Rev)
	})

	t.Run("Upsert_ManyAtOnce_OneStarts", func(t *testing.T) {
		var started atomic.Int64
		require.NoError(t, together(40, func(i int) error {
			first := false
			got, err := views[i%2].Upsert(s.ctx, s.org, "upserted", func(n *Note, exists bool) error {
				first = !exists
				n.Count++
				return nil
			})
			if first && got.Rev == 1 {
				started.Add(1)
			}
			return err
		}))
		got, err := s.notes.Get(s.ctx, s.org, "upserted")
		require.NoError(t, err)
		require.EqualValues(t, 40, got.Count)
		require.EqualValues(t, 1, started.Load())
	})

	t.Run("InsertIfAbsent_ManyAtOnce_OneWins", func(t *testing.T) {
		var won atomic.Int64
		require.NoError(t, together(40, func(i int) error {
			done, err := views[i%2].InsertIfAbsent(s.ctx, s.org, &Note{Base: docstore.Base{ID: "raced"}, Count: int64(i)})
			if done {
				won.Add(1)
			}
			return err
		}))
		require.EqualValues(t, 1, won.Load())
	})

	t.Run("Unique_ManyAtOnce_OneWins", func(t *testing.T) {
		var won, refused atomic.Int64
		require.NoError(t, together(40, func(i int) error {
			done, err := views[i%2].InsertIfAbsent(s.ctx, s.org, &Note{Base: docstore.Base{ID: fmt.Sprintf("unique-%d", i)}, Serial: "wanted"})
			if errors.Is(err, docstore.ErrDup) {
				refused.Add(1)
				return nil
			}
			if done {
				won.Add(1)
			}
			return err
		}))
		require.EqualValues(t, 1, won.Load())
		require.EqualValues(t, 39, refused.Load())
	})

	t.Run("Claim_ManyAtOnce_NoneTwice", func(t *testing.T) {
		const jobs = 60
		for i := range jobs {
			s.insert(t, &Note{Base: docstore.Base{ID: fmt.Sprintf("job-%02d", i)}, Place: "queue", Posted: at(i)})
		}
		var mu sync.Mutex
		holders := map[string][]string{}
		require.NoError(t, together(8, func(i int) error {
			me := fmt.Sprintf("worker-%d", i)
			for {
				got, err := views[i%2].Claim(s.ctx, s.org, docstore.Query{
					Index: "newest", Where: []docstore.Cond{docstore.Is("place", "queue")},
				}, 5, func(n *Note) bool {
					if n.Email != "" {
						return false
					}
					n.Email, n.Place = me+"/"+n.ID, "taken"
					return true
				})
				if err != nil || len(got) == 0 {
					return err
				}
				mu.Lock()
				for _, n := range got {
					holders[n.ID] = append(holders[n.ID], me)
				}
				mu.Unlock()
			}
		}))
		require.Len(t, holders, jobs)
		for id, by := range holders {
			require.Len(t, by, 1, id)
		}
	})

	t.Run("Claim_Limit_TakesNoMore", func(t *testing.T) {
		q := docstore.Query{Index: "newest", Where: []docstore.Cond{docstore.Is("place", "taken")}}
		got, err := s.notes.Claim(s.ctx, s.org, q, 7, func(n *Note) bool { n.Place = "again"; return true })
		require.NoError(t, err)
		require.Len(t, got, 7)
		n, err := s.notes.Count(s.ctx, s.org, docstore.Query{Index: "newest", Where: []docstore.Cond{docstore.Is("place", "again")}})
		require.NoError(t, err)
		require.EqualValues(t, 7, n)
		none, err := s.notes.Claim(s.ctx, s.org, q, 0, func(*Note) bool { return true })
		require.NoError(t, err)
		require.Empty(t, none)
	})

	t.Run("Bind_ManyAtOnce_Agree", func(t *testing.T) {
		fresh := open(t)
		require.NoError(t, together(6, func(i int) error {
			c, err := docstore.Bind(s.ctx, fresh, Notes())
			if err != nil {
				return err
			}
			_, err = c.InsertIfAbsent(s.ctx, s.org, &Note{Base: docstore.Base{ID: fmt.Sprint(i)}})
			return err
		}))
	})
}
