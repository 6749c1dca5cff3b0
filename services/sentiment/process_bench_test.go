package sentiment_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
)

// BenchmarkProcess measures the service as a process of its own: how soon it is ready, how
// much memory it holds while it works through a backlog, and how much faster two of them are.
// Each has one processor, so that a second one brings a second.
func BenchmarkProcess(b *testing.B) {
	conn := kafkatest.Start(b)
	program := filepath.Join(b.TempDir(), "sentiment")
	out, err := exec.Command("go", "build", "-o", program, "./cmd/sentiment").CombinedOutput()
	require.NoError(b, err, string(out))
	texts := loadTexts(b, loadReviews)
	long := make([]string, loadReviews/20)
	for i := range long {
		long[i] = strings.Repeat(texts[i]+" ", 1+200_000/(len(texts[i])+1))[:200_000]
		long[i] = strings.ToValidUTF8(long[i], "")
	}
	for b.Loop() {
		publishLoad(b, conn, texts, 1)
		one := startProcess(b, program, conn)
		b.ReportMetric(one.ready.Seconds(), "s-to-ready")
		alone := drain(b, conn, loadReviews, one)
		b.ReportMetric(alone, "one-replica/s")
		b.ReportMetric(one.peak(b), "MB-peak")
		publishLoad(b, conn, long, 2)
		drain(b, conn, loadReviews+len(long), one)
		b.ReportMetric(one.peak(b), "MB-peak-200-kB-texts")
		one.stop(b)

		publishLoad(b, conn, texts, 3)
		publishLoad(b, conn, texts, 4)
		two := []*process{startProcess(b, program, conn), startProcess(b, program, conn)}
		together := drain(b, conn, 3*loadReviews+len(long), two...)
		b.ReportMetric(together, "two-replicas/s")
		b.ReportMetric(together/alone, "times-as-fast")
		for _, p := range two {
			p.stop(b)
		}
	}
	b.ReportMetric(0, "ns/op")
}

// drain waits until the tagged topic holds n messages and returns messages a second,
// counted from when all replicas are ready.
func drain(b *testing.B, conn kafkaio.Connection, n int, replicas ...*process) float64 {
	b.Helper()
	client := &kafka.Client{Addr: kafka.TCP(conn.Brokers...), Timeout: 10 * time.Second}
	began, first := time.Now(), ends(b, client, events.TopicReviewsTagged)
	for time.Since(began) < 5*time.Minute {
		if at := ends(b, client, events.TopicReviewsTagged); at >= int64(n) {
			return float64(at-first) / time.Since(began).Seconds()
		}
		time.Sleep(10 * time.Millisecond)
	}
	require.FailNow(b, "not drained", "%d replicas", len(replicas))
	return 0
}

// process is a running service.
type process struct {
	cmd   *exec.Cmd
	ready time.Duration // from its start
}

func startProcess(b *testing.B, program string, conn kafkaio.Connection) *process {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	admin := listener.Addr().String()
	require.NoError(b, listener.Close())
	cmd := exec.Command(program)
	cmd.Stderr = os.Stderr
	cmd.Env = []string{
		"KAFKA_BROKERS=" + conn.Brokers[0], "BEDSIDE_STORE=sqlite:" + filepath.Join(b.TempDir(), "bedside.db"),
		"BEDSIDE_ADMIN_LISTEN=" + admin, "BEDSIDE_LOG_LEVEL=error", "GOMAXPROCS=1", fmt.Sprint("KAFKA_TOPIC_PARTITIONS=", kafkatest.Partitions),
	}
	began := time.Now()
	require.NoError(b, cmd.Start())
	b.Cleanup(func() { _ = cmd.Process.Kill() })
	for {
		res, err := http.Get("http://" + admin + "/readyz")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return &process{cmd: cmd, ready: time.Since(began)}
			}
		}
		require.Less(b, time.Since(began), time.Minute)
		time.Sleep(5 * time.Millisecond)
	}
}

func (p *process) stop(b *testing.B) {
	b.Helper()
	require.NoError(b, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(b, p.cmd.Wait())
}

// peak is the most memory the process ever held, in MB.
func (p *process) peak(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		b.Skip("SKIPPED: this system tells nothing of a process's memory")
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.Atoi(strings.Fields(rest)[0])
			require.NoError(b, err)
			return float64(kb) / 1024
		}
	}
	return 0
}
