package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	sqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/bedside-health/bedside/libs/problem"
)

// maxBatch bounds the operations of one transaction, and with them how long
// other processes wait.
const maxBatch = 256

var errClosed = problem.New(problem.Unavailable, "store_closed", "the store is closed")

// writer owns the one connection that writes. Operations that arrive while a
// transaction is under way share the next one: many writers cost few commits,
// and a lone writer waits for nobody.
type writer struct {
	logger  *slog.Logger
	session *session
	ops     chan *op
	closing chan struct{}
	done    chan struct{}
	once    sync.Once
	err     error // of closing, read after done
}

// op is one operation. It runs in a transaction that is committed with others,
// and again alone if that one fails, so that it must be repeatable.
type op struct {
	run   func(*session) error
	alone bool // run without a transaction around it
	// begun is set by whoever comes first: the writer that runs the operation,
	// or the caller that gives up waiting.
	begun  atomic.Bool
	result chan error
}

func newWriter(conn *sql.Conn, logger *slog.Logger) *writer {
	w := &writer{
		logger:  logger,
		session: &session{conn: conn, statements: map[string]*sql.Stmt{}},
		ops:     make(chan *op, maxBatch),
		closing: make(chan struct{}),
		done:    make(chan struct{}),
	}
	go w.loop()
	return w
}

// do runs an operation in a transaction and returns after it is committed.
func (w *writer) do(ctx context.Context, run func(*session) error) error {
	return w.submit(ctx, &op{run: run})
}

// alone runs an operation that brings its own transaction.
func (w *writer) alone(ctx context.Context, run func(*session) error) error {
	return w.submit(ctx, &op{run: run, alone: true})
}

func (w *writer) submit(ctx context.Context, o *op) error {
	o.result = make(chan error, 1)
	select {
	case <-w.closing:
		return errClosed
	default:
	}
	select {
	case w.ops <- o:
	case <-w.closing:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-o.result:
		return err
	case <-ctx.Done():
		if o.claim() {
			return ctx.Err()
		}
	case <-w.done:
		if o.claim() {
			return errClosed
		}
	}
	// The operation is under way: its outcome is known soon, and worth knowing.
	return <-o.result
}

func (w *writer) loop() {
	defer close(w.done)
	batch := make([]*op, 0, maxBatch)
	for {
		select {
		case o := <-w.ops:
			batch = w.gather(append(batch[:0], o))
			w.runBatch(batch)
		case <-w.closing:
			for {
				select {
				case o := <-w.ops:
					w.runBatch([]*op{o})
				default:
					w.err = w.session.close()
					return
				}
			}
		}
	}
}

// gather takes what waits, and what others bring who are ready to run: they go first
// once, without any waiting.
func (w *writer) gather(batch []*op) []*op {
	yielded := false
	for len(batch) < maxBatch {
		select {
		case o := <-w.ops:
			batch = append(batch, o)
			continue
		default:
		}
		if yielded {
			return batch
		}
		yielded = true
		runtime.Gosched()
	}
	return batch
}

func (w *writer) runBatch(batch []*op) {
	shared := make([]*op, 0, len(batch))
	for _, o := range batch {
		switch {
		case !o.alone:
			shared = append(shared, o)
		case o.claim():
			o.result <- o.run(w.session)
		}
	}
	if len(shared) == 0 {
		return
	}
	// Callers may leave as long as the lock is waited for.
	if err := w.begin(context.Background()); err != nil {
		for _, o := range shared {
			if o.claim() {
				o.result <- err
			}
		}
		return
	}
	shared = slices.DeleteFunc(shared, func(o *op) bool { return !o.claim() })
	results, err := w.transact(shared)
	if err != nil && len(shared) > 1 {
		w.logger.Debug("transaction repeated one by one", "operations", len(shared), "error", err)
		for _, o := range shared {
			err := w.begin(context.Background())
			if err == nil {
				results, err = w.transact([]*op{o})
			}
			if err == nil {
				err = results[0]
			}
			o.result <- err
		}
		return
	}
	for i, o := range shared {
		if err != nil {
			o.result <- err
		} else {
			o.result <- results[i]
		}
	}
}

// claim is true for the first who calls it.
func (o *op) claim() bool { return o.begun.CompareAndSwap(false, true) }

// transact runs operations in the transaction that has begun and ends it. An
// expected failure of one (a refusal) undoes only its own statement; any other
// error undoes all.
func (w *writer) transact(ops []*op) ([]error, error) {
	ctx := context.Background()
	results := make([]error, len(ops))
	for i, o := range ops {
		results[i] = o.run(w.session)
		var refused refusal
		if results[i] != nil && !errors.As(results[i], &refused) {
			w.rollback(ctx)
			return nil, results[i]
		}
	}
	if err := w.session.exec(ctx, "COMMIT"); err != nil {
		w.rollback(ctx)
		return nil, err
	}
	return results, nil
}

// begin takes the write lock, however long other processes hold it, within
// reason.
func (w *writer) begin(ctx context.Context) error {
	deadline := time.Now().Add(3 * busyWait)
	for {
		err := w.session.exec(ctx, "BEGIN IMMEDIATE")
		if err == nil || !isBusy(err) || ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
	}
}

func (w *writer) rollback(ctx context.Context) {
	// SQLite may have rolled back itself; then there is no transaction to end.
	_ = w.session.exec(ctx, "ROLLBACK")
}

func (w *writer) close() error {
	w.once.Do(func() { close(w.closing) })
	<-w.done
	return w.err
}

// refusal marks an error that is an answer and not a fault: the transaction
// goes on.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// session is the writing connection with its prepared statements.
type session struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
}

func (s *session) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if st := s.statements[query]; st != nil {
		return st, nil
	}
	if len(s.statements) >= maxStatements {
		for q, st := range s.statements {
			_ = st.Close()
			delete(s.statements, q)
		}
	}
	st, err := s.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s.statements[query] = st
	return st, nil
}

func (s *session) exec(ctx context.Context, query string, args ...any) error {
	_, err := s.execResult(ctx, query, args...)
	return err
}

func (s *session) execResult(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := s.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(ctx, args...)
}

func (s *session) close() error {
	errs := []error{}
	for _, st := range s.statements {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, s.conn.Close())...)
}

func isBusy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

func isUnique(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) &&
		(e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}
