package sentiment

import (
	"context"
	"time"

	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/enrich"
	"github.com/bedside-health/bedside/services/sentiment/internal/bus"
	"github.com/bedside-health/bedside/services/sentiment/internal/lexicons"
	"github.com/bedside-health/bedside/services/sentiment/tagging"
)

// termsPatience is how long the first reviews wait for the terms of organizations: long
// enough for a store that is there, and no longer.
const termsPatience = 2 * time.Second

// analyzers gives each organization its analyzer.
type analyzers struct {
	cfg  Config
	book *lexicons.Book // nil where the analyzer was given, as is lane
	lane *enrich.Lane
}

func newAnalyzers(cfg Config) (*analyzers, error) {
	a := &analyzers{cfg: cfg}
	if cfg.Analyzer != nil {
		return a, nil
	}
	a.lane = enrich.New()
	options := tagging.Options{Clauses: a.lane}
	if cfg.Names {
		options.Names = a.lane
	}
	engine, err := tagging.NewWith(options)
	if err != nil {
		return nil, err
	}
	a.book, err = lexicons.New(lexicons.Config{
		Base:      engine,
		WithTerms: func(l review.Lexicon) (lexicons.Analyzer, error) { return engine.WithTerms(l) },
		Every:     cfg.TermsEvery, Logger: cfg.Logger, Registerer: cfg.Registry,
	})
	return a, err
}

// of is what the handler of messages asks.
func (a *analyzers) of(ctx context.Context, org string) bus.Analyzer {
	if a.book == nil {
		return a.cfg.Analyzer
	}
	return a.book.For(ctx, org)
}

// load loads the language model while the group is joined, so that the first reviews do
// not wait for it.
func (a *analyzers) load(context.Context) error {
	if a.lane != nil {
		a.lane.Load(a.cfg.Names)
	}
	return nil
}

// wait waits a moment for the first reading of terms.
func (a *analyzers) wait(ctx context.Context) {
	if a.book == nil {
		return
	}
	patience := time.NewTimer(termsPatience)
	defer patience.Stop()
	select {
	case <-a.book.Read():
	case <-patience.C:
	case <-ctx.Done():
	}
}

// follow reads terms until ctx ends.
func (a *analyzers) follow(ctx context.Context) error {
	if a.book == nil {
		return nil
	}
	backend := a.cfg.Backend
	defer func() {
		if backend != nil && a.cfg.Backend == nil {
			_ = backend.Close() // nothing was written
		}
	}()
	return a.book.Follow(ctx, func(ctx context.Context) (lexicons.Source, error) {
		if backend == nil {
			opened, err := connect.Open(ctx, a.cfg.URL.Reveal(), a.cfg.Logger)
			if err != nil {
				return nil, err
			}
			backend = opened
		}
		return lexicons.Open(ctx, backend)
	})
}
