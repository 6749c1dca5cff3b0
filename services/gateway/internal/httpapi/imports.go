package httpapi

import (
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/intake"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

// Uploads may be slow but not still.
const (
	uploadIdle = time.Minute
	uploadTime = time.Hour
)

// CreateImport reads a file of reviews as it streams in.
func (s *server) CreateImport(c *gin.Context, p api.CreateImportParams) {
	format, err := fileFormat(c.GetHeader("Content-Type"), value(p.Format))
	if err != nil {
		s.fail(c, err)
		return
	}
	control := http.NewResponseController(c.Writer)
	file := &upload{
		body: http.MaxBytesReader(c.Writer, c.Request.Body, s.cfg.MaxUpload),
		end:  time.Now().Add(uploadTime), control: control,
	}
	who := identity(c).Person
	taken, err := s.cfg.Intake.Take(c.Request.Context(), intake.Request{
		OrgID: who.OrgID, PersonID: who.ID, LocationID: p.LocationId, Site: p.Site,
		FileName: value(p.FileName), DryRun: value(p.DryRun),
		Options: intake.Options{Format: format, Columns: value(p.Columns), DateFormat: string(value(p.DateFormat))},
	}, file)
	_ = control.SetReadDeadline(time.Time{}) // not every connection has one
	if err != nil {
		s.fail(c, err)
		return
	}
	status := http.StatusAccepted
	if taken.DryRun {
		status = http.StatusOK
	}
	s.answer(c, status, importOf(taken))
}

// fileFormat decides how a file is read; the parameter goes before the content type.
func fileFormat(contentType string, asked api.CreateImportParamsFormat) (string, error) {
	media, _, err := mime.ParseMediaType(contentType)
	format := "auto"
	switch {
	case err == nil && media == "text/csv":
		format = "csv"
	case err == nil && media == "application/x-ndjson":
		format = "jsonl"
	case err == nil && media == "application/octet-stream":
	default:
		return "", problem.New(problem.Invalid, "bad_content_type",
			"Content-Type: send text/csv, application/x-ndjson or application/octet-stream.")
	}
	if asked != "" && asked != api.CreateImportParamsFormatAuto {
		format = string(asked)
	}
	return format, nil
}

// upload is a body that must keep coming.
type upload struct {
	body    io.Reader
	end     time.Time
	control *http.ResponseController
}

func (u *upload) Read(p []byte) (int, error) {
	deadline := time.Now().Add(uploadIdle)
	if deadline.After(u.end) {
		deadline = u.end
	}
	_ = u.control.SetReadDeadline(deadline)
	return u.body.Read(p)
}

// ListImports lists imports, newest first.
func (s *server) ListImports(c *gin.Context, p api.ListImportsParams) {
	found, next, err := s.cfg.Intake.List(c.Request.Context(), org(c), limit(p.Limit), value(p.Cursor))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, api.ImportPage{Items: each(found, importOf), NextCursor: optional(next)})
}

// GetImport reads an import and how far it is.
func (s *server) GetImport(c *gin.Context, id api.Id) {
	found, err := s.cfg.Intake.Get(c.Request.Context(), org(c), id)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answer(c, http.StatusOK, importOf(found))
}
