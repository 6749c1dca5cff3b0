package sitesim_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/google"
	"github.com/bedside-health/bedside/tools/sitesim"
)

// googleListings are the simulator's listings on Google, as a poller has them.
func (r *running) googleListings() []sites.Listing {
	var out []sites.Listing
	for _, ref := range r.Listings() {
		if ref.Site == sitesim.Google {
			l := r.listing(ref)
			l.ID = ref.LocationKey
			out = append(out, l)
		}
	}
	return out
}

func TestSim_Batch_GivesWhatTheListsGive(t *testing.T) {
	sim := start(t, sitesim.Config{Generate: 120})
	batcher := sim.adapters["google"].(sites.Batcher)
	listings := sim.googleListings()
	got := map[string]map[string]bool{}
	req := sites.BatchRequest{Listings: listings, Since: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)}
	pages := 0
	for {
		page, err := batcher.FetchBatch(t.Context(), req)
		require.NoError(t, err)
		pages++
		for id, p := range page.ByListing {
			require.Empty(t, p.Warnings)
			for _, r := range p.Reviews {
				if got[id] == nil {
					got[id] = map[string]bool{}
				}
				got[id][r.ExternalID] = true
			}
		}
		if req.Page = page.Next; req.Page == "" {
			break
		}
	}
	require.Greater(t, pages, 2)
	for _, l := range listings {
		want, _ := sim.list(t, find(sim.Listings(), sitesim.Google, l.ID))
		require.Len(t, got[l.ID], len(want), l.ID)
		for _, r := range want {
			require.True(t, got[l.ID][r.ExternalID], r.ExternalID)
		}
	}

	latest, err := batcher.FetchBatch(t.Context(), sites.BatchRequest{Listings: listings, Since: time.Now().Add(240 * time.Hour)})
	require.NoError(t, err)
	require.Empty(t, latest.Next, "what is known is not read again")

	listings[2].Ref = "accounts/1000/locations/999"
	_, err = batcher.FetchBatch(t.Context(), req)
	require.Equal(t, problem.NotFound, problem.KindOf(err))
}

func TestSim_ReplyWithARefusedWord_IsRejectedAfterModeration(t *testing.T) {
	var passed atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }
	sim := start(t, sitesim.Config{Moderation: time.Hour, RejectWords: []string{"idiot"}, Now: clock})
	ref := find(sim.Listings(), sitesim.Google, "harbor-eye")
	reviews, _ := sim.list(t, ref)
	g := sim.adapters["google"].(*google.Site)
	put, err := g.PutReply(t.Context(), sim.listing(ref), reviews[0].ExternalID, "You Idiot")
	require.NoError(t, err)
	require.Equal(t, events.ReplyPending, put.State)
	replyOf := func() *events.Reply {
		all, _ := sim.list(t, ref)
		for _, r := range all {
			if r.ExternalID == reviews[0].ExternalID {
				return r.Reply
			}
		}
		return nil
	}
	require.Equal(t, events.ReplyPending, replyOf().State)
	passed.Add(int64(2 * time.Hour))
	require.Equal(t, events.ReplyRejected, replyOf().State)
	require.Contains(t, replyOf().Problem, "not allowed")
	require.NoError(t, g.PublishReply(t.Context(), sim.listing(ref), reviews[0].ExternalID, "Thank you"))
	passed.Add(int64(2 * time.Hour))
	require.Equal(t, events.ReplyPublic, replyOf().State)
	require.NoError(t, g.DeleteReply(t.Context(), sim.listing(ref), reviews[0].ExternalID))
	require.Nil(t, replyOf())
}

func TestSim_Pushes_TellOfNewAndChangedGoogleReviews(t *testing.T) {
	got := make(chan google.Push, 10)
	var asked atomic.Int32
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		p, err := google.ParsePush(body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		got <- p
	}))
	t.Cleanup(receiver.Close)
	sim := start(t, sitesim.Config{PushURL: receiver.URL})
	status, _ := sim.control(t, "POST", "/_sim/reviews", `{"id":"p-1","location":"harbor-eye","author":"A","rating":2,"text":"Waited long."}`)
	require.Equal(t, http.StatusOK, status)
	status, _ = sim.control(t, "POST", "/_sim/reviews", `{"id":"p-2","location":"harbor-eye","site":"directory","author":"B","rating":2,"text":"Elsewhere."}`)
	require.Equal(t, http.StatusOK, status)
	status, _ = sim.control(t, "PUT", "/_sim/reviews/p-1", `{"text":"Waited very long."}`)
	require.Equal(t, http.StatusOK, status)
	ref := find(sim.Listings(), sitesim.Google, "harbor-eye").Ref
	first, second := <-got, <-got
	require.Equal(t, "NEW_REVIEW", first.Type)
	require.Equal(t, "UPDATED_REVIEW", second.Type)
	require.True(t, first.Concerns(ref))
	require.Equal(t, ref+"/reviews/p-1", second.Review)
	require.Empty(t, got, "other sites send none")
}
