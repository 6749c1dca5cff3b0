package google_test

import (
	"crypto/sha256"
	"encoding/hex"
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
	"github.com/bedside-health/bedside/libs/sites/google"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
)

const perPage = 5

func wire(r sites.Review) map[string]any {
	stars := []string{"", "ONE", "TWO", "THREE", "FOUR", "FIVE"}[int(*r.Rating)]
	return map[string]any{
		"name": "accounts/1/locations/2/reviews/" + r.ExternalID, "reviewId": r.ExternalID,
		"reviewer": map[string]any{"displayName": r.Author}, "starRating": stars, "comment": r.Text,
		"createTime": r.PostedAt.Format(time.RFC3339), "updateTime": r.PostedAt.Format("2006-01-02T15:04:05.000000Z07:00"),
	}
}

// api is a small server of the list method.
func api(lists map[string][]sites.Review, repeat *atomic.Bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		list := lists[strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/v4/"), "/reviews")]
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		page := pageOf(r)
		if page < 1 || (page-1)*perPage > len(list) {
			w.WriteHeader(http.StatusBadRequest) // as Google answers a token it did not give
			return
		}
		from, to := (page-1)*perPage, min(page*perPage, len(list))
		if repeat.Load() && from > 0 {
			from--
		}
		out := map[string]any{"averageRating": 3, "totalReviewCount": len(list)}
		var items []map[string]any
		for _, rev := range list[from:to] {
			items = append(items, wire(rev))
		}
		out["reviews"] = items
		if to < len(list) {
			out["nextPageToken"] = "t" + strconv.Itoa(page+1)
		}
		body, err := json.Marshal(out)
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(body)
		etag := `"` + hex.EncodeToString(sum[:8]) + `"`
		w.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write(body)
	})
}

func pageOf(r *http.Request) int {
	token := r.URL.Query().Get("pageToken")
	if token == "" {
		return 1
	}
	n, err := strconv.Atoi(strings.TrimPrefix(token, "t"))
	if err != nil {
		return 0
	}
	return n
}

func TestSite_Contract(t *testing.T) {
	sitestest.Run(t, func(t *testing.T) *sitestest.Fixture {
		repeat := &atomic.Bool{}
		want := sitestest.SampleReviews(17, "one")
		lists := map[string][]sites.Review{
			"accounts/1/locations/2": want,
			"accounts/1/locations/3": sitestest.SampleReviews(6, "two"),
		}
		deep := fmt.Sprintf(`{"reviews":[{"reviewId":"x","comment":%s1%s}]}`, strings.Repeat("[", 500_000), strings.Repeat("]", 500_000))
		server := sitestest.NewServer(t, api(lists, repeat), pageOf, []byte(deep))
		site, err := google.New(google.Config{Client: server.Client, BaseURL: server.URL})
		require.NoError(t, err)
		return &sitestest.Fixture{
			Site:    site,
			Listing: sites.Listing{Ref: "accounts/1/locations/2", Secret: "secret"},
			Other:   sites.Listing{Ref: "accounts/1/locations/3", Secret: "secret"},
			Want:    want, Set: server.Set, Faults: sitestest.HTTPFaults(),
			Repeat: func() { repeat.Store(true) }, Conditional: true, Removals: true,
		}
	})
}
