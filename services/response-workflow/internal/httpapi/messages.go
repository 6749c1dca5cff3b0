package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/response-workflow/digest"
	"github.com/bedside-health/bedside/services/response-workflow/internal/httpapi/api"
)

const (
	maxRead      = 500
	maxLocations = 1000
)

// Messages tells people and channels. Its errors have a problem.Kind.
type Messages interface {
	// MarkRead marks a person's notifications as read: those named, or all until a time.
	MarkRead(ctx context.Context, org, person string, ids []string, until time.Time) error
	// Test sends a test message to a channel now.
	Test(ctx context.Context, org, channel string) error
	// Digest is the week of locations (all if there are none) and as HTML; an empty
	// week is the last complete one.
	Digest(ctx context.Context, org, week string, locations []string) (d digest.Digest, html string, err error)
}

// ReadNotifications marks the acting person's notifications as read.
func (s *server) ReadNotifications(c *gin.Context, p api.ReadNotificationsParams) {
	var body api.ReadNotificationsJSONRequestBody
	cmd, ok := s.command(c, "none", p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, nil, &body)
	if !ok {
		return
	}
	var ids []string
	if body.Ids != nil {
		ids = *body.Ids
	}
	var err error
	if len(ids) > maxRead {
		err = errors.New("ids has more than 500 entries")
	}
	for _, id := range ids {
		err = errors.Join(err, required("ids", id, 300))
	}
	if len(ids) == 0 && body.Until == nil {
		err = errors.Join(err, errors.New("neither ids nor until is given"))
	}
	if err != nil {
		s.refuse(c, invalid(err))
		return
	}
	s.noContent(c, s.cfg.Messages.MarkRead(c.Request.Context(), cmd.OrgID, cmd.By.ID, ids, instant(body.Until)))
}

// TestChannel sends a test message to a channel now.
func (s *server) TestChannel(c *gin.Context, id api.Id, p api.TestChannelParams) {
	cmd, ok := s.command(c, id, p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, nil, nil)
	if !ok {
		return
	}
	s.noContent(c, s.cfg.Messages.Test(c.Request.Context(), cmd.OrgID, id))
}

// GetDigest tells the week of locations.
func (s *server) GetDigest(c *gin.Context, p api.GetDigestParams) {
	var locations []string
	if p.LocationId != nil {
		locations = *p.LocationId
	}
	err := required("Bedside-Org", p.BedsideOrg, maxID)
	if len(locations) > maxLocations {
		err = errors.Join(err, errors.New("location_id is given too often"))
	}
	if err != nil {
		s.refuse(c, invalid(err))
		return
	}
	made, html, err := s.cfg.Messages.Digest(c.Request.Context(), p.BedsideOrg, deref(p.Week), locations)
	if err != nil {
		s.refuse(c, err)
		return
	}
	body, err := json.Marshal(map[string]any{"digest": made, "html": html})
	if err != nil {
		s.refuse(c, problem.Wrap(problem.Internal, "internal", err, "encode the digest"))
		return
	}
	c.Data(http.StatusOK, "application/json", body)
}

func (s *server) noContent(c *gin.Context, err error) {
	if err != nil {
		s.refuse(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}
