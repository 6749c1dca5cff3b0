package collections

import (
	"time"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
)

// MaxVersions is how many earlier texts a review document keeps; older ones stay
// in the case events.
const MaxVersions = 20

// Review is one review with everything about it: text and versions, tags, case and
// notes. Only response-workflow writes it.
type Review struct {
	docstore.Base
	ListingID  string             `json:"listing_id"`
	LocationID string             `json:"location_id"`
	Site       string             `json:"site"`
	ExternalID string             `json:"external_id"`
	URL        string             `json:"url,omitempty"`
	Author     string             `json:"author"`
	Rating     *float64           `json:"rating,omitempty"` // 1..5
	RawRating  string             `json:"raw_rating,omitempty"`
	SubRatings map[string]float64 `json:"sub_ratings,omitempty"`
	Title      string             `json:"title,omitempty"`
	Text       string             `json:"text"`
	Excerpt    bool               `json:"excerpt,omitempty"`
	// PostedAt is the site's time, or FirstSeenAt where the site gives none
	// (PostedAtKnown is false then).
	PostedAt        time.Time     `json:"posted_at"`
	PostedAtKnown   bool          `json:"posted_at_known"`
	SourceUpdatedAt time.Time     `json:"source_updated_at,omitzero"`
	FirstSeenAt     time.Time     `json:"first_seen_at"`
	ObservedAt      time.Time     `json:"observed_at"` // of the version shown
	ReceivedAt      time.Time     `json:"received_at"` // reached the inbox
	Version         int           `json:"version"`
	Earlier         []TextVersion `json:"earlier,omitempty"` // oldest first
	Removed         bool          `json:"removed"`
	RemovedAt       time.Time     `json:"removed_at,omitzero"`
	SourceReply     *events.Reply `json:"source_reply,omitempty"`

	// Analysis is what counts: the machine's, with people's corrections over it.
	Analysis review.Analysis `json:"analysis"`
	// Machine is the analysis as it was made, kept where Correction changes it; nil otherwise.
	Machine *review.Analysis `json:"machine,omitempty"`
	// Correction is what people say of the tags of this version of the text; Corrected
	// repeats that there is one.
	Correction *Correction `json:"correction,omitempty"`
	Corrected  bool        `json:"corrected"`
	// TopicKeys holds "billing" and "billing:negative" for each tag, for filters.
	TopicKeys []string `json:"topic_keys"`
	// Urgent repeats Analysis.Urgent being non-empty, for filters.
	Urgent bool `json:"urgent"`
	// Terms are the distinct normalised words of text and author, for search.
	Terms []string `json:"terms"`

	Case  Case   `json:"case"`
	Notes []Note `json:"notes,omitempty"`
	// Draft is the reply people write; nil if there is none. Publication is the latest reply on its
	// way to the site or there. SendAt is when that wants its next attempt, zero when it wants none.
	Draft       *Draft       `json:"draft,omitempty"`
	Publication *Publication `json:"publication,omitempty"`
	// DraftVersions and Publications count those there ever were, so that no number comes twice.
	DraftVersions int          `json:"draft_versions,omitempty"`
	Publications  int          `json:"publications,omitempty"`
	SendAt        time.Time    `json:"send_at,omitzero"`
	Commitments   []Commitment `json:"commitments,omitempty"`
	// CommitmentDueAt is the due time of the next open commitment; zero if there is none.
	CommitmentDueAt time.Time `json:"commitment_due_at,omitzero"`
	// TwinKey is the same for the same text by the same author on another site; empty for texts too
	// short to tell.
	TwinKey string `json:"twin_key,omitempty"`

	// Seq is the number of the last case event. Outbox holds events that are not
	// yet stored in case_events and announced; HasOutbox repeats that it is not empty.
	Seq       int64       `json:"seq"`
	Outbox    []CaseEvent `json:"outbox,omitempty"`
	HasOutbox bool        `json:"has_outbox"`
	// DrainedRev is the revision whose only successor so far was the emptying of its
	// outbox: a command that expects it meets no change it does not know of.
	DrainedRev int64 `json:"drained_rev,omitempty"`
}

// TextVersion is an earlier text of a review.
type TextVersion struct {
	Version    int             `json:"version"`
	Author     string          `json:"author"`
	Rating     *float64        `json:"rating,omitempty"`
	Text       string          `json:"text"`
	Analysis   review.Analysis `json:"analysis"`
	Correction *Correction     `json:"correction,omitempty"`
	ObservedAt time.Time       `json:"observed_at"`
}

// Absent is the polarity in a Correction of a topic that the text does not speak of.
const Absent = "absent"

// Correction is how people corrected the tags of one version of a text. What it does not
// name stays as the machine says, also when the text is tagged anew.
type Correction struct {
	// Topics says for each corrected topic positive, negative, mixed or Absent.
	Topics map[review.Topic]string `json:"topics,omitempty"`
	// Overall is the corrected verdict; empty if it was not corrected.
	Overall review.Polarity `json:"overall,omitempty"`
	// Urgent are all urgent flags as they should be, if UrgentSet.
	Urgent    []review.Urgent `json:"urgent,omitempty"`
	UrgentSet bool            `json:"urgent_set,omitempty"`
	By        Actor           `json:"by"` // who corrected last
	At        time.Time       `json:"at"`
}

// Case is the follow-up of a review.
type Case struct {
	Status     review.Status `json:"status"`
	OwnerID    string        `json:"owner_id"` // a person; empty only where a location has no manager
	AssignedAt time.Time     `json:"assigned_at,omitzero"`
	// DueAt is when the first answer is due; zero when nothing is due any more.
	DueAt time.Time `json:"due_at,omitzero"`
	// ClockAt is when the time behind DueAt began to run: when the review was first seen, was
	// edited, came back to its site, or the case was reopened.
	ClockAt   time.Time `json:"clock_at,omitzero"`
	OpenedAt  time.Time `json:"opened_at"`
	ClosedAt  time.Time `json:"closed_at,omitzero"`
	UpdatedAt time.Time `json:"updated_at"`

	// What routing decided: how soon to look, which SLA policy counts (its name), whether another
	// person has to approve a reply, which channels hear of it, by which version of the plan and
	// which nodes from the root on.
	Priority    Priority `json:"priority,omitempty"`
	Policy      string   `json:"policy,omitempty"`
	Approval    bool     `json:"approval,omitempty"`
	Notify      []string `json:"notify,omitempty"`
	PlanVersion int      `json:"plan_version,omitempty"`
	Route       []string `json:"route,omitempty"`
	// Queued cases wait for an owner, because everybody who could have them has enough.
	Queued bool `json:"queued"`

	// The clocks of the SLA policy. DueAt is the earliest due time of those that run.
	FirstReply Clock `json:"first_reply,omitzero"`
	NextStep   Clock `json:"next_step,omitzero"`
	Resolution Clock `json:"resolution,omitzero"`
	// HoldReason says why a case on hold waits; HeldUntil is when it opens again by itself, if ever.
	HoldReason string    `json:"hold_reason,omitempty"`
	HeldUntil  time.Time `json:"held_until,omitzero"`
	// SnoozedUntil hides the case from its owner's list until then; no clock stops for it.
	SnoozedUntil time.Time `json:"snoozed_until,omitzero"`
	// Escalated counts the steps of the policy's escalation path that were taken.
	Escalated int `json:"escalated,omitempty"`
	// ClosedReason says why no reply is needed; RootCause what was behind a negative review.
	ClosedReason string `json:"closed_reason,omitempty"`
	RootCause    string `json:"root_cause,omitempty"`
	// MergedInto is the review of the same person whose case this one is part of.
	MergedInto string `json:"merged_into,omitempty"`
	// WakeAt is the earliest time at which something happens by itself: due soon, overdue, end of a
	// hold or a snooze, a reminder. Zero when nothing will.
	WakeAt time.Time `json:"wake_at,omitzero"`
}

// Note is an internal remark, never public.
type Note struct {
	ID   string    `json:"id"`
	At   time.Time `json:"at"`
	By   Actor     `json:"by"`
	Text string    `json:"text"`
}

// ActorKind says who acted.
type ActorKind string

// The kinds of actors.
const (
	ActorPerson ActorKind = "person"
	ActorSystem ActorKind = "system" // Bedside itself; ID names the rule
	ActorSite   ActorKind = "site"   // something happened on the review's site
)

// Actor is who did something.
type Actor struct {
	Kind ActorKind `json:"kind"`
	ID   string    `json:"id"`
	Name string    `json:"name,omitempty"`
}

// The types of case events.
const (
	EventReceived      = "received" // the review reached the inbox
	EventAssigned      = "assigned"
	EventStatusChanged = "status_changed"
	EventDueChanged    = "due_changed"
	EventNoteAdded     = "note_added"
	EventTextEdited    = "text_edited"
	EventRetagged      = "retagged"
	EventTagsCorrected = "tags_corrected" // by a person
	EventRemoved       = "removed"
	EventRestored      = "restored" // seen again on the site
	EventReplySeen     = "reply_seen"

	EventRouted            = "routed" // priority, policy or approval were decided anew
	EventDueSoon           = "due_soon"
	EventOverdue           = "overdue"
	EventEscalated         = "escalated"
	EventSnoozed           = "snoozed"
	EventWoken             = "woken" // the end of a snooze
	EventMerged            = "merged"
	EventDraftSaved        = "draft_saved"
	EventDraftDiscarded    = "draft_discarded"
	EventApprovalRequested = "approval_requested"
	EventApproved          = "approved"
	EventReturned          = "returned"   // an approver wants it changed
	EventOverridden        = "overridden" // a blocking finding was set aside
	EventPublishRequested  = "publish_requested"
	EventPublishUndone     = "publish_undone"
	EventReplySent         = "reply_sent" // the site took it
	EventReplyFailed       = "reply_failed"
	EventReplyByHand       = "reply_by_hand"   // copied to the site, as a person says
	EventReplyConfirmed    = "reply_confirmed" // seen on the site
	EventReplyRefused      = "reply_refused"   // by the site's moderation
	EventReplyChanged      = "reply_changed"   // on the site, by somebody else
	EventCommitmentMade    = "commitment_made"
	EventCommitmentChanged = "commitment_changed" // moved, handed over, or open again
	EventCommitmentDue     = "commitment_due"     // the reminder
	EventCommitmentMissed  = "commitment_missed"
	EventCommitmentKept    = "commitment_kept"
	EventCommitmentDropped = "commitment_dropped"
)

// CaseEvent is one entry of the append-only history of a review; its id is
// "<review id>.<seq, ten digits>". Before and After hold only what changed.
type CaseEvent struct {
	docstore.Base
	ReviewID string         `json:"review_id"`
	Seq      int64          `json:"seq"`
	Type     string         `json:"type"`
	At       time.Time      `json:"at"`
	By       Actor          `json:"by"`
	Before   map[string]any `json:"before,omitempty"`
	After    map[string]any `json:"after,omitempty"`
	Reason   string         `json:"reason,omitempty"`
}
