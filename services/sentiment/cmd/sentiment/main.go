// Command sentiment runs the sentiment service with settings from its environment.
package main

import (
	"context"
	"os"
	"runtime/debug"

	"github.com/bedside-health/bedside/libs/app"
	"github.com/bedside-health/bedside/services/sentiment"
)

// memoryLimit is what the collector of garbage aims at, in bytes, unless GOMEMLIMIT says
// otherwise: what the process needs is less, and what is above it is loading the language
// model and long texts.
const memoryLimit = 58 << 20

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	cfg := sentiment.DefaultConfig()
	os.Exit(app.Main("sentiment", &cfg, func(ctx context.Context, p app.Process) error {
		cfg.Logger, cfg.Registry, cfg.TracerProvider = p.Logger, p.Registry, p.TracerProvider
		return sentiment.Run(ctx, cfg)
	}))
}
