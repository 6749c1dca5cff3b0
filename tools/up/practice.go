package up

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/services/gateway/bootstrap"
	"github.com/bedside-health/bedside/services/scraper"
)

// practice is the organization that Bedside starts with: one's own, or the demo's.
type practice struct {
	plan *bootstrap.Plan
	demo *demo // nil without demo
}

// prepare reads the set-up file or starts the demo's simulator.
func prepare(ctx context.Context, cfg Config, logger *slog.Logger, ends *cleanups) (practice, error) {
	if cfg.Setup == "" {
		d, err := startDemo(ctx, cfg, logger, ends)
		if err != nil {
			return practice{}, err
		}
		return practice{plan: d.plan, demo: d}, nil
	}
	file, err := os.Open(cfg.Setup)
	if err != nil {
		return practice{}, fmt.Errorf("open the set-up file: %w", err)
	}
	defer file.Close()
	plan, err := bootstrap.Load(file)
	if err != nil {
		return practice{}, fmt.Errorf("%s: %w", cfg.Setup, err)
	}
	p := practice{plan: plan}
	if p.administrator().Email == "" {
		return practice{}, fmt.Errorf("%s: name at least one person with role administrator and a password, or nobody can sign in to add others", cfg.Setup)
	}
	return p, nil
}

// administrator is the first one of the plan; empty if there is none.
func (p practice) administrator() bootstrap.Person {
	for _, person := range p.plan.People {
		if person.Role == collections.Administrator {
			return person
		}
	}
	return bootstrap.Person{}
}

// tune lets the demo be watched: its simulator may be read, often.
func (p practice) tune(c *scraper.Config) {
	if p.demo != nil {
		p.demo.tune(c)
		return
	}
	if c.Contact == "" {
		c.Contact = "mailto:" + p.administrator().Email
	}
}
