package docstore

import (
	"context"
	"errors"

	"github.com/bedside-health/bedside/libs/problem"
)

// Collection is a typed view of one collection. It is safe for concurrent use.
type Collection[T any] struct {
	def    Definition[T]
	schema *Schema
	codec  *codec[T]
	table  Table
	locks  *keyLocks
	recent *recent[T]
}

// Bind makes a collection ready on a backend: it checks the definition (all
// faults joined) and makes missing tables and indexes, idempotently and safely
// against other processes that do the same at the same time. Documents written
// under an older definition are brought up to date.
func Bind[T any](ctx context.Context, b Backend, def Definition[T]) (*Collection[T], error) {
	schema, err := newSchema(def.Name, def.Fields, def.Indexes, def.Terms, def.Global)
	if err == nil && def.Base == nil {
		err = errors.New("Base is missing")
	}
	var c *codec[T]
	if err == nil {
		c, err = newCodec(schema, def.Base)
	}
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, "bad_definition", err, "binding collection %s", def.Name)
	}
	table, err := b.Open(ctx, schema)
	if err != nil {
		return nil, wrap(err, "opening", schema)
	}
	return &Collection[T]{def: def, schema: schema, codec: c, table: table, locks: newKeyLocks(), recent: newRecent[T](def.Remember)}, nil
}

// Get reads one document, or ErrNotFound.
func (c *Collection[T]) Get(ctx context.Context, s Scope, id string) (T, error) {
	var none T
	key, err := c.key(s, id)
	if err != nil {
		return none, err
	}
	r, err := c.read(ctx, key)
	if err != nil {
		return none, err
	}
	return c.codec.decode(r)
}

// read gives the stored record of a key, or ErrNotFound.
func (c *Collection[T]) read(ctx context.Context, key Key) (Record, error) {
	records, err := c.table.Get(ctx, []Key{key})
	if err != nil {
		return Record{}, wrap(err, "reading a document of", c.schema)
	}
	if len(records) == 0 {
		return Record{}, notFound(c.schema)
	}
	return records[0], nil
}

// GetMany reads those of the documents that exist, in the order of ids.
func (c *Collection[T]) GetMany(ctx context.Context, s Scope, ids []string) ([]T, error) {
	keys := make([]Key, len(ids))
	for i, id := range ids {
		var err error
		if keys[i], err = c.key(s, id); err != nil {
			return nil, err
		}
	}
	return c.getAll(ctx, keys)
}

func (c *Collection[T]) getAll(ctx context.Context, keys []Key) ([]T, error) {
	out := make([]T, 0, len(keys))
	for start := 0; start < len(keys); start += MaxLimit {
		part := keys[start:min(start+MaxLimit, len(keys))]
		records, err := c.table.Get(ctx, part)
		if err != nil {
			return nil, wrap(err, "reading documents of", c.schema)
		}
		byKey := make(map[Key]Record, len(records))
		for _, r := range records {
			byKey[r.Key] = r
		}
		for _, k := range part {
			r, ok := byKey[k]
			if !ok {
				continue
			}
			doc, err := c.codec.decode(r)
			if err != nil {
				return nil, err
			}
			out = append(out, doc)
		}
	}
	return out, nil
}

// InsertIfAbsent stores doc unless one with its id exists, and reports whether it
// did; if so, doc's Rev is 1 afterwards.
func (c *Collection[T]) InsertIfAbsent(ctx context.Context, s Scope, doc *T) (bool, error) {
	done, err := c.InsertManyIfAbsent(ctx, s, []*T{doc})
	if err != nil {
		return false, err
	}
	return done[0], nil
}

// InsertManyIfAbsent is InsertIfAbsent for many documents in few round trips; the
// answer is parallel to docs. It is not atomic over documents: after an error some
// may be stored.
func (c *Collection[T]) InsertManyIfAbsent(ctx context.Context, s Scope, docs []*T) ([]bool, error) {
	records := make([]Record, len(docs))
	for i, doc := range docs {
		b := c.def.Base(doc)
		key, err := c.key(s, b.ID)
		if err != nil {
			return nil, err
		}
		switch {
		case c.schema.Global:
		case b.OrgID == "":
			b.OrgID = key.Org
		case b.OrgID != key.Org:
			return nil, outOfScope("a document for %s belongs to another organization", c.schema.Name)
		}
		rev := b.Rev
		b.Rev = 1
		records[i], err = c.codec.encode(doc)
		b.Rev = rev
		if err != nil {
			return nil, err
		}
	}
	if len(records) == 0 {
		return []bool{}, nil
	}
	done, err := c.table.Insert(ctx, records)
	if err != nil {
		return nil, wrap(err, "storing documents of", c.schema)
	}
	for i, doc := range docs {
		if done[i] {
			c.def.Base(doc).Rev = 1
		}
	}
	return done, nil
}

// Delete removes a document; one that is not there is no error. Collections that
// remember (Definition.Remember) refuse it.
func (c *Collection[T]) Delete(ctx context.Context, s Scope, id string) error {
	key, err := c.key(s, id)
	if err != nil {
		return err
	}
	if c.recent != nil {
		return problem.New(problem.Invalid, "not_deletable", "documents of %s are never deleted", c.schema.Name)
	}
	return wrap(c.table.Delete(ctx, key), "deleting a document of", c.schema)
}

// Page reads one page of documents in the order of an index.
func (c *Collection[T]) Page(ctx context.Context, s Scope, q Query) (Page[T], error) {
	page := Page[T]{Items: []T{}}
	records, next, err := c.find(ctx, s, q)
	if err != nil {
		return page, err
	}
	for _, r := range records {
		doc, err := c.codec.decode(r)
		if err != nil {
			return Page[T]{}, err
		}
		page.Items = append(page.Items, doc)
	}
	page.Next = next
	return page, nil
}

// find reads the records of one page and the cursor of the next.
func (c *Collection[T]) find(ctx context.Context, s Scope, q Query) ([]Record, string, error) {
	sel, empty, err := c.schema.compile(s, q, forPage)
	if err != nil {
		return nil, "", err
	}
	if q.Cursor != "" {
		if sel.After, err = decodeCursor(c.schema, sel, q.Cursor); err != nil {
			return nil, "", err
		}
	}
	if empty {
		return nil, "", nil
	}
	limit := sel.Limit
	sel.Limit++ // one more tells whether there is a next page
	records, err := c.table.Find(ctx, sel)
	if err != nil {
		return nil, "", wrap(err, "reading a page of", c.schema)
	}
	if len(records) <= limit {
		return records, "", nil
	}
	records = records[:limit]
	at, err := c.place(sel, records[limit-1])
	if err != nil {
		return nil, "", err
	}
	next, err := encodeCursor(c.schema, sel, at)
	return records, next, err
}

// place gives the values of a selection's order keys at a record.
func (c *Collection[T]) place(sel Selection, r Record) ([]any, error) {
	if err := c.schema.Extract(&r); err != nil {
		return nil, wrap(err, "reading a page of", c.schema)
	}
	at := make([]any, len(sel.Order))
	for i, k := range sel.Order {
		switch k.Field {
		case KeyOrg:
			at[i] = r.Org
		case KeyID:
			at[i] = r.ID
		default:
			at[i] = r.Values[k.Field]
		}
	}
	return at, nil
}

// Count counts what a query without its limit and cursor would return.
func (c *Collection[T]) Count(ctx context.Context, s Scope, q Query) (int64, error) {
	sel, empty, err := c.schema.compile(s, Query{Index: q.Index, Where: q.Where, Terms: q.Terms}, forCount)
	if err != nil || empty {
		return 0, err
	}
	n, err := c.table.Count(ctx, sel)
	return n, wrap(err, "counting documents of", c.schema)
}

// Explain says how the backend would serve a query.
func (c *Collection[T]) Explain(ctx context.Context, s Scope, q Query) (Plan, error) {
	sel, _, err := c.schema.compile(s, q, forPage)
	if err != nil {
		return Plan{}, err
	}
	if q.Cursor != "" {
		if sel.After, err = decodeCursor(c.schema, sel, q.Cursor); err != nil {
			return Plan{}, err
		}
	}
	plan, err := c.table.Explain(ctx, sel)
	return plan, wrap(err, "explaining a query of", c.schema)
}

// key checks an identity and the scope it is used in.
func (c *Collection[T]) key(s Scope, id string) (Key, error) {
	switch {
	case !s.all && s.org == "":
		return Key{}, outOfScope("no organization is given")
	case s.all && !c.schema.Global:
		return Key{}, outOfScope("a document of %s belongs to one organization", c.schema.Name)
	case !s.all && c.schema.Global:
		return Key{}, outOfScope("collection %s is global and needs AllOrgs", c.schema.Name)
	}
	if err := checkID(id); err != nil {
		return Key{}, problem.Wrap(problem.Invalid, "bad_id", err, "an id of %s is not valid", c.schema.Name)
	}
	if !s.all {
		if err := checkOrg(s.org); err != nil {
			return Key{}, err
		}
	}
	return Key{Org: s.org, ID: id}, nil
}

func notFound(s *Schema) error {
	return problem.Wrap(problem.NotFound, "document_not_found", ErrNotFound, "there is no such document in %s", s.Name)
}

// wrap names what was attempted and gives a backend's error its kind.
func wrap(err error, doing string, s *Schema) error {
	var known *problem.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return problem.Wrap(problem.Unavailable, "interrupted", err, "%s %s", doing, s.Name)
	case errors.Is(err, ErrDup):
		return problem.Wrap(problem.Conflict, "duplicate", err, "%s %s", doing, s.Name)
	default:
		return problem.Wrap(problem.Unavailable, "store_unavailable", err, "%s %s", doing, s.Name)
	}
}
