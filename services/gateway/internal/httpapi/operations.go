package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sort"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/services/gateway/access"
	"github.com/bedside-health/bedside/services/gateway/internal/httpapi/api"
)

// signedIn marks operations that anybody who is signed in may use.
const signedIn access.Permission = ""

// permissions says what each operation that is not public needs. An operation
// without a row here, or a row without an operation, keeps the gateway from starting.
func permissions() map[string]access.Permission {
	return map[string]access.Permission{
		"deleteSession":      signedIn,
		"getMe":              signedIn,
		"listReviews":        access.ReadReviews,
		"getReviewFacets":    access.ReadReviews,
		"getReview":          access.ReadReviews,
		"listReviewEvents":   access.ReadReviews,
		"streamEvents":       access.ReadReviews,
		"setOwner":           access.WorkCases,
		"setStatus":          access.WorkCases,
		"addNote":            access.WorkCases,
		"correctTags":        access.WorkCases,
		"withdrawCorrection": access.WorkCases,
		"checkReply":         access.DraftReplies,
		"saveDraft":          access.DraftReplies, "discardDraft": access.DraftReplies, "editDraft": access.DraftReplies,
		"listSuggestions": access.DraftReplies, "requestApproval": access.DraftReplies, "decideApproval": access.ApproveReplies,
		"publishReply": access.PublishReplies, "undoPublication": access.PublishReplies, "confirmCopied": access.PublishReplies,
		"retryPublication": access.PublishReplies,
		"snoozeReview":     access.WorkCases, "wakeReview": access.WorkCases, "mergeReview": access.WorkCases, "unmergeReview": access.WorkCases,
		"addCommitment": access.WorkCases, "changeCommitment": access.WorkCases, "listCommitments": access.ReadReviews,
		"actOnMany": access.WorkCases, "undoMany": access.WorkCases,
		"getRouting": access.ReadOrganization, "setRouting": access.ConfigureFollowUp, "listRoutingVersions": access.ReadOrganization,
		"tryRouting": access.ConfigureFollowUp, "setAbsence": signedIn,
		"listTemplates": access.ReadOrganization, "createTemplate": access.ConfigureFollowUp, "updateTemplate": access.ConfigureFollowUp,
		"deleteTemplate": access.ConfigureFollowUp,
		"listChannels":   access.ConfigureFollowUp, "createChannel": access.ConfigureFollowUp, "updateChannel": access.ConfigureFollowUp,
		"deleteChannel": access.ConfigureFollowUp, "testChannel": access.ConfigureFollowUp,
		"listNotifications": signedIn, "readNotifications": signedIn, "getNotificationSettings": signedIn, "setNotificationSettings": signedIn,
		"getDigest": access.ReadReviews, "previewDigest": access.ReadReviews,
		"listLabels":     access.ExportLabels,
		"getLexicon":     access.ReadOrganization,
		"setLexicon":     access.ManagePractice,
		"getLocation":    access.ReadOrganization,
		"updateLocation": access.ManagePractice,
		"listFindings":   access.ReadSources,
		"dismissFinding": access.WorkFindings,
		"restoreFinding": access.WorkFindings,
		"pollListing":    access.ManageSources,
		"listLocations":  access.ReadOrganization,
		"listPeople":     access.ReadOrganization,
		"listListings":   access.ReadSources,
		"listImports":    access.ReadSources,
		"getImport":      access.ReadSources,
		"createListing":  access.ManageSources,
		"updateListing":  access.ManageSources,
		"deleteListing":  access.ManageSources,
		"createImport":   access.ManageSources,
	}
}

// operation is one route of the description.
type operation struct {
	id         string
	public     bool
	permission access.Permission
	// reads is set where the operation reads the body itself, as it comes in, and
	// bounds it.
	reads bool
	route *routers.Route
	// onReview is set where the operation acts on one review, so that its location counts.
	onReview bool
	// query holds the names of the query parameters.
	query map[string]bool
}

// operations are all routes of the description, by method and Gin path.
type operations map[string]*operation

func key(method, path string) string { return method + " " + path }

// ginPath is a path of the description as Gin writes it.
func ginPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

func loadOperations() (operations, error) {
	doc, err := openapi3.NewLoader().LoadFromData(api.Spec)
	if err != nil {
		return nil, fmt.Errorf("read the API description: %w", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("check the API description: %w", err)
	}
	needs, ops, faults := permissions(), operations{}, []error{}
	for path, item := range doc.Paths.Map() {
		for method, described := range item.Operations() {
			op := &operation{
				id:     described.OperationID,
				public: described.Security != nil && len(*described.Security) == 0,
				reads:  described.OperationID == "createImport" || described.OperationID == "receiveGooglePush",
				query:  map[string]bool{},
				route: &routers.Route{
					Spec: doc, Path: path, PathItem: item, Method: method, Operation: described,
				},
			}
			for _, parameters := range []openapi3.Parameters{item.Parameters, described.Parameters} {
				for _, p := range parameters {
					if p.Value.In == openapi3.ParameterInQuery {
						op.query[p.Value.Name] = true
					}
				}
			}
			permission, listed := needs[op.id]
			if listed == op.public {
				faults = append(faults, fmt.Errorf("operation %s must be either public or have a permission", op.id))
			}
			op.permission = permission
			op.onReview = strings.HasPrefix(path, "/api/v1/reviews/{id}/") && access.ScopeOf(collections.Manager, permission) == access.Covered
			delete(needs, op.id)
			ops[key(method, ginPath(path))] = op
		}
	}
	for id := range needs {
		faults = append(faults, fmt.Errorf("operation %s has a permission but is not described", id))
	}
	sort.Slice(faults, func(i, j int) bool { return faults[i].Error() < faults[j].Error() })
	return ops, errors.Join(faults...)
}

// mostBody is the largest body in bytes that the operation takes.
func (op *operation) mostBody() int64 {
	switch op.id {
	case "setLexicon":
		return maxLexicon
	case "setRouting", "tryRouting":
		return maxPlan
	}
	return maxBody
}

// hasBody reports whether requests of a method carry one.
func hasBody(method string) bool {
	return method == http.MethodPost || method == http.MethodPut || method == http.MethodPatch
}
