package lexicons

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	organizations prometheus.Gauge
	readAt        prometheus.Gauge
	without       *prometheus.CounterVec
	faulty        prometheus.Counter
}

func newMetrics(r prometheus.Registerer) metrics {
	return metrics{
		organizations: register(r, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "bedside_sentiment_terms_organizations", Help: "Organizations whose own terms are known.",
		})),
		readAt: register(r, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "bedside_sentiment_terms_read_timestamp_seconds", Help: "When own terms were last read from the store, in Unix time; 0 if never.",
		})),
		without: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_sentiment_terms_missed_total", Help: "Texts analysed without own terms that there are or may be, because the store was away (store) or not read yet (unread).",
		}, []string{"reason"})),
		faulty: register(r, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bedside_sentiment_terms_faulty_total", Help: "Revisions of own terms that could not be used.",
		})),
	}
}

// register returns the collector that is registered already, so that two instances
// can share a registry.
func register[C prometheus.Collector](r prometheus.Registerer, collector C) C {
	if r == nil {
		return collector
	}
	err := r.Register(collector)
	var already prometheus.AlreadyRegisteredError
	if errors.As(err, &already) {
		if existing, ok := already.ExistingCollector.(C); ok {
			return existing
		}
	}
	return collector
}
