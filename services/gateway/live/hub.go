// Package live hands changes of reviews to the browsers that watch. It promises that
// a watcher sees only its own organization, that a slow one never delays another
// (it is let go and comes back by itself), and that memory is bounded by the
// number of watchers times their buffer.
package live

import (
	"errors"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
)

// Config configures a Hub.
type Config struct {
	// Buffer is how many changes a watcher may lag behind before it is let go.
	Buffer int
	// PerPerson and Most bound the watchers of one person and of all.
	PerPerson, Most int
	Registerer      prometheus.Registerer // nil means no metrics
}

// Hub passes changes on. It is safe for concurrent use.
type Hub struct {
	cfg     Config
	mu      sync.Mutex
	orgs    map[string]map[*Watch]struct{}
	persons map[string]int
	total   int

	passed, dropped prometheus.Counter
}

// New makes a Hub.
func New(cfg Config) (*Hub, error) {
	if cfg.Buffer < 1 || cfg.PerPerson < 1 || cfg.Most < cfg.PerPerson {
		return nil, errors.New("configure live updates: buffer and bounds must be positive")
	}
	h := &Hub{
		cfg: cfg, orgs: map[string]map[*Watch]struct{}{}, persons: map[string]int{},
		passed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bedside_gateway_live_events_total", Help: "Changes handed to watchers.",
		}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bedside_gateway_live_dropped_total", Help: "Watchers let go because they were too slow.",
		}),
	}
	if cfg.Registerer == nil {
		return h, nil
	}
	watchers := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "bedside_gateway_live_watchers", Help: "Browsers that watch now.",
	}, func() float64 { return float64(h.Watchers()) })
	for _, c := range []prometheus.Collector{h.passed, h.dropped, watchers} {
		if err := cfg.Registerer.Register(c); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// Watch is one watcher. Changes is closed when the hub lets it go.
type Watch struct {
	Changes     <-chan events.ReviewChanged
	changes     chan events.ReviewChanged
	hub         *Hub
	org, person string
}

// Watch begins to watch an organization for a person. The caller closes it. Too many
// watchers are problem.RateLimited.
func (h *Hub) Watch(org, person string) (*Watch, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	owner := org + "\x00" + person
	if h.total >= h.cfg.Most || h.persons[owner] >= h.cfg.PerPerson {
		return nil, problem.New(problem.RateLimited, "too_many_streams",
			"Too many windows watch for live updates. Close some and try again.")
	}
	changes := make(chan events.ReviewChanged, h.cfg.Buffer)
	w := &Watch{Changes: changes, changes: changes, hub: h, org: org, person: owner}
	if h.orgs[org] == nil {
		h.orgs[org] = map[*Watch]struct{}{}
	}
	h.orgs[org][w] = struct{}{}
	h.persons[owner]++
	h.total++
	return w, nil
}

// Close ends watching. It may be called more than once.
func (w *Watch) Close() {
	w.hub.mu.Lock()
	defer w.hub.mu.Unlock()
	w.hub.remove(w)
}

// Publish hands a change to the watchers of its organization. It never blocks.
func (h *Hub) Publish(change events.ReviewChanged) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.orgs[change.OrgID] {
		select {
		case w.changes <- change:
			h.passed.Inc()
		default:
			h.dropped.Inc()
			h.remove(w)
		}
	}
}

// Watchers is how many watch now.
func (h *Hub) Watchers() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.total
}

func (h *Hub) remove(w *Watch) {
	watchers := h.orgs[w.org]
	if _, found := watchers[w]; !found {
		return
	}
	delete(watchers, w)
	if len(watchers) == 0 {
		delete(h.orgs, w.org)
	}
	if h.persons[w.person]--; h.persons[w.person] == 0 {
		delete(h.persons, w.person)
	}
	h.total--
	close(w.changes)
}
