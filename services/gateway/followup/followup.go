// Package followup is what an organization decides about the follow-up of its reviews: the
// routing plan with its history, the channels that hear of cases, who is away, and what each
// person wants to be told.
//
// It promises that what is stored can be used (a plan without faults whose names all exist, an
// address that messages can go to, deputies that do not lead in a circle), that a change is made as a
// whole or not at all and is based on what is there (problem.Conflict otherwise), and that
// nothing of another organization takes part.
package followup

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/routing"
)

// Store keeps what is decided. Lookups that find nothing are problem.NotFound.
type Store interface {
	// RoutingPlan is the zero RoutingPlan where the organization has none.
	RoutingPlan(ctx context.Context, org string) (collections.RoutingPlan, error)
	ChangeRoutingPlan(ctx context.Context, org string, change func(*collections.RoutingPlan) error) (collections.RoutingPlan, error)
	KeepRoutingVersion(ctx context.Context, org string, plan collections.RoutingPlan) error
	RoutingVersions(ctx context.Context, org string, limit int, cursor string) ([]collections.RoutingVersion, string, error)
	LatestReviews(ctx context.Context, org string, most int) ([]collections.Review, error)
	Locations(ctx context.Context, org string) ([]collections.Location, error)
	People(ctx context.Context, org string) ([]collections.Person, error)
	Person(ctx context.Context, org, id string) (collections.Person, error)
	ChangePerson(ctx context.Context, org, id string, change func(*collections.Person) error) (collections.Person, error)
	Channels(ctx context.Context, org string) ([]collections.Channel, error)
	Channel(ctx context.Context, org, id string) (collections.Channel, error)
	AddChannel(ctx context.Context, org string, in collections.Channel) (collections.Channel, bool, error)
	ChangeChannel(ctx context.Context, org, id string, change func(*collections.Channel) error) (collections.Channel, error)
	DropChannel(ctx context.Context, org, id string) error
	NotificationSettings(ctx context.Context, org, person string) (collections.NotificationSettings, bool, error)
	ChangeNotificationSettings(ctx context.Context, org, person string, change func(*collections.NotificationSettings) error) (collections.NotificationSettings, error)
}

// Config configures a Service.
type Config struct {
	Store Store            // required
	Now   func() time.Time // required
	// Default is the plan of organizations that have none.
	Default routing.Plan
	// AllowLoopback lets channels be programs on this machine, for development.
	AllowLoopback bool
}

// Service reads and changes what organizations decide. It is safe for concurrent use.
type Service struct {
	cfg Config
	mu  sync.Mutex
	// plans holds parsed plans by organization, so that a long one is not parsed for every review.
	plans map[string]parsed
}

type parsed struct {
	yaml string
	plan routing.Plan
}

// rememberMost bounds the parsed plans that are kept.
const rememberMost = 200

// New makes a Service.
func New(cfg Config) (*Service, error) {
	if cfg.Store == nil || cfg.Now == nil {
		return nil, errors.New("configure the follow-up: a store and a clock are required")
	}
	return &Service{cfg: cfg, plans: map[string]parsed{}}, nil
}
