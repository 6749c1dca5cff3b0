package docstoretest

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
)

func runScopes(t *testing.T, open Open) {
	s := start(t, open)
	mine, other := s.org, docstore.Org("other")
	s.put(t, mine, Note{Base: docstore.Base{ID: "same"}, Text: "mine", Posted: at(1), Words: []string{"word"}, Topics: []string{"x"}, Work: &Work{Due: at(1)}})
	s.put(t, other, Note{Base: docstore.Base{ID: "same"}, Text: "theirs", Posted: at(1), Words: []string{"word"}, Topics: []string{"y"}, Work: &Work{Due: at(1)}})
	s.put(t, other, Note{Base: docstore.Base{ID: "theirs"}, Posted: at(2), Words: []string{"word"}})

	t.Run("EveryMethod_ZeroScope_Refused", func(t *testing.T) { s.refusedIn(t, docstore.Scope{}) })
	t.Run("EveryMethod_EmptyOrg_Refused", func(t *testing.T) { s.refusedIn(t, docstore.Org("")) })
	t.Run("EveryMethod_AllOrgs_Refused", func(t *testing.T) { s.refusedIn(t, docstore.AllOrgs()) })

	t.Run("EveryMethod_OtherOrg_NeverVisible", func(t *testing.T) {
		_, err := s.notes.Get(s.ctx, mine, "theirs")
		require.ErrorIs(t, err, docstore.ErrNotFound)
		many, err := s.notes.GetMany(s.ctx, mine, []string{"theirs", "same"})
		require.NoError(t, err)
		require.Len(t, many, 1)
		require.Equal(t, "mine", many[0].Text)
		_, err = s.notes.Update(s.ctx, mine, "theirs", func(*Note) error { t.Error("saw it"); return nil })
		require.ErrorIs(t, err, docstore.ErrNotFound)
		require.Equal(t, []string{"same"}, s.walk(t, mine, docstore.Query{Index: "newest"}))
		require.Equal(t, []string{"same"}, s.walk(t, mine, docstore.Query{Index: "newest", Terms: []string{"word"}}))
		n, err := s.notes.Count(s.ctx, mine, docstore.Query{Index: "newest"})
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
		groups, err := s.notes.Group(s.ctx, mine, docstore.GroupQuery{Index: "newest", By: []string{"topics"}})
		require.NoError(t, err)
		require.Len(t, groups, 1)
		require.Equal(t, []any{"x"}, groups[0].Key)
		claimed, err := s.notes.Claim(s.ctx, mine, docstore.Query{Index: "newest"}, 10, func(n *Note) bool { n.Count++; return true })
		require.NoError(t, err)
		require.Len(t, claimed, 1)
		_, err = s.notes.InsertIfAbsent(s.ctx, mine, &Note{Base: docstore.Base{ID: "x", OrgID: "other"}})
		require.ErrorIs(t, err, docstore.ErrScope)
		require.NoError(t, s.notes.Delete(s.ctx, mine, "theirs"))
		left, err := s.notes.Get(s.ctx, other, "theirs")
		require.NoError(t, err)
		require.Zero(t, left.Count)
	})

	t.Run("GlobalIndex_AllOrgs_WalksAllInOrder", func(t *testing.T) {
		q := docstore.Query{Index: "due", Limit: 1}
		require.Equal(t, []string{"theirs", "same", "same"}, s.walk(t, docstore.AllOrgs(), q))
		_, err := s.notes.Page(s.ctx, mine, q)
		require.ErrorIs(t, err, docstore.ErrNoIndex)
		claimed, err := s.notes.Claim(s.ctx, docstore.AllOrgs(), docstore.Query{Index: "due", Where: []docstore.Cond{docstore.Below("work.due", at(2))}}, 10, func(n *Note) bool {
			n.Work.Due = at(60)
			return true
		})
		require.NoError(t, err)
		require.Len(t, claimed, 2)
		require.NotEqual(t, claimed[0].OrgID, claimed[1].OrgID)
	})

	t.Run("GlobalCollection_KeyedByIDAlone", func(t *testing.T) {
		sessions, err := docstore.Bind(s.ctx, s.backend, Sessions())
		require.NoError(t, err)
		all := docstore.AllOrgs()
		done, err := sessions.InsertIfAbsent(s.ctx, all, &Session{Base: docstore.Base{ID: "t1", OrgID: "lakeside"}, Person: "p", Expires: at(2)})
		require.NoError(t, err)
		require.True(t, done)
		done, err = sessions.InsertIfAbsent(s.ctx, all, &Session{Base: docstore.Base{ID: "t1", OrgID: "other"}, Person: "q", Expires: at(1)})
		require.NoError(t, err)
		require.False(t, done)
		got, err := sessions.Update(s.ctx, all, "t1", func(x *Session) error { x.Expires = at(9); return nil })
		require.NoError(t, err)
		require.Equal(t, "lakeside", got.OrgID)
		for _, q := range []docstore.Query{
			{Index: "by_expiry"}, {Index: "by_person", Where: []docstore.Cond{docstore.Is("person", "p"), docstore.Is("org_id", "lakeside")}},
		} {
			page, err := sessions.Page(s.ctx, all, q)
			require.NoError(t, err)
			require.Len(t, page.Items, 1)
			require.Equal(t, got, page.Items[0])
		}
		_, err = sessions.Get(s.ctx, mine, "t1")
		require.ErrorIs(t, err, docstore.ErrScope)
	})
}

func (s *suite) refusedIn(t *testing.T, scope docstore.Scope) {
	t.Helper()
	q := docstore.Query{Index: "newest"}
	never := func(*Note) error { t.Error("called"); return nil }
	_, get := s.notes.Get(s.ctx, scope, "same")
	_, many := s.notes.GetMany(s.ctx, scope, []string{"same"})
	_, insert := s.notes.InsertIfAbsent(s.ctx, scope, &Note{Base: docstore.Base{ID: "new", OrgID: "lakeside"}})
	_, update := s.notes.Update(s.ctx, scope, "same", never)
	_, upsert := s.notes.Upsert(s.ctx, scope, "same", func(n *Note, _ bool) error { return never(n) })
	_, page := s.notes.Page(s.ctx, scope, q)
	_, count := s.notes.Count(s.ctx, scope, q)
	_, group := s.notes.Group(s.ctx, scope, docstore.GroupQuery{Index: "newest"})
	_, claim := s.notes.Claim(s.ctx, scope, q, 1, func(*Note) bool { t.Error("called"); return false })
	_, explain := s.notes.Explain(s.ctx, scope, q)
	for _, err := range []error{get, many, insert, update, upsert, page, count, group, claim, explain, s.notes.Delete(s.ctx, scope, "same")} {
		require.ErrorIs(t, err, docstore.ErrScope)
		require.Equal(t, problem.Forbidden, problem.KindOf(err))
	}
}

func runUnique(t *testing.T, open Open) {
	s := start(t, open)
	s.put(
		t, s.org,
		Note{Base: docstore.Base{ID: "a"}, Serial: "1", Email: "a@example.org"},
		Note{Base: docstore.Base{ID: "none-1"}}, Note{Base: docstore.Base{ID: "none-2"}},
	)
	t.Run("Insert_TakenInOrg_Refused", func(t *testing.T) {
		_, err := s.notes.InsertIfAbsent(s.ctx, s.org, &Note{Base: docstore.Base{ID: "b"}, Serial: "1"})
		require.ErrorIs(t, err, docstore.ErrDup)
		require.Equal(t, problem.Conflict, problem.KindOf(err))
		_, err = s.notes.Get(s.ctx, s.org, "b")
		require.ErrorIs(t, err, docstore.ErrNotFound)
		s.put(t, docstore.Org("other"), Note{Base: docstore.Base{ID: "b"}, Serial: "1"})
	})
	t.Run("Insert_TakenInAnyOrg_Refused", func(t *testing.T) {
		_, err := s.notes.InsertIfAbsent(s.ctx, docstore.Org("other"), &Note{Base: docstore.Base{ID: "c"}, Email: "a@example.org"})
		require.ErrorIs(t, err, docstore.ErrDup)
	})
	t.Run("Insert_SameIDAndTaken_IsPresent", func(t *testing.T) {
		done, err := s.notes.InsertIfAbsent(s.ctx, s.org, &Note{Base: docstore.Base{ID: "a"}, Serial: "1"})
		require.NoError(t, err)
		require.False(t, done)
	})
	t.Run("Update_Taken_RefusedAndFreedLater", func(t *testing.T) {
		change := func(n *Note) error { n.Serial = "1"; return nil }
		_, err := s.notes.Update(s.ctx, s.org, "none-1", change)
		require.ErrorIs(t, err, docstore.ErrDup)
		_, err = s.notes.Update(s.ctx, s.org, "a", func(n *Note) error { n.Serial = "2"; return nil })
		require.NoError(t, err)
		got, err := s.notes.Update(s.ctx, s.org, "none-1", change)
		require.NoError(t, err)
		require.EqualValues(t, 2, got.Rev)
		require.Equal(t, []string{"none-1"}, s.walk(t, s.org, docstore.Query{Index: "by_serial", Where: []docstore.Cond{docstore.Is("serial", "1")}}))
	})
	t.Run("Page_GlobalUnique_FindsOne", func(t *testing.T) {
		require.Equal(t, []string{"a"}, s.walk(t, docstore.AllOrgs(), docstore.Query{Index: "by_email", Where: []docstore.Cond{docstore.Is("email", "a@example.org")}}))
	})
}

func runHostile(t *testing.T, open Open) {
	s := start(t, open)

	t.Run("Strings_AnyBytes_ComeBack", func(t *testing.T) {
		for i, text := range []string{"\x00", "a\x00b", "\u202e\u0000\ufffd", "'; DROP TABLE notes; --", `"`, `\`, "\x1f\x1e\x1fe", "$ne", "😀\u200d", strings.Repeat("é", 100_000)} {
			id := "text" + string(rune('a'+i))
			s.insert(t, &Note{Base: docstore.Base{ID: id}, Place: text, Text: text, Topics: []string{text, text + "x"}, Words: []string{text}, Posted: at(i)})
			q := docstore.Query{Index: "newest", Where: []docstore.Cond{docstore.Is("place", text), docstore.Is("topics", text)}}
			require.Equal(t, []string{id}, s.walk(t, s.org, q), "%.20q", text)
			got, err := s.notes.Get(s.ctx, s.org, id)
			require.NoError(t, err)
			require.Equal(t, text, got.Text)
			require.Equal(t, []string{text, text + "x"}, got.Topics)
			groups, err := s.notes.Group(s.ctx, s.org, docstore.GroupQuery{Index: "newest", Where: q.Where, By: []string{"topics"}})
			require.NoError(t, err)
			require.Len(t, groups, 2)
			require.Equal(t, []any{text}, groups[0].Key)
		}
	})

	t.Run("InvalidUTF8_ReplacedTheSameInDocumentsAndQueries", func(t *testing.T) {
		s.insert(t, &Note{Base: docstore.Base{ID: "bad-utf8"}, Place: "a\xff\xfeb", Topics: []string{}})
		got, err := s.notes.Get(s.ctx, s.org, "bad-utf8")
		require.NoError(t, err)
		require.Equal(t, "a\ufffd\ufffdb", got.Place)
		require.Equal(t, []string{"bad-utf8"}, s.walk(t, s.org, docstore.Query{Index: "newest", Where: []docstore.Cond{docstore.Is("place", "a\xff\xfeb")}}))
	})

	t.Run("MapKeys_AnyName_ComeBack", func(t *testing.T) {
		n := Note{Base: docstore.Base{ID: "keys"}, Topics: []string{}, Scores: map[string]float64{
			"$set": 1, "a.b": 2, "": 3, "%": 4, "%2E": 5, "x\x00y": 6, ".": 7, "$": 8, "a$b": 9, "Dr. O'Hara": 10, "_id": 11, "é": 12,
		}, Extra: map[string]any{"$where": map[string]any{"$gt": "", "a.b.c": []any{map[string]any{"$x": 1.0}}}}}
		s.insert(t, &n)
		got, err := s.notes.Get(s.ctx, s.org, "keys")
		require.NoError(t, err)
		require.Equal(t, n, got)
	})

	t.Run("Numbers_Extreme_ComeBack", func(t *testing.T) {
		n := Note{
			Base: docstore.Base{ID: "numbers"}, Topics: []string{}, Count: math.MinInt64, Stars: ptr(math.SmallestNonzeroFloat64),
			Marks: []float64{math.MaxFloat64, -math.MaxFloat64, 1 << 53, 0.1, 1e21, 123456789012345680000},
			Extra: map[string]any{"big": 1e300, "int": 9007199254740991.0, "neg": -1.0},
		}
		s.insert(t, &n)
		got, err := s.notes.Get(s.ctx, s.org, "numbers")
		require.NoError(t, err)
		require.Equal(t, n, got)
	})

	t.Run("Times_Extreme_ComeBack", func(t *testing.T) {
		for id, when := range map[string]time.Time{
			"first": time.Date(1, 1, 1, 0, 0, 0, 1e6, time.UTC), "last": time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC), "before-1970": time.Date(1969, 12, 31, 23, 59, 59, 999e6, time.UTC),
		} {
			n := Note{Base: docstore.Base{ID: id}, Topics: []string{}, Posted: when, Times: []time.Time{when}}
			s.insert(t, &n)
			got, err := s.notes.Get(s.ctx, s.org, id)
			require.NoError(t, err)
			require.Equal(t, n, got)
			require.Contains(t, s.walk(t, s.org, docstore.Query{Index: "newest", Where: []docstore.Cond{docstore.Is("posted", when)}}), id)
		}
	})

	t.Run("Refused_WithAReason", func(t *testing.T) {
		for name, n := range map[string]Note{
			"nan":        {Base: docstore.Base{ID: "x"}, Stars: ptr(math.NaN())},
			"inf":        {Base: docstore.Base{ID: "x"}, Extra: map[string]any{"x": math.Inf(1)}},
			"year 10000": {Base: docstore.Base{ID: "x"}, Posted: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
			"no id":      {},
			"nul id":     {Base: docstore.Base{ID: "a\x00b"}},
			"bad id":     {Base: docstore.Base{ID: "a\xff"}},
			"long id":    {Base: docstore.Base{ID: strings.Repeat("x", 513)}},
			"deep":       {Base: docstore.Base{ID: "x"}, Extra: deep(150)},
			"unsigned":   {Base: docstore.Base{ID: "x"}, Extra: map[string]any{"n": uint64(math.MaxUint64)}},
		} {
			_, err := s.notes.InsertIfAbsent(s.ctx, s.org, &n)
			require.Error(t, err, name)
			require.Equal(t, problem.Invalid, problem.KindOf(err), name)
		}
		_, err := s.notes.InsertIfAbsent(s.ctx, s.org, &Note{Base: docstore.Base{ID: "huge"}, Text: strings.Repeat("x", 17<<20)})
		require.Equal(t, problem.TooLarge, problem.KindOf(err))
		_, err = s.notes.InsertIfAbsent(s.ctx, docstore.Org("a/b"), &Note{Base: docstore.Base{ID: "x"}})
		require.Equal(t, problem.Invalid, problem.KindOf(err))
	})

	t.Run("Large_UpToTheLimit_Stored", func(t *testing.T) {
		n := Note{Base: docstore.Base{ID: "large"}, Topics: []string{}, Text: strings.Repeat("y", 7<<20)}
		s.insert(t, &n)
		got, err := s.notes.Get(s.ctx, s.org, "large")
		require.NoError(t, err)
		require.Len(t, got.Text, 7<<20)
	})

	t.Run("IDs_AnyPrintable_StayApart", func(t *testing.T) {
		for _, id := range []string{"a/b", "a%2Fb", "$x", "a.b", " ", "é", "'", `"`, "A", "a", strings.Repeat("z", 512)} {
			s.insert(t, &Note{Base: docstore.Base{ID: id}, Text: id, Topics: []string{}})
			got, err := s.notes.Get(s.ctx, s.org, id)
			require.NoError(t, err)
			require.Equal(t, id, got.Text)
		}
	})
}

func deep(n int) map[string]any {
	m := map[string]any{}
	for range n {
		m = map[string]any{"m": m}
	}
	return m
}
