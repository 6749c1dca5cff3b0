package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

// CreateSession signs in.
func (s *server) CreateSession(c *gin.Context) {
	body, err := read[api.Credentials](c)
	if err != nil {
		s.fail(c, err)
		return
	}
	token, id, err := s.cfg.SignIn.SignIn(c.Request.Context(), body.Email, body.Password, c.ClientIP())
	s.metrics.signIns.WithLabelValues(outcome(err)).Inc()
	if err != nil {
		s.fail(c, err)
		return
	}
	s.setCookie(c, token, id.ExpiresAt)
	s.answer(c, http.StatusCreated, api.Session{
		Token: token, ExpiresAt: id.ExpiresAt, Person: person(id.Person, s.cfg.Now()), Organization: organization(id.Organization),
	})
}

func outcome(err error) string {
	if err == nil {
		return "signed_in"
	}
	return string(problem.KindOf(err))
}

// DeleteSession signs out.
func (s *server) DeleteSession(c *gin.Context) {
	if err := s.cfg.SignIn.SignOut(c.Request.Context(), identity(c)); err != nil {
		s.fail(c, err)
		return
	}
	c.Writer.Header().Del("Set-Cookie") // the guard may have prolonged it
	s.dropCookie(c)
	c.Status(http.StatusNoContent)
}

// GetMe says who is signed in.
func (s *server) GetMe(c *gin.Context) {
	id := identity(c)
	found, err := s.cfg.SignIn.Organization(c.Request.Context(), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.Me{Person: person(id.Person, s.cfg.Now()), Organization: organization(found)})
}
