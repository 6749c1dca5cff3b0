package httpapi

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
	"github.com/bedside-health/bedside/services/response-workflow/internal/httpapi/api"
)

// Limits in characters, as the specification counts them, and bytes of a body.
const (
	maxID        = 100
	maxName      = 200
	maxReason    = 500
	maxRootCause = 100
	maxNote      = 10_000
	maxBodyBytes = 128 << 10
)

// SetOwner gives the case to a person.
func (s *server) SetOwner(c *gin.Context, id api.Id, p api.SetOwnerParams) {
	var body api.SetOwnerJSONRequestBody
	cmd, ok := s.command(c, id, p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, p.BedsideExpectedRev, &body)
	if !ok {
		return
	}
	reason := deref(body.Reason)
	if err := errors.Join(required("owner_id", body.OwnerId, maxID), text("reason", reason, maxReason)); err != nil {
		s.refuse(c, invalid(err))
		return
	}
	done, err := s.cfg.Cases.Assign(c.Request.Context(), cmd, body.OwnerId, strings.TrimSpace(reason))
	s.answer(c, done, err)
}

// SetStatus changes the status of the case.
func (s *server) SetStatus(c *gin.Context, id api.Id, p api.SetStatusParams) {
	var body api.SetStatusJSONRequestBody
	cmd, ok := s.command(c, id, p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, p.BedsideExpectedRev, &body)
	if !ok {
		return
	}
	reason, cause := deref(body.Reason), deref(body.RootCause)
	err := errors.Join(text("reason", reason, maxReason), line("root_cause", cause, maxRootCause))
	if !body.Status.Valid() {
		err = errors.Join(err, errors.New("status is not one of the statuses"))
	}
	if err != nil {
		s.refuse(c, invalid(err))
		return
	}
	done, err := s.cfg.Cases.SetStatus(c.Request.Context(), cmd, casework.StatusChange{
		To: review.Status(body.Status), Reason: strings.TrimSpace(reason), RootCause: strings.TrimSpace(cause), Until: instant(body.Until),
	})
	s.answer(c, done, err)
}

// AddNote adds an internal note.
func (s *server) AddNote(c *gin.Context, id api.Id, p api.AddNoteParams) {
	var body api.AddNoteJSONRequestBody
	cmd, ok := s.command(c, id, p.BedsideOrg, p.BedsideActorId, p.BedsideActorName, p.BedsideExpectedRev, &body)
	if !ok {
		return
	}
	err := errors.Join(required("id", body.Id, maxID), text("text", body.Text, maxNote))
	if strings.TrimSpace(body.Text) == "" {
		err = errors.Join(err, errors.New("text is empty"))
	}
	if err != nil {
		s.refuse(c, invalid(err))
		return
	}
	done, err := s.cfg.Cases.AddNote(c.Request.Context(), cmd, body.Id, body.Text)
	s.answer(c, done, err)
}

// command reads what all commands have, and the body unless it is nil; false means that it has answered.
func (s *server) command(c *gin.Context, id, org, actor string, name *string, rev *int64, body any) (casework.Command, bool) {
	cmd := casework.Command{OrgID: org, ReviewID: id, By: collections.Actor{Kind: collections.ActorPerson, ID: actor}}
	faults := []error{required("id", id, maxID), required("Bedside-Org", org, maxID), required("Bedside-Actor-Id", actor, maxID)}
	if name != nil {
		plain, err := url.PathUnescape(*name)
		if err != nil || !utf8.ValidString(plain) {
			err = errors.New("Bedside-Actor-Name is not percent-encoded UTF-8")
		}
		cmd.By.Name = plain
		faults = append(faults, err, line("Bedside-Actor-Name", plain, maxName))
	}
	if rev != nil {
		if *rev < 1 {
			faults = append(faults, errors.New("Bedside-Expected-Rev is less than 1"))
		}
		cmd.ExpectedRev = *rev
	}
	err := errors.Join(faults...)
	switch {
	case err != nil:
		err = invalid(err)
	case body != nil:
		err = readBody(c, body)
	}
	if err != nil {
		s.refuse(c, err)
		return cmd, false
	}
	return cmd, true
}

func (s *server) answer(c *gin.Context, done casework.Done, err error) {
	if err != nil {
		s.refuse(c, err)
		return
	}
	c.JSON(http.StatusOK, api.Done{Id: done.ID, Rev: done.Rev})
}

// readBody reads one JSON object without unknown fields.
func readBody(c *gin.Context, into any) error {
	dec := json.NewDecoder(http.MaxBytesReader(c.Writer, c.Request.Body, maxBodyBytes))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		if _, more := dec.Token(); errors.Is(more, io.EOF) {
			return nil
		} else if err = more; err == nil {
			err = errors.New("something follows the object")
		}
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return problem.New(problem.TooLarge, "body_too_large", "the body has more than %d bytes", maxBodyBytes)
	}
	var wrong *json.UnmarshalTypeError
	detail := "the body is not the JSON object that this route takes"
	switch {
	case errors.As(err, &wrong):
		detail = "field " + wrong.Field + " is of the wrong type"
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		detail = "the body has an unknown field"
	}
	return problem.New(problem.Invalid, "invalid_body", "%s", detail)
}

func invalid(err error) error {
	return problem.New(problem.Invalid, "invalid_command", "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
}

func required(field, value string, limit int) error {
	if value == "" {
		return errors.New(field + " is missing")
	}
	return line(field, value, limit)
}

// line checks text without control characters.
func line(field, value string, limit int) error {
	if strings.ContainsFunc(value, unicode.IsControl) {
		return errors.New(field + " has control characters")
	}
	return text(field, value, limit)
}

func text(field, value string, limit int) error {
	switch {
	case !utf8.ValidString(value):
		return errors.New(field + " is not valid UTF-8")
	case utf8.RuneCountInString(value) > limit:
		return errors.New(field + " is too long")
	}
	return nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
