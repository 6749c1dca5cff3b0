package csv

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"unicode/utf8"
)

// jsonLines reads one JSON object a line.
type jsonLines struct {
	in   *bufio.Reader
	max  int
	line int
}

func (j *jsonLines) next() (record, error) {
	for {
		raw, size, err := j.readLine()
		if err != nil {
			return record{}, err
		}
		rec := record{line: j.line}
		if size > j.max || raw == nil {
			rec.fault = fmt.Sprintf("a row of %d bytes; at most %d", size, j.max)
			return rec, nil
		}
		if raw = bytes.TrimSpace(raw); len(raw) == 0 {
			continue
		}
		rec.keyed, rec.col, rec.fault = keyed(raw)
		return rec, nil
	}
}

// readLine gives a line and its size without the line's end. Of a line larger than
// max and a line's end it gives the size only.
func (j *jsonLines) readLine() (raw []byte, size int, err error) {
	for {
		part, err := j.in.ReadSlice('\n')
		size += len(part)
		if size <= j.max+len("\r\n") {
			raw = append(raw, part...)
		} else {
			raw = nil
		}
		switch {
		case err == nil:
			j.line++
			if raw != nil {
				size = len(bytes.TrimRight(raw, "\r\n"))
			}
			return raw, size, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && size > 0:
			j.line++
			return raw, size, nil
		case errors.Is(err, io.EOF):
			return nil, 0, io.EOF
		default:
			return nil, 0, fmt.Errorf("read line %d of the file: %w", j.line+1, err)
		}
	}
}

func keyed(raw []byte) (values map[string]string, col, fault string) {
	if !utf8.Valid(raw) {
		return nil, "", "the line is not UTF-8: save the file as UTF-8 or name its encoding"
	}
	var obj map[string]json.RawMessage
	if err := json.Unmarshal(raw, &obj); err != nil || obj == nil {
		return nil, "", "the line is not one JSON object"
	}
	values = make(map[string]string, len(obj))
	for _, key := range slices.Sorted(maps.Keys(obj)) {
		s, ok := scalar(obj[key])
		if !ok {
			if !isField(key) {
				continue
			}
			return nil, key, "a text or a number is expected here"
		}
		if name := normalName(key); values[name] == "" {
			values[name] = s
		}
	}
	return values, "", ""
}

func isField(key string) bool {
	for _, f := range Fields() {
		if normalName(f) == normalName(key) {
			return true
		}
	}
	return false
}

func scalar(v json.RawMessage) (string, bool) {
	switch v[0] {
	case '"':
		var s string
		err := json.Unmarshal(v, &s)
		return s, err == nil
	case 'n':
		return "", true
	case '{', '[':
		return "", false
	}
	return string(v), true
}
