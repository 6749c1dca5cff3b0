// Package sla counts time as a practice works: on a business calendar in the time zone of a
// location, with lunch, weekends, holidays and nights.
//
// It promises: counting is exact through changes of daylight saving time and midnight, and
// Between(start, Add(start, d)) is d; more time allowed is never due earlier; work is bounded for
// any calendar and any span; a clock never runs backwards, whatever the order of what happens to
// it; and everything here is a pure function of its arguments.
package sla

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
)

// MaxTarget is the longest target of a policy, in hours of its calendar. It keeps a misplaced
// unit from putting every due time beyond reach.
const MaxTarget = 90 * 24 * time.Hour

// maxSteps bounds an escalation path.
const maxSteps = 10

// Policy is how soon the case of a review has to go on. A target of 0 is none.
type Policy struct {
	// FirstReply is the time until the first public reply, NextStep between one step of a person
	// and the next, Resolution until the case is closed.
	FirstReply Duration `json:"first_reply,omitempty" yaml:"first_reply,omitempty"`
	NextStep   Duration `json:"next_step,omitempty" yaml:"next_step,omitempty"`
	Resolution Duration `json:"resolution,omitempty" yaml:"resolution,omitempty"`
	// SoonBefore is how long before it is due a target is due soon; 0 is a quarter of the target.
	SoonBefore Duration `json:"soon_before,omitempty" yaml:"soon_before,omitempty"`
	// Calendar names the calendar on which all this counts; empty is around the clock.
	Calendar string `json:"calendar,omitempty" yaml:"calendar,omitempty"`
	// Escalation is who gets a case that is overdue, in the order of After.
	Escalation []Step `json:"escalation,omitempty" yaml:"escalation,omitempty"`
}

// Step is one step of an escalation path.
type Step struct {
	// After is the time of the calendar since the first reply or the resolution was due.
	After Duration `json:"after,omitempty" yaml:"after,omitempty"`
	// To is person:ID, person:E-MAIL, team:NAME or location_manager. Empty leaves the owner.
	To string `json:"to,omitempty" yaml:"to,omitempty"`
	// Priority is what the case gets; empty leaves it.
	Priority collections.Priority `json:"priority,omitempty" yaml:"priority,omitempty"`
}

// LocationManager is the To of a step to the manager of the review's location.
const LocationManager = "location_manager"

// Fault is something wrong at a place like "escalation[0].to".
type Fault struct {
	Path   string `json:"path"`
	Detail string `json:"detail"`
}

// ValidPriority reports whether p is one of the four priorities.
func ValidPriority(p collections.Priority) bool {
	return slices.Contains([]collections.Priority{collections.PriorityLow, collections.PriorityNormal, collections.PriorityHigh, collections.PriorityUrgent}, p)
}

// Target splits the To of a step into its kind (person, team, location_manager) and the name, which
// is empty for the last; ok is false where it is none of them.
func (s Step) Target() (kind, name string, ok bool) {
	if s.To == LocationManager {
		return LocationManager, "", true
	}
	kind, name, _ = strings.Cut(s.To, ":")
	return kind, name, (kind == "person" || kind == "team") && name != ""
}

// Validate returns all faults of the policy itself. Whether the names in it exist, and its targets
// can be reached on its calendar, the plan it belongs to knows.
func (p Policy) Validate() []Fault {
	var faults []Fault
	fault := func(path, detail string, args ...any) {
		faults = append(faults, Fault{path, fmt.Sprintf(detail, args...)})
	}
	longest := time.Duration(0)
	for _, t := range p.targets() {
		longest = max(longest, t.d)
		if t.d != 0 && (t.d < time.Minute || t.d > MaxTarget) {
			fault(t.name, "%s is out of bounds: want 1m to 90d, or 0 for no target", Duration(t.d))
		}
	}
	if soon := time.Duration(p.SoonBefore); soon < 0 || soon > MaxTarget {
		fault("soon_before", "%s is out of bounds: want up to 90d", p.SoonBefore)
	} else if soon > 0 && longest > 0 && soon >= longest {
		fault("soon_before", "%s is not shorter than the longest target", p.SoonBefore)
	}
	first, next := time.Duration(p.FirstReply), time.Duration(p.Resolution)
	if first > 0 && next > 0 && next < first {
		fault("resolution", "must not be shorter than first_reply")
	}
	if len(p.Escalation) > maxSteps {
		fault("escalation", "has more than %d steps", maxSteps)
	}
	for i, s := range p.Escalation {
		at := fmt.Sprintf("escalation[%d]", i)
		if s.After < 0 || time.Duration(s.After) > MaxTarget {
			fault(at+".after", "%s is out of bounds: want 0 to 90d", s.After)
		}
		if i > 0 && s.After < p.Escalation[i-1].After {
			fault(at+".after", "comes before the step above it")
		}
		if s.To == "" && s.Priority == "" {
			fault(at, "does nothing: give it to or priority")
		}
		if _, _, ok := s.Target(); s.To != "" && !ok {
			fault(at+".to", "%q is none of person:ID, team:NAME and location_manager", s.To)
		}
		if s.Priority != "" && !ValidPriority(s.Priority) {
			fault(at+".priority", "want low, normal, high or urgent")
		}
	}
	if len(p.Escalation) > 0 && longest == 0 {
		fault("escalation", "never happens: the policy has no target")
	}
	return faults
}

type target struct {
	name string
	d    time.Duration
}

func (p Policy) targets() []target {
	return []target{{"first_reply", time.Duration(p.FirstReply)}, {"next_step", time.Duration(p.NextStep)}, {"resolution", time.Duration(p.Resolution)}}
}
