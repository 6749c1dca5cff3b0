package httpapi

import (
	"encoding/json"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/replycheck"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

// extend adds to a problem the members the description has. Others, and those that are not of their
// form, are left out: they come from another process.
func extend(out *api.Problem, members map[string]any) {
	if draft, found := member[collections.Draft](members, "current_draft"); found && draft.Version > 0 {
		out.CurrentDraft = new(draftOf(draft))
	}
	if rev, found := member[int64](members, "current_rev"); found && rev > 0 {
		out.CurrentRev = &rev
	}
	if findings, found := member[[]replycheck.Finding](members, "findings"); found {
		out.Findings = new(each(findings, replyFinding))
	}
	if faults, found := member[[]routing.Fault](members, "faults"); found {
		out.Faults = new(each(faults, routingFault))
	}
}

// member is an extension member in the form it should have, whether it was made here or read from
// another's answer.
func member[T any](members map[string]any, name string) (T, bool) {
	var out T
	given, found := members[name]
	if !found || given == nil {
		return out, false
	}
	if made, ok := given.(T); ok {
		return made, true
	}
	encoded, err := json.Marshal(given)
	if err != nil || json.Unmarshal(encoded, &out) != nil {
		var none T
		return none, false
	}
	return out, true
}

func replyFinding(f replycheck.Finding) api.ReplyFinding {
	return api.ReplyFinding{
		Rule: f.Rule, Severity: api.ReplyFindingSeverity(f.Severity), Start: f.Start, End: f.End, Quote: f.Quote,
		Why: f.Why, Source: f.Source, Suggestion: f.Suggestion,
	}
}

func routingFault(f routing.Fault) api.RoutingFault {
	return api.RoutingFault{Path: f.Path, Detail: f.Detail}
}
