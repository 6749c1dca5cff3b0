package sentiment_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
	"github.com/bedside-health/bedside/services/sentiment"
)

// TestMain turns this program into the service when a test starts it as one, or into what a
// benchmark wants in a process of its own.
func TestMain(m *testing.M) {
	if role := os.Getenv("SENTIMENT_BENCH_ROLE"); role != "" {
		os.Exit(runRole(role))
	}
	if brokers := os.Getenv("SENTIMENT_TEST_BROKERS"); brokers != "" {
		cfg := settings(kafkaio.Connection{Brokers: []string{brokers}}, keyword{word: "x", delay: 2 * time.Millisecond})
		cfg.Logger, cfg.Workers = slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})), 1
		if err := sentiment.Run(context.Background(), cfg); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestRun_KilledMidway_ResumesAndLosesNothing(t *testing.T) {
	conn := kafkatest.Start(t)
	const n = 2000
	var all []events.ReviewCollected
	for i := range n {
		all = append(all, collected("o1", fmt.Sprint("e", i), "fine", events.Posted))
	}
	publish(t, conn, all...)
	for round := range 3 {
		cmd := exec.Command(os.Args[0], "-test.run=NONE")
		cmd.Env = append(os.Environ(), "SENTIMENT_TEST_BROKERS="+conn.Brokers[0])
		cmd.Stderr = os.Stderr
		require.NoError(t, cmd.Start())
		if round < 2 {
			kafkatest.WaitMessages(t, conn, events.TopicReviewsTagged, 1+round*600)
			require.NoError(t, cmd.Process.Kill())
			_ = cmd.Wait()
			continue
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	}
	ids := map[string]int{}
	require.Eventually(t, func() bool {
		clear(ids)
		for _, m := range kafkatest.Messages(t, conn, events.TopicReviewsTagged) {
			ids[string(m.Key)]++
		}
		return len(ids) == n
	}, time.Minute, 100*time.Millisecond)
	again := 0
	for _, times := range ids {
		again += times - 1
	}
	t.Logf("%d of %d came again after two kills", again, n)
	require.Less(t, again, n/2, "a kill repeats the batches in hand, not the work")
}
