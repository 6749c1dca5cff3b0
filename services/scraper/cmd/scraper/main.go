// Command scraper reads review sites. Its settings come from the environment; --help
// lists them.
package main

import (
	"context"
	"os"

	"github.com/bedside-health/bedside/libs/app"
	"github.com/bedside-health/bedside/services/scraper"
)

func main() {
	cfg := scraper.DefaultConfig()
	os.Exit(app.Main("scraper", &cfg, func(ctx context.Context, p app.Process) error {
		cfg.Logger, cfg.Registry, cfg.TracerProvider = p.Logger, p.Registry, p.TracerProvider
		return scraper.Run(ctx, cfg)
	}))
}
