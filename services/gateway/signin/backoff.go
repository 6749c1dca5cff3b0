package signin

import (
	"container/list"
	"errors"
	"net/netip"
	"sync"
	"time"
)

// BackoffConfig bounds guessing. After Free failures in a row for one e-mail address
// from one network address, each further failure doubles the wait, from First to
// Most. A network address has a larger allowance over all e-mail addresses.
type BackoffConfig struct {
	Free        int
	FreeAddress int
	First       time.Duration
	Most        time.Duration
	// Remember is how many pairs are kept; beyond it the longest untouched goes.
	Remember int
}

// DefaultBackoff lets five guesses pass, then waits 2 s, 4 s ... 15 minutes.
func DefaultBackoff() BackoffConfig {
	return BackoffConfig{Free: 5, FreeAddress: 50, First: 2 * time.Second, Most: 15 * time.Minute, Remember: 20_000}
}

// Validate returns all faults joined.
func (c BackoffConfig) Validate() error {
	var faults []error
	if c.Free < 1 || c.FreeAddress < c.Free {
		faults = append(faults, errors.New("the free attempts must be positive, and more for an address than for a pair"))
	}
	if c.First <= 0 || c.Most < c.First {
		faults = append(faults, errors.New("the waits between attempts must be positive and ascending"))
	}
	if c.Remember < 2 {
		faults = append(faults, errors.New("at least two attempts must be remembered"))
	}
	return errors.Join(faults...)
}

// backoff remembers failures. An attempt counts as failed from its beginning until
// it succeeds, so that many at once gain nothing.
type backoff struct {
	cfg BackoffConfig
	now func() time.Time

	mu      sync.Mutex
	entries map[string]*list.Element
	recent  *list.List // of *failures, the longest untouched at the front
}

type failures struct {
	key   string
	count int
	last  time.Time
	until time.Time
}

func newBackoff(cfg BackoffConfig, now func() time.Time) *backoff {
	return &backoff{cfg: cfg, now: now, entries: map[string]*list.Element{}, recent: list.New()}
}

// attempt is one try to sign in.
type attempt struct {
	b             *backoff
	pair, address string
}

// begin counts an attempt, or says how long to wait before the next.
func (b *backoff) begin(email, address string) (attempt, time.Duration) {
	address = network(address)
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	a := attempt{b: b, pair: "pair\x00" + email + "\x00" + address, address: "address\x00" + address}
	if wait := max(b.wait(a.pair, now), b.wait(a.address, now)); wait > 0 {
		return a, wait
	}
	b.fail(a.pair, b.cfg.Free, now)
	b.fail(a.address, b.cfg.FreeAddress, now)
	return a, 0
}

func (b *backoff) wait(key string, now time.Time) time.Duration {
	element, found := b.entries[key]
	if !found {
		return 0
	}
	return max(0, element.Value.(*failures).until.Sub(now))
}

func (b *backoff) fail(key string, free int, now time.Time) {
	element, found := b.entries[key]
	if !found {
		if len(b.entries) >= b.cfg.Remember {
			oldest := b.recent.Front()
			delete(b.entries, oldest.Value.(*failures).key)
			b.recent.Remove(oldest)
		}
		element = b.recent.PushBack(&failures{key: key})
		b.entries[key] = element
	}
	b.recent.MoveToBack(element)
	f := element.Value.(*failures)
	// Failures are forgiven once twice the longest wait has passed since the last.
	if now.Sub(f.last) > 2*b.cfg.Most {
		f.count = 0
	}
	f.count++
	f.last = now
	if f.count >= free {
		f.until = now.Add(b.pause(f.count - free))
	}
}

func (b *backoff) pause(doublings int) time.Duration {
	pause := b.cfg.First
	for range doublings {
		if pause >= b.cfg.Most/2 {
			return b.cfg.Most
		}
		pause *= 2
	}
	return pause
}

// succeed forgets the failures of the pair; those of the network address shrink by
// this attempt only, so that one known password does not free the guessing of others.
func (a attempt) succeed() {
	a.b.mu.Lock()
	defer a.b.mu.Unlock()
	if element, found := a.b.entries[a.pair]; found {
		a.b.recent.Remove(element)
		delete(a.b.entries, a.pair)
	}
	a.b.take(a.address, a.b.cfg.FreeAddress)
}

// undo takes back an attempt that ended for no fault of the person.
func (a attempt) undo() {
	a.b.mu.Lock()
	defer a.b.mu.Unlock()
	a.b.take(a.pair, a.b.cfg.Free)
	a.b.take(a.address, a.b.cfg.FreeAddress)
}

func (b *backoff) take(key string, free int) {
	element, found := b.entries[key]
	if !found {
		return
	}
	f := element.Value.(*failures)
	f.count = max(0, f.count-1)
	if f.count < free {
		f.until = time.Time{}
	}
}

// network is the address itself for IPv4 and the /64 for IPv6, of which one visitor
// has all addresses.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().Is4() {
		return address
	}
	prefix, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}
