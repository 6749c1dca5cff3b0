package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/services/gateway/web"
)

func TestWeb_AddressOfTheApp_GivesAPage(t *testing.T) {
	d := start(t)
	for _, path := range []string{"/", "/reviews/r_1", "/index.html", "/sign-in?next=%2F"} {
		a := d.stranger().send(http.MethodGet, path, nil, "Accept", "text/html,*/*")
		require.Equal(t, http.StatusOK, a.status, path)
		require.True(t, strings.HasPrefix(a.header.Get("Content-Type"), "text/html"), path)
		require.Contains(t, a.text(), "<title>", path)
	}
	files, err := web.Files()
	require.NoError(t, err)
	if files == nil {
		require.Contains(t, d.stranger().get("/").text(), "make web", "without the web app the page says how to get it")
	}
}

func TestWeb_AddressOfNothing_IsAProblem(t *testing.T) {
	d := start(t)
	for _, path := range []string{"/api", "/api/", "/api/v1/nothing", "/api/v2/reviews", "/assets/nothing.js", "/favicon.ico", "/../../etc/passwd", "/api/v1/reviews/"} {
		a := d.stranger().send(http.MethodGet, path, nil, "Accept", "*/*")
		require.Equal(t, http.StatusNotFound, a.status, path)
		require.Equal(t, "application/problem+json", a.header.Get("Content-Type"), path)
	}
	a := d.stranger().send(http.MethodGet, "/api/v1/nothing", nil, "Accept", "text/html")
	require.Equal(t, http.StatusNotFound, a.status, "the API has no pages")
	a = d.stranger().send(http.MethodPost, "/", nil)
	require.Equal(t, http.StatusNotFound, a.status)
	a = d.stranger().send(http.MethodPost, "/api/v1/me", nil)
	require.Equal(t, http.StatusMethodNotAllowed, a.status)
	require.Equal(t, "method_not_allowed", a.code())
	require.NotEmpty(t, a.header.Get("Allow"))
}

func TestEveryAnswer_HasSecureHeadersAndARequestID(t *testing.T) {
	d := start(t)
	for _, path := range []string{"/", "/api/v1/me", "/openapi.yaml", "/nothing", "/livez"} {
		a := d.stranger().get(path)
		policy := a.header.Get("Content-Security-Policy")
		require.Contains(t, policy, "frame-ancestors 'none'", path)
		require.Contains(t, policy, "script-src 'self';", path)
		require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"), path)
		require.Equal(t, "no-referrer", a.header.Get("Referrer-Policy"), path)
		require.NotEmpty(t, a.header.Get("X-Request-Id"), path)
	}
	kept := d.stranger().send(http.MethodGet, "/", nil, "X-Request-Id", "abc-1")
	require.Equal(t, "abc-1", kept.header.Get("X-Request-Id"))
	replaced := d.stranger().send(http.MethodGet, "/", nil, "X-Request-Id", "a b<script>")
	require.NotContains(t, replaced.header.Get("X-Request-Id"), "script")
}

func TestOpenAPI_Served_IsTheDescription(t *testing.T) {
	a := start(t).stranger().ok("/openapi.yaml")
	require.Equal(t, "application/yaml", a.header.Get("Content-Type"))
	require.Contains(t, a.text(), "operationId: listReviews")
}

func TestHealth_OnTheMainListener_SaysNoMoreThanItMust(t *testing.T) {
	d := start(t)
	for _, path := range []string{"/livez", "/readyz"} {
		require.JSONEq(t, `{"status":"ok"}`, d.stranger().ok(path).text())
	}
	require.Equal(t, http.StatusNotFound, d.stranger().send(http.MethodGet, "/metrics", nil, "Accept", "*/*").status)
}
