// Package lexicons gives every organization the analyzer that knows its own terms.
// It follows the lexicons in the store, where the gateway writes them.
//
// It promises that no text waits for the store longer than a moment: what was read
// last counts while the store is away, and the rules alone count where nothing was
// read yet. An analysis without the terms says so by its version, which is lower, so
// that tagging history anew mends it. Memory is bounded however many organizations
// have terms.
package lexicons

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
)

const (
	// DefaultKeep is how many organizations' analyzers are held; one takes up to some
	// 200 KB with as many terms as are allowed.
	DefaultKeep = 128
	// overlap is how far each look goes back behind the last change seen: the clocks
	// of those who write lexicons differ.
	overlap = 2 * time.Minute
	// wholeEvery is how often all lexicons are looked through, for what a clock further off hid.
	wholeEvery   = 10 * time.Minute
	lookPatience = 30 * time.Second
	// fetchPatience bounds how long a text waits for its organization's terms, and
	// awayFor how long nobody asks again after the store did not answer.
	fetchPatience = time.Second
	awayFor       = 3 * time.Second
)

// Analyzer says what a text is about.
type Analyzer interface {
	Analyze(text string) review.Analysis
	Version() string
}

// Source reads lexicons. Errors mean that the store is away.
type Source interface {
	// Changed calls f for each lexicon changed at or after since, in the order of change.
	Changed(ctx context.Context, since time.Time, f func(collections.Lexicon)) error
	// Lexicon is an organization's; one that is not there has revision 0.
	Lexicon(ctx context.Context, org string) (review.Lexicon, error)
}

// Config is what New needs. All but Registerer and Keep are required.
type Config struct {
	// Base analyses where there are no terms.
	Base Analyzer
	// WithTerms makes an analyzer that knows terms beside what Base knows.
	WithTerms func(review.Lexicon) (Analyzer, error)
	// Every is how often changes are looked for.
	Every time.Duration
	// Keep is how many analyzers are held; 0 means DefaultKeep.
	Keep       int
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Book knows the analyzer of every organization. It is safe for concurrent use.
type Book struct {
	cfg     Config
	metrics metrics
	read    chan struct{} // closes when lexicons were read for the first time
	now     func() time.Time

	mu        sync.Mutex
	source    Source         // nil until the store is open
	revisions map[string]int // of every organization with terms, as last read
	kept      cache
	awayUntil time.Time // the store is not asked before
}

// New makes a Book that knows nothing yet.
func New(cfg Config) (*Book, error) {
	if cfg.Base == nil || cfg.WithTerms == nil || cfg.Every <= 0 || cfg.Keep < 0 || cfg.Logger == nil {
		return nil, problem.New(problem.Invalid, "lexicons_config", "lexicons need an analyzer, a way to give it terms, a time between looks and a logger")
	}
	if cfg.Keep == 0 {
		cfg.Keep = DefaultKeep
	}
	return &Book{
		cfg: cfg, metrics: newMetrics(cfg.Registerer), read: make(chan struct{}), now: time.Now,
		revisions: map[string]int{}, kept: newCache(cfg.Keep),
	}, nil
}

// Read closes when lexicons were read for the first time.
func (b *Book) Read() <-chan struct{} { return b.read }

// For is the analyzer of an organization's texts.
func (b *Book) For(ctx context.Context, org string) Analyzer {
	b.mu.Lock()
	revision, source := b.revisions[org], b.source
	e := b.kept.get(org)
	away := source == nil || b.now().Before(b.awayUntil)
	b.mu.Unlock()
	switch {
	case e != nil:
		return b.compiled(ctx, e)
	case revision == 0:
		if !b.wasRead() {
			b.metrics.without.WithLabelValues("unread").Inc()
		}
		return b.cfg.Base
	case away:
		b.metrics.without.WithLabelValues("store").Inc()
		return b.cfg.Base
	}
	bound, cancel := context.WithTimeout(ctx, fetchPatience)
	defer cancel()
	l, err := source.Lexicon(bound, org)
	b.mu.Lock()
	if err != nil {
		b.awayUntil = b.now().Add(awayFor)
		b.mu.Unlock()
		b.metrics.without.WithLabelValues("store").Inc()
		return b.cfg.Base
	}
	e = b.kept.put(&entry{org: org, lexicon: l})
	b.mu.Unlock()
	return b.compiled(ctx, e)
}

func (b *Book) wasRead() bool {
	select {
	case <-b.read:
		return true
	default:
		return false
	}
}

// compiled is the analyzer of an entry, made at its first use.
func (b *Book) compiled(ctx context.Context, e *entry) Analyzer {
	e.once.Do(func() {
		e.analyzer = b.cfg.Base
		if e.lexicon.Revision == 0 {
			return
		}
		analyzer, err := b.cfg.WithTerms(e.lexicon)
		if err != nil {
			// Whoever wrote it checked it; a review must not wait for its repair.
			b.metrics.faulty.Inc()
			b.cfg.Logger.ErrorContext(ctx, "an organization's terms cannot be used", "org_id", e.org, "revision", e.lexicon.Revision)
			return
		}
		e.analyzer = analyzer
		e.lexicon.Terms, e.lexicon.Topics = nil, nil
	})
	return e.analyzer
}

// Follow reads lexicons until ctx ends: all of them first, then what changed. open
// opens the store; it is tried until it succeeds. The only error is that of an open that
// no repetition mends (problem.Invalid).
func (b *Book) Follow(ctx context.Context, open func(context.Context) (Source, error)) error {
	source, err := b.open(ctx, open)
	if source == nil {
		return err
	}
	tick := time.NewTicker(b.cfg.Every)
	defer tick.Stop()
	var newest, whole time.Time
	failing := false
	for {
		since := newest.Add(-overlap)
		now := b.now()
		if now.Sub(whole) >= wholeEvery {
			since = time.Time{}
		}
		latest, err := b.look(ctx, source, since)
		switch {
		case err == nil:
			if since.IsZero() {
				whole = now
			}
			// A change dated in the future must not hide those that come before then.
			if latest.After(now) {
				latest = now
			}
			if latest.After(newest) {
				newest = latest
			}
			if !b.wasRead() {
				close(b.read)
			}
			b.metrics.readAt.Set(float64(now.UnixMilli()) / 1000)
			failing = false
		case ctx.Err() == nil && !failing:
			failing = true
			b.cfg.Logger.WarnContext(ctx, "own terms of organizations cannot be read; what was read last counts", "error", err.Error())
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// open opens the store, or gives nil when ctx ended.
func (b *Book) open(ctx context.Context, open func(context.Context) (Source, error)) (Source, error) {
	pause := time.NewTicker(b.cfg.Every)
	defer pause.Stop()
	for said := false; ; said = true {
		source, err := open(ctx)
		if err == nil {
			b.mu.Lock()
			b.source = source
			b.mu.Unlock()
			return source, nil
		}
		if problem.KindOf(err) == problem.Invalid {
			return nil, err
		}
		if !said && ctx.Err() == nil {
			b.cfg.Logger.WarnContext(ctx, "the store of own terms cannot be opened yet; the rules alone count", "error", err.Error())
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return nil, nil
		}
	}
}

// look takes over what changed and returns the time of the latest change.
func (b *Book) look(ctx context.Context, source Source, since time.Time) (latest time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	err = source.Changed(ctx, since, func(l collections.Lexicon) {
		if l.UpdatedAt.After(latest) {
			latest = l.UpdatedAt
		}
		b.learn(l.OrgID, l.Lexicon)
	})
	return latest, err
}

// learn notes an organization's lexicon and keeps it ready while there is room.
func (b *Book) learn(org string, l review.Lexicon) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.awayUntil = time.Time{}
	if known, ok := b.revisions[org]; ok && known == l.Revision {
		return
	}
	b.revisions[org] = l.Revision
	b.metrics.organizations.Set(float64(len(b.revisions)))
	b.kept.renew(&entry{org: org, lexicon: l})
}
