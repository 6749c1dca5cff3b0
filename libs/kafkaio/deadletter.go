package kafkaio

import (
	"maps"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
)

// Headers of a dead letter. The message's own headers, key and value are kept as they were.
const (
	headerPrefix          = "bedside-"
	headerReason          = "bedside-reason"
	headerKind            = "bedside-kind"
	headerAttempts        = "bedside-attempts"
	headerOriginTopic     = "bedside-origin-topic"
	headerOriginPartition = "bedside-origin-partition"
	headerOriginOffset    = "bedside-origin-offset"
	headerGroup           = "bedside-group"
	headerFailedAt        = "bedside-failed-at"
	// headerValueOmitted marks a letter whose value no broker would take.
	headerValueOmitted = "bedside-value-omitted"
	// headerReplayed makes a message of a dead-letter topic a marker: it names the
	// letter, by its offset, that was published again.
	headerReplayed = "bedside-replayed"
	// headerReplayOf tells a message that was replayed, and what it was.
	headerReplayOf = "bedside-replay-of"
)

const (
	maxReasonBytes = 2 << 10
	// deadLetterHeaderBytes is what the headers above take at most.
	deadLetterHeaderBytes = 8 << 10
)

// DeadLetterTopic is the topic of a topic's dead letters.
func DeadLetterTopic(topic string) string { return topic + events.DeadLetterSuffix }

func deadLetter(m Message, group string, kind problem.Kind, cause error, attempts int, at time.Time) Message {
	headers := maps.Clone(m.Headers)
	if headers == nil {
		headers = map[string]string{}
	}
	headers[headerReason] = clip(cause.Error(), maxReasonBytes)
	headers[headerKind] = string(kind)
	headers[headerAttempts] = strconv.Itoa(attempts)
	headers[headerOriginTopic] = m.Topic
	headers[headerOriginPartition] = strconv.Itoa(m.Partition)
	headers[headerOriginOffset] = strconv.FormatInt(m.Offset, 10)
	headers[headerGroup] = group
	headers[headerFailedAt] = at.UTC().Format(time.RFC3339Nano)
	return Message{Topic: DeadLetterTopic(m.Topic), Key: m.Key, Value: m.Value, Headers: headers}
}

// clip bounds foreign text to n bytes of valid UTF-8.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= n {
		return s
	}
	s = s[:n]
	for len(s) > 0 && !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}
