package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	examplePlan   = filepath.Join("..", "..", "docs", "routing", "example.yaml")
	examplePeople = filepath.Join("..", "..", "docs", "routing", "people.yaml")
)

func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestRouteCheck_Example_NoFaults(t *testing.T) {
	code, out, stderr := run(t, "", nil, "route", "check", examplePlan, "--people", examplePeople)
	require.Zero(t, code, stderr+out)
	require.Contains(t, out, "10 nodes, 3 teams, 3 policies, 1 calendars; no faults.")
}

func TestRouteCheck_Faults_EachWithLineAndPlace(t *testing.T) {
	plan := writeFile(t, "tree:\n  sla: fats\n  owner: {team: x}\n")
	code, out, stderr := run(t, "", nil, "route", "check", plan)
	require.Equal(t, 1, code)
	require.Contains(t, out, plan+`:2: tree.sla: there is no policy "fats"`)
	require.Contains(t, out, plan+`:3: tree.owner.team: there is no team "x"`)
	require.Contains(t, stderr, "2 faults")

	plan = writeFile(t, "tree: {owner: {person: ana.ruis@harbor.example}}\n")
	code, _, _ = run(t, "", nil, "route", "check", plan)
	require.Zero(t, code, "people are looked at only where they are given")
	code, out, stderr = run(t, "", nil, "route", "check", plan, "--people", examplePeople)
	require.Equal(t, 1, code)
	require.Contains(t, out, `did you mean "ana.ruiz@harbor.example"?`)
	require.Contains(t, stderr, "the plan has a fault")
}

func TestRouteTest_ExamplePlan_ExpectationsHold(t *testing.T) {
	for _, c := range []struct {
		name   string
		review []string
		expect []string
	}{
		{"nothing known", nil, []string{"owner=team:front-desk", "sla=favourable", "priority=normal", "approval=false", "route=everything", "channels="}},
		{"money", []string{"--topic", "billing:negative", "--rating", "2"}, []string{"owner=billing", "sla=critical", "priority=high", "route=everything/money", "approval=false"}},
		{"refund", []string{"--topic", "billing:negative", "--text", "I want my money back, a refund!"}, []string{"route=refunds", "approval=true", "owner=team:billing"}},
		{"legal threat", []string{"--urgent", "legal_threat", "--topic", "billing:negative"}, []string{"owner=person:fay.osei@harbor.example", "sla=urgent", "channels=urgent", "approval=true", "priority=urgent"}},
		{"harm", []string{"--urgent", "safety_harm"}, []string{"owner=location_manager"}},
		{"praise", []string{"--polarity", "positive", "--rating", "5"}, []string{"channels=good-news", "owner=team:front-desk", "sla=favourable"}},
		{"about a doctor", []string{"--polarity", "negative", "--mention", "Dr. Bee"}, []string{"owner=mentioned_manager", "approval=true"}},
		{"Spanish", []string{"--language", "es"}, []string{"owner=round_robin:front-desk"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"route", "test", "--plan", examplePlan}, c.review...)
			for _, e := range c.expect {
				args = append(args, "--expect", e)
			}
			code, out, stderr := run(t, "", nil, args...)
			require.Zero(t, code, stderr+out)
		})
	}
}

func TestRouteTest_ExpectationsThatDiffer_FailWithBoth(t *testing.T) {
	code, out, stderr := run(t, "", nil, "route", "test", "--plan", examplePlan, "--topic", "billing:negative",
		"--expect", "owner=front-desk", "--expect", "sla=critical", "--expect", "channels=urgent", "--expect", "approval=true", "--expect", "priority=low", "--expect", "route=urgent")
	require.Equal(t, 1, code)
	require.Contains(t, out, "everything > money")
	require.Contains(t, stderr, "expected owner=front-desk, got team:billing")
	require.Contains(t, stderr, "expected channels=urgent, got \n")
	require.Contains(t, stderr, "expected approval=true, got false")
	require.Contains(t, stderr, "expected route=urgent, got everything/money")
	require.NotContains(t, stderr, "sla")
	require.Contains(t, stderr, "5 expectations do not hold")
}

func TestRouteTest_WithPeople_SaysWhoGetsItAndWhenItIsDue(t *testing.T) {
	args := []string{"route", "test", "--plan", examplePlan, "--people", examplePeople, "--location", "Harbor Eye Care", "--at", "2026-11-25 16:00"}
	code, out, stderr := run(t, "", nil, append(args, "--topic", "billing:negative", "--expect", "owner=dana.wolf@harbor.example", "--expect", "owner=Dana Wolf")...)
	require.Zero(t, code, stderr)
	require.Contains(t, out, "Dana Wolf (the only one of team billing who covers this location and is available)")
	// The day after is Thanksgiving, and on Friday the office closes at noon.
	require.Contains(t, out, "first reply in 8h: due Mon 2026-11-30 11:00 CST")
	documented, err := os.ReadFile(filepath.Join("..", "..", "docs", "routing.md"))
	require.NoError(t, err)
	for line := range strings.Lines(out) {
		require.Contains(t, string(documented), strings.TrimSpace(line), "docs/routing.md shows this answer")
	}

	// Cleo is away and Ana is her deputy; at Maple Row there is nobody else of the front desk.
	code, out, stderr = run(t, "", nil, "route", "test", "--plan", examplePlan, "--people", examplePeople, "--location", "maple-dental", "--json", "--expect", "owner=ana")
	require.Zero(t, code, stderr)
	var got struct {
		OwnerID string `json:"owner_id"`
		Due     []struct{ Target, Allowed string }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.Equal(t, "ana", got.OwnerID)
	require.Equal(t, "1d", got.Due[0].Allowed)

	code, out, _ = run(t, "", nil, append(args, "--age", "200d")...)
	require.Zero(t, code)
	require.Contains(t, out, "nobody (posted too long ago")
	require.NotContains(t, out, "due Mon")
}

func TestRouteTest_TaggedText_GoesWhereItsTopicsSay(t *testing.T) {
	code, out, stderr := run(t, "", nil, "route", "test", "--plan", examplePlan, "--tag", "--text", "They charged me twice and the billing office was no help.", "--expect", "route=refunds")
	require.Zero(t, code, stderr+out)
}

func TestRouteTest_WrongFlags_SaysWhatIsWanted(t *testing.T) {
	for want, args := range map[string][]string{
		"--plan is needed":             {},
		"want a topic":                 {"--plan", examplePlan, "--topic", "money"},
		"want safety_harm":             {"--plan", examplePlan, "--urgent", "yes"},
		"want positive":                {"--plan", examplePlan, "--polarity", "bad"},
		"want 1 to 5 stars":            {"--plan", examplePlan, "--rating", "NaN"},
		"is no duration":               {"--plan", examplePlan, "--age", "old"},
		"want a time":                  {"--plan", examplePlan, "--at", "noon"},
		"want KEY=VALUE":               {"--plan", examplePlan, "--expect", "owner"},
		`there is no key "boss"`:       {"--plan", examplePlan, "--expect", "boss=ana"},
		"leave out --topic":            {"--plan", examplePlan, "--tag", "--topic", "billing"},
		`there is no location "harbor`: {"--plan", examplePlan, "--people", examplePeople, "--location", "harbor"},
		"is in the region":             {"--plan", examplePlan, "--people", examplePeople, "--location", "harbor-eye", "--region", "south"},
		"not found in type":            {"--plan", examplePlan, "--people", writeFile(t, "persons: []")},
		"people[0] has no id":          {"--plan", examplePlan, "--people", writeFile(t, "people: [{name: x}]")},
		"read the plan":                {"--plan", filepath.Join(t.TempDir(), "none.yaml")},
	} {
		code, _, stderr := run(t, "", nil, append([]string{"route", "test"}, args...)...)
		require.Equal(t, 1, code, want)
		require.Contains(t, stderr, want)
	}
}

// bedside answers like a running Bedside and keeps what dry-run sent.
func bedside(t *testing.T, answers map[string]string) (environ []string, sent *string) {
	t.Helper()
	sent = new(string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		answer, ok := answers[r.Method+" "+r.URL.Path]
		if !ok || r.Header.Get("Authorization") != "Bearer t" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if len(body) > 0 {
			*sent = string(body)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return []string{"BEDSIDE_URL=" + server.URL, "BEDSIDE_TOKEN=t"}, sent
}

func TestRouteDryRun_Changes_AreListedWithWhatDiffers(t *testing.T) {
	environ, sent := bedside(t, map[string]string{"POST /api/v1/routing/dry-run": `{"faults":[],"reviews":200,"changed":[{"review_id":"r_1","author":"Al\u001b[31m","rating":2,"location_id":"l1","site":"google",
		"now":{"owner":"least open work: Ana","priority":"normal","sla":"favourable","approval":false,"route":["all"],"channels":[]},
		"then":{"owner":"billing, least open work: Dana","priority":"normal","sla":"critical","approval":true,"route":["everything","money"],"channels":["urgent"]}}]}`})
	code, out, stderr := run(t, "", environ, "route", "dry-run", "--plan", examplePlan, "--last", "500")
	require.Zero(t, code, stderr)
	require.Contains(t, out, "Of the last 200 reviews 1 would go elsewhere.")
	require.Contains(t, out, "r_1: Al")
	require.NotContains(t, out, "\x1b")
	require.Contains(t, out, "owner     least open work: Ana -> billing, least open work: Dana")
	require.Contains(t, out, "approval  not needed -> needed")
	require.Contains(t, out, "channels  none -> urgent")
	require.NotContains(t, out, "priority")
	var body struct {
		YAML string `json:"yaml"`
		Last int
	}
	require.NoError(t, json.Unmarshal([]byte(*sent), &body))
	require.Equal(t, 500, body.Last)
	want, err := os.ReadFile(examplePlan)
	require.NoError(t, err)
	require.Equal(t, string(want), body.YAML)
}

func TestRouteDryRun_FaultsOrRefusal_Fails(t *testing.T) {
	environ, sent := bedside(t, map[string]string{"POST /api/v1/routing/dry-run": `{"faults":[{"path":"tree.notify[0]","detail":"there is no channel \"x\""}],"reviews":0,"changed":[]}`})
	code, out, stderr := run(t, "", environ, "route", "dry-run", "--plan", examplePlan)
	require.Equal(t, 1, code)
	require.Contains(t, out, `tree.notify[0]: there is no channel "x"`)
	require.Contains(t, stderr, "the plan has a fault")

	*sent = ""
	code, _, _ = run(t, "", environ, "route", "dry-run", "--plan", writeFile(t, "tree: {sla: x}"))
	require.Equal(t, 1, code)
	require.Empty(t, *sent, "a plan with faults is not sent")

	environ, _ = bedside(t, nil)
	code, _, stderr = run(t, "", environ, "route", "dry-run", "--plan", examplePlan)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "404")
	for _, args := range [][]string{{}, {"--plan", examplePlan, "--last", "0"}} {
		code, _, _ = run(t, "", environ, append([]string{"route", "dry-run"}, args...)...)
		require.Equal(t, 1, code)
	}
}

func TestRouteTest_Running_TakesPlanAndNamesFromBedside(t *testing.T) {
	environ, _ := bedside(t, map[string]string{
		"GET /api/v1/routing":   `{"version":3,"yaml":"policies: {p: {first_reply: 4h}}\ntree: {sla: p, owner: {person: ana}, notify: [alert]}","plan":{}}`,
		"GET /api/v1/people":    `{"items":[{"id":"ana","name":"Ana Ruiz","email":"ana@harbor.example","role":"responder","location_ids":["l1"],"active":true,"away":true,"deputy_id":"ben"},{"id":"ben","name":"Ben Ito","email":"ben@harbor.example","role":"responder","location_ids":["l1"],"active":true,"away":false}]}`,
		"GET /api/v1/locations": `{"items":[{"id":"l1","name":"Harbor Eye","time_zone":"America/Chicago","manager_id":"ana","rev":1,"hours":[],"categories":[]}]}`,
		"GET /api/v1/channels":  `{"items":[{"id":"alert","name":"alert","kind":"slack","target":"...","every":"instant","enabled":true,"rev":1}]}`,
	})
	code, out, stderr := run(t, "", environ, "route", "test", "--running", "--location", "harbor eye", "--at", "2026-03-07 23:00", "--expect", "owner=ben", "--expect", "channels=alert")
	require.Zero(t, code, stderr)
	require.Contains(t, out, "Ben Ito (")
	require.Contains(t, out, "is away; goes to the deputy")
	require.Contains(t, out, "due Sun 2026-03-08 04:00 CDT")
	code, out, _ = run(t, "", environ, "route", "check", "--running", writeFile(t, "tree: {notify: [alarm]}"))
	require.Equal(t, 1, code)
	require.Contains(t, out, `there is no channel "alarm"; did you mean "alert"?`)
}
