package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRun_SavedPages_AreServedAndNamed(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "clinic.html"), []byte("<html>saved</html>"), 0o600))
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"--listen", "127.0.0.1:0", "--pages", dir, "--arrivals", "0"}, in, io.Discard)
		in.Close()
	}()
	var saved string
	for lines := json.NewDecoder(out); saved == ""; {
		var l struct{ Site, Adapter, Ref string }
		require.NoError(t, lines.Decode(&l))
		if strings.HasSuffix(l.Ref, "clinic.html") {
			saved = l.Ref
			require.Equal(t, "directory", l.Adapter)
		}
	}
	answer, err := http.Get(saved)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, "<html>saved</html>", string(body))
	go func() { _, _ = io.Copy(io.Discard, out) }()
	stop()
	require.Zero(t, <-done)
}

func TestRun_FolderThatIsAbsent_SaysSo(t *testing.T) {
	var stderr bytes.Buffer
	require.Equal(t, 1, run(t.Context(), []string{"--pages", filepath.Join(t.TempDir(), "none")}, io.Discard, &stderr))
	require.Contains(t, stderr.String(), "there is no folder")
}
