package bulk

import (
	"cmp"
	"context"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/gateway/inbox"
)

// undone is the reason the history shows.
const undone = "An act on many reviews was undone."

// Undo takes an act back where nobody changed the review since.
func (s *Service) Undo(ctx context.Context, who collections.Person, id string, may May) (Result, error) {
	record, err := s.cfg.Store.TakeBulk(ctx, who.OrgID, id, func(r Record) error {
		switch {
		case r.PersonID != who.ID:
			return problem.New(problem.NotFound, "bulk_not_found", "There is nothing like this to undo.")
		case r.Undone:
			return problem.New(problem.Conflict, "undone_already", "This was undone already.")
		case s.cfg.Now().After(r.At.Add(UndoFor)):
			return problem.New(problem.Conflict, "too_late", "This can be undone for ten minutes only, and they are over.")
		}
		return nil
	})
	if err != nil {
		return Result{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	ids := make([]string, len(record.Steps))
	for i, step := range record.Steps {
		ids[i] = step.ReviewID
	}
	result := each(ids, func(i int) error { return s.back(ctx, who, record.Steps[i], may) })
	result.ID = record.ID
	return result, nil
}

// back undoes one step.
func (s *Service) back(ctx context.Context, who collections.Person, step Step, may May) error {
	doc, err := s.cfg.Store.Review(ctx, who.OrgID, step.ReviewID)
	if err == nil {
		err = may(ctx, doc)
	}
	if err != nil {
		return err
	}
	act := actOf(who, step.ReviewID, step.Rev)
	switch step.Action {
	case SetOwner:
		if step.OwnerID == "" {
			return problem.New(problem.Conflict, "cannot_undo", "Nobody had this case before, and a case cannot be given to nobody.")
		}
		_, err = s.cfg.Commands.SetOwner(ctx, act, step.OwnerID, undone)
	case Snooze:
		until := step.SnoozedUntil
		if !until.After(s.cfg.Now()) {
			until = time.Time{}
		}
		_, err = s.cfg.Commands.Snooze(ctx, act, until)
	case SetStatus:
		err = s.statusBack(ctx, act, doc.Case.Status, step)
	}
	return err
}

// statusBack takes a case to the status it had, by way of open where there is no other. A case that
// was new is open afterwards: somebody has touched it.
func (s *Service) statusBack(ctx context.Context, act inbox.Act, from review.Status, step Step) error {
	to := step.Status
	heldTillNow := to == review.OnHold && !step.HeldUntil.IsZero() && !step.HeldUntil.After(s.cfg.Now())
	if to == review.New && from != review.New || heldTillNow {
		to, step.HeldUntil = review.Open, time.Time{}
	}
	if from != to && !from.CanBecome(to) && from.CanBecome(review.Open) && review.Open.CanBecome(to) {
		rev, err := s.cfg.Commands.SetStatus(ctx, act, inbox.StatusChange{Status: review.Open, Reason: undone})
		if err != nil {
			return err
		}
		act.Rev = rev
	}
	_, err := s.cfg.Commands.SetStatus(ctx, act, inbox.StatusChange{
		Status: to, Reason: cmp.Or(step.Reason, undone), RootCause: step.RootCause, Until: step.HeldUntil,
	})
	return err
}
