package workflow_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
	workflow "github.com/bedside-health/bedside/services/response-workflow"
)

// TestMain turns this program into the service when a test starts it as one.
func TestMain(m *testing.M) {
	if brokers := os.Getenv("WORKFLOW_TEST_BROKERS"); brokers != "" {
		cfg := settings(kafkaio.Connection{Brokers: []string{brokers}}, os.Getenv("WORKFLOW_TEST_STORE"))
		if site := os.Getenv("WORKFLOW_TEST_SITE"); site != "" {
			answerAt(&cfg, site)
		}
		cfg.Logger = slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
		if err := workflow.Run(context.Background(), cfg); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestRun_KilledAgainAndAgain_EachReviewAssignedOnce kills the service at random moments while
// reviews flow. BEDSIDE_KILL_REVIEWS and BEDSIDE_KILLS make it longer.
func TestRun_KilledAgainAndAgain_EachReviewAssignedOnce(t *testing.T) {
	n, kills := number(t, "BEDSIDE_KILL_REVIEWS", 1500), number(t, "BEDSIDE_KILLS", 3)
	conn, p := kafkatest.Start(t), newPractice(t)
	run := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0], "-test.run=NONE")
		cmd.Env = append(os.Environ(), "WORKFLOW_TEST_BROKERS="+conn.Brokers[0], "WORKFLOW_TEST_STORE="+p.url)
		cmd.Stderr = os.Stderr
		require.NoError(t, cmd.Start())
		return cmd
	}
	published := 0
	for round := range kills {
		cmd := run()
		before := p.count()
		for end := n * (round + 1) / kills; published < end; {
			var part []events.ReviewTagged
			for ; len(part) < 100 && published < end; published++ {
				part = append(part, tagged(published))
			}
			publish(t, conn, part...)
		}
		require.Eventually(t, func() bool { return p.count() > before }, 30*time.Second, 5*time.Millisecond)
		time.Sleep(time.Duration(rand.IntN(150)) * time.Millisecond)
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait()
	}
	untold := p.untold()
	t.Logf("after %d kills: %d of %d reviews in the inbox, %d with events still to be told", kills, p.count(), n, untold)
	start(t, settings(conn, p.url))
	require.Eventually(t, func() bool { return p.count() == n && p.untold() == 0 }, 90*time.Second, 50*time.Millisecond)
	requireAssignedOnce(t, p, n)
	told := map[string]bool{}
	for _, m := range kafkatest.Messages(t, conn, events.TopicReviewsChanged) {
		told[string(m.Key)] = true
	}
	require.Len(t, told, n)
}

func number(t *testing.T, name string, standard int) int {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		return standard
	}
	n, err := strconv.Atoi(value)
	require.NoError(t, err)
	return n
}
