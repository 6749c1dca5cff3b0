package workflow_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/gateway/inbox"
	"github.com/bedside-health/bedside/services/gateway/internal/workflow"
)

func commands(t *testing.T, handler http.HandlerFunc) *workflow.Commands {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c, err := workflow.New(workflow.Config{URL: server.URL, Token: "secret", Timeout: 2 * time.Second, Pause: time.Millisecond})
	require.NoError(t, err)
	return c
}

func TestCommands_Redirect_IsNotFollowedWithTheToken(t *testing.T) {
	var reached atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer elsewhere.Close()
	c := commands(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	_, err := c.SetOwner(t.Context(), inbox.Act{OrgID: "o", PersonID: "p", ReviewID: "r"}, "max", "")
	require.Error(t, err)
	require.Equal(t, problem.Internal, problem.KindOf(err))
	require.False(t, reached.Load())
}

func TestCommands_HostileID_StaysOneSegment(t *testing.T) {
	var path string
	c := commands(t, func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.EscapedPath()
		w.WriteHeader(http.StatusNotFound)
	})
	_, err := c.SetStatus(t.Context(), inbox.Act{OrgID: "o", PersonID: "p", ReviewID: "../../x?y"}, inbox.StatusChange{Status: review.Open})
	require.Equal(t, problem.NotFound, problem.KindOf(err))
	require.True(t, strings.HasPrefix(path, "/internal/v1/reviews/") && strings.HasSuffix(path, "/status"), path)
	require.NotContains(t, path, "../")
}

func TestCommands_AnswerWithoutEnd_IsCut(t *testing.T) {
	c := commands(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusConflict)
		chunk := []byte(strings.Repeat("x", 1<<16))
		for range 1000 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	_, err := c.AddNote(t.Context(), inbox.Act{OrgID: "o", PersonID: "p", ReviewID: "r"}, "n", "x")
	require.Equal(t, problem.Conflict, problem.KindOf(err))
	require.Less(t, len(err.Error()), 1000)
}

func TestCommands_SlowAnswer_EndsWithTheTimeout(t *testing.T) {
	done := make(chan struct{})
	c := commands(t, func(http.ResponseWriter, *http.Request) { <-done })
	defer close(done)
	began := time.Now()
	_, err := c.AddNote(t.Context(), inbox.Act{OrgID: "o", PersonID: "p", ReviewID: "r"}, "n", "x")
	require.Equal(t, problem.Unavailable, problem.KindOf(err))
	require.Less(t, time.Since(began), 10*time.Second)
}

func TestCommands_CallerLeaves_EndsAtOnce(t *testing.T) {
	c := commands(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.SetOwner(ctx, inbox.Act{OrgID: "o", PersonID: "p", ReviewID: "r"}, "max", "")
	require.Error(t, err)
}
