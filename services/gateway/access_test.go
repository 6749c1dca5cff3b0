package gateway_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/services/gateway"
)

// route is one operation of the description with a request that would succeed for an
// administrator of lakeside on the documents that routeDocuments makes.
type route struct {
	method, path string // path with the id filled in
	public       bool
	hasID        bool
	body         any
	header       []string
}

const routeReview, routeListing, routeImport, routeLocation, routeFinding = "r_route", "l_route", "i_route", "o_route", "l_route.differs.telephone"

const routeTwin, routeChannel, routeTemplate, routePerson, routeBulk, routeCommitment = "r_twin", "ch-route", "t_route", "p-route", "b_route", "c_route"

// routePlan is a routing plan without faults.
const routePlan = "root_causes: [billing, waiting]\ntree: {name: all}\n"

const pushToken = "a push token of the tests"

func withPush(cfg *gateway.Config) { cfg.PushToken = pushToken }

// routes lists every operation of the description; one that this test does not know
// how to call fails it.
func routes(t *testing.T) []route {
	t.Helper()
	bodies := map[string]any{
		"createSession":  credentials("ada", "lakeside"),
		"setOwner":       map[string]any{"owner_id": "max"},
		"setStatus":      map[string]any{"status": "open"},
		"addNote":        map[string]any{"text": "Called back."},
		"createListing":  map[string]any{"location_id": "main-street", "site": "google", "adapter": "google", "ref": "accounts/1/locations/2"},
		"updateListing":  map[string]any{"enabled": false},
		"correctTags":    map[string]any{"rev": 1, "tags": []any{map[string]any{"topic": "billing", "polarity": "mixed"}}},
		"checkReply":     map[string]any{"reply": "Thank you."},
		"setLexicon":     map[string]any{"revision": 0, "topics": []any{}, "terms": []any{}},
		"updateLocation": map[string]any{"rev": 1, "telephone": "+1 315 555 0100"},
		"dismissFinding": map[string]any{"reason": "A tracking number."},

		"saveDraft":               map[string]any{"version": 0, "text": "Thank you."},
		"editDraft":               map[string]any{"editing": true},
		"requestApproval":         map[string]any{"version": 1},
		"decideApproval":          map[string]any{"version": 1, "approve": true},
		"publishReply":            map[string]any{"version": 1},
		"snoozeReview":            map[string]any{"until": "2099-01-01T00:00:00Z"},
		"mergeReview":             map[string]any{"into": routeTwin},
		"addCommitment":           map[string]any{"text": "Call back.", "due_at": "2099-01-01T00:00:00Z"},
		"changeCommitment":        map[string]any{"due_at": "2099-02-01T00:00:00Z"},
		"actOnMany":               map[string]any{"review_ids": []string{routeReview}, "action": "set_owner", "owner_id": "rita"},
		"setRouting":              map[string]any{"version": 0, "yaml": routePlan},
		"tryRouting":              map[string]any{"yaml": routePlan},
		"createTemplate":          map[string]any{"name": "Thanks", "text": "Thank you for the feedback.", "language": "en"},
		"updateTemplate":          map[string]any{"name": "Thanks", "text": "Thank you for the feedback.", "language": "en"},
		"createChannel":           map[string]any{"name": "front-desk", "kind": "email", "target": "desk@lakeside.example", "every": "daily", "enabled": true},
		"updateChannel":           map[string]any{"name": routeChannel, "kind": "email", "every": "daily", "enabled": false},
		"readNotifications":       map[string]any{"until": "2026-03-01T00:00:00Z"},
		"setNotificationSettings": map[string]any{"email": "off", "kinds": []string{}, "time_zone": "UTC", "daily_at": "07:30", "digest": false, "rev": 0},
		"setAbsence":              map[string]any{"away": true},
	}
	var out []route
	for path, item := range spec(t).Paths.Map() {
		for method, op := range item.Operations() {
			r := route{method: method, path: path, body: bodies[op.OperationID], hasID: strings.Contains(path, "{id}")}
			r.public = op.Security != nil && len(*op.Security) == 0
			switch {
			case strings.Contains(path, "/findings/{id}"):
				r.path = strings.Replace(path, "{id}", routeFinding, 1)
			case strings.Contains(path, "/locations/{id}"):
				r.path = strings.Replace(path, "{id}", routeLocation, 1)
			case strings.Contains(path, "/reviews/{id}"):
				r.path = strings.Replace(path, "{id}", routeReview, 1)
			case strings.Contains(path, "/listings/{id}"):
				r.path = strings.Replace(path, "{id}", routeListing, 1)
			case strings.Contains(path, "/imports/{id}"):
				r.path = strings.Replace(path, "{id}", routeImport, 1)
			case strings.Contains(path, "/channels/{id}"):
				r.path = strings.Replace(path, "{id}", routeChannel, 1)
			case strings.Contains(path, "/templates/{id}"):
				r.path = strings.Replace(path, "{id}", routeTemplate, 1)
			case strings.Contains(path, "/people/{id}"):
				r.path = strings.Replace(path, "{id}", routePerson, 1)
			case strings.Contains(path, "/bulk/{id}"):
				r.path = strings.Replace(path, "{id}", routeBulk, 1)
			}
			r.path = strings.Replace(r.path, "{commitment_id}", routeCommitment, 1)
			switch op.OperationID {
			case "discardDraft":
				r.path += "?version=1"
			case "updateChannel", "updateTemplate":
				r.path += "?rev=1"
			}
			if op.OperationID == "createImport" {
				r.path += "?location_id=main-street&site=google&dry_run=true"
				r.body, r.header = "text\nGood.\n", []string{"Content-Type", "text/csv"}
			}
			if op.OperationID == "receiveGooglePush" {
				r.path += "?token=" + url.QueryEscape(pushToken)
			}
			require.NotContains(t, r.path, "{", "an id this test does not know")
			if op.RequestBody != nil {
				require.NotNil(t, r.body, "%s needs a body here", op.OperationID)
			}
			out = append(out, r)
		}
	}
	require.NotEmpty(t, out)
	return out
}

func (b *browser) call(r route) answer {
	b.d.t.Helper()
	if text, isText := r.body.(string); isText {
		return b.send(r.method, r.path, strings.NewReader(text), r.header...)
	}
	return b.send(r.method, r.path, r.body, r.header...)
}

func routeDocuments(t *testing.T, d *desk, org string) {
	t.Helper()
	scope := docstore.Org(org)
	elsewhere := collections.Actor{Kind: collections.ActorPerson, ID: "somebody"}
	d.sample(org, routeReview, func(r *collections.Review) {
		r.Corrected, r.TwinKey, r.CommitmentDueAt = true, "twin", r.PostedAt
		r.Draft = &collections.Draft{Version: 1, Text: "Thank you.", State: collections.DraftEditing, By: elsewhere, At: r.PostedAt}
		r.Commitments = []collections.Commitment{{ID: routeCommitment, Text: "Call.", OwnerID: "rita", DueAt: r.PostedAt, By: elsewhere, At: r.PostedAt}}
	})
	d.sample(org, routeTwin, func(r *collections.Review) { r.TwinKey, r.Site = "twin", "yelp" })
	_, err := d.store.Channels.InsertIfAbsent(t.Context(), scope, &collections.Channel{
		Base: docstore.Base{ID: routeChannel, OrgID: org}, Name: routeChannel, Kind: "email", Target: "office@" + org + ".example", Every: "daily", Enabled: true,
	})
	require.NoError(t, err)
	_, err = d.store.Templates.InsertIfAbsent(t.Context(), scope, &collections.Template{
		Base: docstore.Base{ID: routeTemplate, OrgID: org}, Name: "Of " + org, Text: "Thank you for the feedback.", Language: "en", By: "ada",
	})
	require.NoError(t, err)
	_, err = d.store.People.InsertIfAbsent(t.Context(), scope, &collections.Person{
		Base: docstore.Base{ID: routePerson, OrgID: org}, Name: "Pia of " + org, Email: "pia@" + org + ".example", Role: collections.Responder, Active: true,
	})
	require.NoError(t, err)
	_, err = d.store.Notifications.InsertIfAbsent(t.Context(), scope, &collections.Notification{
		Base: docstore.Base{ID: "n_route", OrgID: org}, Recipient: "person:ada", Kind: "overdue", ReviewID: routeReview, Title: "Of " + org, At: time.Now(), Unread: true,
	})
	require.NoError(t, err)
	_, err = d.store.Listings.InsertIfAbsent(t.Context(), scope, &collections.Listing{
		Base: docstore.Base{ID: routeListing, OrgID: org}, LocationID: "main-street", Site: "google", Adapter: "google", Ref: "accounts/9/locations/9", Enabled: true,
	})
	require.NoError(t, err)
	_, err = d.store.Imports.InsertIfAbsent(t.Context(), scope, &collections.Import{
		Base: docstore.Base{ID: routeImport, OrgID: org}, LocationID: "main-street", Site: "google", Complete: true, Rejections: []collections.Rejection{},
	})
	require.NoError(t, err)
	_, err = d.store.Locations.InsertIfAbsent(t.Context(), scope, &collections.Location{
		Base: docstore.Base{ID: routeLocation, OrgID: org}, Name: "Third Street of " + org, TimeZone: "America/New_York",
	})
	require.NoError(t, err)
	_, err = d.store.Findings.InsertIfAbsent(t.Context(), scope, &collections.Finding{
		Base: docstore.Base{ID: routeFinding, OrgID: org}, LocationID: "main-street", ListingID: routeListing, Site: "google",
		Kind: collections.FindingDiffers, Field: "telephone", Ours: "1", Theirs: "2", Open: true, Since: time.Now(), SeenAt: time.Now(),
	})
	require.NoError(t, err)
}

func TestEveryRoute_WithoutSession_IsRefusedUnlessPublic(t *testing.T) {
	d := start(t, withPush)
	routeDocuments(t, d, "lakeside")
	public := 0
	for _, r := range routes(t) {
		a := d.stranger().call(r)
		if r.public {
			public++
			require.Less(t, a.status, 300, "%s %s: %s", r.method, r.path, a.text())
			continue
		}
		require.Equal(t, http.StatusUnauthorized, a.status, "%s %s", r.method, r.path)
		require.Equal(t, "not_signed_in", a.code())
	}
	require.Equal(t, 3, public, "signing in, the description and notifications of sites are public, and nothing else")
	require.Empty(t, d.workflow.commands())
}

func TestEveryRoute_IDOfAnotherOrganization_IsAsUnknownAsNone(t *testing.T) {
	d := start(t)
	routeDocuments(t, d, "harbor")
	ada := d.as("ada", "lakeside")
	tried := 0
	for _, r := range routes(t) {
		if !r.hasID {
			continue
		}
		tried++
		theirs := ada.call(r)
		require.Equal(t, http.StatusNotFound, theirs.status, "%s %s: %s", r.method, r.path, theirs.text())
		for _, id := range []string{
			routeReview, routeFinding, routeListing, routeImport, routeLocation, routeChannel, routeTemplate, routePerson, routeBulk,
		} {
			r.path = strings.Replace(r.path, id, "nothing-like-it", 1)
		}
		require.Equal(t, ada.call(r).text(), theirs.text(), "%s %s", r.method, r.path)
	}
	require.Equal(t, 39, tried)
	require.Empty(t, d.workflow.commands(), "no command goes out for another organization's review")
	still, err := d.store.Listings.Get(t.Context(), docstore.Org("harbor"), routeListing)
	require.NoError(t, err)
	require.True(t, still.Enabled)
	require.Equal(t, int64(1), still.Rev)
	place, err := d.store.Locations.Get(t.Context(), docstore.Org("harbor"), routeLocation)
	require.NoError(t, err)
	require.Equal(t, int64(1), place.Rev)
	for _, org := range []string{"harbor", "lakeside"} {
		_, err = d.store.PollHints.Get(t.Context(), docstore.Org(org), routeListing)
		require.ErrorIs(t, err, docstore.ErrNotFound)
		_, err = d.store.Dismissals.Get(t.Context(), docstore.Org(org), routeFinding)
		require.ErrorIs(t, err, docstore.ErrNotFound)
	}
}

func TestEveryList_OtherOrganizationsDocuments_AreNotThere(t *testing.T) {
	d := start(t)
	routeDocuments(t, d, "harbor")
	ada := d.as("ada", "lakeside")
	for _, path := range []string{"/api/v1/reviews", "/api/v1/listings", "/api/v1/imports", "/api/v1/labels", "/api/v1/listings/findings",
		"/api/v1/commitments", "/api/v1/channels", "/api/v1/notifications", "/api/v1/routing/versions"} {
		require.Empty(t, ada.ok(path).items(), path)
	}
	require.Zero(t, ada.ok("/api/v1/reviews/facets").object()["total"])
	for _, path := range []string{"/api/v1/people", "/api/v1/locations"} {
		require.NotContains(t, ada.ok(path).text(), "harbor", path)
	}
	require.Len(t, ada.ok("/api/v1/people").items(), 5)
	require.EqualValues(t, 0, ada.ok("/api/v1/notifications").object()["unread"])
	theirs := d.as("ada", "harbor")
	require.Len(t, theirs.ok("/api/v1/reviews").items(), 2)
	for _, path := range []string{"/api/v1/commitments", "/api/v1/channels", "/api/v1/notifications"} {
		require.Len(t, theirs.ok(path).items(), 1, path)
	}
}

func TestCursor_OfAnotherOrganization_IsRefused(t *testing.T) {
	d := start(t)
	for _, org := range []string{"lakeside", "harbor"} {
		for _, id := range []string{"r_1", "r_2", "r_3"} {
			d.sample(org, id, nil)
		}
	}
	cursor := d.as("ada", "harbor").ok("/api/v1/reviews?limit=1").object()["next_cursor"].(string)
	a := d.as("ada", "lakeside").get("/api/v1/reviews?limit=1&cursor=" + cursor)
	require.Equal(t, http.StatusUnprocessableEntity, a.status, a.text())
	require.Equal(t, "bad_cursor", a.code())
}

func TestEveryRoute_EveryRole_MayWhatItsRoleSays(t *testing.T) {
	d := start(t)
	routeDocuments(t, d, "lakeside")
	people := map[string]*browser{}
	for _, who := range []string{"ada", "dora", "max", "rita", "vic"} {
		people[who] = d.as(who, "lakeside")
	}
	for _, r := range routes(t) {
		if r.public || r.path == "/api/v1/events" || r.path == "/api/v1/session" {
			continue
		}
		refused := ""
		switch {
		case r.path == "/api/v1/labels":
			refused = "rita vic"
		case strings.Contains(r.path, "/findings/"):
			refused = "vic"
		case strings.Contains(r.path, "/lexicon") && r.method != http.MethodGet, strings.Contains(r.path, "/locations/") && r.method != http.MethodGet:
			refused = "dora rita vic"
		case strings.Contains(r.path, "/listings") && r.method != http.MethodGet, r.method == http.MethodPost && strings.Contains(r.path, "/imports"):
			refused = "dora rita vic"
		case strings.HasSuffix(r.path, "/approval") && r.method == http.MethodPut:
			refused = "rita vic"
		case strings.Contains(r.path, "/reviews/") && r.method != http.MethodGet, strings.HasSuffix(r.path, "/suggestions"),
			strings.Contains(r.path, "/bulk"):
			refused = "vic"
		case strings.Contains(r.path, "/routing") && r.method != http.MethodGet, strings.Contains(r.path, "/channels"),
			strings.Contains(r.path, "/templates") && r.method != http.MethodGet, strings.Contains(r.path, "/people/"):
			refused = "dora rita vic"
		}
		for who, b := range people {
			if r.method == http.MethodDelete && !strings.Contains(refused, who) {
				continue // deleting once is enough
			}
			a := b.call(r)
			if strings.Contains(refused, who) {
				require.Equal(t, http.StatusForbidden, a.status, "%s: %s %s", who, r.method, r.path)
				continue
			}
			require.NotEqual(t, http.StatusForbidden, a.status, "%s: %s %s", who, r.method, r.path)
			require.Less(t, a.status, 500, "%s: %s %s: %s", who, r.method, r.path, a.text())
		}
	}
}
