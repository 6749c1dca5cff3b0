package bus

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bedside-health/bedside/libs/review"
)

type metrics struct {
	reviews  *prometheus.CounterVec
	tags     *prometheus.CounterVec
	urgent   *prometheus.CounterVec
	unsound  prometheus.Counter
	duration prometheus.Histogram
}

func newMetrics(r prometheus.Registerer) metrics {
	return metrics{
		reviews: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_sentiment_reviews_total", Help: "Texts analysed, by overall verdict.",
		}, []string{"overall"})),
		tags: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_sentiment_tags_total", Help: "Tags given, by topic and polarity; topics of organizations' own are \"own\".",
		}, []string{"topic", "polarity"})),
		urgent: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_sentiment_urgent_total", Help: "Urgent flags given, by flag.",
		}, []string{"flag"})),
		unsound: register(r, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bedside_sentiment_unsound_total", Help: "Parts of analyses left out because they did not fit their text.",
		})),
		duration: register(r, prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "bedside_sentiment_analysis_duration_seconds", Help: "Time to analyse one text.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .5, 2},
		})),
	}
}

func (m metrics) count(a review.Analysis) {
	m.reviews.WithLabelValues(string(a.Overall)).Inc()
	for _, tag := range a.Tags {
		topic := string(tag.Topic)
		if !tag.Topic.Valid() {
			// There is no bound to what organizations name.
			topic = "own"
		}
		m.tags.WithLabelValues(topic, string(tag.Polarity)).Inc()
	}
	for _, flag := range a.Urgent {
		m.urgent.WithLabelValues(string(flag)).Inc()
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
