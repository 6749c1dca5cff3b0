package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
)

func tagsOf(pairs ...string) []any {
	out := []any{}
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, map[string]any{"topic": pairs[i], "polarity": pairs[i+1]})
	}
	return out
}

// parking gives lakeside a topic of its own.
func parking(d *desk) {
	d.t.Helper()
	a := d.as("max", "lakeside").send(http.MethodPut, "/api/v1/lexicon", map[string]any{
		"revision": 0, "topics": []any{map[string]any{"key": "own.parking", "name": "Parking garage"}}, "terms": []any{},
	})
	require.Equal(d.t, http.StatusOK, a.status, a.text())
}

func TestTags_Correction_GoesToTheWorkflowAndIsShown(t *testing.T) {
	d := start(t)
	parking(d)
	d.sample("lakeside", "r_1", nil)
	rita := d.as("rita", "lakeside")
	a := rita.send(http.MethodPut, "/api/v1/reviews/r_1/tags", map[string]any{
		"rev": 1, "tags": tagsOf("own.parking", "negative"), "urgent": []string{}, "overall": "mixed", "reason": "Not about waiting.",
	})
	require.Equal(t, http.StatusOK, a.status, a.text())
	require.Equal(t, `"2"`, a.header.Get("ETag"))
	got := a.object()
	require.Equal(t, "own.parking", got["tags"].([]any)[0].(map[string]any)["topic"])
	require.Equal(t, true, got["corrected"])
	correction := got["correction"].(map[string]any)
	require.Equal(t, map[string]any{"own.parking": "negative"}, correction["topics"])
	require.Equal(t, "Rita", correction["by"].(map[string]any)["name"])
	machine := got["machine"].(map[string]any)["tags"].([]any)[0].(map[string]any)
	require.Equal(t, "wait_times", machine["topic"])
	require.Equal(t, "Waited an hour", machine["evidence"].([]any)[0].(map[string]any)["quote"], "the machine's reasons stay visible")

	asked := d.workflow.commands()
	require.Len(t, asked, 1)
	require.Equal(t, "/internal/v1/reviews/r_1/tags", asked[0].path)
	require.Equal(t, "1", asked[0].rev)
	require.Equal(t, map[string]any{"tags": tagsOf("own.parking", "negative"), "urgent": []any{}, "overall": "mixed", "reason": "Not about waiting."}, asked[0].body)

	stale := rita.send(http.MethodPut, "/api/v1/reviews/r_1/tags", map[string]any{"rev": 1, "tags": []any{}})
	require.Equal(t, http.StatusConflict, stale.status, stale.text())
	require.Equal(t, map[string]any{"tags": []any{}}, d.workflow.commands()[1].body, "that there are none is said, and nothing else")

	require.Equal(t, http.StatusConflict, rita.send(http.MethodDelete, "/api/v1/reviews/r_1/tags", nil, "If-Match", `"1"`).status)
	back := rita.send(http.MethodDelete, "/api/v1/reviews/r_1/tags", nil, "If-Match", `"2"`)
	require.Equal(t, http.StatusOK, back.status, back.text())
	require.NotContains(t, back.object(), "correction")
	require.NotContains(t, back.object(), "machine")
}

func TestTags_TopicsTheOrganizationDoesNotHave_AreRefused(t *testing.T) {
	d := start(t)
	parking(d)
	d.sample("lakeside", "r_1", nil)
	d.sample("harbor", "r_1", nil)
	d.sample("lakeside", "r_old", func(r *collections.Review) {
		r.Analysis.Tags = []review.Tag{{Topic: "own.valet", Polarity: review.Positive, Evidence: []review.Evidence{}}}
	})
	put := func(who, org, id string, tags []any) answer {
		return d.as(who, org).send(http.MethodPut, "/api/v1/reviews/"+id+"/tags", map[string]any{"rev": 1, "tags": tags})
	}
	unknown := put("rita", "lakeside", "r_1", tagsOf("own.valet", "mixed"))
	require.Equal(t, http.StatusUnprocessableEntity, unknown.status)
	require.Equal(t, "unknown_topic", unknown.code())
	require.Equal(t, "unknown_topic", put("rita", "harbor", "r_1", tagsOf("own.parking", "mixed")).code(), "one organization's topics are not the other's")
	require.Equal(t, "invalid_tags", put("rita", "lakeside", "r_1", tagsOf("billing", "mixed", "billing", "positive")).code())
	require.Empty(t, d.workflow.commands())
	for _, wrong := range []any{"parking", "own.Parking", "own.", "own." + strings.Repeat("x", 41), "", nil, 7} {
		a := d.as("rita", "lakeside").send(http.MethodPut, "/api/v1/reviews/r_1/tags", map[string]any{"rev": 1, "tags": []any{map[string]any{"topic": wrong, "polarity": "mixed"}}})
		require.Equal(t, http.StatusUnprocessableEntity, a.status, "%v: %s", wrong, a.text())
	}
	kept := put("rita", "lakeside", "r_old", tagsOf("own.valet", "positive", "own.parking", "mixed"))
	require.Equal(t, http.StatusOK, kept.status, "a tag whose topic was dropped since can stay: %s", kept.text())
}

func TestInbox_OwnTopics_AreFilteredCountedAndNamed(t *testing.T) {
	d := start(t)
	parking(d)
	own := func(topic review.Topic, polarity review.Polarity) func(*collections.Review) {
		return func(r *collections.Review) {
			r.Analysis.Tags = []review.Tag{{Topic: topic, Polarity: polarity, Evidence: []review.Evidence{}}}
		}
	}
	d.sample("lakeside", "r_1", own("own.parking", review.Negative))
	d.sample("lakeside", "r_2", own("own.dropped", review.Positive))
	d.sample("lakeside", "r_3", nil)
	rita := d.as("rita", "lakeside")
	require.Equal(t, "r_1", ids(rita.ok("/api/v1/reviews?topic=own.parking").items()))
	require.Equal(t, "r_1", ids(rita.ok("/api/v1/reviews?topic=own.parking&polarity=negative").items()))
	require.Empty(t, rita.ok("/api/v1/reviews?topic=own.parking&polarity=positive").items())
	require.ElementsMatch(t, []string{"r_1", "r_3"}, strings.Fields(ids(rita.ok("/api/v1/reviews?polarity=negative").items())), "any topic is an own one, too")
	require.Equal(t, http.StatusUnprocessableEntity, rita.get("/api/v1/reviews?topic=parking").status)

	values := map[string]map[string]any{}
	for _, v := range rita.ok("/api/v1/reviews/facets").object()["topic"].([]any) {
		value := v.(map[string]any)
		values[value["value"].(string)] = value
	}
	require.Equal(t, "Parking garage", values["own.parking"]["name"])
	require.InDelta(t, 1, values["own.parking"]["count"], 0)
	require.NotContains(t, values["own.dropped"], "name", "what it was called nobody knows any more")
	require.NotContains(t, values["wait_times"], "name")
}

func TestLabels_CorrectedTexts_ComeInTheFormOfTheScorer(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_plain", nil)
	d.sample("harbor", "r_theirs", func(r *collections.Review) { r.Corrected = true })
	for i, id := range []string{"r_b", "r_a", "r_c"} {
		d.sample("lakeside", id, func(r *collections.Review) {
			r.ReceivedAt = r.ReceivedAt.Add(time.Duration(i) * time.Minute)
			r.Corrected, r.Rating = true, nil
			r.Analysis.Urgent = []review.Urgent{review.Privacy}
			r.Analysis.Tags = append(r.Analysis.Tags, review.Tag{Topic: "own.parking", Polarity: review.Mixed})
		})
	}
	dora := d.as("dora", "lakeside")
	first := dora.ok("/api/v1/labels?limit=2")
	require.Equal(t, "r_b r_a", ids(first.items()))
	require.Equal(t, map[string]any{
		"id": "r_b", "text": "Waited an hour past my time.", "rating": nil,
		"labels": map[string]any{
			"overall": "negative", "urgent": []any{"privacy"},
			"topics": map[string]any{
				"billing": "absent", "wait_times": "negative", "staff_attitude": "absent", "scheduling_access": "absent",
				"clinical_care": "absent", "communication": "absent", "facility": "absent", "upselling": "absent",
			},
		},
	}, first.items()[0])
	second := dora.ok("/api/v1/labels?limit=2&cursor=" + first.object()["next_cursor"].(string))
	require.Equal(t, "r_c", ids(second.items()))
	require.Nil(t, second.object()["next_cursor"])
	require.Equal(t, "bad_cursor", d.as("ada", "harbor").get("/api/v1/labels?limit=2&cursor="+first.object()["next_cursor"].(string)).code())
}

func TestReview_TitleAndModeration_AreShown(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", func(r *collections.Review) {
		r.Title = "Never again"
		r.SourceReply = &events.Reply{Text: "Thank you.", State: events.ReplyRejected, Problem: "Names a person."}
		r.Earlier = []collections.TextVersion{{Version: 1, Text: "x", Correction: &collections.Correction{
			Overall: review.Mixed, Urgent: []review.Urgent{}, UrgentSet: true, By: collections.Actor{Kind: collections.ActorPerson, ID: "max", Name: "Max"}, At: r.PostedAt,
		}}}
		r.Analysis.Mentions = []review.Mention{{Name: "Dr. Bee", Polarity: review.Positive, Start: 0, End: 6}}
	})
	d.sample("lakeside", "r_2", func(r *collections.Review) { r.SourceReply = &events.Reply{Text: "Thank you."} })
	got := d.as("vic", "lakeside").ok("/api/v1/reviews/r_1").object()
	require.Equal(t, "Never again", got["title"])
	require.Equal(t, map[string]any{"text": "Thank you.", "state": "rejected", "problem": "Names a person."}, got["site_reply"])
	require.Equal(t, "positive", got["mentions"].([]any)[0].(map[string]any)["polarity"])
	earlier := got["earlier"].([]any)[0].(map[string]any)["correction"].(map[string]any)
	require.Equal(t, "mixed", earlier["overall"])
	require.Equal(t, []any{}, earlier["urgent"], "no flags is what somebody said")
	require.Equal(t, "Never again", d.as("vic", "lakeside").ok("/api/v1/reviews?q=hour").items()[1]["title"], "r_2 comes first")
	require.Equal(t, "public", d.as("vic", "lakeside").ok("/api/v1/reviews/r_2").object()["site_reply"].(map[string]any)["state"])
}

func TestReplyCheck_WithWhatThePracticeKnows_SaysWhatMustNotBePublic(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	d.sample("harbor", "r_h", func(r *collections.Review) {
		r.SourceReply = &events.Reply{Text: "Thank you so much for taking the time to write such kind words about all of us here at the desk."}
	})
	_, err := d.store.Locations.Update(t.Context(), docstore.Org("lakeside"), "main-street", func(l *collections.Location) error {
		l.Telephone = "(315) 555-0142"
		return nil
	})
	require.NoError(t, err)
	rita := d.as("rita", "lakeside")
	check := func(reply string) map[string]any {
		a := rita.send(http.MethodPost, "/api/v1/reviews/r_1/reply/check", map[string]any{"reply": reply})
		require.Equal(t, http.StatusOK, a.status, a.text())
		return a.object()
	}
	bad := check("Thank you, Pat. Your root canal on Tuesday went longer than planned.")
	require.Equal(t, "block", bad["verdict"])
	finding := bad["findings"].([]any)[0].(map[string]any)
	require.NotEmpty(t, finding["why"])
	require.NotEmpty(t, finding["suggestion"])
	good := check("Thank you for your feedback. Please call our office at (315) 555-0142 so that we can talk. Señor")
	require.NotEqual(t, "block", good["verdict"], "the practice's own telephone is public: %v", good["findings"])
	require.InDelta(t, 97, good["bytes"], 0)
	require.InDelta(t, 96, good["characters"], 0)
	require.Empty(t, d.workflow.commands(), "nothing is changed")
	require.Equal(t, http.StatusUnprocessableEntity, rita.send(http.MethodPost, "/api/v1/reviews/r_1/reply/check", map[string]any{}).status)
}
