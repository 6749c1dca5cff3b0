package followup

import (
	"context"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/routing"
)

// Absence is that a person gets no new cases: always, or from a time and until one where those are
// not zero. What would be theirs goes to the deputy meanwhile, if there is one.
type Absence struct {
	Away        bool
	From, Until time.Time
	DeputyID    string
}

// SetAbsence says that a person is away, or is back.
func (s *Service) SetAbsence(ctx context.Context, org, person string, in Absence) (collections.Person, error) {
	if _, err := s.cfg.Store.Person(ctx, org, person); err != nil {
		return collections.Person{}, err
	}
	if !in.Away {
		in = Absence{}
	}
	in.From, in.Until = in.From.UTC(), in.Until.UTC()
	refuse := func(code, detail string) (collections.Person, error) {
		return collections.Person{}, problem.New(problem.Invalid, code, "%s", detail)
	}
	switch {
	case !in.Until.IsZero() && !in.Until.After(s.cfg.Now()):
		return refuse("invalid_absence", "until: choose a time that has not come yet.")
	case !in.Until.IsZero() && !in.From.IsZero() && !in.Until.After(in.From):
		return refuse("invalid_absence", "until: the absence has to end after it begins.")
	}
	if in.DeputyID != "" {
		if err := s.deputy(ctx, org, person, in.DeputyID); err != nil {
			return collections.Person{}, err
		}
	}
	return s.cfg.Store.ChangePerson(ctx, org, person, func(doc *collections.Person) error {
		doc.Away, doc.AwayFrom, doc.AwayUntil, doc.DeputyID = in.Away, in.From, in.Until, in.DeputyID
		return nil
	})
}

// deputy refuses deputies who cannot stand in. Those of deputies count whether or not anybody is away
// now, so that no circle closes later.
func (s *Service) deputy(ctx context.Context, org, person, deputy string) error {
	people, err := s.cfg.Store.People(ctx, org)
	if err != nil {
		return err
	}
	byID := make(map[string]collections.Person, len(people))
	for _, p := range people {
		byID[p.ID] = p
	}
	found, known := byID[deputy]
	switch {
	case !known:
		return problem.New(problem.Invalid, "deputy_not_found", "deputy_id: there is no such person.")
	case deputy == person:
		return problem.New(problem.Invalid, "deputy_is_self", "deputy_id: choose somebody else; nobody stands in for themselves.")
	case !routing.CanOwn(found):
		return problem.New(problem.Invalid, "deputy_cannot_act", "deputy_id: choose somebody who signs in and may work on cases.")
	}
	for range len(people) {
		next := byID[found.ID].DeputyID
		if next == person {
			return problem.New(problem.Invalid, "deputy_circle", "deputy_id: %s leads back to this person. Choose somebody else.", found.Name)
		}
		if next == "" {
			return nil
		}
		found = byID[next]
	}
	return nil
}
