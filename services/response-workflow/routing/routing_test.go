package routing_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/services/response-workflow/routing"
)

func person(id string, change ...func(*collections.Person)) collections.Person {
	p := collections.Person{Base: docstore.Base{ID: id, OrgID: "o"}, Role: collections.Responder, Locations: []string{"l1"}, Active: true}
	for _, c := range change {
		c(&p)
	}
	return p
}

func away(p *collections.Person)      { p.Away = true }
func inactive(p *collections.Person)  { p.Active = false }
func viewer(p *collections.Person)    { p.Role = collections.Viewer }
func elsewhere(p *collections.Person) { p.Locations = []string{"l2"} }

func location(manager string) *collections.Location {
	return &collections.Location{Base: docstore.Base{ID: "l1", OrgID: "o"}, ManagerID: manager}
}

func TestChoose_Situations_Owner(t *testing.T) {
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
		{"inactive manager", routing.Input{Location: location("m"), People: []collections.Person{person("m", inactive)}}, "", routing.Nobody},
		{"manager who is gone", routing.Input{Location: location("m")}, "", routing.Nobody},
		{"no manager", routing.Input{Location: location("")}, "", routing.Nobody},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := routing.Choose(c.in)
			require.Equal(t, c.owner, got.OwnerID)
			require.Equal(t, c.rule, got.Rule)
			require.NotEmpty(t, got.Reason)
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
