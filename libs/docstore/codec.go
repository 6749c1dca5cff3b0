package docstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/problem"
)

var (
	timeType    = reflect.TypeFor[time.Time]()
	marshalType = reflect.TypeFor[json.Marshaler]()
)

// codec turns documents into records and back. JSON is the one encoding: what a
// backend stores is derived from it, so that tags, custom marshallers and the
// treatment of empty values mean the same everywhere.
type codec[T any] struct {
	schema *Schema
	base   func(*T) *Base
	timed  map[reflect.Type]bool  // types that hold a time.Time somewhere
	fields map[reflect.Type][]int // the fields of timed structs that do
}

func newCodec[T any](schema *Schema, base func(*T) *Base) (*codec[T], error) {
	c := &codec[T]{schema: schema, base: base}
	c.timed = timedTypes(reflect.TypeFor[T]())
	c.fields = map[reflect.Type][]int{}
	for t := range c.timed {
		for i := 0; t.Kind() == reflect.Struct && t != timeType && i < t.NumField(); i++ {
			if c.timed[t.Field(i).Type] {
				c.fields[t] = append(c.fields[t], i)
			}
		}
	}
	var probe T
	*base(&probe) = Base{ID: "i", OrgID: "o", Rev: 7}
	doc, err := encodeJSON(&probe)
	if err != nil {
		return nil, fmt.Errorf("a document of type %T cannot be written as JSON: %w", probe, err)
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(doc, &top); err != nil ||
		string(top["id"]) != `"i"` || string(top["org_id"]) != `"o"` || string(top["rev"]) != "7" {
		return nil, fmt.Errorf("type %T does not show its Base as id, org_id and rev: embed docstore.Base without a tag", probe)
	}
	for name := range top {
		if strings.HasPrefix(name, "_") {
			return nil, fmt.Errorf("type %T has a field %s: names that begin with an underscore are the store's own", probe, name)
		}
	}
	return c, nil
}

// encode makes the record of a document with the key and revision of its Base.
// doc's times are brought to UTC milliseconds in place, in a copy of whatever
// doc shares with others.
func (c *codec[T]) encode(doc *T) (Record, error) {
	if t := reflect.TypeFor[T](); c.timed[t] {
		c.truncate(reflect.ValueOf(doc).Elem())
	}
	b := c.base(doc)
	data, err := encodeJSON(doc)
	if err != nil {
		return Record{}, problem.Wrap(problem.Invalid, "bad_document", err, "the document for %s cannot be encoded", c.schema.Name)
	}
	if len(data) > MaxDocumentBytes {
		return Record{}, problem.New(problem.TooLarge, "document_too_large",
			"a document for %s has %d bytes; at most %d are stored", c.schema.Name, len(data), MaxDocumentBytes)
	}
	if err := inspect(data); err != nil {
		return Record{}, problem.Wrap(problem.Invalid, "bad_document", err, "the document for %s cannot be stored", c.schema.Name)
	}
	r := Record{Key: Key{Org: b.OrgID, ID: b.ID}, Rev: b.Rev, Doc: data}
	if c.schema.Global {
		r.Org = ""
	}
	if err := c.schema.Extract(&r); err != nil {
		return Record{}, problem.Wrap(problem.Invalid, "bad_document", err, "the document for %s does not fit its declaration", c.schema.Name)
	}
	return r, nil
}

func (c *codec[T]) decode(r Record) (T, error) {
	var doc T
	if err := json.Unmarshal(r.Doc, &doc); err != nil {
		return doc, problem.Wrap(problem.Internal, "bad_stored_document", err, "a stored document of %s cannot be decoded", c.schema.Name)
	}
	return doc, nil
}

// encodeJSON leaves <, > and & as they are: the store is no web page.
func encodeJSON(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// inspect refuses what not every backend can give back as it was: deep nesting,
// and integers that neither an int64 nor a float64 holds.
func inspect(data []byte) error {
	depth := 0
	s := scanner{data: data}
	for s.pos < len(data) {
		switch c := data[s.pos]; {
		case c == '"':
			if err := s.skipString(); err != nil {
				return err
			}
			continue
		case c == '{' || c == '[':
			if depth++; depth > maxDepth/2 {
				return fmt.Errorf("it nests deeper than %d", maxDepth/2)
			}
		case c == '}' || c == ']':
			depth--
		case c == '-' || c >= '0' && c <= '9':
			raw, err := s.raw()
			if err != nil {
				return err
			}
			if len(raw) > 18 && !exact(string(raw)) {
				return errors.New("it holds an integer that would be rounded")
			}
			continue
		}
		s.pos++
	}
	return nil
}

// exact reports whether a number's literal survives as int64 or float64. Literals
// with a fraction or an exponent are floats by themselves.
func exact(literal string) bool {
	if strings.ContainsAny(literal, ".eE") {
		return true
	}
	if _, err := strconv.ParseInt(literal, 10, 64); err == nil {
		return true
	}
	return exactFloat(literal)
}

func exactFloat(literal string) bool {
	v, err := strconv.ParseFloat(literal, 64)
	return err == nil && strconv.FormatFloat(v, 'f', -1, 64) == literal
}

// timedTypes are the types within t that hold a time. A type may be part of
// itself, so that one look is not enough: they are looked at until nothing is new.
func timedTypes(t reflect.Type) map[reflect.Type]bool {
	timed := map[reflect.Type]bool{}
	for {
		before := len(timed)
		findTimed(t, timed, map[reflect.Type]bool{})
		if len(timed) == before {
			return timed
		}
	}
}

func findTimed(t reflect.Type, timed, seen map[reflect.Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	holds := false
	switch {
	case t == timeType:
		holds = true
	case t.Kind() != reflect.Pointer && t.Implements(marshalType):
		// Such a type decides alone how it is written.
	case t.Kind() == reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i).Type
			findTimed(f, timed, seen)
			holds = holds || timed[f]
		}
	case t.Kind() == reflect.Pointer, t.Kind() == reflect.Slice, t.Kind() == reflect.Array, t.Kind() == reflect.Map:
		findTimed(t.Elem(), timed, seen)
		holds = timed[t.Elem()]
	}
	if holds {
		timed[t] = true
	}
}

// truncate brings the times within v, which is addressable, to UTC milliseconds.
func (c *codec[T]) truncate(v reflect.Value) {
	t := v.Type()
	if t == timeType {
		if v.CanSet() {
			at := v.Addr().Interface().(*time.Time)
			*at = at.UTC().Truncate(time.Millisecond)
		}
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		for _, i := range c.fields[t] {
			c.truncate(v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			c.truncate(v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() && v.CanSet() {
			n := reflect.New(t.Elem())
			n.Elem().Set(v.Elem())
			c.truncate(n.Elem())
			v.Set(n)
		}
	case reflect.Slice:
		if v.Len() > 0 && v.CanSet() {
			n := reflect.MakeSlice(t, v.Len(), v.Len())
			reflect.Copy(n, v)
			for i := range n.Len() {
				c.truncate(n.Index(i))
			}
			v.Set(n)
		}
	case reflect.Map:
		if v.Len() > 0 && v.CanSet() {
			n := reflect.MakeMapWithSize(t, v.Len())
			for it := v.MapRange(); it.Next(); {
				e := reflect.New(t.Elem()).Elem()
				e.Set(it.Value())
				c.truncate(e)
				n.SetMapIndex(it.Key(), e)
			}
			v.Set(n)
		}
	}
}

var errID = errors.New("want 1 to 512 bytes of valid UTF-8 without control characters")

// checkID refuses identities that a backend could confuse with another.
func checkID(id string) error {
	if id == "" || len(id) > MaxIDBytes || !utf8.ValidString(id) {
		return errID
	}
	for _, r := range id {
		if r < 0x20 || r == 0x7f {
			return errID
		}
	}
	return nil
}

// replaceInvalid does to a query's string what encoding/json does to a document's.
func replaceInvalid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
	}
	return b.String()
}

// checkOrg also refuses the slash that separates organization and id in stored
// keys: "a/b" with "c" must not be "a" with "b/c".
func checkOrg(org string) error {
	err := checkID(org)
	if err == nil && strings.Contains(org, "/") {
		err = errors.New("an organization id has no slash")
	}
	if err != nil {
		return problem.Wrap(problem.Invalid, "bad_id", err, "an organization id is not valid")
	}
	return nil
}
