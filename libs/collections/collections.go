// Package collections declares the documents that more than one service reads,
// with their indexes, each under the name of the one service that writes it.
//
//	gateway            organizations, locations, people, listings, imports, import_chunks,
//	                   lexicons, poll_hints, finding_dismissals, routing, routing_versions,
//	                   templates, channels, notification_settings
//	scraper            poll_states, fingerprints, listing_facts, listing_findings
//	response-workflow  reviews, case_events, notifications, digests_sent
//
// A service that reads another's collection never writes it; the gateway's
// sessions and tokens are nobody else's business and live with it.
package collections

import (
	"context"
	"time"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
)

// Organization is a tenant: one practice group.
type Organization struct {
	docstore.Base
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}

// Location is one place of an organization.
type Location struct {
	docstore.Base
	Name      string         `json:"name"`
	Kind      string         `json:"kind,omitempty"` // medical, dental, eye_care
	Region    string         `json:"region,omitempty"`
	TimeZone  string         `json:"time_zone"` // IANA name
	Telephone string         `json:"telephone,omitempty"`
	Address   events.Address `json:"address,omitzero"`
	// Website, Hours, AcceptsNewPatients and Categories are the location's own record, which
	// sites are compared with; what is empty is not compared. Hours are of schema.org's form
	// ("Mo-Fr 08:00-17:00"), one interval an entry.
	Website            string   `json:"website,omitempty"`
	Hours              []string `json:"hours,omitempty"`
	AcceptsNewPatients *bool    `json:"accepts_new_patients,omitempty"`
	Categories         []string `json:"categories,omitempty"`
	ManagerID          string   `json:"manager_id"` // a person
	Sort               int      `json:"sort"`
}

// Role is what a person may do.
type Role string

// The roles.
const (
	Administrator Role = "administrator"
	Director      Role = "director" // all locations: reads, compares, approves
	Manager       Role = "manager"
	Responder     Role = "responder"
	Viewer        Role = "viewer"
)

// Person is somebody who signs in and can own cases.
type Person struct {
	docstore.Base
	Name string `json:"name"`
	// Email is lower case and unique over all organizations.
	Email        string `json:"email"`
	PasswordHash string `json:"password_hash,omitempty"` // argon2id, PHC string
	Role         Role   `json:"role"`
	// Locations are those whose cases this person can be given. A director and an administrator
	// see all locations and are given cases only of those listed here.
	Locations []string `json:"locations"`
	// Active people can sign in and be given cases.
	Active bool `json:"active"`
	// Away people keep their cases and get no new ones: always, or from AwayFrom until AwayUntil if
	// those are set. What would be theirs goes to DeputyID meanwhile.
	Away      bool      `json:"away,omitempty"`
	AwayFrom  time.Time `json:"away_from,omitzero"`
	AwayUntil time.Time `json:"away_until,omitzero"`
	DeputyID  string    `json:"deputy_id,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

// Listing is a location on a site: what to poll. How polling went is PollState.
type Listing struct {
	docstore.Base
	LocationID string `json:"location_id"`
	// Site is the name reviews are shown under; Adapter is what reads it
	// (google, directory, csv).
	Site    string `json:"site"`
	Adapter string `json:"adapter"`
	// Ref is the adapter's address of the listing; unique with Site in its organization.
	Ref string `json:"ref"`
	// Credential names a secret of the scraper's configuration; never the secret itself.
	Credential string `json:"credential,omitempty"`
	// Interval is the time between polls in seconds; 0 means the scraper's default.
	Interval  int       `json:"interval_seconds,omitempty"`
	Enabled   bool      `json:"enabled"`
	CreatedAt time.Time `json:"created_at"`
}

// Import is an uploaded file of reviews, read by the scraper like a site: it has a
// Listing with adapter csv whose Ref is the import's id.
type Import struct {
	docstore.Base
	LocationID string      `json:"location_id"`
	Site       string      `json:"site"`
	ListingID  string      `json:"listing_id"`
	FileName   string      `json:"file_name,omitempty"`
	By         string      `json:"by"` // person id
	CreatedAt  time.Time   `json:"created_at"`
	Rows       int         `json:"rows"`
	Accepted   int         `json:"accepted"`
	Rejected   int         `json:"rejected"`
	Rejections []Rejection `json:"rejections"` // the first 1,000
	Chunks     int         `json:"chunks"`
	// Complete is set once all chunks are stored; the scraper reads nothing before.
	Complete bool `json:"complete"`
}

// Rejection is a row of a file that could not be taken.
type Rejection struct {
	Line   int    `json:"line"` // of the row's beginning, from 1
	Column string `json:"column,omitempty"`
	Reason string `json:"reason"`
}

// ImportChunk is a part of an import; its id is "<import id>.<number from 0>".
type ImportChunk struct {
	docstore.Base
	ImportID string         `json:"import_id"`
	N        int            `json:"n"`
	Reviews  []ImportReview `json:"reviews"`
}

// ImportReview is one accepted row.
type ImportReview struct {
	ExternalID string    `json:"external_id"`
	URL        string    `json:"url,omitempty"`
	Author     string    `json:"author"`
	Rating     *float64  `json:"rating,omitempty"`
	RawRating  string    `json:"raw_rating,omitempty"`
	Title      string    `json:"title,omitempty"`
	Text       string    `json:"text"`
	PostedAt   time.Time `json:"posted_at,omitzero"`
	UpdatedAt  time.Time `json:"updated_at,omitzero"`
	// Reply is the owner's answer that the file carries.
	Reply *events.Reply `json:"reply,omitempty"`
}

// Health is how polling a listing goes.
type Health string

// The states of health.
const (
	HealthNew           Health = "new" // never polled
	HealthOK            Health = "ok"
	HealthLate          Health = "late"           // the last polls failed; still trying
	HealthRateLimited   Health = "rate_limited"   // the site asked to wait
	HealthNotAuthorised Health = "not_authorised" // credentials refused or robots.txt forbids
	HealthChangedShape  Health = "changed_shape"  // nothing found where there were reviews
	HealthSilent        Health = "silent"         // nothing new for far longer than its rhythm
	HealthEnded         Health = "ended"          // the listing is gone
)

// PollState is how polling of one listing goes; its id is the listing's.
type PollState struct {
	docstore.Base
	Site    string `json:"site"`
	Adapter string `json:"adapter"`
	Ref     string `json:"ref"`
	// DueAt is when to poll next; LeaseHolder may poll until LeaseUntil, and DueAt
	// moves along with the lease so that nobody else meets it as due. A listing that
	// is not polled any more (disabled, deleted, an import that was read) is due in
	// the year 9000.
	DueAt       time.Time `json:"due_at"`
	LeaseHolder string    `json:"lease_holder,omitempty"`
	LeaseUntil  time.Time `json:"lease_until,omitzero"`
	// Watermark is the newest source time of a completed poll.
	Watermark    time.Time `json:"watermark,omitzero"`
	ETag         string    `json:"etag,omitempty"`
	LastModified string    `json:"last_modified,omitempty"`
	// NextPage is where an unfinished poll goes on that began at PollStartedAt.
	NextPage      string    `json:"next_page,omitempty"`
	PollStartedAt time.Time `json:"poll_started_at,omitzero"`
	// ListingRev is the revision of the Listing this state was last matched with.
	ListingRev int64 `json:"listing_rev,omitempty"`
	// NeedFull asks for a complete list at the next poll: reviews went missing or
	// the site's own count (SiteTotal, as last said) does not add up.
	NeedFull  bool   `json:"need_full,omitempty"`
	SiteTotal int    `json:"site_total,omitempty"`
	Health    Health `json:"health"`
	// Problem says what is wrong and what to do, for people; empty when well.
	Problem     string    `json:"problem,omitempty"`
	Failures    int       `json:"failures"` // in a row
	LastPollAt  time.Time `json:"last_poll_at,omitzero"`
	LastOKAt    time.Time `json:"last_ok_at,omitzero"`
	LastFullAt  time.Time `json:"last_full_at,omitzero"` // last complete list
	Reviews     int       `json:"reviews"`               // on the site at the last complete list
	Published   int64     `json:"published"`             // observations published so far
	LastNewAt   time.Time `json:"last_new_at,omitzero"`
	Finished    bool      `json:"finished,omitempty"` // an import that was read to its end
	PollSeconds float64   `json:"poll_seconds,omitempty"`
	// Alarm is set once what is wrong matters (Health and Problem say what), since
	// AlarmSince, and cleared by itself.
	Alarm      bool      `json:"alarm,omitempty"`
	AlarmSince time.Time `json:"alarm_since,omitzero"`
	// NotBefore is the earliest that the site lets itself be asked again (Retry-After,
	// max-age); no hint is stronger.
	NotBefore time.Time `json:"not_before,omitzero"`
	// NewestAt is the source time of the newest review, or the first poll where there
	// was none; GapSeconds the moving mean time between reviews, over Gaps gaps.
	NewestAt   time.Time `json:"newest_at,omitzero"`
	GapSeconds float64   `json:"gap_seconds,omitempty"`
	Gaps       int       `json:"gaps,omitempty"`
	// HintedAt is the last hint that was followed. HotSeconds is the next wait of a
	// series of short and growing ones; 0 outside of one.
	HintedAt   time.Time `json:"hinted_at,omitzero"`
	HotSeconds float64   `json:"hot_seconds,omitempty"`
	// PollCalls is the moving mean of requests a poll takes, where they are counted.
	PollCalls float64 `json:"poll_calls,omitempty"`
	// Credential is what the Listing names, so that due states can be grouped by it.
	Credential string `json:"credential,omitempty"`
	// Missing is how many reviews the last complete list lacked whose removal is not told
	// yet: it takes a second one.
	Missing int `json:"missing,omitempty"`
	// FullBy is when the complete list is read again because the last one did not add
	// up; Doubts counts such lists in a row.
	FullBy time.Time `json:"full_by,omitzero"`
	Doubts int       `json:"doubts,omitempty"`
	// ListedAt is the last poll that read the listing's own list and not a batch's.
	ListedAt time.Time `json:"listed_at,omitzero"`
}

// Fingerprint is what the scraper knows of one review; its id is the review's.
type Fingerprint struct {
	docstore.Base
	ListingID   string    `json:"listing_id"`
	Hash        string    `json:"hash"`       // of author, rating, text
	ReplyHash   string    `json:"reply_hash"` // of the owner's reply on the site
	Version     int       `json:"version"`
	FirstSeenAt time.Time `json:"first_seen_at"`
	PostedAt    time.Time `json:"posted_at,omitzero"`
	// SeenAt is the poll that last saw something new about it; MissedAt the first
	// complete list without it, zero again once it is seen.
	SeenAt    time.Time `json:"seen_at"`
	MissedAt  time.Time `json:"missed_at,omitzero"`
	Removed   bool      `json:"removed"`
	UpdatedAt time.Time `json:"updated_at"`
	// Payload is the last event, kept until the inbox is seen to have it, so that
	// it can be published again if the broker lost it.
	Payload   *events.ReviewCollected `json:"payload,omitempty"`
	Confirmed bool                    `json:"confirmed"`
	// Republished counts how often Payload was published again; UpdatedAt is when.
	Republished int `json:"republished,omitempty"`
}

// ListingFact is what a site shows about the practice; its id is the listing's.
type ListingFact struct {
	docstore.Base
	LocationID string              `json:"location_id"`
	Site       string              `json:"site"`
	Facts      events.ListingFacts `json:"facts"`
	ObservedAt time.Time           `json:"observed_at"`
}

// Lexicon is the terms of an organization's own; its id is the organization's.
type Lexicon struct {
	docstore.Base
	review.Lexicon
	UpdatedAt time.Time `json:"updated_at"`
	UpdatedBy string    `json:"updated_by"` // person id
}

// PollHint asks for a listing to be polled soon: its site sent a notification, or a
// person asked. Its id is the listing's.
type PollHint struct {
	docstore.Base
	Adapter string    `json:"adapter"`
	At      time.Time `json:"at"`
	Reason  string    `json:"reason"` // push, person
}

// FindingKind says what is wrong with a listing.
type FindingKind string

// The kinds of findings.
const (
	FindingDiffers   FindingKind = "differs"   // the site shows something else
	FindingMissing   FindingKind = "missing"   // the site shows nothing where it could
	FindingDuplicate FindingKind = "duplicate" // a second listing on the site for the same place
)

// Finding is a difference between what a site shows and the location's own record. Its id
// is made of listing, kind and field, so that there is one at a time.
type Finding struct {
	docstore.Base
	LocationID string      `json:"location_id"`
	ListingID  string      `json:"listing_id"`
	Site       string      `json:"site"`
	Kind       FindingKind `json:"kind"`
	// Field is name, telephone, address, hours, website, accepts_new_patients, categories or listing.
	Field string `json:"field"`
	// Ours and Theirs are both values as people read them, verbatim.
	Ours   string `json:"ours"`
	Theirs string `json:"theirs"`
	// URL is where the site shows it.
	URL string `json:"url,omitempty"`
	// OtherListingID is the listing that a duplicate is one of.
	OtherListingID string    `json:"other_listing_id,omitempty"`
	Since          time.Time `json:"since"`
	SeenAt         time.Time `json:"seen_at"`
	// ResolvedAt is when the difference was seen to be gone; Open repeats that it is zero.
	ResolvedAt time.Time `json:"resolved_at,omitzero"`
	Open       bool      `json:"open"`
}

// Dismissal says that a person wants to hear no more of a finding while the site shows
// Theirs and the record says Ours; its id is the finding's.
type Dismissal struct {
	docstore.Base
	Ours   string    `json:"ours"`
	Theirs string    `json:"theirs"`
	Reason string    `json:"reason,omitempty"`
	By     string    `json:"by"` // person id
	At     time.Time `json:"at"`
}

// Store is all shared collections bound to one backend.
type Store struct {
	Organizations *docstore.Collection[Organization]
	Locations     *docstore.Collection[Location]
	People        *docstore.Collection[Person]
	Listings      *docstore.Collection[Listing]
	Imports       *docstore.Collection[Import]
	ImportChunks  *docstore.Collection[ImportChunk]
	PollStates    *docstore.Collection[PollState]
	Fingerprints  *docstore.Collection[Fingerprint]
	ListingFacts  *docstore.Collection[ListingFact]
	Reviews       *docstore.Collection[Review]
	CaseEvents    *docstore.Collection[CaseEvent]
	Lexicons      *docstore.Collection[Lexicon]
	PollHints     *docstore.Collection[PollHint]
	Findings      *docstore.Collection[Finding]
	Dismissals    *docstore.Collection[Dismissal]

	Routing              *docstore.Collection[RoutingPlan]
	RoutingVersions      *docstore.Collection[RoutingVersion]
	Templates            *docstore.Collection[Template]
	Channels             *docstore.Collection[Channel]
	NotificationSettings *docstore.Collection[NotificationSettings]
	Notifications        *docstore.Collection[Notification]
	DigestsSent          *docstore.Collection[DigestSent]
}

// Bind makes all shared collections ready on a backend.
func Bind(ctx context.Context, b docstore.Backend) (*Store, error) {
	s := new(Store)
	var err error
	for _, bind := range []func() error{
		func() error { s.Organizations, err = docstore.Bind(ctx, b, Organizations()); return err },
		func() error { s.Locations, err = docstore.Bind(ctx, b, Locations()); return err },
		func() error { s.People, err = docstore.Bind(ctx, b, People()); return err },
		func() error { s.Listings, err = docstore.Bind(ctx, b, Listings()); return err },
		func() error { s.Imports, err = docstore.Bind(ctx, b, Imports()); return err },
		func() error { s.ImportChunks, err = docstore.Bind(ctx, b, ImportChunks()); return err },
		func() error { s.PollStates, err = docstore.Bind(ctx, b, PollStates()); return err },
		func() error { s.Fingerprints, err = docstore.Bind(ctx, b, Fingerprints()); return err },
		func() error { s.ListingFacts, err = docstore.Bind(ctx, b, ListingFacts()); return err },
		func() error { s.Reviews, err = docstore.Bind(ctx, b, Reviews()); return err },
		func() error { s.CaseEvents, err = docstore.Bind(ctx, b, CaseEvents()); return err },
		func() error { s.Lexicons, err = docstore.Bind(ctx, b, Lexicons()); return err },
		func() error { s.PollHints, err = docstore.Bind(ctx, b, PollHints()); return err },
		func() error { s.Findings, err = docstore.Bind(ctx, b, Findings()); return err },
		func() error { s.Dismissals, err = docstore.Bind(ctx, b, Dismissals()); return err },
		func() error { s.Routing, err = docstore.Bind(ctx, b, Routing()); return err },
		func() error { s.RoutingVersions, err = docstore.Bind(ctx, b, RoutingVersions()); return err },
		func() error { s.Templates, err = docstore.Bind(ctx, b, Templates()); return err },
		func() error { s.Channels, err = docstore.Bind(ctx, b, Channels()); return err },
		func() error {
			s.NotificationSettings, err = docstore.Bind(ctx, b, SettingsOfNotifications())
			return err
		},
		func() error { s.Notifications, err = docstore.Bind(ctx, b, Notifications()); return err },
		func() error { s.DigestsSent, err = docstore.Bind(ctx, b, DigestsSent()); return err },
	} {
		if err := bind(); err != nil {
			return nil, err
		}
	}
	return s, nil
}
