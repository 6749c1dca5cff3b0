package kafkaio

import (
	"sync"
	"time"

	"github.com/bedside-health/bedside/libs/problem"
)

// rebalanceGrace is how long a rebalance may take before readiness mentions it.
const rebalanceGrace = 10 * time.Second

// health is what a Consumer knows of its own state.
type health struct {
	mu     sync.Mutex
	member bool
	since  time.Time // when membership was last lost
	fault  error
}

func (h *health) reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.member, h.since, h.fault = false, time.Time{}, nil
}

func (h *health) joined() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.member, h.fault = true, nil
}

// between marks the time between two generations.
func (h *health) between() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.member, h.since = false, time.Now()
}

func (h *health) left() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.member, h.since, h.fault = false, time.Time{}, nil
}

func (h *health) failed(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fault = err
}

func (h *health) ok() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fault = nil
}

func (h *health) ready() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fault != nil {
		return problem.Wrap(problem.Unavailable, "kafka_unavailable", h.fault, "the last exchange with Kafka failed")
	}
	if !h.member && (h.since.IsZero() || time.Since(h.since) > rebalanceGrace) {
		return problem.New(problem.Unavailable, "kafka_not_joined", "not a member of the consumer group yet")
	}
	return nil
}
