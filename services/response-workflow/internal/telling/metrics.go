package telling

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the counters of what people are told. Labels come from closed sets.
type metrics struct {
	told     *prometheus.CounterVec
	messages *prometheus.CounterVec
	digests  *prometheus.CounterVec
	oldest   prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) metrics {
	return metrics{
		told: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_workflow_notifications_total", Help: "Notifications stored, by kind.",
		}, []string{"kind"})),
		messages: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_workflow_messages_total", Help: "Attempts to send a message, by way (email, slack, webhook) and outcome: sent, or the reason why not.",
		}, []string{"via", "outcome"})),
		digests: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_workflow_digests_total", Help: "Attempts to send a weekly digest, by outcome.",
		}, []string{"outcome"})),
		oldest: register(r, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "bedside_workflow_messages_late_seconds", Help: "How long ago the oldest notification that waits should have left.",
		})),
	}
}

// register registers a collector, or takes the one that is registered already, so
// that two instances may share a registry.
func register[C prometheus.Collector](r prometheus.Registerer, c C) C {
	if r == nil {
		return c
	}
	var there prometheus.AlreadyRegisteredError
	if err := r.Register(c); errors.As(err, &there) {
		if same, ok := there.ExistingCollector.(C); ok {
			return same
		}
	}
	return c
}
