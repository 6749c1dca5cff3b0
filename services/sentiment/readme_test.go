package sentiment_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/services/sentiment"
)

var update = flag.Bool("update", false, "write generated parts of files")

func TestReadme_Settings_AreThoseOfTheCode(t *testing.T) {
	const begin, end = "<!-- settings -->\n", "<!-- /settings -->"
	data, err := os.ReadFile("README.md")
	require.NoError(t, err)
	cfg := sentiment.DefaultConfig()
	table, err := config.Markdown(&cfg)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(data), begin)
	require.True(t, ok)
	_, after, ok := strings.Cut(rest, end)
	require.True(t, ok)
	want := before + begin + table + end + after
	if *update {
		require.NoError(t, os.WriteFile("README.md", []byte(want), 0o644)) //nolint:gosec // A document.
		return
	}
	require.Equal(t, want, string(data), "run: go test -run Readme -update .")
}
