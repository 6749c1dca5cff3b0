package careopinion_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/careopinion"
	"github.com/bedside-health/bedside/libs/sites/sitestest"
)

const perPage = 5

// escaped writes words so that Markdown shows them as they are.
func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune("\\`*_{}[]<>()#+-.!&|~\"'$%,/:;=?@^", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return strings.ReplaceAll(b.String(), "  \n", "&#32;&#32;\n")
}

// api is a small server of the stories of services, oldest first.
func api(lists map[string][]sites.Review) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "SUBSCRIPTION_KEY key" {
			http.Redirect(w, r, "/account/login", http.StatusFound)
			return
		}
		if strings.HasSuffix(r.URL.Path, "/responses") {
			_, _ = w.Write([]byte("[]"))
			return
		}
		query := r.URL.Query()
		list := slices.Clone(lists[query.Get("healthservice")])
		slices.Reverse(list)
		if after := query.Get("submittedonafter"); after != "" {
			list = slices.DeleteFunc(list, func(r sites.Review) bool { return r.PostedAt.Format(time.DateOnly) < after })
		}
		skip, err1 := strconv.Atoi(query.Get("skip"))
		take, err2 := strconv.Atoi(query.Get("take"))
		if err1 != nil || err2 != nil || skip < 0 || take < 1 {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		items := []map[string]any{}
		for i := skip; i < min(skip+take, len(list)); i++ {
			rev := list[i]
			items = append(items, map[string]any{
				"id": rev.ExternalID, "title": "A title", "body": escaped(rev.Text), "authorRole": rev.Author,
				"dateOfSubmission": rev.PostedAt.Format(time.RFC3339), "dateOfPublication": rev.PostedAt.Format(time.RFC3339),
				"links": []map[string]any{{"rel": "responses", "id": rev.ExternalID, "href": "https://elsewhere.example/"}},
			})
		}
		if err := json.NewEncoder(w).Encode(items); err != nil {
			panic(err)
		}
	})
}

func pageOf(r *http.Request) int {
	skip, err := strconv.Atoi(r.URL.Query().Get("skip"))
	if err != nil {
		return 0
	}
	return (skip+1)/perPage + 1
}

func TestSite_Contract(t *testing.T) {
	sitestest.Run(t, func(t *testing.T) *sitestest.Fixture {
		want := sitestest.SampleReviews(17, "one")
		for i := range want {
			want[i].Rating = nil
		}
		lists := map[string][]sites.Review{"RXX01": want, "V-002": sitestest.SampleReviews(6, "two")}
		deep := fmt.Sprintf(`[{"id":1,"body":%s1%s}]`, strings.Repeat("[", 500_000), strings.Repeat("]", 500_000))
		server := sitestest.NewServer(t, api(lists), pageOf, []byte(deep))
		site, err := careopinion.New(careopinion.Config{Client: server.Client, BaseURL: server.URL, PageSize: perPage, Spacing: -1})
		require.NoError(t, err)
		return &sitestest.Fixture{
			Site:    site,
			Listing: sites.Listing{Ref: "RXX01", Secret: "key"},
			Other:   sites.Listing{Ref: "V-002", Secret: "key"},
			Want:    want, Set: server.Set, Faults: sitestest.HTTPFaults(), Removals: true,
		}
	})
}
