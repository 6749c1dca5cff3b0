package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
	"github.com/bedside-health/bedside/services/gateway/sources"
)

// ListFindings lists differences between what sites show and the locations' own records.
func (s *server) ListFindings(c *gin.Context, p api.ListFindingsParams) {
	f := sources.FindingFilter{
		Open: p.Open, Dismissed: p.Dismissed, Locations: value(p.LocationId), Sites: value(p.Site),
		Fields: words[string](value(p.Field)),
	}
	found, next, err := s.cfg.Sources.Findings(c.Request.Context(), org(c), f, limit(p.Limit), value(p.Cursor))
	if err != nil {
		s.fail(c, err)
		return
	}
	page := api.FindingPage{Items: each(found, finding), NextCursor: optional(next)}
	if p.Cursor == nil {
		counts, err := s.cfg.Sources.CountFindings(c.Request.Context(), org(c), f)
		if err != nil {
			s.fail(c, err)
			return
		}
		of := func(facet string) []api.FacetValue {
			return each(counts.By[facet], func(n sources.FindingCount) api.FacetValue {
				return api.FacetValue{Value: n.Value, Count: n.Count}
			})
		}
		page.Counts = &api.FindingCounts{
			Open: counts.Open, Dismissed: counts.Dismissed,
			LocationId: of(sources.FindingLocation), Site: of(sources.FindingSite), Field: of(sources.FindingField),
		}
	}
	s.answer(c, http.StatusOK, page)
}

// DismissFinding says that somebody wants to hear no more of a finding.
func (s *server) DismissFinding(c *gin.Context, id api.FindingId) {
	body, err := read[api.DismissalInput](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	done, err := s.cfg.Sources.Dismiss(c.Request.Context(), org(c), id, identity(c).Person.ID, value(body.Reason))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, finding(done))
}

// RestoreFinding takes a dismissal back.
func (s *server) RestoreFinding(c *gin.Context, id api.FindingId) {
	done, err := s.cfg.Sources.Restore(c.Request.Context(), org(c), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, finding(done))
}

func finding(f sources.Finding) api.Finding {
	out := api.Finding{
		Id: f.ID, LocationId: f.LocationID, ListingId: f.ListingID, Site: f.Site, Kind: api.FindingKind(f.Kind),
		Field: api.FindingField(f.Field), Ours: f.Ours, Theirs: f.Theirs, Url: webURL(f.URL),
		OtherListingId: optional(f.OtherListingID), Since: f.Since.UTC(), SeenAt: f.SeenAt.UTC(),
		ResolvedAt: at(f.ResolvedAt), Open: f.Open,
	}
	if d := f.Dismissal; d != nil {
		out.Dismissal = &api.Dismissal{
			Reason: optional(d.Reason), At: d.At.UTC(),
			By: actor(collections.Actor{Kind: collections.ActorPerson, ID: d.By, Name: f.By}),
		}
	}
	return out
}
