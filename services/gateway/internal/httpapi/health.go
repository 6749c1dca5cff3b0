package httpapi

import (
	"io"
	"net/http"

	"github.com/gin-gonic/gin"
)

// health answers as the admin endpoints do, without their reasons: those name
// addresses inside, and this listener may be open to the internet.
func (s *server) health(c *gin.Context) {
	seen := &statusOnly{header: http.Header{}, status: http.StatusOK}
	s.cfg.Health.ServeHTTP(seen, c.Request)
	c.Header("Content-Type", "application/json")
	c.Status(seen.status)
	status := `{"status":"ok"}`
	if seen.status != http.StatusOK {
		status = `{"status":"unavailable"}`
	}
	_, _ = io.WriteString(c.Writer, status+"\n")
}

// statusOnly is a ResponseWriter that keeps nothing but the status.
type statusOnly struct {
	header http.Header
	status int
}

func (w *statusOnly) Header() http.Header         { return w.header }
func (w *statusOnly) WriteHeader(status int)      { w.status = status }
func (w *statusOnly) Write(p []byte) (int, error) { return len(p), nil }
