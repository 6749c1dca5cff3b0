package workflow

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/bedside-health/bedside/services/gateway/inbox"
	"github.com/bedside-health/bedside/services/gateway/internal/workflow/client"
)

// about says who acts, for which organization and on which revision. The parameters of
// all commands on a review have this form.
func about(act inbox.Act) client.SetOwnerParams {
	out := client.SetOwnerParams{BedsideOrg: act.OrgID, BedsideActorId: act.PersonID, BedsideActorName: actorName(act.PersonName)}
	if act.Rev > 0 {
		out.BedsideExpectedRev = &act.Rev
	}
	return out
}

func actorName(name string) *client.ActorName {
	if name == "" {
		return nil
	}
	return new(url.PathEscape(name))
}

// optional is nil for the zero value.
func optional[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}

// SetOwner gives the case to a person.
func (c *Commands) SetOwner(ctx context.Context, act inbox.Act, owner, reason string) (int64, error) {
	return c.sendDone(ctx, harmless, func(ctx context.Context) (*http.Response, error) {
		return c.client.SetOwner(ctx, act.ReviewID, new(about(act)), client.SetOwnerJSONRequestBody{OwnerId: owner, Reason: optional(reason)})
	})
}

// SetStatus changes the status of the case.
func (c *Commands) SetStatus(ctx context.Context, act inbox.Act, to inbox.StatusChange) (int64, error) {
	return c.sendDone(ctx, harmless, func(ctx context.Context) (*http.Response, error) {
		return c.client.SetStatus(ctx, act.ReviewID, new(client.SetStatusParams(about(act))), client.SetStatusJSONRequestBody{
			Status: client.SetStatusJSONBodyStatus(to.Status), Reason: optional(to.Reason),
			RootCause: optional(to.RootCause), Until: moment(to.Until),
		})
	})
}

// AddNote adds an internal note; the same note id again adds none.
func (c *Commands) AddNote(ctx context.Context, act inbox.Act, note, content string) (int64, error) {
	return c.sendDone(ctx, harmless, func(ctx context.Context) (*http.Response, error) {
		return c.client.AddNote(ctx, act.ReviewID, new(client.AddNoteParams(about(act))), client.AddNoteJSONRequestBody{Id: note, Text: content})
	})
}

// CorrectTags says which tags a person sees right.
func (c *Commands) CorrectTags(ctx context.Context, act inbox.Act, j inbox.Judgement) (int64, error) {
	body := client.CorrectTagsJSONRequestBody{Reason: optional(j.Reason)}
	// The generated element has no name. That there is none must not become null.
	body.Tags = slices.Grow(body.Tags, len(j.Tags)+1)[:len(j.Tags)]
	for i, tag := range j.Tags {
		body.Tags[i].Topic, body.Tags[i].Polarity = string(tag.Topic), client.CorrectTagsJSONBodyTagsPolarity(tag.Polarity)
	}
	if j.Overall != "" {
		body.Overall = new(client.CorrectTagsJSONBodyOverall(j.Overall))
	}
	if j.Urgent != nil {
		flags := make([]client.CorrectTagsJSONBodyUrgent, len(j.Urgent))
		for i, flag := range j.Urgent {
			flags[i] = client.CorrectTagsJSONBodyUrgent(flag)
		}
		body.Urgent = &flags
	}
	return c.sendDone(ctx, harmless, func(ctx context.Context) (*http.Response, error) {
		return c.client.CorrectTags(ctx, act.ReviewID, new(client.CorrectTagsParams(about(act))), body)
	})
}

// WithdrawCorrection takes the correction of the tags back.
func (c *Commands) WithdrawCorrection(ctx context.Context, act inbox.Act) (int64, error) {
	return c.sendDone(ctx, harmless, func(ctx context.Context) (*http.Response, error) {
		return c.client.WithdrawCorrection(ctx, act.ReviewID, new(client.WithdrawCorrectionParams(about(act))))
	})
}

// Snooze hides the case until a time; the zero time shows it again.
func (c *Commands) Snooze(ctx context.Context, act inbox.Act, until time.Time) (int64, error) {
	return c.sendDone(ctx, harmless, func(ctx context.Context) (*http.Response, error) {
		return c.client.Snooze(ctx, act.ReviewID, new(client.SnoozeParams(about(act))), client.SnoozeJSONRequestBody{Until: moment(until)})
	})
}

// Merge makes the case part of another review's; the empty id makes it one of its own again.
func (c *Commands) Merge(ctx context.Context, act inbox.Act, into string) (int64, error) {
	return c.sendDone(ctx, harmless, func(ctx context.Context) (*http.Response, error) {
		return c.client.Merge(ctx, act.ReviewID, new(client.MergeParams(about(act))), client.MergeJSONRequestBody{Into: optional(into)})
	})
}

// AddCommitment promises something by a date.
func (c *Commands) AddCommitment(ctx context.Context, act inbox.Act, p inbox.Promise) (int64, error) {
	return c.sendDone(ctx, harmless, func(ctx context.Context) (*http.Response, error) {
		return c.client.AddCommitment(ctx, act.ReviewID, new(client.AddCommitmentParams(about(act))), client.AddCommitmentJSONRequestBody{
			Id: p.ID, Text: p.Text, OwnerId: optional(p.OwnerID), DueAt: p.DueAt.UTC(),
		})
	})
}

// ChangeCommitment keeps, drops, moves or hands over a commitment.
func (c *Commands) ChangeCommitment(ctx context.Context, act inbox.Act, id string, p inbox.PromiseChange) (int64, error) {
	return c.sendDone(ctx, harmless, func(ctx context.Context) (*http.Response, error) {
		return c.client.ChangeCommitment(ctx, act.ReviewID, id, new(client.ChangeCommitmentParams(about(act))), client.ChangeCommitmentJSONRequestBody{
			State: optional(client.ChangeCommitmentJSONBodyState(p.State)), Reason: optional(p.Reason),
			OwnerId: optional(p.OwnerID), DueAt: moment(p.DueAt),
		})
	})
}
