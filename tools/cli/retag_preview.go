package cli

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/review"
)

const (
	// maxExamples bounds the reviews that are shown.
	maxExamples = 10
	// maxQuote bounds what is shown of a text, in bytes.
	maxQuote = 80
)

// preview is what tagging anew would change.
type preview struct {
	all       int64 // reviews there are
	older     int   // of them tagged by an older version
	changed   int   // of them that would differ
	corrected int   // of them with corrections by people
	versions  map[string]int
	topics    map[review.Topic]*topicChanges
	overall   map[string]int // "positive -> mixed"
	urgent    map[review.Urgent]*topicChanges
	examples  []string
}

// topicChanges counts what happens to a topic, or to an urgent flag.
type topicChanges struct{ added, removed, polarity int }

func newPreview(all int64) *preview {
	return &preview{
		all: all, versions: map[string]int{}, topics: map[review.Topic]*topicChanges{},
		overall: map[string]int{}, urgent: map[review.Urgent]*topicChanges{},
	}
}

func at[K comparable](m map[K]*topicChanges, key K) *topicChanges {
	if m[key] == nil {
		m[key] = new(topicChanges)
	}
	return m[key]
}

// add compares what the machine said of a review with what it would say. What people
// corrected stays as it is, so it is not counted.
func (p *preview) add(o pastOrg, r collections.Review, now review.Analysis) {
	p.older++
	was := r.Analysis
	if r.Machine != nil {
		was = *r.Machine
	}
	fixed := collections.Correction{}
	if r.Correction != nil {
		p.corrected++
		fixed = *r.Correction
	}
	p.versions[was.Version+" -> "+o.engine.Version()]++
	var lines []string
	before, after := byTopic(was.Tags), byTopic(now.Tags)
	for _, topic := range slices.Sorted(maps.Keys(union(before, after))) {
		b, a := before[topic], after[topic]
		if _, byPerson := fixed.Topics[topic]; byPerson || b.Polarity == a.Polarity {
			continue
		}
		switch {
		case b.Polarity == "":
			at(p.topics, topic).added++
		case a.Polarity == "":
			at(p.topics, topic).removed++
		default:
			at(p.topics, topic).polarity++
		}
		lines = append(lines, fmt.Sprintf("%s: %s -> %s%s", topic, orAbsent(b.Polarity), orAbsent(a.Polarity), quoted(a, b)))
	}
	if fixed.Overall == "" && was.Overall != now.Overall {
		change := fmt.Sprintf("%s -> %s", orAbsent(was.Overall), orAbsent(now.Overall))
		p.overall[change]++
		lines = append(lines, "overall: "+change)
	}
	if !fixed.UrgentSet {
		for _, flag := range review.UrgentFlags() {
			b, a := slices.Contains(was.Urgent, flag), slices.Contains(now.Urgent, flag)
			switch {
			case a && !b:
				at(p.urgent, flag).added++
				lines = append(lines, fmt.Sprintf("urgent: %s is new", flag))
			case b && !a:
				at(p.urgent, flag).removed++
				lines = append(lines, fmt.Sprintf("urgent: %s is gone", flag))
			}
		}
	}
	if len(lines) == 0 {
		return
	}
	p.changed++
	if len(p.examples) < maxExamples {
		p.examples = append(p.examples, r.ID+"\n    "+strings.Join(lines, "\n    "))
	}
}

func byTopic(tags []review.Tag) map[review.Topic]review.Tag {
	out := make(map[review.Topic]review.Tag, len(tags))
	for _, t := range tags {
		out[t.Topic] = t
	}
	return out
}

func union[K comparable, V any](a, b map[K]V) map[K]V {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

func orAbsent(p review.Polarity) string { return cmp.Or(string(p), collections.Absent) }

// quoted is the words behind the first of the tags that has any.
func quoted(tags ...review.Tag) string {
	for _, t := range tags {
		if len(t.Evidence) > 0 {
			e := t.Evidence[0]
			quote := e.Quote
			if len(quote) > maxQuote {
				end := maxQuote
				for end > 0 && !utf8.RuneStart(quote[end]) {
					end--
				}
				quote = quote[:end] + "..."
			}
			return fmt.Sprintf("  “%s” (%s)", oneLine(strings.ReplaceAll(quote, "\n", " ")), oneLine(e.Rule))
		}
	}
	return ""
}

func (p *preview) print(out io.Writer) {
	if p.older == 0 {
		fmt.Fprintf(out, "All %d reviews are tagged by this version.\n", p.all)
		return
	}
	fmt.Fprintf(out, "%d of %d reviews are tagged by an older version. %d of them would change, %d would not.\n", p.older, p.all, p.changed, p.older-p.changed)
	for _, v := range slices.Sorted(maps.Keys(p.versions)) {
		fmt.Fprintf(out, "  %s: %d\n", oneLine(v), p.versions[v])
	}
	if p.corrected > 0 {
		fmt.Fprintf(out, "With corrections by people, which stay: %d\n", p.corrected)
	}
	if len(p.topics)+len(p.urgent) > 0 {
		fmt.Fprintln(out)
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "topic\tadded\tremoved\tother polarity\t")
		for _, topic := range slices.Sorted(maps.Keys(p.topics)) {
			c := p.topics[topic]
			fmt.Fprintf(table, "%s\t%d\t%d\t%d\t\n", oneLine(string(topic)), c.added, c.removed, c.polarity)
		}
		for _, flag := range slices.Sorted(maps.Keys(p.urgent)) {
			c := p.urgent[flag]
			fmt.Fprintf(table, "urgent %s\t%d\t%d\t\t\n", flag, c.added, c.removed)
		}
		_ = table.Flush()
	}
	if len(p.overall) > 0 {
		fmt.Fprintln(out)
		for _, change := range slices.Sorted(maps.Keys(p.overall)) {
			fmt.Fprintf(out, "overall %s: %d\n", change, p.overall[change])
		}
	}
	if len(p.examples) > 0 {
		fmt.Fprintln(out, "\nFor example:")
		for _, e := range p.examples {
			fmt.Fprintln(out, "  "+e)
		}
		fmt.Fprintln(out)
	}
}
