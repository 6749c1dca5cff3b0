package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/tools/client"
)

// maxNamesFile bounds a file of people in bytes.
const maxNamesFile = 4 << 20

// namesFile is what a file of people holds.
type namesFile struct {
	Locations []struct {
		ID       string `yaml:"id"`
		Name     string `yaml:"name"`
		Region   string `yaml:"region"`
		TimeZone string `yaml:"time_zone"`
		Manager  string `yaml:"manager"` // id or e-mail address
	} `yaml:"locations"`
	People []struct {
		ID        string           `yaml:"id"`
		Name      string           `yaml:"name"`
		Email     string           `yaml:"email"`
		Role      collections.Role `yaml:"role"` // responder if it is left out
		Locations []string         `yaml:"locations"`
		Away      bool             `yaml:"away"`
		AwayFrom  time.Time        `yaml:"away_from"`
		AwayUntil time.Time        `yaml:"away_until"`
		Deputy    string           `yaml:"deputy"` // id or e-mail address
		Inactive  bool             `yaml:"inactive"`
	} `yaml:"people"`
	Channels []string `yaml:"channels"`
}

func readRoster(path string) (*routing.Roster, error) {
	text, err := readBounded(path, maxNamesFile)
	if err != nil {
		return nil, fmt.Errorf("read the people: %w", err)
	}
	if len(text) > maxNamesFile {
		return nil, fmt.Errorf("read the people: %s is larger than %d bytes", path, maxNamesFile)
	}
	var file namesFile
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the people from %s: %w", path, err)
	}
	r := &routing.Roster{Channels: file.Channels}
	for i, p := range file.People {
		if p.ID == "" {
			return nil, fmt.Errorf("read the people from %s: people[%d] has no id", path, i)
		}
		r.People = append(r.People, collections.Person{
			Base: docstore.Base{ID: p.ID}, Name: p.Name, Email: p.Email, Role: cmp.Or(p.Role, collections.Responder), Locations: p.Locations,
			Active: !p.Inactive, Away: p.Away || !p.AwayFrom.IsZero() || !p.AwayUntil.IsZero(), AwayFrom: p.AwayFrom, AwayUntil: p.AwayUntil, DeputyID: p.Deputy,
		})
	}
	for i, l := range file.Locations {
		if l.ID == "" {
			return nil, fmt.Errorf("read the people from %s: locations[%d] has no id", path, i)
		}
		r.Locations = append(r.Locations, collections.Location{Base: docstore.Base{ID: l.ID}, Name: l.Name, Region: l.Region, TimeZone: l.TimeZone, ManagerID: l.Manager})
	}
	return r, nil
}

// askRoster asks the running Bedside.
func askRoster(ctx context.Context, c *client.ClientWithResponses) (*routing.Roster, error) {
	r := &routing.Roster{}
	people, err := c.ListPeopleWithResponse(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask for the people: %w", err)
	}
	if people.JSON200 == nil {
		return nil, client.Failure(people.StatusCode(), people.Body)
	}
	for _, p := range people.JSON200.Items {
		person := collections.Person{
			Base: docstore.Base{ID: p.Id}, Name: p.Name, Email: p.Email, Role: collections.Role(p.Role), Locations: p.LocationIds,
			Active: p.Active, Away: p.Away || p.AwayFrom != nil || p.AwayUntil != nil, AwayFrom: value(p.AwayFrom), AwayUntil: value(p.AwayUntil), DeputyID: value(p.DeputyId),
		}
		r.People = append(r.People, person)
	}
	locations, err := c.ListLocationsWithResponse(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask for the locations: %w", err)
	}
	if locations.JSON200 == nil {
		return nil, client.Failure(locations.StatusCode(), locations.Body)
	}
	for _, l := range locations.JSON200.Items {
		r.Locations = append(r.Locations, collections.Location{Base: docstore.Base{ID: l.Id}, Name: l.Name, Region: value(l.Region), TimeZone: l.TimeZone, ManagerID: l.ManagerId})
	}
	channels, err := c.ListChannelsWithResponse(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask for the channels: %w", err)
	}
	if channels.JSON200 == nil {
		return nil, client.Failure(channels.StatusCode(), channels.Body)
	}
	for _, ch := range channels.JSON200.Items {
		r.Channels = append(r.Channels, ch.Name)
	}
	return r, nil
}

// value is what a field that may be missing holds.
func value[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}
