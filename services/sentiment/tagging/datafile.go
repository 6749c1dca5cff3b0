package tagging

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/bedside-health/bedside/libs/review"
)

// example is a sentence of a data file and whether its rule must fire on it.
type example struct {
	where string // file and line
	id    string
	text  string
	fires bool
}

// block is one entry of a data file: a kind, a name, and the lines below.
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

// loadFiles reads every .txt file of fsys in the order of their names, so that
// the word lists come before the rules that use them.
func (l *lexicon) loadFiles(fsys fs.FS) error {
	names, err := fs.Glob(fsys, "*.txt")
	if err != nil {
		return fmt.Errorf("list the data files: %w", err)
	}
	slices.Sort(names)
	seen := map[string]bool{}
	for _, name := range names {
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("read data file %s: %w", name, err)
		}
		blocks, err := parseBlocks(name, string(src))
		if err != nil {
			return err
		}
		for _, b := range blocks {
			if id := b.kind + " " + b.name; seen[id] {
				return b.fail(b.line, "is there twice")
			} else {
				seen[id] = true
			}
			if err := l.addBlock(b); err != nil {
				return err
			}
		}
	}
	return nil
}

func parseBlocks(file, src string) ([]*block, error) {
	var out []*block
	var cur *block
	for i, line := range strings.Split(src, "\n") {
		line = strings.TrimRight(line, " \t\r")
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || strings.HasPrefix(trimmed, "#") {
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

func (l *lexicon) addBlock(b *block) error {
	switch b.kind {
	case "list":
		return l.addList(b)
	case "idiom":
		return l.addPatterns(b, entryIdiom, 0, nil)
	case "rule":
		return l.addRule(b)
	case "target":
		return l.addTarget(b)
	case "opinion":
		return l.addOpinion(b)
	case "context":
		return l.addContext(b)
	case "flag":
		return l.addFlag(b)
	}
	return b.fail(b.line, "is no kind of entry")
}

func (l *lexicon) addList(b *block) error {
	var alts []*node
	for _, k := range b.keys {
		if k.key != "words" {
			return b.fail(k.line, "a list has only words, not %q", k.key)
		}
		for _, src := range splitList(k.value) {
			n, err := l.parsePattern(src)
			if err != nil {
				return b.fail(k.line, "%w", err)
			}
			alts = append(alts, n)
		}
	}
	if len(alts) == 0 {
		return b.fail(b.line, "has no words")
	}
	l.lists[b.name] = union(alts)
	return nil
}

// addPatterns compiles the words and match lines of a block and keeps its
// examples; every other key is given to set. A "with" line is for the match
// lines above it, back to the "with" before.
func (l *lexicon) addPatterns(b *block, kind entryKind, of int, set func(keyLine) error) error {
	patterns := 0
	open := len(l.entries)
	for _, k := range b.keys {
		var list []string
		switch k.key {
		case "with":
			g, err := l.guardProgram(k.value)
			if err != nil {
				return b.fail(k.line, "%w", err)
			}
			for ; open < len(l.entries); open++ {
				l.entries[open].with = []guard{g}
			}
			continue
		case "match":
			list = []string{k.value}
		case "words":
			list = splitList(k.value)
		case "+", "-":
			l.examples = append(l.examples, example{where: fmt.Sprintf("%s:%d", b.file, k.line), id: b.name, text: k.value, fires: k.key == "+"})
			continue
		default:
			if set == nil {
				return b.fail(k.line, "does not know %q", k.key)
			}
			if err := set(k); err != nil {
				return b.fail(k.line, "%w", err)
			}
			continue
		}
		for _, src := range list {
			if err := l.add(kind, of, src); err != nil {
				return b.fail(k.line, "%w", err)
			}
			patterns++
		}
	}
	if patterns == 0 {
		return b.fail(b.line, "has no pattern")
	}
	return nil
}

func (l *lexicon) guard(into *[]guard, src string) error {
	g, err := l.guardProgram(src)
	if err == nil {
		*into = append(*into, g)
	}
	return err
}

func (l *lexicon) addRule(b *block) error {
	r := rule{id: b.name, weight: 1}
	at := len(l.rules)
	l.rules = append(l.rules, r)
	err := l.addPatterns(b, entryRule, at, func(k keyLine) (err error) {
		switch k.key {
		case "topic":
			if r.topic = review.Topic(k.value); !r.topic.Valid() && r.topic != overallTopic {
				return fmt.Errorf("no topic is called %q", k.value)
			}
		case "polarity":
			if r.polarity = review.Polarity(k.value); !r.polarity.Valid() {
				return fmt.Errorf("no polarity is called %q", k.value)
			}
		case "negated":
			r.negated, err = parseNegation(k.value)
		case "weight":
			r.weight, err = parseWeight(k.value)
		case "unless":
			return l.guard(&r.unless, k.value)
		case "verdict":
			if r.verdict = review.Polarity(k.value); !r.verdict.Valid() {
				return fmt.Errorf("no polarity is called %q", k.value)
			}
		default:
			return fmt.Errorf("a rule does not know %q", k.key)
		}
		return err
	})
	if err != nil {
		return err
	}
	if r.topic == "" || r.polarity == "" {
		return b.fail(b.line, "needs a topic and a polarity")
	}
	l.rules[at] = r
	return nil
}

var roleNames = map[string]role{
	"thing": roleThing, "doctor": roleDoctor, "staff": roleStaff, "they": roleThey,
	"he": roleHe, "self": roleSelf, "other": roleOther, "practice": rolePractice, "deed": roleDeed, "him": roleHim, "nothing": roleNothing, "place": rolePlace,
}

func (l *lexicon) addTarget(b *block) error {
	t := target{id: b.name}
	at := len(l.targets)
	l.targets = append(l.targets, t)
	err := l.addPatterns(b, entryTarget, at, func(k keyLine) error {
		switch k.key {
		case "topic":
			if t.topic = review.Topic(k.value); !t.topic.Valid() {
				return fmt.Errorf("no topic is called %q", k.value)
			}
		case "role":
			r, ok := roleNames[k.value]
			if !ok {
				return fmt.Errorf("no role is called %q", k.value)
			}
			t.role = r
		case "single":
			t.single = k.value == "yes"
		case "alone":
			if k.value == "lean" {
				t.lean = true
				return nil
			}
			if t.alone = review.Polarity(k.value); !t.alone.Valid() {
				return fmt.Errorf("no polarity is called %q", k.value)
			}
		default:
			return fmt.Errorf("a target does not know %q", k.key)
		}
		return nil
	})
	if err != nil {
		return err
	}
	l.targets[at] = t
	return nil
}

var opinionKinds = map[string]opinionKind{"general": opinionGeneral, "person": opinionPerson, "thing": opinionThing}

func (l *lexicon) addOpinion(b *block) error {
	o := opinion{index: int32(len(l.opinions)), id: b.name, weight: 1}
	at := len(l.opinions)
	l.opinions = append(l.opinions, o)
	err := l.addPatterns(b, entryOpinion, at, func(k keyLine) (err error) {
		switch k.key {
		case "kind":
			kind, ok := opinionKinds[k.value]
			if !ok {
				return fmt.Errorf("no kind of opinion is called %q", k.value)
			}
			o.kind = kind
		case "polarity":
			if o.polarity = review.Polarity(k.value); !o.polarity.Valid() {
				return fmt.Errorf("no polarity is called %q", k.value)
			}
		case "negated":
			o.negated, err = parseNegation(k.value)
		case "weight":
			o.weight, err = parseWeight(k.value)
		case "object":
			o.object = k.value == "yes"
		case "topic":
			if o.topic = review.Topic(k.value); !o.topic.Valid() {
				return fmt.Errorf("no topic is called %q", k.value)
			}
		case "bare":
			o.bare = k.value == "yes"
		case "only":
			if k.value != "adjective" {
				return fmt.Errorf("only %q is not known", k.value)
			}
			o.adjective = true
		default:
			return fmt.Errorf("an opinion does not know %q", k.key)
		}
		return err
	})
	if err != nil {
		return err
	}
	if o.polarity == "" {
		return b.fail(b.line, "needs a polarity")
	}
	if o.topic != "" && o.kind != opinionThing {
		return b.fail(b.line, "has a topic, so it must be of kind thing")
	}
	l.opinions[at] = o
	return nil
}

var effectNames = map[string]effect{"wish": effectWish, "past": effectPast, "elsewhere": effectElse, "flip": effectFlip}

func (l *lexicon) addContext(b *block) error {
	at := len(l.contexts)
	l.contexts = append(l.contexts, effectNone)
	known := false
	err := l.addPatterns(b, entryContext, at, func(k keyLine) error {
		if k.key != "effect" {
			return fmt.Errorf("a context does not know %q", k.key)
		}
		l.contexts[at], known = effectNames[k.value]
		if !known {
			return fmt.Errorf("no effect is called %q", k.value)
		}
		return nil
	})
	if err == nil && !known {
		return b.fail(b.line, "needs an effect")
	}
	return err
}

func (l *lexicon) addFlag(b *block) error {
	f := urgentRule{id: b.name}
	at := len(l.flags)
	l.flags = append(l.flags, f)
	err := l.addPatterns(b, entryFlag, at, func(k keyLine) error {
		switch k.key {
		case "urgent":
			if f.flag = review.Urgent(k.value); !slices.Contains(review.UrgentFlags(), f.flag) {
				return fmt.Errorf("no urgent flag is called %q", k.value)
			}
		case "unless":
			return l.guard(&f.unless, k.value)
		case "verdict":
			if f.verdict = review.Polarity(k.value); !f.verdict.Valid() {
				return fmt.Errorf("no polarity is called %q", k.value)
			}
		default:
			return fmt.Errorf("a flag does not know %q", k.key)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if f.flag == "" {
		return b.fail(b.line, "needs an urgent flag")
	}
	l.flags[at] = f
	return nil
}

func parseNegation(s string) (negation, error) {
	switch s {
	case "opposite":
		return negatedOpposite, nil
	case "drop":
		return negatedDrop, nil
	case "keep":
		return negatedKeep, nil
	}
	return 0, fmt.Errorf("negated is opposite, drop or keep, not %q", s)
}

func parseWeight(s string) (float32, error) {
	v, err := strconv.ParseFloat(s, 32)
	if err != nil || v <= 0 || v > 10 {
		return 0, fmt.Errorf("weight %q is not a number above 0 and up to 10", s)
	}
	return float32(v), nil
}
