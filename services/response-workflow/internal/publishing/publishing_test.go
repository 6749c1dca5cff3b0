package publishing_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
	"github.com/bedside-health/bedside/services/response-workflow/internal/publishing"
)

const (
	org       = "org_a"
	googleRef = "accounts/1/locations/2"
)

// desk is a publisher whose sites are one server that answers as it is told.
type desk struct {
	publisher *publishing.Publisher
	answer    func(w http.ResponseWriter, r *http.Request)
	// mu guards got: a connection that is cut ends for the client before its handler does.
	mu  sync.Mutex
	got []string
}

func (d *desk) requests() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.got)
}

func newDesk(t *testing.T, adjust ...func(*publishing.Settings)) *desk {
	t.Helper()
	d := &desk{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		d.mu.Lock()
		d.got = append(d.got, fmt.Sprintf("%s %s %s %s", r.Method, r.URL.Path, r.Header.Get("Authorization"), body))
		d.mu.Unlock()
		d.answer(w, r)
	}))
	t.Cleanup(server.Close)
	settings := publishing.DefaultSettings()
	settings.Contact, settings.AllowLoopback = "mailto:ops@example.org", true
	settings.GoogleURL, settings.YelpURL = server.URL, server.URL
	settings.Credentials = config.Secret(`{"ours": {"secret": "token-a", "organizations": ["org_a"]}, "theirs": {"secret": "token-b", "organizations": ["org_b"]}, "partner": "key access"}`)
	for _, a := range adjust {
		a(&settings)
	}
	require.NoError(t, settings.Validate())
	vault, err := settings.Vault()
	require.NoError(t, err)
	all, closeAll, err := settings.Sites(slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(closeAll)
	backend, err := connect.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "data.db"), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, backend.Close()) })
	listings, err := docstore.Bind(t.Context(), backend, collections.Listings())
	require.NoError(t, err)
	for _, l := range []collections.Listing{
		{Base: docstore.Base{ID: "g"}, Site: "google", Adapter: "google", Ref: googleRef, Credential: "ours"},
		{Base: docstore.Base{ID: "stolen"}, Site: "google", Adapter: "google", Ref: "accounts/1/locations/3", Credential: "theirs"},
		{Base: docstore.Base{ID: "y"}, Site: "yelp", Adapter: "yelp", Ref: "lakeside-dental", Credential: "partner"},
		{Base: docstore.Base{ID: "yk"}, Site: "yelp", Adapter: "yelp", Ref: "lakeside-eyes", Credential: "ours"},
		{Base: docstore.Base{ID: "d"}, Site: "toothfinder", Adapter: "directory", Ref: "https://tooth.example/lakeside"},
	} {
		_, err := listings.InsertIfAbsent(t.Context(), docstore.Org(org), &l)
		require.NoError(t, err)
	}
	d.publisher, err = publishing.New(publishing.Config{Sites: all, Vault: vault, Listings: listings, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	return d
}

func reviewOf(listing, external string, attempts int) collections.Review {
	return collections.Review{
		Base: docstore.Base{ID: "r1", OrgID: org}, ListingID: listing, ExternalID: external, URL: "https://site.example/r/1",
		Publication: &collections.Publication{Text: "Thank you for your feedback.", Attempts: attempts},
	}
}

func status(code int, header ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

func body(code int, text string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, text)
	}
}

func TestPublish_Google_EachAnswerMeansWhatItSays(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request)
		want   casework.SendKind
	}{
		{"public", body(200, `{"comment":"Thank you for your feedback.","reviewReplyState":"APPROVED"}`), casework.SendDone},
		{"held by moderation", body(200, `{"comment":"Thank you for your feedback.","reviewReplyState":"PENDING"}`), casework.SendPending},
		{"refused by moderation", body(200, `{"comment":"x","reviewReplyState":"REJECTED"}`), casework.SendRefused},
		{"an answer that is none", body(200, `<html>`), casework.SendPending},
		{"token expired", status(401), casework.SendRefused},
		{"not allowed", status(403), casework.SendRefused},
		{"review gone", status(404), casework.SendRefused},
		{"text refused", status(400), casework.SendRefused},
		{"too many", status(429, "Retry-After", "90"), casework.SendRetry},
		{"broken", status(503), casework.SendRetry},
		{"cut", func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, casework.SendRetry},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			d.answer = c.answer
			out := d.publisher.Publish(t.Context(), reviewOf("g", "rev-1", 1))
			require.Equal(t, c.want, out.Kind, out.Problem)
			require.Len(t, d.requests(), 1, "the casework decides when it is sent again")
			require.Equal(t, `PUT /v4/accounts/1/locations/2/reviews/rev-1/reply Bearer token-a {"comment":"Thank you for your feedback."}`, d.requests()[0])
			if out.Kind == casework.SendRefused || out.Kind == casework.SendRetry {
				require.NotEmpty(t, out.Problem)
			}
			if c.name == "too many" {
				require.GreaterOrEqual(t, out.After, 80*time.Second)
			}
		})
	}
}

func TestPublish_CredentialOfAnotherOrganization_NeverLeaves(t *testing.T) {
	d := newDesk(t)
	out := d.publisher.Publish(t.Context(), reviewOf("stolen", "rev-1", 1))
	require.Equal(t, casework.SendRefused, out.Kind)
	require.NotContains(t, out.Problem, "token-b")
	require.Empty(t, d.requests())
}

func TestPublish_YelpSaysItHasTheText_PendingOnlyAfterAnEarlierAttempt(t *testing.T) {
	d := newDesk(t)
	d.answer = body(400, `{"error":{"code":"R2R_INVALID_RESPONSE_TEXT"}}`)
	first := d.publisher.Publish(t.Context(), reviewOf("y", "abcdefghijklmnopqrstuv", 1))
	require.Equal(t, casework.SendRefused, first.Kind, "nothing was sent before, so that the text itself is refused")
	second := d.publisher.Publish(t.Context(), reviewOf("y", "abcdefghijklmnopqrstuv", 2))
	require.Equal(t, casework.SendPending, second.Kind, "the attempt before may have arrived")
}

func TestWay_SiteWithoutRepliesByProgram_ByHandWithAnAddress(t *testing.T) {
	d := newDesk(t)
	for listing, address := range map[string]string{"yk": "https://site.example/r/1", "d": "https://site.example/r/1", "gone": "https://site.example/r/1"} {
		way, err := d.publisher.Way(t.Context(), reviewOf(listing, "x", 0))
		require.NoError(t, err, listing)
		require.Equal(t, publishing.Way{ByHand: true, URL: address}, way, listing)
	}
	hostile := reviewOf("d", "x", 0)
	hostile.URL = "javascript:alert(1)"
	way, err := d.publisher.Way(t.Context(), hostile)
	require.NoError(t, err)
	require.Equal(t, "https://tooth.example/lakeside", way.URL)
	way, err = d.publisher.Way(t.Context(), reviewOf("g", "x", 0))
	require.NoError(t, err)
	require.Equal(t, publishing.Way{}, way)
}

func TestSettings_WithoutContact_EverythingGoesByHand(t *testing.T) {
	d := newDesk(t, func(s *publishing.Settings) { s.Contact = "" })
	way, err := d.publisher.Way(t.Context(), reviewOf("g", "x", 0))
	require.NoError(t, err)
	require.True(t, way.ByHand)
}

func TestSettings_Faults_AllNamed(t *testing.T) {
	s := publishing.DefaultSettings()
	s.GoogleURL, s.YelpURL, s.AllowAddresses, s.Credentials = "ftp://x", "", []string{"nowhere"}, "{"
	err := s.Validate()
	for _, name := range []string{"BEDSIDE_REPLY_GOOGLE_URL", "BEDSIDE_REPLY_YELP_URL", "BEDSIDE_ALLOW_ADDRESSES", "BEDSIDE_REPLY_CREDENTIALS"} {
		require.ErrorContains(t, err, name)
	}
}
