// Package sentiment is the service that says what a review is about: it reads
// collected reviews, has their text analysed and passes them on tagged. It keeps
// nothing, so any number of replicas share the work, and a replica killed at any
// instant loses nothing.
package sentiment

import (
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bedside-health/bedside/libs/app"
	"github.com/bedside-health/bedside/libs/config"
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
	config.Telemetry
	Workers    int           `env:"BEDSIDE_SENTIMENT_WORKERS" desc:"Texts analysed at the same time per partition; 0 is the number of processors."`
	DrainDelay time.Duration `env:"BEDSIDE_DRAIN_DELAY" desc:"How long readiness says no before the process stops, so that load balancers take note."`

	// Logger is required.
	Logger *slog.Logger
	// Registry gets this instance's metrics and is what /metrics shows; nil means one of its own.
	Registry *prometheus.Registry
	// TracerProvider makes spans; nil means none.
	TracerProvider app.TracerProvider
	// Ready is called once, when the instance is a member of its group, with the address of
	// the admin endpoints (nil where there are none).
	Ready func(admin net.Addr)
	// Analyzer analyses texts; nil means the rules of package tagging.
	Analyzer Analyzer
}

// DefaultConfig are the defaults of everything that is not injected.
func DefaultConfig() Config {
	return Config{Kafka: config.DefaultKafka(), Telemetry: config.DefaultTelemetry()}
}

// Validate reports every fault.
func (c Config) Validate() error {
	faults := []error{c.Kafka.Validate()}
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
