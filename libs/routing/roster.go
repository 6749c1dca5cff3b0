package routing

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Bounds of the search for a name that was meant.
const (
	maxHints      = 20
	maxCandidates = 2_000
)

// Check returns the faults of references to people, locations, regions and channels that do not
// exist, each with the name that is nearest, and of people who cannot be given cases.
func (p Plan) Check(r Roster) []Fault {
	c := checker{plan: &p}
	known := rosterNames(r)
	person := func(path, ref string) {
		switch found := FindPerson(r.People, ref); {
		case ref == "":
		case found == nil:
			c.fault(path, "there is nobody %q%s", short(ref), c.nearest(ref, known.people))
		case !CanOwn(*found):
			c.fault(path, "%s cannot be given cases: the account is inactive or a viewer's", short(name(*found)))
		}
	}
	for _, n := range slices.Sorted(maps.Keys(p.Teams)) {
		for i, ref := range p.Teams[n].Members {
			person(fmt.Sprintf("%s.members[%d]", join("teams", n), i), ref)
		}
	}
	for i, provider := range p.Providers {
		person(fmt.Sprintf("providers[%d].manager", i), provider.Manager)
	}
	for _, ref := range slices.Sorted(maps.Keys(p.Capacity.People)) {
		person(join("capacity.people", ref), ref)
	}
	for _, n := range slices.Sorted(maps.Keys(p.Policies)) {
		for i, s := range p.Policies[n].Escalation {
			if kind, ref, _ := s.Target(); kind == "person" {
				person(fmt.Sprintf("%s.escalation[%d].to", join("policies", n), i), ref)
			}
		}
	}
	p.Tree.each("tree", 1, func(path string, _ int, n *Node) bool {
		person(path+".owner.person", n.Owner.Person)
		each := func(key, what string, values, among []string) {
			for i, v := range values {
				if !slices.ContainsFunc(among, func(k string) bool { return same(v, k) }) {
					c.fault(fmt.Sprintf("%s.%s[%d]", path, key, i), "there is no %s %q%s", what, short(v), c.nearest(v, among))
				}
			}
		}
		each("match.locations", "location", n.Match.Locations, known.locations)
		each("match.regions", "region", n.Match.Regions, known.regions)
		each("notify", "channel", n.Notify, r.Channels)
		return len(c.faults) < MaxFaults
	})
	return c.faults
}

// knownNames are what references can mean.
type knownNames struct{ people, locations, regions []string }

func rosterNames(r Roster) knownNames {
	var k knownNames
	for _, p := range r.People {
		k.people = append(k.people, cmp.Or(p.Email, p.ID))
	}
	for _, l := range r.Locations {
		k.locations = append(k.locations, l.ID, l.Name)
		if l.Region != "" && !slices.Contains(k.regions, l.Region) {
			k.regions = append(k.regions, l.Region)
		}
	}
	return k
}

// nearest hints at the name that was meant, for as many faults as that is cheap.
func (c *checker) nearest(name string, among []string) string {
	if c.hints++; c.hints > maxHints {
		return ""
	}
	return nearest(name, among)
}

// nearest is "; did you mean ...?" with the name that differs least, empty if none is near.
func nearest(name string, among []string) string {
	name = strings.ToLower(short(name))
	best, least := "", max(2, len(name)/3)+1
	for _, candidate := range slices.Sorted(slices.Values(among[:min(len(among), maxCandidates)])) {
		if d := distance(name, strings.ToLower(short(candidate))); d < least && candidate != "" {
			best, least = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", short(best))
}

// distance counts the bytes to add, drop or change to get from a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			next := min(row[j]+1, row[j+1]+1, diagonal)
			if a[i] != b[j] {
				next = min(row[j]+1, row[j+1]+1, diagonal+1)
			}
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}
