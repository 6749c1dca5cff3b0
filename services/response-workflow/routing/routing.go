// Package routing says who gets a new case. It promises: a case goes to one of
// the people who cover its location and can take it, to the one with the least
// open work, ties in turn; where nobody can, to the location's manager; and where
// there is no manager either, to nobody, with the reason. The same input always
// gives the same owner.
package routing

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/bedside-health/bedside/libs/collections"
)

// Rule names what decided.
type Rule string

// The rules.
const (
	LeastLoad       Rule = "least_load"
	LocationManager Rule = "location_manager"
	Nobody          Rule = "nobody"
)

// Input is what a decision depends on.
type Input struct {
	// Location is nil if it is not known (any more).
	Location *collections.Location
	// People are those of the organization, in any order.
	People []collections.Person
	// Load counts the pending cases of each person.
	Load map[string]int
	// After is the person who got the last case at this location; among equals it
	// is the turn of the next one.
	After string
}

// Decision is who gets the case and why.
type Decision struct {
	OwnerID string // empty with rule Nobody
	Rule    Rule
	Reason  string // for people who read the history
}

// Choose decides.
func Choose(in Input) Decision {
	if in.Location == nil {
		return Decision{Rule: Nobody, Reason: "the location of this review is not known"}
	}
	able := Able(in.People, in.Location.ID)
	if len(able) == 0 {
		return fallback(in)
	}
	least := slices.MinFunc(able, func(a, b collections.Person) int {
		return cmp.Or(
			cmp.Compare(in.Load[a.ID], in.Load[b.ID]),
			// Ties: those after the last one first, then from the beginning.
			cmp.Compare(turn(a.ID, in.After), turn(b.ID, in.After)),
			cmp.Compare(a.ID, b.ID),
		)
	})
	reason := "the only one who covers this location and is available"
	if len(able) > 1 {
		reason = fmt.Sprintf("least open work of the %d people who cover this location and are available", len(able))
	}
	return Decision{OwnerID: least.ID, Rule: LeastLoad, Reason: reason}
}

// Able returns the people who cover a location and can be given its cases now.
func Able(people []collections.Person, locationID string) []collections.Person {
	var able []collections.Person
	for _, p := range people {
		if CanOwn(p) && !p.Away && slices.Contains(p.Locations, locationID) {
			able = append(able, p)
		}
	}
	return able
}

// CanOwn reports whether a person can be the owner of a case at all: viewers
// could do nothing about it, and inactive people do not sign in.
func CanOwn(p collections.Person) bool { return p.Active && p.Role != collections.Viewer }

func fallback(in Input) Decision {
	if in.Location.ManagerID == "" {
		return Decision{Rule: Nobody, Reason: "nobody who covers this location is available, and it has no manager"}
	}
	for _, p := range in.People {
		if p.ID != in.Location.ManagerID {
			continue
		}
		if !CanOwn(p) {
			break
		}
		// A manager who is away still gets the case: somebody must have it.
		return Decision{OwnerID: p.ID, Rule: LocationManager, Reason: "nobody who covers this location is available: its manager gets it"}
	}
	return Decision{Rule: Nobody, Reason: "nobody who covers this location is available, and its manager cannot be given cases"}
}

func turn(id, after string) int {
	if id > after {
		return 0
	}
	return 1
}
