// Package up runs all of Bedside in one process: the four services, an embedded store
// and broker where no others are named, and for a demonstration a simulator of review
// sites. The services get addresses and URLs as in production and do not know.
//
// It promises that the state is in one folder that a second process cannot open at
// the same time, that stop and start (also after kill -9) resume where it was, and
// that what it prints on standard output is the address and who to sign in as.
package up

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/services/gateway"
	workflow "github.com/bedside-health/bedside/services/response-workflow"
	"github.com/bedside-health/bedside/services/scraper"
)

// Settings are what the environment says.
type Settings struct {
	config.Kafka
	Listen string `env:"BEDSIDE_LISTEN" desc:"host:port of the web app and API."`
	Data   string `env:"BEDSIDE_DATA" desc:"Folder of the state."`
	// Store is empty for the embedded one.
	Store        config.Secret `env:"BEDSIDE_STORE" desc:"Where documents are kept: mongodb://... or sqlite:PATH; empty is a file in the data folder."`
	LogLevel     string        `env:"BEDSIDE_LOG_LEVEL" desc:"Least level of log lines: debug, info, warn or error."`
	OTLPEndpoint string        `env:"OTEL_EXPORTER_OTLP_ENDPOINT" desc:"OpenTelemetry collector for traces (OTLP over HTTP); empty means none."`
	AdminListen  string        `env:"BEDSIDE_ADMIN_LISTEN" desc:"host:port of /metrics/SERVICE; empty means none. Not for the internet."`

	DemoPassword config.Secret `env:"BEDSIDE_DEMO_PASSWORD" desc:"Password of the demo's people; empty makes one at the first start."`
	DemoArrivals time.Duration `env:"BEDSIDE_DEMO_ARRIVALS" desc:"Time between new reviews of the demo."`
	SimListen    string        `env:"BEDSIDE_SIM_LISTEN" desc:"host:port of the demo's site simulator; port 0 picks one."`

	Interval          time.Duration `env:"BEDSIDE_SCRAPER_INTERVAL" desc:"Longest time between polls of an active listing that does not say its own."`
	CompareEvery      time.Duration `env:"BEDSIDE_SCRAPER_COMPARE_EVERY" desc:"Least time between comparisons of what sites show with the locations' own records."`
	RequestsPerSecond float64       `env:"BEDSIDE_SCRAPER_REQUESTS_PER_SECOND" desc:"Most requests a second to one host."`
	Contact           string        `env:"BEDSIDE_SCRAPER_CONTACT" desc:"URL or mail address by which owners of sites reach you; sent with every request."`
	AllowLoopback     bool          `env:"BEDSIDE_ALLOW_LOOPBACK" desc:"Allow listings on this machine, for simulators and tests."`
	AllowAddresses    []string      `env:"BEDSIDE_ALLOW_ADDRESSES" envSeparator:"," desc:"Private addresses (ip:port) that listings may be read from."`
	GoogleURL         string        `env:"BEDSIDE_SCRAPER_GOOGLE_URL" desc:"Base address of Google's Business Profile API; another one is for simulators."`
	YelpURL           string        `env:"BEDSIDE_SCRAPER_YELP_URL" desc:"Base address of Yelp's API; another one is for simulators."`
	FacebookURL       string        `env:"BEDSIDE_SCRAPER_FACEBOOK_URL" desc:"Base address of Facebook's Graph API, with or without a version; another one is for simulators."`
	TrustpilotURL     string        `env:"BEDSIDE_SCRAPER_TRUSTPILOT_URL" desc:"Base address of Trustpilot's API; another one is for simulators."`
	CareOpinionURL    string        `env:"BEDSIDE_SCRAPER_CAREOPINION_URL" desc:"Address of the Care Opinion site that the practices are on; each country has its own."`
	Selectors         string        `env:"BEDSIDE_SCRAPER_SELECTORS" desc:"Folder of the YAML files that describe sites to the adapter selector."`
	CredentialsFile   string        `env:"BEDSIDE_SCRAPER_CREDENTIALS_FILE" desc:"JSON file of the secrets that listings name."`
	Credentials       config.Secret `env:"BEDSIDE_SCRAPER_CREDENTIALS" desc:"The same JSON as a value."`

	SLAUrgent     time.Duration `env:"BEDSIDE_SLA_URGENT" desc:"Time allowed for the first answer to a review with an urgent flag."`
	SLACritical   time.Duration `env:"BEDSIDE_SLA_CRITICAL" desc:"Time allowed for a negative or mixed review or one of three stars and less."`
	SLAFavourable time.Duration `env:"BEDSIDE_SLA_FAVOURABLE" desc:"Time allowed for every other review."`

	// Messages are how people are told.
	Messages workflow.MessageSettings
	UndoFor  time.Duration `env:"BEDSIDE_REPLY_UNDO" desc:"How long a published reply waits before it leaves, so that it can be taken back."`

	TrustedProxies []string `env:"BEDSIDE_TRUSTED_PROXIES" envSeparator:"," desc:"Networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, such as 10.0.0.0/8; empty means none."`
	SecureCookies  string   `env:"BEDSIDE_SECURE_COOKIES" desc:"Whether the session cookie is for HTTPS alone: auto (where the request came by HTTPS), always or never."`

	// Setup is a file with your organization; empty runs the demo.
	Setup string `env:"BEDSIDE_SETUP" desc:"File that names your organization, its locations and people; empty runs the demo."`
}

// DefaultSettings are those of a laptop.
func DefaultSettings() Settings {
	sites, cases := scraper.DefaultConfig(), workflow.DefaultConfig()
	return Settings{
		Kafka: config.DefaultKafka(), Listen: "127.0.0.1:8080", Data: "data", LogLevel: "warn",
		DemoArrivals: 20 * time.Second, SimListen: "127.0.0.1:0",
		Interval: sites.Interval, CompareEvery: sites.CompareEvery, RequestsPerSecond: sites.RequestsPerSecond, GoogleURL: sites.GoogleURL,
		YelpURL: sites.YelpURL, FacebookURL: sites.FacebookURL, TrustpilotURL: sites.TrustpilotURL, CareOpinionURL: sites.CareOpinionURL,
		SLAUrgent: cases.SLAUrgent, SLACritical: cases.SLACritical, SLAFavourable: cases.SLAFavourable,
		Messages: cases.Messages, UndoFor: cases.UndoFor,
		SecureCookies: gateway.DefaultConfig().SecureCookies,
	}
}

// Validate reports every fault.
func (s Settings) Validate() error {
	var faults []error
	for name, address := range map[string]string{"BEDSIDE_LISTEN": s.Listen, "BEDSIDE_SIM_LISTEN": s.SimListen} {
		if _, _, err := net.SplitHostPort(address); err != nil {
			faults = append(faults, fmt.Errorf("%s: %q is not host:port", name, address))
		}
	}
	if s.Data == "" {
		faults = append(faults, errors.New("BEDSIDE_DATA is empty: name a folder"))
	}
	if s.DemoArrivals < time.Second {
		faults = append(faults, errors.New("BEDSIDE_DEMO_ARRIVALS must be at least 1s"))
	}
	return errors.Join(append(faults, s.Messages.Validate())...)
}
