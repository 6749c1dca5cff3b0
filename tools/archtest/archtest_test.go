package archtest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWorkspace_ImportRules_Hold(t *testing.T) {
	packages, err := Workspace(context.Background(), "../..")
	require.NoError(t, err)
	require.Greater(t, len(packages), 20, "the workspace's packages were not found")
	require.Empty(t, Violations(packages))
}

func TestViolations_ForbiddenImports_AreFound(t *testing.T) {
	for name, c := range map[string]struct{ from, to string }{
		"lib to service":         {"libs/review", "services/gateway/bootstrap"},
		"lib to tool":            {"libs/events", "tools/sitesim"},
		"service to service":     {"services/scraper/internal/poll", "services/sentiment/tagging"},
		"service to tool":        {"services/gateway", "tools/broker"},
		"adapter to adapter":     {"services/gateway/internal/httpapi", "services/gateway/internal/store"},
		"domain to lib driver":   {"services/sentiment/tagging/jsonl", "libs/kafkaio"},
		"service to test engine": {"services/scraper", "libs/testkit/kafkatest"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Len(t, Violations([]Package{{ImportPath: Root + c.from, Imports: []string{Root + c.to}}}), 1)
		})
	}
	for name, c := range map[string]struct{ from, to string }{
		"domain to net/http": {"services/response-workflow/casework", "net/http"},
		"domain to gin":      {"services/response-workflow/notify", "github.com/gin-gonic/gin"},
		"service to kfake":   {"services/sentiment", "github.com/twmb/franz-go/pkg/kfake"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Len(t, Violations([]Package{{ImportPath: Root + c.from, Imports: []string{c.to}}}), 1)
		})
	}
}

func TestViolations_AllowedImports_AreNone(t *testing.T) {
	require.Empty(t, Violations([]Package{
		{ImportPath: Root + "tools/up", Imports: []string{Root + "services/gateway", Root + "services/scraper"}},
		{ImportPath: Root + "services/gateway", Imports: []string{Root + "services/gateway/internal/store", Root + "libs/docstore"}},
		{ImportPath: Root + "libs/testkit/kafkatest", Imports: []string{"github.com/twmb/franz-go/pkg/kfake"}},
	}))
}
