// Package scenarios runs the whole of Bedside as its users do and looks at what they
// would see: over the API, with sites simulated on the wire, on both stores, and killed
// at random moments.
package scenarios

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/tools/client"
	"github.com/bedside-health/bedside/tools/up"
)

// patience bounds what is waited for; nothing is expected to take nearly as long.
const patience = 2 * time.Minute

// bedside is a running Bedside and its administrator's client.
type bedside struct {
	*client.ClientWithResponses
	local client.Local
	data  string
	// simulator is the address of the demo's sites; empty without demo.
	simulator string
	stop      func()
}

// start runs Bedside in this process until the test ends or stop is called.
func start(t *testing.T, change func(*up.Settings)) *bedside {
	t.Helper()
	settings := up.DefaultSettings()
	settings.Listen, settings.Data, settings.LogLevel = "127.0.0.1:0", t.TempDir(), "error"
	settings.DemoPassword = "a password for tests"
	change(&settings)
	ctx, cancel := context.WithCancel(context.Background())
	out, logs := new(lines), new(lines)
	done := make(chan error, 1)
	go func() { done <- up.Run(ctx, up.Config{Settings: settings, Out: out, Logs: logs}) }()
	var once sync.Once
	b := &bedside{data: settings.Data}
	b.stop = func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-done:
				require.NoError(t, err)
			case <-time.After(patience):
				require.FailNow(t, "Bedside did not stop", logs.String())
			}
			if t.Failed() {
				t.Logf("log of Bedside:\n%s", logs.String())
			}
		})
	}
	t.Cleanup(b.stop)
	require.Eventually(t, func() bool {
		select {
		case err := <-done:
			done <- err
			require.FailNow(t, "Bedside ended", "%v\n%s", err, logs.String())
		default:
		}
		return strings.Contains(out.String(), "Bedside is ready: ")
	}, patience, 20*time.Millisecond)
	b.connect(t)
	for line := range strings.Lines(out.String()) {
		if url, ok := strings.CutPrefix(line, "Site simulator: "); ok {
			b.simulator = strings.TrimSpace(url)
		}
	}
	return b
}

func (b *bedside) connect(t *testing.T) {
	t.Helper()
	local, err := client.ReadLocal(b.data)
	require.NoError(t, err)
	c, err := client.New(local)
	require.NoError(t, err)
	b.local, b.ClientWithResponses = local, c
}

// all reads every review that fits, page by page.
func (b *bedside) all(t *testing.T, params client.ListReviewsParams) []client.Review {
	t.Helper()
	limit := 1000
	params.Limit = &limit
	var found []client.Review
	for {
		page, err := b.ListReviewsWithResponse(t.Context(), &params)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, page.StatusCode(), string(page.Body))
		for _, r := range page.JSON200.Items {
			// The announcing of a change counts as a write and comes a moment after it.
			r.Rev = 0
			found = append(found, r)
		}
		if page.JSON200.NextCursor == nil {
			return found
		}
		params.Cursor = page.JSON200.NextCursor
	}
}

// history is all events of a review, oldest first.
func (b *bedside) history(t *testing.T, id string) []client.CaseEvent {
	t.Helper()
	page, err := b.ListReviewEventsWithResponse(t.Context(), id, &client.ListReviewEventsParams{})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, page.StatusCode(), string(page.Body))
	return page.JSON200.Items
}

// count counts the events of a type.
func count(events []client.CaseEvent, kind string) int {
	n := 0
	for _, e := range events {
		if e.Type == kind {
			n++
		}
	}
	return n
}

// importRows imports reviews as JSON Lines and waits until they are in the inbox.
func (b *bedside) importRows(t *testing.T, location, site string, rows []map[string]any) client.Import {
	t.Helper()
	report := upload(t, b.ClientWithResponses, location, site, rows)
	require.Eventually(t, func() bool {
		got, err := b.GetImportWithResponse(t.Context(), *report.Id)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, got.StatusCode(), string(got.Body))
		report = *got.JSON200
		return report.State == "done" && report.InInbox == int64(report.Accepted)
	}, patience, 100*time.Millisecond)
	return report
}

// plan is the set-up file of a practice with two locations, and listings as YAML lines.
func plan(t testing.TB, listings ...string) string {
	t.Helper()
	text := `
organization: {key: test, name: Test Practice}
locations:
  - {key: main, name: Main Street, time_zone: America/Chicago, manager: mia}
  - {key: lake, name: Lake Road, time_zone: America/Chicago, manager: mia}
people:
  - {key: ada, name: Ada Admin, email: ada@test.example, role: administrator, password: a password for tests, locations: []}
  - {key: mia, name: Mia Manager, email: mia@test.example, role: manager, locations: [main]}
  - {key: rob, name: Rob Responder, email: rob@test.example, role: responder, locations: [main]}
`
	if len(listings) > 0 {
		text += "listings:\n" + strings.Join(listings, "\n") + "\n"
	}
	file := filepath.Join(t.TempDir(), "plan.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

// lines is a buffer that may be read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func ptr[T any](v T) *T { return &v }
