package kafkaio

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

const (
	tracerName = "github.com/bedside-health/bedside/libs/kafkaio"
	// maxLinks bounds how many traces of a batch its span is linked with.
	maxLinks = 32
)

// TraceContext is ctx with the trace that a message carries in its headers (W3C Trace
// Context). A message without one, or with a malformed one, leaves ctx as it is.
func TraceContext(ctx context.Context, m Message) context.Context {
	if len(m.Headers) == 0 {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier(m.Headers))
}

// TraceHeaders are the headers that carry ctx's trace, nil where there is none. A
// consumer that publishes one message for each that it handled puts each message's own
// trace into its headers with it; Publish leaves such headers alone.
func TraceHeaders(ctx context.Context) map[string]string {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return nil
	}
	headers := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, headers)
	return headers
}

func tracer(provider trace.TracerProvider) trace.Tracer {
	if provider == nil {
		provider = noop.NewTracerProvider()
	}
	return provider.Tracer(tracerName)
}

// startBatch starts the span of a batch as a child of its first message's trace,
// linked with those of the others.
func startBatch(ctx context.Context, t trace.Tracer, group string, batch []Message) (context.Context, trace.Span) {
	first := batch[0]
	var links []trace.Link
	for _, m := range batch[1:min(len(batch), maxLinks)] {
		if sc := trace.SpanContextFromContext(TraceContext(context.Background(), m)); sc.IsValid() {
			links = append(links, trace.Link{SpanContext: sc})
		}
	}
	return t.Start(TraceContext(ctx, first), "process "+first.Topic,
		trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithLinks(links...),
		trace.WithAttributes(
			attribute.String("messaging.system", "kafka"),
			attribute.String("messaging.destination.name", first.Topic),
			attribute.String("messaging.consumer.group.name", group),
			attribute.Int("messaging.batch.message_count", len(batch)),
		))
}

func startPublish(ctx context.Context, t trace.Tracer, messages []Message) (context.Context, trace.Span) {
	return t.Start(ctx, "publish "+messages[0].Topic,
		trace.WithSpanKind(trace.SpanKindProducer),
		trace.WithAttributes(
			attribute.String("messaging.system", "kafka"),
			attribute.String("messaging.destination.name", messages[0].Topic),
			attribute.Int("messaging.batch.message_count", len(messages)),
		))
}
