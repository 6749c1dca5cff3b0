package sitesim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/selector"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
	"github.com/bedside-health/bedside/tools/sitesim"
)

func TestSim_SiteWithoutMarkup_ShowsWhatItsDirectoryShows(t *testing.T) {
	sim := start(t, sitesim.Config{})
	status, definition := sim.control(t, "GET", "/_sim/definition", "")
	require.Equal(t, 200, status)
	d, err := selector.Parse(definition)
	require.NoError(t, err)
	client, err := polite.New(polite.Config{
		Product: "Bedside/test", Contact: "https://bedside.example/bot", AllowLoopback: true, RequestsPerSecond: 10_000, Burst: 10_000,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	site, err := selector.New(selector.Config{Client: client, Definitions: map[string]*selector.Definition{d.Name: d}})
	require.NoError(t, err)
	for _, ref := range sim.PlainListings() {
		got, last, err := sitestest.ListAll(t.Context(), site, sim.listing(ref), time.Time{})
		require.NoError(t, err)
		require.True(t, last.Complete)
		byID := map[string]sites.Review{}
		for _, r := range got {
			byID[r.ExternalID] = r
		}
		var want []sites.Review
		for _, l := range sim.Listings() {
			if l.Adapter == "directory" && l.LocationKey == ref.LocationKey {
				want, _ = sim.list(t, l)
			}
		}
		require.NotEmpty(t, want)
		require.Len(t, byID, len(want))
		texts := map[string]sites.Review{}
		for _, r := range byID {
			texts[r.Text] = r
		}
		for _, w := range want {
			r, ok := texts[w.Text]
			require.True(t, ok, w.Text)
			require.Equal(t, w.Author, r.Author)
			require.InDelta(t, *w.Rating, *r.Rating, 0.001)
			require.Equal(t, w.PostedAt.Truncate(time.Minute), r.PostedAt)
		}
		require.NotEmpty(t, last.Facts.Telephone)
	}
}
