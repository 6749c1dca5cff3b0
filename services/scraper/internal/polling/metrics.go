package polling

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// Outcomes of a poll besides the kinds of package problem; a closed set, used as a
// metric label.
const (
	outcomeOK          = "ok"
	outcomeNotModified = "not_modified"
	outcomePostponed   = "postponed"  // the source is not ready yet
	outcomeParked      = "parked"     // the listing is not to be polled any more
	outcomeLeaseLost   = "lease_lost" // another scraper went on with it
	outcomeInterrupted = "interrupted"
	outcomeOwnFault    = "own_fault" // our store or broker
)

type metrics struct {
	polls       *prometheus.CounterVec
	duration    *prometheus.HistogramVec
	running     prometheus.Gauge
	dueLag      *prometheus.GaugeVec
	reviews     *prometheus.CounterVec
	refused     *prometheus.CounterVec
	confirmed   prometheus.Counter
	republished prometheus.Counter
	waiting     prometheus.Gauge
	hints       *prometheus.CounterVec
	batches     *prometheus.CounterVec
	listings    *prometheus.GaugeVec
	alarms      *prometheus.GaugeVec
	unheard     *prometheus.GaugeVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	return &metrics{
		polls: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_scraper_polls_total", Help: "Polls of listings, by how they ended.",
		}, []string{"adapter", "outcome"})),
		duration: register(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bedside_scraper_poll_duration_seconds", Help: "Time of a poll over all its pages.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300},
		}, []string{"adapter"})),
		running: register(r, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "bedside_scraper_polls_running", Help: "Polls under way.",
		})),
		dueLag: register(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "bedside_scraper_due_lag_seconds", Help: "How long the listing waits that has been due longest.",
		}, []string{"adapter"})),
		reviews: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_scraper_reviews_total", Help: "Observations published, by what changed.",
		}, []string{"adapter", "change"})),
		refused: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_scraper_reviews_refused_total", Help: "Reviews that could not be taken, by reason.",
		}, []string{"adapter", "reason"})),
		confirmed: register(r, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bedside_scraper_confirmed_total", Help: "Observations that were seen in the inbox.",
		})),
		republished: register(r, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bedside_scraper_republished_total", Help: "Observations published again because the inbox did not get them.",
		})),
		hints: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_scraper_hints_total", Help: "Notifications and wishes that made a listing due.",
		}, []string{"adapter"})),
		batches: register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_scraper_batches_total", Help: "Reads of several listings by one list, by how they ended.",
		}, []string{"adapter", "outcome"})),
		listings: register(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "bedside_scraper_listings", Help: "Listings that are polled, by health; reported by one scraper for all.",
		}, []string{"adapter", "health"})),
		alarms: register(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "bedside_scraper_alarms", Help: "Listings about which something matters for long enough.",
		}, []string{"adapter"})),
		unheard: register(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "bedside_scraper_unheard_minutes", Help: "Minutes since the listing was last read well that has waited longest for it.",
		}, []string{"adapter", "site"})),
		waiting: register(r, prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "bedside_scraper_unconfirmed", Help: "Observations that the inbox should have by now and has not, at the last look.",
		})),
	}
}

// register returns the collector that has the same name already, so that several
// scrapers of one process share a registry.
func register[C prometheus.Collector](r prometheus.Registerer, c C) C {
	if r == nil {
		return c
	}
	var already prometheus.AlreadyRegisteredError
	if errors.As(r.Register(c), &already) {
		if existing, ok := already.ExistingCollector.(C); ok {
			return existing
		}
	}
	return c
}

// forget drops what was counted of an adapter: another scraper reports it now, or the
// sites are others.
func (m *metrics) forget(adapter string) {
	of := prometheus.Labels{"adapter": adapter}
	m.listings.DeletePartialMatch(of)
	m.alarms.DeletePartialMatch(of)
	m.unheard.DeletePartialMatch(of)
}
