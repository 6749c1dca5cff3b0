// Package scraper is the service that reads review sites: it polls the listings that
// organizations watch, tells what is new, edited, removed or answered there, and
// publishes it as reviews.collected and listings.observed.
//
// It promises what its README says; in short: nothing a site showed is lost, nothing
// is told twice without being recognisable, sites are asked politely, and no
// outage of its own store or broker does more than delay.
package scraper

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bedside-health/bedside/libs/app"
	"github.com/bedside-health/bedside/libs/credentials"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/csv"
	"github.com/bedside-health/bedside/services/scraper/internal/bus"
	"github.com/bedside-health/bedside/services/scraper/internal/findings"
	"github.com/bedside-health/bedside/services/scraper/internal/imports"
	"github.com/bedside-health/bedside/services/scraper/internal/pacing"
	"github.com/bedside-health/bedside/services/scraper/internal/polling"
	"github.com/bedside-health/bedside/services/scraper/internal/store"
)

// Run serves until ctx ends, then lets go of the listings it is reading and returns nil.
// It waits for a store and a broker that are not there yet.
func Run(ctx context.Context, cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return fmt.Errorf("scraper settings: %w", err)
	}
	if cfg.Registry == nil {
		cfg.Registry = prometheus.NewRegistry()
	}
	s := &service{cfg: cfg}
	group := app.NewGroup(ctx)
	bound := make(chan net.Addr, 1)
	if cfg.AdminListen != "" {
		admin := app.NewAdmin(cfg.Registry, app.Check{Name: "polling", Ready: s.ready})
		group.Go("serve the admin endpoints", func(ctx context.Context) error {
			return app.Serve(ctx, app.ServeConfig{
				Listen: cfg.AdminListen, Handler: admin.Handler(), Admin: admin, DrainDelay: cfg.DrainDelay, Logger: cfg.Logger,
				Ready: func(addr net.Addr) { bound <- addr },
			})
		})
	} else {
		bound <- nil
	}
	group.Go("poll", func(ctx context.Context) error {
		if err := s.poll(ctx, bound); ctx.Err() == nil {
			return err
		}
		return nil // Waiting for a store or a broker that never came ends like anything else.
	})
	return group.Wait()
}

// service is one running scraper.
type service struct {
	cfg     Config
	polling lazily[*polling.Scraper]
}

// ready says what is missing until the scraper looks for listings.
func (s *service) ready(ctx context.Context) error {
	scraper, ok := s.polling.get()
	if !ok {
		return problem.New(problem.Unavailable, "starting", "waiting for the store and the broker")
	}
	return scraper.Ready(ctx)
}

// poll brings up what polling needs and polls until ctx ends.
func (s *service) poll(ctx context.Context, bound <-chan net.Addr) error {
	backend, closeBackend, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer closeBackend()
	documents, err := retry(ctx, s.cfg.Logger, "make the collections ready", func() (*store.Store, error) {
		return store.Open(ctx, backend)
	})
	if err != nil {
		return err
	}
	observations, closeBus, err := s.bus(ctx)
	if err != nil {
		return err
	}
	defer closeBus()
	adapters, closeAdapters, err := s.adapters(documents)
	if err != nil {
		return err
	}
	defer closeAdapters()
	vault, err := s.vault()
	if err != nil {
		return err
	}
	scraper, err := polling.New(polling.Config{
		Store: documents, Bus: observations, Sites: adapters, Once: []string{csv.Adapter},
		Secret: vault.Secret, Policy: s.cfg.policy(), Instance: s.cfg.Instance,
		Lease: s.cfg.Lease, Tick: s.cfg.Tick, Concurrency: s.cfg.Concurrency, PageTimeout: pageTimeout,
		ConfirmAfter: s.cfg.ConfirmAfter, ConfirmEvery: s.cfg.ConfirmEvery, Chance: s.cfg.Chance,
		Logger: s.cfg.Logger, Registerer: s.cfg.Registry, TracerProvider: s.cfg.TracerProvider,
	})
	if err != nil {
		return err
	}
	comparer, err := findings.New(findings.Config{
		Store: documents, Holder: s.cfg.Instance + "/" + rand.Text(), Every: s.cfg.CompareEvery, Logger: s.cfg.Logger, Registerer: s.cfg.Registry,
	})
	if err != nil {
		return err
	}
	s.polling.set(scraper)
	select {
	case addr := <-bound:
		if s.cfg.Ready != nil {
			s.cfg.Ready(addr)
		}
	case <-ctx.Done():
		return nil
	}
	compared := make(chan struct{})
	go func() {
		defer close(compared)
		comparer.Run(ctx)
	}()
	defer func() { <-compared }()
	return scraper.Run(ctx)
}

// bus gives where observations go and what closes it.
func (s *service) bus(ctx context.Context) (Bus, func(), error) {
	if s.cfg.Bus != nil {
		return s.cfg.Bus, func() {}, nil
	}
	connection, err := kafkaio.Connect(s.cfg.Kafka, clientID)
	if err != nil {
		return nil, nil, err
	}
	if err := kafkaio.EnsureTopics(ctx, connection, kafkaio.TopicsOf(s.cfg.Kafka), s.cfg.Logger); err != nil {
		return nil, nil, err
	}
	producer, err := kafkaio.NewProducer(kafkaio.ProducerConfig{
		Connection: connection, Logger: s.cfg.Logger, Registerer: s.cfg.Registry, TracerProvider: s.cfg.TracerProvider,
	})
	if err != nil {
		return nil, nil, err
	}
	return bus.New(producer), func() { _ = producer.Close() }, nil // everything published was acknowledged
}

// clientID names the scraper to the brokers.
const clientID = "scraper"

// pageTimeout bounds the reading of one page, with all waiting for the site's limits.
const pageTimeout = 5 * time.Minute

// open gives the store and what closes it.
func (s *service) open(ctx context.Context) (docstore.Backend, func(), error) {
	if s.cfg.Backend != nil {
		return s.cfg.Backend, func() {}, nil
	}
	backend, err := retry(ctx, s.cfg.Logger, "open the store", func() (docstore.Backend, error) {
		return connect.Open(ctx, s.cfg.URL.Reveal(), s.cfg.Logger)
	})
	if err != nil {
		return nil, nil, err
	}
	return backend, func() {
		if err := backend.Close(); err != nil {
			s.cfg.Logger.Warn("closing the store failed", "error", err.Error())
		}
	}, nil
}

// adapters makes the sites that the settings name, by their name.
func (s *service) adapters(documents *store.Store) (map[string]sites.Site, func(), error) {
	all := map[string]sites.Site{}
	closeAll := func() {}
	if s.cfg.needsWeb() {
		settings, err := s.cfg.politeConfig()
		if err != nil {
			return nil, nil, err
		}
		settings.Limiter, err = pacing.New(pacing.Config{Store: documents, PerSecond: settings.RequestsPerSecond, Burst: settings.Burst})
		if err != nil {
			return nil, nil, err
		}
		client, err := polite.New(settings)
		if err != nil {
			return nil, nil, err
		}
		closeAll = func() { _ = client.Close() }
		for _, adapter := range fromTheWeb {
			if all[adapter], err = s.cfg.webSite(adapter, client); err != nil {
				return nil, closeAll, err
			}
		}
	}
	files, err := imports.New(documents)
	if err != nil {
		return nil, closeAll, err
	}
	all[csv.Adapter] = files
	for _, site := range s.cfg.Sites {
		all[site.Adapter()] = site
	}
	used := map[string]sites.Site{}
	for _, adapter := range s.cfg.Adapters {
		used[adapter] = all[adapter]
	}
	return used, closeAll, nil
}

func (s *service) vault() (*credentials.Vault, error) {
	var fixed map[string]credentials.Credential
	if s.cfg.Credentials != "" {
		var err error
		if fixed, err = credentials.Parse([]byte(s.cfg.Credentials.Reveal())); err != nil {
			return nil, fmt.Errorf("BEDSIDE_SCRAPER_CREDENTIALS: %w", err)
		}
	}
	return credentials.New(fixed, s.cfg.CredentialsFile)
}

// retry tries until it works, ctx ends, or the error is one that waiting does not mend.
func retry[T any](ctx context.Context, logger *slog.Logger, doing string, try func() (T, error)) (T, error) {
	wait := 200 * time.Millisecond
	for {
		out, err := try()
		if err == nil {
			return out, nil
		}
		if !problem.Retryable(err) || errors.Is(err, context.Canceled) {
			return out, fmt.Errorf("%s: %w", doing, err)
		}
		logger.WarnContext(ctx, "a start-up step failed; it is tried again", "step", doing, "error", err.Error())
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return out, fmt.Errorf("%s: %w", doing, ctx.Err())
		case <-timer.C:
		}
		wait = min(2*wait, 10*time.Second)
	}
}
