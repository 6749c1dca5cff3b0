package routing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
)

// Rule names what decided.
type Rule string

// The rules.
const (
	Named            Rule = "person"
	LeastLoad        Rule = "least_load"
	Turn             Rule = "round_robin"
	LocationManager  Rule = "location_manager"
	MentionedManager Rule = "mentioned_manager"
	Deputy           Rule = "deputy"
	Waiting          Rule = "queue" // everybody who could have it has enough
	Old              Rule = "stale"
	Nobody           Rule = "nobody"
)

// maxDeputies bounds a chain of deputies who are all away.
const maxDeputies = 10

// Input is what a decision depends on.
type Input struct {
	// Plan has the teams and the capacity; Outcome is what its tree said of the review.
	Plan    Plan
	Outcome Outcome
	// Location is nil if it is not known (any more).
	Location *collections.Location
	// People are those of the organization, in any order.
	People []collections.Person
	// Load counts the pending cases of each person, Assigned those given in the last
	// Plan.Capacity.Window.
	Load     map[string]int
	Assigned map[string]int
	// After is the person who got the last case at this location (or of this team there); among equals
	// it is the turn of the next one.
	After string
	// Urgent cases do not ask for capacity.
	Urgent bool
	// Stale cases get no owner: see Plan.Stale.
	Stale bool
	// Now decides who is away.
	Now time.Time
}

// Decision is who gets the case and why.
type Decision struct {
	OwnerID string // empty with the rules Nobody, Waiting and Old
	Rule    Rule
	Reason  string // for people who read the history
	// Queued says that the case waits for somebody with room.
	Queued bool
}

// Choose decides. Whom a strategy means gets the case if they cover the location, are there and have
// room; or else a deputy of who is away; or else whoever covers the location has it as with
// least_loaded. If those who are there all have enough, the case is queued; if nobody is there the
// location's manager gets it.
func Choose(in Input) Decision {
	if in.Stale {
		return Decision{Rule: Old, Reason: "posted too long ago to be somebody's work unasked"}
	}
	if in.Location == nil {
		return Decision{Rule: Nobody, Reason: "the location of this review is not known"}
	}
	c := chooser{Input: in}
	owner := in.Outcome.Owner
	switch how := owner.How(); how {
	case ByPerson:
		if d, ok := c.named(Named, owner.Person, "the route names this person"); ok {
			return d
		}
	case ByLocationManager:
		if in.Location.ManagerID == "" {
			c.note("the location has no manager")
		} else if d, ok := c.named(LocationManager, in.Location.ManagerID, "the manager of the location"); ok {
			return d
		}
	case ByMentionedManager:
		if in.Outcome.Manager == "" {
			c.note("the review names nobody who has a manager")
		} else if d, ok := c.named(MentionedManager, in.Outcome.Manager, "answers for the provider the review names"); ok {
			return d
		}
	default:
		if owner.Team == "" {
			return c.anybody(how)
		}
		if d, ok := c.pool(how, c.members(owner.Team), " of team "+owner.Team); ok {
			return d
		}
		c.note("nobody of team %s who covers this location is available", owner.Team)
	}
	return c.anybody(ByLeastLoad)
}

// Able returns the people who cover a location and can be given its cases now.
func Able(people []collections.Person, locationID string, now time.Time) []collections.Person {
	var able []collections.Person
	for _, p := range people {
		if CanOwn(p) && covers(p, locationID) && !Away(p, now) {
			able = append(able, p)
		}
	}
	return able
}

// CanOwn reports whether a person can be the owner of a case at all: viewers
// could do nothing about it, and inactive people do not sign in.
func CanOwn(p collections.Person) bool { return p.Active && p.Role != collections.Viewer }

// Away reports whether a person gets no new cases at that time.
func Away(p collections.Person, now time.Time) bool {
	return p.Away && (p.AwayFrom.IsZero() || !now.Before(p.AwayFrom)) && (p.AwayUntil.IsZero() || now.Before(p.AwayUntil))
}

func covers(p collections.Person, locationID string) bool {
	return slices.Contains(p.Locations, locationID)
}

// FindPerson returns the person a plan means by an id or an e-mail address, nil if there is none.
func FindPerson(people []collections.Person, ref string) *collections.Person {
	for i := range people {
		if people[i].ID == ref {
			return &people[i]
		}
	}
	for i := range people {
		if people[i].Email != "" && strings.EqualFold(people[i].Email, ref) {
			return &people[i]
		}
	}
	return nil
}

// chooser collects why those before were passed over.
type chooser struct {
	Input
	notes []string
}

func (c *chooser) note(format string, args ...any) {
	c.notes = append(c.notes, fmt.Sprintf(format, args...))
}

// because puts what was noted before a reason.
func (c *chooser) because(reason string) string {
	return strings.Join(append(c.notes, reason), "; ")
}

// named gives the case to one person or, while they are away, to a deputy.
func (c *chooser) named(rule Rule, ref, reason string) (Decision, bool) {
	p := FindPerson(c.People, ref)
	switch {
	case p == nil:
		c.note("%s is nobody here any more", ref)
		return Decision{}, false
	case !CanOwn(*p):
		c.note("%s cannot be given cases", name(*p))
		return Decision{}, false
	case rule != LocationManager && !covers(*p, c.Location.ID):
		c.note("%s does not cover this location", name(*p))
		return Decision{}, false
	}
	if Away(*p, c.Now) {
		deputy := c.deputy(*p)
		if deputy == nil {
			c.note("%s is away and has no deputy who can take it", name(*p))
			return Decision{}, false
		}
		c.note("%s is away", name(*p))
		p, rule, reason = deputy, Deputy, "goes to the deputy"
	}
	if !c.room(*p) {
		c.note("%s has as many new cases as allowed", name(*p))
		return Decision{}, false
	}
	return Decision{OwnerID: p.ID, Rule: rule, Reason: c.because(reason)}, true
}

// deputy is the first in the chain of deputies who covers the location and is there; nil if nobody is.
func (c *chooser) deputy(p collections.Person) *collections.Person {
	seen := []string{p.ID}
	for range maxDeputies {
		if p.DeputyID == "" || slices.Contains(seen, p.DeputyID) {
			return nil
		}
		next := FindPerson(c.People, p.DeputyID)
		if next == nil {
			return nil
		}
		if CanOwn(*next) && covers(*next, c.Location.ID) && !Away(*next, c.Now) {
			return next
		}
		p, seen = *next, append(seen, next.ID)
	}
	return nil
}

// members are the people of a team who exist, each once.
func (c *chooser) members(team string) []collections.Person {
	var out []collections.Person
	for _, ref := range c.Plan.Teams[team].Members {
		p := FindPerson(c.People, ref)
		if p != nil && !slices.ContainsFunc(out, func(o collections.Person) bool { return o.ID == p.ID }) {
			out = append(out, *p)
		}
	}
	return out
}

// anybody gives the case to one of all who cover the location, or to its manager.
func (c *chooser) anybody(how Strategy) Decision {
	if d, ok := c.pool(how, c.People, ""); ok {
		return d
	}
	return c.fallback()
}

// pool gives the case to one of some people, or queues it if all of them have enough. It reports
// false if none of them is there, nor a deputy of those who are away.
func (c *chooser) pool(how Strategy, people []collections.Person, whose string) (Decision, bool) {
	able := Able(people, c.Location.ID, c.Now)
	if len(able) == 0 {
		if able = c.deputies(people); len(able) == 0 {
			return Decision{}, false
		}
		whose += " or stand in for them"
	}
	free := slices.DeleteFunc(slices.Clone(able), func(p collections.Person) bool { return !c.room(p) })
	if len(free) == 0 {
		return Decision{Rule: Waiting, Queued: true, Reason: c.because("everybody" + whose + " who covers this location and is available has as many new cases as allowed: waits for the first with room")}, true
	}
	chosen := slices.MinFunc(free, func(a, b collections.Person) int {
		load := cmp.Compare(c.Load[a.ID], c.Load[b.ID])
		if how == ByTurn {
			load = 0
		}
		// Ties: those after the last one first, then from the beginning.
		return cmp.Or(load, cmp.Compare(turn(a.ID, c.After), turn(b.ID, c.After)), cmp.Compare(a.ID, b.ID))
	})
	rule, reason := LeastLoad, "least open work"
	if how == ByTurn {
		rule, reason = Turn, "next in turn"
	}
	switch {
	case len(able) == 1:
		reason = fmt.Sprintf("the only one%s who covers this location and is available", whose)
	case len(free) == 1:
		reason = fmt.Sprintf("the only one with room of the %d people%s who cover this location and are available", len(able), whose)
	case len(free) < len(able):
		reason += fmt.Sprintf(" of the %d people%s with room who cover this location and are available", len(free), whose)
	default:
		reason += fmt.Sprintf(" of the %d people%s who cover this location and are available", len(able), whose)
	}
	return Decision{OwnerID: chosen.ID, Rule: rule, Reason: c.because(reason)}, true
}

// deputies stand in for those who cover the location and are all away.
func (c *chooser) deputies(people []collections.Person) []collections.Person {
	var out []collections.Person
	for _, p := range people {
		if !CanOwn(p) || !covers(p, c.Location.ID) {
			continue
		}
		if d := c.deputy(p); d != nil && !slices.ContainsFunc(out, func(o collections.Person) bool { return o.ID == d.ID }) {
			out = append(out, *d)
		}
	}
	return out
}

// room reports whether a person can be given one more case now.
func (c *chooser) room(p collections.Person) bool {
	if c.Urgent {
		return true
	}
	limit, limited := c.Plan.Capacity.of(p)
	return !limited || c.Assigned[p.ID] < limit
}

func (c Capacity) of(p collections.Person) (limit int, limited bool) {
	if n, ok := c.People[p.ID]; ok {
		return n, true
	}
	for ref, n := range c.People {
		if p.Email != "" && strings.EqualFold(ref, p.Email) {
			return n, true
		}
	}
	return c.Cases, c.Cases > 0
}

// fallback gives the case to the location's manager, or to nobody.
func (c *chooser) fallback() Decision {
	const none = "nobody who covers this location is available"
	if c.Location.ManagerID == "" {
		return Decision{Rule: Nobody, Reason: c.because(none + ", and it has no manager")}
	}
	m := FindPerson(c.People, c.Location.ManagerID)
	if m == nil || !CanOwn(*m) {
		return Decision{Rule: Nobody, Reason: c.because(none + ", and its manager cannot be given cases")}
	}
	if Away(*m, c.Now) {
		if d := c.deputy(*m); d != nil {
			return Decision{OwnerID: d.ID, Rule: Deputy, Reason: c.because(none + ": the deputy of its manager gets it")}
		}
	}
	// A manager who is away still gets the case: somebody must have it.
	return Decision{OwnerID: m.ID, Rule: LocationManager, Reason: c.because(none + ": its manager gets it")}
}

func turn(id, after string) int {
	if id > after {
		return 0
	}
	return 1
}

func name(p collections.Person) string { return cmp.Or(p.Name, p.Email, p.ID) }
