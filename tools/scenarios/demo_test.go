package scenarios

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/tools/client"
	"github.com/bedside-health/bedside/tools/up"
)

// control changes what a simulated site shows.
func (b *bedside) control(t *testing.T, method, path string, body any) {
	t.Helper()
	content, err := json.Marshal(body)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), method, b.simulator+"/_sim/"+path, bytes.NewReader(content))
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Less(t, answer.StatusCode, 300)
}

// demoOnBothStores leaves FerretDB out under the race detector, where the demo's polling
// is more than it can follow; without the detector it runs there, too.
func demoOnBothStores(t *testing.T, scenario func(t *testing.T, store func(*up.Settings))) {
	if raced {
		t.Log("SKIPPED on mongodb: FerretDB is too slow under the race detector")
		scenario(t, func(*up.Settings) {})
		return
	}
	onBothStores(t, scenario)
}

func TestDemo_FirstStart_ShowsTaggedAndAssignedReviewsOfThreeKindsOfSites(t *testing.T) {
	demoOnBothStores(t, firstStart)
}

func firstStart(t *testing.T, store func(*up.Settings)) {
	b := start(t, func(s *up.Settings) { store(s); s.DemoArrivals = time.Hour })
	var reviews []client.Review
	require.Eventually(t, func() bool {
		reviews = b.all(t, client.ListReviewsParams{})
		sites := map[string]bool{}
		for _, r := range reviews {
			sites[r.Site] = true
		}
		return len(reviews) > 100 && sites["google"] && sites["carefinder"] && sites["docpages"] && sites["frontdesk-cards"]
	}, patience, 200*time.Millisecond)
	locations, tagged := map[string]int{}, 0
	for _, r := range reviews {
		locations[r.LocationId]++
		if len(r.Tags) > 0 {
			tagged++
		}
		require.NotNil(t, r.Case.OwnerId, r.Id)
		require.NotNil(t, r.Case.DueAt, r.Id)
	}
	require.Len(t, locations, 6)
	require.Greater(t, tagged, len(reviews)*2/3)

	people, err := b.ListPeopleWithResponse(t.Context())
	require.NoError(t, err)
	require.Len(t, people.JSON200.Items, 8)
	me, err := b.GetMeWithResponse(t.Context())
	require.NoError(t, err)
	require.Equal(t, "Lakeside Eye & Dental", me.JSON200.Organization.Name)
}

func TestDemo_ReviewPostedEditedAndRemovedOnItsSite_IsFollowed(t *testing.T) {
	demoOnBothStores(t, followOnItsSite)
}

func followOnItsSite(t *testing.T, store func(*up.Settings)) {
	b := start(t, func(s *up.Settings) { store(s); s.DemoArrivals = time.Hour })
	for _, site := range []string{"google", "directory"} {
		t.Run(site, func(t *testing.T) {
			find := func() *client.Review {
				found := b.all(t, client.ListReviewsParams{Q: ptr("zebrafish " + site)})
				if len(found) == 0 {
					return nil
				}
				require.Len(t, found, 1)
				return &found[0]
			}
			b.control(t, http.MethodPost, "reviews", map[string]any{"id": "followed-" + site, "location": "harbor-dental", "site": site, "author": "Zed " + site, "rating": 5, "text": "Zebrafish in the lobby, lovely staff."})
			require.Eventually(t, func() bool { return find() != nil }, patience, 100*time.Millisecond)
			first := find()
			require.Equal(t, 1, first.Version)

			b.control(t, http.MethodPut, "reviews/followed-"+site, map[string]any{"text": "The zebrafish are gone and the staff were rude.", "rating": 1})
			require.Eventually(t, func() bool { return find().Version == 2 }, patience, 100*time.Millisecond)
			edited := find()
			require.Equal(t, first.Id, edited.Id)
			require.EqualValues(t, "negative", edited.Overall)
			detail, err := b.GetReviewWithResponse(t.Context(), first.Id)
			require.NoError(t, err)
			require.Len(t, detail.JSON200.Earlier, 1)
			require.Contains(t, detail.JSON200.Earlier[0].Text, "lovely staff")

			b.control(t, http.MethodDelete, "reviews/followed-"+site, nil)
			require.Eventually(t, func() bool { return find().Removed }, patience, 100*time.Millisecond)
			history := b.history(t, first.Id)
			require.Equal(t, 1, count(history, "assigned"))
			require.Equal(t, 1, count(history, "text_edited"))
			require.Equal(t, 1, count(history, "removed"))
		})
	}
}
