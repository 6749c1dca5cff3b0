package docstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"

	"github.com/bedside-health/bedside/libs/problem"
)

// A cursor is base64url of a 12-byte seal and the JSON array of the order keys'
// values at the last document seen. The seal is a hash over the collection, the
// scope, the index, the conditions, the direction and those values: it refuses
// cursors of other queries and damaged ones. It is no secret, and need not be:
// the scope is never taken from a cursor, so that a forged one gives nothing but
// another place in the same list.
const sealBytes = 12

// maxCursor bounds what is decoded.
const maxCursor = 64 << 10

func encodeCursor(s *Schema, sel Selection, at []any) (string, error) {
	data, err := encodeJSON(at)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(seal(s, sel, data), data...)), nil
}

// decodeCursor gives the values of a cursor that encodeCursor made for the same
// query, in the forms that backends know.
func decodeCursor(s *Schema, sel Selection, cursor string) ([]any, error) {
	if len(cursor) > maxCursor {
		return nil, badCursor()
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(raw) <= sealBytes {
		return nil, badCursor()
	}
	data := raw[sealBytes:]
	if !bytes.Equal(raw[:sealBytes], seal(s, sel, data)) {
		return nil, badCursor()
	}
	var values []any
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if dec.Decode(&values) != nil || len(values) != len(sel.Order) {
		return nil, badCursor()
	}
	for i, k := range sel.Order {
		if values[i], err = cursorValue(s, k, values[i]); err != nil {
			return nil, badCursor()
		}
	}
	return values, nil
}

func cursorValue(s *Schema, k OrderKey, v any) (any, error) {
	t := String
	if k.Field >= 0 {
		t = s.Fields[k.Field].Type
		if v == nil {
			return nil, nil
		}
	}
	switch v := v.(type) {
	case string:
		if t == String {
			return v, nil
		}
	case bool:
		if t == Bool {
			return v, nil
		}
	case json.Number:
		if t == Number {
			return v.Float64()
		}
		if t == Time {
			return v.Int64()
		}
	}
	return nil, ErrCursor
}

func seal(s *Schema, sel Selection, values []byte) []byte {
	h := sha256.New()
	put(h, s.Name, sel.Index.Name, sel.Org)
	fmt.Fprintf(h, "%t %d %d %d;", sel.AllOrgs, len(sel.Where), len(sel.Terms), len(sel.Order))
	for _, m := range sel.Where {
		put(h, s.Fields[m.Field].Path)
		fmt.Fprintf(h, "%d %d;", m.Op, len(m.Values))
		for _, v := range m.Values {
			put(h, fmt.Sprintf("%T%v", v, v))
		}
	}
	for _, t := range sel.Terms {
		put(h, t.Text)
		fmt.Fprintf(h, "%t;", t.Prefix)
	}
	for _, k := range sel.Order {
		fmt.Fprintf(h, "%d %t;", k.Field, k.Desc)
	}
	h.Write(values)
	return h.Sum(nil)[:sealBytes]
}

// put writes strings so that no two sequences of them look alike.
func put(h hash.Hash, parts ...string) {
	for _, p := range parts {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		h.Write([]byte(p))
	}
}

func badCursor() error {
	return problem.Wrap(problem.Invalid, "bad_cursor", ErrCursor, "the cursor does not belong to this list; start again without it")
}
