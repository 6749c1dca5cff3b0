package docstoretest

import (
	"testing"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
)

// ExplainCollections proves index use for every index of package collections.
func ExplainCollections(t *testing.T, b docstore.Backend) {
	t.Helper()
	ExplainEveryIndex(t, b, collections.Organizations())
	ExplainEveryIndex(t, b, collections.Locations())
	ExplainEveryIndex(t, b, collections.People())
	ExplainEveryIndex(t, b, collections.Listings())
	ExplainEveryIndex(t, b, collections.Imports())
	ExplainEveryIndex(t, b, collections.ImportChunks())
	ExplainEveryIndex(t, b, collections.PollStates())
	ExplainEveryIndex(t, b, collections.Fingerprints())
	ExplainEveryIndex(t, b, collections.ListingFacts())
	ExplainEveryIndex(t, b, collections.Reviews())
	ExplainEveryIndex(t, b, collections.CaseEvents())
	ExplainEveryIndex(t, b, collections.Lexicons())
	ExplainEveryIndex(t, b, collections.PollHints())
	ExplainEveryIndex(t, b, collections.Findings())
	ExplainEveryIndex(t, b, collections.Dismissals())
	ExplainEveryIndex(t, b, collections.Routing())
	ExplainEveryIndex(t, b, collections.RoutingVersions())
	ExplainEveryIndex(t, b, collections.Templates())
	ExplainEveryIndex(t, b, collections.Channels())
	ExplainEveryIndex(t, b, collections.SettingsOfNotifications())
	ExplainEveryIndex(t, b, collections.Notifications())
	ExplainEveryIndex(t, b, collections.DigestsSent())
	ExplainEveryIndex(t, b, Notes())
	ExplainEveryIndex(t, b, Sessions())
}
