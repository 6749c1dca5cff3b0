package store

import (
	"context"
	"errors"
	"strings"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
	"github.com/bedside-health/bedside/services/response-workflow/routing"
)

// Assign gives the case to an active person of the organization who can work on
// it. Errors: NotFound for the review, Invalid for the person, Conflict for another revision.
func (c *Cases) Assign(ctx context.Context, cmd casework.Command, ownerID, reason string) (casework.Done, error) {
	return c.counted("assign", func() (casework.Done, error) {
		if err := c.checkOwner(ctx, cmd.OrgID, ownerID); err != nil {
			return casework.Done{}, err
		}
		return c.command(ctx, cmd, func(doc collections.Review) (collections.Review, bool, error) {
			next, changed := c.desk.Assign(doc, ownerID, reason, cmd.By, c.cfg.Clock())
			return next, changed, nil
		})
	})
}

// SetStatus moves the case. Errors: NotFound for the review, Conflict with code
// invalid_transition where the case cannot go there or rev_mismatch for another revision,
// Invalid with code reason_required.
func (c *Cases) SetStatus(ctx context.Context, cmd casework.Command, to review.Status, reason string) (casework.Done, error) {
	return c.counted("set_status", func() (casework.Done, error) {
		return c.command(ctx, cmd, func(doc collections.Review) (collections.Review, bool, error) {
			return c.desk.SetStatus(doc, to, reason, cmd.By, c.cfg.Clock())
		})
	})
}

// AddNote adds a note; the same id again adds nothing.
func (c *Cases) AddNote(ctx context.Context, cmd casework.Command, noteID, text string) (casework.Done, error) {
	return c.counted("add_note", func() (casework.Done, error) {
		return c.command(ctx, cmd, func(doc collections.Review) (collections.Review, bool, error) {
			return c.desk.AddNote(doc, noteID, text, cmd.By, c.cfg.Clock())
		})
	})
}

// Correct stores how a person sees the tags right, as far as the machine's differ.
// Errors: NotFound for the review, Conflict for another revision, Invalid for a judgement
// that is none of this text.
func (c *Cases) Correct(ctx context.Context, cmd casework.Command, j casework.Judgement, reason string) (casework.Done, error) {
	return c.counted("correct_tags", func() (casework.Done, error) {
		return c.command(ctx, cmd, func(doc collections.Review) (collections.Review, bool, error) {
			return c.desk.Correct(doc, j, reason, cmd.By, c.cfg.Clock())
		})
	})
}

// Withdraw takes the correction of the tags back.
func (c *Cases) Withdraw(ctx context.Context, cmd casework.Command) (casework.Done, error) {
	return c.counted("withdraw_correction", func() (casework.Done, error) {
		return c.command(ctx, cmd, func(doc collections.Review) (collections.Review, bool, error) {
			next, changed := c.desk.Withdraw(doc, cmd.By, c.cfg.Clock())
			return next, changed, nil
		})
	})
}

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
	return problem.New(problem.Conflict, "rev_mismatch", "the review was changed by somebody else since: it is at revision %d, not %d; load it again", doc.Rev, rev)
}

// explain gives errors of the rules their kind and words for people.
func explain(err error) error {
	var transition *casework.TransitionError
	var reason *casework.ReasonError
	var notes *casework.NotesError
	var judgement *casework.JudgementError
	switch {
	case errors.As(err, &transition):
		allowed := make([]string, 0, 6)
		for _, s := range transition.Allowed() {
			allowed = append(allowed, string(s))
		}
		return problem.New(problem.Conflict, "invalid_transition", "%s; it can become: %s", transition.Error(), strings.Join(allowed, ", "))
	case errors.As(err, &reason):
		return problem.New(problem.Invalid, "reason_required", "%s", reason.Error())
	case errors.As(err, &notes):
		return problem.New(problem.Invalid, "too_many_notes", "%s", notes.Error())
	case errors.As(err, &judgement):
		return problem.New(problem.Invalid, "invalid_tags", "%s", judgement.Error())
	case errors.Is(err, docstore.ErrNotFound):
		return problem.New(problem.NotFound, "review_not_found", "there is no such review")
	}
	return err
}
