// Package workflow sends commands on reviews to response-workflow, which alone
// changes them. It promises that a command carries who acts and for which
// organization, that it is repeated only where repeating is harmless, and that
// what response-workflow answers reaches the person as it was meant.
//
// Every command on a review gives the review's revision after it, and answers with
// problem.Conflict if the review is not at the revision the act is based on.
package workflow

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/services/gateway/internal/workflow/client"
)

// Config configures Commands.
type Config struct {
	// URL is where response-workflow listens.
	URL   string
	Token config.Secret
	// Timeout bounds one command with its repetitions.
	Timeout time.Duration
	// Pause is the wait before the first repetition; it doubles.
	Pause time.Duration
	// Transport carries the requests; nil means one of its own.
	Transport http.RoundTripper
}

// CheckURL reports an address that cannot be response-workflow's.
func CheckURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return errors.New("the URL of response-workflow must be http or https with a host")
	}
	return nil
}

// Validate returns all faults joined.
func (c Config) Validate() error {
	var faults []error
	faults = append(faults, CheckURL(c.URL))
	if c.Token == "" {
		faults = append(faults, errors.New("the service token is required"))
	}
	if c.Timeout <= 0 || c.Pause <= 0 {
		faults = append(faults, errors.New("timeout and pause of commands must be positive"))
	}
	return errors.Join(faults...)
}

// Commands sends commands. It is safe for concurrent use.
type Commands struct {
	cfg    Config
	client *client.Client
}

// New makes Commands.
func New(cfg Config) (*Commands, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure commands: %w", err)
	}
	transport := cfg.Transport
	if transport == nil {
		transport = &http.Transport{
			MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute,
			DialContext: (&net.Dialer{Timeout: 2 * time.Second}).DialContext,
		}
	}
	c := &Commands{cfg: cfg}
	// A redirect would carry the service token somewhere else.
	doer := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	sender, err := client.NewClient(cfg.URL, client.WithHTTPClient(doer), client.WithRequestEditorFn(c.sign))
	if err != nil {
		return nil, fmt.Errorf("configure commands: %w", err)
	}
	c.client = sender
	return c, nil
}

func (c *Commands) sign(ctx context.Context, req *http.Request) error {
	req.Header.Set("Authorization", "Bearer "+c.cfg.Token.Reveal())
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(req.Header))
	return nil
}
