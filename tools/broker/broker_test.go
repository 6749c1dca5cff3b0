package broker_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
	"github.com/bedside-health/bedside/tools/broker"
)

const topic = events.TopicReviewsCollected

// TestMain turns this program into a broker when a test starts it as one.
func TestMain(m *testing.M) {
	if dir := os.Getenv("BROKER_TEST_DIR"); dir != "" {
		b, err := broker.Start(context.Background(), broker.Config{Dir: dir})
		if err != nil {
			fmt.Println("ERROR", problem.KindOf(err), err)
			os.Exit(1)
		}
		fmt.Println("ADDR", b.Addr())
		select {} // Until it is killed.
	}
	os.Exit(m.Run())
}

// process starts a broker in a process of its own and returns its first line.
func process(t *testing.T, dir string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=NONE")
	cmd.Env = append(os.Environ(), "BROKER_TEST_DIR="+dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return cmd, strings.TrimSpace(line)
}

func values(messages []kafkaio.Message) map[string]int {
	out := map[string]int{}
	for _, m := range messages {
		out[string(m.Value)]++
	}
	return out
}

func TestBroker_KilledAfterEveryAnswer_KeepsMessagesAndCommits(t *testing.T) {
	dir := t.TempDir()
	want := map[string]int{}
	handled := map[string]int{}
	for round := range 4 {
		cmd, line := process(t, dir)
		conn := kafkaio.Connection{Brokers: []string{strings.TrimPrefix(line, "ADDR ")}}
		var messages []kafkaio.Message
		for i := range 200 {
			v := fmt.Sprintf("%d/%d", round, i)
			want[v]++
			messages = append(messages, kafkaio.Message{Topic: topic, Key: []byte(v), Value: []byte(v)})
		}
		kafkatest.Publish(t, conn, messages...)

		// A consumer that ends in good order has committed: what it handled must not come again.
		got := make(chan string, 10_000)
		c, err := kafkaio.NewConsumer(kafkaio.ConsumerConfig{
			Connection: conn, Group: "g", Topics: []string{topic}, Producer: kafkatest.Producer(t, conn),
			Handle: func(_ context.Context, batch []kafkaio.Message) []error {
				for _, m := range batch {
					got <- string(m.Value)
				}
				return nil
			},
		})
		require.NoError(t, err)
		stop := kafkatest.Run(t, c.Run)
		for range messages {
			select {
			case v := <-got:
				handled[v]++
			case <-time.After(30 * time.Second):
				require.Fail(t, "messages were lost")
			}
		}
		stop()
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait()
	}
	require.Equal(t, want, handled)

	_, line := process(t, dir)
	conn := kafkaio.Connection{Brokers: []string{strings.TrimPrefix(line, "ADDR ")}}
	require.Equal(t, want, values(kafkatest.Messages(t, conn, topic)))
}

func TestBroker_DirectoryInUse_SecondProcessSaysSo(t *testing.T) {
	dir := t.TempDir()
	b, err := broker.Start(t.Context(), broker.Config{Dir: dir})
	require.NoError(t, err)
	_, line := process(t, dir)
	require.Contains(t, line, "ERROR conflict")
	require.Contains(t, line, "in use by another process")
	require.NoError(t, b.Close())
	require.NoError(t, b.Close(), "closing twice does nothing")

	_, line = process(t, dir)
	require.Contains(t, line, "ADDR", "a closed broker lets go of its directory")
}

func TestBroker_StoppedAndStarted_KeepsMessages(t *testing.T) {
	dir := t.TempDir()
	b, err := broker.Start(t.Context(), broker.Config{Dir: dir})
	require.NoError(t, err)
	kafkatest.Publish(t, b.Connection("test"), kafkaio.Message{Topic: topic, Value: []byte("kept")})
	require.NoError(t, b.Close())
	b, err = broker.Start(t.Context(), broker.Config{Dir: dir})
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	require.Equal(t, map[string]int{"kept": 1}, values(kafkatest.Messages(t, b.Connection("test"), topic)))
}

func TestBroker_MoreThanRetentionBytes_DropsTheOldest(t *testing.T) {
	b, err := broker.Start(t.Context(), broker.Config{
		Dir: t.TempDir(), CleanEvery: 100 * time.Millisecond,
		Topics: []kafkaio.TopicSpec{{Name: topic, Partitions: 1, Config: map[string]string{"retention.ms": "3600000", "retention.bytes": "20000"}}},
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	conn := b.Connection("test")
	for i := range 50 {
		kafkatest.Publish(t, conn, kafkaio.Message{Topic: topic, Value: []byte(fmt.Sprintf("%02d", i) + noise(2000, i))})
	}
	require.Eventually(t, func() bool {
		kept := kafkatest.Messages(t, conn, topic)
		return len(kept) > 0 && len(kept) < 15 && strings.HasPrefix(string(kept[len(kept)-1].Value), "49")
	}, 20*time.Second, 200*time.Millisecond)
}

// noise is text that does not compress.
func noise(n, seed int) string {
	out := make([]byte, n)
	x := uint32(seed)*2654435761 + 1
	for i := range out {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		out[i] = 'a' + byte(x>>24)%26
	}
	return string(out)
}

func TestBroker_AddressTaken_SaysWhich(t *testing.T) {
	b, err := broker.Start(t.Context(), broker.Config{Dir: t.TempDir()})
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close()) }()
	dir := t.TempDir()
	_, err = broker.Start(t.Context(), broker.Config{Dir: dir, Listen: b.Addr()})
	require.Equal(t, problem.Unavailable, problem.KindOf(err))
	require.ErrorContains(t, err, b.Addr())
	// The failed start must not keep the directory.
	again, err := broker.Start(t.Context(), broker.Config{Dir: dir})
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

func TestBroker_DirectoryCannotBeMade_SaysWhich(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := broker.Start(t.Context(), broker.Config{Dir: filepath.Join(file, "broker")})
	require.ErrorContains(t, err, file)
}
