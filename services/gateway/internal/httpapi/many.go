package httpapi

import (
	"context"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/gateway/access"
	"github.com/bedside-health/bedside/services/gateway/bulk"
	"github.com/bedside-health/bedside/services/gateway/inbox"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

// ActOnMany does one thing to many reviews.
func (s *server) ActOnMany(c *gin.Context) {
	body, err := read[api.BulkAct](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	result, err := s.cfg.Bulk.Do(c.Request.Context(), identity(c).Person, bulk.Request{
		Action: bulk.Action(body.Action), ReviewIDs: body.ReviewIds, OwnerID: meOr(c, value(body.OwnerId)), Until: value(body.Until),
		Reason: value(body.Reason),
		Status: inbox.StatusChange{
			Status: review.Status(value(body.Status)), Reason: value(body.Reason), RootCause: value(body.RootCause), Until: value(body.Until),
		},
	}, s.mayWork(c))
	s.many(c, result, err)
}

// UndoMany undoes it.
func (s *server) UndoMany(c *gin.Context, id api.Id) {
	result, err := s.cfg.Bulk.Undo(c.Request.Context(), identity(c).Person, id, s.mayWork(c))
	s.many(c, result, err)
}

// mayWork refuses work on reviews where the person may not do any.
func (s *server) mayWork(c *gin.Context) bulk.May {
	who := identity(c).Person
	return func(ctx context.Context, doc collections.Review) error {
		return s.mayOn(ctx, who, access.WorkCases, doc)
	}
}

func (s *server) many(c *gin.Context, result bulk.Result, err error) {
	s.cfg.Counter.Forget(org(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	out := api.BulkResult{Id: result.ID, Done: result.Done, UndoUntil: at(result.UndoUntil)}
	// The generated element has no name.
	out.Failed = slices.Grow(out.Failed, len(result.Failed)+1)[:len(result.Failed)]
	for i, f := range result.Failed {
		out.Failed[i].Id, out.Failed[i].Code, out.Failed[i].Detail = f.ID, f.Code, f.Detail
	}
	s.answer(c, http.StatusOK, out)
}
