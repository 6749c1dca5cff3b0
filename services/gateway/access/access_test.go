package access_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/services/gateway/access"
)

// published is the table as people are told it: for administrator, director, manager, responder and
// viewer whether they may everywhere (e), where they cover (c) or not at all (-).
func published() map[access.Permission]string {
	return map[access.Permission]string{
		access.ReadReviews:       "eeeee",
		access.ReadOrganization:  "eeeee",
		access.ReadSources:       "eeeee",
		access.WorkCases:         "eecc-",
		access.DraftReplies:      "eecc-",
		access.ApproveReplies:    "eec--",
		access.PublishReplies:    "eecc-",
		access.OverrideChecks:    "ee---",
		access.ConfigureFollowUp: "e-e--",
		access.ManageSources:     "e-e--",
		access.ExportLabels:      "eee--",
		access.ManagePractice:    "e-e--",
		access.WorkFindings:      "eeee-",
	}
}

func TestMay_EveryRolePermissionAndPlace_IsAsPublished(t *testing.T) {
	require.Len(t, published(), len(access.Permissions()), "every permission has a row")
	inside := access.Place{LocationID: "main"}
	for _, permission := range access.Permissions() {
		for i, role := range access.Roles() {
			want := published()[permission][i]
			person := collections.Person{Role: role, Locations: []string{"other", "main"}}
			require.Equal(t, want != '-', access.Includes(role, permission), "%s %s", role, permission)
			require.Equal(t, want != '-', access.May(person, permission, inside), "%s %s where they cover", role, permission)
			person.Locations = []string{"other"}
			require.Equal(t, want == 'e', access.May(person, permission, inside), "%s %s where they do not", role, permission)
			require.Equal(t, want == 'e', access.May(person, permission, access.Place{}), "%s %s at no location", role, permission)
		}
	}
}

func TestMay_UnknownRole_MayNothing(t *testing.T) {
	for _, permission := range access.Permissions() {
		for _, role := range []collections.Role{"root", ""} {
			require.False(t, access.Includes(role, permission))
			require.False(t, access.May(collections.Person{Role: role, Locations: []string{"main"}}, permission, access.Place{LocationID: "main"}))
		}
	}
	require.False(t, access.Includes(collections.Administrator, "everything"))
}

func TestCovers_ManagerOfALocation_CoversItUnlisted(t *testing.T) {
	grace := collections.Person{Base: base("grace"), Role: collections.Manager}
	require.True(t, access.Covers(grace, access.Place{LocationID: "old-town", ManagerID: "grace"}))
	require.False(t, access.Covers(grace, access.Place{LocationID: "old-town", ManagerID: "tom"}))
	require.False(t, access.Covers(collections.Person{Locations: []string{""}}, access.Place{}), "nobody manages nowhere")
}

func base(id string) docstore.Base { return docstore.Base{ID: id, OrgID: "lakeside"} }
