// Package docstoretest is the contract of docstore backends as tests. A backend
// that passes Run and Differential gives the same answers as the others, so that
// nothing above it needs to know which one it talks to.
package docstoretest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore"
)

// Note is the document of the contract tests. It has every type of field, present
// and missing, nested and plain, and things that are hard to store.
type Note struct {
	docstore.Base
	Place  string             `json:"place,omitempty"`
	Stars  *float64           `json:"stars,omitempty"`
	Posted time.Time          `json:"posted,omitzero"`
	Open   *bool              `json:"open,omitempty"`
	Email  string             `json:"email,omitempty"`
	Serial string             `json:"serial,omitempty"`
	Work   *Work              `json:"work,omitempty"`
	Topics []string           `json:"topics"`
	Marks  []float64          `json:"marks,omitempty"`
	Words  []string           `json:"words,omitempty"`
	Text   string             `json:"text,omitempty"`
	Count  int64              `json:"count"`
	Extra  map[string]any     `json:"extra,omitempty"`
	Times  []time.Time        `json:"times,omitempty"`
	ByName map[string]Work    `json:"by_name,omitempty"`
	Scores map[string]float64 `json:"scores,omitempty"`
}

// Work is the nested part of a Note.
type Work struct {
	Owner string    `json:"owner,omitempty"`
	Due   time.Time `json:"due,omitzero"`
}

// Notes declares the contract tests' collection.
func Notes() docstore.Definition[Note] {
	filters := []string{"place", "stars", "open", "work.owner", "work.due", "topics", "marks"}
	return docstore.Definition[Note]{
		Name: "notes",
		Base: func(n *Note) *docstore.Base { return &n.Base },
		Fields: []docstore.Field{
			{Path: "place"}, {Path: "email"}, {Path: "serial"}, {Path: "work.owner"},
			{Path: "stars", Type: docstore.Number}, {Path: "posted", Type: docstore.Time},
			{Path: "work.due", Type: docstore.Time}, {Path: "open", Type: docstore.Bool},
			{Path: "topics", Many: true}, {Path: "marks", Type: docstore.Number, Many: true},
		},
		Terms: "words",
		Indexes: []docstore.Index{
			{Name: "newest", Sort: []docstore.Order{{Field: "posted", Desc: true}}, Filter: filters},
			{Name: "by_stars", Sort: []docstore.Order{{Field: "stars"}, {Field: "posted", Desc: true}}, Filter: []string{"place", "open", "work.owner", "topics"}},
			{Name: "by_place", Equal: []string{"place", "open"}, Sort: []docstore.Order{{Field: "work.due"}}, Filter: []string{"stars", "topics"}},
			{Name: "by_topic", Equal: []string{"topics"}, Sort: []docstore.Order{{Field: "posted"}}, Filter: []string{"place"}},
			{Name: "by_serial", Equal: []string{"serial"}, Unique: true},
			{Name: "by_email", Equal: []string{"email"}, Unique: true, Global: true},
			{Name: "due", Sort: []docstore.Order{{Field: "work.due"}}, Filter: []string{"place", "work.owner"}, Global: true},
			{Name: "all"},
		},
	}
}

// Session is the document of a global collection.
type Session struct {
	docstore.Base
	Person  string    `json:"person"`
	Expires time.Time `json:"expires"`
}

// Sessions declares a global collection.
func Sessions() docstore.Definition[Session] {
	return docstore.Definition[Session]{
		Name: "sessions", Global: true,
		Base:   func(s *Session) *docstore.Base { return &s.Base },
		Fields: []docstore.Field{{Path: "person"}, {Path: "org_id"}, {Path: "expires", Type: docstore.Time}},
		Indexes: []docstore.Index{
			{Name: "by_person", Equal: []string{"person"}, Sort: []docstore.Order{{Field: "expires"}}, Filter: []string{"org_id"}},
			{Name: "by_expiry", Sort: []docstore.Order{{Field: "expires"}}, Global: true},
		},
	}
}

// Open gives a backend on an empty database, closed by the test's cleanup.
type Open func(t testing.TB) docstore.Backend

// suite is what every contract test starts from.
type suite struct {
	ctx     context.Context
	backend docstore.Backend
	notes   *docstore.Collection[Note]
	org     docstore.Scope
}

func start(t testing.TB, open Open) *suite {
	t.Helper()
	s := &suite{ctx: t.Context(), backend: open(t), org: docstore.Org("lakeside")}
	var err error
	s.notes, err = docstore.Bind(s.ctx, s.backend, Notes())
	require.NoError(t, err)
	return s
}

// Run checks a backend against the whole contract.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"Documents", runDocuments},
		{"Pages", runPages},
		{"Filters", runFilters},
		{"Groups", runGroups},
		{"Search", runSearch},
		{"Scopes", runScopes},
		{"Unique", runUnique},
		{"Hostile", runHostile},
		{"Concurrency", runConcurrency},
		{"Many", runMany},
		{"Remember", runRemember},
		{"Redeclared", runRedeclared},
		{"Queries", runQueries},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open) })
	}
}

func ptr[T any](v T) *T { return &v }

func at(minutes int) time.Time {
	return time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(minutes) * time.Minute)
}

func ids(notes []Note) []string {
	out := make([]string, len(notes))
	for i, n := range notes {
		out[i] = n.ID
	}
	return out
}

func (s *suite) put(t testing.TB, org docstore.Scope, notes ...Note) {
	t.Helper()
	docs := make([]*Note, len(notes))
	for i := range notes {
		docs[i] = &notes[i]
	}
	done, err := s.notes.InsertManyIfAbsent(s.ctx, org, docs)
	require.NoError(t, err)
	for _, d := range done {
		require.True(t, d)
	}
}

// walk reads all pages of a query.
func (s *suite) walk(t testing.TB, org docstore.Scope, q docstore.Query) []string {
	t.Helper()
	out := []string{}
	for {
		page, err := s.notes.Page(s.ctx, org, q)
		require.NoError(t, err)
		out = append(out, ids(page.Items)...)
		if page.Next == "" {
			return out
		}
		require.NotEmpty(t, page.Items, "a page that is not the last has documents")
		q.Cursor = page.Next
	}
}
