package scraper_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
	"github.com/bedside-health/bedside/services/scraper"
)

// TestMain turns this program into the service when a test starts it as one.
func TestMain(m *testing.M) {
	brokers, store := os.Getenv("SCRAPER_TEST_BROKERS"), os.Getenv("SCRAPER_TEST_STORE")
	if brokers == "" {
		os.Exit(m.Run())
	}
	o := &office{url: store}
	cfg := o.settings(kafkaio.Connection{Brokers: []string{brokers}})
	cfg.Adapters, cfg.Instance, cfg.AdminListen = []string{"csv"}, "only-one", ""
	cfg.Logger = slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	if err := scraper.Run(context.Background(), cfg); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func TestRun_KilledAgainAndAgain_PublishesEverythingAndResumesAtOnce(t *testing.T) {
	conn, o := kafkatest.Start(t), newOffice(t)
	const rows = 6000
	o.upload("imp", rows, 100)
	start := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0], "-test.run=NONE")
		cmd.Env = append(os.Environ(), "SCRAPER_TEST_BROKERS="+conn.Brokers[0], "SCRAPER_TEST_STORE="+o.url)
		cmd.Stderr = os.Stderr
		require.NoError(t, cmd.Start())
		return cmd
	}
	kill := func(cmd *exec.Cmd) {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	for round := range 4 {
		cmd := start()
		kafkatest.WaitMessages(t, conn, events.TopicReviewsCollected, 1+round*1200)
		kill(cmd)
	}
	cmd := start()
	t.Cleanup(func() { kill(cmd) })
	began := time.Now()
	require.Eventually(t, func() bool { return o.state("listing_imp").Finished }, patience, 20*time.Millisecond)
	require.Less(t, time.Since(began), 20*time.Second, "the lease of the killed process is not waited for")

	texts, doubles := map[string]string{}, 0
	for _, e := range collected(t, conn) {
		require.Equal(t, 1, e.Version)
		if before, again := texts[e.ReviewID]; again {
			require.Equal(t, before, e.Text, "what comes twice is the same")
			doubles++
		}
		texts[e.ReviewID] = e.Text
		require.True(t, strings.HasPrefix(e.ExternalID, "card-"))
	}
	require.Len(t, texts, rows)
	require.LessOrEqual(t, doubles, 4*100, "a crash repeats one page at most")
}
