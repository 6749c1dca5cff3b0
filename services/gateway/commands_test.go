package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCommands_Owner_GoesToTheWorkflowWithWhoActs(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	rita := d.as("rita", "lakeside")
	a := rita.send(http.MethodPut, "/api/v1/reviews/r_1/owner", map[string]any{"owner_id": "max", "reason": "His patient."})
	require.Equal(t, http.StatusOK, a.status, a.text())
	require.Equal(t, "max", a.object()["case"].(map[string]any)["owner_id"])
	require.Equal(t, `"2"`, a.header.Get("ETag"))
	asked := d.workflow.commands()
	require.Len(t, asked, 1)
	require.Equal(t, "/internal/v1/reviews/r_1/owner", asked[0].path)
	require.Equal(t, "Bearer "+serviceToken, asked[0].token)
	require.Equal(t, "lakeside", asked[0].org)
	require.Equal(t, "rita", asked[0].actor)
	require.Equal(t, "Rita%20R%C3%A4uber", asked[0].name)
	require.Equal(t, map[string]any{"owner_id": "max", "reason": "His patient."}, asked[0].body)

	a = rita.send(http.MethodPut, "/api/v1/reviews/r_1/owner", map[string]any{"owner_id": "me"})
	require.Equal(t, "rita", a.object()["case"].(map[string]any)["owner_id"])
}

func TestCommands_IfMatch_CarriesTheRevision(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	rita := d.as("rita", "lakeside")
	etag := rita.ok("/api/v1/reviews/r_1").header.Get("ETag")
	status := func(value, ifMatch string) answer {
		return rita.send(http.MethodPut, "/api/v1/reviews/r_1/status", map[string]any{"status": value}, "If-Match", ifMatch)
	}
	require.Equal(t, http.StatusOK, status("open", etag).status)
	stale := status("resolved", etag)
	require.Equal(t, http.StatusConflict, stale.status, stale.text())
	require.Equal(t, "rev_mismatch", stale.code())
	require.Equal(t, http.StatusOK, status("resolved", "*").status)
	require.Equal(t, http.StatusUnprocessableEntity, status("open", "yesterday").status)
	require.Equal(t, "1", d.workflow.commands()[0].rev)
}

func TestCommands_Note_SameKeyIsTheSameNote(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	rita := d.as("rita", "lakeside")
	note := func(key string) answer {
		a := rita.send(http.MethodPost, "/api/v1/reviews/r_1/notes", map[string]any{"text": "Called."}, "Idempotency-Key", key)
		require.Equal(t, http.StatusCreated, a.status, a.text())
		return a
	}
	note("k1")
	require.Len(t, note("k1").object()["notes"], 1)
	require.Len(t, note("k2").object()["notes"], 2)
	blank := rita.send(http.MethodPost, "/api/v1/reviews/r_1/notes", map[string]any{"text": " \n "})
	require.Equal(t, http.StatusUnprocessableEntity, blank.status)
}

func TestCommands_WorkflowAnswers_ReachThePerson(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	rita := d.as("rita", "lakeside")
	for _, c := range []struct {
		answered, want int
		code           string
	}{
		{http.StatusConflict, http.StatusConflict, "invalid_transition"},
		{http.StatusUnprocessableEntity, http.StatusUnprocessableEntity, "reason_required"},
		{http.StatusNotFound, http.StatusNotFound, "review_not_found"},
		{http.StatusUnauthorized, http.StatusInternalServerError, "workflow_failed"},
		{http.StatusForbidden, http.StatusInternalServerError, "workflow_failed"},
		{http.StatusInternalServerError, http.StatusInternalServerError, "workflow_failed"},
	} {
		d.workflow.failWith(func(w http.ResponseWriter) bool {
			answerProblem(w, c.answered, c.code, "What to do.", nil)
			return true
		})
		a := rita.send(http.MethodPut, "/api/v1/reviews/r_1/status", map[string]any{"status": "open"})
		require.Equal(t, c.want, a.status, a.text())
		require.Equal(t, c.code, a.code())
		if c.want < 500 {
			require.Equal(t, "What to do.", a.object()["detail"])
		}
	}
}

func TestCommands_WorkflowRestarts_CommandIsTriedAgain(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	left := 2
	d.workflow.failWith(func(w http.ResponseWriter) bool {
		if left == 0 {
			return false
		}
		left--
		w.WriteHeader(http.StatusBadGateway)
		return true
	})
	rita := d.as("rita", "lakeside")
	a := rita.send(http.MethodPut, "/api/v1/reviews/r_1/status", map[string]any{"status": "open"})
	require.Equal(t, http.StatusOK, a.status, a.text())
	d.workflow.server.Close()
	a = rita.send(http.MethodPut, "/api/v1/reviews/r_1/status", map[string]any{"status": "open"})
	require.Equal(t, http.StatusServiceUnavailable, a.status, a.text())
	require.Equal(t, "workflow_unavailable", a.code())
	require.NotContains(t, a.text(), "127.0.0.1", "addresses inside are nobody's business")
	rita.ok("/api/v1/reviews") // reading goes on
}

func TestCommands_HostileBodies_AreRefusedBeforeAnythingHappens(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	rita := d.as("rita", "lakeside")
	const path = "/api/v1/reviews/r_1/owner"
	send := func(body, contentType string) answer {
		return rita.send(http.MethodPut, path, strings.NewReader(body), "Content-Type", contentType)
	}
	for name, a := range map[string]answer{
		"no JSON":         send(`{"owner_id":`, "application/json"),
		"empty":           send(``, "application/json"),
		"an array":        send(`[]`, "application/json"),
		"wrong type":      send(`{"owner_id":{"$ne":""}}`, "application/json"),
		"unknown field":   send(`{"owner_id":"max","org_id":"harbor"}`, "application/json"),
		"other case":      send(`{"Owner_ID":"max"}`, "application/json"),
		"too long":        send(`{"owner_id":"`+strings.Repeat("x", 101)+`"}`, "application/json"),
		"two values":      send(`{"owner_id":"max"} {"owner_id":"ada"}`, "application/json"),
		"a form":          send(`owner_id=max`, "application/x-www-form-urlencoded"),
		"no content type": send(`{"owner_id":"max"}`, ""),
		"deep":            send(strings.Repeat("[", 20000)+strings.Repeat("]", 20000), "application/json"),
	} {
		require.Equal(t, http.StatusUnprocessableEntity, a.status, "%s: %s", name, a.text())
		require.Less(t, len(a.text()), 1000, name)
	}
	large := send(`{"owner_id":"max","reason":"`+strings.Repeat("x", 1<<20)+`"}`, "application/json")
	require.Equal(t, http.StatusRequestEntityTooLarge, large.status, large.text())
	require.Empty(t, d.workflow.commands())
}
