package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/docstoretest"
	"github.com/bedside-health/bedside/libs/docstore/sqlite"
)

func openFile(t testing.TB, path string) *sqlite.Backend {
	t.Helper()
	b, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

func openNew(t testing.TB) docstore.Backend {
	return openFile(t, filepath.Join(t.TempDir(), "bedside.db"))
}

func TestSQLite_Contract(t *testing.T) {
	docstoretest.Run(t, openNew)
}

func TestSQLite_RandomOperations_AgreeWithModel(t *testing.T) {
	docstoretest.Differential(t, 4000, map[string]docstoretest.Open{"sqlite": openNew})
}

func TestSQLite_EveryIndex_IsUsed(t *testing.T) {
	docstoretest.ExplainCollections(t, openNew(t))
}
