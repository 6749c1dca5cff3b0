package replycheck

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// example is a line of a data file and whether its rule must speak on it.
type example struct {
	where string
	rule  string
	text  string
	fires bool
}

// block is one entry of a data file: a kind, a name, and the lines below it.
type block struct {
	file, kind, name string
	line             int
	keys             []keyLine
}

type keyLine struct {
	key, value string
	line       int
}

func (b *block) fail(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s %s: %w", b.file, line, b.kind, b.name, fmt.Errorf(format, args...))
}

// loadLexicon reads the data files. Lists and the names of frames come first,
// then the rules, so that the order of the files does not matter.
func loadLexicon(fsys fs.FS) (*lexicon, error) {
	l := &lexicon{ids: map[string]int32{}, sensitive: map[int32]bool{}, lists: map[string]int32{}, trie: map[trieKey]int32{}, ends: [][]int32{nil},
		ruleIDs: map[string]int32{}, frames: map[string]int{}, sources: map[string][]string{}, guards: []guard{{}}, index: newIndex(), idiomIndex: newIndex()}
	blocks, err := readBlocks(fsys)
	if err != nil {
		return nil, err
	}
	if err := l.declare(blocks); err != nil {
		return nil, err
	}
	for _, step := range []struct {
		kind string
		add  func(*block) error
	}{{"list", l.addList}, {"rule", l.addRule}, {"frame", l.addFrame}, {"idiom", l.addIdiom}, {"examples", l.addExamples}} {
		for _, b := range blocks {
			if b.kind != step.kind {
				continue
			}
			if err := step.add(b); err != nil {
				return nil, err
			}
		}
	}
	for name, at := range map[string]*int32{"general": &l.listGeneral, "join": &l.listJoin, "second": &l.listSecond, "pronoun": &l.listPronoun, "number": &l.listNumber,
		"post": &l.listPost, "role": &l.listRole, "closing": &l.listClosing, "greeting": &l.listGreeting, "title": &l.listTitle, "if": &l.listIf, "past": &l.listPast,
		"notpast": &l.listNotPast, "firstname": &l.listFirstName} {
		id, ok := l.lists[name]
		if !ok {
			return nil, fmt.Errorf("the data files have no list %q", name)
		}
		*at = id
	}
	for _, id := range []string{ruleName, ruleContact, ruleDetail, ruleDisguise, ruleShout, ruleLanguage, ruleRecent, ruleLength, ruleEmoji} {
		if _, ok := l.ruleIDs[id]; !ok {
			return nil, fmt.Errorf("the data files have no rule %q", id)
		}
	}
	l.readSigns()
	return l, nil
}

func readBlocks(fsys fs.FS) ([]*block, error) {
	names, err := fs.Glob(fsys, "*.txt")
	if err != nil {
		return nil, fmt.Errorf("list the data files: %w", err)
	}
	slices.Sort(names)
	seen := map[string]bool{}
	var out []*block
	for _, name := range names {
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read data file %s: %w", name, err)
		}
		blocks, err := parseBlocks(name, string(src))
		if err != nil {
			return nil, err
		}
		for _, b := range blocks {
			if id := b.kind + " " + b.name; seen[id] {
				return nil, b.fail(b.line, "is there twice")
			} else {
				seen[id] = true
			}
			out = append(out, b)
		}
	}
	return out, nil
}

// continued is how a line begins that goes on with the one before it.
const continued = "      "

func parseBlocks(file, src string) ([]*block, error) {
	var out []*block
	var cur *block
	for i, line := range strings.Split(src, "\n") {
		line = strings.TrimRight(line, " \t\r")
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		if strings.HasPrefix(line, continued) && cur != nil && len(cur.keys) > 0 {
			cur.keys[len(cur.keys)-1].value += " " + trimmed
			continue
		}
		key, value, _ := strings.Cut(trimmed, " ")
		value = strings.TrimSpace(value)
		if line[0] != ' ' && line[0] != '\t' {
			cur = &block{file: file, kind: key, name: value, line: i + 1}
			if value == "" {
				return nil, cur.fail(i+1, "has no name")
			}
			out = append(out, cur)
			continue
		}
		if cur == nil {
			return nil, fmt.Errorf("%s:%d: a line before the first entry", file, i+1)
		}
		cur.keys = append(cur.keys, keyLine{key: key, value: value, line: i + 1})
	}
	return out, nil
}

// declare gives every list, rule and frame its number.
func (l *lexicon) declare(blocks []*block) error {
	for _, b := range blocks {
		switch b.kind {
		case "list":
			l.list(b.name)
		case "rule":
			l.ruleIDs[b.name] = int32(len(l.rules))
			l.rules = append(l.rules, rule{id: b.name, care: strings.HasPrefix(b.name, "care.")})
			l.subjectOf[l.list("subject of "+b.name)] = l.ruleIDs[b.name]
		case "frame":
			if len(l.frames) == 63 {
				return b.fail(b.line, "is one frame too many")
			}
			l.frames[b.name] = len(l.frames)
		case "idiom", "examples":
		default:
			return b.fail(b.line, "is no kind of entry")
		}
	}
	return nil
}

func (l *lexicon) addList(b *block) error {
	for _, k := range b.keys {
		l.sources[b.name] = append(l.sources[b.name], k.value)
		if k.key != "words" {
			return b.fail(k.line, "a list has only words, not %q", k.key)
		}
		if err := l.addEntries(l.lists[b.name], k.value); err != nil {
			return b.fail(k.line, "%w", err)
		}
	}
	return nil
}

func (l *lexicon) addEntries(list int32, value string) error {
	for src := range strings.SplitSeq(value, ",") {
		if name, ok := strings.CutPrefix(strings.TrimSpace(src), "@"); ok { // every entry of a list further up
			if l.sources[name] == nil {
				return fmt.Errorf("no list is called %q", name)
			}
			for _, v := range l.sources[name] {
				if err := l.addEntries(list, v); err != nil {
					return err
				}
			}
			continue
		}
		n, err := l.parsePattern(strings.TrimSpace(src))
		if err != nil {
			return err
		}
		if err := l.addWords(list, n); err != nil {
			return err
		}
	}
	return nil
}

// addPatterns compiles the match lines of a block and its guards; every other
// key is given to set.
func (l *lexicon) addPatterns(b *block, proto entry, to *index, set func(keyLine) (bool, error)) error {
	g := guard{}
	first := len(l.entries)
	for _, k := range b.keys {
		var err error
		switch k.key {
		case "match":
			err = l.addEntry(k.value, proto, to)
		case "weak":
			g.weak, err = parseYes(k.value)
		case "hypothetical":
			if k.value != "drop" {
				err = fmt.Errorf("hypothetical is drop, not %q", k.value)
			}
			g.hypothetical = true
		case "unless":
			err = l.addProgram(&g.unless, k.value)
		case "except":
			l.greedy = true // "nobody should ..6" excuses all six words
			err = l.addProgram(&g.except, k.value)
			l.greedy = false
		case "with":
			err = l.addProgram(&g.with, k.value)
		case "near":
			err = l.addProgram(&g.near, k.value)
		case "+", "-":
			l.examples = append(l.examples, example{where: fmt.Sprintf("%s:%d", b.file, k.line), rule: b.name, text: k.value, fires: k.key == "+"})
		default:
			known := false
			if set != nil {
				known, err = set(k)
			}
			if err == nil && !known {
				err = fmt.Errorf("does not know %q", k.key)
			}
		}
		if err != nil {
			return b.fail(k.line, "%w", err)
		}
	}
	at := int32(len(l.guards))
	l.guards = append(l.guards, g)
	for i := first; i < len(l.entries); i++ {
		l.entries[i].guard = at
	}
	if b.kind == "rule" {
		l.rules[l.ruleIDs[b.name]].guard = at
	}
	return nil
}

func (l *lexicon) addEntry(src string, e entry, to *index) error {
	n, err := l.parsePattern(src)
	if err != nil {
		return err
	}
	var set firstSet
	l.firsts(n, &set)
	e.code = l.compile(n)
	to.add(set, int32(len(l.entries)))
	l.entries = append(l.entries, e)
	return nil
}

func (l *lexicon) addProgram(into *[][]instruction, src string) error {
	n, err := l.parsePattern(src)
	if err == nil {
		*into = append(*into, l.compile(n))
	}
	return err
}

func parseYes(s string) (bool, error) {
	if s != "yes" {
		return false, fmt.Errorf("is yes or missing, not %q", s)
	}
	return true, nil
}

func (l *lexicon) addRule(b *block) error {
	at := l.ruleIDs[b.name]
	r := l.rules[at]
	subjects := l.lists["subject of "+b.name]
	err := l.addPatterns(b, entry{rule: at}, l.index, func(k keyLine) (bool, error) {
		switch k.key {
		case "severity":
			if r.severity = Verdict(k.value); r.severity != Block && r.severity != Warn {
				return true, fmt.Errorf("severity is block or warn, not %q", k.value)
			}
		case "covers":
			r.patterns = strings.Fields(k.value)
		case "why":
			r.why = k.value
		case "sure":
			yes, err := parseYes(k.value)
			r.sure = yes
			return true, err
		case "source":
			r.source = k.value
		case "suggestion":
			r.suggestion = k.value
		case "subject":
			return true, l.addEntries(subjects, k.value)
		case "frames":
			for name := range strings.FieldsSeq(k.value) {
				if name == "all" {
					r.frames = 1<<63 - 1
					continue
				}
				f, ok := l.frames[strings.TrimPrefix(name, "-")]
				if !ok {
					return true, fmt.Errorf("no frame is called %q", name)
				}
				if strings.HasPrefix(name, "-") {
					r.frames &^= 1 << f
				} else {
					r.frames |= 1 << f
				}
			}
		default:
			return false, nil
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	if r.severity == "" || r.why == "" || r.source == "" || r.suggestion == "" {
		return b.fail(b.line, "needs severity, why, source and suggestion")
	}
	r.guard = l.rules[at].guard
	l.rules[at] = r
	return nil
}

func (l *lexicon) addFrame(b *block) error {
	return l.addPatterns(b, entry{rule: -1, frame: 1 << l.frames[b.name]}, l.index, nil)
}

func (l *lexicon) addIdiom(b *block) error {
	return l.addPatterns(b, entry{rule: -1}, l.idiomIndex, nil)
}

// addExamples keeps the examples of a rule that stand in a file of their own.
func (l *lexicon) addExamples(b *block) error {
	if _, ok := l.ruleIDs[b.name]; !ok {
		return b.fail(b.line, "is no rule")
	}
	for _, k := range b.keys {
		if k.key != "+" && k.key != "-" {
			return b.fail(k.line, "has only + and -, not %q", k.key)
		}
		l.examples = append(l.examples, example{where: fmt.Sprintf("%s:%d", b.file, k.line), rule: b.name, text: k.value, fires: k.key == "+"})
	}
	return nil
}
