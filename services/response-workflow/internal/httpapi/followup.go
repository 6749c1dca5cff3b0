package httpapi

import (
	"errors"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/services/response-workflow/casework"
	"github.com/bedside-health/bedside/services/response-workflow/internal/httpapi/api"
)

// maxCommitment bounds the text of a commitment, in characters.
const maxCommitment = 500

// Snooze hides the case until a time, or shows it again.
func (s *server) Snooze(c *gin.Context, id api.Id, p api.SnoozeParams) {
	var body api.SnoozeJSONRequestBody
	cmd, ok := s.command(c, id, p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, p.BedsideExpectedRev, &body)
	if !ok {
		return
	}
	done, err := s.cfg.Cases.Snooze(c.Request.Context(), cmd, instant(body.Until))
	s.answer(c, done, err)
}

// Merge makes the case part of another, or one of its own again.
func (s *server) Merge(c *gin.Context, id api.Id, p api.MergeParams) {
	var body api.MergeJSONRequestBody
	cmd, ok := s.command(c, id, p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, p.BedsideExpectedRev, &body)
	if !ok {
		return
	}
	into := deref(body.Into)
	err := line("into", into, maxID)
	if into == id {
		err = errors.Join(err, errors.New("into is the review itself"))
	}
	if err != nil {
		s.refuse(c, invalid(err))
		return
	}
	done, err := s.cfg.Cases.Merge(c.Request.Context(), cmd, into)
	s.answer(c, done, err)
}

// AddCommitment promises something by a date.
func (s *server) AddCommitment(c *gin.Context, id api.Id, p api.AddCommitmentParams) {
	var body api.AddCommitmentJSONRequestBody
	cmd, ok := s.command(c, id, p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, p.BedsideExpectedRev, &body)
	if !ok {
		return
	}
	owner, promise := deref(body.OwnerId), strings.TrimSpace(body.Text)
	err := errors.Join(required("id", body.Id, maxID), text("text", promise, maxCommitment), line("owner_id", owner, maxID))
	if promise == "" {
		err = errors.Join(err, errors.New("text is empty"))
	}
	if err != nil {
		s.refuse(c, invalid(err))
		return
	}
	done, err := s.cfg.Cases.AddCommitment(c.Request.Context(), cmd, casework.Commitment{ID: body.Id, Text: promise, OwnerID: owner, DueAt: body.DueAt})
	s.answer(c, done, err)
}

// ChangeCommitment keeps, drops, moves or hands over a commitment.
func (s *server) ChangeCommitment(c *gin.Context, id api.Id, commitment string, p api.ChangeCommitmentParams) {
	var body api.ChangeCommitmentJSONRequestBody
	cmd, ok := s.command(c, id, p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, p.BedsideExpectedRev, &body)
	if !ok {
		return
	}
	in := casework.CommitmentChange{Reason: strings.TrimSpace(deref(body.Reason)), OwnerID: deref(body.OwnerId), DueAt: instant(body.DueAt)}
	err := errors.Join(required("commitment_id", commitment, maxID), text("reason", in.Reason, maxReason), line("owner_id", in.OwnerID, maxID))
	if body.State != nil {
		if !body.State.Valid() {
			err = errors.Join(err, errors.New("state is not one of open, kept, dropped"))
		}
		in.State = string(*body.State)
	}
	if err != nil {
		s.refuse(c, invalid(err))
		return
	}
	done, err := s.cfg.Cases.ChangeCommitment(c.Request.Context(), cmd, commitment, in)
	s.answer(c, done, err)
}

func instant(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
