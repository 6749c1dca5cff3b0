package findings

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
)

// Once compares everything once.
func Once(c *Comparer, ctx context.Context) error { return c.once(ctx) } //nolint:revive // reads like the method

// Gauge is what the metric tells.
func Gauge(c *Comparer) prometheus.Collector { return c.open }
