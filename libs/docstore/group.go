package docstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxBuckets bounds the answer of Group.
const maxBuckets = 100_000

// Group counts documents by declared fields.
func (c *Collection[T]) Group(ctx context.Context, s Scope, q GroupQuery) ([]Bucket, error) {
	sel, empty, err := c.schema.compile(s, Query{Index: q.Index, Where: q.Where, Terms: q.Terms}, forCount)
	if err != nil {
		return nil, err
	}
	g := grouping{schema: c.schema, sums: q.Sum, many: -1, buckets: map[string]*Bucket{}}
	by, err := g.declare(sel.Index, q.By)
	if err != nil {
		return nil, err
	}
	sum, err := c.schema.summed(sel.Index, q.Sum)
	if err != nil || empty {
		return []Bucket{}, err
	}
	raw, err := c.table.Group(ctx, sel, by, sum)
	if err != nil {
		return nil, wrap(err, "grouping documents of", c.schema)
	}
	for _, r := range raw {
		g.add(r)
		if len(g.buckets) > maxBuckets {
			return nil, invalid("grouping by %s gives more than %d groups", strings.Join(q.By, ", "), maxBuckets)
		}
	}
	return g.sorted(), nil
}

func (s *Schema) summed(ix *Index, paths []string) ([]int, error) {
	out := make([]int, 0, len(paths))
	for _, path := range paths {
		pos := s.FieldPos(path)
		if pos < 0 || !ix.names(path) {
			return nil, noIndex("index %s.%s does not hold field %q", s.Name, ix.Name, path)
		}
		if f := s.Fields[pos]; f.Many || f.Type != Number {
			return nil, invalid("field %s is not one number", path)
		}
		out = append(out, pos)
	}
	return out, nil
}

// grouping merges a backend's buckets.
type grouping struct {
	schema  *Schema
	sums    []string
	types   []FieldType
	many    int // position in By of the Many field, or -1
	buckets map[string]*Bucket
}

func (g *grouping) declare(ix *Index, paths []string) ([]int, error) {
	by := make([]int, 0, len(paths))
	for i, path := range paths {
		pos := g.schema.FieldPos(path)
		if pos < 0 || !ix.names(path) {
			return nil, noIndex("index %s.%s does not hold field %q", g.schema.Name, ix.Name, path)
		}
		if slices.Contains(by, pos) {
			return nil, invalid("field %s is grouped by twice", path)
		}
		if f := g.schema.Fields[pos]; f.Many {
			if g.many >= 0 {
				return nil, invalid("only one field of many values can be grouped by")
			}
			g.many = i
		}
		by = append(by, pos)
		g.types = append(g.types, g.schema.Fields[pos].Type)
	}
	return by, nil
}

func (g *grouping) add(r RawBucket) {
	if g.many < 0 {
		g.merge(r.Key, r)
		return
	}
	elements, _ := r.Key[g.many].([]any)
	if len(elements) == 0 {
		elements = []any{nil}
	}
	key := slices.Clone(r.Key)
	for i, e := range elements {
		if !slices.Contains(elements[:i], e) {
			key[g.many] = e
			g.merge(key, r)
		}
	}
}

func (g *grouping) merge(key []any, r RawBucket) {
	var name strings.Builder
	for _, v := range key {
		text := fmt.Sprint(v)
		fmt.Fprintf(&name, "%t %d %s", v == nil, len(text), text)
	}
	b := g.buckets[name.String()]
	if b == nil {
		b = &Bucket{Key: slices.Clone(key), Sums: map[string]float64{}, SumCounts: map[string]int64{}}
		g.buckets[name.String()] = b
	}
	b.Count += r.Count
	for i, path := range g.sums {
		b.Sums[path] += r.Sums[i]
		b.SumCounts[path] += r.SumCounts[i]
	}
}

func (g *grouping) sorted() []Bucket {
	out := make([]Bucket, 0, len(g.buckets))
	for _, b := range g.buckets {
		out = append(out, *b)
	}
	slices.SortFunc(out, func(a, b Bucket) int {
		for i := range a.Key {
			if c := CompareValues(a.Key[i], b.Key[i]); c != 0 {
				return c
			}
		}
		return 0
	})
	for _, b := range out {
		for i, t := range g.types {
			if ms, ok := b.Key[i].(int64); ok && t == Time {
				b.Key[i] = time.UnixMilli(ms).UTC()
			}
		}
	}
	return out
}

// CompareValues orders two values of one field as both backends do: missing
// first, false before true, strings by their bytes.
func CompareValues(a, b any) int {
	if a == nil || b == nil {
		switch {
		case a == nil && b == nil:
			return 0
		case a == nil:
			return -1
		default:
			return 1
		}
	}
	switch a := a.(type) {
	case string:
		return strings.Compare(a, b.(string))
	case float64:
		return cmp.Compare(a, b.(float64))
	case int64:
		return cmp.Compare(a, b.(int64))
	case bool:
		switch {
		case a == b.(bool):
			return 0
		case !a:
			return -1
		default:
			return 1
		}
	}
	return 0
}
