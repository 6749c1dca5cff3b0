package sqlite_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/docstoretest"
	"github.com/bedside-health/bedside/libs/docstore/sqlite"
)

// The tests of this file run this test binary again as another process; these
// variables say what it does there.
const (
	childJob  = "BEDSIDE_TEST_CHILD"
	childFile = "BEDSIDE_TEST_FILE"
)

func TestMain(m *testing.M) {
	switch os.Getenv(childJob) {
	case "":
		os.Exit(m.Run())
	case "write":
		exit(writeForever(os.Getenv(childFile)))
	case "count":
		exit(countUp(os.Getenv(childFile)))
	}
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func bindNotes(ctx context.Context, path string) (*sqlite.Backend, *docstore.Collection[docstoretest.Note], error) {
	b, err := sqlite.Open(ctx, sqlite.Config{Path: path})
	if err != nil {
		return nil, nil, err
	}
	c, err := docstore.Bind(ctx, b, docstoretest.Notes())
	return b, c, err
}

// writeForever stores documents from several goroutines, updates each, and prints
// what was acknowledged: "id rev".
func writeForever(path string) error {
	ctx := context.Background()
	_, c, err := bindNotes(ctx, path)
	if err != nil {
		return err
	}
	var out sync.Mutex
	say := func(id string, rev int) {
		out.Lock()
		defer out.Unlock()
		fmt.Println(id, rev)
	}
	errs := make(chan error)
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				n := docstoretest.Note{Base: docstore.Base{ID: fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i)}, Words: []string{"word", "other"}, Text: strings.Repeat("x", 2000)}
				if _, err := c.InsertIfAbsent(ctx, docstore.Org("a"), &n); err != nil {
					errs <- err
					return
				}
				say(n.ID, 1)
				if _, err := c.Update(ctx, docstore.Org("a"), n.ID, func(n *docstoretest.Note) error { n.Count++; return nil }); err != nil {
					errs <- err
					return
				}
				say(n.ID, 2)
			}
		}()
	}
	return <-errs
}

const countsPerProcess = 150

// countUp adds to one counter that other processes add to as well.
func countUp(path string) error {
	ctx := context.Background()
	b, c, err := bindNotes(ctx, path)
	if err != nil {
		return err
	}
	errs := make(chan error)
	const workers = 5
	for range workers {
		go func() {
			for range countsPerProcess / workers {
				if _, err := c.Upsert(ctx, docstore.Org("a"), "counter", func(n *docstoretest.Note, _ bool) error { n.Count++; return nil }); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range workers {
		if err := <-errs; err != nil {
			return err
		}
	}
	return b.Close()
}

func child(t *testing.T, job, path string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childJob+"="+job, childFile+"="+path)
	return cmd
}

func TestSQLite_ProcessKilled_KeepsEveryAcknowledgedWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bedside.db")
	acknowledged := map[string]int64{}
	for range 4 {
		cmd := child(t, "write", path)
		cmd.Stderr = os.Stderr
		stdout, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := make(chan string, 1<<16)
		go func() {
			defer close(lines)
			for s := bufio.NewScanner(stdout); s.Scan(); {
				lines <- s.Text()
			}
		}()
		first, ok := <-lines
		require.True(t, ok, "the process wrote nothing")
		time.Sleep(time.Duration(50+rand.IntN(300)) * time.Millisecond)
		require.NoError(t, cmd.Process.Kill())
		for line := first; ok; line, ok = <-lines {
			id, rev, found := strings.Cut(line, " ")
			n, err := strconv.ParseInt(rev, 10, 64)
			if found && err == nil { // the last line may be cut short
				acknowledged[id] = max(acknowledged[id], n)
			}
		}
		require.Error(t, cmd.Wait(), "it was killed")

		b, c, err := bindNotes(t.Context(), path)
		require.NoError(t, err)
		for id, rev := range acknowledged {
			n, err := c.Get(t.Context(), docstore.Org("a"), id)
			require.NoError(t, err, id)
			require.GreaterOrEqual(t, n.Rev, rev, id)
		}
		all, err := c.Count(t.Context(), docstore.Org("a"), docstore.Query{Index: "all"})
		require.NoError(t, err)
		searched, err := c.Count(t.Context(), docstore.Org("a"), docstore.Query{Index: "newest", Terms: []string{"word", "oth*"}})
		require.NoError(t, err)
		require.Equal(t, all, searched, "documents and words are stored together")
		require.NoError(t, b.Close())
		require.Equal(t, "ok", integrity(t, path))
	}
	require.Greater(t, len(acknowledged), 20)
}

func integrity(t *testing.T, path string) string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	var answer string
	require.NoError(t, db.QueryRow("PRAGMA integrity_check").Scan(&answer))
	return answer
}

func TestSQLite_ManyProcesses_LoseNoUpdate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bedside.db")
	const processes = 3
	var running []*exec.Cmd
	for range processes {
		cmd := child(t, "count", path)
		cmd.Stderr = os.Stderr
		require.NoError(t, cmd.Start())
		running = append(running, cmd)
	}
	for _, cmd := range running {
		require.NoError(t, cmd.Wait())
	}
	_, c := open(t, path)
	n, err := c.Get(t.Context(), docstore.Org("a"), "counter")
	require.NoError(t, err)
	require.EqualValues(t, processes*countsPerProcess, n.Count)
}

func open(t *testing.T, path string) (*sqlite.Backend, *docstore.Collection[docstoretest.Note]) {
	t.Helper()
	b := openFile(t, path)
	c, err := docstore.Bind(t.Context(), b, docstoretest.Notes())
	require.NoError(t, err)
	return b, c
}
