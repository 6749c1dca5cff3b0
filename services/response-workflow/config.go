// Package workflow is the service that gives every review an owner and a due time
// and keeps its case until it is answered. It reads tagged reviews, is the only
// writer of reviews and their history, and carries out the commands that people
// give through the gateway.
package workflow

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
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/libs/sla"
	"github.com/bedside-health/bedside/services/response-workflow/internal/httpapi"
	"github.com/bedside-health/bedside/services/response-workflow/internal/publishing"
	"github.com/bedside-health/bedside/services/response-workflow/internal/telling"
)

// Group is the consumer group of all replicas.
const Group = "response-workflow"

// Config are the settings of one instance and what it is given.
type Config struct {
	config.Kafka
	config.Store
	config.Telemetry
	Listen        string        `env:"BEDSIDE_WORKFLOW_LISTEN" desc:"host:port of the internal API. For the gateway only, never for the internet."`
	ServiceToken  config.Secret `env:"BEDSIDE_SERVICE_TOKEN" desc:"Secret that the gateway shows with every command; at least 16 bytes, the same for both."`
	SLAUrgent     time.Duration `env:"BEDSIDE_SLA_URGENT" desc:"Time allowed for the first answer to a review with an urgent flag."`
	SLACritical   time.Duration `env:"BEDSIDE_SLA_CRITICAL" desc:"Time allowed for a negative or mixed review or one of three stars and less."`
	SLAFavourable time.Duration `env:"BEDSIDE_SLA_FAVOURABLE" desc:"Time allowed for every other review."`
	Tick          time.Duration `env:"BEDSIDE_WORKFLOW_TICK" desc:"How often due cases, replies to send and messages are looked for."`
	UndoFor       time.Duration `env:"BEDSIDE_REPLY_UNDO" desc:"How long a published reply waits before it leaves, so that it can be taken back."`
	SweepInterval time.Duration `env:"BEDSIDE_WORKFLOW_SWEEP_INTERVAL" desc:"How often changes that an interruption left unannounced are looked for."`
	Parallel      int           `env:"BEDSIDE_WORKFLOW_PARALLEL" desc:"Store operations of one batch of reviews under way at a time."`
	DrainDelay    time.Duration `env:"BEDSIDE_DRAIN_DELAY" desc:"How long readiness says no before the process stops, so that load balancers take note."`

	// Replies are how replies reach their sites, Messages how people are told.
	Replies  publishing.Settings
	Messages telling.Settings

	// Logger is required.
	Logger *slog.Logger
	// Registry gets this instance's metrics and is what /metrics shows; nil means one of its own.
	Registry *prometheus.Registry
	// TracerProvider makes spans; nil means none.
	TracerProvider app.TracerProvider
	// Ready is called once with the address of the internal API, when commands are
	// served and reviews are about to be consumed.
	Ready func(api net.Addr)
	// AdminReady is called once with the address of the admin endpoints, if there are any.
	AdminReady func(admin net.Addr)
	// Backend is an open store to use instead of URL; Run does not close it.
	Backend docstore.Backend
}

// DefaultConfig are the defaults of everything that is not injected.
func DefaultConfig() Config {
	return Config{
		Kafka: config.DefaultKafka(), Telemetry: config.DefaultTelemetry(),
		Listen:    ":8081",
		SLAUrgent: 4 * time.Hour, SLACritical: 24 * time.Hour, SLAFavourable: 48 * time.Hour,
		Tick: time.Second, UndoFor: 15 * time.Second,
		Replies: publishing.DefaultSettings(), Messages: telling.DefaultSettings(),
		SweepInterval: 10 * time.Second, Parallel: 32,
	}
}

// plan is that of organizations that have none of their own.
func (c Config) plan() routing.Plan {
	return routing.Default(c.SLAUrgent, c.SLACritical, c.SLAFavourable)
}

// Validate reports every fault.
func (c Config) Validate() error {
	faults := []error{c.Kafka.Validate(), c.Replies.Validate(), c.Messages.Validate()}
	fault := func(bad bool, detail string) {
		if bad {
			faults = append(faults, problem.New(problem.Invalid, "config", "%s", detail))
		}
	}
	if c.Backend == nil {
		faults = append(faults, c.Store.Validate())
	}
	fault(c.Logger == nil, "a logger is required")
	fault(c.Listen == "", "BEDSIDE_WORKFLOW_LISTEN is not set: give host:port")
	fault(len(c.ServiceToken.Reveal()) < httpapi.MinTokenBytes, "BEDSIDE_SERVICE_TOKEN must have at least 16 bytes")
	fault(c.SLAUrgent < time.Minute || c.SLAUrgent > c.SLACritical || c.SLACritical > c.SLAFavourable || c.SLAFavourable > sla.MaxTarget,
		"BEDSIDE_SLA_URGENT, _CRITICAL and _FAVOURABLE must be between one minute and 90 days, and no longer for what is more serious")
	fault(c.Tick < 10*time.Millisecond || c.Tick > time.Minute, "BEDSIDE_WORKFLOW_TICK must be between 10ms and 1m")
	fault(c.UndoFor < 0 || c.UndoFor > time.Hour, "BEDSIDE_REPLY_UNDO must be between 0s and 1h")
	fault(c.SweepInterval < 100*time.Millisecond || c.SweepInterval > time.Hour, "BEDSIDE_WORKFLOW_SWEEP_INTERVAL must be between 100ms and 1h")
	fault(c.Parallel < 1 || c.Parallel > 1024, "BEDSIDE_WORKFLOW_PARALLEL must be between 1 and 1024")
	fault(c.DrainDelay < 0 || c.DrainDelay > time.Minute, "BEDSIDE_DRAIN_DELAY must be between 0s and 1m")
	return errors.Join(faults...)
}
