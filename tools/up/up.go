package up

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bedside-health/bedside/libs/app"
	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/services/gateway"
	"github.com/bedside-health/bedside/services/gateway/bootstrap"
	workflow "github.com/bedside-health/bedside/services/response-workflow"
	"github.com/bedside-health/bedside/services/scraper"
	"github.com/bedside-health/bedside/services/sentiment"
	"github.com/bedside-health/bedside/tools/broker"
	"github.com/bedside-health/bedside/tools/client"
)

// localToken names the API token that commands on this machine use.
const localToken = "commands on this machine"

// Config is what Run needs.
type Config struct {
	Settings
	// Out gets the lines for people: the address and who to sign in as.
	Out io.Writer
	// Logs gets JSON log lines.
	Logs io.Writer
}

// Run runs Bedside until ctx ends, and returns nil after an orderly end.
func Run(ctx context.Context, cfg Config) (err error) {
	if err := cfg.Validate(); err != nil {
		return err
	}
	logger, err := app.NewLogger(cfg.Logs, "bedside", cfg.LogLevel)
	if err != nil {
		return fmt.Errorf("BEDSIDE_LOG_LEVEL: %w", err)
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return fmt.Errorf("make the folder of the state (BEDSIDE_DATA): %w", err)
	}
	// Listening first makes a port that is taken the first and only complaint.
	if err := portIsFree(ctx, cfg.Listen); err != nil {
		return err
	}
	var ends cleanups
	defer func() { err = errors.Join(err, ends.run()) }()
	if err := lock(cfg.Data, &ends); err != nil {
		return err
	}

	if cfg.Kafka, err = startBroker(ctx, cfg, logger, &ends); err != nil {
		return err
	}
	if cfg.Store == "" {
		cfg.Store = config.Secret("sqlite:" + filepath.Join(cfg.Data, "bedside.db"))
	}
	backend, err := connect.Open(ctx, cfg.Store.Reveal(), logger)
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	ends.add(backend.Close)

	practice, err := prepare(ctx, cfg, logger, &ends)
	if err != nil {
		return err
	}
	if _, err := bootstrap.Apply(ctx, backend, practice.plan); err != nil {
		return fmt.Errorf("set up %s: %w", practice.plan.Organization.Name, err)
	}
	provider, flush, err := app.Traces(ctx, "bedside", cfg.OTLPEndpoint)
	if err != nil {
		return fmt.Errorf("set up traces: %w", err)
	}
	ends.add(func() error {
		bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = flush(bound) // Spans that cannot be delivered now are lost; that is no failure.
		return nil
	})
	ends.add(func() error { return client.RemoveLocal(cfg.Data) })
	s := &services{cfg: cfg, practice: practice, backend: backend, logger: logger, provider: provider, registries: map[string]*prometheus.Registry{}}
	return s.run(ctx)
}

// services runs the four services over what Run has opened.
type services struct {
	cfg        Config
	practice   practice
	backend    docstore.Backend
	logger     *slog.Logger
	provider   app.TracerProvider
	registries map[string]*prometheus.Registry
}

func (s *services) run(ctx context.Context) error {
	group := app.NewGroup(ctx)
	token := config.Secret(rand.Text() + rand.Text())
	workflowAt := make(chan net.Addr, 1)
	gatewayAt := make(chan net.Addr, 1)

	c := s.scraper()
	w := workflow.DefaultConfig()
	w.Kafka, w.Telemetry, w.Listen, w.ServiceToken = s.cfg.Kafka, s.telemetry(), "127.0.0.1:0", token
	w.Backend, w.Logger, w.Registry, w.TracerProvider = s.backend, s.logger.With("part", "response-workflow"), s.registry("response-workflow"), s.provider
	w.SLAUrgent, w.SLACritical, w.SLAFavourable = s.cfg.SLAUrgent, s.cfg.SLACritical, s.cfg.SLAFavourable
	w.Replies, w.Messages, w.UndoFor = replies(c), s.cfg.Messages, s.cfg.UndoFor
	w.Ready = func(addr net.Addr) { workflowAt <- addr }

	t := sentiment.DefaultConfig()
	t.Kafka, t.Telemetry = s.cfg.Kafka, s.telemetry()
	t.Backend = s.backend
	t.Logger, t.Registry, t.TracerProvider = s.logger.With("part", "sentiment"), s.registry("sentiment"), s.provider

	g := gateway.DefaultConfig()
	g.Kafka, g.Telemetry, g.Listen, g.ServiceToken = s.cfg.Kafka, s.telemetry(), s.cfg.Listen, token
	g.Backend, g.Logger, g.Registry, g.TracerProvider = s.backend, s.logger.With("part", "gateway"), s.registry("gateway"), s.provider
	g.SLAUrgent, g.SLACritical, g.SLAFavourable = s.cfg.SLAUrgent, s.cfg.SLACritical, s.cfg.SLAFavourable
	g.HooksToLoopback = s.cfg.Messages.HooksToLoopback
	g.TrustedProxies, g.SecureCookies = s.cfg.TrustedProxies, s.cfg.SecureCookies
	g.Ready = func(addr net.Addr) { gatewayAt <- addr }

	s.serveMetrics(group)
	group.Go("response-workflow", func(ctx context.Context) error { return workflow.Run(ctx, w) })
	group.Go("sentiment", func(ctx context.Context) error { return sentiment.Run(ctx, t) })
	group.Go("scraper", func(ctx context.Context) error { return scraper.Run(ctx, c) })
	group.Go("gateway", func(ctx context.Context) error {
		addr, ok := wait(ctx, workflowAt)
		if !ok {
			return nil
		}
		g.WorkflowURL = "http://" + addr.String()
		return gateway.Run(ctx, g)
	})
	group.Go("say that all is ready", func(ctx context.Context) error {
		addr, ok := wait(ctx, gatewayAt)
		if !ok {
			return nil
		}
		return s.announce(ctx, addr)
	})
	return group.Wait()
}

func (s *services) scraper() scraper.Config {
	c := scraper.DefaultConfig()
	c.Kafka, c.Telemetry = s.cfg.Kafka, s.telemetry()
	c.Backend, c.Logger, c.Registry, c.TracerProvider = s.backend, s.logger.With("part", "scraper"), s.registry("scraper"), s.provider
	// One process owns the data folder, so the name is free after a kill and what was being read goes on at once.
	c.Instance = "bedside-up"
	c.AllowLoopback, c.AllowAddresses = s.cfg.AllowLoopback, s.cfg.AllowAddresses
	c.Credentials, c.CredentialsFile = s.cfg.Credentials, s.cfg.CredentialsFile
	c.Contact, c.Interval, c.CompareEvery = s.cfg.Contact, s.cfg.Interval, s.cfg.CompareEvery
	c.RequestsPerSecond, c.GoogleURL = s.cfg.RequestsPerSecond, s.cfg.GoogleURL
	c.Selectors = s.cfg.Selectors
	c.YelpURL, c.FacebookURL, c.TrustpilotURL, c.CareOpinionURL = s.cfg.YelpURL, s.cfg.FacebookURL, s.cfg.TrustpilotURL, s.cfg.CareOpinionURL
	s.practice.tune(&c)
	return c
}

// replies go where the reviews come from, with the same secrets.
func replies(from scraper.Config) workflow.ReplySettings {
	to := workflow.DefaultConfig().Replies
	to.Contact, to.Credentials, to.CredentialsFile = from.Contact, from.Credentials, from.CredentialsFile
	to.AllowLoopback, to.AllowAddresses, to.GoogleURL = from.AllowLoopback, from.AllowAddresses, from.GoogleURL
	if from.YelpURL != scraper.DefaultConfig().YelpURL {
		to.YelpURL = from.YelpURL
	}
	return to
}

// telemetry leaves the services without admin endpoints of their own: the gateway's
// listener says whether all is well, and AdminListen shows everybody's metrics.
func (s *services) telemetry() config.Telemetry {
	return config.Telemetry{LogLevel: s.cfg.LogLevel, OTLPEndpoint: s.cfg.OTLPEndpoint}
}

func (s *services) registry(name string) *prometheus.Registry {
	r := prometheus.NewRegistry()
	s.registries[name] = r
	return r
}

func (s *services) serveMetrics(group *app.Group) {
	if s.cfg.AdminListen == "" {
		return
	}
	mux := http.NewServeMux()
	for name, registry := range s.registries {
		mux.Handle("GET /metrics/"+name, promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	}
	group.Go("metrics", func(ctx context.Context) error {
		return app.Serve(ctx, app.ServeConfig{Listen: s.cfg.AdminListen, Handler: mux, Logger: s.logger})
	})
}

// announce leaves the file for commands on this machine and says where Bedside is.
func (s *services) announce(ctx context.Context, addr net.Addr) error {
	org, admin := s.practice.plan.Organization.Key, s.practice.administrator()
	token, err := bootstrap.MintToken(ctx, s.backend, bootstrap.TokenRequest{OrgID: org, Email: admin.Email, Name: localToken})
	if err != nil {
		return fmt.Errorf("make the token for commands on this machine: %w", err)
	}
	local := client.Local{URL: "http://" + reachable(addr), Token: token, Brokers: s.cfg.Brokers}
	if err := client.WriteLocal(s.cfg.Data, local); err != nil {
		return err
	}
	if s.practice.demo != nil {
		fmt.Fprintf(s.cfg.Out, "Site simulator: %s\n", s.practice.demo.url)
		fmt.Fprintf(s.cfg.Out, "Bedside is ready: %s  sign in as %s / %s\n", local.URL, admin.Email, s.practice.demo.password.Reveal())
		return s.practice.demo.importCards(ctx, local, s.logger)
	}
	fmt.Fprintf(s.cfg.Out, "Bedside is ready: %s  sign in as %s with the password of %s\n", local.URL, admin.Email, s.cfg.Setup)
	return nil
}

// startBroker starts the embedded broker unless another one is named, and returns how to reach it.
func startBroker(ctx context.Context, cfg Config, logger *slog.Logger, ends *cleanups) (config.Kafka, error) {
	kafka := cfg.Kafka
	if len(kafka.Brokers) > 0 {
		return kafka, nil
	}
	b, err := broker.Start(ctx, broker.Config{Dir: filepath.Join(cfg.Data, "broker"), Logger: logger.With("part", "broker")})
	if err != nil {
		return kafka, fmt.Errorf("start the embedded broker: %w", err)
	}
	ends.add(b.Close)
	kafka.Brokers = []string{b.Addr()}
	// The broker has made its topics with bounds that fit one machine.
	kafka.Partitions, kafka.Retention, kafka.MaxBytes = broker.Partitions, broker.Retention, broker.MaxPartitionBytes
	return kafka, nil
}

// lock keeps a second process off the data folder; the system lets go of it when this
// process ends, however it does.
func lock(dataDir string, ends *cleanups) error {
	l := flock.New(filepath.Join(dataDir, "lock"))
	held, err := l.TryLock()
	if err != nil {
		return fmt.Errorf("lock the folder of the state: %w", err)
	}
	if !held {
		return fmt.Errorf("another Bedside runs with its state in %s: stop it, or give this one a folder of its own with BEDSIDE_DATA", dataDir)
	}
	ends.add(l.Unlock)
	return nil
}

// portIsFree complains about a taken port before anything else is started.
func portIsFree(ctx context.Context, address string) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; another Bedside may run there: stop it, or choose another address with BEDSIDE_LISTEN", address, err)
	}
	return l.Close()
}

// reachable is an address for clients on this machine: one that listens everywhere is
// reached on the loopback.
func reachable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

func wait[T any](ctx context.Context, c <-chan T) (T, bool) {
	select {
	case v := <-c:
		return v, true
	case <-ctx.Done():
		var none T
		return none, false
	}
}

// cleanups run in reverse order of their registration.
type cleanups []func() error

func (c *cleanups) add(f func() error) { *c = append(*c, f) }

func (c *cleanups) run() error {
	var faults []error
	for i := len(*c) - 1; i >= 0; i-- {
		faults = append(faults, (*c)[i]())
	}
	return errors.Join(faults...)
}
