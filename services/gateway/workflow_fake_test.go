package gateway_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/review"
)

// workflowFake stands for response-workflow: it holds every request to the description of the
// internal API, carries out commands on the store and remembers how it was asked.
type workflowFake struct {
	t      testing.TB
	store  *collections.Store
	server *httptest.Server
	router routers.Router
	mu     sync.Mutex
	asked  []askedCommand
	fail   func(w http.ResponseWriter) bool
}

type askedCommand struct {
	method, path, token, org, actor, name, rev string
	query                                      string
	body                                       map[string]any
}

// refusal is a problem that a command answers with.
type refusal struct {
	status       int
	code, detail string
	members      map[string]any
}

func (r *refusal) Error() string { return r.code }

// command changes a review as one operation does.
type command func(r *http.Request, doc *collections.Review, by collections.Actor, body map[string]any) error

func newWorkflowFake(t testing.TB, store *collections.Store) *workflowFake {
	doc, err := openapi3.NewLoader().LoadFromFile("../../api-specs/openapi/response-workflow.yaml")
	require.NoError(t, err)
	router, err := legacy.NewRouter(doc)
	require.NoError(t, err)
	f := &workflowFake{t: t, store: store, router: router}
	mux := http.NewServeMux()
	for pattern, run := range caseCommands() {
		mux.HandleFunc(pattern, f.handle(run))
	}
	for pattern, run := range replyCommands() {
		mux.HandleFunc(pattern, f.handle(run))
	}
	none := func(w http.ResponseWriter, r *http.Request) {
		if f.note(w, r) != nil {
			w.WriteHeader(http.StatusNoContent)
		}
	}
	mux.HandleFunc("POST /internal/v1/notifications/read", none)
	mux.HandleFunc("POST /internal/v1/channels/{id}/test", none)
	mux.HandleFunc("GET /internal/v1/digest", func(w http.ResponseWriter, r *http.Request) {
		if f.note(w, r) == nil {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, fakeDigest)
	})
	f.server = httptest.NewServer(mux)
	t.Cleanup(f.server.Close)
	return f
}

const fakeDigest = `{"html":"<!doctype html><title>Week</title><p>Twelve reviews.</p>","digest":{"week":"2026-W09",
"from":"2026-02-23T00:00:00Z","to":"2026-03-02T00:00:00Z","title":"Practice lakeside","overdue":1,"topics":null,
"reviews":{"now":12,"before":9},"rating":{"now":4.5,"before":null},"answered":{"now":0.5,"before":0.25},
"median_reply_seconds":{"now":3600,"before":null},"commitments":null,"praised":[{"name":"Dr. Lee","count":3}],"locations":null}}`

func caseCommands() map[string]command {
	text := func(body map[string]any, name string) string { s, _ := body[name].(string); return s }
	moment := func(body map[string]any, name string) time.Time {
		at, _ := time.Parse(time.RFC3339Nano, text(body, name))
		return at
	}
	return map[string]command{
		"PUT /internal/v1/reviews/{id}/owner": func(_ *http.Request, doc *collections.Review, _ collections.Actor, body map[string]any) error {
			doc.Case.OwnerID = text(body, "owner_id")
			return nil
		},
		"PUT /internal/v1/reviews/{id}/status": func(_ *http.Request, doc *collections.Review, _ collections.Actor, body map[string]any) error {
			to := review.Status(text(body, "status"))
			if to != doc.Case.Status && !doc.Case.Status.CanBecome(to) {
				return &refusal{status: http.StatusConflict, code: "invalid_transition", detail: "the case cannot become that"}
			}
			if (to == review.NoReplyNeeded || to == review.OnHold) && text(body, "reason") == "" {
				return &refusal{status: http.StatusUnprocessableEntity, code: "reason_required", detail: "say why"}
			}
			doc.Case.Status, doc.Case.HoldReason, doc.Case.HeldUntil, doc.Case.ClosedReason = to, "", time.Time{}, ""
			switch to {
			case review.OnHold:
				doc.Case.HoldReason, doc.Case.HeldUntil = text(body, "reason"), moment(body, "until")
			case review.NoReplyNeeded:
				doc.Case.ClosedReason = text(body, "reason")
			case review.Resolved:
				doc.Case.RootCause = text(body, "root_cause")
			default:
			}
			return nil
		},
		"POST /internal/v1/reviews/{id}/notes": func(_ *http.Request, doc *collections.Review, by collections.Actor, body map[string]any) error {
			for _, note := range doc.Notes {
				if note.ID == body["id"] {
					return docstore.ErrSkip
				}
			}
			doc.Notes = append(doc.Notes, collections.Note{ID: text(body, "id"), At: time.Now(), By: by, Text: text(body, "text")})
			return nil
		},
		"PUT /internal/v1/reviews/{id}/tags": func(_ *http.Request, doc *collections.Review, by collections.Actor, body map[string]any) error {
			machine := doc.Analysis
			doc.Correction, doc.Corrected, doc.Machine = &collections.Correction{
				Topics: map[review.Topic]string{}, At: time.Now(), By: by,
			}, true, &machine
			doc.Analysis.Tags = nil
			for _, given := range body["tags"].([]any) {
				tag := given.(map[string]any)
				topic, polarity := review.Topic(text(tag, "topic")), text(tag, "polarity")
				doc.Correction.Topics[topic] = polarity
				doc.Analysis.Tags = append(doc.Analysis.Tags, review.Tag{Topic: topic, Polarity: review.Polarity(polarity), Evidence: []review.Evidence{}})
			}
			index(doc)
			return nil
		},
		"DELETE /internal/v1/reviews/{id}/tags": func(_ *http.Request, doc *collections.Review, _ collections.Actor, _ map[string]any) error {
			if doc.Machine != nil {
				doc.Analysis, doc.Machine, doc.Correction, doc.Corrected = *doc.Machine, nil, nil, false
			}
			index(doc)
			return nil
		},
		"PUT /internal/v1/reviews/{id}/snooze": func(_ *http.Request, doc *collections.Review, _ collections.Actor, body map[string]any) error {
			doc.Case.SnoozedUntil = moment(body, "until")
			return nil
		},
		"PUT /internal/v1/reviews/{id}/merge": func(_ *http.Request, doc *collections.Review, _ collections.Actor, body map[string]any) error {
			doc.Case.MergedInto = text(body, "into")
			return nil
		},
		"POST /internal/v1/reviews/{id}/commitments": func(_ *http.Request, doc *collections.Review, by collections.Actor, body map[string]any) error {
			for _, c := range doc.Commitments {
				if c.ID == body["id"] {
					return docstore.ErrSkip
				}
			}
			owner := text(body, "owner_id")
			if owner == "" {
				owner = doc.Case.OwnerID
			}
			doc.Commitments = append(doc.Commitments, collections.Commitment{
				ID: text(body, "id"), Text: text(body, "text"), OwnerID: owner, DueAt: moment(body, "due_at"), By: by, At: time.Now(),
			})
			promised(doc)
			return nil
		},
		"PATCH /internal/v1/reviews/{id}/commitments/{commitment_id}": func(r *http.Request, doc *collections.Review, by collections.Actor, body map[string]any) error {
			for i := range doc.Commitments {
				c := &doc.Commitments[i]
				if c.ID != r.PathValue("commitment_id") {
					continue
				}
				if state := text(body, "state"); state == "kept" || state == "dropped" {
					c.DoneAt, c.DoneBy, c.Dropped, c.Reason = time.Now(), &by, state == "dropped", text(body, "reason")
				}
				if owner := text(body, "owner_id"); owner != "" {
					c.OwnerID = owner
				}
				if due := moment(body, "due_at"); !due.IsZero() {
					c.DueAt = due
				}
				promised(doc)
				return nil
			}
			return &refusal{status: http.StatusNotFound, code: "commitment_not_found", detail: "there is no such commitment"}
		},
	}
}

// promised derives when the next commitment is due.
func promised(doc *collections.Review) {
	doc.CommitmentDueAt = time.Time{}
	for _, c := range doc.Commitments {
		if c.DoneAt.IsZero() && (doc.CommitmentDueAt.IsZero() || c.DueAt.Before(doc.CommitmentDueAt)) {
			doc.CommitmentDueAt = c.DueAt
		}
	}
}

func replyCommands() map[string]command {
	version := func(body map[string]any) int { n, _ := body["version"].(float64); return int(n) }
	text := func(body map[string]any, name string) string { s, _ := body[name].(string); return s }
	changed := func(doc *collections.Review) error {
		r := &refusal{status: http.StatusConflict, code: "draft_changed", detail: "the draft was changed since", members: map[string]any{}}
		if doc.Draft != nil {
			r.members["current_draft"] = *doc.Draft
		}
		return r
	}
	at := func(doc *collections.Review, n int) bool { return doc.Draft != nil && doc.Draft.Version == n }
	published := func(doc *collections.Review, from ...collections.PublicationState) error {
		for _, state := range from {
			if doc.Publication != nil && doc.Publication.State == state {
				return nil
			}
		}
		return &refusal{status: http.StatusConflict, code: "no_publication", detail: "no reply of this review is waiting for that"}
	}
	return map[string]command{
		"PUT /internal/v1/reviews/{id}/draft": func(_ *http.Request, doc *collections.Review, by collections.Actor, body map[string]any) error {
			n := version(body)
			if n == 0 && doc.Draft != nil || n > 0 && !at(doc, n) {
				return changed(doc)
			}
			next := &collections.Draft{Version: n + 1, Text: text(body, "text"), State: collections.DraftEditing, By: by, At: time.Now(), Origin: text(body, "origin")}
			if d := doc.Draft; d != nil {
				next.Earlier = append(d.Earlier, collections.DraftVersion{Version: d.Version, Text: d.Text, By: d.By, At: d.At})
			}
			doc.Draft = next
			return nil
		},
		"DELETE /internal/v1/reviews/{id}/draft": func(r *http.Request, doc *collections.Review, _ collections.Actor, _ map[string]any) error {
			if n, _ := strconv.Atoi(r.URL.Query().Get("version")); !at(doc, n) {
				return changed(doc)
			}
			doc.Draft = nil
			return nil
		},
		"POST /internal/v1/reviews/{id}/approval": func(_ *http.Request, doc *collections.Review, by collections.Actor, body map[string]any) error {
			if !at(doc, version(body)) {
				return changed(doc)
			}
			doc.Draft.State, doc.Draft.RequestedBy, doc.Case.Status = collections.DraftWaitingApproval, &by, review.WaitingApproval
			return nil
		},
		"PUT /internal/v1/reviews/{id}/approval": func(_ *http.Request, doc *collections.Review, by collections.Actor, body map[string]any) error {
			switch {
			case !at(doc, version(body)):
				return changed(doc)
			case doc.Draft.By.ID == by.ID:
				return &refusal{status: http.StatusForbidden, code: "own_text", detail: "somebody else has to decide on a text you wrote or submitted"}
			}
			doc.Draft.State, doc.Draft.DecidedBy, doc.Draft.Comment, doc.Case.Status = collections.DraftReturned, &by, text(body, "comment"), review.Open
			if body["approve"] == true {
				doc.Draft.State = collections.DraftApproved
			}
			return nil
		},
		"POST /internal/v1/reviews/{id}/publication": func(_ *http.Request, doc *collections.Review, by collections.Actor, body map[string]any) error {
			switch {
			case !at(doc, version(body)):
				return changed(doc)
			case doc.Draft.Text == blockedReply && text(body, "override_reason") == "":
				return &refusal{status: http.StatusUnprocessableEntity, code: "reply_blocked", detail: "change it where it is marked", members: map[string]any{
					"findings": []map[string]any{{"rule": "denial", "severity": "block", "start": 0, "end": 2, "quote": "We", "why": "w", "source": "s", "suggestion": "x"}},
				}}
			}
			doc.Publication = &collections.Publication{
				ID: doc.ID + ".1", N: 1, State: collections.PublicationScheduled, Text: doc.Draft.Text, DraftVersion: doc.Draft.Version, By: by,
				RequestedAt: time.Now(), NotBefore: time.Now().Add(15 * time.Second), URL: "javascript:alert(1)",
			}
			if reason := text(body, "override_reason"); reason != "" {
				doc.Draft.Override = &collections.Override{By: by, At: time.Now(), Reason: reason, Rules: []string{"denial"}}
			}
			return nil
		},
		"DELETE /internal/v1/reviews/{id}/publication": func(_ *http.Request, doc *collections.Review, _ collections.Actor, _ map[string]any) error {
			if err := published(doc, collections.PublicationScheduled); err != nil {
				return err
			}
			doc.Publication = nil
			return nil
		},
		"POST /internal/v1/reviews/{id}/publication/copied": func(_ *http.Request, doc *collections.Review, _ collections.Actor, _ map[string]any) error {
			if err := published(doc, collections.PublicationByHand); err != nil {
				return err
			}
			doc.Publication.State = collections.PublicationCopied
			return nil
		},
		"POST /internal/v1/reviews/{id}/publication/retry": func(_ *http.Request, doc *collections.Review, _ collections.Actor, _ map[string]any) error {
			if err := published(doc, collections.PublicationFailed); err != nil {
				return err
			}
			doc.Publication.State = collections.PublicationSending
			return nil
		},
	}
}

const blockedReply = "We have no record of you."

// note remembers a request and holds it to the description; nil means that it was answered already.
func (f *workflowFake) note(w http.ResponseWriter, r *http.Request) map[string]any {
	content, _ := io.ReadAll(r.Body)
	body := map[string]any{}
	if len(content) > 0 {
		_ = json.Unmarshal(content, &body)
	}
	r.Body = io.NopCloser(bytes.NewReader(content))
	route, params, err := f.router.FindRoute(r)
	if err == nil {
		err = openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
			Request: r, PathParams: params, Route: route, Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
		})
	}
	if err != nil {
		f.t.Errorf("the gateway sent what is not described: %s %s %s: %v", r.Method, r.URL, content, err)
	}
	f.mu.Lock()
	f.asked = append(f.asked, askedCommand{
		method: r.Method, path: r.URL.Path, token: r.Header.Get("Authorization"), org: r.Header.Get("Bedside-Org"),
		actor: r.Header.Get("Bedside-Actor-Id"), name: r.Header.Get("Bedside-Actor-Name"),
		rev: r.Header.Get("Bedside-Expected-Rev"), query: r.URL.RawQuery, body: body,
	})
	fail := f.fail
	f.mu.Unlock()
	if fail != nil && fail(w) {
		return nil
	}
	return body
}

func (f *workflowFake) handle(run command) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body := f.note(w, r)
		if body == nil {
			return
		}
		by := collections.Actor{Kind: collections.ActorPerson, ID: r.Header.Get("Bedside-Actor-Id"), Name: "Rita"}
		doc, err := f.store.Reviews.Update(r.Context(), docstore.Org(r.Header.Get("Bedside-Org")), r.PathValue("id"), func(doc *collections.Review) error {
			if rev := r.Header.Get("Bedside-Expected-Rev"); rev != "" && rev != strconv.FormatInt(doc.Rev, 10) {
				return &refusal{
					status: http.StatusConflict, code: "rev_mismatch", detail: "Somebody else changed this review.",
					members: map[string]any{"current_rev": doc.Rev},
				}
			}
			return run(r, doc, by, body)
		})
		var refused *refusal
		if errors.As(err, &refused) {
			answerProblem(w, refused.status, refused.code, refused.detail, refused.members)
			return
		}
		if err != nil {
			answerProblem(w, http.StatusNotFound, "review_not_found", "there is no such review", nil)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"id": doc.ID, "rev": doc.Rev})
	}
}

func answerProblem(w http.ResponseWriter, status int, code, detail string, members map[string]any) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	out := map[string]any{"type": "about:blank", "title": "x", "status": status, "code": code, "detail": detail}
	for name, value := range members {
		out[name] = value
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (f *workflowFake) commands() []askedCommand {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]askedCommand(nil), f.asked...)
}

func (f *workflowFake) failWith(fail func(http.ResponseWriter) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = fail
}
