package bus_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
	"github.com/bedside-health/bedside/services/scraper/detect"
	"github.com/bedside-health/bedside/services/scraper/internal/bus"
)

func TestCollected_EventThatBreaksTheRules_IsLeftOutAlone(t *testing.T) {
	conn := kafkatest.Start(t)
	b := bus.New(kafkatest.Producer(t, conn))
	l := detect.Listing{OrgID: "o", ID: "l", LocationID: "loc", Site: "s"}
	var batch []*events.ReviewCollected
	for _, id := range []string{"one", "two", "three"} {
		c, ok := detect.Compare(l, nil, sites.Review{ExternalID: id, Text: "text of " + id}, time.Now())
		require.True(t, ok)
		batch = append(batch, c.Event)
	}
	batch[1].ReviewID = "r_of_somebody_else"
	refused, err := b.Collected(context.Background(), batch)
	require.NoError(t, err)
	require.Equal(t, []int{1}, refused)
	got := map[string]string{}
	for _, m := range kafkatest.Messages(t, conn, events.TopicReviewsCollected) {
		e, err := events.DecodeReviewCollected(m.Value)
		require.NoError(t, err)
		got[string(m.Key)] = e.Text
	}
	require.Equal(t, map[string]string{l.ReviewID("one"): "text of one", l.ReviewID("three"): "text of three"}, got)
}
