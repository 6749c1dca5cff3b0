// Package access says what each role may do, and where. It is the only place that does: the
// HTTP interface asks it before every operation and refuses operations that have no
// permission assigned.
//
// It promises that a role that is not in the table may do nothing, and that nobody acts on a
// review of a location they do not cover unless their role acts everywhere.
package access

import (
	"slices"

	"github.com/bedside-health/bedside/libs/collections"
)

// Permission is one thing a person may be allowed to do.
type Permission string

// The permissions.
const (
	// ReadReviews is reading reviews, their history, counts and live updates.
	ReadReviews Permission = "reviews.read"
	// WorkCases is changing owner and status of a case and adding notes.
	WorkCases Permission = "cases.work"
	// DraftReplies is writing replies and asking for approval of them.
	DraftReplies Permission = "replies.draft"
	// ApproveReplies is approving other people's replies, or returning them.
	ApproveReplies Permission = "replies.approve"
	// PublishReplies is sending replies to sites, and taking them back in time.
	PublishReplies Permission = "replies.publish"
	// OverrideChecks is publishing a reply against a blocking finding, with a reason.
	OverrideChecks Permission = "replies.override"
	// ConfigureFollowUp is changing routing, SLA policies, templates, channels and absences.
	ConfigureFollowUp Permission = "follow_up.configure"
	// ReadOrganization is seeing the organization's locations and people.
	ReadOrganization Permission = "organization.read"
	// ReadSources is seeing listings, imports and how they go.
	ReadSources Permission = "sources.read"
	// ExportLabels is taking corrected texts out as labelled data.
	ExportLabels Permission = "labels.export"
	// ManagePractice is changing the locations' own records and the organization's terms.
	ManagePractice Permission = "practice.manage"
	// WorkFindings is dismissing differences between sites and records.
	WorkFindings Permission = "findings.work"
	// ManageSources is adding, changing, polling and removing listings, and importing.
	ManageSources Permission = "sources.manage"
)

// Permissions returns all permissions.
func Permissions() []Permission {
	return []Permission{
		ReadReviews, WorkCases, DraftReplies, ApproveReplies, PublishReplies, OverrideChecks, ExportLabels,
		ReadOrganization, ManagePractice, ConfigureFollowUp, ReadSources, WorkFindings, ManageSources,
	}
}

// Roles returns all roles, from the most to the least powerful.
func Roles() []collections.Role {
	return []collections.Role{
		collections.Administrator, collections.Director, collections.Manager, collections.Responder, collections.Viewer,
	}
}

// Scope is where a role may use a permission.
type Scope int

// The scopes.
const (
	Nowhere Scope = iota
	// Covered is on reviews of the locations that the person covers.
	Covered
	// Everywhere is in the whole organization.
	Everywhere
)

// row is where each role may use a permission, in the order of Roles.
type row struct {
	permission Permission
	scopes     [5]Scope
}

// table is the whole of what this package knows.
func table() []row {
	const all, own, no = Everywhere, Covered, Nowhere
	return []row{
		//                    administrator, director, manager, responder, viewer
		{ReadReviews, [5]Scope{all, all, all, all, all}},
		{WorkCases, [5]Scope{all, all, own, own, no}},
		{DraftReplies, [5]Scope{all, all, own, own, no}},
		{ApproveReplies, [5]Scope{all, all, own, no, no}},
		{PublishReplies, [5]Scope{all, all, own, own, no}},
		{OverrideChecks, [5]Scope{all, all, no, no, no}},
		{ExportLabels, [5]Scope{all, all, all, no, no}},
		{ReadOrganization, [5]Scope{all, all, all, all, all}},
		{ManagePractice, [5]Scope{all, no, all, no, no}},
		{ConfigureFollowUp, [5]Scope{all, no, all, no, no}},
		{ReadSources, [5]Scope{all, all, all, all, all}},
		{WorkFindings, [5]Scope{all, all, all, all, no}},
		{ManageSources, [5]Scope{all, no, all, no, no}},
	}
}

// ScopeOf is where a role may use a permission. An unknown role may nowhere.
func ScopeOf(role collections.Role, permission Permission) Scope {
	column := slices.Index(Roles(), role)
	if column < 0 {
		return Nowhere
	}
	for _, r := range table() {
		if r.permission == permission {
			return r.scopes[column]
		}
	}
	return Nowhere
}

// Includes reports whether a role includes a permission anywhere at all.
func Includes(role collections.Role, permission Permission) bool {
	return ScopeOf(role, permission) != Nowhere
}

// Place is the location that a review belongs to. ManagerID may be empty where nobody knows.
type Place struct {
	LocationID string
	ManagerID  string
}

// Covers reports whether a person covers a location: it is one of theirs, or they manage it, which
// is who gets the cases there that nobody else can have.
func Covers(p collections.Person, at Place) bool {
	return at.LocationID != "" && slices.Contains(p.Locations, at.LocationID) || at.ManagerID != "" && at.ManagerID == p.ID
}

// May reports whether a person may use a permission on a review of a location. That both are of
// one organization is the caller's to see to.
func May(p collections.Person, permission Permission, at Place) bool {
	switch ScopeOf(p.Role, permission) {
	case Everywhere:
		return true
	case Covered:
		return Covers(p, at)
	case Nowhere:
	}
	return false
}
