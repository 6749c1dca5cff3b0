package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/bedside-health/bedside/libs/app"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/replycheck"
	inputs "github.com/bedside-health/bedside/libs/replycheck/practice"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/services/gateway/bootstrap"
	"github.com/bedside-health/bedside/services/gateway/bulk"
	"github.com/bedside-health/bedside/services/gateway/followup"
	"github.com/bedside-health/bedside/services/gateway/inbox"
	"github.com/bedside-health/bedside/services/gateway/intake"
	"github.com/bedside-health/bedside/services/gateway/internal/bus"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi"
	"github.com/bedside-health/bedside/services/gateway/internal/store"
	"github.com/bedside-health/bedside/services/gateway/internal/workflow"
	"github.com/bedside-health/bedside/services/gateway/live"
	"github.com/bedside-health/bedside/services/gateway/practice"
	"github.com/bedside-health/bedside/services/gateway/replies"
	"github.com/bedside-health/bedside/services/gateway/replies/assistant"
	"github.com/bedside-health/bedside/services/gateway/signin"
	"github.com/bedside-health/bedside/services/gateway/sources"
	"github.com/bedside-health/bedside/services/gateway/web"
)

const (
	// hashWait is how long somebody who signs in waits for their turn.
	hashWait = 5 * time.Second
	// commandTimeout bounds a command with its repetitions.
	commandTimeout = 10 * time.Second
	commandPause   = 100 * time.Millisecond
	// uploads is how many files are read at once.
	uploads = 4
	// pingEvery is what api-specs/openapi/gateway.yaml says of live updates.
	pingEvery = 20 * time.Second
	// sweepEvery is how often what has ended is removed.
	sweepEvery = 10 * time.Minute
	// liveBuffer, livePerPerson and liveMost bound the memory of live updates.
	liveBuffer    = 64
	livePerPerson = 30
	liveMost      = 5000
	// countsKept is short: counts are forgotten when a change is announced, and this
	// bounds how long they are behind where the announcement was missed.
	countsKept       = 2 * time.Second
	countsRemembered = 200
	countsPatience   = 30 * time.Second
)

// Run serves until ctx ends, drains and returns nil. That Kafka or response-workflow
// cannot be reached is waited out: reading works without them.
func Run(ctx context.Context, cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	if cfg.Registry == nil {
		cfg.Registry = prometheus.NewRegistry()
	}
	if cfg.Backend == nil {
		backend, err := connect.Open(ctx, cfg.URL.Reveal(), cfg.Logger)
		if err != nil {
			return fmt.Errorf("open the store: %w", err)
		}
		defer func() { _ = backend.Close() }()
		cfg.Backend = backend
	}
	if err := start(ctx, cfg); err != nil {
		return err
	}
	opened, err := store.Open(ctx, cfg.Backend, time.Now)
	if err != nil {
		return err
	}
	hub, err := live.New(live.Config{
		Buffer: liveBuffer, PerPerson: livePerPerson, Most: liveMost, Registerer: cfg.Registry,
	})
	if err != nil {
		return err
	}
	counter, err := inbox.NewCounter(inbox.CounterConfig{
		Count: opened.CountReviews, Keep: countsKept, Remember: countsRemembered, Patience: countsPatience, Now: time.Now,
	})
	if err != nil {
		return err
	}
	admin := app.NewAdmin(cfg.Registry, app.Check{Name: "store", Ready: cfg.Backend.Ping})
	handler, err := handler(cfg, parts{store: opened, hub: hub, counter: counter, admin: admin})
	if err != nil {
		return err
	}
	conn, err := kafkaio.Connect(cfg.Kafka, "gateway")
	if err != nil {
		return err
	}
	group := app.NewGroup(ctx)
	if cfg.AdminListen != "" {
		group.Go("admin", func(ctx context.Context) error {
			return app.Serve(ctx, app.ServeConfig{
				Listen: cfg.AdminListen, Handler: admin.Handler(), Logger: cfg.Logger, Ready: cfg.AdminReady,
				DrainDelay: cfg.DrainDelay,
			})
		})
	}
	group.Go("api", func(ctx context.Context) error {
		return app.Serve(ctx, app.ServeConfig{
			Listen: cfg.Listen, Handler: handler, Logger: cfg.Logger, Ready: cfg.Ready, Admin: admin, DrainDelay: cfg.DrainDelay,
		})
	})
	group.Go("live updates", func(ctx context.Context) error {
		return bus.Follow(ctx, bus.Config{
			Connection: conn, Ready: cfg.LiveReady, Logger: cfg.Logger, Registerer: cfg.Registry,
			Publish: func(change events.ReviewChanged) {
				counter.Forget(change.OrgID) // before browsers ask again
				hub.Publish(change)
			},
		})
	})
	group.Go("sweep", func(ctx context.Context) error { return sweep(ctx, cfg, opened) })
	return group.Wait()
}

// start applies the plan the installation begins with.
func start(ctx context.Context, cfg Config) error {
	plan := cfg.Bootstrap
	if plan == nil && cfg.BootstrapFile != "" {
		file, err := os.Open(cfg.BootstrapFile)
		if err != nil {
			return fmt.Errorf("open the start plan: %w", err)
		}
		defer func() { _ = file.Close() }()
		if plan, err = bootstrap.Load(file); err != nil {
			return err
		}
	}
	if plan == nil {
		return nil
	}
	report, err := bootstrap.Apply(ctx, cfg.Backend, plan)
	if err != nil {
		return fmt.Errorf("apply the start plan: %w", err)
	}
	cfg.Logger.InfoContext(ctx, "start plan applied",
		"org_id", plan.Organization.Key, "locations", report.Locations, "people", report.People, "listings", report.Listings)
	return nil
}

// parts are what the HTTP interface is built from.
type parts struct {
	store   *store.Store
	hub     *live.Hub
	counter *inbox.Counter
	admin   *app.Admin
}

func handler(cfg Config, p parts) (http.Handler, error) {
	commands, err := workflow.New(workflow.Config{
		URL: cfg.WorkflowURL, Token: cfg.ServiceToken, Timeout: commandTimeout, Pause: commandPause,
	})
	if err != nil {
		return nil, err
	}
	hasher, err := signin.NewHasher(signin.HasherConfig{
		Params: signin.Params(), Concurrent: max(2, runtime.GOMAXPROCS(0)/2), Wait: hashWait,
	})
	if err != nil {
		return nil, err
	}
	signIn, err := signin.New(signin.Config{
		Store: p.store, Hasher: hasher, Logger: cfg.Logger, Lifetime: cfg.SessionLifetime, Longest: cfg.SessionLongest,
		Backoff: signin.DefaultBackoff(), Now: time.Now,
	})
	if err != nil {
		return nil, err
	}
	watched, err := sources.New(sources.Config{Store: p.store, Now: time.Now})
	if err != nil {
		return nil, err
	}
	records, err := practice.New(practice.Config{Store: p.store, Now: time.Now})
	if err != nil {
		return nil, err
	}
	checker, err := replycheck.New(replycheck.Config{})
	if err != nil {
		return nil, err
	}
	var writer *assistant.Client
	if cfg.AssistantURL != "" {
		if writer, err = assistant.New(assistant.Config{
			URL: cfg.AssistantURL, Key: cfg.AssistantKey, Model: cfg.AssistantModel, Timeout: cfg.AssistantTimeout,
		}); err != nil {
			return nil, err
		}
	}
	shared := p.store.Shared()
	checks, err := replies.New(replies.Config{
		Store: p.store, Checker: checker, Now: time.Now, Assistant: writer, Registerer: cfg.Registry,
		Inputs: inputs.Store{Organizations: shared.Organizations, Locations: shared.Locations, People: shared.People, Reviews: shared.Reviews},
	})
	if err != nil {
		return nil, err
	}
	decisions, err := followup.New(followup.Config{
		Store: p.store, Now: time.Now, AllowLoopback: cfg.HooksToLoopback,
		Default: routing.Default(cfg.SLAUrgent, cfg.SLACritical, cfg.SLAFavourable),
	})
	if err != nil {
		return nil, err
	}
	many, err := bulk.New(bulk.Config{Store: p.store, Commands: commands, Now: time.Now})
	if err != nil {
		return nil, err
	}
	imports, err := intake.New(intake.Config{
		Store: p.store, Open: intake.OpenFile, Logger: cfg.Logger, Now: time.Now, Concurrent: uploads, Registerer: cfg.Registry,
	})
	if err != nil {
		return nil, err
	}
	files, err := web.Files()
	if err != nil {
		return nil, fmt.Errorf("open the web app: %w", err)
	}
	proxies, err := cfg.proxies()
	if err != nil {
		return nil, err
	}
	// Gin's mode only decides what it prints about itself, and is the same for all.
	gin.SetMode(gin.ReleaseMode)
	return httpapi.New(httpapi.Config{
		Store: p.store, Counter: p.counter, Commands: commands, SignIn: signIn, Sources: watched, Intake: imports, Hub: p.hub,
		Practice: records, FollowUp: decisions, Bulk: many, Replies: checks, PushToken: cfg.PushToken,
		Web: files, Health: p.admin.Handler(), SecureCookies: httpapi.SecureCookies(cfg.SecureCookies),
		TrustedProxies: proxies, TrustedOrigins: cfg.TrustedOrigins, MaxUpload: cfg.MaxUploadBytes, Ping: pingEvery,
		Logger: cfg.Logger, Registerer: cfg.Registry, Tracer: cfg.TracerProvider, Now: time.Now,
	})
}

// sweep removes what has ended: sessions, uploads that broke off, who wrote a reply, and acts that
// cannot be undone any more. What fails is
// tried again at the next turn.
func sweep(ctx context.Context, cfg Config, opened *store.Store) error {
	turn := time.NewTicker(sweepEvery)
	defer turn.Stop()
	for {
		removed, err := opened.PurgeSessions(ctx)
		if err == nil {
			err = errors.Join(opened.PurgeImports(ctx), opened.PurgeEditors(ctx), opened.PurgeBulk(ctx))
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			cfg.Logger.WarnContext(ctx, "sweeping is tried again later", "error", err.Error())
		case removed > 0:
			cfg.Logger.InfoContext(ctx, "ended sessions removed", "count", removed)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-turn.C:
		}
	}
}
