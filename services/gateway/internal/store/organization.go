package store

import (
	"context"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
)

// PersonByEmail finds a person by e-mail address over all organizations, for sign-in.
func (s *Store) PersonByEmail(ctx context.Context, email string) (collections.Person, error) {
	page, err := s.shared.People.Page(ctx, docstore.AllOrgs(), docstore.Query{
		Index: "by_email", Where: []docstore.Cond{docstore.Is("email", email)}, Limit: 1,
	})
	if err != nil {
		return collections.Person{}, err
	}
	if len(page.Items) == 0 {
		return collections.Person{}, problem.New(problem.NotFound, "person_not_found", "There is no such person.")
	}
	return page.Items[0], nil
}

// Person reads a person of an organization.
func (s *Store) Person(ctx context.Context, org, id string) (collections.Person, error) {
	person, err := s.shared.People.Get(ctx, docstore.Org(org), id)
	return person, missing(err, "person_not_found", "There is no such person.")
}

// Organization reads an organization.
func (s *Store) Organization(ctx context.Context, id string) (collections.Organization, error) {
	organization, err := s.shared.Organizations.Get(ctx, docstore.Org(id), id)
	return organization, missing(err, "organization_not_found", "There is no such organization.")
}

// Locations reads all locations of an organization in their order.
func (s *Store) Locations(ctx context.Context, org string) ([]collections.Location, error) {
	return all(ctx, s.shared.Locations, docstore.Org(org), docstore.Query{Index: "by_sort"})
}

// Location reads a location of an organization.
func (s *Store) Location(ctx context.Context, org, id string) (collections.Location, error) {
	location, err := s.shared.Locations.Get(ctx, docstore.Org(org), id)
	return location, missing(err, "location_not_found", "There is no such location.")
}

// People reads all people of an organization by name.
func (s *Store) People(ctx context.Context, org string) ([]collections.Person, error) {
	return all(ctx, s.shared.People, docstore.Org(org), docstore.Query{Index: "by_name"})
}
