package gateway_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/services/gateway"
)

func TestRun_TwoInstancesInOneProcess_ShareTheStoreAndNothingElse(t *testing.T) {
	first := start(t)
	second := startOn(t, first.backend)
	first.sample("lakeside", "r_1", nil)
	rita := first.as("rita", "lakeside")
	elsewhere := second.stranger()
	elsewhere.token = rita.token
	require.Len(t, elsewhere.ok("/api/v1/reviews").items(), 1, "a session is good at every replica")
	require.NoError(t, first.stop())
	elsewhere.ok("/api/v1/me")
}

func TestRun_StoreByURL_IsKeptBetweenRuns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "bedside.db")
	byURL := func(c *gateway.Config) {
		c.Backend, c.URL = nil, config.Secret("sqlite:"+path)
	}
	first := start(t, byURL)
	token := first.as("ada", "lakeside").token
	require.NoError(t, first.stop())
	second := start(t, byURL)
	ada := second.stranger()
	ada.token = token
	ada.ok("/api/v1/me")
}

func TestRun_AdminListener_ShowsMetricsByRoute(t *testing.T) {
	admin := make(chan net.Addr, 1)
	d := start(t, func(c *gateway.Config) {
		c.AdminListen, c.Registry = "127.0.0.1:0", prometheus.NewRegistry()
		c.AdminReady = func(a net.Addr) { admin <- a }
	})
	rita := d.as("rita", "lakeside")
	rita.ok("/api/v1/reviews?q=secret")
	rita.get("/api/v1/reviews/r_nothing")
	rita.send("BREW", "/api/v1/reviews", nil)
	resp, err := http.Get("http://" + (<-admin).String() + "/metrics") //nolint:forbidigo,noctx // a test
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	for _, line := range []string{
		`bedside_gateway_requests_total{method="GET",route="/api/v1/reviews",status="200"} 1`,
		`bedside_gateway_requests_total{method="GET",route="/api/v1/reviews/:id",status="404"} 1`,
		`bedside_gateway_sign_ins_total{outcome="signed_in"} 1`,
		`bedside_gateway_request_seconds_count{method="GET",route="/api/v1/reviews"} 1`,
		`method="other"`,
	} {
		require.Contains(t, string(body), line)
	}
	for _, secret := range []string{"BREW", "secret", "r_nothing"} {
		require.NotContains(t, string(body), secret)
	}
}

func TestRun_WrongSettings_AreAllNamed(t *testing.T) {
	cfg := gateway.DefaultConfig()
	cfg.Listen, cfg.SecureCookies, cfg.TrustedProxies = "", "perhaps", []string{"10.0.0.0"}
	cfg.MaxUploadBytes, cfg.SessionLongest = 0, time.Second
	err := gateway.Run(t.Context(), cfg)
	for _, name := range []string{
		"KAFKA_BROKERS", "BEDSIDE_STORE", "logger", "BEDSIDE_LISTEN", "BEDSIDE_WORKFLOW_URL", "BEDSIDE_SERVICE_TOKEN",
		"BEDSIDE_SECURE_COOKIES", "BEDSIDE_TRUSTED_PROXIES", "BEDSIDE_MAX_UPLOAD_BYTES", "BEDSIDE_SESSION_LONGEST",
	} {
		require.ErrorContains(t, err, name)
	}
}

func TestRun_PortTaken_IsAnError(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	cfg := gateway.DefaultConfig()
	cfg.Brokers, cfg.URL = []string{"127.0.0.1:1"}, config.Secret("sqlite:"+filepath.Join(t.TempDir(), "b.db"))
	cfg.Listen, cfg.AdminListen = taken.Addr().String(), ""
	cfg.WorkflowURL, cfg.ServiceToken, cfg.Logger = "http://127.0.0.1:1", serviceToken, slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.ErrorContains(t, gateway.Run(ctx, cfg), "listen")
	require.NoError(t, ctx.Err(), "it ends by itself")
}

func TestRun_BehindATrustedProxy_CookieIsForHTTPS(t *testing.T) {
	d := start(t, func(c *gateway.Config) { c.TrustedProxies = []string{"127.0.0.0/8"} })
	secure := d.stranger().send(http.MethodPost, "/api/v1/session", credentials("ada", "lakeside"), "X-Forwarded-Proto", "https")
	require.Contains(t, secure.header.Get("Set-Cookie"), "; Secure")
	require.NotEmpty(t, secure.header.Get("Strict-Transport-Security"))
	stranger := start(t)
	plain := stranger.stranger().send(http.MethodPost, "/api/v1/session", credentials("ada", "lakeside"), "X-Forwarded-Proto", "https")
	require.NotContains(t, plain.header.Get("Set-Cookie"), "; Secure", "who is not trusted is not believed")
}

func TestREADME_Settings_AreThoseOfTheConfig(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	cfg := gateway.DefaultConfig()
	table, err := config.Markdown(&cfg)
	require.NoError(t, err)
	require.True(t, strings.Contains(string(readme), table), "put this table into README.md:\n%s", table)
}
