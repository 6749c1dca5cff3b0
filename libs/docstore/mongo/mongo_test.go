package mongo_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/docstoretest"
	"github.com/bedside-health/bedside/libs/docstore/mongo"
	"github.com/bedside-health/bedside/libs/docstore/sqlite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/testkit/mongotest"
)

func openNew(t testing.TB) docstore.Backend {
	t.Helper()
	b, err := mongo.Open(t.Context(), mongo.Config{URI: mongotest.Start(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

func TestMongo_Contract(t *testing.T) {
	docstoretest.Run(t, openNew)
}

func TestMongo_RandomOperations_AgreeWithSQLiteAndModel(t *testing.T) {
	docstoretest.Differential(t, 400, map[string]docstoretest.Open{
		"mongodb": openNew,
		"sqlite": func(t testing.TB) docstore.Backend {
			t.Helper()
			b, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "bedside.db")})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, b.Close()) })
			return b
		},
	})
}

func TestMongo_EveryIndex_IsUsed(t *testing.T) {
	if !mongotest.Real() {
		t.Skipf("SKIPPED: index use is shown on a real MongoDB only; set %s to its address", mongotest.URIVariable)
	}
	docstoretest.ExplainCollections(t, openNew(t))
}

// What the test engine says of a plan is not an index scan, and is not taken for one.
func TestMongo_ExplainWithoutIndexScan_SaysScan(t *testing.T) {
	if mongotest.Real() {
		t.Skip("a real server uses its indexes")
	}
	c, err := docstore.Bind(t.Context(), openNew(t), docstoretest.Notes())
	require.NoError(t, err)
	plan, err := c.Explain(t.Context(), docstore.Org("a"), docstore.Query{Index: "newest"})
	require.NoError(t, err)
	require.True(t, plan.Scan)
	require.NotEmpty(t, plan.Native)
}

func TestMongo_ServerAway_OpensAndSaysUnavailable(t *testing.T) {
	b, err := mongo.Open(t.Context(), mongo.Config{URI: "mongodb://127.0.0.1:1/bedside", SelectionTimeout: 50 * time.Millisecond})
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	require.Equal(t, problem.Unavailable, problem.KindOf(b.Ping(t.Context())))
	_, err = docstore.Bind(t.Context(), b, docstoretest.Notes())
	require.Equal(t, problem.Unavailable, problem.KindOf(err))
}

func TestOpen_BadURL_SaysNothingOfThePassword(t *testing.T) {
	_, err := mongo.Open(t.Context(), mongo.Config{URI: "mongodb://me:s3cret@host:notaport/x"})
	require.Equal(t, problem.Invalid, problem.KindOf(err))
	require.NotContains(t, err.Error(), "s3cret")
}
