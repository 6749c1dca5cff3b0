// Package routing says who gets the case of a review, how soon it has to go on, whether a reply
// needs approval and who hears of it. A Plan holds all an organization decides of that: a tree of
// nodes, teams, SLA policies and calendars, capacity.
//
// It promises: the same plan, review and roster always give the same outcome; a case goes only to
// somebody who covers its location and can take it, or to the location's manager, and where it goes
// to nobody the decision says why; Parse names all faults of a plan with their places, in bounded
// time and memory for any input; and the plan Default makes decides as Bedside did before there
// were plans.
package routing

import (
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/sla"
)

// Bounds of a plan.
const (
	MaxPlanBytes = 200_000
	MaxDepth     = 20    // of the tree
	MaxNodes     = 2_000 // of the tree
)

// Plan is everything an organization decides about the follow-up of its reviews. The zero Plan
// gives every case to whoever covers its location and has the least open work, without a clock.
type Plan struct {
	// RootCauses are what people choose from when they resolve a negative case.
	RootCauses []string                `json:"root_causes,omitempty" yaml:"root_causes,omitempty"`
	Teams      map[string]Team         `json:"teams,omitempty" yaml:"teams,omitempty"`
	Providers  []Provider              `json:"providers,omitempty" yaml:"providers,omitempty"`
	Calendars  map[string]sla.Calendar `json:"calendars,omitempty" yaml:"calendars,omitempty"`
	Policies   map[string]sla.Policy   `json:"policies,omitempty" yaml:"policies,omitempty"`
	Capacity   Capacity                `json:"capacity,omitzero" yaml:"capacity,omitempty"`
	// StaleAfter is how old a review may be when it arrives and still get an owner and clocks; 0 is
	// any age.
	StaleAfter sla.Duration `json:"stale_after,omitempty" yaml:"stale_after,omitempty"`
	Tree       Node         `json:"tree" yaml:"tree"`
}

// Team is people who share cases.
type Team struct {
	// Members are ids or e-mail addresses of people.
	Members []string `json:"members" yaml:"members"`
}

// Provider is somebody of the practice whom reviews name.
type Provider struct {
	Name    string   `json:"name" yaml:"name"`
	Aliases []string `json:"aliases,omitempty" yaml:"aliases,omitempty"`
	// Manager is the person, by id or e-mail address, who answers for them.
	Manager string `json:"manager,omitempty" yaml:"manager,omitempty"`
}

// Capacity is how many new cases one person is given. Urgent ones do not ask for it.
type Capacity struct {
	// Cases is for everybody; 0 is any number.
	Cases int `json:"cases,omitempty" yaml:"cases,omitempty"`
	// Per is the time in which they count, up to now; 0 is 24h.
	Per sla.Duration `json:"per,omitempty" yaml:"per,omitempty"`
	// People are other numbers for some, by id or e-mail address; 0 is none.
	People map[string]int `json:"people,omitempty" yaml:"people,omitempty"`
}

// Window is the time in which a person's new cases are counted.
func (c Capacity) Window() time.Duration {
	if c.Per <= 0 {
		return 24 * time.Hour
	}
	return time.Duration(c.Per)
}

// Limited reports whether anybody has a bound.
func (c Capacity) Limited() bool { return c.Cases > 0 || len(c.People) > 0 }

// Node is a node of the tree. Its children inherit owner, priority, SLA policy and approval where
// they have none of their own; channels add up on the way down.
type Node struct {
	Name  string `json:"name,omitempty" yaml:"name,omitempty"`
	Match Match  `json:"match,omitzero" yaml:"match,omitempty"`
	// Continue looks at the siblings after this one too; they can add channels and ask for approval.
	Continue bool                 `json:"continue,omitempty" yaml:"continue,omitempty"`
	Owner    Owner                `json:"owner,omitzero" yaml:"owner,omitempty"`
	Priority collections.Priority `json:"priority,omitempty" yaml:"priority,omitempty"`
	SLA      string               `json:"sla,omitempty" yaml:"sla,omitempty"` // a policy's name
	Approval *bool                `json:"approval,omitempty" yaml:"approval,omitempty"`
	Notify   []string             `json:"notify,omitempty" yaml:"notify,omitempty"` // channels
	Routes   []Node               `json:"routes,omitempty" yaml:"routes,omitempty"`
}

// Match is what a node asks of a review: of each field that is set, one of its values. The empty
// Match asks for nothing.
type Match struct {
	// Locations are ids or names.
	Locations []string `json:"locations,omitempty" yaml:"locations,omitempty"`
	Regions   []string `json:"regions,omitempty" yaml:"regions,omitempty"`
	Sites     []string `json:"sites,omitempty" yaml:"sites,omitempty"`
	// Topics are "billing" or "billing:negative".
	Topics []string `json:"topics,omitempty" yaml:"topics,omitempty"`
	// Polarity is of the review as a whole.
	Polarity []string `json:"polarity,omitempty" yaml:"polarity,omitempty"`
	// RatingMin and RatingMax are inclusive. Unrated alone asks for reviews without a rating; with
	// the others it takes those in too.
	RatingMin *float64 `json:"rating_min,omitempty" yaml:"rating_min,omitempty"`
	RatingMax *float64 `json:"rating_max,omitempty" yaml:"rating_max,omitempty"`
	Unrated   bool     `json:"unrated,omitempty" yaml:"unrated,omitempty"`
	// Urgent are flags; AnyFlag is any of them and NoFlag none. YAML and JSON may say true and false.
	Urgent    []string `json:"urgent,omitempty" yaml:"urgent,omitempty"`
	Languages []string `json:"languages,omitempty" yaml:"languages,omitempty"`
	// Mentions are names of people of the practice, or "any". A provider's aliases stand for it.
	Mentions []string `json:"mentions,omitempty" yaml:"mentions,omitempty"`
	// Text are words and phrases without case; a last "*" stands for any ending.
	Text []string `json:"text,omitempty" yaml:"text,omitempty"`
}

// The values of Match that are no names.
const (
	AnyFlag    = "any"
	NoFlag     = "none"
	AnyMention = "any"
)

// Strategy is how an owner is found.
type Strategy string

// The strategies.
const (
	ByPerson           Strategy = "person"
	ByLeastLoad        Strategy = "least_loaded"
	ByTurn             Strategy = "round_robin"
	ByLocationManager  Strategy = "location_manager"
	ByMentionedManager Strategy = "mentioned_manager"
)

// Strategies returns all strategies.
func Strategies() []Strategy {
	return []Strategy{ByPerson, ByLeastLoad, ByTurn, ByLocationManager, ByMentionedManager}
}

// Owner says who gets a case. The zero Owner is least_loaded of all who cover the location.
type Owner struct {
	// Strategy may be left out where Person or Team say it.
	Strategy Strategy `json:"strategy,omitempty" yaml:"strategy,omitempty"`
	Person   string   `json:"person,omitempty" yaml:"person,omitempty"` // id or e-mail address
	// Team is whom least_loaded and round_robin choose from; empty is all who cover the location.
	Team string `json:"team,omitempty" yaml:"team,omitempty"`
}

// How is the strategy, also where it is left out.
func (o Owner) How() Strategy {
	switch {
	case o.Strategy != "":
		return o.Strategy
	case o.Person != "":
		return ByPerson
	}
	return ByLeastLoad
}

// Subject is what of a review the tree looks at.
type Subject struct {
	ID           string // the review's
	LocationID   string
	LocationName string
	Region       string
	Site         string
	Topics       []string        // "billing", "billing:negative"
	Overall      review.Polarity // empty if the text was not analysed
	Rating       *float64        // 1..5; nil where there is none
	Urgent       []review.Urgent
	Language     string
	Mentions     []string // names as the text has them
	Text         string
	PostedAt     time.Time // zero if the site does not say
}

// Outcome is what the tree says of a review.
type Outcome struct {
	// Route are the names of the nodes from the root to the one that decided.
	Route    []string
	Owner    Owner
	Priority collections.Priority
	SLA      string // a policy's name; empty is no clock
	Approval bool
	Channels []string
	// Manager is who answers for the first provider the review names that has one; empty otherwise.
	Manager string
}

// Roster is what exists besides the plan: what names in it refer to.
type Roster struct {
	People    []collections.Person
	Locations []collections.Location
	Channels  []string // names
}

// Fault is something wrong in a plan, at a place like "tree.routes[0].owner".
type Fault struct {
	Path   string `json:"path"`
	Detail string `json:"detail"`
	Line   int    `json:"line,omitempty"` // from 1; 0 if it is not known
}
