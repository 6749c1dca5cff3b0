package httpapi

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/services/gateway/inbox"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

const defaultLimit = 50

func limit(p *api.Limit) int {
	if p == nil {
		return defaultLimit
	}
	return *p
}

// ListReviews lists one page of the inbox.
func (s *server) ListReviews(c *gin.Context, p api.ListReviewsParams) {
	f, err := s.filter(c, api.GetReviewFacetsParams{
		LocationId: p.LocationId, Site: p.Site, Topic: p.Topic, Polarity: p.Polarity, Overall: p.Overall,
		Status: p.Status, OwnerId: p.OwnerId, Urgent: p.Urgent, Overdue: p.Overdue, Removed: p.Removed, Snoozed: p.Snoozed,
		RatingMin: p.RatingMin, RatingMax: p.RatingMax, Q: p.Q, From: p.From, To: p.To,
	})
	if err != nil {
		s.fail(c, err)
		return
	}
	sort := inbox.NewestFirst
	if p.Sort != nil {
		sort = inbox.Sort(*p.Sort)
	}
	found, next, err := s.cfg.Store.ListReviews(c.Request.Context(), org(c), f, sort, limit(p.Limit), value(p.Cursor))
	if err != nil {
		s.fail(c, err)
		return
	}
	now := s.cfg.Now()
	s.answer(c, http.StatusOK, api.ReviewPage{
		Items:      each(found, func(doc collections.Review) api.Review { return reviewOf(doc, now) }),
		NextCursor: optional(next),
	})
}

// GetReviewFacets counts reviews by filter value.
func (s *server) GetReviewFacets(c *gin.Context, p api.GetReviewFacetsParams) {
	f, err := s.filter(c, p)
	if err != nil {
		s.fail(c, err)
		return
	}
	counts, err := s.cfg.Counter.Count(c.Request.Context(), org(c), f)
	if err != nil {
		s.fail(c, err)
		return
	}
	lexicon, err := s.cfg.Store.Lexicon(c.Request.Context(), org(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	names := ownNames(lexicon)
	of := func(facet inbox.Facet, selected []string) []api.FacetValue {
		values := make([]api.FacetValue, 0, len(counts.By[facet]))
		for _, count := range counts.By[facet] {
			values = append(values, api.FacetValue{Value: count.Value, Count: count.Count})
		}
		// What is selected is shown even where nothing has it, or it could not be unselected.
		for _, value := range selected {
			if !slices.ContainsFunc(values, func(v api.FacetValue) bool { return v.Value == value }) {
				values = append(values, api.FacetValue{Value: value})
			}
		}
		return values
	}
	owners := slices.Clone(f.Owners)
	for i, owner := range owners {
		if owner == "" {
			owners[i] = inbox.NoOwner
		}
	}
	s.answer(c, http.StatusOK, api.Facets{
		Total: counts.Total, Urgent: counts.Urgent, Overdue: counts.Overdue,
		LocationId: of(inbox.ByLocation, f.Locations),
		Site:       of(inbox.BySite, f.Sites),
		Topic:      named(of(inbox.ByTopic, words[string](f.Topics)), names),
		Polarity:   of(inbox.ByPolarity, words[string](f.Polarities)),
		Overall:    of(inbox.ByOverall, words[string](f.Overall)),
		Status:     of(inbox.ByStatus, words[string](f.Statuses)),
		OwnerId:    of(inbox.ByOwner, owners),
		Rating:     of(inbox.ByRating, nil),
	})
}

// named adds to topics of the organization's own what people call them.
func named(values []api.FacetValue, names map[string]string) []api.FacetValue {
	for i := range values {
		values[i].Name = optional(names[values[i].Value])
	}
	return values
}

// GetReview reads one review.
func (s *server) GetReview(c *gin.Context, id api.Id) {
	s.review(c, http.StatusOK, id)
}

// review answers with a review as it is now.
func (s *server) review(c *gin.Context, status int, id string) {
	doc, err := s.cfg.Store.Review(c.Request.Context(), org(c), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("ETag", `"`+strconv.FormatInt(doc.Rev, 10)+`"`)
	out := detailOf(doc, s.cfg.Now())
	if err := s.around(c, doc, &out); err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, status, out)
}

// ListReviewEvents lists the history of a review, oldest first.
func (s *server) ListReviewEvents(c *gin.Context, id api.Id, p api.ListReviewEventsParams) {
	if _, err := s.cfg.Store.Review(c.Request.Context(), org(c), id); err != nil {
		s.fail(c, err)
		return
	}
	found, next, err := s.cfg.Store.ReviewEvents(c.Request.Context(), org(c), id, limit(p.Limit), value(p.Cursor))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.CaseEventPage{Items: each(found, caseEvent), NextCursor: optional(next)})
}
