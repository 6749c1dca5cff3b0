// Package practice is what an organization says of itself: the record of each of
// its locations, which sites are compared with, and its own topics and terms, which reviews
// are tagged with.
//
// It promises that a change is made as a whole or not at all, that it is based on what
// is there (a change that is based on something older is problem.Conflict), and that what is
// stored can be used: hours can be read, time zones exist, terms are valid together.
package practice

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
)

// Store keeps locations and lexicons. Lookups that find nothing are problem.NotFound.
type Store interface {
	Location(ctx context.Context, org, id string) (collections.Location, error)
	ChangeLocation(ctx context.Context, org, id string, change func(*collections.Location) error) (collections.Location, error)
	// Lexicon is the zero Lexicon where the organization has none.
	Lexicon(ctx context.Context, org string) (collections.Lexicon, error)
	ChangeLexicon(ctx context.Context, org string, change func(*collections.Lexicon) error) (collections.Lexicon, error)
	Person(ctx context.Context, org, id string) (collections.Person, error)
}

// Config configures a Service. All of it is required.
type Config struct {
	Store Store
	Now   func() time.Time
}

// Service reads and changes what organizations say of themselves. It is safe for
// concurrent use.
type Service struct{ cfg Config }

// New makes a Service.
func New(cfg Config) (*Service, error) {
	if cfg.Store == nil || cfg.Now == nil {
		return nil, errors.New("configure the practice: a store and a clock are required")
	}
	return &Service{cfg: cfg}, nil
}

// Location reads a location.
func (s *Service) Location(ctx context.Context, org, id string) (collections.Location, error) {
	return s.cfg.Store.Location(ctx, org, id)
}

// ChangeLocation changes a location's record, based on its revision rev.
func (s *Service) ChangeLocation(ctx context.Context, org, id string, rev int64, patch Patch) (collections.Location, error) {
	if err := patch.Clean(); err != nil {
		// That the location is there comes first: for another organization's the answer
		// must be the one for none.
		if _, missing := s.cfg.Store.Location(ctx, org, id); missing != nil {
			return collections.Location{}, missing
		}
		return collections.Location{}, err
	}
	return s.cfg.Store.ChangeLocation(ctx, org, id, func(doc *collections.Location) error {
		if doc.Rev != rev {
			return problem.New(problem.Conflict, "location_changed",
				"Somebody else changed this location since: it is at revision %d, not %d. Read it again.", doc.Rev, rev)
		}
		return patch.apply(doc)
	})
}

// Lexicon is an organization's topics and terms, and the name of who changed them
// last; it is empty if nobody did or that person is gone.
func (s *Service) Lexicon(ctx context.Context, org string) (doc collections.Lexicon, by string, err error) {
	doc, err = s.cfg.Store.Lexicon(ctx, org)
	if err != nil || doc.UpdatedBy == "" {
		return doc, "", err
	}
	person, err := s.cfg.Store.Person(ctx, org, doc.UpdatedBy)
	if problem.KindOf(err) == problem.NotFound {
		return doc, "", nil
	}
	return doc, person.Name, err
}

// SetLexicon puts topics and terms in the place of those at revision next.Revision.
// Setting what is set changes nothing.
func (s *Service) SetLexicon(ctx context.Context, org, personID string, next review.Lexicon) (collections.Lexicon, error) {
	next = tidy(next)
	if err := next.Validate(); err != nil {
		return collections.Lexicon{}, problem.New(problem.Invalid, "invalid_lexicon", "%s.", faults(err))
	}
	return s.cfg.Store.ChangeLexicon(ctx, org, func(doc *collections.Lexicon) error {
		if same(doc.Lexicon, next) {
			return errUnchanged
		}
		if doc.Revision != next.Revision {
			return problem.New(problem.Conflict, "lexicon_changed",
				"Somebody else changed the terms since: they are at revision %d, not %d. Read them again.", doc.Revision, next.Revision)
		}
		stored := next
		stored.Revision++
		if err := stored.Validate(); err != nil {
			return fmt.Errorf("count a change of the terms: %w", err)
		}
		doc.Lexicon, doc.UpdatedAt, doc.UpdatedBy = stored, s.cfg.Now().UTC(), personID
		return nil
	})
}
