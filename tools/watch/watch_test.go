package watch_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/tools/watch"
)

// bedside takes files as a running Bedside does.
type bedside struct {
	sent []string // location, site, name and content
	fail error
	// dies: the import is stored, but its answer never arrives.
	dies    bool
	reports map[string]watch.Report
	finds   int
	asked   int
	// before is called when a file begins to be sent.
	before func()
}

func (b *bedside) Location(_ context.Context, name string) (string, error) {
	b.asked++
	if name == "nowhere" {
		return "", nil
	}
	return "loc-" + name, nil
}

func (b *bedside) Send(_ context.Context, location, site, name string, body io.Reader) (watch.Report, error) {
	if b.before != nil {
		b.before()
	}
	content, err := io.ReadAll(body)
	if err != nil {
		return watch.Report{}, err
	}
	if b.fail != nil {
		return watch.Report{}, b.fail
	}
	b.sent = append(b.sent, strings.Join([]string{location, site, strings.Fields(name)[0], string(content)}, "|"))
	r := watch.Report{ImportID: "i-1", Rows: 2, Accepted: 1, Rejected: 1, Rejections: []watch.Rejection{{Line: 3, Reason: "no text"}}}
	if strings.Contains(string(content), "nothing") {
		r.Accepted = 0
	}
	if b.reports == nil {
		b.reports = map[string]watch.Report{}
	}
	b.reports[name] = r
	if b.dies {
		return watch.Report{}, errors.New("killed")
	}
	return r, nil
}

func (b *bedside) Find(_ context.Context, _, _, name string) (watch.Report, bool, error) {
	b.finds++
	r, ok := b.reports[name]
	return r, ok, nil
}

type fixture struct {
	*watch.Watcher
	t     *testing.T
	dir   string
	clock time.Time
	api   *bedside
	told  []watch.Report
}

func open(t *testing.T, dir string, api *bedside) *fixture {
	t.Helper()
	f := &fixture{t: t, dir: dir, api: api, clock: time.Now()}
	w, err := watch.New(watch.Config{
		Dir: dir, Importer: api, Settle: 5 * time.Second, Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return f.clock }, Report: func(r watch.Report) { f.told = append(f.told, r) },
	})
	require.NoError(t, err)
	f.Watcher = w
	return f
}

func drop(t *testing.T, dir, path, content string) string {
	t.Helper()
	file := filepath.Join(dir, path)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	return file
}

func (f *fixture) scan() int {
	f.t.Helper()
	left, err := f.Scan(f.t.Context())
	require.NoError(f.t, err)
	return left
}

func (f *fixture) settle() { f.clock = f.clock.Add(6 * time.Second) }

func TestScan_CompleteFile_IsImportedAndMovedWithItsReport(t *testing.T) {
	f := open(t, t.TempDir(), &bedside{})
	defer func() { require.NoError(t, f.Close()) }()
	drop(t, f.dir, "harbor/zocdoc/march.csv", "id,text")
	require.Equal(t, 1, f.scan(), "it may still be written")
	require.Empty(t, f.api.sent)
	f.settle()
	require.Zero(t, f.scan())
	require.Equal(t, []string{"loc-harbor|zocdoc|march.csv|id,text"}, f.api.sent)
	done := filepath.Join(f.dir, "harbor", "zocdoc", "done")
	require.FileExists(t, filepath.Join(done, "march.csv"))
	data, err := os.ReadFile(filepath.Join(done, "march.csv.report.json"))
	require.NoError(t, err)
	var report watch.Report
	require.NoError(t, json.Unmarshal(data, &report))
	require.Equal(t, "loc-harbor", report.Location)
	require.Equal(t, 3, report.Rejections[0].Line)
	require.Equal(t, []watch.Report{report}, f.told)
	f.settle()
	require.Zero(t, f.scan())
	require.Len(t, f.api.sent, 1)
}

func TestScan_FileThatGrows_WaitsUntilItRests(t *testing.T) {
	f := open(t, t.TempDir(), &bedside{})
	defer func() { require.NoError(t, f.Close()) }()
	file := drop(t, f.dir, "harbor/zocdoc/a.csv", "one")
	f.scan()
	for range 3 {
		f.clock = f.clock.Add(4 * time.Second)
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		drop(t, f.dir, "harbor/zocdoc/a.csv", string(content)+"more")
		require.NoError(t, os.Chtimes(file, f.clock, f.clock))
		require.Equal(t, 1, f.scan())
	}
	require.Empty(t, f.api.sent)
	f.settle()
	f.scan()
	require.Equal(t, []string{"loc-harbor|zocdoc|a.csv|onemoremoremore"}, f.api.sent)
}

func TestScan_FileThatChangesWhileItIsSent_IsSentWhole(t *testing.T) {
	f := open(t, t.TempDir(), &bedside{})
	defer func() { require.NoError(t, f.Close()) }()
	drop(t, f.dir, "harbor/zocdoc/a.csv", "half")
	f.api.before = func() { drop(t, f.dir, "harbor/zocdoc/a.csv", "half and half") }
	f.settle()
	require.Equal(t, 1, f.scan())
	f.api.before = nil
	f.clock = f.clock.Add(time.Minute)
	require.Zero(t, f.scan())
	require.Equal(t, "loc-harbor|zocdoc|a.csv|half and half", f.api.sent[len(f.api.sent)-1])

	drop(t, f.dir, "harbor/zocdoc/b.csv", "half")
	f.settle()
	require.Zero(t, f.scan())
	require.Equal(t, "loc-harbor|zocdoc|b.csv|half", f.api.sent[len(f.api.sent)-1], "this content was never sent")
}

func TestScan_EmptyFile_WaitsForItsContent(t *testing.T) {
	f := open(t, t.TempDir(), &bedside{})
	defer func() { require.NoError(t, f.Close()) }()
	file := drop(t, f.dir, "harbor/zocdoc/a.csv", "")
	f.settle()
	require.Equal(t, 1, f.scan())
	require.FileExists(t, file, "whoever opened it writes to it later")
	require.Empty(t, f.api.sent)
	drop(t, f.dir, "harbor/zocdoc/a.csv", "rows")
	f.settle()
	require.Zero(t, f.scan())
	require.Len(t, f.api.sent, 1)
}

func TestScan_ManyFilesOfNoLocation_AskOnce(t *testing.T) {
	f := open(t, t.TempDir(), &bedside{})
	defer func() { require.NoError(t, f.Close()) }()
	for _, name := range []string{"a", "b", "c"} {
		drop(t, f.dir, "nowhere/zocdoc/"+name+".csv", "x")
	}
	f.settle()
	require.Equal(t, 3, f.scan())
	require.Equal(t, 1, f.api.asked)
	require.Equal(t, 3, f.scan())
	require.Equal(t, 2, f.api.asked, "the location may be there by now")
}

func TestScan_FileRenamedIn_IsTakenAtOnce(t *testing.T) {
	f := open(t, t.TempDir(), &bedside{})
	defer func() { require.NoError(t, f.Close()) }()
	file := drop(t, f.dir, "harbor/zocdoc/.upload", "x")
	old := f.clock.Add(-time.Hour)
	require.NoError(t, os.Chtimes(file, old, old))
	require.Zero(t, f.scan())
	require.NoError(t, os.Rename(file, filepath.Join(f.dir, "harbor", "zocdoc", "x.jsonl")))
	require.Zero(t, f.scan())
	require.Len(t, f.api.sent, 1)
}

func TestScan_SameContentAgain_IsNotSentAgain(t *testing.T) {
	dir := t.TempDir()
	api := &bedside{}
	f := open(t, dir, api)
	for _, path := range []string{"harbor/zocdoc/a.csv", "harbor/zocdoc/b.csv", "harbor/vitals/a.csv", "maple/zocdoc/a.csv"} {
		drop(t, dir, path, "same")
	}
	f.settle()
	require.Zero(t, f.scan())
	require.Len(t, api.sent, 3, "once for each location and site")
	require.NoError(t, f.Close())

	f = open(t, dir, api)
	defer func() { require.NoError(t, f.Close()) }()
	drop(t, dir, "harbor/zocdoc/a.csv", "same")
	f.settle()
	require.Zero(t, f.scan())
	require.Len(t, api.sent, 3)
	require.Contains(t, f.told[0].Problem, "before")
	require.FileExists(t, filepath.Join(dir, "harbor", "zocdoc", "done", "a-2.csv"), "nothing is overwritten")
	require.FileExists(t, filepath.Join(dir, "harbor", "zocdoc", "done", "a-2.csv.report.json"))
}

func TestScan_KilledAfterSending_AsksInsteadOfSendingAgain(t *testing.T) {
	dir := t.TempDir()
	api := &bedside{dies: true}
	f := open(t, dir, api)
	drop(t, dir, "harbor/zocdoc/a.csv", "rows")
	f.settle()
	require.Equal(t, 1, f.scan())
	require.Len(t, api.sent, 1)
	require.NoError(t, f.Close())

	api.dies = false
	f = open(t, dir, api)
	defer func() { require.NoError(t, f.Close()) }()
	f.settle()
	require.Zero(t, f.scan())
	require.Len(t, api.sent, 1)
	require.Equal(t, 1, api.finds)
	require.Equal(t, "i-1", f.told[0].ImportID)
}

func TestScan_KilledBeforeSending_Sends(t *testing.T) {
	dir := t.TempDir()
	api := &bedside{fail: errors.New("connection refused")}
	f := open(t, dir, api)
	drop(t, dir, "harbor/zocdoc/a.csv", "rows")
	f.settle()
	require.Equal(t, 1, f.scan())
	require.Equal(t, 1, f.scan())
	require.NoError(t, f.Close())
	ledger := filepath.Join(dir, ".bedside", "imported.jsonl")
	text, err := os.ReadFile(ledger)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(text), "sending"), "a failed file waits before it is tried again")
	require.NoError(t, os.WriteFile(ledger, append(text, []byte(`{"hash":"cut sho`)...), 0o600))

	api.fail = nil
	f = open(t, dir, api)
	f.settle()
	require.Zero(t, f.scan())
	require.Len(t, api.sent, 1)
	require.NoError(t, f.Close())
	f = open(t, dir, api)
	defer func() { require.NoError(t, f.Close()) }()
	drop(t, dir, "harbor/zocdoc/a.csv", "rows")
	f.settle()
	require.Zero(t, f.scan())
	require.Len(t, api.sent, 1, "the ledger is whole behind the line that was cut")
}

func TestScan_RefusedFile_GoesToRejectedAndMayComeAgain(t *testing.T) {
	f := open(t, t.TempDir(), &bedside{fail: &watch.RefusedError{Reason: "no column text"}})
	defer func() { require.NoError(t, f.Close()) }()
	drop(t, f.dir, "harbor/zocdoc/a.csv", "rows")
	f.settle()
	require.Zero(t, f.scan())
	rejected := filepath.Join(f.dir, "harbor", "zocdoc", "rejected")
	data, err := os.ReadFile(filepath.Join(rejected, "a.csv.report.json"))
	require.NoError(t, err)
	require.Contains(t, string(data), "no column text")
	f.api.fail = nil
	drop(t, f.dir, "harbor/zocdoc/a.csv", "rows")
	drop(t, f.dir, "harbor/zocdoc/b.csv", "nothing of use")
	f.settle()
	require.Zero(t, f.scan())
	require.Len(t, f.api.sent, 2)
	require.FileExists(t, filepath.Join(rejected, "b.csv"), "no row of it was taken")
	require.FileExists(t, filepath.Join(f.dir, "harbor", "zocdoc", "done", "a.csv"))
}

func TestScan_WhatIsNoImport_StaysAlone(t *testing.T) {
	f := open(t, t.TempDir(), &bedside{})
	defer func() { require.NoError(t, f.Close()) }()
	secret := drop(t, t.TempDir(), "passwords.csv", "secret")
	for _, path := range []string{"a.csv", "harbor/a.csv", "harbor/zocdoc/a.csv.part", "harbor/zocdoc/.a.csv", "harbor/zocdoc/deep/a.csv", ".git/x/a.csv", "harbor/done/a.csv"} {
		drop(t, f.dir, path, "x")
	}
	require.NoError(t, os.Symlink(secret, filepath.Join(f.dir, "harbor", "zocdoc", "link.csv")))
	f.settle()
	require.Zero(t, f.scan())
	drop(t, f.dir, "nowhere/zocdoc/a.csv", "x")
	f.settle()
	require.Equal(t, 1, f.scan(), "it waits for its location")
	require.Empty(t, f.api.sent)
}

func TestNew_FolderThatIsWatched_IsRefused(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, &bedside{})
	_, err := watch.New(watch.Config{Dir: dir, Importer: f.api, Logger: slog.New(slog.DiscardHandler)})
	require.ErrorContains(t, err, "another process")
	require.NoError(t, f.Close())
	_, err = watch.New(watch.Config{Dir: filepath.Join(dir, "none"), Importer: f.api, Logger: slog.New(slog.DiscardHandler)})
	require.ErrorContains(t, err, "no folder")
}

func TestRun_Ended_ReturnsNil(t *testing.T) {
	f := open(t, t.TempDir(), &bedside{})
	defer func() { require.NoError(t, f.Close()) }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, f.Run(ctx))
}
