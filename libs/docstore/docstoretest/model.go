package docstoretest

import (
	"slices"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/docstore"
)

// model is the store as one would write it on a napkin: documents in a map, every
// question answered by looking at all of them. It shares no code with the store.
type model struct {
	notes map[string]map[string]Note // by organization, then id
}

func newModel() *model { return &model{notes: map[string]map[string]Note{}} }

// values reads a field of a note: none if it is missing, several of a Many field.
// Times are milliseconds.
func values(n Note, field string) []any {
	word := func(s string) []any {
		if s == "" {
			return nil
		}
		return []any{s}
	}
	when := func(t time.Time) []any {
		if t.IsZero() {
			return nil
		}
		return []any{t.UnixMilli()}
	}
	var work Work
	if n.Work != nil {
		work = *n.Work
	}
	switch field {
	case "place":
		return word(n.Place)
	case "email":
		return word(n.Email)
	case "serial":
		return word(n.Serial)
	case "work.owner":
		return word(work.Owner)
	case "work.due":
		return when(work.Due)
	case "posted":
		return when(n.Posted)
	case "stars":
		if n.Stars == nil {
			return nil
		}
		return []any{*n.Stars}
	case "open":
		if n.Open == nil {
			return nil
		}
		return []any{*n.Open}
	case "topics":
		out := []any{}
		for _, t := range n.Topics {
			out = append(out, t)
		}
		return out
	case "marks":
		out := []any{}
		for _, m := range n.Marks {
			out = append(out, m)
		}
		return out
	}
	panic("no such field " + field)
}

// less orders two values of one field, missing first.
func less(a, b []any) int {
	switch {
	case len(a) == 0 && len(b) == 0:
		return 0
	case len(a) == 0:
		return -1
	case len(b) == 0:
		return 1
	}
	rank := func(before bool, equal bool) int {
		if equal {
			return 0
		}
		if before {
			return -1
		}
		return 1
	}
	switch x := a[0].(type) {
	case string:
		return rank(x < b[0].(string), x == b[0])
	case float64:
		return rank(x < b[0].(float64), x == b[0])
	case int64:
		return rank(x < b[0].(int64), x == b[0])
	case bool:
		return rank(!x, x == b[0])
	}
	panic("no such type")
}

// native is a condition's value as values gives it.
func native(v any) any {
	switch v := v.(type) {
	case time.Time:
		return v.UnixMilli()
	case int:
		return float64(v)
	}
	return v
}

func holds(n Note, c docstore.Cond) bool {
	have := values(n, c.Field)
	any := func(want any) bool { return slices.Contains(have, native(want)) }
	switch c.Op {
	case docstore.Eq:
		return any(c.Value)
	case docstore.In:
		list, _ := c.Value.([]interface{})
		return slices.ContainsFunc(list, any)
	case docstore.Gte:
		return len(have) > 0 && less(have, []interface{}{native(c.Value)}) >= 0
	case docstore.Lt:
		return len(have) > 0 && less(have, []interface{}{native(c.Value)}) < 0
	default:
		return (len(have) > 0) == c.Value
	}
}

func (m *model) matches(n Note, where []docstore.Cond, terms []string) bool {
	for _, c := range where {
		if !holds(n, c) {
			return false
		}
	}
	for _, t := range terms {
		prefix, isPrefix := strings.CutSuffix(t, "*")
		if !slices.ContainsFunc(n.Words, func(w string) bool {
			return w != "" && (w == t && !isPrefix || isPrefix && strings.HasPrefix(w, prefix))
		}) {
			return false
		}
	}
	return true
}

// find answers a query with all documents in order. An empty org means all.
func (m *model) find(org string, ix docstore.Index, q docstore.Query) []Note {
	out := []Note{}
	for o, notes := range m.notes {
		for _, n := range notes {
			if (org == "" || o == org) && m.matches(n, q.Where, q.Terms) {
				out = append(out, n)
			}
		}
	}
	slices.SortFunc(out, func(a, b Note) int {
		desc := false
		for _, o := range ix.Sort {
			desc = o.Desc
			if c := less(values(a, o.Field), values(b, o.Field)); c != 0 {
				return flip(c, desc != q.Reverse)
			}
		}
		c := 0
		if ix.Global {
			c = strings.Compare(a.OrgID, b.OrgID)
		}
		if c == 0 {
			c = strings.Compare(a.ID, b.ID)
		}
		return flip(c, desc != q.Reverse)
	})
	return out
}

func flip(c int, desc bool) int {
	if desc {
		return -c
	}
	return c
}

// taken reports whether a note would violate a unique index.
func (m *model) taken(n Note) bool {
	for org, notes := range m.notes {
		for id, other := range notes {
			if org == n.OrgID && id == n.ID {
				continue
			}
			if n.Email != "" && n.Email == other.Email || n.Serial != "" && n.Serial == other.Serial && org == n.OrgID {
				return true
			}
		}
	}
	return false
}

func (m *model) put(n Note) {
	if m.notes[n.OrgID] == nil {
		m.notes[n.OrgID] = map[string]Note{}
	}
	m.notes[n.OrgID][n.ID] = n
}

// tally is a group: what it counts and adds up.
type tally struct {
	key   []any
	count int64
	sum   float64
	had   int64
}

// group counts by fields and adds up stars.
func (m *model) group(notes []Note, by []string) []tally {
	out := []tally{}
	for _, n := range notes {
		keys := [][]any{{}}
		for _, f := range by {
			var next [][]any
			distinct := []any{}
			for _, v := range values(n, f) {
				if !slices.Contains(distinct, v) {
					distinct = append(distinct, v)
				}
			}
			if len(distinct) == 0 {
				distinct = []any{nil}
			}
			for _, k := range keys {
				for _, v := range distinct {
					next = append(next, append(slices.Clone(k), v))
				}
			}
			keys = next
		}
		for _, k := range keys {
			i := slices.IndexFunc(out, func(t tally) bool { return slices.Equal(t.key, k) })
			if i < 0 {
				i = len(out)
				out = append(out, tally{key: k})
			}
			out[i].count++
			if n.Stars != nil {
				out[i].sum += *n.Stars
				out[i].had++
			}
		}
	}
	slices.SortFunc(out, func(a, b tally) int {
		for i := range a.key {
			if c := less(present(a.key[i]), present(b.key[i])); c != 0 {
				return c
			}
		}
		return 0
	})
	return out
}

func present(v any) []any {
	if v == nil {
		return nil
	}
	return []any{v}
}
