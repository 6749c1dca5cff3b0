package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/mattn/go-isatty"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/tagging"
)

const (
	// maxExplained is the longest line that is explained, in bytes.
	maxExplained = 1 << 20
	// textWidth is how many columns of text stand over their marks.
	textWidth = 96
)

// explainTexts explains the text of the arguments, else each line of standard input.
func explainTexts(ctx context.Context, env Environment, e *tagging.Engine, args []string) error {
	out := bufio.NewWriter(env.Stdout)
	p := &explainer{w: out, colour: wantsColour(env)}
	if len(args) > 0 {
		p.explain(e, strings.Join(args, " "))
		return out.Flush()
	}
	in := bufio.NewScanner(env.Stdin)
	in.Buffer(nil, maxExplained)
	for first := true; in.Scan(); {
		if err := ctx.Err(); err != nil {
			return err
		}
		text := textOf(in.Bytes())
		if strings.TrimSpace(text) == "" {
			continue
		}
		if !first {
			p.line("")
		}
		first = false
		p.explain(e, text)
		if err := out.Flush(); err != nil {
			return fmt.Errorf("write explanation: %w", err)
		}
	}
	if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("read texts: a line is longer than %d bytes", maxExplained)
	} else if err != nil {
		return fmt.Errorf("read texts: %w", err)
	}
	return out.Flush()
}

// textOf is the text of a line: its "text" if it is JSON, else the line itself.
func textOf(line []byte) string {
	var in struct {
		Text *string `json:"text"`
	}
	if len(line) > 0 && line[0] == '{' && json.Unmarshal(line, &in) == nil && in.Text != nil {
		return *in.Text
	}
	return string(line)
}

func wantsColour(env Environment) bool {
	f, ok := env.Stdout.(*os.File)
	return ok && env.Getenv("NO_COLOR") == "" && env.Getenv("TERM") != "dumb" && isatty.IsTerminal(f.Fd())
}

// explainer prints explanations. With colour it adds nothing but colours.
type explainer struct {
	w      io.Writer
	colour bool
}

// The codes of Select Graphic Rendition that are used.
const (
	sgrBold   = "1"
	sgrDim    = "2"
	sgrRed    = "31"
	sgrGreen  = "32"
	sgrYellow = "33"
)

func (p *explainer) paint(code, s string) string {
	if !p.colour || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p *explainer) line(format string, args ...any) { fmt.Fprintf(p.w, format+"\n", args...) }

var polarityColours = map[review.Polarity]string{review.Positive: sgrGreen, review.Negative: sgrRed, review.Mixed: sgrYellow}

func (p *explainer) polarity(v review.Polarity) string {
	return p.paint(polarityColours[v], string(v))
}

func (p *explainer) explain(e *tagging.Engine, text string) {
	x := e.Explain(text)
	p.marked(text, x)
	for _, tag := range x.Analysis.Tags {
		p.topic(x, tag)
	}
	p.alarms(x)
	p.people(x)
	p.silent(x)
	p.overall(x)
}

// topic shows the sum of one tag and what it is made of.
func (p *explainer) topic(x tagging.Explanation, tag review.Tag) {
	p.line("%s %s", p.paint(sgrBold, string(tag.Topic)), p.polarity(tag.Polarity))
	for _, f := range x.Findings {
		if f.Topic == tag.Topic {
			p.finding(f)
		}
	}
	for _, s := range x.Sums {
		if s.Topic == tag.Topic {
			p.line("  %s", p.paint(sgrDim, fmt.Sprintf("in all: %.1f for, %.1f against, %.1f mixed", s.Positive, s.Negative, s.Mixed)))
		}
	}
}

func (p *explainer) finding(f tagging.Finding) {
	line := fmt.Sprintf("  %s %s  %s", p.polarity(f.Polarity), quoteText(f.Quote), p.paint(sgrDim, fmt.Sprintf("%s, weight %.1f", f.Rule, f.Weight)))
	switch {
	case f.Negator != "":
		line += fmt.Sprintf(" - the words alone are %s, %s turns them round", f.Words, quoteText(f.Negator))
	case f.Context != "":
		line += fmt.Sprintf(" - the words alone are %s, %s", f.Words, contexts[f.Context])
	case f.Words != f.Polarity:
		line += fmt.Sprintf(" - the words alone are %s", f.Words)
	}
	if f.Why != "" {
		line += " - " + reasons[f.Why]
	}
	p.line("%s", line)
}

var contexts = map[string]string{
	"wish":   "but they are wished for",
	"past":   "but they speak of the past",
	"unlike": "but they are said of another practice, unlike this one",
}

var reasons = map[tagging.Reason]string{
	tagging.InsideIdiom:    "part of a phrase that means something else",
	tagging.UnlessNearby:   "a phrase that its rule excludes stands near",
	tagging.WithoutCompany: "no phrase that its rule asks for stands near",
	tagging.Negated:        `"not" before it takes its meaning away`,
	tagging.Elsewhere:      "said of another practice",
	tagging.LongAgo:        "praise that no longer holds",
	tagging.OtherVerdict:   "its rule counts only in a review with another verdict",
	tagging.NoAdjective:    "no adjective here",
	tagging.NoTopic:        "about nothing that has a topic, counts for the verdict at most",
	tagging.InsideOpposite: "does not count: a longer phrase around it says the opposite",
	tagging.Outweighed:     "outweighed",
}

func (p *explainer) alarms(x tagging.Explanation) {
	if len(x.Alarms) == 0 {
		return
	}
	p.line("%s", p.paint(sgrBold, "urgent"))
	for _, a := range x.Alarms {
		flag, note := p.paint(sgrRed, string(a.Flag)), ""
		if !a.Raised {
			flag, note = string(a.Flag), " - not enough alone to raise the flag"
		}
		p.line("  %s %s  %s%s", flag, quoteText(a.Quote), p.paint(sgrDim, a.Rule), note)
	}
}

func (p *explainer) people(x tagging.Explanation) {
	if len(x.Analysis.Mentions) == 0 {
		return
	}
	p.line("%s", p.paint(sgrBold, "people"))
	for _, m := range x.Analysis.Mentions {
		line := "  " + printable(m.Name)
		if m.Role != "" {
			line += ", " + printable(m.Role)
		}
		if m.Polarity != "" {
			line += ": " + p.polarity(m.Polarity)
		}
		p.line("%s", line)
	}
}

func (p *explainer) silent(x tagging.Explanation) {
	if len(x.Silent)+len(x.Idioms) == 0 {
		return
	}
	p.line("%s", p.paint(sgrBold, "left out"))
	for _, s := range x.Idioms {
		p.line("  %s means something else", quoteText(s.Quote))
	}
	for _, s := range x.Silent {
		p.line("  %s  %s - %s", quoteText(s.Quote), p.paint(sgrDim, s.Rule), reasons[s.Why])
	}
}

func (p *explainer) overall(x tagging.Explanation) {
	v := x.Verdict
	p.line("%s %s", p.paint(sgrBold, "overall"), p.polarity(x.Analysis.Overall))
	for _, f := range x.Findings {
		if !f.Topic.Known() {
			p.finding(f)
		}
	}
	p.line("  %s", p.paint(sgrDim, fmt.Sprintf("%+.2f = topics %+.2f, in general %+.2f, coming back %+.2f, other words %+.2f", v.Score, v.Topics, v.General, v.Return, v.Words)))
	language := x.Analysis.Language
	if language == "" {
		language = "none"
	}
	p.line("%s", p.paint(sgrDim, fmt.Sprintf("language %s, version %s", language, x.Analysis.Version)))
}

// marked prints the text in lines, each over one line of marks for every topic
// that has evidence in it.
func (p *explainer) marked(text string, x tagging.Explanation) {
	for start := 0; start < len(text); {
		end := lineEnd(text, start)
		p.line("%s", p.paint(sgrBold, strings.TrimRight(printable(text[start:end]), " ")))
		for _, tag := range x.Analysis.Tags {
			p.marks(text, start, end, tag)
		}
		start = end
	}
}

func (p *explainer) marks(text string, start, end int, tag review.Tag) {
	var row strings.Builder
	column := 0
	for _, ev := range tag.Evidence {
		low, high := max(ev.Start, start), min(ev.End, end)
		if low >= high {
			continue
		}
		from, width := columns(text[start:low]), columns(text[low:high])
		row.WriteString(strings.Repeat(" ", max(0, from-column)))
		row.WriteString(strings.Repeat("~", max(1, width)))
		column = from + width
	}
	if row.Len() > 0 {
		p.line("%s %s", p.paint(polarityColours[tag.Polarity], row.String()), p.paint(sgrDim, string(tag.Topic)))
	}
}

// lineEnd is where the line of text that begins at start ends: at a line break, or at
// the last space before it gets too wide.
func lineEnd(text string, start int) int {
	space, width := -1, 0
	for i, r := range text[start:] {
		if r == '\n' {
			return start + i + 1
		}
		if width += runeColumns(r); width > textWidth && i > 0 {
			if space > 0 {
				return start + space
			}
			return start + i
		}
		if r == ' ' {
			space = i + 1
		}
	}
	return len(text)
}

func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

// runeColumns is how many columns a terminal gives a character, as printable
// prints it.
func runeColumns(r rune) int {
	switch {
	case !unicode.IsPrint(r):
		return 1
	case unicode.Is(unicode.Mn, r), r == 0xFE0F:
		return 0
	case r >= 0x1100 && r <= 0x115F, r >= 0x2E80 && r <= 0xA4CF, r >= 0xAC00 && r <= 0xD7A3, r >= 0xFF00 && r <= 0xFF60, r >= 0x1F300 && r <= 0x1FAFF:
		return 2
	}
	return 1
}

// printable replaces what could steer a terminal: control characters, marks of
// direction, bytes that are no text. Line breaks become spaces.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\r':
			return ' '
		case !unicode.IsPrint(r):
			return '·'
		}
		return r
	}, s)
}

func quoteText(s string) string { return "“" + printable(s) + "”" }
