package kafkaio

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/segmentio/kafka-go"
)

// worker reads one partition during one generation: it collects batches, has them
// handled and commits. It is the only one that reads or commits its partition, so
// a partition's order is kept and a slow one does not hold up others.
type worker struct {
	c       *Consumer
	client  *client
	dialer  *kafka.Dialer
	commits *committer
	ended   <-chan struct{} // closes when the generation ends, by rebalance or because its coordinator is away
	key     partitionKey
	label   string // the partition as a metric label
	logger  *slog.Logger
	start   int64 // where the group stands, possibly kafka.FirstOffset

	next    atomic.Int64 // offset of the next message to read; -1 until it is known
	done    atomic.Int64 // offset of the next message to handle; -1 until it is known
	idle    atomic.Int64 // since when the worker waits for a message, Unix nanoseconds; 0 while it handles
	mu      sync.Mutex
	restart *restart
	abort   context.CancelFunc // ends the reader in use
}

// restart is an order of the watchdog to read on from an offset with a new reader.
type restart struct {
	offset int64
}

func newWorker(c *Consumer, client *client, dialer *kafka.Dialer, commits *committer, ended <-chan struct{}, topic string, a kafka.PartitionAssignment) *worker {
	label := strconv.Itoa(a.ID)
	w := &worker{
		c: c, client: client, dialer: dialer, commits: commits, ended: ended,
		key: partitionKey{topic, a.ID}, label: label, start: a.Offset,
		logger: c.logger.With("topic", topic, "partition", a.ID),
	}
	w.next.Store(-1)
	w.done.Store(-1)
	return w
}

// run works until ctx, which is that of the generation, ends. shutdown is the
// consumer's: when only that ended there is time to finish the batch in hand, while after
// a rebalance began the member must be back within its session.
func (w *worker) run(ctx, shutdown context.Context) {
	workCtx, cancelWork := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelWork()
	stop := context.AfterFunc(ctx, func() {
		grace := min(w.c.cfg.DrainTimeout, sessionTimeout/2)
		if shutdown.Err() != nil {
			grace = w.c.cfg.DrainTimeout
		}
		_ = wait(workCtx, grace)
		cancelWork()
	})
	defer stop()

	if !w.resolve(ctx) {
		return
	}
	for ctx.Err() == nil {
		w.read(ctx, workCtx)
	}
}

// resolve turns the group's position into an offset that exists. Offsets that
// retention removed are counted as lost; a position beyond the end means that the
// partition was cut or made anew, so all that is there has to be read.
func (w *worker) resolve(ctx context.Context) bool {
	pause, say := backoff{min: 50 * time.Millisecond, max: 3 * time.Second}, occasionally{every: 15 * time.Second}
	for {
		all, err := w.client.bounds(ctx, []partitionKey{w.key})
		if err == nil {
			b := all[w.key]
			offset := w.start
			switch {
			case offset < 0:
				offset = b.first
			case offset < b.first:
				w.expired(ctx, offset, b.first)
				offset = b.first
			case offset > b.end:
				w.truncated(ctx, offset, b)
				offset = b.first
			}
			w.next.Store(offset)
			w.done.Store(offset)
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		w.c.health.failed(err)
		if say.now() {
			w.logger.WarnContext(ctx, "finding the partition's position is retried", "error", err.Error())
		}
		if wait(ctx, pause.next()) != nil {
			return false
		}
	}
}

func (w *worker) expired(ctx context.Context, from, to int64) {
	w.c.metrics.skipped.WithLabelValues(w.c.cfg.Group, w.key.topic).Add(float64(to - from))
	w.logger.ErrorContext(ctx, "retention removed messages before they were handled", "from", from, "to", to)
}

func (w *worker) truncated(ctx context.Context, offset int64, b bounds) {
	w.c.metrics.restarts.WithLabelValues(w.c.cfg.Group, w.key.topic, "truncated").Inc()
	w.logger.ErrorContext(ctx, "the partition ends before the group's position, so it is read again from its beginning",
		"offset", offset, "first", b.first, "end", b.end)
}

// read works with one reader until ctx ends or the watchdog wants another.
func (w *worker) read(ctx, workCtx context.Context) {
	readCtx, abort := context.WithCancel(ctx)
	defer abort()
	w.mu.Lock()
	if r := w.restart; r != nil {
		w.next.Store(r.offset)
		w.done.Store(r.offset)
		w.restart = nil
	}
	w.abort = abort
	w.mu.Unlock()

	reader := openReader(w.c.cfg.Connection, w.dialer, w.key, w.next.Load(), w.c.cfg.ReadAhead, w.c.logger)
	defer func() { _ = reader.Close() }()
	say := occasionally{every: 15 * time.Second}
	for {
		w.idle.Store(time.Now().UnixNano())
		batch, err := w.collect(readCtx, reader)
		w.idle.Store(0)
		if len(batch) > 0 {
			w.c.health.ok()
			if !w.process(ctx, workCtx, batch) {
				// What was read and not handled is read again, if this worker goes on at all.
				w.next.Store(w.done.Load())
				_ = wait(ctx, time.Second)
				return
			}
		}
		if readCtx.Err() != nil {
			return
		}
		if err != nil {
			w.c.health.failed(err)
			if say.now() {
				w.logger.WarnContext(ctx, "reading is retried", "error", err.Error(), "hint", w.c.cfg.Connection.hint())
			}
		}
	}
}

// openReader reads one partition from an offset, outside of any group.
func openReader(conn Connection, dialer *kafka.Dialer, key partitionKey, offset int64, queue int, logger *slog.Logger) *kafka.Reader {
	reader := kafka.NewReader(kafka.ReaderConfig{
		Brokers:         conn.Brokers,
		Dialer:          dialer,
		Topic:           key.topic,
		Partition:       key.partition,
		MinBytes:        1,
		MaxBytes:        fetchMaxBytes,
		MaxWait:         fetchMaxWait,
		QueueCapacity:   queue,
		ReadLagInterval: -1,
		ReadBackoffMin:  20 * time.Millisecond,
		ReadBackoffMax:  2 * time.Second,
		ErrorLogger:     quietLogger(logger),
	})
	// SetOffset fails only on a reader of a group.
	_ = reader.SetOffset(offset)
	return reader
}

// collect waits for a first message and takes what else comes within MaxWait, up to
// MaxBatch messages and MaxBatchBytes. An error may come with messages.
func (w *worker) collect(ctx context.Context, reader *kafka.Reader) ([]Message, error) {
	first, err := reader.FetchMessage(ctx)
	if err != nil {
		return nil, err
	}
	batch := append(make([]Message, 0, 16), fromKafka(first))
	size := len(first.Value)
	more, cancel := context.WithTimeout(ctx, w.c.cfg.MaxWait)
	defer cancel()
	for len(batch) < w.c.cfg.MaxBatch && size < w.c.cfg.MaxBatchBytes {
		m, fetchErr := reader.FetchMessage(more)
		if fetchErr != nil {
			if more.Err() == nil {
				err = fetchErr
			}
			break
		}
		batch = append(batch, fromKafka(m))
		size += len(m.Value)
	}
	w.next.Store(batch[len(batch)-1].Offset + 1)
	return batch, err
}

// order tells the worker to go on with a new reader at offset.
func (w *worker) order(r restart) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.restart = &r
	if w.abort != nil {
		w.abort()
	}
}

// commit moves the group's position to offset. It is tried until the generation
// ends, because without a further message nothing else would commit it. While a rebalance
// begins a commit still counts, so there is always one try.
func (w *worker) commit(ctx context.Context, offset int64) {
	pause := backoff{min: 50 * time.Millisecond, max: time.Second}
	for {
		err := w.commits.commit(w.key, offset)
		if err == nil {
			w.done.Store(offset)
			return
		}
		timer := time.NewTimer(pause.next())
		select {
		case <-timer.C:
			continue
		case <-w.ended:
		case <-ctx.Done():
		}
		timer.Stop()
		w.logger.WarnContext(ctx, "handled messages were not committed and will come again", "offset", offset, "error", err.Error())
		return
	}
}
