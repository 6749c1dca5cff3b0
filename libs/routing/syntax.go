package routing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxNesting bounds what lies in each other. A tree of MaxDepth nodes needs two levels for each, and
// few more below.
const maxNesting = 2*MaxDepth + 10

// kind is what a value of YAML or JSON is.
type kind int

const (
	null kind = iota
	scalar
	list
	object
)

func (k kind) String() string { return [...]string{"nothing", "a value", "a list", "an object"}[k] }

// value is a value of YAML or JSON with its line.
type value struct {
	kind   kind
	text   string // of a scalar
	line   int
	items  []*value
	fields []field // in their order
}

type field struct {
	key   string
	line  int
	value *value
}

// read reads the syntax of a plan. What YAML has beyond JSON's model is refused: aliases, because they
// multiply, and tags, anchors and several documents, because nothing of a plan needs them.
func read(data []byte) (*value, *Fault) {
	if !utf8.Valid(data) {
		return nil, &Fault{Detail: "the plan is not UTF-8"}
	}
	if trimmed := bytes.TrimSpace(data); len(trimmed) > 0 && trimmed[0] == '{' {
		return readJSON(data)
	}
	return readYAML(data)
}

func readYAML(data []byte) (v *value, fault *Fault) {
	// The parser is not ours and its input is anybody's: a panic of it is a fault of the text.
	defer func() {
		if recover() != nil {
			v, fault = nil, &Fault{Detail: "the plan is not YAML that can be read"}
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	if err := decoder.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, &Fault{Detail: "the plan is empty"}
		}
		return nil, yamlFault(err)
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, &Fault{Detail: "the plan holds more than one document", Line: second.Line}
	} else if !errors.Is(err, io.EOF) {
		return nil, yamlFault(err)
	}
	if len(document.Content) != 1 {
		return nil, &Fault{Detail: "the plan is empty"}
	}
	return fromYAML(document.Content[0], 0)
}

// yamlFault takes the line out of the parser's message.
func yamlFault(err error) *Fault {
	f := &Fault{Detail: strings.TrimPrefix(err.Error(), "yaml: ")}
	if n, scanErr := fmt.Sscanf(f.Detail, "line %d:", &f.Line); n == 1 && scanErr == nil {
		_, rest, _ := strings.Cut(f.Detail, ":")
		f.Detail = strings.TrimSpace(rest)
	}
	return f
}

func fromYAML(n *yaml.Node, depth int) (*value, *Fault) {
	refuse := func(detail string) (*value, *Fault) { return nil, &Fault{Detail: detail, Line: n.Line} }
	switch {
	case depth > maxNesting:
		return refuse("is nested deeper than a plan has use for")
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return refuse("anchors and aliases of YAML are not used in plans")
	case n.Style&yaml.TaggedStyle != 0:
		return refuse("tags of YAML are not used in plans")
	}
	v := &value{line: n.Line}
	switch n.Kind {
	case yaml.ScalarNode:
		if n.ShortTag() != "!!null" {
			v.kind, v.text = scalar, n.Value
		}
	case yaml.SequenceNode:
		v.kind = list
		for _, c := range n.Content {
			item, fault := fromYAML(c, depth+1)
			if fault != nil {
				return nil, fault
			}
			v.items = append(v.items, item)
		}
	case yaml.MappingNode:
		v.kind = object
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind != yaml.ScalarNode || key.Anchor != "" || key.Style&yaml.TaggedStyle != 0 || key.ShortTag() == "!!merge" {
				return nil, &Fault{Detail: "want a plain word as key", Line: key.Line}
			}
			item, fault := fromYAML(n.Content[i+1], depth+1)
			if fault != nil {
				return nil, fault
			}
			v.fields = append(v.fields, field{key.Value, key.Line, item})
		}
	default:
		return refuse("is nothing a plan has use for")
	}
	return v, nil
}

func readJSON(data []byte) (*value, *Fault) {
	r := jsonReader{data: data, dec: json.NewDecoder(bytes.NewReader(data)), line: 1}
	r.dec.UseNumber()
	v, err := r.value(0)
	if err == nil {
		if _, end := r.dec.Token(); !errors.Is(end, io.EOF) {
			err = errors.New("something follows the plan")
		}
	}
	if err != nil {
		return nil, &Fault{Detail: "the plan is not JSON that can be read: " + err.Error(), Line: r.at()}
	}
	return v, nil
}

type jsonReader struct {
	data []byte
	dec  *json.Decoder
	seen int // bytes whose lines are counted
	line int
}

// at is the line the reader has come to.
func (r *jsonReader) at() int {
	offset := min(int(r.dec.InputOffset()), len(r.data))
	r.line += bytes.Count(r.data[r.seen:offset], []byte("\n"))
	r.seen = offset
	return r.line
}

func (r *jsonReader) value(depth int) (*value, error) {
	if depth > maxNesting {
		return nil, errors.New("it is nested deeper than a plan has use for")
	}
	token, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	v := &value{line: r.at()}
	switch t := token.(type) {
	case nil:
	case string:
		v.kind, v.text = scalar, t
	case bool, json.Number:
		v.kind, v.text = scalar, fmt.Sprint(t)
	case json.Delim:
		v.kind = list
		if t == '{' {
			v.kind = object
		}
		for r.dec.More() {
			f := field{}
			if v.kind == object {
				key, err := r.dec.Token()
				if err != nil {
					return nil, err
				}
				f.key, f.line = fmt.Sprint(key), r.at()
			}
			if f.value, err = r.value(depth + 1); err != nil {
				return nil, err
			}
			if v.kind == object {
				v.fields = append(v.fields, f)
			} else {
				v.items = append(v.items, f.value)
			}
		}
		if _, err := r.dec.Token(); err != nil {
			return nil, err
		}
	}
	return v, nil
}
