package selector

import (
	"fmt"
	"strings"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// Bounds of one CSS selector.
const (
	maxQueryBytes = 500
	maxChains     = 16
	maxSteps      = 8
)

// query is a compiled CSS selector: alternatives, each a chain of compounds.
// Chains are matched here in one walk over the page, because matching them node
// by node tries every ancestor for every step, which a deep page makes
// exponential. The compounds (tag, class, id, attributes, :not) are cascadia's.
type query struct{ chains [][]step }

// step is one compound and how it relates to the step before: ' ' is a
// descendant of it, '>' a child, '+' the next sibling, '~' a later sibling.
type step struct {
	relation byte
	compound cascadia.Sel
}

// compileQuery reads a CSS selector. Pseudo-classes other than :not() are
// refused: they count siblings or search descendants of every element, and
// index says which of several matches is meant.
func compileQuery(css string) (*query, error) {
	if strings.TrimSpace(css) == "" {
		return nil, fmt.Errorf("the selector is empty")
	}
	if len(css) > maxQueryBytes {
		return nil, fmt.Errorf("the selector is longer than %d bytes", maxQueryBytes)
	}
	s := splitter{css: css}
	chains, err := s.split()
	if err != nil {
		return nil, err
	}
	out := &query{}
	for _, parts := range chains {
		var chain []step
		for _, part := range parts {
			if name := pseudo(part.compound); name != "" {
				return nil, fmt.Errorf("%q is not supported; of the pseudo-classes only :not() is, and index chooses one of several matches", name)
			}
			sel, err := cascadia.Parse(part.compound)
			if err != nil {
				return nil, fmt.Errorf("%q is no CSS selector: %w", part.compound, err)
			}
			if sel.PseudoElement() != "" {
				return nil, fmt.Errorf("pseudo-elements are not supported")
			}
			chain = append(chain, step{relation: part.relation, compound: sel})
		}
		out.chains = append(out.chains, chain)
	}
	return out, nil
}

// part is a compound as it is written.
type part struct {
	relation byte
	compound string
}

// splitter cuts a selector at its commas and combinators, which may also stand
// inside of brackets, parentheses and quotes.
type splitter struct {
	css    string
	chains [][]part
	chain  []part
	word   strings.Builder
	next   byte // the relation of the compound that comes
}

func (s *splitter) split() ([][]part, error) {
	depth, quote := 0, byte(0)
	s.next = ' '
	for i := 0; i < len(s.css); i++ {
		c := s.css[i]
		switch {
		case c == '\\' && i+1 < len(s.css):
			s.word.WriteByte(c)
			i++
			s.word.WriteByte(s.css[i])
			continue
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[' || c == '(':
			depth++
		case c == ']' || c == ')':
			depth--
		case depth > 0:
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			s.endCompound()
			continue
		case c == '>' || c == '+' || c == '~':
			s.endCompound()
			if len(s.chain) == 0 || s.next != ' ' {
				return nil, fmt.Errorf("%q stands where an element is expected", string(c))
			}
			s.next = c
			continue
		case c == ',':
			if err := s.endChain(); err != nil {
				return nil, err
			}
			continue
		}
		s.word.WriteByte(c)
	}
	if depth != 0 || quote != 0 {
		return nil, fmt.Errorf("a bracket or a quote is not closed")
	}
	if err := s.endChain(); err != nil {
		return nil, err
	}
	return s.chains, nil
}

func (s *splitter) endCompound() {
	if s.word.Len() == 0 {
		return
	}
	s.chain = append(s.chain, part{relation: s.next, compound: s.word.String()})
	s.word.Reset()
	s.next = ' '
}

func (s *splitter) endChain() error {
	s.endCompound()
	switch {
	case len(s.chain) == 0 || s.next != ' ':
		return fmt.Errorf("an element is missing behind a comma or a combinator")
	case len(s.chain) > maxSteps:
		return fmt.Errorf("more than %d steps in one selector", maxSteps)
	case len(s.chains) == maxChains:
		return fmt.Errorf("more than %d alternatives in one selector", maxChains)
	}
	s.chains, s.chain, s.next = append(s.chains, s.chain), nil, ' '
	return nil
}

// pseudo finds a pseudo-class that is not :not, outside of brackets and quotes.
func pseudo(compound string) string {
	quote, depth := byte(0), 0
	for i := 0; i < len(compound); i++ {
		switch c := compound[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[':
			depth++
		case c == ']':
			depth--
		case c == ':' && depth == 0:
			rest := compound[i:]
			if !strings.HasPrefix(strings.ToLower(rest), ":not(") {
				name, _, _ := strings.Cut(rest, "(")
				return name
			}
		}
	}
	return ""
}

// states are, for each chain of all queries of a walk, which of its steps match
// at a place: bit i is step i.
type states []uint16

// walk visits the elements below root in document order and calls found for each
// query that an element matches. Where found returns false, the elements inside
// are passed over.
func walk(root *html.Node, queries []*query, found func(query int, n *html.Node) bool) {
	w := &walker{queries: queries, found: found}
	for _, q := range queries {
		w.width += len(q.chains)
	}
	w.children(root, make(states, w.width), make(states, w.width))
}

type walker struct {
	queries []*query
	width   int
	found   func(int, *html.Node) bool
}

// children matches the children of an element. parent are the steps that match
// at the element, above those that match at it or at an ancestor.
func (w *walker) children(n *html.Node, parent, above states) {
	var before, earlier, at states // of the sibling before, of all before, of this one
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode {
			continue
		}
		if before == nil {
			before, earlier, at = make(states, w.width), make(states, w.width), make(states, w.width)
		}
		inside := w.match(c, parent, above, before, earlier, at)
		for i := range at {
			earlier[i] |= at[i]
		}
		if inside && c.FirstChild != nil {
			below := make(states, w.width)
			for i := range below {
				below[i] = above[i] | at[i]
			}
			w.children(c, at, below)
		}
		before, at = at, before
	}
}

func (w *walker) match(n *html.Node, parent, above, before, earlier, at states) (inside bool) {
	inside = true
	i := 0
	for number, q := range w.queries {
		matched := false
		for _, chain := range q.chains {
			at[i] = 0
			for k, s := range chain {
				if k > 0 {
					reach := reachOf(s.relation, parent, above, before, earlier)
					if reach[i]&(1<<(k-1)) == 0 {
						continue
					}
				}
				if s.compound.Match(n) {
					at[i] |= 1 << k
				}
			}
			matched = matched || at[i]&(1<<(len(chain)-1)) != 0
			i++
		}
		if matched && !w.found(number, n) {
			inside = false
		}
	}
	return inside
}

func reachOf(relation byte, parent, above, before, earlier states) states {
	switch relation {
	case '>':
		return parent
	case '+':
		return before
	case '~':
		return earlier
	}
	return above
}
