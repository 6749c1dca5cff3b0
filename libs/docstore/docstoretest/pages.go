package docstoretest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
)

func runPages(t *testing.T, open Open) {
	s := start(t, open)
	// Five documents at each of four times and five without any, so that pages
	// end within ties.
	for i := range 25 {
		n := Note{Base: docstore.Base{ID: fmt.Sprintf("n%02d", i)}, Place: "north", Open: ptr(true)}
		if i >= 5 {
			n.Posted = at(i / 5)
			n.Work = &Work{Due: at(-i / 5)}
		}
		s.put(t, s.org, n)
	}
	s.put(t, docstore.Org("other"), Note{Base: docstore.Base{ID: "n00"}, Posted: at(2), Place: "north", Open: ptr(true)})
	want := []string{}
	for _, from := range []int{20, 15, 10, 5, 0} {
		for i := 4; i >= 0; i-- {
			want = append(want, fmt.Sprintf("n%02d", from+i))
		}
	}
	backwards := slices.Clone(want)
	slices.Reverse(backwards)

	for _, limit := range []int{1, 2, 3, 5, 7, 24, 25, 26, 1000} {
		t.Run(fmt.Sprintf("Page_Limit%d_EveryDocumentOnceInOrder", limit), func(t *testing.T) {
			require.Equal(t, want, s.walk(t, s.org, docstore.Query{Index: "newest", Limit: limit}))
			require.Equal(t, backwards, s.walk(t, s.org, docstore.Query{Index: "newest", Limit: limit, Reverse: true}))
		})
	}

	t.Run("Page_EqualAndRange_WalksTheRange", func(t *testing.T) {
		q := docstore.Query{
			Index: "by_place", Limit: 2,
			Where: []docstore.Cond{docstore.Is("place", "north"), docstore.Is("open", true), docstore.From("work.due", at(-3)), docstore.Below("work.due", at(-1))},
		}
		require.Equal(t, []string{"n15", "n16", "n17", "n18", "n19", "n10", "n11", "n12", "n13", "n14"}, s.walk(t, s.org, q))
	})

	t.Run("Page_NoSort_OrderedByID", func(t *testing.T) {
		got := s.walk(t, s.org, docstore.Query{Index: "all", Limit: 4})
		require.Len(t, got, 25)
		require.True(t, slices.IsSorted(got))
	})

	t.Run("Page_LastFull_HasNoNext", func(t *testing.T) {
		page, err := s.notes.Page(s.ctx, s.org, docstore.Query{Index: "newest", Limit: 25})
		require.NoError(t, err)
		require.Len(t, page.Items, 25)
		require.Empty(t, page.Next)
	})

	t.Run("Page_WritesBetweenPages_NothingStableIsLostOrDoubled", func(t *testing.T) {
		q := docstore.Query{Index: "newest", Limit: 10}
		first, err := s.notes.Page(s.ctx, s.org, q)
		require.NoError(t, err)
		s.put(t, s.org, Note{Base: docstore.Base{ID: "later"}, Posted: at(90)})
		require.NoError(t, s.notes.Delete(s.ctx, s.org, first.Items[9].ID))
		q.Cursor = first.Next
		require.Equal(t, want[10:], s.walk(t, s.org, q))
	})

	t.Run("Cursor_OfAnotherQuery_Refused", func(t *testing.T) {
		q := docstore.Query{Index: "newest", Limit: 2}
		page, err := s.notes.Page(s.ctx, s.org, q)
		require.NoError(t, err)
		q.Cursor = page.Next
		q.Limit = 9
		_, err = s.notes.Page(s.ctx, s.org, q)
		require.NoError(t, err, "the limit may change")

		reversed, filtered, indexed, searched, damaged := q, q, q, q, q
		reversed.Reverse = true
		filtered.Where = []docstore.Cond{docstore.Is("place", "north")}
		indexed.Index = "by_stars"
		searched.Terms = []string{"word"}
		damaged.Cursor = q.Cursor[:len(q.Cursor)-2] + "AA"
		for _, bad := range []docstore.Query{reversed, filtered, indexed, searched, damaged, {Index: "newest", Cursor: "no cursor"}, {Index: "newest", Cursor: "AAAA"}} {
			_, err := s.notes.Page(s.ctx, s.org, bad)
			require.ErrorIs(t, err, docstore.ErrCursor)
			require.Equal(t, problem.Invalid, problem.KindOf(err))
		}
		_, err = s.notes.Page(s.ctx, docstore.Org("other"), q)
		require.ErrorIs(t, err, docstore.ErrCursor)
	})
}

func runFilters(t *testing.T, open Open) {
	s := start(t, open)
	s.put(
		t, s.org,
		Note{Base: docstore.Base{ID: "a"}, Posted: at(1), Place: "north", Stars: ptr(1.0), Open: ptr(true), Topics: []string{"billing", "billing:negative"}, Work: &Work{Owner: "p1", Due: at(5)}},
		Note{Base: docstore.Base{ID: "b"}, Posted: at(2), Place: "north", Stars: ptr(4.5), Open: ptr(false), Topics: []string{"facility"}, Marks: []float64{1, 2}},
		Note{Base: docstore.Base{ID: "c"}, Posted: at(3), Place: "south", Stars: ptr(5.0), Topics: []string{}},
		Note{Base: docstore.Base{ID: "d"}, Posted: at(4), Topics: []string{"bill", "", "ing"}, Marks: []float64{-0.5}},
		Note{Base: docstore.Base{ID: "e"}, Posted: at(5), Place: "No", Open: ptr(true), Work: &Work{Owner: "p2"}},
	)
	s.put(t, docstore.Org("other"), Note{Base: docstore.Base{ID: "z"}, Posted: at(3), Place: "north", Topics: []string{"billing"}})
	is := func(c ...docstore.Cond) []docstore.Cond { return c }
	for _, c := range []struct {
		name  string
		where []docstore.Cond
		want  []string
	}{
		{"Nothing", nil, []string{"e", "d", "c", "b", "a"}},
		{"Eq", is(docstore.Is("place", "north")), []string{"b", "a"}},
		{"EqIsExact", is(docstore.Is("place", "no")), []string{}},
		{"In", is(docstore.OneOf("place", []string{"south", "No", "west"})), []string{"e", "c"}},
		{"InNothing", is(docstore.OneOf("place", []string{})), []string{}},
		{"BoolFalseIsNotMissing", is(docstore.Is("open", false)), []string{"b"}},
		{"NumberRange", is(docstore.From("stars", 4.5), docstore.Below("stars", 5)), []string{"b"}},
		{"NumberAsInt", is(docstore.Is("stars", 5)), []string{"c"}},
		{"RangeSkipsMissing", is(docstore.Below("stars", 100)), []string{"c", "b", "a"}},
		{"TimeRange", is(docstore.From("posted", at(2)), docstore.Below("posted", at(4))), []string{"c", "b"}},
		{"Exists", is(docstore.Cond{Field: "place", Op: docstore.Exists, Value: true}), []string{"e", "c", "b", "a"}},
		{"Missing", is(docstore.Cond{Field: "work.due", Op: docstore.Exists, Value: false}), []string{"e", "d", "c", "b"}},
		{"Many", is(docstore.Is("topics", "billing")), []string{"a"}},
		{"ManyIsNoPart", is(docstore.Is("topics", "bill")), []string{"d"}},
		{"ManyEmptyString", is(docstore.Is("topics", "")), []string{"d"}},
		{"ManyIn", is(docstore.OneOf("topics", []string{"facility", "ing"})), []string{"d", "b"}},
		{"ManyTwice", is(docstore.Is("topics", "billing"), docstore.Is("topics", "billing:negative")), []string{"a"}},
		{"ManyNumber", is(docstore.OneOf("marks", []float64{2, -0.5})), []string{"d", "b"}},
		{"ManyExists", is(docstore.Cond{Field: "topics", Op: docstore.Exists, Value: true}), []string{"d", "b", "a"}},
		{"ManyMissing", is(docstore.Cond{Field: "topics", Op: docstore.Exists, Value: false}), []string{"e", "c"}},
		{"Nested", is(docstore.Is("work.owner", "p1")), []string{"a"}},
		{"Together", is(docstore.Is("place", "north"), docstore.From("stars", 2), docstore.Is("topics", "facility")), []string{"b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := docstore.Query{Index: "newest", Where: c.where, Limit: 2}
			require.Equal(t, c.want, s.walk(t, s.org, q))
			n, err := s.notes.Count(s.ctx, s.org, q)
			require.NoError(t, err)
			require.EqualValues(t, len(c.want), n)
		})
	}
	t.Run("EqualOnMany", func(t *testing.T) {
		require.Equal(t, []string{"a"}, s.walk(t, s.org, docstore.Query{Index: "by_topic", Where: is(docstore.Is("topics", "billing"))}))
	})
	t.Run("EqualOnMissing", func(t *testing.T) {
		missing := func(f string) docstore.Cond {
			return docstore.Cond{Field: f, Op: docstore.Exists, Value: false}
		}
		require.Equal(t, []string{"d"}, s.walk(t, s.org, docstore.Query{Index: "by_place", Where: is(missing("place"), missing("open"))}))
	})
}

func runQueries(t *testing.T, open Open) {
	s := start(t, open)
	place := docstore.Is("place", "north")
	for name, q := range map[string]docstore.Query{
		"UnknownIndex":    {Index: "nothing"},
		"NoIndex":         {},
		"EqualNotFixed":   {Index: "by_place", Where: []docstore.Cond{place}},
		"EqualBySeveral":  {Index: "by_place", Where: []docstore.Cond{docstore.OneOf("place", []string{"a", "b"}), docstore.Is("open", true)}},
		"FieldNotInIndex": {Index: "all", Where: []docstore.Cond{place}},
		"Undeclared":      {Index: "newest", Where: []docstore.Cond{docstore.Is("text", "x")}},
	} {
		t.Run(name+"_NoIndexServes", func(t *testing.T) {
			_, err := s.notes.Page(s.ctx, s.org, q)
			require.ErrorIs(t, err, docstore.ErrNoIndex)
		})
	}
	for name, q := range map[string]docstore.Query{
		"LimitTooHigh":   {Index: "newest", Limit: 1001},
		"LimitNegative":  {Index: "newest", Limit: -1},
		"WrongType":      {Index: "newest", Where: []docstore.Cond{docstore.Is("stars", "five")}},
		"NilValue":       {Index: "newest", Where: []docstore.Cond{docstore.Is("place", nil)}},
		"RangeOverMany":  {Index: "newest", Where: []docstore.Cond{docstore.From("topics", "a")}},
		"InWithoutSlice": {Index: "newest", Where: []docstore.Cond{{Field: "place", Op: docstore.In, Value: "a"}}},
		"ExistsWithWord": {Index: "newest", Where: []docstore.Cond{{Field: "place", Op: docstore.Exists, Value: "yes"}}},
		"ShortPrefix":    {Index: "newest", Terms: []string{"a*"}},
		"EmptyTerm":      {Index: "newest", Terms: []string{""}},
	} {
		t.Run(name+"_Invalid", func(t *testing.T) {
			_, err := s.notes.Page(s.ctx, s.org, q)
			require.Equal(t, problem.Invalid, problem.KindOf(err))
			require.Error(t, err)
		})
	}
}
