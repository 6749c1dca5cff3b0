package kafkaio

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
)

const (
	// DefaultMaxMessageBytes is what a Producer takes unless told otherwise.
	DefaultMaxMessageBytes = 1 << 20
	// topicMaxMessageBytes leaves room above it for a dead letter's extra headers.
	topicMaxMessageBytes = 2 << 20
	// deadLetterRetention is long: somebody has to look at a dead letter before it goes.
	deadLetterRetention = 30 * 24 * time.Hour
)

// TopicSpec declares a topic.
type TopicSpec struct {
	Name       string
	Partitions int
	// Replication is the number of replicas; 0 means the cluster's default.
	Replication int
	// Config are topic settings ("retention.ms": "604800000").
	Config map[string]string
}

// Topics returns the specs of all topics of package events with their dead-letter
// topics. retention bounds how long messages are kept; partitions is that of the
// main topics (dead letters have one). maxBytes bounds each partition's size; 0 means no bound.
func Topics(partitions int, retention time.Duration, maxBytes int64) []TopicSpec {
	var specs []TopicSpec
	for _, name := range []string{
		events.TopicReviewsCollected, events.TopicReviewsTagged,
		events.TopicReviewsChanged, events.TopicListingsObserved,
	} {
		specs = append(specs,
			TopicSpec{Name: name, Partitions: partitions, Config: topicConfig(retention, maxBytes)},
			TopicSpec{Name: name + events.DeadLetterSuffix, Partitions: 1, Config: topicConfig(max(retention, deadLetterRetention), maxBytes)},
		)
	}
	return specs
}

func topicConfig(retention time.Duration, maxBytes int64) map[string]string {
	config := map[string]string{
		"cleanup.policy":    "delete",
		"retention.ms":      strconv.FormatInt(retention.Milliseconds(), 10),
		"max.message.bytes": strconv.Itoa(topicMaxMessageBytes),
	}
	if maxBytes > 0 {
		config["retention.bytes"] = strconv.FormatInt(maxBytes, 10)
		// Whole segments are dropped, so they must be small against the bound.
		config["segment.bytes"] = strconv.FormatInt(max(maxBytes/8, 1<<20), 10)
	}
	return config
}

// EnsureTopics makes missing topics and waits until their leaders can be reached.
// Existing ones are left as they are. It retries until ctx ends; settings that no
// broker will ever take are problem.Invalid at once.
func EnsureTopics(ctx context.Context, conn Connection, specs []TopicSpec, logger *slog.Logger) error {
	logger = orDiscard(logger)
	c, err := conn.client()
	if err != nil {
		return err
	}
	defer c.Close()
	pause, say := backoff{min: 50 * time.Millisecond, max: 3 * time.Second}, occasionally{every: 15 * time.Second}
	for {
		err := ensureOnce(ctx, c, specs, logger)
		if err == nil {
			return nil
		}
		if problem.KindOf(err) == problem.Invalid {
			return err
		}
		if say.now() {
			logger.WarnContext(ctx, "topics are not ready yet", "error", err.Error(), "hint", conn.hint())
		}
		if wait(ctx, pause.next()) != nil {
			return problem.Wrap(problem.Unavailable, "topics_not_ready", err, "make Kafka topics; %s", conn.hint())
		}
	}
}

// ensureOnce makes what is missing and returns nil when every partition of every
// topic has a leader that answers.
func ensureOnce(ctx context.Context, c *client, specs []TopicSpec, logger *slog.Logger) error {
	missing, err := missingTopics(ctx, c, specs)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		if err := createTopics(ctx, c, missing); err != nil {
			return err
		}
		for _, spec := range missing {
			logger.InfoContext(ctx, "topic made", "topic", spec.Name, "partitions", spec.Partitions)
		}
	}
	var keys []partitionKey
	for _, spec := range specs {
		partitions, err := c.partitions(ctx, spec.Name)
		if problem.KindOf(err) == problem.NotFound {
			// The client's cached metadata is older than the topic.
			return problem.Wrap(problem.Unavailable, "topic_not_visible", err, "topic %s is not visible yet", spec.Name)
		}
		if err != nil {
			return err
		}
		for _, p := range partitions {
			keys = append(keys, partitionKey{spec.Name, p})
		}
	}
	_, err = c.bounds(ctx, keys)
	return err
}

func missingTopics(ctx context.Context, c *client, specs []TopicSpec) ([]TopicSpec, error) {
	names := make([]string, 0, len(specs))
	for _, spec := range specs {
		names = append(names, spec.Name)
	}
	res, err := c.Metadata(ctx, &kafka.MetadataRequest{Topics: names})
	if err != nil {
		return nil, problem.Wrap(problem.Unavailable, "kafka_unavailable", err, "ask Kafka which topics exist")
	}
	var missing []TopicSpec
	for _, spec := range specs {
		exists := slices.ContainsFunc(res.Topics, func(t kafka.Topic) bool {
			return t.Name == spec.Name && !errors.Is(t.Error, kafka.UnknownTopicOrPartition)
		})
		if !exists {
			missing = append(missing, spec)
		}
	}
	return missing, nil
}

func createTopics(ctx context.Context, c *client, specs []TopicSpec) error {
	req := &kafka.CreateTopicsRequest{}
	for _, spec := range specs {
		config := kafka.TopicConfig{Topic: spec.Name, NumPartitions: spec.Partitions, ReplicationFactor: spec.Replication}
		if spec.Replication <= 0 {
			config.ReplicationFactor = -1
		}
		for name, value := range spec.Config {
			config.ConfigEntries = append(config.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: value})
		}
		req.Topics = append(req.Topics, config)
	}
	res, err := c.CreateTopics(ctx, req)
	if err != nil {
		return problem.Wrap(problem.Unavailable, "kafka_unavailable", err, "make Kafka topics")
	}
	// The call succeeds even where every single topic was refused.
	var faults []error
	for topic, err := range res.Errors {
		if err == nil || errors.Is(err, kafka.TopicAlreadyExists) {
			continue
		}
		kind := problem.Unavailable
		for _, lasting := range []kafka.Error{kafka.InvalidTopic, kafka.InvalidPartitionNumber, kafka.InvalidConfiguration, kafka.PolicyViolation} {
			if errors.Is(err, lasting) {
				kind = problem.Invalid
			}
		}
		faults = append(faults, problem.Wrap(kind, "topic_refused", err, "make topic %s", topic))
	}
	// The lasting fault comes first, because the kind of a joined error is that of its first problem.
	slices.SortStableFunc(faults, func(a, b error) int {
		return lasting(b) - lasting(a)
	})
	return errors.Join(faults...)
}

func lasting(err error) int {
	if problem.KindOf(err) == problem.Invalid {
		return 1
	}
	return 0
}
