package docstoretest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
)

// runRedeclared binds a collection again under other declarations, as the next
// release does.
func runRedeclared(t *testing.T, open Open) {
	s := start(t, open)
	base := func(n *Note) *docstore.Base { return &n.Base }
	plain := docstore.Definition[Note]{Name: "later", Base: base, Indexes: []docstore.Index{{Name: "all"}}}
	first, err := docstore.Bind(s.ctx, s.backend, plain)
	require.NoError(t, err)
	want := []string{}
	documents := 450
	if s.backend.Kind() != "sqlite" {
		documents = 150 // the test engine reads everything for each rewritten document
	}
	for i := range documents {
		n := Note{
			Base: docstore.Base{ID: fmt.Sprintf("n%03d", i)}, Posted: at(-i), Stars: ptr(float64(i % 5)), Topics: []string{fmt.Sprint("t", i%3)},
			Words: []string{fmt.Sprint("w", i%100)}, Serial: fmt.Sprint(i), Open: ptr(i%2 == 0), Text: "kept",
		}
		_, err := first.InsertIfAbsent(s.ctx, s.org, &n)
		require.NoError(t, err)
		want = append(want, n.ID)
	}

	full := plain
	full.Terms = "words"
	full.Fields = []docstore.Field{{Path: "posted", Type: docstore.Time}, {Path: "stars", Type: docstore.Number}, {Path: "topics", Many: true}, {Path: "serial"}, {Path: "open", Type: docstore.Bool}}
	full.Indexes = []docstore.Index{
		{Name: "newest", Sort: []docstore.Order{{Field: "posted", Desc: true}}, Filter: []string{"stars", "topics", "open"}},
		{Name: "by_serial", Equal: []string{"serial"}, Unique: true},
	}
	second, err := docstore.Bind(s.ctx, s.backend, full)
	require.NoError(t, err)

	t.Run("NewFieldsAndIndexes_ServeOldDocuments", func(t *testing.T) {
		page, err := second.Page(s.ctx, s.org, docstore.Query{Index: "newest", Limit: 1000})
		require.NoError(t, err)
		require.Equal(t, want, ids(page.Items))
		n, err := second.Count(s.ctx, s.org, docstore.Query{Index: "newest", Where: []docstore.Cond{docstore.Is("stars", 3), docstore.Is("topics", "t1"), docstore.Is("open", false)}})
		require.NoError(t, err)
		require.EqualValues(t, documents/30, n)
		n, err = second.Count(s.ctx, s.org, docstore.Query{Index: "newest", Terms: []string{"w7"}})
		require.NoError(t, err)
		require.EqualValues(t, (documents+99-7)/100, n)
		_, err = second.InsertIfAbsent(s.ctx, s.org, &Note{Base: docstore.Base{ID: "x"}, Serial: "7"})
		require.ErrorIs(t, err, docstore.ErrDup)
		got, err := second.Get(s.ctx, s.org, "n007")
		require.NoError(t, err)
		require.Equal(t, "kept", got.Text)
		require.EqualValues(t, 1, got.Rev)
		require.Equal(t, at(-7), got.Posted)
	})

	t.Run("OtherTerms_FilledAnew", func(t *testing.T) {
		changed := full
		changed.Terms = "topics"
		changed.Fields = []docstore.Field{{Path: "posted", Type: docstore.Time}, {Path: "open", Type: docstore.Bool}}
		changed.Indexes = []docstore.Index{{Name: "newest", Sort: []docstore.Order{{Field: "posted", Desc: true}}, Filter: []string{"open"}}}
		third, err := docstore.Bind(s.ctx, s.backend, changed)
		require.NoError(t, err)
		page, err := third.Page(s.ctx, s.org, docstore.Query{Index: "newest", Terms: []string{"t2"}, Where: []docstore.Cond{docstore.Is("open", true)}, Limit: 1000})
		require.NoError(t, err)
		require.Len(t, page.Items, documents/6)
		require.Equal(t, "n002", page.Items[0].ID)
		_, err = third.InsertIfAbsent(s.ctx, s.org, &Note{Base: docstore.Base{ID: "y"}, Serial: "7"})
		require.NoError(t, err, "the unique index is gone")
	})

	t.Run("OtherType_Refused", func(t *testing.T) {
		changed := plain
		changed.Fields = []docstore.Field{{Path: "stars"}}
		changed.Indexes = []docstore.Index{{Name: "by_stars", Sort: []docstore.Order{{Field: "stars"}}}}
		_, err := docstore.Bind(s.ctx, s.backend, changed)
		require.Equal(t, problem.Conflict, problem.KindOf(err))
	})

	t.Run("UniqueOverStoredDuplicates_Refused", func(t *testing.T) {
		_, err := docstore.Bind(s.ctx, s.backend, full)
		require.ErrorIs(t, err, docstore.ErrDup)
		require.Equal(t, problem.Conflict, problem.KindOf(err))
	})
}
