package directory

import (
	"errors"
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Bounds of JSON-LD. Real blocks hold some hundred values.
const (
	maxLDDepth  = 64
	maxLDValues = 100_000 // over all blocks of a page
)

var (
	errLDSyntax = errors.New("JSON-LD that is no JSON")
	errLDCut    = errors.New("JSON-LD that breaks off")
	errLDDeep   = errors.New("JSON-LD nested too deep")
	errLDMany   = errors.New("JSON-LD with too many values")
)

// ldParser reads JSON as sites write it. Beyond the standard it takes: comment
// and CDATA wrappers, comments between tokens, raw line breaks in strings,
// trailing and doubled commas, backslashes before characters that need none, a
// final semicolon and several values in one block. Each has one meaning only.
// Objects become map[string]any, arrays []any, numbers and literals ldLiteral.
type ldParser struct {
	in     string
	pos    int
	depth  int
	values *int
	// bare: quotes inside of strings may be without their backslash.
	bare bool
}

// ldLiteral is a number, true, false or null as the page writes it.
type ldLiteral string

// parseLD returns the values of one block. values counts down over all blocks.
//
// A block that is no JSON, or seems to end within a string, is read a second time with quotes taken for text where
// nothing that can stand behind a string follows them: templates forget to escape
// what people write. A block whose every quote is a reference is decoded first.
func parseLD(in string, values *int) ([]any, error) {
	if !strings.Contains(in, `"`) && strings.Contains(in, "&") {
		in = html.UnescapeString(in)
	}
	before := *values
	out, err := (&ldParser{in: in, values: values}).all()
	if errors.Is(err, errLDSyntax) || errors.Is(err, errLDCut) {
		*values = before
		if again, err := (&ldParser{in: in, values: values, bare: true}).all(); err == nil {
			return again, nil
		}
	}
	return out, err
}

func (p *ldParser) all() ([]any, error) {
	var out []any
	for {
		p.skip()
		if p.pos >= len(p.in) {
			return out, nil
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
}

// ldWrappers may stand around a value. Templates also close more brackets than
// they open.
var ldWrappers = []string{"<!--", "-->", "<![CDATA[", "]]>", ";", "\ufeff", "}", "]"}

// skip passes white space, comments and, outside of any value, wrappers.
func (p *ldParser) skip() {
next:
	for p.pos < len(p.in) {
		switch c := p.in[p.pos]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f':
			p.pos++
		case strings.HasPrefix(p.in[p.pos:], "/*"):
			end := strings.Index(p.in[p.pos+2:], "*/")
			if end < 0 {
				p.pos = len(p.in)
				return
			}
			p.pos += end + 4
		case strings.HasPrefix(p.in[p.pos:], "//"):
			p.skipLineComment()
		default:
			if p.depth == 0 {
				for _, w := range ldWrappers {
					if strings.HasPrefix(p.in[p.pos:], w) {
						p.pos += len(w)
						continue next
					}
				}
			}
			return
		}
	}
}

// skipLineComment passes a comment to the end of its line, except that
// "//<![CDATA[" and "//]]>" are wrappers that JSON may follow on the same line.
func (p *ldParser) skipLineComment() {
	rest := strings.TrimLeft(p.in[p.pos+2:], " \t")
	for _, w := range ldWrappers[:4] {
		if strings.HasPrefix(rest, w) {
			p.pos = len(p.in) - len(rest) + len(w)
			return
		}
	}
	end := strings.IndexByte(p.in[p.pos:], '\n')
	if end < 0 {
		p.pos = len(p.in)
		return
	}
	p.pos += end + 1
}

func (p *ldParser) value() (any, error) {
	if p.pos >= len(p.in) {
		return nil, errLDCut
	}
	if *p.values--; *p.values < 0 {
		return nil, errLDMany
	}
	switch p.in[p.pos] {
	case '{':
		return p.nested(p.object)
	case '[':
		return p.nested(p.array)
	case '"':
		return p.str()
	}
	return p.literal()
}

func (p *ldParser) nested(read func() (any, error)) (any, error) {
	if p.depth++; p.depth > maxLDDepth {
		return nil, errLDDeep
	}
	p.pos++
	v, err := read()
	p.depth--
	return v, err
}

// more passes separators and reports whether another element follows before end.
func (p *ldParser) more(end byte) (bool, error) {
	for {
		p.skip()
		if p.pos >= len(p.in) {
			return false, errLDCut
		}
		switch p.in[p.pos] {
		case ',':
			p.pos++
		case end:
			p.pos++
			return false, nil
		default:
			return true, nil
		}
	}
}

func (p *ldParser) object() (any, error) {
	out := map[string]any{}
	for {
		more, err := p.more('}')
		if err != nil || !more {
			return out, err
		}
		if p.in[p.pos] != '"' {
			return nil, errLDSyntax
		}
		key, err := p.str()
		if err != nil {
			return nil, err
		}
		p.skip()
		if p.pos >= len(p.in) {
			return nil, errLDCut
		}
		if p.in[p.pos] != ':' {
			return nil, errLDSyntax
		}
		p.pos++
		p.skip()
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		// A key given twice means both: templates add a second "review" so.
		if old, twice := out[key]; twice {
			if list, ok := old.([]any); ok {
				v = append(list, v)
			} else {
				v = []any{old, v}
			}
		}
		out[key] = v
	}
}

func (p *ldParser) array() (any, error) {
	var out []any
	for {
		more, err := p.more(']')
		if err != nil || !more {
			return out, err
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
}

func (p *ldParser) literal() (any, error) {
	start := p.pos
	for p.pos < len(p.in) {
		c := p.in[p.pos]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '+' || c == '-' || c == '.' {
			p.pos++
			continue
		}
		break
	}
	switch s := p.in[start:p.pos]; s {
	case "true", "false", "null":
		return ldLiteral(s), nil
	default:
		if _, err := strconv.ParseFloat(s, 64); err != nil && !errors.Is(err, strconv.ErrRange) {
			if p.pos >= len(p.in) {
				return nil, errLDCut
			}
			return nil, errLDSyntax
		}
		return ldLiteral(s), nil
	}
}

func (p *ldParser) str() (string, error) {
	p.pos++
	start := p.pos
	end := strings.IndexAny(p.in[p.pos:], `"\`)
	if end < 0 {
		return "", errLDCut
	}
	if p.in[p.pos+end] == '"' && p.closes(p.pos+end) {
		p.pos += end + 1
		return p.in[start : start+end], nil
	}
	var b strings.Builder
	for p.pos < len(p.in) {
		switch c := p.in[p.pos]; {
		case c == '"' && p.closes(p.pos):
			p.pos++
			return b.String(), nil
		case c == '\\':
			if !p.escape(&b) {
				return "", errLDCut
			}
		default:
			b.WriteByte(c)
			p.pos++
		}
	}
	return "", errLDCut
}

// closes reports whether the quote at a place ends its string: behind it stands
// what can follow a string. A comma only counts if something that can begin a
// value or a key follows it.
func (p *ldParser) closes(at int) bool {
	if !p.bare {
		return true
	}
	rest := afterSpace(p.in[at+1:])
	if rest == "" {
		return true
	}
	switch rest[0] {
	case ':', '}', ']':
		return true
	case ',':
		rest = afterSpace(rest[1:])
		return rest == "" || strings.IndexByte(`"{[}],/-0123456789`, rest[0]) >= 0 ||
			strings.HasPrefix(rest, "true") || strings.HasPrefix(rest, "false") || strings.HasPrefix(rest, "null")
	}
	return false
}

// afterSpace passes at most maxGap bytes of white space, so that quotes in a sea
// of spaces cost no more than elsewhere.
func afterSpace(s string) string {
	const maxGap = 4 << 10
	for i := 0; i < len(s) && i < maxGap; i++ {
		if !strings.ContainsRune(" \t\r\n", rune(s[i])) {
			return s[i:]
		}
	}
	return ""
}

func (p *ldParser) escape(b *strings.Builder) bool {
	if p.pos+1 >= len(p.in) {
		return false
	}
	c := p.in[p.pos+1]
	p.pos += 2
	switch c {
	case 'n':
		b.WriteByte('\n')
	case 't':
		b.WriteByte('\t')
	case 'r':
		b.WriteByte('\r')
	case 'b':
		b.WriteByte('\b')
	case 'f':
		b.WriteByte('\f')
	case 'u':
		r, ok := p.hex4()
		if !ok {
			b.WriteString(`\u`)
			return true
		}
		if utf16.IsSurrogate(r) {
			at := p.pos
			second := utf8.RuneError
			if strings.HasPrefix(p.in[p.pos:], `\u`) {
				p.pos += 2
				if low, ok := p.hex4(); ok {
					second = low
				}
			}
			if r = utf16.DecodeRune(r, second); r == utf8.RuneError {
				p.pos = at // what follows was no second half
			}
		}
		if r == 0 {
			r = utf8.RuneError
		}
		b.WriteRune(r)
	default:
		b.WriteByte(c)
	}
	return true
}

func (p *ldParser) hex4() (rune, bool) {
	if p.pos+4 > len(p.in) {
		return 0, false
	}
	v, err := strconv.ParseUint(p.in[p.pos:p.pos+4], 16, 16)
	if err != nil {
		return 0, false
	}
	p.pos += 4
	return rune(v), true
}
