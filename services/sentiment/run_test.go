package sentiment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/app"
	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/sqlite"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
	"github.com/bedside-health/bedside/services/sentiment"
	"github.com/bedside-health/bedside/services/sentiment/tagging"
)

// keyword is an analyzer that finds one word, so that a test knows every answer.
type keyword struct {
	word  string
	delay time.Duration
}

func (k keyword) Version() string { return "test-1" }

func (k keyword) Analyze(text string) review.Analysis {
	if k.delay > 0 {
		time.Sleep(k.delay)
	}
	a := review.Analysis{Version: k.Version(), Overall: review.Mixed}
	if i := strings.Index(text, k.word); i >= 0 {
		a.Overall = review.Negative
		a.Tags = []review.Tag{{Topic: review.Billing, Polarity: review.Negative, Evidence: []review.Evidence{
			{Start: i, End: i + len(k.word), Quote: k.word, Rule: "test.word"},
		}}}
	}
	return a
}

func collected(org, external, text string, change events.Change) events.ReviewCollected {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	rating := 2.0
	return events.ReviewCollected{
		EventID: events.NewEventID(), OrgID: org, ReviewID: review.ID(org, "google", external),
		ListingID: "l1", LocationID: "loc1", Site: "google", ExternalID: external,
		Change: change, Version: 1, Author: "Ada", Rating: &rating, Text: text,
		PostedAt: at, FirstSeenAt: at, ObservedAt: at,
	}
}

func publish(t testing.TB, conn kafkaio.Connection, all ...events.ReviewCollected) {
	t.Helper()
	var messages []kafkaio.Message
	for _, e := range all {
		m, err := kafkaio.EventMessage(e)
		require.NoError(t, err)
		messages = append(messages, m)
	}
	kafkatest.Publish(t, conn, messages...)
}

func tagged(t testing.TB, conn kafkaio.Connection, n int) []events.ReviewTagged {
	t.Helper()
	var out []events.ReviewTagged
	for _, m := range kafkatest.WaitMessages(t, conn, events.TopicReviewsTagged, n) {
		e, err := events.DecodeReviewTagged(m.Value)
		require.NoError(t, err)
		require.Equal(t, e.ReviewID, string(m.Key))
		out = append(out, e)
	}
	return out
}

// settings are those of a test; without an analyzer the rules count and a store is needed.
func settings(conn kafkaio.Connection, analyzer sentiment.Analyzer) sentiment.Config {
	cfg := sentiment.DefaultConfig()
	cfg.Brokers, cfg.Partitions, cfg.AdminListen = conn.Brokers, kafkatest.Partitions, ""
	cfg.Logger, cfg.Analyzer = slog.New(slog.DiscardHandler), analyzer
	return cfg
}

func start(t testing.TB, cfg sentiment.Config) (stop func()) {
	t.Helper()
	return kafkatest.Run(t, func(ctx context.Context) error { return sentiment.Run(ctx, cfg) })
}

func TestRun_RealRules_TagsWithEvidenceThatQuotesTheText(t *testing.T) {
	conn := kafkatest.Start(t)
	text := "The front desk was rude and we waited two hours. They overcharged me twice 😡."
	publish(t, conn, collected("o1", "e1", text, events.Posted))
	cfg := settings(conn, nil)
	cfg.Backend, _ = store(t)
	start(t, cfg)
	got := tagged(t, conn, 1)[0]
	require.Equal(t, text, got.Text)
	require.Equal(t, review.Negative, got.Analysis.Overall)
	found := map[review.Topic]bool{}
	for _, tag := range got.Analysis.Tags {
		found[tag.Topic] = true
		require.NotEmpty(t, tag.Evidence)
	}
	require.True(t, found[review.Billing] && found[review.WaitTimes] && found[review.StaffAttitude], "%v", found)
	require.NotZero(t, got.TaggedAt)
}

// store is an empty store and its lexicons.
func store(t testing.TB) (docstore.Backend, *docstore.Collection[collections.Lexicon]) {
	t.Helper()
	backend, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "bedside.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, backend.Close()) })
	lexicons, err := docstore.Bind(t.Context(), backend, collections.Lexicons())
	require.NoError(t, err)
	return backend, lexicons
}

func TestRun_OwnTermsOfAnOrganization_CountForItsReviewsAlone(t *testing.T) {
	conn := kafkatest.Start(t)
	backend, lexicons := store(t)
	terms := collections.Lexicon{
		Base: docstore.Base{ID: "o1"}, UpdatedAt: time.Now(),
		Lexicon: review.Lexicon{
			Revision: 3, Topics: []review.OwnTopic{{Key: "own.parking", Name: "Parking"}},
			Terms: []review.Term{{Phrase: "Glow Whitening", Kind: review.TermTopic, Topic: review.Upselling, Polarity: review.Negative}, {Phrase: "the garage", Kind: review.TermTopic, Topic: "own.parking"}},
		},
	}
	_, err := lexicons.InsertIfAbsent(t.Context(), docstore.Org("o1"), &terms)
	require.NoError(t, err)
	text := "They talked about Glow Whitening. The garage is awful."
	publish(t, conn, collected("o1", "e1", text, events.Posted), collected("o2", "e1", text, events.Posted))
	cfg := settings(conn, nil)
	cfg.Backend, cfg.TermsEvery = backend, 100*time.Millisecond
	start(t, cfg)
	byOrg := map[string]review.Analysis{}
	for _, e := range tagged(t, conn, 2) {
		byOrg[e.OrgID] = e.Analysis
	}
	require.Equal(t, tagging.Version+"+000003", byOrg["o1"].Version)
	require.Equal(t, tagging.Version, byOrg["o2"].Version)
	topics := func(org string) (out []review.Topic) {
		for _, tag := range byOrg[org].Tags {
			out = append(out, tag.Topic)
		}
		return out
	}
	require.Contains(t, topics("o1"), review.Upselling)
	require.Contains(t, topics("o1"), review.Topic("own.parking"))
	require.NotContains(t, topics("o2"), review.Upselling)

	// A change counts for what comes later.
	_, err = lexicons.Update(t.Context(), docstore.Org("o1"), "o1", func(l *collections.Lexicon) error {
		l.Revision, l.UpdatedAt = 4, time.Now()
		return nil
	})
	require.NoError(t, err)
	for i := 0; ; i++ {
		require.Less(t, i, 100, "the new terms should count soon")
		publish(t, conn, collected("o1", fmt.Sprint("later", i), text, events.Posted))
		if slices.ContainsFunc(tagged(t, conn, 3+i), func(e events.ReviewTagged) bool { return e.Analysis.Version == tagging.Version+"+000004" }) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestRun_StoreAway_ReviewsAreTaggedByTheRules(t *testing.T) {
	conn := kafkatest.Start(t)
	publish(t, conn, collected("o1", "e1", "The front desk was rude.", events.Posted))
	cfg := settings(conn, nil)
	cfg.URL = "mongodb://127.0.0.1:9/bedside?serverSelectionTimeoutMS=200"
	ready := make(chan struct{})
	cfg.Ready = func(net.Addr) { close(ready) }
	start(t, cfg)
	<-ready
	require.Equal(t, tagging.Version, tagged(t, conn, 1)[0].Analysis.Version)
}

func TestRun_RemovedAndSourceReply_BringTheTagsOfTheirText(t *testing.T) {
	conn := kafkatest.Start(t)
	reply := collected("o1", "e2", "overcharged", events.SourceReply)
	reply.Reply = &events.Reply{Text: "We are sorry."}
	publish(t, conn, collected("o1", "e1", "overcharged", events.Removed), reply, collected("o1", "e3", "", events.Removed))
	start(t, settings(conn, keyword{word: "overcharged"}))
	for _, e := range tagged(t, conn, 3) {
		require.Equal(t, e.Text == "", e.Analysis.Version == "", "a change without a text says nothing about it")
		require.Equal(t, e.Text != "", len(e.Analysis.Tags) == 1)
		require.Equal(t, e.Change == events.SourceReply, e.Reply != nil)
	}
}

func TestRun_PoisonAmongManyReviews_EachGoodOneOutAndEachBadOneInTheDeadLetters(t *testing.T) {
	conn := kafkatest.Start(t)
	const n = 500
	var messages []kafkaio.Message
	for i := range n {
		m, err := kafkaio.EventMessage(collected("o1", fmt.Sprint("e", i), "fine", events.Posted))
		require.NoError(t, err)
		messages = append(messages, m)
		if i%50 == 0 {
			messages = append(messages, kafkaio.Message{Topic: events.TopicReviewsCollected, Key: m.Key, Value: fmt.Appendf(nil, "{broken %d", i)})
		}
	}
	kafkatest.Publish(t, conn, messages...)
	start(t, settings(conn, keyword{word: "x"}))
	got := map[string]int{}
	for _, e := range tagged(t, conn, n) {
		got[e.ReviewID]++
	}
	require.Len(t, got, n)
	for id, times := range got {
		require.Equal(t, 1, times, id)
	}
	letters := kafkatest.WaitMessages(t, conn, events.TopicReviewsCollected+events.DeadLetterSuffix, n/50)
	require.Len(t, letters, n/50)
	for _, l := range letters {
		require.Equal(t, "the event is not JSON", l.Headers["bedside-reason"])
		require.Contains(t, string(l.Value), "{broken")
	}
}

func TestRun_TwoInstancesInOneProcess_ShareTheWork(t *testing.T) {
	conn := kafkatest.Start(t)
	var ready atomic.Int32
	first, second := settings(conn, keyword{word: "x"}), settings(conn, keyword{word: "x"})
	first.Ready = func(net.Addr) { ready.Add(1) }
	second.Ready = func(net.Addr) { ready.Add(1) }
	stopFirst := start(t, first)
	stopSecond := start(t, second)
	require.Eventually(t, func() bool { return ready.Load() == 2 }, 30*time.Second, 20*time.Millisecond)
	const n = 300
	var all []events.ReviewCollected
	for i := range n {
		all = append(all, collected(fmt.Sprint("o", i%3), fmt.Sprint("e", i), "fine", events.Posted))
	}
	publish(t, conn, all...)
	require.GreaterOrEqual(t, len(tagged(t, conn, n)), n)
	// One leaves; the other takes over its partitions.
	stopFirst()
	publish(t, conn, collected("o1", "late", "fine", events.Posted), collected("o2", "late", "fine", events.Posted))
	require.GreaterOrEqual(t, len(tagged(t, conn, n+2)), n+2)
	stopSecond()
}

func TestRun_AdminEndpoints_TellReadinessMetricsAndNoText(t *testing.T) {
	conn := kafkatest.Start(t)
	var logs safeBuffer
	logger, err := app.NewLogger(&logs, "sentiment", "info")
	require.NoError(t, err)
	addr := make(chan net.Addr, 1)
	cfg := settings(conn, keyword{word: "confidential"})
	cfg.AdminListen, cfg.Logger = "127.0.0.1:0", logger
	cfg.Ready = func(a net.Addr) { addr <- a }
	stop := start(t, cfg)
	base := "http://" + (<-addr).String()
	publish(t, conn, collected("o1", "e1", "very confidential words", events.Posted))
	kafkatest.Publish(t, conn, kafkaio.Message{Topic: events.TopicReviewsCollected, Key: []byte("k"), Value: []byte(`{"text":"more confidential words"}`)})
	tagged(t, conn, 1)
	kafkatest.WaitMessages(t, conn, events.TopicReviewsCollected+events.DeadLetterSuffix, 1)

	require.Equal(t, http.StatusOK, get(t, base+"/livez", nil))
	require.Equal(t, http.StatusOK, get(t, base+"/readyz", nil))
	var metrics string
	require.Equal(t, http.StatusOK, get(t, base+"/metrics", &metrics))
	require.Contains(t, metrics, `bedside_kafka_handled_total{group="sentiment",topic="reviews.collected"} 1`)
	require.Contains(t, metrics, `bedside_kafka_dead_letters_total{group="sentiment",kind="invalid",topic="reviews.collected"} 1`)
	require.Contains(t, metrics, `bedside_sentiment_tags_total{polarity="negative",topic="billing"} 1`)
	stop()
	require.NotContains(t, logs.String(), "confidential")
	for line := range strings.Lines(logs.String()) {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields), line)
	}
}

func TestRun_KafkaNotThereYet_WaitsAndEndsInOrder(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := listener.Addr().String()
	require.NoError(t, listener.Close())
	cfg := settings(kafkaio.Connection{Brokers: []string{addr}}, keyword{word: "x"})
	stop := start(t, cfg)
	time.Sleep(300 * time.Millisecond)
	stop()
}

func TestConfig_EveryFault_IsNamedAtOnce(t *testing.T) {
	cfg := sentiment.DefaultConfig()
	cfg.Workers = -1
	cfg.DrainDelay = time.Hour
	err := sentiment.Run(t.Context(), cfg)
	for _, part := range []string{"KAFKA_BROKERS", "BEDSIDE_STORE", "a logger", "BEDSIDE_SENTIMENT_WORKERS", "BEDSIDE_DRAIN_DELAY"} {
		require.ErrorContains(t, err, part)
	}
}

func TestConfig_Environment_FillsItAndRefusesMisspelt(t *testing.T) {
	cfg := sentiment.DefaultConfig()
	require.NoError(t, config.Load(&cfg, []string{"KAFKA_BROKERS=a:1,b:2", "KAFKA_TLS=true", "BEDSIDE_SENTIMENT_WORKERS=3", "BEDSIDE_STORE=mongodb://a/b", "BEDSIDE_LOG_LEVEL=debug"}, config.Prefix))
	require.Equal(t, []string{"a:1", "b:2"}, cfg.Brokers)
	require.True(t, cfg.TLS)
	require.Equal(t, 3, cfg.Workers)
	require.Equal(t, "debug", cfg.LogLevel)
	require.Equal(t, "mongodb://a/b", cfg.URL.Reveal())
	require.ErrorContains(t, config.Load(&cfg, []string{"BEDSIDE_SENTIMENT_WORKER=3"}, config.Prefix), "BEDSIDE_SENTIMENT_WORKER")
}

func get(t *testing.T, url string, body *string) int {
	t.Helper()
	res, err := http.Get(url) //nolint:noctx // A test's own server.
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	if body != nil {
		*body = string(data)
	}
	return res.StatusCode
}
