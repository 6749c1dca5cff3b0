// Package httpapi takes the gateway's commands on reviews over internal HTTP, as
// api-specs/openapi/response-workflow.yaml says. It promises: nothing is done
// without the service token; bodies are bounded and have no unknown fields; every
// failure is an RFC 9457 problem with a stable code.
package httpapi

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/problem/httpproblem"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
	"github.com/bedside-health/bedside/services/response-workflow/internal/httpapi/api"
)

// Cases carries out commands. Its errors have a problem.Kind.
type Cases interface {
	Assign(ctx context.Context, cmd casework.Command, ownerID, reason string) (casework.Done, error)
	SetStatus(ctx context.Context, cmd casework.Command, in casework.StatusChange) (casework.Done, error)
	AddNote(ctx context.Context, cmd casework.Command, noteID, text string) (casework.Done, error)
	Correct(ctx context.Context, cmd casework.Command, j casework.Judgement, reason string) (casework.Done, error)
	Withdraw(ctx context.Context, cmd casework.Command) (casework.Done, error)
	Replies
	Snooze(ctx context.Context, cmd casework.Command, until time.Time) (casework.Done, error)
	Merge(ctx context.Context, cmd casework.Command, into string) (casework.Done, error)
	AddCommitment(ctx context.Context, cmd casework.Command, in casework.Commitment) (casework.Done, error)
	ChangeCommitment(ctx context.Context, cmd casework.Command, id string, in casework.CommitmentChange) (casework.Done, error)
}

// Replies carries out commands on the reply to a review.
type Replies interface {
	SaveDraft(ctx context.Context, cmd casework.Command, save casework.DraftSave) (casework.Done, error)
	DiscardDraft(ctx context.Context, cmd casework.Command, version int) (casework.Done, error)
	RequestApproval(ctx context.Context, cmd casework.Command, version int) (casework.Done, error)
	DecideApproval(ctx context.Context, cmd casework.Command, in casework.Decision) (casework.Done, error)
	Publish(ctx context.Context, cmd casework.Command, version int, overrideReason string) (casework.Done, error)
	UndoPublication(ctx context.Context, cmd casework.Command) (casework.Done, error)
	ConfirmCopied(ctx context.Context, cmd casework.Command) (casework.Done, error)
	RetryPublication(ctx context.Context, cmd casework.Command) (casework.Done, error)
}

// Config configures New.
type Config struct {
	Cases    Cases
	Messages Messages
	// Token is what callers show.
	Token          config.Secret
	Logger         *slog.Logger
	TracerProvider trace.TracerProvider // nil means none
}

// MinTokenBytes is the least length of a service token.
const MinTokenBytes = 16

// New makes the handler of the API.
func New(cfg Config) (http.Handler, error) {
	var faults []error
	if cfg.Cases == nil || cfg.Messages == nil || cfg.Logger == nil {
		faults = append(faults, errors.New("cases, messages and a logger are required"))
	}
	if len(cfg.Token.Reveal()) < MinTokenBytes {
		faults = append(faults, fmt.Errorf("the service token must have at least %d bytes", MinTokenBytes))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, fmt.Errorf("configure the internal API: %w", err)
	}
	if cfg.TracerProvider == nil {
		cfg.TracerProvider = noop.NewTracerProvider()
	}
	s := &server{cfg: cfg, token: sha256.Sum256([]byte(cfg.Token.Reveal()))}
	// Gin's mode is the process's own; release is the one that writes nothing to
	// standard output, and nobody in Bedside wants another.
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.ContextWithFallback = true
	engine.HandleMethodNotAllowed = true
	engine.Use(s.recover, s.trace, s.authorize)
	engine.NoRoute(func(c *gin.Context) {
		httpproblem.Write(c.Writer, c.Request, problem.New(problem.NotFound, "route_not_found", "there is no such route"))
	})
	engine.NoMethod(func(c *gin.Context) {
		httpproblem.Write(c.Writer, c.Request, problem.New(problem.NotFound, "route_not_found", "this route does not take this method"))
	})
	api.RegisterHandlersWithOptions(engine, s, api.GinServerOptions{
		ErrorHandler: func(c *gin.Context, err error, _ int) {
			s.refuse(c, problem.New(problem.Invalid, "invalid_parameter", "%s", err.Error()))
		},
	})
	return engine, nil
}

type server struct {
	cfg   Config
	token [sha256.Size]byte
}

var _ api.ServerInterface = (*server)(nil)

// authorize compares digests, so that neither content nor length of the token
// shows in the time taken.
func (s *server) authorize(c *gin.Context) {
	shown, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	digest := sha256.Sum256([]byte(shown))
	if subtle.ConstantTimeCompare(digest[:], s.token[:]) != 1 || !ok {
		httpproblem.Write(c.Writer, c.Request, problem.New(problem.Unauthorized, "bad_service_token", "the service token is missing or wrong"))
		c.Abort()
	}
}

// trace continues the caller's trace.
func (s *server) trace(c *gin.Context) {
	ctx := propagation.TraceContext{}.Extract(c.Request.Context(), propagation.HeaderCarrier(c.Request.Header))
	ctx, span := s.cfg.TracerProvider.Tracer("response-workflow").Start(ctx, c.Request.Method+" "+c.FullPath(), trace.WithSpanKind(trace.SpanKindServer))
	defer span.End()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
	status := c.Writer.Status()
	span.SetAttributes(attribute.Int("http.response.status_code", status))
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, http.StatusText(status))
	}
}

// recover answers for a handler that panicked and logs where.
func (s *server) recover(c *gin.Context) {
	defer func() {
		if r := recover(); r != nil {
			s.cfg.Logger.ErrorContext(c.Request.Context(), "handler panicked", "route", c.FullPath(), "panic", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
			if !c.Writer.Written() {
				httpproblem.Write(c.Writer, c.Request, problem.New(problem.Internal, "internal", "something went wrong; it was logged"))
			}
			c.Abort()
		}
	}()
	c.Next()
}

// refuse answers with a problem and logs what is the service's own fault.
func (s *server) refuse(c *gin.Context, err error) {
	if kind := problem.KindOf(err); kind == problem.Internal || kind == problem.Unavailable {
		s.cfg.Logger.ErrorContext(c.Request.Context(), "command failed", "route", c.FullPath(), "kind", string(kind), "error", err.Error())
	}
	httpproblem.Write(c.Writer, c.Request, err)
	c.Abort()
}
