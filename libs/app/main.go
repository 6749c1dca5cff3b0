package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/bedside-health/bedside/libs/config"
)

// Process is what Main prepares for a service.
type Process struct {
	Logger *slog.Logger
	// Registry is the process's own, with the Go and process collectors.
	Registry       *prometheus.Registry
	TracerProvider TracerProvider
}

// Settings is a service's configuration, a pointer to a struct with env tags that
// embeds config.Telemetry.
type Settings interface{ TelemetrySettings() config.Telemetry }

// Main is the main function of a service: it reads settings from the environment (or
// prints them for --help), prepares logs, metrics and traces, and runs run with a context that
// ends on SIGINT or SIGTERM; a second signal kills the process at once. The result
// is the exit code: 0 after an orderly end, 1 when run failed, 2 for wrong settings. A main is
//
//	func main() {
//		cfg := sentiment.DefaultConfig()
//		os.Exit(app.Main("sentiment", &cfg, func(ctx context.Context, p app.Process) error {
//			cfg.Logger, cfg.Registerer, cfg.TracerProvider = p.Logger, p.Registry, p.TracerProvider
//			return sentiment.Run(ctx, cfg)
//		}))
//	}
func Main(service string, settings Settings, run func(ctx context.Context, p Process) error) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// Once shutting down has begun the next signal has its usual effect.
	context.AfterFunc(ctx, stop)
	return Execute(ctx, Invocation{
		Service: service, Settings: settings, Run: run,
		Args: os.Args[1:], Environ: os.Environ(), Stdout: os.Stdout, Stderr: os.Stderr,
	})
}

// Invocation is one run of a service's program.
type Invocation struct {
	Service        string
	Settings       Settings
	Run            func(ctx context.Context, p Process) error
	Args, Environ  []string
	Stdout, Stderr io.Writer
}

// Execute is Main with everything given: it ends when ctx ends and touches no signal,
// environment or standard stream.
func Execute(ctx context.Context, inv Invocation) int {
	if len(inv.Args) > 0 {
		return inv.info(inv.Args[0])
	}
	if err := config.Load(inv.Settings, inv.Environ, config.Prefix); err != nil {
		fmt.Fprintf(inv.Stderr, "%s: %v\n", inv.Service, err)
		return 2
	}
	telemetry := inv.Settings.TelemetrySettings()
	logger, err := NewLogger(inv.Stderr, inv.Service, telemetry.LogLevel)
	if err != nil {
		fmt.Fprintf(inv.Stderr, "%s: BEDSIDE_LOG_LEVEL: %v\n", inv.Service, err)
		return 2
	}
	provider, flush, err := TracesTo(ctx, inv.Service, telemetry.OTLPEndpoint, logger)
	if err != nil {
		fmt.Fprintf(inv.Stderr, "%s: %v\n", inv.Service, err)
		return 2
	}
	defer func() {
		bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		// Spans that cannot be delivered now are lost; that is no failure of the service.
		_ = flush(bound)
	}()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	logger.InfoContext(ctx, "starting", "version", Version())
	if err := inv.Run(ctx, Process{Logger: logger, Registry: registry, TracerProvider: provider}); err != nil {
		logger.ErrorContext(ctx, "ended with an error", "error", err.Error())
		return 1
	}
	logger.InfoContext(ctx, "ended")
	return 0
}

func (inv Invocation) info(arg string) int {
	switch arg {
	case "help", "-h", "-help", "--help":
		fmt.Fprintf(inv.Stdout, "%s reads its settings from the environment.\n\n", inv.Service)
		if err := config.WriteTable(inv.Stdout, inv.Settings); err != nil {
			fmt.Fprintf(inv.Stderr, "%s: %v\n", inv.Service, err)
			return 1
		}
		return 0
	case "version", "-version", "--version":
		fmt.Fprintln(inv.Stdout, inv.Service, Version())
		return 0
	}
	fmt.Fprintf(inv.Stderr, "%s takes no argument %q: its settings come from the environment, --help lists them\n", inv.Service, arg)
	return 2
}

// Version is the version control revision that the program was built from, or "unknown".
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, dirty := "unknown", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	return revision + dirty
}
