// Package sources is what the organization watches: its listings on review sites,
// how polling them goes and what the sites show about the practice.
//
// It promises that a listing is stored only if it can be polled: its location is
// the organization's and its address has the form its adapter reads.
package sources

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
)

// Store keeps listings. Lookups that find nothing are problem.NotFound, a second
// listing of one address problem.Conflict.
type Store interface {
	Location(ctx context.Context, org, id string) (collections.Location, error)
	AddListing(ctx context.Context, org string, doc *collections.Listing) error
	Listing(ctx context.Context, org, id string) (collections.Listing, error)
	Listings(ctx context.Context, org string) ([]collections.Listing, error)
	ChangeListing(ctx context.Context, org, id string, change func(*collections.Listing) error) (collections.Listing, error)
	DropListing(ctx context.Context, org, id string) error
	PollStates(ctx context.Context, org string, listings []string) (map[string]collections.PollState, error)
	ListingFacts(ctx context.Context, org string, listings []string) (map[string]collections.ListingFact, error)
	ReviewsOfListing(ctx context.Context, org, listing string) (int64, error)
	PollHints(ctx context.Context, org string, listings []string) (map[string]collections.PollHint, error)
	ChangePollHint(ctx context.Context, org, listing string, change func(doc *collections.PollHint, exists bool) error) error
	ListingsAt(ctx context.Context, adapter, ref string, most int) ([]collections.Listing, error)
	EnabledListings(ctx context.Context, adapter, cursor string) ([]collections.Listing, string, error)
	Findings(ctx context.Context, org string, f FindingFilter, limit int, cursor string) ([]collections.Finding, string, error)
	CountFindings(ctx context.Context, org string, f FindingFilter, by string) (map[string]int64, error)
	Finding(ctx context.Context, org, id string) (collections.Finding, error)
	FindingsByID(ctx context.Context, org string, ids []string) ([]collections.Finding, error)
	Dismissals(ctx context.Context, org string, findings []string) (map[string]collections.Dismissal, error)
	AllDismissals(ctx context.Context, org, cursor string) ([]collections.Dismissal, string, error)
	PutDismissal(ctx context.Context, org string, doc collections.Dismissal) error
	DropDismissal(ctx context.Context, org, finding string) error
	People(ctx context.Context, org string) ([]collections.Person, error)
}

// Input is a listing to watch.
type Input struct {
	LocationID string
	Site       string
	Adapter    string
	Ref        string
	Credential string
	// Interval is in seconds; 0 leaves it to the scraper.
	Interval int
}

// Patch changes a listing; nil leaves a field as it is.
type Patch struct {
	Enabled    *bool
	Credential *string
	Interval   *int
}

// Listing is a listing with everything known about it.
type Listing struct {
	collections.Listing
	State   collections.PollState // zero before the first poll
	Facts   *collections.ListingFact
	Reviews int64
	// AskedAt is when a poll out of turn was last asked for; zero if never.
	AskedAt time.Time
}

// Config configures a Service.
type Config struct {
	Store Store
	Now   func() time.Time
}

// Service watches listings. It is safe for concurrent use.
type Service struct{ cfg Config }

// New makes a Service.
func New(cfg Config) (*Service, error) {
	if cfg.Store == nil || cfg.Now == nil {
		return nil, errors.New("configure sources: a store and a clock are required")
	}
	return &Service{cfg: cfg}, nil
}

// Add begins to watch a listing.
func (s *Service) Add(ctx context.Context, org string, in Input) (Listing, error) {
	ref, err := CheckRef(in.Adapter, in.Ref)
	if err != nil {
		return Listing{}, err
	}
	if _, err := s.cfg.Store.Location(ctx, org, in.LocationID); err != nil {
		if problem.KindOf(err) == problem.NotFound {
			return Listing{}, UnknownLocation()
		}
		return Listing{}, fmt.Errorf("read the location of a new listing: %w", err)
	}
	doc := collections.Listing{
		Base:       docstore.Base{ID: "l_" + strings.ToLower(rand.Text()), OrgID: org},
		LocationID: in.LocationID, Site: in.Site, Adapter: in.Adapter, Ref: ref,
		Credential: in.Credential, Interval: in.Interval, Enabled: true, CreatedAt: s.cfg.Now(),
	}
	if err := s.cfg.Store.AddListing(ctx, org, &doc); err != nil {
		return Listing{}, err
	}
	return Listing{Listing: doc}, nil
}

// UnknownLocation is the problem of a location that the organization does not have.
func UnknownLocation() error {
	return problem.New(problem.Invalid, "unknown_location",
		"location_id: the organization has no such location. GET /api/v1/locations lists those it has.")
}

// List reads all listings of an organization.
func (s *Service) List(ctx context.Context, org string) ([]Listing, error) {
	docs, err := s.cfg.Store.Listings(ctx, org)
	if err != nil {
		return nil, fmt.Errorf("read listings: %w", err)
	}
	return s.complete(ctx, org, docs)
}

// Change changes a listing.
func (s *Service) Change(ctx context.Context, org, id string, patch Patch) (Listing, error) {
	if _, err := s.own(ctx, org, id); err != nil {
		return Listing{}, err
	}
	doc, err := s.cfg.Store.ChangeListing(ctx, org, id, func(doc *collections.Listing) error {
		if patch.Enabled != nil {
			doc.Enabled = *patch.Enabled
		}
		if patch.Credential != nil {
			doc.Credential = *patch.Credential
		}
		if patch.Interval != nil {
			doc.Interval = *patch.Interval
		}
		return nil
	})
	if err != nil {
		return Listing{}, err
	}
	found, err := s.complete(ctx, org, []collections.Listing{doc})
	if err != nil {
		return Listing{}, err
	}
	return found[0], nil
}

// Remove stops watching a listing. Its reviews stay.
func (s *Service) Remove(ctx context.Context, org, id string) error {
	if _, err := s.own(ctx, org, id); err != nil {
		return err
	}
	return s.cfg.Store.DropListing(ctx, org, id)
}

// own reads a listing, and reports problem.NotFound for one that people do not manage.
func (s *Service) own(ctx context.Context, org, id string) (collections.Listing, error) {
	doc, err := s.cfg.Store.Listing(ctx, org, id)
	if err != nil {
		return doc, err
	}
	if !Watchable(doc.Adapter) {
		return collections.Listing{}, problem.New(problem.NotFound, "listing_not_found", "There is no such listing.")
	}
	return doc, nil
}

func (s *Service) complete(ctx context.Context, org string, docs []collections.Listing) ([]Listing, error) {
	ids := make([]string, len(docs))
	for i, doc := range docs {
		ids[i] = doc.ID
	}
	states, err := s.cfg.Store.PollStates(ctx, org, ids)
	if err != nil {
		return nil, fmt.Errorf("read how polling goes: %w", err)
	}
	facts, err := s.cfg.Store.ListingFacts(ctx, org, ids)
	if err != nil {
		return nil, fmt.Errorf("read what sites show: %w", err)
	}
	hints, err := s.cfg.Store.PollHints(ctx, org, ids)
	if err != nil {
		return nil, fmt.Errorf("read which polls are asked for: %w", err)
	}
	out := make([]Listing, len(docs))
	for i, doc := range docs {
		out[i] = Listing{Listing: doc, State: states[doc.ID], AskedAt: hints[doc.ID].At}
		if fact, found := facts[doc.ID]; found {
			out[i].Facts = &fact
		}
		if out[i].Reviews, err = s.cfg.Store.ReviewsOfListing(ctx, org, doc.ID); err != nil {
			return nil, fmt.Errorf("count the reviews of a listing: %w", err)
		}
	}
	return out, nil
}

var googleRef = regexp.MustCompile(`^accounts/[A-Za-z0-9_-]{1,64}/locations/[A-Za-z0-9_-]{1,64}$`)

// CheckRef checks the address of a listing for an adapter and returns it in the form
// it is stored in. What is wrong is problem.Invalid.
func CheckRef(adapter, ref string) (string, error) {
	switch adapter {
	case Google:
		if !googleRef.MatchString(ref) {
			return "", problem.New(problem.Invalid, "bad_ref",
				"ref: a Google listing is written accounts/ACCOUNT/locations/LOCATION.")
		}
		return ref, nil
	case Yelp:
		return checkYelp(ref)
	case Facebook:
		return checkFacebook(ref)
	case Trustpilot:
		return checkTrustpilot(ref)
	case CareOpinion:
		return checkCareOpinion(ref)
	case Selector:
		return checkSelector(ref)
	case Directory:
		u, err := url.Parse(ref)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil {
			return "", problem.New(problem.Invalid, "bad_ref",
				"ref: the address of a page begins with https:// (or http://) and a host name, and holds no password.")
		}
		// A fragment is never sent, so that two of them are one page.
		u.Fragment, u.RawFragment = "", ""
		u.Host = strings.ToLower(u.Host)
		return u.String(), nil
	default:
		return "", problem.New(problem.Invalid, "bad_adapter", "adapter: choose one of %s.", strings.Join(Adapters(), ", "))
	}
}
