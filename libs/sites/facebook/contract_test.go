package facebook_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/facebook"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
)

const perPage = 5

// api is a small server of the ratings of Pages.
func api(lists map[string][]sites.Review, repeat *atomic.Bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		list := lists[strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/v21.0/"), "/ratings")]
		page := pageOf(r)
		if page < 1 || (page-1)*perPage > len(list) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		from, to := (page-1)*perPage, min(page*perPage, len(list))
		if repeat.Load() && from > 0 {
			from--
		}
		items := []map[string]any{}
		for _, rev := range list[from:to] {
			items = append(items, map[string]any{
				"created_time": rev.PostedAt.Format("2006-01-02T15:04:05-0700"), "has_rating": false, "has_review": true,
				"open_graph_story": map[string]any{"id": rev.ExternalID}, "recommendation_type": "positive", "review_text": rev.Text,
				"reviewer": map[string]any{"id": "77", "name": rev.Author},
			})
		}
		paging := map[string]any{"cursors": map[string]any{"before": "c0", "after": "c" + strconv.Itoa(page+1)}}
		if to < len(list) {
			paging["next"] = "https://elsewhere.example/next"
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"data": items, "paging": paging}); err != nil {
			panic(err)
		}
	})
}

func pageOf(r *http.Request) int {
	after := r.URL.Query().Get("after")
	if after == "" {
		return 1
	}
	n, err := strconv.Atoi(strings.TrimPrefix(after, "c"))
	if err != nil {
		return 0
	}
	return n
}

// recommendations are reviews as Facebook has them: no stars, ids of digits.
func recommendations(n int, label string, first int) []sites.Review {
	out := sitestest.SampleReviews(n, label)
	for i := range out {
		out[i].Rating, out[i].ExternalID = nil, fmt.Sprintf("1000_%d", first+i)
	}
	return out
}

func TestSite_Contract(t *testing.T) {
	sitestest.Run(t, func(t *testing.T) *sitestest.Fixture {
		repeat := &atomic.Bool{}
		want := recommendations(17, "one", 500)
		lists := map[string][]sites.Review{"1000": want, "harbor.dental": recommendations(6, "two", 900)}
		deep := fmt.Sprintf(`{"data":[{"review_text":%s1%s}]}`, strings.Repeat("[", 500_000), strings.Repeat("]", 500_000))
		server := sitestest.NewServer(t, api(lists, repeat), pageOf, []byte(deep))
		site, err := facebook.New(facebook.Config{Client: server.Client, BaseURL: server.URL})
		require.NoError(t, err)
		return &sitestest.Fixture{
			Site:    site,
			Listing: sites.Listing{Ref: "1000", Secret: "token"},
			Other:   sites.Listing{Ref: "harbor.dental", Secret: "token"},
			Want:    want, Set: server.Set, Faults: sitestest.HTTPFaults(),
			Repeat: func() { repeat.Store(true) }, Removals: true,
		}
	})
}
