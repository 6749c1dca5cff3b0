package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/gateway"
)

func TestRouting_Plan_IsReplacedByVersionAndKept(t *testing.T) {
	d := start(t)
	ada := d.as("ada", "lakeside")
	first := ada.ok("/api/v1/routing").object()
	require.EqualValues(t, 0, first["version"])
	require.Contains(t, first["yaml"], "critical")
	require.NotEmpty(t, first["plan"].(map[string]any)["tree"])
	require.Empty(t, ada.ok("/api/v1/routing/versions").items())

	// What is read can be sent back, as YAML and as JSON.
	same := ada.put("/api/v1/routing", map[string]any{"version": 0, "yaml": first["yaml"], "comment": "Ours now."})
	require.Equal(t, http.StatusOK, same.status, same.text())
	require.EqualValues(t, 1, same.object()["version"])
	require.Equal(t, "Ada Admin", same.object()["by"])
	asJSON := ada.put("/api/v1/routing", map[string]any{"version": 1, "plan": map[string]any{"root_causes": []string{"parking"}, "tree": map[string]any{"name": "all"}}})
	require.Equal(t, http.StatusOK, asJSON.status, asJSON.text())
	require.Contains(t, asJSON.object()["yaml"], "parking")
	stale := ada.put("/api/v1/routing", map[string]any{"version": 1, "yaml": routePlan})
	require.Equal(t, http.StatusConflict, stale.status)
	require.Equal(t, "plan_changed", stale.code())

	page := ada.ok("/api/v1/routing/versions?limit=1")
	require.EqualValues(t, 2, page.items()[0]["version"])
	rest := ada.ok("/api/v1/routing/versions?limit=1&cursor=" + page.object()["next_cursor"].(string)).items()
	require.EqualValues(t, 1, rest[0]["version"])
	require.Equal(t, "Ours now.", rest[0]["comment"])
	d.sample("lakeside", "r_1", nil)
	require.Equal(t, []any{"parking"}, ada.ok("/api/v1/reviews/r_1").object()["root_causes"])
	require.EqualValues(t, 0, d.as("ada", "harbor").ok("/api/v1/routing").object()["version"])
}

func TestRouting_PlanWithFaults_IsRefusedWithAllOfThem(t *testing.T) {
	d := start(t)
	ada := d.as("ada", "lakeside")
	for name, body := range map[string]map[string]any{
		"unknown names": {"version": 0, "yaml": "tree:\n  owner: {person: nobody}\n  routes:\n  - match: {locations: [mian-street]}\n    notify: [front-desk]\n"},
		"unknown keys":  {"version": 0, "yaml": "tree: {ownre: x}\nteems: {}\n"},
		"not YAML":      {"version": 0, "yaml": "tree: [\n"},
		"JSON":          {"version": 0, "plan": map[string]any{"trees": 1}},
	} {
		a := ada.put("/api/v1/routing", body)
		require.Equal(t, http.StatusUnprocessableEntity, a.status, "%s: %s", name, a.text())
		require.Equal(t, "invalid_plan", a.code())
		faults := a.object()["faults"].([]any)
		require.NotEmpty(t, faults, name)
		if name == "unknown names" {
			require.Len(t, faults, 3, a.text())
			require.Contains(t, a.text(), "main-street", "the nearest name")
		}
	}
	for _, body := range []map[string]any{{"version": 0}, {"version": 0, "yaml": routePlan, "plan": map[string]any{}}} {
		require.Equal(t, http.StatusUnprocessableEntity, ada.put("/api/v1/routing", body).status)
	}
	long := ada.put("/api/v1/routing", map[string]any{"version": 0, "yaml": "# " + strings.Repeat("x", 1<<20)})
	require.Equal(t, http.StatusRequestEntityTooLarge, long.status)
	require.EqualValues(t, 0, ada.ok("/api/v1/routing").object()["version"])
}

func TestRouting_ManyChangeItAtOnce_OneWins(t *testing.T) {
	d := start(t)
	ada := d.as("ada", "lakeside")
	var won atomic.Int64
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			a := ada.put("/api/v1/routing", map[string]any{"version": 0, "yaml": fmt.Sprintf("root_causes: [cause%d]\ntree: {name: all}\n", i)})
			if a.status == http.StatusOK {
				won.Add(1)
			} else {
				require.Equal(t, "plan_changed", a.code(), a.text())
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 1, won.Load())
	require.Len(t, ada.ok("/api/v1/routing/versions").items(), 1)
}

func TestRouting_DryRun_ShowsWhatWouldGoElsewhere(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	d.sample("lakeside", "r_2", func(r *collections.Review) { r.LocationID = "elm-street" })
	d.sample("harbor", "r_3", nil)
	ada := d.as("ada", "lakeside")
	current := ada.ok("/api/v1/routing").object()["yaml"]
	same := ada.post("/api/v1/routing/dry-run", map[string]any{"yaml": current}).object()
	require.EqualValues(t, 2, same["reviews"])
	require.Empty(t, same["changed"])
	plan := "policies: {slow: {first_reply: 72h}}\ntree:\n  routes:\n  - {name: main, match: {locations: [main-street]}, owner: {person: max}, sla: slow, approval: true, priority: high}\n"
	a := ada.post("/api/v1/routing/dry-run", map[string]any{"yaml": plan, "last": 10})
	require.Equal(t, http.StatusOK, a.status, a.text())
	require.Empty(t, a.object()["faults"])
	changed := map[string]map[string]any{}
	for _, c := range a.object()["changed"].([]any) {
		changed[c.(map[string]any)["review_id"].(string)] = c.(map[string]any)
	}
	require.NotContains(t, changed, "r_3")
	then := changed["r_1"]["then"].(map[string]any)
	require.Equal(t, []any{"high", true}, []any{then["priority"], then["approval"]})
	require.Contains(t, then["sla"], "slow")
	require.Contains(t, then["owner"], "Max")
	faulty := ada.post("/api/v1/routing/dry-run", map[string]any{"yaml": "tree: {sla: none-like-it}"}).object()
	require.NotEmpty(t, faulty["faults"])
	require.EqualValues(t, 0, ada.ok("/api/v1/routing").object()["version"], "nothing is stored")
}

func TestChannels_Secrets_AreShownOnceOrNever(t *testing.T) {
	d := start(t)
	ada := d.as("ada", "lakeside")
	hook := ada.post("/api/v1/channels", map[string]any{"name": "desk", "kind": "webhook", "target": "https://example.org/hook?key=hidden", "every": "instant", "enabled": true})
	require.Equal(t, http.StatusCreated, hook.status, hook.text())
	secret := hook.object()["secret"].(string)
	require.Greater(t, len(secret), 40)
	require.Equal(t, "https://example.org/hook?…", hook.object()["target"])
	slack := ada.post("/api/v1/channels", map[string]any{"name": "team", "kind": "slack", "target": "https://hooks.slack.com/services/T0/B0/verysecret", "every": "hourly", "enabled": true})
	require.Equal(t, "https://hooks.slack.com/…cret", slack.object()["target"])
	require.NotContains(t, slack.object(), "secret")
	all := ada.ok("/api/v1/channels").text()
	for _, hidden := range []string{secret, "hidden", "verysecret", "B0"} {
		require.NotContains(t, all, hidden)
	}
	twice := ada.post("/api/v1/channels", map[string]any{"name": "desk", "kind": "email", "target": "a@example.org", "every": "daily", "enabled": true})
	require.Equal(t, http.StatusConflict, twice.status)
	require.Equal(t, "channel_exists", twice.code())

	change := map[string]any{"name": "desk", "kind": "webhook", "every": "daily", "enabled": false}
	changed := ada.put("/api/v1/channels/desk?rev=1", change)
	require.Equal(t, http.StatusOK, changed.status, changed.text())
	require.Equal(t, "channel_changed", ada.put("/api/v1/channels/desk?rev=1", change).code())
	stored, err := d.store.Channels.Get(t.Context(), docstore.Org("lakeside"), "desk")
	require.NoError(t, err)
	require.Equal(t, "https://example.org/hook?key=hidden", stored.Target, "an empty target stays as it is")
	require.Equal(t, secret, stored.Secret)
	change["name"] = "other"
	require.Equal(t, "channel_fixed", ada.put("/api/v1/channels/desk?rev=2", change).code())

	require.Equal(t, http.StatusNoContent, ada.post("/api/v1/channels/desk/test", nil).status)
	asked := d.workflow.commands()
	require.Equal(t, "/internal/v1/channels/desk/test", asked[len(asked)-1].path)
	require.Equal(t, http.StatusOK, ada.put("/api/v1/routing", map[string]any{"version": 0, "yaml": "tree:\n  routes:\n  - {match: {urgent: [any]}, notify: [desk]}\n"}).status)
	used := ada.send(http.MethodDelete, "/api/v1/channels/desk", nil)
	require.Equal(t, http.StatusConflict, used.status, used.text())
	require.Equal(t, "channel_in_use", used.code())
	require.Equal(t, http.StatusNoContent, ada.send(http.MethodDelete, "/api/v1/channels/team", nil).status)
	require.Equal(t, http.StatusNotFound, ada.send(http.MethodDelete, "/api/v1/channels/team", nil).status)
}

func TestChannels_AddressInsideTheNetwork_IsRefused(t *testing.T) {
	d := start(t)
	ada := d.as("ada", "lakeside")
	add := func(b *browser, kind, target string) answer {
		return b.post("/api/v1/channels", map[string]any{"name": "c", "kind": kind, "target": target, "every": "daily", "enabled": true})
	}
	for _, target := range []string{
		"", "http://example.org/", "https://127.0.0.1/x", "https://localhost/", "https://10.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest",
		"https://user:pass@example.org/", "https://0.0.0.0/", "ftp://example.org", "javascript:alert(1)", "https://[::ffff:10.1.2.3]/", "https://a.localhost./",
		"https://100.64.0.1/", "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/", "https://198.18.0.1/", "https://10.0.0.1./",
		"https://2130706433/", "https://0/", "https://127.1/", "https://0x7f.0.0.1/", "https://0x7f000001/",
	} {
		a := add(ada, "webhook", target)
		require.Equal(t, http.StatusUnprocessableEntity, a.status, "%s: %s", target, a.text())
		require.Equal(t, "invalid_target", a.code())
	}
	for _, target := range []string{"nobody", "a@b@c", "A <a@example.org>", "a@example.org\r\nBcc: x@example.org", "a@example.org, b@example.org"} {
		require.Equal(t, "invalid_target", add(ada, "email", target).code(), target)
	}
	dev := start(t, func(c *gateway.Config) { c.HooksToLoopback = true })
	b := dev.as("ada", "lakeside")
	require.Equal(t, http.StatusCreated, add(b, "webhook", "http://127.0.0.1:9/x").status)
	require.Equal(t, "invalid_target", add(b, "webhook", "http://10.0.0.1/").code())
}

func TestAbsence_OwnOrByWhoConfigures_WithADeputyWhoCanStandIn(t *testing.T) {
	d := start(t)
	rita, max := d.as("rita", "lakeside"), d.as("max", "lakeside")
	set := func(b *browser, who string, body map[string]any) answer {
		return b.put("/api/v1/people/"+who+"/absence", body)
	}
	soon, later := time.Now().Add(time.Hour).UTC().Format(time.RFC3339), time.Now().Add(48*time.Hour).UTC().Format(time.RFC3339)
	planned := set(rita, "me", map[string]any{"away": true, "from": soon, "until": later, "deputy_id": "max"})
	require.Equal(t, http.StatusOK, planned.status, planned.text())
	require.Equal(t, false, planned.object()["away"], "not yet")
	require.Equal(t, "max", planned.object()["deputy_id"])
	require.Equal(t, true, set(rita, "rita", map[string]any{"away": true, "until": later, "deputy_id": "max"}).object()["away"])
	require.Equal(t, http.StatusForbidden, set(rita, "max", map[string]any{"away": true}).status)
	for code, body := range map[string]map[string]any{
		"deputy_circle":       {"away": true, "deputy_id": "rita"},
		"deputy_is_self":      {"away": true, "deputy_id": "max"},
		"deputy_not_found":    {"away": true, "deputy_id": "nobody"},
		"deputy_cannot_act":   {"away": true, "deputy_id": "vic"},
		"invalid_absence":     {"away": true, "until": "2020-01-01T00:00:00Z"},
		"invalid_absence (2)": {"away": true, "from": later, "until": soon},
	} {
		a := set(max, "me", body)
		require.Equal(t, http.StatusUnprocessableEntity, a.status, "%s: %s", code, a.text())
		require.Equal(t, strings.Fields(code)[0], a.code())
	}
	back := set(max, "rita", map[string]any{"away": false})
	require.Equal(t, http.StatusOK, back.status, back.text())
	require.NotContains(t, back.object(), "deputy_id")
	require.NotContains(t, back.object(), "away_until")
}

func TestNotifications_List_IsTheirOwn(t *testing.T) {
	d := start(t)
	for i := range 3 {
		for _, who := range []string{"person:rita", "person:max", "channel:rita"} {
			_, err := d.store.Notifications.InsertIfAbsent(t.Context(), docstore.Org("lakeside"), &collections.Notification{
				Base: docstore.Base{ID: fmt.Sprintf("%s.%d", who, i), OrgID: "lakeside"}, Recipient: who, Kind: "assigned", ReviewID: "r_1",
				LocationID: "main-street", Title: "A case is yours.", At: time.Now().Add(time.Duration(i) * time.Minute), Unread: i > 0,
			})
			require.NoError(t, err)
		}
	}
	rita := d.as("rita", "lakeside")
	a := rita.ok("/api/v1/notifications")
	require.Equal(t, "person:rita.2 person:rita.1 person:rita.0", ids(a.items()))
	require.EqualValues(t, 2, a.object()["unread"])
	require.Equal(t, true, a.items()[2]["read"])
	require.Len(t, rita.ok("/api/v1/notifications?unread=true").items(), 2)
	require.Equal(t, http.StatusNoContent, rita.post("/api/v1/notifications/read", map[string]any{"ids": []string{"person:rita.2"}}).status)
	asked := d.workflow.commands()[0]
	require.Equal(t, []any{"lakeside", "rita", map[string]any{"ids": []any{"person:rita.2"}}}, []any{asked.org, asked.actor, any(asked.body)})
	require.Equal(t, http.StatusUnprocessableEntity, rita.post("/api/v1/notifications/read", map[string]any{}).status)
}

func TestNotificationSettings_DefaultThenOwn(t *testing.T) {
	d := start(t)
	rita := d.as("rita", "lakeside")
	const path = "/api/v1/me/notifications"
	first := rita.ok(path).object()
	require.EqualValues(t, 0, first["rev"])
	require.Equal(t, "America/New_York", first["time_zone"], "of the first location")
	own := map[string]any{"email": "instant", "kinds": []string{"urgent"}, "quiet_from": "22:00", "quiet_until": "06:30", "time_zone": "America/Chicago", "daily_at": "08:00", "digest": false, "rev": 0}
	a := rita.put(path, own)
	require.Equal(t, http.StatusOK, a.status, a.text())
	require.EqualValues(t, 1, a.object()["rev"])
	require.Equal(t, "settings_changed", rita.put(path, own).code())
	own["rev"] = 1
	for key, wrong := range map[string]any{"time_zone": "Mars/Olympus", "quiet_until": "", "quiet_from": "06:30", "daily_at": "25:00"} {
		body := map[string]any{}
		for k, v := range own {
			body[k] = v
		}
		body[key] = wrong
		require.Equal(t, http.StatusUnprocessableEntity, rita.put(path, body).status, key)
	}
	own["time_zone"] = "Local"
	require.Equal(t, http.StatusUnprocessableEntity, rita.put(path, own).status)
	require.Equal(t, "America/Chicago", rita.ok(path).object()["time_zone"])
	require.EqualValues(t, 0, d.as("max", "lakeside").ok(path).object()["rev"])
}

func TestDigest_Preview_CanDoNothing(t *testing.T) {
	d := start(t)
	rita, dora := d.as("rita", "lakeside"), d.as("dora", "lakeside")
	a := rita.ok("/api/v1/digest?week=2026-W09")
	require.Equal(t, "Practice lakeside", a.object()["title"])
	require.Empty(t, a.object()["locations"])
	require.Equal(t, "week=2026-W09&location_id=main-street&location_id=elm-street", d.workflow.commands()[0].query, "those they cover")
	dora.ok("/api/v1/digest?location_id=elm-street")
	require.Equal(t, "location_id=elm-street", d.workflow.commands()[1].query)
	page := dora.ok("/api/v1/digest/preview")
	require.Empty(t, d.workflow.commands()[2].query, "all, of the last complete week")
	require.Equal(t, "text/html; charset=utf-8", page.header.Get("Content-Type"))
	require.Equal(t, "no-store", page.header.Get("Cache-Control"))
	policy := page.header.Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'")
	require.True(t, strings.HasSuffix(policy, "; sandbox"), policy)
	require.Contains(t, page.text(), "Twelve reviews.")
	for _, wrong := range []string{"week=2026-W54", "week=2025-W53", "week=2026-9", "location_id=nowhere"} {
		require.Equal(t, http.StatusUnprocessableEntity, dora.get("/api/v1/digest?"+wrong).status, wrong)
	}
	require.Equal(t, http.StatusOK, dora.get("/api/v1/digest?week=2026-W53").status, "2026 has 53 weeks")
}

func TestDigest_OfWhoActsAtSomeLocations_IsTheirsAndNoOthers(t *testing.T) {
	d := start(t)
	d.place("main-street", func(l *collections.Location) { l.ManagerID = "" })
	d.place("elm-street", func(l *collections.Location) { l.ManagerID = "max" })
	max := d.as("max", "lakeside")
	covers := func(locations []string) {
		_, err := d.store.People.Update(t.Context(), docstore.Org("lakeside"), "max", func(p *collections.Person) error {
			p.Locations = locations
			return nil
		})
		require.NoError(t, err)
	}
	for name, c := range map[string]struct {
		listed []string
		query  string
	}{
		"managed beside the listed": {[]string{"main-street"}, "location_id=main-street&location_id=elm-street"},
		"managed only":              {nil, "location_id=elm-street"},
		"listed and managed":        {[]string{"elm-street"}, "location_id=elm-street"},
		"listed but gone":           {[]string{"closed-long-ago"}, "location_id=elm-street"},
	} {
		covers(c.listed)
		max.ok("/api/v1/digest")
		asked := d.workflow.commands()
		require.Equal(t, c.query, asked[len(asked)-1].query, name)
	}

	covers(nil)
	d.place("elm-street", func(l *collections.Location) { l.ManagerID = "" })
	max.ok("/api/v1/digest")
	asked := d.workflow.commands()
	require.Empty(t, asked[len(asked)-1].query, "who has none may read all the same")
}

func TestCommitments_List_IsByDueTimeOverAllReviews(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { commitments(t, start(t)) })
	t.Run("mongodb", func(t *testing.T) { commitments(t, startOnMongo(t)) })
}

func commitments(t *testing.T, d *desk) {
	t.Helper()
	base := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for i := range 7 {
		d.sample("lakeside", fmt.Sprintf("r_%d", i), func(r *collections.Review) {
			if i%2 == 1 {
				r.LocationID = "elm-street"
			}
			for j := range 4 {
				c := collections.Commitment{ID: fmt.Sprintf("c_%d", j), Text: "Call.", OwnerID: []string{"rita", "max"}[j%2], DueAt: base.Add(time.Duration(i+10*j) * time.Hour), At: base}
				if j == 3 {
					c.DoneAt = base
				}
				r.Commitments = append(r.Commitments, c)
			}
			promised(r)
		})
	}
	d.sample("lakeside", "r_none", nil)
	max := d.as("max", "lakeside")
	var seen []string
	last := ""
	path := "/api/v1/commitments?limit=4"
	for pages := 0; ; pages++ {
		require.Less(t, pages, 10)
		a := max.ok(path)
		for _, c := range a.items() {
			due := c["due_at"].(string)
			require.LessOrEqual(t, last, due)
			last = due
			seen = append(seen, c["review_id"].(string)+c["id"].(string))
		}
		next, more := a.object()["next_cursor"].(string)
		if !more {
			break
		}
		path = "/api/v1/commitments?limit=4&cursor=" + next
	}
	require.Len(t, seen, 21)
	require.Len(t, unique(seen), 21)
	require.Len(t, max.ok("/api/v1/commitments?owner_id=me").items(), 7)
	require.Len(t, max.ok("/api/v1/commitments?owner_id=rita&location_id=elm-street").items(), 6)
	require.Equal(t, "bad_cursor", max.get("/api/v1/commitments?cursor=nonsense").code())

	made := max.send(http.MethodPost, "/api/v1/reviews/r_none/commitments", map[string]any{"text": " Call back. ", "owner_id": "me", "due_at": "2099-01-01T00:00:00Z"}, "Idempotency-Key", "k")
	require.Equal(t, http.StatusOK, made.status, made.text())
	c := made.object()["commitments"].([]any)[0].(map[string]any)
	require.Equal(t, []any{"Call back.", "max", "open"}, []any{c["text"], c["owner_id"], c["state"]})
	again := max.send(http.MethodPost, "/api/v1/reviews/r_none/commitments", map[string]any{"text": "Call back.", "due_at": "2099-01-01T00:00:00Z"}, "Idempotency-Key", "k")
	require.Len(t, again.object()["commitments"], 1)
	change := "/api/v1/reviews/r_none/commitments/" + c["id"].(string)
	require.Equal(t, "reason_required", max.send(http.MethodPatch, change, map[string]any{"state": "dropped"}).code())
	kept := max.send(http.MethodPatch, change, map[string]any{"state": "kept"}).object()["commitments"].([]any)[0].(map[string]any)
	require.Equal(t, "kept", kept["state"])
	require.Equal(t, http.StatusNotFound, max.send(http.MethodPatch, change+"x", map[string]any{"state": "kept"}).status)
}

func unique(in []string) map[string]bool {
	out := map[string]bool{}
	for _, s := range in {
		out[s] = true
	}
	return out
}

func TestSnooze_Filter_HidesUntilItIsOver(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	d.sample("lakeside", "r_2", nil)
	rita := d.as("rita", "lakeside")
	past := rita.put("/api/v1/reviews/r_1/snooze", map[string]any{"until": "2020-01-01T00:00:00Z"})
	require.Equal(t, "invalid_time", past.code(), past.text())
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second).Format(time.RFC3339)
	require.Equal(t, until, rita.put("/api/v1/reviews/r_1/snooze", map[string]any{"until": until}).part("case")["snoozed_until"])
	for _, sort := range []string{"-posted_at", "due_at", "rating"} {
		require.Equal(t, "r_1", ids(rita.ok("/api/v1/reviews?snoozed=true&sort="+sort).items()), sort)
		require.Equal(t, "r_2", ids(rita.ok("/api/v1/reviews?snoozed=false&sort="+sort).items()), sort)
	}
	require.EqualValues(t, 1, rita.ok("/api/v1/reviews/facets?snoozed=false").object()["total"])
	require.Len(t, rita.ok("/api/v1/reviews").items(), 2)
	require.NotContains(t, rita.send(http.MethodDelete, "/api/v1/reviews/r_1/snooze", nil).part("case"), "snoozed_until")
	require.Len(t, rita.ok("/api/v1/reviews?snoozed=false").items(), 2)
}

func TestMerge_IntoATwin_AndBack(t *testing.T) {
	d := start(t)
	for id, key := range map[string]string{"r_1": "k", "r_2": "k", "r_3": "other"} {
		d.sample("lakeside", id, func(r *collections.Review) { r.TwinKey = key })
	}
	rita := d.as("rita", "lakeside")
	for _, wrong := range []string{"r_3", "r_1", "r_nothing"} {
		require.Equal(t, "invalid_merge", rita.put("/api/v1/reviews/r_1/merge", map[string]any{"into": wrong}).code(), wrong)
	}
	require.Equal(t, "r_2", rita.put("/api/v1/reviews/r_1/merge", map[string]any{"into": "r_2"}).part("case")["merged_into"])
	require.NotContains(t, rita.send(http.MethodDelete, "/api/v1/reviews/r_1/merge", nil).part("case"), "merged_into")
}

func TestStatus_HoldAndResolve_CarryWhatBelongsToThem(t *testing.T) {
	d := start(t)
	d.sample("lakeside", "r_1", nil)
	rita := d.as("rita", "lakeside")
	require.Equal(t, "reason_required", rita.put("/api/v1/reviews/r_1/status", map[string]any{"status": "on_hold"}).code())
	until := "2099-01-01T00:00:00Z"
	held := rita.put("/api/v1/reviews/r_1/status", map[string]any{"status": "on_hold", "reason": "Waits for the chart.", "until": until}).part("case")
	require.Equal(t, []any{string(review.OnHold), "Waits for the chart.", until}, []any{held["status"], held["hold_reason"], held["held_until"]})
	done := rita.put("/api/v1/reviews/r_1/status", map[string]any{"status": "resolved", "root_cause": "billing"}).part("case")
	require.Equal(t, "billing", done["root_cause"])
}
