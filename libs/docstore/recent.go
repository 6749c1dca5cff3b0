package docstore

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"sync"
)

// recent is the last records of a collection that this process stored, as many as its
// definition says. An update that begins with one of them need not read it first; that
// it still is the stored one is what compare-and-swap finds out, for which no revision
// may come twice: documents of such collections are not deleted. A nil recent
// remembers nothing.
type recent[T any] struct {
	plain   bool // copies of a T share nothing
	mu      sync.Mutex
	records map[Key]*remembered[T]
	ring    []Key // in the order they came; next is overwritten next
	next    int
}

type remembered[T any] struct {
	record Record
	// doc is what decoding the record gives, where it is known without.
	doc *T
	// shared records are changed by other processes, too: they are read until the one
	// that is read is the one that was stored.
	shared bool
}

func newRecent[T any](most int) *recent[T] {
	if most <= 0 {
		return nil
	}
	return &recent[T]{
		plain:   plainType(reflect.TypeFor[T]()),
		records: make(map[Key]*remembered[T], most), ring: make([]Key, most),
	}
}

// get gives the record to begin an update with, if one is known that is good for it, and
// its document, if that is known; it must be copied and not changed.
func (r *recent[T]) get(key Key) (record Record, doc *T, ok bool) {
	if r == nil {
		return record, nil, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.records[key]
	if m == nil || m.shared {
		return record, nil, false
	}
	return m.record, m.doc, true
}

// put remembers what was stored.
func (r *recent[T]) put(record Record, doc T) {
	if r == nil {
		return
	}
	var kept *T
	if r.plain && !bytes.Contains(record.Doc, replaced) {
		kept = &doc
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.records[record.Key]; m != nil {
		if record.Rev > m.record.Rev {
			// In between somebody else stored others.
			m.shared = m.shared && record.Rev != m.record.Rev+1
			m.record, m.doc = record, kept
		}
		return
	}
	delete(r.records, r.ring[r.next])
	r.ring[r.next] = record.Key
	r.next = (r.next + 1) % len(r.ring)
	r.records[record.Key] = &remembered[T]{record: record, doc: kept}
}

// stale notes that another process stored a later revision than the one remembered.
func (r *recent[T]) stale(key Key) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.records[key]; m != nil {
		m.shared = true
	}
}

// replaced is what encoding/json writes for bytes that are no UTF-8.
var replaced = []byte(`\ufffd`)

// plainType reports whether a copy of a document shares nothing with it and whether
// decoding what it encodes to gives the same document again, up to what encode itself
// does to times.
func plainType(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.String, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float64:
		return !ownCoding(t)
	case reflect.Struct:
		if t == timeType {
			return true
		}
		for i := range t.NumField() {
			f := t.Field(i)
			if !f.IsExported() || f.Tag.Get("json") == "-" || !plainType(f.Type) {
				return false
			}
		}
		return !ownCoding(t)
	}
	return false
}

// ownCoding reports whether a type has a say in how it is encoded or decoded.
func ownCoding(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	for _, coding := range []reflect.Type{
		marshalType, reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[encoding.TextUnmarshaler](),
	} {
		if p.Implements(coding) {
			return true
		}
	}
	return false
}
