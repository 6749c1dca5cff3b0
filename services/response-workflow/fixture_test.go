package workflow_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
	workflow "github.com/bedside-health/bedside/services/response-workflow"
)

const (
	org   = "o1"
	token = "a token of the tests"
)

// practice is an open store with an organization of one location and four people.
type practice struct {
	t    testing.TB
	url  string
	data *collections.Store
}

func newPractice(t testing.TB) *practice {
	t.Helper()
	p := &practice{t: t, url: "sqlite:" + filepath.Join(t.TempDir(), "data.db")}
	backend, err := connect.Open(t.Context(), p.url, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { _ = backend.Close() })
	p.data, err = collections.Bind(t.Context(), backend)
	require.NoError(t, err)
	location := collections.Location{Base: docstore.Base{ID: "l1"}, Name: "Main Street", ManagerID: "p0"}
	_, err = p.data.Locations.InsertIfAbsent(t.Context(), docstore.Org(org), &location)
	require.NoError(t, err)
	for i := range 4 {
		id := fmt.Sprint("p", i)
		person := collections.Person{Base: docstore.Base{ID: id}, Name: id, Email: id + "@example.org", Role: collections.Responder, Locations: []string{"l1"}, Active: true}
		_, err = p.data.People.InsertIfAbsent(t.Context(), docstore.Org(org), &person)
		require.NoError(t, err)
	}
	return p
}

func settings(conn kafkaio.Connection, store string) workflow.Config {
	cfg := workflow.DefaultConfig()
	cfg.Brokers, cfg.Partitions, cfg.AdminListen, cfg.Listen = conn.Brokers, kafkatest.Partitions, "", "127.0.0.1:0"
	cfg.URL, cfg.ServiceToken = config.Secret(store), token
	cfg.Logger = slog.New(slog.DiscardHandler)
	return cfg
}

// start runs an instance until stop or the end of the test, and waits until its
// API listens.
func start(t testing.TB, cfg workflow.Config) (api string, stop func()) {
	t.Helper()
	ready := make(chan net.Addr, 1)
	cfg.Ready = func(addr net.Addr) { ready <- addr }
	stop = kafkatest.Run(t, func(ctx context.Context) error { return workflow.Run(ctx, cfg) })
	select {
	case addr := <-ready:
		return "http://" + addr.String(), stop
	case <-time.After(20 * time.Second):
		require.Fail(t, "the API does not listen")
		return "", stop
	}
}

// tagged is the first observation of review n.
func tagged(n int) events.ReviewTagged {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	external := fmt.Sprint("x", n)
	rating := float64(1 + n%5)
	text := fmt.Sprintf("Visit number %d. The front desk was kind but we waited forty minutes past our appointment, and nobody told us why.", n)
	return events.ReviewTagged{ReviewCollected: events.ReviewCollected{
		EventID: events.NewEventID(), OrgID: org, ReviewID: review.ID(org, "google", external), ListingID: "li1", LocationID: "l1",
		Site: "google", ExternalID: external, Change: events.Posted, Version: 1, Author: fmt.Sprint("Visitor ", n), Rating: &rating, Text: text,
		PostedAt: at.Add(-time.Duration(n) * time.Hour), FirstSeenAt: at, ObservedAt: at,
	}, Analysis: review.Analysis{Version: "1", Overall: review.Mixed, Tags: []review.Tag{
		{Topic: review.WaitTimes, Polarity: review.Negative, Evidence: []review.Evidence{}},
		{Topic: review.StaffAttitude, Polarity: review.Positive, Evidence: []review.Evidence{}},
	}}, TaggedAt: at}
}

func publish(t testing.TB, conn kafkaio.Connection, all ...events.ReviewTagged) {
	t.Helper()
	messages := make([]kafkaio.Message, len(all))
	for i, e := range all {
		var err error
		messages[i], err = kafkaio.EventMessage(e)
		require.NoError(t, err)
	}
	kafkatest.Publish(t, conn, messages...)
}

func (p *practice) count() int {
	n, err := p.data.Reviews.Count(context.Background(), docstore.Org(org), docstore.Query{Index: "newest"})
	require.NoError(p.t, err)
	return int(n)
}

func (p *practice) untold() int {
	n, err := p.data.Reviews.Count(context.Background(), docstore.AllOrgs(), docstore.Query{Index: "outbox", Where: []docstore.Cond{docstore.Is("has_outbox", true)}})
	require.NoError(p.t, err)
	return int(n)
}

// reviews reads all reviews.
func (p *practice) reviews() []collections.Review {
	return all(p.t, p.data.Reviews, docstore.Query{Index: "newest"})
}

// eventsOf counts the case events of each review by type.
func (p *practice) eventsOf(kind string) map[string]int {
	out := map[string]int{}
	for _, e := range all(p.t, p.data.CaseEvents, docstore.Query{Index: "by_time"}) {
		if e.Type == kind {
			out[e.ReviewID]++
		}
	}
	return out
}

func all[T any](t testing.TB, c *docstore.Collection[T], q docstore.Query) []T {
	t.Helper()
	q.Limit = docstore.MaxLimit
	var out []T
	for {
		page, err := c.Page(context.Background(), docstore.Org(org), q)
		require.NoError(t, err)
		out = append(out, page.Items...)
		if page.Next == "" {
			return out
		}
		q.Cursor = page.Next
	}
}

// do sends a command and returns status and answer.
func do(t testing.TB, method, url string, body any) (int, map[string]any) {
	t.Helper()
	data, err := json.Marshal(body)
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(context.Background(), method, url, bytes.NewReader(data))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Bedside-Org", org)
	r.Header.Set("Bedside-Actor-Id", "p0")
	r.Header.Set("Bedside-Actor-Name", "Pat%20Zero")
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	out := map[string]any{}
	require.NoError(t, json.Unmarshal(answer, &out), string(answer))
	return res.StatusCode, out
}
