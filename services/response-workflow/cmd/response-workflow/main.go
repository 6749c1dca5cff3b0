// Command response-workflow runs the response-workflow service with settings from its environment.
package main

import (
	"context"
	"os"

	"github.com/bedside-health/bedside/libs/app"
	workflow "github.com/bedside-health/bedside/services/response-workflow"
)

func main() {
	cfg := workflow.DefaultConfig()
	os.Exit(app.Main("response-workflow", &cfg, func(ctx context.Context, p app.Process) error {
		cfg.Logger, cfg.Registry, cfg.TracerProvider = p.Logger, p.Registry, p.TracerProvider
		return workflow.Run(ctx, cfg)
	}))
}
