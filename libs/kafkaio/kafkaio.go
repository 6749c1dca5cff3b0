// Package kafkaio publishes to and consumes from Apache Kafka with the settings
// and guards that make "nothing lost, poison does not stop the line" true:
// producers wait for all in-sync replicas; consumers commit after the effect,
// retry what can be retried, send the rest to the topic's dead-letter topic and
// rebuild a reader that has gone quiet while its lag grows.
//
// Delivery is at least once. A message can come again after a crash, a rebalance
// or a publish whose answer was lost, so every handler is idempotent by the ids
// that the payload carries. README.md lists the guarantees and their limits.
package kafkaio

import (
	"crypto/tls"
	"maps"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/bedside-health/bedside/libs/events"
)

// Connection says how to reach the brokers.
type Connection struct {
	Brokers []string
	// User and Password are for SASL/SCRAM-SHA-512 (or Mechanism "SCRAM-SHA-256" or "PLAIN"); empty means none.
	User, Password, Mechanism string
	TLS                       *tls.Config // nil means plain text
	ClientID                  string
}

// Message is one Kafka message. Partition, Offset and Time are set on messages
// that were consumed.
type Message struct {
	Topic     string
	Key       []byte
	Value     []byte
	Headers   map[string]string
	Partition int
	Offset    int64
	Time      time.Time
}

// Position is "<topic>/<partition>/<offset>", the message's place for logs and reports.
func (m Message) Position() string {
	return m.Topic + "/" + strconv.Itoa(m.Partition) + "/" + strconv.FormatInt(m.Offset, 10)
}

func fromKafka(m kafka.Message) Message {
	out := Message{
		Topic: m.Topic, Key: m.Key, Value: m.Value,
		Partition: m.Partition, Offset: m.Offset, Time: m.Time,
	}
	if len(m.Headers) > 0 {
		out.Headers = make(map[string]string, len(m.Headers))
		for _, h := range m.Headers {
			out.Headers[h.Key] = string(h.Value)
		}
	}
	return out
}

// toKafka merges extra headers under those the message has already: a header
// set by the caller always wins.
func toKafka(m Message, extra map[string]string) kafka.Message {
	out := kafka.Message{Topic: m.Topic, Key: m.Key, Value: m.Value}
	headers := m.Headers
	if len(extra) > 0 {
		headers = maps.Clone(extra)
		maps.Copy(headers, m.Headers)
	}
	if len(headers) > 0 {
		out.Headers = make([]kafka.Header, 0, len(headers))
		for key, value := range headers {
			out.Headers = append(out.Headers, kafka.Header{Key: key, Value: []byte(value)})
		}
	}
	return out
}

// messageSize is an upper bound of what a message takes in a record batch
// before compression.
func messageSize(m Message) int {
	const perRecord, perHeader = 64, 10
	n := perRecord + len(m.Key) + len(m.Value)
	for key, value := range m.Headers {
		n += perHeader + len(key) + len(value)
	}
	return n
}

// EventMessage is the message that carries an event, encoded and checked. Its errors are those of
// events.Encode.
func EventMessage(p events.Payload) (Message, error) {
	value, err := events.Encode(p)
	if err != nil {
		return Message{}, err
	}
	return Message{Topic: p.Topic(), Key: []byte(p.Key()), Value: value}, nil
}
