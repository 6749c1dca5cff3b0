package docstore

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/problem"
)

type visit struct {
	Base
	Place string    `json:"place"`
	At    time.Time `json:"at,omitzero"`
}

func visitBase(v *visit) *Base { return &v.Base }

func TestBind_FaultyDefinition_ReportsEveryFault(t *testing.T) {
	_, err := Bind(t.Context(), nil, Definition[visit]{
		Name: "Visits!", Base: visitBase, Terms: "place",
		Fields: []Field{
			{Path: "place"}, {Path: "place"}, {Path: "Up.per"}, {Path: "id"}, {Path: "rev"}, {Path: "org_id"}, {Path: "typed", Type: 9},
			{Path: "case"}, {Path: "case.owner"}, {Path: "tags", Many: true}, {Path: "marks", Many: true},
		},
		Indexes: []Index{
			{Name: "Bad Name"}, {Name: "twice"}, {Name: "twice"},
			{Name: "unknown", Equal: []string{"nothing"}},
			{Name: "again", Equal: []string{"place"}, Filter: []string{"place"}},
			{Name: "sorted_many", Sort: []Order{{Field: "tags"}}},
			{Name: "unique_many", Equal: []string{"tags"}, Unique: true},
			{Name: "two_many", Equal: []string{"tags", "marks"}},
			{Name: "unique_nothing", Unique: true},
		},
	})
	require.Equal(t, problem.Invalid, problem.KindOf(err))
	for _, want := range []string{
		`collection name "Visits!"`, `field "place" is declared twice`, `field "Up.per"`, `field "id" is the store's own`, `field "rev" is the store's own`,
		`field "org_id" is the store's own`, `unknown type 9`, `terms "place" cannot be`, `field "case.owner" lies inside field "case"`, `index "Bad Name"`,
		`index "twice" is declared twice`, `names "nothing", which is not a declared field`, `index "again": names "place" twice`,
		`index "sorted_many": Sort names "tags"`, `index "unique_many": Equal names "tags"`, `index "two_many": Equal may name one`, `index "unique_nothing": a unique index needs`,
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestBind_DocumentThatHidesItsBase_Refused(t *testing.T) {
	type tagged struct {
		Base `json:"base"`
	}
	_, err := Bind(t.Context(), nil, Definition[tagged]{Name: "tagged", Base: func(v *tagged) *Base { return &v.Base }})
	require.ErrorContains(t, err, "does not show its Base")
	type reserved struct {
		Base
		X int `json:"_x"`
	}
	_, err = Bind(t.Context(), nil, Definition[reserved]{Name: "reserved", Base: func(v *reserved) *Base { return &v.Base }})
	require.ErrorContains(t, err, "underscore")
	_, err = Bind(t.Context(), nil, Definition[visit]{Name: "visits"})
	require.ErrorContains(t, err, "Base is missing")
}

func TestBind_TooManyIndexFields_Refused(t *testing.T) {
	def := Definition[visit]{Name: "visits", Base: visitBase}
	for i := range 29 {
		path := "f" + strings.Repeat("x", i+1)
		def.Fields = append(def.Fields, Field{Path: path})
	}
	ix := Index{Name: "wide"}
	for _, f := range def.Fields {
		ix.Filter = append(ix.Filter, f.Path)
	}
	def.Indexes = []Index{ix}
	_, err := Bind(t.Context(), nil, def)
	require.ErrorContains(t, err, "names 29 fields")
}

func TestCodec_TimesEverywhere_TruncatedInACopy(t *testing.T) {
	type inner struct{ At time.Time }
	type all struct {
		Base
		At    time.Time
		Ptr   *time.Time
		List  []inner
		Array [1]time.Time
		Map   map[string]*inner
		Self  *all
		None  []string
	}
	c := &codec[all]{base: func(a *all) *Base { return &a.Base }, schema: &Schema{paths: &pathNode{}}, timed: nil}
	full, err := newCodec(c.schema, c.base)
	require.NoError(t, err)
	exact := time.Date(2026, 1, 2, 3, 4, 5, 678_912_345, time.FixedZone("x", 7200))
	want := time.Date(2026, 1, 2, 1, 4, 5, 678_000_000, time.UTC)
	shared := inner{At: exact}
	given := exact
	doc := all{At: exact, Ptr: &given, List: []inner{{At: exact}}, Array: [1]time.Time{exact}, Map: map[string]*inner{"a": &shared}, Self: &all{At: exact}}
	list, self := doc.List, doc.Self
	_, err = full.encode(&doc)
	require.NoError(t, err)
	require.Equal(t, want, doc.At)
	require.Equal(t, want, *doc.Ptr)
	require.Equal(t, want, doc.List[0].At)
	require.Equal(t, want, doc.Array[0])
	require.Equal(t, want, doc.Map["a"].At)
	require.Equal(t, want, doc.Self.At)
	require.Equal(t, exact, given)
	require.Equal(t, exact, shared.At)
	require.Equal(t, exact, list[0].At)
	require.Equal(t, exact, self.At)
}

func TestKeyLocks_WaitGivenUp_LeavesNothingBehind(t *testing.T) {
	l := newKeyLocks()
	unlock, err := l.lock(t.Context(), Key{ID: "a"})
	require.NoError(t, err)
	ctx, cancel := timeout(t, 10*time.Millisecond)
	defer cancel()
	_, err = l.lock(ctx, Key{ID: "a"})
	require.Error(t, err)
	other, err := l.lock(t.Context(), Key{ID: "b"})
	require.NoError(t, err)
	other()
	unlock()
	require.Empty(t, l.locks)
}
