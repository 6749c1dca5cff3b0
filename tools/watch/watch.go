// Package watch imports files that are dropped into a folder: LOCATION/SITE/FILE,
// of which the names of the first two folders are a location's id or name and the
// site the reviews come from.
//
// It promises that a file is sent only when it is complete (it has not changed for
// a while), that what became of it lies beside it when it is moved to done or
// rejected, that an outage leaves it where it is until it can be sent, and that it
// is imported once, whenever the process is killed: what was sent is kept in a
// ledger by the file's content.
package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Report is what became of a file; it is written beside it as JSON.
type Report struct {
	File     string `json:"file"`
	Location string `json:"location"`
	Site     string `json:"site"`
	// ImportID is Bedside's; empty where the file was refused as a whole.
	ImportID string `json:"import_id,omitempty"`
	Rows     int    `json:"rows"`
	Accepted int    `json:"accepted"`
	Rejected int    `json:"rejected"`
	// Rejections are the first rows that could not be taken.
	Rejections []Rejection `json:"rejections,omitempty"`
	// Problem says why the file was refused as a whole, or that it was known.
	Problem string    `json:"problem,omitempty"`
	At      time.Time `json:"at"`
}

// Rejection says why a row was not taken.
type Rejection struct {
	Line   int    `json:"line"`
	Column string `json:"column,omitempty"`
	Reason string `json:"reason"`
}

// RefusedError is the answer that no repetition will change: the file as a whole
// is at fault.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return e.Reason }

// Importer sends files to Bedside.
type Importer interface {
	// Location finds the id of a location by a folder's name; empty if there is
	// none.
	Location(ctx context.Context, name string) (string, error)
	// Send imports a file under a name. A *RefusedError says that the file is at
	// fault; every other error is tried again.
	Send(ctx context.Context, locationID, site, name string, body io.Reader) (Report, error)
	// Find gives the report of an import that was sent under a name; found is
	// false if there is none.
	Find(ctx context.Context, locationID, site, name string) (report Report, found bool, err error)
}

// Config of a Watcher.
type Config struct {
	Dir      string   // required
	Importer Importer // required
	// Settle is how long a file must not have changed. Default 5 s.
	Settle time.Duration
	// Every is how often the folder is looked at. Default 2 s.
	Every time.Duration
	// Report is called with what became of each file; nil does nothing.
	Report func(Report)
	Logger *slog.Logger // required
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// Watcher imports the files of one folder. It is for one goroutine.
type Watcher struct {
	cfg     Config
	ledger  *ledger
	lock    *flock.Flock
	seen    map[string]sighting // by path
	waiting map[string]retry    // files whose sending failed
	unknown map[string]bool     // folders of no location that were spoken of
	absent  map[string]bool     // folders of no location in this look at the folder
}

type retry struct {
	after time.Time
	wait  time.Duration
}

const (
	defaultSettle = 5 * time.Second
	defaultEvery  = 2 * time.Second
	firstRetry    = 5 * time.Second
	lastRetry     = 5 * time.Minute
	stateDir      = ".bedside"
)

// New opens a folder. The error says so if another process watches it.
func New(cfg Config) (*Watcher, error) {
	if cfg.Dir == "" || cfg.Importer == nil || cfg.Logger == nil {
		return nil, errors.New("watch a folder: folder, importer and logger are required")
	}
	if cfg.Settle <= 0 {
		cfg.Settle = defaultSettle
	}
	if cfg.Every <= 0 {
		cfg.Every = defaultEvery
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if info, err := os.Stat(cfg.Dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("watch a folder: there is no folder %s", cfg.Dir)
	}
	state := filepath.Join(cfg.Dir, stateDir)
	if err := os.MkdirAll(state, 0o700); err != nil {
		return nil, fmt.Errorf("watch a folder: %w", err)
	}
	lock := flock.New(filepath.Join(state, "lock"))
	if locked, err := lock.TryLock(); err != nil || !locked {
		return nil, fmt.Errorf("watch a folder: another process watches %s", cfg.Dir)
	}
	l, err := openLedger(filepath.Join(state, "imported.jsonl"))
	if err != nil {
		_ = lock.Unlock()
		return nil, err
	}
	return &Watcher{cfg: cfg, ledger: l, lock: lock, seen: map[string]sighting{}, waiting: map[string]retry{}, unknown: map[string]bool{}}, nil
}

// Close lets go of the folder.
func (w *Watcher) Close() error {
	return errors.Join(w.ledger.close(), w.lock.Unlock())
}

// Run watches until ctx ends and returns nil then.
func (w *Watcher) Run(ctx context.Context) error {
	tick := time.NewTicker(w.cfg.Every)
	defer tick.Stop()
	for {
		if _, err := w.Scan(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Scan looks at the folder once and imports what is complete. It returns how many
// files are left to do. An error is one of the folder itself.
func (w *Watcher) Scan(ctx context.Context) (left int, err error) {
	files, err := listFiles(w.cfg.Dir)
	if err != nil {
		return 0, err
	}
	now := w.cfg.Now()
	w.forget(files)
	w.absent = map[string]bool{}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return left, err
		}
		if !w.settled(f, now) || now.Before(w.waiting[f.path].after) {
			left++
			continue
		}
		done, err := w.take(ctx, f)
		if err != nil {
			if ctx.Err() != nil {
				return left, ctx.Err()
			}
			w.cfg.Logger.WarnContext(ctx, "a file could not be imported; it is tried again", "file", f.shown(), "error", err.Error())
			w.delay(f.path, now)
		}
		if !done {
			left++
			continue
		}
		delete(w.waiting, f.path)
	}
	return left, nil
}

func (w *Watcher) delay(path string, now time.Time) {
	wait := min(max(2*w.waiting[path].wait, firstRetry), lastRetry)
	w.waiting[path] = retry{after: now.Add(wait), wait: wait}
}

// take imports a complete file and moves it away. done is false where it stays.
func (w *Watcher) take(ctx context.Context, f dropped) (done bool, err error) {
	if w.absent[f.location] {
		return false, nil
	}
	location, err := w.cfg.Importer.Location(ctx, f.location)
	if err != nil {
		return false, err
	}
	if location == "" {
		w.absent[f.location] = true
		if !w.unknown[f.location] {
			w.unknown[f.location] = true
			w.cfg.Logger.WarnContext(ctx, "a folder has the name of no location; its files wait", "folder", f.location)
		}
		return false, nil
	}
	delete(w.unknown, f.location)
	sum, err := hashFile(f.path)
	if err != nil {
		return false, err
	}
	report, outcome, err := w.importOnce(ctx, f, location, sum)
	if err != nil {
		return false, err
	}
	if changed, err := f.changed(); err != nil || changed {
		// Somebody goes on writing to it: the rest is another content.
		return false, err
	}
	report.File, report.Location, report.Site, report.At = f.name, location, f.site, w.cfg.Now().UTC()
	if err := f.move(outcome, report); err != nil {
		return false, err
	}
	if w.cfg.Report != nil {
		w.cfg.Report(report)
	}
	return true, nil
}

// importOnce sends a file unless the ledger has its content for this location and
// site. A process that was killed between sending and noting asks Bedside.
func (w *Watcher) importOnce(ctx context.Context, f dropped, location, sum string) (Report, outcome, error) {
	key := entryKey{Hash: sum, Location: location, Site: f.site}
	name := f.name + " " + sum[:12]
	switch known := w.ledger.entries[key]; known.State {
	case stateDone:
		return Report{ImportID: known.ImportID, Problem: "this content was imported before; it was not sent again"}, toDone, nil
	case stateSending:
		if report, found, err := w.cfg.Importer.Find(ctx, location, f.site, name); err != nil {
			return Report{}, "", err
		} else if found {
			return report, outcomeOf(report), w.ledger.add(entry{entryKey: key, State: stateDone, ImportID: report.ImportID, At: w.cfg.Now().UTC()})
		}
	}
	if err := w.ledger.add(entry{entryKey: key, State: stateSending, At: w.cfg.Now().UTC()}); err != nil {
		return Report{}, "", err
	}
	file, err := os.Open(f.path)
	if err != nil {
		return Report{}, "", fmt.Errorf("open a file: %w", err)
	}
	defer func() { _ = file.Close() }()
	sent := sha256.New()
	report, err := w.cfg.Importer.Send(ctx, location, f.site, name, io.TeeReader(file, sent))
	var refused *RefusedError
	if errors.As(err, &refused) {
		// A refused file is noted as not sent, so that it can be dropped again.
		return Report{Problem: refused.Reason}, toRejected, w.ledger.add(entry{entryKey: key, State: stateRefused, At: w.cfg.Now().UTC()})
	}
	if err == nil && hex.EncodeToString(sent.Sum(nil)) != sum {
		// Something else was sent than the ledger would note.
		err = errors.Join(errors.New("the file changed while it was sent"),
			w.ledger.add(entry{entryKey: key, State: stateRefused, At: w.cfg.Now().UTC()}))
	}
	if err != nil {
		return Report{}, "", err
	}
	return report, outcomeOf(report), w.ledger.add(entry{entryKey: key, State: stateDone, ImportID: report.ImportID, At: w.cfg.Now().UTC()})
}

// outcomeOf is rejected for a file of which no row could be taken.
func outcomeOf(r Report) outcome {
	if r.Rows > 0 && r.Accepted == 0 {
		return toRejected
	}
	return toDone
}

func hashFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("open a file: %w", err)
	}
	defer func() { _ = file.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", fmt.Errorf("read a file: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// encodeReport is the report as a file.
func encodeReport(r Report) ([]byte, error) {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode a report: %w", err)
	}
	return append(data, '\n'), nil
}
