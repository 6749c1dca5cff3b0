package docstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
)

// Backend is a database that collections are bound to. It is implemented by
// packages docstore/sqlite and docstore/mongo and speaks in values, not in
// types: checking definitions, queries, scopes and cursors is done before it is
// called, so that both backends are asked exactly the same.
type Backend interface {
	Close() error
	// Ping reports whether the store can serve now.
	Ping(ctx context.Context) error
	// Kind is "sqlite" or "mongodb".
	Kind() string
	// Open makes the tables and indexes of a collection where they are missing
	// and brings those of an older schema up to date.
	Open(ctx context.Context, s *Schema) (Table, error)
}

// Table is one collection in a backend. Values are nil, string, float64, bool or,
// for Time fields, int64 milliseconds since 1970; those of a Many field are []any
// of these, nil where there is none.
type Table interface {
	// Get reads those of the records that exist, in any order, Key and Doc set. The
	// keys may be of several organizations.
	Get(ctx context.Context, keys []Key) ([]Record, error)
	// Insert stores the records whose keys are not taken and reports which.
	// A record that violates a unique index gives ErrDup.
	Insert(ctx context.Context, records []Record) ([]bool, error)
	// Replace stores next if the stored record still has prev's revision.
	// It reports whether it did; prev carries the values that are stored now.
	Replace(ctx context.Context, prev, next Record) (bool, error)
	// ReplaceMany is Replace for many records in few round trips. The answers are
	// parallel to swaps: nil where it replaced, ErrStale where the stored record
	// has another revision or is gone, ErrDup, or ErrUnclear. An error of the
	// whole leaves all outcomes open.
	ReplaceMany(ctx context.Context, swaps []Swap) ([]error, error)
	Delete(ctx context.Context, key Key) error
	// Find reads records in order, Key and Doc set.
	Find(ctx context.Context, sel Selection) ([]Record, error)
	Count(ctx context.Context, sel Selection) (int64, error)
	// Group counts; each bucket's key is parallel to by. It may return several
	// buckets of one key, and in a Many field's place the whole []any, for the
	// caller to merge.
	Group(ctx context.Context, sel Selection, by, sum []int) ([]RawBucket, error)
	Explain(ctx context.Context, sel Selection) (Plan, error)
}

// Swap is one replacement: the record as it was read and as it shall be.
type Swap struct {
	Prev, Next Record
}

// What backends answer to a swap.
var (
	// ErrStale: the record is not of the revision that was read.
	ErrStale = errors.New("docstore: another revision is stored")
	// ErrUnclear: others changed the record since, so that it cannot be told any more
	// whether they came after this swap or instead of it.
	ErrUnclear = errors.New("docstore: whether the write came about is not known")
)

// Key is the identity of a record. Org is empty in global collections.
type Key struct {
	Org, ID string
}

// Record is a document as backends see it.
type Record struct {
	Key
	Rev int64
	// Doc is the document as compact JSON, Rev included.
	Doc []byte
	// Values are those of the declared fields, parallel to Schema.Fields.
	Values []any
	// terms is the JSON of the array of search terms; empty if there is none.
	terms []byte
}

// Terms are the distinct searchable terms.
func (r Record) Terms() []string {
	var all []string
	if len(r.terms) == 0 || json.Unmarshal(r.terms, &all) != nil {
		return nil
	}
	seen := make(map[string]bool, len(all))
	return slices.DeleteFunc(all, func(t string) bool {
		if t == "" || seen[t] {
			return true
		}
		seen[t] = true
		return false
	})
}

// SameTerms reports whether two records certainly have the same terms.
func (r Record) SameTerms(other Record) bool { return bytes.Equal(r.terms, other.terms) }

// RawBucket is a Bucket before merging. Sums and SumCounts are parallel to the
// summed fields.
type RawBucket struct {
	Key       []any
	Count     int64
	Sums      []float64
	SumCounts []int64
}

// Selection is a checked query.
type Selection struct {
	Index *Index
	// Org confines the selection; AllOrgs lifts that (global indexes and
	// collections only).
	Org     string
	AllOrgs bool
	Where   []Match
	Terms   []Term
	// Order ends with the keys that make it total. Only Find and Explain use
	// Order, After and Limit.
	Order []OrderKey
	// After are the values of Order's keys at the last record seen; nil starts
	// at the beginning.
	After []any
	Limit int
}

// Match is a checked condition. Values has one value for Eq, Gte and Lt, one or
// more for In, and a bool for Exists.
type Match struct {
	Field  int // position in Schema.Fields
	Op     Op
	Values []any
	// Fixed is set on the conditions that fix the index's Equal fields.
	Fixed bool
}

// Term is one text search condition.
type Term struct {
	Text   string
	Prefix bool
}

// OrderKey is one key of a total order: a position in Schema.Fields, or one of
// the two below.
type OrderKey struct {
	Field int
	Desc  bool
}

// The parts of a record's Key as order keys.
const (
	KeyOrg = -1
	KeyID  = -2
)
