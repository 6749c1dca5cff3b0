package scraper

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bedside-health/bedside/libs/app"
	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/credentials"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/careopinion"
	"github.com/bedside-health/bedside/libs/sites/facebook"
	"github.com/bedside-health/bedside/libs/sites/google"
	"github.com/bedside-health/bedside/libs/sites/selector"
	"github.com/bedside-health/bedside/libs/sites/trustpilot"
	"github.com/bedside-health/bedside/libs/sites/yelp"
	"github.com/bedside-health/bedside/services/scraper/internal/polling"
	"github.com/bedside-health/bedside/services/scraper/schedule"
)

// Config is what the service needs: settings, which the environment can give, and
// dependencies, which only code can.
type Config struct {
	config.Kafka
	config.Store
	config.Telemetry

	Adapters     []string      `env:"BEDSIDE_SCRAPER_ADAPTERS" envSeparator:"," desc:"Adapters whose listings this scraper reads: google, yelp, facebook, trustpilot, careopinion, directory, selector, csv."`
	Interval     time.Duration `env:"BEDSIDE_SCRAPER_INTERVAL" desc:"Longest time between polls of an active listing that does not say its own; a listing with many reviews is polled more often, one that has had none for 90 days less."`
	FullEvery    time.Duration `env:"BEDSIDE_SCRAPER_FULL_LIST_EVERY" desc:"How often the complete list of a listing is read, which finds old edits and removals."`
	Retry        time.Duration `env:"BEDSIDE_SCRAPER_RETRY" desc:"Wait after a first failed poll; it doubles up to an hour."`
	Tick         time.Duration `env:"BEDSIDE_SCRAPER_TICK" desc:"How often new and due listings are looked for."`
	Lease        time.Duration `env:"BEDSIDE_SCRAPER_LEASE" desc:"How long the listings of a scraper that died wait for another one."`
	Concurrency  int           `env:"BEDSIDE_SCRAPER_CONCURRENCY" desc:"How many listings of each adapter are read at once."`
	ConfirmAfter time.Duration `env:"BEDSIDE_SCRAPER_CONFIRM_AFTER" desc:"How long a published review may take to the inbox before it is looked for there, and published again if it was lost."`
	// CompareEvery is the least time between two comparisons of what sites show with the
	// locations' own records.
	CompareEvery time.Duration `env:"BEDSIDE_SCRAPER_COMPARE_EVERY" desc:"Least time between comparisons of what sites show with the locations' own records."`
	ConfirmEvery time.Duration `env:"BEDSIDE_SCRAPER_CONFIRM_EVERY" desc:"How often published reviews are looked for in the inbox."`
	Instance     string        `env:"BEDSIDE_SCRAPER_INSTANCE" desc:"A name that no other running scraper has, such as the pod's: after a restart under the same name it goes on at once with what it was reading. Empty means a new name at each start."`

	Contact           string        `env:"BEDSIDE_SCRAPER_CONTACT" desc:"URL or mail address by which owners of sites reach the operator; it is sent with every request."`
	RequestsPerSecond float64       `env:"BEDSIDE_SCRAPER_REQUESTS_PER_SECOND" desc:"Most requests a second to one host."`
	Burst             int           `env:"BEDSIDE_SCRAPER_BURST" desc:"How many requests to one host may follow each other at once after a pause."`
	AllowLoopback     bool          `env:"BEDSIDE_ALLOW_LOOPBACK" desc:"Allow sites on this machine, for simulators and tests. Never in production."`
	AllowAddresses    []string      `env:"BEDSIDE_ALLOW_ADDRESSES" envSeparator:"," desc:"Private addresses (ip:port) that may be read although they are private, such as a mirror of the operator's own."`
	GoogleURL         string        `env:"BEDSIDE_SCRAPER_GOOGLE_URL" desc:"Base address of Google's Business Profile API; another one is for simulators."`
	YelpURL           string        `env:"BEDSIDE_SCRAPER_YELP_URL" desc:"Base address of Yelp's API; another one is for simulators."`
	FacebookURL       string        `env:"BEDSIDE_SCRAPER_FACEBOOK_URL" desc:"Base address of Facebook's Graph API, with or without a version; another one is for simulators."`
	TrustpilotURL     string        `env:"BEDSIDE_SCRAPER_TRUSTPILOT_URL" desc:"Base address of Trustpilot's API; another one is for simulators."`
	CareOpinionURL    string        `env:"BEDSIDE_SCRAPER_CAREOPINION_URL" desc:"Address of the Care Opinion site that the practices are on; each country has its own."`
	Selectors         string        `env:"BEDSIDE_SCRAPER_SELECTORS" desc:"Folder of the YAML files that describe sites to the adapter selector; read at the start."`
	CredentialsFile   string        `env:"BEDSIDE_SCRAPER_CREDENTIALS_FILE" desc:"JSON file of the secrets that listings name: {\"name\": \"secret\"} or {\"name\": {\"secret\": \"...\", \"organizations\": [\"id\"]}}. It is read again when it changes."`
	Credentials       config.Secret `env:"BEDSIDE_SCRAPER_CREDENTIALS" desc:"The same JSON as a value, for where files are inconvenient."`

	DrainDelay time.Duration `env:"BEDSIDE_DRAIN_DELAY" desc:"How long readiness says no before the admin endpoints stop, so that monitors take note."`

	// Backend is an open store to use instead of URL; Run does not close it.
	Backend docstore.Backend
	// Sites replace or add adapters by their name; those named in Adapters are used.
	Sites []sites.Site
	// Bus takes what is observed instead of Kafka, for simulations; nil in every other
	// case.
	Bus Bus
	// Dial replaces the network, and with it the guard of addresses, for sites that are
	// simulated in memory; nil in every other case.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Chance replaces random numbers in [0,1), so that a simulation can be repeated; nil in
	// every other case.
	Chance func() float64
	// Logger is required.
	Logger *slog.Logger
	// Registry gets this instance's metrics and is what /metrics shows; nil means one of its own.
	Registry *prometheus.Registry
	// TracerProvider makes spans; nil means none.
	TracerProvider app.TracerProvider
	// Ready is called once, when the scraper begins to look for listings, with the
	// address of the admin endpoints (nil where there are none).
	Ready func(admin net.Addr)
}

// Bus is where observations go. Collected returns when all of a batch are kept for
// certain, with the places of those that break the rules of the event.
type Bus = polling.Bus

// DefaultConfig returns the settings for public sites.
func DefaultConfig() Config {
	policy := schedule.Default()
	return Config{
		Kafka:             config.DefaultKafka(),
		Telemetry:         config.DefaultTelemetry(),
		Adapters:          ownAdapters(),
		Interval:          policy.Interval,
		FullEvery:         policy.FullEvery,
		Retry:             policy.Retry,
		Tick:              2 * time.Second,
		Lease:             time.Minute,
		Concurrency:       8,
		ConfirmAfter:      time.Minute,
		ConfirmEvery:      10 * time.Second,
		CompareEvery:      30 * time.Second,
		RequestsPerSecond: 1,
		Burst:             3,
		GoogleURL:         google.DefaultBaseURL,
		YelpURL:           yelp.DefaultBaseURL,
		FacebookURL:       facebook.DefaultBaseURL,
		TrustpilotURL:     trustpilot.DefaultBaseURL,
		CareOpinionURL:    careopinion.DefaultBaseURL,
	}
}

// Validate returns all faults joined.
func (c Config) Validate() error {
	var faults []error
	if c.Bus == nil {
		faults = append(faults, c.Kafka.Validate())
	}
	if c.Backend == nil {
		faults = append(faults, c.Store.Validate())
	}
	fault := func(bad bool, detail string) {
		if bad {
			faults = append(faults, problem.New(problem.Invalid, "config", "%s", detail))
		}
	}
	given := map[string]bool{}
	for _, adapter := range ownAdapters() {
		given[adapter] = true
	}
	for _, site := range c.Sites {
		given[site.Adapter()] = true
	}
	fault(len(c.Adapters) == 0, "BEDSIDE_SCRAPER_ADAPTERS is empty: name at least one of "+strings.Join(ownAdapters(), ", "))
	for _, adapter := range c.Adapters {
		fault(!given[adapter], fmt.Sprintf("BEDSIDE_SCRAPER_ADAPTERS names %q, which is none of %s", adapter, strings.Join(ownAdapters(), ", ")))
	}
	fault(c.Logger == nil, "a logger is required")
	fault(c.DrainDelay < 0 || c.DrainDelay > time.Minute, "BEDSIDE_DRAIN_DELAY must be between 0s and 1m")
	fault(strings.Contains(c.Instance, "/"), "BEDSIDE_SCRAPER_INSTANCE must not contain a slash")
	fault(c.Tick < 10*time.Millisecond || c.Tick > time.Minute, "BEDSIDE_SCRAPER_TICK must be between 10ms and 1m")
	fault(c.Lease < time.Second || c.Lease > time.Hour, "BEDSIDE_SCRAPER_LEASE must be between 1s and 1h")
	fault(c.Concurrency < 1 || c.Concurrency > 256, "BEDSIDE_SCRAPER_CONCURRENCY must be between 1 and 256")
	fault(c.ConfirmAfter <= 0 || c.ConfirmEvery <= 0, "BEDSIDE_SCRAPER_CONFIRM_AFTER and _EVERY must be more than zero")
	fault(c.CompareEvery < time.Second, "BEDSIDE_SCRAPER_COMPARE_EVERY must be at least 1s")
	if c.needsWeb() {
		_, err := c.politeConfig()
		faults = append(faults, err)
		fault(c.Contact == "", "BEDSIDE_SCRAPER_CONTACT is not set: sites must be able to reach the operator")
	}
	for name, address := range c.addresses() {
		if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			faults = append(faults, errors.New(name+" must be an http or https address"))
		}
	}
	if _, err := c.definitions(); err != nil && slices.Contains(c.Adapters, selector.Adapter) {
		faults = append(faults, err)
	}
	if c.Credentials != "" {
		if _, err := credentials.Parse([]byte(c.Credentials.Reveal())); err != nil {
			faults = append(faults, fmt.Errorf("BEDSIDE_SCRAPER_CREDENTIALS: %w", err))
		}
	}
	if err := c.policy().Validate(); err != nil {
		faults = append(faults, fmt.Errorf("BEDSIDE_SCRAPER_INTERVAL, _FULL_LIST_EVERY or _RETRY: %w", err))
	}
	return errors.Join(faults...)
}

// needsWeb reports whether an adapter of our own reads the web.
func (c Config) needsWeb() bool {
	for _, adapter := range fromTheWeb {
		given := slices.ContainsFunc(c.Sites, func(s sites.Site) bool { return s.Adapter() == adapter })
		if slices.Contains(c.Adapters, adapter) && !given {
			return true
		}
	}
	return false
}

func (c Config) politeConfig() (polite.Config, error) {
	out := polite.Config{
		Product: "Bedside/1", Contact: c.Contact,
		RequestsPerSecond: c.RequestsPerSecond, Burst: c.Burst,
		AllowLoopback: c.AllowLoopback, Dial: c.Dial, Logger: c.Logger,
	}
	var faults []error
	for _, text := range c.AllowAddresses {
		address, err := netip.ParseAddrPort(text)
		if err != nil {
			faults = append(faults, fmt.Errorf("BEDSIDE_ALLOW_ADDRESSES: %q is not ip:port", text))
			continue
		}
		out.AllowedAddresses = append(out.AllowedAddresses, address)
	}
	if c.RequestsPerSecond <= 0 || c.Burst < 1 {
		faults = append(faults, errors.New("BEDSIDE_SCRAPER_REQUESTS_PER_SECOND and _BURST must be more than zero"))
	}
	return out, errors.Join(faults...)
}

func (c Config) policy() schedule.Policy {
	p := schedule.Default()
	p.Interval, p.FullEvery, p.Retry = c.Interval, c.FullEvery, c.Retry
	p.MinInterval = min(p.MinInterval, c.Interval)
	p.MaxInterval = max(p.MaxInterval, c.Interval)
	p.RetryMax = max(p.RetryMax, c.Retry)
	return p
}
