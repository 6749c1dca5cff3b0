package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/routing"
)

// readPlan is the organization's plan with the number of its version, which is 0 for the one that
// organizations begin with. One that cannot be read, because it was stored by a newer
// version of the gateway, does not stop the line: the plan that organizations begin with counts,
// and the log says so.
func (r *roster) readPlan(ctx context.Context, org string) (*routing.Plan, int, error) {
	stored, err := r.plans.Get(ctx, docstore.Org(org), org)
	switch {
	case errors.Is(err, docstore.ErrNotFound):
		return &r.initial, 0, nil
	case err != nil:
		return nil, 0, fmt.Errorf("read the routing plan: %w", err)
	}
	parsed, faults := routing.Parse([]byte(stored.YAML))
	if len(faults) > 0 {
		r.logger.ErrorContext(ctx, "the routing plan cannot be read, the initial one counts instead",
			"org_id", org, "version", stored.Version, "path", faults[0].Path, "fault", faults[0].Detail)
		return &r.initial, 0, nil
	}
	return &parsed, stored.Version, nil
}

// located is where a review is; of a location that is not known (any more) only the id is.
func located(at *collections.Location) collections.Location {
	if at == nil {
		return collections.Location{}
	}
	return *at
}
