package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/docstoretest"
	"github.com/bedside-health/bedside/libs/docstore/sqlite"
	"github.com/bedside-health/bedside/libs/problem"
)

func TestOpen_StrangePaths_Work(t *testing.T) {
	for _, name := range []string{"with space.db", "50%.db", "a?b#c.db", "é.db", filepath.Join("new", "folders", "x.db")} {
		path := filepath.Join(t.TempDir(), name)
		_, c := open(t, path)
		done, err := c.InsertIfAbsent(t.Context(), docstore.Org("a"), &docstoretest.Note{Base: docstore.Base{ID: "x"}})
		require.NoError(t, err)
		require.True(t, done)
		info, err := os.Stat(path)
		require.NoError(t, err, name)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "others read nothing")
		require.Equal(t, "ok", integrity(t, "file:"+strings.NewReplacer("%", "%25", "?", "%3F", "#", "%23").Replace(path)))
	}
}

func TestOpen_NotADatabase_SaysUnavailable(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "x.db")
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("no database ", 1000)), 0o600))
	for _, path := range []string{folder, file} {
		_, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
		require.Equal(t, problem.Unavailable, problem.KindOf(err), path)
	}
	_, err := sqlite.Open(t.Context(), sqlite.Config{})
	require.Equal(t, problem.Invalid, problem.KindOf(err))
}

func TestBind_FileOfALaterVersion_Refused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bedside.db")
	b, _ := open(t, path)
	require.NoError(t, b.Close())
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.Exec(`UPDATE "_docstore" SET schema = '99:later'`)
	require.NoError(t, errors.Join(err, db.Close()))
	_, err = docstore.Bind(t.Context(), openFile(t, path), docstoretest.Notes())
	require.ErrorContains(t, err, "later version")
}

func TestClose_Twice_ThenEverythingIsUnavailable(t *testing.T) {
	b, c := open(t, filepath.Join(t.TempDir(), "bedside.db"))
	require.NoError(t, b.Ping(t.Context()))
	require.NoError(t, b.Close())
	require.NoError(t, b.Close())
	require.Equal(t, problem.Unavailable, problem.KindOf(b.Ping(t.Context())))
	_, err := c.Get(t.Context(), docstore.Org("a"), "x")
	require.Equal(t, problem.Unavailable, problem.KindOf(err))
	_, err = c.InsertIfAbsent(t.Context(), docstore.Org("a"), &docstoretest.Note{Base: docstore.Base{ID: "x"}})
	require.Equal(t, problem.Unavailable, problem.KindOf(err))
}

func TestWrites_ContextCancelled_ReturnAtOnceAndStoreWhollyOrNotAtAll(t *testing.T) {
	_, c := open(t, filepath.Join(t.TempDir(), "bedside.db"))
	done, err := c.InsertIfAbsent(t.Context(), docstore.Org("a"), &docstoretest.Note{Base: docstore.Base{ID: "n"}})
	require.NoError(t, err)
	require.True(t, done)
	stored := int64(0)
	for i := range 200 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*5*time.Microsecond)
		_, err := c.Update(ctx, docstore.Org("a"), "n", func(n *docstoretest.Note) error {
			n.Count++
			n.Words = []string{fmt.Sprint("w", n.Count)}
			return nil
		})
		cancel()
		if err == nil {
			stored++
		}
	}
	n, err := c.Get(t.Context(), docstore.Org("a"), "n")
	require.NoError(t, err)
	require.GreaterOrEqual(t, n.Count, stored, "what was reported as stored is")
	require.Equal(t, n.Count+1, n.Rev)
	_, err = c.Page(t.Context(), docstore.Org("a"), docstore.Query{Index: "newest", Terms: []string{"w*"}})
	if n.Count > 0 {
		require.Equal(t, problem.Invalid, problem.KindOf(err), "one letter is too short a prefix")
		page, err := c.Page(t.Context(), docstore.Org("a"), docstore.Query{Index: "newest", Terms: n.Words})
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
	}
}

func TestOpen_WriteLockHeldElsewhere_WritesWaitForIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bedside.db")
	_, c := open(t, path)
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	_, err = conn.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)
	released := make(chan error, 1)
	go func() {
		time.Sleep(300 * time.Millisecond)
		_, err := conn.ExecContext(context.Background(), "COMMIT")
		released <- errors.Join(err, conn.Close())
	}()
	_, err = c.InsertIfAbsent(t.Context(), docstore.Org("a"), &docstoretest.Note{Base: docstore.Base{ID: "n"}})
	require.NoError(t, err)
	require.NoError(t, <-released)
}

// Pages after the first hold a connection for several statements; with no other
// connection left they must not wait for one.
func TestPages_MoreCallersThanConnections_AllFinish(t *testing.T) {
	b, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "bedside.db"), Readers: 1})
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	c, err := docstore.Bind(t.Context(), b, docstoretest.Notes())
	require.NoError(t, err)
	for i := range 20 {
		_, err := c.InsertIfAbsent(t.Context(), docstore.Org("a"), &docstoretest.Note{Base: docstore.Base{ID: fmt.Sprint(i)}})
		require.NoError(t, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	errs := make(chan error)
	const callers = 8
	for i := range callers {
		go func() {
			q := docstore.Query{Index: []string{"newest", "by_stars", "all"}[i%3], Limit: 3}
			for {
				page, err := c.Page(ctx, docstore.Org("a"), q)
				if err != nil || page.Next == "" {
					errs <- err
					return
				}
				q.Cursor = page.Next
			}
		}()
	}
	for range callers {
		require.NoError(t, <-errs)
	}
}
