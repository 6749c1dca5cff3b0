package httpapi

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/services/gateway/access"
)

var update = flag.Bool("update", false, "write docs/permissions.md anew")

const (
	permissionsPage = "../../../../docs/permissions.md"
	generatedBegin  = "<!-- generated: begin -->\n"
	generatedEnd    = "<!-- generated: end -->\n"
)

// what each permission is, for people.
func described() map[access.Permission]string {
	return map[access.Permission]string{
		access.ReadReviews:       "read reviews, history, counts, commitments and digests",
		access.WorkCases:         "owner, status, notes, tags, snooze, merge, commitments",
		access.DraftReplies:      "write and check replies, ask for approval",
		access.ApproveReplies:    "approve other people's replies, or return them",
		access.PublishReplies:    "publish replies, and take them back in time",
		access.OverrideChecks:    "publish against a blocking finding, with a reason",
		access.ExportLabels:      "take corrected texts out as labelled data",
		access.ReadOrganization:  "see locations, people, terms, templates and the routing plan",
		access.ManagePractice:    "change locations' records and the organization's terms",
		access.ConfigureFollowUp: "change routing, templates, channels and other people's absences",
		access.ReadSources:       "see listings, imports, findings and how they go",
		access.WorkFindings:      "dismiss findings",
		access.ManageSources:     "add, change, poll and remove listings; import",
	}
}

func TestPermissionsPage_Generated_IsWhatTheCodeSays(t *testing.T) {
	var b strings.Builder
	b.WriteString("| permission | what |")
	for _, role := range access.Roles() {
		fmt.Fprintf(&b, " %s |", role)
	}
	b.WriteString("\n| --- | --- |" + strings.Repeat(" --- |", len(access.Roles())) + "\n")
	for _, permission := range access.Permissions() {
		require.NotEmpty(t, described()[permission], permission)
		fmt.Fprintf(&b, "| `%s` | %s |", permission, described()[permission])
		for _, role := range access.Roles() {
			fmt.Fprintf(&b, " %s |", [...]string{"", "covered", "everywhere"}[access.ScopeOf(role, permission)])
		}
		b.WriteString("\n")
	}
	b.WriteString("\n| operation | needs |\n| --- | --- |\n")
	needs := permissions()
	names := make([]string, 0, len(needs))
	for name := range needs {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		need := "`" + string(needs[name]) + "`"
		if needs[name] == signedIn {
			need = "a session"
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, need)
	}
	page, err := os.ReadFile(permissionsPage)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(page), generatedBegin)
	require.True(t, found)
	_, after, found := strings.Cut(rest, generatedEnd)
	require.True(t, found)
	want := before + generatedBegin + "\n" + b.String() + "\n" + generatedEnd + after
	if *update {
		require.NoError(t, os.WriteFile(permissionsPage, []byte(want), 0o644)) //nolint:gosec // a page of the documentation
		return
	}
	require.Equal(t, want, string(page), "go test ./internal/httpapi -run PermissionsPage -update")
}
