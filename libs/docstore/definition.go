package docstore

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bedside-health/bedside/libs/problem"
)

// Limits of definitions, documents and queries. They hold on both backends.
const (
	// MaxDocumentBytes bounds a document's JSON. MongoDB holds 16 MiB of its own,
	// sometimes longer, encoding.
	MaxDocumentBytes = 8 << 20
	// MaxIDBytes bounds Base.ID and Base.OrgID.
	MaxIDBytes = 512
	// MaxTermBytes bounds search terms. A longer term of a document is found by
	// its prefixes only; a longer term of a query finds nothing.
	MaxTermBytes = 256
	// MaxLimit bounds Query.Limit.
	MaxLimit = 1000
	// MaxConditions bounds Query.Where and Query.Terms, each.
	MaxConditions = 64
	// MaxInValues bounds the values of one In condition.
	MaxInValues = 1000
	// maxIndexFields leaves room for organization and id in MongoDB's 32.
	maxIndexFields = 28
)

var (
	namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	pathPattern = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`)
)

// Schema is what a backend needs to know of a Definition. It does not change
// after Bind.
type Schema struct {
	Name    string
	Fields  []Field
	Indexes []Index
	Terms   string
	Global  bool

	paths *pathNode
}

// FieldPos is the position of a declared field, or -1.
func (s *Schema) FieldPos(path string) int {
	return slices.IndexFunc(s.Fields, func(f Field) bool { return f.Path == path })
}

// Index is the declared index of that name, or nil.
func (s *Schema) Index(name string) *Index {
	for i := range s.Indexes {
		if s.Indexes[i].Name == name {
			return &s.Indexes[i]
		}
	}
	return nil
}

// newSchema checks a definition and reports all its faults.
func newSchema(name string, fields []Field, indexes []Index, terms string, global bool) (*Schema, error) {
	s := &Schema{
		Name: name, Fields: slices.Clone(fields), Indexes: slices.Clone(indexes),
		Terms: terms, Global: global,
	}
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf(format, args...))
	}
	if !namePattern.MatchString(name) || strings.HasPrefix(name, "sqlite_") || strings.HasPrefix(name, "system") {
		fault("collection name %q: want lower-case letters, digits and underscores, at most 40", name)
	}
	seen := map[string]bool{}
	for _, f := range s.Fields {
		switch {
		case !pathPattern.MatchString(f.Path) || len(f.Path) > 100:
			fault("field %q: not a path of lower-case names", f.Path)
		case seen[f.Path]:
			fault("field %q is declared twice", f.Path)
		case f.Path == "id" || f.Path == "rev" || (f.Path == "org_id" && !global):
			fault("field %q is the store's own", f.Path)
		case f.Type < String || f.Type > Bool:
			fault("field %q: unknown type %d", f.Path, f.Type)
		}
		seen[f.Path] = true
	}
	if terms != "" && !pathPattern.MatchString(terms) {
		fault("terms %q: not a path of lower-case names", terms)
	}
	if seen[terms] {
		fault("terms %q cannot be a declared field as well", terms)
	}
	faults = append(faults, s.nesting()...)
	names := map[string]bool{}
	for i := range s.Indexes {
		ix := &s.Indexes[i]
		if names[ix.Name] {
			fault("index %q is declared twice", ix.Name)
		}
		names[ix.Name] = true
		faults = append(faults, s.checkIndex(ix)...)
	}
	if len(faults) > 0 {
		return nil, problem.Wrap(problem.Invalid, "bad_definition", errors.Join(faults...),
			"the definition of collection %s is not valid", name)
	}
	s.paths = newPathTree(s)
	return s, nil
}

// nesting refuses a path that runs through another declared one.
func (s *Schema) nesting() []error {
	var faults []error
	paths := []string{}
	for _, f := range s.Fields {
		paths = append(paths, f.Path)
	}
	if s.Terms != "" {
		paths = append(paths, s.Terms)
	}
	for _, a := range paths {
		for _, b := range paths {
			if strings.HasPrefix(b, a+".") {
				faults = append(faults, fmt.Errorf("field %q lies inside field %q", b, a))
			}
		}
	}
	return faults
}

func (s *Schema) checkIndex(ix *Index) []error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("index %q: "+format, append([]any{ix.Name}, args...)...))
	}
	if !namePattern.MatchString(ix.Name) {
		fault("want a name of lower-case letters, digits and underscores, at most 40")
	}
	used := map[string]bool{}
	use := func(path, part string, manyAllowed bool) {
		p := s.FieldPos(path)
		switch {
		case p < 0:
			fault("%s names %q, which is not a declared field", part, path)
		case used[path]:
			fault("names %q twice", path)
		case s.Fields[p].Many && !manyAllowed:
			fault("%s names %q, a field of many values", part, path)
		}
		used[path] = true
	}
	manyEqual := 0
	for _, path := range ix.Equal {
		use(path, "Equal", !ix.Unique)
		if p := s.FieldPos(path); p >= 0 && s.Fields[p].Many {
			manyEqual++
		}
	}
	if manyEqual > 1 {
		fault("Equal may name one field of many values")
	}
	for _, o := range ix.Sort {
		use(o.Field, "Sort", false)
	}
	for _, path := range ix.Filter {
		use(path, "Filter", true)
	}
	if len(used) > maxIndexFields {
		fault("names %d fields; at most %d are possible", len(used), maxIndexFields)
	}
	if ix.Unique && len(ix.Equal) == 0 {
		fault("a unique index needs Equal fields")
	}
	return faults
}
