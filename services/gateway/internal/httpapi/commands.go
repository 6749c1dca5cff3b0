package httpapi

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/gateway/inbox"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

// SetOwner gives the case to a person.
func (s *server) SetOwner(c *gin.Context, id api.Id, p api.SetOwnerParams) {
	body, err := read[api.OwnerChange](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	owner := body.OwnerId
	if owner == ownerMe {
		owner = identity(c).Person.ID
	}
	s.command(c, http.StatusOK, id, p.IfMatch, func(ctx context.Context, act inbox.Act) (int64, error) {
		return s.cfg.Commands.SetOwner(ctx, act, owner, value(body.Reason))
	})
}

// SetStatus changes the status of the case.
func (s *server) SetStatus(c *gin.Context, id api.Id, p api.SetStatusParams) {
	body, err := read[api.StatusChange](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.command(c, http.StatusOK, id, p.IfMatch, func(ctx context.Context, act inbox.Act) (int64, error) {
		return s.cfg.Commands.SetStatus(ctx, act, inbox.StatusChange{
			Status: review.Status(body.Status), Reason: value(body.Reason), RootCause: value(body.RootCause), Until: value(body.Until),
		})
	})
}

// AddNote adds an internal note.
func (s *server) AddNote(c *gin.Context, id api.Id, p api.AddNoteParams) {
	body, err := read[api.NoteInput](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	if strings.TrimSpace(body.Text) == "" {
		s.fail(c, problem.New(problem.Invalid, "invalid_request", "text: a note must say something."))
		return
	}
	s.command(c, http.StatusCreated, id, nil, func(ctx context.Context, act inbox.Act) (int64, error) {
		return s.cfg.Commands.AddNote(ctx, act, keyedID("n_", act, value(p.IdempotencyKey)), body.Text)
	})
}

// keyedID is the same for the same key of the same person on the same review.
func keyedID(prefix string, act inbox.Act, idempotencyKey string) string {
	if idempotencyKey == "" {
		return prefix + strings.ToLower(rand.Text())
	}
	h := sha256.New()
	for _, part := range []string{act.OrgID, act.PersonID, act.ReviewID, idempotencyKey} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return prefix + hex.EncodeToString(h.Sum(nil)[:16])
}

// command carries out one act on a review and answers with the review after it. That
// the review exists in the organization is looked up here, so that the answer for
// another organization's review is the one every route gives.
func (s *server) command(
	c *gin.Context, status int, id string, ifMatch *string, do func(context.Context, inbox.Act) (int64, error),
) {
	rev, err := revision(ifMatch)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.act(c, status, id, rev, do)
}

// act is command with the revision the act is based on; 0 is any.
func (s *server) act(c *gin.Context, status int, id string, rev int64, do func(context.Context, inbox.Act) (int64, error)) {
	who := identity(c).Person
	if _, err := s.cfg.Store.Review(c.Request.Context(), who.OrgID, id); err != nil {
		s.fail(c, err)
		return
	}
	act := inbox.Act{OrgID: who.OrgID, PersonID: who.ID, PersonName: who.Name, ReviewID: id, Rev: rev}
	_, err := do(c.Request.Context(), act)
	s.cfg.Counter.Forget(who.OrgID) // an act that failed may have been carried out all the same
	if err != nil {
		s.fail(c, err)
		return
	}
	s.review(c, status, id)
}

// revision reads an ETag of ours; "*" and none are any revision.
func revision(ifMatch *string) (int64, error) {
	if ifMatch == nil || *ifMatch == "*" || *ifMatch == "" {
		return 0, nil
	}
	quoted := strings.TrimPrefix(strings.TrimSpace(*ifMatch), "W/")
	rev, err := strconv.ParseInt(strings.Trim(quoted, `"`), 10, 64)
	if err != nil || rev < 1 {
		return 0, problem.New(problem.Invalid, "invalid_request", "If-Match: send the ETag of the review as it was read.")
	}
	return rev, nil
}
