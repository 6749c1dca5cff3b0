package trustpilot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
	"github.com/bedside-health/bedside/libs/sites/trustpilot"
)

const perPage = 5

// api is a small server of the reviews of business units.
func api(lists map[string][]sites.Review, repeat *atomic.Bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		list := lists[strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/v1/private/business-units/"), "/reviews")]
		page := pageOf(r)
		if page < 1 {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		from, to := min((page-1)*perPage, len(list)), min(page*perPage, len(list))
		if repeat.Load() && from > 0 && from < to {
			from--
		}
		items := []map[string]any{}
		for _, rev := range list[from:to] {
			items = append(items, map[string]any{
				"id": rev.ExternalID, "stars": *rev.Rating, "title": "A title", "text": rev.Text, "language": "en",
				"createdAt": rev.PostedAt.Format(time.RFC3339), "updatedAt": nil,
				"consumer": map[string]any{"id": "c", "displayName": rev.Author}, "companyReply": nil,
			})
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"links": []any{}, "reviews": items}); err != nil {
			panic(err)
		}
	})
}

func pageOf(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		return 0
	}
	return n
}

func TestSite_Contract(t *testing.T) {
	sitestest.Run(t, func(t *testing.T) *sitestest.Fixture {
		repeat := &atomic.Bool{}
		want := sitestest.SampleReviews(17, "one")
		lists := map[string][]sites.Review{"46a1": want, "46a2": sitestest.SampleReviews(6, "two")}
		deep := fmt.Sprintf(`{"reviews":[{"id":"x","text":%s1%s}]}`, strings.Repeat("[", 500_000), strings.Repeat("]", 500_000))
		server := sitestest.NewServer(t, api(lists, repeat), pageOf, []byte(deep))
		site, err := trustpilot.New(trustpilot.Config{Client: server.Client, BaseURL: server.URL, PerPage: perPage})
		require.NoError(t, err)
		return &sitestest.Fixture{
			Site:    site,
			Listing: sites.Listing{Ref: "46a1", Secret: "token"},
			Other:   sites.Listing{Ref: "46a2", Secret: "token"},
			Want:    want, Set: server.Set, Faults: sitestest.HTTPFaults(),
			Repeat: func() { repeat.Store(true) }, Removals: true,
		}
	})
}
