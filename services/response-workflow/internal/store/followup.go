package store

import (
	"context"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

// Snooze hides the case until a time; the zero time shows it again.
func (c *Cases) Snooze(ctx context.Context, cmd casework.Command, until time.Time) (casework.Done, error) {
	return c.act(ctx, "snooze", cmd, func(desk casework.Desk, doc collections.Review) (collections.Review, bool, error) {
		return desk.Snooze(doc, until, cmd.By, c.cfg.Clock())
	})
}

// Merge makes the case part of the one of the same person's same review on another site, or one
// of its own again where into is empty.
func (c *Cases) Merge(ctx context.Context, cmd casework.Command, into string) (casework.Done, error) {
	if err := c.checkTwin(ctx, cmd, into); err != nil {
		return c.failed("merge", err)
	}
	return c.act(ctx, "merge", cmd, func(desk casework.Desk, doc collections.Review) (collections.Review, bool, error) {
		return desk.Merge(doc, into, cmd.By, c.cfg.Clock())
	})
}

// checkTwin reports a review that another cannot be part of: one that is not there, has another
// text, or is part of something itself.
func (c *Cases) checkTwin(ctx context.Context, cmd casework.Command, into string) error {
	if into == "" {
		return nil
	}
	scope := docstore.Org(cmd.OrgID)
	doc, err := c.reviews.Get(ctx, scope, cmd.ReviewID)
	if err != nil {
		return explain(err)
	}
	target, err := c.reviews.Get(ctx, scope, into)
	switch {
	case problem.KindOf(explain(err)) == problem.NotFound:
		return problem.New(problem.Invalid, "merge_target_not_found", "the review to merge with is not there")
	case err != nil:
		return err
	case target.Case.MergedInto != "":
		return problem.New(problem.Invalid, "merge_target_merged", "the review to merge with is part of another itself: merge with that one")
	case doc.TwinKey == "" || doc.TwinKey != target.TwinKey:
		return problem.New(problem.Invalid, "merge_target_differs", "only the same text by the same person on another site can be merged")
	}
	return nil
}

// AddCommitment promises something by a date. Without an owner it is the case's; one whose id is
// there already changes nothing.
func (c *Cases) AddCommitment(ctx context.Context, cmd casework.Command, in casework.Commitment) (casework.Done, error) {
	if in.OwnerID != "" {
		if err := c.checkOwner(ctx, cmd.OrgID, in.OwnerID); err != nil {
			return c.failed("add_commitment", err)
		}
	}
	return c.act(ctx, "add_commitment", cmd, func(desk casework.Desk, doc collections.Review) (collections.Review, bool, error) {
		return desk.AddCommitment(doc, in, cmd.By, c.cfg.Clock())
	})
}

// ChangeCommitment keeps, drops, moves or hands over a commitment.
func (c *Cases) ChangeCommitment(ctx context.Context, cmd casework.Command, id string, in casework.CommitmentChange) (casework.Done, error) {
	if in.OwnerID != "" {
		if err := c.checkOwner(ctx, cmd.OrgID, in.OwnerID); err != nil {
			return c.failed("change_commitment", err)
		}
	}
	return c.act(ctx, "change_commitment", cmd, func(desk casework.Desk, doc collections.Review) (collections.Review, bool, error) {
		return desk.ChangeCommitment(doc, id, in, cmd.By, c.cfg.Clock())
	})
}
