package httpapi

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/access"
	"github.com/bedside-health/bedside/services/gateway/signin"
)

const (
	cookieName = "bedside_session"
	// identityKey finds who is asking in Gin's context.
	identityKey = "bedside.identity"
	// maxBody bounds bodies that are not files; a lexicon may have 500 terms, and a routing
	// plan 200,000 bytes, which may be twice as many as JSON.
	maxBody    = 64 << 10
	maxLexicon = 512 << 10
	maxPlan    = 512 << 10
	// bodyTime is how long such a body may take to arrive.
	bodyTime = 30 * time.Second
)

// guard runs before every described operation: who is asking, whether their role may,
// whether the request has the form that is described, and whether they may at the review's
// location, in this order, so that a stranger learns nothing from the answer.
func (s *server) guard(c *gin.Context) {
	op, described := s.ops[key(c.Request.Method, c.FullPath())]
	if !described {
		s.fail(c, problem.New(problem.NotFound, "no_such_endpoint", "There is no such endpoint."))
		return
	}
	if err := s.admit(c, op); err != nil {
		s.fail(c, err)
		return
	}
	if !hasBody(op.route.Method) || op.reads {
		err := op.validate(c)
		if err == nil {
			err = s.within(c, op)
		}
		if err != nil {
			s.fail(c, err)
			return
		}
		c.Next()
		return
	}
	// The bound on time is lifted once the body is here, because it would end the
	// request's context while the operation is still at work.
	control := http.NewResponseController(c.Writer)
	_ = control.SetReadDeadline(s.cfg.Now().Add(bodyTime)) // not every connection has one
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, op.mostBody())
	err := op.validate(c)
	_ = control.SetReadDeadline(time.Time{})
	if err == nil {
		err = s.within(c, op)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Next()
}

// admit decides whether a request may reach an operation, and remembers who asks.
func (s *server) admit(c *gin.Context, op *operation) error {
	token, byCookie := credentials(c.Request)
	if op.public || byCookie {
		if err := s.origins.Check(c.Request); err != nil {
			return problem.Wrap(problem.Forbidden, "cross_origin", err,
				"This command comes from another site. Use Bedside's own pages, or send the token as a Bearer token.")
		}
	}
	if op.public {
		return nil
	}
	if token == "" {
		return problem.New(problem.Unauthorized, "not_signed_in", "Sign in first, or send a token as Authorization: Bearer TOKEN.")
	}
	id, err := s.cfg.SignIn.Identify(c.Request.Context(), token)
	if err != nil {
		return err
	}
	c.Set(identityKey, id)
	if op.permission != signedIn && !access.Includes(id.Person.Role, op.permission) {
		return notAllowed(id.Person)
	}
	if byCookie && id.Session {
		s.setCookie(c, token, id.ExpiresAt)
	}
	return nil
}

// credentials returns the token of a request. A Bearer token goes before the cookie,
// even if it is not valid: who sends one means it.
func credentials(r *http.Request) (token string, byCookie bool) {
	// A proxy in front may ask for another scheme of its own; that says nothing about who asks here.
	if scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token), false
	}
	if cookie, err := r.Cookie(cookieName); err == nil {
		return cookie.Value, true
	}
	return "", false
}

// identity is who is asking; guard has made sure that somebody is.
func identity(c *gin.Context) signin.Identity {
	id, _ := c.Get(identityKey)
	found, _ := id.(signin.Identity)
	return found
}

// org is the organization of who is asking. It is empty, which every store refuses,
// where nobody is.
func org(c *gin.Context) string { return identity(c).Person.OrgID }

func (s *server) setCookie(c *gin.Context, token string, until time.Time) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: cookieName, Value: token, Path: "/", Expires: until,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.secure(c),
	})
}

func (s *server) dropCookie(c *gin.Context) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: cookieName, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.secure(c),
	})
}

// secure reports whether the browser reached us by HTTPS.
func (s *server) secure(c *gin.Context) bool {
	switch s.cfg.SecureCookies {
	case SecureAlways:
		return true
	case SecureNever:
		return false
	case SecureAuto:
	}
	if c.Request.TLS != nil {
		return true
	}
	return s.byProxy(c) && strings.EqualFold(c.GetHeader("X-Forwarded-Proto"), "https")
}

func (s *server) byProxy(c *gin.Context) bool {
	peer, err := netip.ParseAddr(c.RemoteIP())
	if err != nil {
		return false
	}
	for _, prefix := range s.cfg.TrustedProxies {
		if prefix.Contains(peer.Unmap()) {
			return true
		}
	}
	return false
}
