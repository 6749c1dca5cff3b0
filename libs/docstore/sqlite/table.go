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
		// All keys of one call are of one organization. Filling up to a power of
		// two keeps the number of different statements small.
		args := []any{part[0].Org}
		for _, k := range part {
			args = append(args, k.ID)
		}
		for n := len(part); n&(n-1) != 0; n++ {
			args = append(args, part[0].ID)
		}
		query := fmt.Sprintf("SELECT org, id, doc FROM %s WHERE org = ? AND id IN (?%s)", t.l.table, strings.Repeat(", ?", len(args)-2))
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

// Replace writes only the columns that change, so that SQLite leaves the indexes
// alone that hold none of them.
func (t *table) Replace(ctx context.Context, prev, next docstore.Record) (bool, error) {
	was, is := t.l.columnValues(prev.Values), t.l.columnValues(next.Values)
	set, args := []string{"rev = ?", "doc = ?"}, []any{next.Rev, string(next.Doc)}
	for i := range is {
		if is[i] != was[i] {
			set = append(set, t.l.columns[i]+" = ?")
			args = append(args, is[i])
		}
	}
	query := fmt.Sprintf("UPDATE %s SET %s WHERE k = ? AND rev = ?", t.l.table, strings.Join(set, ", "))
	wordsChanged := !prev.SameTerms(next)
	var terms []string
	if wordsChanged {
		terms = next.Terms()
	}
	done := false
	err := t.b.writer.do(ctx, func(s *session) error {
		done = false
		bg := context.Background()
		k, exists, err := t.key(s, next.Key)
		if err != nil || !exists {
			return err
		}
		res, err := s.execResult(bg, query, append(slices.Clone(args), k, prev.Rev)...)
		if isUnique(err) {
			return refusal{docstore.ErrDup}
		}
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil || n == 0 {
			return err
		}
		done = true
		if !wordsChanged {
			return nil
		}
		if err := s.exec(bg, t.deleteWords, k); err != nil {
			return err
		}
		if len(terms) == 0 {
			return nil
		}
		return s.exec(bg, t.insertWords, k, indexed(next.Org, terms))
	})
	return done && err == nil, err
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
