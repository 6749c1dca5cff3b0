package httpapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/access"
	"github.com/bedside-health/bedside/services/gateway/inbox"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

// SaveDraft saves a text of the reply.
func (s *server) SaveDraft(c *gin.Context, id api.Id) {
	body, err := read[api.DraftInput](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.act(c, http.StatusOK, id, 0, func(ctx context.Context, act inbox.Act) (int64, error) {
		rev, err := s.cfg.Commands.SaveDraft(ctx, act, inbox.DraftSave{Version: body.Version, Text: body.Text, Origin: value(body.Origin)})
		return rev, s.withDraft(ctx, act, err)
	})
}

// withDraft sees to it that whoever's draft was changed by somebody else is shown what is there
// now: both texts are needed to lose neither.
func (s *server) withDraft(ctx context.Context, act inbox.Act, err error) error {
	var known *problem.Error
	if !errors.As(err, &known) || known.Code != "draft_changed" || known.Members["current_draft"] != nil {
		return err
	}
	doc, readErr := s.cfg.Store.Review(ctx, act.OrgID, act.ReviewID)
	if readErr != nil || doc.Draft == nil {
		return err
	}
	return known.With("current_draft", *doc.Draft)
}

// DiscardDraft throws the draft away.
func (s *server) DiscardDraft(c *gin.Context, id api.Id, p api.DiscardDraftParams) {
	s.act(c, http.StatusOK, id, 0, func(ctx context.Context, act inbox.Act) (int64, error) {
		rev, err := s.cfg.Commands.DiscardDraft(ctx, act, p.Version)
		return rev, s.withDraft(ctx, act, err)
	})
}

// EditDraft notes that somebody writes, and says who else does.
func (s *server) EditDraft(c *gin.Context, id api.Id) {
	body, err := read[api.EditingInput](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	who := identity(c).Person
	if _, err := s.cfg.Store.Review(c.Request.Context(), who.OrgID, id); err != nil {
		s.fail(c, err)
		return
	}
	others, err := s.cfg.Store.Editing(c.Request.Context(), who.OrgID, id, inbox.Editor{PersonID: who.ID, Name: who.Name}, body.Editing)
	if err != nil {
		s.fail(c, err)
		return
	}
	// The generated element has no name.
	out := api.Editors{}
	out.Editors = slices.Grow(out.Editors, len(others)+1)[:len(others)]
	for i, other := range others {
		out.Editors[i].PersonId, out.Editors[i].Name, out.Editors[i].Since = other.PersonID, other.Name, other.Since.UTC()
	}
	s.answer(c, http.StatusOK, out)
}

// RequestApproval asks another person to approve the draft.
func (s *server) RequestApproval(c *gin.Context, id api.Id) {
	body, err := read[api.DraftAct](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.act(c, http.StatusOK, id, 0, func(ctx context.Context, act inbox.Act) (int64, error) {
		rev, err := s.cfg.Commands.RequestApproval(ctx, act, body.Version)
		return rev, s.withDraft(ctx, act, err)
	})
}

// DecideApproval approves the draft, or returns it with a comment.
func (s *server) DecideApproval(c *gin.Context, id api.Id) {
	body, err := read[api.ApprovalDecision](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	comment := strings.TrimSpace(value(body.Comment))
	if !body.Approve && comment == "" {
		s.fail(c, problem.New(problem.Invalid, "comment_required", "comment: say what should be changed."))
		return
	}
	s.act(c, http.StatusOK, id, 0, func(ctx context.Context, act inbox.Act) (int64, error) {
		rev, err := s.cfg.Commands.DecideApproval(ctx, act, inbox.Decision{Version: body.Version, Approve: body.Approve, Comment: comment})
		return rev, s.withDraft(ctx, act, err)
	})
}

// PublishReply publishes the draft.
func (s *server) PublishReply(c *gin.Context, id api.Id) {
	body, err := read[api.PublishInput](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	reason := strings.TrimSpace(value(body.OverrideReason))
	if body.OverrideReason != nil {
		if len([]rune(reason)) < minReason {
			s.fail(c, problem.New(problem.Invalid, "reason_required", "override_reason: say in at least %d characters why the finding does not hold.", minReason))
			return
		}
		if err := s.mayOverride(c, id); err != nil {
			s.fail(c, err)
			return
		}
	}
	s.act(c, http.StatusOK, id, 0, func(ctx context.Context, act inbox.Act) (int64, error) {
		rev, err := s.cfg.Commands.Publish(ctx, act, body.Version, reason)
		return rev, s.withDraft(ctx, act, err)
	})
}

// minReason is the shortest reason for setting the reply checker aside, in characters.
const minReason = 10

func (s *server) mayOverride(c *gin.Context, id string) error {
	who := identity(c).Person
	doc, err := s.cfg.Store.Review(c.Request.Context(), who.OrgID, id)
	if err != nil {
		return err
	}
	return s.mayOn(c.Request.Context(), who, access.OverrideChecks, doc)
}

// UndoPublication takes a reply back that has not left yet.
func (s *server) UndoPublication(c *gin.Context, id api.Id) {
	s.act(c, http.StatusOK, id, 0, s.cfg.Commands.UndoPublication)
}

// ConfirmCopied says that the reply was pasted on the site.
func (s *server) ConfirmCopied(c *gin.Context, id api.Id) {
	s.act(c, http.StatusOK, id, 0, s.cfg.Commands.ConfirmCopied)
}

// RetryPublication sends a failed reply again now.
func (s *server) RetryPublication(c *gin.Context, id api.Id) {
	s.act(c, http.StatusOK, id, 0, s.cfg.Commands.RetryPublication)
}
