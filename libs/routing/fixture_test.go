package routing_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/routing"
)

func person(id string, change ...func(*collections.Person)) collections.Person {
	p := collections.Person{Base: docstore.Base{ID: id, OrgID: "o"}, Email: id + "@practice.example", Role: collections.Responder, Locations: []string{"l1"}, Active: true}
	for _, c := range change {
		c(&p)
	}
	return p
}

func away(p *collections.Person)      { p.Away = true }
func inactive(p *collections.Person)  { p.Active = false }
func viewer(p *collections.Person)    { p.Role = collections.Viewer }
func elsewhere(p *collections.Person) { p.Locations = []string{"l2"} }

func deputy(id string) func(*collections.Person) {
	return func(p *collections.Person) { p.DeputyID = id }
}

func location(manager string) *collections.Location {
	return &collections.Location{Base: docstore.Base{ID: "l1", OrgID: "o"}, Name: "Harbor Eye", Region: "North", ManagerID: manager}
}

// example is the plan that is shipped with the documentation.
func example(t testing.TB) ([]byte, routing.Plan) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "routing", "example.yaml"))
	require.NoError(t, err)
	plan, faults := routing.Parse(text)
	require.Empty(t, faults)
	return text, plan
}

// parse reads a plan that has no faults.
func parse(t testing.TB, text string) routing.Plan {
	t.Helper()
	plan, faults := routing.Parse([]byte(text))
	require.Empty(t, faults)
	return plan
}
