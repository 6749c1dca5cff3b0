package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/services/gateway/followup"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

// GetRouting reads the routing plan that counts.
func (s *server) GetRouting(c *gin.Context) {
	plan, err := s.cfg.FollowUp.Plan(c.Request.Context(), org(c))
	s.plan(c, plan, err)
}

// SetRouting replaces the routing plan.
func (s *server) SetRouting(c *gin.Context) {
	body, err := read[api.RoutingInput](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	source, err := sourceOf(body.Yaml, body.Plan)
	if err != nil {
		s.fail(c, err)
		return
	}
	plan, err := s.cfg.FollowUp.SetPlan(c.Request.Context(), org(c), identity(c).Person.ID, body.Version, source, value(body.Comment))
	s.plan(c, plan, err)
}

func sourceOf(yaml *string, plan *map[string]any) (followup.Source, error) {
	source := followup.Source{YAML: value(yaml)}
	if plan != nil {
		encoded, err := json.Marshal(*plan)
		if err != nil {
			return source, fmt.Errorf("write a plan as JSON: %w", err)
		}
		source.JSON = encoded
	}
	return source, nil
}

func (s *server) plan(c *gin.Context, plan followup.Plan, err error) {
	if err != nil {
		s.fail(c, err)
		return
	}
	out := api.RoutingPlan{
		Version: plan.Version, Yaml: plan.YAML, By: optional(plan.ByName), At: at(plan.At), Comment: optional(plan.Comment),
	}
	encoded, err := json.Marshal(plan.Parsed)
	if err == nil {
		err = json.Unmarshal(encoded, &out.Plan)
	}
	if err != nil {
		s.fail(c, fmt.Errorf("write a plan as JSON: %w", err))
		return
	}
	s.answer(c, http.StatusOK, out)
}

// ListRoutingVersions lists earlier versions of the plan, newest first.
func (s *server) ListRoutingVersions(c *gin.Context, p api.ListRoutingVersionsParams) {
	found, next, err := s.cfg.FollowUp.Versions(c.Request.Context(), org(c), limit(p.Limit), value(p.Cursor))
	if err != nil {
		s.fail(c, err)
		return
	}
	people, err := s.cfg.Store.People(c.Request.Context(), org(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	names := make(map[string]string, len(people))
	for _, p := range people {
		names[p.ID] = p.Name
	}
	out := api.RoutingVersionPage{NextCursor: optional(next)}
	// The generated element has no name.
	out.Items = slices.Grow(out.Items, len(found)+1)[:len(found)]
	for i, v := range found {
		out.Items[i].Version, out.Items[i].Yaml, out.Items[i].By = v.Version, v.YAML, names[v.By]
		out.Items[i].At, out.Items[i].Comment = v.At.UTC(), optional(v.Comment)
	}
	s.answer(c, http.StatusOK, out)
}

const defaultTrial = 200

// TryRouting says where recent reviews would go by a plan.
func (s *server) TryRouting(c *gin.Context) {
	body, err := read[api.RoutingTrial](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	source, err := sourceOf(body.Yaml, body.Plan)
	if err != nil {
		s.fail(c, err)
		return
	}
	last := defaultTrial
	if body.Last != nil {
		last = *body.Last
	}
	trial, err := s.cfg.FollowUp.Try(c.Request.Context(), org(c), source, last)
	if err != nil {
		s.fail(c, err)
		return
	}
	out := api.RoutingTrialResult{Faults: each(trial.Faults, routingFault), Reviews: trial.Reviews}
	// The generated element has no name.
	out.Changed = slices.Grow(out.Changed, len(trial.Changed)+1)[:len(trial.Changed)]
	for i, m := range trial.Changed {
		to := &out.Changed[i]
		to.ReviewId, to.Author, to.Rating = m.Review.ID, m.Review.Author, m.Review.Rating
		to.LocationId, to.Site = optional(m.Review.LocationID), optional(m.Review.Site)
		to.Now, to.Then = outcomeOf(m.Change.Now), outcomeOf(m.Change.Then)
	}
	s.answer(c, http.StatusOK, out)
}

func outcomeOf(p routing.Place) api.RoutingOutcome {
	priority := p.Priority
	if priority == "" {
		priority = collections.PriorityNormal
	}
	return api.RoutingOutcome{
		Owner: p.Owner, Priority: api.Priority(priority), Sla: p.SLA, Approval: p.Approval,
		Route: append([]string{}, p.Route...), Channels: append([]string{}, p.Channels...),
	}
}
