// Package jsonl checks a stream of replies: one JSON object a line in, one JSON
// object a line out.
//
// It promises one output line for each input line, in the same order, also for
// a line that is broken, empty or too long: such a line comes out with its
// error, the verdict "block" and no findings, so that nobody publishes what was
// not checked. Memory is bounded whatever the input.
package jsonl

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/bedside-health/bedside/libs/replycheck"
)

// MaxLine is the longest line that is checked, in bytes.
const MaxLine = 4 << 20

// input is one line in. ID is kept as it is written, string or number.
type input struct {
	ID json.RawMessage `json:"id"`
	replycheck.Input
	Reply *string `json:"reply"`
}

// Result is one line out. Findings is never null.
type Result struct {
	ID json.RawMessage `json:"id"`
	replycheck.Report
	// Error says what is wrong with the line; then nothing was checked.
	Error string `json:"error,omitempty"`
}

// Run checks every line of in, writes the reports to out and returns how many
// lines could not be checked. It returns when in ends, or with an error when
// reading or writing fails or ctx is cancelled. What is blocked in in.Read
// cannot be interrupted: close in to end it.
func Run(ctx context.Context, in io.Reader, out io.Writer, c *replycheck.Checker) (faulty int, err error) {
	r := bufio.NewReaderSize(in, 1<<16)
	w := bufio.NewWriterSize(out, 1<<16)
	if bom, _ := r.Peek(3); bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		_, _ = r.Discard(3)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	var line []byte
	for n := 1; ; n++ {
		if err := ctx.Err(); err != nil {
			return faulty, fmt.Errorf("read replies: %w", err)
		}
		var long bool
		line, long, err = readLine(r, line[:0])
		if err != nil && (!errors.Is(err, io.EOF) || line == nil) {
			break
		}
		res := check(c, n, line, long)
		if res.Error != "" {
			faulty++
		}
		if err := enc.Encode(res); err != nil {
			return faulty, fmt.Errorf("write reports: %w", err)
		}
		if r.Buffered() == 0 { // somebody may be waiting for an answer to each line
			if err := w.Flush(); err != nil {
				return faulty, fmt.Errorf("write reports: %w", err)
			}
		}
		if err != nil {
			break
		}
	}
	if err := w.Flush(); err != nil {
		return faulty, fmt.Errorf("write reports: %w", err)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return faulty, fmt.Errorf("read replies: %w", err)
	}
	return faulty, nil
}

// readLine appends the next line to buf. A line that is too long is skipped to
// its end. At the end of the input the line is nil if there was nothing.
func readLine(r *bufio.Reader, buf []byte) (line []byte, long bool, err error) {
	any := false
	for {
		part, err := r.ReadSlice('\n')
		any = any || len(part) > 0
		if len(buf)+len(part) > MaxLine {
			long = true
			buf = buf[:0]
		}
		if !long {
			buf = append(buf, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil && !any:
			return nil, false, err
		default:
			if buf == nil {
				buf = []byte{}
			}
			return buf, long, err
		}
	}
}

func check(c *replycheck.Checker, n int, line []byte, long bool) Result {
	if long {
		return failed(nil, n, fmt.Errorf("longer than %d bytes", MaxLine))
	}
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return failed(nil, n, errors.New("empty line"))
	}
	var in input
	if err := json.Unmarshal(line, &in); err != nil {
		return failed(in.ID, n, fmt.Errorf("not a JSON object with id and reply: %w", err))
	}
	if in.Reply == nil {
		return failed(in.ID, n, errors.New("has no reply"))
	}
	in.Input.Reply = *in.Reply
	return Result{ID: in.ID, Report: c.Check(in.Input)}
}

func failed(id json.RawMessage, n int, err error) Result {
	return Result{ID: id, Report: replycheck.Report{Verdict: replycheck.Block, Findings: []replycheck.Finding{}},
		Error: fmt.Sprintf("line %d: %v", n, err)}
}
