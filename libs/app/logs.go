package app

import (
	"context"
	"io"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/bedside-health/bedside/libs/problem"
)

// NewLogger returns a JSON logger at a level ("debug", "info", "warn", "error"; empty is
// "info") with the service's name. Lines written with a context that carries a trace name it
// (trace_id, span_id).
func NewLogger(w io.Writer, service, level string) (*slog.Logger, error) {
	var at slog.Level
	switch strings.ToLower(level) {
	case "debug":
		at = slog.LevelDebug
	case "", "info":
		at = slog.LevelInfo
	case "warn":
		at = slog.LevelWarn
	case "error":
		at = slog.LevelError
	default:
		return nil, problem.New(problem.Invalid, "log_level_unknown", "log level %q is not one of debug, info, warn, error", level)
	}
	return slog.New(traced{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: at})}).With("service", service), nil
}

// traced adds the trace of a line's context.
type traced struct{ slog.Handler }

func (h traced) Handle(ctx context.Context, r slog.Record) error {
	if sc := trace.SpanContextFromContext(ctx); sc.IsValid() {
		r.AddAttrs(slog.String("trace_id", sc.TraceID().String()), slog.String("span_id", sc.SpanID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

func (h traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{h.Handler.WithAttrs(attrs)} }

func (h traced) WithGroup(name string) slog.Handler { return traced{h.Handler.WithGroup(name)} }
