package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
)

// Open makes the tables and indexes of a collection, or brings those of an older
// declaration up to date, in one transaction.
func (b *Backend) Open(ctx context.Context, s *docstore.Schema) (docstore.Table, error) {
	l := newLayout(s)
	t := newTable(b, l)
	want := l.fingerprint()
	var have string
	err := b.reads.db.QueryRowContext(ctx, `SELECT schema FROM "_docstore" WHERE collection = ?`, s.Name).Scan(&have)
	if err == nil && have == want {
		return t, nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	return t, b.writer.alone(ctx, func(ses *session) error {
		m := &migration{layout: l, conn: ses.conn, want: want}
		if err := b.writer.begin(ctx); err != nil {
			return err
		}
		if err := m.run(ctx); err != nil {
			b.writer.rollback(context.Background())
			return fmt.Errorf("bringing the tables up to date: %w", err)
		}
		// A transaction left open would fail every write after it, so that its end
		// does not hang on ctx.
		if err := ses.exec(context.Background(), "COMMIT"); err != nil {
			b.writer.rollback(context.Background())
			return err
		}
		return nil
	})
}

type migration struct {
	layout *layout
	conn   *sql.Conn
	want   string
}

func (m *migration) run(ctx context.Context) error {
	l := m.layout
	var have string
	err := m.conn.QueryRowContext(ctx, `SELECT schema FROM "_docstore" WHERE collection = ?`, l.schema.Name).Scan(&have)
	if err == nil && have == m.want {
		return nil // another process was faster
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	version := 0
	if have != "" {
		if _, err := fmt.Sscanf(have, "%d:", &version); err != nil || version > layoutVersion {
			return errors.New("the data file was written by a later version of Bedside")
		}
	}
	if err := m.table(ctx); err != nil {
		return err
	}
	if err := m.indexes(ctx); err != nil {
		return err
	}
	_, err = m.conn.ExecContext(ctx, `INSERT INTO "_docstore" (collection, schema) VALUES (?, ?)
		ON CONFLICT (collection) DO UPDATE SET schema = excluded.schema`, l.schema.Name, m.want)
	return err
}

// table makes the tables, or adds and drops columns and fills all anew.
func (m *migration) table(ctx context.Context) error {
	l := m.layout
	have, err := m.strings(ctx, `SELECT name FROM pragma_table_info(?)`, l.schema.Name)
	if err != nil {
		return err
	}
	var statements []string
	if len(have) == 0 {
		columns := []string{"k INTEGER PRIMARY KEY", "org TEXT NOT NULL", "id TEXT NOT NULL", "rev INTEGER NOT NULL"}
		for i, f := range l.schema.Fields {
			columns = append(columns, l.columns[i]+" "+columnType(f))
		}
		columns = append(columns, "doc TEXT NOT NULL", "UNIQUE (org, id)")
		statements = append(statements, fmt.Sprintf("CREATE TABLE %s (%s)", l.table, strings.Join(columns, ", ")))
	} else {
		if err := m.dropStale(ctx); err != nil {
			return err
		}
		statements = append(statements, m.columnChanges(have)...)
	}
	statements = append(statements, "DROP TABLE IF EXISTS "+l.words)
	if l.schema.Terms != "" {
		statements = append(statements, fmt.Sprintf(
			"CREATE VIRTUAL TABLE %s USING fts5(t, content='', contentless_delete=1, detail=none, tokenize='ascii')", l.words))
	}
	for _, st := range statements {
		if _, err := m.conn.ExecContext(ctx, st); err != nil {
			return err
		}
	}
	if len(have) == 0 {
		return nil
	}
	return m.fill(ctx)
}

func (m *migration) columnChanges(have []string) []string {
	l := m.layout
	var out []string
	old := map[string]bool{}
	for _, name := range have {
		old[name] = true
	}
	for i, f := range l.schema.Fields {
		if name := columnName(f); !old[name] {
			out = append(out, fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s", l.table, l.columns[i], columnType(f)))
		} else {
			delete(old, name)
		}
	}
	for _, name := range have {
		if old[name] && strings.Contains(name, ":") {
			out = append(out, fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s", l.table, quote(name)))
		}
	}
	return out
}

// fill computes the columns and words of all documents from their JSON.
func (m *migration) fill(ctx context.Context) error {
	l := m.layout
	set := make([]string, len(l.columns))
	for i, c := range l.columns {
		set[i] = c + " = ?"
	}
	type row struct {
		k        int64
		org, doc string
	}
	for last := int64(-1 << 63); ; {
		rows, err := m.conn.QueryContext(ctx, fmt.Sprintf("SELECT k, org, doc FROM %s WHERE k > ? ORDER BY k LIMIT 200", l.table), last)
		if err != nil {
			return err
		}
		var batch []row
		for rows.Next() {
			var r row
			if err := rows.Scan(&r.k, &r.org, &r.doc); err != nil {
				return errors.Join(err, rows.Close())
			}
			batch = append(batch, r)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		if len(batch) == 0 {
			return nil
		}
		for _, r := range batch {
			last = r.k
			record := docstore.Record{Doc: []byte(r.doc)}
			if err := l.schema.Extract(&record); err != nil {
				return problem.Wrap(problem.Conflict, "stored_documents_differ", err, "documents of %s stored before do not fit the new declaration", l.schema.Name)
			}
			if len(set) > 0 {
				args := append(l.columnValues(record.Values), r.k)
				if _, err := m.conn.ExecContext(ctx, fmt.Sprintf("UPDATE %s SET %s WHERE k = ?", l.table, strings.Join(set, ", ")), args...); err != nil {
					return err
				}
			}
			if terms := record.Terms(); len(terms) > 0 {
				if _, err := m.conn.ExecContext(ctx, fmt.Sprintf("INSERT INTO %s (rowid, t) VALUES (?, ?)", l.words), r.k, indexed(r.org, terms)); err != nil {
					return err
				}
			}
		}
	}
}

// dropStale removes indexes that are no longer declared.
func (m *migration) dropStale(ctx context.Context) error {
	l := m.layout
	have, err := m.strings(ctx, `SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL`, l.schema.Name)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, d := range l.ddl {
		wanted[d.name] = true
	}
	for _, name := range have {
		if !wanted[quote(name)] {
			if _, err := m.conn.ExecContext(ctx, "DROP INDEX "+quote(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *migration) indexes(ctx context.Context) error {
	for _, d := range m.layout.ddl {
		if _, err := m.conn.ExecContext(ctx, d.create); err != nil {
			if isUnique(err) {
				return fmt.Errorf("documents stored before violate unique index %s: %w", d.name, docstore.ErrDup)
			}
			return err
		}
	}
	return nil
}

func (m *migration) strings(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := m.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
