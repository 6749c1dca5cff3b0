package polite

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/bedside-health/bedside/libs/problem"
)

// HostLimiter spaces the requests of all who share it to one host. Hosts are
// lower-case host names with their port if it is not the scheme's own.
type HostLimiter interface {
	// Wait blocks until a request to host may be sent. minInterval is the
	// spacing the host's robots.txt asks for, zero if it does not. Where the
	// turn would come after ctx's deadline it returns at once a *problem.Error of
	// kind RateLimited with the wait in RetryAfter: of code CodeHostHeld where the
	// host itself asked to be left alone, CodeHostQueue where our own requests
	// only stand in line.
	Wait(ctx context.Context, host string, minInterval time.Duration) error
	// Hold lets nothing through to host before until: the site said so.
	Hold(ctx context.Context, host string, until time.Time) error
}

// Codes of the problems by which a HostLimiter refuses: the host asked to be left alone,
// our own requests stand in line too long, or the limiter itself is not available. The
// last two say nothing about the site.
const (
	CodeHostHeld    = "host_busy"
	CodeHostQueue   = "host_queue"
	CodeHostUnknown = "host_unknown"
)

// Refused is the problem by which a HostLimiter says that a turn comes too late.
func Refused(code, host string, wait time.Duration) error {
	e := problem.New(problem.RateLimited, code, "requests to %s are held back by its rate limit", host)
	e.RetryAfter = wait
	return e
}

// maxLimitedHosts bounds the memory of a LocalLimiter. A host that was not
// asked for longest is forgotten first.
const maxLimitedHosts = 4096

// LocalLimiter is a HostLimiter for one process.
type LocalLimiter struct {
	every rate.Limit
	burst int

	mu    sync.Mutex
	hosts map[string]*hostPace
}

type hostPace struct {
	limiter *rate.Limiter
	held    time.Time
	used    time.Time
}

// NewLocalLimiter allows perSecond requests a second to each host after a first
// burst.
func NewLocalLimiter(perSecond float64, burst int) *LocalLimiter {
	return &LocalLimiter{every: rate.Limit(perSecond), burst: max(burst, 1), hosts: map[string]*hostPace{}}
}

// Wait implements HostLimiter.
func (l *LocalLimiter) Wait(ctx context.Context, host string, minInterval time.Duration) error {
	for {
		held, turn := l.reserve(host, minInterval)
		if turn == nil {
			// Who was held back takes a turn like any other afterwards, so that the
			// end of a hold is no burst.
			if err := refuseOrSleep(ctx, CodeHostHeld, host, held, nil); err != nil {
				return err
			}
			continue
		}
		return refuseOrSleep(ctx, CodeHostQueue, host, turn.DelayFrom(time.Now()), func() { turn.CancelAt(time.Now()) })
	}
}

// reserve takes a host's next turn, or says how long the host is held.
func (l *LocalLimiter) reserve(host string, minInterval time.Duration) (held time.Duration, turn *rate.Reservation) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	pace := l.pace(host, now)
	limit, burst := l.every, l.burst
	if minInterval > 0 && rate.Every(minInterval) < limit {
		limit, burst = rate.Every(minInterval), 1
	}
	if pace.limiter.Limit() != limit || pace.limiter.Burst() != burst {
		pace.limiter.SetLimitAt(now, limit)
		pace.limiter.SetBurstAt(now, burst)
	}
	if held = pace.held.Sub(now); held > 0 {
		return held, nil
	}
	return 0, pace.limiter.ReserveN(now, 1)
}

func refuseOrSleep(ctx context.Context, code, host string, delay time.Duration, cancel func()) error {
	if deadline, ok := ctx.Deadline(); ok && time.Now().Add(delay).After(deadline) {
		if cancel != nil {
			cancel()
		}
		return Refused(code, host, delay)
	}
	if delay <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		if cancel != nil {
			cancel()
		}
		return ctx.Err()
	}
}

// Hold implements HostLimiter.
func (l *LocalLimiter) Hold(_ context.Context, host string, until time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if pace := l.pace(host, time.Now()); until.After(pace.held) {
		pace.held = until
	}
	return nil
}

func (l *LocalLimiter) pace(host string, now time.Time) *hostPace {
	pace, ok := l.hosts[host]
	if !ok {
		if len(l.hosts) >= maxLimitedHosts {
			l.forgetOldest()
		}
		pace = &hostPace{limiter: rate.NewLimiter(l.every, l.burst)}
		l.hosts[host] = pace
	}
	pace.used = now
	return pace
}

func (l *LocalLimiter) forgetOldest() {
	var oldest string
	var at time.Time
	for host, pace := range l.hosts {
		if oldest == "" || pace.used.Before(at) {
			oldest, at = host, pace.used
		}
	}
	delete(l.hosts, oldest)
}

// pacedTransport asks the limiter before every request that goes out, so that
// redirects and retries count like any other. The allowance is asked last, so that
// nothing is taken from it for a request that its turn did not come for.
type pacedTransport struct {
	next    http.RoundTripper
	limiter HostLimiter
}

func (t *pacedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.turn(req); err != nil {
		return nil, err
	}
	// When a connection that was used before breaks without an answer, net/http sends the
	// request once more by itself. The site may have seen the first one, so the second
	// takes a turn and a call of its own.
	ctx, cancel := context.WithCancelCause(req.Context())
	sent := false
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		if !sent {
			sent = true
			return
		}
		if err := t.turn(req); err != nil {
			cancel(&refusedAgain{err})
		}
	}}
	resp, err := t.next.RoundTrip(req.WithContext(httptrace.WithClientTrace(ctx, trace)))
	var again *refusedAgain
	if err != nil && errors.As(context.Cause(ctx), &again) {
		return nil, again.err
	}
	return resp, err
}

// refusedAgain is why a request was not sent once more.
type refusedAgain struct{ err error }

func (e *refusedAgain) Error() string { return e.err.Error() }

func (t *pacedTransport) turn(req *http.Request) error {
	how := mannersOf(req.Context())
	if err := t.limiter.Wait(req.Context(), hostKey(req.URL), how.delay); err != nil {
		return err
	}
	if how.allowance != nil {
		return how.allowance(req.Context())
	}
	return nil
}
