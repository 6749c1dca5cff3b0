package httpapi

import (
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

func spec() []byte { return api.Spec }

// webOrNothing serves the web app where no operation is: its files by name, and its
// first page for every other address a browser opens, so that links into the app work.
func (s *server) webOrNothing(c *gin.Context) {
	name := strings.TrimPrefix(path.Clean(c.Request.URL.Path), "/")
	reads := c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead
	if !reads || name == "api" || strings.HasPrefix(name, "api/") {
		s.fail(c, problem.New(problem.NotFound, "no_such_endpoint", "There is no such endpoint; see /openapi.yaml."))
		return
	}
	if s.cfg.Web != nil && name != "" && name != "index.html" && s.file(c, name) {
		return
	}
	if !strings.Contains(c.GetHeader("Accept"), "text/html") && name != "" && name != "index.html" {
		s.fail(c, problem.New(problem.NotFound, "no_such_file", "There is no such file."))
		return
	}
	if s.cfg.Web == nil {
		c.Header("Content-Type", "text/html; charset=utf-8")
		c.Status(http.StatusOK)
		_, _ = io.WriteString(c.Writer, placeholder)
		return
	}
	if !s.file(c, "index.html") {
		s.fail(c, problem.New(problem.Internal, "web_app_missing", "The web app has no first page; build it again with: make web"))
	}
}

// file serves one file of the web app, if there is one. Files under assets/ have a
// hash of their content in their name, so that they never change.
func (s *server) file(c *gin.Context, name string) bool {
	if !fs.ValidPath(name) {
		return false
	}
	content, err := fs.ReadFile(s.cfg.Web, name)
	if err != nil {
		return false
	}
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = "application/octet-stream"
	}
	c.Header("Content-Type", kind)
	c.Header("Content-Length", strconv.Itoa(len(content)))
	if strings.HasPrefix(name, "assets/") {
		c.Header("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		c.Header("Cache-Control", "no-cache")
	}
	c.Status(http.StatusOK)
	if c.Request.Method != http.MethodHead {
		_, _ = c.Writer.Write(content)
	}
	return true
}

const placeholder = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Bedside</title>
<h1>Bedside</h1>
<p>The API is running, but this program was built without the web app. Run <code>make web</code> and build again.</p>
<p><a href="/openapi.yaml">What the API offers</a></p>
</html>
`
