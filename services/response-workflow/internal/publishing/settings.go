package publishing

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"

	"context"

	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/credentials"
	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/careopinion"
	"github.com/bedside-health/bedside/libs/sites/facebook"
	"github.com/bedside-health/bedside/libs/sites/google"
	"github.com/bedside-health/bedside/libs/sites/trustpilot"
	"github.com/bedside-health/bedside/libs/sites/yelp"
)

// Settings are where replies go and with which secrets.
type Settings struct {
	Contact         string        `env:"BEDSIDE_REPLY_CONTACT" desc:"URL or mail address by which owners of sites reach the operator; it is sent with every reply. Without it replies are copied to their sites by hand."`
	CredentialsFile string        `env:"BEDSIDE_REPLY_CREDENTIALS_FILE" desc:"JSON file of the secrets that listings name, as the scraper's; it is read again when it changes."`
	Credentials     config.Secret `env:"BEDSIDE_REPLY_CREDENTIALS" desc:"The same JSON as a value, for where files are inconvenient."`
	GoogleURL       string        `env:"BEDSIDE_REPLY_GOOGLE_URL" desc:"Base address of Google's Business Profile API; another one is for simulators."`
	YelpURL         string        `env:"BEDSIDE_REPLY_YELP_URL" desc:"Base address of Yelp's partner API; another one is for simulators."`
	AllowLoopback   bool          `env:"BEDSIDE_ALLOW_LOOPBACK" desc:"Allow sites, webhooks and mail servers on this machine, for simulators and tests. Never in production."`
	AllowAddresses  []string      `env:"BEDSIDE_ALLOW_ADDRESSES" envSeparator:"," desc:"Private addresses (ip:port) that may be sent to although they are private."`

	// Dial replaces the guarded dialler, for sites that are simulated in memory.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// DefaultSettings are those of the real sites.
func DefaultSettings() Settings {
	return Settings{GoogleURL: google.DefaultBaseURL, YelpURL: yelp.DefaultPartnerURL}
}

// Validate reports all faults, joined.
func (s Settings) Validate() error {
	var faults []error
	for name, address := range map[string]string{"BEDSIDE_REPLY_GOOGLE_URL": s.GoogleURL, "BEDSIDE_REPLY_YELP_URL": s.YelpURL} {
		if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			faults = append(faults, errors.New(name+" must be an http or https address"))
		}
	}
	if _, err := s.addresses(); err != nil {
		faults = append(faults, err)
	}
	if s.Credentials != "" {
		if _, err := credentials.Parse([]byte(s.Credentials.Reveal())); err != nil {
			faults = append(faults, fmt.Errorf("BEDSIDE_REPLY_CREDENTIALS: %w", err))
		}
	}
	return errors.Join(faults...)
}

func (s Settings) addresses() ([]netip.AddrPort, error) {
	var out []netip.AddrPort
	var faults []error
	for _, text := range s.AllowAddresses {
		address, err := netip.ParseAddrPort(text)
		if err != nil {
			faults = append(faults, fmt.Errorf("BEDSIDE_ALLOW_ADDRESSES: %q is not ip:port", text))
			continue
		}
		out = append(out, address)
	}
	return out, errors.Join(faults...)
}

// Vault resolves the credentials of the settings.
func (s Settings) Vault() (*credentials.Vault, error) {
	var fixed map[string]credentials.Credential
	if s.Credentials != "" {
		var err error
		if fixed, err = credentials.Parse([]byte(s.Credentials.Reveal())); err != nil {
			return nil, fmt.Errorf("BEDSIDE_REPLY_CREDENTIALS: %w", err)
		}
	}
	return credentials.New(fixed, s.CredentialsFile)
}

// Sites makes the adapters that answer reviews, with what closes them. Without a contact there
// are none, because no site may be asked anonymously: replies go by hand then.
func (s Settings) Sites(logger *slog.Logger) (map[string]sites.Site, func(), error) {
	if s.Contact == "" {
		return nil, func() {}, nil
	}
	allowed, err := s.addresses()
	if err != nil {
		return nil, nil, err
	}
	client, err := polite.New(polite.Config{
		Product: "Bedside/1", Contact: s.Contact, AllowLoopback: s.AllowLoopback, AllowedAddresses: allowed, Dial: s.Dial, Logger: logger,
		// The casework decides when a reply is sent again.
		Retries: -1,
	})
	if err != nil {
		return nil, nil, err
	}
	all := map[string]sites.Site{}
	for adapter, build := range map[string]func() (sites.Site, error){
		google.Adapter: func() (sites.Site, error) {
			return google.New(google.Config{Client: client, BaseURL: s.GoogleURL})
		},
		yelp.Adapter: func() (sites.Site, error) {
			return yelp.New(yelp.Config{Client: client, BaseURL: s.YelpURL, PartnerURL: s.YelpURL})
		},
		facebook.Adapter:    func() (sites.Site, error) { return facebook.New(facebook.Config{Client: client}) },
		trustpilot.Adapter:  func() (sites.Site, error) { return trustpilot.New(trustpilot.Config{Client: client}) },
		careopinion.Adapter: func() (sites.Site, error) { return careopinion.New(careopinion.Config{Client: client}) },
	} {
		if all[adapter], err = build(); err != nil {
			_ = client.Close()
			return nil, nil, err
		}
	}
	return all, func() { _ = client.Close() }, nil
}
