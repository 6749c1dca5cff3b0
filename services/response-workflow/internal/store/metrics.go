package store

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the counters of cases. Labels come from closed sets.
type metrics struct {
	observations *prometheus.CounterVec
	events       *prometheus.CounterVec
	assigned     *prometheus.CounterVec
	commands     *prometheus.CounterVec
	replies      *prometheus.CounterVec
	woken        prometheus.Counter
	placed       prometheus.Counter
	swept        prometheus.Counter
	outboxes     prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) metrics {
	return metrics{
		observations: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_workflow_observations_total", Help: "Observations of reviews handled, by what they did: opened, changed or unchanged.",
		}, []string{"effect"})),
		events: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_workflow_case_events_total", Help: "Case events stored, by type.",
		}, []string{"type"})),
		assigned: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_workflow_assigned_total", Help: "New cases assigned, by the rule that decided.",
		}, []string{"rule"})),
		commands: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_workflow_commands_total", Help: "Commands of people, by name and outcome.",
		}, []string{"command", "outcome"})),
		replies: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_workflow_replies_total", Help: "Attempts to publish a reply, by site and what became of them: done, pending, retry, refused or by_hand.",
		}, []string{"site", "outcome"})),
		woken: register(r, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bedside_workflow_woken_total", Help: "Cases changed by time alone: due soon, overdue, escalated, reminded, end of a hold or a snooze.",
		})),
		placed: register(r, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bedside_workflow_placed_total", Help: "Cases that waited for somebody with room and got an owner.",
		})),
		swept: register(r, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bedside_workflow_outboxes_swept_total", Help: "Reviews whose events were told late, after an interruption.",
		})),
		outboxes: register(r, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "bedside_workflow_outboxes_waiting", Help: "Reviews whose events were still to be told at the last sweep.",
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
