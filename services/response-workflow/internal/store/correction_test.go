package store_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/testkit/mongotest"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

func TestCorrect_OnBothStores_KeptToldAndSurvivesRetagging(t *testing.T) {
	for name, url := range map[string]func() string{
		"sqlite": func() string { return "sqlite:" + filepath.Join(t.TempDir(), "data.db") },
		"mongo":  func() string { return mongotest.Start(t) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorldOn(t, url())
			w.receive(seen(1, events.Posted, 1, 0))
			cmd := command(1)
			cmd.ExpectedRev = w.review(id(1)).Rev
			j := casework.Judgement{
				Tags:   []review.Tag{{Topic: "own.parking", Polarity: review.Negative}, {Topic: review.Facility, Polarity: review.Mixed}},
				Urgent: []review.Urgent{review.Privacy},
			}
			done, err := w.cases.Correct(t.Context(), cmd, j, "I was there")
			require.NoError(t, err)
			doc := w.review(id(1))
			require.Equal(t, doc.Rev, done.Rev)
			require.True(t, doc.Corrected)
			require.Equal(t, "negative", doc.Correction.Topics["own.parking"], "a key with a dot comes back")
			require.Contains(t, w.heard.of(id(1))[1].Types, collections.EventTagsCorrected)
			history := w.history(id(1))
			last := history[len(history)-2]
			require.Equal(t, collections.EventTagsCorrected, last.Type)
			require.Equal(t, collections.EventRouted, history[len(history)-1].Type, "an urgent flag asks for another priority")
			require.Equal(t, "Mo", last.By.Name)
			require.Equal(t, "I was there", last.Reason)
			require.Equal(t, "negative", last.After["tags"].(map[string]any)["own.parking"])

			stale := cmd
			_, err = w.cases.Correct(t.Context(), stale, casework.Judgement{Tags: j.Tags[:1]}, "")
			require.Equal(t, problem.Conflict, problem.KindOf(err))
			require.Equal(t, "rev_mismatch", codeOf(t, err))
			_, err = w.cases.Correct(t.Context(), stale, j, "")
			require.NoError(t, err, "saying again what is so needs no revision")
			_, err = w.cases.Withdraw(t.Context(), stale)
			require.Equal(t, problem.Conflict, problem.KindOf(err))

			again := seen(1, events.Posted, 1, 60)
			again.Analysis.Version = "9"
			w.receive(again)
			doc = w.review(id(1))
			require.Equal(t, "9", doc.Analysis.Version)
			require.Equal(t, []string{"facility", "facility:mixed", "own.parking", "own.parking:negative"}, doc.TopicKeys)
			require.Equal(t, "9", doc.Machine.Version)

			labelled, err := w.data.Reviews.Page(t.Context(), docstore.Org(org), docstore.Query{
				Index: "corrected", Where: []docstore.Cond{docstore.Is("corrected", true)},
			})
			require.NoError(t, err)
			require.Len(t, labelled.Items, 1)
			_, err = w.cases.Withdraw(t.Context(), command(1))
			require.NoError(t, err)
			doc = w.review(id(1))
			require.False(t, doc.Corrected)
			require.Nil(t, doc.Correction)
			require.Nil(t, doc.Machine)
			require.Equal(t, again.Analysis.Overall, doc.Analysis.Overall)

			_, err = w.cases.Correct(t.Context(), command(1), casework.Judgement{Tags: append(j.Tags, j.Tags[0])}, "")
			require.Equal(t, problem.Invalid, problem.KindOf(err))
			require.Equal(t, "invalid_tags", codeOf(t, err))
			_, err = w.cases.Withdraw(t.Context(), command(99))
			require.Equal(t, "review_not_found", codeOf(t, err))
			elsewhere := command(1)
			elsewhere.OrgID = "o2"
			_, err = w.cases.Correct(t.Context(), elsewhere, j, "")
			require.Equal(t, problem.NotFound, problem.KindOf(err))
		})
	}
}
