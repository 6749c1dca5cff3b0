package yelp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
	"github.com/bedside-health/bedside/libs/sites/yelp"
)

func pacific(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/Los_Angeles")
	require.NoError(t, err)
	return zone
}

// api is a small server of the reviews of businesses.
func api(t *testing.T, lists map[string][]sites.Review) http.Handler {
	t.Helper()
	zone := pacific(t)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer key" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		items := []map[string]any{}
		for _, rev := range lists[strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/v3/businesses/"), "/reviews")] {
			items = append(items, map[string]any{
				"id": rev.ExternalID, "url": "https://www.yelp.com/biz/x?hrid=" + rev.ExternalID, "text": rev.Text, "rating": *rev.Rating,
				"time_created": rev.PostedAt.In(zone).Format(time.DateTime),
				"user":         map[string]any{"id": "u", "profile_url": "https://www.yelp.com/user_details?userid=u", "image_url": nil, "name": rev.Author},
			})
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"total": 231, "possible_languages": []string{"en"}, "reviews": items}); err != nil {
			panic(err)
		}
	})
}

func TestSite_Contract(t *testing.T) {
	sitestest.Run(t, func(t *testing.T) *sitestest.Fixture {
		want := sitestest.SampleReviews(yelp.Excerpts, "one")
		lists := map[string][]sites.Review{"harbor-dental-lakeside": want, "bUsiness_2": sitestest.SampleReviews(2, "two")}
		deep := fmt.Sprintf(`{"total":1,"reviews":[{"id":"x","text":%s1%s}]}`, strings.Repeat("[", 500_000), strings.Repeat("]", 500_000))
		server := sitestest.NewServer(t, api(t, lists), func(*http.Request) int { return 1 }, []byte(deep))
		site, err := yelp.New(yelp.Config{Client: server.Client, BaseURL: server.URL})
		require.NoError(t, err)
		return &sitestest.Fixture{
			Site:    site,
			Listing: sites.Listing{Ref: "harbor-dental-lakeside", Secret: "key"},
			Other:   sites.Listing{Ref: "bUsiness_2", Secret: "key"},
			Want:    want, Set: server.Set, Faults: sitestest.HTTPFaults(), Latest: yelp.Excerpts,
		}
	})
}
