package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bedside-health/bedside/libs/docstore"
)

// table is one collection.
type table struct {
	b *Backend
	l *layout

	insertRow, insertWords, deleteWords, findKey, deleteRow string
}

func newTable(b *Backend, l *layout) *table {
	columns := append([]string{"org", "id", "rev"}, l.columns...)
	columns = append(columns, "doc")
	return &table{
		b: b, l: l,
		insertRow: fmt.Sprintf("INSERT INTO %s (%s) VALUES (?%s) ON CONFLICT (org, id) DO NOTHING",
			l.table, strings.Join(columns, ", "), strings.Repeat(", ?", len(columns)-1)),
		insertWords: fmt.Sprintf("INSERT INTO %s (rowid, t) VALUES (?, ?)", l.words),
		deleteWords: fmt.Sprintf("DELETE FROM %s WHERE rowid = ?", l.words),
		findKey:     fmt.Sprintf("SELECT k FROM %s WHERE org = ? AND id = ?", l.table),
		deleteRow:   fmt.Sprintf("DELETE FROM %s WHERE k = ?", l.table),
	}
}

// getBatch bounds the ids of one statement.
const getBatch = 256

func (t *table) Get(ctx context.Context, keys []docstore.Key) ([]docstore.Record, error) {
	records := make([]docstore.Record, 0, len(keys))
	for part := range slices.Chunk(keys, getBatch) {
		query, args := t.pick(part)
		err := t.b.reads.query(ctx, nil, query, args, func(rows *sql.Rows) error {
			r, err := scanRecord(rows)
			records = append(records, r)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return records, nil
}

// pick spells the reading of some keys. Filling up to a power of two keeps the number
// of different statements small.
func (t *table) pick(keys []docstore.Key) (query string, args []any) {
	n := 1
	for n < len(keys) {
		n *= 2
	}
	query = "SELECT org, id, doc FROM " + t.l.table + " WHERE "
	if slices.ContainsFunc(keys, func(k docstore.Key) bool { return k.Org != keys[0].Org }) {
		for i := range n {
			k := keys[min(i, len(keys)-1)]
			args = append(args, k.Org, k.ID)
		}
		return query + "(org, id) IN (VALUES (?, ?)" + strings.Repeat(", (?, ?)", n-1) + ")", args
	}
	args = append(args, keys[0].Org)
	for i := range n {
		args = append(args, keys[min(i, len(keys)-1)].ID)
	}
	return query + "org = ? AND id IN (?" + strings.Repeat(", ?", n-1) + ")", args
}

func scanRecord(rows *sql.Rows) (docstore.Record, error) {
	var r docstore.Record
	err := rows.Scan(&r.Org, &r.ID, &r.Doc)
	return r, err
}

func (t *table) Insert(ctx context.Context, records []docstore.Record) ([]bool, error) {
	done := make([]bool, len(records))
	for start := 0; start < len(records); start += maxBatch {
		part := records[start:min(start+maxBatch, len(records))]
		err := t.b.writer.do(ctx, func(s *session) error {
			for i, r := range part {
				inserted, err := t.insertOne(s, r)
				if err != nil {
					return err
				}
				done[start+i] = inserted
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return done, nil
}

func (t *table) insertOne(s *session, r docstore.Record) (bool, error) {
	ctx := context.Background()
	args := append([]any{r.Org, r.ID, r.Rev}, t.l.columnValues(r.Values)...)
	res, err := s.execResult(ctx, t.insertRow, append(args, string(r.Doc))...)
	if isUnique(err) {
		// A document whose own key is taken is absent no more, whatever else it violates.
		if _, exists, findErr := t.key(s, r.Key); findErr != nil || exists {
			return false, findErr
		}
		return false, refusal{docstore.ErrDup}
	}
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	if err != nil || n == 0 {
		return false, err
	}
	if terms := r.Terms(); len(terms) > 0 {
		k, err := res.LastInsertId()
		if err != nil {
			return false, err
		}
		if err := s.exec(ctx, t.insertWords, k, indexed(r.Org, terms)); err != nil {
			return false, err
		}
	}
	return true, nil
}

func (t *table) key(s *session, key docstore.Key) (k int64, exists bool, err error) {
	ctx := context.Background()
	st, err := s.prepared(ctx, t.findKey)
	if err != nil {
		return 0, false, err
	}
	err = st.QueryRowContext(ctx, key.Org, key.ID).Scan(&k)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return k, err == nil, err
}

func (t *table) Replace(ctx context.Context, prev, next docstore.Record) (bool, error) {
	results, err := t.ReplaceMany(ctx, []docstore.Swap{{Prev: prev, Next: next}})
	if err != nil || errors.Is(results[0], docstore.ErrStale) {
		return false, err
	}
	return results[0] == nil, results[0]
}

// ReplaceMany stores all swaps of a batch in one transaction.
func (t *table) ReplaceMany(ctx context.Context, swaps []docstore.Swap) ([]error, error) {
	changes := make([]change, len(swaps))
	for i, swap := range swaps {
		changes[i] = t.change(swap)
	}
	results := make([]error, len(swaps))
	for start := 0; start < len(swaps); start += maxBatch {
		part := changes[start:min(start+maxBatch, len(changes))]
		err := t.b.writer.do(ctx, func(s *session) error {
			for i := range part {
				err := t.apply(s, &part[i])
				results[start+i] = err
				if err != nil && !errors.Is(err, docstore.ErrStale) && !errors.Is(err, docstore.ErrDup) {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return results, nil
}

// change is a swap as statements.
type change struct {
	key   docstore.Key
	query string
	args  []any
	// words are set where the searchable terms change.
	words bool
	terms []string
}

// change spells a swap. It writes only the columns that change, so that SQLite leaves
// the indexes alone that hold none of them.
func (t *table) change(swap docstore.Swap) change {
	prev, next := swap.Prev, swap.Next
	was, is := t.l.columnValues(prev.Values), t.l.columnValues(next.Values)
	var query strings.Builder
	query.WriteString("UPDATE ")
	query.WriteString(t.l.table)
	query.WriteString(" SET rev = ?, doc = ?")
	args := make([]any, 0, len(is)+5)
	args = append(args, next.Rev, string(next.Doc))
	for i := range is {
		if is[i] != was[i] {
			query.WriteString(", ")
			query.WriteString(t.l.columns[i])
			query.WriteString(" = ?")
			args = append(args, is[i])
		}
	}
	query.WriteString(" WHERE org = ? AND id = ? AND rev = ?")
	c := change{key: next.Key, query: query.String(), args: append(args, next.Org, next.ID, prev.Rev)}
	if c.words = !prev.SameTerms(next); c.words {
		c.terms = next.Terms()
	}
	return c
}

// apply makes a change, or says ErrStale or ErrDup.
func (t *table) apply(s *session, c *change) error {
	bg := context.Background()
	res, err := s.execResult(bg, c.query, c.args...)
	if isUnique(err) {
		return docstore.ErrDup
	}
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	switch {
	case err != nil:
		return err
	case n == 0:
		return docstore.ErrStale
	case !c.words:
		return nil
	}
	k, exists, err := t.key(s, c.key)
	if err != nil || !exists {
		return err
	}
	if err := s.exec(bg, t.deleteWords, k); err != nil || len(c.terms) == 0 {
		return err
	}
	return s.exec(bg, t.insertWords, k, indexed(c.key.Org, c.terms))
}

func (t *table) Delete(ctx context.Context, key docstore.Key) error {
	return t.b.writer.do(ctx, func(s *session) error {
		k, exists, err := t.key(s, key)
		if err != nil || !exists {
			return err
		}
		bg := context.Background()
		if err := s.exec(bg, t.deleteRow, k); err != nil {
			return err
		}
		if t.l.schema.Terms == "" {
			return nil
		}
		return s.exec(bg, t.deleteWords, k)
	})
}
