package routing

import (
	"errors"
	"fmt"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/sla"
)

// Names of the policies of the default plan.
const (
	UrgentSLA     = "urgent"
	CriticalSLA   = "critical"
	FavourableSLA = "favourable"
)

// Default is the plan of an organization that has none: who covers the location and has the least
// open work gets the case, and its first reply is due, around the clock, after urgent where there
// is an urgent flag, after critical for negative and mixed reviews, for ratings of three and less and
// where nothing is known, and after favourable otherwise.
func Default(urgent, critical, favourable time.Duration) Plan {
	policy := func(d time.Duration) sla.Policy { return sla.Policy{FirstReply: sla.Duration(d)} }
	three, any := 3.0, 0.0
	return Plan{
		RootCauses: []string{"billing", "waiting time", "staff", "communication", "care", "facility", "misunderstanding", "not ours"},
		Policies:   map[string]sla.Policy{UrgentSLA: policy(urgent), CriticalSLA: policy(critical), FavourableSLA: policy(favourable)},
		Tree: Node{
			Name: "all", SLA: CriticalSLA,
			Routes: []Node{
				{Name: "urgent", Match: Match{Urgent: []string{AnyFlag}}, Priority: collections.PriorityUrgent, SLA: UrgentSLA},
				{Name: "critical", Match: Match{Polarity: []string{string(review.Negative), string(review.Mixed)}}, Priority: collections.PriorityHigh},
				{Name: "low rating", Match: Match{RatingMax: &three}, Priority: collections.PriorityHigh},
				{Name: "favourable", Match: Match{Polarity: []string{string(review.Positive)}}, SLA: FavourableSLA},
				{Name: "rated", Match: Match{RatingMin: &any}, SLA: FavourableSLA},
			},
		},
	}
}

// ValidateDurations reports all faults of the three times of the default plan, joined.
func ValidateDurations(urgent, critical, favourable time.Duration) error {
	var faults []error
	for _, t := range []struct {
		name string
		d    time.Duration
	}{{UrgentSLA, urgent}, {CriticalSLA, critical}, {FavourableSLA, favourable}} {
		if t.d < time.Minute || t.d > sla.MaxTarget {
			faults = append(faults, fmt.Errorf("SLA target %s is %v: it must be between one minute and 90 days", t.name, t.d))
		}
	}
	if urgent > critical || critical > favourable {
		faults = append(faults, errors.New("SLA targets must not be longer for what is more serious: urgent, then critical, then favourable"))
	}
	return errors.Join(faults...)
}
