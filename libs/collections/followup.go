package collections

import (
	"time"

	"github.com/bedside-health/bedside/libs/docstore"
)

// Clock is one target of a case's SLA policy. Time counts on the business calendar of the
// review's location and stands still while the case is on hold.
type Clock struct {
	// StartedAt is when the clock began to run; zero means that there is no such target.
	StartedAt time.Time `json:"started_at,omitzero"`
	// TargetSeconds is the time allowed, in seconds of the calendar.
	TargetSeconds int64 `json:"target_seconds,omitempty"`
	// SpentSeconds is the calendar's time that was spent before RunningSince; PausedAt is when the
	// clock stopped because of a hold, a removal, or a case closed without what the clock waits for;
	// zero while it runs.
	SpentSeconds int64     `json:"spent_seconds,omitempty"`
	RunningSince time.Time `json:"running_since,omitzero"`
	PausedAt     time.Time `json:"paused_at,omitzero"`
	// SoonAt and DueAt are when it is due soon and overdue if it goes on running; both are zero
	// while it is paused and once it is met.
	SoonAt time.Time `json:"soon_at,omitzero"`
	DueAt  time.Time `json:"due_at,omitzero"`
	// MetAt is when what it waits for happened. ToldSoonAt and MissedAt are when its due-soon and
	// its overdue were recorded, once each.
	MetAt      time.Time `json:"met_at,omitzero"`
	ToldSoonAt time.Time `json:"told_soon_at,omitzero"`
	MissedAt   time.Time `json:"missed_at,omitzero"`
}

// Priority is how soon a case should be looked at among others.
type Priority string

// The priorities.
const (
	PriorityLow    Priority = "low"
	PriorityNormal Priority = "normal"
	PriorityHigh   Priority = "high"
	PriorityUrgent Priority = "urgent"
)

// DraftState is where a reply that is not public yet stands.
type DraftState string

// The states of a draft.
const (
	DraftEditing         DraftState = "editing"
	DraftWaitingApproval DraftState = "waiting_approval"
	DraftApproved        DraftState = "approved"
	DraftReturned        DraftState = "returned" // by an approver, with a comment
)

// Draft is the reply to a review as people write it. There is one for each review, shared by all
// who may draft.
type Draft struct {
	// Version counts the saved texts from 1. A save says which version it is based on.
	Version int        `json:"version"`
	Text    string     `json:"text"`
	State   DraftState `json:"state"`
	By      Actor      `json:"by"` // who wrote this version
	At      time.Time  `json:"at"`
	// Since is when the saves began of which this one is the latest: those are one version in Earlier.
	Since time.Time `json:"since,omitzero"`
	// Origin says where the text began: template:ID, suggestion, assistant; empty if it was typed.
	Origin string `json:"origin,omitempty"`
	// Earlier are versions before, oldest first; saves of one person within a few minutes are one.
	Earlier []DraftVersion `json:"earlier,omitempty"`
	// RequestedBy asked for approval of this version; DecidedBy approved or returned it, with Comment.
	RequestedBy *Actor `json:"requested_by,omitempty"`
	DecidedBy   *Actor `json:"decided_by,omitempty"`
	Comment     string `json:"comment,omitempty"`
	// Override is the reason why a finding that blocks was set aside for this version.
	Override *Override `json:"override,omitempty"`
}

// DraftVersion is an earlier text of a draft.
type DraftVersion struct {
	Version int       `json:"version"`
	Text    string    `json:"text"`
	By      Actor     `json:"by"`
	At      time.Time `json:"at"`
}

// Override says who set the reply checker's blocking rules aside and why.
type Override struct {
	By     Actor     `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	Rules  []string  `json:"rules"`
}

// PublicationState is where a reply stands on its way to the site.
type PublicationState string

// The states of a publication.
const (
	// PublicationScheduled waits for the end of the time to undo.
	PublicationScheduled PublicationState = "scheduled"
	// PublicationSending is being sent, or tried again at NextAt.
	PublicationSending PublicationState = "sending"
	// PublicationPending was taken by the site, whose own moderation has not decided.
	PublicationPending PublicationState = "pending"
	// PublicationPublished is public on the site.
	PublicationPublished PublicationState = "published"
	// PublicationRejected was refused by the site's moderation.
	PublicationRejected PublicationState = "rejected"
	// PublicationFailed needs a person: Problem says why.
	PublicationFailed PublicationState = "failed"
	// PublicationByHand is to be copied to the site by a person; PublicationCopied was, as the person
	// says, and waits until it is seen there.
	PublicationByHand PublicationState = "by_hand"
	PublicationCopied PublicationState = "copied"
	// PublicationChanged and PublicationGone: the site shows another reply now, or none any more.
	PublicationChanged PublicationState = "changed_on_site"
	PublicationGone    PublicationState = "gone_from_site"
)

// Publication is the way of one reply to its site.
type Publication struct {
	// ID is made of the review, the number of the publication and the draft's version.
	ID           string           `json:"id"`
	N            int              `json:"n"` // counts the publications of a review from 1
	State        PublicationState `json:"state"`
	Text         string           `json:"text"`
	DraftVersion int              `json:"draft_version"`
	// ReviewVersion is of the review's text that it answers.
	ReviewVersion int       `json:"review_version,omitempty"`
	By            Actor     `json:"by"`
	RequestedAt   time.Time `json:"requested_at"`
	// NotBefore is the end of the time in which it can be undone.
	NotBefore time.Time `json:"not_before"`
	// Attempts counts the times it was sent; NextAt is when the next is due. The holder of the lease
	// alone sends it until LeaseUntil.
	Attempts    int       `json:"attempts,omitempty"`
	NextAt      time.Time `json:"next_at,omitzero"`
	LeaseHolder string    `json:"lease_holder,omitempty"`
	LeaseUntil  time.Time `json:"lease_until,omitzero"`
	SentAt      time.Time `json:"sent_at,omitzero"`
	PublishedAt time.Time `json:"published_at,omitzero"`
	// URL is where a person pastes a reply that goes by hand.
	URL string `json:"url,omitempty"`
	// Problem says what is wrong and what to do, for people.
	Problem string `json:"problem,omitempty"`
	// Replaces is the one before while this one can still be undone.
	Replaces *Publication `json:"replaces,omitempty"`
}

// Commitment is a promise with a date that somebody keeps.
type Commitment struct {
	ID      string    `json:"id"`
	Text    string    `json:"text"`
	OwnerID string    `json:"owner_id"`
	DueAt   time.Time `json:"due_at"`
	By      Actor     `json:"by"`
	At      time.Time `json:"at"`
	// RemindedAt and MissedAt are when its reminder and its miss were recorded, once each.
	RemindedAt time.Time `json:"reminded_at,omitzero"`
	MissedAt   time.Time `json:"missed_at,omitzero"`
	DoneAt     time.Time `json:"done_at,omitzero"`
	DoneBy     *Actor    `json:"done_by,omitempty"`
	// Dropped says that it was taken back instead of kept; Reason why.
	Dropped bool   `json:"dropped,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// RoutingPlan is the organization's routing tree with its teams, SLA policies and calendars as YAML
// (package routing reads it); its id is the organization's. Earlier versions are RoutingVersions.
type RoutingPlan struct {
	docstore.Base
	Version int       `json:"version"` // from 1
	YAML    string    `json:"yaml"`
	By      string    `json:"by"` // person id
	At      time.Time `json:"at"`
	Comment string    `json:"comment,omitempty"`
}

// RoutingVersion is one version of the routing plan; its id is "<org>.<version, six digits>".
type RoutingVersion struct {
	docstore.Base
	Version int       `json:"version"`
	YAML    string    `json:"yaml"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Comment string    `json:"comment,omitempty"`
}

// Template is a reply with variables, for a site, topics, polarity and language.
type Template struct {
	docstore.Base
	Name string `json:"name"`
	// NameKey is the name in lower case, of which there is one in an organization.
	NameKey string `json:"name_key"`
	// Text holds variables as {{practice}}; package replytext lists them.
	Text     string `json:"text"`
	Language string `json:"language"` // en, es
	// Sites, Topics, Polarity, Regions and Locations say where it is offered; empty is everywhere.
	Sites     []string  `json:"sites,omitempty"`
	Topics    []string  `json:"topics,omitempty"`
	Polarity  string    `json:"polarity,omitempty"`
	Regions   []string  `json:"regions,omitempty"`
	Locations []string  `json:"locations,omitempty"`
	By        string    `json:"by"` // person id
	At        time.Time `json:"at"`
}

// Channel is where messages for several people go: a Slack channel, a signed webhook, an address. Its
// id is its name, so that there is one of a name.
type Channel struct {
	docstore.Base
	Name string `json:"name"` // what routing nodes refer to; it never changes
	Kind string `json:"kind"` // slack, webhook, email
	// Target is the webhook's URL or the address. It is a secret for slack and never returned whole.
	Target string `json:"target"`
	// Secret signs webhooks; shown once when it is made.
	Secret  string    `json:"secret,omitempty"`
	Every   string    `json:"every"` // instant, hourly, daily
	Enabled bool      `json:"enabled"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
}

// NotificationSettings is what a person wants to hear and when; its id is the person's. Who has
// none has DefaultNotificationSettings.
type NotificationSettings struct {
	docstore.Base
	// Email is off, instant, hourly or daily. In the app everything is shown at once.
	Email string `json:"email"`
	// Kinds are those that are mailed: assigned, due_soon, overdue, approval, reply, commitment,
	// mention, source.
	Kinds []string `json:"kinds"`
	// QuietFrom and QuietUntil ("21:00", "07:00") in TimeZone hold messages back; empty is never.
	// Urgent flags break through.
	QuietFrom  string `json:"quiet_from,omitempty"`
	QuietUntil string `json:"quiet_until,omitempty"`
	TimeZone   string `json:"time_zone"`
	// DailyAt ("07:30") is when daily messages go.
	DailyAt string    `json:"daily_at"`
	Digest  bool      `json:"digest"` // the weekly digest
	At      time.Time `json:"at"`
}

// NotificationKinds are what people can be told of.
func NotificationKinds() []string {
	return []string{"assigned", "urgent", "due_soon", "overdue", "approval", "reply", "commitment", "mention"}
}

// DefaultNotificationSettings mails everything within the hour but at night.
func DefaultNotificationSettings(timeZone string) NotificationSettings {
	if timeZone == "" {
		timeZone = "UTC"
	}
	return NotificationSettings{
		Email: "hourly", Kinds: NotificationKinds(), QuietFrom: "20:00", QuietUntil: "07:00", TimeZone: timeZone, DailyAt: "07:30", Digest: true,
	}
}

// Notification is one thing one person or channel is told; its id is made of the case event and
// the one told, so that there is one however often the event comes.
type Notification struct {
	docstore.Base
	// Recipient is "person:ID" or "channel:ID".
	Recipient  string    `json:"recipient"`
	Kind       string    `json:"kind"`
	ReviewID   string    `json:"review_id"`
	LocationID string    `json:"location_id"`
	EventID    string    `json:"event_id"`
	Urgent     bool      `json:"urgent"`
	Title      string    `json:"title"` // never the review's text
	At         time.Time `json:"at"`
	// SendAt is when it is to leave by mail or channel; Pending repeats that it still has to.
	SendAt  time.Time `json:"send_at,omitzero"`
	Pending bool      `json:"pending"`
	// Batch is the message it left with, chosen before that is sent, so that one that is sent
	// again has the same Message-ID. BatchUntil is how long its sender holds it.
	Batch      string    `json:"batch,omitempty"`
	BatchUntil time.Time `json:"batch_until,omitzero"`
	Attempts   int       `json:"attempts,omitempty"`
	SentAt     time.Time `json:"sent_at,omitzero"`
	Problem    string    `json:"problem,omitempty"`
	// ReadAt is when the person saw it in the app; Unread repeats that it is zero.
	ReadAt time.Time `json:"read_at,omitzero"`
	Unread bool      `json:"unread"`
}

// DigestSent says that a person was sent the digest of a week; its id is "<week>.<person>". It is
// made before the mail leaves and finished afterwards.
type DigestSent struct {
	docstore.Base
	PersonID string    `json:"person_id"`
	Week     string    `json:"week"` // ISO 8601, "2026-W47"
	At       time.Time `json:"at"`
	Until    time.Time `json:"until,omitzero"` // of the sender's lease
	Done     bool      `json:"done"`
	Attempts int       `json:"attempts"`
	Problem  string    `json:"problem,omitempty"`
}
