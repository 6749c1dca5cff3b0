// Command gateway runs the gateway with settings from its environment.
package main

import (
	"context"
	"os"
	_ "time/tzdata" // images have no time zones of their own

	"github.com/bedside-health/bedside/libs/app"
	"github.com/bedside-health/bedside/services/gateway"
)

func main() {
	cfg := gateway.DefaultConfig()
	os.Exit(app.Main("gateway", &cfg, func(ctx context.Context, p app.Process) error {
		cfg.Logger, cfg.Registry, cfg.TracerProvider = p.Logger, p.Registry, p.TracerProvider
		return gateway.Run(ctx, cfg)
	}))
}
