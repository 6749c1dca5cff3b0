package routing

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/bedside-health/bedside/libs/sla"
)

// MaxFaults bounds how many faults are named.
const MaxFaults = 200

// Parse reads a plan in YAML, or in JSON if its first character is a brace. It returns all faults
// of the plan itself, in the order of their lines; the plan counts only where there are none. What
// names in it refer to outside of it, Check knows.
func Parse(data []byte) (Plan, []Fault) {
	if len(data) > MaxPlanBytes {
		return Plan{}, []Fault{{Detail: fmt.Sprintf("the plan is larger than %d bytes", MaxPlanBytes)}}
	}
	root, fault := read(data)
	if fault != nil {
		return Plan{}, []Fault{*fault}
	}
	var plan Plan
	d := decoder{lines: map[string]int{}}
	d.decode(root, &plan)
	faults := append(d.faults, plan.normalise().Validate()...)
	for i := range faults {
		if faults[i].Line == 0 {
			faults[i].Line = d.line(faults[i].Path)
		}
	}
	slices.SortStableFunc(faults, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
	if len(faults) > 0 {
		return plan, faults[:min(len(faults), MaxFaults)]
	}
	return plan, nil
}

// YAML writes the plan as Parse reads it.
func (p Plan) YAML() ([]byte, error) {
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(p); err != nil {
		return nil, fmt.Errorf("write the routing plan: %w", err)
	}
	if err := e.Close(); err != nil {
		return nil, fmt.Errorf("write the routing plan: %w", err)
	}
	return out.Bytes(), nil
}

// normalise brings what can be written in several ways into one.
func (p *Plan) normalise() *Plan {
	for name, c := range p.Calendars {
		p.Calendars[name] = c.Normal()
	}
	p.Tree.each("tree", 1, func(_ string, _ int, n *Node) bool {
		for i, flag := range n.Match.Urgent {
			switch flag {
			case "true":
				n.Match.Urgent[i] = AnyFlag
			case "false":
				n.Match.Urgent[i] = NoFlag
			}
		}
		for i, topic := range n.Match.Topics {
			n.Match.Topics[i] = strings.ToLower(strings.ReplaceAll(topic, " ", ""))
		}
		return true
	})
	return p
}

// each visits a node and all below it with their paths and depths, until visit says no.
func (n *Node) each(path string, depth int, visit func(path string, depth int, n *Node) bool) bool {
	if !visit(path, depth, n) {
		return false
	}
	for i := range n.Routes {
		if !n.Routes[i].each(fmt.Sprintf("%s.routes[%d]", path, i), depth+1, visit) {
			return false
		}
	}
	return true
}

// fromSLA moves the faults of a part to its place in the plan.
func fromSLA(path string, faults []sla.Fault) []Fault {
	out := make([]Fault, len(faults))
	for i, f := range faults {
		out[i] = Fault{Path: path + "." + f.Path, Detail: f.Detail}
	}
	return out
}
