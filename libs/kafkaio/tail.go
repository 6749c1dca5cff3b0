package kafkaio

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/bedside-health/bedside/libs/problem"
)

// TailConfig configures a Tail.
type TailConfig struct {
	Connection Connection
	Topic      string
	// Handle gets messages published after Tail began; it must not block for long. It
	// is called by one goroutine at a time.
	Handle func(Message)
	// Ready is called, if not nil, once Tail's place in the topic is known: what is published from
	// then on is handled.
	Ready  func()
	Logger *slog.Logger
}

// tailWatch is how often Tail looks for partitions that were added or made anew.
const tailWatch = 5 * time.Second

// Tail reads all partitions of a topic from their ends, without a group, until ctx
// ends: every replica that tails sees every message. Messages may be missed around
// an outage, so it is for hints, not for work. It waits for a topic that does not
// exist yet and returns nil when ctx ends.
func Tail(ctx context.Context, cfg TailConfig) error {
	if cfg.Topic == "" || cfg.Handle == nil {
		return problem.New(problem.Invalid, "tail_config", "a tail needs a topic and a handler")
	}
	logger := orDiscard(cfg.Logger).With("topic", cfg.Topic)
	c, err := cfg.Connection.client()
	if err != nil {
		return err
	}
	defer c.Close()
	dialer, err := cfg.Connection.dialer()
	if err != nil {
		return err
	}
	t := &tail{cfg: cfg, logger: logger, dialer: dialer, messages: make(chan kafka.Message, 64), readers: map[partitionKey]*tailReader{}}
	defer t.stop()

	pause, say := backoff{min: 100 * time.Millisecond, max: tailWatch}, occasionally{every: 15 * time.Second}
	ready := false
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-t.messages:
			t.hand(m)
		case <-next.C:
			if err := t.follow(ctx, c, !ready); err != nil {
				if ctx.Err() == nil && say.now() {
					logger.WarnContext(ctx, "following the topic is retried", "error", err.Error(), "hint", cfg.Connection.hint())
				}
				next.Reset(pause.next())
				continue
			}
			pause.reset()
			next.Reset(tailWatch)
			if !ready && cfg.Ready != nil {
				cfg.Ready()
			}
			ready = true
		}
	}
}

// tail belongs to the goroutine that runs Tail; its readers only send to messages.
type tail struct {
	cfg      TailConfig
	logger   *slog.Logger
	dialer   *kafka.Dialer
	messages chan kafka.Message
	readers  map[partitionKey]*tailReader
	wg       sync.WaitGroup
}

type tailReader struct {
	cancel context.CancelFunc
	next   int64 // offset after the last message handed over
}

func (t *tail) hand(m kafka.Message) {
	if r := t.readers[partitionKey{m.Topic, m.Partition}]; r != nil {
		r.next = m.Offset + 1
	}
	t.cfg.Handle(fromKafka(m))
}

// follow starts a reader for every partition that has none, at its end when Tail
// begins and at its beginning for one added since. A partition that now ends before the reader's
// place was made anew and is followed from its beginning.
func (t *tail) follow(ctx context.Context, c *client, fromEnd bool) error {
	partitions, err := c.partitions(ctx, t.cfg.Topic)
	if err != nil {
		return err
	}
	keys := make([]partitionKey, 0, len(partitions))
	for _, p := range partitions {
		keys = append(keys, partitionKey{t.cfg.Topic, p})
	}
	all, err := c.bounds(ctx, keys)
	if err != nil {
		return err
	}
	for _, key := range keys {
		b := all[key]
		if r := t.readers[key]; r != nil {
			if r.next <= b.end {
				continue
			}
			r.cancel()
			t.start(ctx, key, b.first)
			continue
		}
		if fromEnd {
			t.start(ctx, key, b.end)
		} else {
			t.start(ctx, key, b.first)
		}
	}
	return nil
}

func (t *tail) start(ctx context.Context, key partitionKey, offset int64) {
	ctx, cancel := context.WithCancel(ctx)
	t.readers[key] = &tailReader{cancel: cancel, next: offset}
	reader := openReader(t.cfg.Connection, t.dialer, key, offset, 64, t.logger)
	t.wg.Go(func() {
		defer func() { _ = reader.Close() }()
		for {
			m, err := reader.FetchMessage(ctx)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				// The reader reconnects by itself, waiting longer each time.
				t.logger.DebugContext(ctx, "reading is retried", "partition", key.partition, "error", err.Error())
				continue
			}
			select {
			case t.messages <- m:
			case <-ctx.Done():
				return
			}
		}
	})
}

func (t *tail) stop() {
	for _, r := range t.readers {
		r.cancel()
	}
	t.wg.Wait()
}
