package wire

import (
	"strconv"
	"strings"
	"time"
)

// maxDepth bounds how deep values that are skipped may be nested.
const maxDepth = 16

// Reader reads JSON of a known shape. Each of its methods reports false when it meets
// something that is not JSON, not of that shape, or just rare; then nothing it wrote
// counts, and encoding/json says what it is.
type Reader struct {
	s string
	i int
}

// NewReader reads s, which is valid UTF-8. The strings it returns are parts of s.
func NewReader(s string) *Reader { return &Reader{s: s} }

// End reports whether nothing but space is left.
func (r *Reader) End() bool {
	r.space()
	return r.i == len(r.s)
}

func (r *Reader) space() {
	for r.i < len(r.s) {
		switch r.s[r.i] {
		case ' ', '\t', '\r', '\n':
			r.i++
		default:
			return
		}
	}
}

func (r *Reader) next(c byte) bool {
	r.space()
	if r.i < len(r.s) && r.s[r.i] == c {
		r.i++
		return true
	}
	return false
}

// Object reads an object and calls field for each key, which reads the value.
func (r *Reader) Object(field func(key string) bool) bool {
	if !r.next('{') {
		return false
	}
	if r.next('}') {
		return true
	}
	for {
		key, ok := r.Text()
		if !ok || !r.next(':') || !field(key) {
			return false
		}
		if r.next(',') {
			continue
		}
		return r.next('}')
	}
}

// Into reads a string into p.
func (r *Reader) Into(p *string) (ok bool) {
	*p, ok = r.Text()
	return ok
}

// Text reads a string.
func (r *Reader) Text() (string, bool) {
	if !r.next('"') {
		return "", false
	}
	for at := r.i; at < len(r.s); at++ {
		switch c := r.s[at]; {
		case c == '"':
			out := r.s[r.i:at]
			r.i = at + 1
			return out, true
		case c == '\\':
			return r.escaped(at)
		case c < ' ':
			return "", false
		}
	}
	return "", false
}

// escaped reads on a string whose first escape is at at.
func (r *Reader) escaped(at int) (string, bool) {
	var b strings.Builder
	b.Grow(len(r.s[r.i:at]) + strings.IndexByte(r.s[at:], '"') + 64)
	from := r.i
	for at < len(r.s) {
		switch c := r.s[at]; {
		case c == '"':
			b.WriteString(r.s[from:at])
			r.i = at + 1
			return b.String(), true
		case c < ' ':
			return "", false
		case c != '\\':
			at++
			continue
		}
		b.WriteString(r.s[from:at])
		if at+1 >= len(r.s) {
			return "", false
		}
		c := r.s[at+1]
		at += 2
		switch c {
		case '"', '\\', '/':
			b.WriteByte(c)
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'u':
			if at+4 > len(r.s) {
				return "", false
			}
			n, err := strconv.ParseUint(r.s[at:at+4], 16, 16)
			// Surrogates are left to encoding/json.
			if err != nil || n >= 0xd800 && n < 0xe000 {
				return "", false
			}
			b.WriteRune(rune(n))
			at += 4
		default:
			return "", false
		}
		from = at
	}
	return "", false
}

// digits is how many digits are at position i.
func (r *Reader) digits(i int) int {
	n := 0
	for i+n < len(r.s) && r.s[i+n] >= '0' && r.s[i+n] <= '9' {
		n++
	}
	return n
}

// Number reads numbers such as 4 and 4.5.
func (r *Reader) Number(p *float64) bool {
	r.space()
	n := r.digits(r.i)
	if n == 0 || n > 1 && r.s[r.i] == '0' {
		return false
	}
	end := r.i + n
	if end < len(r.s) && r.s[end] == '.' {
		n = r.digits(end + 1)
		if n == 0 {
			return false
		}
		end += 1 + n
	}
	if end-r.i > 40 || end < len(r.s) && (r.s[end] == 'e' || r.s[end] == 'E') {
		return false
	}
	value, err := strconv.ParseFloat(r.s[r.i:end], 64)
	*p, r.i = value, end
	return err == nil
}

// Whole reads numbers such as 4.
func (r *Reader) Whole(p *int) bool {
	r.space()
	n := r.digits(r.i)
	if n == 0 || n > 9 || n > 1 && r.s[r.i] == '0' {
		return false
	}
	end := r.i + n
	if end < len(r.s) && strings.IndexByte(".eE", r.s[end]) >= 0 {
		return false
	}
	value, err := strconv.Atoi(r.s[r.i:end])
	*p, r.i = value, end
	return err == nil
}

// Truth reads true or false.
func (r *Reader) Truth(p *bool) bool {
	r.space()
	*p = strings.HasPrefix(r.s[r.i:], "true")
	switch {
	case *p:
		r.i += len("true")
	case strings.HasPrefix(r.s[r.i:], "false"):
		r.i += len("false")
	default:
		return false
	}
	return true
}

// Time reads a time as RFC 3339 writes it.
func (r *Reader) Time(p *time.Time) bool {
	s, ok := r.Text()
	if !ok {
		return false
	}
	return p.UnmarshalText([]byte(s)) == nil
}

// Raw skips a value and returns it as it is written.
func (r *Reader) Raw() (string, bool) {
	r.space()
	from := r.i
	ok := r.skip(0)
	return r.s[from:r.i], ok
}

// Skip skips a value.
func (r *Reader) Skip() bool { return r.skip(0) }

func (r *Reader) skip(depth int) bool {
	r.space()
	if r.i >= len(r.s) || depth > maxDepth {
		return false
	}
	switch c := r.s[r.i]; {
	case c == '"':
		_, ok := r.Text()
		return ok
	case c == '{':
		return r.Object(func(string) bool { return r.skip(depth + 1) })
	case c == '[':
		r.i++
		if r.next(']') {
			return true
		}
		for r.skip(depth + 1) {
			if !r.next(',') {
				return r.next(']')
			}
		}
		return false
	case c == '-':
		r.i++
		// A minus is followed by its digits at once.
		if r.digits(r.i) == 0 {
			return false
		}
		fallthrough
	case c >= '0' && c <= '9':
		var n float64
		return r.Number(&n)
	}
	for _, word := range [...]string{"null", "true", "false"} {
		if strings.HasPrefix(r.s[r.i:], word) {
			r.i += len(word)
			return true
		}
	}
	return false
}
