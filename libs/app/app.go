// Package app is what every service's process has in common: structured logs,
// metrics and health endpoints, traces, and a graceful end.
//
// Nothing here is global: two services, or two instances of one, run in one process
// without knowing of each other. Only Main, which a binary calls last, installs a
// signal handler.
package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Group runs functions until one fails or ctx ends, then cancels and waits for all.
// The first error that is not a cancellation is returned.
type Group struct {
	ctx    context.Context //nolint:containedctx // the group's functions share it; that is what the group is for.
	cancel context.CancelFunc
	wg     sync.WaitGroup
	mu     sync.Mutex
	err    error
}

// NewGroup makes a group whose functions get a context derived from ctx.
func NewGroup(ctx context.Context) *Group {
	ctx, cancel := context.WithCancel(ctx)
	return &Group{ctx: ctx, cancel: cancel}
}

// Go starts a function under a name that its error is wrapped with. A function that
// returns nil before the context ends leaves the others running. It may be called by
// functions of the group too.
func (g *Group) Go(name string, f func(ctx context.Context) error) {
	g.wg.Go(func() {
		err := f(g.ctx)
		if err == nil {
			return
		}
		// Whoever ended the group is not the one that failed it.
		if errors.Is(err, context.Canceled) && g.ctx.Err() != nil {
			return
		}
		g.mu.Lock()
		if g.err == nil {
			g.err = fmt.Errorf("%s: %w", name, err)
		}
		g.mu.Unlock()
		g.cancel()
	})
}

// Wait waits for all functions.
func (g *Group) Wait() error {
	g.wg.Wait()
	g.cancel()
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}
