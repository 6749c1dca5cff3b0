// Package bootstrap makes a new installation usable: it stores the organization,
// locations, people and listings that a plan names.
//
// It promises that applying a plan again changes nothing, that it never undoes what
// people did since (a listing they removed stays removed), that ids follow from the
// plan's keys, and that a plan with a fault stores nothing.
package bootstrap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/access"
	"github.com/bedside-health/bedside/services/gateway/practice"
	"github.com/bedside-health/bedside/services/gateway/signin"
	"github.com/bedside-health/bedside/services/gateway/sources"
)

// Plan is what an installation starts with. Keys are lower-case letters, digits,
// '-' and '_', at most 50, and become the ids of what they name.
type Plan struct {
	Organization Organization `yaml:"organization"`
	Locations    []Location   `yaml:"locations"`
	People       []Person     `yaml:"people"`
	Listings     []Listing    `yaml:"listings"`
}

// Organization is the tenant.
type Organization struct {
	Key  string `yaml:"key"`
	Name string `yaml:"name"`
}

// Location is one place of the organization.
type Location struct {
	Key       string  `yaml:"key"`
	Name      string  `yaml:"name"`
	Kind      string  `yaml:"kind"` // medical, dental, eye_care
	Region    string  `yaml:"region"`
	TimeZone  string  `yaml:"time_zone"` // IANA name
	Telephone string  `yaml:"telephone"`
	Address   Address `yaml:"address"`
	// Website, Hours, AcceptsNewPatients and Categories are what sites are compared
	// with; what is left out is not compared. Hours are written "Mo-Fr 08:00-17:00".
	Website            string   `yaml:"website"`
	Hours              []string `yaml:"hours"`
	AcceptsNewPatients *bool    `yaml:"accepts_new_patients"`
	Categories         []string `yaml:"categories"`
	// Manager is the key of a person.
	Manager string `yaml:"manager"`
}

// Address is where a location is.
type Address struct {
	Street     string `yaml:"street"`
	Locality   string `yaml:"locality"`
	Region     string `yaml:"region"`
	PostalCode string `yaml:"postal_code"`
	Country    string `yaml:"country"`
}

// Person is somebody who signs in. Without a password they own cases but cannot.
type Person struct {
	Key   string           `yaml:"key"`
	Name  string           `yaml:"name"`
	Email string           `yaml:"email"`
	Role  collections.Role `yaml:"role"`
	// Locations are the keys of those whose cases this person can be given.
	Locations []string `yaml:"locations"`
	Away      bool     `yaml:"away"`
	// Password is the first password, or PasswordHash its argon2id hash.
	Password     config.Secret `yaml:"password"`
	PasswordHash config.Secret `yaml:"password_hash"`
	// KeepPassword sets the password again whenever it differs from the plan's, for
	// accounts whose password is managed where the plan is.
	KeepPassword bool `yaml:"keep_password"`
}

// Listing is a location on a site.
type Listing struct {
	// Key is optional. A listing with a key takes a new ref from the plan; one
	// without is named by site and ref.
	Key             string `yaml:"key"`
	Location        string `yaml:"location"`
	Site            string `yaml:"site"`
	Adapter         string `yaml:"adapter"`
	Ref             string `yaml:"ref"`
	Credential      string `yaml:"credential"`
	IntervalSeconds int    `yaml:"interval_seconds"`
}

// maxPlan bounds a plan's size in bytes.
const maxPlan = 4 << 20

// Load reads a plan in YAML. Fields it does not know are an error.
func Load(r io.Reader) (*Plan, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxPlan+1))
	if err != nil {
		return nil, fmt.Errorf("read the start plan: %w", err)
	}
	if len(b) > maxPlan {
		return nil, problem.New(problem.TooLarge, "bad_plan", "The start plan is larger than %d bytes.", maxPlan)
	}
	plan := new(Plan)
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.DisallowUnknownField()).Decode(plan); err != nil {
		// The decoder's own message quotes the lines around, which may hold a password.
		return nil, problem.New(problem.Invalid, "bad_plan", "The start plan cannot be read: %s", where(err))
	}
	if err := plan.Validate(); err != nil {
		return nil, err
	}
	return plan, nil
}

func where(err error) string {
	if e := yaml.Error(nil); errors.As(err, &e) {
		if token := e.GetToken(); token != nil && token.Position != nil {
			return fmt.Sprintf("line %d: %s", token.Position.Line, e.GetMessage())
		}
		return e.GetMessage()
	}
	return "it is not YAML"
}

var keyForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,49}$`)

// Validate returns all faults joined, each problem.Invalid.
func (p *Plan) Validate() error {
	c := checker{locations: map[string]bool{}, people: map[string]bool{}}
	c.key("organization", p.Organization.Key)
	c.name("organization", p.Organization.Name)
	c.must(len(p.Locations) > 0, "locations: at least one is required")
	c.must(len(p.People) > 0, "people: at least one is required")
	for _, l := range p.Locations {
		c.key("location", l.Key)
		c.must(!c.locations[l.Key], "location %s: the key is taken", l.Key)
		c.locations[l.Key] = true
	}
	emails := map[string]bool{}
	for _, person := range p.People {
		c.person(person)
		email := signin.CleanEmail(person.Email)
		c.must(!emails[email], "person %s: the e-mail address is taken", person.Key)
		emails[email] = true
	}
	for _, l := range p.Locations {
		c.location(l)
	}
	listings := map[string]bool{}
	for _, l := range p.Listings {
		c.listing(l)
		c.must(!listings[l.id()], "listing %s: it is there twice", l.Ref)
		listings[l.id()] = true
	}
	return errors.Join(c.faults...)
}

// checker collects the faults of a plan.
type checker struct {
	locations, people map[string]bool
	faults            []error
}

func (c *checker) must(right bool, format string, args ...any) {
	if !right {
		c.faults = append(c.faults, problem.New(problem.Invalid, "bad_plan", format, args...))
	}
}

func (c *checker) key(what, key string) {
	c.must(keyForm.MatchString(key), "%s: the key %q must be 1 to 50 lower-case letters, digits, - or _", what, key)
}

// maxName is in characters; response-workflow takes names of people up to it.
const maxName = 200

func (c *checker) name(what, name string) {
	c.must(strings.TrimSpace(name) != "", "%s: a name is required", what)
	c.must(utf8.RuneCountInString(name) <= maxName, "%s: the name is longer than %d characters", what, maxName)
	c.must(utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl), "%s: the name holds characters that are no text", what)
}

func (c *checker) location(l Location) {
	c.name("location "+l.Key, l.Name)
	c.must(practice.TimeZone(l.TimeZone), "location %s: %q is no time zone", l.Key, l.TimeZone)
	record := practice.Patch{
		Telephone: &l.Telephone, Region: &l.Region, Website: &l.Website, Hours: &l.Hours, Categories: &l.Categories,
		Address: new(events.Address(l.Address)),
	}
	if err := record.Clean(); err != nil {
		c.must(false, "location %s: %v", l.Key, err)
	}
	c.must(l.Manager == "" || c.people[l.Manager], "location %s: its manager %q is not among the people", l.Key, l.Manager)
	c.must(slices.Contains([]string{"", "medical", "dental", "eye_care"}, l.Kind),
		"location %s: the kind is medical, dental or eye_care", l.Key)
}

func (c *checker) person(p Person) {
	c.key("person", p.Key)
	c.must(!c.people[p.Key], "person %s: the key is taken", p.Key)
	c.people[p.Key] = true
	c.name("person "+p.Key, p.Name)
	parsed, err := mail.ParseAddress(p.Email)
	c.must(err == nil && parsed.Name == "" && len(p.Email) <= 254, "person %s: this is no e-mail address", p.Key)
	c.must(slices.Contains(access.Roles(), p.Role), "person %s: %q is no role", p.Key, p.Role)
	c.must(p.Password == "" || p.PasswordHash == "", "person %s: give a password or its hash, not both", p.Key)
	if p.PasswordHash != "" {
		err := signin.CheckHash(p.PasswordHash.Reveal())
		c.must(err == nil, "person %s: password_hash: %v", p.Key, err)
	}
	c.must(len(p.Password) <= 200, "person %s: the password is longer than 200 bytes", p.Key)
	for _, location := range p.Locations {
		c.must(c.locations[location], "person %s: there is no location %q", p.Key, location)
	}
}

func (c *checker) listing(l Listing) {
	if l.Key != "" {
		c.key("listing", l.Key)
	}
	c.must(c.locations[l.Location], "listing %s: there is no location %q", l.Ref, l.Location)
	c.must(keyForm.MatchString(l.Site), "listing %s: %q is no name of a site", l.Ref, l.Site)
	c.must(l.IntervalSeconds >= 0, "listing %s: the interval must not be negative", l.Ref)
	_, err := sources.CheckRef(l.Adapter, l.Ref)
	c.must(err == nil, "listing %s: %v", l.Ref, err)
}
