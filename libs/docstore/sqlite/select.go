package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/bedside-health/bedside/libs/docstore"
)

// statement collects SQL and its arguments.
type statement struct {
	conditions []string
	args       []any
}

func (st *statement) where(condition string, args ...any) {
	st.conditions = append(st.conditions, condition)
	st.args = append(st.args, args...)
}

func (st *statement) clause() string {
	if len(st.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(st.conditions, " AND ")
}

// filter spells everything of a selection but its place and its order.
func (t *table) filter(sel docstore.Selection) *statement {
	st := &statement{}
	if !sel.AllOrgs {
		st.where("org = ?", sel.Org)
	}
	for _, m := range sel.Where {
		t.condition(st, m)
	}
	if len(sel.Terms) > 0 {
		st.where(fmt.Sprintf("k IN (SELECT rowid FROM %s WHERE %s MATCH ?)", t.l.words, t.l.words), matching(sel.Org, sel.Terms))
	}
	return st
}

func (t *table) condition(st *statement, m docstore.Match) {
	column := t.l.columns[m.Field]
	if t.l.schema.Fields[m.Field].Many && m.Op != docstore.Exists {
		parts, args := []string{}, []any{}
		for _, v := range m.Values {
			parts = append(parts, "instr("+column+", ?) > 0")
			args = append(args, separator+packOne(v)+separator)
		}
		st.where("("+strings.Join(parts, " OR ")+")", args...)
		return
	}
	args := t.l.columnValues(m.Values)
	switch m.Op {
	case docstore.Eq:
		st.where(column+" = ?", args...)
	case docstore.Gte:
		st.where(column+" >= ?", args...)
	case docstore.Lt:
		st.where(column+" < ?", args...)
	case docstore.Exists:
		if m.Values[0] == true {
			st.where(column + " IS NOT NULL")
		} else {
			st.where(column + " IS NULL")
		}
	case docstore.In:
		for n := len(args); n&(n-1) != 0; n++ {
			args = append(args, args[0])
		}
		st.where(column+" IN (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
	}
}

// from names the table and holds SQLite to the declared index: another plan
// would be an error and not a scan.
func (t *table) from(sel docstore.Selection) string {
	return fmt.Sprintf(" FROM %s INDEXED BY %s", t.l.table, t.l.indexes[sel.Index.Name])
}

func (t *table) orderColumn(k docstore.OrderKey) string {
	switch k.Field {
	case docstore.KeyOrg:
		return "org"
	case docstore.KeyID:
		return "id"
	default:
		return t.l.columns[k.Field]
	}
}

// limit bounds a statement. SQLite plans a statement anew for every value of a plain
// parameter there, which costs more than many a page.
const limit = " LIMIT CAST(? AS INTEGER)"

// pages spells a selection as one or more statements that give its rows one
// after the other. From the beginning that is one. After a cursor each statement
// fixes one more leading key: a plain range of the index each, where a single
// condition over all keys would make SQLite walk from the beginning.
func (t *table) pages(sel docstore.Selection) []*statement {
	order := make([]string, len(sel.Order))
	for i, k := range sel.Order {
		order[i] = t.orderColumn(k)
		if k.Desc {
			order[i] += " DESC"
		}
	}
	finish := func(st *statement) *statement {
		st.conditions = []string{"SELECT org, id, doc" + t.from(sel) + st.clause() +
			" ORDER BY " + strings.Join(order, ", ") + limit}
		return st
	}
	if sel.After == nil {
		return []*statement{finish(t.filter(sel))}
	}
	var out []*statement
	for last := len(sel.Order) - 1; last >= 0; last-- {
		for _, beyond := range t.beyond(sel.Order[last], sel.After[last]) {
			st := t.filter(sel)
			for i, k := range sel.Order[:last] {
				if v := sel.After[i]; v == nil {
					st.where(t.orderColumn(k) + " IS NULL")
				} else {
					st.where(t.orderColumn(k)+" = ?", t.l.columnValues([]any{v})...)
				}
			}
			st.where(beyond.conditions[0], beyond.args...)
			out = append(out, finish(st))
		}
	}
	return out
}

// beyond spells what comes after a value in a key's direction. Missing values
// come first, so that descending they are a range of their own at the end.
func (t *table) beyond(k docstore.OrderKey, v any) []*statement {
	column := t.orderColumn(k)
	args := t.l.columnValues([]any{v})
	switch {
	case !k.Desc && v == nil:
		return []*statement{{conditions: []string{column + " IS NOT NULL"}}}
	case !k.Desc:
		return []*statement{{conditions: []string{column + " > ?"}, args: args}}
	case v == nil:
		return nil
	case k.Field < 0:
		return []*statement{{conditions: []string{column + " < ?"}, args: args}}
	default:
		return []*statement{
			{conditions: []string{column + " < ?"}, args: args},
			{conditions: []string{column + " IS NULL"}},
		}
	}
}

func (t *table) Find(ctx context.Context, sel docstore.Selection) ([]docstore.Record, error) {
	statements := t.pages(sel)
	var tx *sql.Tx
	if len(statements) > 1 {
		// One transaction reads one state: a document that moves between two
		// statements is neither lost nor seen twice.
		for _, st := range statements {
			if _, err := t.b.reads.prepared(ctx, st.conditions[0]); err != nil {
				return nil, err
			}
		}
		var err error
		if tx, err = t.b.reads.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}); err != nil {
			return nil, err
		}
		defer func() { _ = tx.Rollback() }()
	}
	var records []docstore.Record
	for _, st := range statements {
		left := sel.Limit - len(records)
		if left <= 0 {
			break
		}
		err := t.b.reads.query(ctx, tx, st.conditions[0], append(st.args, left), func(rows *sql.Rows) error {
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

func (t *table) Count(ctx context.Context, sel docstore.Selection) (int64, error) {
	st := t.filter(sel)
	var n int64
	err := t.b.reads.query(ctx, nil, "SELECT count(*)"+t.from(sel)+st.clause(), st.args, func(rows *sql.Rows) error {
		return rows.Scan(&n)
	})
	return n, err
}

func (t *table) Group(ctx context.Context, sel docstore.Selection, by, sum []int) ([]docstore.RawBucket, error) {
	st := t.filter(sel)
	var keys []string
	for _, f := range by {
		keys = append(keys, t.l.columns[f])
	}
	results := append(append([]string{}, keys...), "count(*)")
	for _, f := range sum {
		results = append(results, fmt.Sprintf("total(%s), count(%s)", t.l.columns[f], t.l.columns[f]))
	}
	query := "SELECT " + strings.Join(results, ", ") + t.from(sel) + st.clause()
	if len(keys) > 0 {
		query += " GROUP BY " + strings.Join(keys, ", ")
	}
	var out []docstore.RawBucket
	err := t.b.reads.query(ctx, nil, query, st.args, func(rows *sql.Rows) error {
		b := docstore.RawBucket{Key: make([]any, len(by)), Sums: make([]float64, len(sum)), SumCounts: make([]int64, len(sum))}
		targets := []any{}
		for i := range by {
			targets = append(targets, &b.Key[i])
		}
		targets = append(targets, &b.Count)
		for i := range sum {
			targets = append(targets, &b.Sums[i], &b.SumCounts[i])
		}
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		for i, f := range by {
			b.Key[i] = t.fieldValue(t.l.schema.Fields[f], b.Key[i])
		}
		if b.Count > 0 {
			out = append(out, b)
		}
		return nil
	})
	return out, err
}

// fieldValue brings a column's value back to the field's form.
func (t *table) fieldValue(f docstore.Field, v any) any {
	if v == nil {
		return nil
	}
	if f.Many {
		packed, _ := v.(string)
		return unpackMany(packed, f.Type)
	}
	switch f.Type {
	case docstore.Bool:
		return v != int64(0)
	case docstore.Number:
		if n, ok := v.(int64); ok {
			return float64(n)
		}
	}
	return v
}

func (t *table) Explain(ctx context.Context, sel docstore.Selection) (docstore.Plan, error) {
	plan := docstore.Plan{Index: sel.Index.Name}
	var lines []string
	for _, st := range t.pages(sel) {
		details, err := t.explain(ctx, st.conditions[0], append(st.args, sel.Limit))
		if err != nil {
			return plan, err
		}
		for _, detail := range details {
			if strings.HasPrefix(detail, "SCAN ") && !strings.Contains(detail, "INDEX") ||
				strings.Contains(detail, "TEMP B-TREE") {
				plan.Scan = true
			}
		}
		lines = append(lines, details...)
	}
	plan.Native = strings.Join(lines, "\n")
	return plan, nil
}

// explain is SQLite's plan of a statement, a line a step.
func (t *table) explain(ctx context.Context, query string, args []any) (details []string, err error) {
	rows, err := t.b.reads.db.QueryContext(ctx, "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			return nil, err
		}
		details = append(details, detail)
	}
	return details, rows.Err()
}
