package kafkaio

import (
	"context"
	"slices"
	"time"

	"github.com/bedside-health/bedside/libs/problem"
)

// readPatience is how long a partition may give nothing before its end is reached.
const readPatience = 15 * time.Second

// ReadTopic calls f for every message that a topic holds when it is called,
// partition after partition, in order of their offsets, outside of any group. An error of f
// ends it and is returned. A topic that does not exist is problem.NotFound.
func ReadTopic(ctx context.Context, conn Connection, topic string, f func(Message) error) error {
	within, err := topicBounds(ctx, conn, topic)
	if err != nil {
		return err
	}
	return readRanges(ctx, conn, within, f)
}

func topicBounds(ctx context.Context, conn Connection, topic string) (map[partitionKey]bounds, error) {
	c, err := conn.client()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	partitions, err := c.partitions(ctx, topic)
	if err != nil {
		return nil, err
	}
	keys := make([]partitionKey, 0, len(partitions))
	for _, p := range partitions {
		keys = append(keys, partitionKey{topic, p})
	}
	return c.bounds(ctx, keys)
}

// readRanges reads each partition from its first offset to its end.
func readRanges(ctx context.Context, conn Connection, within map[partitionKey]bounds, f func(Message) error) error {
	keys := make([]partitionKey, 0, len(within))
	for key := range within {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b partitionKey) int { return a.partition - b.partition })
	for _, key := range keys {
		if err := readRange(ctx, conn, key, within[key], f); err != nil {
			return err
		}
	}
	return nil
}

func readRange(ctx context.Context, conn Connection, key partitionKey, b bounds, f func(Message) error) error {
	if b.first >= b.end {
		return nil
	}
	dialer, err := conn.dialer()
	if err != nil {
		return err
	}
	reader := openReader(conn, dialer, key, b.first, 200, orDiscard(nil))
	defer func() { _ = reader.Close() }()
	for {
		m, err := fetchWithin(ctx, reader.FetchMessage, readPatience)
		if err != nil {
			return problem.Wrap(problem.Unavailable, "kafka_unavailable", err, "read %s/%d", key.topic, key.partition)
		}
		if m.Offset < b.end {
			if err := f(fromKafka(m)); err != nil {
				return err
			}
		}
		if m.Offset >= b.end-1 {
			return nil
		}
	}
}

// fetchWithin is fetch with a bound of its own.
func fetchWithin[M any](ctx context.Context, fetch func(context.Context) (M, error), patience time.Duration) (M, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return fetch(ctx)
}
