package httpapi

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/bedside-health/bedside/libs/problem"
)

// metrics are rate, errors and duration by route.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	current  prometheus.Gauge
	signIns  *prometheus.CounterVec
	pushes   *prometheus.CounterVec
}

func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_gateway_requests_total", Help: "Requests by route, method and status.",
		}, []string{"route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bedside_gateway_request_seconds", Help: "Time to answer by route and method; live streams are left out.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"route", "method"}),
		current: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "bedside_gateway_requests_current", Help: "Requests that are being answered.",
		}),
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_gateway_sign_ins_total", Help: "Attempts to sign in by outcome.",
		}, []string{"outcome"}),
		pushes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bedside_gateway_pushes_total", Help: "Notifications of sites by outcome: heard, unknown (no such listing), other (not about reviews), unreadable, lost or refused.",
		}, []string{"outcome"}),
	}
	if registerer == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.requests, m.duration, m.current, m.signIns, m.pushes} {
		if err := registerer.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics of the HTTP interface: %w", err)
		}
	}
	return m, nil
}

var requestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

const requestIDHeader = "X-Request-Id"

// observe gives a request its id and span, and writes its one log line. The line
// has the path but never the query: people search for names.
func (s *server) observe(c *gin.Context) {
	began := time.Now()
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Time{}) // not every connection has one
	id := c.GetHeader(requestIDHeader)
	if !requestID.MatchString(id) {
		id = rand.Text()
	}
	c.Header(requestIDHeader, id)
	route := c.FullPath()
	if route == "" {
		route = "other"
	}
	method := c.Request.Method
	if _, known := s.ops[key(method, route)]; !known && method != http.MethodGet && method != http.MethodHead {
		method = "other" // anybody can make up methods, and each would be a new time series
	}
	ctx := propagation.TraceContext{}.Extract(c.Request.Context(), propagation.HeaderCarrier(c.Request.Header))
	ctx, span := s.tracer.Start(ctx, method+" "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", method), attribute.String("http.route", route), attribute.String("bedside.request_id", id)))
	defer span.End()
	c.Request = c.Request.WithContext(ctx)
	s.metrics.current.Inc()
	defer s.metrics.current.Dec()

	c.Next()

	status, took := c.Writer.Status(), time.Since(began)
	s.metrics.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	if route != "/api/v1/events" {
		s.metrics.duration.WithLabelValues(route, method).Observe(took.Seconds())
	}
	span.SetAttributes(attribute.Int("http.response.status_code", status))
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, http.StatusText(status))
	}
	level := slog.LevelInfo
	if route == "/livez" || route == "/readyz" {
		level = slog.LevelDebug
	}
	who := identity(c)
	s.cfg.Logger.LogAttrs(ctx, level, "request",
		slog.String("request_id", id), slog.String("method", method), slog.String("route", route),
		slog.String("path", printable(c.Request.URL.Path)), slog.Int("status", status), slog.Duration("took", took),
		slog.Int("bytes", max(0, c.Writer.Size())), slog.String("org_id", who.Person.OrgID),
		slog.String("person_id", who.Person.ID), slog.String("address", c.ClientIP()))
}

// survive turns a panic into a problem, so that one request cannot end the process.
func (s *server) survive(c *gin.Context) {
	defer func() {
		fault := recover()
		if fault == nil {
			return
		}
		if fault == http.ErrAbortHandler { //nolint:errorlint // the value net/http asks for
			panic(fault)
		}
		s.cfg.Logger.ErrorContext(c.Request.Context(), "a request panicked",
			"request_id", c.Writer.Header().Get(requestIDHeader), "route", c.FullPath(),
			"panic", fmt.Sprintf("%T", fault), "stack", string(debug.Stack()))
		if c.Writer.Written() {
			panic(http.ErrAbortHandler)
		}
		s.fail(c, problem.New(problem.Internal, "internal", "Something went wrong here. Try again; if it stays, report the request id."))
	}()
	c.Next()
}

// secureHeaders are on every answer. Styles may be inline because the component
// library sets them at run time; scripts may not.
func (s *server) secureHeaders(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "+
		"img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "+
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	h.Set("Cache-Control", "no-store")
	if s.secure(c) {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	c.Next()
}
