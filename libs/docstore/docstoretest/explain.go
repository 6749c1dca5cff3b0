package docstoretest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore"
)

// ExplainEveryIndex proves that a backend serves every index of a definition by
// an index of its own: from the beginning, backwards, from a cursor, and with
// every filter the index names.
func ExplainEveryIndex[T any](t *testing.T, b docstore.Backend, def docstore.Definition[T]) {
	t.Helper()
	c, err := docstore.Bind(t.Context(), b, def)
	require.NoError(t, err)
	org := docstore.Org("explained")
	own := org
	if def.Global {
		own = docstore.AllOrgs()
	}
	for i := range 3 {
		var doc T
		def.Base(&doc).ID = fmt.Sprint("explained-", i)
		_, err := c.InsertIfAbsent(t.Context(), own, &doc)
		if err != nil {
			require.ErrorIs(t, err, docstore.ErrDup) // empty documents may collide in a unique index
		}
	}
	types := map[string]docstore.Field{}
	for _, f := range def.Fields {
		types[f.Path] = f
	}
	for _, ix := range def.Indexes {
		t.Run(def.Name+"."+ix.Name, func(t *testing.T) {
			scope := own
			if ix.Global {
				scope = docstore.AllOrgs()
			}
			q := docstore.Query{Index: ix.Name, Limit: 1}
			for _, path := range ix.Equal {
				q.Where = append(q.Where, docstore.Is(path, someValue(types[path])))
			}
			reversed, filtered, paged := q, q, q
			reversed.Reverse = true
			filtered.Where = append([]docstore.Cond{}, q.Where...)
			for _, path := range ix.Filter {
				filtered.Where = append(filtered.Where, docstore.OneOf(path, []any{someValue(types[path])}))
			}
			for _, o := range ix.Sort {
				filtered.Where = append(filtered.Where, docstore.From(o.Field, someValue(types[o.Field])))
			}
			queries := []docstore.Query{q, reversed, filtered}
			page, err := c.Page(t.Context(), scope, paged)
			require.NoError(t, err)
			if page.Next != "" {
				paged.Cursor = page.Next
				queries = append(queries, paged)
			}
			for _, q := range queries {
				plan, err := c.Explain(t.Context(), scope, q)
				require.NoError(t, err)
				require.False(t, plan.Scan, "%+v\n%s", q, plan.Native)
				require.Equal(t, ix.Name, plan.Index)
				require.Contains(t, plan.Native, ix.Name)
			}
		})
	}
}

func someValue(f docstore.Field) any {
	switch f.Type {
	case docstore.Number:
		return 3.0
	case docstore.Time:
		return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	case docstore.Bool:
		return true
	default:
		return "value"
	}
}
