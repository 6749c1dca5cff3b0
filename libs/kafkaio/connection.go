package kafkaio

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"github.com/bedside-health/bedside/libs/problem"
)

const (
	dialTimeout    = 5 * time.Second
	requestTimeout = 10 * time.Second
	// metadataTTL is short so that a topic made or moved a moment ago is found soon.
	metadataTTL = 2 * time.Second
)

// Validate reports every fault of the connection's settings.
func (c Connection) Validate() error {
	var faults []error
	if len(c.Brokers) == 0 {
		faults = append(faults, problem.New(problem.Invalid, "kafka_brokers_missing", "no Kafka broker is given: set KAFKA_BROKERS to host:port[,host:port]"))
	}
	for _, broker := range c.Brokers {
		if _, _, err := net.SplitHostPort(broker); err != nil {
			faults = append(faults, problem.New(problem.Invalid, "kafka_broker_invalid", "Kafka broker %q is not host:port", broker))
		}
	}
	if _, err := c.mechanism(); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

func (c Connection) mechanism() (sasl.Mechanism, error) {
	if c.User == "" {
		return nil, nil
	}
	switch strings.ToUpper(c.Mechanism) {
	case "", "SCRAM-SHA-512":
		m, err := scram.Mechanism(scram.SHA512, c.User, c.Password)
		if err != nil {
			return nil, problem.Wrap(problem.Invalid, "kafka_credentials_invalid", err, "the Kafka user or password cannot be used with SCRAM-SHA-512")
		}
		return m, nil
	case "SCRAM-SHA-256":
		m, err := scram.Mechanism(scram.SHA256, c.User, c.Password)
		if err != nil {
			return nil, problem.Wrap(problem.Invalid, "kafka_credentials_invalid", err, "the Kafka user or password cannot be used with SCRAM-SHA-256")
		}
		return m, nil
	case "PLAIN":
		return plain.Mechanism{Username: c.User, Password: c.Password}, nil
	default:
		return nil, problem.New(problem.Invalid, "kafka_mechanism_unknown", "Kafka mechanism %q is not one of SCRAM-SHA-512, SCRAM-SHA-256, PLAIN", c.Mechanism)
	}
}

func (c Connection) dialer() (*kafka.Dialer, error) {
	mechanism, err := c.mechanism()
	if err != nil {
		return nil, err
	}
	return &kafka.Dialer{
		ClientID:      c.ClientID,
		Timeout:       dialTimeout,
		DualStack:     true,
		KeepAlive:     30 * time.Second,
		TLS:           c.TLS,
		SASLMechanism: mechanism,
	}, nil
}

// transport is a connection pool of its own: closing it cannot disturb another user.
func (c Connection) transport() (*kafka.Transport, error) {
	mechanism, err := c.mechanism()
	if err != nil {
		return nil, err
	}
	return &kafka.Transport{
		ClientID:    c.ClientID,
		DialTimeout: dialTimeout,
		IdleTimeout: 30 * time.Second,
		MetadataTTL: metadataTTL,
		TLS:         c.TLS,
		SASL:        mechanism,
	}, nil
}

// client answers metadata and offsets. The caller closes it.
type client struct {
	*kafka.Client
	transport *kafka.Transport
}

func (c Connection) client() (*client, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	transport, err := c.transport()
	if err != nil {
		return nil, err
	}
	return &client{
		Client:    &kafka.Client{Addr: kafka.TCP(c.Brokers...), Transport: transport, Timeout: requestTimeout},
		transport: transport,
	}, nil
}

func (c *client) Close() { c.transport.CloseIdleConnections() }

// partitions lists a topic's partition numbers. A topic that does not exist is problem.NotFound.
func (c *client) partitions(ctx context.Context, topic string) ([]int, error) {
	res, err := c.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return nil, problem.Wrap(problem.Unavailable, "kafka_unavailable", err, "ask Kafka for the partitions of topic %s", topic)
	}
	for _, t := range res.Topics {
		if t.Name != topic {
			continue
		}
		if errors.Is(t.Error, kafka.UnknownTopicOrPartition) {
			return nil, problem.Wrap(problem.NotFound, "topic_not_found", t.Error, "topic %s does not exist", topic)
		}
		if t.Error != nil {
			return nil, problem.Wrap(problem.Unavailable, "kafka_unavailable", t.Error, "ask Kafka for the partitions of topic %s", topic)
		}
		out := make([]int, 0, len(t.Partitions))
		for _, p := range t.Partitions {
			out = append(out, p.ID)
		}
		return out, nil
	}
	return nil, problem.New(problem.NotFound, "topic_not_found", "topic %s does not exist", topic)
}

// bounds are the first offset still kept and the one the next message will get.
type bounds struct{ first, end int64 }

// partitionKey names a partition of a topic.
type partitionKey struct {
	topic     string
	partition int
}

// bounds asks for the bounds of partitions; all are in the answer or it is an error.
func (c *client) bounds(ctx context.Context, keys []partitionKey) (map[partitionKey]bounds, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	ask := map[string][]kafka.OffsetRequest{}
	for _, k := range keys {
		ask[k.topic] = append(ask[k.topic], kafka.FirstOffsetOf(k.partition), kafka.LastOffsetOf(k.partition))
	}
	res, err := c.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: ask})
	if err != nil {
		return nil, problem.Wrap(problem.Unavailable, "kafka_unavailable", err, "ask Kafka for offsets")
	}
	out := make(map[partitionKey]bounds, len(keys))
	for topic, partitions := range res.Topics {
		for _, p := range partitions {
			if p.Error != nil {
				return nil, problem.Wrap(problem.Unavailable, "kafka_unavailable", p.Error, "ask Kafka for offsets of %s/%d", topic, p.Partition)
			}
			out[partitionKey{topic, p.Partition}] = bounds{first: p.FirstOffset, end: p.LastOffset}
		}
	}
	for _, k := range keys {
		if _, ok := out[k]; !ok {
			return nil, problem.New(problem.Unavailable, "kafka_unavailable", "Kafka gave no offsets of %s/%d", k.topic, k.partition)
		}
	}
	return out, nil
}

// hint says what an operator should look at. Brokers close the connection on wrong
// credentials, which kafka-go reports as a broker that is not available.
func (c Connection) hint() string {
	if c.User != "" {
		return "check that the brokers are up, and that user, password, mechanism and TLS are right: wrong credentials look like a broker that is not available"
	}
	if c.TLS == nil {
		return "check that the brokers are up and that they expect neither credentials nor TLS"
	}
	return "check that the brokers are up and that their certificate is trusted"
}

// quietLogger passes kafka-go's own lines on at debug level: they repeat with
// every retry, and what matters of them is logged by the caller.
func quietLogger(logger *slog.Logger) kafka.Logger {
	return kafka.LoggerFunc(func(format string, args ...any) {
		logger.Debug("kafka client", "detail", fmt.Sprintf(format, args...))
	})
}

func orDiscard(logger *slog.Logger) *slog.Logger {
	if logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return logger
}
