package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/services/gateway/access"
)

// reviewAct is one thing people do to a review, with what it needs.
type reviewAct struct {
	name       string
	permission access.Permission
	method     string
	path       string // behind the review's
	body       any
}

func reviewActs() []reviewAct {
	object := func(pairs ...any) map[string]any {
		out := map[string]any{}
		for i := 0; i+1 < len(pairs); i += 2 {
			out[pairs[i].(string)] = pairs[i+1]
		}
		return out
	}
	later := "2099-01-01T00:00:00Z"
	return []reviewAct{
		{"owner", access.WorkCases, http.MethodPut, "/owner", object("owner_id", "max")},
		{"status", access.WorkCases, http.MethodPut, "/status", object("status", "open")},
		{"note", access.WorkCases, http.MethodPost, "/notes", object("text", "Called.")},
		{"tags", access.WorkCases, http.MethodPut, "/tags", object("rev", 1, "tags", []any{})},
		{"withdraw", access.WorkCases, http.MethodDelete, "/tags", nil},
		{"snooze", access.WorkCases, http.MethodPut, "/snooze", object("until", later)},
		{"wake", access.WorkCases, http.MethodDelete, "/snooze", nil},
		{"merge", access.WorkCases, http.MethodPut, "/merge", object("into", "r_other")},
		{"unmerge", access.WorkCases, http.MethodDelete, "/merge", nil},
		{"promise", access.WorkCases, http.MethodPost, "/commitments", object("text", "Call.", "due_at", later)},
		{"keep", access.WorkCases, http.MethodPatch, "/commitments/c_1", object("state", "kept")},
		{"check", access.DraftReplies, http.MethodPost, "/reply/check", object("reply", "Thank you.")},
		{"draft", access.DraftReplies, http.MethodPut, "/draft", object("version", 0, "text", "Thank you.")},
		{"discard", access.DraftReplies, http.MethodDelete, "/draft?version=1", nil},
		{"write", access.DraftReplies, http.MethodPost, "/draft/editors", object("editing", true)},
		{"ask", access.DraftReplies, http.MethodPost, "/approval", object("version", 1)},
		{"approve", access.ApproveReplies, http.MethodPut, "/approval", object("version", 1, "approve", true)},
		{"return", access.ApproveReplies, http.MethodPut, "/approval", object("version", 1, "approve", false, "comment", "No.")},
		{"publish", access.PublishReplies, http.MethodPost, "/publication", object("version", 1)},
		{"undo", access.PublishReplies, http.MethodDelete, "/publication", nil},
		{"copied", access.PublishReplies, http.MethodPost, "/publication/copied", nil},
		{"retry", access.PublishReplies, http.MethodPost, "/publication/retry", nil},
		{"override", access.OverrideChecks, http.MethodPost, "/publication", object("version", 1, "override_reason", "This names our own office only.")},
	}
}

// Every act, every role, in and out of what they cover, in another organization and on nothing: what is
// expected is read from the table that people are shown.
func TestReviewActs_EveryRoleAndScope_AreAsPublished(t *testing.T) {
	d := start(t)
	elsewhere := collections.Actor{Kind: collections.ActorPerson, ID: "somebody"}
	draft := func(r *collections.Review) {
		r.Draft = &collections.Draft{Version: 1, Text: "Thank you.", State: collections.DraftEditing, By: elsewhere, At: r.PostedAt}
	}
	at := func(location string) func(*collections.Review) {
		return func(r *collections.Review) { draft(r); r.LocationID = location }
	}
	// a person of each role with what they cover: main street for those that are bound to places.
	people := map[string]collections.Role{
		"ada": collections.Administrator, "dora": collections.Director, "max": collections.Manager, "rita": collections.Responder, "vic": collections.Viewer,
	}
	table := published(t)
	n := 0
	for who, role := range people {
		b := d.as(who, "lakeside")
		for _, act := range reviewActs() {
			n++
			inside, outside, theirs := fmt.Sprintf("r_in_%d", n), fmt.Sprintf("r_out_%d", n), fmt.Sprintf("r_their_%d", n)
			d.sample("lakeside", inside, at("main-street"))
			d.sample("lakeside", outside, at("far-away"))
			d.sample("harbor", theirs, at("main-street"))
			before := len(d.workflow.commands())
			send := func(id string) answer { return b.send(act.method, "/api/v1/reviews/"+id+act.path, act.body) }
			scope := table[string(role)+" "+string(act.permission)]

			a := send(outside)
			switch scope {
			case "everywhere":
				require.NotEqual(t, http.StatusForbidden, a.status, "%s %s outside: %s", role, act.name, a.text())
			case "covered":
				require.Equal(t, http.StatusForbidden, a.status, "%s %s outside: %s", role, act.name, a.text())
				require.Equal(t, "outside_scope", a.code())
				require.Contains(t, a.text(), string(act.permission))
				require.Len(t, d.workflow.commands(), before)
			default:
				require.Equal(t, http.StatusForbidden, a.status, "%s %s outside: %s", role, act.name, a.text())
				code := "not_allowed"
				if act.permission == access.OverrideChecks && access.Includes(role, access.PublishReplies) {
					code = "outside_scope" // publishing comes first
				}
				require.Equal(t, code, a.code(), "%s %s outside", role, act.name)
				require.Len(t, d.workflow.commands(), before)
			}
			a = send(inside)
			require.Less(t, a.status, 500, "%s %s inside: %s", role, act.name, a.text())
			if scope == "" {
				require.Equal(t, "not_allowed", a.code(), "%s %s inside", role, act.name)
			} else {
				require.NotEqual(t, http.StatusForbidden, a.status, "%s %s inside: %s", role, act.name, a.text())
			}
			if act.permission == access.OverrideChecks {
				act.body = map[string]any{"version": 1} // what follows is about the review
			}
			unknown := http.StatusNotFound
			if !access.Includes(role, access.PublishReplies) && act.path == "/publication" || scope == "" && act.permission != access.OverrideChecks {
				unknown = http.StatusForbidden
			}
			before = len(d.workflow.commands())
			foreign, none := send(theirs), send("r_nothing_like_it")
			require.Equal(t, unknown, foreign.status, "%s %s elsewhere: %s", role, act.name, foreign.text())
			require.Equal(t, none.text(), foreign.text())
			require.Len(t, d.workflow.commands(), before, "nothing leaves for another organization's review")
		}
	}
	require.Equal(t, 5*len(reviewActs()), n)
}

// published reads the table of docs/permissions.md.
func published(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	roles := []string{}
	for line := range strings.Lines(readFile(t, "../../docs/permissions.md")) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`")
		}
		switch {
		case len(cells) != 7 || strings.HasPrefix(cells[0], "-"):
		case cells[0] == "permission":
			roles = cells[2:]
		default:
			for i, role := range roles {
				out[role+" "+cells[0]] = cells[i+2]
			}
		}
	}
	require.Len(t, out, 5*len(access.Permissions()))
	return out
}

func TestReview_May_IsWhatTheActsSay(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_in", nil)
	d.sample("lakeside", "r_out", func(r *collections.Review) { r.LocationID = "elm-street" })
	for who, want := range map[string][2]string{
		"ada":  {"[work draft approve publish override]", "[work draft approve publish override]"},
		"dora": {"[work draft approve publish override]", "[work draft approve publish override]"},
		"max":  {"[work draft approve publish]", "[]"},
		"rita": {"[work draft publish]", "[work draft publish]"},
		"vic":  {"[]", "[]"},
	} {
		b := d.as(who, "lakeside")
		for i, id := range []string{"r_in", "r_out"} {
			require.Equal(t, want[i], fmt.Sprint(b.ok("/api/v1/reviews/" + id).object()["may"]), "%s %s", who, id)
		}
	}
}

func TestReview_LocationOfItsManager_IsCoveredUnlisted(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", func(r *collections.Review) { r.LocationID = "elm-street" })
	max := d.as("max", "lakeside")
	status := map[string]any{"status": "open"}
	require.Equal(t, "outside_scope", max.send(http.MethodPut, "/api/v1/reviews/r_1/status", status).code())
	d.place("elm-street", func(l *collections.Location) { l.ManagerID = "max" })
	a := max.send(http.MethodPut, "/api/v1/reviews/r_1/status", status)
	require.Equal(t, http.StatusOK, a.status, "who manages a location gets the cases nobody else can have: %s", a.text())
}
