package cli

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLabels_TwoPages_AreOneFileOfLabelledTexts(t *testing.T) {
	const topics = `{"billing":"absent","wait_times":"negative","staff_attitude":"absent","scheduling_access":"absent","clinical_care":"absent","communication":"absent","facility":"absent","upselling":"mixed"}`
	const first = `{"id":"r_1","text":"Waited <2 hours>\n& left","rating":null,"labels":{"topics":` + topics + `,"overall":"negative","urgent":["privacy"]}}`
	const second = `{"id":"r_2","text":"Fine.","rating":4.5,"labels":{"topics":` + topics + `,"overall":"mixed","urgent":[]}}`
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "Bearer t", r.Header.Get("Authorization"))
		require.Equal(t, "/api/v1/labels", r.URL.Path)
		asked = append(asked, r.URL.Query().Get("cursor"))
		w.Header().Set("Content-Type", "application/json")
		page := `{"items":[` + first + `],"next_cursor":"more"}`
		if asked[len(asked)-1] == "more" {
			page = `{"items":[` + second + `],"next_cursor":null}`
		}
		_, _ = w.Write([]byte(page))
	}))
	defer server.Close()
	code, out, stderr := run(t, "", []string{"BEDSIDE_URL=" + server.URL, "BEDSIDE_TOKEN=t"}, "labels")
	require.Zero(t, code, stderr)
	require.Equal(t, []string{"", "more"}, asked)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 2)
	require.JSONEq(t, first, lines[0])
	require.JSONEq(t, second, lines[1])
	require.Contains(t, lines[0], "<2 hours>", "texts are written as they are")
	require.True(t, json.Valid([]byte(lines[1])))
}

func TestLabels_RefusedOrNone_SaysSo(t *testing.T) {
	answer := func(status int, contentType, body string) []string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}))
		t.Cleanup(server.Close)
		return []string{"BEDSIDE_URL=" + server.URL, "BEDSIDE_TOKEN=t"}
	}
	code, out, stderr := run(t, "", answer(http.StatusForbidden, "application/problem+json", `{"type":"about:blank","title":"x","status":403,"code":"not_allowed","detail":"Your role does not include this."}`), "labels")
	require.Equal(t, 1, code)
	require.Empty(t, out)
	require.Contains(t, stderr, "Your role does not include this.")
	code, out, stderr = run(t, "", answer(http.StatusOK, "application/json", `{"items":[],"next_cursor":null}`), "labels")
	require.Zero(t, code)
	require.Empty(t, out)
	require.Contains(t, stderr, "Nobody has corrected")
}
