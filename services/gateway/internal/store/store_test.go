package store_test

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/inbox"
	"github.com/bedside-health/bedside/services/gateway/internal/store"
	"github.com/bedside-health/bedside/services/gateway/signin"
)

func open(t testing.TB, now func() time.Time) *store.Store {
	t.Helper()
	backend, err := connect.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "b.db"), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { _ = backend.Close() })
	s, err := store.Open(t.Context(), backend, now)
	require.NoError(t, err)
	return s
}

func TestPurgeSessions_Ended_AreRemovedAndOthersStay(t *testing.T) {
	now := time.Now()
	s := open(t, func() time.Time { return now })
	for digest, left := range map[string]time.Duration{"old": -time.Second, "older": -time.Hour, "good": time.Hour} {
		require.NoError(t, s.AddSession(t.Context(), signin.Session{Digest: digest, OrgID: "lakeside", PersonID: "ada", ExpiresAt: now.Add(left)}))
	}
	removed, err := s.PurgeSessions(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, removed)
	_, err = s.Session(t.Context(), "good")
	require.NoError(t, err)
	_, err = s.Session(t.Context(), "old")
	require.Equal(t, problem.NotFound, problem.KindOf(err))
	require.NoError(t, s.ExtendSession(t.Context(), "old", now), "one that was ended meanwhile stays ended")
}

func TestPurgeImports_UploadThatBrokeOff_IsRemovedAfterAWhile(t *testing.T) {
	now := time.Now()
	s := open(t, func() time.Time { return now })
	shared, scope := s.Shared(), docstore.Org("lakeside")
	_, err := shared.Organizations.InsertIfAbsent(t.Context(), scope, &collections.Organization{Base: docstore.Base{ID: "lakeside", OrgID: "lakeside"}})
	require.NoError(t, err)
	for id, age := range map[string]time.Duration{"i_old": 7 * time.Hour, "i_new": time.Hour, "i_done": 7 * time.Hour} {
		require.NoError(t, s.AddImport(t.Context(), "lakeside", &collections.Import{
			Base: docstore.Base{ID: id, OrgID: "lakeside"}, ListingID: "l_" + id, CreatedAt: now.Add(-age),
		}))
		for n := range 3 {
			require.NoError(t, s.AddImportChunk(t.Context(), "lakeside", &collections.ImportChunk{ImportID: id, N: n}))
		}
	}
	require.NoError(t, s.FinishImport(t.Context(), "lakeside", &collections.Import{Base: docstore.Base{ID: "i_done"}, Chunks: 3}, nil))
	require.NoError(t, s.PurgeImports(t.Context()))
	for id, chunks := range map[string]int64{"i_old": 0, "i_new": 3, "i_done": 3} {
		n, err := shared.ImportChunks.Count(t.Context(), scope, docstore.Query{Index: "by_import", Where: []docstore.Cond{docstore.Is("import_id", id)}})
		require.NoError(t, err)
		require.Equal(t, chunks, n, id)
	}
	_, err = shared.Imports.Get(t.Context(), scope, "i_old")
	require.ErrorIs(t, err, docstore.ErrNotFound)
	require.Equal(t, problem.Conflict, problem.KindOf(s.DropImport(t.Context(), "lakeside", "i_done")))
}

func FuzzListReviews_Cursor(f *testing.F) {
	s := open(f, time.Now)
	f.Add("", "rating")
	f.Add("e30", "due_at")
	f.Add("eyJwIjoxfQ", "rating")
	f.Add("eyJwIjotMX0", "-posted_at")
	f.Fuzz(func(t *testing.T, cursor, sort string) {
		_, _, err := s.ListReviews(t.Context(), "lakeside", inbox.Filter{Now: time.Now()}, inbox.Sort(sort), 10, cursor)
		if err != nil {
			require.Equal(t, problem.Invalid, problem.KindOf(err), "%v", err)
		}
	})
}
