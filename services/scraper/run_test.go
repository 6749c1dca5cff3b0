package scraper_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
	"github.com/bedside-health/bedside/services/scraper"
)

const patience = 30 * time.Second

func TestRun_TwoInstances_PublishEachReviewOnce(t *testing.T) {
	conn, o := kafkatest.Start(t), newOffice(t)
	page := &directoryPage{}
	page.add("kind and quick", "waited an hour", `<script>alert("x")</script>`)
	url := serve(t, page)
	for i := range 4 {
		o.listing(fmt.Sprint("dir", i), "directory", "smilebook", fmt.Sprint(url, "/practice/", i))
	}
	o.upload("imp1", 300, 100)
	for range 2 {
		ready := make(chan net.Addr, 1)
		cfg := o.settings(conn)
		cfg.Ready = func(addr net.Addr) { ready <- addr }
		kafkatest.Run(t, func(ctx context.Context) error { return scraper.Run(ctx, cfg) })
		select {
		case addr := <-ready:
			require.Eventually(t, func() bool { return status(t, addr, "/readyz") == http.StatusOK }, patience, 20*time.Millisecond)
			require.Equal(t, http.StatusOK, status(t, addr, "/livez"))
			require.Equal(t, http.StatusOK, status(t, addr, "/metrics"))
		case <-time.After(patience):
			require.Fail(t, "not ready")
		}
	}
	require.Eventually(t, func() bool {
		for i := range 4 {
			if o.state(fmt.Sprint("dir", i)).Health != collections.HealthOK {
				return false
			}
		}
		return o.state("listing_imp1").Finished
	}, patience, 50*time.Millisecond)
	page.add("a new one")
	kafkatest.WaitMessages(t, conn, events.TopicReviewsCollected, 300+4*4)
	require.Never(t, func() bool { return len(collected(t, conn)) != 300+4*4 }, 2*time.Second, 200*time.Millisecond)

	seen, texts := map[string]bool{}, map[string]int{}
	for _, e := range collected(t, conn) {
		require.Equal(t, events.Posted, e.Change)
		require.Equal(t, org, e.OrgID)
		require.Equal(t, "loc_harbor", e.LocationID)
		require.False(t, seen[e.ReviewID], "told twice")
		seen[e.ReviewID] = true
		texts[e.Text]++
	}
	require.Equal(t, 4, texts[`<script>alert("x")</script>`])
	require.EqualValues(t, 300, o.state("listing_imp1").Published)
	require.Len(t, kafkatest.Messages(t, conn, events.TopicListingsObserved), 4)
	fact, err := o.docs.ListingFacts.Get(context.Background(), docstore.Org(org), "dir0")
	require.NoError(t, err)
	require.Equal(t, "Harbor Dental", fact.Facts.Name)
	page.mu.Lock()
	defer page.mu.Unlock()
	require.Greater(t, page.requests, page.fresh, "unchanged pages are answered with 304")
	for agent := range page.agents {
		require.Contains(t, agent, "https://bedside.example/contact")
	}
}

func status(t *testing.T, addr net.Addr, path string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+addr.String()+path, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

func TestRun_ImportRepeated_PublishesNothingNew(t *testing.T) {
	conn, o := kafkatest.Start(t), newOffice(t)
	cfg := o.settings(conn)
	cfg.Adapters = []string{"csv"}
	kafkatest.Run(t, func(ctx context.Context) error { return scraper.Run(ctx, cfg) })
	o.upload("imp1", 250, 100)
	require.Eventually(t, func() bool { return o.state("listing_imp1").Finished }, patience, 20*time.Millisecond)
	o.upload("imp2", 250, 60)
	require.Eventually(t, func() bool { return o.state("listing_imp2").Finished }, patience, 20*time.Millisecond)
	require.Len(t, collected(t, conn), 250)
	require.Zero(t, o.state("listing_imp2").Published)
	require.Equal(t, collections.HealthOK, o.state("listing_imp2").Health)
}

func TestRun_ImportStillUploading_WaitsWithoutComplaint(t *testing.T) {
	conn, o := kafkatest.Start(t), newOffice(t)
	ctx := context.Background()
	upload := collections.Import{Base: docstore.Base{ID: "slow", OrgID: org}, CreatedAt: time.Now(), Chunks: 1, Rejections: []collections.Rejection{}}
	_, err := o.docs.Imports.InsertIfAbsent(ctx, docstore.Org(org), &upload)
	require.NoError(t, err)
	o.listing("l", "csv", "cards", "slow")
	cfg := o.settings(conn)
	cfg.Adapters = []string{"csv"}
	kafkatest.Run(t, func(ctx context.Context) error { return scraper.Run(ctx, cfg) })
	require.Eventually(t, func() bool { return o.state("l").Rev >= 3 }, patience, 20*time.Millisecond)
	require.Equal(t, collections.HealthNew, o.state("l").Health)
	require.Empty(t, o.state("l").Problem)

	chunk := collections.ImportChunk{Base: docstore.Base{ID: "slow.0", OrgID: org}, ImportID: "slow", Reviews: []collections.ImportReview{{ExternalID: "only-one-row", Author: "A", Text: "here"}}}
	_, err = o.docs.ImportChunks.InsertIfAbsent(ctx, docstore.Org(org), &chunk)
	require.NoError(t, err)
	_, err = o.docs.Imports.Update(ctx, docstore.Org(org), "slow", func(i *collections.Import) error { i.Complete = true; return nil })
	require.NoError(t, err)
	require.Eventually(t, func() bool { return o.state("l").Finished }, patience, 20*time.Millisecond)
	require.Len(t, collected(t, conn), 1)
}

func TestRun_GoogleListing_UsesItsCredential(t *testing.T) {
	conn, o := kafkatest.Start(t), newOffice(t)
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer token-of-lake" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"totalReviewCount": 1, "averageRating": 5, "reviews": []any{map[string]any{
			"name": "accounts/1/locations/2/reviews/abc", "reviewId": "abc", "reviewer": map[string]any{"displayName": "Ann"},
			"starRating": "FIVE", "comment": "very kind", "createTime": "2026-01-02T03:04:05Z", "updateTime": "2026-01-02T03:04:05Z",
			"reviewReply": map[string]any{"comment": "thank you", "updateTime": "2026-01-03T03:04:05Z"},
		}}})
	})
	o.listing("g", "google", "google", "accounts/1/locations/2", func(l *collections.Listing) { l.Credential = "lake" })
	o.listing("thief", "google", "google", "accounts/1/locations/3", func(l *collections.Listing) { l.Credential = "other" })
	cfg := o.settings(conn)
	cfg.GoogleURL = serve(t, api)
	cfg.Credentials = config.Secret(`{"lake":{"secret":"token-of-lake","organizations":["org_lake"]},"other":{"secret":"token-of-lake","organizations":["org_else"]}}`)
	kafkatest.Run(t, func(ctx context.Context) error { return scraper.Run(ctx, cfg) })
	kafkatest.WaitMessages(t, conn, events.TopicReviewsCollected, 1)
	e := collected(t, conn)[0]
	require.Equal(t, "very kind", e.Text)
	require.Equal(t, 5.0, *e.Rating)
	require.Equal(t, "thank you", e.Reply.Text)
	require.Eventually(t, func() bool { return o.state("thief").Health == collections.HealthNotAuthorised }, patience, 20*time.Millisecond,
		"the credential of another organization is not for use")
}

func TestRun_KafkaAwayAtFirst_WaitsAndThenDelivers(t *testing.T) {
	o := newOffice(t)
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close()) // nobody answers there
	o.upload("imp1", 20, 20)
	cfg := o.settings(kafkaio.Connection{Brokers: []string{fmt.Sprint("127.0.0.1:", port)}})
	kafkatest.Run(t, func(ctx context.Context) error { return scraper.Run(ctx, cfg) })
	require.Never(t, func() bool { return o.state("listing_imp1").Rev > 0 }, time.Second, 100*time.Millisecond)
	_, conn := kafkatest.Cluster(t, kfake.Ports(port))
	require.Eventually(t, func() bool { return o.state("listing_imp1").Finished }, patience, 50*time.Millisecond)
	require.Len(t, collected(t, conn), 20)
}

func TestRun_CancelledWhileWaiting_EndsInOrder(t *testing.T) {
	o := newOffice(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	cfg := o.settings(kafkaio.Connection{Brokers: []string{"127.0.0.1:1"}})
	go func() { done <- scraper.Run(ctx, cfg) }()
	time.AfterFunc(300*time.Millisecond, cancel)
	select {
	case err := <-done:
		require.NoError(t, err)
	case <-time.After(patience):
		require.Fail(t, "did not end")
	}
}

func TestConfig_Faults_AreReportedTogether(t *testing.T) {
	cfg := scraper.DefaultConfig()
	cfg.Adapters = []string{"directory", "myspace"}
	cfg.Tick = 0
	cfg.AllowAddresses = []string{"10.0.0.1"}
	cfg.Credentials = `{"a": {"secret": ""}, "zzz-secret`
	err := cfg.Validate()
	for _, want := range []string{"KAFKA_BROKERS", "BEDSIDE_STORE", "myspace", "BEDSIDE_SCRAPER_TICK", "BEDSIDE_SCRAPER_CONTACT", "BEDSIDE_ALLOW_ADDRESSES", "BEDSIDE_SCRAPER_CREDENTIALS", "logger"} {
		require.ErrorContains(t, err, want)
	}
	require.NotContains(t, err.Error(), "zzz-secret")
}

func TestConfig_Environment_IsRead(t *testing.T) {
	cfg := scraper.DefaultConfig()
	err := config.Load(&cfg, []string{
		"KAFKA_BROKERS=a:1,b:2", "BEDSIDE_STORE=sqlite:x", "BEDSIDE_SCRAPER_ADAPTERS=csv", "BEDSIDE_SCRAPER_TICK=5s", "BEDSIDE_ALLOW_LOOPBACK=true",
	}, config.Prefix)
	require.NoError(t, err)
	require.Equal(t, []string{"csv"}, cfg.Adapters)
	require.Equal(t, 5*time.Second, cfg.Tick)
	require.True(t, cfg.AllowLoopback)
	require.Error(t, config.Load(&cfg, []string{"BEDSIDE_SCRAPER_TIK=5s"}, config.Prefix))
}
