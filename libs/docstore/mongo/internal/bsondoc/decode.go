package bsondoc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/bedside-health/bedside/libs/docstore"
)

// Decode gives a stored document back as a record's key and JSON, without the
// store's own fields. In a global collection the key has no organization.
func Decode(raw bson.Raw, global bool) (docstore.Record, error) {
	var r docstore.Record
	elements, err := raw.Elements()
	if err != nil {
		return r, fmt.Errorf("a stored document is damaged: %w", err)
	}
	out := make([]byte, 0, len(raw)+len(raw)/4)
	out = append(out, '{')
	for _, el := range elements {
		key := el.Key()
		if key == "" || key[0] == '_' {
			continue
		}
		switch key {
		case "id":
			r.ID, _ = el.Value().StringValueOK()
		case "org_id":
			if !global {
				r.Org, _ = el.Value().StringValueOK()
			}
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = appendString(out, unescapeKey(key))
		out = append(out, ':')
		if out, err = appendValue(out, el.Value()); err != nil {
			return r, err
		}
	}
	r.Doc = append(out, '}')
	return r, nil
}

func appendValue(out []byte, v bson.RawValue) ([]byte, error) {
	switch v.Type {
	case bson.TypeNull, bson.TypeUndefined:
		return append(out, "null"...), nil
	case bson.TypeBoolean:
		return strconv.AppendBool(out, v.Boolean()), nil
	case bson.TypeString:
		return appendString(out, v.StringValue()), nil
	case bson.TypeInt32:
		return strconv.AppendInt(out, int64(v.Int32()), 10), nil
	case bson.TypeInt64:
		return strconv.AppendInt(out, v.Int64(), 10), nil
	case bson.TypeDouble:
		return appendFloat(out, v.Double())
	case bson.TypeDateTime:
		out = append(out, '"')
		out = time.UnixMilli(v.DateTime()).UTC().AppendFormat(out, time.RFC3339Nano)
		return append(out, '"'), nil
	case bson.TypeEmbeddedDocument:
		return appendObject(out, v.Document())
	case bson.TypeArray:
		return appendArray(out, v.Array())
	default:
		return nil, fmt.Errorf("a stored document holds a value of type %s, which this store does not write", v.Type)
	}
}

func appendObject(out []byte, doc bson.Raw) ([]byte, error) {
	elements, err := doc.Elements()
	if err != nil {
		return nil, fmt.Errorf("a stored document is damaged: %w", err)
	}
	out = append(out, '{')
	for i, el := range elements {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendString(out, unescapeKey(el.Key()))
		out = append(out, ':')
		if out, err = appendValue(out, el.Value()); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

func appendArray(out []byte, array bson.RawArray) ([]byte, error) {
	values, err := array.Values()
	if err != nil {
		return nil, fmt.Errorf("a stored document is damaged: %w", err)
	}
	out = append(out, '[')
	for i, v := range values {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = appendValue(out, v); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

// appendFloat writes whole numbers without exponent as long as encoding/json
// does, so that they decode into integers too.
func appendFloat(out []byte, v float64) ([]byte, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, fmt.Errorf("a stored document holds %v, which JSON does not", v)
	}
	format := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(out, v, format, -1, 64), nil
}

func appendString(out []byte, s string) []byte {
	plain := utf8.ValidString(s)
	for i := 0; plain && i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' {
			plain = false
		}
	}
	if plain {
		out = append(out, '"')
		out = append(out, s...)
		return append(out, '"')
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(strings.ToValidUTF8(s, "\ufffd")) // a string always encodes
	return append(out, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}
