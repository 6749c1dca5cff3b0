package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/collections"
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
	s.answer(c, http.StatusOK, listings(found))
}

// listings are all listings with how many are in which health. Those that are paused
// are nobody's trouble.
func listings(found []sources.Listing) api.ListingList {
	out := api.ListingList{Items: each(found, listing), Health: []api.FacetValue{}}
	tally := map[collections.Health]int64{}
	for i, l := range found {
		if !l.Enabled {
			continue
		}
		tally[healthOf(l)]++
		if value(out.Items[i].Alarm) {
			out.Alarms++
		}
	}
	for _, health := range []collections.Health{
		collections.HealthNew, collections.HealthOK, collections.HealthLate, collections.HealthRateLimited, collections.HealthNotAuthorised,
		collections.HealthChangedShape, collections.HealthSilent, collections.HealthEnded,
	} {
		if tally[health] > 0 {
			out.Health = append(out.Health, api.FacetValue{Value: string(health), Count: tally[health]})
		}
	}
	return out
}

// PollListing asks for a listing to be polled out of turn.
func (s *server) PollListing(c *gin.Context, id api.Id) {
	asked, err := s.cfg.Sources.Poll(c.Request.Context(), org(c), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusAccepted, api.PollRequest{At: asked})
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
