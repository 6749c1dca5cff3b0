package bus_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/response-workflow/internal/bus"
)

type receiver struct{ got []events.ReviewTagged }

func (r *receiver) Receive(_ context.Context, batch []events.ReviewTagged) []error {
	r.got = batch
	errs := make([]error, len(batch))
	for i, e := range batch {
		if e.ExternalID == "bad" {
			errs[i] = problem.New(problem.Unavailable, "away", "away")
		}
	}
	return errs
}

func tagged(external string) kafkaio.Message {
	m, err := kafkaio.EventMessage(events.ReviewTagged{ReviewCollected: events.ReviewCollected{
		EventID: "e", OrgID: "o", ReviewID: review.ID("o", "google", external), ListingID: "li", LocationID: "l", Site: "google", ExternalID: external,
		Change: events.Posted, Version: 1, FirstSeenAt: time.Unix(1e9, 0), ObservedAt: time.Unix(1e9, 0),
	}, Analysis: review.Analysis{Version: "1", Overall: review.Mixed}, TaggedAt: time.Unix(1e9, 0)})
	if err != nil {
		panic(err)
	}
	return m
}

func TestHandle_PoisonAmongGoodOnes_EachHasItsOwnAnswer(t *testing.T) {
	r := &receiver{}
	h, err := bus.NewHandler(r)
	require.NoError(t, err)
	errs := h.Handle(t.Context(), []kafkaio.Message{tagged("1"), {Value: []byte("not JSON")}, tagged("bad"), {}, tagged("2")})
	require.NoError(t, errs[0])
	require.Equal(t, problem.Invalid, problem.KindOf(errs[1]))
	require.Equal(t, problem.Unavailable, problem.KindOf(errs[2]))
	require.Equal(t, problem.Invalid, problem.KindOf(errs[3]))
	require.NoError(t, errs[4])
	require.Len(t, r.got, 3)
	require.Equal(t, "2", r.got[2].ExternalID)
}

type publisher struct {
	got []kafkaio.Message
	err error
}

func (p *publisher) Publish(_ context.Context, messages ...kafkaio.Message) error {
	p.got = messages
	return p.err
}

func TestAnnounce_Changes_KeyedByReview(t *testing.T) {
	p := &publisher{}
	a, err := bus.NewAnnouncer(p)
	require.NoError(t, err)
	change := events.ReviewChanged{EventID: "r_1.0000000002", OrgID: "o", ReviewID: "r_1", LocationID: "l", Site: "google", Types: []string{"assigned"}, Status: review.New, Rev: 1, At: time.Unix(1e9, 0)}
	require.NoError(t, a.Announce(t.Context(), []events.ReviewChanged{change}))
	require.Equal(t, events.TopicReviewsChanged, p.got[0].Topic)
	require.Equal(t, "r_1", string(p.got[0].Key))
	got, err := events.DecodeReviewChanged(p.got[0].Value)
	require.NoError(t, err)
	require.Equal(t, change.EventID, got.EventID)
	p.err = errors.New("away")
	require.ErrorIs(t, a.Announce(t.Context(), []events.ReviewChanged{change}), p.err)
}
