package kafkaio

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/problem"
)

// DeadLetter is a message of a dead-letter topic.
type DeadLetter struct {
	ID        string    `json:"id"` // "<topic>/<partition>/<offset>" of the dead-letter topic
	Topic     string    `json:"topic"`
	Origin    string    `json:"origin"` // "<topic>/<partition>/<offset>" it was consumed from
	Group     string    `json:"group"`
	Reason    string    `json:"reason"`
	Kind      string    `json:"kind"`
	Attempts  int       `json:"attempts"`
	FailedAt  time.Time `json:"failed_at"`
	Key       string    `json:"key"`
	Value     []byte    `json:"value"`
	Replayed  bool      `json:"replayed"`
	ValueSize int       `json:"value_size"`
}

// ListDeadLetters reads the dead letters of a topic (of its main name), oldest
// first, at most limit; 0 means all. Those replayed before are left out unless all.
func ListDeadLetters(ctx context.Context, conn Connection, topic string, all bool, limit int) ([]DeadLetter, error) {
	replayed, end, err := replayMarkers(ctx, conn, topic)
	if err != nil {
		return nil, err
	}
	var letters []DeadLetter
	err = eachLetter(ctx, conn, end, func(m Message) error {
		if replayed[m.Position()] && !all {
			return nil
		}
		letters = append(letters, asDeadLetter(m, replayed[m.Position()]))
		if limit > 0 && len(letters) >= limit {
			return errEnough
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return letters, nil
}

// ReplayDeadLetters publishes dead letters to the topic they came from, keeping key
// and headers, and remembers that it did by a marker in the dead-letter topic
// itself, so that a second replay does nothing unless named by id. No ids
// means all that were not replayed yet. It returns how many were published. The letter is
// published before its marker is, so a crash between the two makes it come twice and
// never not at all; every group of the topic sees it again, which idempotent handlers
// do not mind. An id that is not there is problem.NotFound and nothing is published. A letter whose value was
// omitted is problem.Invalid when named and skipped otherwise.
func ReplayDeadLetters(ctx context.Context, conn Connection, topic string, ids []string) (int, error) {
	replayed, end, err := replayMarkers(ctx, conn, topic)
	if err != nil {
		return 0, err
	}
	if err := checkIDs(ctx, conn, topic, end, ids); err != nil {
		return 0, err
	}
	producer, err := NewProducer(ProducerConfig{Connection: conn})
	if err != nil {
		return 0, err
	}
	defer func() { _ = producer.Close() }()
	count := 0
	err = eachLetter(ctx, conn, end, func(m Message) error {
		id := m.Position()
		if len(ids) > 0 && !slices.Contains(ids, id) || len(ids) == 0 && replayed[id] {
			return nil
		}
		if m.Headers[headerValueOmitted] != "" {
			return nil
		}
		if err := producer.publish(ctx, []Message{again(m, topic)}); err != nil {
			return err
		}
		marker := Message{Topic: m.Topic, Key: m.Key, Headers: map[string]string{headerReplayed: id}}
		if err := producer.publish(ctx, []Message{marker}); err != nil {
			return err
		}
		count++
		return nil
	})
	return count, err
}

// checkIDs finds every named letter before the first is published.
func checkIDs(ctx context.Context, conn Connection, topic string, end map[partitionKey]bounds, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	missing := map[string]bool{}
	for _, id := range ids {
		missing[id] = true
	}
	err := eachLetter(ctx, conn, end, func(m Message) error {
		if missing[m.Position()] && m.Headers[headerValueOmitted] != "" {
			return problem.New(problem.Invalid, "dead_letter_without_value", "dead letter %s has no value: it was too large to store; its origin is %s", m.Position(), origin(m))
		}
		delete(missing, m.Position())
		return nil
	})
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return problem.New(problem.NotFound, "dead_letter_not_found", "no dead letter %s in %s", strings.Join(slices.Sorted(maps.Keys(missing)), ", "), DeadLetterTopic(topic))
	}
	return nil
}

// again is the message a dead letter was.
func again(m Message, topic string) Message {
	out := Message{Topic: topic, Key: m.Key, Value: m.Value, Headers: map[string]string{}}
	if from := m.Headers[headerOriginTopic]; from != "" {
		out.Topic = from
	}
	for key, value := range m.Headers {
		if !strings.HasPrefix(key, headerPrefix) {
			out.Headers[key] = value
		}
	}
	out.Headers[headerReplayOf] = m.Position()
	return out
}

func origin(m Message) string {
	return m.Headers[headerOriginTopic] + "/" + m.Headers[headerOriginPartition] + "/" + m.Headers[headerOriginOffset]
}

func asDeadLetter(m Message, replayed bool) DeadLetter {
	// Headers that are missing or malformed show as zero: a letter that
	// somebody else put there is still listed.
	attempts, _ := strconv.Atoi(m.Headers[headerAttempts])
	failedAt, err := time.Parse(time.RFC3339Nano, m.Headers[headerFailedAt])
	if err != nil {
		failedAt = m.Time
	}
	return DeadLetter{
		ID: m.Position(), Topic: strings.TrimSuffix(m.Topic, DeadLetterTopic("")), Origin: origin(m),
		Group: m.Headers[headerGroup], Reason: m.Headers[headerReason], Kind: m.Headers[headerKind],
		Attempts: attempts, FailedAt: failedAt.UTC(), Key: string(m.Key), Value: m.Value,
		Replayed: replayed, ValueSize: len(m.Value),
	}
}

// errEnough ends a reading early.
var errEnough = errors.New("enough")

// replayMarkers reads which letters were replayed, and up to where it read.
func replayMarkers(ctx context.Context, conn Connection, topic string) (map[string]bool, map[partitionKey]bounds, error) {
	within, err := topicBounds(ctx, conn, DeadLetterTopic(topic))
	if err != nil {
		return nil, nil, err
	}
	replayed := map[string]bool{}
	err = readRanges(ctx, conn, within, func(m Message) error {
		if id := m.Headers[headerReplayed]; id != "" {
			replayed[id] = true
		}
		return nil
	})
	return replayed, within, err
}

// eachLetter calls f for every letter within bounds, oldest first per partition,
// leaving out the markers.
func eachLetter(ctx context.Context, conn Connection, within map[partitionKey]bounds, f func(Message) error) error {
	err := readRanges(ctx, conn, within, func(m Message) error {
		if m.Headers[headerReplayed] != "" {
			return nil
		}
		return f(m)
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}
