package careopinion

import (
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Plain gives the words of a Markdown text as people read them, because texts are kept
// verbatim and without markup everywhere:
//
//   - a backslash before punctuation, the marks of emphasis, headings and quotes, and
//     the targets of links are taken away; entities are decoded;
//   - line breaks stay where they are, hard or soft, and items of lists begin with a
//     hyphen or their number;
//   - everything else stays to the letter: HTML that somebody typed, code, a mark
//     without its counterpart.
//
// It takes time in proportion to the text.
func Plain(markdown string) string {
	lines := strings.Split(strings.ReplaceAll(markdown, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = plainLine(line, i == len(lines)-1)
	}
	return inline(strings.Join(lines, "\n"))
}

var (
	quote   = regexp.MustCompile(`^ {0,3}> ?`)
	heading = regexp.MustCompile(`^ {0,3}#{1,6}(?:[ \t]+|$)`)
	closing = regexp.MustCompile(`[ \t]+#+[ \t]*$`)
	bullet  = regexp.MustCompile(`^([ \t]*)[*+]([ \t]+)`)
)

// plainLine takes away what stands for a block at the beginning of a line, and what
// stands for a line break at its end.
func plainLine(line string, last bool) string {
	for range 10 { // quotes in quotes
		if begins(line) != '>' {
			break
		}
		mark := quote.FindString(line)
		if mark == "" {
			break
		}
		line = line[len(mark):]
	}
	switch begins(line) {
	case '#':
		if mark := heading.FindString(line); mark != "" {
			line = closing.ReplaceAllString(line[len(mark):], "")
		}
	case '*', '+':
		line = bullet.ReplaceAllString(line, "${1}-${2}")
	}
	if last {
		return line
	}
	if strings.HasSuffix(line, "  ") {
		return strings.TrimRight(line, " ")
	}
	if slashes := len(line) - len(strings.TrimRight(line, `\`)); slashes%2 == 1 {
		return line[:len(line)-1]
	}
	return line
}

// entity is how long the entity is that a text begins with; 0 where it begins with
// none. A name that means nothing is decoded to itself.
func entity(text string) int {
	for i := 1; i < min(len(text), 34); i++ {
		switch c := text[i]; {
		case c == ';' && i > 1:
			return i + 1
		case c == '#' && i == 1, c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		default:
			return 0
		}
	}
	return 0
}

// lineBreak is how long the line break in HTML is that a text begins with, with the
// line break in the text behind it; 0 where it begins with none.
func lineBreak(text string) int {
	for _, form := range []string{"<br>", "<br/>", "<br />"} {
		if len(text) >= len(form) && strings.EqualFold(text[:len(form)], form) {
			if strings.HasPrefix(text[len(form):], "\n") {
				return len(form) + 1
			}
			return len(form)
		}
	}
	return 0
}

// begins is the first character of a line that is no space; 0 where there is none.
func begins(line string) byte {
	if line = strings.TrimLeft(line, " \t"); line != "" {
		return line[0]
	}
	return 0
}

// bracketed is how long the text is that begins with one of starts, goes on without
// space or any of forbidden and ends with end; 0 where it does not.
func bracketed(text string, starts []string, forbidden string, end byte) int {
	for _, start := range starts {
		if !strings.HasPrefix(text, start) {
			continue
		}
		for i := len(start); i < len(text); i++ {
			switch c := text[i]; {
			case c == end:
				return i + 1
			case c <= ' ' || strings.IndexByte(forbidden, c) >= 0:
				return 0
			}
		}
	}
	return 0
}

var (
	addressStarts = []string{"<http://", "<https://", "<mailto:"}
	targetStarts  = []string{"]("}
)

// maxMark is longer than anything that is recognised as a whole.
const maxMark = 600

// run is a row of equal marks in the output, or a bracket.
type run struct {
	at, size int
	drop     bool
}

// scanner writes the words of a text and remembers where marks are, which only their
// counterparts make more than words.
type scanner struct {
	out  []byte
	runs []run
	// open are the marks that wait for a counterpart: "*", "**", "***", "_", "__",
	// "___" by their kind, and brackets. They never reach beyond a paragraph.
	open     [6][]int
	brackets []int
}

func inline(text string) string {
	s := &scanner{out: make([]byte, 0, len(text))}
	for i := 0; i < len(text); {
		i += s.step(text, i)
	}
	if len(s.runs) == 0 {
		return string(s.out)
	}
	var b strings.Builder
	from := 0
	for _, r := range s.runs {
		if r.drop {
			b.Write(s.out[from:r.at])
			from = r.at + r.size
		}
	}
	b.Write(s.out[from:])
	return b.String()
}

// step reads what begins at i and returns how many bytes that was.
func (s *scanner) step(text string, i int) int {
	// Marks are short; the expressions below must not look at the rest of a long text.
	rest := text[i:min(i+maxMark, len(text))]
	switch c := rest[0]; c {
	case '\\':
		if len(rest) > 1 && punctuation(rest[1]) {
			s.out = append(s.out, rest[1])
			return 2
		}
	case '&':
		if size := entity(rest); size > 0 {
			s.out = append(s.out, html.UnescapeString(rest[:size])...)
			return size
		}
	case '<':
		if size := lineBreak(rest); size > 0 {
			s.out = append(s.out, '\n')
			return size
		}
		if size := bracketed(rest, addressStarts, "<", '>'); size > 0 {
			s.out = append(s.out, rest[1:size-1]...)
			return size
		}
	case '\n':
		if strings.HasPrefix(rest, "\n\n") {
			s.open, s.brackets = [6][]int{}, nil
		}
	case '[':
		s.brackets = append(s.brackets, s.mark("[", 1))
		return 1
	case '!':
		if strings.HasPrefix(rest, "![") {
			s.brackets = append(s.brackets, s.mark("![", 2))
			return 2
		}
	case ']':
		return s.bracket(rest)
	case '*', '_':
		return s.emphasis(text, i)
	}
	s.out = append(s.out, rest[0])
	return 1
}

func (s *scanner) mark(words string, size int) int {
	s.runs = append(s.runs, run{at: len(s.out), size: size})
	s.out = append(s.out, words...)
	return len(s.runs) - 1
}

// bracket ends a link, of which the words stay.
func (s *scanner) bracket(rest string) int {
	if len(s.brackets) > 0 {
		size := bracketed(rest, targetStarts, "()[]", ')')
		last := s.brackets[len(s.brackets)-1]
		s.brackets = s.brackets[:len(s.brackets)-1]
		if size > 0 {
			s.runs[last].drop = true
			return size
		}
	}
	s.out = append(s.out, ']')
	return 1
}

// emphasis pairs a row of asterisks or underscores with the latest one of its length.
func (s *scanner) emphasis(text string, i int) int {
	c, size := text[i], 1
	for i+size < len(text) && text[i+size] == c {
		size++
	}
	if size > 3 {
		s.out = append(s.out, text[i:i+size]...)
		return size
	}
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[i+size:])
	opens, closes := flanks(before, after, i == 0, i+size == len(text))
	if c == '_' && i > 0 && i+size < len(text) && word(before) && word(after) {
		opens, closes = false, false // snake_case is no emphasis
	}
	kind := size - 1
	if c == '_' {
		kind += 3
	}
	at := s.mark(text[i:i+size], size)
	waiting := s.open[kind]
	switch {
	case closes && len(waiting) > 0:
		s.runs[waiting[len(waiting)-1]].drop, s.runs[at].drop = true, true
		s.open[kind] = waiting[:len(waiting)-1]
	case opens:
		s.open[kind] = append(waiting, at)
	}
	return size
}

// flanks tells whether a mark between two characters can begin and end emphasis: it
// leans on the word that it marks.
func flanks(before, after rune, first, last bool) (opens, closes bool) {
	spaceBefore, spaceAfter := first || unicode.IsSpace(before), last || unicode.IsSpace(after)
	pointBefore, pointAfter := !first && !spaceBefore && !word(before), !last && !spaceAfter && !word(after)
	opens = !spaceAfter && (!pointAfter || spaceBefore || pointBefore)
	closes = !spaceBefore && (!pointBefore || spaceAfter || pointAfter)
	return opens, closes
}

func word(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }

func punctuation(c byte) bool {
	return c >= '!' && c <= '/' || c >= ':' && c <= '@' || c >= '[' && c <= '`' || c >= '{' && c <= '~'
}
