package docstore

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/problem"
)

// defaultLimit is what Query.Limit 0 means.
const defaultLimit = 100

// purpose is what a query is compiled for: pages need an order, counts do not.
type purpose int

const (
	forPage purpose = iota
	forCount
)

// compile checks a query and resolves it. empty is true if nothing can match,
// in which case the backend need not be asked.
func (s *Schema) compile(scope Scope, q Query, why purpose) (sel Selection, empty bool, err error) {
	ix := s.Index(q.Index)
	if ix == nil {
		return sel, false, noIndex("collection %s has no index %q", s.Name, q.Index)
	}
	if err := s.checkScope(scope, ix); err != nil {
		return sel, false, err
	}
	if q.Limit < 0 || q.Limit > MaxLimit {
		return sel, false, invalid("limit %d is not in 0..%d", q.Limit, MaxLimit)
	}
	if len(q.Where) > MaxConditions || len(q.Terms) > MaxConditions {
		return sel, false, invalid("more than %d conditions", MaxConditions)
	}
	sel = Selection{Index: ix, Org: scope.org, AllOrgs: scope.all, Limit: q.Limit}
	if sel.Limit == 0 {
		sel.Limit = defaultLimit
	}
	for _, c := range q.Where {
		m, none, err := s.match(ix, c)
		if err != nil {
			return sel, false, err
		}
		empty = empty || none
		sel.Where = append(sel.Where, m)
	}
	if err := s.fixEqual(ix, sel.Where, why); err != nil {
		return sel, false, err
	}
	if len(q.Terms) > 0 && scope.all && !s.Global {
		return sel, false, noIndex("text search in %s is within one organization", s.Name)
	}
	terms, none, err := s.terms(q.Terms)
	if err != nil {
		return sel, false, err
	}
	sel.Terms = terms
	sel.Order = s.order(ix, q.Reverse)
	return sel, empty || none, nil
}

// checkScope holds a query to its organization.
func (s *Schema) checkScope(scope Scope, ix *Index) error {
	switch {
	case !scope.all && scope.org == "":
		return outOfScope("no organization is given")
	case s.Global && !scope.all:
		return outOfScope("collection %s is global and needs AllOrgs", s.Name)
	case s.Global:
		return nil
	case scope.all && !ix.Global:
		return outOfScope("index %s.%s serves one organization at a time", s.Name, ix.Name)
	case !scope.all && ix.Global:
		return noIndex("index %s.%s is over all organizations; name one that begins with the organization", s.Name, ix.Name)
	}
	return nil
}

// match checks one condition. none is true if it can match nothing.
func (s *Schema) match(ix *Index, c Cond) (m Match, none bool, err error) {
	pos := s.FieldPos(c.Field)
	if pos < 0 || !ix.names(c.Field) {
		return m, false, noIndex("index %s.%s does not hold field %q", s.Name, ix.Name, c.Field)
	}
	f := s.Fields[pos]
	m = Match{Field: pos, Op: c.Op}
	switch c.Op {
	case Eq:
		v, err := condValue(f, c.Value)
		m.Values = []any{v}
		return m, false, err
	case Gte, Lt:
		if f.Many {
			return m, false, invalid("field %s has many values and no order", f.Path)
		}
		v, err := condValue(f, c.Value)
		m.Values = []any{v}
		return m, false, err
	case In:
		rv := reflect.ValueOf(c.Value)
		if rv.Kind() != reflect.Slice {
			return m, false, invalid("field %s: In wants a slice", f.Path)
		}
		if rv.Len() > MaxInValues {
			return m, false, invalid("field %s: more than %d values", f.Path, MaxInValues)
		}
		for i := range rv.Len() {
			v, err := condValue(f, rv.Index(i).Interface())
			if err != nil {
				return m, false, err
			}
			if !slices.Contains(m.Values, v) {
				m.Values = append(m.Values, v)
			}
		}
		if len(m.Values) == 1 {
			m.Op = Eq
		}
		return m, len(m.Values) == 0, nil
	case Exists:
		want, ok := c.Value.(bool)
		if !ok {
			return m, false, invalid("field %s: Exists wants a bool", f.Path)
		}
		m.Values = []any{want}
		return m, false, nil
	default:
		return m, false, invalid("field %s: unknown comparison %d", f.Path, c.Op)
	}
}

// condValue brings a condition's value to the form of the field's type.
func condValue(f Field, value any) (any, error) {
	if t, ok := value.(time.Time); ok && f.Type == Time {
		return t.UnixMilli(), nil
	}
	rv := reflect.ValueOf(value)
	switch {
	case f.Type == String && rv.Kind() == reflect.String:
		return replaceInvalid(rv.String()), nil
	case f.Type == Bool && rv.Kind() == reflect.Bool:
		return rv.Bool(), nil
	case f.Type == Number && rv.CanInt():
		return float64(rv.Int()), nil
	case f.Type == Number && rv.CanUint():
		return float64(rv.Uint()), nil
	case f.Type == Number && rv.CanFloat():
		if v := rv.Float(); !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v + 0, nil
		}
	}
	return nil, invalid("field %s cannot be compared with a %T", f.Path, value)
}

// fixEqual checks that the Equal fields are fixed, and marks the conditions that
// do. Several values of one field keep no order, so that only counts take them.
func (s *Schema) fixEqual(ix *Index, where []Match, why purpose) error {
	for _, path := range ix.Equal {
		pos, fixed := s.FieldPos(path), false
		for i := range where {
			m := &where[i]
			if m.Field != pos || fixed {
				continue
			}
			switch {
			case m.Op == Eq,
				m.Op == In && why == forCount,
				m.Op == Exists && m.Values[0] == false && !s.Fields[pos].Many:
				m.Fixed, fixed = true, true
			}
		}
		if !fixed {
			return noIndex("index %s.%s needs one value of %q", s.Name, ix.Name, path)
		}
	}
	return nil
}

// names reports whether the index holds a field.
func (ix *Index) names(path string) bool {
	return slices.Contains(ix.Equal, path) || slices.Contains(ix.Filter, path) ||
		slices.ContainsFunc(ix.Sort, func(o Order) bool { return o.Field == path })
}

// order is the total order of an index: its sort keys, then what tells documents
// apart, in the direction of the last sort key.
func (s *Schema) order(ix *Index, reverse bool) []OrderKey {
	keys, last := []OrderKey{}, false
	for _, o := range ix.Sort {
		last = o.Desc
		keys = append(keys, OrderKey{Field: s.FieldPos(o.Field), Desc: o.Desc != reverse})
	}
	if ix.Global && !s.Global {
		keys = append(keys, OrderKey{Field: KeyOrg, Desc: last != reverse})
	}
	return append(keys, OrderKey{Field: KeyID, Desc: last != reverse})
}

// terms checks search terms. none is true if one of them can be in no document.
func (s *Schema) terms(texts []string) (terms []Term, none bool, err error) {
	if len(texts) == 0 {
		return nil, false, nil
	}
	if s.Terms == "" {
		return nil, false, noIndex("collection %s declares no terms", s.Name)
	}
	for _, text := range texts {
		t := Term{Text: replaceInvalid(text)}
		if cut, ok := strings.CutSuffix(t.Text, "*"); ok {
			t = Term{Text: cut, Prefix: true}
			if len([]rune(cut)) < 2 {
				return nil, false, invalid("a search term needs at least two characters before the *")
			}
		}
		if t.Text == "" {
			return nil, false, invalid("a search term is empty")
		}
		if len(t.Text) > MaxTermBytes || strings.ContainsRune(t.Text, 0) {
			none = true
		}
		if !slices.Contains(terms, t) {
			terms = append(terms, t)
		}
	}
	return terms, none, nil
}

func invalid(detail string, args ...any) error {
	return problem.New(problem.Invalid, "bad_query", detail, args...)
}

func noIndex(detail string, args ...any) error {
	return problem.Wrap(problem.Invalid, "no_index", ErrNoIndex, "%s", fmt.Sprintf(detail, args...))
}

func outOfScope(detail string, args ...any) error {
	return problem.Wrap(problem.Forbidden, "out_of_scope", ErrScope, "%s", fmt.Sprintf(detail, args...))
}
