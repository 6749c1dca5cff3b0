package events

import (
	"math"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/review"
)

// Limits of single fields, in bytes or entries.
const (
	maxIDBytes     = 1 << 10
	maxURLBytes    = 4 << 10
	maxShortBytes  = 1 << 10
	maxSubRatings  = 64
	maxListEntries = 256
	maxVersion     = 1_000_000
)

// check collects the first fault of a payload.
type check struct{ err error }

func (c *check) fail(field, what string) {
	if c.err == nil {
		c.err = invalid("field %s %s", field, what)
	}
}

// id checks an id: present, bounded, printable.
func (c *check) id(field, value string) {
	switch {
	case value == "":
		c.fail(field, "is missing")
	case len(value) > maxIDBytes:
		c.fail(field, "is too long for an id")
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl):
		c.fail(field, "is not printable text")
	}
}

// text checks foreign text: bounded and valid UTF-8, with whatever characters it has.
func (c *check) text(field, value string, limit int) {
	if len(value) > limit {
		c.fail(field, "is too long")
	} else if !utf8.ValidString(value) {
		c.fail(field, "is not valid UTF-8")
	}
}

// rating checks an optional number on the scale from 1 to 5.
func (c *check) rating(field string, value *float64) {
	if value != nil && (math.IsNaN(*value) || *value < 1 || *value > 5) {
		c.fail(field, "is not between 1 and 5")
	}
}

func (c *check) link(field, value string) {
	c.text(field, value, maxURLBytes)
	if value == "" {
		return
	}
	if CleanURL(value) != value {
		c.fail(field, "is not a web address")
	}
}

// CleanURL is a foreign address if an event may carry it, and empty otherwise. Adapters
// pass the addresses they find through it, because a link that a screen would follow into a script
// is refused, and with it the event.
func CleanURL(s string) string {
	if len(s) > maxURLBytes || !utf8.ValidString(s) {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return s
}

// when checks a time: in a range that no clock or parser fault reaches.
func (c *check) when(field string, value time.Time, required bool) {
	if value.IsZero() {
		if required {
			c.fail(field, "is missing")
		}
		return
	}
	if year := value.Year(); year < 1990 || year > 2200 {
		c.fail(field, "is not between the years 1990 and 2200")
	}
}

// Validate checks the event by itself. ReviewID must be that of OrgID, Site and
// ExternalID, so that no event can touch a review of another organization.
func (e ReviewCollected) Validate() error {
	var c check
	c.id("event_id", e.EventID)
	c.id("org_id", e.OrgID)
	c.id("review_id", e.ReviewID)
	c.id("listing_id", e.ListingID)
	c.id("location_id", e.LocationID)
	c.id("site", e.Site)
	c.id("external_id", e.ExternalID)
	if c.err == nil && e.ReviewID != review.ID(e.OrgID, e.Site, e.ExternalID) {
		c.fail("review_id", "is not that of org_id, site and external_id")
	}
	switch e.Change {
	case Posted, Edited, Removed, SourceReply:
	default:
		c.fail("change", "is not one of posted, edited, removed, source_reply")
	}
	if e.Version < 1 || e.Version > maxVersion {
		c.fail("version", "is not between 1 and 1000000")
	}
	c.link("url", e.URL)
	c.text("author", e.Author, MaxAuthorBytes)
	c.rating("rating", e.Rating)
	c.text("raw_rating", e.RawRating, maxShortBytes)
	if len(e.SubRatings) > maxSubRatings {
		c.fail("sub_ratings", "has too many entries")
	}
	for name, value := range e.SubRatings {
		c.text("sub_ratings", name, maxShortBytes)
		c.rating("sub_ratings", &value)
	}
	c.text("title", e.Title, MaxTitleBytes)
	c.text("text", e.Text, MaxTextBytes)
	c.when("posted_at", e.PostedAt, false)
	c.when("source_updated_at", e.SourceUpdatedAt, false)
	c.when("first_seen_at", e.FirstSeenAt, true)
	c.when("observed_at", e.ObservedAt, true)
	if e.Reply != nil {
		c.text("reply.text", e.Reply.Text, MaxTextBytes)
		c.when("reply.updated_at", e.Reply.UpdatedAt, false)
		if !e.Reply.State.valid() {
			c.fail("reply.state", "is not one of public, pending, rejected")
		}
		c.text("reply.problem", e.Reply.Problem, maxShortBytes)
	}
	return c.err
}

// Validate checks the event by itself: the collected review and that the analysis
// fits its text. A removal or a change of the site's reply carries an empty analysis.
func (e ReviewTagged) Validate() error {
	if err := e.ReviewCollected.Validate(); err != nil {
		return err
	}
	var c check
	c.when("tagged_at", e.TaggedAt, true)
	a := e.Analysis
	text := e.Change == Posted || e.Change == Edited
	if a.Version == "" && text {
		c.fail("analysis.version", "is missing")
	}
	c.text("analysis.version", a.Version, maxShortBytes)
	c.text("analysis.language", a.Language, maxShortBytes)
	if a.Overall == "" && text || a.Overall != "" && !a.Overall.Valid() {
		c.fail("analysis.overall", "is not one of positive, negative, mixed")
	}
	seen := map[review.Topic]bool{}
	for _, tag := range a.Tags {
		if !tag.Topic.Known() {
			c.fail("analysis.tags.topic", "is not one of the topics")
		}
		if seen[tag.Topic] {
			c.fail("analysis.tags.topic", "comes twice")
		}
		seen[tag.Topic] = true
		if !tag.Polarity.Valid() {
			c.fail("analysis.tags.polarity", "is not one of positive, negative, mixed")
		}
		for _, ev := range tag.Evidence {
			if !within(e.Text, ev.Start, ev.End) || e.Text[ev.Start:ev.End] != ev.Quote {
				c.fail("analysis.tags.evidence", "does not quote the text")
			}
		}
	}
	for _, flag := range a.Urgent {
		if !validUrgent(flag) {
			c.fail("analysis.urgent", "is not one of the urgent flags")
		}
	}
	for _, m := range a.Mentions {
		if !within(e.Text, m.Start, m.End) {
			c.fail("analysis.mentions", "is not within the text")
		}
		if m.Polarity != "" && !m.Polarity.Valid() {
			c.fail("analysis.mentions.polarity", "is not one of positive, negative, mixed")
		}
	}
	return c.err
}

func within(text string, start, end int) bool {
	return start >= 0 && start < end && end <= len(text)
}

func validUrgent(flag review.Urgent) bool {
	for _, u := range review.UrgentFlags() {
		if u == flag {
			return true
		}
	}
	return false
}

// Validate checks the event by itself.
func (e ReviewChanged) Validate() error {
	var c check
	c.id("event_id", e.EventID)
	c.id("org_id", e.OrgID)
	c.id("review_id", e.ReviewID)
	c.id("location_id", e.LocationID)
	c.id("site", e.Site)
	if len(e.Types) > maxListEntries {
		c.fail("types", "has too many entries")
	}
	for _, t := range e.Types {
		c.id("types", t)
	}
	if !e.Status.Valid() {
		c.fail("status", "is not one of the statuses")
	}
	if e.OwnerID != "" {
		c.id("owner_id", e.OwnerID)
	}
	if e.Rev < 0 {
		c.fail("rev", "is negative")
	}
	c.when("at", e.At, true)
	return c.err
}

// Validate checks the event by itself.
func (e ListingObserved) Validate() error {
	var c check
	c.id("event_id", e.EventID)
	c.id("org_id", e.OrgID)
	c.id("listing_id", e.ListingID)
	c.id("location_id", e.LocationID)
	c.id("site", e.Site)
	c.when("observed_at", e.ObservedAt, true)
	f := e.Facts
	c.text("facts.name", f.Name, maxShortBytes)
	c.link("facts.url", f.URL)
	c.text("facts.telephone", f.Telephone, maxShortBytes)
	for field, value := range map[string]string{
		"facts.address.street": f.Address.Street, "facts.address.locality": f.Address.Locality, "facts.address.region": f.Address.Region,
		"facts.address.postal_code": f.Address.PostalCode, "facts.address.country": f.Address.Country,
	} {
		c.text(field, value, maxShortBytes)
	}
	if len(f.Types) > maxListEntries {
		c.fail("facts.types", "has too many entries")
	}
	if len(f.Hours) > maxListEntries {
		c.fail("facts.hours", "has too many entries")
	}
	for _, t := range f.Types {
		c.text("facts.types", t, maxShortBytes)
	}
	for _, h := range f.Hours {
		c.text("facts.hours", h, maxShortBytes)
	}
	c.degrees("facts.latitude", f.Latitude, 90)
	c.degrees("facts.longitude", f.Longitude, 180)
	if a := f.Aggregate; a != nil {
		c.rating("facts.aggregate.rating", a.Rating)
		c.text("facts.aggregate.raw_rating", a.RawRating, maxShortBytes)
		if a.RatingCount < 0 || a.ReviewCount < 0 {
			c.fail("facts.aggregate", "has a negative count")
		}
	}
	return c.err
}

func (c *check) degrees(field string, value *float64, limit float64) {
	if value != nil && (math.IsNaN(*value) || math.Abs(*value) > limit) {
		c.fail(field, "is not an angle within its range")
	}
}
