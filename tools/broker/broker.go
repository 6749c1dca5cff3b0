// Package broker is the Kafka of a Bedside that runs in one process: kfake with its
// state in a directory. What it acknowledged survives the process being killed at any
// instant; a power cut can take the last moments before it, which the reconcile sweep
// of the services publishes again. One process at a time owns the directory. Disk
// is bounded by the topics' retention, memory by it too, because only an index of the log is kept there.
//
// It is for one machine. Several machines use Apache Kafka.
package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/testkit/reaper"
)

const (
	// Partitions of each main topic: as many as one machine can work on at a time.
	Partitions = 4
	// Retention is how long messages stay, handled or not.
	Retention = 72 * time.Hour
	// MaxPartitionBytes bounds a partition on disk. It holds some 100,000 reviews, far more
	// than a consumer on the same machine is ever behind.
	MaxPartitionBytes = 64 << 20
)

// Config configures Start.
type Config struct {
	Dir    string // made if missing; readable by its owner only
	Logger *slog.Logger
	Listen string // host:port; empty means a port of 127.0.0.1 that the system picks
	// Topics are made if missing; nil means all of kafkaio.Topics with the bounds above.
	Topics []kafkaio.TopicSpec
	// CleanEvery is how often retention is applied; 0 means a minute.
	CleanEvery time.Duration
}

// Broker is a running broker.
type Broker struct {
	cluster *kfake.Cluster
	reaper  *reaper.Reaper
	lock    *flock.Flock
	addr    string
	close   sync.Once
}

// Start opens the directory's state, listens and makes missing topics. A directory that
// another process uses is problem.Conflict; one that cannot be read or an address that
// is taken is problem.Unavailable.
func Start(ctx context.Context, cfg Config) (*Broker, error) {
	if cfg.Dir == "" {
		return nil, problem.New(problem.Invalid, "broker_config", "the broker needs a directory")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	if cfg.CleanEvery == 0 {
		cfg.CleanEvery = time.Minute
	}
	if cfg.Topics == nil {
		cfg.Topics = kafkaio.Topics(Partitions, Retention, MaxPartitionBytes)
	}
	lock, err := acquire(cfg.Dir)
	if err != nil {
		return nil, err
	}
	b := &Broker{lock: lock}
	listen := func(network, _ string) (net.Listener, error) {
		l, err := new(net.ListenConfig).Listen(ctx, network, cfg.Listen)
		if err == nil {
			b.addr = l.Addr().String()
		}
		return l, err
	}
	b.cluster, err = kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.ClusterID("bedside"),
		kfake.DataDir(filepath.Join(cfg.Dir, "log")),
		kfake.ListenFn(listen),
		kfake.DefaultNumPartitions(1),
		kfake.WithLogger(logger{cfg.Logger}),
		kfake.BrokerConfigs(map[string]string{
			"log.cleaner.backoff.ms": fmt.Sprint(cfg.CleanEvery.Milliseconds()),
			// A machine that was off for a month goes on where it stopped.
			"offsets.retention.minutes": fmt.Sprint(365 * 24 * 60),
		}),
	)
	if err != nil {
		_ = lock.Unlock()
		return nil, problem.Wrap(problem.Unavailable, "broker_start", err, "start the embedded broker on %s with its state in %s", cfg.Listen, cfg.Dir)
	}
	b.reaper = reaper.Start(b.cluster, reaper.Patience, cfg.Logger)
	bound, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := kafkaio.EnsureTopics(bound, b.Connection("bedside-broker"), cfg.Topics, cfg.Logger); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// acquire locks the directory for this process; the system lets go of the lock when the process ends, however it does.
func acquire(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, problem.Wrap(problem.Unavailable, "broker_dir", err, "make the broker's directory %s", dir)
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	held, err := lock.TryLock()
	if err != nil {
		return nil, problem.Wrap(problem.Unavailable, "broker_dir", err, "lock the broker's directory %s", dir)
	}
	if !held {
		return nil, problem.New(problem.Conflict, "broker_dir_in_use", "the broker's directory %s is in use by another process: stop the other Bedside, or give this one a data directory of its own", dir)
	}
	return lock, nil
}

// Addr is the host:port that clients connect to.
func (b *Broker) Addr() string { return b.addr }

// Connection is how clients of this machine reach the broker.
func (b *Broker) Connection(clientID string) kafkaio.Connection {
	return kafkaio.Connection{Brokers: []string{b.addr}, ClientID: clientID}
}

// Close ends connections, writes all state and lets go of the directory.
func (b *Broker) Close() error {
	var err error
	b.close.Do(func() {
		b.reaper.Stop()
		b.cluster.Close()
		if unlockErr := b.lock.Unlock(); unlockErr != nil {
			err = problem.Wrap(problem.Internal, "broker_dir", unlockErr, "unlock the broker's directory")
		}
	})
	return err
}

// logger passes the broker's lines on. What it calls a warning is often a client
// that went away, so only errors keep their level.
type logger struct{ to *slog.Logger }

func (l logger) Logf(level kfake.LogLevel, format string, args ...any) {
	at := slog.LevelDebug
	if level == kfake.LogLevelError {
		at = slog.LevelError
	}
	if !l.to.Enabled(context.Background(), at) {
		return
	}
	l.to.Log(context.Background(), at, "embedded broker", "detail", fmt.Sprintf(format, args...))
}
