package connect_test

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/docstore/docstoretest"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/testkit/mongotest"
)

func TestOpen_EachScheme_ServesDocuments(t *testing.T) {
	for kind, uri := range map[string]string{
		"sqlite":  "sqlite:" + filepath.Join(t.TempDir(), "bedside.db"),
		"mongodb": mongotest.Start(t),
	} {
		b, err := connect.Open(t.Context(), uri, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		require.Equal(t, kind, b.Kind())
		require.NoError(t, b.Ping(t.Context()))
		c, err := docstore.Bind(t.Context(), b, docstoretest.Notes())
		require.NoError(t, err)
		done, err := c.InsertIfAbsent(t.Context(), docstore.Org("a"), &docstoretest.Note{Base: docstore.Base{ID: "x"}})
		require.NoError(t, err)
		require.True(t, done)
		require.NoError(t, b.Close())
	}
}

func TestOpen_UnknownScheme_InvalidWithoutRepeatingIt(t *testing.T) {
	for _, uri := range []string{"", "postgres://me:s3cret@host/db", "bedside.db", "sqlite:"} {
		_, err := connect.Open(t.Context(), uri, nil)
		require.Equal(t, problem.Invalid, problem.KindOf(err), uri)
		require.NotContains(t, err.Error(), "s3cret")
	}
}
