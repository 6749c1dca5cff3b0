package kafkaio

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff gives growing waits with jitter, so that replicas that failed together
// do not come back together.
type backoff struct {
	min, max time.Duration
	tries    int
}

func (b *backoff) next() time.Duration {
	d := b.min << min(b.tries, 16)
	if d > b.max || d <= 0 {
		d = b.max
	}
	b.tries++
	return d/2 + rand.N(d/2+1)
}

func (b *backoff) reset() { b.tries = 0 }

// wait waits for d or until ctx ends, whichever is first, and returns ctx's error then.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// occasionally lets the first and then one in every interval through, so that an
// outage is a line a while and not a line a retry. It belongs to one goroutine.
type occasionally struct {
	every time.Duration
	last  time.Time
}

func (o *occasionally) now() bool {
	if t := time.Now(); o.last.IsZero() || t.Sub(o.last) >= o.every {
		o.last = t
		return true
	}
	return false
}
