package sentiment_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
	"github.com/bedside-health/bedside/services/sentiment"
)

// What this program is when a benchmark starts it in a process of its own.
const (
	roleBroker          = "broker"           // says its address and serves until its input ends
	roleRelay           = "relay"            // kafka-go alone, with as many members as the argument says
	roleWithoutAnalysis = "without-analysis" // the service, looking for one word
)

// runRole plays a role until SIGTERM and returns the program's exit code.
func runRole(role string) int {
	conn := kafkaio.Connection{Brokers: []string{os.Getenv("SENTIMENT_BENCH_BROKER")}}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	var err error
	switch role {
	case roleBroker:
		// kafkatest wants a test or a benchmark.
		testing.Benchmark(func(b *testing.B) {
			fmt.Println(kafkatest.Start(b).Brokers[0])
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		})
	case roleRelay:
		members, _ := strconv.Atoi(os.Getenv("SENTIMENT_BENCH_ARGUMENT"))
		err = relay(ctx, conn, members)
	case roleWithoutAnalysis:
		err = sentiment.Run(ctx, settings(conn, keyword{word: "expensive"}))
	default:
		err = fmt.Errorf("unknown role %q", role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// process is a program that a benchmark started. It ends with the benchmark at the latest.
type process struct {
	cmd  *exec.Cmd
	conn kafkaio.Connection // of the broker only
	// admin is the address of a service's own endpoints, and ready how long it took from began
	// until they said that it is.
	admin string
	began time.Time
	ready time.Duration
}

// startCommand starts a command that ends with the benchmark.
func startCommand(b *testing.B, cmd *exec.Cmd) *process {
	b.Helper()
	cmd.Stderr = os.Stderr
	require.NoError(b, cmd.Start())
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return &process{cmd: cmd}
}

// startRole starts this program in a role.
func startRole(b *testing.B, broker *process, role, argument string) *process {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SENTIMENT_BENCH_ROLE="+role, "SENTIMENT_BENCH_ARGUMENT="+argument)
	if broker != nil {
		cmd.Env = append(cmd.Env, "SENTIMENT_BENCH_BROKER="+broker.conn.Brokers[0])
	}
	return startCommand(b, cmd)
}

// startBroker starts a broker with all topics of Bedside.
func startBroker(b *testing.B) *process {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SENTIMENT_BENCH_ROLE="+roleBroker)
	_, err := cmd.StdinPipe()
	require.NoError(b, err)
	out, err := cmd.StdoutPipe()
	require.NoError(b, err)
	p := startCommand(b, cmd)
	address, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(b, err)
	p.conn = kafkaio.Connection{Brokers: []string{strings.TrimSpace(address)}, ClientID: "benchmark"}
	return p
}

// buildService builds the service's program.
func buildService(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "sentiment")
	out, err := exec.Command("go", "build", "-o", program, "./cmd/sentiment").CombinedOutput()
	require.NoError(b, err, string(out))
	return program
}

// startService starts the service's program and waits until it is ready.
func startService(b *testing.B, program string, conn kafkaio.Connection, settings ...string) *process {
	b.Helper()
	p := launchService(b, program, conn, settings...)
	p.awaitReady(b)
	return p
}

// launchService starts the service's program.
func launchService(b *testing.B, program string, conn kafkaio.Connection, settings ...string) *process {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	admin := listener.Addr().String()
	require.NoError(b, listener.Close())
	cmd := exec.Command(program)
	cmd.Env = append([]string{
		"KAFKA_BROKERS=" + conn.Brokers[0], "BEDSIDE_STORE=sqlite:" + filepath.Join(b.TempDir(), "bedside.db"),
		"BEDSIDE_ADMIN_LISTEN=" + admin, "BEDSIDE_LOG_LEVEL=error", fmt.Sprint("KAFKA_TOPIC_PARTITIONS=", kafkatest.Partitions),
	}, settings...)
	began := time.Now()
	p := startCommand(b, cmd)
	p.admin, p.began = admin, began
	return p
}

// awaitReady waits until a service is ready.
func (p *process) awaitReady(b *testing.B) {
	b.Helper()
	for {
		res, err := http.Get("http://" + p.admin + "/readyz")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				p.ready = time.Since(p.began)
				return
			}
		}
		require.Less(b, time.Since(p.began), time.Minute)
		time.Sleep(2 * time.Millisecond)
	}
}

// stop asks a process to end and waits for it.
func (p *process) stop(b *testing.B) {
	b.Helper()
	require.NoError(b, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(b, p.cmd.Wait())
}

// status is a number, in kB, that the system knows of a process under a name.
func (p *process) status(b *testing.B, name string) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		b.Skip("SKIPPED: this system tells nothing of a process's memory")
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kb, err := strconv.Atoi(strings.Fields(rest)[0])
			require.NoError(b, err)
			return float64(kb)
		}
	}
	return 0
}

// peak is the most memory the process ever held, in MiB.
func (p *process) peak(b *testing.B) float64 { return p.status(b, "VmHWM") / 1024 }

// processorTime is what the process has used of the processors, to a hundredth of a second.
func (p *process) processorTime(b *testing.B) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		b.Skip("SKIPPED: this system tells nothing of a process's processor time")
	}
	// The name, in brackets, may hold anything; user and system time are the 12th and 13th behind it.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, err := strconv.Atoi(fields[11])
	require.NoError(b, err)
	system, err := strconv.Atoi(fields[12])
	require.NoError(b, err)
	const ticks = 100 // a second, on every Linux
	return time.Duration(user+system) * time.Second / ticks
}
