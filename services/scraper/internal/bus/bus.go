// Package bus publishes what the scraper observed. When a call returns without an
// error, all in-sync replicas of the broker have every event that was not refused.
package bus

import (
	"context"
	"fmt"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
)

// Bus publishes events. It is safe for concurrent use.
type Bus struct{ producer *kafkaio.Producer }

// New makes a Bus on a producer, which it does not close.
func New(producer *kafkaio.Producer) *Bus {
	return &Bus{producer: producer}
}

// Collected publishes observations of reviews. Those that can never be published,
// because they break the rules of the event or are too large, are left out; refused
// lists their places in batch. After an error any of the others may or may not be
// published.
func (b *Bus) Collected(ctx context.Context, batch []*events.ReviewCollected) (refused []int, err error) {
	messages := make([]kafkaio.Message, 0, len(batch))
	for i, event := range batch {
		m, err := kafkaio.EventMessage(event)
		if err != nil {
			refused = append(refused, i)
			continue
		}
		messages = append(messages, m)
	}
	if err := b.producer.Publish(ctx, messages...); err != nil {
		return refused, fmt.Errorf("publish %d observations: %w", len(messages), err)
	}
	return refused, nil
}

// Observed publishes what a site shows about a practice.
func (b *Bus) Observed(ctx context.Context, event *events.ListingObserved) error {
	m, err := kafkaio.EventMessage(event)
	if err != nil {
		return err
	}
	if err := b.producer.Publish(ctx, m); err != nil {
		return fmt.Errorf("publish the facts of a listing: %w", err)
	}
	return nil
}
