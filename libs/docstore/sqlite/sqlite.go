// Package sqlite is the docstore backend for one machine: one data file that
// several processes may open. It keeps each document as JSON beside one column
// for each declared field, so that filters and grouped counts run over covering
// indexes and read only the documents they return.
//
// A write that returned survives the death of the process, also kill -9. After a
// power cut the file is intact, but the writes of the last moments can be missing
// (WAL with synchronous=NORMAL).
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	_ "modernc.org/sqlite" // registers the driver

	"github.com/bedside-health/bedside/libs/problem"
)

// Config says which file to open. Path is required.
type Config struct {
	Path   string
	Logger *slog.Logger // slog.DiscardHandler if nil
	// Readers bounds concurrent queries; 0 means one for each CPU, 2 to 8.
	Readers int
	// CacheBytes bounds the page cache of each connection; 0 means 4 MiB. The
	// writing connection takes four times as much.
	CacheBytes int
}

// Backend is one open data file.
type Backend struct {
	path    string
	logger  *slog.Logger
	writeDB *sql.DB
	writer  *writer
	reads   *readers
}

// busyWait is how long one statement waits for another process's lock.
const busyWait = 10 * time.Second

// Open opens or makes the data file; its folder is made if missing. The caller
// closes the backend.
func Open(ctx context.Context, cfg Config) (*Backend, error) {
	if cfg.Path == "" {
		return nil, problem.New(problem.Invalid, "bad_store", "the SQLite store needs a path")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Readers <= 0 {
		cfg.Readers = min(max(runtime.GOMAXPROCS(0), 2), 8)
	}
	if cfg.CacheBytes <= 0 {
		cfg.CacheBytes = 4 << 20
	}
	path, err := filepath.Abs(cfg.Path)
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, "bad_store", err, "opening the data file")
	}
	if err := prepareFile(ctx, path); err != nil {
		return nil, problem.Wrap(problem.Unavailable, "store_unavailable", err, "opening the data file")
	}
	b := &Backend{path: path, logger: cfg.Logger}
	if err := b.connect(ctx, cfg); err != nil {
		return nil, errors.Join(problem.Wrap(problem.Unavailable, "store_unavailable", err, "opening the data file"), b.Close())
	}
	return b, nil
}

// pageSize suits documents of a few kilobytes: smaller pages would hold one
// document and a gap each.
const pageSize = 8192

// prepareFile makes the folder and the file readable to their owner only: the
// store holds people's words and password hashes. An existing file keeps its
// mode. The page size must be set and the first page written before the file
// switches to WAL.
func prepareFile(ctx context.Context, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", fileURL(path, []string{
		fmt.Sprintf("busy_timeout(%d)", busyWait.Milliseconds()), fmt.Sprintf("page_size(%d)", pageSize),
	}))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS "_docstore" (
		collection TEXT PRIMARY KEY, schema TEXT NOT NULL) WITHOUT ROWID`)
	return errors.Join(err, db.Close())
}

func (b *Backend) connect(ctx context.Context, cfg Config) error {
	var err error
	if b.writeDB, err = sql.Open("sqlite", dsn(b.path, false, 4*cfg.CacheBytes)); err != nil {
		return err
	}
	b.writeDB.SetMaxOpenConns(1)
	conn, err := b.writeDB.Conn(ctx)
	if err != nil {
		return err
	}
	b.writer = newWriter(conn, b.logger)
	readDB, err := sql.Open("sqlite", dsn(b.path, true, cfg.CacheBytes))
	if err != nil {
		return err
	}
	readDB.SetMaxOpenConns(cfg.Readers)
	readDB.SetMaxIdleConns(cfg.Readers)
	b.reads = newReaders(readDB)
	return nil
}

// dsn spells the connection settings. Order matters: the wait for locks comes
// first, so that switching to WAL waits too.
func dsn(path string, readOnly bool, cacheBytes int) string {
	pragmas := []string{
		fmt.Sprintf("busy_timeout(%d)", busyWait.Milliseconds()),
		"journal_mode(WAL)",
		"synchronous(NORMAL)",
		"temp_store(MEMORY)",
		fmt.Sprintf("cache_size(-%d)", cacheBytes>>10),
		"journal_size_limit(67108864)",
		"wal_autocheckpoint(2000)",
	}
	if readOnly {
		pragmas = append(pragmas, "query_only(1)")
	}
	return fileURL(path, pragmas)
}

func fileURL(path string, pragmas []string) string {
	u := url.URL{Scheme: "file", Path: path, OmitHost: true, RawQuery: url.Values{"_pragma": pragmas}.Encode()}
	return u.String()
}

// Kind is "sqlite".
func (b *Backend) Kind() string { return "sqlite" }

// Ping reads from the file.
func (b *Backend) Ping(ctx context.Context) error {
	var n int
	if err := b.reads.db.QueryRowContext(ctx, `SELECT count(*) FROM "_docstore"`).Scan(&n); err != nil {
		return problem.Wrap(problem.Unavailable, "store_unavailable", err, "reading the data file")
	}
	return nil
}

// Close waits for the writes under way and closes the file. It may be called again.
func (b *Backend) Close() error {
	var errs []error
	if b.writer != nil {
		errs = append(errs, b.writer.close())
	}
	if b.reads != nil {
		errs = append(errs, b.reads.close())
	}
	if b.writeDB != nil {
		errs = append(errs, b.writeDB.Close())
	}
	return errors.Join(errs...)
}
