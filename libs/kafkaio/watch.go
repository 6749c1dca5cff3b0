package kafkaio

import (
	"context"
	"errors"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/bedside-health/bedside/libs/problem"
)

// watch looks at the lag of every partition of this generation until ctx ends. A
// reader that got nothing for a while although there are messages is rebuilt; one
// whose position is beyond the partition's end reads again from the beginning. It reports true
// when partitions that are not this member's have lag and do not move for patience: nobody may
// have them, and joining again makes the group share them out anew.
func (c *Consumer) watch(ctx context.Context, client *client, workers []*worker, patience time.Duration) (rejoin bool) {
	keys := make([]partitionKey, len(workers))
	for i, w := range workers {
		keys[i] = w.key
	}
	beyond := map[partitionKey]int{}
	own := map[partitionKey]bool{}
	for _, key := range keys {
		own[key] = true
	}
	group := groupWatch{stall: patience, own: own}
	next := time.Now()
	say := occasionally{every: 15 * time.Second}
	for wait(ctx, c.timing.watch) == nil {
		if !time.Now().Before(next) {
			next = time.Now().Add(patience / 4)
			stuck, err := group.stuck(ctx, client, c.cfg.Group, c.cfg.Topics)
			if err != nil && ctx.Err() == nil {
				c.health.failed(err)
				continue
			}
			if stuck {
				c.metrics.restarts.WithLabelValues(c.cfg.Group, c.cfg.Topics[0], "group").Inc()
				c.logger.WarnContext(ctx, "partitions of other members do not move, so this member joins again")
				return true
			}
		}
		if len(workers) == 0 {
			c.health.ok()
			continue
		}
		all, err := client.bounds(ctx, keys)
		if err != nil {
			if ctx.Err() == nil {
				c.health.failed(err)
				if say.now() {
					c.logger.WarnContext(ctx, "looking at the lag is retried", "error", err.Error(), "hint", c.cfg.Connection.hint())
				}
			}
			continue
		}
		c.health.ok()
		for _, w := range workers {
			w.look(ctx, all[w.key], beyond)
		}
	}
	return false
}

// look compares a worker's position with the partition's bounds.
func (w *worker) look(ctx context.Context, b bounds, beyond map[partitionKey]int) {
	next, done := w.next.Load(), w.done.Load()
	if next < 0 {
		return
	}
	w.c.metrics.lag.WithLabelValues(w.c.cfg.Group, w.key.topic, w.label).Set(float64(max(b.end-done, 0)))
	// An end that is behind may be an answer older than the reader's last fetch,
	// so it has to be seen twice.
	if next > b.end {
		if beyond[w.key]++; beyond[w.key] >= 2 {
			delete(beyond, w.key)
			w.truncated(ctx, next, b)
			w.order(restart{offset: b.first})
		}
		return
	}
	delete(beyond, w.key)
	since := w.idle.Load()
	if since == 0 || b.end <= next {
		return
	}
	if quiet := time.Since(time.Unix(0, since)); quiet >= w.c.timing.stall {
		w.c.metrics.restarts.WithLabelValues(w.c.cfg.Group, w.key.topic, "stalled").Inc()
		w.logger.WarnContext(ctx, "the reader got nothing although there are messages, so it is rebuilt", "offset", next, "end", b.end, "quiet", quiet.String())
		w.order(restart{offset: max(next, b.first)})
	}
}

// groupWatch remembers how far the other members of a group had come.
type groupWatch struct {
	stall time.Duration
	own   map[partitionKey]bool // left out
	sum   int64
	since time.Time
}

// stuck reports whether the others have lag and committed nothing for the stall time.
func (g *groupWatch) stuck(ctx context.Context, client *client, group string, topics []string) (bool, error) {
	var keys []partitionKey
	ask := map[string][]int{}
	for _, topic := range topics {
		partitions, err := client.partitions(ctx, topic)
		if err != nil {
			return false, err
		}
		for _, p := range partitions {
			if key := (partitionKey{topic, p}); !g.own[key] {
				keys = append(keys, key)
				ask[topic] = append(ask[topic], p)
			}
		}
	}
	if len(keys) == 0 {
		return false, nil
	}
	all, err := client.bounds(ctx, keys)
	if err != nil {
		return false, err
	}
	res, err := client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: ask})
	if err != nil {
		return false, problem.Wrap(problem.Unavailable, "kafka_unavailable", err, "ask Kafka for the commits of group %s", group)
	}
	// Like CreateTopics, the call succeeds where its answer tells of a failure. A
	// group that does not exist yet has committed nothing.
	if res.Error != nil && !errors.Is(res.Error, kafka.GroupIdNotFound) {
		return false, problem.Wrap(problem.Unavailable, "kafka_unavailable", res.Error, "ask Kafka for the commits of group %s", group)
	}
	committed := map[partitionKey]int64{}
	for topic, partitions := range res.Topics {
		for _, p := range partitions {
			if p.Error != nil {
				return false, problem.Wrap(problem.Unavailable, "kafka_unavailable", p.Error, "ask Kafka for the commits of group %s", group)
			}
			committed[partitionKey{topic, p.Partition}] = p.CommittedOffset
		}
	}
	var sum, lag int64
	for key, b := range all {
		at := max(committed[key], b.first)
		sum += at
		lag += max(b.end-at, 0)
	}
	now := time.Now()
	if lag == 0 || sum != g.sum || g.since.IsZero() {
		g.sum, g.since = sum, now
		return false, nil
	}
	return now.Sub(g.since) >= g.stall, nil
}
