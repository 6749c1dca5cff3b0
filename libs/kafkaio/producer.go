package kafkaio

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/bedside-health/bedside/libs/problem"
)

// ProducerConfig configures a Producer.
type ProducerConfig struct {
	Connection Connection
	Logger     *slog.Logger
	Registerer prometheus.Registerer // nil means no metrics
	// TracerProvider makes a span of each Publish; nil means none. The caller's
	// trace travels in the headers either way.
	TracerProvider trace.TracerProvider
	// MaxMessageBytes refuses larger messages before they are sent; 0 means 1 MiB.
	MaxMessageBytes int
}

// Producer publishes with acks=all. It is safe for concurrent use. Messages with the
// same key go to the same partition, by the hash that Java producers use.
type Producer struct {
	conn      Connection
	writer    *kafka.Writer
	transport *kafka.Transport
	logger    *slog.Logger
	metrics   producerMetrics
	tracer    trace.Tracer
	maxBytes  int
}

// NewProducer makes a producer; it does not connect yet.
func NewProducer(cfg ProducerConfig) (*Producer, error) {
	if err := cfg.Connection.Validate(); err != nil {
		return nil, err
	}
	if cfg.MaxMessageBytes < 0 {
		return nil, problem.New(problem.Invalid, "max_message_bytes_invalid", "MaxMessageBytes must not be negative")
	}
	if cfg.MaxMessageBytes == 0 {
		cfg.MaxMessageBytes = DefaultMaxMessageBytes
	}
	transport, err := cfg.Connection.transport()
	if err != nil {
		return nil, err
	}
	logger := orDiscard(cfg.Logger)
	return &Producer{
		conn:      cfg.Connection,
		transport: transport,
		writer: &kafka.Writer{
			Addr:         kafka.TCP(cfg.Connection.Brokers...),
			Transport:    transport,
			Balancer:     kafka.Murmur2Balancer{},
			RequiredAcks: kafka.RequireAll,
			// zstd takes a fifth less room, but its buffers cost a small process over 100 MB.
			Compression: kafka.Snappy,
			BatchSize:   200,
			// One message with a dead letter's headers must always fit.
			BatchBytes:      int64(cfg.MaxMessageBytes + deadLetterHeaderBytes),
			BatchTimeout:    time.Millisecond,
			MaxAttempts:     3,
			WriteBackoffMin: 20 * time.Millisecond,
			WriteBackoffMax: 200 * time.Millisecond,
			ReadTimeout:     requestTimeout,
			WriteTimeout:    requestTimeout,
			ErrorLogger:     quietLogger(logger),
		},
		logger:   logger,
		metrics:  newProducerMetrics(cfg.Registerer),
		tracer:   tracer(cfg.TracerProvider),
		maxBytes: cfg.MaxMessageBytes,
	}, nil
}

// Publish stores all messages or returns an error; after an error any of them may
// or may not be stored, so the caller publishes all again and consumers tell by
// id. Transient faults are retried with back-off until ctx ends, which is
// problem.Unavailable then. A message that is too large is problem.TooLarge and
// nothing of the call is sent. Messages of one call that share a key are stored in
// the order given. The trace of ctx travels in the headers, except in messages that
// carry one already.
func (p *Producer) Publish(ctx context.Context, messages ...Message) error {
	for i, m := range messages {
		if m.Topic == "" {
			return problem.New(problem.Invalid, "topic_missing", "message %d of %d has no topic", i+1, len(messages))
		}
		if n := messageSize(m); n > p.maxBytes {
			return problem.New(problem.TooLarge, "message_too_large", "message %d of %d for %s has %d bytes, more than the %d allowed", i+1, len(messages), m.Topic, n, p.maxBytes)
		}
	}
	return p.publish(ctx, messages)
}

// publish is Publish without the check of sizes, for dead letters.
func (p *Producer) publish(ctx context.Context, messages []Message) (err error) {
	if len(messages) == 0 {
		return nil
	}
	topic := messages[0].Topic
	ctx, span := startPublish(ctx, p.tracer, messages)
	started := time.Now()
	defer func() {
		p.metrics.duration.WithLabelValues(topic).Observe(time.Since(started).Seconds())
		if err != nil {
			p.metrics.refused.WithLabelValues(topic, string(problem.KindOf(err))).Inc()
			span.SetStatus(codes.Error, string(problem.KindOf(err)))
		}
		span.End()
	}()

	carried := TraceHeaders(ctx)
	left := make([]kafka.Message, len(messages))
	for i, m := range messages {
		extra := carried
		if m.Headers["traceparent"] != "" {
			extra = nil
		}
		left[i] = toKafka(m, extra)
	}
	pause, say := backoff{min: 20 * time.Millisecond, max: 2 * time.Second}, occasionally{every: 15 * time.Second}
	for {
		err := p.writer.WriteMessages(ctx, left...)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return problem.Wrap(problem.Unavailable, "publish_interrupted", ctx.Err(), "publish to %s", topic)
		}
		if lasting := lastingFault(err, topic); lasting != nil {
			return lasting
		}
		left = unsent(left, err)
		p.metrics.retries.WithLabelValues(topic).Inc()
		if say.now() {
			p.logger.WarnContext(ctx, "publishing is retried", "topic", topic, "messages", len(left), "error", firstFault(err).Error(), "hint", p.conn.hint())
		}
		if wait(ctx, pause.next()) != nil {
			return problem.Wrap(problem.Unavailable, "publish_interrupted", firstFault(err), "publish to %s", topic)
		}
	}
	for _, m := range messages {
		p.metrics.published.WithLabelValues(m.Topic).Inc()
	}
	return nil
}

// lastingFault maps the failures that no retry mends. Everything else, refused
// credentials too, passes once an operator has acted, and until then the messages
// must not be given up.
func lastingFault(err error, topic string) error {
	var tooLarge kafka.MessageTooLargeError
	switch {
	case errors.As(err, &tooLarge), anyFault(err, kafka.MessageSizeTooLarge, kafka.RecordListTooLarge):
		return problem.Wrap(problem.TooLarge, "message_too_large", firstFault(err), "publish to %s", topic)
	case anyFault(err, kafka.InvalidTopic, kafka.InvalidRecord):
		return problem.Wrap(problem.Invalid, "message_refused", firstFault(err), "publish to %s", topic)
	case anyFault(err, kafka.UnsupportedCompressionType, kafka.UnsupportedVersion):
		return problem.Wrap(problem.Internal, "broker_too_old", firstFault(err), "publish to %s", topic)
	}
	return nil
}

func anyFault(err error, codes ...kafka.Error) bool {
	var perMessage kafka.WriteErrors
	if !errors.As(err, &perMessage) {
		perMessage = kafka.WriteErrors{err}
	}
	for _, one := range perMessage {
		for _, code := range codes {
			if errors.Is(one, code) {
				return true
			}
		}
	}
	return false
}

func firstFault(err error) error {
	var perMessage kafka.WriteErrors
	if errors.As(err, &perMessage) {
		for _, one := range perMessage {
			if one != nil {
				return one
			}
		}
	}
	return err
}

// unsent are the messages to try again: those that failed, and those stored already
// that follow a failed one of the same key, because the last one stored must be the
// last one given.
func unsent(messages []kafka.Message, err error) []kafka.Message {
	var perMessage kafka.WriteErrors
	if !errors.As(err, &perMessage) || len(perMessage) != len(messages) {
		return messages
	}
	var left []kafka.Message
	failed := map[string]bool{}
	for i, m := range messages {
		id := m.Topic + "\x00" + string(m.Key)
		if perMessage[i] != nil {
			failed[id] = true
		} else if len(m.Key) == 0 || !failed[id] {
			continue
		}
		left = append(left, m)
	}
	return left
}

// Close waits for what is under way.
func (p *Producer) Close() error {
	err := p.writer.Close()
	p.transport.CloseIdleConnections()
	if err != nil {
		return problem.Wrap(problem.Unavailable, "producer_close", err, "close the Kafka producer")
	}
	return nil
}
