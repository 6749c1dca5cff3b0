package routing

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/bedside-health/bedside/libs/collections"
)

// Place is where a review goes, as people read it.
type Place struct {
	Owner    string               `json:"owner"`
	Priority collections.Priority `json:"priority"`
	SLA      string               `json:"sla"`
	Approval bool                 `json:"approval"`
	Route    []string             `json:"route"`
	Channels []string             `json:"channels"`
}

// Change is a review that would go elsewhere.
type Change struct {
	Subject Subject
	Now     Place
	Then    Place
}

// String is the owner as a plan's author writes it: "person:ana", "team:front-desk", "round_robin",
// "round_robin:front-desk", "least_loaded", "location_manager", "mentioned_manager".
func (o Owner) String() string {
	switch how := o.How(); {
	case how == ByPerson:
		return "person:" + o.Person
	case how == ByLeastLoad && o.Team != "":
		return "team:" + o.Team
	case how == ByTurn && o.Team != "":
		return string(ByTurn) + ":" + o.Team
	default:
		return string(how)
	}
}

// Place is where a review goes: whom the owner strategy means among those who cover the location,
// whoever of them may be away or have enough at the moment.
func (p Plan) Place(s Subject, r Roster) Place {
	place, _ := p.place(s, r)
	return place
}

// DryRun lists the subjects for which two plans differ in the owner or who can become it, priority,
// SLA policy and what it says, approval or channels. Names of nodes do not count.
func DryRun(now, then Plan, subjects []Subject, r Roster) []Change {
	changes := []Change{}
	for _, s := range subjects {
		before, whoBefore := now.place(s, r)
		after, whoAfter := then.place(s, r)
		sameTerms := sameTerms(now, then, before.SLA, after.SLA)
		// Which channels there are counts, not their order.
		equal := before.Owner == after.Owner && slices.Equal(whoBefore, whoAfter) && before.Priority == after.Priority &&
			before.Approval == after.Approval && before.SLA == after.SLA && sameTerms &&
			slices.Equal(slices.Sorted(slices.Values(before.Channels)), slices.Sorted(slices.Values(after.Channels)))
		if equal {
			continue
		}
		if before.SLA == after.SLA && !sameTerms {
			was, is := now.terms(before.SLA), then.terms(after.SLA)
			if was == is {
				is += ", other hours"
			}
			before.SLA, after.SLA = before.SLA+" ("+was+")", after.SLA+" ("+is+")"
		}
		changes = append(changes, Change{Subject: s, Now: before, Then: after})
	}
	return changes
}

// place is where a review goes, and the ids of all who can become its owner.
func (p Plan) place(s Subject, r Roster) (Place, []string) {
	out := p.Outcome(s)
	place := Place{Priority: out.Priority, SLA: out.SLA, Approval: out.Approval, Route: out.Route, Channels: out.Channels}
	if place.Route == nil {
		place.Route = []string{}
	}
	if place.Channels == nil {
		place.Channels = []string{}
	}
	who := func(ref string) (string, []string) {
		if person := FindPerson(r.People, ref); person != nil {
			return name(*person), []string{person.ID}
		}
		return ref, nil
	}
	var ids []string
	switch how := out.Owner.How(); how {
	case ByPerson:
		place.Owner, ids = who(out.Owner.Person)
	case ByLocationManager:
		place.Owner = "the location's manager"
		for _, l := range r.Locations {
			if l.ID == s.LocationID && l.ManagerID != "" {
				var n string
				n, ids = who(l.ManagerID)
				place.Owner += ": " + n
			}
		}
	case ByMentionedManager:
		place.Owner = "the manager of the provider it names"
		if out.Manager != "" {
			var n string
			n, ids = who(out.Manager)
			place.Owner += ": " + n
		}
	default:
		c := chooser{Input: Input{Plan: p, People: r.People}}
		people := r.People
		place.Owner = "least open work"
		if how == ByTurn {
			place.Owner = "in turn"
		}
		if out.Owner.Team != "" {
			people = c.members(out.Owner.Team)
			place.Owner = out.Owner.Team + ", " + place.Owner
		}
		var names []string
		for _, person := range people {
			if CanOwn(person) && covers(person, s.LocationID) {
				names, ids = append(names, name(person)), append(ids, person.ID)
			}
		}
		place.Owner += ": " + listed(names)
	}
	slices.Sort(ids)
	return place, ids
}

// listed joins the first of some names.
func listed(names []string) string {
	const most = 5
	slices.Sort(names)
	switch {
	case len(names) == 0:
		return "nobody who covers the location"
	case len(names) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// sameTerms reports whether two policies say the same on the same hours.
func sameTerms(now, then Plan, before, after string) bool {
	a, b := now.Policies[before], then.Policies[after]
	return reflect.DeepEqual(a, b) && reflect.DeepEqual(now.Calendars[a.Calendar].Normal(), then.Calendars[b.Calendar].Normal())
}

// terms is what a policy says, in one line.
func (p Plan) terms(policy string) string {
	t, ok := p.Policies[policy]
	if !ok {
		return "no targets"
	}
	var parts []string
	if t.FirstReply > 0 {
		parts = append(parts, "first reply "+t.FirstReply.String())
	}
	if t.NextStep > 0 {
		parts = append(parts, "next step "+t.NextStep.String())
	}
	if t.Resolution > 0 {
		parts = append(parts, "resolution "+t.Resolution.String())
	}
	if t.Calendar != "" {
		parts = append(parts, "on calendar "+t.Calendar)
	}
	for i, s := range t.Escalation {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("escalation %d after %s to %s %s", i+1, s.After, s.To, s.Priority)))
	}
	if len(parts) == 0 {
		return "no targets"
	}
	return strings.Join(parts, ", ")
}
