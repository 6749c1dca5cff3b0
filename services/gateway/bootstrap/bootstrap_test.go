package bootstrap_test

import (
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/alexedwards/argon2id"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/connect"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/bootstrap"
)

const example = `
organization: {key: example, name: Example Dental}
people:
  - {key: ada, name: Ada Example, email: Ada@Example.org, role: administrator, locations: [main], password: change-me}
  - {key: bob, name: Bob Example, email: bob@example.org, role: responder}
locations:
  - key: main
    name: Main Street
    kind: dental
    time_zone: America/New_York
    telephone: "555-0100"
    address: {street: 1 Main Street, locality: Lakeside, country: US}
    manager: ada
listings:
  - {location: main, site: google, adapter: google, ref: accounts/1/locations/2}
  - {key: page, location: main, site: healthgrades, adapter: directory, ref: "http://127.0.0.1:1234/page"}
`

func backend(t testing.TB) (docstore.Backend, *collections.Store) {
	t.Helper()
	b, err := connect.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "b.db"), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { _ = b.Close() })
	store, err := collections.Bind(t.Context(), b)
	require.NoError(t, err)
	return b, store
}

func load(t testing.TB, text string) *bootstrap.Plan {
	t.Helper()
	plan, err := bootstrap.Load(strings.NewReader(text))
	require.NoError(t, err)
	return plan
}

func TestApply_Twice_AddsOnce(t *testing.T) {
	b, store := backend(t)
	report, err := bootstrap.Apply(t.Context(), b, load(t, example))
	require.NoError(t, err)
	require.Equal(t, bootstrap.Report{Locations: 1, People: 2, Listings: 2}, report)
	scope := docstore.Org("example")
	ada, err := store.People.Get(t.Context(), scope, "ada")
	require.NoError(t, err)
	require.Equal(t, "ada@example.org", ada.Email)
	right, err := argon2id.ComparePasswordAndHash("change-me", ada.PasswordHash)
	require.NoError(t, err)
	require.True(t, right)
	location, err := store.Locations.Get(t.Context(), scope, "main")
	require.NoError(t, err)
	require.Equal(t, "Lakeside", location.Address.Locality)
	organization, err := store.Organizations.Get(t.Context(), scope, "example")
	require.NoError(t, err)
	require.Equal(t, "Example Dental", organization.Name)

	report, err = bootstrap.Apply(t.Context(), b, load(t, example))
	require.NoError(t, err)
	require.Zero(t, report)
	again, err := store.People.Get(t.Context(), scope, "ada")
	require.NoError(t, err)
	require.Equal(t, ada.Rev, again.Rev)
}

func TestApply_WhatPeopleChangedOrRemoved_StaysSo(t *testing.T) {
	b, store := backend(t)
	plan := load(t, example)
	_, err := bootstrap.Apply(t.Context(), b, plan)
	require.NoError(t, err)
	scope := docstore.Org("example")
	_, err = store.Locations.Update(t.Context(), scope, "main", func(l *collections.Location) error {
		l.Name = "High Street"
		return nil
	})
	require.NoError(t, err)
	listings, err := store.Listings.Page(t.Context(), scope, docstore.Query{Index: "by_created"})
	require.NoError(t, err)
	for _, l := range listings.Items {
		require.NoError(t, store.Listings.Delete(t.Context(), scope, l.ID))
	}
	report, err := bootstrap.Apply(t.Context(), b, plan)
	require.NoError(t, err)
	require.Zero(t, report)
	location, err := store.Locations.Get(t.Context(), scope, "main")
	require.NoError(t, err)
	require.Equal(t, "High Street", location.Name)
	listings, err = store.Listings.Page(t.Context(), scope, docstore.Query{Index: "by_created"})
	require.NoError(t, err)
	require.Empty(t, listings.Items)
}

func TestApply_ListingWithAKey_FollowsThePlansAddress(t *testing.T) {
	b, store := backend(t)
	plan := load(t, example)
	_, err := bootstrap.Apply(t.Context(), b, plan)
	require.NoError(t, err)
	plan.Listings[1].Ref = "http://127.0.0.1:9999/page"
	_, err = bootstrap.Apply(t.Context(), b, plan)
	require.NoError(t, err)
	listing, err := store.Listings.Get(t.Context(), docstore.Org("example"), "l_page")
	require.NoError(t, err)
	require.Equal(t, "http://127.0.0.1:9999/page", listing.Ref)
}

func TestApply_KeepPassword_BringsThePlansBack(t *testing.T) {
	b, store := backend(t)
	plan := load(t, example)
	_, err := bootstrap.Apply(t.Context(), b, plan)
	require.NoError(t, err)
	plan.People[0].Password = "another one"
	matches := func(password string) bool {
		ada, err := store.People.Get(t.Context(), docstore.Org("example"), "ada")
		require.NoError(t, err)
		right, err := argon2id.ComparePasswordAndHash(password, ada.PasswordHash)
		require.NoError(t, err)
		return right
	}
	_, err = bootstrap.Apply(t.Context(), b, plan)
	require.NoError(t, err)
	require.True(t, matches("change-me"))
	plan.People[0].KeepPassword = true
	_, err = bootstrap.Apply(t.Context(), b, plan)
	require.NoError(t, err)
	require.True(t, matches("another one"))
}

func TestApply_EmailOfSomebodyElse_IsAConflict(t *testing.T) {
	b, _ := backend(t)
	plan := load(t, example)
	_, err := bootstrap.Apply(t.Context(), b, plan)
	require.NoError(t, err)
	plan.Organization.Key = "other"
	_, err = bootstrap.Apply(t.Context(), b, plan)
	require.Equal(t, problem.Conflict, problem.KindOf(err), "%v", err)
}

func TestApply_ManyAtOnce_AllSucceed(t *testing.T) {
	b, store := backend(t)
	plan := load(t, example)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			_, err := bootstrap.Apply(t.Context(), b, plan)
			require.NoError(t, err)
		})
	}
	wg.Wait()
	people, err := store.People.Page(t.Context(), docstore.Org("example"), docstore.Query{Index: "by_name"})
	require.NoError(t, err)
	require.Len(t, people.Items, 2)
}

func TestLoad_PlanWithFaults_NamesThemAll(t *testing.T) {
	_, err := bootstrap.Load(strings.NewReader(`
organization: {key: Not A Key, name: ""}
people:
  - {key: ada, name: Ada, email: nobody, role: king, locations: [nowhere], password: a, password_hash: b}
  - {key: ada, name: Ada, email: nobody, role: viewer}
locations:
  - {key: main, name: Main, time_zone: Mars/Base, manager: eve, kind: spaceport}
listings:
  - {location: nowhere, site: Google!, adapter: google, ref: x, interval_seconds: -1}
`))
	for _, part := range []string{
		"organization", "no e-mail address", "no role", "there is no location", "not both", "the key is taken",
		"e-mail address is taken", "time zone", "manager", "the kind is", "name of a site", "interval", "accounts/ACCOUNT",
	} {
		require.ErrorContains(t, err, part)
	}
}

func TestLoad_UnknownFieldOrNoYAML_IsAnErrorWithoutSecrets(t *testing.T) {
	for _, text := range []string{
		"organisation: {key: x}", "people:\n  - {key: ada, pasword: hunter2}", "people: [", "\x00", "", "a: &a [*a]",
		"people:\n - password: hunter2\n   : x",
	} {
		_, err := bootstrap.Load(strings.NewReader(text))
		require.Error(t, err, text)
		require.NotContains(t, err.Error(), "hunter2", text)
	}
}

func TestApply_EmailOfSomebodyElse_StoresNothingOfThePlan(t *testing.T) {
	b, store := backend(t)
	_, err := bootstrap.Apply(t.Context(), b, load(t, example))
	require.NoError(t, err)
	plan := load(t, example)
	plan.Organization.Key = "other"
	plan.People[0].Email = "new@example.org"
	_, err = bootstrap.Apply(t.Context(), b, plan)
	require.Equal(t, problem.Conflict, problem.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "bob")
	people, err := store.People.Page(t.Context(), docstore.Org("other"), docstore.Query{Index: "by_name"})
	require.NoError(t, err)
	require.Empty(t, people.Items, "ada comes first and has an address of her own")
	plan.People[1].Email = "newer@example.org"
	_, err = bootstrap.Apply(t.Context(), b, plan)
	require.NoError(t, err, "the plan that was mended can be applied")
}

func TestLoad_HashesNamesAndRecordsThatNobodyCanUse_AreRefused(t *testing.T) {
	change := func(from, to string) error {
		text := strings.Replace(example, from, to, 1)
		require.NotEqual(t, example, text)
		_, err := bootstrap.Load(strings.NewReader(text))
		return err
	}
	require.ErrorContains(t, change("password: change-me", "password_hash: 5f4dcc3b5aa765d61d8327deb882cf99"), "PHC form")
	require.ErrorContains(t, change("password: change-me", "password_hash: '$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'"), "PHC form")
	require.ErrorContains(t, change("password: change-me", "password_hash: '$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHRzYWx0$a2V5a2V5a2V5a2V5a2V5a2V5'"), "256 MiB")
	require.ErrorContains(t, change("password: change-me", "password_hash: '$argon2id$v=19$m=19456,t=2,p=1$YQ$YQ'"), "too small")
	require.NoError(t, change("password: change-me", "password_hash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2E$a2V5a2V5a2V5a2V5a2V5a2V5'"))
	require.ErrorContains(t, change("name: Bob Example", "name: "+strings.Repeat("é", 201)), "longer than 200 characters")
	require.ErrorContains(t, change("name: Bob Example", `name: "Bob\nExample"`), "no text")
	require.ErrorContains(t, change("name: Bob Example", `name: " "`), "a name is required")
	require.ErrorContains(t, change("America/New_York", "Local"), "time zone")
	require.ErrorContains(t, change("manager: ada", `hours: ["weekdays"]`), "hours[0]")
	require.ErrorContains(t, change("manager: ada", `website: "ftp://example.org"`), "website")
	require.NoError(t, change("manager: ada", `hours: ["Mo-Fr 08:00-17:00"]`))
}

func TestApply_LocationsRecord_IsStored(t *testing.T) {
	b, store := backend(t)
	_, err := bootstrap.Apply(t.Context(), b, load(t, strings.Replace(example, "    manager: ada\n",
		"    website: https://example.org\n    hours: [\"Mo-Fr 08:00-17:00\"]\n    accepts_new_patients: false\n    categories: [Dentist]\n", 1)))
	require.NoError(t, err)
	location, err := store.Locations.Get(t.Context(), docstore.Org("example"), "main")
	require.NoError(t, err)
	require.Equal(t, "https://example.org", location.Website)
	require.Equal(t, []string{"Mo-Fr 08:00-17:00"}, location.Hours)
	require.False(t, *location.AcceptsNewPatients)
	require.Equal(t, []string{"Dentist"}, location.Categories)
}
