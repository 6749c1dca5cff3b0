// Package docstore is a small typed document store with two backends: MongoDB
// for production and SQLite for one machine. A collection declares its document
// type, fields and indexes once; what it offers is get, insert-if-absent, atomic
// update, delete, keyset pages over a declared index, grouped counts, claims and
// text search over a declared array of terms.
//
// It promises the same results on both backends (one contract suite and one
// randomised differential test run on both), that one document is the unit of
// consistency, that every operation is confined to its Scope, and that a query
// no declared index serves is an error and never a scan.
//
// Times are stored in UTC with millisecond precision; what is read back compares
// equal to what was written after time.Time.UTC().Truncate(time.Millisecond).
package docstore

import "errors"

// Base is embedded in every document. ID is unique within its organization.
// Rev counts the writes of the document from 1 and is set by the store alone.
type Base struct {
	ID    string `json:"id"`
	OrgID string `json:"org_id"`
	Rev   int64  `json:"rev"`
}

// Scope confines an operation to one organization. The zero Scope is refused.
type Scope struct {
	org string
	all bool
}

// Org is the scope of one organization. An empty id gives the zero Scope, which
// every operation refuses.
func Org(id string) Scope { return Scope{org: id} }

// AllOrgs is the scope of work that is nobody's in particular: claiming what is
// due, sweeps, sign-in. It serves only indexes declared Global, and collections
// declared Global.
func AllOrgs() Scope { return Scope{all: true} }

// OrgID is the organization of the scope; empty for AllOrgs.
func (s Scope) OrgID() string { return s.org }

// IsAll reports whether this is AllOrgs.
func (s Scope) IsAll() bool { return s.all }

// Errors that callers decide by. They are wrapped with the operation.
var (
	ErrNotFound = errors.New("docstore: no such document")
	ErrNoIndex  = errors.New("docstore: no declared index serves this query")
	ErrScope    = errors.New("docstore: operation outside its scope")
	ErrDup      = errors.New("docstore: unique index violated")
	ErrCursor   = errors.New("docstore: cursor is not of this query")
	// ErrSkip is returned by an update function to leave the document as it is;
	// Update then returns the document and no error.
	ErrSkip = errors.New("docstore: leave unchanged")
)

// FieldType is the type of a declared field.
type FieldType int

// The field types. Missing and null values sort before all others.
const (
	String FieldType = iota
	Number
	Time
	Bool
)

// Field declares a field by its JSON path ("case.owner_id"). Many declares an
// array of scalars of that type.
type Field struct {
	Path string
	Type FieldType
	Many bool
}

// Order is one sort key.
type Order struct {
	Field string
	Desc  bool
}

// Index declares an index. The organization comes first unless Global; then the
// Equal fields, which a query must all fix; then Sort, with the id as last key in
// the direction of the last sort key. Filter names further fields that a query
// may restrict while it walks the index; they are part of it, so that no other
// document is read. Reverse walks are served too.
type Index struct {
	Name   string
	Equal  []string
	Sort   []Order
	Filter []string
	Unique bool // over Equal
	Global bool
}

// Definition declares a collection.
type Definition[T any] struct {
	Name string
	Base func(*T) *Base
	// Fields lists all fields that indexes and filters name.
	Fields  []Field
	Indexes []Index
	// Terms is the path of an array of strings for text search; empty for none.
	Terms string
	// Global collections are keyed by id alone and used with AllOrgs.
	Global bool
	// Remember is how many of the documents it stored last a process keeps, so that
	// updating one again need not read it first. What updates promise stays the
	// same. It suits small documents that mostly one process at a time updates;
	// Delete is refused. 0 remembers none.
	Remember int
}

// Op is a comparison.
type Op int

// The comparisons. Of a Many field, Eq and In ask whether any element matches,
// Exists whether there is any; Gte and Lt are not for Many fields. A missing
// value matches no comparison but Exists with false: to find what is below a
// bound or not set, leave the bound to the caller or store a value always.
const (
	Eq Op = iota
	In
	Gte
	Lt
	Exists // Value is a bool
)

// Cond restricts a declared field. Value is a string, float64, int, int64,
// time.Time or bool (or a type whose underlying kind is one); for In a slice of these.
type Cond struct {
	Field string
	Op    Op
	Value any
}

// Is restricts a field to one value.
func Is(field string, value any) Cond { return Cond{field, Eq, value} }

// OneOf restricts a field to one of several values.
func OneOf[V any](field string, values []V) Cond {
	vs := make([]any, len(values))
	for i, v := range values {
		vs[i] = v
	}
	return Cond{field, In, vs}
}

// From restricts a field to value and above.
func From(field string, value any) Cond { return Cond{field, Gte, value} }

// Below restricts a field to less than value.
func Below(field string, value any) Cond { return Cond{field, Lt, value} }

// Query asks for documents in the order of an index.
type Query struct {
	Index string
	Where []Cond
	// Terms must all be in the document's terms; a term that ends in '*' matches
	// as a prefix (at least two characters before it).
	Terms   []string
	Reverse bool
	// Limit is 1 to 1000; 0 means 100.
	Limit int
	// Cursor is Page.Next of the same query; empty starts at the beginning. It
	// is opaque, and refused (ErrCursor) with other filters or another scope.
	Cursor string
}

// Page is one page of documents.
type Page[T any] struct {
	Items []T
	Next  string // empty on the last page
}

// GroupQuery counts documents by the values of declared fields. At most one of By
// may be a Many field, which counts each of its distinct values once a document.
type GroupQuery struct {
	Index string
	Where []Cond
	Terms []string
	By    []string
	// Sum adds up declared Number fields; missing ones count as nothing, and
	// Bucket.SumCounts says how many there were.
	Sum []string
}

// Bucket is one combination of values; Key is parallel to By, with nil for missing.
// Keys are string, float64, bool or time.Time. Buckets come in ascending key order.
type Bucket struct {
	Key       []any
	Count     int64
	Sums      map[string]float64
	SumCounts map[string]int64
}

// Plan is what explain says: Native is the backend's own plan in its own words.
type Plan struct {
	Index  string
	Scan   bool // true if the backend would read the whole collection
	Native string
}
