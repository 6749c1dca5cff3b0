package store_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
)

// What is asked at every look for due listings must walk an index, so that its cost
// does not grow with the number of listings. That the declared index is the one that
// MongoDB has, too, is what package docstore checks on both.
func TestLooks_ForDueListings_WalkTheirIndexes(t *testing.T) {
	backend, err := connect.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "t.db"), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, backend.Close()) })
	docs, err := collections.Bind(t.Context(), backend)
	require.NoError(t, err)
	for name, explain := range map[string]func() (docstore.Plan, error){
		"due": func() (docstore.Plan, error) {
			return docs.PollStates.Explain(t.Context(), docstore.AllOrgs(), docstore.Query{
				Index: "due", Where: []docstore.Cond{docstore.Is("adapter", "yelp"), docstore.Below("due_at", time.Now())}, Limit: 16,
			})
		},
		"to_poll": func() (docstore.Plan, error) {
			return docs.Listings.Explain(t.Context(), docstore.AllOrgs(), docstore.Query{
				Index: "to_poll", Where: []docstore.Cond{docstore.Is("adapter", "yelp"), docstore.Is("enabled", true), docstore.From("created_at", time.Now())}, Limit: 16,
			})
		},
		"by_time": func() (docstore.Plan, error) {
			return docs.PollHints.Explain(t.Context(), docstore.AllOrgs(), docstore.Query{
				Index: "by_time", Where: []docstore.Cond{docstore.Is("adapter", "yelp"), docstore.From("at", time.Now())}, Limit: 16,
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			plan, err := explain()
			require.NoError(t, err)
			require.False(t, plan.Scan)
			text := fmt.Sprintf("%+v", plan)
			require.Contains(t, text, name)
			require.NotContains(t, strings.ToUpper(text), "SCAN ")
			require.NotContains(t, strings.ToUpper(text), "TEMP B-TREE")
		})
	}
}
