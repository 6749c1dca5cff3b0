package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/access"
	"github.com/bedside-health/bedside/services/gateway/followup"
	"github.com/bedside-health/bedside/services/gateway/inbox"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

// SnoozeReview hides the case until a time.
func (s *server) SnoozeReview(c *gin.Context, id api.Id) {
	body, err := read[api.SnoozeInput](c)
	if err == nil && !body.Until.After(s.cfg.Now()) {
		err = problem.New(problem.Invalid, "invalid_time", "until: choose a time that has not come yet.")
	}
	if err != nil {
		s.failOn(c, id, err)
		return
	}
	s.act(c, http.StatusOK, id, 0, func(ctx context.Context, act inbox.Act) (int64, error) {
		return s.cfg.Commands.Snooze(ctx, act, body.Until)
	})
}

// failOn is fail for what is wrong with an act on a review, which must be there first.
func (s *server) failOn(c *gin.Context, id string, err error) {
	if _, missing := s.cfg.Store.Review(c.Request.Context(), org(c), id); missing != nil {
		err = missing
	}
	s.fail(c, err)
}

// WakeReview shows a snoozed case again.
func (s *server) WakeReview(c *gin.Context, id api.Id) {
	s.act(c, http.StatusOK, id, 0, func(ctx context.Context, act inbox.Act) (int64, error) {
		return s.cfg.Commands.Snooze(ctx, act, time.Time{})
	})
}

// MergeReview makes the case part of that of the same text on another site.
func (s *server) MergeReview(c *gin.Context, id api.Id) {
	body, err := read[api.MergeInput](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	doc, err := s.cfg.Store.Review(c.Request.Context(), org(c), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	twins, err := s.cfg.Store.Twins(c.Request.Context(), org(c), doc)
	if err == nil && !slices.ContainsFunc(twins, func(t collections.Review) bool { return t.ID == body.Into }) {
		err = problem.New(problem.Invalid, "invalid_merge", "into: choose one of the review's twins, which are the same text by the same author.")
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.act(c, http.StatusOK, id, 0, func(ctx context.Context, act inbox.Act) (int64, error) {
		return s.cfg.Commands.Merge(ctx, act, body.Into)
	})
}

// UnmergeReview makes the case one of its own again.
func (s *server) UnmergeReview(c *gin.Context, id api.Id) {
	s.act(c, http.StatusOK, id, 0, func(ctx context.Context, act inbox.Act) (int64, error) {
		return s.cfg.Commands.Merge(ctx, act, "")
	})
}

// AddCommitment promises something by a date.
func (s *server) AddCommitment(c *gin.Context, id api.Id, p api.AddCommitmentParams) {
	body, err := read[api.CommitmentInput](c)
	if err == nil && strings.TrimSpace(body.Text) == "" {
		err = problem.New(problem.Invalid, "invalid_request", "text: say what is promised.")
	}
	if err != nil {
		s.failOn(c, id, err)
		return
	}
	s.act(c, http.StatusOK, id, 0, func(ctx context.Context, act inbox.Act) (int64, error) {
		return s.cfg.Commands.AddCommitment(ctx, act, inbox.Promise{
			ID: keyedID("c_", act, value(p.IdempotencyKey)), Text: strings.TrimSpace(body.Text), OwnerID: meOr(c, value(body.OwnerId)), DueAt: body.DueAt,
		})
	})
}

// ChangeCommitment keeps, drops, moves or hands over a commitment.
func (s *server) ChangeCommitment(c *gin.Context, id api.Id, commitmentID string) {
	body, err := read[api.CommitmentPatch](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	if value(body.State) == api.CommitmentPatchStateDropped && strings.TrimSpace(value(body.Reason)) == "" {
		s.failOn(c, id, problem.New(problem.Invalid, "reason_required", "reason: say why it is dropped."))
		return
	}
	s.act(c, http.StatusOK, id, 0, func(ctx context.Context, act inbox.Act) (int64, error) {
		return s.cfg.Commands.ChangeCommitment(ctx, act, commitmentID, inbox.PromiseChange{
			State: string(value(body.State)), Reason: strings.TrimSpace(value(body.Reason)), OwnerID: meOr(c, value(body.OwnerId)), DueAt: value(body.DueAt),
		})
	})
}

// meOr is who asks where a person is called me.
func meOr(c *gin.Context, person string) string {
	if person == ownerMe {
		return identity(c).Person.ID
	}
	return person
}

// ListCommitments lists open commitments by due time.
func (s *server) ListCommitments(c *gin.Context, p api.ListCommitmentsParams) {
	found, next, err := s.cfg.Store.Commitments(c.Request.Context(), org(c), inbox.PromiseFilter{
		OwnerID: meOr(c, value(p.OwnerId)), Locations: value(p.LocationId),
	}, limit(p.Limit), value(p.Cursor))
	if err != nil {
		s.fail(c, err)
		return
	}
	now := s.cfg.Now()
	s.answer(c, http.StatusOK, api.CommitmentPage{
		NextCursor: optional(next),
		Items: each(found, func(p inbox.Promised) api.Commitment {
			out := commitment(p.Commitment, now)
			out.ReviewId, out.LocationId = optional(p.ReviewID), optional(p.LocationID)
			return out
		}),
	})
}

// SetAbsence says that somebody is away, or is back.
func (s *server) SetAbsence(c *gin.Context, id api.Id) {
	body, err := read[api.AbsenceInput](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	who, whom := identity(c).Person, meOr(c, id)
	if whom != who.ID && !access.Includes(who.Role, access.ConfigureFollowUp) {
		s.fail(c, problem.New(problem.Forbidden, "not_allowed",
			"People set their own absence; your role (%s) does not include setting that of others.", who.Role))
		return
	}
	changed, err := s.cfg.FollowUp.SetAbsence(c.Request.Context(), who.OrgID, whom, followup.Absence{
		Away: body.Away, From: value(body.From), Until: value(body.Until), DeputyID: value(body.DeputyId),
	})
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, person(changed, s.cfg.Now()))
}
