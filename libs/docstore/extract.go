package docstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

var errMalformed = errors.New("malformed JSON")

// pathNode is a tree of the declared paths, walked along with the JSON so that a
// document is read once and only declared values are decoded.
type pathNode struct {
	children map[string]*pathNode
	leaf     bool
	field    int // position in Schema.Fields; -1 for the terms
}

func newPathTree(s *Schema) *pathNode {
	root := &pathNode{}
	add := func(path string, field int) {
		n := root
		for name := range strings.SplitSeq(path, ".") {
			if n.children == nil {
				n.children = map[string]*pathNode{}
			}
			c := n.children[name]
			if c == nil {
				c = &pathNode{}
				n.children[name] = c
			}
			n = c
		}
		n.leaf, n.field = true, field
	}
	for i, f := range s.Fields {
		add(f.Path, i)
	}
	if s.Terms != "" {
		add(s.Terms, -1)
	}
	return root
}

// Extract fills in a record's values and terms from its document. A value of
// another type than declared is an error.
func (s *Schema) Extract(r *Record) error {
	x := &extraction{scanner: scanner{data: r.Doc}, schema: s, values: make([]any, len(s.Fields))}
	x.space()
	if err := x.object(s.paths); err != nil {
		return err
	}
	r.Values, r.terms = x.values, x.terms
	return nil
}

type extraction struct {
	scanner
	schema *Schema
	values []any
	terms  []byte
}

// object walks the object at the cursor; null is as good as an empty one.
func (x *extraction) object(n *pathNode) error {
	switch x.peek() {
	case '{':
	case 'n':
		return x.skip()
	default:
		return errors.New("a declared path leads through a value that is no object")
	}
	return x.eachMember(func(key string) error {
		child := n.children[key]
		switch {
		case child == nil:
			return x.skip()
		case !child.leaf:
			return x.object(child)
		case child.field < 0:
			return x.readTerms()
		default:
			return x.readField(child.field)
		}
	})
}

func (x *extraction) readField(i int) error {
	f := x.schema.Fields[i]
	var v any
	var err error
	if f.Many {
		v, err = x.readMany(f)
	} else {
		v, err = x.readScalar(f)
	}
	if err != nil {
		return err
	}
	x.values[i] = v
	return nil
}

func (x *extraction) readMany(f Field) (any, error) {
	var many []any
	mismatch, err := x.eachElement(func() error {
		v, err := x.readScalar(f)
		if v != nil {
			many = append(many, v)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if mismatch {
		return nil, fmt.Errorf("field %s is declared to hold many values and does not", f.Path)
	}
	if many == nil {
		return nil, nil
	}
	return many, nil
}

// readTerms checks that the terms are strings and keeps their JSON: most updates
// leave them as they are, which comparing bytes tells without decoding them.
func (x *extraction) readTerms() error {
	start := x.pos
	mismatch, err := x.eachElement(func() error {
		if x.peek() != '"' && x.peek() != 'n' {
			return fmt.Errorf("the terms at %s are not all strings", x.schema.Terms)
		}
		return x.skip()
	})
	if err == nil && mismatch {
		return fmt.Errorf("the terms at %s are not an array", x.schema.Terms)
	}
	if err == nil && x.data[start] == '[' {
		x.terms = x.data[start:x.pos]
	}
	return err
}

// readScalar consumes one value and gives it in the form of the field's type.
func (x *extraction) readScalar(f Field) (any, error) {
	raw, err := x.raw()
	if err != nil {
		return nil, err
	}
	v, err := scalar(raw, f.Type)
	if err != nil {
		return nil, fmt.Errorf("field %s: %w", f.Path, err)
	}
	return v, nil
}

func scalar(raw []byte, t FieldType) (any, error) {
	c := raw[0]
	switch {
	case c == 'n':
		return nil, nil
	case t == Bool && (c == 't' || c == 'f'):
		return c == 't', nil
	case t == Number && (c == '-' || c >= '0' && c <= '9'):
		v, err := strconv.ParseFloat(string(raw), 64)
		if err != nil {
			return nil, errors.New("a number out of range")
		}
		if len(raw) > 15 && !strings.ContainsAny(string(raw), ".eE") && !exactFloat(string(raw)) {
			return nil, errors.New("an integer that a float64 would round")
		}
		return v + 0, nil
	case t == String && c == '"':
		return unquote(raw)
	case t == Time && c == '"':
		s, err := unquote(raw)
		if err != nil {
			return nil, err
		}
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return nil, errors.New("not a time")
		}
		return at.UnixMilli(), nil
	default:
		return nil, errors.New("the value is not of the declared type")
	}
}

func unquote(raw []byte) (string, error) {
	for _, c := range raw {
		if c == '\\' {
			var s string
			if err := json.Unmarshal(raw, &s); err != nil {
				return "", err
			}
			return s, nil
		}
	}
	return string(raw[1 : len(raw)-1]), nil
}
