package app

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bedside-health/bedside/libs/problem"
)

// checkPatience bounds one look at readiness; a check that hangs is a check that fails.
const checkPatience = 2 * time.Second

// Check is one condition of readiness, by name.
type Check struct {
	Name  string
	Ready func(ctx context.Context) error
}

// Admin serves /livez, /readyz and /metrics. Run it beside the service's own
// listener or mount Handler into it. /readyz answers 503 while draining or while a check fails, with
// the names of the failing checks as JSON:
//
//	{"status":"not_ready","failing":["kafka"],"reasons":{"kafka":"..."}}
//
// The reasons name addresses, so these endpoints are for operators and belong behind no ingress.
type Admin struct {
	checks   []Check
	metrics  http.Handler
	draining atomic.Bool
}

// NewAdmin makes the endpoints over a registry.
func NewAdmin(gatherer prometheus.Gatherer, checks ...Check) *Admin {
	return &Admin{
		checks: checks,
		// A collector that fails must not hide the others.
		metrics: promhttp.HandlerFor(gatherer, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}),
	}
}

// Handler serves /livez, /readyz and /metrics.
func (a *Admin) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, readiness{Status: "live"})
	})
	mux.HandleFunc("GET /readyz", a.readyz)
	mux.Handle("GET /metrics", a.metrics)
	return mux
}

// Drain makes /readyz answer 503 from now on.
func (a *Admin) Drain() { a.draining.Store(true) }

type readiness struct {
	Status  string            `json:"status"`
	Failing []string          `json:"failing,omitempty"`
	Reasons map[string]string `json:"reasons,omitempty"`
}

func (a *Admin) readyz(w http.ResponseWriter, r *http.Request) {
	if a.draining.Load() {
		answer(w, http.StatusServiceUnavailable, readiness{Status: "draining"})
		return
	}
	out := readiness{Status: "ready"}
	for i, err := range a.look(r.Context()) {
		if err == nil {
			continue
		}
		if out.Reasons == nil {
			out.Status, out.Reasons = "not_ready", map[string]string{}
		}
		out.Failing = append(out.Failing, a.checks[i].Name)
		out.Reasons[a.checks[i].Name] = err.Error()
	}
	status := http.StatusOK
	if len(out.Failing) > 0 {
		status = http.StatusServiceUnavailable
	}
	answer(w, status, out)
}

// look asks all checks at once and answers parallel to them.
func (a *Admin) look(ctx context.Context) []error {
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	var mu sync.Mutex
	results := make([]error, len(a.checks))
	for i := range results {
		results[i] = problem.New(problem.Unavailable, "check_timeout", "no answer within %s", checkPatience)
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	for i, check := range a.checks {
		wg.Go(func() {
			err := check.Ready(ctx)
			mu.Lock()
			results[i] = err
			mu.Unlock()
		})
	}
	go func() {
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	mu.Lock()
	defer mu.Unlock()
	return append([]error(nil), results...)
}

func answer(w http.ResponseWriter, status int, body readiness) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The client is gone if this fails, and nobody is left to tell.
	_ = json.NewEncoder(w).Encode(body)
}
