// Package sentiment is the service that says what a review is about: it reads
// collected reviews, has their text analysed and passes them on tagged. It keeps
// nothing, so any number of replicas share the work, and a replica killed at any
// instant loses nothing. The store gives it the terms that organizations added to the
// rules; it works on while the store is away.
package sentiment

import (
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bedside-health/bedside/libs/app"
	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
)

// Group is the consumer group of all replicas.
const Group = "sentiment"

// Analyzer says what a text is about. It is safe for concurrent use.
type Analyzer interface {
	Analyze(text string) review.Analysis
	// Version names the rules and weights.
	Version() string
}

// Config are the settings of one instance and what it is given.
type Config struct {
	config.Kafka
	config.Store
	config.Telemetry
	Workers    int           `env:"BEDSIDE_SENTIMENT_WORKERS" desc:"Texts analysed at the same time per partition; 0 is the number of processors."`
	Names      bool          `env:"BEDSIDE_SENTIMENT_NAMES" desc:"Look with a language model for people whose names neither a title nor a role word gives away. It takes about a fifth of the time of an analysis."`
	TermsEvery time.Duration `env:"BEDSIDE_SENTIMENT_TERMS_EVERY" desc:"How often the terms that organizations added to the rules are looked at for changes."`
	DrainDelay time.Duration `env:"BEDSIDE_DRAIN_DELAY" desc:"How long readiness says no before the process stops, so that load balancers take note."`

	// Backend is an open store to use instead of URL; Run does not close it.
	Backend docstore.Backend
	// Logger is required.
	Logger *slog.Logger
	// Registry gets this instance's metrics and is what /metrics shows; nil means one of its own.
	Registry *prometheus.Registry
	// TracerProvider makes spans; nil means none.
	TracerProvider app.TracerProvider
	// Ready is called once, when the instance is a member of its group, with the address of
	// the admin endpoints (nil where there are none).
	Ready func(admin net.Addr)
	// Analyzer analyses the texts of all organizations, without their own terms, so that no
	// store is needed; nil means the rules of package tagging with them.
	Analyzer Analyzer
}

// DefaultConfig are the defaults of everything that is not injected.
func DefaultConfig() Config {
	return Config{Kafka: config.DefaultKafka(), Telemetry: config.DefaultTelemetry(), Names: true, TermsEvery: 3 * time.Second}
}

// Validate reports every fault.
func (c Config) Validate() error {
	faults := []error{c.Kafka.Validate()}
	if c.Backend == nil && c.Analyzer == nil {
		faults = append(faults, c.Store.Validate())
	}
	if c.TermsEvery < 100*time.Millisecond || c.TermsEvery > time.Hour {
		faults = append(faults, problem.New(problem.Invalid, "config", "BEDSIDE_SENTIMENT_TERMS_EVERY must be between 100ms and 1h"))
	}
	if c.Logger == nil {
		faults = append(faults, problem.New(problem.Invalid, "config", "a logger is required"))
	}
	if c.Workers < 0 || c.Workers > 256 {
		faults = append(faults, problem.New(problem.Invalid, "config", "BEDSIDE_SENTIMENT_WORKERS must be between 0 and 256"))
	}
	if c.DrainDelay < 0 || c.DrainDelay > time.Minute {
		faults = append(faults, problem.New(problem.Invalid, "config", "BEDSIDE_DRAIN_DELAY must be between 0s and 1m"))
	}
	return errors.Join(faults...)
}
