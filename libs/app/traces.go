package app

import (
	"context"
	"log/slog"
	"net/url"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/bedside-health/bedside/libs/problem"
)

// TracerProvider is OpenTelemetry's.
type TracerProvider = trace.TracerProvider

// Traces sets up OpenTelemetry with an OTLP/HTTP exporter for endpoint, or a no-op
// provider when it is empty. Nothing global is set. stop flushes.
//
// endpoint is the collector's base URL as OTEL_EXPORTER_OTLP_ENDPOINT names it
// ("http://collector:4318"); spans go to its /v1/traces. Spans that cannot be delivered are
// dropped: tracing never holds up work.
func Traces(ctx context.Context, service, endpoint string) (provider TracerProvider, stop func(context.Context) error, err error) {
	return TracesTo(ctx, service, endpoint, nil)
}

// TracesTo is Traces that says at debug level when spans could not be delivered.
func TracesTo(ctx context.Context, service, endpoint string, logger *slog.Logger) (provider TracerProvider, stop func(context.Context) error, err error) {
	if endpoint == "" {
		return noop.NewTracerProvider(), func(context.Context) error { return nil }, nil
	}
	base, err := url.Parse(endpoint)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, nil, problem.New(problem.Invalid, "otlp_endpoint_invalid", "OTLP endpoint %q is not an http or https URL such as http://collector:4318", endpoint)
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(base.JoinPath("v1", "traces").String()))
	if err != nil {
		return nil, nil, problem.Wrap(problem.Invalid, "otlp_endpoint_invalid", err, "make the trace exporter for %s", endpoint)
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	sdk := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(quietExporter{exporter, logger}),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", service))),
	)
	return sdk, sdk.Shutdown, nil
}

// quietExporter keeps failures to export out of OpenTelemetry's global error
// handler, which writes lines of its own to standard error.
type quietExporter struct {
	sdktrace.SpanExporter
	logger *slog.Logger
}

func (e quietExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.logger.DebugContext(ctx, "spans were dropped", "spans", len(spans), "error", err.Error())
	}
	return nil
}
