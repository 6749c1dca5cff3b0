// Package jsonl tags a stream of reviews: one JSON object a line in, one JSON
// object a line out.
//
// It promises one output line for each input line, in the same order, also for
// a line that is broken, empty or too long: such a line comes out with its
// error and no topics. Memory is bounded whatever the input; texts are analysed
// by several workers at once.
package jsonl

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/tagging"
	"github.com/bedside-health/bedside/services/sentiment/wire"
)

const (
	// MaxLine is the longest line that is analysed, in bytes.
	MaxLine = 16 << 20
	// A batch is handed to a worker when it holds this much.
	batchLines = 128
	batchBytes = 1 << 20
)

// input is one line in. Id is kept as it is written, string or number.
type input struct {
	ID   json.RawMessage `json:"id"`
	Text *string         `json:"text"`
}

// Result is one line out. Topics and Urgent are never null. Offsets of the
// evidence are bytes of the text after JSON decoding.
type Result struct {
	ID      json.RawMessage `json:"id"`
	Topics  []review.Tag    `json:"topics"`
	Overall review.Polarity `json:"overall"`
	Urgent  []review.Urgent `json:"urgent"`
	// Error says what is wrong with the line; then nothing was analysed.
	Error string `json:"error,omitempty"`
}

// batch is a run of lines on its way through a worker. Lines are cut out of
// data; a line with fault has no bytes.
type batch struct {
	first int // number of the first line, from 1
	data  []byte
	ends  []int
	fault []error // by line; nil slice if there is none
	out   []byte
	done  chan struct{}
}

var errTooLong = fmt.Errorf("longer than %d bytes", MaxLine)

// Run tags every line of in and writes the results to out. It returns when in
// ends, or with an error when reading or writing fails or ctx is cancelled; all
// its goroutines have ended then, except that one blocked in in.Read cannot be
// interrupted: close in to end it. workers below 1 counts as 1.
func Run(ctx context.Context, in io.Reader, out io.Writer, e *tagging.Engine, workers int) error {
	workers = max(1, workers)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	work := make(chan *batch, workers)
	ordered := make(chan *batch, 2*workers)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for b := range work {
				b.run(e)
				close(b.done)
			}
		})
	}
	written := make(chan error, 1)
	go func() {
		err := write(out, ordered)
		if err != nil {
			cancel()
			for range ordered { // the reader must not block on a queue nobody empties
			}
		}
		written <- err
	}()
	readErr := read(ctx, in, func(b *batch) error {
		// The order of the two sends matters: what is being worked on is always
		// in the queue of the writer.
		select {
		case ordered <- b:
		case <-ctx.Done():
			return ctx.Err()
		}
		work <- b
		return nil
	})
	close(work)
	close(ordered)
	wg.Wait()
	writeErr := <-written
	if writeErr != nil {
		return fmt.Errorf("write results: %w", writeErr)
	}
	if readErr != nil {
		return fmt.Errorf("read reviews: %w", readErr)
	}
	return nil
}

func write(out io.Writer, ordered <-chan *batch) error {
	w := bufio.NewWriterSize(out, 1<<16)
	for b := range ordered {
		<-b.done
		if _, err := w.Write(b.out); err != nil {
			return err
		}
		if len(ordered) == 0 { // somebody may be waiting for an answer to each line
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}

// read cuts the input into lines and these into batches. A batch also ends when
// no more input is at hand, so that a slow sender gets its answers.
func read(ctx context.Context, in io.Reader, emit func(*batch) error) error {
	r := bufio.NewReaderSize(in, 1<<16)
	if bom, _ := r.Peek(3); bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		_, _ = r.Discard(3)
	}
	b := newBatch(1)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		more, err := b.readLine(r)
		end := errors.Is(err, io.EOF)
		if err != nil && !end {
			return err
		}
		n := len(b.ends)
		if n > 0 && (!more || end || n >= batchLines || len(b.data) >= batchBytes || r.Buffered() == 0) {
			if err := emit(b); err != nil {
				return err
			}
			b = newBatch(b.first + n)
		}
		if !more || end {
			return nil
		}
	}
}

func newBatch(first int) *batch { return &batch{first: first, done: make(chan struct{})} }

// readLine appends the next line to the batch. It reports false when there was
// none; with io.EOF it was the last.
func (b *batch) readLine(r *bufio.Reader) (bool, error) {
	start := len(b.data)
	long, any := false, false
	for {
		part, err := r.ReadSlice('\n')
		any = any || len(part) > 0
		if !long {
			if len(b.data)-start+len(part) > MaxLine {
				long = true
				b.data = b.data[:start]
			} else {
				b.data = append(b.data, part...)
			}
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		if !any {
			return false, nil
		}
		b.ends = append(b.ends, len(b.data))
		var fault error
		if long {
			fault = errTooLong
		}
		b.fault = append(b.fault, fault)
		return true, err
	}
}

func (b *batch) run(e *tagging.Engine) {
	// Room for the answers to most batches: evidence is a fraction of the text.
	b.out = make([]byte, 0, len(b.data)/2+len(b.ends)*256)
	start := 0
	for i, end := range b.ends {
		res := tagLine(e, b.first+i, b.data[start:end], b.fault[i])
		start = end
		b.out = appendResult(b.out, res)
	}
	b.data = nil
}

func tagLine(e *tagging.Engine, n int, line []byte, fault error) Result {
	if fault != nil {
		return failed(nil, n, fault)
	}
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return failed(nil, n, errors.New("empty line"))
	}
	id, text, ok := plain(line)
	if !ok {
		var in input
		if err := json.Unmarshal(line, &in); err != nil {
			return failed(compact(in.ID), n, fmt.Errorf("not a JSON object with id and text: %w", err))
		}
		if id = compact(in.ID); in.Text == nil {
			return failed(id, n, errors.New("has no text"))
		}
		text = *in.Text
	}
	a := e.Analyze(text)
	return Result{ID: id, Topics: a.Tags, Overall: a.Overall, Urgent: a.Urgent}
}

// plain reads a line as nearly all are: with one id that is no list or object, one text,
// and whatever else. It reports false for any other, which encoding/json reads.
func plain(line []byte) (id json.RawMessage, text string, ok bool) {
	if !utf8.Valid(line) {
		return nil, "", false
	}
	r := wire.NewReader(string(line))
	seenID, seenText := false, false
	ok = r.Object(func(key string) bool {
		switch {
		case key == "id" && !seenID:
			seenID = true
			raw, ok := r.Raw()
			id = json.RawMessage(raw)
			return ok && raw[0] != '{' && raw[0] != '['
		case key == "text" && !seenText:
			seenText = true
			return r.Into(&text)
		case strings.EqualFold(key, "id"), strings.EqualFold(key, "text"):
			return false
		}
		return r.Skip()
	})
	return id, text, ok && seenText && r.End()
}

// compact takes the space out of an id, so that it fits into a line.
func compact(id json.RawMessage) json.RawMessage {
	var out bytes.Buffer
	if json.Compact(&out, id) != nil {
		return nil
	}
	return out.Bytes()
}

// appendResult appends a line out.
func appendResult(b []byte, res Result) []byte {
	b = append(b, `{"id":`...)
	if len(res.ID) == 0 {
		b = append(b, "null"...)
	}
	b = append(b, res.ID...)
	b = append(b, `,"topics":`...)
	b = wire.AppendTags(b, res.Topics)
	b = append(b, `,"overall":`...)
	b = wire.AppendText(b, string(res.Overall))
	b = append(b, `,"urgent":`...)
	b = wire.AppendUrgent(b, res.Urgent)
	if res.Error != "" {
		b = append(b, `,"error":`...)
		b = wire.AppendText(b, res.Error)
	}
	return append(b, "}\n"...)
}

func failed(id json.RawMessage, n int, err error) Result {
	return Result{ID: id, Topics: []review.Tag{}, Overall: review.Mixed, Urgent: []review.Urgent{},
		Error: fmt.Sprintf("line %d: %v", n, err)}
}
