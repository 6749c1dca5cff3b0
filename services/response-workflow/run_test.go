package workflow_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
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

func TestRun_TaggedReviewToCommand_CaseIsWorked(t *testing.T) {
	conn, p := kafkatest.Start(t), newPractice(t)
	api, _ := start(t, settings(conn, p.url))
	one := tagged(1)
	publish(t, conn, one)
	first, err := events.DecodeReviewChanged(kafkatest.WaitMessages(t, conn, events.TopicReviewsChanged, 1)[0].Value)
	require.NoError(t, err)
	require.Equal(t, []string{"received", "assigned"}, first.Types)
	require.Equal(t, one.ReviewID, first.ReviewID)

	path := api + "/internal/v1/reviews/" + one.ReviewID
	status, _ := do(t, "PUT", path+"/owner", map[string]string{"owner_id": "p3", "reason": "knows the family"})
	require.Equal(t, http.StatusOK, status)
	status, _ = do(t, "PUT", path+"/status", map[string]string{"status": "open"})
	require.Equal(t, http.StatusOK, status)
	status, _ = do(t, "POST", path+"/notes", map[string]string{"id": "n1", "text": "Called her."})
	require.Equal(t, http.StatusOK, status)
	status, refused := do(t, "PUT", path+"/status", map[string]string{"status": "new"})
	require.Equal(t, http.StatusConflict, status)
	require.Equal(t, "invalid_transition", refused["code"])
	status, refused = do(t, "PUT", api+"/internal/v1/reviews/r_none/status", map[string]string{"status": "open"})
	require.Equal(t, http.StatusNotFound, status)
	require.Equal(t, "review_not_found", refused["code"])

	require.Len(t, kafkatest.WaitMessages(t, conn, events.TopicReviewsChanged, 4), 4, "every command told before it answered")
	doc, err := p.data.Reviews.Get(t.Context(), docstore.Org(org), one.ReviewID)
	require.NoError(t, err)
	require.Equal(t, "p3", doc.Case.OwnerID)
	require.Equal(t, review.Open, doc.Case.Status)
	require.Equal(t, "Pat Zero", doc.Notes[0].By.Name)
	require.False(t, doc.HasOutbox)
}

func TestRun_PoisonAmongReviews_GoesToTheDeadLettersAndTheRestArrives(t *testing.T) {
	conn, p := kafkatest.Start(t), newPractice(t)
	publish(t, conn, tagged(1))
	foreign := tagged(2)
	foreign.OrgID = "another"
	raw, err := json.Marshal(foreign)
	require.NoError(t, err)
	kafkatest.Publish(t, conn,
		kafkaio.Message{Topic: events.TopicReviewsTagged, Key: []byte("k"), Value: []byte("not JSON")},
		kafkaio.Message{Topic: events.TopicReviewsTagged, Key: []byte("k"), Value: raw})
	publish(t, conn, tagged(3))
	start(t, settings(conn, p.url))
	dead := kafkatest.WaitMessages(t, conn, events.TopicReviewsTagged+events.DeadLetterSuffix, 2)
	require.Equal(t, "not JSON", string(dead[0].Value))
	require.Contains(t, dead[0].Headers["bedside-reason"], "not JSON")
	require.Contains(t, dead[1].Headers["bedside-reason"], "review_id")
	require.Eventually(t, func() bool { return p.count() == 2 }, 20*time.Second, 20*time.Millisecond)
}

func TestRun_TwoInstancesInOneProcess_ShareTheWork(t *testing.T) {
	conn, p := kafkatest.Start(t), newPractice(t)
	backend, err := connect.Open(t.Context(), p.url, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { require.NoError(t, backend.Close()) }()
	cfg := settings(conn, "")
	cfg.Backend = backend
	_, stopFirst := start(t, cfg)
	second := settings(conn, p.url)
	apiOfSecond, stopSecond := start(t, second)
	const n = 600
	for i := range n / 100 {
		var part []events.ReviewTagged
		for j := range 100 {
			part = append(part, tagged(i*100+j))
		}
		publish(t, conn, part...)
	}
	require.Eventually(t, func() bool { return p.count() == n && p.untold() == 0 }, 30*time.Second, 50*time.Millisecond)
	requireAssignedOnce(t, p, n)
	stopFirst()
	status, _ := do(t, "PUT", apiOfSecond+"/internal/v1/reviews/"+tagged(1).ReviewID+"/status", map[string]string{"status": "open"})
	require.Equal(t, http.StatusOK, status, "the other goes on")
	stopSecond()
	require.NoError(t, backend.Ping(t.Context()), "a store that was given is not closed")
}

func requireAssignedOnce(t testing.TB, p *practice, n int) {
	t.Helper()
	reviews := p.reviews()
	require.Len(t, reviews, n)
	assigned, received := p.eventsOf(collections.EventAssigned), p.eventsOf(collections.EventReceived)
	load := map[string]int{}
	for _, doc := range reviews {
		require.Equal(t, 1, assigned[doc.ID], doc.ExternalID)
		require.Equal(t, 1, received[doc.ID], doc.ExternalID)
		require.NotEmpty(t, doc.Case.OwnerID)
		require.False(t, doc.Case.DueAt.IsZero())
		require.NotEmpty(t, doc.TopicKeys)
		load[doc.Case.OwnerID]++
	}
	require.Len(t, assigned, n)
	require.Len(t, load, 4)
	for who, cases := range load {
		require.InDelta(t, n/4, cases, float64(n)/10, "the load of %s", who)
	}
}

func TestRun_KafkaAway_ServesCommandsAndSaysNotReady(t *testing.T) {
	p := newPractice(t)
	doc := collections.Review{Base: docstore.Base{ID: "r_1"}, Case: collections.Case{Status: review.New, OwnerID: "p0"}}
	_, err := p.data.Reviews.InsertIfAbsent(t.Context(), docstore.Org(org), &doc)
	require.NoError(t, err)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := closed.Addr().String()
	require.NoError(t, closed.Close())
	cfg := settings(kafkaio.Connection{Brokers: []string{addr}}, p.url)
	cfg.AdminListen = "127.0.0.1:0"
	admin := make(chan net.Addr, 1)
	cfg.AdminReady = func(a net.Addr) { admin <- a }
	api, stop := start(t, cfg)
	status, _ := do(t, "PUT", api+"/internal/v1/reviews/r_1/status", map[string]string{"status": "open"})
	require.Equal(t, http.StatusOK, status)
	base := "http://" + (<-admin).String()
	status, body := do(t, "GET", base+"/readyz", nil)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, []any{"kafka"}, body["failing"])
	status, _ = do(t, "GET", base+"/livez", nil)
	require.Equal(t, http.StatusOK, status)
	stop()
}

func TestRun_StoreThatCannotBeOpened_IsToldOrWaitedFor(t *testing.T) {
	cfg := settings(kafkaio.Connection{Brokers: []string{"127.0.0.1:1"}}, "sqlite:"+t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	require.NoError(t, workflow.Run(ctx, cfg), "a store that is away is waited for until the end")
}

func TestConfig_Faults_AllTold(t *testing.T) {
	err := workflow.Config{}.Validate()
	for _, what := range []string{"KAFKA_BROKERS", "BEDSIDE_STORE", "logger", "BEDSIDE_WORKFLOW_LISTEN", "BEDSIDE_SERVICE_TOKEN", "BEDSIDE_WORKFLOW_SWEEP_INTERVAL", "BEDSIDE_WORKFLOW_PARALLEL", "SLA"} {
		require.ErrorContains(t, err, what)
	}
	cfg := settings(kafkaio.Connection{Brokers: []string{"b:9092"}}, "sqlite:x")
	require.NoError(t, cfg.Validate())
}

func TestConfig_Environment_FillsIt(t *testing.T) {
	cfg := workflow.DefaultConfig()
	require.NoError(t, config.Load(&cfg, []string{
		"KAFKA_BROKERS=a:1,b:2", "BEDSIDE_STORE=sqlite:x", "BEDSIDE_SERVICE_TOKEN=0123456789abcdef", "BEDSIDE_SLA_URGENT=1h", "BEDSIDE_WORKFLOW_LISTEN=:1",
	}, config.Prefix))
	cfg.Logger = slog.New(slog.DiscardHandler)
	require.NoError(t, cfg.Validate())
	require.Equal(t, time.Hour, cfg.SLAUrgent)
	require.Equal(t, []string{"a:1", "b:2"}, cfg.Brokers)
}

func TestReadme_Settings_AreThoseOfTheCode(t *testing.T) {
	table, err := config.Markdown(workflow.DefaultConfig())
	require.NoError(t, err)
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	require.True(t, strings.Contains(string(readme), table), "README.md does not hold this table:\n%s", table)
}
