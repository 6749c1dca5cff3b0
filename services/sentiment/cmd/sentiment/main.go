// Command sentiment runs the sentiment service with settings from its environment.
package main

import (
	"context"
	"os"

	"github.com/bedside-health/bedside/libs/app"
	"github.com/bedside-health/bedside/services/sentiment"
)

func main() {
	cfg := sentiment.DefaultConfig()
	os.Exit(app.Main("sentiment", &cfg, func(ctx context.Context, p app.Process) error {
		cfg.Logger, cfg.Registry, cfg.TracerProvider = p.Logger, p.Registry, p.TracerProvider
		return sentiment.Run(ctx, cfg)
	}))
}
