package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
	"github.com/bedside-health/bedside/services/gateway/sources"
)

// ListListings lists what is watched and how polling goes.
func (s *server) ListListings(c *gin.Context) {
	found, err := s.cfg.Sources.List(c.Request.Context(), org(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, list[api.Listing]{Items: each(found, listing)})
}

// CreateListing begins to watch a listing.
func (s *server) CreateListing(c *gin.Context) {
	body, err := read[api.ListingInput](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	added, err := s.cfg.Sources.Add(c.Request.Context(), org(c), sources.Input{
		LocationID: body.LocationId, Site: body.Site, Adapter: string(body.Adapter), Ref: body.Ref,
		Credential: value(body.Credential), Interval: value(body.IntervalSeconds),
	})
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusCreated, listing(added))
}

// UpdateListing pauses, resumes or changes a listing.
func (s *server) UpdateListing(c *gin.Context, id api.Id) {
	body, err := read[api.ListingPatch](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	changed, err := s.cfg.Sources.Change(c.Request.Context(), org(c), id, sources.Patch{
		Enabled: body.Enabled, Credential: body.Credential, Interval: body.IntervalSeconds,
	})
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, listing(changed))
}

// DeleteListing stops watching a listing.
func (s *server) DeleteListing(c *gin.Context, id api.Id) {
	if err := s.cfg.Sources.Remove(c.Request.Context(), org(c), id); err != nil {
		s.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}
