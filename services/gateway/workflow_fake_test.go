package gateway_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/review"
)

// workflowFake stands for response-workflow: it carries out commands on the store
// and remembers how it was asked.
type workflowFake struct {
	store  *collections.Store
	server *httptest.Server
	mu     sync.Mutex
	asked  []askedCommand
	fail   func(w http.ResponseWriter) bool
}

type askedCommand struct {
	method, path, token, org, actor, name, rev string
	body                                       map[string]any
}

func newWorkflowFake(t testing.TB, store *collections.Store) *workflowFake {
	f := &workflowFake{store: store}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /internal/v1/reviews/{id}/owner", f.handle(func(doc *collections.Review, body map[string]any) {
		doc.Case.OwnerID = body["owner_id"].(string)
	}))
	mux.HandleFunc("PUT /internal/v1/reviews/{id}/status", f.handle(func(doc *collections.Review, body map[string]any) {
		doc.Case.Status = review.Status(body["status"].(string))
	}))
	mux.HandleFunc("POST /internal/v1/reviews/{id}/notes", f.handle(func(doc *collections.Review, body map[string]any) {
		for _, note := range doc.Notes {
			if note.ID == body["id"] {
				return
			}
		}
		doc.Notes = append(doc.Notes, collections.Note{
			ID: body["id"].(string), At: time.Now(), By: collections.Actor{Kind: collections.ActorPerson, ID: "rita"}, Text: body["text"].(string),
		})
	}))
	mux.HandleFunc("PUT /internal/v1/reviews/{id}/tags", f.handle(func(doc *collections.Review, body map[string]any) {
		machine := doc.Analysis
		doc.Correction, doc.Corrected, doc.Machine = &collections.Correction{
			Topics: map[review.Topic]string{}, At: time.Now(), By: collections.Actor{Kind: collections.ActorPerson, ID: "rita", Name: "Rita"},
		}, true, &machine
		doc.Analysis.Tags = nil
		for _, given := range body["tags"].([]any) {
			tag := given.(map[string]any)
			topic, polarity := review.Topic(tag["topic"].(string)), tag["polarity"].(string)
			doc.Correction.Topics[topic] = polarity
			doc.Analysis.Tags = append(doc.Analysis.Tags, review.Tag{Topic: topic, Polarity: review.Polarity(polarity), Evidence: []review.Evidence{}})
		}
		index(doc)
	}))
	mux.HandleFunc("DELETE /internal/v1/reviews/{id}/tags", f.handle(func(doc *collections.Review, _ map[string]any) {
		if doc.Machine != nil {
			doc.Analysis, doc.Machine, doc.Correction, doc.Corrected = *doc.Machine, nil, nil, false
		}
		index(doc)
	}))
	f.server = httptest.NewServer(mux)
	t.Cleanup(f.server.Close)
	return f
}

func (f *workflowFake) handle(change func(*collections.Review, map[string]any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		_ = json.NewDecoder(r.Body).Decode(&body)
		f.mu.Lock()
		f.asked = append(f.asked, askedCommand{
			method: r.Method, path: r.URL.Path, token: r.Header.Get("Authorization"), org: r.Header.Get("Bedside-Org"),
			actor: r.Header.Get("Bedside-Actor-Id"), name: r.Header.Get("Bedside-Actor-Name"),
			rev: r.Header.Get("Bedside-Expected-Rev"), body: body,
		})
		fail := f.fail
		f.mu.Unlock()
		if fail != nil && fail(w) {
			return
		}
		doc, err := f.store.Reviews.Update(r.Context(), docstore.Org(r.Header.Get("Bedside-Org")), r.PathValue("id"), func(doc *collections.Review) error {
			if rev := r.Header.Get("Bedside-Expected-Rev"); rev != "" && rev != strconv.FormatInt(doc.Rev, 10) {
				return docstore.ErrDup
			}
			change(doc, body)
			return nil
		})
		if err != nil {
			answerProblem(w, http.StatusConflict, "review_changed", "Somebody else changed this review.")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"id": doc.ID, "rev": doc.Rev})
	}
}

func answerProblem(w http.ResponseWriter, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "about:blank", "title": "x", "status": status, "code": code, "detail": detail})
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
