package httpapi

import (
	"os"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

func TestSpec_Embedded_IsTheSource(t *testing.T) {
	source, err := os.ReadFile("../../../../api-specs/openapi/gateway.yaml")
	require.NoError(t, err)
	require.Equal(t, string(source), string(api.Spec), "run go generate in internal/httpapi/api")
}

func TestOperations_RoutesAndDescription_AgreeBothWays(t *testing.T) {
	ops, err := loadOperations()
	require.NoError(t, err)
	gin.SetMode(gin.TestMode)
	engine := gin.New()
	api.RegisterHandlers(engine, &server{})
	served := map[string]bool{}
	for _, route := range engine.Routes() {
		served[key(route.Method, route.Path)] = true
		require.Contains(t, ops, key(route.Method, route.Path), "served but not described")
	}
	for described := range ops {
		require.Contains(t, served, described, "described but not served")
	}
}

func TestOperations_EveryOperation_IsPublicOrHasAPermission(t *testing.T) {
	ops, err := loadOperations()
	require.NoError(t, err)
	needs := permissions()
	public := 0
	for _, op := range ops {
		if op.public {
			public++
			require.NotContains(t, needs, op.id)
			continue
		}
		require.Contains(t, needs, op.id)
	}
	require.Equal(t, len(ops), len(needs)+public)
}

func TestMoment_DayOrTime_IsUTC(t *testing.T) {
	at, day, err := moment("from", "2026-03-01")
	require.NoError(t, err)
	require.True(t, day)
	require.Equal(t, "2026-03-01T00:00:00Z", at.Format("2006-01-02T15:04:05Z07:00"))
	at, day, err = moment("from", "2026-03-01T01:00:00+02:00")
	require.NoError(t, err)
	require.False(t, day)
	require.Equal(t, "2026-02-28T23:00:00Z", at.Format("2006-01-02T15:04:05Z07:00"))
	for _, wrong := range []string{"", "yesterday", "2026-3-1", "2026-02-30", "1e9", "2026-03-01 10:00"} {
		_, _, err := moment("from", wrong)
		require.Error(t, err, wrong)
	}
}

func TestPrintable_ControlCharacters_AreGone(t *testing.T) {
	require.Equal(t, "a?b?c?d", printable("a\x1bb\u202ec\nd"))
	require.Equal(t, "?", printable("\xff"))
	require.Len(t, []rune(printable(string(make([]rune, 5000)))), 203)
}

func TestWebURL_OnlyPages_AreLetThrough(t *testing.T) {
	require.NotNil(t, webURL("https://example.org/x"))
	for _, wrong := range []string{"", "javascript:alert(1)", "data:text/html,x", "//example.org", "https://", "HTTPS:x", "\x00https://example.org"} {
		require.Nil(t, webURL(wrong), wrong)
	}
}

func FuzzRevision(f *testing.F) {
	for _, seed := range []string{`"1"`, `W/"2"`, "*", "", `"`, "-1", `"99999999999999999999"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, ifMatch string) {
		rev, err := revision(&ifMatch)
		if err == nil {
			require.GreaterOrEqual(t, rev, int64(0))
		}
	})
}
