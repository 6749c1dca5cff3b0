// Package bus takes collected reviews from Kafka and puts tagged ones back. For
// each message that can be read one is published, with the same key and in the same
// order per review; a batch that is delivered again is published again. What cannot
// be read is answered with an error of kind Invalid, which makes it a dead letter.
package bus

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
)

// longMessage is from where on an analysis takes megabytes of working memory, in bytes.
// Batches that hold such a message are handled one at a time and message by message, so that the
// long texts of several partitions and workers do not add up.
const longMessage = 16 << 10

// Analyzer says what a text is about.
type Analyzer interface {
	Analyze(text string) review.Analysis
	Version() string
}

// Publisher stores messages, all or none that can be relied on.
type Publisher interface {
	Publish(ctx context.Context, messages ...kafkaio.Message) error
}

// Config is what a Tagger needs. Registerer and TracerProvider may be nil.
type Config struct {
	// Analyzer gives the analyzer of an organization's texts; it is called concurrently.
	Analyzer       func(ctx context.Context, org string) Analyzer
	Publisher      Publisher
	Workers        int
	Logger         *slog.Logger
	Registerer     prometheus.Registerer
	TracerProvider trace.TracerProvider
}

// Tagger handles batches of collected reviews. It is safe for concurrent use.
type Tagger struct {
	cfg     Config
	tracer  trace.Tracer
	metrics metrics
	now     func() time.Time
	long    chan struct{} // holds one while a batch with long texts is handled
}

// New makes a Tagger.
func New(cfg Config) (*Tagger, error) {
	if cfg.Analyzer == nil || cfg.Publisher == nil || cfg.Logger == nil || cfg.Workers < 1 {
		return nil, problem.New(problem.Invalid, "tagger_config", "a tagger needs an analyzer, a publisher, a logger and at least one worker")
	}
	if cfg.TracerProvider == nil {
		cfg.TracerProvider = noop.NewTracerProvider()
	}
	return &Tagger{
		cfg:     cfg,
		tracer:  cfg.TracerProvider.Tracer("github.com/bedside-health/bedside/services/sentiment"),
		metrics: newMetrics(cfg.Registerer),
		now:     time.Now,
		long:    make(chan struct{}, 1),
	}, nil
}

// Handle tags a batch and publishes it in one call. Either all that could be read is
// published, or the answer asks for all of it again.
func (t *Tagger) Handle(ctx context.Context, batch []kafkaio.Message) []error {
	tagged := make([]kafkaio.Message, len(batch))
	faults := make([]error, len(batch))
	workers := t.cfg.Workers
	if slices.ContainsFunc(batch, func(m kafkaio.Message) bool { return len(m.Value) > longMessage }) {
		select {
		case t.long <- struct{}{}:
			defer func() { <-t.long }()
		case <-ctx.Done():
			for i := range faults {
				faults[i] = problem.Wrap(problem.Unavailable, "interrupted", ctx.Err(), "wait for other long texts")
			}
			return faults
		}
		workers = 1
	}
	each(workers, len(batch), func(i int) {
		tagged[i], faults[i] = t.one(ctx, batch[i])
	})
	good := make([]kafkaio.Message, 0, len(batch))
	for i := range batch {
		if faults[i] == nil {
			good = append(good, tagged[i])
		}
	}
	if len(good) == 0 {
		return faults
	}
	if err := t.cfg.Publisher.Publish(ctx, good...); err != nil {
		for i := range batch {
			if faults[i] == nil {
				faults[i] = fmt.Errorf("publish tagged reviews: %w", err)
			}
		}
	}
	return faults
}

// each calls f for 0..n-1 on workers and waits.
func each(workers, n int, f func(i int)) {
	workers = min(workers, n)
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var wg sync.WaitGroup
	var taken atomic.Int64
	for range workers {
		wg.Go(func() {
			for i := int(taken.Add(1)) - 1; i < n; i = int(taken.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}

// one tags one message. A panic of the analysis is this message's failure alone.
func (t *Tagger) one(ctx context.Context, m kafkaio.Message) (out kafkaio.Message, err error) {
	ctx, span := t.tracer.Start(kafkaio.TraceContext(ctx, m), "tag review")
	defer span.End()
	defer func() {
		if r := recover(); r != nil {
			t.cfg.Logger.ErrorContext(ctx, "analysis panicked", "position", m.Position(), "panic", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
			err = problem.New(problem.Invalid, "analysis_panicked", "the analysis panicked on this text (%T)", r)
		}
	}()
	collected, plain, err := readCollected(m.Value)
	if err != nil {
		return out, err
	}
	if span.IsRecording() {
		span.SetAttributes(attribute.String("bedside.review_id", collected.ReviewID), attribute.String("bedside.change", string(collected.Change)))
	}
	analysis, at := t.analyze(ctx, &collected), t.now().UTC()
	if plain {
		out = kafkaio.Message{Topic: events.TopicReviewsTagged, Key: []byte(collected.ReviewID)}
		out.Value, err = writeTagged(m.Value, analysis, at)
	} else {
		out, err = kafkaio.EventMessage(events.ReviewTagged{ReviewCollected: collected, Analysis: analysis, TaggedAt: at})
	}
	if err != nil {
		return out, err
	}
	if own := kafkaio.TraceHeaders(ctx); len(own) > 0 || len(m.Headers) > 0 {
		out.Headers = make(map[string]string, len(own)+len(m.Headers))
		maps.Copy(out.Headers, m.Headers)
		maps.Copy(out.Headers, own)
	}
	return out, nil
}

// analyze looks at the text of every change that carries one, also of a removal or a
// site's reply: should their review's own event be lost, they bring its tags.
func (t *Tagger) analyze(ctx context.Context, e *events.ReviewCollected) review.Analysis {
	if e.Text == "" && e.Change != events.Posted && e.Change != events.Edited {
		return review.Analysis{}
	}
	analyzer := t.cfg.Analyzer(ctx, e.OrgID)
	started := time.Now()
	analysis := analyzer.Analyze(e.Text)
	t.metrics.duration.Observe(time.Since(started).Seconds())
	if analysis.Version == "" {
		analysis.Version = analyzer.Version()
	}
	analysis, dropped := sound(e.Text, analysis)
	if dropped > 0 {
		// A tag that cannot be shown must not keep the review from its owner.
		t.metrics.unsound.Add(float64(dropped))
		t.cfg.Logger.ErrorContext(ctx, "the analysis was not sound and parts of it were left out", "review_id", e.ReviewID, "dropped", dropped, "analysis_version", analysis.Version)
	}
	t.metrics.count(analysis)
	return analysis
}
