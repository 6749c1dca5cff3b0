// Package review holds the domain's words: what a review is, which topics it
// can be about, how a follow-up case stands. Every service speaks these types;
// the package itself knows no driver and no transport.
package review

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
)

// Topic is one of the eight subjects a review can be about.
type Topic string

// The topics of the tagging guidelines, in the order they are shown.
const (
	Billing          Topic = "billing"
	WaitTimes        Topic = "wait_times"
	StaffAttitude    Topic = "staff_attitude"
	SchedulingAccess Topic = "scheduling_access"
	ClinicalCare     Topic = "clinical_care"
	Communication    Topic = "communication"
	Facility         Topic = "facility"
	Upselling        Topic = "upselling"
)

// Topics returns all topics in the order they are shown.
func Topics() []Topic {
	return []Topic{Billing, WaitTimes, StaffAttitude, SchedulingAccess, ClinicalCare, Communication, Facility, Upselling}
}

// Valid reports whether t is one of the eight topics.
func (t Topic) Valid() bool { return slices.Contains(Topics(), t) }

// ownTopic is how topics of an organization's own are spelled.
var ownTopic = regexp.MustCompile(`^own\.[a-z0-9]([a-z0-9_]{0,38}[a-z0-9])?$`)

// Own reports whether t is a well-spelled topic of an organization's own
// ("own.parking_garage"). Which ones there are, and what people call them, its
// Lexicon says.
func (t Topic) Own() bool { return ownTopic.MatchString(string(t)) }

// Known reports whether t is one of the eight topics or an organization's own.
func (t Topic) Known() bool { return t.Valid() || t.Own() }

// Polarity says how a review speaks of a topic, or its overall verdict.
type Polarity string

// The polarities. Mixed means both are stated, or a neutral or excused mention.
const (
	Positive Polarity = "positive"
	Negative Polarity = "negative"
	Mixed    Polarity = "mixed"
)

// Polarities returns all polarities.
func Polarities() []Polarity { return []Polarity{Positive, Negative, Mixed} }

// Valid reports whether p is one of the polarities.
func (p Polarity) Valid() bool { return slices.Contains(Polarities(), p) }

// Urgent is a flag on a review that should not wait for the morning.
type Urgent string

// The urgent flags of the tagging guidelines.
const (
	SafetyHarm     Urgent = "safety_harm"
	Discrimination Urgent = "discrimination"
	LegalThreat    Urgent = "legal_threat"
	Privacy        Urgent = "privacy"
)

// UrgentFlags returns all urgent flags.
func UrgentFlags() []Urgent { return []Urgent{SafetyHarm, Discrimination, LegalThreat, Privacy} }

// Evidence is the span of text that carries a tag, and the rule that says so.
// Start and End are byte offsets into the UTF-8 text of the version, end
// exclusive; Quote equals text[Start:End].
type Evidence struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Quote string `json:"quote"`
	Rule  string `json:"rule"`
}

// Tag is one topic with its polarity and the evidence for it. Evidence is empty
// where a person set the tag.
type Tag struct {
	Topic    Topic      `json:"topic"`
	Polarity Polarity   `json:"polarity"`
	Evidence []Evidence `json:"evidence"`
}

// Mention is a person of the practice named in a text.
type Mention struct {
	Name string `json:"name"`
	Role string `json:"role,omitempty"`
	// Polarity is how the text speaks of the person; empty where it does not say.
	Polarity Polarity `json:"polarity,omitempty"`
	Start    int      `json:"start"`
	End      int      `json:"end"`
}

// Analysis is what tagging says of one version of a text.
type Analysis struct {
	// Version names the rules and weights that made the analysis, and the
	// revision of the organization's own terms if it has any
	// ("2026.11.03+000012"). Versions compare as strings: a later one is greater.
	Version  string    `json:"version"`
	Language string    `json:"language,omitempty"`
	Tags     []Tag     `json:"tags"`
	Overall  Polarity  `json:"overall"`
	Urgent   []Urgent  `json:"urgent"`
	Mentions []Mention `json:"mentions,omitempty"`
}

// Status is where the case of a review stands.
type Status string

// The statuses of a case.
const (
	New             Status = "new"
	Open            Status = "open"
	WaitingApproval Status = "waiting_approval"
	Replied         Status = "replied"
	Resolved        Status = "resolved"
	NoReplyNeeded   Status = "no_reply_needed"
	OnHold          Status = "on_hold"
)

// Statuses returns all statuses in the order a case usually runs through them.
func Statuses() []Status {
	return []Status{New, Open, WaitingApproval, OnHold, Replied, Resolved, NoReplyNeeded}
}

// Valid reports whether s is one of the statuses.
func (s Status) Valid() bool { return slices.Contains(Statuses(), s) }

// Pending reports whether a case in this status still waits for somebody's
// work: it counts as load of its owner and can be overdue.
func (s Status) Pending() bool {
	return s == New || s == Open || s == WaitingApproval || s == OnHold
}

// ID is the identity of a review: a hash of organization, site and the site's
// own id. Ids of two sites or two organizations never collide, and the parts
// are length-prefixed so that no choice of foreign ids can make them.
func ID(org, site, externalID string) string {
	h := sha256.New()
	for _, part := range []string{org, site, externalID} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return "r_" + hex.EncodeToString(h.Sum(nil)[:16])
}
