package routing_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/routing"
)

func TestChoose_NoPlan_LeastLoadOfThoseWhoCoverTheLocation(t *testing.T) {
	for _, c := range []struct {
		name  string
		in    routing.Input
		owner string
		rule  routing.Rule
	}{
		{"unknown location", routing.Input{People: []collections.Person{person("a")}}, "", routing.Nobody},
		{"only one", routing.Input{Location: location("m"), People: []collections.Person{person("a"), person("m", elsewhere)}}, "a", routing.LeastLoad},
		{"least load", routing.Input{Location: location(""), People: []collections.Person{person("a"), person("b"), person("c")}, Load: map[string]int{"a": 2, "b": 1, "c": 3}}, "b", routing.LeastLoad},
		{"no load counted is none", routing.Input{Location: location(""), People: []collections.Person{person("a"), person("b")}, Load: map[string]int{"a": 1}}, "b", routing.LeastLoad},
		{"tie at the start", routing.Input{Location: location(""), People: []collections.Person{person("b"), person("a")}}, "a", routing.LeastLoad},
		{"tie in turn", routing.Input{Location: location(""), People: []collections.Person{person("c"), person("b"), person("a")}, After: "a"}, "b", routing.LeastLoad},
		{"tie round", routing.Input{Location: location(""), People: []collections.Person{person("a"), person("b")}, After: "b"}, "a", routing.LeastLoad},
		{"skips away, inactive, viewers and others", routing.Input{Location: location("m"), People: []collections.Person{person("a", away), person("b", inactive), person("c", viewer), person("d", elsewhere), person("e")}, Load: map[string]int{"e": 99}}, "e", routing.LeastLoad},
		{"manager when nobody can", routing.Input{Location: location("m"), People: []collections.Person{person("a", away), person("m", elsewhere)}}, "m", routing.LocationManager},
		{"manager even if away", routing.Input{Location: location("m"), People: []collections.Person{person("m", away)}}, "m", routing.LocationManager},
		{"deputy of a manager who is away", routing.Input{Location: location("m"), People: []collections.Person{person("m", away, elsewhere, deputy("d")), person("d")}}, "d", routing.LeastLoad},
		{"inactive manager", routing.Input{Location: location("m"), People: []collections.Person{person("m", inactive)}}, "", routing.Nobody},
		{"manager who is gone", routing.Input{Location: location("m")}, "", routing.Nobody},
		{"no manager", routing.Input{Location: location("")}, "", routing.Nobody},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := routing.Choose(c.in)
			require.Equal(t, c.owner, got.OwnerID)
			require.Equal(t, c.rule, got.Rule)
			require.NotEmpty(t, got.Reason)
			require.False(t, got.Queued)
		})
	}
}

func TestChoose_ManyInARow_SpreadEvenly(t *testing.T) {
	people := []collections.Person{person("a"), person("b"), person("c"), person("d")}
	in := routing.Input{Location: location(""), People: people, Load: map[string]int{"a": 7}}
	for range 401 {
		rand.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
		got := routing.Choose(in)
		in.Load[got.OwnerID]++
		in.After = got.OwnerID
	}
	for _, p := range people {
		require.Equal(t, 102, in.Load[p.ID], p.ID)
	}
}

func TestChoose_Strategies_OwnerOrTheNextBest(t *testing.T) {
	plan := routing.Plan{
		Teams:    map[string]routing.Team{"desk": {Members: []string{"a", "b@practice.example", "gone"}}, "absent": {Members: []string{"x"}}, "standin": {Members: []string{"y"}}},
		Capacity: routing.Capacity{Cases: 2, People: map[string]int{"C@practice.example": 1}},
	}
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	vacation := func(from, until time.Time) func(*collections.Person) {
		return func(p *collections.Person) { p.Away, p.AwayFrom, p.AwayUntil = true, from, until }
	}
	base := []collections.Person{person("a"), person("b"), person("c"), person("m", elsewhere), person("v", viewer), person("x", away), person("y", away, deputy("c"))}
	with := func(extra ...collections.Person) []collections.Person {
		return append(append([]collections.Person{}, base...), extra...)
	}
	named := func(ref string) routing.Outcome {
		return routing.Outcome{Owner: routing.Owner{Strategy: routing.ByPerson, Person: ref}}
	}
	team := func(name string) routing.Outcome { return routing.Outcome{Owner: routing.Owner{Team: name}} }
	turn := func(name string) routing.Outcome {
		return routing.Outcome{Owner: routing.Owner{Strategy: routing.ByTurn, Team: name}}
	}
	full := map[string]int{"a": 2, "b": 2, "c": 2}
	for _, c := range []struct {
		name   string
		in     routing.Input
		owner  string
		rule   routing.Rule
		queued bool
		says   string
	}{
		{"a person by id", routing.Input{Outcome: named("c"), People: base}, "c", routing.Named, false, ""},
		{"a person by e-mail in other case", routing.Input{Outcome: named("C@Practice.example"), People: base}, "c", routing.Named, false, ""},
		{"a person who is gone", routing.Input{Outcome: named("zoe"), People: base}, "a", routing.LeastLoad, false, "zoe is nobody here"},
		{"a viewer", routing.Input{Outcome: named("v"), People: base}, "a", routing.LeastLoad, false, "cannot be given cases"},
		{"a person of another location", routing.Input{Outcome: named("m"), People: base}, "a", routing.LeastLoad, false, "does not cover"},
		{"a person who is away without deputy", routing.Input{Outcome: named("x"), People: base}, "a", routing.LeastLoad, false, "is away"},
		{"a person who is away with deputy", routing.Input{Outcome: named("y"), People: base}, "c", routing.Deputy, false, "is away"},
		{"a chain of deputies", routing.Input{Outcome: named("p"), People: with(person("p", away, deputy("q")), person("q", away, deputy("r")), person("r"))}, "r", routing.Deputy, false, ""},
		{"deputies in a loop", routing.Input{Outcome: named("p"), People: with(person("p", away, deputy("q")), person("q", away, deputy("p")))}, "a", routing.LeastLoad, false, "no deputy"},
		{"one's own deputy", routing.Input{Outcome: named("p"), People: with(person("p", away, deputy("p")))}, "a", routing.LeastLoad, false, "no deputy"},
		{"a deputy of another location", routing.Input{Outcome: named("p"), People: with(person("p", away, deputy("m")))}, "a", routing.LeastLoad, false, "no deputy"},
		{"before a vacation", routing.Input{Outcome: named("p"), People: with(person("p", vacation(now.Add(time.Second), now.Add(time.Hour))))}, "p", routing.Named, false, ""},
		{"the first moment of a vacation", routing.Input{Outcome: named("p"), People: with(person("p", vacation(now, now.Add(time.Hour)), deputy("b")))}, "b", routing.Deputy, false, ""},
		{"the end of a vacation", routing.Input{Outcome: named("p"), People: with(person("p", vacation(now.Add(-time.Hour), now)))}, "p", routing.Named, false, ""},
		{"a person with enough", routing.Input{Outcome: named("c"), People: base, Assigned: map[string]int{"c": 1}}, "a", routing.LeastLoad, false, "as many new cases"},
		{"a person with enough, urgent", routing.Input{Outcome: named("c"), People: base, Assigned: map[string]int{"c": 1}, Urgent: true}, "c", routing.Named, false, ""},
		{"everybody has enough", routing.Input{Outcome: named("c"), People: base, Assigned: full}, "", routing.Waiting, true, "first with room"},
		{"a team", routing.Input{Outcome: team("desk"), People: base, Load: map[string]int{"a": 5, "b": 4}}, "b", routing.LeastLoad, false, "2 people of team desk"},
		{"one of the team has room", routing.Input{Outcome: team("desk"), People: base, Assigned: map[string]int{"a": 2}}, "b", routing.LeastLoad, false, "only one with room of the 2 people of team desk"},
		{"nobody of the team has room", routing.Input{Outcome: team("desk"), People: base, Assigned: map[string]int{"a": 2, "b": 3}}, "", routing.Waiting, true, "of team desk"},
		{"nobody of the team has room, urgent", routing.Input{Outcome: team("desk"), People: base, Assigned: full, Urgent: true}, "a", routing.LeastLoad, false, ""},
		{"nobody of the team is there", routing.Input{Outcome: team("absent"), People: base}, "a", routing.LeastLoad, false, "nobody of team absent"},
		{"a deputy for a team that is away", routing.Input{Outcome: team("standin"), People: base}, "c", routing.LeastLoad, false, "stand in"},
		{"a team that is not there any more", routing.Input{Outcome: team("none"), People: base}, "a", routing.LeastLoad, false, "nobody of team none"},
		{"in turn whatever the load", routing.Input{Outcome: turn("desk"), People: base, Load: map[string]int{"b": 50}, After: "a"}, "b", routing.Turn, false, "next in turn"},
		{"in turn round", routing.Input{Outcome: turn("desk"), People: base, After: "b"}, "a", routing.Turn, false, ""},
		{"in turn of all", routing.Input{Outcome: turn(""), People: base, After: "b"}, "c", routing.Turn, false, ""},
		{"the location's manager, who need not cover it", routing.Input{Outcome: routing.Outcome{Owner: routing.Owner{Strategy: routing.ByLocationManager}}, People: base}, "m", routing.LocationManager, false, ""},
		{"the mentioned provider's manager", routing.Input{Outcome: routing.Outcome{Owner: routing.Owner{Strategy: routing.ByMentionedManager}, Manager: "c"}, People: base}, "c", routing.MentionedManager, false, ""},
		{"nobody mentioned", routing.Input{Outcome: routing.Outcome{Owner: routing.Owner{Strategy: routing.ByMentionedManager}}, People: base}, "a", routing.LeastLoad, false, "names nobody"},
		{"too old", routing.Input{Outcome: named("c"), People: base, Stale: true, Urgent: true}, "", routing.Old, false, "too long ago"},
		{"nobody is there but the manager's deputy", routing.Input{Outcome: team("desk"), People: []collections.Person{person("m", away, elsewhere, deputy("d")), person("d", inactive)}}, "m", routing.LocationManager, false, "nobody who covers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.in.Plan, c.in.Location, c.in.Now = plan, location("m"), now
			got := routing.Choose(c.in)
			require.Equal(t, c.owner, got.OwnerID, got.Reason)
			require.Equal(t, c.rule, got.Rule)
			require.Equal(t, c.queued, got.Queued)
			require.Contains(t, got.Reason, c.says)
			require.NotEmpty(t, got.Reason)
		})
	}
}

func TestChoose_ManagersDeputy_GetsItWhenNobodyElseIsThere(t *testing.T) {
	// The deputy covers the location but has no room: the manager's last resort does not ask for it.
	got := routing.Choose(routing.Input{
		Location: location("m"), Outcome: routing.Outcome{Owner: routing.Owner{Strategy: routing.ByLocationManager}},
		People: []collections.Person{person("m", away, elsewhere, deputy("d")), person("d")},
	})
	require.Equal(t, "d", got.OwnerID)
	require.Equal(t, routing.Deputy, got.Rule)
}

func TestChoose_RandomRosters_OnlyThoseWhoMayAndAlwaysTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 14))
	ids := []string{"a", "b", "c", "d", "e", "f"}
	for range 1_000 {
		var people []collections.Person
		for _, id := range ids {
			p := person(id)
			p.Active, p.Away = r.IntN(5) > 0, r.IntN(3) == 0
			if r.IntN(5) == 0 {
				p.Role = collections.Viewer
			}
			if r.IntN(3) == 0 {
				p.Locations = []string{"l2"}
			}
			p.DeputyID = ids[r.IntN(len(ids))]
			people = append(people, p)
		}
		in := routing.Input{
			Plan:     routing.Plan{Teams: map[string]routing.Team{"t": {Members: ids[:r.IntN(4)]}}, Capacity: routing.Capacity{Cases: r.IntN(3)}},
			Location: location(ids[r.IntN(len(ids))]), People: people, Urgent: r.IntN(4) == 0, After: ids[r.IntN(len(ids))],
			Outcome:  routing.Outcome{Owner: routing.Owner{Strategy: routing.Strategies()[r.IntN(5)]}, Manager: ids[r.IntN(len(ids))]},
			Assigned: map[string]int{}, Load: map[string]int{},
		}
		switch in.Outcome.Owner.Strategy {
		case routing.ByPerson:
			in.Outcome.Owner.Person = ids[r.IntN(len(ids))]
		case routing.ByLeastLoad, routing.ByTurn:
			in.Outcome.Owner.Team = []string{"", "t"}[r.IntN(2)]
		}
		for _, id := range ids {
			in.Assigned[id], in.Load[id] = r.IntN(4), r.IntN(4)
		}
		got := routing.Choose(in)
		about := fmt.Sprintf("%+v from %+v", got, in)
		rand.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
		require.Equal(t, got, routing.Choose(in), "the order of people decides: %s", about)
		require.NotEmpty(t, got.Reason)
		able := routing.Able(people, "l1", in.Now)
		if got.OwnerID == "" {
			require.Contains(t, []routing.Rule{routing.Nobody, routing.Waiting}, got.Rule, about)
			require.Equal(t, got.Rule == routing.Waiting, got.Queued, about)
			require.False(t, in.Urgent && len(able) > 0, "an urgent case waits: %s", about)
			if got.Rule == routing.Nobody {
				require.Empty(t, able, about)
			}
			continue
		}
		owner := routing.FindPerson(people, got.OwnerID)
		require.True(t, routing.CanOwn(*owner), about)
		if got.Rule != routing.LocationManager {
			require.Contains(t, owner.Locations, "l1", about)
			require.False(t, owner.Away, about)
		} else {
			require.Equal(t, in.Location.ManagerID, got.OwnerID, about)
		}
		if limit := in.Plan.Capacity.Cases; limit > 0 && !in.Urgent && len(able) > 0 {
			require.Less(t, in.Assigned[got.OwnerID], limit, about)
		}
	}
}
