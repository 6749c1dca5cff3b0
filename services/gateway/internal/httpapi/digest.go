package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/access"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

// GetDigest is the week of locations, as numbers.
func (s *server) GetDigest(c *gin.Context, p api.GetDigestParams) {
	raw, _, err := s.digest(c, p)
	var out api.Digest
	if err == nil {
		out, err = digestOf(raw)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, out)
}

// PreviewDigest is the same as the e-mail shows it. It has text of reviews in it, so that it may do
// nothing but be looked at, in a frame of ours.
func (s *server) PreviewDigest(c *gin.Context, p api.PreviewDigestParams) {
	_, html, err := s.digest(c, api.GetDigestParams(p))
	if err != nil {
		s.fail(c, err)
		return
	}
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox")
	h.Set("X-Frame-Options", "SAMEORIGIN")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "text/html; charset=utf-8")
	c.Status(http.StatusOK)
	allowed := s.pace.start + time.Duration(len(html)/s.pace.rate)*time.Second
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(allowed)) // not every connection has one
	_, _ = c.Writer.WriteString(html)                                                  // who has left needs no answer
}

// digest asks for the week of the locations that were named. Without any, a person whose role acts at
// some locations gets those they cover, as their e-mail has them; everybody else, and who covers none, all.
func (s *server) digest(c *gin.Context, p api.GetDigestParams) (json.RawMessage, string, error) {
	ctx, who, asked := c.Request.Context(), identity(c).Person, value(p.LocationId)
	week := value(p.Week)
	if week != "" && !isWeek(week) {
		return nil, "", problem.New(problem.Invalid, "invalid_request", "week: there is no such week; write it as 2026-W07.")
	}
	covered := access.ScopeOf(who.Role, access.WorkCases) == access.Covered
	if len(asked) == 0 && !covered {
		return s.cfg.Commands.Digest(ctx, who.OrgID, week, nil)
	}
	locations, err := s.cfg.Store.Locations(ctx, who.OrgID)
	if err != nil {
		return nil, "", err
	}
	for _, id := range asked {
		if !slices.ContainsFunc(locations, func(l collections.Location) bool { return l.ID == id }) {
			return nil, "", problem.New(problem.Invalid, "unknown_location", "location_id: your organization has no location %s.", printable(id))
		}
	}
	if len(asked) == 0 {
		for _, l := range locations {
			if access.Covers(who, access.Place{LocationID: l.ID, ManagerID: l.ManagerID}) {
				asked = append(asked, l.ID)
			}
		}
	}
	return s.cfg.Commands.Digest(ctx, who.OrgID, week, asked)
}

// isWeek reports whether a year has a week, as ISO 8601 counts them.
func isWeek(s string) bool {
	var year, week int
	if n, err := fmt.Sscanf(s, "%4d-W%2d", &year, &week); n != 2 || err != nil || week < 1 || year < 1 {
		return false
	}
	// The 28th of December is always in the last week of its year.
	_, last := time.Date(year, time.December, 28, 0, 0, 0, 0, time.UTC).ISOWeek()
	return week <= last
}

// digestOf reads a digest; what another process left out is an empty list here.
func digestOf(raw json.RawMessage) (api.Digest, error) {
	var out api.Digest
	if err := json.Unmarshal(raw, &out); err != nil {
		return out, problem.Wrap(problem.Internal, "workflow_failed", err, "The digest cannot be read.")
	}
	out.Topics = append([]api.DigestTopic{}, out.Topics...)
	out.Commitments = append([]api.Commitment{}, out.Commitments...)
	if out.Locations == nil {
		out.Locations = slices.Grow(out.Locations, 1)
	}
	if out.Praised == nil {
		out.Praised = slices.Grow(out.Praised, 1)
	}
	return out, nil
}
