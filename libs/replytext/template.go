package replytext

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxTemplate is the longest template in bytes.
	MaxTemplate = 20_000
	// MaxVariables bounds how often variables stand in one template.
	MaxVariables = 100
	// MaxFilled is the longest text a template is filled in to, in bytes.
	MaxFilled = 20_000
	// maxFaults bounds how many faults of one template are told.
	maxFaults = 10
	// maxName bounds how much of a name that is no variable is repeated.
	maxName = 30
)

// Fault is what is wrong with a template. Line and Column count from 1, columns in characters.
type Fault struct {
	Line, Column int
	Detail       string
}

func (f Fault) String() string {
	return fmt.Sprintf("line %d, column %d: %s", f.Line, f.Column, f.Detail)
}

// Faults is the error of a template that cannot be used; it is never empty.
type Faults []Fault

func (f Faults) Error() string {
	parts := make([]string, len(f))
	for i, fault := range f {
		parts[i] = fault.String()
	}
	return strings.Join(parts, "; ")
}

// Template is a text with variables. It is immutable.
type Template struct{ pieces []piece }

// piece is a variable, or text where there is none; both with the bytes of the source.
type piece struct {
	variable   Variable
	text       string
	start, end int
}

// Parse reads a template: text with variables as {{practice}}. A single brace is text. What is wrong
// is Faults: an unknown variable, braces that do not match, control characters, a text that is empty
// or too long.
func Parse(source string) (*Template, error) {
	switch {
	case len(source) > MaxTemplate:
		return nil, Faults{{1, 1, fmt.Sprintf("the text is longer than %d bytes", MaxTemplate)}}
	case strings.TrimSpace(source) == "":
		return nil, Faults{{1, 1, "the text is empty"}}
	}
	p := parser{source: source, known: map[string]bool{}}
	for _, v := range Variables() {
		p.known[string(v.Name)] = true
	}
	p.read()
	if len(p.faults) > 0 {
		return nil, p.faults
	}
	return &Template{pieces: p.pieces}, nil
}

type parser struct {
	source    string
	known     map[string]bool
	pieces    []piece
	variables int
	faults    Faults
}

func (p *parser) read() {
	at := 0
	for at < len(p.source) && len(p.faults) < maxFaults {
		open := strings.Index(p.source[at:], "{{")
		if open < 0 {
			p.literal(at, len(p.source))
			return
		}
		open += at
		p.literal(at, open)
		inside := open + 2
		length := strings.Index(p.source[inside:], "}}")
		if next := strings.Index(p.source[inside:], "{{"); length < 0 || next >= 0 && next < length {
			p.fault(open, "{{ has no }} behind it")
			at = inside
			continue
		}
		p.variable(open, strings.TrimSpace(p.source[inside:inside+length]), inside+length+2)
		at = inside + length + 2
	}
}

func (p *parser) variable(start int, name string, end int) {
	p.variables++
	switch {
	case p.variables > MaxVariables:
		if p.variables == MaxVariables+1 {
			p.fault(start, fmt.Sprintf("there are more than %d variables", MaxVariables))
		}
	case !p.known[name]:
		p.fault(start, fmt.Sprintf("there is no variable %s; those there are: %s", printable(name), list()))
	default:
		p.pieces = append(p.pieces, piece{variable: Variable(name), start: start, end: end})
	}
}

func (p *parser) literal(start, end int) {
	text := p.source[start:end]
	if text == "" {
		return
	}
	if at := strings.Index(text, "}}"); at >= 0 {
		p.fault(start+at, "}} has no {{ before it")
	}
	for i, r := range text {
		size := 1
		if r == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(text[i:])
		}
		if r == utf8.RuneError && size == 1 {
			p.fault(start+i, "this is no UTF-8 text")
			break
		}
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			p.fault(start+i, "there is a control character")
			break
		}
	}
	p.pieces = append(p.pieces, piece{text: text, start: start, end: end})
}

func (p *parser) fault(at int, detail string) {
	if len(p.faults) == maxFaults {
		return
	}
	before := p.source[:at]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	p.faults = append(p.faults, Fault{Line: line, Column: column, Detail: detail})
}

func list() string {
	names := make([]string, 0, len(Variables()))
	for _, v := range Variables() {
		names = append(names, "{{"+string(v.Name)+"}}")
	}
	return strings.Join(names, ", ")
}

// printable is a name somebody typed, short and without what could write over a terminal.
func printable(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != '{' && r != '}' {
			return r
		}
		return '?'
	}, strings.ToValidUTF8(name, "?"))
	if runes := []rune(name); len(runes) > maxName {
		name = string(runes[:maxName]) + "..."
	}
	return "{{" + name + "}}"
}

// Uses are the variables of the template, each once, in order.
func (t *Template) Uses() []Variable {
	var out []Variable
	seen := map[Variable]bool{}
	for _, p := range t.pieces {
		if p.variable != "" && !seen[p.variable] {
			seen[p.variable] = true
			out = append(out, p.variable)
		}
	}
	return out
}

// Missing are the variables of the template that have no value.
func (t *Template) Missing(v Values) []Variable {
	var out []Variable
	for _, name := range t.Uses() {
		if v.Of(name) == "" {
			out = append(out, name)
		}
	}
	return out
}

// Filled is a template filled in.
type Filled struct {
	Text  string
	spans []span
}

// span is where a piece is in the text and where it came from.
type span struct {
	start, end int
	from       piece
}

// Fill fills the template in; ok is false if a value is missing, or the text would be longer than
// MaxFilled.
func (t *Template) Fill(v Values) (filled Filled, ok bool) {
	var b strings.Builder
	for _, p := range t.pieces {
		text := p.text
		if p.variable != "" {
			if text = v.Of(p.variable); text == "" {
				return Filled{}, false
			}
		}
		if b.Len()+len(text) > MaxFilled {
			return Filled{}, false
		}
		start := b.Len()
		b.WriteString(text)
		filled.spans = append(filled.spans, span{start: start, end: b.Len(), from: p})
	}
	filled.Text = b.String()
	return filled, true
}

// Source says which bytes of the template a stretch of the filled text came from: the same stretch
// for text, the variable with its braces for what was filled in.
func (f Filled) Source(start, end int) (from, until int) {
	from, until = -1, -1
	for _, s := range f.spans {
		if s.end <= start || s.start >= end {
			continue
		}
		first, last := s.from.start, s.from.end
		if s.from.variable == "" {
			first, last = s.from.start+max(start-s.start, 0), s.from.end-max(s.end-end, 0)
		}
		if from < 0 {
			from = first
		}
		until = last
	}
	return max(from, 0), max(until, 0)
}
