// Package httpapi is the gateway's HTTP interface: the operations of
// api-specs/openapi/gateway.yaml over Gin, and the web app beside them.
//
// It promises that every operation but the public ones asks who is there before
// anything else, that a request is checked against the description before it is
// acted on, that every read is confined to the organization of who is asking, that
// failures are RFC 9457 problems, and that no log line carries text of a review, a
// search or a secret.
package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/services/gateway/bulk"
	"github.com/bedside-health/bedside/services/gateway/followup"
	"github.com/bedside-health/bedside/services/gateway/inbox"
	"github.com/bedside-health/bedside/services/gateway/intake"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
	"github.com/bedside-health/bedside/services/gateway/live"
	"github.com/bedside-health/bedside/services/gateway/practice"
	"github.com/bedside-health/bedside/services/gateway/replies"
	"github.com/bedside-health/bedside/services/gateway/signin"
	"github.com/bedside-health/bedside/services/gateway/sources"
)

// Store reads what the inbox shows. Lookups that find nothing are problem.NotFound.
type Store interface {
	ListReviews(ctx context.Context, org string, f inbox.Filter, sort inbox.Sort, limit int, cursor string) ([]collections.Review, string, error)
	Review(ctx context.Context, org, id string) (collections.Review, error)
	ReviewEvents(ctx context.Context, org, id string, limit int, cursor string) ([]collections.CaseEvent, string, error)
	Locations(ctx context.Context, org string) ([]collections.Location, error)
	People(ctx context.Context, org string) ([]collections.Person, error)
	Lexicon(ctx context.Context, org string) (collections.Lexicon, error)
	Corrected(ctx context.Context, org string, limit int, cursor string) ([]collections.Review, string, error)
	Location(ctx context.Context, org, id string) (collections.Location, error)
	// Twins are the reviews with the same text by the same author.
	Twins(ctx context.Context, org string, of collections.Review) ([]collections.Review, error)
	Commitments(ctx context.Context, org string, f inbox.PromiseFilter, limit int, cursor string) ([]inbox.Promised, string, error)
	// Editing notes that somebody writes a reply, or stopped, and says who else does.
	Editing(ctx context.Context, org, reviewID string, who inbox.Editor, writes bool) ([]inbox.Editor, error)
	Notifications(ctx context.Context, org, person string, unread *bool, limit int, cursor string) ([]collections.Notification, string, error)
	UnreadNotifications(ctx context.Context, org, person string) (int64, error)
}

// Commands changes reviews.
type Commands interface {
	SetOwner(ctx context.Context, act inbox.Act, owner, reason string) (int64, error)
	SetStatus(ctx context.Context, act inbox.Act, to inbox.StatusChange) (int64, error)
	AddNote(ctx context.Context, act inbox.Act, note, text string) (int64, error)
	CorrectTags(ctx context.Context, act inbox.Act, judgement inbox.Judgement) (int64, error)
	WithdrawCorrection(ctx context.Context, act inbox.Act) (int64, error)
	Snooze(ctx context.Context, act inbox.Act, until time.Time) (int64, error)
	Merge(ctx context.Context, act inbox.Act, into string) (int64, error)
	SaveDraft(ctx context.Context, act inbox.Act, in inbox.DraftSave) (int64, error)
	DiscardDraft(ctx context.Context, act inbox.Act, version int) (int64, error)
	RequestApproval(ctx context.Context, act inbox.Act, version int) (int64, error)
	DecideApproval(ctx context.Context, act inbox.Act, decision inbox.Decision) (int64, error)
	Publish(ctx context.Context, act inbox.Act, version int, overrideReason string) (int64, error)
	UndoPublication(ctx context.Context, act inbox.Act) (int64, error)
	ConfirmCopied(ctx context.Context, act inbox.Act) (int64, error)
	RetryPublication(ctx context.Context, act inbox.Act) (int64, error)
	AddCommitment(ctx context.Context, act inbox.Act, promise inbox.Promise) (int64, error)
	ChangeCommitment(ctx context.Context, act inbox.Act, id string, change inbox.PromiseChange) (int64, error)
	ReadNotifications(ctx context.Context, act inbox.Act, ids []string, until time.Time) error
	TestChannel(ctx context.Context, act inbox.Act, channel string) error
	Digest(ctx context.Context, org, week string, locations []string) (digest json.RawMessage, html string, err error)
}

// Counter counts reviews by filter value, and is told when an organization's reviews
// have changed.
type Counter interface {
	Count(ctx context.Context, org string, f inbox.Filter) (inbox.Counts, error)
	Forget(org string)
}

// SecureCookies says when the session's cookie is for HTTPS alone.
type SecureCookies string

// When cookies are secure.
const (
	// SecureAuto: where the request came by TLS, or a trusted proxy says so.
	SecureAuto   SecureCookies = "auto"
	SecureAlways SecureCookies = "always"
	SecureNever  SecureCookies = "never"
)

// Valid reports whether this is one of the choices.
func (c SecureCookies) Valid() bool { return c == SecureAuto || c == SecureAlways || c == SecureNever }

// Config configures the interface. All of it is required unless it says otherwise.
type Config struct {
	Store    Store
	Counter  Counter
	Commands Commands
	SignIn   *signin.Service
	Sources  *sources.Service
	Practice *practice.Service
	FollowUp *followup.Service
	Bulk     *bulk.Service
	Replies  *replies.Service
	Intake   *intake.Service
	Hub      *live.Hub
	// PushToken is what notifications of Google show; empty means that none are taken.
	PushToken config.Secret
	// Web is the built web app; nil where it is not built in.
	Web fs.FS
	// Health serves /livez and /readyz.
	Health http.Handler

	SecureCookies SecureCookies
	// TrustedProxies are the networks of proxies whose X-Forwarded-For and
	// X-Forwarded-Proto are believed; none by default.
	TrustedProxies []netip.Prefix
	// TrustedOrigins are origins other than our own that may send commands with
	// the cookie; none by default.
	TrustedOrigins []string
	// MaxUpload bounds an imported file in bytes.
	MaxUpload int64
	// Ping is the time between signs of life on a live stream.
	Ping time.Duration

	Logger     *slog.Logger
	Registerer prometheus.Registerer // nil means no metrics
	Tracer     trace.TracerProvider  // nil means no traces
	Now        func() time.Time
}

// server implements the generated interface.
type server struct {
	cfg     Config
	ops     operations
	origins *http.CrossOriginProtection
	metrics *metrics
	tracer  trace.Tracer
	pace    pace
}

var _ api.ServerInterface = (*server)(nil)

// New makes the handler of the gateway.
func New(cfg Config) (http.Handler, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("configure the HTTP interface: %w", err)
	}
	ops, err := loadOperations()
	if err != nil {
		return nil, err
	}
	s := &server{cfg: cfg, ops: ops, origins: http.NewCrossOriginProtection(), pace: slowest()}
	for _, origin := range cfg.TrustedOrigins {
		if err := s.origins.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("trust an origin: %w", err)
		}
	}
	if s.metrics, err = newMetrics(cfg.Registerer); err != nil {
		return nil, err
	}
	provider := cfg.Tracer
	if provider == nil {
		provider = noop.NewTracerProvider()
	}
	s.tracer = provider.Tracer("github.com/bedside-health/bedside/services/gateway")
	return s.routes()
}

func (c Config) validate() error {
	var faults []error
	if c.Store == nil || c.Counter == nil || c.Commands == nil || c.SignIn == nil || c.Sources == nil || c.Intake == nil || c.Hub == nil {
		faults = append(faults, errors.New("store, counter, commands, sign-in, sources, intake and hub are required"))
	}
	if c.Practice == nil || c.Replies == nil || c.FollowUp == nil || c.Bulk == nil {
		faults = append(faults, errors.New("the practice, the check of replies, the follow-up and acts on many reviews are required"))
	}
	if c.Health == nil || c.Logger == nil || c.Now == nil {
		faults = append(faults, errors.New("health, logger and clock are required"))
	}
	if !c.SecureCookies.Valid() {
		faults = append(faults, fmt.Errorf("secure cookies: choose auto, always or never, not %q", c.SecureCookies))
	}
	if c.MaxUpload <= 0 || c.Ping <= 0 {
		faults = append(faults, errors.New("the largest upload and the time between pings must be positive"))
	}
	return errors.Join(faults...)
}

func (s *server) routes() (http.Handler, error) {
	engine := gin.New()
	engine.RedirectTrailingSlash = false
	engine.HandleMethodNotAllowed = true
	engine.ContextWithFallback = true
	proxies := make([]string, len(s.cfg.TrustedProxies))
	for i, prefix := range s.cfg.TrustedProxies {
		proxies[i] = prefix.String()
	}
	if err := engine.SetTrustedProxies(proxies); err != nil {
		return nil, fmt.Errorf("trust proxies: %w", err)
	}
	engine.Use(s.observe, s.survive, s.secureHeaders)
	engine.GET("/livez", s.health)
	engine.GET("/readyz", s.health)
	described := engine.Group("/", s.guard)
	api.RegisterHandlersWithOptions(described, s, api.GinServerOptions{ErrorHandler: s.unbound})
	engine.NoRoute(s.webOrNothing)
	engine.NoMethod(s.wrongMethod)
	return engine, nil
}
