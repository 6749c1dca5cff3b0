package workflow

import (
	"context"
	cryptorand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bedside-health/bedside/libs/app"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/services/response-workflow/internal/bus"
	"github.com/bedside-health/bedside/services/response-workflow/internal/httpapi"
	"github.com/bedside-health/bedside/services/response-workflow/internal/store"
)

const (
	rosterAge = 2 * time.Second
	// announceWait is less than the gateway waits for a command.
	announceWait = 2 * time.Second
	// sweepAge lets a change be announced by whoever made it first.
	sweepAge      = 5 * time.Second
	maxStoreRetry = 15 * time.Second
)

// Run serves until ctx ends, finishes what is in hand and returns nil. Kafka or the
// store being away is waited out. Only wrong settings and an address that cannot be
// listened on are errors.
func Run(ctx context.Context, cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	if cfg.Registry == nil {
		cfg.Registry = prometheus.NewRegistry()
	}
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
	answered, closeSites, err := cfg.Replies.Sites(cfg.Logger)
	if err != nil {
		return err
	}
	defer closeSites()
	i := &instance{cfg: cfg, conn: conn, producer: producer, sites: answered}
	// Registered before the group is waited for, so that nobody uses the store when it closes.
	defer i.closeStore()
	group := app.NewGroup(ctx)
	admin := app.NewAdmin(cfg.Registry, app.Check{Name: "store", Ready: i.storeReady}, app.Check{Name: "kafka", Ready: i.kafkaReady})
	if cfg.AdminListen != "" {
		group.Go("admin", func(ctx context.Context) error {
			return app.Serve(ctx, app.ServeConfig{
				Listen: cfg.AdminListen, Handler: admin.Handler(), Logger: cfg.Logger,
				Ready: cfg.AdminReady, Admin: admin, DrainDelay: cfg.DrainDelay,
			})
		})
	}
	group.Go("start", func(ctx context.Context) error { return i.start(ctx, group, admin) })
	return group.Wait()
}

// instance is what one Run holds.
type instance struct {
	cfg      Config
	conn     kafkaio.Connection
	producer *kafkaio.Producer
	// sites are the adapters that answer reviews.
	sites map[string]sites.Site
	// opened is the store if this instance opened it itself.
	opened docstore.Backend
	// backend and consumer are nil until they are there; readiness asks at any time.
	backend  atomic.Pointer[docstore.Backend]
	consumer atomic.Pointer[kafkaio.Consumer]
}

// start opens the store, however long that takes, and then starts the rest.
func (i *instance) start(ctx context.Context, group *app.Group, admin *app.Admin) error {
	work, err := i.open(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // Asked to stop before the store came: an orderly end.
		}
		return err
	}
	handler, err := bus.NewHandler(work.cases)
	if err != nil {
		return err
	}
	consumer, err := kafkaio.NewConsumer(kafkaio.ConsumerConfig{
		Connection: i.conn, Group: Group, Topics: []string{events.TopicReviewsTagged},
		Handle: handler.Handle, Producer: i.producer,
		Logger: i.cfg.Logger, Registerer: i.cfg.Registry, TracerProvider: i.cfg.TracerProvider,
	})
	if err != nil {
		return err
	}
	i.consumer.Store(consumer)
	api, err := httpapi.New(httpapi.Config{Cases: work.cases, Messages: work.desk, Token: i.cfg.ServiceToken, Logger: i.cfg.Logger, TracerProvider: i.cfg.TracerProvider})
	if err != nil {
		return err
	}
	group.Go("api", func(ctx context.Context) error { return i.serve(ctx, api, admin) })
	group.Go("consumer", func(ctx context.Context) error {
		if err := kafkaio.EnsureTopics(ctx, i.conn, kafkaio.TopicsOf(i.cfg.Kafka), i.cfg.Logger); err != nil {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // Asked to stop before Kafka came: an orderly end.
			}
			return err
		}
		return consumer.Run(ctx)
	})
	group.Go("sweep", func(ctx context.Context) error {
		i.sweep(ctx, work.cases)
		return nil
	})
	holder := cryptorand.Text()
	// Each at its own pace: a site that takes its time keeps nobody's due times waiting.
	for name, duty := range map[string]func(context.Context) (int, error){
		"due cases": work.cases.Wake, "cases without an owner": work.cases.Place,
		"replies to send": func(ctx context.Context) (int, error) {
			return work.cases.Send(ctx, holder, work.publisher.Publish)
		},
	} {
		group.Go(name, func(ctx context.Context) error {
			i.clockwork(ctx, name, duty)
			return nil
		})
	}
	group.Go("messages", func(ctx context.Context) error {
		work.desk.Run(ctx)
		return nil
	})
	return nil
}

// clockwork does again and again what begins by itself.
func (i *instance) clockwork(ctx context.Context, name string, duty func(context.Context) (int, error)) {
	ticker := time.NewTicker(i.cfg.Tick)
	defer ticker.Stop()
	for {
		if _, err := duty(ctx); err != nil && ctx.Err() == nil {
			i.cfg.Logger.WarnContext(ctx, "work that begins by itself is done later", "work", name, "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (i *instance) serve(ctx context.Context, api http.Handler, admin *app.Admin) error {
	return app.Serve(ctx, app.ServeConfig{
		Listen: i.cfg.Listen, Handler: api, Logger: i.cfg.Logger,
		Ready: func(addr net.Addr) {
			if i.cfg.Ready != nil {
				i.cfg.Ready(addr)
			}
		},
		Admin: admin, DrainDelay: i.cfg.DrainDelay,
	})
}

// open opens the store and binds the collections, again and again while the store
// is away.
func (i *instance) open(ctx context.Context) (*work, error) {
	announcer, err := bus.NewAnnouncer(i.producer)
	if err != nil {
		return nil, err
	}
	for pause := 200 * time.Millisecond; ; pause = min(2*pause, maxStoreRetry) {
		opened, err := i.tryOpen(ctx, announcer)
		if err == nil || problem.KindOf(err) != problem.Unavailable {
			return opened, err
		}
		i.cfg.Logger.WarnContext(ctx, "the store is not available, trying again", "error", err.Error())
		timer := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-timer.C:
		}
	}
}

func (i *instance) tryOpen(ctx context.Context, announcer *bus.Announcer) (*work, error) {
	backend := i.cfg.Backend
	if backend == nil {
		if i.opened == nil {
			opened, err := connect.Open(ctx, i.cfg.URL.Reveal(), i.cfg.Logger)
			if err != nil {
				return nil, fmt.Errorf("open the store: %w", err)
			}
			i.opened = opened
		}
		backend = i.opened
	}
	opened, err := i.assemble(ctx, backend, announcer)
	if err != nil {
		return nil, err
	}
	i.backend.Store(&backend)
	return opened, nil
}

// closeStore closes the store if this instance opened it.
func (i *instance) closeStore() {
	if i.opened == nil {
		return
	}
	if err := i.opened.Close(); err != nil {
		i.cfg.Logger.Error("the store did not close well", "error", err.Error())
	}
}

// sweep announces what an interruption left unannounced: at once what an earlier
// process left, and then from time to time.
func (i *instance) sweep(ctx context.Context, cases *store.Cases) {
	ticker := time.NewTicker(i.cfg.SweepInterval)
	defer ticker.Stop()
	for age := time.Duration(0); ; age = sweepAge {
		swept, err := cases.Sweep(ctx, age)
		if err != nil && ctx.Err() == nil {
			i.cfg.Logger.WarnContext(ctx, "changes are announced later", "error", err.Error())
		}
		if swept > 0 {
			i.cfg.Logger.InfoContext(ctx, "announced changes that were left over", "reviews", swept)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (i *instance) storeReady(ctx context.Context) error {
	backend := i.backend.Load()
	if backend == nil {
		return problem.New(problem.Unavailable, "starting", "the store is not open yet")
	}
	return (*backend).Ping(ctx)
}

func (i *instance) kafkaReady(context.Context) error {
	consumer := i.consumer.Load()
	if consumer == nil {
		return problem.New(problem.Unavailable, "starting", "the consumer is not started yet")
	}
	return consumer.Ready()
}
