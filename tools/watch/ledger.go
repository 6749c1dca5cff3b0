package watch

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// entryKey is a content for a location and a site.
type entryKey struct {
	Hash     string `json:"hash"`
	Location string `json:"location"`
	Site     string `json:"site"`
}

// entry is a line of the ledger; the last one of a key counts.
type entry struct {
	entryKey
	State    state     `json:"state"`
	ImportID string    `json:"import_id,omitempty"`
	At       time.Time `json:"at"`
}

type state string

const (
	stateSending state = "sending"
	stateDone    state = "done"
	stateRefused state = "refused"
)

// ledger is what was sent. It is only ever added to, and on the disk before what
// follows from it is done.
type ledger struct {
	file    *os.File
	entries map[entryKey]entry
}

// maxLine bounds a line of the ledger.
const maxLine = 64 << 10

func openLedger(path string) (*ledger, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the ledger of imports: %w", err)
	}
	l := &ledger{file: file, entries: map[entryKey]entry{}}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxLine)
	torn := false
	for lines.Scan() {
		var e entry
		// A line that a kill cut short is as if it had not been written.
		if torn = json.Unmarshal(lines.Bytes(), &e) != nil; !torn {
			l.entries[e.entryKey] = e
		}
	}
	if err := lines.Err(); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("read the ledger of imports %s: %w", path, err)
	}
	if !torn {
		torn, err = endsOpen(file)
	}
	if err == nil && torn {
		_, err = file.WriteString("\n")
	}
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("mend the ledger of imports %s: %w", path, err)
	}
	return l, nil
}

// endsOpen reports whether the last line has no end.
func endsOpen(file *os.File) (bool, error) {
	last := make([]byte, 1)
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return false, err
	}
	if _, err := file.ReadAt(last, info.Size()-1); err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return last[0] != '\n', nil
}

func (l *ledger) add(e entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode a line of the ledger: %w", err)
	}
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write the ledger of imports: %w", err)
	}
	if err := l.file.Sync(); err != nil {
		return fmt.Errorf("write the ledger of imports: %w", err)
	}
	l.entries[e.entryKey] = e
	return nil
}

func (l *ledger) close() error { return l.file.Close() }
