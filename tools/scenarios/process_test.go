package scenarios

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/tools/cli"
	"github.com/bedside-health/bedside/tools/client"
)

// childVariable makes this test program the bedside command, so that a process of its
// own can be started and killed without building anything else.
const childVariable = "BEDSIDE_SCENARIO_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		os.Exit(m.Run())
	}
	var environ []string
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, childVariable) {
			environ = append(environ, line)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	os.Exit(cli.Run(ctx, cli.Environment{Args: os.Args[1:], Environ: environ, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}))
}

// process is `bedside up` in a process of its own.
type process struct {
	data   string
	args   []string
	env    []string
	cmd    *exec.Cmd
	ready  chan struct{} // closes with the line that says so
	ended  chan error
	stderr *lines
}

// newProcess prepares a process on a data folder and a port that stay the same over restarts.
func newProcess(t testing.TB, data string, args []string, env ...string) *process {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	return &process{data: data, args: args, env: append(env, "BEDSIDE_DATA="+data, "BEDSIDE_LISTEN="+address)}
}

func (p *process) start(t testing.TB) {
	t.Helper()
	p.cmd = exec.Command(os.Args[0], append([]string{"up"}, p.args...)...)
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, "BEDSIDE_") && !strings.HasPrefix(line, "KAFKA_") {
			p.cmd.Env = append(p.cmd.Env, line)
		}
	}
	p.cmd.Env = append(append(p.cmd.Env, p.env...), childVariable+"=1", "BEDSIDE_LOG_LEVEL=error")
	p.stderr, p.ready, p.ended = new(lines), make(chan struct{}), make(chan error, 1)
	p.cmd.Stderr = p.stderr
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	// A test that fails half-way leaves no process behind; one that has ended is no error.
	t.Cleanup(func(started *os.Process) func() { return func() { _ = started.Kill() } }(p.cmd.Process))
	go func(cmd *exec.Cmd, ready chan struct{}, ended chan error) {
		for scan := bufio.NewScanner(out); scan.Scan(); {
			if strings.HasPrefix(scan.Text(), "Bedside is ready: ") {
				close(ready)
			}
		}
		_, _ = io.Copy(io.Discard, out)
		ended <- cmd.Wait()
	}(p.cmd, p.ready, p.ended)
}

// kill ends the process as if the power had gone: kill -9, then waits until it is gone.
func (p *process) kill(t testing.TB) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGKILL))
	<-p.ended
}

// stop ends the process in order.
func (p *process) stop(t testing.TB) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-p.ended:
		require.NoError(t, err, p.stderr.String())
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		require.FailNow(t, "the process did not stop", p.stderr.String())
	}
}

func (p *process) waitReady(t testing.TB) *client.ClientWithResponses {
	t.Helper()
	select {
	case <-p.ready:
	case err := <-p.ended:
		require.FailNow(t, "the process ended", "%v\n%s", err, p.stderr.String())
	case <-time.After(patience):
		require.FailNow(t, "the process did not become ready", p.stderr.String())
	}
	local, err := client.ReadLocal(p.data)
	require.NoError(t, err)
	c, err := client.New(local)
	require.NoError(t, err)
	return c
}

// memory is the process's resident and peak resident memory in MB.
func (p *process) memory(t testing.TB) (now, peak float64) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	require.NoError(t, err)
	read := func(key string) float64 {
		_, rest, _ := strings.Cut(string(status), key+":")
		kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
		require.NoError(t, err)
		return kb / 1024
	}
	return read("VmRSS"), read("VmHWM")
}
