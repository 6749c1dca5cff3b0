package mongo

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/bedside-health/bedside/libs/docstore"
)

// filter spells a selection without its place. Conditions stand in one list, so
// that several may be on one field.
func (t *table) filter(sel docstore.Selection) bson.A {
	all := bson.A{}
	if !sel.AllOrgs {
		all = append(all, cond("org_id", sel.Org))
	}
	for _, m := range sel.Where {
		all = append(all, t.condition(m))
	}
	for _, term := range sel.Terms {
		if term.Prefix {
			all = append(all, cond(t.schema.Terms, bson.Regex{Pattern: "^" + regexp.QuoteMeta(term.Text)}))
		} else {
			all = append(all, cond(t.schema.Terms, term.Text))
		}
	}
	return all
}

func cond(path string, value any) bson.D { return bson.D{{Key: path, Value: value}} }

func op(path, operator string, value any) bson.D {
	return cond(path, cond(operator, value))
}

func and(all bson.A) bson.D {
	switch len(all) {
	case 0:
		return bson.D{}
	case 1:
		return all[0].(bson.D)
	default:
		return bson.D{{Key: "$and", Value: all}}
	}
}

func (t *table) condition(m docstore.Match) bson.D {
	f := t.schema.Fields[m.Field]
	values := make(bson.A, len(m.Values))
	for i, v := range m.Values {
		values[i] = nativeValue(f, v)
	}
	switch m.Op {
	case docstore.In:
		return op(f.Path, "$in", values)
	case docstore.Gte:
		return op(f.Path, "$gte", values[0])
	case docstore.Lt:
		return op(f.Path, "$lt", values[0])
	case docstore.Exists:
		switch want := m.Values[0] == true; {
		case f.Many:
			// An empty array is as good as none.
			return op(f.Path+".0", "$exists", want)
		case want:
			return op(f.Path, "$ne", nil)
		default:
			return cond(f.Path, nil)
		}
	default:
		return cond(f.Path, values[0])
	}
}

func nativeValue(f docstore.Field, v any) any {
	if ms, ok := v.(int64); ok && f.Type == docstore.Time {
		return bson.DateTime(ms)
	}
	return v
}

func (t *table) orderPath(k docstore.OrderKey) string {
	switch k.Field {
	case docstore.KeyOrg:
		return "org_id"
	case docstore.KeyID:
		return "id"
	default:
		return t.schema.Fields[k.Field].Path
	}
}

func (t *table) orderValue(k docstore.OrderKey, v any) any {
	if k.Field < 0 {
		return v
	}
	return nativeValue(t.schema.Fields[k.Field], v)
}

// place spells "after the cursor": one alternative for each leading key that is
// passed, and a plain bound of the first key, which lets MongoDB begin its walk
// of the index there.
func (t *table) place(sel docstore.Selection) bson.A {
	if sel.After == nil {
		return nil
	}
	alternatives := bson.A{}
	for last := range sel.Order {
		beyond := t.beyond(sel.Order[last], sel.After[last])
		if beyond == nil {
			continue
		}
		all := bson.A{}
		for i, k := range sel.Order[:last] {
			all = append(all, cond(t.orderPath(k), t.orderValue(k, sel.After[i])))
		}
		alternatives = append(alternatives, and(append(all, beyond)))
	}
	out := bson.A{bson.D{{Key: "$or", Value: alternatives}}}
	first, v := sel.Order[0], sel.After[0]
	path := t.orderPath(first)
	switch {
	case v == nil && first.Desc:
		out = append(out, cond(path, nil))
	case v == nil:
	case first.Desc:
		// Not above: below, equal, or missing, which comes last.
		out = append(out, op(path, "$not", cond("$gt", t.orderValue(first, v))))
	default:
		out = append(out, op(path, "$gte", t.orderValue(first, v)))
	}
	return out
}

// beyond spells what comes after a value in a key's direction; nil if nothing can.
func (t *table) beyond(k docstore.OrderKey, v any) bson.D {
	path, native := t.orderPath(k), t.orderValue(k, v)
	switch {
	case v == nil && k.Desc:
		return nil
	case v == nil:
		return op(path, "$ne", nil)
	case !k.Desc:
		return op(path, "$gt", native)
	case k.Field < 0:
		return op(path, "$lt", native)
	default:
		return bson.D{{Key: "$or", Value: bson.A{op(path, "$lt", native), cond(path, nil)}}}
	}
}

// hint holds MongoDB to the declared index, whose loss is then an error and not a
// scan. A text search is left to choose between it and the index of terms.
func (t *table) hint(sel docstore.Selection) any {
	if len(sel.Terms) > 0 {
		return nil
	}
	return t.indexes[sel.Index.Name]
}

func (t *table) findFilter(sel docstore.Selection) bson.D {
	return and(append(t.filter(sel), t.place(sel)...))
}

func (t *table) sort(sel docstore.Selection) bson.D {
	out := bson.D{}
	for _, k := range sel.Order {
		out = append(out, bson.E{Key: t.orderPath(k), Value: direction(k.Desc)})
	}
	return out
}

func direction(desc bool) int32 {
	if desc {
		return -1
	}
	return 1
}

func (t *table) Find(ctx context.Context, sel docstore.Selection) ([]docstore.Record, error) {
	opts := options.Find().SetSort(t.sort(sel)).SetLimit(int64(sel.Limit)).SetBatchSize(int32(sel.Limit))
	if h := t.hint(sel); h != nil {
		opts.SetHint(h)
	}
	return t.read(ctx, t.findFilter(sel), opts)
}

func (t *table) Count(ctx context.Context, sel docstore.Selection) (int64, error) {
	opts := options.Count()
	if h := t.hint(sel); h != nil {
		opts.SetHint(h)
	}
	return t.coll.CountDocuments(ctx, and(t.filter(sel)), opts)
}

// Group counts in one aggregation. A field to add up costs two more, over the
// documents that have it: each aggregation computes one figure without an
// expression, which is all that every server this backend meets can do.
func (t *table) Group(ctx context.Context, sel docstore.Selection, by, sum []int) ([]docstore.RawBucket, error) {
	empty := func() docstore.RawBucket {
		return docstore.RawBucket{Sums: make([]float64, len(sum)), SumCounts: make([]int64, len(sum))}
	}
	var out []docstore.RawBucket
	collect := func(filter bson.A, figure any, put func(*docstore.RawBucket, float64)) error {
		return t.aggregate(ctx, sel, filter, by, figure, func(key []any, v float64) {
			b := empty()
			b.Key = key
			put(&b, v)
			out = append(out, b)
		})
	}
	one := int32(1)
	err := collect(t.filter(sel), one, func(b *docstore.RawBucket, v float64) { b.Count = int64(v) })
	for i, f := range sum {
		if err != nil {
			break
		}
		path := t.schema.Fields[f].Path
		having := append(t.filter(sel), op(path, "$ne", nil))
		err = errors.Join(
			collect(having, "$"+path, func(b *docstore.RawBucket, v float64) { b.Sums[i] = v }),
			collect(having, one, func(b *docstore.RawBucket, v float64) { b.SumCounts[i] = int64(v) }),
		)
	}
	return out, err
}

// aggregate adds up a figure over the documents of each key.
func (t *table) aggregate(ctx context.Context, sel docstore.Selection, filter bson.A, by []int, figure any, found func(key []any, v float64)) error {
	var id any
	if len(by) > 0 {
		key := bson.D{}
		for i, f := range by {
			key = append(key, bson.E{Key: keyName(i), Value: "$" + t.schema.Fields[f].Path})
		}
		id = key
	}
	group := bson.D{{Key: "_id", Value: id}, {Key: "v", Value: cond("$sum", figure)}}
	opts := options.Aggregate().SetAllowDiskUse(true)
	if h := t.hint(sel); h != nil {
		opts.SetHint(h)
	}
	cur, err := t.coll.Aggregate(ctx, bson.A{cond("$match", and(filter)), cond("$group", group)}, opts)
	if err != nil {
		return err
	}
	defer func() { _ = cur.Close(context.WithoutCancel(ctx)) }()
	for cur.Next(ctx) {
		key := make([]any, len(by))
		for i, f := range by {
			if key[i], err = fieldValue(t.schema.Fields[f], cur.Current.Lookup("_id", keyName(i))); err != nil {
				return err
			}
		}
		found(key, number(cur.Current.Lookup("v")))
	}
	return cur.Err()
}

func keyName(i int) string { return fmt.Sprintf("k%d", i) }

func number(v bson.RawValue) float64 {
	if d, ok := v.DoubleOK(); ok {
		return d
	}
	n, _ := v.AsInt64OK()
	return float64(n)
}

// fieldValue brings a value of an aggregation to the form of its field.
func fieldValue(f docstore.Field, v bson.RawValue) (any, error) {
	switch v.Type {
	case 0, bson.TypeNull, bson.TypeUndefined:
		return nil, nil
	case bson.TypeArray:
		values, err := v.Array().Values()
		if err != nil {
			return nil, fmt.Errorf("an aggregation's answer is damaged: %w", err)
		}
		many := []any{}
		for _, e := range values {
			one, err := fieldValue(f, e)
			if err != nil {
				return nil, err
			}
			if one != nil {
				many = append(many, one)
			}
		}
		return many, nil
	case bson.TypeString:
		return v.StringValue(), nil
	case bson.TypeBoolean:
		return v.Boolean(), nil
	case bson.TypeDateTime:
		return v.DateTime(), nil
	case bson.TypeDouble, bson.TypeInt32, bson.TypeInt64:
		return number(v), nil
	default:
		return nil, fmt.Errorf("field %s holds a %s", f.Path, v.Type)
	}
}

func (t *table) Explain(ctx context.Context, sel docstore.Selection) (docstore.Plan, error) {
	find := bson.D{
		{Key: "find", Value: t.coll.Name()},
		{Key: "filter", Value: t.findFilter(sel)},
		{Key: "sort", Value: t.sort(sel)},
		{Key: "limit", Value: int64(sel.Limit)},
	}
	if h := t.hint(sel); h != nil {
		find = append(find, bson.E{Key: "hint", Value: h})
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	raw, err := t.coll.Database().RunCommand(ctx, bson.D{{Key: "explain", Value: find}, {Key: "verbosity", Value: "queryPlanner"}}).Raw()
	if err != nil {
		return docstore.Plan{}, err
	}
	native := raw.Lookup("queryPlanner").String()
	return docstore.Plan{
		Index:  sel.Index.Name,
		Scan:   !strings.Contains(native, "IXSCAN") || strings.Contains(native, "COLLSCAN"),
		Native: native,
	}, nil
}
