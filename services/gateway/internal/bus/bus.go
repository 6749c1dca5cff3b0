// Package bus brings what response-workflow announces to the browsers that watch.
// It promises nothing about what was announced while the brokers were away: live
// updates are hints, and the web app reads the list again when it comes back.
package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
)

// Config configures Follow.
type Config struct {
	Connection kafkaio.Connection
	// Publish hands a change on; it must not block.
	Publish func(events.ReviewChanged)
	// Ready is called once, if not nil, when changes are followed.
	Ready      func()
	Logger     *slog.Logger
	Registerer prometheus.Registerer // nil means no metrics
}

// Follow reads changes from now on until ctx ends.
func Follow(ctx context.Context, cfg Config) error {
	if cfg.Publish == nil || cfg.Logger == nil {
		return errors.New("follow changes: a receiver and a logger are required")
	}
	unreadable := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "bedside_gateway_changes_unreadable_total", Help: "Announced changes that could not be read.",
	})
	if cfg.Registerer != nil {
		if err := cfg.Registerer.Register(unreadable); err != nil {
			return fmt.Errorf("register metrics of changes: %w", err)
		}
	}
	return kafkaio.Tail(ctx, kafkaio.TailConfig{
		Connection: cfg.Connection, Topic: events.TopicReviewsChanged, Ready: cfg.Ready, Logger: cfg.Logger,
		Handle: func(m kafkaio.Message) {
			change, err := events.DecodeReviewChanged(m.Value)
			if err != nil {
				unreadable.Inc()
				cfg.Logger.WarnContext(ctx, "an announced change could not be read",
					"partition", m.Partition, "offset", m.Offset, "error", err)
				return
			}
			cfg.Publish(change)
		},
	})
}
