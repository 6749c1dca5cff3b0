package csv

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/problem"
)

// maxCells bounds the cells of a row.
const maxCells = 1_000

// cells splits CSV into rows. The standard library's reader holds a whole field
// in memory and stops at the first bad one, so rows are split here: a row
// larger than the cap is passed over without being kept, and a quote that is
// never closed costs its own line only.
//
// Quoting is read leniently, as spreadsheets write it: inside a quoted cell a
// quote that is followed by neither a quote nor the end of the cell is itself;
// in an unquoted cell every quote is.
type cells struct {
	in        *bufio.Reader
	again     []byte // bytes to read before in, after an unclosed quote
	delimiter byte
	max       int
	line      int // of the next byte
	width     int // cells of the header
	reread    int // bytes read again so far
}

// maxReread bounds the work of reading again behind quotes that are never
// closed, which is quadratic in a file full of them.
const maxReread = 16 << 20

func newCells(in *bufio.Reader, delimiter rune, maxRow int) *cells {
	c := &cells{in: in, max: maxRow, line: 1}
	if delimiter > 0 && delimiter < utf8.RuneSelf {
		c.delimiter = byte(delimiter)
	}
	return c
}

func (c *cells) header() ([]string, error) {
	if start, _ := c.in.Peek(4); bytes.EqualFold(start, []byte("sep=")) {
		// Spreadsheets write the delimiter into a line of its own.
		said, err := c.in.ReadString('\n')
		if err != nil {
			return nil, problem.New(problem.Invalid, "no_header", "the file has no line that names its columns")
		}
		c.line++
		if said = strings.TrimRight(said[4:], "\r\n"); len(said) == 1 && c.delimiter == 0 {
			c.delimiter = said[0]
		}
	}
	if c.delimiter == 0 {
		start, err := c.in.Peek(16 << 10)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read the file: %w", err)
		}
		c.delimiter = sniff(start)
	}
	rec, err := c.next()
	if errors.Is(err, io.EOF) {
		return nil, problem.New(problem.Invalid, "empty_file", "the file is empty")
	}
	if err != nil {
		return nil, err
	}
	if rec.fault != "" {
		return nil, problem.New(problem.Invalid, "no_header", "the line that names the columns cannot be read: %s", rec.fault)
	}
	c.width = len(rec.cells)
	return rec.cells, nil
}

// sniff finds the delimiter that the first line has most of outside quotes.
func sniff(start []byte) byte {
	counts := map[byte]int{}
	quoted := false
	for _, b := range bytes.TrimLeft(start, "\r\n") {
		if b == '"' {
			quoted = !quoted
		}
		if quoted {
			continue
		}
		if b == '\n' || b == '\r' {
			break
		}
		counts[b]++
	}
	best := byte(',')
	for _, d := range []byte{';', '\t', '|'} {
		if counts[d] > counts[best] {
			best = d
		}
	}
	return best
}

// rowState is one row while it is read.
type rowState struct {
	cells  []string
	cell   []byte
	raw    []byte // all bytes, to read them again after an unclosed quote
	size   int
	quoted bool // the cell is a quoted one and open
	begun  bool // the cell has a first byte
	closed bool // the cell's closing quote was seen
}

// next returns the next row that is not blank.
func (c *cells) next() (record, error) {
	for {
		rec, blank, err := c.read()
		if err != nil || !blank {
			return rec, err
		}
	}
}

func (c *cells) read() (rec record, blank bool, err error) {
	rec.line = c.line
	var s rowState
	for {
		b, err := c.readByte()
		if errors.Is(err, io.EOF) {
			return c.endOfFile(rec, &s)
		}
		if err != nil {
			return record{}, false, fmt.Errorf("read line %d of the file: %w", c.line, err)
		}
		s.size++
		if s.size <= c.max {
			s.raw = append(s.raw, b)
		} else if s.raw != nil {
			if s.quoted && c.looksLikeRows(s.raw) && c.readAgain(rec.line, &s, b) {
				rec.fault = unclosedQuote
				return rec, false, nil
			}
			s.cells, s.cell, s.raw = nil, nil, nil
		}
		newline := c.isNewline(b, &s)
		if newline {
			c.line++
		}
		if s.quoted {
			c.inQuotes(b, &s)
			continue
		}
		switch {
		case newline:
			return c.finish(rec, &s)
		case b == c.delimiter:
			s.endCell(c.max)
		case b == '"' && !s.begun:
			s.quoted, s.begun = true, true
		case s.closed && b == ' ':
		default:
			s.put(b, c.max)
		}
	}
}

// isNewline counts CR LF once: the CR is the end and a LF behind it is taken
// with it. In a quoted cell the pair stays in the text.
func (c *cells) isNewline(b byte, s *rowState) bool {
	if b == '\n' {
		return true
	}
	if b != '\r' {
		return false
	}
	next, _ := c.peek(1)
	if len(next) == 1 && next[0] == '\n' {
		if s.quoted {
			return false // the LF that follows counts
		}
		_, _ = c.readByte()
		s.size++
	}
	return true
}

// inQuotes reads one byte of a quoted cell.
func (c *cells) inQuotes(b byte, s *rowState) {
	if b != '"' {
		s.put(b, c.max)
		return
	}
	ahead, _ := c.peek(64)
	if len(ahead) > 0 && ahead[0] == '"' {
		_, _ = c.readByte()
		if s.size++; s.size <= c.max {
			s.raw = append(s.raw, '"')
		}
		s.put('"', c.max)
		return
	}
	rest := bytes.TrimLeft(ahead, " ")
	if len(rest) == 0 || rest[0] == c.delimiter || rest[0] == '\n' || rest[0] == '\r' {
		s.quoted, s.closed = false, true
		return
	}
	s.put('"', c.max)
}

func (s *rowState) put(b byte, limit int) {
	s.begun = true
	if s.size <= limit {
		s.cell = append(s.cell, b)
	}
}

func (s *rowState) endCell(limit int) {
	if s.size <= limit && len(s.cells) <= maxCells {
		s.cells = append(s.cells, string(s.cell))
	}
	s.cell, s.begun, s.closed = s.cell[:0], false, false
}

// endOfFile ends the last row. Where a quote is open, everything behind its
// line was taken for one cell: the line is rejected and the rest is read again.
func (c *cells) endOfFile(rec record, s *rowState) (record, bool, error) {
	switch {
	case s.size == 0:
		return record{}, false, io.EOF
	case !s.quoted:
		return c.finish(rec, s)
	case s.size > c.max || !c.readAgain(rec.line, s):
		rec.fault = unclosedQuote + "; nothing behind it could be read"
		return rec, false, nil
	}
	rec.fault = unclosedQuote
	return rec, false, nil
}

const unclosedQuote = "a quote that is never closed"

// readAgain gives back everything behind the first line of a row whose quote is
// never closed, and what was read beyond it.
func (c *cells) readAgain(firstLine int, s *rowState, beyond ...byte) bool {
	_, rest, _ := bytes.Cut(s.raw, []byte("\n"))
	if c.reread += len(rest); c.reread > maxReread {
		return false
	}
	again := make([]byte, 0, len(rest)+len(beyond)+len(c.again))
	again = append(append(append(again, rest...), beyond...), c.again...)
	c.again, c.line = again, firstLine+1
	return true
}

// looksLikeRows tells a quote that was never closed from a cell that is too
// large: the lines taken for text have the cells of the header.
func (c *cells) looksLikeRows(raw []byte) bool {
	const looked, enough = 6, 3
	_, rest, _ := bytes.Cut(raw, []byte("\n"))
	alike := 0
	for range looked {
		var row []byte
		var more bool
		if row, rest, more = bytes.Cut(rest, []byte("\n")); !more {
			break
		}
		if c.width > 1 && bytes.Count(row, []byte{c.delimiter}) == c.width-1 {
			alike++
		}
	}
	return alike >= enough
}

func (c *cells) finish(rec record, s *rowState) (record, bool, error) {
	if s.size > c.max {
		rec.fault = fmt.Sprintf("a row of %d bytes; at most %d", s.size, c.max)
		return rec, false, nil
	}
	if len(s.cells) == 0 && len(bytes.TrimSpace(s.cell)) == 0 && !s.closed {
		return rec, true, nil
	}
	s.endCell(c.max)
	rec.cells = s.cells
	for i, cell := range rec.cells {
		if !utf8.ValidString(cell) {
			rec.fault = fmt.Sprintf("cell %d is not UTF-8: save the file as UTF-8 or name its encoding", i+1)
			return rec, false, nil
		}
	}
	if c.width == 0 {
		return rec, false, nil
	}
	for len(rec.cells) > c.width && rec.cells[len(rec.cells)-1] == "" {
		rec.cells = rec.cells[:len(rec.cells)-1]
	}
	if len(rec.cells) != c.width {
		rec.fault = fmt.Sprintf("%d cells where the first line names %d: a delimiter or a quote in a text that is not quoted?",
			len(rec.cells), c.width)
	}
	return rec, false, nil
}

func (c *cells) readByte() (byte, error) {
	if len(c.again) > 0 {
		b := c.again[0]
		c.again = c.again[1:]
		return b, nil
	}
	return c.in.ReadByte()
}

func (c *cells) peek(n int) ([]byte, error) {
	if len(c.again) > 0 {
		return c.again[:min(n, len(c.again))], nil
	}
	return c.in.Peek(n)
}
