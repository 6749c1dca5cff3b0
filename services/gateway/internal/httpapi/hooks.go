package httpapi

import (
	"crypto/sha256"
	"crypto/subtle"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites/google"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
	"github.com/bedside-health/bedside/services/gateway/sources"
)

// ReceiveGooglePush takes note of a notification. Who knows the secret is answered
// with 204 whatever happens then: Pub/Sub would send the same again and again, and the
// next poll finds what a lost notification was about.
func (s *server) ReceiveGooglePush(c *gin.Context, p api.ReceiveGooglePushParams) {
	if s.cfg.PushToken.Reveal() == "" {
		s.fail(c, problem.New(problem.NotFound, "no_such_endpoint", "There is no such endpoint."))
		return
	}
	// Digests are compared, so that neither content nor length shows in the time taken.
	want, shown := sha256.Sum256([]byte(s.cfg.PushToken.Reveal())), sha256.Sum256([]byte(value(p.Token)))
	if subtle.ConstantTimeCompare(want[:], shown[:]) != 1 {
		s.metrics.pushes.WithLabelValues("refused").Inc()
		s.fail(c, problem.New(problem.Unauthorized, "bad_push_token", "token: the secret is missing or wrong."))
		return
	}
	s.metrics.pushes.WithLabelValues(s.hear(c)).Inc()
	c.Status(http.StatusNoContent)
}

// hear reads a notification and says what became of it.
func (s *server) hear(c *gin.Context) string {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, google.MaxPushBytes))
	if err != nil {
		return "unreadable"
	}
	push, err := google.ParsePush(body)
	if err != nil {
		s.cfg.Logger.DebugContext(c.Request.Context(), "a notification cannot be read", "adapter", sources.Google, "error", err.Error())
		return "unreadable"
	}
	if !push.AboutReviews() {
		return "other"
	}
	heard, err := s.cfg.Sources.Hear(c.Request.Context(), sources.Notification{
		Adapter: sources.Google, Place: push.Location, Review: push.Review,
		Partial: !strings.HasPrefix(push.Location, "accounts/"), Concerns: push.Concerns,
	})
	switch {
	case err != nil:
		s.cfg.Logger.WarnContext(c.Request.Context(), "a notification is lost; the next poll finds what it was about",
			"adapter", sources.Google, "error", err.Error())
		return "lost"
	case heard == 0:
		return "unknown"
	}
	return "heard"
}
