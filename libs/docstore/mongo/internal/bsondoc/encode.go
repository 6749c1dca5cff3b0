// Package bsondoc turns a document's JSON into what MongoDB stores, and back: the
// same JSON comes back, up to the spelling of numbers and declared times.
package bsondoc

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
)

// maxBSON is MongoDB's own bound of a document.
const maxBSON = 16 << 20

// Names in documents that come from outside (the keys of maps) may be anything,
// MongoDB's may not: a percent sign escapes what means something to it.
var (
	keyEscape   = strings.NewReplacer("%", "%25", ".", "%2E", "\x00", "%00", "$", "%24")
	keyUnescape = strings.NewReplacer("%25", "%", "%2E", ".", "%00", "\x00", "%24", "$", "%5F", "_")
)

const emptyKey = "%"

func escapeKey(key string, top bool) string {
	switch {
	case key == "":
		return emptyKey
	case top && key[0] == '_':
		// Top-level names with an underscore are the store's own.
		return "%5F" + keyEscape.Replace(key[1:])
	default:
		return keyEscape.Replace(key)
	}
}

func unescapeKey(key string) string {
	if key == emptyKey {
		return ""
	}
	if strings.IndexByte(key, '%') < 0 {
		return key
	}
	return keyUnescape.Replace(key)
}

// Paths knows the declared fields by path, and the objects that lead to them.
type Paths struct {
	fields map[string]docstore.FieldType
	leads  map[string]bool
}

// NewPaths collects the declared fields of a schema.
func NewPaths(s *docstore.Schema) *Paths {
	p := &Paths{fields: map[string]docstore.FieldType{}, leads: map[string]bool{"": true}}
	add := func(path string, t docstore.FieldType) {
		p.fields[path] = t
		for i := range path {
			if path[i] == '.' {
				p.leads[path[:i]] = true
			}
		}
	}
	for _, f := range s.Fields {
		add(f.Path, f.Type)
	}
	if s.Terms != "" {
		add(s.Terms, docstore.String)
	}
	return p
}

// encoder writes a document's JSON as BSON. Declared fields get their type;
// elsewhere, times as encoding/json writes them become dates, because they read
// better and come back as the same text.
type encoder struct {
	dec   *json.Decoder
	paths *Paths
	out   []byte
}

// undeclared is the path of everything that leads to no declared field.
const undeclared = "\x00"

// Encode adds own strings, which come first and whose names begin with an
// underscore, to what the JSON says. A document that is too long for MongoDB is a
// problem.TooLarge.
func Encode(doc []byte, p *Paths, own bson.D) (bson.Raw, error) {
	e := &encoder{dec: json.NewDecoder(bytes.NewReader(doc)), paths: p, out: make([]byte, 0, len(doc)+len(doc)/2)}
	e.dec.UseNumber()
	if tok, err := e.dec.Token(); err != nil || tok != json.Delim('{') {
		return nil, errors.New("a document is not a JSON object")
	}
	err := e.nested(func() error {
		for _, o := range own {
			if s, ok := o.Value.(string); ok {
				e.element(bson.TypeString, o.Key)
				e.text(s)
			}
		}
		return e.members("")
	})
	if err != nil {
		return nil, err
	}
	if len(e.out) > maxBSON {
		return nil, problem.New(problem.TooLarge, "document_too_large", "a document has %d bytes in MongoDB's encoding; at most %d are stored", len(e.out), maxBSON)
	}
	return e.out, nil
}

// nested writes the length of what write writes before it, and a zero after it.
func (e *encoder) nested(write func() error) error {
	start := len(e.out)
	e.out = append(e.out, 0, 0, 0, 0)
	if err := write(); err != nil {
		return err
	}
	e.out = append(e.out, 0)
	binary.LittleEndian.PutUint32(e.out[start:], uint32(len(e.out)-start))
	return nil
}

func (e *encoder) element(t bson.Type, key string) {
	e.out = append(e.out, byte(t))
	e.out = append(e.out, key...)
	e.out = append(e.out, 0)
}

func (e *encoder) text(s string) {
	e.out = binary.LittleEndian.AppendUint32(e.out, uint32(len(s)+1))
	e.out = append(e.out, s...)
	e.out = append(e.out, 0)
}

func (e *encoder) double(v float64) {
	e.out = binary.LittleEndian.AppendUint64(e.out, math.Float64bits(v))
}

func (e *encoder) int64(v int64) { e.out = binary.LittleEndian.AppendUint64(e.out, uint64(v)) }

func (e *encoder) members(path string) error {
	for {
		tok, err := e.dec.Token()
		if err != nil {
			return err
		}
		key, ok := tok.(string)
		if !ok {
			return nil // the closing brace
		}
		inner := undeclared
		switch {
		case path == "" && (e.paths.leads[key] || e.declared(key)):
			inner = key
		case path != "" && path != undeclared:
			if p := path + "." + key; e.paths.leads[p] || e.declared(p) {
				inner = p
			}
		}
		if err := e.value(escapeKey(key, path == ""), inner); err != nil {
			return err
		}
	}
}

func (e *encoder) declared(path string) bool {
	_, ok := e.paths.fields[path]
	return ok
}

func (e *encoder) value(key, path string) error {
	tok, err := e.dec.Token()
	if err != nil {
		return err
	}
	return e.token(tok, key, path)
}

func (e *encoder) token(tok json.Token, key, path string) error {
	declared, isDeclared := e.paths.fields[path]
	switch v := tok.(type) {
	case nil:
		e.element(bson.TypeNull, key)
	case bool:
		e.element(bson.TypeBoolean, key)
		if v {
			e.out = append(e.out, 1)
		} else {
			e.out = append(e.out, 0)
		}
	case string:
		if isDeclared && declared == docstore.Time {
			at, err := time.Parse(time.RFC3339, v)
			if err != nil {
				return fmt.Errorf("field %s is not a time", path)
			}
			e.element(bson.TypeDateTime, key)
			e.int64(at.UnixMilli())
		} else if ms, ok := plainTime(v); ok && !isDeclared {
			e.element(bson.TypeDateTime, key)
			e.int64(ms)
		} else {
			e.element(bson.TypeString, key)
			e.text(v)
		}
	case json.Number:
		return e.number(v.String(), key, isDeclared)
	case json.Delim:
		if v == '{' {
			e.element(bson.TypeEmbeddedDocument, key)
			return e.nested(func() error { return e.members(path) })
		}
		e.element(bson.TypeArray, key)
		return e.nested(func() error { return e.elements(path) })
	}
	return nil
}

func (e *encoder) elements(path string) error {
	if !e.declared(path) {
		path = undeclared
	}
	for i := 0; ; i++ {
		tok, err := e.dec.Token()
		if err != nil {
			return err
		}
		if tok == json.Delim(']') {
			return nil
		}
		if err := e.token(tok, strconv.Itoa(i), path); err != nil {
			return err
		}
	}
}

// number keeps integers whole unless the field is declared: those are doubles
// always, so that one index holds one type.
func (e *encoder) number(literal, key string, declared bool) error {
	if !declared {
		if n, err := strconv.ParseInt(literal, 10, 64); err == nil {
			e.element(bson.TypeInt64, key)
			e.int64(n)
			return nil
		}
	}
	v, err := strconv.ParseFloat(literal, 64)
	if err != nil {
		return errors.New("a number is out of range")
	}
	e.element(bson.TypeDouble, key)
	e.double(v + 0)
	return nil
}

// plainTime recognises a time exactly as encoding/json writes one in UTC with
// milliseconds or less, so that decoding gives the same text.
func plainTime(s string) (ms int64, ok bool) {
	if len(s) < 20 || len(s) > 24 || s[4] != '-' || s[10] != 'T' || s[len(s)-1] != 'Z' {
		return 0, false
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || at.Year() > 9999 || at.Format(time.RFC3339Nano) != s {
		return 0, false
	}
	return at.UnixMilli(), true
}
