package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

// ListLocations lists the organization's locations.
func (s *server) ListLocations(c *gin.Context) {
	found, err := s.cfg.Store.Locations(c.Request.Context(), org(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, list[api.Location]{Items: each(found, location)})
}

// ListPeople lists the organization's people.
func (s *server) ListPeople(c *gin.Context) {
	found, err := s.cfg.Store.People(c.Request.Context(), org(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	now := s.cfg.Now()
	s.answer(c, http.StatusOK, list[api.Person]{Items: each(found, func(doc collections.Person) api.Person { return person(doc, now) })})
}

// list is the form of every complete list.
type list[T any] struct {
	Items []T `json:"items"`
}
