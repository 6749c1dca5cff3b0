package routing_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/routing"
)

// told writes faults as "line path: detail".
func told(faults []routing.Fault) string {
	var b strings.Builder
	for _, f := range faults {
		fmt.Fprintf(&b, "%d %s: %s\n", f.Line, f.Path, f.Detail)
	}
	return b.String()
}

func TestParse_PlanWithManyFaults_AllNamedWithPlaceAndLine(t *testing.T) {
	_, faults := routing.Parse([]byte(`root_causes: [bill, Bill, ""]
teams:
  desk: {members: []}
  money: {member: [dana]}
providers:
  - {name: Dr. Lee, aliases: [Lee]}
  - {name: LEE}
calendars:
  office: {hours: {mon: ["08:00-8:00"]}}
policies:
  fast: {first_reply: 4 hours, calendar: ofice, escalation: [{after: 1h, to: "team:dask"}]}
  slow: {first_reply: 90d, calendar: rare}
capacity: {cases: -1, per: 1m, people: {ana: many}}
stale_after: 5m
tree:
  match: {sites: google}
  continue: yes
  sla: fats
  owner: {strategy: person}
  routes:
    - {name: a}
    - name: b
      match: {topics: [biling, "billing:bad"], polarity: good, rating_min: 4, rating_max: 3.5, urgent: [true, privacy], languages: english, text: ["a*", "x * y", "!"], mentions: "?"}
      priority: soon
      owner: {person: ana, team: desk}
      notify: [x, x]
      approve: true
    - {name: c, owner: {strategy: location_manager, team: desc}, match: {rating_max: 9}, routes: {}}
`))
	require.Equal(t, `1 root_causes[1]: "Bill" comes twice
1 root_causes[2]: is empty
3 teams.desk: has no members
4 teams.money.member: there is no such key; did you mean "members"?
4 teams.money: has no members
7 providers[1].name: "LEE" is a name of Dr. Lee too
9 calendars.office.hours.mon[0]: want an interval such as 08:00-12:00
11 policies.fast.first_reply: "4 hours" is no duration: write 90m, 4h, 2d or 1d12h
11 policies.fast.escalation: never happens: the policy has no target
11 policies.fast.calendar: there is no calendar "ofice"; did you mean "office"?
11 policies.fast.escalation[0].to: there is no team "dask"; did you mean "desk"?
12 policies.slow.calendar: there is no calendar "rare"
13 capacity.people.ana: want a whole number, not "many"
13 capacity.cases: want 1 to 10000, or 0 for any number
13 capacity.per: want 1h to 30d
14 stale_after: 5m is too short: want 1h or longer, or 0 for any age
16 tree.match: the root takes every review: match in its routes
17 tree.continue: want true or false, not "yes"
18 tree.sla: there is no policy "fats"; did you mean "fast"?
19 tree.owner.person: is missing
21 tree.routes[0].match: takes every review, so that the routes after it are never reached: match something, continue, or move it to the end
23 tree.routes[1].match.topics[0]: there is no topic "biling"; did you mean "billing"?
23 tree.routes[1].match.topics[1]: want positive, negative or mixed after the topic
23 tree.routes[1].match.polarity[0]: want positive, negative or mixed
23 tree.routes[1].match.urgent[0]: any goes with no other flag
23 tree.routes[1].match.languages[0]: want the code of a language, such as en or es
23 tree.routes[1].match.mentions[0]: holds no letters
23 tree.routes[1].match.text[0]: want at least three letters before *
23 tree.routes[1].match.text[1]: has a * that is not at its end
23 tree.routes[1].match.text[2]: holds no letters
23 tree.routes[1].match.rating_min: is more than rating_max
24 tree.routes[1].priority: want low, normal, high or urgent
25 tree.routes[1].owner.team: goes only with the strategies least_loaded and round_robin
26 tree.routes[1].notify[1]: "x" comes twice
27 tree.routes[1].approve: there is no such key; did you mean "approval"?
28 tree.routes[2].routes: want a list, not an object
28 tree.routes[2].owner.team: goes only with the strategies least_loaded and round_robin
28 tree.routes[2].owner.team: there is no team "desc"; did you mean "desk"?
28 tree.routes[2].match.rating_max: want 0 to 5 stars
`, told(faults))
}

func TestParse_BrokenOrHostileText_OneClearFault(t *testing.T) {
	deep := "tree: " + strings.Repeat("{routes: [", 25) + strings.Repeat("]}", 25)
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "the plan is empty"},
		{"only a comment", "# nothing\n", "the plan is empty"},
		{"a word", "plan", "want an object, not a value"},
		{"a list", "- a", "want an object, not a list"},
		{"too large", strings.Repeat("#", 200_001), "larger than 200000 bytes"},
		{"not UTF-8", "tree: {name: \xff}", "not UTF-8"},
		{"broken", "tree: [", "did not find"},
		{"tab", "tree:\n\tname: x", "cannot start any token"},
		{"two documents", "stale_after: 1d\n---\nstale_after: 2d\n", "more than one document"},
		{"anchor", "teams: &t {a: {members: [x]}}", "anchors"},
		{"alias", "teams: {a: &m {members: [x]}, b: *m}", "anchors"},
		{"merge", "teams: {a: {<<: {members: [x]}}}", "plain word as key"},
		{"tag", "teams: !!binary aGk=", "tags"},
		{"key that is a list", "teams: {[a, b]: {members: [x]}}", "plain word as key"},
		{"bomb", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n", "anchors"},
		{"deep", deep, "deeper"},
		{"very deep", strings.Repeat("[", 100_000), ""},
		{"deep JSON", strings.Repeat(`{"tree":`, 20_000), "deeper"},
		{"broken JSON", `{"tree": {"name": "x"`, "not JSON"},
		{"JSON and more", `{"tree": {}} {}`, "something follows"},
		{"key twice", "stale_after: 1d\nstale_after: 2d\n", "comes twice"},
		{"key twice in JSON", `{"teams": {"a": {"members": ["x"]}, "a": {"members": ["y"]}}}`, "comes twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			began := time.Now()
			_, faults := routing.Parse([]byte(c.text))
			require.NotEmpty(t, faults)
			require.Contains(t, faults[0].Detail, c.want)
			require.Less(t, time.Since(began), 2*time.Second)
		})
	}
}

func TestParse_TooManyNodesOrTooDeep_Refused(t *testing.T) {
	var wide strings.Builder
	wide.WriteString("tree: {routes: [")
	for i := range routing.MaxNodes {
		fmt.Fprintf(&wide, "{match: {text: w%da}},", i)
	}
	wide.WriteString("]}")
	_, faults := routing.Parse([]byte(wide.String()))
	require.Contains(t, told(faults), "more than 2000 nodes")

	nested := func(levels int) string {
		text := "{name: x}"
		for range levels - 1 {
			text = "{routes: [" + text + "]}"
		}
		return "tree: " + text
	}
	_, faults = routing.Parse([]byte(nested(routing.MaxDepth)))
	require.Empty(t, faults)
	_, faults = routing.Parse([]byte(nested(routing.MaxDepth + 1)))
	require.Contains(t, told(faults), "deeper than 20 nodes")
}

func TestParse_ManyFaults_Bounded(t *testing.T) {
	_, faults := routing.Parse([]byte("tree: {notify: [" + strings.Repeat("'',", 50_000) + "]}"))
	require.Len(t, faults, routing.MaxFaults)
	_, faults = routing.Parse([]byte(strings.Repeat("tre: x\n", 25_000)))
	require.Len(t, faults, routing.MaxFaults)
}

func TestParse_Example_SameThroughJSONAndYAML(t *testing.T) {
	_, plan := example(t)
	asJSON, err := json.Marshal(plan)
	require.NoError(t, err)
	fromJSON, faults := routing.Parse(asJSON)
	require.Empty(t, faults)
	require.Equal(t, plan, fromJSON)

	asYAML, err := plan.YAML()
	require.NoError(t, err)
	fromYAML, faults := routing.Parse(asYAML)
	require.Empty(t, faults, string(asYAML))
	require.Equal(t, plan, fromYAML)

	byDefault := routing.Default(4*time.Hour, 24*time.Hour, 48*time.Hour)
	asYAML, err = byDefault.YAML()
	require.NoError(t, err)
	again, faults := routing.Parse(asYAML)
	require.Empty(t, faults, string(asYAML))
	require.Equal(t, byDefault, again)
}

func TestCheck_NamesThatDoNotExist_NearestNamed(t *testing.T) {
	plan := parse(t, `
teams: {desk: {members: [ana@practice.example, bens@practice.example, v]}}
providers: [{name: Dr. Lee, manager: zoe}]
policies: {fast: {first_reply: 4h, escalation: [{to: "person:anna@practice.example"}]}}
capacity: {people: {cleo: 3}}
tree:
  sla: fast
  owner: {person: ben@practice.example}
  notify: [allert]
  routes:
    - {match: {locations: [Harbour Eye, l1, HARBOR EYE], regions: [Nort, north]}, owner: {person: Zed}, notify: [alert]}
`)
	roster := routing.Roster{
		People:    []collections.Person{person("ana"), person("ben"), person("v", viewer)},
		Locations: []collections.Location{*location("m"), {Base: docstore.Base{ID: "l2"}, Name: "Maple"}}, Channels: []string{"alert"},
	}
	require.Equal(t, `0 teams.desk.members[1]: there is nobody "bens@practice.example"; did you mean "ben@practice.example"?
0 teams.desk.members[2]: v@practice.example cannot be given cases: the account is inactive or a viewer's
0 providers[0].manager: there is nobody "zoe"
0 capacity.people.cleo: there is nobody "cleo"
0 policies.fast.escalation[0].to: there is nobody "anna@practice.example"; did you mean "ana@practice.example"?
0 tree.notify[0]: there is no channel "allert"; did you mean "alert"?
0 tree.routes[0].owner.person: there is nobody "Zed"
0 tree.routes[0].match.locations[0]: there is no location "Harbour Eye"; did you mean "Harbor Eye"?
0 tree.routes[0].match.regions[0]: there is no region "Nort"; did you mean "North"?
`, told(plan.Check(roster)))
	require.Empty(t, routing.Default(time.Hour, time.Hour, time.Hour).Check(routing.Roster{}))
}

func FuzzParse(f *testing.F) {
	text, _ := os.ReadFile(filepath.Join("..", "..", "docs", "routing", "example.yaml"))
	f.Add(text)
	f.Add([]byte(`{"tree":{"routes":[{"match":{"urgent":true,"rating_max":3.5},"approval":false}]}}`))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("calendars: {o: {hours: {mon-fri: 8:00-9:00}, holidays: [{date: 4th thu nov}]}}\npolicies: {p: {first_reply: 1d, calendar: o}}"))
	f.Add([]byte("tree: {routes: [{match: {text: 'refund*', mentions: any}, continue: true}, {name: z}]}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		plan, faults := routing.Parse(data)
		if len(faults) > 0 {
			for _, fault := range faults {
				require.NotEmpty(t, fault.Detail)
			}
			return
		}
		rating := 2.0
		plan.Outcome(routing.Subject{Text: "they charged me twice", Topics: []string{"billing"}, Rating: &rating, Mentions: []string{"Dr. Lee"}})
		plan.Check(routing.Roster{})
		written, err := plan.YAML()
		require.NoError(t, err)
		again, faults := routing.Parse(written)
		if len(written) <= routing.MaxPlanBytes {
			require.Empty(t, faults, string(written))
			first, err := json.Marshal(plan)
			require.NoError(t, err)
			second, err := json.Marshal(again)
			require.NoError(t, err)
			require.JSONEq(t, string(first), string(second))
		}
	})
}
