// Package csv reads exported reviews, as CSV or as JSON lines, and serves an
// import that was stored in chunks to the scraper like any other site.
//
// The reader promises: every row of the file comes out as a review or as a
// rejection with its line, column and reason; one bad row never stops the rest;
// texts are verbatim, a spreadsheet's guard characters included; memory stays
// bounded by one row and a hash for each row before it, whatever the file holds;
// and a repeated import of the same file gives the same external ids, so that it
// changes nothing.
package csv

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
	"github.com/bedside-health/bedside/libs/sites/rating"
)

// Format of an import file.
type Format string

// The formats. Auto takes a file whose first character is "{" for JSONL.
const (
	Auto  Format = ""
	CSV   Format = "csv"
	JSONL Format = "jsonl"
)

// DateOrder says how to read dates with slashes, whose order differs by
// country.
type DateOrder string

// The orders. Unsaid refuses a date that can be read both ways.
const (
	Unsaid   DateOrder = ""
	MonthDay DateOrder = "mdy"
	DayMonth DateOrder = "dmy"
)

// Fields are the names a column can be mapped to. The first five are the
// default columns.
func Fields() []string {
	return []string{"external_id", "author", "rating", "posted_at", "text", "title", "url", "updated_at", "reply", "reply_at"}
}

// Options of a Reader. The zero value reads the default columns.
type Options struct {
	Format Format
	// Columns maps fields to the file's column names, for the fields whose
	// column is not named like the field itself. Names are compared without
	// regard to case, spaces and underscores.
	Columns map[string]string
	// Location is the zone of times that carry none. Default UTC.
	Location *time.Location
	// DateOrder of dates with slashes.
	DateOrder DateOrder
	// Delimiter of CSV; zero finds it in the first line.
	Delimiter rune
	// Encoding is the file's character set by its IANA name. Default: by its
	// byte order mark, otherwise UTF-8.
	Encoding string
	// MaxRowBytes bounds a row; a longer one is rejected. Default 1 MiB.
	MaxRowBytes int
	// MaxRows bounds the file. Default 1,000,000.
	MaxRows int
}

// Row is one row of the file: a review, or a rejection.
type Row struct {
	// Line is where the row begins, from 1.
	Line      int
	Review    sites.Review
	Rejection *Rejection
}

// Rejection says why a row was not taken. Column is the file's name of the
// column at fault, empty where it is the row. Reason is written for the person
// who made the file and never quotes it.
type Rejection struct {
	Line   int    `json:"line"`
	Column string `json:"column,omitempty"`
	Reason string `json:"reason"`
}

const (
	defaultMaxRow  = 1 << 20
	defaultMaxRows = 1_000_000
	maxIDBytes     = 512
)

// Reader reads one file. It is for one goroutine.
type Reader struct {
	opts    Options
	source  rowSource
	columns map[string]column
	seen    map[[16]byte]int // hash of external id to line
	rows    int
}

// column is where a field is found.
type column struct {
	name  string // in the file's spelling
	index int    // of CSV cells
}

// record is one raw row. Fault is set where it could not be read.
type record struct {
	line  int
	cells []string          // CSV
	keyed map[string]string // JSONL, by normalised key
	fault string
	col   string
}

// rowSource reads raw rows until io.EOF.
type rowSource interface {
	next() (record, error)
}

// NewReader reads the beginning of the file. Errors are of kind Invalid: the
// encoding is unknown, the header is missing or lacks a mapped column.
func NewReader(r io.Reader, opts Options) (*Reader, error) {
	if opts.Location == nil {
		opts.Location = time.UTC
	}
	if opts.MaxRowBytes <= 0 {
		opts.MaxRowBytes = defaultMaxRow
	}
	if opts.MaxRows <= 0 {
		opts.MaxRows = defaultMaxRows
	}
	for field := range opts.Columns {
		if !slices.Contains(Fields(), field) {
			return nil, problem.New(problem.Invalid, "unknown_field",
				"%q is no field of a review; the fields are %s", field, strings.Join(Fields(), ", "))
		}
	}
	text, err := decoded(r, opts.Encoding)
	if err != nil {
		return nil, err
	}
	out := &Reader{opts: opts, seen: map[[16]byte]int{}}
	in := bufio.NewReaderSize(text, 64<<10)
	format, err := formatOf(in, opts.Format)
	if err != nil {
		return nil, err
	}
	if format == JSONL {
		out.source = &jsonLines{in: in, max: opts.MaxRowBytes}
		out.columns = keyColumns(opts.Columns)
		return out, nil
	}
	cells := newCells(in, opts.Delimiter, opts.MaxRowBytes)
	header, err := cells.header()
	if err != nil {
		return nil, err
	}
	if out.columns, err = mapColumns(header, opts.Columns); err != nil {
		return nil, err
	}
	out.source = cells
	return out, nil
}

func formatOf(in *bufio.Reader, format Format) (Format, error) {
	if format != Auto {
		if format != CSV && format != JSONL {
			return "", problem.New(problem.Invalid, "unknown_format", "the format is csv or jsonl")
		}
		return format, nil
	}
	for n := 1; n <= 4096; n++ {
		start, err := in.Peek(n)
		if len(start) < n {
			if err != nil && !errors.Is(err, io.EOF) {
				return "", fmt.Errorf("read the file: %w", err)
			}
			break
		}
		switch start[n-1] {
		case ' ', '\t', '\r', '\n':
			continue
		case '{':
			return JSONL, nil
		case '[':
			return "", problem.New(problem.Invalid, "json_array",
				"the file is one JSON array; write one object on each line (JSONL) or use CSV")
		}
		return CSV, nil
	}
	return "", problem.New(problem.Invalid, "empty_file", "the file is empty")
}

// ParseColumns reads a mapping as people write it: "text=Comment,rating=Stars".
func ParseColumns(mapping string) (map[string]string, error) {
	out := map[string]string{}
	if strings.TrimSpace(mapping) == "" {
		return out, nil
	}
	for pair := range strings.SplitSeq(mapping, ",") {
		field, col, found := strings.Cut(pair, "=")
		field, col = strings.TrimSpace(field), strings.TrimSpace(col)
		if !found || field == "" || col == "" {
			return nil, problem.New(problem.Invalid, "bad_mapping", "write the columns as field=Column,field=Column")
		}
		if !slices.Contains(Fields(), field) {
			return nil, problem.New(problem.Invalid, "unknown_field",
				"%q is no field of a review; the fields are %s", field, strings.Join(Fields(), ", "))
		}
		if _, twice := out[field]; twice {
			return nil, problem.New(problem.Invalid, "bad_mapping", "the field %s is mapped twice", field)
		}
		out[field] = col
	}
	return out, nil
}

// Next returns the next row, io.EOF at the end, or an error where the file
// itself cannot be read on.
func (r *Reader) Next() (Row, error) {
	rec, err := r.source.next()
	if err != nil {
		return Row{}, err
	}
	if r.rows++; r.rows > r.opts.MaxRows {
		return Row{}, problem.New(problem.TooLarge, "too_many_rows", "the file has more than %d rows; split it", r.opts.MaxRows)
	}
	row := Row{Line: rec.line}
	reject := func(col, reason string) (Row, error) {
		row.Review = sites.Review{}
		row.Rejection = &Rejection{Line: rec.line, Column: col, Reason: reason}
		return row, nil
	}
	if rec.fault != "" {
		return reject(rec.col, rec.fault)
	}
	field, reason := r.fill(&row.Review, rec)
	if reason != "" {
		return reject(r.columns[field].name, reason)
	}
	key := sha256.Sum256([]byte(row.Review.ExternalID))
	if first, twice := r.seen[[16]byte(key[:16])]; twice {
		return reject(r.columns["external_id"].name, fmt.Sprintf("the same review as in line %d", first))
	}
	r.seen[[16]byte(key[:16])] = rec.line
	return row, nil
}

func (r *Reader) cell(rec record, field string) string {
	col, ok := r.columns[field]
	if !ok {
		return ""
	}
	if rec.keyed != nil {
		return rec.keyed[normalName(col.name)]
	}
	if col.index < len(rec.cells) {
		return rec.cells[col.index]
	}
	return ""
}

// fill reads the fields of a row; it returns the field at fault and why.
func (r *Reader) fill(out *sites.Review, rec record) (field, reason string) {
	get := func(field string) string { return r.cell(rec, field) }
	for _, field := range Fields() {
		if strings.ContainsRune(get(field), 0) {
			return field, "a NUL character: the file is damaged or in another encoding"
		}
	}
	out.Text, out.Author, out.Title, out.URL = get("text"), line(get("author")), line(get("title")), strings.TrimSpace(get("url"))
	switch {
	case len(out.Text) > events.MaxTextBytes:
		return "text", fmt.Sprintf("a text of %d bytes; a review has at most %d", len(out.Text), events.MaxTextBytes)
	case len(out.Author) > events.MaxAuthorBytes:
		return "author", fmt.Sprintf("a name of %d bytes; at most %d", len(out.Author), events.MaxAuthorBytes)
	case len(out.Title) > 4*events.MaxAuthorBytes:
		return "title", "a title that is too long"
	case out.URL != "" && !webAddress(out.URL):
		return "url", "an address must start with https:// or http://"
	}
	if raw := strings.TrimSpace(get("rating")); !noValue(raw) {
		parsed := rating.Parse(raw)
		if out.Rating, out.RawRating = parsed.OnFive(), parsed.Raw(); out.Rating == nil {
			return "rating", "no rating this can read: write 1 to 5, \"4/5\", \"8/10\" or \"4 stars\""
		}
	}
	if strings.TrimSpace(out.Text) == "" {
		if out.Rating == nil {
			return "text", "neither a text nor a rating"
		}
		out.Text = ""
	}
	if out.PostedAt, reason = r.date(get("posted_at")); reason != "" {
		return "posted_at", reason
	}
	if out.UpdatedAt, reason = r.date(get("updated_at")); reason != "" {
		return "updated_at", reason
	}
	if reply := get("reply"); strings.TrimSpace(reply) != "" {
		if len(reply) > events.MaxTextBytes {
			return "reply", "a reply that is too long"
		}
		at, reason := r.date(get("reply_at"))
		if reason != "" {
			return "reply_at", reason
		}
		out.Reply = &events.Reply{Text: reply, UpdatedAt: at}
	}
	if out.ExternalID = strings.TrimSpace(get("external_id")); len(out.ExternalID) > maxIDBytes {
		return "external_id", fmt.Sprintf("an id of %d bytes; at most %d", len(out.ExternalID), maxIDBytes)
	}
	if out.ExternalID == "" {
		out.ExternalID = MadeID(out.Author, out.PostedAt, out.Text)
	}
	return "", ""
}

// MadeID is the external id of a review whose row has none: a hash of author,
// time and text. The same row always gets the same id; a row whose text was
// edited between two exports becomes another review.
func MadeID(author string, postedAt time.Time, text string) string {
	h := sha256.New()
	at := ""
	if !postedAt.IsZero() {
		at = postedAt.UTC().Format(time.RFC3339Nano)
	}
	for _, part := range []string{author, at, text} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return "row_" + hex.EncodeToString(h.Sum(nil)[:12])
}

func line(s string) string { return strings.Join(strings.Fields(s), " ") }

func noValue(s string) bool {
	switch strings.ToLower(s) {
	case "", "-", "--", "n/a", "na", "null", "none", "nil":
		return true
	}
	return false
}

func webAddress(s string) bool {
	return len(s) <= 2048 && (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) && !strings.ContainsAny(s, " \n\r\t\"<>")
}
