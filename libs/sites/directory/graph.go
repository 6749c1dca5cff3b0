package directory

import (
	"errors"
	"slices"
	"sort"
	"strings"

	"golang.org/x/net/html"
)

// entity is a thing described by the page, whichever markup says so.
type entity struct {
	id     string // @id or itemid as written
	types  []string
	props  map[string][]value
	node   *html.Node // the element, for microdata
	source source
	order  int
	named  bool // it has a type or a property, and is not only pointed at
}

type source int

const (
	fromMicrodata source = iota
	fromJSONLD
)

// value is a text or another entity.
type value struct {
	text string
	ent  *entity
}

// maxTypes bounds the types of an entity; those of real pages have a handful.
const maxTypes = 32

func (e *entity) addType(t string) {
	if t = word(t); t != "" && len(t) <= maxFactBytes && len(e.types) < maxTypes && !slices.Contains(e.types, t) {
		e.types = append(e.types, t)
	}
}

// maxCompared bounds the search for values given twice, which is quadratic.
const maxCompared = 64

func (e *entity) add(prop string, v value) {
	if v.ent == nil && v.text == "" {
		return
	}
	if known := e.props[prop]; len(known) > maxCompared || !slices.Contains(known, v) {
		e.props[prop] = append(known, v)
	}
	e.named = true
}

// all returns the values of several properties that mean the same.
func (e *entity) all(props ...string) []value {
	var out []value
	for _, p := range props {
		out = append(out, e.props[p]...)
	}
	return out
}

// text is the first text of the first property that has one. An entity in its
// place speaks by its name.
func (e *entity) text(props ...string) string {
	for _, v := range e.all(props...) {
		if v.ent == nil {
			return v.text
		}
		if name := v.ent.text1("name", "value"); name != "" {
			return name
		}
	}
	return ""
}

// text1 does not look into entities, which could be cyclic.
func (e *entity) text1(props ...string) string {
	for _, v := range e.all(props...) {
		if v.ent == nil {
			return v.text
		}
	}
	return ""
}

func (e *entity) entity(props ...string) *entity {
	for _, v := range e.all(props...) {
		if v.ent != nil {
			return v.ent
		}
	}
	return nil
}

func (e *entity) hasType(types map[string]bool) bool {
	return slices.ContainsFunc(e.types, func(t string) bool { return types[t] })
}

// graph is all entities of a page in document order. JSON-LD nodes with the
// same @id are one entity.
type graph struct {
	entities []*entity
	byID     map[string]*entity
}

func newGraph() *graph { return &graph{byID: map[string]*entity{}} }

func (g *graph) newEntity(src source) *entity {
	e := &entity{props: map[string][]value{}, source: src, order: len(g.entities)}
	g.entities = append(g.entities, e)
	return e
}

// word strips the vocabulary from a type or property: "https://schema.org/name"
// and "schema:name" are "name".
func word(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.LastIndexAny(s, "/#:"); i >= 0 {
		s = s[i+1:]
	}
	return s
}

func (p *page) readJSONLD() {
	budget := maxLDValues
	for _, block := range p.doc.ld {
		values, err := parseLD(block, &budget)
		if err != nil {
			p.fault(err.Error())
			if mentionsReviews(block) {
				p.brokenLD = true
			}
			if errors.Is(err, errLDMany) {
				p.brokenLD = true
				return
			}
			continue
		}
		for _, v := range values {
			p.graph.addLD(v)
		}
	}
	p.graph.dropPointers()
}

func mentionsReviews(block string) bool {
	return strings.Contains(block, "review") || strings.Contains(block, "Review")
}

// addLD adds a value to the graph and returns what stands for it in a property.
// The depth of v is bounded by the parser.
func (g *graph) addLD(v any) []value {
	switch v := v.(type) {
	case string:
		return []value{{text: v}}
	case ldLiteral:
		if v == "null" {
			return nil
		}
		return []value{{text: string(v)}}
	case []any:
		var out []value
		for _, item := range v {
			out = append(out, g.addLD(item)...)
		}
		return out
	case map[string]any:
		return g.addObject(v)
	}
	return nil
}

func (g *graph) addObject(obj map[string]any) []value {
	for _, wrapper := range []string{"@value", "@list", "@set"} {
		if inner, ok := obj[wrapper]; ok {
			return g.addLD(inner)
		}
	}
	_, isGraph := obj["@graph"]
	if isGraph && len(obj) <= 3 && obj["@type"] == nil {
		return g.addLD(obj["@graph"])
	}
	e := g.objectEntity(obj)
	if types, ok := obj["@type"]; ok {
		for _, t := range flatStrings(types) {
			e.addType(t)
		}
		e.named = true
	}
	for _, key := range sortedKeys(obj) {
		switch {
		case key == "@graph" || key == "@included":
			g.addLD(obj[key])
		case key == "@reverse":
			g.addReverse(e, obj[key])
		case strings.HasPrefix(key, "@"):
		default:
			prop := word(key)
			for _, v := range g.addLD(obj[key]) {
				e.add(prop, v)
			}
		}
	}
	return []value{{ent: e}}
}

// addReverse adds properties that lead from others to e.
func (g *graph) addReverse(e *entity, v any) {
	obj, ok := v.(map[string]any)
	if !ok {
		return
	}
	for _, key := range sortedKeys(obj) {
		for _, from := range g.addLD(obj[key]) {
			if from.ent != nil {
				from.ent.add(word(key), value{ent: e})
			}
		}
	}
}

func (g *graph) objectEntity(obj map[string]any) *entity {
	id, _ := obj["@id"].(string)
	if id == "" {
		return g.newEntity(fromJSONLD)
	}
	if e, known := g.byID[id]; known {
		return e
	}
	e := g.newEntity(fromJSONLD)
	e.id = id
	g.byID[id] = e
	return e
}

// dropPointers forgets entities that are pointed at but described nowhere.
func (g *graph) dropPointers() {
	g.entities = slices.DeleteFunc(g.entities, func(e *entity) bool { return !e.named })
}

func flatStrings(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, item := range v {
			out = append(out, flatStrings(item)...)
		}
		return out
	}
	return nil
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
