package docstoretest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
)

func runGroups(t *testing.T, open Open) {
	s := start(t, open)
	s.put(
		t, s.org,
		Note{Base: docstore.Base{ID: "a"}, Place: "north", Stars: ptr(1.0), Posted: at(1), Open: ptr(true), Topics: []string{"x", "y", "x"}},
		Note{Base: docstore.Base{ID: "b"}, Place: "north", Stars: ptr(4.0), Posted: at(1), Topics: []string{"y", "x"}},
		Note{Base: docstore.Base{ID: "c"}, Place: "south", Posted: at(2), Open: ptr(false), Topics: []string{"y"}},
		Note{Base: docstore.Base{ID: "d"}, Stars: ptr(2.5)},
	)
	s.put(t, docstore.Org("other"), Note{Base: docstore.Base{ID: "e"}, Place: "north", Stars: ptr(3.0), Topics: []string{"x"}})
	group := func(t *testing.T, q docstore.GroupQuery) []docstore.Bucket {
		t.Helper()
		q.Index = "newest"
		out, err := s.notes.Group(s.ctx, s.org, q)
		require.NoError(t, err)
		return out
	}
	counts := func(buckets []docstore.Bucket) string {
		parts := []string{}
		for _, b := range buckets {
			parts = append(parts, fmt.Sprint(b.Key, b.Count))
		}
		return strings.Join(parts, " ")
	}

	t.Run("Group_OneField_AscendingMissingFirst", func(t *testing.T) {
		require.Equal(t, "[<nil>] 1 [north] 2 [south] 1", counts(group(t, docstore.GroupQuery{By: []string{"place"}})))
		require.Equal(t, "[<nil>] 2 [false] 1 [true] 1", counts(group(t, docstore.GroupQuery{By: []string{"open"}})))
	})
	t.Run("Group_KeyTypes_AreTheFields", func(t *testing.T) {
		got := group(t, docstore.GroupQuery{By: []string{"posted", "stars"}})
		require.Equal(t, []any{nil, 2.5}, got[0].Key)
		require.Equal(t, []any{at(1), 1.0}, got[1].Key)
		require.Equal(t, []any{at(1), 4.0}, got[2].Key)
		require.Equal(t, []any{at(2), nil}, got[3].Key)
	})
	t.Run("Group_Many_CountsEachValueOnceADocument", func(t *testing.T) {
		require.Equal(t, "[<nil>] 1 [x] 2 [y] 3", counts(group(t, docstore.GroupQuery{By: []string{"topics"}})))
		require.Equal(t, "[<nil> <nil>] 1 [north x] 2 [north y] 2 [south y] 1", counts(group(t, docstore.GroupQuery{By: []string{"place", "topics"}})))
	})
	t.Run("Group_Sums_SkipMissing", func(t *testing.T) {
		got := group(t, docstore.GroupQuery{By: []string{"place"}, Sum: []string{"stars"}})
		require.Equal(t, map[string]float64{"stars": 5}, got[1].Sums)
		require.Equal(t, map[string]int64{"stars": 2}, got[1].SumCounts)
		require.Equal(t, map[string]float64{"stars": 0}, got[2].Sums)
		require.Equal(t, map[string]int64{"stars": 0}, got[2].SumCounts)
	})
	t.Run("Group_ByNothing_OneBucketOrNone", func(t *testing.T) {
		got := group(t, docstore.GroupQuery{Sum: []string{"stars"}})
		require.Len(t, got, 1)
		require.EqualValues(t, 4, got[0].Count)
		require.InDelta(t, 7.5, got[0].Sums["stars"], 0)
		require.Empty(t, group(t, docstore.GroupQuery{Where: []docstore.Cond{docstore.Is("place", "west")}}))
	})
	t.Run("Group_Filtered_CountsOnlyThose", func(t *testing.T) {
		got := group(t, docstore.GroupQuery{By: []string{"place"}, Where: []docstore.Cond{docstore.Is("topics", "x")}})
		require.Equal(t, "[north] 2", counts(got))
	})
	t.Run("Group_EqualBySeveral_Served", func(t *testing.T) {
		got, err := s.notes.Group(s.ctx, s.org, docstore.GroupQuery{
			Index: "by_place", By: []string{"place", "open"},
			Where: []docstore.Cond{docstore.OneOf("place", []string{"north", "south", "west"}), docstore.OneOf("open", []bool{true, false})},
		})
		require.NoError(t, err)
		require.Equal(t, "[north true] 1 [south false] 1", counts(got))
	})
	t.Run("Group_Unserved_Refused", func(t *testing.T) {
		for _, q := range []docstore.GroupQuery{
			{Index: "all", By: []string{"place"}}, {Index: "newest", By: []string{"text"}}, {Index: "newest", Sum: []string{"count"}}, {Index: "by_place", By: []string{"place"}},
		} {
			_, err := s.notes.Group(s.ctx, s.org, q)
			require.ErrorIs(t, err, docstore.ErrNoIndex)
		}
		for _, q := range []docstore.GroupQuery{
			{Index: "newest", By: []string{"topics", "marks"}}, {Index: "newest", By: []string{"place", "place"}}, {Index: "newest", Sum: []string{"place"}},
		} {
			_, err := s.notes.Group(s.ctx, s.org, q)
			require.Equal(t, problem.Invalid, problem.KindOf(err))
		}
	})
}

func runSearch(t *testing.T, open Open) {
	s := start(t, open)
	long := strings.Repeat("ab", 200)
	s.put(
		t, s.org,
		Note{Base: docstore.Base{ID: "a"}, Posted: at(1), Words: []string{"dentist", "late", "late", "o'hara"}},
		Note{Base: docstore.Base{ID: "b"}, Posted: at(2), Words: []string{"dental", "Late", "dentista"}},
		Note{Base: docstore.Base{ID: "c"}, Posted: at(3), Words: []string{"zähne", "שלום", "🦷", "late-comer", "a b", "x\x00y"}},
		Note{Base: docstore.Base{ID: "d"}, Posted: at(4), Words: []string{long, "", "Þß", "Þ", "or", "and", "not", "near"}, Place: "north"},
	)
	s.put(t, docstore.Org("other"), Note{Base: docstore.Base{ID: "e"}, Posted: at(5), Words: []string{"dentist", "late"}})
	for _, c := range []struct {
		terms []string
		want  []string
	}{
		{[]string{"dentist"}, []string{"a"}},
		{[]string{"dent*"}, []string{"b", "a"}},
		{[]string{"dentist*"}, []string{"b", "a"}},
		{[]string{"dent*", "late"}, []string{"a"}},
		{[]string{"late", "late"}, []string{"a"}},
		{[]string{"LATE"}, []string{}},
		{[]string{"Late"}, []string{"b"}},
		{[]string{"late-*"}, []string{"c"}},
		{[]string{"late*"}, []string{"c", "a"}},
		{[]string{"comer"}, []string{}},
		{[]string{"o'hara"}, []string{"a"}},
		{[]string{"o'*"}, []string{"a"}},
		{[]string{"hara"}, []string{}},
		{[]string{"zähne"}, []string{"c"}},
		{[]string{"zä*"}, []string{"c"}},
		{[]string{"zahne"}, []string{}},
		{[]string{"שלום"}, []string{"c"}},
		{[]string{"🦷"}, []string{"c"}},
		{[]string{"a b"}, []string{"c"}},
		{[]string{"x\x00y"}, []string{}},
		{[]string{"Þß"}, []string{"d"}},
		{[]string{"Þ"}, []string{"d"}},
		{[]string{"Þß*"}, []string{"d"}},
		{[]string{long}, []string{}},
		{[]string{long[:256]}, []string{}},
		{[]string{long[:256] + "*"}, []string{"d"}},
		{[]string{"or"}, []string{"d"}},
		{[]string{"or", "and", "not", "near"}, []string{"d"}},
		{[]string{`" OR "`}, []string{}},
		{[]string{"late' OR 1=1 --"}, []string{}},
		{[]string{".*ent.*"}, []string{}},
		{[]string{"lakeside*"}, []string{}},
	} {
		t.Run(fmt.Sprintf("%.40q", c.terms), func(t *testing.T) {
			q := docstore.Query{Index: "newest", Terms: c.terms, Limit: 1}
			require.Equal(t, c.want, s.walk(t, s.org, q))
			n, err := s.notes.Count(s.ctx, s.org, q)
			require.NoError(t, err)
			require.EqualValues(t, len(c.want), n)
		})
	}
	t.Run("WithFilterAndGroup", func(t *testing.T) {
		where := []docstore.Cond{docstore.Is("place", "north")}
		require.Equal(t, []string{"d"}, s.walk(t, s.org, docstore.Query{Index: "newest", Where: where, Terms: []string{"or"}}))
		require.Empty(t, s.walk(t, s.org, docstore.Query{Index: "newest", Where: where, Terms: []string{"late"}}))
		got, err := s.notes.Group(s.ctx, s.org, docstore.GroupQuery{Index: "newest", Terms: []string{"late*"}, By: []string{"place"}})
		require.NoError(t, err)
		require.Len(t, got, 1)
		require.EqualValues(t, 2, got[0].Count)
	})
}
