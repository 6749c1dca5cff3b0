package store

import (
	"context"
	"errors"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

// Assign gives the case to a person.
func (c *Cases) Assign(ctx context.Context, cmd casework.Command, ownerID, reason string) (casework.Done, error) {
	if err := c.checkOwner(ctx, cmd.OrgID, ownerID); err != nil {
		return c.failed("assign", err)
	}
	return c.act(ctx, "assign", cmd, func(desk casework.Desk, doc collections.Review) (collections.Review, bool, error) {
		next, changed := desk.Assign(doc, ownerID, reason, cmd.By, c.cfg.Clock())
		return next, changed, nil
	})
}

// SetStatus moves the case to a status.
func (c *Cases) SetStatus(ctx context.Context, cmd casework.Command, in casework.StatusChange) (casework.Done, error) {
	return c.act(ctx, "set_status", cmd, func(desk casework.Desk, doc collections.Review) (collections.Review, bool, error) {
		return desk.SetStatus(doc, in, cmd.By, c.cfg.Clock())
	})
}

// AddNote adds an internal note.
func (c *Cases) AddNote(ctx context.Context, cmd casework.Command, noteID, text string) (casework.Done, error) {
	return c.act(ctx, "add_note", cmd, func(desk casework.Desk, doc collections.Review) (collections.Review, bool, error) {
		return desk.AddNote(doc, noteID, text, cmd.By, c.cfg.Clock())
	})
}

// Correct stores how a person sees the tags right.
func (c *Cases) Correct(ctx context.Context, cmd casework.Command, j casework.Judgement, reason string) (casework.Done, error) {
	return c.act(ctx, "correct_tags", cmd, func(desk casework.Desk, doc collections.Review) (collections.Review, bool, error) {
		return desk.Correct(doc, j, reason, cmd.By, c.cfg.Clock())
	})
}

// Withdraw takes the correction of the tags back.
func (c *Cases) Withdraw(ctx context.Context, cmd casework.Command) (casework.Done, error) {
	return c.act(ctx, "withdraw_correction", cmd, func(desk casework.Desk, doc collections.Review) (collections.Review, bool, error) {
		next, changed := desk.Withdraw(doc, cmd.By, c.cfg.Clock())
		return next, changed, nil
	})
}

// act carries out a command by the organization's own desk, and counts it.
func (c *Cases) act(ctx context.Context, name string, cmd casework.Command, change func(casework.Desk, collections.Review) (collections.Review, bool, error)) (casework.Done, error) {
	return c.counted(name, func() (casework.Done, error) {
		desk, err := c.roster.desk(ctx, cmd.OrgID)
		if err != nil {
			return casework.Done{}, err
		}
		return c.command(ctx, cmd, func(doc collections.Review) (collections.Review, bool, error) { return change(desk, doc) })
	})
}

// counted counts a command by its outcome.
func (c *Cases) counted(name string, run func() (casework.Done, error)) (casework.Done, error) {
	done, err := run()
	outcome := "done"
	if err != nil {
		outcome = string(problem.KindOf(err))
	}
	c.metrics.commands.WithLabelValues(name, outcome).Inc()
	return done, err
}

func (c *Cases) checkOwner(ctx context.Context, org, id string) error {
	person, err := c.people.Get(ctx, docstore.Org(org), id)
	switch {
	case problem.KindOf(err) == problem.NotFound:
		return problem.New(problem.Invalid, "owner_not_found", "the new owner is not a person of this organization")
	case err != nil:
		return err
	case !person.Active:
		return problem.New(problem.Invalid, "owner_inactive", "the new owner is not active: choose somebody who can sign in")
	case !routing.CanOwn(person):
		return problem.New(problem.Invalid, "owner_cannot_act", "the new owner may only view reviews: choose somebody who can work on them")
	}
	return nil
}

// errFull asks for the outbox to be emptied first.
var errFull = errors.New("the outbox is full")

// command applies a change and tells of it before it answers.
func (c *Cases) command(ctx context.Context, cmd casework.Command, change func(collections.Review) (collections.Review, bool, error)) (casework.Done, error) {
	scope := docstore.Org(cmd.OrgID)
	doc, err := c.apply(ctx, scope, cmd, change)
	if errors.Is(err, errFull) {
		// Only a long outage of the broker fills an outbox.
		if doc, err = c.reviews.Get(ctx, scope, cmd.ReviewID); err == nil && doc.HasOutbox {
			if err = c.drainSoon(ctx, scope, &doc); err != nil {
				return casework.Done{}, problem.Wrap(problem.Unavailable, "changes_not_announced", err, "too many changes of this review wait to be announced; try again later")
			}
		}
		if err == nil {
			doc, err = c.apply(ctx, scope, cmd, change)
		}
	}
	if err != nil {
		return casework.Done{}, explain(err)
	}
	done := casework.Done{ID: doc.ID, Rev: doc.Rev}
	if !doc.HasOutbox {
		return done, nil
	}
	if err := c.drainSoon(ctx, scope, &doc); err != nil {
		// The change is made and safe; Sweep tells of it later.
		c.cfg.Logger.WarnContext(ctx, "a change is announced later", "review_id", doc.ID, "org_id", doc.OrgID, "error", err.Error())
		return done, nil
	}
	if doc.DrainedRev == done.Rev {
		done.Rev = doc.Rev
	}
	return done, nil
}

// drainSoon drains one review and gives up after AnnounceWait.
func (c *Cases) drainSoon(ctx context.Context, scope docstore.Scope, doc *collections.Review) error {
	// A caller who hangs up does not keep the change from being told.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.AnnounceWait)
	defer cancel()
	docs, errs := c.drain(ctx, scope, []collections.Review{*doc})
	*doc = docs[0]
	return errs[0]
}

func (c *Cases) apply(ctx context.Context, scope docstore.Scope, cmd casework.Command, change func(collections.Review) (collections.Review, bool, error)) (collections.Review, error) {
	return c.reviews.Update(ctx, scope, cmd.ReviewID, func(doc *collections.Review) error {
		next, changed, err := change(*doc)
		if err == nil && !changed {
			return docstore.ErrSkip
		}
		if err := expect(doc, cmd.ExpectedRev); err != nil {
			return err
		}
		if err != nil {
			return err
		}
		if casework.Full(*doc) {
			return errFull
		}
		*doc = next
		return nil
	})
}

// expect holds a command to the revision its person saw. Emptying the outbox makes
// a revision of its own that changes nothing anybody sees.
func expect(doc *collections.Review, rev int64) error {
	if rev == 0 || rev == doc.Rev || (rev == doc.DrainedRev && doc.Rev == rev+1) {
		return nil
	}
	return problem.New(problem.Conflict, "rev_mismatch", "the review was changed by somebody else since: it is at revision %d, not %d; load it again", doc.Rev, rev).With("current_rev", doc.Rev)
}

// explain gives errors of the rules what programs need to know beyond the code: the draft that is
// there, what the check found.
func explain(err error) error {
	var draft *casework.DraftConflict
	var blocked *casework.BlockedError
	var known *problem.Error
	switch {
	case errors.Is(err, docstore.ErrNotFound):
		return problem.New(problem.NotFound, "review_not_found", "there is no such review")
	case errors.As(err, &draft) && errors.As(err, &known):
		if draft.Current == nil {
			return known
		}
		current := *draft.Current
		current.Earlier = nil
		return known.With("current_draft", current)
	case errors.As(err, &blocked) && errors.As(err, &known):
		return known.With("findings", blocked.Findings)
	case errors.As(err, &known):
		return known // in its words for people
	}
	return err
}
