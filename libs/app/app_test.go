package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"github.com/bedside-health/bedside/libs/app"
	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/problem"
)

func TestGroup_OneFails_OthersEndAndItsErrorIsReturned(t *testing.T) {
	cause := errors.New("disk full")
	g := app.NewGroup(t.Context())
	ended := make(chan struct{})
	g.Go("waits", func(ctx context.Context) error {
		<-ctx.Done()
		close(ended)
		return ctx.Err()
	})
	g.Go("done early", func(context.Context) error { return nil })
	g.Go("store", func(context.Context) error { return cause })
	err := g.Wait()
	require.ErrorIs(t, err, cause)
	require.EqualError(t, err, "store: disk full")
	<-ended
}

func TestGroup_ContextEnds_IsNoError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := app.NewGroup(ctx)
	g.Go("waits", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	g.Go("starts another", func(context.Context) error {
		g.Go("late", func(ctx context.Context) error { <-ctx.Done(); return nil })
		return nil
	})
	cancel()
	require.NoError(t, g.Wait())
}

func TestGroup_CancellationOfItsOwn_IsAnError(t *testing.T) {
	g := app.NewGroup(t.Context())
	g.Go("gives up", func(context.Context) error { return context.Canceled })
	require.ErrorIs(t, g.Wait(), context.Canceled)
}

func TestNewLogger_Lines_AreJSONWithServiceAndTrace(t *testing.T) {
	var out bytes.Buffer
	logger, err := app.NewLogger(&out, "sentiment", "warn")
	require.NoError(t, err)
	traceID, _ := trace.TraceIDFromHex("0af7651916cd43dd8448eb211c80319c")
	spanID, _ := trace.SpanIDFromHex("b7ad6b7169203331")
	ctx := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID}))
	logger.InfoContext(ctx, "not shown")
	logger.With("a", 1).WithGroup("g").WarnContext(ctx, "shown", "secret", config.Secret("hunter2"))
	require.Equal(t, 1, strings.Count(out.String(), "\n"))
	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	require.Equal(t, "sentiment", line["service"])
	require.Contains(t, out.String(), "0af7651916cd43dd8448eb211c80319c")
	require.NotContains(t, out.String(), "hunter2")
	_, err = app.NewLogger(&out, "x", "loud")
	require.Equal(t, problem.Invalid, problem.KindOf(err))
}

func request(h http.Handler, path string) (int, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestAdmin_ChecksFail_ReadyzNamesThem(t *testing.T) {
	var broken atomic.Bool
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewCounter(prometheus.CounterOpts{Name: "my_total", Help: "x"}))
	admin := app.NewAdmin(registry,
		app.Check{Name: "kafka", Ready: func(context.Context) error {
			if broken.Load() {
				return errors.New("no broker")
			}
			return nil
		}},
		app.Check{Name: "store", Ready: func(context.Context) error { return nil }})
	h := admin.Handler()
	code, body := request(h, "/readyz")
	require.Equal(t, 200, code)
	require.JSONEq(t, `{"status":"ready"}`, body)
	broken.Store(true)
	code, body = request(h, "/readyz")
	require.Equal(t, 503, code)
	require.JSONEq(t, `{"status":"not_ready","failing":["kafka"],"reasons":{"kafka":"no broker"}}`, body)
	code, _ = request(h, "/livez")
	require.Equal(t, 200, code, "a dependency's outage does not restart the service")
	_, body = request(h, "/metrics")
	require.Contains(t, body, "my_total 0")
	broken.Store(false)
	admin.Drain()
	code, body = request(h, "/readyz")
	require.Equal(t, 503, code)
	require.JSONEq(t, `{"status":"draining"}`, body)
	code, _ = request(h, "/elsewhere")
	require.Equal(t, 404, code)
}

func TestAdmin_CheckHangs_IsAFailureWithinBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		admin := app.NewAdmin(prometheus.NewRegistry(),
			app.Check{Name: "stuck", Ready: func(context.Context) error { <-release; return nil }},
			app.Check{Name: "fine", Ready: func(context.Context) error { return nil }})
		started := time.Now()
		code, body := request(admin.Handler(), "/readyz")
		require.Equal(t, 503, code)
		require.Contains(t, body, `"failing":["stuck"]`)
		require.Equal(t, 2*time.Second, time.Since(started))
		close(release)
		synctest.Wait()
	})
}

// serve runs Serve and returns its address and how to end it.
func serve(t *testing.T, cfg app.ServeConfig) (base string, stop context.CancelFunc, result chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	addr := make(chan net.Addr, 1)
	result = make(chan error, 1)
	cfg.Listen, cfg.Ready = "127.0.0.1:0", func(a net.Addr) { addr <- a }
	go func() { result <- app.Serve(ctx, cfg) }()
	return "http://" + (<-addr).String(), cancel, result
}

func TestServe_ContextEnds_RequestsFinishAndStreamsAreTold(t *testing.T) {
	inFlight, finish := make(chan struct{}), make(chan struct{})
	var cancelled atomic.Bool
	mux := http.NewServeMux()
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		close(inFlight)
		<-finish
		cancelled.Store(r.Context().Err() != nil)
		_, _ = io.WriteString(w, "finished")
	})
	streaming := make(chan struct{})
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "hello ")
		_ = http.NewResponseController(w).Flush()
		close(streaming)
		<-app.Draining(r.Context())
		_, _ = io.WriteString(w, "goodbye")
	})
	admin := app.NewAdmin(prometheus.NewRegistry())
	mux.Handle("/readyz", admin.Handler())
	base, stop, result := serve(t, app.ServeConfig{Handler: mux, Admin: admin, DrainDelay: 300 * time.Millisecond})

	var wg sync.WaitGroup
	bodies := make([]string, 2)
	for i, path := range []string{"/slow", "/stream"} {
		wg.Go(func() {
			res, err := http.Get(base + path)
			if err == nil {
				data, _ := io.ReadAll(res.Body)
				_ = res.Body.Close()
				bodies[i] = string(data)
			}
		})
	}
	<-inFlight
	<-streaming
	stop()
	require.Eventually(t, func() bool {
		res, err := http.Get(base + "/readyz")
		require.NoError(t, err, "still accepting during the delay")
		_ = res.Body.Close()
		return res.StatusCode == http.StatusServiceUnavailable
	}, 250*time.Millisecond, 5*time.Millisecond)
	time.AfterFunc(500*time.Millisecond, func() { close(finish) })
	require.NoError(t, <-result)
	wg.Wait()
	require.Equal(t, []string{"finished", "hello goodbye"}, bodies)
	require.False(t, cancelled.Load())
	_, err := http.Get(base + "/readyz") //nolint:bodyclose // There is no answer.
	require.Error(t, err)
}

func TestServe_RequestNeverEnds_IsCutAndToldSo(t *testing.T) {
	entered := make(chan struct{})
	base, stop, result := serve(t, app.ServeConfig{DrainTimeout: 100 * time.Millisecond, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	})})
	go func() {
		res, err := http.Get(base)
		if err == nil {
			_ = res.Body.Close()
		}
	}()
	<-entered
	stop()
	require.Equal(t, problem.Unavailable, problem.KindOf(<-result))
}

func TestServe_AddressTaken_SaysWhich(t *testing.T) {
	base, _, _ := serve(t, app.ServeConfig{Handler: http.NotFoundHandler()})
	addr := strings.TrimPrefix(base, "http://")
	err := app.Serve(t.Context(), app.ServeConfig{Listen: addr, Handler: http.NotFoundHandler()})
	require.ErrorContains(t, err, addr)
}

func TestDraining_NoServer_NeverCloses(t *testing.T) {
	require.Nil(t, app.Draining(t.Context()))
}

func TestTraces_Endpoint_GetsSpansAndItsAbsenceIsNoFailure(t *testing.T) {
	got := make(chan string, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.URL.Path }))
	defer collector.Close()
	provider, stop, err := app.Traces(t.Context(), "sentiment", collector.URL)
	require.NoError(t, err)
	_, span := provider.Tracer("t").Start(t.Context(), "work")
	span.End()
	require.NoError(t, stop(t.Context()))
	require.Equal(t, "/v1/traces", <-got)

	none, stop, err := app.Traces(t.Context(), "sentiment", "")
	require.NoError(t, err)
	_, span = none.Tracer("t").Start(t.Context(), "work")
	require.False(t, span.SpanContext().IsValid())
	require.NoError(t, stop(t.Context()))

	_, _, err = app.Traces(t.Context(), "sentiment", "collector:4318")
	require.Equal(t, problem.Invalid, problem.KindOf(err))
}
