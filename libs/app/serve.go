package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/bedside-health/bedside/libs/problem"
)

// ServeConfig configures Serve.
type ServeConfig struct {
	Listen  string // host:port; port 0 picks one
	Handler http.Handler
	Logger  *slog.Logger
	// Ready is called once with the bound address.
	Ready func(addr net.Addr)
	// Admin is drained first when ctx ends; then Serve waits DrainDelay so that load
	// balancers take note, then stops accepting and waits up to DrainTimeout.
	Admin        *Admin
	DrainDelay   time.Duration
	DrainTimeout time.Duration // 0 means 10 s
}

// drainingKey finds the channel of Draining in a request's context.
type drainingKey struct{}

// Serve serves HTTP until ctx ends, then drains. It returns nil after an orderly end, and
// problem.Unavailable when requests had to be cut off. Requests' contexts do not end
// when draining begins; streams select on Draining(ctx) to close by themselves. It closes when
// Serve stops accepting, so that who comes back reaches another replica.
func Serve(ctx context.Context, cfg ServeConfig) error {
	if cfg.Handler == nil {
		return problem.New(problem.Invalid, "serve_config", "a server needs a handler")
	}
	if cfg.DrainTimeout == 0 {
		cfg.DrainTimeout = 10 * time.Second
	}
	logger := cfg.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return problem.Wrap(problem.Unavailable, "listen", err, "listen on %s", cfg.Listen)
	}
	draining := make(chan struct{})
	base, cut := context.WithCancel(context.WithValue(context.WithoutCancel(ctx), drainingKey{}, (<-chan struct{})(draining)))
	defer cut()
	server := &http.Server{
		Handler:           cfg.Handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return base },
		// net/http's own lines are about single clients' connections.
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	logger.InfoContext(ctx, "listening", "addr", listener.Addr().String())
	if cfg.Ready != nil {
		cfg.Ready(listener.Addr())
	}
	select {
	case err := <-failed:
		return problem.Wrap(problem.Internal, "serve", err, "serve on %s", cfg.Listen)
	case <-ctx.Done():
	}
	if cfg.Admin != nil {
		cfg.Admin.Drain()
	}
	delay := time.NewTimer(cfg.DrainDelay)
	defer delay.Stop()
	select {
	case err := <-failed:
		return problem.Wrap(problem.Internal, "serve", err, "serve on %s", cfg.Listen)
	case <-delay.C:
	}
	close(draining)
	bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.DrainTimeout)
	defer cancel()
	err = server.Shutdown(bound)
	if err != nil {
		cut()
		_ = server.Close()
	}
	if serveErr := <-failed; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	if err != nil {
		return problem.Wrap(problem.Unavailable, "drain", err, "requests on %s were cut off after %s", listener.Addr(), cfg.DrainTimeout)
	}
	logger.InfoContext(ctx, "stopped listening", "addr", listener.Addr().String())
	return nil
}

// Draining returns a channel that closes when the server that serves ctx's request
// stops accepting. For a context of no such server it is nil, which never closes.
func Draining(ctx context.Context) <-chan struct{} {
	draining, _ := ctx.Value(drainingKey{}).(<-chan struct{})
	return draining
}
