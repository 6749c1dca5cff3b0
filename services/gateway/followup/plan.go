package followup

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/routing"
)

// Plan is a routing plan as people see it: as it was written, and read.
type Plan struct {
	collections.RoutingPlan
	// ByName is who wrote it; empty if that person is gone.
	ByName string
	// Parsed is the plan. A stored one that this version of Bedside cannot read is empty.
	Parsed routing.Plan
}

// Source is a plan that somebody sends: YAML, or JSON.
type Source struct {
	YAML string
	JSON json.RawMessage // nil if it is YAML
}

// parse reads a plan without looking at what its names refer to, and writes it as YAML.
func (in Source) parse() (plan routing.Plan, yaml string, faults []routing.Fault, err error) {
	hasJSON := len(in.JSON) > 0
	if hasJSON == (in.YAML != "") {
		return plan, "", nil, problem.New(problem.Invalid, "invalid_request", "Send the plan either as yaml or as plan.")
	}
	if !hasJSON {
		yaml = strings.ReplaceAll(in.YAML, "\r\n", "\n")
		plan, faults = routing.Parse([]byte(yaml))
		return plan, yaml, faults, nil
	}
	if plan, faults = routing.Parse(bytes.TrimSpace(in.JSON)); len(faults) > 0 {
		return plan, "", faults, nil
	}
	written, err := plan.YAML()
	if err != nil {
		return plan, "", nil, fmt.Errorf("write a plan as YAML: %w", err)
	}
	return plan, string(written), nil, nil
}

// read gives the plan that a stored one holds. One that cannot be read is empty, and found is false.
func (s *Service) read(doc collections.RoutingPlan) (plan routing.Plan, found bool) {
	if doc.Version == 0 {
		return s.cfg.Default, true
	}
	s.mu.Lock()
	known, remembered := s.plans[doc.OrgID]
	s.mu.Unlock()
	if remembered && known.yaml == doc.YAML {
		return known.plan, true
	}
	plan, faults := routing.Parse([]byte(doc.YAML))
	if len(faults) > 0 {
		return routing.Plan{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.plans) >= rememberMost {
		clear(s.plans)
	}
	s.plans[doc.OrgID] = parsed{yaml: doc.YAML, plan: plan}
	return plan, true
}

// Plan is the plan that counts; version 0 is the one Bedside comes with.
func (s *Service) Plan(ctx context.Context, org string) (Plan, error) {
	doc, err := s.cfg.Store.RoutingPlan(ctx, org)
	if err != nil {
		return Plan{}, err
	}
	return s.shown(ctx, org, doc)
}

func (s *Service) shown(ctx context.Context, org string, doc collections.RoutingPlan) (Plan, error) {
	out := Plan{RoutingPlan: doc}
	out.Parsed, _ = s.read(doc)
	if doc.Version == 0 {
		yaml, err := out.Parsed.YAML()
		if err != nil {
			return Plan{}, fmt.Errorf("write the plan Bedside comes with: %w", err)
		}
		out.YAML = string(yaml)
		return out, nil
	}
	person, err := s.cfg.Store.Person(ctx, org, doc.By)
	if err != nil && problem.KindOf(err) != problem.NotFound {
		return Plan{}, err
	}
	out.ByName = person.Name
	return out, nil
}

// RootCauses are what can be behind a negative review, as the plan that counts lists them.
func (s *Service) RootCauses(ctx context.Context, org string) ([]string, error) {
	doc, err := s.cfg.Store.RoutingPlan(ctx, org)
	if err != nil {
		return nil, err
	}
	plan, _ := s.read(doc)
	return plan.RootCauses, nil
}

// roster is what names in a plan may refer to.
func (s *Service) roster(ctx context.Context, org string) (routing.Roster, error) {
	var out routing.Roster
	var err error
	if out.People, err = s.cfg.Store.People(ctx, org); err != nil {
		return out, err
	}
	if out.Locations, err = s.cfg.Store.Locations(ctx, org); err != nil {
		return out, err
	}
	channels, err := s.cfg.Store.Channels(ctx, org)
	for _, c := range channels {
		out.Channels = append(out.Channels, c.Name)
	}
	return out, err
}

// SetPlan puts a plan in the place of the one at version. A plan with faults is problem.Invalid with
// all of them as the member faults.
func (s *Service) SetPlan(ctx context.Context, org, person string, version int, in Source, comment string) (Plan, error) {
	plan, yaml, faults, err := in.parse()
	if err != nil {
		return Plan{}, err
	}
	if len(faults) == 0 {
		roster, err := s.roster(ctx, org)
		if err != nil {
			return Plan{}, err
		}
		faults = plan.Check(roster)
	}
	if len(faults) > 0 {
		return Plan{}, problem.New(problem.Invalid, "invalid_plan", "The plan has %s; nothing was changed.", counted(len(faults), "fault")).With("faults", faults)
	}
	// The version before is in the history, also if whoever stored it was interrupted.
	before, err := s.cfg.Store.RoutingPlan(ctx, org)
	if err == nil && before.Version > 0 {
		err = s.cfg.Store.KeepRoutingVersion(ctx, org, before)
	}
	if err != nil {
		return Plan{}, err
	}
	doc, err := s.cfg.Store.ChangeRoutingPlan(ctx, org, func(doc *collections.RoutingPlan) error {
		if doc.Version != version {
			return problem.New(problem.Conflict, "plan_changed",
				"Somebody else changed the plan since: it is at version %d, not %d. Read it again.", doc.Version, version)
		}
		if doc.Version > 0 && doc.YAML == yaml {
			return docstore.ErrSkip
		}
		doc.Version++
		doc.YAML, doc.By, doc.At, doc.Comment = yaml, person, s.cfg.Now().UTC(), comment
		return nil
	})
	if err != nil {
		return Plan{}, err
	}
	if err := s.cfg.Store.KeepRoutingVersion(ctx, org, doc); err != nil {
		return Plan{}, fmt.Errorf("keep a version of the plan: %w", err)
	}
	return s.shown(ctx, org, doc)
}

func counted(n int, what string) string {
	if n == 1 {
		return "a " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Versions reads one page of the history of the plan, newest first.
func (s *Service) Versions(ctx context.Context, org string, limit int, cursor string) ([]collections.RoutingVersion, string, error) {
	return s.cfg.Store.RoutingVersions(ctx, org, limit, cursor)
}

// Trial is what a plan would do with the latest reviews.
type Trial struct {
	Faults  []routing.Fault
	Reviews int
	Changed []Moved
}

// Moved is a review that would go elsewhere than by the plan that counts.
type Moved struct {
	Review collections.Review
	Change routing.Change
}

// Try says where the latest reviews would go by a plan.
func (s *Service) Try(ctx context.Context, org string, in Source, last int) (Trial, error) {
	then, _, faults, err := in.parse()
	if err != nil {
		return Trial{}, err
	}
	if len(faults) > 0 {
		return Trial{Faults: faults}, nil
	}
	roster, err := s.roster(ctx, org)
	if err != nil {
		return Trial{}, err
	}
	if faults := then.Check(roster); len(faults) > 0 {
		return Trial{Faults: faults}, nil
	}
	current, err := s.cfg.Store.RoutingPlan(ctx, org)
	if err != nil {
		return Trial{}, err
	}
	now, found := s.read(current)
	if !found {
		now = s.cfg.Default
	}
	reviews, err := s.cfg.Store.LatestReviews(ctx, org, last)
	if err != nil {
		return Trial{}, err
	}
	locations := map[string]collections.Location{}
	for _, l := range roster.Locations {
		locations[l.ID] = l
	}
	subjects, byID := make([]routing.Subject, len(reviews)), make(map[string]collections.Review, len(reviews))
	for i, doc := range reviews {
		subjects[i] = routing.SubjectOf(doc, locations[doc.LocationID])
		byID[doc.ID] = doc
	}
	trial := Trial{Reviews: len(reviews)}
	for _, change := range routing.DryRun(now, then, subjects, roster) {
		trial.Changed = append(trial.Changed, Moved{Review: byID[change.Subject.ID], Change: change})
	}
	return trial, nil
}
