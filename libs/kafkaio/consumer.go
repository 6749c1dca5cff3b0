package kafkaio

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"
	"go.opentelemetry.io/otel/trace"

	"github.com/bedside-health/bedside/libs/problem"
)

// Handler handles a batch of messages of one partition, in order of their offsets.
// The answer is nil (all handled) or parallel to batch: nil for a handled message, an error for one
// that was not. problem.Retryable decides what happens then: the message is tried
// again with back-off (Attempts times, and without end while the kind is
// Unavailable), otherwise it goes to the dead-letter topic with its reason.
//
// A message under retry holds up its partition and no other. It comes again together with
// the handled messages of its batch that follow it and share its key, so that the last effect of
// a key is that of its last message. A handler that panics is called again with one
// message at a time, and the message that makes it panic is a dead letter.
//
// Handlers must be idempotent: a batch can come again after a crash or rebalance. They
// are called concurrently for different partitions and must not keep the batch. When ctx
// ends they should return soon: the messages they did not handle come again elsewhere.
// ctx carries the trace of the first message; TraceContext gives that of each.
type Handler func(ctx context.Context, batch []Message) []error

// ConsumerConfig configures a Consumer.
type ConsumerConfig struct {
	Connection Connection
	Group      string
	Topics     []string
	Handle     Handler
	// Producer writes dead letters (and is not closed by the consumer).
	Producer *Producer
	// MaxBatch and MaxWait bound how much is collected into one batch; 0 means 200 and 10 ms.
	MaxBatch int
	MaxWait  time.Duration
	// MaxBatchBytes ends a batch too, and ReadAhead is how many messages of each partition are
	// read while a batch is handled; 0 means 4 MiB and MaxBatch (at most 200). Together they
	// bound what long messages take of a small process.
	MaxBatchBytes, ReadAhead int
	// Attempts bounds tries of a message whose error is Retryable but not Unavailable; 0 means 5.
	Attempts int
	// DrainTimeout bounds how long the batch in hand may go on after Run's ctx ended; 0
	// means 10 s. After a rebalance began it is at most half a session.
	DrainTimeout time.Duration
	// Joined is called, if not nil, each time the consumer has become a member of its group.
	Joined     func()
	Logger     *slog.Logger
	Registerer prometheus.Registerer
	// TracerProvider makes a span of each batch; nil means none.
	TracerProvider trace.TracerProvider
}

const (
	maxBatchBytes     = 4 << 20
	sessionTimeout    = 6 * time.Second
	heartbeatInterval = time.Second
	fetchMaxWait      = 200 * time.Millisecond
	fetchMaxBytes     = 10 << 20
)

// timing is what tests shorten.
type timing struct {
	watch      time.Duration // between two looks at lag
	stall      time.Duration // a reader that got nothing for so long while there is lag is rebuilt
	groupStall time.Duration // the same for a member without partitions
	retryMin   time.Duration
	retryMax   time.Duration
}

// Consumer is a member of a consumer group.
type Consumer struct {
	cfg     ConsumerConfig
	logger  *slog.Logger
	metrics consumerMetrics
	tracer  trace.Tracer
	timing  timing
	health  health
	// rejoins counts memberships given up because partitions of others did not move; each
	// makes the next wait longer, because a partition may be held up for good reason. It
	// belongs to Run.
	rejoins int
}

// NewConsumer checks the configuration.
func NewConsumer(cfg ConsumerConfig) (*Consumer, error) {
	faults := []error{cfg.Connection.Validate()}
	missing := func(absent bool, what string) {
		if absent {
			faults = append(faults, problem.New(problem.Invalid, "consumer_config", "a consumer needs %s", what))
		}
	}
	missing(cfg.Group == "", "a group")
	missing(len(cfg.Topics) == 0, "a topic")
	missing(cfg.Handle == nil, "a handler")
	missing(cfg.Producer == nil, "a producer for dead letters")
	missing(cfg.MaxBatch < 0 || cfg.MaxWait < 0 || cfg.MaxBatchBytes < 0 || cfg.ReadAhead < 0 || cfg.Attempts < 0 || cfg.DrainTimeout < 0, "bounds that are not negative")
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if cfg.MaxBatch == 0 {
		cfg.MaxBatch = 200
	}
	if cfg.MaxBatchBytes == 0 {
		cfg.MaxBatchBytes = maxBatchBytes
	}
	if cfg.ReadAhead == 0 {
		cfg.ReadAhead = min(cfg.MaxBatch, 200)
	}
	if cfg.MaxWait == 0 {
		cfg.MaxWait = 10 * time.Millisecond
	}
	if cfg.Attempts == 0 {
		cfg.Attempts = 5
	}
	if cfg.DrainTimeout == 0 {
		cfg.DrainTimeout = 10 * time.Second
	}
	return &Consumer{
		cfg:     cfg,
		logger:  orDiscard(cfg.Logger).With("group", cfg.Group),
		metrics: newConsumerMetrics(cfg.Registerer),
		tracer:  tracer(cfg.TracerProvider),
		timing: timing{
			watch: 5 * time.Second, stall: 20 * time.Second, groupStall: time.Minute,
			retryMin: 100 * time.Millisecond, retryMax: 15 * time.Second,
		},
	}, nil
}

// Run consumes until ctx ends, then finishes the batch in hand, commits and
// returns nil. Outages of the brokers are waited out, and so are topics that do not
// exist yet. It must not be called twice at the same time.
func (c *Consumer) Run(ctx context.Context) error {
	client, err := c.cfg.Connection.client()
	if err != nil {
		return err
	}
	defer client.Close()
	dialer, err := c.cfg.Connection.dialer()
	if err != nil {
		return err
	}
	c.health.reset()
	defer c.health.left()
	for ctx.Err() == nil {
		// A member that joins before its topics exist is assigned nothing and stays so.
		if err := c.awaitTopics(ctx, client); err != nil {
			return nil //nolint:nilerr // awaitTopics fails only when ctx ended, which is an orderly end.
		}
		if err := c.member(ctx, client, dialer); err != nil {
			return err
		}
	}
	return nil
}

func (c *Consumer) awaitTopics(ctx context.Context, client *client) error {
	pause, say := backoff{min: 100 * time.Millisecond, max: 3 * time.Second}, occasionally{every: 15 * time.Second}
	for {
		var fault error
		for _, topic := range c.cfg.Topics {
			if _, err := client.partitions(ctx, topic); err != nil {
				fault = err
				break
			}
		}
		if fault == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.health.failed(fault)
		if say.now() {
			c.logger.WarnContext(ctx, "waiting for topics", "error", fault.Error(), "hint", c.cfg.Connection.hint())
		}
		if err := wait(ctx, pause.next()); err != nil {
			return err
		}
	}
}

// member joins the group and works through its generations until ctx ends or the
// group watchdog gives up on this membership.
func (c *Consumer) member(ctx context.Context, client *client, dialer *kafka.Dialer) error {
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID:                     c.cfg.Group,
		Brokers:                c.cfg.Connection.Brokers,
		Dialer:                 dialer,
		Topics:                 c.cfg.Topics,
		HeartbeatInterval:      heartbeatInterval,
		SessionTimeout:         sessionTimeout,
		RebalanceTimeout:       sessionTimeout,
		JoinGroupBackoff:       500 * time.Millisecond,
		WatchPartitionChanges:  true,
		PartitionWatchInterval: 5 * time.Second,
		StartOffset:            kafka.FirstOffset,
		Timeout:                requestTimeout,
		ErrorLogger:            quietLogger(c.logger),
	})
	if err != nil {
		return problem.Wrap(problem.Invalid, "consumer_config", err, "join group %s", c.cfg.Group)
	}
	// Closing waits for the generation's functions, so the workers are told to
	// stop before (their contexts derive from ctx and from the generation).
	defer func() { _ = group.Close() }()

	say := occasionally{every: 15 * time.Second}
	for {
		gen, err := group.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, kafka.RebalanceInProgress):
			continue
		case err != nil:
			c.health.failed(err)
			if say.now() {
				c.logger.WarnContext(ctx, "joining the group is retried", "error", err.Error(), "hint", c.cfg.Connection.hint())
			}
			continue
		}
		started := time.Now()
		if rejoin := c.generation(ctx, client, dialer, gen); rejoin || ctx.Err() != nil {
			return nil
		}
		// Generations that end as soon as they begin (a topic deleted, a
		// coordinator that moves) must not become a busy loop.
		if time.Since(started) < time.Second {
			if wait(ctx, 500*time.Millisecond) != nil {
				return nil
			}
		}
	}
}

// generation works on one assignment until the generation or ctx ends. It
// reports true when the membership should be built anew.
func (c *Consumer) generation(ctx context.Context, client *client, dialer *kafka.Dialer, gen *kafka.Generation) (rejoin bool) {
	joined := time.Now()
	ended := make(chan struct{})
	release := make(chan struct{})
	// The generation ends when a function started by it returns, so the only one that
	// is started waits for all workers and, after ctx ended, for this function's own end:
	// otherwise the group would join again instead of leaving.
	var work sync.WaitGroup
	genCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	gen.Start(func(inner context.Context) {
		<-inner.Done()
		close(ended)
		cancel()
		<-release
	})
	defer close(release)

	commits := newCommitter(gen.CommitOffsets)
	var workers []*worker
	for topic, assignments := range gen.Assignments {
		for _, a := range assignments {
			w := newWorker(c, client, dialer, commits, ended, topic, a)
			workers = append(workers, w)
			work.Add(1)
			go func() {
				defer work.Done()
				w.run(genCtx, ctx)
			}()
		}
	}
	c.health.joined()
	if c.cfg.Joined != nil {
		c.cfg.Joined()
	}
	c.logger.InfoContext(ctx, "joined the group", "generation", gen.ID, "partitions", len(workers))
	patience := c.timing.groupStall << min(c.rejoins, 4)
	watchDone := make(chan bool, 1)
	go func() {
		rejoin := c.watch(genCtx, client, workers, patience)
		if rejoin {
			cancel()
		}
		watchDone <- rejoin
	}()
	work.Wait()
	if len(workers) == 0 {
		<-genCtx.Done()
	}
	rejoin = <-watchDone
	if rejoin {
		c.rejoins++
	} else if time.Since(joined) > 4*patience {
		c.rejoins = 0
	}
	for _, w := range workers {
		c.metrics.lag.DeleteLabelValues(c.cfg.Group, w.key.topic, w.label)
	}
	select {
	case <-ended:
		c.health.between()
		c.logger.InfoContext(ctx, "group generation ended", "generation", gen.ID)
	default:
	}
	return rejoin
}

// Ready is nil while the consumer is a member of its group and its last exchange with
// the brokers went well, else says what is wrong. A rebalance does not make it fail unless it
// takes longer than ten seconds.
func (c *Consumer) Ready() error { return c.health.ready() }
