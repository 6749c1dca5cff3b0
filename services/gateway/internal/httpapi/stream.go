package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/app"
	"github.com/bedside-health/bedside/libs/events"
)

// streamWrite is how long a browser may take to accept an event.
const streamWrite = 10 * time.Second

// change is what a browser is told of a change; it carries no text.
type change struct {
	ReviewID   string    `json:"review_id"`
	LocationID string    `json:"location_id"`
	Site       string    `json:"site"`
	Types      []string  `json:"types"`
	Status     string    `json:"status"`
	OwnerID    string    `json:"owner_id"`
	At         time.Time `json:"at"`
}

// StreamEvents sends changes of reviews until the browser leaves, falls behind, is
// signed out, or the server drains.
func (s *server) StreamEvents(c *gin.Context) {
	id := identity(c)
	watch, err := s.cfg.Hub.Watch(id.Person.OrgID, id.Person.ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	defer watch.Close()
	token, _ := credentials(c.Request)
	c.Header("Content-Type", "text/event-stream")
	c.Header("X-Accel-Buffering", "no") // proxies would hold events back
	c.Status(http.StatusOK)
	control := http.NewResponseController(c.Writer)
	send := func(event string, data any) bool {
		b, err := json.Marshal(data)
		if err != nil {
			return false
		}
		_ = control.SetWriteDeadline(time.Now().Add(streamWrite)) // not every connection has one
		if _, err := fmt.Fprintf(c.Writer, "event: %s\ndata: %s\n\n", event, b); err != nil {
			return false
		}
		return control.Flush() == nil
	}
	if !send("ping", struct{}{}) {
		return
	}
	ctx := c.Request.Context()
	ping := time.NewTicker(s.cfg.Ping)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-app.Draining(ctx):
			return
		case next, open := <-watch.Changes:
			if !open || !send("review", changeOf(next)) {
				return
			}
		case <-ping.C:
			// A stream must not outlive the session it was opened with.
			if _, err := s.cfg.SignIn.Identify(ctx, token); err != nil || !send("ping", struct{}{}) {
				return
			}
		}
	}
}

func changeOf(e events.ReviewChanged) change {
	types := e.Types
	if types == nil {
		types = []string{}
	}
	return change{
		ReviewID: e.ReviewID, LocationID: e.LocationID, Site: e.Site, Types: types,
		Status: string(e.Status), OwnerID: e.OwnerID, At: e.At,
	}
}

// GetOpenAPI serves the description.
func (s *server) GetOpenAPI(c *gin.Context) {
	c.Data(http.StatusOK, "application/yaml", spec())
}
