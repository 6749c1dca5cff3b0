package httpapi

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/problem/httpproblem"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

// fail answers with a problem. What is our own fault is logged here and nowhere else.
func (s *server) fail(c *gin.Context, err error) {
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		err = problem.Wrap(problem.TooLarge, "body_too_large", err, "The body is larger than %d bytes.", tooLarge.Limit)
	}
	// A person who has left needs no answer and is no fault.
	gone := c.Request.Context().Err() != nil
	if kind := problem.KindOf(err); !gone && (kind == problem.Internal || kind == problem.Unavailable) {
		s.cfg.Logger.ErrorContext(c.Request.Context(), "a request failed",
			"request_id", c.Writer.Header().Get(requestIDHeader), "route", c.FullPath(), "kind", string(kind), "error", err)
	}
	details := httpproblem.Of(err)
	out := api.Problem{
		Type: details.Type, Title: details.Title, Status: details.Status, Detail: optional(details.Detail),
		Code: cmp.Or(details.Code, string(problem.KindOf(err))), RetryAfterSeconds: optional(details.RetryAfter),
	}
	extend(&out, details.Members)
	if details.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(details.RetryAfter))
	}
	s.tell(c, out)
}

// tell writes a problem.
func (s *server) tell(c *gin.Context, out api.Problem) {
	c.Header("Content-Type", httpproblem.ContentType)
	c.AbortWithStatus(out.Status)
	b, err := json.Marshal(out)
	if err != nil {
		return // strings and numbers always encode
	}
	_, _ = c.Writer.Write(append(b, '\n'))
}

// unbound is told what the generated code cannot read. The description was checked
// before, so that it has nothing to add.
func (s *server) unbound(c *gin.Context, err error, _ int) {
	s.fail(c, problem.Wrap(problem.Invalid, "invalid_request", err, "The request does not have the form that is described in /openapi.yaml."))
}

// answer writes a body as JSON. Nothing in it is markup for a browser, but escaping
// costs nothing and protects who pastes it into a page.
func (s *server) answer(c *gin.Context, status int, body any) {
	b, err := json.Marshal(body)
	if err != nil {
		s.fail(c, fmt.Errorf("write an answer: %w", err))
		return
	}
	c.Header("Content-Type", "application/json")
	c.Status(status)
	// A reader who takes almost nothing must not hold the answer in memory for ever.
	// observe lifts the bound for the next request of the connection.
	allowed := s.pace.start + time.Duration(len(b)/s.pace.rate)*time.Second
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(allowed)) // not every connection has one
	_, _ = c.Writer.Write(append(b, '\n'))                                             // who has left needs no answer
}

// pace is how slowly an answer may be read: start, and longer at rate bytes a second.
type pace struct {
	start time.Duration
	rate  int
}

func slowest() pace { return pace{start: 30 * time.Second, rate: 8 << 10} }

// read decodes a body that has been checked against the description.
func read[T any](c *gin.Context) (T, error) {
	var body T
	decoder := json.NewDecoder(c.Request.Body)
	if err := decoder.Decode(&body); err != nil {
		return body, problem.Wrap(problem.Invalid, "invalid_request", err, "body: this is not valid JSON.")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return body, problem.New(problem.Invalid, "invalid_request", "body: there is something behind the JSON value.")
	}
	return body, nil
}

// wrongMethod answers requests with a method that a path does not have.
func (s *server) wrongMethod(c *gin.Context) {
	s.tell(c, api.Problem{
		Type: "about:blank", Title: "Method not allowed", Status: http.StatusMethodNotAllowed, Code: "method_not_allowed",
		Detail: new("This endpoint does not have this method; see /openapi.yaml."),
	})
}
