package access_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/services/gateway/access"
)

func TestMay_EveryRoleAndPermission_IsAsPublished(t *testing.T) {
	const all = "ADMRV" // administrator, director, manager, responder, viewer
	want := map[access.Permission]string{
		access.ReadReviews:      all,
		access.ReadOrganization: all,
		access.ReadSources:      all,
		access.WorkCases:        "ADMR",
		access.ManageSources:    "AM",
		access.ExportLabels:     "ADM",
		access.ManagePractice:   "AM",
		access.WorkFindings:     "ADMR",
	}
	require.Len(t, want, len(access.Permissions()), "every permission has a row")
	for _, permission := range access.Permissions() {
		var got string
		for i, role := range access.Roles() {
			if access.May(role, permission) {
				got += all[i : i+1]
			}
		}
		require.Equal(t, want[permission], got, permission)
	}
}

func TestMay_UnknownRole_MayNothing(t *testing.T) {
	for _, permission := range access.Permissions() {
		require.False(t, access.May(collections.Role("root"), permission))
		require.False(t, access.May("", permission))
	}
}
