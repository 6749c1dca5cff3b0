package routing_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/routing"
)

func roster() routing.Roster {
	ana, ben := person("ana"), person("ben", away)
	ana.Name, ben.Name = "Ana Ruiz", "Ben Ito"
	return routing.Roster{People: []collections.Person{ben, ana, person("far", elsewhere), person("gil", elsewhere), person("idle", inactive)}, Locations: []collections.Location{*location("gil")}}
}

func TestPlace_Strategies_ReadByPeople(t *testing.T) {
	for owner, want := range map[string]string{
		"{}":                                  "least open work: Ana Ruiz, Ben Ito",
		"{strategy: round_robin}":             "in turn: Ana Ruiz, Ben Ito",
		"{team: desk}":                        "desk, least open work: Ana Ruiz",
		"{team: other}":                       "other, least open work: nobody who covers the location",
		"{person: ben@practice.example}":      "Ben Ito",
		"{person: gone}":                      "gone",
		"{strategy: location_manager}":        "the location's manager: gil@practice.example",
		"{strategy: mentioned_manager}":       "the manager of the provider it names: Ana Ruiz",
		"{strategy: round_robin, team: desk}": "desk, in turn: Ana Ruiz",
	} {
		plan := parse(t, "teams: {desk: {members: [ana, far, idle]}, other: {members: [far]}}\nproviders: [{name: Dr. Lee, manager: ana}]\ntree: {owner: "+owner+"}")
		place := plan.Place(routing.Subject{LocationID: "l1", Mentions: []string{"Dr. Lee"}}, roster())
		require.Equal(t, want, place.Owner, owner)
		require.Equal(t, []string{"all"}, place.Route)
		require.NotNil(t, place.Channels)
	}
}

func TestOwnerString_Strategies_AsTheAuthorWritesThem(t *testing.T) {
	for owner, want := range map[routing.Owner]string{
		{}: "least_loaded", {Person: "ana"}: "person:ana", {Team: "desk"}: "team:desk", {Strategy: routing.ByTurn, Team: "desk"}: "round_robin:desk",
		{Strategy: routing.ByTurn}: "round_robin", {Strategy: routing.ByLocationManager}: "location_manager", {Strategy: routing.ByMentionedManager}: "mentioned_manager",
	} {
		require.Equal(t, want, owner.String())
	}
}

func TestDryRun_PlansThatDiffer_ListsWhatGoesElsewhere(t *testing.T) {
	const now = `
teams: {desk: {members: [ana]}}
calendars: {office: {hours: {mon-fri: "08:00-17:00"}}}
policies: {fast: {first_reply: 4h, calendar: office}, slow: {first_reply: 2d}}
tree: {sla: slow, owner: {team: desk}, notify: [a, b], routes: [{name: bad, match: {polarity: negative}, sla: fast}]}`
	var subjects []routing.Subject
	for i := range 200 {
		s := routing.Subject{ID: fmt.Sprint(i), LocationID: "l1", Overall: review.Positive}
		if i%10 == 0 {
			s.Overall = review.Negative
		}
		subjects = append(subjects, s)
	}
	for _, c := range []struct {
		name, then string
		want       int
		was, is    routing.Place
	}{
		{"the same", now, 0, routing.Place{}, routing.Place{}},
		{"other names of nodes, other order of channels, days joined otherwise", `
teams: {desk: {members: [ana@practice.example]}}
calendars: {office: {hours: {mon-wed: "08:00-17:00", "thu,fri": "08:00-17:00"}}}
policies: {fast: {first_reply: 4h, calendar: office}, slow: {first_reply: 2d}}
tree: {sla: slow, owner: {team: desk}, notify: [b, a], routes: [{name: worse, match: {polarity: negative}, sla: fast}]}`, 0, routing.Place{}, routing.Place{}},
		{"negative ones to another", now + "\n", 0, routing.Place{}, routing.Place{}},
		{"owner of the negative", replaceOnce(now, "sla: fast}", "sla: fast, owner: {person: ben}}"), 20,
			routing.Place{Owner: "desk, least open work: Ana Ruiz", Priority: "normal", SLA: "fast", Route: []string{"all", "bad"}, Channels: []string{"a", "b"}},
			routing.Place{Owner: "Ben Ito", Priority: "normal", SLA: "fast", Route: []string{"all", "bad"}, Channels: []string{"a", "b"}}},
		{"members of the team", replaceOnce(now, "[ana]", "[ana, ben]"), 200,
			routing.Place{Owner: "desk, least open work: Ana Ruiz", Priority: "normal", SLA: "fast", Route: []string{"all", "bad"}, Channels: []string{"a", "b"}},
			routing.Place{Owner: "desk, least open work: Ana Ruiz, Ben Ito", Priority: "normal", SLA: "fast", Route: []string{"all", "bad"}, Channels: []string{"a", "b"}}},
		{"what the policy says", replaceOnce(now, "first_reply: 4h", "first_reply: 2h"), 20,
			routing.Place{Owner: "desk, least open work: Ana Ruiz", Priority: "normal", SLA: "fast (first reply 4h, on calendar office)", Route: []string{"all", "bad"}, Channels: []string{"a", "b"}},
			routing.Place{Owner: "desk, least open work: Ana Ruiz", Priority: "normal", SLA: "fast (first reply 2h, on calendar office)", Route: []string{"all", "bad"}, Channels: []string{"a", "b"}}},
		{"what the calendar says", replaceOnce(now, "-17:00", "-16:00"), 20,
			routing.Place{Owner: "desk, least open work: Ana Ruiz", Priority: "normal", SLA: "fast (first reply 4h, on calendar office)", Route: []string{"all", "bad"}, Channels: []string{"a", "b"}},
			routing.Place{Owner: "desk, least open work: Ana Ruiz", Priority: "normal", SLA: "fast (first reply 4h, on calendar office, other hours)", Route: []string{"all", "bad"}, Channels: []string{"a", "b"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			changes := routing.DryRun(parse(t, now), parse(t, c.then), subjects, roster())
			require.Len(t, changes, c.want)
			if c.want > 0 {
				require.Equal(t, "0", changes[0].Subject.ID)
				require.Equal(t, c.was, changes[0].Now)
				require.Equal(t, c.is, changes[0].Then)
			}
		})
	}
}

func replaceOnce(text, old, with string) string {
	for i := 0; i+len(old) <= len(text); i++ {
		if text[i:i+len(old)] == old {
			return text[:i] + with + text[i+len(old):]
		}
	}
	return text
}

func BenchmarkOutcome_ExamplePlan(b *testing.B) {
	_, plan := example(b)
	s := routing.Subject{LocationID: "l1", Topics: []string{"billing", "billing:negative"}, Overall: review.Negative, Text: "They charged me twice and nobody at the desk could say why."}
	for b.Loop() {
		plan.Outcome(s)
	}
}
