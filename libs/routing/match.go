package routing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/review"
)

// Outcome is what the tree says of a review. The first node that matches, depth first, decides with
// what it inherits; nodes reached because others continue add channels, and approval if they ask for it.
func (p Plan) Outcome(s Subject) Outcome {
	m := matcher{plan: &p, subject: &s}
	paths := m.paths(&p.Tree, rootName)
	if len(paths) == 0 {
		return Outcome{Priority: collections.PriorityNormal, Manager: m.manager()}
	}
	out := inherited(paths[0])
	for _, path := range paths[1:] {
		further := inherited(path)
		out.Approval = out.Approval || further.Approval
		out.Channels = append(out.Channels, further.Channels...)
	}
	out.Channels = distinct(out.Channels)
	out.Manager = m.manager()
	return out
}

// rootName is what a root without a name is called.
const rootName = "all"

// step is a node on the way from the root.
type step struct {
	name string
	node *Node
}

// inherited is what a way from the root to a node says.
func inherited(path []step) Outcome {
	out := Outcome{Priority: collections.PriorityNormal}
	for _, s := range path {
		out.Route = append(out.Route, s.name)
		if s.node.Owner != (Owner{}) {
			out.Owner = s.node.Owner
		}
		if s.node.Priority != "" {
			out.Priority = s.node.Priority
		}
		if s.node.SLA != "" {
			out.SLA = s.node.SLA
		}
		if s.node.Approval != nil {
			out.Approval = *s.node.Approval
		}
		out.Channels = append(out.Channels, s.node.Notify...)
	}
	return out
}

func distinct(names []string) []string {
	var out []string
	for _, name := range names {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// matcher looks at one subject; what it derives from the subject it derives once.
type matcher struct {
	plan    *Plan
	subject *Subject
	text    *textIndex
	named   []string // folded names of those the review mentions, providers by their own
	read    bool
}

// paths are the ways from n to the nodes that match, in the order they were found.
func (m *matcher) paths(n *Node, name string) [][]step {
	if !m.matches(&n.Match) {
		return nil
	}
	if n.Name != "" {
		name = n.Name
	}
	here := step{name, n}
	var found [][]step
	for i := range n.Routes {
		child := &n.Routes[i]
		below := m.paths(child, fmt.Sprintf("routes[%d]", i))
		for _, path := range below {
			found = append(found, append([]step{here}, path...))
		}
		if len(below) > 0 && !child.Continue {
			break
		}
	}
	if len(found) == 0 {
		return [][]step{{here}}
	}
	return found
}

func (m *matcher) matches(want *Match) bool {
	s := m.subject
	return anyOf(want.Locations, func(l string) bool { return l == s.LocationID || same(l, s.LocationName) }) &&
		anyOf(want.Regions, func(r string) bool { return same(r, s.Region) }) &&
		anyOf(want.Sites, func(site string) bool { return same(site, s.Site) }) &&
		anyOf(want.Topics, func(t string) bool { return slices.Contains(s.Topics, strings.ToLower(t)) }) &&
		anyOf(want.Polarity, func(p string) bool { return p == string(s.Overall) }) &&
		rated(want, s.Rating) &&
		anyOf(want.Urgent, func(flag string) bool { return flagged(flag, s.Urgent) }) &&
		anyOf(want.Languages, func(l string) bool { return same(l, primary(s.Language)) }) &&
		anyOf(want.Mentions, m.mentions) &&
		anyOf(want.Text, m.says)
}

// anyOf reports whether one of the values holds, or there are none to hold.
func anyOf(values []string, holds func(string) bool) bool {
	return len(values) == 0 || slices.ContainsFunc(values, holds)
}

func same(a, b string) bool {
	return b != "" && strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

func rated(want *Match, rating *float64) bool {
	bounded := want.RatingMin != nil || want.RatingMax != nil
	switch {
	case rating == nil:
		return want.Unrated || !bounded
	case !bounded:
		return !want.Unrated
	}
	return (want.RatingMin == nil || *rating >= *want.RatingMin) && (want.RatingMax == nil || *rating <= *want.RatingMax)
}

func flagged(flag string, flags []review.Urgent) bool {
	switch flag {
	case AnyFlag:
		return len(flags) > 0
	case NoFlag:
		return len(flags) == 0
	}
	return slices.Contains(flags, review.Urgent(flag))
}

// primary is the language of a tag such as en-US.
func primary(language string) string {
	language, _, _ = strings.Cut(language, "-")
	return language
}

func (m *matcher) mentions(name string) bool {
	names := m.names()
	if name == AnyMention {
		return len(names) > 0
	}
	return slices.Contains(names, m.provider(foldName(name)))
}

// names are those the review mentions, folded; a provider's alias counts as the provider.
func (m *matcher) names() []string {
	if !m.read {
		m.read = true
		for _, mention := range m.subject.Mentions {
			if folded := foldName(mention); folded != "" {
				m.named = append(m.named, m.provider(folded))
			}
		}
	}
	return m.named
}

// provider is the folded name of the provider who has a folded name or alias, or that name itself.
func (m *matcher) provider(folded string) string {
	for i := range m.plan.Providers {
		p := &m.plan.Providers[i]
		if p.called(folded) {
			return foldName(p.Name)
		}
	}
	return folded
}

func (p *Provider) called(folded string) bool {
	return foldName(p.Name) == folded || slices.ContainsFunc(p.Aliases, func(a string) bool { return foldName(a) == folded })
}

// manager answers for the first provider mentioned who has one.
func (m *matcher) manager() string {
	if len(m.plan.Providers) == 0 {
		return ""
	}
	for _, name := range m.names() {
		for i := range m.plan.Providers {
			if p := &m.plan.Providers[i]; p.Manager != "" && p.called(name) {
				return p.Manager
			}
		}
	}
	return ""
}

func (m *matcher) says(phrase string) bool {
	if m.text == nil {
		m.text = indexText(m.subject.Text)
	}
	return m.text.has(phrase)
}
