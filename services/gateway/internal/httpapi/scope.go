package httpapi

import (
	"cmp"
	"context"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/access"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

func notAllowed(who collections.Person) error {
	return problem.New(problem.Forbidden, "not_allowed",
		"Your role (%s) does not include this. Ask an administrator of your organization.", who.Role)
}

// within refuses acts on a review of a location where the person may not act. That there is
// no such review comes first, so that another organization's is as unknown as none.
func (s *server) within(c *gin.Context, op *operation) error {
	who := identity(c).Person
	if !op.onReview || access.ScopeOf(who.Role, op.permission) == access.Everywhere {
		return nil
	}
	doc, err := s.cfg.Store.Review(c.Request.Context(), who.OrgID, c.Param("id"))
	if err != nil {
		return err
	}
	return s.mayOn(c.Request.Context(), who, op.permission, doc)
}

// mayOn refuses what a person may not do with a review of their organization.
func (s *server) mayOn(ctx context.Context, who collections.Person, permission access.Permission, doc collections.Review) error {
	if !access.Includes(who.Role, permission) {
		return notAllowed(who)
	}
	at, name, err := s.placeFor(ctx, who, doc)
	if err != nil {
		return err
	}
	if access.May(who, permission, at) {
		return nil
	}
	return problem.New(problem.Forbidden, "outside_scope",
		"Your role (%s) includes this (%s) at the locations you cover only, and %s is none of them. Ask who covers it, or an administrator of your organization.",
		who.Role, permission, cmp.Or(name, "this location"))
}

// placeFor is where a review belongs, as far as it matters for a person: who manages the location is
// looked up only if it is not one of theirs.
func (s *server) placeFor(ctx context.Context, who collections.Person, doc collections.Review) (at access.Place, name string, err error) {
	at.LocationID = doc.LocationID
	if access.ScopeOf(who.Role, access.WorkCases) != access.Covered || slices.Contains(who.Locations, doc.LocationID) {
		return at, "", nil
	}
	location, err := s.cfg.Store.Location(ctx, who.OrgID, doc.LocationID)
	if err != nil && problem.KindOf(err) != problem.NotFound {
		return at, "", err
	}
	at.ManagerID = location.ManagerID
	return at, location.Name, nil
}

// acts are what a person may do with a review, as they are told.
func acts() []struct {
	permission access.Permission
	word       api.ReviewDetailMay
} {
	return []struct {
		permission access.Permission
		word       api.ReviewDetailMay
	}{
		{access.WorkCases, api.ReviewDetailMayWork}, {access.DraftReplies, api.ReviewDetailMayDraft},
		{access.ApproveReplies, api.ReviewDetailMayApprove}, {access.PublishReplies, api.ReviewDetailMayPublish},
		{access.OverrideChecks, api.ReviewDetailMayOverride},
	}
}

// around adds to a review what is not in its document: what the person who asks may do with it, the
// same text on other sites, and what can have been behind it.
func (s *server) around(c *gin.Context, doc collections.Review, out *api.ReviewDetail) error {
	ctx, who := c.Request.Context(), identity(c).Person
	at, _, err := s.placeFor(ctx, who, doc)
	if err != nil {
		return err
	}
	may := []api.ReviewDetailMay{}
	for _, act := range acts() {
		if access.May(who, act.permission, at) {
			may = append(may, act.word)
		}
	}
	twins, err := s.cfg.Store.Twins(ctx, who.OrgID, doc)
	if err != nil {
		return err
	}
	causes, err := s.cfg.FollowUp.RootCauses(ctx, who.OrgID)
	if err != nil {
		return err
	}
	out.May, out.RootCauses = &may, new(append([]string{}, causes...))
	out.Twins = new(each(twins, func(t collections.Review) api.Twin {
		return api.Twin{Id: t.ID, Site: t.Site, PostedAt: t.PostedAt.UTC()}
	}))
	return nil
}
