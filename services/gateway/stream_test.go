package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
	"github.com/bedside-health/bedside/services/gateway"
)

// stream is an open live stream.
type stream struct {
	t      *testing.T
	events chan [2]string // event and data
	closed chan error
}

func (b *browser) watch(t *testing.T) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.d.url+"/api/v1/events", nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+b.token)
	resp, err := b.client.Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { resp.Body.Close() })
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	s := &stream{t: t, events: make(chan [2]string, 100), closed: make(chan error, 1)}
	go func() {
		reader := bufio.NewReader(resp.Body)
		var event string
		for {
			line, err := reader.ReadString('\n')
			if err != nil {
				s.closed <- err
				return
			}
			if name, found := strings.CutPrefix(strings.TrimSpace(line), "event: "); found {
				event = name
			}
			if data, found := strings.CutPrefix(strings.TrimSpace(line), "data: "); found {
				s.events <- [2]string{event, data}
			}
		}
	}()
	require.Equal(t, "ping", s.next()[0], "a stream begins with a sign of life")
	return s
}

func (s *stream) next() [2]string {
	s.t.Helper()
	select {
	case e := <-s.events:
		return e
	case <-time.After(patience):
		s.t.Fatal("no event in time")
		return [2]string{}
	}
}

// deskWithKafka is a desk that follows live updates.
func deskWithKafka(t *testing.T) (*desk, func(...events.ReviewChanged)) {
	t.Helper()
	conn := kafkatest.Start(t)
	following := make(chan struct{})
	d := start(t, func(c *gateway.Config) {
		c.Brokers = conn.Brokers
		c.LiveReady = func() { close(following) }
	})
	select {
	case <-following:
	case <-time.After(patience):
		t.Fatal("live updates are not followed in time")
	}
	producer, err := kafkaio.NewProducer(kafkaio.ProducerConfig{Connection: conn})
	require.NoError(t, err)
	t.Cleanup(func() { _ = producer.Close() })
	return d, func(changes ...events.ReviewChanged) {
		t.Helper()
		for _, change := range changes {
			value, err := events.Encode(change)
			require.NoError(t, err)
			require.NoError(t, producer.Publish(t.Context(), kafkaio.Message{Topic: change.Topic(), Key: []byte(change.Key()), Value: value}))
		}
	}
}

func changed(org, id string) events.ReviewChanged {
	return events.ReviewChanged{
		EventID: events.NewEventID(), OrgID: org, ReviewID: id, LocationID: "main-street", Site: "google",
		Types: []string{"assigned"}, Status: review.New, OwnerID: "rita", Rev: 1, At: time.Now().UTC(),
	}
}

func TestStream_ChangeOfAReview_ReachesItsOrganizationOnly(t *testing.T) {
	d, publish := deskWithKafka(t)
	lakeside, harbor := d.as("rita", "lakeside").watch(t), d.as("rita", "harbor").watch(t)
	publish(changed("lakeside", "r_1"), changed("harbor", "r_2"))
	got := lakeside.next()
	require.Equal(t, "review", got[0])
	var data map[string]any
	require.NoError(t, json.Unmarshal([]byte(got[1]), &data))
	require.Equal(t, "r_1", data["review_id"])
	require.Equal(t, []any{"assigned"}, data["types"])
	require.NotContains(t, data, "org_id")
	require.Contains(t, harbor.next()[1], "r_2")
	require.Empty(t, lakeside.events, "nothing else arrived")
	require.Empty(t, harbor.events)
}

func TestStream_MessageThatIsNoChange_IsPassedOver(t *testing.T) {
	conn := kafkatest.Start(t)
	following := make(chan struct{})
	d := start(t, func(c *gateway.Config) {
		c.Brokers = conn.Brokers
		c.LiveReady = func() { close(following) }
	})
	<-following
	watch := d.as("rita", "lakeside").watch(t)
	producer, err := kafkaio.NewProducer(kafkaio.ProducerConfig{Connection: conn})
	require.NoError(t, err)
	defer func() { _ = producer.Close() }()
	good, err := events.Encode(changed("lakeside", "r_1"))
	require.NoError(t, err)
	require.NoError(t, producer.Publish(t.Context(),
		kafkaio.Message{Topic: events.TopicReviewsChanged, Key: []byte("r_1"), Value: []byte("not JSON")},
		kafkaio.Message{Topic: events.TopicReviewsChanged, Key: []byte("r_1"), Value: good}))
	require.Contains(t, watch.next()[1], "r_1")
}

func TestStream_ServerDrains_StreamEndsAtOnce(t *testing.T) {
	d := start(t)
	watch := d.as("rita", "lakeside").watch(t)
	began := time.Now()
	require.NoError(t, d.stop())
	require.Less(t, time.Since(began), 5*time.Second)
	select {
	case err := <-watch.closed:
		require.ErrorIs(t, err, io.EOF, "the stream ends in order")
	case <-time.After(patience):
		t.Fatal("the stream is still open")
	}
}

func TestStream_TooManyOfOnePerson_AreRefused(t *testing.T) {
	d := start(t)
	rita := d.as("rita", "lakeside")
	for range 30 {
		rita.watch(t)
	}
	a := rita.get("/api/v1/events")
	require.Equal(t, http.StatusTooManyRequests, a.status, a.text())
	d.as("max", "lakeside").watch(t)
}
