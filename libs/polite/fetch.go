package polite

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/bedside-health/bedside/libs/problem"
)

// Request is one thing to ask a site for.
type Request struct {
	Method string // default GET
	URL    string // http or https, without user and password
	Header http.Header
	Body   []byte
	// ETag and LastModified make the request conditional.
	ETag         string
	LastModified string
	// Robots keeps to the site's robots.txt: true for pages, false for an API
	// that was given to us to use.
	Robots bool
	// NoRedirects makes a redirect an error of kind Forbidden: APIs redirect to
	// a sign-in page when they do not accept a credential.
	NoRedirects bool
	// Spacing is the least time between two requests to the host that its terms ask
	// for, where that is more than the limiter's own.
	Spacing time.Duration

	// cutAt reads at most so many bytes of the body and takes the cut for the
	// whole, which only robots.txt allows.
	cutAt int64
}

// Response is a whole answer of a 2xx status, or NotModified.
type Response struct {
	Status       int
	Header       http.Header
	Body         []byte
	URL          string // after redirects
	NotModified  bool
	ETag         string
	LastModified string
	MaxAge       time.Duration
}

// StatusError is behind the problem of every answer that is no success. Body is
// the beginning of the answer, for adapters that read a site's own error codes;
// it is foreign text and is no part of the message.
type StatusError struct {
	Status int
	Header http.Header
	Body   []byte
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("status %d %s", e.Status, http.StatusText(e.Status))
}

var (
	errIdle          = errors.New("no data came for too long")
	errRedirects     = errors.New("too many redirects")
	errRedirectShape = errors.New("redirect to an address that is not http or https")
)

// Do sends a request and reads the whole answer.
func (c *Client) Do(ctx context.Context, req Request) (*Response, error) {
	deadline, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	resp, err := c.do(deadline, req)
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("fetch: %w", ctx.Err())
	}
	return resp, err
}

// manners is how one request is to be sent. It travels in the request's context
// because redirects and retries are made by the layers below. Each request has
// its own, so that fetching robots.txt on behalf of a page does not inherit the
// page's. It is touched by one goroutine at a time.
type manners struct {
	robots      bool
	noRedirects bool
	delay       time.Duration // the spacing that robots.txt or the site's terms ask for
	allowance   func(context.Context) error
}

type allowanceKey struct{}

// WithAllowance lets ask decide on every request that is sent in the context to fetch
// something, repeated and redirected ones too, right before it goes out; those for a
// robots.txt are not counted. An error of ask is returned by Do and should be a
// *problem.Error.
func WithAllowance(ctx context.Context, ask func(context.Context) error) context.Context {
	return context.WithValue(ctx, allowanceKey{}, ask)
}

type mannersKey struct{}

func mannersOf(ctx context.Context) *manners {
	if m, ok := ctx.Value(mannersKey{}).(*manners); ok {
		return m
	}
	return &manners{}
}

func (c *Client) do(ctx context.Context, req Request) (*Response, error) {
	u, err := checkURL(req.URL)
	if err != nil {
		return nil, err
	}
	how := &manners{robots: req.Robots, noRedirects: req.NoRedirects, delay: req.Spacing}
	if req.cutAt == 0 {
		how.allowance, _ = ctx.Value(allowanceKey{}).(func(context.Context) error)
	}
	if req.Robots {
		asked, err := c.checkRobots(ctx, u)
		if err != nil {
			return nil, c.transportProblem(ctx, err)
		}
		how.delay = max(how.delay, asked)
	}
	ctx = context.WithValue(ctx, mannersKey{}, how)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	hreq, err := c.httpRequest(ctx, u, req)
	if err != nil {
		return nil, err
	}
	resp, err := c.retrying.Do(hreq)
	if err != nil {
		return nil, c.transportProblem(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := c.readBody(resp, req.cutAt, cancel)
	if resp.StatusCode == http.StatusNotModified && (req.ETag != "" || req.LastModified != "") {
		return c.response(resp, nil), nil
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		// What could be read of the body is enough here: the status is the news.
		return nil, c.statusProblem(ctx, resp, body)
	}
	if err != nil {
		return nil, c.bodyProblem(ctx, err)
	}
	return c.response(resp, body), nil
}

func checkURL(raw string) (*url.URL, error) {
	if len(raw) > maxURLBytes {
		return nil, problem.New(problem.Invalid, "bad_url", "the address is longer than %d bytes", maxURLBytes)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, problem.New(problem.Invalid, "bad_url", "the address cannot be read")
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil {
		return nil, problem.New(problem.Invalid, "bad_url",
			"the address must start with http:// or https://, name a host and carry no password")
	}
	return u, nil
}

// hostKey is the host a limiter counts by. A dot at the end of a name changes nothing
// about which host it is.
func hostKey(u *url.URL) string {
	host, port := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), u.Port()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == "" || (port == "80" && u.Scheme == "http") || (port == "443" && u.Scheme == "https") {
		return host
	}
	return host + ":" + port
}

func (c *Client) httpRequest(ctx context.Context, u *url.URL, req Request) (*retryablehttp.Request, error) {
	method := req.Method
	if method == "" {
		method = http.MethodGet
	}
	var body any
	if req.Body != nil {
		body = req.Body
	}
	hreq, err := retryablehttp.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, "bad_request", err, "the request cannot be made")
	}
	for key, values := range req.Header {
		hreq.Header[http.CanonicalHeaderKey(key)] = values
	}
	hreq.Header.Set("User-Agent", c.userAgent)
	if req.ETag != "" {
		hreq.Header.Set("If-None-Match", req.ETag)
	}
	if req.LastModified != "" {
		hreq.Header.Set("If-Modified-Since", req.LastModified)
	}
	return hreq, nil
}

// checkRedirect runs before each redirect is followed. The guard looks at the
// address when it is dialled; here the rules of the new site are asked for.
func (c *Client) checkRedirect(req *http.Request, via []*http.Request) error {
	how := mannersOf(req.Context())
	if how.noRedirects {
		return http.ErrUseLastResponse
	}
	if len(via) > maxRedirects {
		return errRedirects
	}
	u, err := checkURL(req.URL.String())
	if err != nil {
		return errRedirectShape
	}
	if how.robots {
		if how.delay, err = c.checkRobots(req.Context(), u); err != nil {
			return err
		}
	}
	return nil
}

// checkRetry repeats what broke on the way and answers that say the site itself
// failed. It never repeats where the site named a time, nor what is not
// idempotent, nor what the guard or the limiter refused.
func checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		return retryableTransport(err), nil
	}
	if !idempotent(resp.Request.Method) {
		return false, nil
	}
	switch resp.StatusCode {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return resp.Header.Get("Retry-After") == "", nil
	}
	return false, nil
}

// backoff doubles the wait with every attempt and spreads it by half, so that
// replicas that failed together do not come back together.
func backoff(first, longest time.Duration, attempt int, _ *http.Response) time.Duration {
	wait := min(first<<min(attempt, 10), longest)
	return wait/2 + rand.N(wait/2+1)
}

func retryableTransport(err error) bool {
	var refused *forbiddenAddressError
	var own *problem.Error
	var cert *tls.CertificateVerificationError
	var ue *url.Error
	if errors.As(err, &refused) || errors.As(err, &own) || errors.As(err, &cert) ||
		errors.Is(err, errRedirects) || errors.Is(err, errRedirectShape) {
		return false
	}
	// What broke may have been carried out all the same. Op is the method in
	// other letters.
	return !errors.As(err, &ue) || idempotent(strings.ToUpper(ue.Op))
}

func idempotent(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete:
		return true
	}
	return false
}

// idleReader ends the request when no byte comes for the idle bound: a total
// deadline alone would let one slow site hold a worker for all of it.
type idleReader struct {
	r     io.Reader
	timer *time.Timer
	idle  time.Duration
}

func (r *idleReader) Read(p []byte) (int, error) {
	r.timer.Reset(r.idle)
	return r.r.Read(p)
}

func (c *Client) readBody(resp *http.Response, cutAt int64, cancel context.CancelCauseFunc) ([]byte, error) {
	timer := time.AfterFunc(c.cfg.IdleTimeout, func() { cancel(errIdle) })
	defer timer.Stop()
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		// The transport decodes the gzip it asked for and removes the header.
		return nil, problem.New(problem.Invalid, "unsupported_encoding", "the site answered in a compression that was not asked for")
	}
	limit := c.cfg.MaxBodyBytes
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		cutAt = maxErrorBodyBytes
	}
	if cutAt > 0 {
		limit = cutAt
	} else if resp.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	reader := &idleReader{r: resp.Body, timer: timer, idle: c.cfg.IdleTimeout}
	var buf bytes.Buffer
	n, err := buf.ReadFrom(io.LimitReader(reader, limit+1))
	if n > limit && cutAt == 0 {
		return nil, tooLarge(limit)
	}
	return buf.Bytes()[:min(n, limit)], err
}

func tooLarge(limit int64) error {
	return problem.New(problem.TooLarge, "body_too_large", "the site's answer is larger than %d bytes", limit)
}

func (c *Client) response(resp *http.Response, body []byte) *Response {
	return &Response{
		Status:       resp.StatusCode,
		Header:       resp.Header,
		Body:         body,
		URL:          resp.Request.URL.String(),
		NotModified:  resp.StatusCode == http.StatusNotModified,
		ETag:         resp.Header.Get("ETag"),
		LastModified: resp.Header.Get("Last-Modified"),
		MaxAge:       MaxAge(resp.Header),
	}
}
