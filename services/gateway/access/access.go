// Package access says what each role may do. It is the only place that does: the
// HTTP interface asks it before every operation and refuses operations that have no
// permission assigned.
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
		ReadReviews, WorkCases, ExportLabels, ReadOrganization, ManagePractice, ReadSources, WorkFindings, ManageSources,
	}
}

// Roles returns all roles, from the most to the least powerful.
func Roles() []collections.Role {
	return []collections.Role{
		collections.Administrator, collections.Director, collections.Manager, collections.Responder, collections.Viewer,
	}
}

// May reports whether a role includes a permission. An unknown role includes none.
func May(role collections.Role, permission Permission) bool {
	return slices.Contains(grants(role), permission)
}

func grants(role collections.Role) []Permission {
	switch role {
	case collections.Administrator, collections.Manager:
		return Permissions()
	case collections.Director:
		return []Permission{ReadReviews, WorkCases, ExportLabels, ReadOrganization, ReadSources, WorkFindings}
	case collections.Responder:
		return []Permission{ReadReviews, WorkCases, ReadOrganization, ReadSources, WorkFindings}
	case collections.Viewer:
		return []Permission{ReadReviews, ReadOrganization, ReadSources}
	default:
		return nil
	}
}
