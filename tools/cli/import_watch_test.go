package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/tools/client"
)

// importAPI answers as the gateway does and counts the files it took.
func importAPI(t *testing.T, taken *atomic.Int32) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, status int, body string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
	mux.HandleFunc("GET /api/v1/locations", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, `{"items":[{"id":"harbor","name":"Harbor Eye"}]}`)
	})
	mux.HandleFunc("POST /api/v1/imports", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Authorization") != "Bearer t" {
			return
		}
		if bytes.Contains(body, []byte("broken")) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"title":"Bad","status":400,"code":"no_column","detail":"no column text"}`)
			return
		}
		taken.Add(1)
		reply, err := json.Marshal(map[string]any{
			"id": "i_1", "location_id": r.URL.Query().Get("location_id"), "site": r.URL.Query().Get("site"), "file_name": r.URL.Query().Get("file_name"),
			"rows": 2, "accepted": 1, "rejected": 1, "rejections": []any{map[string]any{"line": 3, "column": "rating", "reason": "no rating"}},
			"dry_run": false, "in_inbox": 0, "published": 0, "state": "waiting",
		})
		if err == nil {
			answer(w, http.StatusAccepted, string(reply))
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestImportWatch_DroppedFiles_AreImportedUntilItIsStopped(t *testing.T) {
	var taken atomic.Int32
	api := importAPI(t, &taken)
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour)
	for name, content := range map[string]string{"harbor eye/zocdoc/a.csv": "text\nfine\n", "harbor/vitals/b.csv": "broken"} {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		require.NoError(t, os.Chtimes(file, old, old))
	}
	ctx, stop := context.WithCancel(t.Context())
	var out, errs bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- Run(ctx, Environment{
			Args: []string{"import", "--watch", dir}, Environ: []string{"BEDSIDE_URL=" + api.URL, "BEDSIDE_TOKEN=t"}, Stdout: &out, Stderr: &errs, Stdin: strings.NewReader(""),
		})
	}()
	done := filepath.Join(dir, "harbor eye", "zocdoc", "done", "a.csv.report.json")
	rejected := filepath.Join(dir, "harbor", "vitals", "rejected", "b.csv")
	require.Eventually(t, func() bool {
		_, err1 := os.Stat(done)
		_, err2 := os.Stat(rejected)
		return err1 == nil && err2 == nil
	}, 20*time.Second, 10*time.Millisecond)
	stop()
	require.Zero(t, <-ended, errs.String())
	require.Equal(t, int32(1), taken.Load())
	report, err := os.ReadFile(done)
	require.NoError(t, err)
	require.Contains(t, string(report), `"location": "harbor"`)
	require.Contains(t, string(report), `"reason": "no rating"`)
	require.Contains(t, out.String(), "a.csv: 2 rows, 1 taken, 1 rejected")
	require.Contains(t, out.String(), "b.csv: no column text")
}

func TestImportWatch_WithALocation_IsRefused(t *testing.T) {
	code, _, stderr := run(t, "", nil, "import", "--watch", t.TempDir(), "--location", "x")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "DIR/LOCATION/SITE/FILE")
	code, _, _ = run(t, "", nil, "import", "--watch", t.TempDir(), "file.csv")
	require.Equal(t, 2, code)
}

func TestFolderImporter_LostAnswer_IsFoundByItsName(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Query().Get("cursor") == "" {
			_, _ = io.WriteString(w, `{"items":[{"id":"i_9","location_id":"maple","site":"zocdoc","file_name":"a.csv 123"}],"next_cursor":"more"}`)
			return
		}
		_, _ = io.WriteString(w, `{"items":[{"id":"i_1","location_id":"harbor","site":"zocdoc","file_name":"a.csv 123","rows":2,"accepted":2}],"next_cursor":null}`)
	}))
	t.Cleanup(s.Close)
	c, err := client.New(client.Local{URL: s.URL, Token: "t"})
	require.NoError(t, err)
	i := &folderImporter{client: c}
	report, found, err := i.Find(t.Context(), "harbor", "zocdoc", "a.csv 123")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "i_1", report.ImportID)
	_, found, err = i.Find(t.Context(), "harbor", "vitals", "a.csv 123")
	require.NoError(t, err)
	require.False(t, found)
}
