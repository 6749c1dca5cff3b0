package kafkaio

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/otel/codes"

	"github.com/bedside-health/bedside/libs/problem"
)

// entry is a message of the batch in hand.
type entry struct {
	message  Message
	attempts int
	done     bool
}

// process has a batch handled, message by message to the end: handled, or stored in the
// dead-letter topic. It commits as far as all before is done, and reports false when
// ctx ended before that was everything.
func (w *worker) process(ctx, workCtx context.Context, batch []Message) bool {
	entries := make([]entry, len(batch))
	for i, m := range batch {
		entries[i].message = m
	}
	pause := backoff{min: w.c.timing.retryMin, max: w.c.timing.retryMax}
	committed := 0
	for {
		askedWait, ok := w.attempt(workCtx, entries)
		// Even when time is up, what was handled is committed.
		if n := prefix(entries); n > committed {
			committed = n
			w.commit(workCtx, entries[n-1].message.Offset+1)
		}
		if committed == len(entries) {
			return true
		}
		if !ok || wait(ctx, max(pause.next(), askedWait)) != nil {
			return false
		}
	}
}

// prefix is how many entries from the beginning are done.
func prefix(entries []entry) int {
	for i, e := range entries {
		if !e.done {
			return i
		}
	}
	return len(entries)
}

// attempt hands over what is not done yet. It returns the longest wait that an error asks
// for, and false when ctx ended.
func (w *worker) attempt(ctx context.Context, entries []entry) (askedWait time.Duration, ok bool) {
	var open []int
	var batch []Message
	for i := range entries {
		if !entries[i].done {
			open = append(open, i)
			batch = append(batch, entries[i].message)
		}
	}
	results := w.call(ctx, batch)
	retryKeys := map[string]bool{}
	for n, i := range open {
		e, err := &entries[i], results[n]
		key := string(e.message.Key)
		if err == nil {
			// A later message of a key under retry comes again after it.
			if e.done = key == "" || !retryKeys[key]; e.done {
				w.c.metrics.handled.WithLabelValues(w.c.cfg.Group, w.key.topic).Inc()
			}
			continue
		}
		if ctx.Err() != nil {
			// A failure because time is up says nothing about the message.
			retryKeys[key] = true
			continue
		}
		e.attempts++
		kind := problem.KindOf(err)
		w.c.metrics.failed.WithLabelValues(w.c.cfg.Group, w.key.topic, string(kind)).Inc()
		if problem.Retryable(err) && (kind == problem.Unavailable || e.attempts < w.c.cfg.Attempts) {
			retryKeys[key] = true
			askedWait = max(askedWait, min(problem.RetryAfter(err), 5*time.Minute))
			if e.attempts == 1 || e.attempts%10 == 0 {
				w.logger.WarnContext(ctx, "a message is tried again", "offset", e.message.Offset, "attempts", e.attempts, "kind", string(kind), "error", err.Error())
			}
			continue
		}
		if !w.bury(ctx, e, kind, err) {
			return askedWait, false
		}
	}
	return askedWait, ctx.Err() == nil || prefix(entries) == len(entries)
}

// bury stores a dead letter. Only when that is done may the message be committed.
func (w *worker) bury(ctx context.Context, e *entry, kind problem.Kind, cause error) bool {
	letter := deadLetter(e.message, w.c.cfg.Group, kind, cause, e.attempts, time.Now())
	err := w.c.cfg.Producer.publish(ctx, []Message{letter})
	if problem.KindOf(err) == problem.TooLarge {
		// The broker takes less than the topic's settings ask for. The origin
		// headers still say where the value is, as long as its topic keeps it.
		letter.Value = nil
		letter.Headers[headerValueOmitted] = "true"
		err = w.c.cfg.Producer.publish(ctx, []Message{letter})
	}
	if err != nil {
		w.logger.ErrorContext(ctx, "a dead letter could not be stored, so its message stays", "offset", e.message.Offset, "error", err.Error())
		return false
	}
	e.done = true
	w.c.metrics.deadLetters.WithLabelValues(w.c.cfg.Group, w.key.topic, string(kind)).Inc()
	w.logger.ErrorContext(ctx, "a message went to the dead letters", "offset", e.message.Offset, "attempts", e.attempts, "kind", string(kind), "error", cause.Error())
	return true
}

// call calls the handler once for all, and when it panics once for each, so that
// one message's panic is not the others' failure.
func (w *worker) call(ctx context.Context, batch []Message) []error {
	started := time.Now()
	ctx, span := startBatch(ctx, w.c.tracer, w.c.cfg.Group, batch)
	defer span.End()
	defer func() {
		w.c.metrics.duration.WithLabelValues(w.c.cfg.Group, w.key.topic).Observe(time.Since(started).Seconds())
	}()
	results, panicked := w.callOnce(ctx, batch)
	if panicked && len(batch) > 1 {
		results = make([]error, len(batch))
		for i := range batch {
			one, _ := w.callOnce(ctx, batch[i:i+1])
			results[i] = one[0]
		}
	}
	for _, err := range results {
		if err != nil {
			span.SetStatus(codes.Error, string(problem.KindOf(err)))
			break
		}
	}
	return results
}

// callOnce always returns one result a message.
func (w *worker) callOnce(ctx context.Context, batch []Message) (results []error, panicked bool) {
	defer func() {
		if r := recover(); r != nil {
			// The panic's own value may quote the message, so only its type is kept.
			fault := problem.New(problem.Invalid, "handler_panicked", "the handler panicked on this message (%T)", r)
			w.logger.ErrorContext(ctx, "handler panicked", "first_offset", batch[0].Offset, "messages", len(batch), "panic", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
			results, panicked = same(fault, len(batch)), true
		}
	}()
	results = w.c.cfg.Handle(ctx, batch)
	switch len(results) {
	case len(batch):
		return results, false
	case 0:
		return make([]error, len(batch)), false
	}
	return same(problem.New(problem.Internal, "handler_answer", "the handler answered %d results for %d messages", len(results), len(batch)), len(batch)), false
}

func same(err error, n int) []error {
	out := make([]error, n)
	for i := range out {
		out[i] = err
	}
	return out
}
