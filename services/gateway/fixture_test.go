package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/review/terms"
	"github.com/bedside-health/bedside/libs/testkit/mongotest"
	"github.com/bedside-health/bedside/services/gateway"
	"github.com/bedside-health/bedside/services/gateway/bootstrap"
)

const (
	password     = "correct horse battery"
	serviceToken = "a service token for tests"
	patience     = 10 * time.Second
)

// lakeside and harbor are two organizations with the same keys inside, so that only
// the organization tells their documents apart.
func plan(t testing.TB, org string) *bootstrap.Plan {
	t.Helper()
	hash, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	require.NoError(t, err)
	people := []bootstrap.Person{
		{Key: "ada", Name: "Ada Admin", Role: collections.Administrator},
		{Key: "dora", Name: "Dora Director", Role: collections.Director},
		{Key: "max", Name: "Max Manager", Role: collections.Manager, Locations: []string{"main-street"}},
		{Key: "rita", Name: "Rita Räuber", Role: collections.Responder, Locations: []string{"main-street", "elm-street"}},
		{Key: "vic", Name: "Vic Viewer", Role: collections.Viewer},
	}
	for i := range people {
		people[i].Email = people[i].Key + "@" + org + ".example"
		people[i].PasswordHash = config.Secret(hash)
	}
	return &bootstrap.Plan{
		Organization: bootstrap.Organization{Key: org, Name: "Practice " + org},
		People:       people,
		Locations: []bootstrap.Location{
			{Key: "main-street", Name: "Main Street", Kind: "dental", TimeZone: "America/New_York", Manager: "max"},
			{Key: "elm-street", Name: "Elm Street", Kind: "eye_care", TimeZone: "America/Chicago"},
		},
	}
}

// desk is a running gateway with two organizations.
type desk struct {
	t        testing.TB
	url      string
	backend  docstore.Backend
	store    *collections.Store
	workflow *workflowFake
	logs     *logBuffer
	router   routers.Router
	stop     func() error
}

type option func(*gateway.Config)

func start(t testing.TB, options ...option) *desk {
	t.Helper()
	backend, err := connect.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "bedside.db"), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { _ = backend.Close() })
	return startOn(t, backend, options...)
}

// startOnMongo is start over MongoDB's wire protocol.
func startOnMongo(t testing.TB) *desk {
	t.Helper()
	backend, err := connect.Open(t.Context(), mongotest.Start(t), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { _ = backend.Close() })
	return startOn(t, backend)
}

func startOn(t testing.TB, backend docstore.Backend, options ...option) *desk {
	t.Helper()
	_, err := bootstrap.Apply(t.Context(), backend, plan(t, "harbor"))
	require.NoError(t, err)
	d := &desk{t: t, backend: backend, logs: &logBuffer{}}
	d.store, err = collections.Bind(t.Context(), backend)
	require.NoError(t, err)
	d.workflow = newWorkflowFake(t, d.store)
	cfg := gateway.DefaultConfig()
	cfg.Brokers = []string{"127.0.0.1:1"} // nothing needs live updates unless a test says so
	cfg.Listen, cfg.AdminListen = "127.0.0.1:0", ""
	cfg.WorkflowURL, cfg.ServiceToken = d.workflow.server.URL, serviceToken
	cfg.Backend, cfg.Bootstrap = backend, plan(t, "lakeside")
	cfg.Logger = slog.New(slog.NewJSONHandler(d.logs, &slog.HandlerOptions{Level: slog.LevelInfo}))
	bound := make(chan net.Addr, 1)
	cfg.Ready = func(a net.Addr) { bound <- a }
	for _, option := range options {
		option(&cfg)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- gateway.Run(ctx, cfg) }()
	d.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { require.NoError(t, d.stop()) })
	select {
	case addr := <-bound:
		d.url = "http://" + addr.String()
	case err := <-ended:
		require.NoError(t, err)
		t.Fatal("the gateway ended before it was ready")
	case <-time.After(patience):
		t.Fatal("the gateway is not ready in time")
	}
	d.router = specRouter(t)
	return d
}

func spec(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("../../api-specs/openapi/gateway.yaml")
	require.NoError(t, err)
	return doc
}

func specRouter(t testing.TB) routers.Router {
	t.Helper()
	router, err := legacy.NewRouter(spec(t))
	require.NoError(t, err)
	return router
}

// logBuffer collects log lines.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// browser is somebody who talks to the gateway.
type browser struct {
	d      *desk
	token  string
	cookie string
	header map[string]string
	client *http.Client
}

func (d *desk) stranger() *browser { return &browser{d: d, client: &http.Client{}} }

// as signs somebody in and uses the token.
func (d *desk) as(key, org string) *browser {
	d.t.Helper()
	b := d.stranger()
	answer := b.send(http.MethodPost, "/api/v1/session", credentials(key, org))
	require.Equal(d.t, http.StatusCreated, answer.status, answer.text())
	b.token = answer.object()["token"].(string)
	return b
}

func credentials(key, org string) map[string]any {
	return map[string]any{"email": key + "@" + org + ".example", "password": password}
}

// answer is what came back; it has been checked against the description.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
}

func (a answer) text() string { return string(a.body) }

func (a answer) object() map[string]any {
	a.t.Helper()
	var out map[string]any
	require.NoError(a.t, json.Unmarshal(a.body, &out), a.text())
	return out
}

func (a answer) items() []map[string]any {
	a.t.Helper()
	var out struct {
		Items []map[string]any `json:"items"`
	}
	require.NoError(a.t, json.Unmarshal(a.body, &out), a.text())
	return out.Items
}

func (a answer) code() string {
	a.t.Helper()
	code, _ := a.object()["code"].(string)
	return code
}

// send sends a request; body may be nil, a reader with its content type in header, or a value for JSON.
func (b *browser) send(method, path string, body any, header ...string) answer {
	b.d.t.Helper()
	var content io.Reader
	contentType := ""
	switch body := body.(type) {
	case nil:
	case io.Reader:
		content = body
	default:
		encoded, err := json.Marshal(body)
		require.NoError(b.d.t, err)
		content, contentType = bytes.NewReader(encoded), "application/json"
	}
	req, err := http.NewRequestWithContext(b.d.t.Context(), method, b.d.url+path, content)
	require.NoError(b.d.t, err)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if b.token != "" {
		req.Header.Set("Authorization", "Bearer "+b.token)
	}
	if b.cookie != "" {
		req.Header.Set("Cookie", "bedside_session="+b.cookie)
	}
	for name, value := range b.header {
		req.Header.Set(name, value)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := b.client.Do(req)
	require.NoError(b.d.t, err)
	defer resp.Body.Close()
	read, err := io.ReadAll(resp.Body)
	require.NoError(b.d.t, err)
	b.d.checkAnswer(req, resp, read)
	return answer{t: b.d.t, status: resp.StatusCode, header: resp.Header, body: read}
}

func (b *browser) get(path string) answer {
	b.d.t.Helper()
	return b.send(http.MethodGet, path, nil)
}

// ok is get where success is expected.
func (b *browser) ok(path string) answer {
	b.d.t.Helper()
	a := b.get(path)
	require.Equal(b.d.t, http.StatusOK, a.status, a.text())
	return a
}

// checkAnswer holds every answer of a described route to the description.
func (d *desk) checkAnswer(req *http.Request, resp *http.Response, body []byte) {
	d.t.Helper()
	route, params, err := d.router.FindRoute(req)
	if err != nil {
		return
	}
	err = openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: req, PathParams: params, Route: route,
			Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
		},
		Status: resp.StatusCode, Header: resp.Header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	require.NoError(d.t, err, "%s %s answered %d with something that is not described: %s", req.Method, req.URL, resp.StatusCode, body)
}

// sample makes a review; change may alter it before it is stored.
func (d *desk) sample(org, id string, change func(*collections.Review)) collections.Review {
	d.t.Helper()
	doc := sampleReview(org, id)
	if change != nil {
		change(&doc)
	}
	index(&doc)
	added, err := d.store.Reviews.InsertIfAbsent(d.t.Context(), docstore.Org(org), &doc)
	require.NoError(d.t, err)
	require.True(d.t, added)
	return doc
}

func sampleReview(org, id string) collections.Review {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	return collections.Review{
		Base: docstore.Base{ID: id, OrgID: org}, ListingID: "l_one", LocationID: "main-street", Site: "google",
		ExternalID: "x-" + id, Author: "Pat Example", Rating: new(2.0), RawRating: "2", Text: "Waited an hour past my time.",
		PostedAt: at, PostedAtKnown: true, FirstSeenAt: at.Add(time.Hour), ObservedAt: at.Add(time.Hour), ReceivedAt: at.Add(time.Hour),
		Version: 1,
		Analysis: review.Analysis{
			Version: "t1", Language: "en", Overall: review.Negative, Urgent: []review.Urgent{},
			Tags: []review.Tag{{Topic: review.WaitTimes, Polarity: review.Negative, Evidence: []review.Evidence{
				{Start: 0, End: 14, Quote: "Waited an hour", Rule: "wait.duration"},
			}}},
		},
		Case: collections.Case{
			Status: review.New, OwnerID: "rita", AssignedAt: at.Add(time.Hour), OpenedAt: at.Add(time.Hour),
			DueAt: at.Add(25 * time.Hour), UpdatedAt: at.Add(time.Hour),
		},
	}
}

// index fills what response-workflow derives for filters.
func index(doc *collections.Review) {
	doc.TopicKeys = []string{}
	for _, tag := range doc.Analysis.Tags {
		doc.TopicKeys = append(doc.TopicKeys, string(tag.Topic), string(tag.Topic)+":"+string(tag.Polarity))
	}
	doc.Urgent = len(doc.Analysis.Urgent) > 0
	doc.Terms = terms.Of(doc.Text, doc.Author)
}

func ids(items []map[string]any) string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i], _ = item["id"].(string)
	}
	return strings.Join(out, " ")
}

// place changes a location of lakeside.
func (d *desk) place(id string, change func(*collections.Location)) {
	d.t.Helper()
	_, err := d.store.Locations.Update(d.t.Context(), docstore.Org("lakeside"), id, func(l *collections.Location) error {
		change(l)
		return nil
	})
	require.NoError(d.t, err)
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(content)
}
