package store

import (
	"context"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/replycheck"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

// SaveDraft saves the draft of the reply.
func (c *Cases) SaveDraft(ctx context.Context, cmd casework.Command, save casework.DraftSave) (casework.Done, error) {
	return c.act(ctx, "save_draft", cmd, func(desk casework.Desk, doc collections.Review) (collections.Review, bool, error) {
		return desk.SaveDraft(doc, save, cmd.By, c.cfg.Clock())
	})
}

// DiscardDraft throws the draft of a version away.
func (c *Cases) DiscardDraft(ctx context.Context, cmd casework.Command, version int) (casework.Done, error) {
	return c.act(ctx, "discard_draft", cmd, func(desk casework.Desk, doc collections.Review) (collections.Review, bool, error) {
		return desk.DiscardDraft(doc, version, cmd.By, c.cfg.Clock())
	})
}

// RequestApproval asks another person to approve a version of the draft.
func (c *Cases) RequestApproval(ctx context.Context, cmd casework.Command, version int) (casework.Done, error) {
	report, err := c.check(ctx, cmd)
	if err != nil {
		return c.failed("request_approval", err)
	}
	return c.act(ctx, "request_approval", cmd, func(desk casework.Desk, doc collections.Review) (collections.Review, bool, error) {
		if err := report.holds(doc); err != nil {
			return doc, false, err
		}
		return desk.RequestApproval(doc, version, report.report, cmd.By, c.cfg.Clock())
	})
}

// DecideApproval approves a version of the draft, or returns it.
func (c *Cases) DecideApproval(ctx context.Context, cmd casework.Command, in casework.Decision) (casework.Done, error) {
	return c.act(ctx, "decide_approval", cmd, func(desk casework.Desk, doc collections.Review) (collections.Review, bool, error) {
		return desk.DecideApproval(doc, in, cmd.By, c.cfg.Clock())
	})
}

// Publish publishes a version of the draft. A reason to override sets blocking findings aside;
// that the person may give one, the caller knows.
func (c *Cases) Publish(ctx context.Context, cmd casework.Command, version int, overrideReason string) (casework.Done, error) {
	report, err := c.check(ctx, cmd)
	if err != nil {
		return c.failed("publish", err)
	}
	byHand, address := true, ""
	if c.cfg.Publisher != nil {
		if byHand, address, err = c.cfg.Publisher.Way(ctx, report.doc); err != nil {
			return c.failed("publish", err)
		}
	}
	return c.act(ctx, "publish", cmd, func(desk casework.Desk, doc collections.Review) (collections.Review, bool, error) {
		if err := report.holds(doc); err != nil {
			return doc, false, err
		}
		return desk.Publish(doc, casework.PublishRequest{
			Version: version, Report: report.report, OverrideReason: overrideReason, ByHand: byHand, URL: address, UndoFor: c.cfg.UndoFor,
		}, cmd.By, c.cfg.Clock())
	})
}

// UndoPublication takes a reply back that has not left.
func (c *Cases) UndoPublication(ctx context.Context, cmd casework.Command) (casework.Done, error) {
	return c.act(ctx, "undo_publication", cmd, func(desk casework.Desk, doc collections.Review) (collections.Review, bool, error) {
		return desk.UndoPublication(doc, cmd.By, c.cfg.Clock())
	})
}

// ConfirmCopied notes that a person pasted the reply on the site.
func (c *Cases) ConfirmCopied(ctx context.Context, cmd casework.Command) (casework.Done, error) {
	return c.act(ctx, "confirm_copied", cmd, func(desk casework.Desk, doc collections.Review) (collections.Review, bool, error) {
		return desk.ConfirmCopied(doc, cmd.By, c.cfg.Clock())
	})
}

// RetryPublication sends a failed reply again now.
func (c *Cases) RetryPublication(ctx context.Context, cmd casework.Command) (casework.Done, error) {
	return c.act(ctx, "retry_publication", cmd, func(desk casework.Desk, doc collections.Review) (collections.Review, bool, error) {
		return desk.RetryPublication(doc, cmd.By, c.cfg.Clock())
	})
}

// checked is what the check found in a draft, with the review it was of.
type checked struct {
	doc    collections.Review
	report replycheck.Report
}

// holds reports a draft or a review that is another than the one that was checked: what was found
// is not of it.
func (c checked) holds(doc collections.Review) error {
	if doc.Draft == nil || c.doc.Draft == nil {
		if doc.Draft == nil && c.doc.Draft == nil {
			return nil // the casework says that there is no draft
		}
	} else if doc.Draft.Version == c.doc.Draft.Version && doc.Text == c.doc.Text && doc.Title == c.doc.Title && doc.Author == c.doc.Author {
		return nil
	}
	return problem.New(problem.Conflict, "check_outdated", "the draft or the review changed while the reply was checked: look at it and try again")
}

// check reads the draft as it is. A review without one is reported by the casework.
func (c *Cases) check(ctx context.Context, cmd casework.Command) (checked, error) {
	doc, err := c.reviews.Get(ctx, docstore.Org(cmd.OrgID), cmd.ReviewID)
	if err != nil {
		return checked{}, explain(err)
	}
	if doc.Draft == nil {
		return checked{doc: doc}, nil
	}
	in, err := c.checks.Input(ctx, doc, doc.Draft.Text)
	if err != nil {
		return checked{}, err
	}
	return checked{doc: doc, report: c.cfg.Checker.Check(in)}, nil
}

// failed counts a command that did not get as far as the review.
func (c *Cases) failed(name string, err error) (casework.Done, error) {
	return c.counted(name, func() (casework.Done, error) { return casework.Done{}, err })
}
