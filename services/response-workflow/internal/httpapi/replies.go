package httpapi

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/services/response-workflow/casework"
	"github.com/bedside-health/bedside/services/response-workflow/internal/httpapi/api"
)

// Limits of replies, in characters.
const (
	maxReply    = 10_000
	maxOrigin   = 150
	maxComment  = 2_000
	minOverride = 10
)

// SaveDraft saves the draft of the reply.
func (s *server) SaveDraft(c *gin.Context, id api.Id, p api.SaveDraftParams) {
	var body api.SaveDraftJSONRequestBody
	cmd, ok := s.command(c, id, p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, p.BedsideExpectedRev, &body)
	if !ok {
		return
	}
	origin := deref(body.Origin)
	err := errors.Join(text("text", body.Text, maxReply), line("origin", origin, maxOrigin))
	if body.Version < 0 {
		err = errors.Join(err, errors.New("version is below 0"))
	}
	if err != nil {
		s.refuse(c, invalid(err))
		return
	}
	done, err := s.cfg.Cases.SaveDraft(c.Request.Context(), cmd, casework.DraftSave{Version: body.Version, Text: body.Text, Origin: origin})
	s.answer(c, done, err)
}

// DiscardDraft throws the draft away.
func (s *server) DiscardDraft(c *gin.Context, id api.Id, p api.DiscardDraftParams) {
	cmd, ok := s.command(c, id, p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, p.BedsideExpectedRev, nil)
	if !ok {
		return
	}
	if err := version(p.Version); err != nil {
		s.refuse(c, invalid(err))
		return
	}
	done, err := s.cfg.Cases.DiscardDraft(c.Request.Context(), cmd, p.Version)
	s.answer(c, done, err)
}

// RequestApproval asks another person to approve the draft.
func (s *server) RequestApproval(c *gin.Context, id api.Id, p api.RequestApprovalParams) {
	var body api.RequestApprovalJSONRequestBody
	cmd, ok := s.command(c, id, p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, p.BedsideExpectedRev, &body)
	if !ok {
		return
	}
	if err := version(body.Version); err != nil {
		s.refuse(c, invalid(err))
		return
	}
	done, err := s.cfg.Cases.RequestApproval(c.Request.Context(), cmd, body.Version)
	s.answer(c, done, err)
}

// DecideApproval approves the draft, or returns it.
func (s *server) DecideApproval(c *gin.Context, id api.Id, p api.DecideApprovalParams) {
	var body api.DecideApprovalJSONRequestBody
	cmd, ok := s.command(c, id, p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, p.BedsideExpectedRev, &body)
	if !ok {
		return
	}
	comment := strings.TrimSpace(deref(body.Comment))
	if err := errors.Join(version(body.Version), text("comment", comment, maxComment)); err != nil {
		s.refuse(c, invalid(err))
		return
	}
	done, err := s.cfg.Cases.DecideApproval(c.Request.Context(), cmd, casework.Decision{Version: body.Version, Approve: body.Approve, Comment: comment})
	s.answer(c, done, err)
}

// PublishReply publishes the draft.
func (s *server) PublishReply(c *gin.Context, id api.Id, p api.PublishReplyParams) {
	var body api.PublishReplyJSONRequestBody
	cmd, ok := s.command(c, id, p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, p.BedsideExpectedRev, &body)
	if !ok {
		return
	}
	reason := strings.TrimSpace(deref(body.OverrideReason))
	err := errors.Join(version(body.Version), text("override_reason", reason, maxReason))
	if body.OverrideReason != nil && utf8.RuneCountInString(reason) < minOverride {
		err = errors.Join(err, errors.New("override_reason is too short to be one"))
	}
	if err != nil {
		s.refuse(c, invalid(err))
		return
	}
	done, err := s.cfg.Cases.Publish(c.Request.Context(), cmd, body.Version, reason)
	s.answer(c, done, err)
}

// UndoPublication takes a reply back that has not left yet.
func (s *server) UndoPublication(c *gin.Context, id api.Id, p api.UndoPublicationParams) {
	cmd, ok := s.command(c, id, p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, p.BedsideExpectedRev, nil)
	if !ok {
		return
	}
	done, err := s.cfg.Cases.UndoPublication(c.Request.Context(), cmd)
	s.answer(c, done, err)
}

// ConfirmCopied notes that a person pasted the reply on the site.
func (s *server) ConfirmCopied(c *gin.Context, id api.Id, p api.ConfirmCopiedParams) {
	cmd, ok := s.command(c, id, p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, p.BedsideExpectedRev, nil)
	if !ok {
		return
	}
	done, err := s.cfg.Cases.ConfirmCopied(c.Request.Context(), cmd)
	s.answer(c, done, err)
}

// RetryPublication sends a failed reply again now.
func (s *server) RetryPublication(c *gin.Context, id api.Id, p api.RetryPublicationParams) {
	cmd, ok := s.command(c, id, p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, p.BedsideExpectedRev, nil)
	if !ok {
		return
	}
	done, err := s.cfg.Cases.RetryPublication(c.Request.Context(), cmd)
	s.answer(c, done, err)
}

// version checks the version of a draft that somebody saw.
func version(v int) error {
	if v < 1 {
		return errors.New("version is missing or below 1")
	}
	return nil
}
