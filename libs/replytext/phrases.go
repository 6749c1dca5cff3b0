package replytext

import (
	"embed"
	"errors"
	"fmt"
	"strings"
)

//go:embed phrases/*.txt
var files embed.FS

// Writer puts suggestions together. It is safe for concurrent use.
type Writer struct {
	sections map[string]map[string][]*Template // by language and section
}

// New reads the sentences. The error tells of a fault in them, with file and line.
func New() (*Writer, error) {
	w := &Writer{sections: map[string]map[string][]*Template{}}
	for _, language := range []string{"en", "es"} {
		name := "phrases/" + language + ".txt"
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("open the sentences: %w", err)
		}
		if w.sections[language], err = readSections(string(text)); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
	}
	for section := range w.sections["en"] {
		if len(w.sections["es"][section]) == 0 {
			return nil, fmt.Errorf("read the sentences: [%s] is not in Spanish", section)
		}
	}
	return w, nil
}

// readSections reads headings in brackets with a sentence a line below each; # begins a comment.
func readSections(text string) (map[string][]*Template, error) {
	out := map[string][]*Template{}
	section := ""
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[' && line[len(line)-1] == ']':
			section = line[1 : len(line)-1]
			if out[section] != nil {
				return nil, fmt.Errorf("line %d: [%s] is there already", i+1, section)
			}
			out[section] = []*Template{}
		case section == "":
			return nil, fmt.Errorf("line %d: a sentence needs a [heading] above it", i+1)
		default:
			t, err := Parse(line)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
			out[section] = append(out[section], t)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("there are no sentences")
	}
	return out, nil
}
