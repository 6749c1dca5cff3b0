// Package gateway is the service people and programs talk to: the API of
// api-specs/openapi/gateway.yaml, live updates and the web app. It owns
// organizations, locations, people, listings, imports, sessions and tokens, reads
// reviews, and passes commands on reviews to response-workflow.
package gateway

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bedside-health/bedside/libs/app"
	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/services/gateway/bootstrap"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi"
	"github.com/bedside-health/bedside/services/gateway/internal/workflow"
	"github.com/bedside-health/bedside/services/gateway/replies/assistant"
)

// minTokenBytes is the shortest service token that response-workflow takes.
const minTokenBytes = 16

// Config are the settings of one instance and what it is given.
type Config struct {
	config.Kafka
	config.Store
	config.Telemetry
	Listen           string        `env:"BEDSIDE_LISTEN" desc:"host:port of the API and the web app."`
	WorkflowURL      string        `env:"BEDSIDE_WORKFLOW_URL" desc:"Where response-workflow's internal API is, such as http://response-workflow:8081."`
	ServiceToken     config.Secret `env:"BEDSIDE_SERVICE_TOKEN" desc:"Secret that is shown to response-workflow; at least 16 bytes, the same for both."`
	BootstrapFile    string        `env:"BEDSIDE_BOOTSTRAP_FILE" desc:"YAML file with the organization, locations, people and listings to start with; empty means none."`
	SessionLifetime  time.Duration `env:"BEDSIDE_SESSION_LIFETIME" desc:"How long a session lives after its last use."`
	SessionLongest   time.Duration `env:"BEDSIDE_SESSION_LONGEST" desc:"How long a session lives however much it is used."`
	SecureCookies    string        `env:"BEDSIDE_SECURE_COOKIES" desc:"Whether the session cookie is for HTTPS alone: auto (where the request came by HTTPS), always or never."`
	TrustedProxies   []string      `env:"BEDSIDE_TRUSTED_PROXIES" envSeparator:"," desc:"Networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, such as 10.0.0.0/8; empty means none."`
	TrustedOrigins   []string      `env:"BEDSIDE_TRUSTED_ORIGINS" envSeparator:"," desc:"Further origins whose pages may send commands with the cookie, such as https://reviews.example.org."`
	MaxUploadBytes   int64         `env:"BEDSIDE_MAX_UPLOAD_BYTES" desc:"Largest file that can be imported, in bytes."`
	PushToken        config.Secret `env:"BEDSIDE_GATEWAY_PUSH_TOKEN" desc:"Secret that Google's notifications show, at least 16 bytes: the push endpoint of the Pub/Sub subscription is /hooks/google?token=SECRET; empty means none are taken."`
	SLAUrgent        time.Duration `env:"BEDSIDE_SLA_URGENT" desc:"Time allowed for the first answer to a review with an urgent flag, where the organization has no routing plan; the same as response-workflow's."`
	SLACritical      time.Duration `env:"BEDSIDE_SLA_CRITICAL" desc:"The same for a negative or mixed review or one of three stars and less."`
	SLAFavourable    time.Duration `env:"BEDSIDE_SLA_FAVOURABLE" desc:"The same for every other review."`
	HooksToLoopback  bool          `env:"BEDSIDE_HOOKS_TO_LOOPBACK" desc:"Lets channels lead to addresses of this machine, for development only; the same as response-workflow's."`
	AssistantURL     string        `env:"BEDSIDE_ASSISTANT_URL" desc:"OpenAI-compatible server that suggests replies, such as http://localhost:11434; /v1/chat/completions is added. It is sent the public review when a person asks for it. Empty means none."`
	AssistantKey     config.Secret `env:"BEDSIDE_ASSISTANT_KEY" desc:"Key of that server, sent as a bearer token; empty means none."`
	AssistantModel   string        `env:"BEDSIDE_ASSISTANT_MODEL" desc:"Model that the server should use; required with BEDSIDE_ASSISTANT_URL."`
	AssistantTimeout time.Duration `env:"BEDSIDE_ASSISTANT_TIMEOUT" desc:"How long a suggestion may take, 1s to 2m."`
	DrainDelay       time.Duration `env:"BEDSIDE_DRAIN_DELAY" desc:"How long readiness says no before the process stops, so that load balancers take note."`

	// Logger is required.
	Logger *slog.Logger
	// Registry gets this instance's metrics and is what /metrics shows; nil means one of its own.
	Registry *prometheus.Registry
	// TracerProvider makes spans; nil means none.
	TracerProvider app.TracerProvider
	// Ready is called once with the address of the API when requests are served.
	Ready func(api net.Addr)
	// LiveReady is called once when live updates are followed.
	LiveReady func()
	// AdminReady is called once with the address of the admin endpoints, if there are any.
	AdminReady func(admin net.Addr)
	// Backend is an open store to use instead of URL; Run does not close it.
	Backend docstore.Backend
	// Bootstrap is applied at the start; it goes before BootstrapFile.
	Bootstrap *bootstrap.Plan
}

// DefaultConfig are the defaults of everything that is not injected.
func DefaultConfig() Config {
	return Config{
		Kafka: config.DefaultKafka(), Telemetry: config.DefaultTelemetry(),
		Listen:          ":8080",
		SessionLifetime: 12 * time.Hour, SessionLongest: 30 * 24 * time.Hour,
		SecureCookies: string(httpapi.SecureAuto), MaxUploadBytes: 200 << 20,
		SLAUrgent: 4 * time.Hour, SLACritical: 24 * time.Hour, SLAFavourable: 48 * time.Hour,
		AssistantTimeout: 20 * time.Second,
	}
}

// Validate reports every fault.
func (c Config) Validate() error {
	faults := []error{c.Kafka.Validate()}
	fault := func(bad bool, detail string) {
		if bad {
			faults = append(faults, problem.New(problem.Invalid, "config", "%s", detail))
		}
	}
	if c.Backend == nil {
		faults = append(faults, c.Store.Validate())
	}
	if c.Bootstrap != nil {
		faults = append(faults, c.Bootstrap.Validate())
	}
	if _, err := c.proxies(); err != nil {
		faults = append(faults, err)
	}
	fault(c.Logger == nil, "a logger is required")
	fault(c.Listen == "", "BEDSIDE_LISTEN is not set: give host:port")
	fault(workflow.CheckURL(c.WorkflowURL) != nil, "BEDSIDE_WORKFLOW_URL must be http://host:port or https://host:port")
	fault(len(c.ServiceToken.Reveal()) < minTokenBytes, "BEDSIDE_SERVICE_TOKEN must have at least 16 bytes")
	fault(c.PushToken != "" && len(c.PushToken.Reveal()) < minTokenBytes, "BEDSIDE_GATEWAY_PUSH_TOKEN must have at least 16 bytes, or be empty")
	fault(c.SessionLifetime < time.Minute, "BEDSIDE_SESSION_LIFETIME must be at least 1m")
	fault(c.SessionLongest < c.SessionLifetime, "BEDSIDE_SESSION_LONGEST must not be below BEDSIDE_SESSION_LIFETIME")
	fault(!httpapi.SecureCookies(c.SecureCookies).Valid(), "BEDSIDE_SECURE_COOKIES must be auto, always or never")
	fault(c.MaxUploadBytes < 1<<10, "BEDSIDE_MAX_UPLOAD_BYTES must be at least 1024")
	if err := routing.ValidateDurations(c.SLAUrgent, c.SLACritical, c.SLAFavourable); err != nil {
		faults = append(faults, problem.Wrap(problem.Invalid, "config", err, "BEDSIDE_SLA_URGENT, BEDSIDE_SLA_CRITICAL, BEDSIDE_SLA_FAVOURABLE"))
	}
	if c.AssistantURL != "" {
		_, err := assistant.Endpoint(c.AssistantURL)
		fault(err != nil, "BEDSIDE_ASSISTANT_URL must be http://host:port or https://host, without a user or a query")
		fault(c.AssistantModel == "", "BEDSIDE_ASSISTANT_MODEL is not set: name the model that suggests replies")
	}
	fault(c.AssistantTimeout < time.Second || c.AssistantTimeout > 2*time.Minute, "BEDSIDE_ASSISTANT_TIMEOUT must be between 1s and 2m")
	fault(c.DrainDelay < 0 || c.DrainDelay > time.Minute, "BEDSIDE_DRAIN_DELAY must be between 0s and 1m")
	return errors.Join(faults...)
}

func (c Config) proxies() ([]netip.Prefix, error) {
	prefixes := make([]netip.Prefix, 0, len(c.TrustedProxies))
	for _, text := range c.TrustedProxies {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, problem.Wrap(problem.Invalid, "config", err, "BEDSIDE_TRUSTED_PROXIES: %s is no network such as 10.0.0.0/8", fmt.Sprintf("%.50q", text))
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes, nil
}
