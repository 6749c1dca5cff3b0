package watch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// dropped is a file that lies in the folder.
type dropped struct {
	path, location, site, name string
	size                       int64
	modified                   time.Time
}

func (f dropped) shown() string { return filepath.Join(f.location, f.site, f.name) }

// outcome is the folder a file ends in.
type outcome string

const (
	toDone     outcome = "done"
	toRejected outcome = "rejected"
)

// suffixes of files that can be imported.
var suffixes = []string{".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".json"}

// listFiles finds LOCATION/SITE/FILE in the order of their names. Hidden files,
// links and files of other kinds are left alone: what writes a file bit by bit
// calls it .part or .tmp or hides it until it is complete.
func listFiles(dir string) ([]dropped, error) {
	locations, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("look at the watched folder: %w", err)
	}
	var out []dropped
	for _, location := range folders(locations) {
		// A folder that goes away while it is looked at has no files.
		places, _ := os.ReadDir(filepath.Join(dir, location))
		for _, site := range folders(places) {
			entries, _ := os.ReadDir(filepath.Join(dir, location, site))
			for _, e := range entries {
				ext := strings.ToLower(filepath.Ext(e.Name()))
				if strings.HasPrefix(e.Name(), ".") || !e.Type().IsRegular() || !slices.Contains(suffixes, ext) {
					continue
				}
				info, err := e.Info()
				if err != nil {
					continue
				}
				out = append(out, dropped{
					path: filepath.Join(dir, location, site, e.Name()), location: location, site: site, name: e.Name(),
					size: info.Size(), modified: info.ModTime(),
				})
			}
		}
	}
	return out, nil
}

func folders(entries []fs.DirEntry) []string {
	var out []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && e.Name() != string(toDone) && e.Name() != string(toRejected) {
			out = append(out, e.Name())
		}
	}
	return out
}

// sighting is how a file looked and since when.
type sighting struct {
	size     int64
	modified time.Time
	since    time.Time
}

// settled reports whether a file has content and has not changed for as long as it
// must not: by its own time, which a file keeps that is renamed into the folder, or
// as far as was seen here, for clocks that differ. An empty file is one that
// somebody opened to write to it.
func (w *Watcher) settled(f dropped, now time.Time) bool {
	s, known := w.seen[f.path]
	if !known || s.size != f.size || !s.modified.Equal(f.modified) {
		s = sighting{size: f.size, modified: f.modified, since: now}
		w.seen[f.path] = s
	}
	own := now.Sub(f.modified)
	return f.size > 0 && (now.Sub(s.since) >= w.cfg.Settle || own >= w.cfg.Settle)
}

// forget drops what was seen of files that are gone.
func (w *Watcher) forget(files []dropped) {
	there := make(map[string]bool, len(files))
	for _, f := range files {
		there[f.path] = true
	}
	for path := range w.seen {
		if !there[path] {
			delete(w.seen, path)
			delete(w.waiting, path)
		}
	}
}

// changed reports whether the file is another one than was listed.
func (f dropped) changed() (bool, error) {
	info, err := os.Lstat(f.path)
	if err != nil {
		return false, fmt.Errorf("look at a file: %w", err)
	}
	return info.Size() != f.size || !info.ModTime().Equal(f.modified), nil
}

// move puts the report and then the file into the outcome's folder. A name that is
// taken gets a number, so that nothing there is overwritten.
func (f dropped) move(to outcome, report Report) error {
	dir := filepath.Join(filepath.Dir(f.path), string(to))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder %s: %w", to, err)
	}
	data, err := encodeReport(report)
	if err != nil {
		return err
	}
	const most = 100_000
	ext := filepath.Ext(f.name)
	for n := 1; n < most; n++ {
		name := f.name
		if n > 1 {
			name = strings.TrimSuffix(f.name, ext) + "-" + strconv.Itoa(n) + ext
		}
		target := filepath.Join(dir, name)
		if _, err := os.Lstat(target); err == nil {
			continue
		}
		// The report is made first and only once under a name; it reserves it.
		if err := writeNew(target+".report.json", data); errors.Is(err, fs.ErrExist) {
			continue
		} else if err != nil {
			return err
		}
		if err := os.Rename(f.path, target); err != nil {
			_ = os.Remove(target + ".report.json")
			return fmt.Errorf("move a file: %w", err)
		}
		return nil
	}
	return fmt.Errorf("move a file: %s has too many files of one name", dir)
}

func writeNew(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("write a report: %w", err)
	}
	_, err = file.Write(data)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write a report: %w", err)
	}
	return nil
}
