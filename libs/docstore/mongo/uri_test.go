package mongo

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDatabaseOf_ConnectionStrings_FindThePath(t *testing.T) {
	for uri, want := range map[string]string{
		"mongodb://localhost":                          "bedside",
		"mongodb://localhost/":                         "bedside",
		"mongodb://localhost/other":                    "other",
		"mongodb://u:p@a:1,b:2,c:3/other?replicaSet=x": "other",
		"mongodb+srv://cluster.example.org/?x=/y":      "bedside",
	} {
		require.Equal(t, want, databaseOf(uri), uri)
	}
}
