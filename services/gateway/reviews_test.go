package gateway_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/review"
)

// shelf fills lakeside with reviews that differ in everything that can be filtered.
func shelf(d *desk) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC) }
	d.sample("lakeside", "r_a", func(r *collections.Review) {
		r.PostedAt, r.Case.DueAt = day(1), time.Now().Add(-time.Hour)
		r.Author, r.Text = "José Núñez", "They billed me twice and nobody answers."
		r.Analysis.Tags = []review.Tag{{Topic: review.Billing, Polarity: review.Negative}, {Topic: review.Communication, Polarity: review.Negative}}
		r.Analysis.Urgent = []review.Urgent{review.LegalThreat}
	})
	d.sample("lakeside", "r_b", func(r *collections.Review) {
		r.PostedAt, r.Rating, r.Site, r.LocationID = day(2), new(5.0), "yelp", "elm-street"
		r.Author, r.Text = "Kim", "Great staff, fair billing."
		r.Analysis.Overall = review.Positive
		r.Analysis.Tags = []review.Tag{{Topic: review.Billing, Polarity: review.Positive}, {Topic: review.StaffAttitude, Polarity: review.Positive}}
		r.Case.Status, r.Case.DueAt, r.Case.OwnerID = review.Replied, time.Time{}, "max"
	})
	d.sample("lakeside", "r_c", func(r *collections.Review) {
		r.PostedAt, r.Rating, r.RawRating = day(3), nil, ""
		r.Analysis.Overall, r.Analysis.Tags = review.Mixed, nil
		r.Text, r.Case.OwnerID, r.Case.DueAt = "Okay overall 👍", "", time.Now().Add(time.Hour)
		r.Case.Status, r.Case.SnoozedUntil = review.Open, time.Now().Add(time.Hour)
	})
	d.sample("lakeside", "r_d", func(r *collections.Review) {
		r.PostedAt, r.Rating, r.Removed = day(4), new(3.5), true
		r.Case.DueAt, r.Case.Status = time.Now().Add(-2*time.Hour), review.Resolved
	})
}

func TestReviews_EachFilter_KeepsWhatItSays(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { eachFilter(t, start(t)) })
	t.Run("mongodb", func(t *testing.T) { eachFilter(t, startOnMongo(t)) })
}

func eachFilter(t *testing.T, d *desk) {
	t.Helper()
	shelf(d)
	rita := d.as("rita", "lakeside")
	for query, want := range map[string]string{
		"":                       "r_d r_c r_b r_a",
		"location_id=elm-street": "r_b",
		"location_id=elm-street&location_id=main-street": "r_d r_c r_b r_a",
		"location_id=unknown":                            "",
		"site=yelp":                                      "r_b",
		"topic=billing":                                  "r_b r_a",
		"topic=billing&polarity=negative":                "r_a",
		"topic=billing&topic=wait_times":                 "r_d r_b r_a",
		"polarity=negative":                              "r_d r_a",
		"polarity=positive&polarity=negative":            "r_d r_b r_a",
		"topic=wait_times&polarity=positive":             "",
		"overall=mixed":                                  "r_c",
		"status=new&status=open":                         "r_c r_a",
		"owner_id=me":                                    "r_d r_a",
		"owner_id=none":                                  "r_c",
		"owner_id=none&owner_id=max":                     "r_c r_b",
		"urgent=true":                                    "r_a",
		"urgent=false":                                   "r_d r_c r_b",
		"overdue=true":                                   "r_a",
		"overdue=true&status=resolved":                   "",
		"snoozed=true":                                   "r_c",
		"snoozed=false&sort=due_at":                      "r_d r_a r_b",
		"removed=true":                                   "r_d",
		"removed=false":                                  "r_c r_b r_a",
		"rating_min=2&rating_max=3.5":                    "r_d r_a",
		"rating_min=3.6":                                 "r_b",
		"rating_max=2":                                   "r_a",
		"rating_min=4&rating_max=3":                      "",
		"q=billed+nobody":                                "r_a",
		"q=bill":                                         "r_b r_a",
		"q=jose":                                         "r_a",
		"q=NUÑEZ":                                        "r_a",
		"q=billed+kim":                                   "",
		"q=%21%21":                                       "r_d r_c r_b r_a",
		"from=2026-03-02&to=2026-03-03":                  "r_c r_b",
		"from=2026-03-02T12:00:00Z":                      "r_d r_c r_b",
		"to=2026-03-02T12:00:00Z":                        "r_a",
		"sort=posted_at":                                 "r_a r_b r_c r_d",
		"sort=-rating":                                   "r_b r_d r_a r_c",
		"sort=rating":                                    "r_a r_d r_b r_c",
		"sort=due_at":                                    "r_d r_a r_c r_b",
		"sort=-due_at":                                   "r_c r_a r_d r_b",
		"topic=billing&polarity=negative&status=new&site=google&owner_id=me&urgent=true&q=twice": "r_a",
	} {
		page := rita.ok("/api/v1/reviews?" + query)
		require.Equal(t, want, ids(page.items()), query)
		require.Nil(t, page.object()["next_cursor"], query)
		total := rita.ok("/api/v1/reviews/facets?" + withoutSort(query)).object()["total"]
		require.InDelta(t, len(page.items()), total, 0, "the counts mean the same: %s", query)
	}
}

func withoutSort(query string) string {
	query, _, _ = strings.Cut(query, "&sort=")
	if strings.HasPrefix(query, "sort=") {
		return ""
	}
	return query
}

func TestReviews_EverySort_PagesThroughAllExactlyOnce(t *testing.T) {
	d := start(t)
	for i := range 23 {
		d.sample("lakeside", fmt.Sprintf("r_%02d", i), func(r *collections.Review) {
			r.PostedAt = r.PostedAt.Add(time.Duration(i%5) * time.Hour)
			if i%3 == 0 {
				r.Rating = nil
			} else {
				r.Rating = new(float64(i%5 + 1))
			}
			if i%4 == 0 {
				r.Case.DueAt = time.Time{}
			}
		})
	}
	rita := d.as("rita", "lakeside")
	for _, sort := range []string{"-posted_at", "posted_at", "-rating", "rating", "due_at", "-due_at"} {
		for _, limit := range []int{1, 4, 7, 23, 50} {
			whole := ids(rita.ok("/api/v1/reviews?limit=200&sort=" + sort).items())
			require.Len(t, strings.Fields(whole), 23)
			var got []string
			cursor := ""
			for pages := 0; ; pages++ {
				require.Less(t, pages, 30)
				page := rita.ok(fmt.Sprintf("/api/v1/reviews?sort=%s&limit=%d%s", url.QueryEscape(sort), limit, cursor))
				require.LessOrEqual(t, len(page.items()), limit)
				got = append(got, strings.Fields(ids(page.items()))...)
				next, more := page.object()["next_cursor"].(string)
				if !more {
					break
				}
				cursor = "&cursor=" + url.QueryEscape(next)
			}
			require.Equal(t, whole, strings.Join(got, " "), "%s by %d", sort, limit)
		}
	}
}

func TestReviews_OverdueAcrossPages_KeepsTheClockOfTheFirst(t *testing.T) {
	d := start(t)
	for i := range 3 {
		d.sample("lakeside", fmt.Sprintf("r_%d", i), nil)
	}
	rita := d.as("rita", "lakeside")
	seen := 0
	cursor := ""
	for range 3 {
		page := rita.ok("/api/v1/reviews?overdue=true&limit=1" + cursor)
		seen += len(page.items())
		next, _ := page.object()["next_cursor"].(string)
		cursor = "&cursor=" + url.QueryEscape(next)
		if next == "" {
			break
		}
	}
	require.Equal(t, 3, seen)
}

func TestReviews_BadRequests_SayWhatIsWrong(t *testing.T) {
	d := start(t)
	shelf(d)
	rita := d.as("rita", "lakeside")
	cursor := rita.ok("/api/v1/reviews?limit=1").object()["next_cursor"].(string)
	for query, want := range map[string]string{
		"topic=sauce":                     "topic",
		"limit=0":                         "limit",
		"limit=1001":                      "limit",
		"limit=many":                      "limit",
		"locationid=x":                    "locationid",
		"rating_min=nan":                  "rating_min",
		"rating_min=9":                    "rating_min",
		"urgent=perhaps":                  "urgent",
		"overdue=false":                   "overdue",
		"from=yesterday":                  "from",
		"to=2026-13-01":                   "to",
		"sort=owner":                      "sort",
		"cursor=%00":                      "cursor",
		"cursor=e30":                      "",
		"cursor=" + cursor + "&site=yelp": "cursor",
		"q=" + strings.Repeat("a", 201):   "q",
	} {
		a := rita.get("/api/v1/reviews?" + query)
		if want == "" {
			continue // an empty position is the beginning
		}
		require.Equal(t, http.StatusUnprocessableEntity, a.status, "%s: %s", query, a.text())
		require.Contains(t, a.object()["detail"], want, query)
	}
}

func TestFacets_OwnFilter_IsLeftOut(t *testing.T) {
	d := start(t)
	shelf(d)
	rita := d.as("rita", "lakeside")
	facet := func(query, name string) map[string]float64 {
		out := map[string]float64{}
		for _, v := range rita.ok("/api/v1/reviews/facets?" + query).object()[name].([]any) {
			pair := v.(map[string]any)
			out[pair["value"].(string)] = pair["count"].(float64)
		}
		return out
	}
	require.Equal(t, map[string]float64{"google": 3, "yelp": 1}, facet("site=yelp", "site"))
	require.Equal(t, map[string]float64{"elm-street": 1}, facet("site=yelp", "location_id"))
	require.Equal(t, map[string]float64{"billing": 2, "communication": 1, "staff_attitude": 1, "wait_times": 1}, facet("topic=billing", "topic"))
	require.Equal(t, map[string]float64{"billing": 1, "communication": 1, "wait_times": 1}, facet("polarity=negative", "topic"))
	require.Equal(t, map[string]float64{"negative": 2, "positive": 1}, facet("polarity=positive", "polarity"),
		"a review that is negative about two topics counts once")
	require.Equal(t, map[string]float64{"negative": 1, "positive": 1}, facet("topic=billing", "polarity"))
	require.Equal(t, map[string]float64{"new": 1, "replied": 1, "open": 1, "resolved": 1}, facet("status=new", "status"))
	require.Equal(t, map[string]float64{"rita": 2, "max": 1, "none": 1}, facet("owner_id=none", "owner_id"))
	require.Equal(t, map[string]float64{"2": 1, "3": 1, "5": 1, "none": 1}, facet("rating_min=5", "rating"))
	require.Equal(t, map[string]float64{"google": 3, "yelp": 1, "zocdoc": 0}, facet("site=zocdoc", "site"), "what is selected stays visible")
	all := rita.ok("/api/v1/reviews/facets?urgent=false&overdue=true").object()
	require.Zero(t, all["total"])
	require.InDelta(t, 1, all["urgent"], 0)
	all = rita.ok("/api/v1/reviews/facets").object()
	require.InDelta(t, 1, all["overdue"], 0)
}

func TestReview_Detail_ShowsEverythingAndNothingDangerous(t *testing.T) {
	d := start(t)
	hostile := "<script>alert(1)</script> =HYPERLINK(\"http://x\") \u202Egnp.exe 👩🏽‍⚕️ \u200fשלום"
	d.sample("lakeside", "r_1", func(r *collections.Review) {
		r.Text, r.URL, r.Version = hostile, "javascript:alert(1)", 2
		r.Earlier = []collections.TextVersion{{Version: 1, Author: "Pat", Text: "Before.", ObservedAt: r.ObservedAt}}
		r.Notes = []collections.Note{{ID: "n_1", At: r.ObservedAt, By: collections.Actor{Kind: collections.ActorPerson, ID: "max", Name: "Max"}, Text: "Call."}}
	})
	a := d.as("rita", "lakeside").ok("/api/v1/reviews/r_1")
	require.Equal(t, `"1"`, a.header.Get("ETag"))
	require.NotContains(t, a.text(), "<script>", "markup is escaped even in JSON")
	got := a.object()
	require.Equal(t, hostile, got["text"])
	require.NotContains(t, got, "url")
	require.Len(t, got["earlier"], 1)
	require.Len(t, got["notes"], 1)
	require.Equal(t, []any{"open", "waiting_approval", "on_hold", "replied", "resolved", "no_reply_needed"}, got["allowed_statuses"])
	require.NotContains(t, a.text(), "terms")
	require.NotContains(t, d.logs.String(), "HYPERLINK")
}

func TestReviewEvents_History_IsOldestFirstInPages(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	for seq := int64(1); seq <= 5; seq++ {
		_, err := d.store.CaseEvents.InsertIfAbsent(t.Context(), docstore.Org("lakeside"), &collections.CaseEvent{
			Base: docstore.Base{ID: fmt.Sprintf("r_1.%010d", seq), OrgID: "lakeside"}, ReviewID: "r_1", Seq: seq, Type: collections.EventAssigned,
			At: time.Now(), By: collections.Actor{Kind: collections.ActorSystem, ID: "routing"}, After: map[string]any{"owner_id": "rita"},
		})
		require.NoError(t, err)
	}
	rita := d.as("rita", "lakeside")
	first := rita.ok("/api/v1/reviews/r_1/events?limit=3")
	require.Equal(t, "r_1.0000000001 r_1.0000000002 r_1.0000000003", ids(first.items()))
	require.Nil(t, first.items()[0]["before"])
	require.Equal(t, map[string]any{"owner_id": "rita"}, first.items()[0]["after"])
	second := rita.ok("/api/v1/reviews/r_1/events?limit=3&cursor=" + url.QueryEscape(first.object()["next_cursor"].(string)))
	require.Equal(t, "r_1.0000000004 r_1.0000000005", ids(second.items()))
	require.Nil(t, second.object()["next_cursor"])
}

func TestAccessLog_SearchAndText_AreNotInIt(t *testing.T) {
	d := start(t)
	shelf(d)
	rita := d.as("rita", "lakeside")
	rita.ok("/api/v1/reviews?q=hypertension&owner_id=me")
	rita.ok("/api/v1/reviews/r_a")
	logs := d.logs.String()
	require.Contains(t, logs, `"route":"/api/v1/reviews"`)
	require.Contains(t, logs, `"person_id":"rita"`)
	for _, secret := range []string{"hypertension", "billed", "owner_id=me", password, rita.token, "José"} {
		require.NotContains(t, logs, secret)
	}
}
