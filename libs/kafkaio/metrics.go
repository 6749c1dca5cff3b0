package kafkaio

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// register returns the collector that was registered before under the same name,
// so that several producers or consumers of one process share a registry.
func register[C prometheus.Collector](registerer prometheus.Registerer, collector C) C {
	if registerer == nil {
		return collector
	}
	err := registerer.Register(collector)
	var already prometheus.AlreadyRegisteredError
	if errors.As(err, &already) {
		if existing, ok := already.ExistingCollector.(C); ok {
			return existing
		}
	}
	return collector
}

var durationBuckets = []float64{.001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

type producerMetrics struct {
	published *prometheus.CounterVec
	retries   *prometheus.CounterVec
	refused   *prometheus.CounterVec
	duration  *prometheus.HistogramVec
}

func newProducerMetrics(r prometheus.Registerer) producerMetrics {
	return producerMetrics{
		published: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_kafka_published_total", Help: "Messages stored by all in-sync replicas.",
		}, []string{"topic"})),
		retries: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_kafka_publish_retries_total", Help: "Publish attempts that failed and were tried again.",
		}, []string{"topic"})),
		refused: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_kafka_publish_failed_total", Help: "Publish calls that were given up, by kind of failure.",
		}, []string{"topic", "kind"})),
		duration: register(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bedside_kafka_publish_duration_seconds", Help: "Time from Publish to its answer.", Buckets: durationBuckets,
		}, []string{"topic"})),
	}
}

type consumerMetrics struct {
	lag         *prometheus.GaugeVec
	handled     *prometheus.CounterVec
	failed      *prometheus.CounterVec
	deadLetters *prometheus.CounterVec
	restarts    *prometheus.CounterVec
	skipped     *prometheus.CounterVec
	duration    *prometheus.HistogramVec
}

func newConsumerMetrics(r prometheus.Registerer) consumerMetrics {
	return consumerMetrics{
		lag: register(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "bedside_kafka_consumer_lag", Help: "Messages of a partition that this member has not handled yet.",
		}, []string{"group", "topic", "partition"})),
		handled: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_kafka_handled_total", Help: "Messages handled.",
		}, []string{"group", "topic"})),
		failed: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_kafka_failed_total", Help: "Failed tries of messages, by kind of failure.",
		}, []string{"group", "topic", "kind"})),
		deadLetters: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_kafka_dead_letters_total", Help: "Messages sent to the dead-letter topic, by kind of failure.",
		}, []string{"group", "topic", "kind"})),
		restarts: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_kafka_reader_restarts_total", Help: "Readers rebuilt, by cause (stalled, truncated, group).",
		}, []string{"group", "topic", "cause"})),
		skipped: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_kafka_expired_total", Help: "Messages that retention removed before they were handled.",
		}, []string{"group", "topic"})),
		duration: register(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bedside_kafka_handle_duration_seconds", Help: "Time a handler took for one batch.", Buckets: durationBuckets,
		}, []string{"group", "topic"})),
	}
}
