package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
	"github.com/bedside-health/bedside/services/response-workflow/digest"
	"github.com/bedside-health/bedside/services/response-workflow/internal/httpapi"
)

const token = "a token of the tests"

// desk remembers the command it got and answers as it is told.
type desk struct {
	cmd   casework.Command
	what  string
	args  []string
	err   error
	panic bool
}

func (d *desk) did(cmd casework.Command, what string, args ...string) (casework.Done, error) {
	if d.panic {
		panic("the text of a review")
	}
	d.cmd, d.what, d.args = cmd, what, args
	return casework.Done{ID: cmd.ReviewID, Rev: 7}, d.err
}

func (d *desk) Assign(_ context.Context, cmd casework.Command, owner, reason string) (casework.Done, error) {
	return d.did(cmd, "assign", owner, reason)
}

func (d *desk) SetStatus(_ context.Context, cmd casework.Command, in casework.StatusChange) (casework.Done, error) {
	return d.did(cmd, "status", string(in.To), in.Reason, in.RootCause, shown(in.Until))
}

func shown(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func (d *desk) SaveDraft(_ context.Context, cmd casework.Command, in casework.DraftSave) (casework.Done, error) {
	return d.did(cmd, "save", fmt.Sprint(in.Version), in.Text, in.Origin)
}

func (d *desk) DiscardDraft(_ context.Context, cmd casework.Command, version int) (casework.Done, error) {
	return d.did(cmd, "discard", fmt.Sprint(version))
}

func (d *desk) RequestApproval(_ context.Context, cmd casework.Command, version int) (casework.Done, error) {
	return d.did(cmd, "request", fmt.Sprint(version))
}

func (d *desk) DecideApproval(_ context.Context, cmd casework.Command, in casework.Decision) (casework.Done, error) {
	return d.did(cmd, "decide", fmt.Sprint(in.Version), fmt.Sprint(in.Approve), in.Comment)
}

func (d *desk) Publish(_ context.Context, cmd casework.Command, version int, reason string) (casework.Done, error) {
	return d.did(cmd, "publish", fmt.Sprint(version), reason)
}

func (d *desk) UndoPublication(_ context.Context, cmd casework.Command) (casework.Done, error) {
	return d.did(cmd, "undo")
}

func (d *desk) ConfirmCopied(_ context.Context, cmd casework.Command) (casework.Done, error) {
	return d.did(cmd, "copied")
}

func (d *desk) RetryPublication(_ context.Context, cmd casework.Command) (casework.Done, error) {
	return d.did(cmd, "retry")
}

func (d *desk) Snooze(_ context.Context, cmd casework.Command, until time.Time) (casework.Done, error) {
	return d.did(cmd, "snooze", shown(until))
}

func (d *desk) Merge(_ context.Context, cmd casework.Command, into string) (casework.Done, error) {
	return d.did(cmd, "merge", into)
}

func (d *desk) AddCommitment(_ context.Context, cmd casework.Command, in casework.Commitment) (casework.Done, error) {
	return d.did(cmd, "promise", in.ID, in.Text, in.OwnerID, shown(in.DueAt))
}

func (d *desk) ChangeCommitment(_ context.Context, cmd casework.Command, id string, in casework.CommitmentChange) (casework.Done, error) {
	return d.did(cmd, "change promise", id, in.State, in.Reason, in.OwnerID, shown(in.DueAt))
}

func (d *desk) MarkRead(_ context.Context, org, person string, ids []string, until time.Time) error {
	_, err := d.did(casework.Command{OrgID: org}, "read", append([]string{person, shown(until)}, ids...)...)
	return err
}

func (d *desk) Test(_ context.Context, org, channel string) error {
	_, err := d.did(casework.Command{OrgID: org}, "test", channel)
	return err
}

func (d *desk) Digest(_ context.Context, org, week string, locations []string) (digest.Digest, string, error) {
	_, err := d.did(casework.Command{OrgID: org}, "digest", append([]string{week}, locations...)...)
	return digest.Digest{Week: "2026-W47"}, "<p>a week</p>", err
}

func (d *desk) AddNote(_ context.Context, cmd casework.Command, id, text string) (casework.Done, error) {
	return d.did(cmd, "note", id, text)
}

func (d *desk) Correct(_ context.Context, cmd casework.Command, j casework.Judgement, reason string) (casework.Done, error) {
	args := []string{string(j.Overall), reason}
	for _, tag := range j.Tags {
		args = append(args, string(tag.Topic)+":"+string(tag.Polarity))
	}
	if j.Urgent != nil {
		args = append(args, fmt.Sprint("urgent", j.Urgent))
	}
	return d.did(cmd, "correct", args...)
}

func (d *desk) Withdraw(_ context.Context, cmd casework.Command) (casework.Done, error) {
	return d.did(cmd, "withdraw")
}

func handler(t *testing.T, d *desk, log io.Writer) http.Handler {
	t.Helper()
	h, err := httpapi.New(httpapi.Config{Cases: d, Messages: d, Token: token, Logger: slog.New(slog.NewJSONHandler(log, nil))})
	require.NoError(t, err)
	return h
}

func send(h http.Handler, method, path, body string, adjust ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Bedside-Org", "o1")
	r.Header.Set("Bedside-Actor-Id", "p1")
	for _, a := range adjust {
		a(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func header(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Del(name)
		for _, v := range values {
			r.Header.Add(name, v)
		}
	}
}

func codeOf(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"), w.Body.String())
	var p struct {
		Code   string
		Status int
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
	require.Equal(t, w.Code, p.Status)
	return p.Code
}

func TestHandler_Commands_ReachTheCases(t *testing.T) {
	d := &desk{}
	h := handler(t, d, io.Discard)
	for _, c := range []struct {
		method, path, body, what string
		args                     []string
	}{
		{"PUT", "/internal/v1/reviews/r_1/owner", `{"owner_id":"p2","reason":" holiday "}`, "assign", []string{"p2", "holiday"}},
		{"PUT", "/internal/v1/reviews/r_1/owner", `{"owner_id":"p2"}`, "assign", []string{"p2", ""}},
		{"PUT", "/internal/v1/reviews/r_1/status", `{"status":"on_hold"}`, "status", []string{"on_hold", "", "", ""}},
		{
			"PUT", "/internal/v1/reviews/r_1/status", `{"status":"resolved","reason":" r ","root_cause":" staff ","until":"2026-12-01T08:00:00+01:00"}`,
			"status", []string{"resolved", "r", "staff", "2026-12-01T07:00:00Z"},
		},
		{"PUT", "/internal/v1/reviews/r_1/draft", `{"version":0,"text":" Thank you.\n","origin":"suggestion"}`, "save", []string{"0", " Thank you.\n", "suggestion"}},
		{"DELETE", "/internal/v1/reviews/r_1/draft?version=3", ``, "discard", []string{"3"}},
		{"POST", "/internal/v1/reviews/r_1/approval", `{"version":2}`, "request", []string{"2"}},
		{"PUT", "/internal/v1/reviews/r_1/approval", `{"version":2,"approve":false,"comment":" shorter "}`, "decide", []string{"2", "false", "shorter"}},
		{"POST", "/internal/v1/reviews/r_1/publication", `{"version":2}`, "publish", []string{"2", ""}},
		{"POST", "/internal/v1/reviews/r_1/publication", `{"version":2,"override_reason":"counsel agreed to it"}`, "publish", []string{"2", "counsel agreed to it"}},
		{"DELETE", "/internal/v1/reviews/r_1/publication", ``, "undo", nil},
		{"POST", "/internal/v1/reviews/r_1/publication/copied", ``, "copied", nil},
		{"POST", "/internal/v1/reviews/r_1/publication/retry", ``, "retry", nil},
		{"PUT", "/internal/v1/reviews/r_1/snooze", `{"until":"2026-12-01T07:00:00Z"}`, "snooze", []string{"2026-12-01T07:00:00Z"}},
		{"PUT", "/internal/v1/reviews/r_1/snooze", `{}`, "snooze", []string{""}},
		{"PUT", "/internal/v1/reviews/r_1/merge", `{"into":"r_2"}`, "merge", []string{"r_2"}},
		{"PUT", "/internal/v1/reviews/r_1/merge", `{}`, "merge", []string{""}},
		{"POST", "/internal/v1/reviews/r_1/commitments", `{"id":"c1","text":" call ","due_at":"2026-12-01T07:00:00Z"}`, "promise", []string{"c1", "call", "", "2026-12-01T07:00:00Z"}},
		{"PATCH", "/internal/v1/reviews/r_1/commitments/c1", `{"state":"dropped","reason":"moved away"}`, "change promise", []string{"c1", "dropped", "moved away", "", ""}},
		{"POST", "/internal/v1/reviews/r_1/notes", `{"id":"n1","text":"two\nlines"}`, "note", []string{"n1", "two\nlines"}},
		{
			"PUT", "/internal/v1/reviews/r_1/tags", `{"tags":[{"topic":"billing","polarity":"mixed"},{"topic":"own.parking","polarity":"negative"}],"overall":"positive","urgent":["privacy"],"reason":" no "}`,
			"correct", []string{"positive", "no", "billing:mixed", "own.parking:negative", "urgent[privacy]"},
		},
		{"PUT", "/internal/v1/reviews/r_1/tags", `{"tags":[]}`, "correct", []string{"", ""}},
		{"PUT", "/internal/v1/reviews/r_1/tags", `{"tags":[],"urgent":[]}`, "correct", []string{"", "", "urgent[]"}},
		{"DELETE", "/internal/v1/reviews/r_1/tags", ``, "withdraw", nil},
	} {
		w := send(h, c.method, c.path, c.body, header("Bedside-Actor-Name", "J%C3%BCrgen%20K"), header("Bedside-Expected-Rev", "12"))
		require.Equal(t, http.StatusOK, w.Code, w.Body.String())
		require.JSONEq(t, `{"id":"r_1","rev":7}`, w.Body.String())
		require.Equal(t, c.what, d.what)
		require.Equal(t, c.args, d.args)
		require.Equal(t, "o1", d.cmd.OrgID)
		require.Equal(t, "p1", d.cmd.By.ID)
		require.Equal(t, "Jürgen K", d.cmd.By.Name)
		require.Equal(t, int64(12), d.cmd.ExpectedRev)
	}
}

func TestHandler_Messages_ReachTheTelling(t *testing.T) {
	d := &desk{}
	h := handler(t, d, io.Discard)
	w := send(h, "POST", "/internal/v1/notifications/read", `{"ids":["a","b"]}`)
	require.Equal(t, http.StatusNoContent, w.Code, w.Body.String())
	require.Equal(t, []string{"p1", "", "a", "b"}, d.args)
	w = send(h, "POST", "/internal/v1/notifications/read", `{"until":"2026-12-01T07:00:00Z"}`)
	require.Equal(t, http.StatusNoContent, w.Code)
	require.Equal(t, []string{"p1", "2026-12-01T07:00:00Z"}, d.args)
	w = send(h, "POST", "/internal/v1/channels/front-desk/test", ``)
	require.Equal(t, http.StatusNoContent, w.Code, w.Body.String())
	require.Equal(t, []string{"front-desk"}, d.args)
	w = send(h, "GET", "/internal/v1/digest?week=2026-W47&location_id=l1&location_id=l2", ``)
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	require.Equal(t, []string{"2026-W47", "l1", "l2"}, d.args)
	require.Equal(t, "o1", d.cmd.OrgID)
	var answer struct {
		Digest struct{ Week string }
		HTML   string
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	require.Equal(t, "2026-W47", answer.Digest.Week)
	require.Equal(t, "<p>a week</p>", answer.HTML)
}

func TestHandler_WithoutTheToken_Refused(t *testing.T) {
	d := &desk{}
	h := handler(t, d, io.Discard)
	for _, value := range []string{"", "Bearer ", "Bearer wrong", token, "Basic " + token, "Bearer " + token + "x"} {
		for _, path := range []string{"/internal/v1/reviews/r_1/owner", "/nothing/here"} {
			w := send(h, "PUT", path, `{"owner_id":"p2"}`, header("Authorization", value))
			require.Equal(t, http.StatusUnauthorized, w.Code, "%q", value)
			require.Equal(t, "bad_service_token", codeOf(t, w))
		}
	}
	require.Empty(t, d.what)
}

func TestHandler_BadRequests_ToldWhatIsWrong(t *testing.T) {
	const owner, status, notes = "/internal/v1/reviews/r_1/owner", "/internal/v1/reviews/r_1/status", "/internal/v1/reviews/r_1/notes"
	const tags, draft = "/internal/v1/reviews/r_1/tags", "/internal/v1/reviews/r_1/draft"
	d := &desk{}
	h := handler(t, d, io.Discard)
	for _, c := range []struct {
		name, method, path, body, code string
		adjust                         func(*http.Request)
	}{
		{"no organization", "PUT", owner, `{"owner_id":"p"}`, "invalid_parameter", header("Bedside-Org")},
		{"empty organization", "PUT", owner, `{"owner_id":"p"}`, "invalid_parameter", header("Bedside-Org", "")},
		{"two organizations", "PUT", owner, `{"owner_id":"p"}`, "invalid_parameter", header("Bedside-Org", "a", "b")},
		{"no actor", "PUT", owner, `{"owner_id":"p"}`, "invalid_parameter", header("Bedside-Actor-Id")},
		{"bad actor", "PUT", owner, `{"owner_id":"p"}`, "invalid_command", header("Bedside-Actor-Id", "a\x07")},
		{"bad name", "PUT", owner, `{"owner_id":"p"}`, "invalid_command", header("Bedside-Actor-Name", "%ff")},
		{"not encoded", "PUT", owner, `{"owner_id":"p"}`, "invalid_command", header("Bedside-Actor-Name", "100%")},
		{"name of two lines", "PUT", owner, `{"owner_id":"p"}`, "invalid_command", header("Bedside-Actor-Name", "a%0Ab")},
		{"bad rev", "PUT", owner, `{"owner_id":"p"}`, "invalid_parameter", header("Bedside-Expected-Rev", "x")},
		{"zero rev", "PUT", owner, `{"owner_id":"p"}`, "invalid_command", header("Bedside-Expected-Rev", "0")},
		{"long id", "PUT", "/internal/v1/reviews/" + strings.Repeat("x", 101) + "/owner", `{"owner_id":"p"}`, "invalid_command", nil},
		{"no body", "PUT", owner, ``, "invalid_body", nil},
		{"not JSON", "PUT", owner, `owner`, "invalid_body", nil},
		{"an array", "PUT", owner, `["p"]`, "invalid_body", nil},
		{"two objects", "PUT", owner, `{"owner_id":"p"}{}`, "invalid_body", nil},
		{"unknown field", "PUT", owner, `{"owner_id":"p","status":"open"}`, "invalid_body", nil},
		{"wrong type", "PUT", owner, `{"owner_id":7}`, "invalid_body", nil},
		{"no owner", "PUT", owner, `{"owner_id":""}`, "invalid_command", nil},
		{"long reason", "PUT", owner, `{"owner_id":"p","reason":"` + strings.Repeat("é", 501) + `"}`, "invalid_command", nil},
		{"unknown status", "PUT", status, `{"status":"done"}`, "invalid_command", nil},
		{"no status", "PUT", status, `{}`, "invalid_command", nil},
		{"empty note", "POST", notes, `{"id":"n","text":" \n "}`, "invalid_command", nil},
		{"note without id", "POST", notes, `{"text":"x"}`, "invalid_command", nil},
		{"no tags", "PUT", tags, `{}`, "invalid_command", nil},
		{"tags of null", "PUT", tags, `{"tags":null}`, "invalid_command", nil},
		{"unknown topic", "PUT", tags, `{"tags":[{"topic":"parking","polarity":"mixed"}]}`, "invalid_command", nil},
		{"misspelt own topic", "PUT", tags, `{"tags":[{"topic":"own.Parking","polarity":"mixed"}]}`, "invalid_command", nil},
		{"absent is no polarity of a tag", "PUT", tags, `{"tags":[{"topic":"billing","polarity":"absent"}]}`, "invalid_command", nil},
		{"unknown verdict", "PUT", tags, `{"tags":[],"overall":"good"}`, "invalid_command", nil},
		{"unknown flag", "PUT", tags, `{"tags":[],"urgent":["fire"]}`, "invalid_command", nil},
		{"many flags", "PUT", tags, `{"tags":[],"urgent":["privacy","privacy","privacy","privacy","privacy"]}`, "invalid_command", nil},
		{"many tags", "PUT", tags, `{"tags":[` + strings.Repeat(`{"topic":"billing","polarity":"mixed"},`, 50) + `{"topic":"billing","polarity":"mixed"}]}`, "invalid_command", nil},
		{"evidence of a person", "PUT", tags, `{"tags":[{"topic":"billing","polarity":"mixed","evidence":[]}]}`, "invalid_body", nil},
		{"draft below 0", "PUT", draft, `{"version":-1,"text":"x"}`, "invalid_command", nil},
		{"long draft", "PUT", draft, `{"version":0,"text":"` + strings.Repeat("é", 10_001) + `"}`, "invalid_command", nil},
		{"discard without version", "DELETE", draft, ``, "invalid_parameter", nil},
		{"approval of no version", "POST", "/internal/v1/reviews/r_1/approval", `{}`, "invalid_command", nil},
		{"short override", "POST", "/internal/v1/reviews/r_1/publication", `{"version":1,"override_reason":"  because  "}`, "invalid_command", nil},
		{"merge with itself", "PUT", "/internal/v1/reviews/r_1/merge", `{"into":"r_1"}`, "invalid_command", nil},
		{"snooze until when", "PUT", "/internal/v1/reviews/r_1/snooze", `{"until":"tomorrow"}`, "invalid_body", nil},
		{"empty promise", "POST", "/internal/v1/reviews/r_1/commitments", `{"id":"c","text":" ","due_at":"2026-12-01T07:00:00Z"}`, "invalid_command", nil},
		{"unknown state of a promise", "PATCH", "/internal/v1/reviews/r_1/commitments/c", `{"state":"missed"}`, "invalid_command", nil},
		{"nothing to read", "POST", "/internal/v1/notifications/read", `{}`, "invalid_command", nil},
		{"long note", "POST", notes, `{"id":"n","text":"` + strings.Repeat("é", 10_001) + `"}`, "invalid_command", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			adjust := c.adjust
			if adjust == nil {
				adjust = func(*http.Request) {}
			}
			w := send(h, c.method, c.path, c.body, adjust)
			require.Equal(t, c.code, codeOf(t, w))
			require.Equal(t, http.StatusUnprocessableEntity, w.Code)
			require.Empty(t, d.what)
		})
	}
	w := send(h, "POST", notes, `{"id":"n","text":"`+strings.Repeat("x", 1<<20)+`"}`)
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	require.Equal(t, "body_too_large", codeOf(t, w))
	require.Equal(t, http.StatusNotFound, send(h, "GET", owner, "").Code)
	require.Equal(t, http.StatusNotFound, send(h, "PUT", "/internal/v1/reviews/r_1", "").Code)
}

func TestHandler_LongestNoteAllowed_Taken(t *testing.T) {
	d := &desk{}
	h := handler(t, d, io.Discard)
	text := strings.Repeat("\U0001F642", 10_000)
	body, err := json.Marshal(map[string]string{"id": "n", "text": text})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, send(h, "POST", "/internal/v1/reviews/r_1/notes", string(body)).Code)
	require.Equal(t, text, d.args[1])
}

func TestHandler_FailuresOfTheCases_KeepTheirKind(t *testing.T) {
	for kind, status := range map[problem.Kind]int{
		problem.NotFound: http.StatusNotFound, problem.Conflict: http.StatusConflict, problem.Invalid: http.StatusUnprocessableEntity,
		problem.Unavailable: http.StatusServiceUnavailable, problem.Internal: http.StatusInternalServerError,
	} {
		h := handler(t, &desk{err: problem.New(kind, "some_code", "words")}, io.Discard)
		w := send(h, "PUT", "/internal/v1/reviews/r_1/status", `{"status":"open"}`)
		require.Equal(t, status, w.Code)
		if kind != problem.Internal {
			require.Equal(t, "some_code", codeOf(t, w))
		}
	}
}

func TestHandler_Panic_AnsweredAndLoggedWithoutItsWords(t *testing.T) {
	var log bytes.Buffer
	h := handler(t, &desk{panic: true}, &log)
	w := send(h, "PUT", "/internal/v1/reviews/r_1/status", `{"status":"open"}`)
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Contains(t, log.String(), "handler panicked")
	require.NotContains(t, log.String(), "the text of a review")
}

func TestNew_WithoutWhatItNeeds_Refused(t *testing.T) {
	_, err := httpapi.New(httpapi.Config{Token: config.Secret("short")})
	require.ErrorContains(t, err, "cases")
	require.ErrorContains(t, err, "16 bytes")
}

func TestRoutes_AndSpecification_Agree(t *testing.T) {
	data, err := os.ReadFile("../../../../api-specs/openapi/response-workflow.yaml")
	require.NoError(t, err)
	var spec struct {
		Paths map[string]map[string]any `yaml:"paths"`
	}
	require.NoError(t, yaml.Unmarshal(data, &spec))
	var want, got []string
	for path, operations := range spec.Paths {
		for method := range operations {
			if method != "parameters" {
				want = append(want, strings.ToUpper(method)+" "+path)
			}
		}
	}
	engine, ok := handler(t, &desk{}, io.Discard).(*gin.Engine)
	require.True(t, ok)
	parameter := regexp.MustCompile(`:(\w+)`)
	for _, r := range engine.Routes() {
		got = append(got, r.Method+" "+parameter.ReplaceAllString(r.Path, "{$1}"))
	}
	slices.Sort(want)
	slices.Sort(got)
	require.NotEmpty(t, want)
	require.Equal(t, want, got)
}
