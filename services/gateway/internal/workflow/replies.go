package workflow

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/inbox"
	"github.com/bedside-health/bedside/services/gateway/internal/workflow/client"
)

// SaveDraft saves a text of the reply. If another version than the one it is based on is there, it is
// problem.Conflict with that one as the member current_draft, a collections.Draft.
func (c *Commands) SaveDraft(ctx context.Context, act inbox.Act, in inbox.DraftSave) (int64, error) {
	rev, err := c.sendDone(ctx, harmless, func(ctx context.Context) (*http.Response, error) {
		return c.client.SaveDraft(ctx, act.ReviewID, new(client.SaveDraftParams(about(act))), client.SaveDraftJSONRequestBody{
			Version: in.Version, Text: in.Text, Origin: optional(in.Origin),
		})
	})
	// When the answer to a save was lost, its repetition meets its own text.
	if current, found := CurrentDraft(err); found && current.Text == in.Text && current.Version == in.Version+1 && current.By.ID == act.PersonID {
		return 0, nil
	}
	return rev, err
}

// CurrentDraft is the draft that a conflict tells of.
func CurrentDraft(err error) (collections.Draft, bool) {
	var draft collections.Draft
	member, found := problem.MembersOf(err)["current_draft"]
	if !found || member == nil {
		return draft, false
	}
	encoded, encodeErr := json.Marshal(member)
	if encodeErr != nil || json.Unmarshal(encoded, &draft) != nil || draft.Version < 1 {
		return collections.Draft{}, false
	}
	return draft, true
}

// DiscardDraft throws a version of the draft away.
func (c *Commands) DiscardDraft(ctx context.Context, act inbox.Act, version int) (int64, error) {
	params := about(act)
	return c.sendDone(ctx, unheard, func(ctx context.Context) (*http.Response, error) {
		return c.client.DiscardDraft(ctx, act.ReviewID, &client.DiscardDraftParams{
			Version: version, BedsideOrg: params.BedsideOrg, BedsideActorId: params.BedsideActorId,
			BedsideActorName: params.BedsideActorName, BedsideExpectedRev: params.BedsideExpectedRev,
		})
	})
}

// RequestApproval asks another person to approve a version of the draft.
func (c *Commands) RequestApproval(ctx context.Context, act inbox.Act, version int) (int64, error) {
	return c.sendDone(ctx, unheard, func(ctx context.Context) (*http.Response, error) {
		return c.client.RequestApproval(ctx, act.ReviewID, new(client.RequestApprovalParams(about(act))), client.RequestApprovalJSONRequestBody{Version: version})
	})
}

// DecideApproval approves a version of the draft, or returns it.
func (c *Commands) DecideApproval(ctx context.Context, act inbox.Act, d inbox.Decision) (int64, error) {
	return c.sendDone(ctx, unheard, func(ctx context.Context) (*http.Response, error) {
		return c.client.DecideApproval(ctx, act.ReviewID, new(client.DecideApprovalParams(about(act))), client.DecideApprovalJSONRequestBody{
			Version: d.Version, Approve: d.Approve, Comment: optional(d.Comment),
		})
	})
}

// Publish publishes a version of the draft, against a finding that blocks if there is a reason to.
func (c *Commands) Publish(ctx context.Context, act inbox.Act, version int, overrideReason string) (int64, error) {
	return c.sendDone(ctx, unheard, func(ctx context.Context) (*http.Response, error) {
		return c.client.PublishReply(ctx, act.ReviewID, new(client.PublishReplyParams(about(act))), client.PublishReplyJSONRequestBody{
			Version: version, OverrideReason: optional(overrideReason),
		})
	})
}

// UndoPublication takes a reply back that has not left yet.
func (c *Commands) UndoPublication(ctx context.Context, act inbox.Act) (int64, error) {
	return c.sendDone(ctx, unheard, func(ctx context.Context) (*http.Response, error) {
		return c.client.UndoPublication(ctx, act.ReviewID, new(client.UndoPublicationParams(about(act))))
	})
}

// ConfirmCopied says that the reply was pasted on the site.
func (c *Commands) ConfirmCopied(ctx context.Context, act inbox.Act) (int64, error) {
	return c.sendDone(ctx, unheard, func(ctx context.Context) (*http.Response, error) {
		return c.client.ConfirmCopied(ctx, act.ReviewID, new(client.ConfirmCopiedParams(about(act))))
	})
}

// RetryPublication sends a failed reply again now.
func (c *Commands) RetryPublication(ctx context.Context, act inbox.Act) (int64, error) {
	return c.sendDone(ctx, unheard, func(ctx context.Context) (*http.Response, error) {
		return c.client.RetryPublication(ctx, act.ReviewID, new(client.RetryPublicationParams(about(act))))
	})
}
