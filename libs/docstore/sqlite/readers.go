package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// maxStatements bounds the prepared statements kept of one pool.
const maxStatements = 300

// readers is the pool of connections that only read, with its statements.
type readers struct {
	db *sql.DB

	mu         sync.Mutex
	statements map[string]*sql.Stmt
}

func newReaders(db *sql.DB) *readers {
	return &readers{db: db, statements: map[string]*sql.Stmt{}}
}

// query runs a statement of which every row is read with scan.
func (r *readers) query(ctx context.Context, tx *sql.Tx, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := r.rows(ctx, tx, query, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// rows runs a statement. Within a transaction it never prepares one in the pool:
// that takes a second connection, and readers that each hold one would wait for
// each other.
func (r *readers) rows(ctx context.Context, tx *sql.Tx, query string, args []any) (*sql.Rows, error) {
	if tx != nil {
		if st := r.kept(query); st != nil {
			return tx.StmtContext(ctx, st).QueryContext(ctx, args...)
		}
		return tx.QueryContext(ctx, query, args...)
	}
	st, err := r.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return r.db.QueryContext(ctx, query, args...)
	}
	return st.QueryContext(ctx, args...)
}

func (r *readers) kept(query string) *sql.Stmt {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.statements[query]
}

// prepared gives the kept statement of a query, or nil once there are enough of
// them: dropping one would close it under somebody's hands.
func (r *readers) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	r.mu.Lock()
	st, full := r.statements[query], len(r.statements) >= maxStatements
	r.mu.Unlock()
	if st != nil || full {
		return st, nil
	}
	st, err := r.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if other := r.statements[query]; other != nil {
		_ = st.Close()
		return other, nil
	}
	r.statements[query] = st
	return st, nil
}

func (r *readers) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	errs := []error{}
	for q, st := range r.statements {
		errs = append(errs, st.Close())
		delete(r.statements, q)
	}
	return errors.Join(append(errs, r.db.Close())...)
}
