package sentiment

import (
	"context"
	"sync"
	"time"

	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/problem"
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
	book *lexicons.Book // nil where the analyzer was given
	open chan struct{}  // closes when book is there, and the first terms are or will not come soon
}

func newAnalyzers(cfg Config) *analyzers {
	return &analyzers{cfg: cfg, open: make(chan struct{})}
}

// build makes the engine. What the language model knows comes first: prose needs several
// times the memory of what is kept of it, and gives it back before the engine takes its own.
func (a *analyzers) build() error {
	if a.cfg.Analyzer != nil {
		return nil
	}
	lane := enrich.New()
	if err := lane.Load(a.cfg.Names); err != nil {
		return err
	}
	options := tagging.Options{Clauses: lane}
	if a.cfg.Names {
		options.Names = lane
	}
	engine, err := tagging.NewWith(options)
	if err != nil {
		return err
	}
	a.book, err = lexicons.New(lexicons.Config{
		Base:      engine,
		WithTerms: func(l review.Lexicon) (lexicons.Analyzer, error) { return engine.WithTerms(l) },
		Every:     a.cfg.TermsEvery, Logger: a.cfg.Logger, Registerer: a.cfg.Registry,
	})
	return err
}

// of is what the handler of messages asks, after wait.
func (a *analyzers) of(ctx context.Context, org string) bus.Analyzer {
	if a.book == nil {
		return a.cfg.Analyzer
	}
	return a.book.For(ctx, org)
}

// wait waits until reviews can be analysed. The only error is ctx's.
func (a *analyzers) wait(ctx context.Context) error {
	select {
	case <-a.open:
		return nil
	case <-ctx.Done():
		return problem.Wrap(problem.Unavailable, "interrupted", ctx.Err(), "wait for the rules")
	}
}

// admit opens once terms were read for the first time, or the patience for it ran out.
func (a *analyzers) admit(ctx context.Context) {
	defer close(a.open)
	patience := time.NewTimer(termsPatience)
	defer patience.Stop()
	select {
	case <-a.book.Read():
	case <-patience.C:
	case <-ctx.Done():
	}
}

// run builds the engine and reads terms until ctx ends. The group is joined meanwhile.
func (a *analyzers) run(ctx context.Context) error {
	if err := a.build(); err != nil {
		return err
	}
	if a.book == nil {
		close(a.open)
		return nil
	}
	var admitting sync.WaitGroup
	defer admitting.Wait()
	admitting.Go(func() { a.admit(ctx) })
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
