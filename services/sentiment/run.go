package sentiment

import (
	"context"
	"net"
	"runtime"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bedside-health/bedside/libs/app"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/services/sentiment/internal/bus"
)

const (
	// batchBytes and readAhead keep the memory of a replica small when texts are long: an
	// ordinary batch of 200 reviews has 160 kB.
	batchBytes = 256 << 10
	readAhead  = 4
)

// Run tags reviews until ctx ends, finishes the batch in hand and returns nil. Kafka
// being away is waited out; while the store is away, the terms read last count. Only wrong settings and an address that cannot be
// listened on are errors.
func Run(ctx context.Context, cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	if cfg.Registry == nil {
		cfg.Registry = prometheus.NewRegistry()
	}
	if cfg.Workers == 0 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	analyzers := newAnalyzers(cfg)
	conn, err := kafkaio.Connect(cfg.Kafka, Group)
	if err != nil {
		return err
	}
	producer, err := kafkaio.NewProducer(kafkaio.ProducerConfig{
		Connection: conn, Logger: cfg.Logger, Registerer: cfg.Registry, TracerProvider: cfg.TracerProvider,
	})
	if err != nil {
		return err
	}
	defer func() { _ = producer.Close() }()
	handler, err := bus.New(bus.Config{
		Analyzer: analyzers.of, Publisher: producer, Workers: cfg.Workers,
		Logger: cfg.Logger, Registerer: cfg.Registry, TracerProvider: cfg.TracerProvider,
	})
	if err != nil {
		return err
	}
	signal := readySignal{call: cfg.Ready, wantAddr: cfg.AdminListen != ""}
	consumer, err := kafkaio.NewConsumer(kafkaio.ConsumerConfig{
		Connection: conn, Group: Group, Topics: []string{events.TopicReviewsCollected},
		Handle: func(ctx context.Context, batch []kafkaio.Message) []error {
			if err := analyzers.wait(ctx); err != nil {
				return slices.Repeat([]error{err}, len(batch))
			}
			return handler.Handle(ctx, batch)
		}, Producer: producer, Joined: signal.joined,
		MaxBatchBytes: batchBytes, ReadAhead: readAhead,
		Logger: cfg.Logger, Registerer: cfg.Registry, TracerProvider: cfg.TracerProvider,
	})
	if err != nil {
		return err
	}

	group := app.NewGroup(ctx)
	if cfg.AdminListen != "" {
		admin := app.NewAdmin(cfg.Registry, app.Check{
			Name: "kafka", Ready: func(context.Context) error { return consumer.Ready() },
		})
		group.Go("admin", func(ctx context.Context) error {
			return app.Serve(ctx, app.ServeConfig{
				Listen: cfg.AdminListen, Handler: admin.Handler(), Logger: cfg.Logger,
				Ready: signal.listening, Admin: admin, DrainDelay: cfg.DrainDelay,
			})
		})
	}
	group.Go("analyzers", analyzers.run)
	group.Go("consumer", func(ctx context.Context) error {
		if err := kafkaio.EnsureTopics(ctx, conn, kafkaio.TopicsOf(cfg.Kafka), cfg.Logger); err != nil {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // Asked to stop before Kafka came: an orderly end.
			}
			return err
		}
		return consumer.Run(ctx)
	})
	return group.Wait()
}

// readySignal calls Ready once, when both the group is joined and the address is known.
type readySignal struct {
	mu       sync.Mutex
	call     func(net.Addr)
	wantAddr bool
	member   bool
	addr     net.Addr
}

func (s *readySignal) joined() { s.update(func() { s.member = true }) }

func (s *readySignal) listening(addr net.Addr) { s.update(func() { s.addr = addr }) }

func (s *readySignal) update(change func()) {
	s.mu.Lock()
	change()
	call := s.call
	if !s.member || s.wantAddr && s.addr == nil {
		call = nil
	}
	if call != nil {
		s.call = nil
	}
	addr := s.addr
	s.mu.Unlock()
	if call != nil {
		call(addr)
	}
}
