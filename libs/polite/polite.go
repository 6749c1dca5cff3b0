// Package polite is the HTTP client for foreign sites. It promises three
// things. To the sites: it says who it is, keeps to robots.txt (RFC 9309) where
// asked, keeps a bounded rate per host, waits as long as Retry-After says and
// asks again only for what changed. To the operator: no URL that came from a
// site, from DNS or from a redirect ever reaches an address of the operator's
// own network. To the caller: an answer is whole or an error, never cut, never
// larger than the cap, and never later than the deadline.
//
// Every failure is a *problem.Error (RateLimited and Unavailable carry the wait
// the site asked for), except the end of the caller's own context, which is
// returned as such.
package polite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Config is what a Client needs. Product and Contact are required; everything
// else has a default that suits a public site.
type Config struct {
	// Product is the name and version in the User-Agent, "Bedside/1.4". Its part
	// before the slash is the product token that robots.txt groups name.
	Product string
	// Contact is a URL or a mail address where a site's owner reaches the
	// operator. It is part of the User-Agent.
	Contact string

	// Limiter spaces the requests to one host. Default: a LocalLimiter of
	// RequestsPerSecond and Burst, good for one process; replicas share one.
	Limiter           HostLimiter
	RequestsPerSecond float64 // default 1
	Burst             int     // default 3

	// MaxBodyBytes bounds a body after decompression; more is an error of kind
	// TooLarge. Default 10 MiB.
	MaxBodyBytes int64
	// Timeout bounds a whole Do: waiting for the limiter, redirects, retries and
	// the body. Default 60 s.
	Timeout time.Duration
	// IdleTimeout bounds the silence between two pieces of an answer. Default 15 s.
	IdleTimeout time.Duration
	// Retries of idempotent requests after a broken connection or a 5xx answer
	// without Retry-After; 429 is never repeated here. Default 2, negative none.
	Retries int
	// RetryWait is the first wait between retries; it doubles. Default 500 ms.
	RetryWait time.Duration
	// RobotsTTL is how long robots.txt is kept; at most 24 h, which is the default.
	RobotsTTL time.Duration

	// AllowedAddresses may be dialled although they are private, for an
	// operator's own mirror. AllowLoopback allows every loopback address, for
	// simulators and tests on one machine.
	AllowedAddresses []netip.AddrPort
	AllowLoopback    bool

	// Dial replaces the guarded dialler, and the guard with it: for sites that are
	// simulated in memory. nil in every other case.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Logger gets warnings about robots.txt; nil discards them.
	Logger *slog.Logger
}

const (
	defaultMaxBody     = 10 << 20
	defaultTimeout     = 60 * time.Second
	defaultIdle        = 15 * time.Second
	defaultRetries     = 2
	defaultRetryWait   = 500 * time.Millisecond
	maxRetryWait       = 5 * time.Second
	maxRobotsTTL       = 24 * time.Hour
	maxRedirects       = 5
	maxURLBytes        = 8 << 10
	maxHeaderBytes     = 256 << 10
	maxErrorBodyBytes  = 4 << 10
	maxRetryAfter      = 7 * 24 * time.Hour
	defaultRate        = 1.0
	defaultBurst       = 3
	userAgentTemplate  = "%s (+%s)"
	productTokenLetter = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-"
)

// Validate returns all faults of the configuration joined.
func (c Config) Validate() error {
	var faults []error
	token, _, _ := strings.Cut(c.Product, "/")
	if token == "" || strings.Trim(token, productTokenLetter) != "" {
		faults = append(faults, errors.New("product: want a name of letters, '-' and '_', with an optional /version"))
	}
	if strings.ContainsAny(c.Product+c.Contact, "\r\n()") {
		faults = append(faults, errors.New("product and contact: no line breaks or parentheses"))
	}
	if c.Contact == "" {
		faults = append(faults, errors.New("contact: a URL or mail address is required, so that sites can reach the operator"))
	}
	if c.MaxBodyBytes < 0 || c.Timeout < 0 || c.IdleTimeout < 0 || c.RetryWait < 0 || c.RobotsTTL < 0 {
		faults = append(faults, errors.New("sizes and durations must not be negative"))
	}
	if c.RobotsTTL > maxRobotsTTL {
		faults = append(faults, errors.New("robots ttl: at most 24 h"))
	}
	if c.RequestsPerSecond < 0 || c.Burst < 0 {
		faults = append(faults, errors.New("rate and burst must not be negative"))
	}
	return errors.Join(faults...)
}

func (c Config) withDefaults() Config {
	setDefault(&c.MaxBodyBytes, defaultMaxBody)
	setDefault(&c.Timeout, defaultTimeout)
	setDefault(&c.IdleTimeout, defaultIdle)
	setDefault(&c.RetryWait, defaultRetryWait)
	setDefault(&c.RobotsTTL, maxRobotsTTL)
	setDefault(&c.Retries, defaultRetries)
	setDefault(&c.RequestsPerSecond, defaultRate)
	setDefault(&c.Burst, defaultBurst)
	c.Retries = max(c.Retries, 0)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Client fetches from foreign sites. It is safe for concurrent use.
type Client struct {
	cfg       Config
	userAgent string
	token     string // product token, for robots.txt
	retrying  *retryablehttp.Client
	transport *http.Transport
	limiter   HostLimiter
	robots    *robotsCache
}

// New makes a Client. It keeps idle connections until Close.
func New(cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("polite client configuration: %w", err)
	}
	cfg = cfg.withDefaults()
	token, _, _ := strings.Cut(cfg.Product, "/")
	c := &Client{
		cfg:       cfg,
		userAgent: fmt.Sprintf(userAgentTemplate, cfg.Product, cfg.Contact),
		token:     token,
		limiter:   cfg.Limiter,
		robots:    newRobotsCache(cfg.RobotsTTL),
	}
	if c.limiter == nil {
		c.limiter = NewLocalLimiter(cfg.RequestsPerSecond, cfg.Burst)
	}
	dial := cfg.Dial
	if dial == nil {
		dial = newGuard(cfg).dialer().DialContext
	}
	c.transport = &http.Transport{
		// A proxy would dial on our behalf, behind the guard's back, so the
		// environment's proxy settings are deliberately not read.
		Proxy:                  nil,
		DialContext:            dial,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        60 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  cfg.IdleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
	c.retrying = &retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport:     &pacedTransport{next: c.transport, limiter: c.limiter},
			CheckRedirect: c.checkRedirect,
		},
		RetryMax:     cfg.Retries,
		RetryWaitMin: cfg.RetryWait,
		RetryWaitMax: maxRetryWait,
		CheckRetry:   checkRetry,
		Backoff:      backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	return c, nil
}

// UserAgent is the identification sent with every request.
func (c *Client) UserAgent() string { return c.userAgent }

// Close lets go of idle connections. Requests in flight are not disturbed.
func (c *Client) Close() error {
	c.transport.CloseIdleConnections()
	return nil
}
